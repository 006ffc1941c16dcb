package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

func (c *clientStart) start(t *testing.T, db *storetest.DB, limit store.Fatigue) app.Request {
	t.Helper()
	in := storetest.Request(c.person, db.Now().Add(10*time.Minute))
	in.ClientID, in.ClientName = c.id, c.id
	r, _, err := db.StartRequest(t.Context(), app.System, in, limit, true)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type clientStart struct {
	person app.Person
	id     string
}

func TestDenyAllEndsOneClientsRequestsOnly(t *testing.T) {
	db := storetest.New(t)
	alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
	dev := db.MustDevice(alice)
	noisy, other, bobs := &clientStart{alice, "noisy"}, &clientStart{alice, "other"}, &clientStart{bob, "noisy"}
	var all []app.Request
	for range 7 {
		all = append(all, noisy.start(t, db, calm))
	}
	kept := []app.Request{other.start(t, db, calm), bobs.start(t, db, calm)}
	n, err := db.DenyAll(t.Context(), storetest.On(dev), "noisy", app.ReasonPerson)
	if err != nil || n != 7 {
		t.Fatalf("denied %d %v, want 7", n, err)
	}
	for _, r := range all {
		if got := state(t, db, r.ID); got.State != app.Denied || got.Delivery != app.DeliveryWaiting ||
			got.DecidedBy != dev.ID {
			t.Errorf("%s %s by %q, want denied and waiting", got.State, got.Delivery, got.DecidedBy)
		}
	}
	for _, r := range kept {
		if got := state(t, db, r.ID); got.State != app.Pending {
			t.Errorf("%s of %s became %s", r.ClientID, r.UserIdentifier, got.State)
		}
	}
	if jobs(t, db) != 7 {
		t.Errorf("%d deliveries, want 7", jobs(t, db))
	}
	if err := db.RemoveDevice(t.Context(), storetest.On(dev), alice.ID, dev.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.DenyAll(t.Context(), storetest.On(dev), "other",
		app.ReasonPerson); !errors.Is(err, app.ErrSuspended) {
		t.Errorf("on a removed device: %v, want ErrSuspended", err)
	}
}

func TestAMutedClientIsQuietForADay(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	noisy, other := &clientStart{alice, "noisy"}, &clientStart{alice, "other"}
	if err := db.Mute(t.Context(), storetest.On(dev), "noisy", "Noisy Ltd", db.Now().Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if r := noisy.start(t, db, calm); r.Quiet != app.QuietMuted || r.State != app.Pending {
		t.Errorf("a muted client's request is quiet %q and %s; want quiet, and still there", r.Quiet, r.State)
	}
	if other.start(t, db, calm).Quiet != app.QuietNone {
		t.Error("another client's is quiet too")
	}
	mutes, err := db.Mutes(t.Context(), alice.ID)
	if err != nil || len(mutes) != 1 || mutes[0].ClientName != "Noisy Ltd" {
		t.Errorf("mutes %+v %v", mutes, err)
	}
	db.Clock.Advance(24 * time.Hour)
	if noisy.start(t, db, calm).Quiet != app.QuietNone {
		t.Error("still quiet after a day")
	}
	for _, until := range []app.Instant{db.Now().Add(time.Hour), db.Now()} {
		if err := db.Mute(t.Context(), storetest.On(dev), "noisy", "Noisy Ltd", until); err != nil {
			t.Fatal(err)
		}
	}
	if noisy.start(t, db, calm).Quiet != app.QuietNone {
		t.Error("still quiet after the mute was taken back")
	}
}

func TestPauseUntilCleared(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	waiting := db.MustRequest(alice)
	reported := db.MustRequest(alice)
	by := storetest.On(dev)
	db.Tamper(`CREATE TRIGGER no_pause BEFORE UPDATE OF paused_at ON persons BEGIN SELECT RAISE(ABORT, 'no room'); END`)
	if err := db.Report(t.Context(), by, reported.ID, app.PauseAll); err == nil ||
		state(t, db, reported.ID).State != app.Pending {
		t.Errorf("a report that couldn't pause gives %v and leaves the request %s", err,
			state(t, db, reported.ID).State)
	}
	db.Tamper(`DROP TRIGGER no_pause`)
	if err := db.Report(t.Context(), by, reported.ID, app.PauseAll); err != nil {
		t.Fatal(err)
	}
	if yes, err := db.Attacked(t.Context(), alice.ID, db.Now().Add(-time.Hour)); !yes || err != nil {
		t.Errorf("attacked %v %v after a report", yes, err)
	}
	if err := db.Pause(t.Context(), by, alice.ID); err != nil { // it changes nothing
		t.Fatal(err)
	}
	if got := state(t, db, waiting.ID); got.State != app.Cancelled || got.Reason != app.ReasonPaused ||
		got.Delivery != app.DeliveryWaiting {
		t.Errorf("what waited is %s (%s), %s", got.State, got.Reason, got.Delivery)
	}
	if ok, err := db.CanAnswer(t.Context(), alice.ID); ok || err != nil {
		t.Errorf("a paused person can answer: %v %v", ok, err)
	}
	if err := db.Clear(t.Context(), app.Operator, alice.ID); err != nil {
		t.Fatal(err)
	}
	if ok, _ := db.CanAnswer(t.Context(), alice.ID); !ok {
		t.Error("cleared, and yet she can't answer")
	}
	if err := db.Clear(t.Context(), app.Operator, alice.ID); !errors.Is(err, app.ErrAlreadyCompleted) {
		t.Errorf("clearing twice: %v", err)
	}
	db.Clock.Advance(2 * time.Hour)
	if yes, err := db.Attacked(t.Context(), alice.ID, db.Now().Add(-time.Hour)); yes || err != nil {
		t.Errorf("attacked %v %v two hours later", yes, err)
	}
}

func TestPaymentsAreRememberedByPersonAndPayee(t *testing.T) {
	db := storetest.New(t)
	alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
	dev := db.MustDevice(alice)
	by := storetest.On(dev)
	pay := func(payee, amount, currency string) {
		t.Helper()
		r := db.MustRequest(alice)
		if err := db.Shown(t.Context(), by, r.ID, "{}", "seen", "Ada"); err != nil {
			t.Fatal(err)
		}
		if err := db.Approve(t.Context(), by, r.ID,
			app.Approval{Digest: "seen", Granted: "{}", Receipt: "{}", At: db.Now(), CredentialID: dev.CredentialID,
				Payment: &app.Payment{PayeeHash: payee, Currency: currency, Amount: amount}}); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(time.Minute)
	}
	pay("ada", "12.50", "GBP")
	pay("ada", "900719925474099312.75", "GBP")
	pay("shop", "3", "EUR")
	for _, c := range []struct {
		who     app.Person
		payment app.Payment
		payee   bool
		amounts []string
	}{
		{alice, app.Payment{PayeeHash: "ada", Currency: "GBP"}, true, []string{"900719925474099312.75", "12.50"}},
		{alice, app.Payment{PayeeHash: "new", Currency: "EUR"}, false, []string{"3"}},
		{bob, app.Payment{PayeeHash: "ada", Currency: "GBP"}, false, nil},
	} {
		got, err := db.Paid(t.Context(), c.who.ID, c.payment, time.Hour)
		if err != nil || got.Payee != c.payee || !slices.Equal(got.Amounts, c.amounts) {
			t.Errorf("%s, %+v: %+v %v", c.who.Name, c.payment, got, err)
		}
	}
	db.Clock.Advance(2 * time.Hour)
	if got, err := db.Paid(t.Context(), alice.ID, app.Payment{PayeeHash: "ada", Currency: "GBP"},
		time.Hour); err != nil ||
		!got.Payee || got.Amounts != nil {
		t.Errorf("long after: %+v %v, want the payee known and no amounts to compare", got, err)
	}
}

func TestHistorySearch(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	by := storetest.On(dev)
	shop := (&clientStart{alice, "100%_Shop"}).start(t, db, calm)
	pay := (&clientStart{alice, "Financroo"}).start(t, db, calm)
	waiting := (&clientStart{alice, "Later"}).start(t, db, calm)
	if err := db.Shown(t.Context(), by, pay.ID, "{}", "seen", "João D’Ávila Łoś"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{shop.ID, pay.ID} {
		if err := db.Deny(t.Context(), by, id, app.ReasonPerson); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string][]string{
		"":            {shop.ID, pay.ID},
		"joão":        {pay.ID},
		"JOÃO":        {pay.ID},
		"joao davila": {pay.ID},
		"d'avila los": {pay.ID},
		"'":           nil,
		"FINAN":       {pay.ID},
		"%":           {shop.ID},
		"0%_s":        {shop.ID},
		shop.Ref:      {shop.ID},
		"nothing":     nil,
		`\`:           nil,
		waiting.Ref:   nil,
	} {
		rows, err := db.History(t.Context(), alice.ID,
			store.HistoryFilter{Before: db.Now().Add(time.Minute), Text: text}, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, r.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", text, got, want)
		}
	}
	rows, err := db.History(t.Context(), alice.ID,
		store.HistoryFilter{Before: db.Now().Add(time.Minute), State: app.Approved}, 10)
	if err != nil || len(rows) != 0 {
		t.Errorf("approved ones: %d %v", len(rows), err)
	}
}
