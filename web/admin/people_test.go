package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
	"assent/web/view"
)

// An operator adds a person, finds them by name and by identifier, invites them,
// and makes a code for the link.
func TestPeople(t *testing.T) {
	s := newSite(t, false)
	s.MustPerson("bruno")
	v := s.visitor("oscar@northmoor.example", app.RoleOperator)
	form := url.Values{
		"name":        {"  Ada   Quill "},
		"identifiers": {"ada.quill\r\nada@quill.example\r\n"},
		"companies":   {"12.345.678/0001-95"},
	}
	added := v.send(http.MethodPost, "/admin/people/new", form)
	to, _, _ := strings.Cut(added.Header.Get("Location"), "?")
	if added.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/admin/people/") {
		t.Fatalf("adding: %d %s", added.StatusCode, added.Find("main").Text())
	}
	for _, bad := range []url.Values{
		{"name": {""}, "identifiers": {"x"}}, {"name": {"X"}, "identifiers": {" "}},
		{"name": {"X"}, "identifiers": {"cpf:123"}},
		{"name": {"X"}, "identifiers": {"ADA@quill.example"}},
		{"name": {"X"}, "identifiers": {"x"}, "companies": {"1"}},
	} {
		if got := v.send(http.MethodPost, "/admin/people/new", bad); got.StatusCode != http.StatusUnprocessableEntity ||
			!got.has("fault") ||
			!strings.Contains(got.Find("#identifiers").Text(), strings.TrimSpace(bad.Get("identifiers"))) {
			t.Errorf("%v: %d", bad, got.StatusCode)
		}
	}
	for query, want := range map[string]string{
		"qui":       "Ada Quill",
		"ada@":      "Ada Quill",
		"ADA.QUILL": "Ada Quill",
		"":          "Ada Quill bruno",
		"nobody":    "",
	} {
		var names []string
		for _, row := range v.send(http.MethodGet, "/admin/people?q="+url.QueryEscape(query),
			nil).Find(`[data-testid="person"] th`).EachIter() {
			names = append(names, strings.TrimSpace(row.Text()))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	if got := v.send(http.MethodPost, to+"/code",
		url.Values{"words": {"Acorn, badger cabin"}}); got.StatusCode != http.StatusConflict ||
		!got.has("fault") {
		t.Errorf("a code without a link: %d", got.StatusCode)
	}
	link := v.send(http.MethodPost, to+"/invite", url.Values{"way": {"letter"}})
	if text := link.Find(`[data-testid="link"]`).Text(); !strings.HasPrefix(text, "https://assent.example/enrol/") ||
		!link.has("qr") || !strings.Contains(link.Find("main").Text(), "Dear Ada Quill") {
		t.Errorf("the letter: %q", text)
	}
	if code := v.send(http.MethodPost, to+"/code",
		url.Values{"words": {"Acorn, badger cabin"}}).Find(`[data-testid="code"]`).Text(); len(code) != 9 {
		t.Errorf("the code reads %q", code)
	}
	if got := v.send(http.MethodPost, to+"/withdraw", nil); got.StatusCode != http.StatusSeeOther {
		t.Errorf("withdrawing: %d", got.StatusCode)
	}
	if got := v.send(http.MethodPost, to+"/code",
		url.Values{"words": {"Acorn, badger cabin"}}); got.StatusCode != http.StatusConflict {
		t.Errorf("a code for a link that was withdrawn: %d", got.StatusCode)
	}
	edited := url.Values{"name": {"Ada Long"}, "identifiers": {"username:ada.quill"}}
	if got := v.send(http.MethodPost, to+"/edit", edited); got.StatusCode != http.StatusSeeOther {
		t.Errorf("editing: %d", got.StatusCode)
	}
	if page := v.send(http.MethodGet, to, nil); page.Find("h1").Text() != "Ada Long" ||
		page.Find(`[data-testid="identifier"]`).Length() != 1 {
		t.Errorf("after editing: %s", page.Find("main").Text())
	}
}

// The help desk sees no names and no identifiers, on any page of a person, and
// finds them by the exact identifier all the same.
func TestHelpDeskSeesNoPersonalData(t *testing.T) {
	s := newSite(t, false)
	p, err := s.AddPerson(t.Context(), app.Operator, "Zebedee Quux",
		[]app.Identifier{{Kind: app.Email, Value: "zebedee@quux.example", Norm: "zebedee@quux.example"},
			{Kind: app.CPF, Value: "123.456.789-09", Norm: "12345678909"}},
		[]string{"12345678000195"})
	if err != nil {
		t.Fatal(err)
	}
	d := s.MustDevice(p)
	if err := s.RenameDevice(t.Context(), app.Actor{Kind: app.ActorDevice, ID: d.ID, PersonID: p.ID}, d.ID,
		"Zebedee's phone"); err != nil {
		t.Fatal(err)
	}
	r := s.MustRequest(p)
	v := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	if got := v.send(http.MethodGet, "/admin/people?q=zebe", nil); got.has("person") || !got.has("none") {
		t.Error("they are found by a beginning of what is masked")
	}
	if got := v.send(http.MethodPost, "/admin/people/"+p.ID+"/invite", url.Values{"way": {"letter"}}); !got.has("qr") ||
		strings.Contains(got.Find("main .letter").Text(), "•••") {
		t.Errorf("the letter: %s", got.Find("main").Text())
	}
	for _, path := range []string{"/admin/people", "/admin/people?q=zebedee%40quux.example", "/admin/people/" + p.ID,
		"/admin/requests", "/admin/requests/" + r.ID} {
		got := v.send(http.MethodGet, path, nil)
		text := got.Find("main").Text()
		if got.StatusCode != http.StatusOK || !strings.Contains(text, "Z•••") {
			t.Errorf("%s: %d, and nobody is there:\n%s", path, got.StatusCode, text)
		}
		for _, secret := range []string{"Zebedee", "Quux ", "zebedee", "123.456", "9-09", "0001-95"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %q", path, secret)
			}
		}
	}
}

// What is wrong with an identifier is told with it, and a person who has one
// already with its kind.
func TestFaultsOfIdentifiers(t *testing.T) {
	s := newSite(t, false)
	v := s.visitor("oscar@northmoor.example", app.RoleOperator)
	if got := v.send(http.MethodPost, "/admin/people/new",
		url.Values{"name": {"Ada"}, "identifiers": {"ada@quill.example"}}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("adding: %d", got.StatusCode)
	}
	for ids, want := range map[string]string{
		"ada\ncpf:1<b>": "“cpf:1<b>” isn’t", "bea\nADA@quill.example": "already: E-mail.", "": "At least one is needed",
		"bea\ncustomer:Bea@x.example":    "“customer:Bea@x.example” would be taken for an e-mail address",
		"customer:123.456.789-09":        "would be taken for a CPF",
		"bea\nsubject:ADA@quill.example": "“subject:ADA@quill.example” could be taken for an identifier of somebody else",
	} {
		got := v.send(http.MethodPost, "/admin/people/new", url.Values{"name": {"Bea"}, "identifiers": {ids}})
		if text := got.Find(`[data-testid="fault"]`).Text(); got.StatusCode != http.StatusUnprocessableEntity ||
			!strings.Contains(text, want) {
			t.Errorf("%q: %d %q, want %q", ids, got.StatusCode, text, want)
		}
	}
}

// Identifiers of before one hint had to mean one person are listed, masked where
// the role sees no personal data, and the overview leads there.
func TestMistakableIdentifiers(t *testing.T) {
	s := watched(t)
	v := s.visitor("oscar@northmoor.example", app.RoleOperator)
	if page := v.send(http.MethodGet, "/admin/people/mistakable", nil); !page.has("none") {
		t.Errorf("before there are any: %s", page.Find("main").Text())
	}
	ada, bob := s.MustPerson("ada"), s.MustPerson("bob")
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
	overview := v.send(http.MethodGet, "/admin/overview", nil).Find(`[data-testid="check-names"]`)
	if overview.AttrOr("data-state", "") != "warn" ||
		overview.Find(`[data-testid="act"]`).AttrOr("href", "") != "/admin/people/mistakable" {
		t.Errorf("the overview says %q", overview.Text())
	}
	page := v.send(http.MethodGet, "/admin/people/mistakable", nil)
	rows := page.Find(`[data-testid="mistakable"]`)
	if text := rows.Text(); rows.Length() != 2 || !strings.Contains(text, "a CPF") ||
		!strings.Contains(text, "123.456.789-09") || rows.Find(`a[href="/admin/people/`+bob.ID+`"]`).Length() != 1 {
		t.Errorf("the list: %s", text)
	}
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	if text := helen.send(http.MethodGet, "/admin/people/mistakable",
		nil).Find(`[data-testid="mistakable"]`).Text(); strings.Contains(text,
		"12345678909") ||
		strings.Contains(text, "789-09") || strings.Contains(text, "bob") {
		t.Errorf("the help desk reads %s", text)
	}
}

// Removing devices is asked about on a page of its own, one or all of them, and
// leaves nobody else's.
func TestRemovingDevices(t *testing.T) {
	s := newSite(t, false)
	p, other := s.MustPerson("ada"), s.MustPerson("bruno")
	first, second, bruno := s.MustDevice(p), s.MustDevice(p), s.MustDevice(other)
	v := s.visitor("oscar@northmoor.example", app.RoleOperator)
	at := "/admin/people/" + p.ID
	if got := v.send(http.MethodGet, at+"/devices/"+bruno.ID+"/remove", nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("asking about another's device: %d", got.StatusCode)
	}
	if got := v.send(http.MethodPost, at+"/devices/"+bruno.ID+"/remove", nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("removing another's device: %d", got.StatusCode)
	}
	for _, step := range []struct {
		path, done string
		left       int
	}{{at + "/devices/" + first.ID + "/remove", "removed", 1}, {at + "/devices/remove", "reset", 0}} {
		asked := v.send(http.MethodGet, step.path, nil)
		if to := asked.Find("main form").AttrOr("action", ""); asked.StatusCode != http.StatusOK || to != step.path ||
			!asked.has("remove-now") {
			t.Fatalf("asking: %d, and the form goes to %q", asked.StatusCode, to)
		}
		if done := v.send(http.MethodPost, step.path, nil); done.Header.Get("Location") != at+"?done="+step.done {
			t.Fatalf("removing: %d to %q", done.StatusCode, done.Header.Get("Location"))
		}
		page := v.send(http.MethodGet, at+"?done="+step.done, nil)
		if n := page.Find(`[data-testid="device"]`).Length(); n != step.left || page.has("reset") != (step.left > 0) {
			t.Errorf("%s: %d devices are left, want %d", step.done, n, step.left)
		}
	}
	if got := v.send(http.MethodGet, at+"/devices/"+second.ID+"/remove", nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("asking about a device that was removed: %d", got.StatusCode)
	}
	if ok, err := s.CanAnswer(t.Context(), other.ID); err != nil || !ok {
		t.Errorf("the other can answer: %v (%v)", ok, err)
	}
}

// Suspending and erasing ask for the passkey when it wasn't asked for lately,
// and do what they say.
func TestSuspendAndErase(t *testing.T) {
	s := newSite(t, false)
	p := s.MustPerson("ada")
	s.MustDevice(p)
	r := s.MustRequest(p)
	v := s.visitor("olive@northmoor.example", app.RoleOwner)
	s.Clock.Advance(app.AdminFresh + time.Second)
	if got := v.send(http.MethodPost, "/admin/people/"+p.ID+"/state",
		url.Values{"state": {"suspended"}}); !got.has("confirm") {
		t.Fatalf("without the passkey: %d", got.StatusCode)
	}
	v = v.again()
	if got := v.send(http.MethodPost, "/admin/people/"+p.ID+"/state",
		url.Values{"state": {"suspended"}}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("suspending: %d", got.StatusCode)
	}
	if now, err := s.Request(t.Context(), r.ID); err != nil || now.State != app.Cancelled ||
		now.Delivery != app.DeliveryWaiting {
		t.Errorf("what waited is %s, delivery %s (%v)", now.State, now.Delivery, err)
	}
	if got := v.send(http.MethodPost, "/admin/people/"+p.ID+"/state",
		url.Values{"state": {"erased"}}); got.StatusCode != http.StatusBadRequest {
		t.Errorf("a state that is none: %d", got.StatusCode)
	}
	if got := v.send(http.MethodPost, "/admin/people/"+p.ID+"/remove",
		nil); got.Header.Get("Location") != "/admin/people?erased" {
		t.Fatalf("erasing: %d", got.StatusCode)
	}
	gone := v.send(http.MethodGet, "/admin/people/"+p.ID, nil)
	if text := gone.Find("main").Text(); gone.StatusCode != http.StatusOK || !strings.Contains(text, "Erased on") ||
		gone.has("edit") {
		t.Errorf("the page of one who was erased: %d\n%s", gone.StatusCode, text)
	}
	if list := v.send(http.MethodGet, "/admin/people", nil); list.has("person") {
		t.Error("they are still in the list")
	}
}

// That somebody is under attack stands in the overview, with the way to whom and
// to what; the help desk sees it too, without names.
func TestOverviewSaysWhoIsUnderAttack(t *testing.T) {
	s := watched(t)
	ada, err := s.AddPerson(t.Context(), app.Operator, "Ada Quill",
		[]app.Identifier{{Kind: app.Username, Value: "ada", Norm: "ada"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := s.MustDevice(ada)
	s.MustPerson("bruno")
	if err := s.Report(t.Context(), storetest.On(d), s.MustRequest(ada).ID, app.PauseNone); err != nil {
		t.Fatal(err)
	}
	for role, name := range map[app.AdminRole]string{
		app.RoleOwner:    "Ada Quill",
		app.RoleOperator: "Ada Quill",
		app.RoleHelpDesk: view.MaskName("Ada Quill"),
	} {
		v := s.visitor(string(role)+"@northmoor.example", role)
		part := v.send(http.MethodGet, "/admin/overview", nil).Find(`[data-testid="ill"] [data-testid="check-attacks"]`)
		if !strings.Contains(part.Text(), "1 person is under attack") {
			t.Errorf("%s: the overview says %q", role, part.Text())
		}
		list := v.send(http.MethodGet, part.Find("a").AttrOr("href", "/none"), nil)
		if rows := list.Find(".row-link"); rows.Length() != 1 || rows.Text() != name {
			t.Errorf("%s: the list has %q", role, rows.Text())
		}
		if text := v.send(http.MethodGet, "/admin/people/"+ada.ID,
			nil).Find(`[data-testid="attacked"]`).Text(); !strings.HasPrefix(text,
			"Under attack: they reported a request") {
			t.Errorf("%s: the person's page says %q", role, text)
		}
	}
	s.Clock.Advance(time.Hour)
	v := s.visitor("later@northmoor.example", app.RoleOwner)
	if v.send(http.MethodGet, "/admin/people/"+ada.ID, nil).has("attacked") ||
		v.send(http.MethodGet, "/admin/people?which=attacked", nil).Find(".row-link").Length() != 0 {
		t.Error("an hour later she is still under attack")
	}
}
