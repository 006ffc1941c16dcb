package slip_test

import (
	"slices"
	"testing"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/app/slip"
)

// Every kind has its words in all languages, a slip, and a sample of it.
func TestEveryKindHasASlip(t *testing.T) {
	for _, r := range authz.Kinds() {
		t.Run(string(r.Kind), func(t *testing.T) {
			for _, lang := range i18n.Tags {
				w := reader(t, lang).Words
				for _, key := range []string{r.Words.Name, r.Words.Verb, r.Words.List, r.Words.Chart, r.Words.Calls,
					r.Profile.Words} {
					if key != "" && !w.Has(i18n.Key(key)) {
						t.Errorf("%s has no %s", lang, key)
					}
				}
				sheet := slip.Sheet{Kind: r.Kind}
				x := sheet.Text(reader(t, lang))
				if x.Kind == "" || x.Kind == w.T("request.kind_unknown") || x.Sentence == "" {
					t.Errorf("%s: its slip is headed %q and says %q", lang, x.Kind, x.Sentence)
				}
				if d := sheet.Done(reader(t, lang)); d.Line == "" || d.Manage == "" {
					t.Errorf("%s: once decided it reads %+v", lang, d)
				}
			}
			sampled := slices.ContainsFunc(golden, func(g struct {
				name  string
				sheet *slip.Sheet
			}) bool {
				return g.sheet.Kind == r.Kind
			})
			if !sampled && r.Subject != authz.Trial {
				t.Error("no sample has its words kept in testdata")
			}
		})
	}
}

// Of a kind that isn't known nothing is said but that it asks for something.
func TestUnknownKindsAreNoPayments(t *testing.T) {
	for _, kind := range []authz.Kind{app.KindUnknown, "uk-vrp", "br-data-v9"} {
		sheet := slip.Sheet{
			Kind:   kind,
			Client: slip.Client{Name: "Financroo"},
			Consent: &authz.Consent{Facts: []authz.Fact{
				money(authz.Amount, "5.00", "GBP"), text(authz.Payee, "ACME Inc")}},
		}
		x := sheet.Text(reader(t, "en-GB"))
		if x.Kind != "Request" || x.Title != "Financroo asks for your approval" || x.Amount != "" || x.Payee != "" ||
			x.Sentence != "" ||
			x.Choice != nil || len(x.Groups) > 0 {
			t.Errorf("%q reads %+v", kind, x)
		}
		if !slices.ContainsFunc(x.Details, func(b slip.Box) bool { return b.Value == "ACME Inc" }) {
			t.Errorf("%q: its facts aren't among the details: %+v", kind, x.Details)
		}
		if sheet.Pays() || sheet.NeedsAccounts() {
			t.Errorf("%q pays: %v, needs accounts: %v", kind, sheet.Pays(), sheet.NeedsAccounts())
		}
		if d := sheet.Done(reader(t, "en-GB")); d.Line != x.Title || len(d.Boxes) > 0 {
			t.Errorf("%q: once decided it reads %+v", kind, d)
		}
	}
}
