package web_test

import (
	"net/http"
	"strings"
	"testing"

	"assent/app"
	"assent/web/emulator"
)

// What a person reads of an approval that was withdrawn after a try whose answer
// was lost: that it is, and whether it may have taken effect; never that they
// approved it, nor that it just ended.
func TestThePersonIsToldOfAWithdrawal(t *testing.T) {
	for name, c := range map[string]struct {
		after bool // ACP took it
		title string
		says  string
		list  string
	}{
		"ACP didn't take it": {false, "Withdrawn", "It has no effect", "withdrawn"},
		"ACP took it":        {true, "It may have gone through", "You may be signed in", "may have gone through"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			ada.enrol()
			session, r := ada.asked()
			seen := seenOn(ada.get("/requests/" + r.ID).page(t))
			pr := ada.begin("/requests/"+r.ID+"/approval", seen+`,"scopes":["profile"]}`)
			if a := ada.json("/requests/"+r.ID+"/approval/"+pr.Ceremony,
				`{"credential":`+ada.sign(pr)+`,"standalone":false,"zone":""}`); a.StatusCode != http.StatusOK {
				t.Fatalf("%d %s", a.StatusCode, a.body)
			}
			s.acp.Fail(emulator.Accept, emulator.Fault{Status: http.StatusServiceUnavailable, After: c.after})
			s.svc.Settle(t.Context(), s.MustLease(app.JobSettle, r.ID))
			if err := s.svc.CancelRequest(t.Context(), app.Operator, r.ID); err != nil {
				t.Fatal(err)
			}
			outcome := func() (title, text string) {
				t.Helper()
				doc := ada.get("/requests/" + r.ID).page(t)
				if doc.Find(".pressed").Length() != 0 {
					t.Error("a withdrawn approval has its seal")
				}
				return doc.Find(`[data-testid="outcome"]`).Text(), doc.Find(`[data-testid="outcome-text"]`).Text()
			}
			if title, text := outcome(); title != "Being withdrawn" || !strings.Contains(text, "help desk") {
				t.Errorf("while it is withdrawn: %q, %q", title, text)
			}
			s.svc.Settle(t.Context(), s.MustLease(app.JobSettle, r.ID))
			if title, text := outcome(); title != c.title || !strings.Contains(text, c.says) {
				t.Errorf("then: %q, %q; want %q, %q", title, text, c.title, c.says)
			}
			list := func(query string) string {
				t.Helper()
				return ada.get("/history" + query).page(t).Find("main").Text()
			}
			if got := list("?state=withdrawn"); !strings.Contains(got, c.list) {
				t.Errorf("history lacks %q:\n%s", c.list, got)
			}
			for _, state := range []string{"approved", "cancelled"} {
				if got := list("?state=" + state); strings.Contains(got, "/requests/"+r.ID) ||
					!strings.Contains(got, "Nothing fits") {
					t.Errorf("it stands among those %s", state)
				}
			}
			if a := ada.get("/requests/" + r.ID + "/receipt"); a.StatusCode != http.StatusOK {
				t.Errorf("its receipt: %d", a.StatusCode)
			}
			if got, _ := s.acp.Session(session.ID); got.Calls[emulator.Accept] != 1 {
				t.Errorf("ACP was told %d times to accept", got.Calls[emulator.Accept])
			}
		})
	}
}
