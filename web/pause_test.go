package web_test

import (
	"strings"
	"testing"

	"assent/app"
)

// The person's own app says what their report paused, for as long as it is.
func TestTheAppSaysWhatIsPaused(t *testing.T) {
	for scope, want := range map[app.PauseScope]string{
		app.PauseNone:     "",
		app.PausePayments: "payments are paused",
		app.PauseAll:      "can ask you anything",
	} {
		s := newSite(t)
		s.policy.ReportPauses = scope
		ada := s.person("Ada Quill")
		ada.enrol()
		_, r := ada.asked()
		if a := ada.form("/requests/"+r.ID+"/report", ""); a.StatusCode != 303 {
			t.Fatalf("report: %d %s", a.StatusCode, a.body)
		}
		said := func() string { return ada.get("/").page(t).Find(`[data-testid="notice-paused"]`).Text() }
		if got := said(); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: it says %q", scope, got)
		}
		if scope == app.PauseNone {
			continue
		}
		if err := s.Clear(t.Context(), app.Operator, ada.who.ID); err != nil {
			t.Fatal(err)
		}
		if got := said(); got != "" {
			t.Errorf("%q: once it is lifted it says %q", scope, got)
		}
	}
}
