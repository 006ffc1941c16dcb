package emulator

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPingsMustBelongToTheSale(t *testing.T) {
	e, err := New(Options{URL: "http://localhost:8090"})
	if err != nil {
		t.Fatal(err)
	}
	sl := &sale{
		id:                "s",
		state:             saleWaiting,
		notificationToken: "token",
		authReqID:         "request",
		pinged:            make(chan struct{}, 1),
	}
	e.sales[sl.id] = sl
	for name, row := range map[string]struct {
		bearer, body string
		status       int
	}{
		"another token":   {"other", `{"auth_req_id":"request"}`, 401},
		"another request": {"token", `{"auth_req_id":"other"}`, 401},
		"no request":      {"token", `{}`, 400},
		"both right":      {"token", `{"auth_req_id":"request"}`, 204},
	} {
		req := httptest.NewRequest("POST", "/notifications", strings.NewReader(row.body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+row.bearer)
		w := httptest.NewRecorder()
		e.Handler().ServeHTTP(w, req)
		if w.Code != row.status || len(sl.pinged) != map[bool]int{true: 1}[row.status == 204] {
			t.Errorf("%s: %d, %d pings taken", name, w.Code, len(sl.pinged))
		}
		select {
		case <-sl.pinged:
		default:
		}
	}
}
