package store_test

import (
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// mustAdmin adds an administrator with a passkey and a session.
func mustAdmin(t *testing.T, db *storetest.DB, email string, role app.AdminRole) app.AdminSession {
	t.Helper()
	hash := app.NewID()
	a, err := db.AddAdmin(t.Context(), app.Operator, app.Admin{Email: email, EmailNorm: email, Name: email, Role: role}, hash, db.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	link, err := db.AdminLink(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.SetUpAdmin(t.Context(), app.Actor{Kind: app.ActorAdmin}, store.AdminSetUp{LinkID: link.ID,
		Credential: app.AdminCredential{ID: app.NewID(), AdminID: a.ID, Record: "{}"}, Session: app.AdminSession{ID: app.NewID()}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What an administrator was survives a restart; a set-up that fails leaves
// nothing behind.
func TestAdminSetUpIsAllOrNothing(t *testing.T) {
	db := storetest.New(t)
	first := mustAdmin(t, db, "olive@bank.example", app.RoleOwner)
	hash := app.NewID()
	if err := db.LinkAdmin(t.Context(), app.Operator, first.AdminID, hash, db.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	link, err := db.AdminLink(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	again := store.AdminSetUp{LinkID: link.ID, Session: app.AdminSession{ID: app.NewID()},
		Credential: app.AdminCredential{ID: first.CredentialID, AdminID: first.AdminID, Record: "{}"}} // a passkey that is there already
	if _, err := db.SetUpAdmin(t.Context(), app.System, again); !errors.Is(err, app.ErrPasskey) {
		t.Fatalf("the same passkey twice: %v", err)
	}
	db.Reopen()
	if s, err := db.AdminSession(t.Context(), first.ID); err != nil || !s.Live(db.Now()) {
		t.Errorf("the session from before: %+v %v", s, err)
	}
	if l, err := db.AdminLink(t.Context(), hash); err != nil || l.UsedAt != 0 {
		t.Errorf("the link was used up: %+v %v", l, err)
	}
	if ready, err := db.AdminReady(t.Context(), first.AdminID); err != nil || !ready {
		t.Errorf("the passkey from before: %v %v", ready, err)
	}
}

// Sessions of the console are kept for a month after they began, no longer.
func TestSweepDropsOldAdminSessions(t *testing.T) {
	db := storetest.New(t)
	s := mustAdmin(t, db, "olive@bank.example", app.RoleOwner)
	for _, step := range []struct {
		after time.Duration
		want  error
	}{{29 * 24 * time.Hour, nil}, {24 * time.Hour, app.ErrSignedOut}} {
		db.Clock.Advance(step.after)
		if err := db.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.AdminSession(t.Context(), s.ID); !errors.Is(err, step.want) {
			t.Errorf("after another %v: %v, want %v", step.after, err, step.want)
		}
	}
}

// Administrators' passkeys are bound to the RP id as people's are.
func TestAdminPasskeysHoldTheRPID(t *testing.T) {
	db := storetest.New(t)
	if _, _, _, err := db.ClaimRPID(t.Context(), "a.example"); err != nil {
		t.Fatal(err)
	}
	mustAdmin(t, db, "olive@bank.example", app.RoleOwner)
	is, passkeys, holders, err := db.ClaimRPID(t.Context(), "b.example")
	if err != nil || is != "a.example" || passkeys != 1 || holders != 1 {
		t.Errorf("%s, %d passkeys of %d: %v", is, passkeys, holders, err)
	}
}
