package store_test

import (
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

func TestInvitationWorksOnce(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	invite := func() app.Invitation {
		inv, err := db.Invite(t.Context(), app.Operator, p.ID, app.NewID(), db.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return inv
	}
	enrol := func(id string) error {
		_, err := db.Enrol(t.Context(), app.Operator,
			store.Enrolment{
				InvitationID: id,
				Activation:   app.Activation{LinkAlone: true},
				Credential:   app.Credential{ID: app.NewID()},
				Device:       app.Device{PersonID: p.ID, SessionKey: app.NewID()},
				BrowserHash:  app.NewID(),
			})
		return err
	}
	first, second := invite(), invite()
	if err := enrol(first.ID); !errors.Is(err, app.ErrInvitationEnded) {
		t.Errorf("a link that a newer one replaced: %v, want ErrInvitationEnded", err)
	}
	if err := enrol(second.ID); err != nil {
		t.Errorf("first use: %v", err)
	}
	if err := enrol(second.ID); !errors.Is(err, app.ErrInvitationUsed) {
		t.Errorf("second use: %v, want ErrInvitationUsed", err)
	}
	third := invite()
	db.Clock.Advance(2 * time.Hour)
	if err := enrol(third.ID); !errors.Is(err, app.ErrInvitationEnded) {
		t.Errorf("a link past its time: %v, want ErrInvitationEnded", err)
	}
	if devices, err := db.Devices(t.Context(), p.ID); err != nil || len(devices) != 1 {
		t.Errorf("%d devices (%v), want 1: a refused link leaves nothing behind", len(devices), err)
	}
}

func TestSignInMakesOrContinuesADevice(t *testing.T) {
	base := func(d app.Device) store.SignIn {
		return store.SignIn{
			PersonID:     d.PersonID,
			CredentialID: d.CredentialID,
			Record:       "{}",
			SessionKey:   app.NewID(),
			BrowserHash:  app.NewID(),
			Name:         "Safari on iPhone",
			Platform:     "iphone",
		}
	}
	for _, c := range []struct {
		name string
		in   func(store.SignIn) store.SignIn
		wait time.Duration
		same bool
	}{
		{"unknown browser", func(s store.SignIn) store.SignIn { return s }, 0, false},
		{"known browser", func(s store.SignIn) store.SignIn { s.KnownBrowser = "the cookie"; return s }, 0, true},
		{"another browser's cookie", func(s store.SignIn) store.SignIn { s.KnownBrowser = "other"; return s }, 0,
			false},
		{"Home Screen app in time", func(s store.SignIn) store.SignIn { s.InApp = true; return s }, 29 * time.Minute,
			true},
		{"Home Screen app too late", func(s store.SignIn) store.SignIn { s.InApp = true; return s }, 31 * time.Minute,
			false},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			p := db.MustPerson("alice")
			inv, err := db.Invite(t.Context(), app.Operator, p.ID, app.NewID(), db.Now().Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			first, err := db.Enrol(t.Context(), app.Operator,
				store.Enrolment{
					InvitationID: inv.ID,
					Activation:   app.Activation{LinkAlone: true},
					Credential:   app.Credential{ID: app.NewID(), Record: "{}"},
					Device:       app.Device{PersonID: p.ID, SessionKey: "old", AppUntil: 1},
					BrowserHash:  "the cookie",
				})
			if err != nil {
				t.Fatal(err)
			}
			db.Clock.Advance(c.wait)
			in := c.in(base(first))
			d, err := db.SignIn(t.Context(), app.Operator, in)
			if err != nil {
				t.Fatal(err)
			}
			if (d.ID == first.ID) != c.same {
				t.Errorf("same device: %v, want %v", d.ID == first.ID, c.same)
			}
			now, err := db.Device(t.Context(), first.ID)
			if err != nil {
				t.Fatal(err)
			}
			if ended := now.SessionKey != "old"; ended != c.same {
				t.Errorf("the first session ended: %v, want %v", ended, c.same)
			}
		})
	}
}

func TestSignInTellsTheOthers(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	first := db.MustDevice(p)
	if err := db.Subscribe(t.Context(), storetest.On(first),
		app.Subscription{DeviceID: first.ID, Endpoint: "https://push.example/1", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SignIn(t.Context(), app.Operator,
		store.SignIn{PersonID: p.ID, CredentialID: first.CredentialID, SessionKey: "k", BrowserHash: "b"}); err != nil {
		t.Fatal(err)
	}
	j, ok, _, err := db.LeaseJob(t.Context(), app.JobPush, time.Minute)
	if err != nil || !ok || j.DeviceID != first.ID || j.Payload != string(app.NoticeDeviceAdded) {
		t.Errorf("job %+v (%v, %v), want a notice to the first device", j, ok, err)
	}
}

func TestRemovingADevice(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	first := db.MustDevice(p)
	second, err := db.SignIn(t.Context(), app.Operator,
		store.SignIn{PersonID: p.ID, CredentialID: first.CredentialID, Record: "{}", SessionKey: "k", BrowserHash: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Subscribe(t.Context(), storetest.On(first),
		app.Subscription{DeviceID: first.ID, Endpoint: "https://push.example/1", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	other := db.MustPerson("mallory")
	if err := db.RemoveDevice(t.Context(), app.Operator, other.ID, first.ID); !errors.Is(err, app.ErrUnknownDevice) {
		t.Errorf("removing another's device: %v, want ErrUnknownDevice", err)
	}
	if err := db.RemoveDevice(t.Context(), app.Operator, p.ID, first.ID); err != nil {
		t.Fatal(err)
	}
	if c, err := db.Credential(t.Context(), first.CredentialID); err != nil || c.RevokedAt != 0 {
		t.Errorf("the passkey that the other device uses was revoked (%v)", err)
	}
	if _, err := db.Subscription(t.Context(), first.ID); !errors.Is(err, app.ErrUnknownDevice) {
		t.Errorf("the subscription lives on: %v", err)
	}
	if err := db.RemoveDevice(t.Context(), app.Operator, p.ID, second.ID); err != nil {
		t.Fatal(err)
	}
	if c, err := db.Credential(t.Context(), first.CredentialID); err != nil || c.RevokedAt == 0 {
		t.Errorf("the passkey that no device uses lives on (%v)", err)
	}
	if ok, err := db.CanAnswer(t.Context(), p.ID); err != nil || ok {
		t.Errorf("can answer: %v (%v), want no", ok, err)
	}
	if _, err := db.SignIn(t.Context(), app.Operator,
		store.SignIn{
			PersonID:     p.ID,
			CredentialID: first.CredentialID,
			SessionKey:   "k2",
			BrowserHash:  "b2",
		}); !errors.Is(err,
		app.ErrUnknownPasskey) {
		t.Errorf("signing in with a revoked passkey: %v, want ErrUnknownPasskey", err)
	}
}

// Whoever lost every device has none left after a reset, and no passkey; what
// waited is cancelled, and another's devices are not touched.
func TestRemovingAllDevices(t *testing.T) {
	db := storetest.New(t)
	p, other := db.MustPerson("alice"), db.MustPerson("bob")
	first, second, bobs := db.MustDevice(p), db.MustDevice(p), db.MustDevice(other)
	r := db.MustRequest(p)
	if err := db.RemoveDevices(t.Context(), app.Operator, p.ID); err != nil {
		t.Fatal(err)
	}
	db.Reopen()
	for _, d := range []app.Device{first, second} {
		if now, err := db.Device(t.Context(), d.ID); err != nil || now.State != app.DeviceRemoved {
			t.Errorf("a device is %s (%v)", now.State, err)
		}
		if c, err := db.Credential(t.Context(), d.CredentialID); err != nil || c.RevokedAt == 0 {
			t.Errorf("its passkey lives on (%v)", err)
		}
	}
	if now, err := db.Request(t.Context(), r.ID); err != nil || now.State != app.Cancelled ||
		now.Delivery != app.DeliveryWaiting {
		t.Errorf("what waited is %s, delivery %s (%v)", now.State, now.Delivery, err)
	}
	if ok, err := db.CanAnswer(t.Context(), other.ID); err != nil || !ok {
		t.Errorf("the other can answer: %v (%v)", ok, err)
	}
	if now, err := db.Device(t.Context(), bobs.ID); err != nil || now.State != app.DeviceActive {
		t.Errorf("the other's device is %s (%v)", now.State, err)
	}
	if err := db.RemoveDevices(t.Context(), app.Operator, p.ID); err != nil {
		t.Errorf("again: %v", err)
	}
	if rows, err := db.AuditOf(t.Context(), "device.remove", 10); err != nil || len(rows) != 2 {
		t.Errorf("%d rows in the audit (%v), want 2", len(rows), err)
	}
	if err := db.RemoveDevices(t.Context(), app.Operator, "nobody"); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("of nobody: %v", err)
	}
}

// A device that its person doesn't know takes the passkey with it, which is
// synced to whoever set that device up; those who share it can't sign any more.
func TestDisowningADevice(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	first := db.MustDevice(p)
	strange, err := db.SignIn(t.Context(), app.Operator,
		store.SignIn{PersonID: p.ID, CredentialID: first.CredentialID, Record: "{}", SessionKey: "k", BrowserHash: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.DisownDevice(t.Context(), storetest.On(first), db.MustPerson("mallory").ID,
		strange.ID); !errors.Is(err, app.ErrUnknownDevice) {
		t.Errorf("disowning another's device: %v, want ErrUnknownDevice", err)
	}
	if err := db.DisownDevice(t.Context(), storetest.On(first), p.ID, strange.ID); err != nil {
		t.Fatal(err)
	}
	if d, err := db.Device(t.Context(), strange.ID); err != nil || d.State != app.DeviceRemoved {
		t.Errorf("it is %s (%v)", d.State, err)
	}
	if d, err := db.Device(t.Context(), first.ID); err != nil || d.State != app.DeviceActive {
		t.Errorf("the other is %s (%v)", d.State, err)
	}
	if _, err := db.SignIn(t.Context(), app.Operator,
		store.SignIn{
			PersonID:     p.ID,
			CredentialID: first.CredentialID,
			SessionKey:   "k2",
			BrowserHash:  "b2",
		}); !errors.Is(err,
		app.ErrUnknownPasskey) {
		t.Errorf("the passkey signs in again: %v", err)
	}
}

// The link that a device gives is of no use once that device is gone.
func TestLinkOfALostDevice(t *testing.T) {
	for _, lost := range []bool{false, true} {
		db := storetest.New(t)
		p := db.MustPerson("alice")
		d := db.MustDevice(p)
		inv, err := db.InviteFrom(t.Context(), storetest.On(d), "hash", true, db.Now().Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if lost {
			if err := db.RemoveDevice(t.Context(), app.Operator, p.ID, d.ID); err != nil {
				t.Fatal(err)
			}
		}
		next, err := db.Enrol(t.Context(), app.Operator,
			store.Enrolment{InvitationID: inv.ID, Credential: app.Credential{ID: "c2", Record: "{}"},
				Device:      app.Device{PersonID: p.ID, Name: "New", Platform: "android", SessionKey: "k2"},
				BrowserHash: "b2"})
		if lost {
			if !errors.Is(err, app.ErrInvitationEnded) {
				t.Errorf("after the device was removed: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if old, err := db.Device(t.Context(), d.ID); err != nil || old.State != app.DeviceRemoved ||
			next.State != app.DeviceActive {
			t.Errorf("the old one is %s, the new one %s (%v)", old.State, next.State, err)
		}
	}
}

func TestEndpointBelongsToOneDevice(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	a, b := db.MustDevice(p), db.MustDevice(p)
	sub := func(d app.Device) error {
		return db.Subscribe(t.Context(), storetest.On(d),
			app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/same", P256DH: "p", Auth: "a"})
	}
	if err := errors.Join(sub(a), sub(b)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Subscription(t.Context(), a.ID); !errors.Is(err, app.ErrUnknownDevice) {
		t.Errorf("the first device still has the endpoint: %v", err)
	}
	old, err := db.Subscription(t.Context(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	fresh := app.Subscription{DeviceID: b.ID, Endpoint: "https://push.example/new", P256DH: "p", Auth: "a"}
	if err := db.Subscribe(t.Context(), storetest.On(b), fresh); err != nil {
		t.Fatal(err)
	}
	if err := db.Pushed(t.Context(), old, app.Job{}, false, true, "410"); err != nil {
		t.Fatal(err)
	}
	if s, err := db.Subscription(t.Context(), b.ID); err != nil || s.Endpoint != fresh.Endpoint {
		t.Errorf("a verdict over the old subscription ended the new one (%v)", err)
	}
}

func TestCeremonyIsTakenOnce(t *testing.T) {
	db := storetest.New(t)
	put := func(id string) {
		if err := db.PutCeremony(t.Context(),
			store.Ceremony{
				ID:        id,
				Purpose:   "approval",
				Session:   "{}",
				ExpiresAt: db.Now().Add(time.Minute),
			}); err != nil {
			t.Fatal(err)
		}
	}
	put("a")
	if _, err := db.TakeCeremony(t.Context(), "sign-in", "a"); !errors.Is(err, app.ErrCeremony) {
		t.Errorf("taken for another purpose: %v", err)
	}
	if _, err := db.TakeCeremony(t.Context(), "approval", "a"); err != nil {
		t.Errorf("first: %v", err)
	}
	if _, err := db.TakeCeremony(t.Context(), "approval", "a"); !errors.Is(err, app.ErrCeremony) {
		t.Errorf("second: %v, want ErrCeremony", err)
	}
	put("b")
	db.Clock.Advance(2 * time.Minute)
	if _, err := db.TakeCeremony(t.Context(), "approval", "b"); !errors.Is(err, app.ErrCeremony) {
		t.Errorf("past its time: %v, want ErrCeremony", err)
	}
}

func signIn(db *storetest.DB, d app.Device, credential, known string) (app.Device, error) {
	return db.SignIn(db.T.Context(), app.System,
		store.SignIn{PersonID: d.PersonID, CredentialID: credential, Record: "{}", SessionKey: app.NewID(),
			BrowserHash: app.NewID(), KnownBrowser: known, Name: "Another", Platform: "android"})
}

func TestASuspendedDeviceIsNotAnewWithoutItsCookies(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	if err := db.SetDeviceState(t.Context(), app.Operator, dev.ID, app.DeviceSuspended); err != nil {
		t.Fatal(err)
	}
	if d, err := signIn(db, dev, dev.CredentialID, ""); !errors.Is(err, app.ErrSuspended) {
		t.Errorf("the passkey of a suspended device made device %q: %v", d.Name, err)
	}
	if ok, err := db.CanAnswer(t.Context(), alice.ID); ok || err != nil {
		t.Errorf("she can answer: %v %v", ok, err)
	}
}

func TestNoPasskeyOutlivesTheDevicesThatUsedIt(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	phone, laptop := db.MustDevice(alice), db.MustDevice(alice)
	hash := store.BrowserHash(db.Store, phone.ID)
	// The phone's browser signs in with the laptop's passkey, which synced: its own is used by none.
	if d, err := signIn(db, phone, laptop.CredentialID, hash); err != nil || d.ID != phone.ID {
		t.Fatalf("%+v %v", d, err)
	}
	for _, d := range []app.Device{phone, laptop} {
		if err := db.RemoveDevice(t.Context(), app.Operator, alice.ID, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := db.Credentials(t.Context(), alice.ID); err != nil || len(left) != 0 {
		t.Errorf("%d passkeys live on: %v", len(left), err)
	}
}

func TestSomebodyElseOnABrowserEndsItsNotices(t *testing.T) {
	db := storetest.New(t)
	alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
	alices, bobs := db.MustDevice(alice), db.MustDevice(bob)
	if err := db.Subscribe(t.Context(), storetest.On(alices),
		app.Subscription{DeviceID: alices.ID, Endpoint: "https://push.example/1", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := signIn(db, bobs, bobs.CredentialID, store.BrowserHash(db.Store, alices.ID)); err != nil {
		t.Fatal(err)
	}
	subs, err := db.Subscriptions(t.Context(), alice.ID)
	if err != nil || len(subs) != 1 || subs[0].EndedAt == 0 {
		t.Errorf("alice's subscription lives on in bob's browser: %+v %v", subs, err)
	}
	if d, err := db.Device(t.Context(), alices.ID); err != nil || d.SessionKey == alices.SessionKey {
		t.Errorf("so does her session: %v", err)
	}
	db.MustRequest(alice)
	if n := jobs(t, db); n != 0 {
		t.Errorf("%d notices of alice's request go there", n)
	}
}
