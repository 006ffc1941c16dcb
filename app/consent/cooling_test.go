package consent_test

import (
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/app/acp"
	"assent/app/consent"
	"assent/store"
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
			if w.dev, err = w.Enrol(t.Context(), app.Operator, store.Enrolment{InvitationID: inv.ID, Activation: app.Activation{LinkAlone: true},
				Credential: app.Credential{ID: app.NewID(), Record: "{}"}, Device: app.Device{PersonID: w.alice.ID, SessionKey: app.NewID()}, BrowserHash: "cookie"}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(c.wait)
			other := w.MustDevice(w.alice) // whose passkey it will be
			made := w.Now()
			w.Clock.Advance(cooling - time.Minute)
			d, err := w.SignIn(t.Context(), app.Operator, store.SignIn{PersonID: w.alice.ID, CredentialID: other.CredentialID, Record: "{}",
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
