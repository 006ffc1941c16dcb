package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"assent/app"
	"assent/app/docs"
)

// Every role reads all of the documentation; a stranger is sent to sign in. It
// is nobody's data: reading it leaves no row in the audit.
func TestHelpIsForEveryRole(t *testing.T) {
	s := newSite(t, true)
	groups, err := docs.Groups(docs.Lang)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range app.AdminRoles {
		v := s.visitor(string(role)+"@northmoor.example", role)
		if !v.send(http.MethodGet, "/admin/sessions", nil).has("help") {
			t.Errorf("%s: no page leads to Help", role)
		}
		before, err := s.AuditHead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		list := v.send(http.MethodGet, docs.Path, nil)
		for _, g := range groups {
			for _, p := range g.Pages {
				link := list.Find(`[data-testid="help-page-`+p.Name+`"]`).AttrOr("href", "")
				page := v.send(http.MethodGet, link, nil)
				if page.StatusCode != http.StatusOK || !page.has("document") || page.Find("h1").Text() != p.Title ||
					page.Find("article h2").Length() == 0 && p.Name != "licence" {
					t.Errorf("%s: %s answers %d with %q", role, link, page.StatusCode, page.Find("h1").Text())
				}
				if current := page.Find(`[data-testid="help"][aria-current="page"]`).Length(); current != 1 {
					t.Errorf("%s: the rail doesn't say that %s is in Help", role, p.Name)
				}
			}
		}
		if after, err := s.AuditHead(t.Context()); err != nil || after != before {
			t.Errorf("%s: reading Help moved the audit's head from %v to %v (%v)", role, before, after, err)
		}
	}
	stranger := &visitor{site: s}
	for _, path := range []string{docs.Path, docs.Path + "/security", docs.Path + "/none", docs.Path + "?q=code"} {
		if got := stranger.send(http.MethodGet, path, nil); got.StatusCode != http.StatusSeeOther ||
			got.has("document") {
			t.Errorf("a stranger gets %d at %s", got.StatusCode, path)
		}
	}
}

// A page that was translated is shown in the administrator's language.
func TestHelpInPortuguese(t *testing.T) {
	v := newSite(t, true).visitor("ana@northmoor.example", app.RoleHelpDesk)
	path := docs.Path + "/helpdesk"
	if got := v.send(http.MethodGet, path, nil).Find("h1").Text(); got != "At the help desk" {
		t.Errorf("in English it is called %q", got)
	}
	v.send(http.MethodPost, "/admin/preferences", url.Values{"lang": {"pt-BR"}, "back": {path}})
	got := v.send(http.MethodGet, path, nil)
	frame := got.Find("html").AttrOr("lang", "")
	if got.Find("h1").Text() != "No atendimento" || frame != "pt-BR" || got.has("in-english") {
		t.Errorf("in Portuguese it is called %q", got.Find("h1").Text())
	}
	if got := v.send(http.MethodGet, docs.Path+"?q=senha", nil); got.StatusCode != http.StatusOK {
		t.Errorf("a search answers %d", got.StatusCode)
	}
	got = v.send(http.MethodGet, docs.Path+"/security", nil)
	if !got.has("in-english") || got.Find("article").AttrOr("lang", "") != docs.Lang {
		t.Error("a page that wasn't translated doesn't say that it is in English")
	}
}

func TestHelpIsSearched(t *testing.T) {
	v := newSite(t, true).visitor("ada@northmoor.example", app.RoleHelpDesk)
	v.MustPerson("zebedee.quux49")
	find := func(q string) answer {
		t.Helper()
		return v.send(http.MethodGet, docs.Path+"?"+url.Values{"q": {q}}.Encode(), nil)
	}
	found := find("keeping the HEAD")
	first := found.Find(`[data-testid="help-place"]`).First()
	if to := first.AttrOr("href", ""); to != docs.Path+"/audit#keeping-the-head" {
		t.Errorf("the first place is %q", to)
	}
	page := v.send(http.MethodGet, docs.Path+"/audit", nil)
	if page.Find("#keeping-the-head").Length() != 1 {
		t.Error("that place isn't on the page")
	}
	if got := find("ASSENT_COOLING"); !strings.Contains(got.Find("mark").Text(), "ASSENT_COOLING") {
		t.Error("a setting isn't found by its name")
	}
	for _, q := range []string{"zebedee", `<script>alert("x")</script>`} {
		got := find(q)
		if !got.has("help-none") || got.Find("main script").Length() > 0 ||
			!strings.Contains(got.Find("main h2").Text(), q) {
			t.Errorf("%q: %s", q, got.Find("main").Text())
		}
	}
	if got := find(strings.Repeat("x", 101)); got.StatusCode != http.StatusBadRequest {
		t.Errorf("a long search answers %d", got.StatusCode)
	}
	for _, name := range []string{"none", "security.md", "SECURITY"} {
		if got := v.send(http.MethodGet, docs.Path+"/"+url.PathEscape(name),
			nil); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", name, got.StatusCode)
		}
	}
}
