package store_test

import (
	"context"
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
	a, err := db.AddAdmin(t.Context(), app.Operator,
		app.Admin{Email: email, EmailNorm: email, Name: email, Role: role},
		hash, db.Now().Add(time.Hour), store.Separation{})
	if err != nil {
		t.Fatal(err)
	}
	link, err := db.AdminLink(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.SetUpAdmin(t.Context(), app.Actor{Kind: app.ActorAdmin},
		store.AdminSetUp{LinkID: link.ID, Activation: app.Activation{LinkAlone: true},
			Credential: app.AdminCredential{ID: app.NewID(), AdminID: a.ID, Record: "{}"},
			Session:    app.AdminSession{ID: app.NewID()}})
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
	if err := db.LinkAdmin(t.Context(), app.Operator, first.AdminID, hash, db.Now().Add(time.Hour),
		store.Separation{}); err != nil {
		t.Fatal(err)
	}
	link, err := db.AdminLink(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	again := store.AdminSetUp{
		LinkID:     link.ID,
		Activation: app.Activation{LinkAlone: true},
		Session:    app.AdminSession{ID: app.NewID()},
		Credential: app.AdminCredential{ID: first.CredentialID, AdminID: first.AdminID, Record: "{}"},
	} // a passkey that is there already
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

// Administrators' passkeys hold their RP id as people's do theirs, and neither
// holds the other's.
func TestAdminPasskeysHoldTheRPID(t *testing.T) {
	db := storetest.New(t)
	for _, claim := range []func(context.Context, string) (string, int, int, error){db.ClaimRPID, db.ClaimAdminRPID} {
		if is, _, _, err := claim(t.Context(), "a.example"); err != nil || is != "a.example" {
			t.Fatalf("the first claim: %s %v", is, err)
		}
	}
	olive := mustAdmin(t, db, "olive@bank.example", app.RoleOwner)
	is, passkeys, holders, err := db.ClaimAdminRPID(t.Context(), "b.example")
	if err != nil || is != "a.example" || passkeys != 1 || holders != 1 {
		t.Errorf("%s, %d passkeys of %d: %v", is, passkeys, holders, err)
	}
	if is, _, _, err := db.ClaimRPID(t.Context(), "b.example"); err != nil || is != "b.example" {
		t.Errorf("people, who have no passkeys: %s %v", is, err)
	}
	if is, err := db.AdminRPID(t.Context()); err != nil || is != "a.example" {
		t.Errorf("administrators after people moved: %s %v", is, err)
	}
	if err := db.MoveAdminRPID(t.Context(), app.Operator, "c.example", "b.example", nil,
		0); !errors.Is(err, app.ErrChanged) {
		t.Errorf("from an RP id that it isn't: %v", err)
	}
	if err := db.MoveAdminRPID(t.Context(), app.Operator, "a.example", "b.example",
		map[string]string{olive.AdminID: "hash"}, db.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if session, err := db.AdminSession(t.Context(), olive.ID); err != nil || session.EndedAt == 0 {
		t.Errorf("a session outlived its passkey: %+v %v", session, err)
	}
	rows, err := db.Admins(t.Context())
	if err != nil || len(rows) != 1 || rows[0].Passkeys != 0 || rows[0].LinkUntil == 0 {
		t.Errorf("after the move: %+v %v", rows, err)
	}
	if is, _, _, err := db.ClaimAdminRPID(t.Context(), "b.example"); err != nil || is != "b.example" {
		t.Errorf("the start after: %s %v", is, err)
	}
}

// A database from before the console had an RP id of its own keeps the one that
// its passkeys were made for, also when people's moves.
func TestAdminRPIDOfAnOlderDatabase(t *testing.T) {
	db := storetest.New(t)
	if _, _, _, err := db.ClaimRPID(t.Context(), "a.example"); err != nil {
		t.Fatal(err)
	}
	mustAdmin(t, db, "olive@bank.example", app.RoleOwner)
	if is, err := db.AdminRPID(t.Context()); err != nil || is != "a.example" {
		t.Errorf("before its first start: %s %v", is, err)
	}
	if is, _, _, err := db.ClaimRPID(t.Context(), "b.example"); err != nil || is != "b.example" {
		t.Errorf("people, who have no passkeys: %s %v", is, err)
	}
	if is, _, _, err := db.ClaimAdminRPID(t.Context(), "b.example"); err != nil || is != "a.example" {
		t.Errorf("administrators: %s %v", is, err)
	}
}
