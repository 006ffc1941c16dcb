// Package live carries events from where they are committed to whoever has a
// page open, within this process.
package live

import (
	"slices"
	"sync"

	"assent/app"
)

// Limits are how many may listen at a time. With one more of a person or an
// administrator, their oldest listener ends; with one more in all, a listener is
// refused who has no older one of their own to end.
type Limits struct {
	PerDevice  int // of a person
	PerPerson  int
	People     int // in all
	PerSession int // of an administrator
	PerAdmin   int
	Admins     int // in all
}

// DefaultLimits are those of a hub that was given none.
var DefaultLimits = Limits{PerDevice: 6, PerPerson: 20, People: 10_000, PerSession: 6, PerAdmin: 12, Admins: 300}

// Hub passes events on: to people those of their own, to administrators all. Its
// zero value is ready.
type Hub struct {
	Limits Limits // set before use; the zero value is DefaultLimits

	mu     sync.Mutex
	people audience
	admins audience
}

// audience are listeners of one kind.
type audience struct {
	of  map[string][]*listener // of each person or administrator, the oldest first
	all int
}

type listener struct {
	via    string // the device or session
	events chan app.Event
}

// backlog is how many events a slow reader may be behind. A reader that falls
// further behind loses events, and sees the present at its next look.
const backlog = 16

// Publish hands e to everyone who listens for its person. It never blocks.
func (h *Hub) Publish(e app.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.people.of[e.PersonID] {
		l.hand(e)
	}
	for _, list := range h.admins.of {
		for _, l := range list {
			l.hand(e)
		}
	}
}

func (l *listener) hand(e app.Event) {
	select {
	case l.events <- e:
	default:
	}
}

// Subscribe listens for one person's events, on one of their devices, until
// cancel is called or events is closed: the newest page is the one in view, so
// that the oldest listener makes room where there are too many. app.ErrTooMany
// means that there is no room.
func (h *Hub) Subscribe(personID, deviceID string) (events <-chan app.Event, cancel func(), err error) {
	l := h.limits()
	return h.subscribe(&h.people, personID, deviceID, l.PerDevice, l.PerPerson, l.People)
}

// SubscribeAdmin is Subscribe for everybody's events, in a session of an
// administrator.
func (h *Hub) SubscribeAdmin(adminID, sessionID string) (events <-chan app.Event, cancel func(), err error) {
	l := h.limits()
	return h.subscribe(&h.admins, adminID, sessionID, l.PerSession, l.PerAdmin, l.Admins)
}

func (h *Hub) limits() Limits {
	if h.Limits == (Limits{}) {
		return DefaultLimits
	}
	return h.Limits
}

func (h *Hub) subscribe(a *audience, owner, via string, perVia, perOwner, all int) (<-chan app.Event, func(), error) {
	l := &listener{via: via, events: make(chan app.Event, backlog)}
	same := func(l *listener) bool { return l.via == via }
	h.mu.Lock()
	defer h.mu.Unlock()
	on := 0
	for _, other := range a.of[owner] {
		if same(other) {
			on++
		}
	}
	switch {
	case on >= perVia:
		a.end(owner, slices.IndexFunc(a.of[owner], same))
	case len(a.of[owner]) >= perOwner:
		a.end(owner, 0)
	case a.all >= all && len(a.of[owner]) > 0:
		a.end(owner, 0)
	case a.all >= all:
		return nil, nil, app.ErrTooMany
	}
	if a.of == nil {
		a.of = map[string][]*listener{}
	}
	a.of[owner] = append(a.of[owner], l)
	a.all++
	return l.events, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if i := slices.Index(a.of[owner], l); i >= 0 {
			a.end(owner, i)
		}
	}, nil
}

// end ends the ith listener of an owner.
func (a *audience) end(owner string, i int) {
	close(a.of[owner][i].events)
	a.of[owner] = slices.Delete(a.of[owner], i, i+1)
	a.all--
	if len(a.of[owner]) == 0 {
		delete(a.of, owner)
	}
}

// Listeners counts who listens.
func (h *Hub) Listeners() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.people.all + h.admins.all
}
