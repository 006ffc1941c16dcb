package device

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"assent/app"
	"assent/app/login"
	"assent/web/httpx"
)

// beat is how often an open stream sends a comment and checks that its session
// is still good.
const beat = 15 * time.Second

// patience is how long a reader may take over what it is sent.
const patience = 10 * time.Second

// events streams what changes for the person (server-sent events, HTML Living
// Standard 9.2) until the session, the device or the person ends, nobody reads
// it, or newer streams take its place.
func (h *handlers) events(w http.ResponseWriter, r *http.Request) error {
	id, err := login.From(r.Context())
	if err != nil {
		return err
	}
	ctx := r.Context()
	events, cancel, err := h.Live.Subscribe(id.Person.ID, id.Device.ID)
	if errors.Is(err, app.ErrTooMany) {
		return httpx.Crowded(w)
	}
	if err != nil {
		return err
	}
	defer cancel()
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that holds back lines would hold back requests
	send := func(format string, args ...any) bool {
		if err := out.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			h.Log.ErrorContext(ctx, "an event stream can't be timed", "err", err)
			return false
		}
		fmt.Fprintf(w, format, args...)
		// Left in place, the deadline would end a stream of HTTP/2 between two events.
		return out.Flush() == nil && out.SetWriteDeadline(time.Time{}) == nil
	}
	if !send("retry: 2000\n\n") {
		return nil
	}
	for _, e := range h.missed(r, id) {
		if !h.tell(send, e) {
			return nil
		}
	}
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		check := false
		select {
		case <-ctx.Done():
			return nil
		case <-h.Closing:
			return nil
		case <-ticker.C:
			check = true
			if !send(":\n\n") {
				return nil
			}
		case e, ok := <-events:
			if !ok { // the page is one of many: it may come back in a while
				send("retry: 60000\n\n")
				return nil
			}
			check = e.Topic == app.TopicDevice
			if !h.tell(send, e) {
				return nil
			}
		}
		if check {
			_, err := login.Check(ctx, h.Store, id.Device.ID, id.Device.SessionKey)
			if errors.Is(err, app.ErrSignedOut) || errors.Is(err, app.ErrSuspended) {
				send("event: signed-out\ndata: {}\n\n")
				return nil
			}
		}
	}
}

// tell sends one event.
func (h *handlers) tell(send func(string, ...any) bool, e app.Event) bool {
	name := "requests"
	if e.Topic == app.TopicDevice {
		name = "devices"
	}
	data, err := json.Marshal(map[string]string{"id": e.RequestID, "state": string(e.State)})
	return err == nil && send("event: %s\ndata: %s\n\n", name, data)
}

// overlap allows for a change that had its time before a page was rendered and
// was committed after.
const overlap = 500 * time.Millisecond

// missed gives what changed between the rendering of the page that listens and
// its listening.
func (h *handlers) missed(r *http.Request, id login.Identity) []app.Event {
	ms, err := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64)
	if err != nil || ms <= 0 {
		return nil
	}
	events, err := h.Store.Changes(r.Context(), id.Person.ID, app.Instant(ms).Add(-overlap))
	if err != nil {
		h.Log.ErrorContext(r.Context(), "what an event stream missed can't be read", "err", err)
	}
	return events
}
