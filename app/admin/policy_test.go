package admin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"assent/app"
	"assent/app/admin"
	"assent/app/passkey"
)

// The policy on new passkeys holds for administrators as for people: it is
// asked for, what it doesn't accept is refused and recorded, and what they have
// goes on working.
func TestPasskeyPolicyBindsAdministrators(t *testing.T) {
	w := newWorld(t)
	before := w.browser(t)
	before.auth.Options.BackupEligible, before.auth.Options.BackupState = true, true
	if err := before.setUp(w.add(t, "olive@northmoor.example", app.RoleOwner).Token); err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	var err error
	w.passkeys, err = passkey.New(t.Context(), w.Store, &url.URL{Scheme: "https", Host: "assent.example"}, "Northmoor",
		passkey.WithPolicy(passkey.Policy{DeviceBound: true}), passkey.WithLog(slog.New(slog.NewTextHandler(log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	w.svc = admin.New(w.Store, w.passkeys, admin.Uses{})
	if err := before.signIn(); err != nil {
		t.Errorf("a passkey from before the policy: %v", err)
	}
	made := w.add(t, "nina@northmoor.example", app.RoleHelpDesk)
	nina := w.browser(t)
	nina.auth.Options.BackupEligible = true
	if err := nina.setUp(made.Token); !errors.Is(err, app.ErrPasskeySynced) {
		t.Fatalf("a passkey that can be copied: %v, want ErrPasskeySynced", err)
	}
	rows, err := w.AuditOf(t.Context(), "passkey.refuse", 5)
	if err != nil || len(rows) != 1 {
		t.Fatalf("the audit has %v (%v)", rows, err)
	}
	var detail map[string]string
	if err := json.Unmarshal([]byte(rows[0].Detail), &detail); err != nil || detail["cause"] != "synced" ||
		detail["admin"] != made.Admin.ID || rows[0].ActorID != made.Admin.ID || rows[0].Source != place.Source {
		t.Errorf("the audit says %+v (%v)", rows[0], err)
	}
	if said := log.String(); !strings.Contains(said, "a passkey was refused") ||
		!strings.Contains(said, "cause=synced") || !strings.Contains(said, made.Admin.ID) {
		t.Errorf("the log says %q", said)
	}
	if ready, err := w.AdminReady(t.Context(), made.Admin.ID); err != nil || ready {
		t.Errorf("they have a passkey all the same (%v)", err)
	}
	prompt, err := w.svc.BeginSetUp(t.Context(), made.Token, nina.place())
	if err != nil || !strings.Contains(options(t, prompt), `"security-key"`) {
		t.Errorf("the prompt doesn't ask for what is accepted: %s (%v)", options(t, prompt), err)
	}
	nina.auth.Options.BackupEligible = false
	if err := nina.setUp(made.Token); err != nil {
		t.Errorf("one that can't be copied: %v", err)
	}
	// What an insistent holder of a link does fills no audit.
	again := w.add(t, "otto@northmoor.example", app.RoleHelpDesk)
	otto := w.browser(t)
	otto.auth.Options.BackupEligible = true
	for range 35 {
		if err := otto.setUp(again.Token); !errors.Is(err, app.ErrPasskeySynced) {
			t.Fatal(err)
		}
	}
	if rows, err := w.AuditOf(t.Context(), "passkey.refuse", 100); err != nil || len(rows) != 31 {
		t.Errorf("the audit has %d refusals, want 30 of the hour and the one before (%v)", len(rows), err)
	}
}
