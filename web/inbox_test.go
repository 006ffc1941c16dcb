package web_test

import (
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/consent"
	"assent/store"
	"assent/store/storetest"
	"assent/web/emulator"
)

// While the code of a message may be asked for, the message stands nowhere:
// neither before the page has been opened, nor while ACP doesn't answer, nor
// after it was shown to a person who wasn't under attack then.
func TestTheCodeStandsNowhere(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy consent.Protection
		shown  bool // on the request's own page
	}{
		{"always asked for", consent.Protection{MatchCode: []string{"regular"}}, false},
		{"asked for under attack", consent.Protection{UnderAttack: []string{"regular"}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.policy = c.policy
			ada := s.person("Ada Quill")
			ada.enrol()
			_, r := ada.asked()
			_, other := ada.askedOf(emulator.Ask{Device: "shop-ping", BindingMessage: "K7-PLUM"})
			code := func(path string) bool { return strings.Contains(string(ada.get(path).body), "K7-PLUM") }
			if code("/") {
				t.Error("the inbox has it before the page was opened")
			}
			if code("/requests/"+r.ID) != c.shown {
				t.Errorf("the request's page has it: %v, want %v", !c.shown, c.shown)
			}
			if code("/") {
				t.Error("the inbox has it after the page was opened")
			}
			s.acp.Fail(emulator.Details, emulator.Fault{Times: -1, Status: 503})
			if doc := ada.get("/requests/" + other.ID).page(t); strings.Contains(doc.Text(), "K7-PLUM") {
				t.Error("the page has it while ACP doesn't answer")
			}
			s.acp.Heal()
			s.policy = consent.Protection{}
			if !code("/") {
				t.Error("the inbox hasn't it without the policy")
			}
		})
	}
}

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
		{"not quiet", 100, store.InboxOfClient,
			map[string]string{"inbox-title": "32 requests wait", "notice-more": "Seven more wait"}},
		{"a burst", 5, 0, map[string]string{"inbox-title": "32 requests wait", "burst": "asked 32 times in 3 minutes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			ada.enrol()
			for range store.InboxOfClient + beyond {
				s.Clock.Advance(5 * time.Second)
				if _, _, err := s.StartRequest(t.Context(), app.System,
					storetest.Request(ada.who, s.Now().Add(time.Hour)),
					store.Fatigue{Notices: c.notices, Window: time.Hour}, true); err != nil {
					t.Fatal(err)
				}
			}
			doc := ada.get("/").page(t)
			for id, want := range c.says {
				if got := strings.Join(strings.Fields(doc.Find(`[data-testid="`+id+`"]`).Text()),
					" "); !strings.Contains(got, want) {
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
