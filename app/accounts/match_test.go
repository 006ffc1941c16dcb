package accounts_test

import (
	"testing"

	"assent/app"
	"assent/app/accounts"
)

// uk and br are references as consents hold them.
func uk(scheme, id string, secondary ...string) app.AccountRef {
	r := app.AccountRef{Scheme: "UK.OBIE." + scheme, Identification: id}
	if len(secondary) > 0 {
		r.SecondaryIdentification = secondary[0]
	}
	return r
}

func br(ispb, issuer, number, kind string) app.AccountRef {
	return app.AccountRef{ISPB: ispb, Issuer: issuer, Number: number, AccountType: kind}
}

func TestFind(t *testing.T) {
	account := func(id string, ref app.AccountRef) app.Account {
		return app.Account{ID: id, Kind: app.AccountBank, AccountRef: ref}
	}
	const scan, iban = "SortCodeAccountNumber", "IBAN"
	for _, c := range []struct {
		name string
		list []app.Account
		ref  app.AccountRef
		want string // the id, or empty for none
	}{
		{"sort code and account number",
			[]app.Account{account("a", uk(scan, "20325612345678")), account("b", uk(scan, "20325612345679"))},
			uk(scan, "20325612345679"), "b"},
		{"punctuation", []app.Account{account("a", uk(scan, "20-32-56 12345678"))}, uk(scan, "203256-12345678"), "a"},
		{"without the namespace", []app.Account{account("a", uk(scan, "20325612345678"))},
			app.AccountRef{Scheme: "SortCodeAccountNumber", Identification: "20325612345678"}, "a"},
		{"another scheme", []app.Account{account("a", uk(scan, "20325612345678"))}, uk("BBAN", "20325612345678"), ""},
		{"a digit short on both sides", []app.Account{account("a", uk(scan, "2032561234567"))},
			uk(scan, "2032561234567"), ""},
		{"same roll number",
			[]app.Account{account("a", uk(scan, "20325612345678", "R/1")),
				account("b", uk(scan, "20325612345678", "R/2"))},
			uk(scan, "20325612345678", "r 2"), "b"},
		{"another roll number", []app.Account{account("a", uk(scan, "20325612345678", "R1"))},
			uk(scan, "20325612345678", "R2"), ""},
		{"roll number on one side only", []app.Account{account("a", uk(scan, "20325612345678", "R1"))},
			uk(scan, "20325612345678"), "a"},
		{"two roll numbers, none asked for",
			[]app.Account{account("a", uk(scan, "20325612345678", "R1")),
				account("b", uk(scan, "20325612345678", "R2"))},
			uk(scan, "20325612345678"), ""},
		{"IBAN, blanks and case", []app.Account{account("a", uk(iban, "DE89 3704 0044 0532 0130 00"))},
			uk(iban, "de89370400440532013000"), "a"},
		{"IBAN of another account", []app.Account{account("a", uk(iban, "DE89370400440532013000"))},
			uk(iban, "GB33BUKB20201555555555"), ""},
		{"IBAN with wrong check digits on both sides", []app.Account{account("a", uk(iban, "DE88370400440532013000"))},
			uk(iban, "DE88370400440532013000"), ""},
		{"British IBAN asked, sort code held", []app.Account{account("a", uk(scan, "20-20-15 55555555"))},
			uk(iban, "GB33 BUKB 2020 1555 5555 55"), "a"},
		{"sort code asked, British IBAN held", []app.Account{account("a", uk(iban, "GB33BUKB20201555555555"))},
			uk(scan, "20201555555555"), "a"},
		{"British IBAN with wrong check digits", []app.Account{account("a", uk(scan, "20201555555555"))},
			uk(iban, "GB34BUKB20201555555555"), ""},
		{"British IBAN of another account number", []app.Account{account("a", uk(scan, "20201555555556"))},
			uk(iban, "GB33BUKB20201555555555"), ""},
		{"foreign IBAN that ends like the sort code", []app.Account{account("a", uk(scan, "40044053201300"))},
			uk(iban, "DE89370400440532013000"), ""},
		{"held both ways is two",
			[]app.Account{account("a", uk(scan, "20201555555555")), account("b", uk(iban, "GB33BUKB20201555555555"))},
			uk(scan, "20201555555555"), ""},
		{"card number", []app.Account{account("a", uk("PAN", "5555 5555 5555 4444"))}, uk("PAN", "5555555555554444"),
			"a"},
		{"masked card number", []app.Account{account("a", uk("PAN", "************4444"))},
			uk("PAN", "************4444"), ""},
		{"a scheme that isn't known",
			[]app.Account{account("a", app.AccountRef{Scheme: "X.Bank.Wallet", Identification: "AB-12"})},
			app.AccountRef{Scheme: "x.bank.wallet", Identification: "ab12"}, "a"},
		{"scheme alone", []app.Account{account("a", uk("BBAN", ""))}, uk("BBAN", ""), ""},
		{"identification alone", []app.Account{account("a", app.AccountRef{Identification: "1"})},
			app.AccountRef{Identification: "1"}, ""},
		{"nothing", []app.Account{account("a", app.AccountRef{})}, app.AccountRef{}, ""},
		{"names don't identify", []app.Account{account("a", app.AccountRef{Name: "Everyday"})},
			app.AccountRef{Name: "Everyday"}, ""},

		{"branch and number",
			[]app.Account{account("a", br("12345678", "1774", "1234567890", "CACC")),
				account("b", br("12345678", "1774", "1234567891", "CACC"))},
			br("12345678", "1774", "1234567890", "CACC"), "a"},
		{"padding", []app.Account{account("a", br("12345678", "1", "12345-6", "CACC"))},
			br("12345678", "0001", "00000000000000123456", "CACC"), "a"},
		{"zeros at the end are none", []app.Account{account("a", br("12345678", "1", "123", "CACC"))},
			br("12345678", "1", "1230", "CACC"), ""},
		{"check digit X goes as 0", []app.Account{account("a", br("00000000", "1774", "1234-X", "CACC"))},
			br("00000000", "1774", "12340", "CACC"), "a"},
		{"zeros only", []app.Account{account("a", br("12345678", "0000", "0", "CACC"))},
			br("12345678", "0", "000", "CACC"), "a"},
		{"another institution", []app.Account{account("a", br("12345678", "1774", "123", "CACC"))},
			br("12345679", "1774", "123", "CACC"), ""},
		{"another branch", []app.Account{account("a", br("12345678", "1774", "123", "CACC"))},
			br("12345678", "1775", "123", "CACC"), ""},
		{"no institution on both sides", []app.Account{account("a", br("", "1774", "123", "CACC"))},
			br("", "1774", "123", "CACC"), ""},
		{"no number on both sides", []app.Account{account("a", br("12345678", "1774", "", "CACC"))},
			br("12345678", "1774", "", "CACC"), ""},
		{"no branch on both sides", []app.Account{account("a", br("12345678", "", "123", "CACC"))},
			br("12345678", "", "123", "CACC"), ""},
		{"payment accounts without a branch", []app.Account{account("a", br("12345678", "", "123", "TRAN"))},
			br("12345678", "", "123", "TRAN"), "a"},
		{"a branch on one side", []app.Account{account("a", br("12345678", "", "123", "TRAN"))},
			br("12345678", "0001", "123", "TRAN"), ""},
		{"current and savings of one number",
			[]app.Account{account("a", br("12345678", "1774", "123", "CACC")),
				account("b", br("12345678", "1774", "123", "SVGS"))},
			br("12345678", "1774", "123", "SVGS"), "b"},
		{"two of one number and type",
			[]app.Account{account("a", br("12345678", "1774", "123", "CACC")),
				account("b", br("12345678", "1774", "0123", "CACC"))},
			br("12345678", "1774", "123", "CACC"), ""},
		{"two of one number, no type asked for",
			[]app.Account{account("a", br("12345678", "1774", "123", "CACC")),
				account("b", br("12345678", "1774", "123", "SVGS"))},
			br("12345678", "1774", "123", ""), ""},
		{"the type is no reason against", []app.Account{account("a", br("12345678", "1774", "123", "SLRY"))},
			br("12345678", "1774", "123", "CACC"), "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := accounts.Find(c.list, c.ref)
			if got.ID != c.want || ok != (c.want != "") {
				t.Errorf("found %q (%v), want %q", got.ID, ok, c.want)
			}
		})
	}
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ in, want app.AccountRef }{
		{uk("SortCodeAccountNumber", "20-32-56 1234 5678"), uk("SortCodeAccountNumber", "20325612345678")},
		{uk("IBAN", "gb33 bukb 2020 1555 5555 55"), uk("IBAN", "GB33BUKB20201555555555")},
		{br("12345678", "01.774", "12.345-x", "CACC"), br("12345678", "01774", "123450", "CACC")},
		{app.AccountRef{Number: "AB-1"}, app.AccountRef{Number: "AB-1"}},
		{app.AccountRef{Scheme: "X.Bank.Wallet", Identification: "A b"},
			app.AccountRef{Scheme: "X.Bank.Wallet", Identification: "A b"}},
	} {
		if got := accounts.Canonical(c.in); got != c.want {
			t.Errorf("%+v gives %+v, want %+v", c.in, got, c.want)
		}
	}
}

func TestPayable(t *testing.T) {
	list := []app.Account{{ID: "a"}, {ID: "b", Unpayable: "dormant"}, {ID: "c", Kind: app.AccountCard}}
	if got := accounts.Payable(list); len(got) != 2 || got[0].ID != "a" || got[1].ID != "c" {
		t.Errorf("payable: %+v", got)
	}
}
