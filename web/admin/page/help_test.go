package page_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/app/docs"
	"assent/app/i18n"
	"assent/web/admin/page"
)

// helpPages are the list of the documentation, what a search finds, and every
// page of it.
func helpPages(t *testing.T, lang string) []shown {
	t.Helper()
	groups, err := docs.Groups(lang)
	if err != nil {
		t.Fatal(err)
	}
	found, err := docs.Search("passkey", lang)
	if err != nil || len(found) < 3 {
		t.Fatalf("%d places (%v)", len(found), err)
	}
	all := []shown{
		{name: "help", path: docs.Path, role: app.RoleHelpDesk, page: page.Help{Groups: groups}},
		{name: "help-found", path: docs.Path, page: page.Help{Groups: groups, Query: "passkey", Found: found}},
		{name: "help-none", path: docs.Path, page: page.Help{Groups: groups, Query: "<b>zxqv</b>"}},
	}
	for _, g := range groups {
		for _, one := range g.Pages {
			doc, before, after, err := docs.Find(one.Name, lang)
			if err != nil || doc == nil {
				t.Fatalf("%s: %v", one.Name, err)
			}
			all = append(all, shown{
				name: "help-" + one.Name,
				path: docs.Path + "/" + one.Name,
				page: page.HelpPage{Doc: doc, Before: before, After: after},
			})
		}
	}
	return all
}

// Text of the documentation is marked with its language, and nothing of the
// frame is; where they differ the page says so.
func TestHelpSaysItsLanguage(t *testing.T) {
	for _, lang := range i18n.Tags {
		f := frame(t, lang)
		for _, s := range helpPages(t, lang) {
			want := docs.Lang
			if p, ok := s.page.(page.HelpPage); ok {
				want = p.Doc.Lang
			}
			doc, err := goquery.NewDocumentFromReader(bytes.NewReader(render(t, f, s)))
			if err != nil {
				t.Fatal(err)
			}
			if said := doc.Find(`[data-testid="in-english"]`).Length() == 1; said != (lang != want) {
				t.Errorf("%s (%s): it says that the text is in English: %v", s.name, lang, said)
			}
			for _, what := range []string{"article", ".help-head h1", ".help-contents"} {
				for _, e := range doc.Find(what).EachIter() {
					if e.AttrOr("lang", "") != want {
						t.Errorf("%s (%s): %s has the language %q", s.name, lang, what, e.AttrOr("lang", ""))
					}
				}
			}
			for _, e := range doc.Find(".help-list > li").EachIter() {
				in := docs.Lang
				if strings.Contains(e.Find("a").AttrOr("href", ""), "/helpdesk") {
					in = lang
				}
				if e.AttrOr("lang", "") != in {
					t.Errorf("%s (%s): %q has the language %q", s.name, lang, e.Find("a").Text(), e.AttrOr("lang", ""))
				}
			}
			if doc.Find("nav[lang], form[lang], .help-english[lang]").Length() > 0 {
				t.Errorf("%s (%s): parts of the frame are marked", s.name, lang)
			}
		}
	}
}

// Links from the console to the documentation lead to pages and headings that
// are there.
func TestLinksToHelpResolve(t *testing.T) {
	f := frame(t, docs.Lang)
	to := map[string]bool{}
	for _, s := range gallery(t, f) {
		doc, err := goquery.NewDocumentFromReader(bytes.NewReader(render(t, f, s)))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range doc.Find(`[data-testid="help-link"]`).EachIter() {
			to[strings.TrimPrefix(a.AttrOr("href", ""), docs.Path+"/")] = true
		}
		if !s.guest && doc.Find(`.rail [data-testid="help"][href="`+docs.Path+`"]`).Length() != 1 {
			t.Errorf("%s: the rail doesn't lead to Help", s.name)
		}
	}
	for at := range to {
		name, id, _ := strings.Cut(at, "#")
		p, _, _, err := docs.Find(name, docs.Lang)
		if err != nil || p == nil {
			t.Errorf("a page of the console leads to %q, which isn't there (%v)", at, err)
			continue
		}
		is := id == ""
		for _, h := range p.Contents {
			is = is || h.ID == id
		}
		if !is {
			t.Errorf("a page of the console leads to a heading that isn't there: %q", at)
		}
	}
	if len(to) < 15 {
		t.Errorf("only %d places of the documentation are linked from pages", len(to))
	}
}
