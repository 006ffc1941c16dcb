package admin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
)

// rowsOf is how many rows of an action the audit has.
func (s *site) rowsOf(action string) int {
	s.t.Helper()
	rows, err := s.AuditOf(s.t.Context(), action, 10000)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(rows)
}

// Who keeps asking for what the role lacks is one row of the audit an hour for
// each permission; every refusal is counted.
func TestRefusalsOfARoleDoNotFillTheAudit(t *testing.T) {
	s := newSite(t, true)
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	other := s.visitor("hugo@northmoor.example", app.RoleHelpDesk)
	for range 100 {
		if got := helen.raw(http.MethodGet, "/admin/audit", nil); got.Code != http.StatusForbidden {
			t.Fatalf("the audit, as help desk: %d", got.Code)
		}
	}
	if n := s.rowsOf("admin.refused"); n != 1 {
		t.Errorf("100 refusals are %d rows", n)
	}
	helen.raw(http.MethodGet, "/admin/settings", nil)
	other.raw(http.MethodGet, "/admin/audit", nil)
	if n := s.rowsOf("admin.refused"); n != 3 {
		t.Errorf("with another permission and another administrator: %d rows, want 3", n)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Sweep(t.Context()))
	series, err := s.Counted(t.Context(), store.LastDay, time.UTC)
	must(err)
	if n := series.N(store.CountRefusals, helen.who.ID+"/view_audit"); n != 100 {
		t.Errorf("%d are counted, want 100", n)
	}
	s.Clock.Advance(time.Hour)
	helen.again().raw(http.MethodGet, "/admin/audit", nil)
	if n := s.rowsOf("admin.refused"); n != 4 {
		t.Errorf("an hour later: %d rows, want 4", n)
	}
}

// Choosing what is chosen already is no row, and changing it to and fro one an
// hour; what was chosen last holds.
func TestPreferencesDoNotFillTheAudit(t *testing.T) {
	s := newSite(t, true)
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	choose := func(v *visitor, name, value string) {
		t.Helper()
		if got := v.raw(http.MethodPost, "/admin/preferences",
			url.Values{name: {value}}); got.Code != http.StatusSeeOther {
			t.Fatalf("%s %s: %d", name, value, got.Code)
		}
	}
	choose(helen, "theme", "")
	if n := s.rowsOf("admin.preferences"); n != 0 {
		t.Errorf("what was chosen already is %d rows", n)
	}
	for range 50 {
		choose(helen, "theme", "dark")
		choose(helen, "theme", "light")
		choose(helen, "lang", "pt-BR")
		choose(helen, "lang", "en-GB")
	}
	if n := s.rowsOf("admin.preferences"); n != 1 {
		t.Errorf("200 changes are %d rows", n)
	}
	if a, err := s.Admin(t.Context(), helen.who.ID); err != nil || a.Theme != "light" || a.Lang != "en-GB" {
		t.Errorf("what holds: %q %q, %v", a.Theme, a.Lang, err)
	}
	other := s.visitor("hugo@northmoor.example", app.RoleHelpDesk)
	choose(other, "theme", "dark")
	s.Clock.Advance(time.Hour)
	helen = helen.again()
	choose(helen, "theme", "light")
	if n := s.rowsOf("admin.preferences"); n != 2 {
		t.Errorf("with another's: %d rows, want 2", n)
	}
	choose(helen, "theme", "dark")
	if n := s.rowsOf("admin.preferences"); n != 3 {
		t.Errorf("an hour later: %d rows, want 3", n)
	}
}

// Searches with ever new text are slowed down, of people and of whose device to
// test; looking at a person goes on.
func TestSearchesAreSlowedDown(t *testing.T) {
	s := newSite(t, true)
	opal := s.visitor("opal@northmoor.example", app.RoleOperator)
	other := s.visitor("oscar@northmoor.example", app.RoleOperator)
	p := s.MustPerson("ada")
	begin := time.Now()
	served, refused := 0, 0
	var last answer
	for i := 0; refused == 0 && i < 1000; i++ {
		path := []string{"/admin/people?q=", "/admin/settings/push?person="}[i%2]
		last = opal.send(http.MethodGet, fmt.Sprint(path, "text", i), nil)
		switch last.StatusCode {
		case http.StatusOK:
			served++
		case http.StatusTooManyRequests:
			refused++
		default:
			t.Fatalf("a search: %d", last.StatusCode)
		}
	}
	if most := 61 + int(time.Since(begin)/time.Second); served < 60 || served > most {
		t.Errorf("%d searches were served, want 60 to %d", served, most)
	}
	if last.Header.Get("Retry-After") != "1" || !strings.Contains(last.Find("main").Text(), "too often") {
		t.Errorf("the refusal: Retry-After %q, %s", last.Header.Get("Retry-After"), last.Find("main").Text())
	}
	if n := s.rowsOf("look.search"); n != served {
		t.Errorf("%d rows of %d searches", n, served)
	}
	for path, v := range map[string]*visitor{
		"/admin/people/" + p.ID: opal,
		"/admin/people":         opal,
		"/admin/people?q=ada":   other,
	} {
		if got := v.raw(http.MethodGet, path, nil); got.Code != http.StatusOK {
			t.Errorf("%s as %s: %d", path, v.who.Name, got.Code)
		}
	}
}
