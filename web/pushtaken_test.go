package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// Whoever has a cookie can't keep the phone from taking its notices back by doing
// what is limited as often as it may be done.
func TestNoticesAreTakenBackWhateverTheThiefUsedUp(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	own, last := s.push.Subscribe(), s.push.Subscribe()
	ada.subscribes(own, "")
	ada.subscribes(last, "")
	for i := 0; ; i++ {
		next := s.push.Subscribe()
		if ada.subscribes(next, last.Endpoint).StatusCode == http.StatusTooManyRequests {
			break
		}
		if i > 100 {
			t.Fatal("a cookie fills the audit with subscriptions")
		}
		last = next
	}
	if a := ada.subscribes(own, own.Endpoint); a.StatusCode != http.StatusNoContent {
		t.Fatalf("the browser takes them back: %d %s", a.StatusCode, a.body)
	}
	moves := 0
	for ; moves <= 100; moves++ {
		if ada.subscribes(s.push.Subscribe(), "").StatusCode == http.StatusTooManyRequests {
			break
		}
		ada.subscribes(own, own.Endpoint)
	}
	if moves > 100 {
		t.Error("moving and taking back fills the audit")
	}
}

// The last notice reaches the phone however fast whoever has the cookie goes on
// from endpoint to endpoint, also where the phone's own was no longer trusted.
func TestManyMovesDontHideTheLastNotice(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	first, own := s.push.Subscribe(), s.push.Subscribe()
	ada.subscribes(first, "")
	ada.subscribes(own, "")
	ada.told()
	for range 6 {
		if a := ada.subscribes(s.push.Subscribe(), ""); a.StatusCode != http.StatusNoContent {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
	}
	if told := ada.told(); !strings.Contains(told[own.Endpoint], "last notification here") {
		t.Errorf("the phone was told %q", told[own.Endpoint])
	}
}
