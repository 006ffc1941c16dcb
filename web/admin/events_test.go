package admin_test

import (
	"net/http"
	"testing"

	"assent/app"
	"assent/app/live"
)

// A console's stream for which there is no room is refused, with the time after
// which to ask again; people's streams take none of its room.
func TestCrowdedConsoleStreamIsRefused(t *testing.T) {
	s := newSite(t, false)
	v := s.visitor("olive@northmoor.example", app.RoleOwner)
	s.hub.Limits = live.Limits{PerDevice: 1, PerPerson: 1, People: 1, PerSession: 1, PerAdmin: 1, Admins: 1}
	if _, _, err := s.hub.Subscribe("ada", "phone"); err != nil {
		t.Fatal(err)
	}
	if got := v.send(http.MethodGet, "/admin/events", nil); got.StatusCode != http.StatusOK ||
		got.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("with room: %d %s", got.StatusCode, got.Header.Get("Content-Type"))
	}
	if _, _, err := s.hub.SubscribeAdmin("another", "session"); err != nil {
		t.Fatal(err)
	}
	if got := v.send(http.MethodGet, "/admin/events", nil); got.StatusCode != http.StatusTooManyRequests ||
		got.Header.Get("Retry-After") != "30" {
		t.Errorf("without room: %d, Retry-After %q", got.StatusCode, got.Header.Get("Retry-After"))
	}
}
