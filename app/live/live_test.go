package live_test

import (
	"fmt"
	"testing"

	"assent/app"
	"assent/app/live"
)

// open tells whether a listener is still one: an event reaches it.
func open(h *live.Hub, person string, events <-chan app.Event) bool {
	for len(events) > 0 {
		<-events
	}
	h.Publish(app.Event{PersonID: person, RequestID: "r"})
	select {
	case _, ok := <-events:
		return ok
	default:
		return false
	}
}

func TestOldestListenerEndsForOneTooMany(t *testing.T) {
	for _, c := range []struct {
		name               string
		listeners, devices int // the listeners take turns on the devices
		ended              int
	}{
		{"as many as a device may have", live.PerDevice, 1, 0},
		{"two more", live.PerDevice + 2, 1, 2},
		{"two devices share nothing", 2 * live.PerDevice, 2, 0},
		{"more than a person may have", live.PerPerson + 3, live.PerPerson + 3, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &live.Hub{}
			other, cancelOther := h.Subscribe("bob", "bob's phone")
			var all []<-chan app.Event
			var cancels []func()
			for i := range c.listeners {
				events, cancel := h.Subscribe("ada", fmt.Sprint("device ", i%c.devices))
				all, cancels = append(all, events), append(cancels, cancel)
			}
			for i, events := range all {
				if got, want := open(h, "ada", events), i >= c.ended; got != want {
					t.Errorf("listener %d is there: %v, want %v", i, got, want)
				}
			}
			if !open(h, "bob", other) {
				t.Error("another person's listener ended")
			}
			for _, cancel := range append(cancels, cancelOther) { // also of those that ended
				cancel()
			}
			if n := h.Listeners(); n != 0 {
				t.Errorf("%d listeners are left", n)
			}
		})
	}
}

func TestSlowListenerLosesEventsAndHoldsNobodyUp(t *testing.T) {
	h := &live.Hub{}
	slow, cancel := h.Subscribe("ada", "phone")
	defer cancel()
	for range 1000 {
		h.Publish(app.Event{PersonID: "ada"})
	}
	if n := len(slow); n == 0 || n == 1000 {
		t.Errorf("%d events wait", n)
	}
}
