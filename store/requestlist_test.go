package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

func TestListOfRequests(t *testing.T) {
	db := storetest.New(t)
	alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
	dev := db.MustDevice(alice)
	var all []app.Request
	for i, p := range []app.Person{alice, bob, alice, alice} {
		all = append(all, db.MustRequest(p))
		if i != 1 { // two of one moment
			db.Clock.Advance(time.Second)
		}
	}
	if err := db.Deny(t.Context(), storetest.On(dev), all[2].ID, app.ReasonPerson); err != nil {
		t.Fatal(err)
	}
	if err := db.Delivered(t.Context(), all[2], app.DeliveryFailed, "http_500"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		filter store.RequestFilter
		want   []int
		index  string
	}{
		{"all", store.RequestFilter{}, []int{3, 2, 1, 0}, "requests_created"},
		{"pending", store.RequestFilter{State: app.Pending}, []int{3, 1, 0}, "requests_state"},
		{"failed", store.RequestFilter{Delivery: app.DeliveryFailed}, []int{2}, "requests_undelivered"},
		{"of bob", store.RequestFilter{PersonID: bob.ID}, []int{1}, "requests_recent"},
		{"of the till", store.RequestFilter{ClientID: "till"}, []int{3, 2, 1, 0}, "requests_client"},
		{"of nobody", store.RequestFilter{ClientID: "nobody"}, nil, "requests_client"},
		{"by reference", store.RequestFilter{Ref: " " + strings.ToLower(all[0].Ref)}, []int{0}, "requests_ref"},
		{"denied by alice", store.RequestFilter{State: app.Denied, PersonID: alice.ID}, []int{2}, ""},
	} {
		var want []string
		for _, i := range c.want {
			want = append(want, all[i].ID)
		}
		for _, limit := range []int{1, 3, 10} {
			var got []string
			after := ""
			for range 10 {
				rows, next, err := db.Requests(t.Context(), c.filter, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					got = append(got, r.ID)
				}
				if after = next; next == "" {
					break
				}
			}
			slices.Sort(got)
			sorted := slices.Sorted(slices.Values(want))
			if !slices.Equal(got, sorted) {
				t.Errorf("%s by %d: %v, want %v", c.name, limit, got, sorted)
			}
		}
		plan, err := store.RequestsPlan(t.Context(), db.Reader, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "\n"); !strings.Contains(text, c.index) || strings.Contains(text, "SCAN") {
			t.Errorf("%s:\n%s", c.name, text)
		}
	}
}

// Retention reads what it hasn't erased yet, and no more.
func TestRetentionFindsWhatIsLeftByAnIndex(t *testing.T) {
	db := storetest.New(t)
	plan, err := store.EmptyPlan(t.Context(), db.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(plan, "\n"); !strings.Contains(text, "requests_to_empty") {
		t.Error(text)
	}
}

func TestRetryOfADelivery(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	dev := db.MustDevice(p)
	r := db.MustRequest(p)
	if err := db.RetryDelivery(t.Context(), app.Operator, r.ID); !errors.Is(err, app.ErrNotFailed) {
		t.Errorf("of one that waits for its person: %v", err)
	}
	if err := db.Deny(t.Context(), storetest.On(dev), r.ID, app.ReasonPerson); err != nil {
		t.Fatal(err)
	}
	j, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Minute)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	db.Clock.Advance(time.Hour)
	if err := db.JobDead(t.Context(), j, "no answer"); err != nil {
		t.Fatal(err)
	}
	if err := db.Delivered(t.Context(), r, app.DeliveryFailed, "no answer"); err != nil {
		t.Fatal(err)
	}
	if err := db.RetryDelivery(t.Context(), app.Operator, r.ID); err != nil {
		t.Fatal(err)
	}
	again, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Minute)
	if err != nil || !ok || again.RequestID != r.ID || again.Deadline.Sub(db.Now()) < 5*time.Minute {
		t.Errorf("the job is %+v, %v, %v", again, ok, err)
	}
	if now, err := db.Request(t.Context(), r.ID); err != nil || now.Delivery != app.DeliveryWaiting ||
		now.State != app.Denied {
		t.Errorf("the request is %s, its delivery %s (%v)", now.State, now.Delivery, err)
	}
}

// A retry knows that an earlier try may have taken effect, and one whose grant
// was erased isn't made.
func TestRetryKeepsTheDoubt(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	dev := db.MustDevice(p)
	r := db.MustRequest(p)
	if err := db.Shown(t.Context(), storetest.On(dev), r.ID, "{}", "seen", ""); err != nil {
		t.Fatal(err)
	}
	if err := db.Approve(t.Context(), storetest.On(dev), r.ID,
		app.Approval{Digest: "seen", At: db.Now(), CredentialID: dev.CredentialID, Granted: "{}"}); err != nil {
		t.Fatal(err)
	}
	tried, _, err := db.BeginDelivery(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.DeliveryTried(t.Context(), tried, true, "timeout"); err != nil {
		t.Fatal(err)
	}
	stored, err := db.Request(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Delivered(t.Context(), stored, app.DeliveryFailed, "out of time"); err != nil {
		t.Fatal(err)
	}
	if err := db.RetryDelivery(t.Context(), app.Operator, r.ID); err != nil {
		t.Fatal(err)
	}
	again, ok, err := db.BeginDelivery(t.Context(), r.ID)
	if err != nil || !ok || !again.DeliveryUnsure {
		t.Fatalf("%v %v, unsure %v", ok, err, again.DeliveryUnsure)
	}
	if err := db.Delivered(t.Context(), again, app.DeliveryFailed, "refused"); err != nil {
		t.Fatal(err)
	}
	must(t, rawDB(t, db.Dir), `UPDATE requests SET granted = ''`)
	if err := db.RetryDelivery(t.Context(), app.Operator, r.ID); !errors.Is(err, app.ErrNotFailed) {
		t.Errorf("with nothing left to tell: %v", err)
	}
}

// A test goes to one device, and whatever becomes of it, nobody is told.
func TestTestRequests(t *testing.T) {
	answers := map[string]func(context.Context, *storetest.DB, app.Device, string) error{
		"approved": func(ctx context.Context, db *storetest.DB, d app.Device, id string) error {
			if err := db.Shown(ctx, storetest.On(d), id, "{}", "seen", ""); err != nil {
				return err
			}
			return db.Approve(ctx, storetest.On(d), id,
				app.Approval{Digest: "seen", Granted: "{}", Receipt: "r", At: db.Now(), CredentialID: d.CredentialID})
		},
		"denied": func(ctx context.Context, db *storetest.DB, d app.Device, id string) error {
			return db.Deny(ctx, storetest.On(d), id, app.ReasonPerson)
		},
		"cancelled": func(ctx context.Context, db *storetest.DB, _ app.Device, id string) error {
			return db.Cancel(ctx, app.Operator, id, app.ReasonOperator, true)
		},
		"suspended": func(ctx context.Context, db *storetest.DB, d app.Device, _ string) error {
			return db.SetPersonState(ctx, app.Operator, d.PersonID, app.PersonSuspended)
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			db := storetest.New(t)
			p := db.MustPerson("alice")
			dev, other := db.MustDevice(p), db.MustDevice(p)
			for _, d := range []app.Device{dev, other} {
				if err := db.Subscribe(t.Context(), storetest.On(d),
					app.Subscription{
						DeviceID: d.ID,
						Endpoint: "https://push.example/" + d.ID,
						P256DH:   "p",
						Auth:     "a",
					}); err != nil {
					t.Fatal(err)
				}
			}
			r, err := db.StartTest(t.Context(), app.Operator, dev.ID, "Northmoor", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			j, ok, _, err := db.LeaseJob(t.Context(), app.JobPush, time.Minute)
			if err != nil || !ok || j.DeviceID != dev.ID || j.RequestID != r.ID {
				t.Errorf("the notice is %+v, %v, %v", j, ok, err)
			}
			if _, ok, _, err := db.LeaseJob(t.Context(), app.JobPush, time.Minute); ok || err != nil {
				t.Errorf("another device is notified too (%v)", err)
			}
			if err := answer(t.Context(), db, dev, r.ID); err != nil {
				t.Fatal(err)
			}
			now, err := db.Request(t.Context(), r.ID)
			if err != nil || now.State == app.Pending || now.Delivery != app.DeliveryNone {
				t.Errorf("the test is %s, its delivery %s (%v)", now.State, now.Delivery, err)
			}
			if j, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Minute); ok || err != nil {
				t.Errorf("ACP is told: %+v, %v", j, err)
			}
		})
	}
}

// Tests ring a phone: one waits on a device at a time, and an administrator sends
// ten within an hour, to whatever devices.
func TestTestsDoNotRingOnAndOn(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	first, second := db.MustDevice(p), db.MustDevice(p)
	opal := app.Actor{Kind: app.ActorAdmin, ID: "opal"}
	send := func(by app.Actor, d app.Device) (app.Request, error) {
		return db.StartTest(t.Context(), by, d.ID, "Northmoor", 5*time.Minute)
	}
	sent, err := send(opal, first)
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []app.Actor{opal, {Kind: app.ActorAdmin, ID: "another"}} {
		if _, err := send(by, first); !errors.Is(err, app.ErrTestOpen) {
			t.Errorf("%s, while one waits: %v", by.ID, err)
		}
	}
	if _, err := send(opal, second); err != nil {
		t.Errorf("to the person's other device: %v", err)
	}
	if err := db.Deny(t.Context(), storetest.On(first), sent.ID, app.ReasonPerson); err != nil {
		t.Fatal(err)
	}
	for i := range 8 { // once it was answered, and then once it has ended
		if _, err := send(opal, first); err != nil {
			t.Fatalf("test %d: %v", i+3, err)
		}
		db.Clock.Advance(5 * time.Minute)
	}
	var wait *app.Error
	if _, err := send(opal, first); !errors.As(err, &wait) || wait.Code != app.ErrManyTests.Code ||
		wait.RetryAfter != 20*time.Minute {
		t.Errorf("the eleventh within an hour: %v, to wait %v", err, wait)
	}
	if _, err := send(app.Actor{Kind: app.ActorAdmin, ID: "another"}, second); err != nil {
		t.Errorf("of another administrator: %v", err)
	}
	db.Clock.Advance(20 * time.Minute)
	if _, err := send(opal, first); err != nil {
		t.Errorf("an hour after the first: %v", err)
	}
	if rows, err := db.AuditOf(t.Context(), "request.test", 50); err != nil || len(rows) != 12 {
		t.Errorf("%d tests in the audit, want 12 (%v)", len(rows), err)
	}
}
