package admin

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/web/httpx"
)

const (
	// beat is how often a stream checks that its session is still good.
	beat = 15 * time.Second
	// patience is how long a reader may take over what it is sent.
	patience = 10 * time.Second
	// pace is the least time between two pieces of news: at any volume a page
	// fetches its list anew this often and no more.
	pace = time.Second
)

// events streams that something changed (server-sent events), at most once a
// pace, until the session ends or nobody reads.
func (h *handlers) events(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewRequests]) error {
	news, cancel, err := h.Live.SubscribeAdmin(who.Identity().Admin.ID, who.Identity().Session.ID)
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
	w.Header().Set("X-Accel-Buffering", "no")
	send := func(text string) bool {
		if err := out.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return false
		}
		fmt.Fprint(w, text)
		return out.Flush() == nil && out.SetWriteDeadline(time.Time{}) == nil
	}
	if !send("retry: 3000\n\n") {
		return nil
	}
	check := time.NewTicker(beat)
	defer check.Stop()
	var due <-chan time.Time
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-h.Closing:
			return nil
		case <-check.C:
			if _, err := admin.Check(r.Context(), h.Store, who.Identity().Session.ID); errors.Is(err,
				app.ErrSignedOut) {
				send("event: signed-out\ndata: {}\n\n")
				return nil
			}
			if !send(":\n\n") {
				return nil
			}
		case _, ok := <-news:
			if !ok {
				send("retry: 60000\n\n")
				return nil
			}
			if due == nil {
				due = time.After(pace)
			}
		case <-due:
			due = nil
			if !send("event: changed\ndata: {}\n\n") {
				return nil
			}
		}
	}
}
