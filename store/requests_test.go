package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

var calm = store.Fatigue{Notices: 100, Window: time.Minute}

func state(t *testing.T, db *storetest.DB, id string) app.Request {
	t.Helper()
	r, err := db.Request(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func jobs(t *testing.T, db *storetest.DB) int {
	t.Helper()
	n, _, err := db.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestParallelDuplicateStarts(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	if err := db.Subscribe(t.Context(), storetest.On(dev),
		app.Subscription{DeviceID: dev.ID, Endpoint: "https://push.example/1", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	in := storetest.Request(alice, db.Now().Add(time.Minute))
	var wg sync.WaitGroup
	fresh := make(chan bool, 20)
	for range 20 {
		wg.Go(func() {
			_, f, err := db.StartRequest(t.Context(), app.System, in, calm, true)
			if err != nil {
				t.Errorf("start: %v", err)
			}
			fresh <- f
		})
	}
	wg.Wait()
	close(fresh)
	n := 0
	for f := range fresh {
		if f {
			n++
		}
	}
	if n != 1 || jobs(t, db) != 1 {
		t.Errorf("20 equal starts: %d fresh, %d notices; want 1 and 1", n, jobs(t, db))
	}
	in.LoginState = "another"
	if _, _, err := db.StartRequest(t.Context(), app.System, in, calm, true); !errors.Is(err, app.ErrLoginConflict) {
		t.Errorf("another state for the same login: %v, want ErrLoginConflict", err)
	}
}

func TestDecisions(t *testing.T) {
	approve := func(db *storetest.DB, by app.Actor, id, digest string) error {
		d, _ := db.Device(t.Context(), by.ID)
		return db.Approve(t.Context(), by, id,
			app.Approval{Digest: digest, Granted: "{}", Receipt: "{}", At: db.Now(), CredentialID: d.CredentialID})
	}
	for _, c := range []struct {
		name string
		do   func(db *storetest.DB, alice app.Person, dev app.Device, id string) error
		want error
		as   app.RequestState
	}{
		{"approve", func(db *storetest.DB, _ app.Person, dev app.Device, id string) error {
			return approve(db, storetest.On(dev), id, "seen")
		}, nil, app.Approved},
		{"approve something else than what was shown",
			func(db *storetest.DB, _ app.Person, dev app.Device, id string) error {
				return approve(db, storetest.On(dev), id, "unseen")
			}, app.ErrChanged, app.Pending},
		{"approve with another passkey", func(db *storetest.DB, _ app.Person, dev app.Device, id string) error {
			return db.Approve(t.Context(), storetest.On(dev), id,
				app.Approval{Digest: "seen", At: db.Now(), CredentialID: "other"})
		}, app.ErrSuspended, app.Pending},
		{"deny", func(db *storetest.DB, _ app.Person, dev app.Device, id string) error {
			return db.Deny(t.Context(), storetest.On(dev), id, app.ReasonPerson)
		}, nil, app.Denied},
		{"approve after deny", func(db *storetest.DB, _ app.Person, dev app.Device, id string) error {
			if err := db.Deny(t.Context(), storetest.On(dev), id, app.ReasonPerson); err != nil {
				return err
			}
			return approve(db, storetest.On(dev), id, "seen")
		}, app.ErrNotPending, app.Denied},
		{"deny after approve", func(db *storetest.DB, _ app.Person, dev app.Device, id string) error {
			if err := approve(db, storetest.On(dev), id, "seen"); err != nil {
				return err
			}
			return db.Deny(t.Context(), storetest.On(dev), id, app.ReasonPerson)
		}, app.ErrNotPending, app.Approved},
		{"approve too late", func(db *storetest.DB, _ app.Person, dev app.Device, id string) error {
			db.Clock.Advance(time.Hour)
			return approve(db, storetest.On(dev), id, "seen")
		}, app.ErrExpired, app.Pending},
		{"approve by another person", func(db *storetest.DB, _ app.Person, _ app.Device, id string) error {
			return approve(db, storetest.On(db.MustDevice(db.MustPerson("mallory"))), id, "seen")
		}, app.ErrUnknownRequest, app.Pending},
		{"approve on a suspended device", func(db *storetest.DB, alice app.Person, dev app.Device, id string) error {
			db.MustDevice(alice)
			if err := db.SetDeviceState(t.Context(), app.Operator, dev.ID, app.DeviceSuspended); err != nil {
				return err
			}
			return approve(db, storetest.On(dev), id, "seen")
		}, app.ErrSuspended, app.Pending},
		{"approve as a suspended person", func(db *storetest.DB, alice app.Person, dev app.Device, id string) error {
			if err := db.SetPersonState(t.Context(), app.Operator, alice.ID, app.PersonSuspended); err != nil {
				return err
			}
			return approve(db, storetest.On(dev), id, "seen")
		}, app.ErrSuspended, app.Cancelled},
		{"approve after the last device was removed",
			func(db *storetest.DB, alice app.Person, dev app.Device, id string) error {
				if err := db.RemoveDevice(t.Context(), storetest.On(dev), alice.ID, dev.ID); err != nil {
					return err
				}
				return approve(db, storetest.On(dev), id, "seen")
			}, app.ErrSuspended, app.Cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			alice := db.MustPerson("alice")
			dev := db.MustDevice(alice)
			r := db.MustRequest(alice)
			if err := db.Shown(t.Context(), storetest.On(dev), r.ID, "{}", "seen", ""); err != nil {
				t.Fatal(err)
			}
			err := c.do(db, alice, dev, r.ID)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			db.Reopen()
			got := state(t, db, r.ID)
			if got.State != c.as {
				t.Errorf("state %s, want %s", got.State, c.as)
			}
			decided := c.as != app.Pending
			if waiting := got.Delivery == app.DeliveryWaiting; waiting != decided || (jobs(t, db) == 1) != decided {
				t.Errorf("delivery %s and %d jobs for a request that is %s", got.Delivery, jobs(t, db), got.State)
			}
		})
	}
}

func TestParallelDecisionsSetOne(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	a, b := db.MustDevice(alice), db.MustDevice(alice)
	r := db.MustRequest(alice)
	if err := db.Shown(t.Context(), storetest.On(a), r.ID, "{}", "seen", ""); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	won := make(chan app.RequestState, 20)
	for range 10 {
		wg.Go(func() {
			if db.Approve(t.Context(), storetest.On(a), r.ID,
				app.Approval{Digest: "seen", At: db.Now(), CredentialID: a.CredentialID}) == nil {
				won <- app.Approved
			}
		})
		wg.Go(func() {
			if db.Deny(t.Context(), storetest.On(b), r.ID, app.ReasonPerson) == nil {
				won <- app.Denied
			}
		})
	}
	wg.Wait()
	close(won)
	var states []app.RequestState
	for s := range won {
		states = append(states, s)
	}
	if len(states) != 1 || state(t, db, r.ID).State != states[0] || jobs(t, db) != 1 {
		t.Errorf("decisions that won: %v; state %s, %d jobs", states, state(t, db, r.ID).State, jobs(t, db))
	}
}

func TestExpiry(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	db.MustDevice(alice)
	r := db.MustRequest(alice)
	if next, err := db.Expire(t.Context()); err != nil || next != r.ExpiresAt {
		t.Fatalf("next expiry %v (%v), want %v", next, err, r.ExpiresAt)
	}
	db.Clock.Advance(10 * time.Minute)
	db.Reopen()
	db.Events()
	if next, err := db.Expire(t.Context()); err != nil || next != 0 {
		t.Fatalf("next expiry %v (%v), want none", next, err)
	}
	if got := state(t, db, r.ID); got.State != app.Expired || got.DecidedAt != r.ExpiresAt ||
		got.Delivery != app.DeliveryNone {
		t.Errorf("%s at %v, delivery %s", got.State, got.DecidedAt, got.Delivery)
	}
	if ev := db.Events(); len(ev) != 1 || ev[0].State != app.Expired || ev[0].PersonID != alice.ID {
		t.Errorf("announced %+v, want the expiry", ev)
	}
}

func TestLossBeforeDelivery(t *testing.T) {
	for _, c := range []struct {
		name   string
		lose   func(*storetest.DB, app.Person, app.Device) error
		tried  bool
		state  app.RequestState
		reason app.Reason
	}{
		{"nothing lost", func(*storetest.DB, app.Person, app.Device) error { return nil }, false, app.Approved, ""},
		{"device removed", func(db *storetest.DB, p app.Person, d app.Device) error {
			return db.RemoveDevice(t.Context(), app.Operator, p.ID, d.ID)
		}, false, app.Cancelled, app.ReasonDeviceLost},
		{"device suspended", func(db *storetest.DB, _ app.Person, d app.Device) error {
			return db.SetDeviceState(t.Context(), app.Operator, d.ID, app.DeviceSuspended)
		}, false, app.Cancelled, app.ReasonDeviceLost},
		{"person suspended", func(db *storetest.DB, p app.Person, _ app.Device) error {
			return db.SetPersonState(t.Context(), app.Operator, p.ID, app.PersonSuspended)
		}, false, app.Cancelled, app.ReasonSuspended},
		{"device removed after a try that didn't reach ACP", func(db *storetest.DB, p app.Person, d app.Device) error {
			r, ok, err := db.BeginDelivery(t.Context(), oldest(t, db))
			if err != nil || !ok {
				return fmt.Errorf("the first try: %v %w", ok, err)
			}
			return errors.Join(db.DeliveryTried(t.Context(), r, false, "no route"),
				db.RemoveDevice(t.Context(), app.Operator, p.ID, d.ID))
		}, false, app.Cancelled, app.ReasonDeviceLost},
		{"person suspended after a try", func(db *storetest.DB, p app.Person, _ app.Device) error {
			return db.SetPersonState(t.Context(), app.Operator, p.ID, app.PersonSuspended)
		}, true, app.Cancelled, app.ReasonSuspended},
		{"a report's pause after a try", func(db *storetest.DB, p app.Person, _ app.Device) error {
			return db.Pause(t.Context(), app.Operator, p.ID)
		}, true, app.Approved, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			alice := db.MustPerson("alice")
			dev := db.MustDevice(alice)
			r := db.MustRequest(alice)
			if err := db.Shown(t.Context(), storetest.On(dev), r.ID, "{}", "seen", ""); err != nil {
				t.Fatal(err)
			}
			if err := db.Approve(t.Context(), storetest.On(dev), r.ID,
				app.Approval{
					Digest:       "seen",
					Granted:      "{}",
					Receipt:      "proof",
					At:           db.Now(),
					CredentialID: dev.CredentialID,
				}); err != nil {
				t.Fatal(err)
			}
			if c.tried {
				got, ok, err := db.BeginDelivery(t.Context(), r.ID)
				if err != nil || !ok || got.DeliveryUnsure {
					t.Fatalf("first try: %v %v, unsure %v", ok, err, got.DeliveryUnsure)
				}
				db.Reopen() // a crash between asking ACP and its answer
			}
			if err := c.lose(db, alice, dev); err != nil {
				t.Fatal(err)
			}
			withdrawn := c.tried && c.state == app.Cancelled
			got, ok, err := db.BeginDelivery(t.Context(), r.ID)
			if err == nil && withdrawn && !ok { // by a job of its own
				if j, found, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Minute); err != nil || !found ||
					j.Deadline.Sub(db.Now()) < 10*time.Minute {
					t.Errorf("the withdrawal's job is %+v, %v, %v", j, found, err)
				}
				got, ok, err = db.BeginDelivery(t.Context(), r.ID)
			}
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			if (got.WithdrawnAt != 0) != withdrawn || (got.Granted != "") != (withdrawn || c.state == app.Approved) ||
				got.Receipt == "" {
				t.Errorf("withdrawn at %d, granted %q, receipt %q", got.WithdrawnAt, got.Granted, got.Receipt)
			}
			if got.State != c.state || got.Reason != c.reason || got.DeliveryUnsure != c.tried {
				t.Errorf("%s (%s), unsure %v; want %s (%s), %v", got.State, got.Reason, got.DeliveryUnsure, c.state,
					c.reason, c.tried)
			}
			if stored := state(t, db, r.ID); stored.State != c.state || !stored.DeliveryUnsure {
				t.Errorf("stored %s, unsure %v", stored.State, stored.DeliveryUnsure)
			}
		})
	}
}

func oldest(t *testing.T, db *storetest.DB) (id string) {
	t.Helper()
	list, _, err := db.Requests(t.Context(), store.RequestFilter{}, "", 1)
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	return list[0].ID
}

// A person who was suspended or erased after they were looked up isn't asked.
func TestStartAfterThePersonHasGone(t *testing.T) {
	db := storetest.New(t)
	alice, bruno := db.MustPerson("alice"), db.MustPerson("bruno")
	if err := db.SetPersonState(t.Context(), app.Operator, alice.ID, app.PersonSuspended); err != nil {
		t.Fatal(err)
	}
	r, fresh, err := db.StartRequest(t.Context(), app.System, storetest.Request(alice, db.Now().Add(time.Hour)),
		store.Fatigue{Notices: 9, Window: time.Minute}, true)
	if err != nil || !fresh || r.State != app.Cancelled || r.Reason != app.ReasonSuspended ||
		r.Delivery != app.DeliveryWaiting {
		t.Errorf("suspended: %s (%s), delivery %s, %v", r.State, r.Reason, r.Delivery, err)
	}
	if err := db.ErasePerson(t.Context(), app.Operator, bruno.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.StartRequest(t.Context(), app.System, storetest.Request(bruno, db.Now().Add(time.Hour)),
		store.Fatigue{Notices: 9, Window: time.Minute}, true); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("erased: %v", err)
	}
	if err := db.SetPersonState(t.Context(), app.Operator, bruno.ID,
		app.PersonActive); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("an erased person let in again: %v", err)
	}
}

// A pause that came after the person was looked up is as good as one before.
func TestStartAfterAPause(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	db.MustDevice(alice)
	if err := db.Pause(t.Context(), app.Operator, alice.ID); err != nil {
		t.Fatal(err)
	}
	in := storetest.Request(alice, db.Now().Add(time.Hour)) // as whoever looked before the pause sends it
	r, fresh, err := db.StartRequest(t.Context(), app.System, in, calm, true)
	if err != nil || !fresh || r.State != app.Cancelled || r.Reason != app.ReasonPaused ||
		r.Delivery != app.DeliveryWaiting {
		t.Errorf("paused: %s (%s), delivery %s, %v", r.State, r.Reason, r.Delivery, err)
	}
	if got := state(t, db, r.ID); got.State != app.Cancelled || got.DecidedAt != db.Now() {
		t.Errorf("stored as %s, ended at %v", got.State, got.DecidedAt)
	}
	if err := db.Clear(t.Context(), app.Operator, alice.ID); err != nil {
		t.Fatal(err)
	}
	if r := db.MustRequest(alice); r.State != app.Pending {
		t.Errorf("after the pause: %s", r.State)
	}
}

func TestFatigueQuietsOneClient(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	db.MustDevice(alice)
	limit := store.Fatigue{Notices: 2, Window: time.Minute}
	start := func(client string) bool {
		in := storetest.Request(alice, db.Now().Add(time.Hour))
		in.ClientID = client
		r, _, err := db.StartRequest(t.Context(), app.System, in, limit, true)
		if err != nil {
			t.Fatal(err)
		}
		return r.Quiet == app.QuietBurst
	}
	if a, b, c, other := start("noisy"), start("noisy"), start("noisy"), start("calm"); a || b || !c || other {
		t.Errorf("quiet: %v %v %v, other client %v; want only the third", a, b, c, other)
	}
	db.Clock.Advance(2 * time.Minute)
	if start("noisy") {
		t.Error("still quiet after the window")
	}
	if in, err := db.Inbox(t.Context(), alice.ID); err != nil || len(in) != 5 {
		t.Errorf("%d in the inbox (%v), want all 5: quiet is never unseen", len(in), err)
	}
}

// An answer may take a while to make, ACP's re-read among it, and the session
// that it came with may end meanwhile.
func TestAnswersNeedTheirSession(t *testing.T) {
	answers := map[string]func(db *storetest.DB, by app.Actor, r app.Request, d app.Device) error{
		"approve": func(db *storetest.DB, by app.Actor, r app.Request, d app.Device) error {
			return db.Approve(t.Context(), by, r.ID,
				app.Approval{Digest: "seen", At: db.Now(), CredentialID: d.CredentialID})
		},
		"deny": func(db *storetest.DB, by app.Actor, r app.Request, _ app.Device) error {
			return db.Deny(t.Context(), by, r.ID, app.ReasonPerson)
		},
		"deny all": func(db *storetest.DB, by app.Actor, r app.Request, _ app.Device) error {
			_, err := db.DenyAll(t.Context(), by, r.ClientID, app.ReasonPerson)
			return err
		},
	}
	for name, answer := range answers {
		for _, c := range []struct {
			name string
			end  func(db *storetest.DB, by app.Actor, d app.Device) error
			err  error
		}{
			{"still signed in", func(*storetest.DB, app.Actor, app.Device) error { return nil }, nil},
			{"signed out", func(db *storetest.DB, by app.Actor, d app.Device) error {
				return db.SignOut(t.Context(), by, d.ID)
			}, app.ErrSignedOut},
			{"signed in anew", func(db *storetest.DB, by app.Actor, d app.Device) error {
				_, err := db.SignIn(t.Context(), app.Operator,
					store.SignIn{PersonID: d.PersonID, CredentialID: d.CredentialID, Record: "{}",
						SessionKey:   app.NewID(),
						BrowserHash:  app.NewID(),
						KnownBrowser: store.BrowserHash(db.Store, d.ID)})
				return err
			}, app.ErrSignedOut},
			{"device removed", func(db *storetest.DB, by app.Actor, d app.Device) error {
				db.MustDevice(app.Person{ID: d.PersonID}) // or what waits would be cancelled
				return db.RemoveDevice(t.Context(), by, d.PersonID, d.ID)
			}, app.ErrSuspended},
		} {
			t.Run(name+", "+c.name, func(t *testing.T) {
				db := storetest.New(t)
				alice := db.MustPerson("alice")
				d := db.MustDevice(alice)
				r := db.MustRequest(alice)
				by := storetest.On(d)
				by.Session = d.SessionKey
				if err := db.Shown(t.Context(), by, r.ID, "{}", "seen", ""); err != nil {
					t.Fatal(err)
				}
				if err := c.end(db, by, d); err != nil {
					t.Fatal(err)
				}
				if err := answer(db, by, r, d); !errors.Is(err, c.err) {
					t.Errorf("got %v, want %v", err, c.err)
				}
				if pending := state(t, db, r.ID).State == app.Pending; pending != (c.err != nil) {
					t.Errorf("the request is %s", state(t, db, r.ID).State)
				}
			})
		}
	}
}

// What is listed is what the lists show of it, of no client so much that
// another's can't be seen, and how much there is in all is told.
func TestInboxIsBounded(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	d := db.MustDevice(alice)
	ask := func(client string, life time.Duration) app.Request {
		t.Helper()
		in := storetest.Request(alice, db.Now().Add(life))
		in.ClientID, in.ClientName, in.Payload = client, client, "a long payload"
		r, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 2, Window: time.Hour}, true)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	began := db.Now()
	for range store.InboxOfClient + 5 {
		db.Clock.Advance(time.Second)
		ask("noisy", time.Hour)
	}
	calm := ask("calm", 2*time.Hour) // behind all the others
	in, err := db.Inbox(t.Context(), alice.ID)
	if err != nil || len(in) != store.InboxOfClient+1 || in[len(in)-1].ID != calm.ID {
		t.Fatalf("%d in the inbox (%v), want %d and the calm client's last", len(in), err, store.InboxOfClient+1)
	}
	if in[0].Payload != "" || in[0].ClientName != "noisy" || in[0].CreatedAt != began.Add(time.Second) {
		t.Errorf("listed %+v", in[0])
	}
	all, err := db.Waiting(t.Context(), alice.ID)
	want := store.Waiting{
		ClientID:   "noisy",
		ClientName: "noisy",
		Requests:   store.InboxOfClient + 5,
		Quiet:      app.QuietBurst,
		First:      began.Add(time.Second),
		Last:       began.Add((store.InboxOfClient + 5) * time.Second),
	}
	if err != nil || len(all) != 2 || all[0] != want || all[1].Requests != 1 || all[1].Quiet != app.QuietNone {
		t.Errorf("waiting: %+v (%v), want first %+v", all, err, want)
	}
	for i := range store.InboxInAll {
		ask("client-"+app.NewID(), time.Hour+time.Duration(i)*time.Second)
	}
	if in, err := db.Inbox(t.Context(), alice.ID); err != nil || len(in) != store.InboxInAll {
		t.Errorf("%d in the inbox (%v), want %d", len(in), err, store.InboxInAll)
	}
	if err := db.Shown(t.Context(), storetest.On(d), calm.ID, "{}", "seen", ""); err != nil {
		t.Fatal(err)
	}
	if err := db.Approve(t.Context(), storetest.On(d), calm.ID,
		app.Approval{
			Digest:       "seen",
			Receipt:      "a receipt",
			Granted:      "{}",
			At:           db.Now(),
			CredentialID: d.CredentialID,
		}); err != nil {
		t.Fatal(err)
	}
	past, err := db.History(t.Context(), alice.ID, store.HistoryFilter{Before: db.Now().Add(time.Minute)}, 10)
	if err != nil || len(past) != 1 || past[0].ID != calm.ID || past[0].State != app.Approved ||
		past[0].Details != "{}" || past[0].Receipt != "" || past[0].Payload != "" {
		t.Errorf("history: %+v, %v", past, err)
	}
	if r := state(t, db, calm.ID); r.Receipt != "a receipt" || r.Payload != "a long payload" {
		t.Errorf("the request itself lacks receipt or payload: %+v", r)
	}
}
