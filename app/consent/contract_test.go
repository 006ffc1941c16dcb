package consent_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assent/app"
	"assent/app/accounts"
	"assent/app/acp"
	"assent/app/acp/acpspec"
	"assent/app/consent"
	"assent/app/people"
	"assent/store"
	"assent/web/emulator"
)

// directory is what the bank knows of bruno: accounts of both countries, and
// one that can't pay.
var directory = []app.Account{
	{
		ID:   "acc-current",
		Kind: app.AccountBank,
		AccountRef: app.AccountRef{
			Name:           "Current account",
			Scheme:         "UK.OBIE.SortCodeAccountNumber",
			Identification: "20451411223344",
		},
		Currency: "GBP",
		Balance:  "812.40",
	},
	{
		ID:   "acc-savings",
		Kind: app.AccountBank,
		AccountRef: app.AccountRef{
			Name:           "Savings",
			Scheme:         "UK.OBIE.SortCodeAccountNumber",
			Identification: "20451455667788",
		},
		Currency:  "GBP",
		Unpayable: "Savings accounts can't pay",
	},
	{
		ID:   "acc-corrente",
		Kind: app.AccountBank,
		AccountRef: app.AccountRef{
			Name:        "Conta corrente",
			ISPB:        "12345678",
			Issuer:      "0001",
			Number:      "1234567890",
			AccountType: "CACC",
		},
		Currency: "BRL",
	},
	{
		ID:         "acc-card",
		Kind:       app.AccountCard,
		AccountRef: app.AccountRef{Name: "Visa", Scheme: "UK.OBIE.PAN", Identification: "************1234"},
		Currency:   "GBP",
		Unpayable:  "A card can't pay",
	},
}

// tap keeps the bodies of the posts that go to ACP.
type tap struct {
	mu     sync.Mutex
	bodies map[string][]byte // by the last part of the path
}

func (p *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		p.mu.Lock()
		p.bodies[r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]] = body
		p.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (p *tap) last(name string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bodies[name]
}

// banking makes the world one where alice has accounts, a CPF and a company,
// and ACP serves the layout. Which workspace kind is set, if any, is kinds.
func banking(t *testing.T, layout acp.Layout, workspace string) (*world, *tap) {
	t.Helper()
	w := newWorld(t)
	w.acp.SetLayouts(emulator.Layout(layout))
	bruno, err := w.AddPerson(t.Context(), app.Operator, "Bruno Reis", []app.Identifier{
		{Kind: app.Username, Value: "bruno", Norm: "bruno"},
		{Kind: app.CPF, Value: "12345678909", Norm: "12345678909"}},
		[]string{"12345678000195"})
	if err != nil {
		t.Fatal(err)
	}
	w.alice, w.dev = bruno, w.MustDevice(bruno)
	rows := func(yield func(store.PersonAccount, error) bool) {
		for _, a := range directory {
			if !yield(store.PersonAccount{PersonID: bruno.ID, Account: a}, nil) {
				return
			}
		}
	}
	if _, err := w.ImportAccounts(t.Context(), app.Operator, iter.Seq2[store.PersonAccount, error](rows)); err != nil {
		t.Fatal(err)
	}
	p := &tap{bodies: map[string][]byte{}}
	client, err := acp.New(acp.Config{
		Issuer:       w.acp.Issuer(),
		ClientID:     "assent",
		ClientSecret: "s3cret with spaces",
		AuthMethod:   acp.SecretBasic,
		Layout:       layout,
		HTTP:         &http.Client{Timeout: 2 * time.Second, Transport: p},
		Now:          w.Clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	conn := consent.Connection{Name: "acp", Server: client}
	if workspace != "" {
		conn.Workspaces = map[string]string{"shop": workspace}
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	w.config = consent.Config{
		Store:       w.Store,
		RequestTTL:  2 * time.Minute,
		Connections: []consent.Connection{conn},
		Accounts:    accounts.Directory{Reader: w.Reader},
		Resolver: people.Chain{consent.NewOwners(w.Store, []consent.Connection{conn}, log),
			people.Directory{Reader: w.Reader}},
		Fatigue: consent.DefaultFatigue,
		Log:     log,
	}
	w.svc = consent.New(w.config)
	return w, p
}

// startConsent has ACP start a request about the consent, named as way says.
func (w *world) startConsent(c emulator.Consent, way emulator.Way, typed bool) (emulator.Session, app.Request) {
	w.t.Helper()
	s := w.acp.Begin(emulator.Ask{
		Hint:           "bruno",
		Consent:        c.ID,
		Way:            way,
		TypeInPayload:  typed,
		BindingMessage: "K7-PLUM",
	})
	in := input(s)
	if way == emulator.ByMember {
		in.IntentID = c.ID
	}
	if typed {
		in.ConsentType = c.Type.PayloadType
	}
	if err := w.svc.Start(w.t.Context(), acpActor, "acp", in); err != nil {
		w.t.Fatalf("start: %v", err)
	}
	r, err := w.RequestByLogin(w.t.Context(), "demo", s.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if r.Kind == app.KindUnknown && r.State == app.Pending {
		if out := w.svc.Recognise(w.t.Context(), w.MustLease(app.JobRecognise, r.ID)); out.Verdict != app.JobDone {
			w.t.Fatalf("recognise: %+v", out)
		}
		r = w.request(r.ID)
	}
	return s, r
}

// pick chooses what a person would: all that may be shared, or the one account
// to pay from.
func pick(v consent.View) consent.Choice {
	c := consent.Choice{Digest: v.Digest}
	if a := v.Sheet.Accounts; a != nil && !a.Fixed {
		for _, row := range a.List {
			if row.Usable && (a.Many || len(c.Accounts) == 0) {
				c.Accounts = append(c.Accounts, row.Account.ID)
			}
		}
	}
	return c
}

// Every kind and version, in each layout that carries it, each way in which its
// intent id can come, is read, accepted and rejected as the contract says.
func TestContract(t *testing.T) {
	for _, ct := range emulator.ConsentTypes() {
		for _, layout := range []acp.Layout{acp.LayoutWorkspace, acp.LayoutSystem} {
			if !ct.Carries(emulator.Layout(layout)) {
				continue
			}
			type naming struct {
				way       emulator.Way
				typed     bool
				workspace string
			}
			names := []naming{{emulator.ByMember, false, "obuk"}, {emulator.ByMember, true, ""}}
			if ct.Brazil {
				names = []naming{{emulator.ByMember, true, ""}, {emulator.ByMember, false, "obbr"},
					{emulator.ByScope, false, ""}}
				if layout == acp.LayoutWorkspace { // which tells whose a consent is
					names = append(names, naming{emulator.ByHint, false, "obbr"}, naming{emulator.ByHint, false, ""})
				}
			}
			for _, n := range names {
				name := strings.Join([]string{ct.Name, string(layout), string(n.way),
					map[bool]string{true: "typed", false: "untyped"}[n.typed], n.workspace},
					" ")
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					w, sent := banking(t, layout, n.workspace)
					spec := acpspec.UK
					accepts := "AcceptConsentRequest"
					if ct.Brazil {
						spec = acpspec.Brazil
						if ct.Kind == emulator.BRPayment && layout == acp.LayoutWorkspace {
							accepts = "AcceptPaymentConsent"
						}
					}

					c := w.acp.AddConsent(ct.Name, nil)
					s, r := w.startConsent(c, n.way, n.typed)
					if r.Kind != string(ct.Kind) || r.State != app.Pending {
						t.Fatalf("it is a %q, %s (%s); want a pending %q", r.Kind, r.State, r.Reason, ct.Kind)
					}
					v := w.view(r.ID)
					if v.Sheet == nil || v.Sheet.Consent == nil || v.Sheet.Consent.ID != c.ID {
						t.Fatalf("view %+v: %s (%s)", v.Sheet, v.Request.State, v.Request.Reason)
					}
					choice := pick(v)
					if err := w.approve(r.ID, choice); err != nil {
						t.Fatalf("approve: %v", err)
					}
					if got := w.settle(r.ID, 3); got.Delivery != app.DeliveryDelivered {
						t.Fatalf("delivery %s: %s", got.Delivery, got.DeliveryCause)
					}
					spec.Fits(t, accepts, sent.last("accept"))
					done := w.session(s.ID)
					kept, _ := w.acp.Consent(c.ID)
					if done.State != emulator.Approved || !strings.EqualFold(kept.Status, "authorised") {
						t.Errorf("at ACP: login %s, consent %s", done.State, kept.Status)
					}
					if want := choice.Accounts; v.Sheet.Accounts != nil && !v.Sheet.Accounts.Fixed &&
						!slices.Equal(kept.AccountIDs, want) {
						t.Errorf("accepted with the accounts %v, want %v", kept.AccountIDs, want)
					}

					c = w.acp.AddConsent(ct.Name, nil)
					s, r = w.startConsent(c, n.way, n.typed)
					if err := w.svc.Deny(t.Context(), on(w), r.ID); err != nil {
						t.Fatal(err)
					}
					if got := w.settle(r.ID, 3); got.Delivery != app.DeliveryDelivered {
						t.Fatalf("delivery of the denial %s: %s", got.Delivery, got.DeliveryCause)
					}
					spec.Fits(t, "RejectConsentRequest", sent.last("reject"))
					kept, _ = w.acp.Consent(c.ID)
					if w.session(s.ID).State != emulator.Rejected || !strings.EqualFold(kept.Status, "rejected") {
						t.Errorf("at ACP: login %s, consent %s", w.session(s.ID).State, kept.Status)
					}
					if got := w.session(s.ID).Rejected; ct.Brazil &&
						(got.Reason == nil || got.Reason.Code != map[emulator.Kind]string{
							emulator.BRData:    "CUSTOMER_MANUALLY_REJECTED",
							emulator.BRPayment: "REJEITADO_USUARIO"}[ct.Kind]) {
						t.Errorf("rejection reason %+v", got.Reason)
					}
				})
			}
		}
	}
}

// What ACP has no calls for is stored, cancelled with its reason, and never
// shown as something to approve.
func TestUnsupportedKinds(t *testing.T) {
	for _, c := range []struct {
		typeName  string
		layout    acp.Layout
		workspace string
		way       emulator.Way
		rejected  bool // where a reject exists
	}{
		{"uk-vrp", acp.LayoutWorkspace, "obuk", emulator.ByMember, false},
		{"br-recurring-v1", acp.LayoutWorkspace, "obbr", emulator.ByScope, false},
		{"br-recurring-v1", acp.LayoutWorkspace, "obbr", emulator.ByMember, false},
		{"br-recurring-v1", acp.LayoutWorkspace, "obbr", emulator.ByHint, false},
	} {
		t.Run(c.typeName+" "+string(c.way), func(t *testing.T) {
			w, _ := banking(t, c.layout, c.workspace)
			s, r := w.startConsent(w.acp.AddConsent(c.typeName, nil), c.way, false)
			if r.State != app.Cancelled || r.Reason != app.ReasonUnsupported || r.Delivery != app.DeliveryNone {
				t.Errorf("%s (%s), delivery %s; want cancelled as unsupported and nobody told", r.State, r.Reason,
					r.Delivery)
			}
			if v := w.view(r.ID); v.Sheet != nil {
				t.Error("it can be looked at as if it could be approved")
			}
			if w.session(s.ID).State != emulator.Pending {
				t.Errorf("at ACP it is %s", w.session(s.ID).State)
			}
		})
	}
}

// Cases that aren't a plain yes or no: each has its one safe outcome.
func TestConsentsThatCanNotGoOn(t *testing.T) {
	for _, c := range []struct {
		name, typeName string
		change         func(*emulator.Consent)
		reason         app.Reason
		code           string // Brazil's reason for the rejection
	}{
		{"no longer awaiting", "uk-domestic-payment",
			func(c *emulator.Consent) { c.Status, c.Body["Status"] = "Rejected", "Rejected" }, app.ReasonConsentState,
			""},
		{"another's account to pay from", "uk-domestic-payment", func(c *emulator.Consent) {
			initiation(c)["DebtorAccount"] = map[string]any{
				"SchemeName":     "UK.OBIE.SortCodeAccountNumber",
				"Identification": "30963499887766",
				"Name":           "Else",
			}
		}, app.ReasonDebtorNotTheirs, ""},
		{"an account that can't pay", "uk-domestic-payment", func(c *emulator.Consent) {
			initiation(c)["DebtorAccount"] = map[string]any{
				"SchemeName":     "UK.OBIE.SortCodeAccountNumber",
				"Identification": "20451455667788",
			}
		}, app.ReasonDebtorCannotPay, ""},
		{"another's CPF", "br-data-v2", func(c *emulator.Consent) { setCPF(c, "98765432100") }, app.ReasonNotOwner,
			"INTERNAL_SECURITY_REASON"},
		{"somebody's document of another sort", "br-data-v2", func(c *emulator.Consent) {
			c.CPF, c.Body["loggedUser"] = "", map[string]any{
				"document": map[string]any{"identification": "98765432100", "rel": "CPX"},
			}
		}, app.ReasonUnreadable, ""},
		{"nobody's, to share data", "br-data-v2", func(c *emulator.Consent) { setCPF(c, "") }, app.ReasonUnreadable,
			""},
		{"nobody's, to pay", "br-payment-v3", func(c *emulator.Consent) {
			c.CPF = ""
			delete(c.Body, "loggedUser")
		}, app.ReasonUnreadable, ""},
		{"a company's document of another sort", "br-payment-v3", func(c *emulator.Consent) {
			c.CNPJ, c.Body["businessEntity"] = "", map[string]any{
				"document": map[string]any{"identification": "99999999000199", "rel": "CNPX"},
			}
		}, app.ReasonUnreadable, ""},
		{"a company whose number is no text", "br-data-v2", func(c *emulator.Consent) {
			c.CNPJ, c.Body["document"] = "", map[string]any{"identification": 99999999000199, "rel": "CNPJ"}
		}, app.ReasonUnreadable, ""},
		{"a company they don't act for", "br-payment-v3", func(c *emulator.Consent) {
			c.CNPJ = "99999999000199"
			c.Body["businessEntity"] = map[string]any{
				"document": map[string]any{"identification": c.CNPJ, "rel": "CNPJ"},
			}
		}, app.ReasonOtherCompany, "FALHA_INFRAESTRUTURA"},
		{"another's Brazilian account", "br-payment-v2", func(c *emulator.Consent) {
			c.Body["debtorAccount"] = map[string]any{
				"ispb":        "12345678",
				"issuer":      "0001",
				"number":      "5550001",
				"accountType": "CACC",
			}
		}, app.ReasonDebtorNotTheirs, "CONTA_NAO_PERMITE_PAGAMENTO"},
		{"no amount that can be read", "uk-domestic-payment", func(c *emulator.Consent) {
			initiation(c)["InstructedAmount"] = map[string]any{"Amount": "a lot", "Currency": "GBP"}
		}, app.ReasonUnreadable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			workspace := "obuk"
			if strings.HasPrefix(c.typeName, "br-") {
				workspace = "obbr"
			}
			w, _ := banking(t, acp.LayoutWorkspace, workspace)
			s, r := w.startConsent(w.acp.AddConsent(c.typeName, c.change), emulator.ByMember, true)
			v := w.view(r.ID)
			if v.Sheet != nil || v.Request.State != app.Cancelled || v.Request.Reason != c.reason {
				t.Fatalf("%s (%s) with a sheet %v; want cancelled (%s)", v.Request.State, v.Request.Reason,
					v.Sheet != nil, c.reason)
			}
			if got := w.settle(r.ID, 3); got.Delivery != app.DeliveryDelivered {
				t.Fatalf("ACP wasn't told: %s %s", got.Delivery, got.DeliveryCause)
			}
			if got := w.session(s.ID).Rejected; got == nil || c.code != "" && got.Reason.Code != c.code {
				t.Errorf("rejected with %+v", got)
			}
		})
	}
}

func initiation(c *emulator.Consent) map[string]any {
	return c.Body["Initiation"].(map[string]any)
}

func setCPF(c *emulator.Consent, cpf string) {
	c.CPF = cpf
}

// The accounts of an approval are the directory's, whatever the browser says.
func TestAccountsAreOnlyTheirs(t *testing.T) {
	for _, c := range []struct {
		name, typeName string
		choose         []string
		want           error
	}{
		{"one to pay from", "uk-domestic-payment", []string{"acc-current"}, nil},
		{"none to pay from", "uk-domestic-payment", nil, app.ErrAccountChoice},
		{"two to pay from", "uk-domestic-payment", []string{"acc-current", "acc-corrente"}, app.ErrAccountChoice},
		{"one that can't pay", "uk-domestic-payment", []string{"acc-savings"}, app.ErrAccountChoice},
		{"one of somebody else's", "uk-domestic-payment", []string{"acc-current", "acc-other"}, app.ErrChanged},
		{"one to share", "uk-account-access", []string{"acc-savings"}, nil},
		{"none to share", "uk-account-access", nil, app.ErrAccountChoice},
		{"one twice", "uk-account-access", []string{"acc-savings", "acc-savings"}, app.ErrChanged},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := banking(t, acp.LayoutWorkspace, "obuk")
			s, r := w.startConsent(w.acp.AddConsent(c.typeName, nil), emulator.ByMember, true)
			v := w.view(r.ID)
			err := w.approve(r.ID, consent.Choice{Digest: v.Digest, Accounts: c.choose})
			if !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if c.want != nil {
				return
			}
			w.settle(r.ID, 3)
			if got := w.session(s.ID).Accepted; got == nil || !slices.Equal(got.AccountIDs, c.choose) {
				t.Errorf("accepted with %+v", got)
			}
		})
	}
}

func TestAChangedConsentVoidsTheApproval(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	c := w.acp.AddConsent("uk-domestic-payment", nil)
	_, r := w.startConsent(c, emulator.ByMember, true)
	choice := pick(w.view(r.ID))
	w.acp.EditConsent(c.ID, func(c *emulator.Consent) {
		initiation(c)["InstructedAmount"] = map[string]any{"Amount": "12345.00", "Currency": "GBP"}
	})
	if err := w.approve(r.ID, choice); !errors.Is(err, app.ErrChanged) {
		t.Fatalf("approved an amount that nobody saw: %v", err)
	}
	if err := w.approve(r.ID, pick(w.view(r.ID))); err != nil {
		t.Error(err)
	}
}

func TestVerifyByConsentID(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obbr")
	own := w.acp.AddConsent("br-data-v2", nil)
	company := w.acp.AddConsent("br-payment-v4", func(c *emulator.Consent) { c.CNPJ = "12345678000195" })
	strange := w.acp.AddConsent("br-payment-v3", func(c *emulator.Consent) { c.CNPJ = "99999999000199" })
	nobody := w.acp.AddConsent("br-data-v1", func(c *emulator.Consent) { setCPF(c, "98765432100") })
	for _, c := range []struct {
		id   string
		want bool
	}{{own.ID, true}, {company.ID, true}, {strange.ID, false}, {nobody.ID, false}, {"urn:northmoor:UNKNOWN", false},
		{"urn:../../x", false}} {
		for range 2 { // asked for, then kept
			if got, err := w.svc.Verify(t.Context(), app.System, "acp", "shop", c.id); got != c.want || err != nil {
				t.Errorf("verify %s: %v %v, want %v", c.id, got, err, c.want)
			}
		}
	}
	if n := w.acp.Calls(emulator.ReadConsent); n != 8 { // what isn't found is asked for each time
		t.Errorf("ACP was asked %d times, want once for each that it has, and again for the others", n)
	}
	w.acp.Fail(emulator.ReadConsent, emulator.Fault{Status: 503, Times: -1})
	if got, err := w.svc.Verify(t.Context(), app.System, "acp", "shop", own.ID); !got || err != nil {
		t.Errorf("one that is kept needs no ACP: %v %v", got, err)
	}
	if _, err := w.svc.Verify(t.Context(), app.System, "acp", "shop",
		"urn:northmoor:OTHER"); app.KindOf(err) != app.Unavailable {
		t.Errorf("ACP can't be asked: %v, want unavailable", err)
	}
}

// A start names one consent, as often as it likes. Of several, the page could show
// one while the login approves another: it is cancelled, and rejected at ACP.
func TestStartNamesOneConsent(t *testing.T) {
	for _, kind := range []string{"br-data-v1", "br-data-v2", "br-payment-v2", "br-payment-v3", "br-payment-v4"} {
		for _, c := range []struct {
			name string
			edit func(in *consent.Start, shown, own string)
			one  bool
		}{
			{"one, in a scope", func(*consent.Start, string, string) {}, true},
			{"one, everywhere", func(in *consent.Start, _, own string) {
				in.Scopes, in.IntentID, in.UserIdentifier = append(in.Scopes, "consent:"+own), own, own
			}, true},
			{"another before it", func(in *consent.Start, shown, _ string) {
				in.Scopes = append([]string{"consent:" + shown}, in.Scopes...)
			}, false},
			{"another after it",
				func(in *consent.Start, shown, _ string) { in.Scopes = append(in.Scopes, "consent:"+shown) }, false},
			{"another as the member", func(in *consent.Start, shown, _ string) { in.IntentID = shown }, false},
			{"another as the identifier", func(in *consent.Start, shown, _ string) { in.UserIdentifier = shown },
				false},
			{"another letter", func(in *consent.Start, _, own string) { in.IntentID = strings.ToUpper(own) }, false},
		} {
			t.Run(kind+", "+c.name, func(t *testing.T) {
				w, _ := banking(t, acp.LayoutWorkspace, "obbr")
				shown, own := w.acp.AddConsent(kind, nil), w.acp.AddConsent(kind, nil)
				s := w.acp.Begin(emulator.Ask{
					Hint:          "bruno",
					Consent:       own.ID,
					Way:           emulator.ByScope,
					TypeInPayload: true,
				})
				in := input(s)
				in.ConsentType = own.Type.PayloadType
				c.edit(&in, shown.ID, own.ID)
				if err := w.svc.Start(t.Context(), acpActor, "acp", in); err != nil {
					t.Fatal(err)
				}
				r, err := w.RequestByLogin(t.Context(), "demo", s.ID)
				if err != nil {
					t.Fatal(err)
				}
				v := w.view(r.ID)
				if c.one {
					if v.Sheet == nil || v.Sheet.Consent.ID != own.ID {
						t.Errorf("it is %s for %q, sheet %v", v.Request.State, v.Request.Reason, v.Sheet)
					}
					return
				}
				if v.Sheet != nil || r.State != app.Cancelled || r.Reason != app.ReasonUnreadable {
					t.Errorf("it is %s for %q, sheet %v", r.State, r.Reason, v.Sheet)
				}
				if w.settle(r.ID, 3); w.session(s.ID).State != emulator.Rejected {
					t.Errorf("at ACP it is %s", w.session(s.ID).State)
				}
			})
		}
	}
}

// A try whose answer is lost is told again; what ACP then no longer knows was
// very likely done.
func TestConsentAnswerLost(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	s, r := w.startConsent(w.acp.AddConsent("uk-account-access", nil), emulator.ByMember, true)
	if err := w.approve(r.ID, pick(w.view(r.ID))); err != nil {
		t.Fatal(err)
	}
	w.acp.Fail(emulator.Accept, emulator.Fault{Drop: true, After: true})
	if got := w.settle(r.ID, 2); got.Delivery != app.DeliveryUnconfirmed || w.session(s.ID).State != emulator.Approved {
		t.Errorf("delivery %s (%s), at ACP %s", got.Delivery, got.DeliveryCause, w.session(s.ID).State)
	}
}

func on(w *world) app.Actor {
	return app.Actor{Kind: app.ActorDevice, ID: w.dev.ID, PersonID: w.dev.PersonID}
}

// silent is a bank whose endpoint is down until it answers.
type silent struct {
	accounts.Source
	down bool
}

func (s *silent) Accounts(ctx context.Context, p app.Person, company string) ([]app.Account, error) {
	if s.down {
		return nil, app.ErrAccountsUnavailable.Because(errors.New("connection refused"))
	}
	return s.Source.Accounts(ctx, p, company)
}

// Without the accounts a request is shown, and nothing that needs one can be
// approved; it goes on by itself once they are there.
func TestAccountsUnavailable(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obbr")
	bank := &silent{Source: accounts.Directory{Reader: w.Reader}, down: true}
	w.svc = w.svc.With(bank)
	c := w.acp.AddConsent("br-payment-v3", nil)
	_, r := w.startConsent(c, emulator.ByMember, true)
	v := w.view(r.ID)
	if !v.NoAccounts || v.Sheet == nil || v.Digest != "" || v.Request.State != app.Pending {
		t.Fatalf("view %+v", v)
	}
	if err := w.approve(r.ID, consent.Choice{Accounts: []string{"acc-corrente"}}); !errors.Is(err, app.ErrChanged) {
		t.Errorf("approved without its accounts: %v", err)
	}
	bank.down = false
	choice := pick(w.view(r.ID))
	bank.down = true
	if err := w.approve(r.ID, choice); !errors.Is(err, app.ErrAccountsUnavailable) ||
		w.request(r.ID).State != app.Pending {
		t.Errorf("approved by what the bank said a moment ago: %v, %s", err, w.request(r.ID).State)
	}
	bank.down = false
	if err := w.approve(r.ID, choice); err != nil {
		t.Error(err)
	}

	// Data without accounts and cards needs none.
	bank.down = true
	s, r := w.startConsent(w.acp.AddConsent("br-data-v1", nil), emulator.ByMember, true)
	if err := w.approve(r.ID, pick(w.view(r.ID))); err != nil {
		t.Fatal(err)
	}
	w.settle(r.ID, 3)
	if got := w.session(s.ID).Accepted; got == nil || got.AccountIDs == nil || len(got.AccountIDs) != 0 {
		t.Errorf("accepted with %+v, want an empty list of accounts", got)
	}
}
