package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/apptest"
)

// A passkey that keeps failing stops counting at verify; the app says so, leads
// to a new link, and the link's passkey takes its place in the same browser.
func TestAnUnfitPasskeyIsReplaced(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	phone := ada.enrol()
	says := func(path, id, want string) {
		t.Helper()
		a := ada.get(path)
		if text := a.page(t).Find(`[data-testid="` + id + `"]`).Text(); a.StatusCode != http.StatusOK ||
			!strings.Contains(text, want) {
			t.Errorf("%s: %d, %s says %q, want %q", path, a.StatusCode, id, text, want)
		}
	}
	ada.auth.Options.UserNotVerified = true
	for i, want := range []string{"passkey_refused", "passkey_refused", "passkey_unfit"} {
		if can, err := s.CanAnswer(t.Context(), ada.who.ID); err != nil || !can {
			t.Errorf("before try %d: can answer %v, %v", i, can, err)
		}
		pr := ada.begin("/link", "{}")
		if a := ada.json("/link/"+pr.Ceremony,
			`{"credential":`+ada.sign(pr)+`}`); a.StatusCode != http.StatusForbidden ||
			!strings.Contains(string(a.body), want) {
			t.Errorf("try %d: %d %s, want %s", i, a.StatusCode, a.body, want)
		}
	}
	if can, err := s.CanAnswer(t.Context(), ada.who.ID); err != nil || can {
		t.Errorf("with a passkey that fails: can answer %v, %v", can, err)
	}
	says("/", "notice-unfit", "set up again")
	says("/devices/"+phone.ID, "verdict", "no longer passes our checks")
	says("/devices/"+phone.ID, "again", "up again")
	says("/again", "set-up-again", "Ask Northmoor for an invitation")

	_, token, err := s.people.Invite(t.Context(), app.Operator, ada.identifier(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ada.auth.Options.UserNotVerified = false
	ada.cred = apptest.Passkey()
	if pr := ada.begin("/enrol/"+token+"/passkey", "{}"); strings.Contains(string(pr.Options), phone.CredentialID) {
		t.Errorf("the passkey that fails would stand in the way: %s", pr.Options)
	}
	ada.setUp("/enrol/" + token)
	devices, err := s.Devices(t.Context(), ada.who.ID)
	if err != nil || len(devices) != 1 || devices[0].ID == phone.ID {
		t.Errorf("the devices: %+v %v, want the new one alone", devices, err)
	}
	if can, err := s.CanAnswer(t.Context(), ada.who.ID); err != nil || !can {
		t.Errorf("set up again: can answer %v, %v", can, err)
	}
	if c, err := s.Credential(t.Context(), phone.CredentialID); err != nil || c.RevokedAt == 0 {
		t.Errorf("the old passkey: %+v %v", c, err)
	}
}
