package page_test

import (
	"bytes"
	"testing"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/web/admin/page"

	"github.com/PuerkitoBio/goquery"
)

// kindsOf gives what the chart of kinds and the lists of requests call a kind.
func kindsOf(t *testing.T, f page.Frame, kind authz.Kind) (chart, list string) {
	t.Helper()
	p := busyDay()
	p.Kinds = []page.KindCount{{Kind: string(kind), Approved: 7}}
	chart = parsed(t, f,
		p).Find(`[data-testid="chart-kinds"] [data-testid="table"] tbody td, [data-testid="chart-kinds"] [data-testid="table"] tbody th`).First().Text()
	row := page.RequestRow{
		ID:      "r1",
		Ref:     "7Q4-KM2",
		Client:  "Financroo Ltd",
		Person:  "Ada Quill",
		Kind:    string(kind),
		State:   app.Pending,
		Created: now,
		Ends:    now,
	}
	requests := shown{name: "requests", path: "/admin/requests", page: page.Requests{List: []page.RequestRow{row}}}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(render(t, f, requests)))
	if err != nil {
		t.Fatal(err)
	}
	return chart, doc.Find(`td[data-label="` + f.Words.T("admin.requests.kind") + `"]`).First().Text()
}

// Every kind has its name in the chart and in the lists; one that isn't in the
// table is called unknown, and not by the name of another.
func TestEveryKindHasAName(t *testing.T) {
	for _, lang := range i18n.Tags {
		f := frame(t, lang)
		w := f.Words
		for _, r := range authz.Kinds() {
			t.Run(lang+"/"+string(r.Kind), func(t *testing.T) {
				chart, list := kindsOf(t, f, r.Kind)
				if chart == "" || chart == w.T("admin.overview.kind.unknown") || list == "" ||
					list == w.T("admin.requests.kind_unknown") {
					t.Errorf("the chart calls it %q, the list %q", chart, list)
				}
				if r.Profile.MatchCode && page.ProfileWords(w, r.Profile.Name) == r.Profile.Name {
					t.Errorf("its profile %s has no name", r.Profile.Name)
				}
			})
		}
		for _, kind := range []authz.Kind{app.KindUnknown, "uk-vrp", "xx-data", "payment"} {
			chart, list := kindsOf(t, f, kind)
			if chart != w.T("admin.overview.kind.unknown") || list != w.T("admin.requests.kind_unknown") {
				t.Errorf("%s: the chart calls %q %q, the list %q", lang, kind, chart, list)
			}
		}
	}
}
