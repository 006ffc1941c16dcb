package health

import (
	"strings"
	"testing"
	"time"

	"assent/app/i18n"
)

// A machine's clock that isn't believed is a warning that says what to do.
func TestALeapIsAWarning(t *testing.T) {
	cat, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	for by, says := range map[time.Duration]map[string]string{
		24 * time.Hour: {"en-GB": "leapt", "pt-BR": "para a frente"},
		-time.Hour:     {"en-GB": "back", "pt-BR": "para trás"},
	} {
		got := New(Config{Leapt: func() time.Duration { return by }}).leap(t.Context())
		if len(got) != 1 || got[0].Part != Clock || got[0].State != Warn {
			t.Fatalf("%v: %+v", by, got)
		}
		for lang, want := range says {
			w := cat.Match(lang, "")
			if text := w.T(got[0].Says.Key, "by", "x"); !strings.Contains(text, want) {
				t.Errorf("%v in %s: %q", by, lang, text)
			}
			if got[0].Do.In(w) == "" {
				t.Errorf("%v in %s: nothing to do", by, lang)
			}
		}
	}
	if got := New(Config{Leapt: func() time.Duration { return 0 }}).leap(t.Context()); got != nil {
		t.Errorf("without a leap: %+v", got)
	}
}
