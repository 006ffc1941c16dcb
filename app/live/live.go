// Package live carries events from where they are committed to whoever has a
// page open, within this process.
package live

import (
	"sync"

	"assent/app"
)

// Hub passes events on by person. Its zero value is ready.
type Hub struct {
	mu   sync.Mutex
	subs map[string]map[chan app.Event]struct{}
}

// backlog is how many events a slow reader may be behind. A reader that falls
// further behind loses events, and sees the present at its next look.
const backlog = 16

// Publish hands e to everyone who listens for its person. It never blocks.
func (h *Hub) Publish(e app.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.subs[e.PersonID] {
		select {
		case ch <- e:
		default:
		}
	}
}

// Subscribe listens for one person's events until cancel is called.
func (h *Hub) Subscribe(personID string) (events <-chan app.Event, cancel func()) {
	ch := make(chan app.Event, backlog)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		h.subs = map[string]map[chan app.Event]struct{}{}
	}
	if h.subs[personID] == nil {
		h.subs[personID] = map[chan app.Event]struct{}{}
	}
	h.subs[personID][ch] = struct{}{}
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subs[personID], ch)
		if len(h.subs[personID]) == 0 {
			delete(h.subs, personID)
		}
	}
}
