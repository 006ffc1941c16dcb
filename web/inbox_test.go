package web_test

import (
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// More than is listed is counted and said, and a burst says how much it is
// although it lists less.
func TestInboxSaysWhatItDoesNotList(t *testing.T) {
	const beyond = 7
	for _, c := range []struct {
		name    string
		notices int // until the client goes quiet
		slips   int
		says    map[string]string
	}{
		{"not quiet", 100, store.InboxOfClient, map[string]string{"inbox-title": "32 requests wait", "notice-more": "Seven more wait"}},
		{"a burst", 5, 0, map[string]string{"inbox-title": "32 requests wait", "burst": "asked 32 times in 3 minutes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			ada.enrol()
			for range store.InboxOfClient + beyond {
				s.Clock.Advance(5 * time.Second)
				if _, _, err := s.StartRequest(t.Context(), app.System, storetest.Request(ada.who, s.Now().Add(time.Hour)),
					store.Fatigue{Notices: c.notices, Window: time.Hour}, true); err != nil {
					t.Fatal(err)
				}
			}
			doc := ada.get("/").page(t)
			for id, want := range c.says {
				if got := strings.Join(strings.Fields(doc.Find(`[data-testid="`+id+`"]`).Text()), " "); !strings.Contains(got, want) {
					t.Errorf("%s says %q, want %q", id, got, want)
				}
			}
			if n := doc.Find(`[data-testid="notice-more"]`).Length(); n != 0 && c.says["notice-more"] == "" {
				t.Error("the page says that more waits, and it is all in the burst")
			}
			if n := doc.Find(`[data-testid="slip"]`).Length(); n != c.slips {
				t.Errorf("%d slips, want %d", n, c.slips)
			}
		})
	}
}
