package health_test

import (
	"testing"
	"time"

	"assent/app"
	"assent/app/health"
	"assent/store"
)

// A setting that was loosened at a start is shown for 30 days, each once, as it
// was changed last; one that was tightened isn't.
func TestLoosenedSettingsAreShownFor30Days(t *testing.T) {
	w := newWorld(t, nil)
	change := func(from, to string, looser bool) {
		t.Helper()
		c := store.StartChange{Name: "ASSENT_COOLING", From: from, To: to, Looser: looser}
		if err := w.Started(t.Context(), app.Operator, nil, []store.StartChange{c}); err != nil {
			t.Fatal(err)
		}
	}
	change("1h0m0s", "2h0m0s", false)
	if got := w.find(t, health.Loosened); len(got) != 0 {
		t.Errorf("tightened: %+v", got)
	}
	change("2h0m0s", "1h0m0s", true)
	w.Clock.Advance(24 * time.Hour)
	change("1h0m0s", "0s", true)
	w.Clock.Advance(29*24*time.Hour + 23*time.Hour)
	got := w.find(t, health.Loosened)
	if len(got) != 1 || got[0].State != health.Bad || got[0].Name != "ASSENT_COOLING" ||
		got[0].Says.Pairs[3] != "1h0m0s" {
		t.Errorf("within 30 days: %+v", got)
	}
	w.Clock.Advance(time.Hour)
	if got := w.find(t, health.Loosened); len(got) != 0 {
		t.Errorf("after 30 days: %+v", got)
	}
}
