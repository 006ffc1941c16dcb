package admin_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/store"
)

// importFile sends a file as the form of imports does.
func (v *visitor) importFile(name, text string) answer {
	v.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		v.t.Fatal(err)
	}
	if _, err := io.WriteString(part, text); err != nil {
		v.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		v.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, "/admin/import", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.AddCookie(v.cookie)
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{w.Result(), doc}
}

// text asks for something that isn't a page.
func (v *visitor) text(path string) (int, http.Header, string) {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodGet, path, nil)
	r.AddCookie(v.cookie)
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.String()
}

// importsUntil lets imports go on until one is in a state.
func (s *site) importsUntil(id string, state store.ImportState) {
	s.t.Helper()
	if im := s.importsUntilEnd(id, state); im.State == store.ImportFailed && state != store.ImportFailed {
		s.t.Fatal(im.Cause)
	}
}

// importsUntilEnd lets imports go on until one is in one of the states, or has
// ended.
func (s *site) importsUntilEnd(id string, states ...store.ImportState) (im store.Import) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.imports.Run(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		var err error
		if im, err = s.Store.Import(s.t.Context(), id); err != nil {
			s.t.Fatal(err)
		}
		if slices.Contains(states, im.State) || im.State == store.ImportFailed || im.State == store.ImportDone {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		s.t.Fatal(err)
	}
	return im
}

// A file from its upload to its result.
func TestImportInTheConsole(t *testing.T) {
	s := newSite(t, true)
	oscar := s.visitor("oscar@northmoor.example", app.RoleOperator)
	if page := oscar.send(http.MethodGet, "/admin/import", nil); page.StatusCode != http.StatusOK ||
		!page.has("none") || !page.has("section-import") || page.has("export") {
		t.Fatalf("at first: %d", page.StatusCode)
	}
	if page := oscar.importFile("", ""); page.StatusCode != http.StatusUnprocessableEntity ||
		page.Find("#file-fault").Text() != "Choose a file." {
		t.Errorf("without a file: %d %q", page.StatusCode, page.Find("#file-fault").Text())
	}
	file := "name,identifiers\nAda <b>Quill</b>,username:ada\nBruno,\n" + strings.Repeat("X,x\n", 60)
	for i := range 1200 {
		file += fmt.Sprintf("P%d,username:p%d\n", i, i)
	}
	to := oscar.importFile("people.csv", file).Header.Get("Location")
	id, ok := strings.CutPrefix(to, "/admin/import/")
	if !ok {
		t.Fatalf("an upload leads to %q", to)
	}
	page := oscar.send(http.MethodGet, to, nil)
	if page.StatusCode != http.StatusOK || page.Find("[data-progress]").AttrOr("data-progress", "") != to+"/progress" ||
		page.Find("progress").AttrOr("value", "") != "0" || !page.has("reload") || !page.has("cancel") ||
		page.has("start") {
		t.Errorf("while it is checked: %d", page.StatusCode)
	}
	s.importsUntil(id, store.ImportChecked)
	page = oscar.send(http.MethodGet, to, nil)
	if got := page.Find(`[data-testid="start"]`).Text(); got != "Import 1,201 people" ||
		page.Find(`[data-testid="count-faulty"]`).Text() != "61" ||
		page.Find(`[data-testid="row-fault"]`).Length() != 50 ||
		page.Find(`[data-testid="preview-row"]`).Length() != 20 {
		t.Errorf("the check: %q, %d faults, %d rows", got, page.Find(`[data-testid="row-fault"]`).Length(),
			page.Find(`[data-testid="preview-row"]`).Length())
	}
	if got := page.Find(`[data-testid="preview-row"]`).First().Text(); !strings.Contains(got, "Ada <b>Quill</b>") ||
		!strings.Contains(got, "username:ada") {
		t.Errorf("the first row: %q", got)
	}
	if got := page.Find(`[data-testid="row-fault"]`).First().Text(); !strings.Contains(got, "3") ||
		!strings.Contains(got, "There is no identifier") {
		t.Errorf("the first fault: %q", got)
	}
	if fragment := oscar.send(http.MethodGet, to+"/progress", nil); fragment.Find("[data-progress]").Length() != 0 ||
		!fragment.has("progress") {
		t.Error("the progress of what waits goes on")
	}
	if got := oscar.send(http.MethodPost, to+"/start", url.Values{}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("starting: %d", got.StatusCode)
	}
	if again := oscar.send(http.MethodPost, to+"/start", url.Values{}); again.StatusCode != http.StatusConflict ||
		!again.has("fault") {
		t.Errorf("started twice: %d", again.StatusCode)
	}
	s.importsUntil(id, store.ImportDone)
	page = oscar.send(http.MethodGet, to, nil)
	if page.Find(`[data-testid="count-added"]`).Text() != "1,201" || !page.has("result") || page.has("cancel") ||
		page.Find("[data-progress]").Length() != 0 {
		t.Error("when it is done the page doesn't say so")
	}
	status, header, text := oscar.text(to + "/result")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || status != http.StatusOK || len(rows) != 1263 ||
		!strings.Contains(header.Get("Content-Disposition"), "attachment") || rows[1][1] != "added" ||
		rows[2][4] == "" {
		t.Errorf("the result: %d %v, %d rows %v", status, header, len(rows), err)
	}
	if taken, err := s.AuditOf(t.Context(), "import.result", 9); err != nil || len(taken) != 1 ||
		taken[0].ActorKind != app.ActorAdmin || !strings.Contains(taken[0].Detail, id) {
		t.Errorf("who took the result: %+v (%v)", taken, err)
	}
	if list := oscar.send(http.MethodGet, "/admin/import",
		nil); list.Find(`[data-testid="import"] a`).AttrOr("href", "") != to {
		t.Error("the import isn't listed")
	}
	if got := oscar.send(http.MethodGet, "/admin/import/nonsense", nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown import: %d", got.StatusCode)
	}
	again := oscar.importFile("people.csv", "name,identifiers\nAda <b>Quill</b>,username:ada\n").Header.Get("Location")
	s.importsUntil(strings.TrimPrefix(again, "/admin/import/"), store.ImportChecked)
	if page := oscar.send(http.MethodGet, again, nil); !page.has("all-so") || page.has("start") {
		t.Error("what is so already can be imported")
	}
}

// A file that suspends asks for the passkey as suspending does, and one that
// can't be read says why.
func TestImportThatSuspends(t *testing.T) {
	s := newSite(t, true)
	oscar := s.visitor("oscar@northmoor.example", app.RoleOperator)
	to := oscar.importFile("people.csv", "name,identifiers,state\nAda,username:ada,suspended\n").Header.Get("Location")
	s.importsUntil(strings.TrimPrefix(to, "/admin/import/"), store.ImportChecked)
	s.Clock.Advance(app.AdminFresh)
	if got := oscar.send(http.MethodPost, to+"/start", url.Values{}); got.StatusCode != http.StatusForbidden ||
		!got.has("confirm") {
		t.Errorf("without a fresh passkey: %d", got.StatusCode)
	}
	if got := oscar.again().send(http.MethodPost, to+"/start", url.Values{}); got.StatusCode != http.StatusSeeOther {
		t.Errorf("with one: %d", got.StatusCode)
	}
	if got := oscar.again().send(http.MethodPost, to+"/cancel", url.Values{}); got.StatusCode != http.StatusSeeOther {
		t.Errorf("cancelling: %d", got.StatusCode)
	}
	to = oscar.again().importFile("x.csv", "nome;id\n1;2\n").Header.Get("Location")
	s.importsUntil(strings.TrimPrefix(to, "/admin/import/"), store.ImportFailed)
	if page := oscar.again().send(http.MethodGet, to,
		nil); page.Find(`[data-testid="cause"]`).Text() != "There is no column “nome”." {
		t.Errorf("the cause: %q", page.Find(`[data-testid="cause"]`).Text())
	}
}

// Taking everybody out asks for the passkey, and is recorded.
func TestExportPeople(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	s.MustPerson("=ada")
	if page := olive.send(http.MethodGet, "/admin/import",
		nil); page.Find(`[data-testid="export"]`).AttrOr("href", "") != "/admin/people.csv" {
		t.Error("the owner isn't offered it")
	}
	status, header, text := olive.text("/admin/people.csv")
	if status != http.StatusOK ||
		text != `"name","identifiers","companies","state"`+"\n"+`"'=ada","username:=ada","","active"`+"\n" ||
		header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%d %v %q", status, header, text)
	}
	if rows, err := s.AuditOf(t.Context(), "person.export", 2); err != nil || len(rows) != 1 ||
		rows[0].ActorID != olive.who.ID {
		t.Errorf("in the audit: %+v %v", rows, err)
	}
	s.Clock.Advance(app.AdminFresh)
	if page := olive.send(http.MethodGet, "/admin/people.csv", nil); page.StatusCode != http.StatusForbidden ||
		!page.has("confirm") {
		t.Errorf("without a fresh passkey: %d", page.StatusCode)
	}
}
