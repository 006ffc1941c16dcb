package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	adminweb "assent/web/admin"
)

// Where a look can't be recorded, no route shows anything of a person.
func TestWhatCannotBeRecordedIsNotShown(t *testing.T) {
	s := newSite(t, false)
	p, d, r := s.planted()
	v := s.visitor("oscar@northmoor.example", app.RoleOperator)
	auditor := s.visitor("ann@northmoor.example", app.RoleAuditor)
	for _, path := range []string{"/admin/people", "/admin/people?q=ze", "/admin/people/" + p.ID, "/admin/people/" + p.ID + "/edit", "/admin/requests", "/admin/requests/" + r.ID, "/admin/settings/push?person=ze"} {
		if l := leaks(v.raw(http.MethodGet, path, nil).Body.Bytes()); len(l) == 0 {
			t.Errorf("%s shows nothing of a person: then this test proves nothing of it", path)
		}
	}
	s.Clock.Advance(time.Hour) // the first look of an hour is a row of the audit
	v, auditor = v.again(), auditor.again()
	s.Tamper(`CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
	faults := 0
	for _, who := range []*visitor{v, auditor} {
		for _, route := range adminweb.Routes() {
			method, path, _ := strings.Cut(route.Pattern, " ")
			if method != http.MethodGet {
				continue
			}
			for _, id := range []string{p.ID, r.ID} {
				path := strings.NewReplacer("{$}", "", "{id}", id, "{device}", d.ID, "{ceremony}", "x", "{name}", "branding", "{", "", "}", "").Replace(path)
				for _, query := range []string{"", "?q=ze&person=ze"} {
					w := who.raw(method, path+query, nil)
					if l := leaks(w.Body.Bytes()); len(l) > 0 {
						t.Errorf("%s as %s: %d, shows %v", path+query, who.who.Role, w.Code, l)
					}
					if w.Code == http.StatusInternalServerError {
						faults++
					}
				}
			}
		}
	}
	if faults < 10 {
		t.Errorf("only %d routes failed", faults)
	}
	s.Tamper(`SELECT 1`) // which drops the trigger
	path := "/admin/people/" + p.ID
	if w := v.raw(http.MethodGet, path, nil); w.Code != http.StatusOK {
		t.Fatalf("once it can be recorded: %d", w.Code)
	}
	s.Tamper(`DROP TABLE looks`) // further ones of the hour are counted there
	if w := v.raw(http.MethodGet, path, nil); w.Code != http.StatusInternalServerError || len(leaks(w.Body.Bytes())) > 0 {
		t.Errorf("a look that can't be counted: %d", w.Code)
	}
}

// An auditor sees on one page what a clerk looked at, how often, what they
// searched for (as a hash) and what they did.
func TestOneClerksDay(t *testing.T) {
	s := newSite(t, false)
	p, err := s.AddPerson(t.Context(), app.Operator, "Zebedee Quux", []app.Identifier{{Kind: app.Username, Value: "zeb", Norm: "zeb"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	s.Clock.Advance(time.Hour - time.Duration(s.Now().Time().Minute())*time.Minute)
	helen = helen.again()
	for range 4 {
		helen.send(http.MethodGet, "/admin/people/"+p.ID, nil)
	}
	helen.send(http.MethodGet, "/admin/people?q=zeb", nil)
	helen.send(http.MethodGet, "/admin/people?q=nobody+like+this", nil)
	helen.send(http.MethodPost, "/admin/people/"+p.ID+"/invite", url.Values{"way": {"link"}})
	day := s.Now().Time().In(london(t)).Format(time.DateOnly)
	read := func(v *visitor) answer {
		t.Helper()
		got := v.send(http.MethodGet, "/admin/audit/day?"+url.Values{"admin": {helen.who.ID}, "day": {day}}.Encode(), nil)
		if got.StatusCode != http.StatusOK {
			t.Fatalf("the day: %d %s", got.StatusCode, got.Find("main").Text())
		}
		return got
	}
	check := func(when string, v *visitor) {
		t.Helper()
		got := read(v)
		text := strings.Join(strings.Fields(got.Find("main").Text()), " ")
		for _, want := range []string{"4 looks", "2 searches", "1 found", "0 found", s.SearchHash("zeb"), s.SearchHash("nobody like this"), "Zebedee Quux", "sign-in"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s the day lacks %q:\n%s", when, want, text)
			}
		}
		if strings.Contains(text, "nobody like") {
			t.Errorf("%s the day has the text of a search", when)
		}
		if times := got.Find(`[data-testid="row"]:contains("person’s page") [data-testid="times"]`).Text(); strings.TrimSpace(times) != "4" {
			t.Errorf("%s the person was looked at %q times", when, times)
		}
	}
	check("in the same hour", s.visitor("ann@northmoor.example", app.RoleAuditor))
	s.Clock.Advance(time.Hour)
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	ann := s.visitor("olive@northmoor.example", app.RoleOwner)
	check("once it is counted", ann)
	if got := ann.send(http.MethodGet, "/admin/admins/"+helen.who.ID, nil); !strings.HasPrefix(got.Find(`[data-testid="day"]`).AttrOr("href", ""), "/admin/audit/day?admin="+helen.who.ID) {
		t.Error("the administrator's page doesn't lead to their day")
	}
	if got := ann.send(http.MethodGet, "/admin/audit?action=look.", nil); !strings.HasPrefix(got.Find(`[data-testid="their-day"]`).AttrOr("href", ""), "/admin/audit/day?admin=") {
		t.Error("rows of the audit don't lead to the day")
	}
	if got := ann.send(http.MethodGet, "/admin/audit/day?day=yesterday", nil); got.StatusCode != http.StatusUnprocessableEntity || !got.has("fault") {
		t.Errorf("a day that is none: %d", got.StatusCode)
	}
	if got := ann.send(http.MethodGet, "/admin/audit/day?admin=nobody", nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("nobody's day: %d", got.StatusCode)
	}
}

// A person's page and a request's trace aren't filled by who looked at them.
func TestLooksAreNoPartOfAHistory(t *testing.T) {
	s := newSite(t, false)
	_, _, r := s.planted()
	v := s.visitor("oscar@northmoor.example", app.RoleOperator)
	before, err := s.AuditOfRequest(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		v.send(http.MethodGet, "/admin/requests/"+r.ID, nil)
		v.send(http.MethodGet, "/admin/people/"+r.PersonID, nil)
		s.Clock.Advance(time.Hour)
		v = v.again()
	}
	if after, err := s.AuditOfRequest(t.Context(), r.ID); err != nil || len(after) != len(before) {
		t.Errorf("the trace has %d steps, and had %d", len(after), len(before))
	}
	if text := v.send(http.MethodGet, "/admin/people/"+r.PersonID, nil).Find(`[data-testid="history"]`).Text(); text == "" || strings.Contains(text, "was opened") {
		t.Errorf("the history: %s", text)
	}
	rows, err := s.AuditPage(t.Context(), store.AuditFilter{ActorID: v.who.ID, Action: "look."}, store.AuditCursor{}, 100)
	if err != nil || len(rows) < 6 {
		t.Errorf("%d looks, %v", len(rows), err)
	}
	for _, row := range rows {
		if row.ActorKind != app.ActorAdmin || row.Source == "" && row.Action != "look.counted" {
			t.Errorf("a look without who or where: %+v", row)
		}
	}
}

func london(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// A proposal shows the person whom it is about: that is a look as well.
func TestProposalsAreLookedAt(t *testing.T) {
	s := newSite(t, false)
	p, err := s.AddPerson(t.Context(), app.Operator, "Zebedee Quux49", []app.Identifier{{Kind: app.Username, Value: "zeb", Norm: "zeb"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	olive, other := s.visitor("olive@northmoor.example", app.RoleOwner), s.visitor("owen@northmoor.example", app.RoleOwner)
	olive.wants("identifiers")
	at := other.proposes("/admin/people/"+p.ID+"/edit", url.Values{"name": {"Zebedee Quux49 Long"}, "identifiers": {"username:zeb"}})
	for _, path := range []string{"/admin/proposals", at} {
		if w := olive.raw(http.MethodGet, path, nil); len(leaks(w.Body.Bytes())) == 0 {
			t.Errorf("%s shows nobody: then this test proves nothing", path)
		}
	}
	if rows, err := s.AuditPage(t.Context(), store.AuditFilter{ActorID: olive.who.ID, PersonID: p.ID}, store.AuditCursor{}, 9); err != nil || len(rows) != 1 || rows[0].Action != "look.person" {
		t.Errorf("the audit has %+v, %v", rows, err)
	}
	s.Tamper(`DROP TABLE looks`)
	for _, path := range []string{"/admin/proposals", at} {
		if w := olive.raw(http.MethodGet, path, nil); w.Code != http.StatusInternalServerError || len(leaks(w.Body.Bytes())) > 0 {
			t.Errorf("%s: %d, and shows %v", path, w.Code, leaks(w.Body.Bytes()))
		}
	}
}
