package store_test

import (
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// What time has ended stays ended when the clock goes back an hour, in the same
// process and before the next one begins.
func TestAClockThatGoesBackRevivesNothing(t *testing.T) {
	type ends struct {
		name  string
		after time.Duration                                             // when it ends
		begin func(*storetest.DB, app.Person, app.Device)               //
		over  func(*storetest.DB, app.Person, app.Device) (bool, error) // whether it counts as ended
	}
	owner := func(db *storetest.DB) app.Admin {
		a, err := db.AddAdmin(t.Context(), app.Operator,
			app.Admin{Email: "o@b.example", EmailNorm: "o@b.example", Name: "O", Role: app.RoleOwner},
			"link", db.Now().Add(time.Hour), store.Separation{})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	session := func(db *storetest.DB) {
		a := owner(db)
		l, err := db.AdminLink(t.Context(), "link")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.SetUpAdmin(t.Context(), app.Operator,
			store.AdminSetUp{
				LinkID:     l.ID,
				Activation: app.Activation{LinkAlone: true},
				Credential: app.AdminCredential{ID: "k", AdminID: a.ID, Record: "{}"},
				Session:    app.AdminSession{ID: "s"},
			}); err != nil {
			t.Fatal(err)
		}
	}
	invite := func(db *storetest.DB, p app.Person) app.Invitation {
		inv, err := db.Invite(t.Context(), app.Operator, p.ID, "token", db.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return inv
	}
	invitation := func(db *storetest.DB) app.Invitation {
		inv, err := db.Invitation(t.Context(), "token")
		if err != nil {
			t.Fatal(err)
		}
		return inv
	}
	digits := map[*storetest.DB]string{}
	code := func(db *storetest.DB, p app.Person) {
		invite(db, p)
		d, kept := app.NewActivationCode(words)
		if _, err := db.PutActivationCode(t.Context(), app.Operator, p.ID, kept, store.Separation{}); err != nil {
			t.Fatal(err)
		}
		digits[db] = d
	}
	for _, c := range []ends{
		{"a device's session", time.Hour, func(db *storetest.DB, _ app.Person, _ app.Device) {
			if err := db.Sessions().CommitCtx(t.Context(), "token", []byte("x"),
				db.Now().Add(time.Hour).Time()); err != nil {
				t.Fatal(err)
			}
		}, func(db *storetest.DB, _ app.Person, _ app.Device) (bool, error) {
			_, found, err := db.Sessions().FindCtx(t.Context(), "token")
			return !found, err
		}},
		{"a console session that idles", app.AdminIdle,
			func(db *storetest.DB, _ app.Person, _ app.Device) { session(db) },
			func(db *storetest.DB, _ app.Person, _ app.Device) (bool, error) {
				s, err := db.AdminSession(t.Context(), "s")
				return !s.Live(db.Now()), err
			}},
		{"a confirmation's freshness", app.AdminFresh,
			func(db *storetest.DB, _ app.Person, _ app.Device) { session(db) },
			func(db *storetest.DB, _ app.Person, _ app.Device) (bool, error) {
				s, err := db.AdminSession(t.Context(), "s")
				return !s.Fresh(db.Now()), err
			}},
		{"a challenge", 5 * time.Minute, func(db *storetest.DB, p app.Person, d app.Device) {
			if err := db.PutCeremony(t.Context(),
				store.Ceremony{
					ID:        "c",
					Purpose:   "approve",
					PersonID:  p.ID,
					DeviceID:  d.ID,
					Session:   "{}",
					ExpiresAt: db.Now().Add(5 * time.Minute),
				}); err != nil {
				t.Fatal(err)
			}
		}, func(db *storetest.DB, _ app.Person, _ app.Device) (bool, error) {
			var n int
			peek(t, db, &n, `SELECT count(*) FROM ceremonies WHERE expires_at > ?`, db.Now())
			return n == 0, nil
		}},
		{"a link", time.Hour, func(db *storetest.DB, p app.Person, _ app.Device) { invite(db, p) },
			func(db *storetest.DB, _ app.Person, _ app.Device) (bool, error) {
				return errors.Is(invitation(db).Check(db.Now()), app.ErrInvitationEnded), nil
			}},
		{"a code", app.ActivationCodeTTL, func(db *storetest.DB, p app.Person, _ app.Device) { code(db, p) },
			func(db *storetest.DB, _ app.Person, _ app.Device) (bool, error) {
				_, _, err := db.Activate(t.Context(), app.Operator, invitation(db).ID, digits[db], words)
				return errors.Is(err, app.ErrActivationLate), nil
			}},
		{"an activated browser", app.ActivationWindow, func(db *storetest.DB, p app.Person, _ app.Device) {
			code(db, p)
			db.Tamper(`UPDATE invitations SET expires_at = expires_at + 86400000`)
			id, _, err := db.Activate(t.Context(), app.Operator, invitation(db).ID, digits[db], words)
			if err != nil {
				t.Fatal(err)
			}
			digits[db] = id
		}, func(db *storetest.DB, _ app.Person, _ app.Device) (bool, error) {
			return invitation(db).Activated(app.Activation{ID: digits[db]}, db.Now()) != nil, nil
		}},
		{"an administrator's link", time.Hour, func(db *storetest.DB, _ app.Person, _ app.Device) { owner(db) },
			func(db *storetest.DB, _ app.Person, _ app.Device) (bool, error) {
				l, err := db.AdminLink(t.Context(), "link")
				return l.Check(db.Now()) != nil, err
			}},
		{"a proposal", app.ProposalTTL, func(db *storetest.DB, _ app.Person, _ app.Device) {
			if _, err := db.Propose(t.Context(), app.Actor{Kind: app.ActorAdmin, ID: owner(db).ID},
				app.Proposal{Area: "settings", Action: "x", Subject: "y"}); err != nil {
				t.Fatal(err)
			}
		}, func(db *storetest.DB, _ app.Person, _ app.Device) (bool, error) {
			n, err := db.OpenProposals(t.Context())
			return n == 0, err
		}},
		{"a mute", time.Hour, func(db *storetest.DB, _ app.Person, d app.Device) {
			if err := db.Mute(t.Context(), storetest.On(d), "noisy", "Noisy", db.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}, func(db *storetest.DB, p app.Person, _ app.Device) (bool, error) {
			m, err := db.Mutes(t.Context(), p.ID)
			return len(m) == 0, err
		}},
		{"a request", 10 * time.Minute, func(db *storetest.DB, p app.Person, _ app.Device) { db.MustRequest(p) },
			func(db *storetest.DB, p app.Person, _ app.Device) (bool, error) {
				in, err := db.Inbox(t.Context(), p.ID)
				return len(in) == 0, err
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			alice := db.MustPerson("alice")
			dev := db.MustDevice(alice)
			c.begin(db, alice, dev)
			over := func(when string, want bool) {
				t.Helper()
				if got, err := c.over(db, alice, dev); err != nil || got != want {
					t.Errorf("%s it has ended: %v (%v), want %v", when, got, err, want)
				}
			}
			store := func() {
				t.Helper()
				if _, err := db.Expire(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := db.EndDue(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			db.Clock.Advance(c.after - time.Second)
			store()
			if c.name != "a code" { // trying it would use it up
				over("a second before its end", false)
			}
			db.Clock.Leap(-time.Hour)
			db.Clock.Advance(time.Second)
			over("under a clock that went back", true)
			store()
			db.Reopen()
			over("after a restart with the clock an hour back", true)
			db.Clock.Leap(25 * time.Hour)
			store()
			over("a day later", true)
		})
	}
}

// What a clock wrote that was a day ahead doesn't last a day longer, nor stop
// the outbox, once the clock is right.
func TestWhatAClockAheadWroteIsNotKept(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	db.Clock.Leap(24 * time.Hour)
	db.Reopen() // it began with that clock
	a, err := db.AddAdmin(t.Context(), app.Operator,
		app.Admin{Email: "o@b.example", EmailNorm: "o@b.example", Name: "O", Role: app.RoleOwner},
		"link", db.Now().Add(time.Hour), store.Separation{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := db.AdminLink(t.Context(), "link")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.SetUpAdmin(t.Context(), app.Operator,
		store.AdminSetUp{
			LinkID:     l.ID,
			Activation: app.Activation{LinkAlone: true},
			Credential: app.AdminCredential{ID: "k", AdminID: a.ID, Record: "{}"},
			Session:    app.AdminSession{ID: "s"},
		}); err != nil {
		t.Fatal(err)
	}
	if err := db.PutCeremony(t.Context(),
		store.Ceremony{
			ID:        "c",
			Purpose:   "approve",
			Session:   "{}",
			ExpiresAt: db.Now().Add(5 * time.Minute),
		}); err != nil {
		t.Fatal(err)
	}
	r := db.MustRequest(alice)
	if err := db.Deny(t.Context(), storetest.On(dev), r.ID, app.ReasonPerson); err != nil {
		t.Fatal(err)
	}
	db.Clock.Leap(-24 * time.Hour)
	db.Reopen()
	if err := db.EndDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := db.AdminSession(t.Context(), "s"); err != nil || s.Live(db.Now()) || s.Fresh(db.Now()) {
		t.Errorf("the console session goes on: %+v (%v)", s, err)
	}
	if _, err := db.TakeCeremony(t.Context(), "approve", "c"); !errors.Is(err, app.ErrCeremony) {
		t.Errorf("the challenge: %v", err)
	}
	j, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Second)
	if !ok || j.RequestID != r.ID || err != nil {
		t.Fatalf("the delivery isn't due: %v %v", ok, err)
	}
	// A retry that such a clock put off is due once the clock is set.
	if err := db.JobLater(t.Context(), j, db.Now().Add(24*time.Hour), "acp_busy"); err != nil {
		t.Fatal(err)
	}
	if err := db.ClockSet(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Second); !ok || err != nil {
		t.Errorf("the retry isn't due: %v %v", ok, err)
	}
}
