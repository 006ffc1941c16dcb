package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"assent/app"
	"assent/store"
)

// Whatever could end in control of a person's approvals, or end the sessions of
// the administrator who would notice, asks for the passkey when it wasn't shown
// lately: a stolen cookie does none of it.
func TestStolenCookieOfTheConsole(t *testing.T) {
	s := newSite(t, true)
	p := s.MustPerson("ada")
	d := s.MustDevice(p)
	if err := s.Pause(t.Context(), app.Operator, p.ID); err != nil {
		t.Fatal(err)
	}
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	link := olive.send(http.MethodPost, "/admin/people/"+p.ID+"/invite", url.Values{"way": {"link"}})
	if !link.has("link") {
		t.Fatalf("inviting with a fresh passkey: %d", link.StatusCode)
	}
	checked := olive.importFile("people.csv", "name,identifiers\nBea,username:bea\n").Header.Get("Location")
	s.importsUntil(checked[len("/admin/import/"):], store.ImportChecked)
	s.Clock.Advance(app.AdminFresh)
	other := olive.again()
	at := "/admin/people/" + p.ID
	before, err := s.AuditPage(t.Context(), store.AuditFilter{}, store.AuditCursor{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	for path, form := range map[string]url.Values{
		at + "/invite":                      {"way": {"link"}},
		at + "/withdraw":                    nil,
		at + "/code":                        {"words": {"one two three"}},
		at + "/clear":                       nil,
		at + "/edit":                        {"name": {"Ada"}, "identifiers": {"eve"}},
		at + "/state":                       {"state": {"suspended"}},
		at + "/remove":                      nil,
		at + "/devices/remove":              nil,
		at + "/devices/" + d.ID + "/remove": nil,
		"/admin/devices/" + d.ID + "/test":  nil,
		"/admin/people/new":                 {"name": {"Eve"}, "identifiers": {"eve"}},
		"/admin/admins/new": {
			"email": {"eve@northmoor.example"},
			"name":  {"Eve"},
			"role":  {"owner"},
		},
		"/admin/admins/" + olive.who.ID + "/link":      nil,
		"/admin/sessions/" + other.session.ID + "/end": nil,
		checked + "/start":                             nil,
	} {
		if got := olive.send(http.MethodPost, path, form); got.StatusCode != http.StatusForbidden ||
			!got.has("confirm") {
			t.Errorf("POST %s: %d, want to be asked for the passkey", path, got.StatusCode)
		}
	}
	if got := olive.importFile("people.csv",
		"name,identifiers\nEve,username:eve\n"); got.StatusCode != http.StatusForbidden ||
		!got.has("confirm") {
		t.Errorf("an upload: %d", got.StatusCode)
	}
	for _, path := range []string{"/admin/import", checked + "/result", "/admin/people.csv"} {
		if got := olive.send(http.MethodGet, path, nil); got.StatusCode != http.StatusForbidden || !got.has("confirm") {
			t.Errorf("GET %s: %d, want to be asked for the passkey", path, got.StatusCode)
		}
	}
	after, err := s.AuditPage(t.Context(), store.AuditFilter{}, store.AuditCursor{}, 100)
	if err != nil || len(after) != len(before) {
		t.Errorf("the audit has %d rows more (%v)", len(after)-len(before), err)
	}
	// Looking, following an import and signing out go on without it.
	for _, path := range []string{at, checked, "/admin/sessions"} {
		if got := olive.send(http.MethodGet, path, nil); got.StatusCode != http.StatusOK {
			t.Errorf("GET %s: %d", path, got.StatusCode)
		}
	}
	if got := olive.send(http.MethodPost, "/admin/sign-out", nil); got.StatusCode != http.StatusSeeOther {
		t.Errorf("signing out: %d", got.StatusCode)
	}
}

// Somebody who has the cookie and the passkey can't ring a phone on and on either.
func TestTestsFromTheConsoleAreFew(t *testing.T) {
	s := newSite(t, true)
	opal := s.visitor("opal@northmoor.example", app.RoleOperator)
	p := s.MustPerson("ada")
	test := func(d app.Device) answer {
		return opal.send(http.MethodPost, "/admin/devices/"+d.ID+"/test", nil)
	}
	d := s.MustDevice(p)
	if got := test(d); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first: %d", got.StatusCode)
	}
	if got := test(d); got.StatusCode != http.StatusConflict ||
		!strings.Contains(got.Find("main").Text(), "A test is waiting on this device") {
		t.Errorf("while one waits: %d %s", got.StatusCode, got.Find("main").Text())
	}
	for range 9 {
		if got := test(s.MustDevice(p)); got.StatusCode != http.StatusSeeOther {
			t.Fatalf("another device: %d", got.StatusCode)
		}
	}
	if got := test(s.MustDevice(p)); got.StatusCode != http.StatusTooManyRequests ||
		got.Header.Get("Retry-After") != "3600" || !strings.Contains(got.Find("main").Text(), "ten tests") {
		t.Errorf("the eleventh: %d, Retry-After %q", got.StatusCode, got.Header.Get("Retry-After"))
	}
}
