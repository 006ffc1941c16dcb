package live_test

import (
	"errors"
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

func subscribe(t *testing.T, h *live.Hub, person, device string) (<-chan app.Event, func()) {
	t.Helper()
	events, cancel, err := h.Subscribe(person, device)
	if err != nil {
		t.Fatal(err)
	}
	return events, cancel
}

func TestOldestListenerEndsForOneTooMany(t *testing.T) {
	for _, c := range []struct {
		name               string
		listeners, devices int // the listeners take turns on the devices
		ended              int
	}{
		{"as many as a device may have", live.DefaultLimits.PerDevice, 1, 0},
		{"two more", live.DefaultLimits.PerDevice + 2, 1, 2},
		{"two devices share nothing", 2 * live.DefaultLimits.PerDevice, 2, 0},
		{"more than a person may have", live.DefaultLimits.PerPerson + 3, live.DefaultLimits.PerPerson + 3, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &live.Hub{}
			other, cancelOther := subscribe(t, h, "bob", "bob's phone")
			var all []<-chan app.Event
			var cancels []func()
			for i := range c.listeners {
				events, cancel := subscribe(t, h, "ada", fmt.Sprint("device ", i%c.devices))
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
	slow, cancel := subscribe(t, h, "ada", "phone")
	defer cancel()
	for range 1000 {
		h.Publish(app.Event{PersonID: "ada"})
	}
	if n := len(slow); n == 0 || n == 1000 {
		t.Errorf("%d events wait", n)
	}
}

// Administrators have limits of their own, each and in all, and take no room of
// people's.
func TestAdministratorsShareNothingWithPeople(t *testing.T) {
	h := &live.Hub{}
	person, _ := subscribe(t, h, "ada", "phone")
	all := map[string][]<-chan app.Event{}
	for i := range live.DefaultLimits.Admins {
		admin := fmt.Sprint("admin ", i)
		events, _, err := h.SubscribeAdmin(admin, "session")
		if err != nil {
			t.Fatalf("administrator %d: %v", i, err)
		}
		all[admin] = append(all[admin], events)
	}
	if _, _, err := h.SubscribeAdmin("one too many", "session"); !errors.Is(err, app.ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	again, _, err := h.SubscribeAdmin("admin 7", "session") // whoever reloads doesn't lock themselves out
	if err != nil {
		t.Fatal(err)
	}
	h.Publish(app.Event{PersonID: "ada"})
	for admin, list := range all {
		if _, ok := <-list[0]; ok == (admin == "admin 7") {
			t.Errorf("%s hears of it: %v", admin, ok)
		}
	}
	if len(again) != 1 || len(person) != 1 {
		t.Errorf("the new listener has %d events, the person %d", len(again), len(person))
	}
	h = &live.Hub{}
	var of []<-chan app.Event
	for i := range live.DefaultLimits.PerAdmin + 2 {
		events, _, err := h.SubscribeAdmin("olive", fmt.Sprint("session ", i/3))
		if err != nil {
			t.Fatal(err)
		}
		of = append(of, events)
	}
	for i, events := range of {
		if got := open(h, "ada", events); got != (i >= 2) {
			t.Errorf("listener %d of one administrator is there: %v", i, got)
		}
	}
}

// Where there is no more room in all, a person who listens already gets the
// place of their own oldest listener, and another is refused until one leaves.
func TestNobodyTakesAnothersPlace(t *testing.T) {
	h := &live.Hub{Limits: live.Limits{PerDevice: 6, PerPerson: 20, People: 3, PerSession: 1, PerAdmin: 1, Admins: 1}}
	first, _ := subscribe(t, h, "ada", "phone")
	second, _ := subscribe(t, h, "ada", "phone")
	bob, leave := subscribe(t, h, "bob", "phone")
	third, _ := subscribe(t, h, "ada", "tablet")
	if open(h, "ada", first) || !open(h, "ada", second) || !open(h, "ada", third) || !open(h, "bob", bob) {
		t.Error("not the oldest of the same person ended")
	}
	if _, _, err := h.Subscribe("carol", "phone"); !errors.Is(err, app.ErrTooMany) {
		t.Errorf("carol: %v", err)
	}
	leave()
	if _, _, err := h.Subscribe("carol", "phone"); err != nil {
		t.Errorf("once bob has left: %v", err)
	}
	if n := h.Listeners(); n != 3 {
		t.Errorf("%d listeners", n)
	}
}
