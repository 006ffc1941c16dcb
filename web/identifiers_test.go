package web_test

import (
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
)

// A person sees above their requests that they got an identifier, and that one
// of theirs was given to somebody else: by what kind, never which.
func TestIdentifierNewsInTheInbox(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	ids, err := s.Identifiers(t.Context(), ada.who.ID)
	if err != nil {
		t.Fatal(err)
	}
	mail := app.Identifier{Kind: app.Email, Value: "ada@move.example", Norm: "ada@move.example"}
	edit := func(ids ...app.Identifier) {
		t.Helper()
		if _, err := s.EditPerson(t.Context(), app.Operator, ada.who.ID, ada.who.Name, ids, nil); err != nil {
			t.Fatal(err)
		}
	}
	edit(append(ids[:len(ids):len(ids)], mail)...)
	page := ada.get("/").page(t)
	if text := page.Find(`[data-testid="notice-identifier-added"]`).Text(); !strings.Contains(text,
		"another identifier") ||
		!strings.Contains(text, "E-mail") || strings.Contains(text, mail.Value) {
		t.Errorf("of what was added the inbox says %q", text)
	}
	if _, err := s.EditPerson(t.Context(), app.Operator, ada.who.ID, ada.who.Name,
		append(ids[:len(ids):len(ids)], mail), []string{"12345678000195"}); err != nil {
		t.Fatal(err)
	}
	if text := ada.get("/").page(t).Find(`[data-testid="notice-company-added"]`).Text(); !strings.Contains(text,
		"another company") ||
		strings.Contains(text, "12345678") {
		t.Errorf("of a company the inbox says %q", text)
	}
	edit(ids...)
	if text := ada.get("/").page(t).Find(`[data-testid="notice-identifier-removed"]`).Text(); !strings.Contains(text,
		"removed") ||
		!strings.Contains(text, "E-mail") {
		t.Errorf("of what was removed the inbox says %q", text)
	}
	if _, err := s.AddPerson(t.Context(), app.Operator, "Mallory", []app.Identifier{mail}, nil,
		store.AllowMove); err != nil {
		t.Fatal(err)
	}
	if text := ada.get("/").page(t).Find(`[data-testid="notice-identifier-lost"]`).Text(); !strings.Contains(text,
		"given to somebody else") ||
		!strings.Contains(text, "E-mail") {
		t.Errorf("of what moved the inbox says %q", text)
	}
	if to := ada.get("/notice/identifiers").Header.Get("Location"); to != "/" {
		t.Errorf("the notice leads to %q", to)
	}
	s.Clock.Advance(8 * 24 * time.Hour)
	if n := ada.get("/").page(t).Find(`[data-testid="notice-identifier-lost"]`).Length(); n != 0 {
		t.Error("it is told after a week")
	}
}
