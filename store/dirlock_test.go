package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// serving opens the database in dir as a service does, and gives what ends it
// as a kill would: without a word to the database.
func serving(t *testing.T, db *storetest.DB) (st *store.Store, kill func()) {
	t.Helper()
	lock, err := store.LockDir(db.Dir)
	if err != nil {
		t.Fatal(err)
	}
	st, err = store.Open(t.Context(), store.Options{Dir: db.Dir, Purpose: store.Service, Now: db.Clock.Now, Lock: lock})
	if err != nil {
		t.Fatal(err)
	}
	return st, func() {
		if err := errors.Join(st.Close(), lock.Unlock()); err != nil {
			t.Error(err)
		}
	}
}

// One process serves a data directory; the next one may once it has ended.
func TestADataDirectoryIsServedOnce(t *testing.T) {
	dir := t.TempDir()
	lock, err := store.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.LockDir(dir); !errors.Is(err, app.ErrDataDirInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second: %v, want a refusal that names %s", err, dir)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := store.LockDir(dir)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := again.Unlock(); err != nil {
		t.Error(err)
	}
}

// What a process held that was killed is free as soon as the next one serves,
// and what it had put off is due.
func TestTheNextServiceTakesOver(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	held, later := db.MustRequest(alice), db.MustRequest(alice)
	for _, r := range []app.Request{held, later} {
		if err := db.Deny(t.Context(), storetest.On(dev), r.ID, app.ReasonPerson); err != nil {
			t.Fatal(err)
		}
	}
	first, kill := serving(t, db)
	a, ok, _, err := first.LeaseJob(t.Context(), app.JobSettle, time.Hour)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	b, ok, _, err := first.LeaseJob(t.Context(), app.JobSettle, time.Hour)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := first.JobLater(t.Context(), b, db.Now().Add(time.Hour), "503"); err != nil {
		t.Fatal(err)
	}
	if _, err := first.AddImport(t.Context(), app.Operator, store.Import{ID: "ours", File: "a.csv", Lang: "en-GB"},
		"first", time.Hour); err != nil {
		t.Fatal(err)
	}
	// A command beside the service works on an import of its own.
	if _, err := db.AddImport(t.Context(), app.Operator, store.Import{ID: "command", File: "b.csv", Lang: "en-GB"},
		"command", time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Hour); err != nil || ok {
		t.Fatalf("a job is free while the first serves (%v)", err)
	}
	kill()

	second, end := serving(t, db)
	defer end()
	got := map[string]bool{}
	for {
		j, ok, _, err := second.LeaseJob(t.Context(), app.JobSettle, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		got[j.ID] = true
	}
	if len(got) != 2 || !got[a.ID] || !got[b.ID] {
		t.Errorf("free are %v, want the one that was held and the one that was put off", got)
	}
	if err := second.RenewLease(t.Context(), a, time.Hour); !errors.Is(err, app.ErrLeaseLost) {
		t.Errorf("the dead process's lease is renewed: %v", err)
	}
	if err := second.JobDone(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if waiting, _, err := second.Outbox(t.Context()); err != nil || waiting != 2 {
		t.Errorf("%d jobs wait (%v): the dead process settled one", waiting, err)
	}
	im, ok, err := second.LeaseImport(t.Context(), "second", time.Hour)
	if err != nil || !ok || im.ID != "ours" {
		t.Errorf("import %q is free (%v), want that of the first", im.ID, err)
	}
	if err := second.ReleaseImport(t.Context(), "ours", "second"); err != nil {
		t.Fatal(err)
	}
	if err := second.CancelImport(t.Context(), app.Operator, "ours"); err != nil {
		t.Fatal(err)
	}
	if im, ok, err := second.LeaseImport(t.Context(), "second", time.Hour); err != nil || ok {
		t.Errorf("import %q of a command that works on it was taken (%v)", im.ID, err)
	}
}
