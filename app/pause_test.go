package app_test

import (
	"encoding/json"
	"testing"

	"assent/app"
)

// Choices of older versions said true or false.
func TestPauseScopesOfOlderVersions(t *testing.T) {
	for text, want := range map[string]app.PauseScope{
		`true`:       app.PauseAll,
		`false`:      app.PauseNone,
		`"payments"`: app.PausePayments,
		`"all"`:      app.PauseAll,
		`""`:         app.PauseNone,
	} {
		var got app.PauseScope
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is %q (%v)", text, got, err)
		}
		again, err := app.ParsePauseScope(got.Setting())
		if err != nil || again != want {
			t.Errorf("%q as a setting is %q (%v)", got, again, err)
		}
	}
	var scope app.PauseScope
	if err := json.Unmarshal([]byte(`"some"`), &scope); err == nil {
		t.Error("an unknown scope is read")
	}
}
