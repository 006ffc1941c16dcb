// Package live carries events from where they are committed to whoever has a
// page open, within this process.
package live

import (
	"slices"
	"sync"

	"assent/app"
)

// How many may listen at a time: with one more, the oldest ends.
const (
	PerDevice = 6
	PerPerson = 20
)

// Everybody, in the place of a person, listens for every person's events.
const Everybody = ""

// Hub passes events on by person. Its zero value is ready.
type Hub struct {
	mu   sync.Mutex
	subs map[string][]*listener // of each person, the oldest first
}

type listener struct {
	device string
	events chan app.Event
}

// backlog is how many events a slow reader may be behind. A reader that falls
// further behind loses events, and sees the present at its next look.
const backlog = 16

// Publish hands e to everyone who listens for its person. It never blocks.
func (h *Hub) Publish(e app.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, whose := range []string{e.PersonID, Everybody} {
		for _, l := range h.subs[whose] {
			select {
			case l.events <- e:
			default:
			}
		}
	}
}

// Subscribe listens for one person's events, on one of their devices, until
// cancel is called or events is closed: the newest page is the one in view, so
// that the oldest listener makes room where there are too many.
func (h *Hub) Subscribe(personID, deviceID string) (events <-chan app.Event, cancel func()) {
	l := &listener{device: deviceID, events: make(chan app.Event, backlog)}
	same := func(l *listener) bool { return l.device == deviceID }
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		h.subs = map[string][]*listener{}
	}
	on := 0
	for _, l := range h.subs[personID] {
		if same(l) {
			on++
		}
	}
	if on >= PerDevice {
		h.end(personID, slices.IndexFunc(h.subs[personID], same))
	}
	if len(h.subs[personID]) >= PerPerson {
		h.end(personID, 0)
	}
	h.subs[personID] = append(h.subs[personID], l)
	return l.events, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if i := slices.Index(h.subs[personID], l); i >= 0 {
			h.end(personID, i)
		}
	}
}

// end ends a person's ith listener.
func (h *Hub) end(personID string, i int) {
	close(h.subs[personID][i].events)
	h.subs[personID] = slices.Delete(h.subs[personID], i, i+1)
	if len(h.subs[personID]) == 0 {
		delete(h.subs, personID)
	}
}

// Listeners counts who listens, to whatever person.
func (h *Hub) Listeners() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, of := range h.subs {
		n += len(of)
	}
	return n
}
