package store_test

import (
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// The number of people is kept right by whatever adds and erases them, within
// transactions that fail, too.
func TestPeopleAreTallied(t *testing.T) {
	db := storetest.New(t)
	want := func(n int) {
		t.Helper()
		if got, err := db.PeopleCount(t.Context()); err != nil || got != n {
			t.Errorf("%d people, want %d (%v)", got, n, err)
		}
	}
	want(0)
	alice := db.MustPerson("alice")
	db.MustPerson("bob")
	want(2)
	if _, err := db.AddPerson(t.Context(), app.Operator, "Alice again",
		[]app.Identifier{{Kind: app.Username, Value: "alice", Norm: "alice"}}, nil); err == nil {
		t.Error("two people have one name")
	}
	want(2)
	if err := db.SetPersonState(t.Context(), app.Operator, alice.ID, app.PersonSuspended); err != nil {
		t.Fatal(err)
	}
	want(2)
	if err := db.ErasePerson(t.Context(), app.Operator, alice.ID); err != nil {
		t.Fatal(err)
	}
	want(1)
	if err := db.ErasePerson(t.Context(), app.Operator, alice.ID); err == nil {
		t.Error("erased twice")
	}
	want(1)
	if err := store.AddCrowd(t.Context(), db.Store, 40, func(i int) (string, app.Identifier) {
		name := strings.Repeat("x", i+1)
		return name, app.Identifier{Kind: app.Username, Value: name, Norm: name}
	}); err != nil {
		t.Fatal(err)
	}
	want(41)
	db.Reopen()
	want(41)
}

// What waits is what nobody answered in time to come, and is read off an index.
func TestWaitingRequestsAreCounted(t *testing.T) {
	db := storetest.New(t)
	want := func(n int) {
		t.Helper()
		if got, err := db.WaitingCount(t.Context()); err != nil || got != n {
			t.Errorf("%d wait, want %d (%v)", got, n, err)
		}
	}
	p := db.MustPerson("alice")
	d := db.MustDevice(p)
	want(0)
	r := db.MustRequest(p)
	db.MustRequest(p)
	want(2)
	if err := db.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson); err != nil {
		t.Fatal(err)
	}
	want(1)
	db.Clock.Advance(time.Hour) // it has ended, though nothing has said so yet
	want(0)
}

func TestOldestHeldDecision(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	d := db.MustDevice(p)
	if h, ok, err := db.OldestHeld(t.Context()); ok || err != nil {
		t.Fatalf("of none: %+v, %v", h, err)
	}
	var all []app.Request
	for range 3 {
		r := db.MustRequest(p)
		db.Clock.Advance(time.Second)
		if err := db.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if err := db.Delivered(t.Context(), state(t, db, all[0].ID), app.DeliveryDelivered, ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.BeginDelivery(t.Context(), all[1].ID); err != nil {
		t.Fatal(err)
	}
	for {
		j, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if err := db.JobLater(t.Context(), j, db.Now().Add(30*time.Second), "http_503"); err != nil {
			t.Fatal(err)
		}
	}
	h, ok, err := db.OldestHeld(t.Context())
	if err != nil || !ok || h.ID != all[1].ID || h.State != app.Denied || h.DeliveryTries != 1 ||
		h.Next != db.Now().Add(30*time.Second) {
		t.Errorf("it is %+v, %v, %v", h, ok, err)
	}
}

func TestTalliesAreReadOffIndexes(t *testing.T) {
	db := storetest.New(t)
	waiting, held, err := store.TallyPlans(t.Context(), db.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(waiting,
		"\n"); !strings.Contains(text, "COVERING INDEX requests_expiry (state=? AND expires_at>?)") {
		t.Errorf("what waits is counted so:\n%s", text)
	}
	if text := strings.Join(held, "\n"); !strings.Contains(text, "requests_undelivered (delivery=?)") ||
		strings.Contains(text, "TEMP B-TREE") {
		t.Errorf("the oldest decision is found so:\n%s", text)
	}
}
