package passkey_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/apptest"
	"assent/app/passkey"
)

// A refused passkey isn't silent: whoever watches sees which, whose and why.
func TestRefusedAssertionsAreTold(t *testing.T) {
	approve := func(t *testing.T, w *world, d app.Device) error {
		prompt, err := w.svc.BeginApproval(t.Context(), d, content("request-1", w.Now()), about{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.svc.FinishApproval(t.Context(), d, "request-1", prompt.Ceremony, w.sign(t, prompt), &about{})
		return err
	}
	confirm := func(t *testing.T, w *world, d app.Device) error {
		prompt, err := w.svc.BeginConfirm(t.Context(), d, "something")
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.svc.FinishConfirm(t.Context(), d, prompt.Ceremony, w.sign(t, prompt))
		return err
	}
	signIn := func(t *testing.T, w *world, _ app.Device) error {
		prompt, err := w.svc.BeginSignIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.svc.FinishSignIn(t.Context(), app.Actor{Kind: app.ActorGuest, Source: "192.0.2.7"}, prompt.Ceremony,
			w.sign(t, prompt), browser())
		return err
	}
	nonsense := func(t *testing.T, w *world, _ app.Device) error {
		prompt, err := w.svc.BeginSignIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.svc.FinishSignIn(t.Context(), app.Actor{Kind: app.ActorGuest, Source: "192.0.2.7"}, prompt.Ceremony,
			[]byte(`{}`), browser())
		return err
	}
	removed := func(t *testing.T, w *world, d app.Device) error {
		if err := w.RemoveDevice(t.Context(), app.Operator, d.PersonID, d.ID); err != nil {
			t.Fatal(err)
		}
		return signIn(t, w, d)
	}
	for _, c := range []struct {
		name    string
		spoil   func(*world)
		try     func(*testing.T, *world, app.Device) error
		want    error
		purpose string
		cause   string
		audited bool
	}{
		{"approval: nobody verified", func(w *world) { w.auth.Options.UserNotVerified = true }, approve, app.ErrPasskey,
			"approval", "verification_error", true},
		{"approval: another site", func(w *world) { w.rp.Origin = "https://evil.example" }, approve, app.ErrPasskey,
			"approval", "verification_error", true},
		{"approval: a copy of the key", func(w *world) { w.cred.Counter = 0 }, approve, app.ErrPasskey, "approval",
			"counter_went_back", true},
		{"approval: backed up and not eligible", func(w *world) { w.auth.Options.BackupState = true }, approve,
			app.ErrPasskey, "approval", "invalid_request", true},
		{"confirmation: a copy of the key", func(w *world) { w.cred.Counter = 0 }, confirm, app.ErrPasskey, "confirm",
			"counter_went_back", true},
		{"sign-in: a copy of the key", func(w *world) { w.cred.Counter = 0 }, signIn, app.ErrPasskey, "sign-in",
			"counter_went_back", true},
		{"sign-in: nobody verified", func(w *world) { w.auth.Options.UserNotVerified = true }, signIn, app.ErrPasskey,
			"sign-in", "verification_error", true},
		{"sign-in: under another name", func(w *world) { w.auth.Options.UserHandle = []byte("somebody") }, signIn,
			app.ErrUnknownPasskey, "sign-in", "other_person", true},
		{"sign-in: one that has ended", nil, removed, app.ErrUnknownPasskey, "sign-in", "ended", true},
		{"sign-in: one unheard of", func(w *world) { w.cred = apptest.Passkey(); w.auth.AddCredential(w.cred) }, signIn,
			app.ErrUnknownPasskey, "sign-in", "passkey_unknown", false},
		{"sign-in: nonsense", nil, nonsense, app.ErrPasskey, "sign-in", "invalid_request", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, log := under(t, passkey.Policy{})
			w.cred.Counter = 7
			d := w.enrol(t, w.MustPerson("alice"))
			if c.spoil != nil {
				c.spoil(w)
			}
			if err := c.try(t, w, d); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			line := log.String()
			if strings.Count(line, "\n") != 1 || !strings.Contains(line, "level=WARN") ||
				!strings.Contains(line, "purpose="+c.purpose+" cause="+c.cause+" ") {
				t.Errorf("the log says %s", line)
			}
			causes, details, people := w.refusals(t)
			if !c.audited {
				if len(causes) != 0 || !strings.Contains(line, "source=192.0.2.7") {
					t.Errorf("a stranger fills the audit: %v; the log says %s", causes, line)
				}
				return
			}
			if !slices.Equal(causes, []string{c.cause}) || details[0]["purpose"] != c.purpose ||
				details[0]["aaguid"] == "" || people[0] != d.PersonID {
				t.Errorf("the audit says %v of %v", details, people)
			}
		})
	}
}

func TestRefusalsDontFillTheAudit(t *testing.T) {
	w, log := under(t, passkey.Policy{})
	d := w.enrol(t, w.MustPerson("alice"))
	try := func() {
		t.Helper()
		prompt, err := w.svc.BeginConfirm(t.Context(), d, "something")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.svc.FinishConfirm(t.Context(), d, prompt.Ceremony,
			[]byte(`{}`)); !errors.Is(err, app.ErrPasskey) {
			t.Fatalf("nonsense: %v", err)
		}
	}
	for range 35 {
		try()
	}
	if causes, _, _ := w.refusals(t); len(causes) != 30 || strings.Count(log.String(), "a passkey was refused") != 35 {
		t.Errorf("%d in the audit, want 30; the log has %d lines, want 35", len(causes),
			strings.Count(log.String(), "a passkey was refused"))
	}
	w.Clock.Advance(2 * time.Hour)
	try()
	if causes, _, _ := w.refusals(t); len(causes) != 31 {
		t.Errorf("%d in the audit an hour later, want 31", len(causes))
	}
}

// The state of a backup may change at every use, and is kept as it is; one that
// may be copied never becomes one that may not (WebAuthn 6.1.3).
func TestBackupFlagsAreRecorded(t *testing.T) {
	w, _ := under(t, passkey.Policy{})
	w.auth.Options.BackupEligible = true
	d := w.enrol(t, w.MustPerson("alice"))
	is := func(when string, backedUp bool) {
		t.Helper()
		c, err := w.Credential(t.Context(), d.CredentialID)
		if err != nil || !c.BackupElig || c.BackedUp != backedUp {
			t.Errorf("%s: eligible %v, backed up %v, want true and %v; %v", when, c.BackupElig, c.BackedUp, backedUp,
				err)
		}
	}
	use := func(want error) {
		t.Helper()
		prompt, err := w.svc.BeginApproval(t.Context(), d, content("r", w.Now()), about{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.svc.FinishApproval(t.Context(), d, "r", prompt.Ceremony, w.sign(t, prompt),
			&about{}); !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
	is("new", false)
	w.auth.Options.BackupState = true
	use(nil)
	is("backed up since", true)
	w.auth.Options.BackupState = false
	use(nil)
	is("no longer", false)
	w.auth.Options.BackupState = true
	prompt, err := w.svc.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.FinishSignIn(t.Context(), app.Actor{Kind: app.ActorGuest}, prompt.Ceremony, w.sign(t, prompt),
		browser()); err != nil {
		t.Fatal(err)
	}
	is("signed in with", true)
	w.auth.Options.BackupEligible, w.auth.Options.BackupState = false, false
	use(app.ErrPasskeyUnfit)
	is("claims to be another kind", true)
}
