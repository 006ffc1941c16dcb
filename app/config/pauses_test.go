package config_test

import (
	"testing"

	"assent/app"
)

// What was once true or false is read so still, from wherever it comes.
func TestReportPauses(t *testing.T) {
	path := file(t, "assent.toml", "report_pauses = true\n")
	for _, c := range []struct {
		env  []string
		args []string
		want app.PauseScope
	}{
		{nil, nil, app.PauseNone},
		{nil, []string{"--report-pauses"}, app.PauseAll},
		{nil, []string{"--report-pauses=payments"}, app.PausePayments},
		{[]string{"ASSENT_REPORT_PAUSES", "true"}, nil, app.PauseAll},
		{[]string{"ASSENT_REPORT_PAUSES", "false"}, nil, app.PauseNone},
		{[]string{"ASSENT_REPORT_PAUSES", "payments"}, nil, app.PausePayments},
		{[]string{"ASSENT_CONFIG", path}, nil, app.PauseAll},
		{[]string{"ASSENT_CONFIG", path, "ASSENT_REPORT_PAUSES", "payments"}, []string{"--report-pauses=false"},
			app.PauseNone},
	} {
		s, err := parse(t, with(good, c.env...), c.args...)
		if err != nil {
			t.Fatalf("%v %v: %v", c.env, c.args, err)
		}
		got, err := s.Serve()
		if err != nil || got.Protection.ReportPauses != c.want {
			t.Errorf("%v %v: %q, want %q (%v)", c.env, c.args, got.Protection.ReportPauses, c.want, err)
		}
	}
	if _, err := parse(t, with(good, "ASSENT_REPORT_PAUSES", "most")); err == nil {
		t.Error("most is a scope")
	}
}
