package consent_test

import (
	"iter"
	"slices"
	"strings"
	"testing"

	"assent/app"
	"assent/app/acp"
	"assent/app/consent"
	"assent/app/slip"
	"assent/store"
	"assent/web/emulator"
)

const oficina = "12345678000195" // bruno acts for it

// ofCompany are accounts of bruno's company; one has the id of an account of his own.
var ofCompany = []app.Account{
	{ID: "acc-oficina", Company: oficina, Kind: app.AccountBank, Currency: "BRL",
		AccountRef: app.AccountRef{
			Name:        "Oficina",
			ISPB:        "12345678",
			Issuer:      "0001",
			Number:      "5550001112",
			AccountType: "CACC",
		}},
	{ID: "acc-corrente", Company: oficina, Kind: app.AccountBank, Currency: "BRL", Joint: true,
		AccountRef: app.AccountRef{
			Name:        "Caixa",
			ISPB:        "12345678",
			Issuer:      "0001",
			Number:      "5550002223",
			AccountType: "CACC",
		}},
}

func (w *world) has(list ...app.Account) {
	w.t.Helper()
	rows := func(yield func(store.PersonAccount, error) bool) {
		for _, a := range list {
			if !yield(store.PersonAccount{PersonID: w.alice.ID, Account: a}, nil) {
				return
			}
		}
	}
	if _, err := w.ImportAccounts(w.t.Context(), app.Operator,
		iter.Seq2[store.PersonAccount, error](rows)); err != nil {
		w.t.Fatal(err)
	}
}

// forCompany makes a consent one that is given on behalf of a company.
func forCompany(c *emulator.Consent) {
	c.CNPJ = oficina
	document := map[string]any{"identification": oficina, "rel": "CNPJ"}
	if c.Type.Kind == emulator.BRPayment {
		c.Body["businessEntity"] = map[string]any{"document": document}
	} else {
		c.Body["document"] = document
	}
}

func offered(v consent.View) string {
	if v.Sheet == nil || v.Sheet.Accounts == nil {
		return "none"
	}
	var names []string
	for _, row := range v.Sheet.Accounts.List {
		names = append(names, row.Account.Name)
	}
	return strings.Join(names, ", ")
}

// A company's consent is answered with its accounts alone, a person's own never
// with a company's: what is offered, what the browser may send, and what ACP gets.
func TestAccountsOfACompany(t *testing.T) {
	for _, kind := range []string{"br-data-v1", "br-data-v2", "br-payment-v1", "br-payment-v2", "br-payment-v3",
		"br-payment-v4"} {
		for _, company := range []bool{false, true} {
			t.Run(kind+map[bool]string{false: " own", true: " company"}[company], func(t *testing.T) {
				w, _ := banking(t, acp.LayoutWorkspace, "obbr")
				w.has(ofCompany...)
				change := func(c *emulator.Consent) {
					c.Debtor = nil
					delete(c.Body, "debtorAccount")
					if kind == "br-data-v1" {
						c.Body["permissions"] = []any{"ACCOUNTS_READ", "RESOURCES_READ"}
					}
					if company {
						forCompany(c)
					}
				}
				c := w.acp.AddConsent(kind, change)
				s, r := w.startConsent(c, emulator.ByMember, true)
				v := w.view(r.ID)
				if v.Sheet == nil || (v.Sheet.Consent.CNPJ != "") != company {
					t.Fatalf("%+v, %s (%s)", v.Sheet, v.Request.State, v.Request.Reason)
				}
				for _, row := range v.Sheet.Accounts.List {
					if (row.Account.Company == oficina) != company {
						t.Errorf("%q is offered", row.Account.Name)
					}
				}
				want, foreign := "acc-corrente", "acc-oficina"
				if company {
					want, foreign = "acc-oficina", "acc-card"
					if offered(v) != "Caixa, Oficina" {
						t.Errorf("offered: %s", offered(v))
					}
				}
				if err := w.approve(r.ID, consent.Choice{Digest: v.Digest, Accounts: []string{foreign}}); err == nil {
					t.Errorf("approved with %s", foreign)
				}
				if err := w.approve(r.ID, consent.Choice{Digest: v.Digest, Accounts: []string{want}}); err != nil {
					t.Fatal(err)
				}
				w.settle(r.ID, 3)
				got := w.session(s.ID).Accepted
				if got == nil || !slices.Equal(got.AccountIDs, []string{want}) {
					t.Fatalf("ACP got %+v", got)
				}
				if d := got.Debtor; strings.HasPrefix(kind, "br-payment") &&
					(d == nil || (d.Number == "5550001112") != company) {
					t.Errorf("paid from %+v", d)
				}
			})
		}
	}
}

// An account that the consent fixes must be the company's where the consent is.
func TestDebtorOfACompany(t *testing.T) {
	own := map[string]any{"ispb": "12345678", "issuer": "0001", "number": "1234567890", "accountType": "CACC"}
	its := map[string]any{"ispb": "12345678", "issuer": "0001", "number": "5550001112", "accountType": "CACC"}
	for _, c := range []struct {
		name    string
		company bool
		debtor  map[string]any
		want    app.Reason
	}{
		{"a person's own, theirs", false, own, ""},
		{"a person's own, the company's", false, its, app.ReasonDebtorNotTheirs},
		{"a company's, its own", true, its, ""},
		{"a company's, the person's", true, own, app.ReasonDebtorNotTheirs},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := banking(t, acp.LayoutWorkspace, "obbr")
			w.has(ofCompany...)
			ask := w.acp.AddConsent("br-payment-v2", func(k *emulator.Consent) {
				k.Body["debtorAccount"] = c.debtor
				if c.company {
					forCompany(k)
				}
			})
			_, r := w.startConsent(ask, emulator.ByMember, true)
			v := w.view(r.ID)
			if v.Request.Reason != c.want || (v.Sheet == nil) != (c.want != "") {
				t.Errorf("%s (%s), %v; want %q", v.Request.State, v.Request.Reason, v.Sheet, c.want)
			}
		})
	}
}

// What was paid for a company is no habit of the person's own, nor the reverse.
func TestHabitsOfACompany(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obbr")
	w.has(ofCompany...)
	first := func(company bool) bool {
		t.Helper()
		c := w.acp.AddConsent("br-payment-v3", func(c *emulator.Consent) {
			if company {
				forCompany(c)
			}
		})
		_, r := w.startConsent(c, emulator.ByMember, true)
		v := w.view(r.ID)
		if err := w.approve(r.ID, consent.Choice{Digest: v.Digest, Accounts: []string{"acc-corrente"}}); err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(v.Sheet.Hints, func(h slip.Hint) bool { return h.Kind == slip.FirstPayee })
	}
	for i, c := range []struct{ company, first bool }{{false, true}, {false, false}, {true, true}, {true, false},
		{false, false}} {
		if got := first(c.company); got != c.first {
			t.Errorf("payment %d, for the company: %v: new payee: %v", i, c.company, got)
		}
	}
}
