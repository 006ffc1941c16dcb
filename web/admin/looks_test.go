package admin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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
	for _, path := range []string{"/admin/people", "/admin/people?q=ze", "/admin/people/" + p.ID,
		"/admin/people/" + p.ID + "/edit", "/admin/requests", "/admin/requests/" + r.ID,
		"/admin/settings/push?person=ze"} {
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
				path := strings.NewReplacer("{$}", "", "{id}", id, "{device}", d.ID, "{ceremony}", "x", "{name}",
					"branding", "{", "", "}", "").Replace(path)
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
	if w := v.raw(http.MethodGet, path, nil); w.Code != http.StatusInternalServerError ||
		len(leaks(w.Body.Bytes())) > 0 {
		t.Errorf("a look that can't be counted: %d", w.Code)
	}
}

// An auditor sees on one page what a clerk looked at, how often, what they
// searched for (as a hash) and what they did.
func TestOneClerksDay(t *testing.T) {
	s := newSite(t, false)
	p, err := s.AddPerson(t.Context(), app.Operator, "Zebedee Quux",
		[]app.Identifier{{Kind: app.Username, Value: "zeb", Norm: "zeb"}}, nil)
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
		got := v.send(http.MethodGet, "/admin/audit/day?"+url.Values{"admin": {helen.who.ID}, "day": {day}}.Encode(),
			nil)
		if got.StatusCode != http.StatusOK {
			t.Fatalf("the day: %d %s", got.StatusCode, got.Find("main").Text())
		}
		return got
	}
	check := func(when string, v *visitor) {
		t.Helper()
		got := read(v)
		text := strings.Join(strings.Fields(got.Find("main").Text()), " ")
		for _, want := range []string{"4 looks", "2 searches", "1 found", "0 found", s.SearchHash("zeb"),
			s.SearchHash("nobody like this"), "Zebedee Quux", "sign-in"} {
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
	if got := ann.send(http.MethodGet, "/admin/admins/"+helen.who.ID,
		nil); !strings.HasPrefix(got.Find(`[data-testid="day"]`).AttrOr("href", ""),
		"/admin/audit/day?admin="+helen.who.ID) {
		t.Error("the administrator's page doesn't lead to their day")
	}
	if got := ann.send(http.MethodGet, "/admin/audit?action=look.",
		nil); !strings.HasPrefix(got.Find(`[data-testid="their-day"]`).AttrOr("href", ""), "/admin/audit/day?admin=") {
		t.Error("rows of the audit don't lead to the day")
	}
	if got := ann.send(http.MethodGet, "/admin/audit/day?day=yesterday",
		nil); got.StatusCode != http.StatusUnprocessableEntity ||
		!got.has("fault") {
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
	if text := v.send(http.MethodGet, "/admin/people/"+r.PersonID,
		nil).Find(`[data-testid="history"]`).Text(); text == "" ||
		strings.Contains(text, "was opened") {
		t.Errorf("the history: %s", text)
	}
	rows, err := s.AuditPage(t.Context(), store.AuditFilter{ActorID: v.who.ID, Action: "look."}, store.AuditCursor{},
		100)
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
	p, err := s.AddPerson(t.Context(), app.Operator, "Zebedee Quux49",
		[]app.Identifier{{Kind: app.Username, Value: "zeb", Norm: "zeb"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	olive, other := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("owen@northmoor.example", app.RoleOwner)
	olive.wants("identifiers")
	at := other.proposes("/admin/people/"+p.ID+"/edit",
		url.Values{"name": {"Zebedee Quux49 Long"}, "identifiers": {"username:zeb"}})
	for _, path := range []string{"/admin/proposals", at} {
		if w := olive.raw(http.MethodGet, path, nil); len(leaks(w.Body.Bytes())) == 0 {
			t.Errorf("%s shows nobody: then this test proves nothing", path)
		}
	}
	if rows, err := s.AuditPage(t.Context(), store.AuditFilter{ActorID: olive.who.ID, PersonID: p.ID},
		store.AuditCursor{}, 9); err != nil ||
		len(rows) != 1 || rows[0].Action != "look.person" {
		t.Errorf("the audit has %+v, %v", rows, err)
	}
	s.Tamper(`DROP TABLE looks`)
	for _, path := range []string{"/admin/proposals", at} {
		if w := olive.raw(http.MethodGet, path, nil); w.Code != http.StatusInternalServerError ||
			len(leaks(w.Body.Bytes())) > 0 {
			t.Errorf("%s: %d, and shows %v", path, w.Code, leaks(w.Body.Bytes()))
		}
	}
}

// refresh asks as an open page of v does that fetches itself again.
func (v *visitor) refresh(path string) int {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodGet, path, nil)
	r.AddCookie(v.cookie)
	r.Header.Set("X-Live", "1")
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	return w.Code
}

// A header that any browser can send doesn't turn the counting of looks off: it
// holds for the first page of a list that shows by itself what is new.
func TestAHeaderHidesNoLook(t *testing.T) {
	const times = 5
	s := newSite(t, false)
	p, _, r := s.planted()
	for name, row := range map[string]struct {
		path func(p app.Person, r app.Request) string
		kind store.LookKind
		want int
	}{
		"the requests": {func(app.Person, app.Request) string { return "/admin/requests" }, store.LookList, 1},
		"those of a state": {func(app.Person, app.Request) string { return "/admin/requests?state=pending" },
			store.LookList, 1},
		"the overview again": {func(app.Person, app.Request) string { return "/admin/overview/now" }, store.LookList,
			1},
		"the overview": {func(app.Person, app.Request) string { return "/admin/overview" }, store.LookList,
			times},
		"the people": {func(app.Person, app.Request) string { return "/admin/people" }, store.LookList,
			times},
		"a search": {func(app.Person, app.Request) string { return "/admin/people?q=ze" }, store.LookSearch,
			times},
		"a person": {func(p app.Person, _ app.Request) string { return "/admin/people/" + p.ID },
			store.LookPerson, times},
		"their accounts": {func(p app.Person, _ app.Request) string { return "/admin/people/" + p.ID },
			store.LookAccounts, times},
		"a request": {func(_ app.Person, r app.Request) string { return "/admin/requests/" + r.ID },
			store.LookRequest, times},
		"requests of a person": {func(p app.Person, _ app.Request) string { return "/admin/requests?person=" + p.ID },
			store.LookList, times},
		"requests of a client": {func(_ app.Person,
			r app.Request) string {
			return "/admin/requests?client=" + r.ClientID
		},
			store.LookList, times},
		"the audit": {func(app.Person, app.Request) string { return "/admin/audit" }, store.LookAudit, times},
	} {
		t.Run(name, func(t *testing.T) {
			v := s.visitor(strings.ReplaceAll(name, " ", "-")+"@northmoor.example", app.RoleOwner)
			for range times {
				if code := v.refresh(row.path(p, r)); code != http.StatusOK {
					t.Fatalf("%d", code)
				}
			}
			open, err := s.OpenLooks(t.Context(), v.who.ID)
			if err != nil {
				t.Fatal(err)
			}
			counted := 0
			for _, o := range open {
				if o.Kind == row.kind {
					counted += o.Count
				}
			}
			if counted != row.want {
				t.Errorf("%d are counted as %d, want %d: %+v", times, counted, row.want, open)
			}
		})
	}
}

// Who reads a whole list page by page is seen to: the pages behind the first are
// a row of their own, and each is counted, whatever the header says.
func TestFurtherPagesAreCounted(t *testing.T) {
	s := newSite(t, false)
	s.planted()
	for range 60 {
		s.MustPerson("someone" + strings.ToLower(app.NewID()))
	}
	v := s.visitor("oscar@northmoor.example", app.RoleOperator)
	for list, testID := range map[string]string{"people": "more", "requests": "older"} {
		further := 0
		for path := "/admin/" + list; path != ""; further++ {
			for range 2 {
				if code := v.refresh(path); code != http.StatusOK {
					t.Fatalf("%s: %d", path, code)
				}
			}
			path = v.send(http.MethodGet, path, nil).Find(`[data-testid="`+testID+`"]`).AttrOr("href", "")
		}
		further = 3 * (further - 1) // each was asked for twice with the header and once without
		open, err := s.OpenLooks(t.Context(), v.who.ID)
		if err != nil {
			t.Fatal(err)
		}
		counted := 0
		for _, o := range open {
			if o.Subject == list+".pages:" {
				counted = o.Count
			}
		}
		if further < 2 || counted != further {
			t.Errorf("%s: %d further pages are counted as %d", list, further, counted)
		}
	}
	day := s.Now().Time().In(london(t)).Format(time.DateOnly)
	ann := s.visitor("ann@northmoor.example", app.RoleAuditor)
	got := ann.send(http.MethodGet, "/admin/audit/day?"+url.Values{"admin": {v.who.ID}, "day": {day}}.Encode(), nil)
	if times := strings.TrimSpace(got.Find(`[data-testid="row"]:contains("People, further pages") [data-testid="times"]`).Text()); times != "6" {
		t.Errorf("their day has %q further pages of people, want 6", times)
	}
}

// A list of a person or a request that doesn't exist is no look at one: made-up
// references would be a row each.
func TestMadeUpReferencesDoNotFillTheAudit(t *testing.T) {
	s := newSite(t, true)
	ada := s.MustPerson("ada")
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	for i := range 30 {
		for _, path := range []string{"/admin/requests?person=", "/admin/audit?person=", "/admin/audit?request="} {
			if got := olive.raw(http.MethodGet, fmt.Sprint(path, "made-up-", i), nil); got.Code != http.StatusOK {
				t.Fatalf("%s: %d", path, got.Code)
			}
		}
	}
	if list, audit := s.rowsOf("look.list"), s.rowsOf("look.audit"); list != 1 || audit != 1 {
		t.Errorf("30 references that are none are %d rows of lists and %d of the audit", list, audit)
	}
	for _, path := range []string{"/admin/requests?person=", "/admin/audit?person="} {
		olive.raw(http.MethodGet, path+ada.ID, nil)
	}
	for _, action := range []string{"look.list", "look.audit"} {
		if rows, err := s.AuditOf(t.Context(), action, 9); err != nil || len(rows) != 2 || rows[0].PersonID != ada.ID {
			t.Errorf("%s of somebody who exists: %+v %v", action, rows, err)
		}
	}
}

// What an import's page quotes of its file, and the list of identifiers that
// could be mistaken, are people's data: a look is recorded before they are shown.
func TestImportsAndMistakableIdentifiersAreLookedAt(t *testing.T) {
	s := newSite(t, false)
	oscar := s.visitor("oscar@northmoor.example", app.RoleOperator)
	checked := oscar.importFile("people.csv", "name,identifiers\nZebedee Quux49,username:zeb\n").Header.Get("Location")
	faulty := oscar.importFile("people.csv", "name,identifiers\nBea,email:zebedee\n").Header.Get("Location")
	for _, at := range []string{checked, faulty} {
		s.importsUntil(strings.TrimPrefix(at, "/admin/import/"), store.ImportChecked)
	}
	ada, bob := s.MustPerson("zebedee.quux49"), s.MustPerson("bob")
	s.Tamper(`INSERT INTO identifiers (kind, norm, value, person_id)
		VALUES ('username', '12345678909', '12345678909', ?1), ('cpf', '12345678909', '123.456.789-09', ?2)`,
		ada.ID, bob.ID)
	s.Tamper(`DELETE FROM meta WHERE key = 'identifier readings'`)
	st, err := store.Open(t.Context(), store.Options{Dir: s.Dir}) // as the next start reads them
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{checked: "import", faulty: "import", "/admin/people/mistakable": "mistakable"}
	for path, list := range paths {
		v := s.visitor(strings.ReplaceAll(path[1:], "/", "-")+"@northmoor.example", app.RoleOperator)
		for range 2 {
			if w := v.raw(http.MethodGet, path, nil); len(leaks(w.Body.Bytes())) == 0 {
				t.Errorf("%s shows nothing of a person: then this test proves nothing of it", path)
			}
		}
		if open, err := s.OpenLooks(t.Context(), v.who.ID); err != nil || len(open) != 1 ||
			open[0].Subject != list+":" || open[0].Count != 2 {
			t.Errorf("%s: the looks are %+v, %v", path, open, err)
		}
	}
	s.Tamper(`DROP TABLE looks`)
	for path := range paths {
		if w := oscar.raw(http.MethodGet, path, nil); w.Code != http.StatusInternalServerError ||
			len(leaks(w.Body.Bytes())) > 0 {
			t.Errorf("%s that can't be recorded: %d, and shows %v", path, w.Code, leaks(w.Body.Bytes()))
		}
	}
}
