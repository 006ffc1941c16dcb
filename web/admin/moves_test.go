package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/app"
)

// What was another person's until lately is given only when that is agreed to,
// with a fresh passkey; the overview lists it, masked where names are.
func TestMovingAnIdentifier(t *testing.T) {
	s := watched(t)
	oscar := s.visitor("oscar@northmoor.example", app.RoleOperator)
	add := func(name, ids string) string {
		t.Helper()
		got := oscar.send(http.MethodPost, "/admin/people/new", url.Values{"name": {name}, "identifiers": {ids}})
		if got.StatusCode != http.StatusSeeOther {
			t.Fatalf("adding %s: %d", name, got.StatusCode)
		}
		path, _, _ := strings.Cut(got.Header.Get("Location"), "?")
		return path
	}
	ada, bob := add("Ada Quill", "ada\nada@quill.example"), add("Bob Stone", "bob")
	edit := func(path, name, ids string, more ...string) answer {
		form := url.Values{"name": {name}, "identifiers": {ids}}
		if len(more) > 0 {
			form.Set("move", more[0])
		}
		return oscar.send(http.MethodPost, path+"/edit", form)
	}
	if got := edit(ada, "Ada Quill", "ada"); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("taking it from Ada: %d", got.StatusCode)
	}
	got := edit(bob, "Bob Stone", "bob\nada@quill.example")
	if text := got.Find(`[data-testid="fault"]`).Text(); got.StatusCode != http.StatusUnprocessableEntity ||
		!got.has("move") || !strings.Contains(text, "“email:ada@quill.example” was somebody else’s until lately") {
		t.Errorf("giving it to Bob: %d %q", got.StatusCode, text)
	}
	s.Clock.Advance(10 * time.Minute)
	if got := edit(bob, "Bob Stone", "bob\nada@quill.example", "yes"); !got.has("confirm") {
		t.Errorf("a move without a fresh passkey: %d", got.StatusCode)
	}
	oscar = oscar.again()
	if got := edit(bob, "Bob Stone", "bob\nada@quill.example", "yes"); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("the move: %d %s", got.StatusCode, got.Find("main").Text())
	}
	if page := oscar.send(http.MethodGet, bob, nil); !page.has("moves") {
		t.Errorf("Bob's page doesn't say that it waits: %s", page.Find("main").Text())
	}
	if page := oscar.send(http.MethodGet, bob+"/edit",
		nil); !strings.Contains(page.Find("#identifiers").Text(), "email:ada@quill.example") {
		t.Error("the form would take it away again")
	}
	row := oscar.send(http.MethodGet, "/admin/overview", nil).Find(`[data-testid="move"]`)
	if text := row.Text(); row.Length() != 1 || !strings.Contains(text, "E-mail") ||
		!strings.Contains(text, "Ada Quill") || !strings.Contains(text, "Bob Stone") ||
		!strings.Contains(text, "names nobody until") || strings.Contains(text, "ada@quill") {
		t.Errorf("the overview lists %q", text)
	}
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	if text := helen.send(http.MethodGet, "/admin/overview",
		nil).Find(`[data-testid="moves"]`).Text(); !strings.Contains(text,
		"A•••") ||
		strings.Contains(text, "Ada") {
		t.Errorf("the help desk reads %q", text)
	}
	s.Clock.Advance(8 * 24 * time.Hour)
	if page := oscar.again().send(http.MethodGet, "/admin/overview", nil); page.has("moves") {
		t.Error("it is listed after a week")
	}
}
