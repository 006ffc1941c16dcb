package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"assent/web/emulator"
)

func TestPing(t *testing.T) {
	for name, settle := range map[string]func(*world, emulator.Session) result{
		"accepted": func(w *world, s emulator.Session) result { return w.accept(s, "openid") },
		"rejected": func(w *world, s emulator.Session) result { return w.reject(s) },
	} {
		t.Run(name, func(t *testing.T) {
			type ping struct{ authorization, authReqID string }
			pings := make(chan ping, 5)
			var calls atomic.Int32
			endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var body map[string]string
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body) != 1 {
					t.Errorf("body %v: %v", body, err)
				}
				if calls.Add(1) < 3 { // twice in trouble: the ping is repeated
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				w.WriteHeader(http.StatusNoContent)
				pings <- ping{r.Header.Get("Authorization"), body["auth_req_id"]}
			}))
			defer endpoint.Close()
			device := emulator.Device{
				ID:                   "kiosk",
				Secret:               "kiosk secret",
				Delivery:             emulator.Ping,
				NotificationEndpoint: endpoint.URL,
			}
			w := newWorld(t, func(o *emulator.Options) { o.Devices = []emulator.Device{device} })
			got := w.backchannel(device,
				url.Values{
					"scope":                     {"openid"},
					"login_hint":                {"ada.quill"},
					"client_notification_token": {"bearer-of-news"},
				})
			if got.status != 200 {
				t.Fatalf("backchannel: %d %s", got.status, got.raw)
			}
			s := w.Sessions()[0]
			if got := settle(w, s); got.status != 200 {
				t.Fatalf("settle: %d %s", got.status, got.raw)
			}
			if p := <-pings; p.authorization != "Bearer bearer-of-news" || p.authReqID != s.AuthReqID {
				t.Errorf("ping %+v", p)
			}
			want := map[string]any{"accepted": nil, "rejected": "access_denied"}[name]
			if got := w.poll(device, s.AuthReqID); got.body["error"] != want {
				t.Errorf("token: %d %s", got.status, got.raw)
			}
		})
	}
}
