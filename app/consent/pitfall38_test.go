package consent_test

import (
	"testing"
	"time"

	"assent/app"
	"assent/app/acp"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// ACP's deadlines are by ACP's clock: the Date of its answers says how far that
// is from ours, and is believed as far as it may well be true. PITFALLS row 38.
func TestPitfall38ACPsDateCorrectsExpiry(t *testing.T) {
	const life = 2 * time.Minute
	for _, c := range []struct {
		name  string
		off   time.Duration // of ACP's clock
		heard bool          // ACP has answered something
		left  time.Duration // that the person has, to two seconds: a Date has no fractions
		state app.RequestState
	}{
		{"clocks agree", 0, true, life, app.Pending},
		{"ACP is ahead", 90 * time.Second, true, life, app.Pending},
		{"ACP is behind by more than a request lives", -3 * time.Minute, true, life, app.Pending},
		{"and nothing was heard of its clock", -3 * time.Minute, false, 0, app.Cancelled},
		{"nearly too far", 4*time.Minute + 50*time.Second, true, life, app.Pending},
		{"too far to be believed", 6 * time.Minute, true, 6*time.Minute + life, app.Pending},
		{"too far back to be believed", -6 * time.Minute, true, 0, app.Cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			theirs := func() time.Time { return w.Clock.Now().Add(c.off) }
			w.acp = emulatortest.Start(t,
				emulator.Options{
					Now:        theirs,
					RequestTTL: life,
					Client:     emulator.Client{ID: "assent", Secret: "s3cret with spaces"},
				})
			w.build()
			if c.heard {
				w.config.Connections[0].Server.(*acp.Client).Check(t.Context(), acp.SignInAPI)
			}
			_, r := w.start("profile")
			if r.State != c.state {
				t.Fatalf("it is %s (%s)", r.State, r.Reason)
			}
			if left := r.ExpiresAt.Sub(w.Now()); c.state == app.Pending && (left-c.left).Abs() > 2*time.Second {
				t.Errorf("%v are left, want %v", left, c.left)
			}
		})
	}
}
