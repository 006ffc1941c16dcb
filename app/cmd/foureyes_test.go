package cmd_test

import (
	"strings"
	"testing"

	"assent/app"
	"assent/app/config"
	"assent/app/settings"
	"assent/store"
)

// The emergency door switches four eyes off once, and leaves a row of the audit.
func TestFourEyesOff(t *testing.T) {
	dir := t.TempDir()
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	svc, err := settings.New(t.Context(), settings.Config{Store: st, Given: config.Given{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.ChooseFourEyes(t.Context(), app.Operator, settings.FourEyes{Areas: []app.Area{app.AreaOwners}},
		0); err != nil {
		t.Fatal(err)
	}
	off := []string{"admin", "four-eyes", "off", "--data-dir", dir}
	for range 2 { // the second time there is nothing to do
		if out, _, err := run(t, off...); err != nil || !strings.Contains(out, "off") {
			t.Fatalf("%q %v", out, err)
		}
	}
	if e, _, err := svc.FourEyes(t.Context()); err != nil || len(e.Areas) != 0 {
		t.Errorf("%v is left (%v)", e.Areas, err)
	}
	if rows, err := st.AuditOf(t.Context(), "four_eyes.off", 5); err != nil || len(rows) != 1 {
		t.Errorf("the audit has it %d times (%v)", len(rows), err)
	}
	if _, _, err := run(t, append(off, "--four-eyes=owners")...); err == nil ||
		!strings.Contains(err.Error(), "ASSENT_FOUR_EYES") {
		t.Errorf("where the start-up settings name it: %v", err)
	}
	if _, _, err := run(t, "admin", "four-eyes", "on", "--data-dir", dir); err == nil {
		t.Error("it was switched on")
	}
}
