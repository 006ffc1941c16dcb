package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/store/storetest"
)

// told leases the push jobs that are due and gives the notice of each device.
func told(t *testing.T, db *storetest.DB) map[string]app.Notice {
	t.Helper()
	out := map[string]app.Notice{}
	for {
		j, ok, _, err := db.LeaseJob(t.Context(), app.JobPush, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		out[j.DeviceID] = app.Notice(j.Payload)
		if err := db.JobDone(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
}

// When a request no longer waits, the devices that showed it are told, but for
// the one that answered; a notice that wasn't sent yet isn't sent any more.
func TestHandledNotices(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(ctx context.Context, db *storetest.DB, by app.Device, id string) error
		told string // who is told: "others", "all" or "none" of those that showed it
	}{
		{"denied", func(ctx context.Context, db *storetest.DB, by app.Device, id string) error {
			return db.Deny(ctx, storetest.On(by), id, app.ReasonPerson)
		}, "others"},
		{"approved", func(ctx context.Context, db *storetest.DB, by app.Device, id string) error {
			return errors.Join(db.Shown(ctx, storetest.On(by), id, "{}", "seen", ""),
				db.Approve(ctx, storetest.On(by), id,
					app.Approval{
						Digest:       "seen",
						Granted:      "{}",
						Receipt:      "r",
						At:           db.Now(),
						CredentialID: by.CredentialID,
					}))
		}, "others"},
		{"denied in a burst", func(ctx context.Context, db *storetest.DB, by app.Device, _ string) error {
			_, err := db.DenyAll(ctx, storetest.On(by), "till", app.ReasonPerson)
			return err
		}, "others"},
		{"cancelled", func(ctx context.Context, db *storetest.DB, _ app.Device, id string) error {
			return db.Cancel(ctx, app.System, id, app.ReasonGone, false)
		}, "all"},
		{"expired", func(ctx context.Context, db *storetest.DB, _ app.Device, _ string) error {
			db.Clock.Advance(time.Hour)
			_, err := db.Expire(ctx)
			return err
		}, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			p := db.MustPerson("alice")
			answers, other, late := db.MustDevice(p), db.MustDevice(p), db.MustDevice(p)
			subs := map[string]app.Subscription{}
			for _, d := range []app.Device{answers, other, late} {
				subs[d.ID] = app.Subscription{
					DeviceID: d.ID,
					Endpoint: "https://push.example/" + d.ID,
					P256DH:   "p",
					Auth:     "a",
				}
				if err := db.Subscribe(t.Context(), storetest.On(d), subs[d.ID]); err != nil {
					t.Fatal(err)
				}
			}
			r := db.MustRequest(p)
			for range 2 { // the late device's notice is held up
				j, ok, _, err := db.LeaseJob(t.Context(), app.JobPush, time.Minute)
				if err != nil || !ok {
					t.Fatal(ok, err)
				}
				if j.DeviceID == late.ID {
					if err := db.JobLater(t.Context(), j, db.Now().Add(time.Second), "503"); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, d := range []app.Device{answers, other} {
				if err := db.Pushed(t.Context(), subs[d.ID],
					app.Job{RequestID: r.ID, Payload: string(app.NoticeRequest)}, true, false, "201"); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.end(t.Context(), db, answers, r.ID); err != nil {
				t.Fatal(err)
			}
			db.Clock.Advance(2 * time.Second)
			got := told(t, db)
			want := map[string]app.Notice{}
			switch c.told {
			case "all":
				want[answers.ID], want[other.ID] = app.NoticeHandled, app.NoticeHandled
			case "others":
				want[other.ID] = app.NoticeHandled
			}
			if c.told == "none" {
				for id, n := range got {
					if n == app.NoticeHandled {
						t.Errorf("%s is told", id)
					}
				}
				return
			}
			if len(got) != len(want) {
				t.Errorf("told are %v, want %v", got, want)
			}
			for id, n := range want {
				if got[id] != n {
					t.Errorf("told are %v, want %v", got, want)
				}
			}
		})
	}
}

func TestTestPush(t *testing.T) {
	db := storetest.New(t)
	d := db.MustDevice(db.MustPerson("alice"))
	if err := db.TestPush(t.Context(), storetest.On(d)); !errors.Is(err, app.ErrNoPush) {
		t.Errorf("without a subscription: %v", err)
	}
	if err := db.Subscribe(t.Context(), storetest.On(d),
		app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/1", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := db.TestPush(t.Context(), storetest.On(d)); err != nil {
		t.Fatal(err)
	}
	if err := db.TestPush(t.Context(), storetest.On(d)); !errors.Is(err, app.ErrTooMany) {
		t.Errorf("at once again: %v", err)
	}
	if got := told(t, db); got[d.ID] != app.NoticeTest || len(got) != 1 {
		t.Errorf("told are %v", got)
	}
	proven := func() bool {
		t.Helper()
		sub, err := db.Subscription(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		return sub.ProvenAt != 0
	}
	if proven() {
		t.Error("proven before anything was opened")
	}
	if err := db.NoticeOpened(t.Context(), storetest.On(d), ""); err != nil || !proven() {
		t.Errorf("opened and not proven (%v)", err)
	}
	// Another subscription has to be tried again, also within the minute in which
	// openings count once.
	if err := db.Subscribe(t.Context(), storetest.On(d),
		app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/2", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	if proven() {
		t.Error("a new subscription is proven by the old one")
	}
	if err := db.NoticeOpened(t.Context(), storetest.On(d), ""); err != nil || !proven() {
		t.Errorf("opened and not proven (%v)", err)
	}
	db.Clock.Advance(time.Minute)
	if err := db.TestPush(t.Context(), storetest.On(d)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// A notice that its push service accepts only after the request is over is
// taken back, on the device that answered too; the notice that takes it back
// isn't, and of a request whose time ran out nothing is said.
func TestNoticeOvertaken(t *testing.T) {
	answer := func(ctx context.Context, db *storetest.DB, by app.Device, id string) error {
		return db.Deny(ctx, storetest.On(by), id, app.ReasonPerson)
	}
	for _, c := range []struct {
		name     string
		end      func(ctx context.Context, db *storetest.DB, by app.Device, id string) error
		notice   app.Notice
		accepted bool
		told     bool
	}{
		{"answered meanwhile", answer, app.NoticeRequest, true, true},
		{"cancelled meanwhile", func(ctx context.Context, db *storetest.DB, _ app.Device, id string) error {
			return db.Cancel(ctx, app.System, id, app.ReasonGone, false)
		}, app.NoticeRequest, true, true},
		{"refused", answer, app.NoticeRequest, false, false},
		{"taken back already", answer, app.NoticeHandled, true, false},
		{"still waits", func(context.Context, *storetest.DB, app.Device, string) error { return nil },
			app.NoticeRequest, true, false},
		{"expired meanwhile", func(ctx context.Context, db *storetest.DB, _ app.Device, _ string) error {
			db.Clock.Advance(time.Hour)
			_, err := db.Expire(ctx)
			return err
		}, app.NoticeRequest, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			p := db.MustPerson("alice")
			d := db.MustDevice(p)
			sub := app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/1", P256DH: "p", Auth: "a"}
			if err := db.Subscribe(t.Context(), storetest.On(d), sub); err != nil {
				t.Fatal(err)
			}
			r := db.MustRequest(p)
			j, ok, _, err := db.LeaseJob(t.Context(), app.JobPush, 2*time.Hour)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			j.Payload = string(c.notice)
			if err := c.end(t.Context(), db, d, r.ID); err != nil {
				t.Fatal(err)
			}
			if err := db.Pushed(t.Context(), sub, j, c.accepted, false, "an answer"); err != nil {
				t.Fatal(err)
			}
			if err := db.JobDone(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			if got := told(t, db); (got[d.ID] == app.NoticeHandled) != c.told || len(got) > 1 {
				t.Errorf("told are %v, want it to be %v", got, c.told)
			}
		})
	}
}

// What a push service has ended isn't taken again, from whichever device; what
// ended by signing out is.
func TestSubscribingAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(ctx context.Context, db *storetest.DB, d app.Device, sub app.Subscription) error
		want error
	}{
		{"ended by the push service",
			func(ctx context.Context, db *storetest.DB, _ app.Device, sub app.Subscription) error {
				return db.Pushed(ctx, sub, app.Job{}, false, true, "gone (410)")
			}, app.ErrPushGone},
		{"busy for a while", func(ctx context.Context, db *storetest.DB, _ app.Device, sub app.Subscription) error {
			return db.Pushed(ctx, sub, app.Job{}, false, false, "retry (503)")
		}, nil},
		{"signed out", func(ctx context.Context, db *storetest.DB, d app.Device, _ app.Subscription) error {
			return db.SignOut(ctx, storetest.On(d), d.ID)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			p := db.MustPerson("alice")
			d, next := db.MustDevice(p), db.MustDevice(p)
			sub := app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/1", P256DH: "p", Auth: "a"}
			if err := db.Subscribe(t.Context(), storetest.On(d), sub); err != nil {
				t.Fatal(err)
			}
			if err := c.end(t.Context(), db, d, sub); err != nil {
				t.Fatal(err)
			}
			for _, by := range []app.Device{d, next} {
				sub.DeviceID = by.ID
				if err := db.Subscribe(t.Context(), storetest.On(by), sub); !errors.Is(err, c.want) {
					t.Fatalf("the same again: %v, want %v", err, c.want)
				}
				if _, err := db.Subscription(t.Context(), by.ID); (err == nil) != (c.want == nil) {
					t.Errorf("afterwards: %v", err)
				}
			}
			sub.Endpoint = "https://push.example/2"
			if err := db.Subscribe(t.Context(), storetest.On(next), sub); err != nil {
				t.Errorf("another: %v", err)
			}
		})
	}
}
