package device

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"assent/app"
	"assent/app/login"
)

// beat is how often an open stream sends a comment and checks that its session
// is still good.
const beat = 15 * time.Second

// events streams what changes for the person (server-sent events, HTML Living
// Standard 9.2) until the session, the device or the person ends.
func (h *handlers) events(w http.ResponseWriter, r *http.Request) error {
	id, err := login.From(r.Context())
	if err != nil {
		return err
	}
	ctx := r.Context()
	events, cancel := h.Live.Subscribe(id.Person.ID)
	defer cancel()
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("event stream: %w", err)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that holds back lines would hold back requests
	send := func(format string, args ...any) bool {
		fmt.Fprintf(w, format, args...)
		return out.Flush() == nil
	}
	if !send("retry: 2000\n\n") {
		return nil
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
		case e := <-events:
			data, err := json.Marshal(map[string]string{"id": e.RequestID, "state": string(e.State)})
			if err != nil {
				return nil
			}
			name := "requests"
			if e.Topic == app.TopicDevice {
				name, check = "devices", true
			}
			if !send("event: %s\ndata: %s\n\n", name, data) {
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
