package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
)

// notification is the body of a ping: CIBA Core section 10.2.
type notification struct {
	AuthReqID string `json:"auth_req_id"`
}

// ping tells the client of a finished session that its result is ready, again until the client answers 2xx or the
// session's time is over.
func (e *Emulator) ping(login string) {
	e.mu.Lock()
	s := e.sessions[login]
	if s == nil {
		e.mu.Unlock()
		return
	}
	device, token, correlation := e.devices[s.Device], s.notificationToken, s.correlation
	ends := s.ExpiresAt.Add(finishedFor) // an answer in the last second is announced too
	body, err := json.Marshal(notification{AuthReqID: s.AuthReqID})
	e.mu.Unlock()
	if err != nil || device.NotificationEndpoint == "" {
		return
	}
	e.work.add(func(ctx context.Context) {
		inTime := func() bool { return e.now().Before(ends) }
		e.work.retry(ctx, e.opts.Backoff, inTime, func(ctx context.Context) bool {
			ctx, cancel := context.WithTimeout(ctx, serviceTimeout)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, device.NotificationEndpoint,
				bytes.NewReader(body))
			if err != nil {
				e.log.Warn("a notification endpoint is no URL", "device", device.ID, "error", err)
				return true
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+token)
			x := e.book.begin(correlation, laneACP, laneTill, req, body, e.now(), "")
			a, err := e.exchange(req)
			e.book.end(x, a.Status, a.Header, a.Body, e.now())
			return err == nil && a.Status/100 == 2
		})
	})
}
