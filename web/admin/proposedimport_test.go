package admin_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"assent/app"
	"assent/store"
)

// checkedImport uploads a file and lets it be checked.
func (v *visitor) checkedImport(s *site, text string) (path, id string) {
	v.t.Helper()
	path = v.importFile("people.csv", text).Header.Get("Location")
	id = strings.TrimPrefix(path, "/admin/import/")
	s.importsUntil(id, store.ImportChecked)
	return path, id
}

func (s *site) stateOf(at string) (app.ProposalState, string) {
	s.t.Helper()
	p, err := s.Proposal(s.t.Context(), strings.TrimPrefix(at, "/admin/proposals/"))
	if err != nil {
		s.t.Fatal(err)
	}
	return p.State, p.Cause
}

// Who confirms an import sees which file it is, and the rows that matter before
// all others: by line, counted, in pages.
func TestAnImportIsConfirmedByItsRows(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOperator)
	opal := s.visitor("opal@northmoor.example", app.RoleOwner)
	olive.wants("identifiers")
	ada, bob, cat := s.MustPerson("ada"), s.MustPerson("bob"), s.MustPerson("cat")
	s.MustDevice(ada)
	s.MustDevice(bob)
	if err := s.SetPersonState(t.Context(), app.Operator, cat.ID, app.PersonSuspended); err != nil {
		t.Fatal(err)
	}
	var many strings.Builder
	for i := range 130 {
		p := s.MustPerson(fmt.Sprintf("p%03d", i))
		s.MustDevice(p)
		fmt.Fprintf(&many, "P%03d,username:p%03d,,\n", i, i)
	}
	file := "name,identifiers,companies,state\n" +
		"New,username:new,,\n" + // line 2: nobody yet
		"ada,username:ada; email:evil@x.example,12345678000195,\n" +
		"Bobby,username:bob,,\n" +
		"cat,username:cat,,active\n" +
		"\"=cmd|'/c calc'!A0\",username:formula,,\n" + many.String()
	path, id := oscar.checkedImport(s, file)
	sum := sha256.Sum256([]byte(file))
	digest := hex.EncodeToString(sum[:])
	at := oscar.proposes(path+"/start", nil)
	page := opal.send(http.MethodGet, at, nil)
	if got := page.Find(`[data-testid="sha256"]`).Text(); got != digest {
		t.Errorf("the proposal names the file %q, want %s", got, digest)
	}
	if got := page.Find(`[data-testid="change"]`).Text(); !strings.Contains(got, fmt.Sprintf("%d bytes", len(file))) &&
		!strings.Contains(got, "bytes") {
		t.Errorf("the proposal says %q", got)
	}
	for mark, n := range map[string]string{"identifiers": "1", "companies": "1", "names": "131", "reactivates": "1"} {
		if got := strings.TrimSpace(page.Find(`[data-testid="mark-` + mark + `"] .figure`).Text()); got != n {
			t.Errorf("%s rows with the mark %s, want %s", got, mark, n)
		}
	}
	rows := page.Find(`[data-testid="marked-row"]`)
	if first := rows.Eq(0).Text(); rows.Length() != 20 || !strings.Contains(first, "3") ||
		!strings.Contains(first, "E-mail: evil@x.example") || !strings.Contains(first, "12.345.678/0001-95") {
		t.Errorf("%d rows, the first %q", rows.Length(), first)
	}
	if got := rows.Eq(1).Text(); !strings.Contains(got, "Bobby") {
		t.Errorf("the second row: %q", got)
	}
	if got := rows.Eq(2).Text(); !strings.Contains(got, "let in again") {
		t.Errorf("the third row: %q", got)
	}
	// All of them, in pages.
	lines := 0
	for next := page.Find(`[data-testid="marked-all"]`).AttrOr("href", ""); next != ""; {
		all := opal.send(http.MethodGet, next, nil)
		n := all.Find(`[data-testid="marked-row"]`).Length()
		if all.StatusCode != http.StatusOK || n == 0 || n > 100 {
			t.Fatalf("%s: %d, %d rows", next, all.StatusCode, n)
		}
		lines += n
		next = all.Find(`[data-testid="more"]`).AttrOr("href", "")
	}
	if lines != 133 {
		t.Errorf("the pages have %d rows", lines)
	}
	if one := opal.send(http.MethodGet, path+"/rows?mark=reactivates",
		nil); one.Find(`[data-testid="marked-row"]`).Length() != 1 {
		t.Errorf("narrowed to one: %d", one.StatusCode)
	}
	if bad := opal.send(http.MethodGet, path+"/rows?mark=nonsense", nil); bad.StatusCode != http.StatusBadRequest {
		t.Errorf("an unknown mark: %d", bad.StatusCode)
	}
	// The file, safe to open, and recorded.
	status, header, text := opal.text(path + "/file")
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || status != http.StatusOK || len(all) != 136 ||
		strings.Join(all[0], ",") != "line,result,error,name,identifiers,companies,state" {
		t.Fatalf("the file: %d, %d rows, %v", status, len(all), err)
	}
	if !strings.Contains(header.Get("Content-Disposition"), "attachment") || all[1][1] != "added" ||
		all[2][1] != "changed" || all[2][0] != "3" || !strings.HasPrefix(all[5][3], "'=cmd") {
		t.Errorf("the file: %v %q", header, all[:6])
	}
	if taken, err := s.AuditOf(t.Context(), "import.file", 3); err != nil || len(taken) != 1 ||
		!strings.Contains(taken[0].Detail, digest) {
		t.Errorf("who took it: %+v (%v)", taken, err)
	}
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	if status, _, _ := helen.text(path + "/file"); status != http.StatusForbidden {
		t.Errorf("the help desk takes it: %d", status)
	}
	if got := opal.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("confirming: %d", got.StatusCode)
	}
	s.importsUntil(id, store.ImportDone)
	for _, action := range []string{"import.upload", "proposal.make", "proposal.confirm", "proposal.done",
		"import.start"} {
		found, err := s.AuditOf(t.Context(), action, 1)
		if err != nil || len(found) != 1 || !strings.Contains(found[0].Detail, digest) ||
			!strings.Contains(found[0].Detail, `"bytes":"`+strconv.Itoa(len(file))+`"`) {
			t.Errorf("%s doesn't say which file: %+v (%v)", action, found, err)
		}
	}
}

// What runs is the file that was checked: another one in its place runs neither
// where it was put there before the confirmation nor after it.
func TestAnotherFileThanWasCheckedDoesNotRun(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
	olive.wants("identifiers")
	const file, other = "name,identifiers\nAda,username:ada\n", "name,identifiers\nEve,username:eve\n"
	for name, c := range map[string]struct{ end, text string }{
		"the file": {".csv", other},
		"the rows": {".seen", strings.Repeat("u", 17)},
	} {
		path, id := olive.checkedImport(s, file)
		at := olive.proposes(path+"/start", nil)
		if err := os.WriteFile(filepath.Join(s.Dir, "imports", id+c.end), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _, text := oscar.text(path + "/file"); status != http.StatusConflict ||
			strings.Contains(text, "username:eve\"") {
			t.Errorf("%s: it can be taken: %d %q", name, status, text)
		}
		if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: confirming: %d", name, got.StatusCode)
		}
		s.importsUntilEnd(id)
		im, err := s.Store.Import(t.Context(), id)
		if err != nil || im.State != store.ImportFailed || im.Added != 0 || !strings.Contains(im.Cause, "altered") {
			t.Errorf("%s: it is %s for %s, %d added (%v)", name, im.State, im.Cause, im.Added, err)
		}
	}
	for _, norm := range []string{"ada", "eve"} {
		if _, err := s.FindPerson(t.Context(), []app.Identifier{{Kind: app.Username, Norm: norm}}); err == nil {
			t.Errorf("%s was added", norm)
		}
	}
}

// What a row does is what the check found: where the person is another one by
// now, or is named otherwise, the row is left out.
func TestARowDoesWhatTheCheckFound(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	ada, bob := s.MustPerson("ada"), s.MustPerson("bob")
	path, id := olive.checkedImport(s,
		"name,identifiers\nada,username:ada; email:a@x.example\nbob,username:bob; email:b@x.example\ncat,username:cat\n")
	if _, err := s.EditPerson(t.Context(), app.Operator, ada.ID, "Ada Quill",
		[]app.Identifier{{Kind: app.Username, Value: "ada", Norm: "ada"}}, nil); err != nil {
		t.Fatal(err)
	}
	if got := olive.send(http.MethodPost, path+"/start", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("starting: %d", got.StatusCode)
	}
	s.importsUntil(id, store.ImportDone)
	im, err := s.Store.Import(t.Context(), id)
	if err != nil || im.Changed != 1 || im.Added != 1 || im.Faulty != 1 {
		t.Errorf("%d changed, %d added, %d left out (%v)", im.Changed, im.Added, im.Faulty, err)
	}
	for _, p := range []app.Person{ada, bob} {
		ids, err := s.Identifiers(t.Context(), p.ID)
		if err != nil || len(ids) != map[string]int{ada.ID: 1, bob.ID: 2}[p.ID] {
			t.Errorf("%s has %v (%v)", p.Name, ids, err)
		}
	}
	if _, _, text := olive.text(path + "/result"); !strings.Contains(text, "something else now") {
		t.Errorf("the result says %q", text)
	}
}

// Nobody confirms an import that changes something of themselves, or that gives
// their e-mail address to somebody; another one does.
func TestNobodyConfirmsAnImportAboutThemselves(t *testing.T) {
	const columns = "name,identifiers,companies,state\n"
	for name, c := range map[string]struct {
		row   string
		about bool
	}{
		"a company":              {"Oscar,username:oscar,12345678000195,", true},
		"an identifier":          {"Oscar,email:OSCAR@northmoor.example; customer:77,,", true},
		"a name":                 {"Oscar Price,username:oscar,,", true},
		"suspended":              {"Oscar,username:oscar,,suspended", true},
		"his address to another": {"Eve,username:eve; email:oscar2@northmoor.example,,", true},
		"as he is":               {"Oscar,username:oscar,,\nEve,username:eve,,", false},
		"another":                {"Eve,username:eve,,", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, true)
			olive := s.visitor("olive@northmoor.example", app.RoleOwner)
			address := "oscar@northmoor.example"
			if strings.Contains(c.row, "oscar2@") {
				address = "oscar2@northmoor.example"
			}
			oscar, opal := s.visitor(address, app.RoleOwner), s.visitor("opal@northmoor.example", app.RoleOperator)
			olive.wants("identifiers")
			if _, err := s.AddPerson(t.Context(), app.Operator, "Oscar",
				[]app.Identifier{{Kind: app.Username, Value: "oscar", Norm: "oscar"},
					{Kind: app.Email, Value: "oscar@northmoor.example", Norm: "oscar@northmoor.example"}},
				nil); err != nil {
				t.Fatal(err)
			}
			path, _ := olive.checkedImport(s, columns+c.row+"\n")
			at := olive.proposes(path+"/start", nil)
			got := oscar.send(http.MethodPost, at+"/confirm", nil)
			if c.about && (got.StatusCode != http.StatusForbidden || !got.has("fault")) ||
				!c.about && got.StatusCode != http.StatusSeeOther {
				t.Errorf("he confirms: %d", got.StatusCode)
			}
			if !c.about {
				return
			}
			if state, _ := s.stateOf(at); state != app.ProposalWaiting {
				t.Errorf("it is %s", state)
			}
			if got := opal.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther {
				t.Errorf("another confirms: %d", got.StatusCode)
			}
		})
	}
}

// Erasing somebody is about them as editing is.
func TestNobodyConfirmsTheirOwnErasure(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
	olive.wants("identifiers")
	p, err := s.AddPerson(t.Context(), app.Operator, "Oscar",
		[]app.Identifier{{Kind: app.Subject, Value: "oscar@northmoor.example", Norm: "oscar@northmoor.example"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := olive.proposes("/admin/people/"+p.ID+"/remove", nil)
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusForbidden ||
		!got.has("fault") {
		t.Errorf("he confirms: %d", got.StatusCode)
	}
}
