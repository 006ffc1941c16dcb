package web_test

import (
	"net/http"
	"testing"
)

// Each search reads through all that a person was ever asked, so that the cookie of
// one device could keep the service busy with them.
func TestSearchesInAHistoryHaveALimit(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	refused := 0
	for range 40 {
		switch a := ada.get("/history?q=till"); a.StatusCode {
		case http.StatusTooManyRequests:
			refused++
		case http.StatusOK:
			if refused > 0 {
				t.Fatal("a search is answered after one was refused")
			}
		default:
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
	}
	if refused == 0 {
		t.Error("forty searches at once are all answered")
	}
	if a := ada.get("/history"); a.StatusCode != http.StatusOK {
		t.Errorf("the list itself: %d", a.StatusCode)
	}
}
