package store_test

import (
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// What is computed of a person is right after every change of what it is
// computed from.
func TestComputedValues(t *testing.T) {
	db := storetest.New(t)
	ctx := t.Context()
	alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
	theirs := db.MustDevice(bob)
	var d, second app.Device
	subscribe := func(endpoint string, d app.Device) error {
		return db.Subscribe(ctx, storetest.On(d),
			app.Subscription{DeviceID: d.ID, Endpoint: endpoint, P256DH: "p", Auth: "a"})
	}
	subscribed := func(endpoint string) func() error {
		return func() error {
			if err := subscribe(endpoint, d); err != nil {
				return err
			}
			return db.NoticeOpened(ctx, storetest.On(d), "")
		}
	}
	link := func() error {
		_, err := db.InviteFrom(ctx, storetest.On(d), app.NewID(), false, db.Now().Add(time.Hour))
		return err
	}
	state := func(s app.DeviceState) func() error {
		return func() error { return db.SetDeviceState(ctx, app.Operator, d.ID, s) }
	}
	for _, step := range []struct {
		name    string
		change  func() error
		want    app.Standing
		invited bool
	}{
		{"a link", func() error {
			_, err := db.Invite(ctx, app.Operator, alice.ID, app.NewID(), db.Now().Add(time.Hour))
			return err
		}, app.StandingBare, true},
		{"its end", func() error { return db.EndInvitations(ctx, app.Operator, alice.ID) }, app.StandingBare, false},
		{"a device", func() error { d = db.MustDevice(alice); return nil }, app.StandingUnheard, false},
		{"notifications", subscribed("https://push.example/1"), app.StandingReady, false},
		{"another's device in the browser", func() error { return subscribe("https://push.example/1", theirs) },
			app.StandingUnheard, false},
		{"notifications again", subscribed("https://push.example/2"), app.StandingReady, false},
		{"their end", func() error {
			sub := app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/2"}
			return db.Pushed(ctx, sub, app.Job{}, false, true, "410")
		}, app.StandingUnheard, false},
		{"notifications once more", subscribed("https://push.example/3"), app.StandingReady, false},
		{"a suspended device", state(app.DeviceSuspended), app.StandingBare, false},
		{"an active device", state(app.DeviceActive), app.StandingReady, false},
		{"signing out", func() error { return db.SignOut(ctx, app.Actor{Kind: app.ActorDevice, ID: d.ID}, d.ID) },
			app.StandingUnheard, false},
		{"a device's link", link, app.StandingUnheard, true},
		{"which time ends", func() error {
			db.Clock.Advance(2 * time.Hour)
			return db.EndDue(ctx)
		}, app.StandingUnheard, false},
		{"a device's second link", link, app.StandingUnheard, true},
		{"which the person stops", func() error {
			coming, err := db.Coming(ctx, alice.ID)
			if err != nil || len(coming) != 1 {
				t.Fatal(coming, err)
			}
			return db.StopComing(ctx, storetest.On(d), coming[0].ID)
		}, app.StandingUnheard, false},
		{"a device's third link", link, app.StandingUnheard, true},
		{"whose device is suspended", state(app.DeviceSuspended), app.StandingBare, false},
		{"a second device", func() error { second = db.MustDevice(alice); return nil }, app.StandingUnheard, false},
		{"which is removed", func() error { return db.RemoveDevice(ctx, app.Operator, alice.ID, second.ID) },
			app.StandingBare, false},
		{"the first one again", state(app.DeviceActive), app.StandingUnheard, false},
		{"its passkey ended", func() error { return db.DisownDevice(ctx, app.Operator, alice.ID, d.ID) },
			app.StandingBare, false},
		{"a letter", func() error {
			_, err := db.InviteByLetter(ctx, app.Operator, alice.ID, app.NewID(), db.Now().Add(time.Hour))
			return err
		}, app.StandingBare, true},
		{"a suspended person",
			func() error { return db.SetPersonState(ctx, app.Operator, alice.ID, app.PersonSuspended) },
			app.StandingBare, false},
		{"a third device", func() error {
			if err := db.SetPersonState(ctx, app.Operator, alice.ID, app.PersonActive); err != nil {
				return err
			}
			d = db.MustDevice(alice)
			return link()
		}, app.StandingUnheard, true},
		{"an erased person", func() error { return db.ErasePerson(ctx, app.Operator, alice.ID) }, app.StandingBare,
			false},
	} {
		if err := step.change(); err != nil {
			t.Fatal(step.name, err)
		}
		got, until, err := db.Standing(ctx, alice.ID)
		if err != nil || got != step.want || (until != 0) != step.invited {
			t.Errorf("%s: standing %s, invited until %d, want %s, %v (%v)", step.name, got, until, step.want,
				step.invited, err)
		}
		if wrong, err := db.Miscounts(ctx); err != nil || len(wrong) > 0 {
			t.Fatalf("%s: %v (%v)", step.name, wrong, err)
		}
	}
}

// A stored value that isn't what it is computed from is found.
func TestMiscounts(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	db.MustDevice(p)
	for _, c := range []struct {
		query string
		want  store.Miscount
	}{
		{`UPDATE persons SET standing = 'ready'`,
			store.Miscount{Of: "standing", ID: p.ID, Stored: "ready", Counted: "deaf"}},
		{`UPDATE persons SET standing = 'deaf', invited_until = 7`,
			store.Miscount{Of: "invited_until", ID: p.ID, Stored: "7", Counted: "0"}},
		{`UPDATE tallies SET n = 3`, store.Miscount{Of: "people", Stored: "3", Counted: "1"}},
	} {
		db.Tamper(c.query)
		if got, err := db.Miscounts(t.Context()); err != nil || len(got) == 0 || got[len(got)-1] != c.want {
			t.Errorf("%s: %v (%v)", c.query, got, err)
		}
	}
}
