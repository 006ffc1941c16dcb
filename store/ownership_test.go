package store_test

import (
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// shared is somebody two of whose devices sign with one passkey, as it is when
// it is synced; a third has its own.
type shared struct {
	*storetest.DB
	who                 app.Person
	phone, copy, laptop app.Device // copy shares the phone's passkey
}

func share(t *testing.T) *shared {
	t.Helper()
	db := storetest.New(t)
	s := &shared{DB: db, who: db.MustPerson("ada")}
	s.phone, s.laptop = db.MustDevice(s.who), db.MustDevice(s.who)
	var err error
	if s.copy, err = signIn(db, s.phone, s.phone.CredentialID, ""); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shared) link(d app.Device) app.Invitation {
	s.T.Helper()
	inv, err := s.InviteFrom(s.T.Context(), storetest.On(d), app.NewID(), false, s.Now().Add(10*time.Minute))
	if err != nil {
		s.T.Fatal(err)
	}
	return inv
}

func (s *shared) enrol(inv app.Invitation) error {
	i := invited{DB: s.DB, who: s.who, inv: inv}
	return i.enrol(app.Activation{})
}

func (s *shared) subscribe(d app.Device) {
	s.T.Helper()
	if err := s.Subscribe(s.T.Context(), storetest.On(d),
		app.Subscription{
			DeviceID: d.ID,
			Endpoint: "https://push.example/" + d.ID,
			P256DH:   "p",
			Auth:     "a",
		}); err != nil {
		s.T.Fatal(err)
	}
}

// A link is worth what the passkey is worth that approved it.
func TestLinkEndsWithThePasskeyThatApprovedIt(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*shared) error
		want error
	}{
		{"while all is well", func(*shared) error { return nil }, nil},
		{"a device that shares the passkey is disowned", func(s *shared) error {
			return s.DisownDevice(s.T.Context(), storetest.On(s.laptop), s.who.ID, s.phone.ID)
		}, app.ErrInvitationEnded},
		{"the device is disowned", func(s *shared) error {
			return s.DisownDevice(s.T.Context(), storetest.On(s.laptop), s.who.ID, s.copy.ID)
		}, app.ErrInvitationEnded},
		{"the device is removed", func(s *shared) error {
			return s.RemoveDevice(s.T.Context(), storetest.On(s.laptop), s.who.ID, s.copy.ID)
		}, app.ErrInvitationEnded},
		{"the device is suspended, and let in again", func(s *shared) error {
			return errors.Join(s.SetDeviceState(s.T.Context(), app.Operator, s.copy.ID, app.DeviceSuspended),
				s.SetDeviceState(s.T.Context(), app.Operator, s.copy.ID, app.DeviceActive))
		}, app.ErrInvitationEnded},
		{"the device signs out", func(s *shared) error {
			return s.SignOut(s.T.Context(), storetest.On(s.copy), s.copy.ID)
		}, app.ErrInvitationEnded},
		{"somebody else uses the browser", func(s *shared) error {
			bobs := s.MustDevice(s.MustPerson("bob"))
			_, err := signIn(s.DB, bobs, bobs.CredentialID, store.BrowserHash(s.Store, s.copy.ID))
			return err
		}, app.ErrInvitationEnded},
		{"the device signs in with another passkey", func(s *shared) error {
			_, err := signIn(s.DB, s.copy, s.laptop.CredentialID, store.BrowserHash(s.Store, s.copy.ID))
			return err
		}, app.ErrInvitationEnded},
		{"the device signs in again", func(s *shared) error {
			_, err := signIn(s.DB, s.copy, s.copy.CredentialID, store.BrowserHash(s.Store, s.copy.ID))
			return err
		}, nil},
		{"another device is removed", func(s *shared) error {
			return s.RemoveDevice(s.T.Context(), storetest.On(s.copy), s.who.ID, s.laptop.ID)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := share(t)
			inv := s.link(s.copy)
			if err := c.end(s); err != nil {
				t.Fatal(err)
			}
			s.Reopen()
			if err := s.enrol(inv); !errors.Is(err, c.want) {
				t.Errorf("the link: %v, want %v", err, c.want)
			}
		})
	}
}

// Whatever is left open, a link isn't used up for a passkey that has ended.
func TestLinkNeedsALivePasskeyWhenItIsUsed(t *testing.T) {
	s := share(t)
	inv := s.link(s.copy)
	s.Tamper(`UPDATE credentials SET revoked_at = ? WHERE id = ?`, s.Now(), s.copy.CredentialID)
	if err := s.enrol(inv); !errors.Is(err, app.ErrInvitationEnded) {
		t.Errorf("%v, want ErrInvitationEnded", err)
	}
}

// Disowning a device signs all out that share its passkey, and nobody is told
// anything there; the device in hand stays, to see what became of it.
func TestDisowningEndsWhatSharesThePasskey(t *testing.T) {
	for _, c := range []struct {
		name  string
		by    func(*shared) app.Device
		stays bool
	}{
		{"from a device with another passkey", func(s *shared) app.Device { return s.laptop }, false},
		{"from one that shares it", func(s *shared) app.Device { return s.phone }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := share(t)
			third, err := signIn(s.DB, s.phone, s.phone.CredentialID, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range []app.Device{s.phone, s.copy, s.laptop, third} {
				s.subscribe(d)
			}
			if err := s.DisownDevice(t.Context(), storetest.On(c.by(s)), s.who.ID, s.copy.ID); err != nil {
				t.Fatal(err)
			}
			s.Reopen()
			for _, d := range []struct {
				app.Device
				state app.DeviceState
				stays bool
			}{{s.phone, app.DeviceActive, c.stays}, {s.copy, app.DeviceRemoved, false},
				{third, app.DeviceActive, false}, {s.laptop, app.DeviceActive, true}} {
				now, err := s.Device(t.Context(), d.ID)
				if err != nil || now.State != d.state || (now.SessionKey == d.SessionKey) != d.stays {
					t.Errorf("%s: %s, its session goes on: %v (%v); want %s, %v", d.ID, now.State,
						now.SessionKey == d.SessionKey, err, d.state, d.stays)
				}
				if _, err := s.Subscription(t.Context(), d.ID); (err == nil) != d.stays {
					t.Errorf("%s is told of requests: %v, want %v", d.ID, err == nil, d.stays)
				}
			}
		})
	}
}

// What changes who may answer asks for a passkey that is good at that moment;
// to deny, and to leave, none is needed.
func TestDeviceWithoutAPasskeyChangesNothing(t *testing.T) {
	do := map[string]struct {
		do   func(*shared, app.Actor, app.Request) error
		want error
	}{
		"make a link": {func(s *shared, by app.Actor, _ app.Request) error {
			_, err := s.InviteFrom(s.T.Context(), by, app.NewID(), false, s.Now().Add(time.Minute))
			return err
		}, app.ErrUnknownPasskey},
		"remove another device": {func(s *shared, by app.Actor, _ app.Request) error {
			return s.RemoveDevice(s.T.Context(), by, s.who.ID, s.laptop.ID)
		}, app.ErrUnknownPasskey},
		"disown another device": {func(s *shared, by app.Actor, _ app.Request) error {
			return s.DisownDevice(s.T.Context(), by, s.who.ID, s.laptop.ID)
		}, app.ErrUnknownPasskey},
		"disown itself": {func(s *shared, by app.Actor, _ app.Request) error {
			return s.DisownDevice(s.T.Context(), by, s.who.ID, by.ID)
		}, app.ErrUnknownPasskey},
		"report, and pause the person": {func(s *shared, by app.Actor, r app.Request) error {
			return s.Report(s.T.Context(), by, r.ID, app.PauseAll)
		}, nil},
		"rename another device": {func(s *shared, by app.Actor, _ app.Request) error {
			return s.RenameDevice(s.T.Context(), by, s.laptop.ID, "Mine")
		}, app.ErrUnknownPasskey},
		"rename itself": {func(s *shared, by app.Actor, _ app.Request) error {
			return s.RenameDevice(s.T.Context(), by, by.ID, "Mine")
		}, nil},
		"remove itself": {func(s *shared, by app.Actor, _ app.Request) error {
			return s.RemoveDevice(s.T.Context(), by, s.who.ID, by.ID)
		}, nil},
		"deny": {func(s *shared, by app.Actor, r app.Request) error {
			return s.Deny(s.T.Context(), by, r.ID, app.ReasonPerson)
		}, nil},
		"report": {func(s *shared, by app.Actor, r app.Request) error {
			return s.Report(s.T.Context(), by, r.ID, app.PauseNone)
		}, nil},
	}
	for name, c := range do {
		t.Run(name, func(t *testing.T) {
			s := share(t)
			r := s.MustRequest(s.who)
			if err := s.DisownDevice(t.Context(), storetest.On(s.phone), s.who.ID, s.copy.ID); err != nil {
				t.Fatal(err)
			}
			if err := c.do(s, storetest.On(s.phone), r); !errors.Is(err, c.want) {
				t.Errorf("from the device without a passkey: %v, want %v", err, c.want)
			}
			laptop, err := s.Device(t.Context(), s.laptop.ID)
			if err != nil || laptop.State != app.DeviceActive || laptop.Name != s.laptop.Name {
				t.Errorf("the other device is %+v (%v)", laptop, err)
			}
			if who, err := s.Person(t.Context(), s.who.ID); err != nil || who.PausedAt != 0 {
				t.Errorf("the person is paused (%v)", err)
			}
			if now, err := s.Request(t.Context(), r.ID); c.want != nil && (err != nil || now.State != app.Pending) {
				t.Errorf("the request is %s (%v)", now.State, err)
			}
		})
		t.Run(name+", with a passkey", func(t *testing.T) {
			s := share(t)
			r := s.MustRequest(s.who)
			if err := c.do(s, storetest.On(s.phone), r); err != nil {
				t.Error(err)
			}
			if who, err := s.Person(t.Context(), s.who.ID); err != nil ||
				(who.PausedAt != 0) != (name == "report, and pause the person") {
				t.Errorf("the person is paused: %v (%v)", who.PausedAt != 0, err)
			}
		})
	}
}

// A session that has ended, or a device of somebody else's, changes no devices.
func TestOnlyALiveSessionChangesDevices(t *testing.T) {
	s := share(t)
	old := storetest.On(s.phone)
	old.Session = "one that ended"
	bob := s.MustDevice(s.MustPerson("bob"))
	for _, c := range []struct {
		name string
		by   app.Actor
		want error
	}{{"an old session", old, app.ErrSignedOut},
		{"another's device", app.Actor{Kind: app.ActorDevice, ID: bob.ID, PersonID: s.who.ID}, app.ErrSuspended}} {
		if err := s.RemoveDevice(t.Context(), c.by, s.who.ID, s.laptop.ID); !errors.Is(err, c.want) {
			t.Errorf("%s removes a device: %v, want %v", c.name, err, c.want)
		}
		if err := s.DisownDevice(t.Context(), c.by, s.who.ID, s.laptop.ID); !errors.Is(err, c.want) {
			t.Errorf("%s disowns a device: %v, want %v", c.name, err, c.want)
		}
	}
	if err := s.RemoveDevice(t.Context(), app.Operator, s.who.ID, s.laptop.ID); err != nil {
		t.Errorf("the help desk, which has no device: %v", err)
	}
}

// A reset, or a suspension, leaves no link behind that somebody else may hold.
func TestLinksEndWithAResetAndASuspension(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*invited) error
	}{
		{"reset", func(i *invited) error { return i.RemoveDevices(i.T.Context(), app.Operator, i.who.ID) }},
		{"suspended, and let in again", func(i *invited) error {
			return errors.Join(i.SetPersonState(i.T.Context(), app.Operator, i.who.ID, app.PersonSuspended),
				i.SetPersonState(i.T.Context(), app.Operator, i.who.ID, app.PersonActive))
		}},
		{"withdrawn", func(i *invited) error { return i.EndInvitations(i.T.Context(), app.Operator, i.who.ID) }},
	} {
		for _, step := range []string{"the link is open", "a code was made", "a browser gave the code"} {
			t.Run(c.name+" while "+step, func(t *testing.T) {
				i := invite(t)
				had := i.MustDevice(i.who) // which used up the link
				inv, err := i.Invite(t.Context(), app.Operator, i.who.ID, app.NewID(), i.Now().Add(24*time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				i.inv = inv
				own, err := i.InviteFrom(t.Context(), storetest.On(had), app.NewID(), false, i.Now().Add(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				digits, brought := "", app.Activation{LinkAlone: true}
				if step != "the link is open" {
					digits = i.code()
				}
				if step == "a browser gave the code" {
					if brought.ID, _, err = i.try(digits); err != nil {
						t.Fatal(err)
					}
				}
				if err := c.do(i); err != nil {
					t.Fatal(err)
				}
				i.Reopen()
				if digits != "" {
					if _, _, err := i.try(digits); !errors.Is(err, app.ErrInvitationEnded) {
						t.Errorf("the code: %v, want ErrInvitationEnded", err)
					}
					if open := store.OpenCodes(i.Store, i.who.ID); open != 0 {
						t.Errorf("%d codes are open", open)
					}
				}
				if err := i.enrol(brought); !errors.Is(err, app.ErrInvitationEnded) {
					t.Errorf("the link: %v, want ErrInvitationEnded", err)
				}
				i.inv = own
				if err := i.enrol(brought); !errors.Is(err, app.ErrInvitationEnded) {
					t.Errorf("the device's own link: %v, want ErrInvitationEnded", err)
				}
				if rows, err := i.AuditOf(t.Context(), "invitation.end", 10); err != nil || len(rows) != 1 ||
					rows[0].PersonID != i.who.ID {
					t.Errorf("the audit has %+v (%v)", rows, err)
				}
			})
		}
	}
}

// Who never had a device is reset too: the link on its way to them ends.
func TestResetWithoutADeviceEndsTheLink(t *testing.T) {
	i := invite(t)
	if err := i.RemoveDevices(t.Context(), app.Operator, i.who.ID); err != nil {
		t.Fatal(err)
	}
	if err := i.enrol(app.Activation{LinkAlone: true}); !errors.Is(err, app.ErrInvitationEnded) {
		t.Errorf("%v, want ErrInvitationEnded", err)
	}
}

// A device that signs with another passkey from now on is told of like a new
// one, everywhere else and once.
func TestAnotherPasskeyOnADeviceIsTold(t *testing.T) {
	for _, c := range []struct {
		name string
		with func(*shared) string
		want int
	}{
		{"the same passkey", func(s *shared) string { return s.copy.CredentialID }, 0},
		{"another", func(s *shared) string { return s.laptop.CredentialID }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := share(t)
			for _, d := range []app.Device{s.copy, s.laptop} {
				s.subscribe(d)
			}
			before := s.Now()
			s.Clock.Advance(48 * time.Hour)
			d, err := signIn(s.DB, s.copy, c.with(s), store.BrowserHash(s.Store, s.copy.ID))
			if err != nil || d.ID != s.copy.ID {
				t.Fatalf("device %s, want the same one (%v)", d.ID, err)
			}
			j, ok, _, err := s.LeaseJob(t.Context(), app.JobPush, time.Minute)
			if err != nil || ok != (c.want == 1) ||
				ok && (j.DeviceID != s.laptop.ID || j.Payload != string(app.NoticeDeviceAdded)) {
				t.Errorf("the laptop is told: %v, %+v (%v)", ok, j, err)
			}
			if _, more, _, err := s.LeaseJob(t.Context(), app.JobPush, time.Minute); err != nil || more {
				t.Errorf("more is told (%v)", err)
			}
			if rows, err := s.AuditOf(t.Context(), "device.passkey", 10); err != nil || len(rows) != c.want {
				t.Errorf("the audit has %d rows of it (%v), want %d", len(rows), err, c.want)
			}
			when, err := s.Rekeyed(t.Context(), s.who.ID, before)
			if _, told := when[d.ID]; err != nil || len(when) != c.want || told && when[d.ID] != s.Now() {
				t.Errorf("it came to it at %v (%v)", when, err)
			}
			if when, err := s.Rekeyed(t.Context(), s.who.ID, s.Now()); err != nil || len(when) != 0 {
				t.Errorf("and after that at %v (%v)", when, err)
			}
		})
	}
}
