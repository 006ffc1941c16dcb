package consent_test

import (
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/app/acp"
	"assent/app/consent"
	"assent/store"
	"assent/store/storetest"
	"assent/web/emulator"
)

// An old device whose browser somebody signs in to with a new passkey is as new
// as that is; with one that is as old as itself it isn't.
func TestCoolingCountsFromTheYoungestOfDeviceAndPasskey(t *testing.T) {
	const cooling = 24 * time.Hour
	for _, c := range []struct {
		name string
		wait time.Duration // between the device and the passkey
		cool bool
	}{{"a passkey made later", 30 * 24 * time.Hour, true}, {"a passkey of the same age", 0, false}} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := banking(t, acp.LayoutWorkspace, "obuk")
			w.protect(consent.Protection{Cooling: cooling})
			inv, err := w.Invite(t.Context(), app.Operator, w.alice.ID, app.NewID(), w.Now().Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if w.dev, err = w.Enrol(t.Context(), app.Operator,
				store.Enrolment{InvitationID: inv.ID, Activation: app.Activation{LinkAlone: true},
					Credential:  app.Credential{ID: app.NewID(), Record: "{}"},
					Device:      app.Device{PersonID: w.alice.ID, SessionKey: app.NewID()},
					BrowserHash: "cookie"}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(c.wait)
			other := w.MustDevice(w.alice) // whose passkey it will be
			made := w.Now()
			w.Clock.Advance(cooling - time.Minute)
			d, err := w.SignIn(t.Context(), app.Operator,
				store.SignIn{PersonID: w.alice.ID, CredentialID: other.CredentialID, Record: "{}",
					SessionKey: app.NewID(), BrowserHash: app.NewID(), KnownBrowser: "cookie"})
			if err != nil || d.ID != w.dev.ID {
				t.Fatalf("device %s, want the old one (%v)", d.ID, err)
			}
			w.dev = d
			if !c.cool {
				w.Clock.Advance(time.Minute)
			}
			_, r := w.startConsent(w.acp.AddConsent("uk-domestic-payment", nil), emulator.ByMember, true)
			v, want := w.view(r.ID), app.Instant(0)
			if c.cool {
				want = made.Add(cooling)
			}
			if v.Cooling != want {
				t.Errorf("cooling until %s, want %s", v.Cooling.Time(), want.Time())
			}
			if err := w.approve(r.ID, pick(v)); errors.Is(err, app.ErrCooling) != c.cool || err != nil && !c.cool {
				t.Errorf("a payment: %v", err)
			}
			if w.Clock.Advance(time.Minute); c.cool {
				_, r = w.startConsent(w.acp.AddConsent("uk-domestic-payment", nil), emulator.ByMember, true)
				if err := w.approve(r.ID, pick(w.view(r.ID))); err != nil {
					t.Errorf("when the time is over: %v", err)
				}
			}
		})
	}
}

// A device that an older one let in needs no wait, if that one was past its own
// by then; what a new device lets in waits as it does itself. A passkey that
// comes later is as new as ever.
func TestCoolingOfADeviceThatAnotherLetIn(t *testing.T) {
	const cooling = time.Hour
	for _, c := range []struct {
		name  string
		age   time.Duration // of the device that approves
		chain bool          // it lets in a second one, and that one a third
		later time.Duration // after which the browser signs in with another new passkey
		wait  bool
	}{
		{"past its own wait", cooling, false, 0, false},
		{"a minute before", cooling - time.Minute, false, 0, true},
		{"by the one that was let in", cooling, true, 0, true},
		{"with a passkey that came later", cooling, false, time.Minute, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := banking(t, acp.LayoutWorkspace, "obuk")
			w.protect(consent.Protection{Cooling: cooling})
			w.Clock.Advance(c.age)
			letIn := func(from app.Device) app.Device {
				t.Helper()
				inv, err := w.InviteFrom(t.Context(), storetest.On(from), app.NewID(), false, w.Now().Add(time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				d, err := w.Enrol(t.Context(), app.Operator,
					store.Enrolment{InvitationID: inv.ID, Credential: app.Credential{ID: app.NewID(), Record: "{}"},
						Device:      app.Device{PersonID: w.alice.ID, SessionKey: app.NewID()},
						BrowserHash: "cookie of " + from.ID})
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			first := w.dev
			w.dev = letIn(first)
			cookie := "cookie of " + first.ID
			if c.chain {
				first = w.dev
				w.dev = letIn(first)
			}
			if c.later != 0 {
				w.Clock.Advance(c.later)
				other := w.MustDevice(w.alice)
				d, err := w.SignIn(t.Context(), app.Operator,
					store.SignIn{PersonID: w.alice.ID, CredentialID: other.CredentialID, Record: "{}",
						SessionKey: app.NewID(), BrowserHash: app.NewID(), KnownBrowser: cookie})
				if err != nil || d.ID != w.dev.ID {
					t.Fatalf("device %s, want the one that was let in (%v)", d.ID, err)
				}
				w.dev = d
			}
			want := app.Instant(0)
			if c.wait {
				want = w.Now().Add(cooling)
			}
			_, r := w.startConsent(w.acp.AddConsent("uk-domestic-payment", nil), emulator.ByMember, true)
			v := w.view(r.ID)
			if v.Cooling != want {
				t.Errorf("it waits until %s, want %s", v.Cooling.Time(), want.Time())
			}
			if err := w.approve(r.ID, pick(v)); errors.Is(err, app.ErrCooling) != c.wait || err != nil && !c.wait {
				t.Errorf("a payment: %v", err)
			}
		})
	}
}

// Signing in by the link of an older device, with a passkey that is past the
// wait, needs none either.
func TestCoolingOfABrowserThatAnotherLetIn(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	w.protect(consent.Protection{Cooling: time.Hour})
	w.Clock.Advance(time.Hour)
	inv, err := w.InviteFrom(t.Context(), storetest.On(w.dev), app.NewID(), false, w.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	in := store.SignIn{
		PersonID:     w.alice.ID,
		CredentialID: w.dev.CredentialID,
		Record:       "{}",
		SessionKey:   app.NewID(),
		BrowserHash:  app.NewID(),
	}
	for link, wait := range map[string]bool{inv.ID: false, "": true} {
		in.InvitationID, in.BrowserHash, in.SessionKey = link, app.NewID(), app.NewID()
		if w.dev, err = w.SignIn(t.Context(), app.Operator, in); err != nil {
			t.Fatal(err)
		}
		_, r := w.startConsent(w.acp.AddConsent("uk-domestic-payment", nil), emulator.ByMember, true)
		if v := w.view(r.ID); (v.Cooling != 0) != wait {
			t.Errorf("by link %q: it waits until %v", link, v.Cooling)
		}
	}
}
