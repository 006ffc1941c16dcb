package passkey_test

import (
	"errors"
	"testing"

	"assent/app"
	"assent/app/passkey"
)

// confirm has the device confirm something by its passkey.
func (w *world) confirm(t *testing.T, d app.Device) error {
	t.Helper()
	prompt, err := w.svc.BeginConfirm(t.Context(), d, "something")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.svc.FinishConfirm(t.Context(), d, prompt.Ceremony, w.sign(t, prompt))
	return err
}

// signIn signs in by the passkey, in a browser that nobody knows.
func (w *world) signIn(t *testing.T) error {
	t.Helper()
	prompt, err := w.svc.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	by := app.Actor{Kind: app.ActorGuest, Source: "192.0.2.7"}
	_, err = w.svc.FinishSignIn(t.Context(), by, prompt.Ceremony, w.sign(t, prompt), browser())
	return err
}

// counts holds what verify says of the person, and the audit's rows of an action.
func (w *world) counts(t *testing.T, after, personID string, answers bool, action string, rows int) {
	t.Helper()
	if can, err := w.CanAnswer(t.Context(), personID); err != nil || can != answers {
		t.Errorf("%s: can answer %v, want %v; %v", after, can, answers, err)
	}
	if found, err := w.AuditOf(t.Context(), action, 10); err != nil || len(found) != rows {
		t.Errorf("%s: %d rows of %s, want %d; %v", after, len(found), action, rows, err)
	}
}

// A provider that begins to sync a passkey turns its backup-eligible flag on.
// Where any passkey is accepted that is taken, said once, and not taken back.
func TestAPasskeyBecomesOneThatIsCopied(t *testing.T) {
	for name, use := range map[string]func(*world, *testing.T, app.Device) error{
		"confirming": (*world).confirm,
		"signing in": func(w *world, t *testing.T, _ app.Device) error { return w.signIn(t) },
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := under(t, passkey.Policy{})
			d := w.enrol(t, w.MustPerson("alice"))
			w.auth.Options.BackupEligible, w.auth.Options.BackupState = true, true
			if err := use(w, t, d); err != nil {
				t.Fatalf("it began to be copied: %v", err)
			}
			w.counts(t, "it began to be copied", d.PersonID, true, "passkey.sync", 1)
			if c, err := w.Credential(t.Context(), d.CredentialID); err != nil || !c.BackupElig || !c.BackedUp {
				t.Errorf("stored: %+v %v", c, err)
			}
			if at, err := w.PasskeySynced(t.Context(), d.PersonID, 0); err != nil || at == 0 {
				t.Errorf("the person is told of %v, %v", at, err)
			}
			if err := use(w, t, d); err != nil {
				t.Fatalf("again: %v", err)
			}
			w.counts(t, "again", d.PersonID, true, "passkey.sync", 1)
			w.auth.Options.BackupEligible, w.auth.Options.BackupState = false, false
			if err := use(w, t, d); !errors.Is(err, app.ErrPasskeyUnfit) {
				t.Errorf("it says that it isn't: %v", err)
			}
			w.counts(t, "it says that it isn't", d.PersonID, false, "passkey.unfit", 1)
		})
	}
}

// Where only passkeys that stay on their device are accepted, one that begins to
// be copied stops counting, by a signature that shows it and by nothing else.
func TestAPasskeyThatMayNotBeCopiedStopsCounting(t *testing.T) {
	w, _ := under(t, passkey.Policy{DeviceBound: true})
	d := w.enrol(t, w.MustPerson("alice"))
	w.auth.Options.BackupEligible = true
	origin := w.rp.Origin
	w.rp.Origin = "https://evil.example"
	if err := w.signIn(t); !errors.Is(err, app.ErrPasskey) {
		t.Errorf("a signature for another site: %v", err)
	}
	w.counts(t, "a signature for another site", d.PersonID, true, "passkey.unfit", 0)
	w.rp.Origin = origin
	for range 2 {
		if err := w.signIn(t); !errors.Is(err, app.ErrPasskeyUnfit) {
			t.Errorf("it began to be copied: %v", err)
		}
		w.counts(t, "it began to be copied", d.PersonID, false, "passkey.unfit", 1)
	}
	if err := w.confirm(t, d); !errors.Is(err, app.ErrPasskeyUnfit) {
		t.Errorf("on its device: %v", err)
	}
	w.auth.Options.BackupEligible = false
	if err := w.confirm(t, d); err != nil {
		t.Errorf("it is what it was: %v", err)
	}
	w.counts(t, "it is what it was", d.PersonID, true, "passkey.sync", 0)
}

// A passkey that fails three checks in a row on its device stops counting until
// it passes one. What strangers try with its id doesn't count.
func TestAPasskeyThatKeepsFailingStopsCounting(t *testing.T) {
	w, _ := under(t, passkey.Policy{})
	d := w.enrol(t, w.MustPerson("alice"))
	w.auth.Options.UserNotVerified = true
	for range 5 {
		if err := w.signIn(t); !errors.Is(err, app.ErrPasskey) {
			t.Fatalf("a stranger: %v", err)
		}
	}
	w.counts(t, "strangers", d.PersonID, true, "passkey.unfit", 0)
	for i, want := range []*app.Error{app.ErrPasskey, app.ErrPasskey, nil, app.ErrPasskey, app.ErrPasskey,
		app.ErrPasskeyUnfit, app.ErrPasskeyUnfit} {
		w.auth.Options.UserNotVerified = want != nil
		err := w.confirm(t, d)
		if want == nil && err != nil || want != nil && !errors.Is(err, want) ||
			want == app.ErrPasskey && errors.Is(err, app.ErrPasskeyUnfit) {
			t.Errorf("try %d: %v, want %v", i, err, want)
		}
		unfit := want == app.ErrPasskeyUnfit
		rows := 0
		if unfit {
			rows = 1
		}
		w.counts(t, "a try", d.PersonID, !unfit, "passkey.unfit", rows)
	}
	w.auth.Options.UserNotVerified = false
	if err := w.confirm(t, d); err != nil {
		t.Errorf("it passes again: %v", err)
	}
	w.counts(t, "it passes again", d.PersonID, true, "passkey.unfit", 1)
}
