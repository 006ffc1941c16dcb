package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// Refusals that come faster than they are written are counted all the same, at
// the latest when the store closes.
func TestFastStrangersAreCounted(t *testing.T) {
	db := storetest.New(t)
	for range 1000 {
		if err := db.RefuseStranger(t.Context(), app.Actor{Kind: app.ActorGuest}, "stranger.refuse", "api/x",
			nil); err != nil {
			t.Fatal(err)
		}
	}
	counted := func() int {
		t.Helper()
		series, err := db.Counted(t.Context(), store.LastDay, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		return series.N(store.CountStrangers, "api/x")
	}
	if n := counted(); n != 1 {
		t.Errorf("%d were written at once, want the first", n)
	}
	if err := db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := counted(); n != 1000 {
		t.Errorf("%d were counted, want 1000", n)
	}
	if err := db.RefuseStranger(t.Context(), app.System, "stranger.refuse", "api/x", nil); err != nil {
		t.Fatal(err)
	}
	db.Reopen()
	if n := counted(); n != 1001 {
		t.Errorf("%d after the store was closed, want 1001", n)
	}
	if rows, err := db.AuditOf(t.Context(), "stranger.refuse", 9); err != nil || len(rows) != 1 {
		t.Errorf("%d rows of the audit (%v), want 1", len(rows), err)
	}
}

// A refusal is recorded also where its caller hung up, and where the hour's first
// waits to be written when the store is swept or closes.
func TestEveryHoursFirstRefusalIsARow(t *testing.T) {
	db := storetest.New(t)
	db.Clock.Advance(time.Hour - time.Duration(db.Now()%app.Instant(time.Hour.Milliseconds()))*time.Millisecond - 400*time.Millisecond)
	hungUp, hangUp := context.WithCancel(t.Context())
	hangUp()
	opal := app.Actor{Kind: app.ActorAdmin, ID: "opal"}
	refuse := func() {
		t.Helper()
		if err := db.RefuseAdmin(hungUp, opal, "view_audit",
			map[string]string{"permission": "view_audit"}); err != nil {
			t.Fatal(err)
		}
	}
	rows := func() int {
		t.Helper()
		list, err := db.AuditOf(t.Context(), "admin.refused", 9)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if r.ActorID != "opal" || r.Detail != `{"permission":"view_audit"}` {
				t.Errorf("a row of %+v", r)
			}
		}
		return len(list)
	}
	refuse()
	if n := rows(); n != 1 {
		t.Errorf("of who hung up there are %d rows, want 1", n)
	}
	db.Clock.Advance(500 * time.Millisecond) // the next hour, within the pace
	refuse()
	if n := rows(); n != 1 {
		t.Errorf("faster than they are written: %d rows, want 1", n)
	}
	if err := db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := rows(); n != 2 {
		t.Errorf("once swept: %d rows, want one of each hour", n)
	}
}

// A stranger can't fill the table of ceremonies: the oldest make room, and
// nobody else's do.
func TestCeremoniesAreBounded(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	put := func(id, purpose, person, subject string) {
		t.Helper()
		c := store.Ceremony{
			ID:        id,
			Purpose:   purpose,
			PersonID:  person,
			Subject:   subject,
			ExpiresAt: db.Now().Add(5 * time.Minute),
		}
		if err := db.PutCeremony(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	there := func(purpose, id string) bool {
		_, err := db.TakeCeremony(t.Context(), purpose, id)
		return err == nil
	}
	put("hers", "approval", alice.ID, "request")
	put("console", "admin sign-in", "", "")
	put("first", "sign-in", "", "")
	db.Clock.Advance(time.Millisecond)
	put("second", "sign-in", "", "")
	db.Clock.Advance(time.Millisecond)
	const strangers = 5000
	db.Tamper(fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO ceremonies (id, purpose, session, expires_at) SELECT 'many-' || i, 'sign-in', '', %d FROM n`,
		strangers-2, db.Now().Add(5*time.Minute)))
	db.Clock.Advance(time.Millisecond)
	put("last", "sign-in", "", "")
	if there("sign-in", "first") || !there("sign-in", "second") || !there("sign-in", "last") {
		t.Error("with one too many not the oldest made room")
	}
	for i := range 25 {
		db.Clock.Advance(time.Millisecond)
		put(fmt.Sprint("enrol-", i), "enrol", alice.ID, "link")
	}
	if there("enrol", "enrol-4") || !there("enrol", "enrol-5") || !there("enrol", "enrol-24") {
		t.Error("of one link not the newest 20 are left")
	}
	if !there("approval", "hers") || !there("admin sign-in", "console") {
		t.Error("another's made room")
	}
}
