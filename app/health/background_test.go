package health_test

import (
	"errors"
	"log/slog"
	"testing"

	"assent/app"
	"assent/app/background"
	"assent/app/health"
	"assent/app/i18n"
)

// The overview says which work in the background fails, with what to do, in both
// languages; and that an ending is put aside. Nothing is said where all is well.
func TestBackgroundThatFails(t *testing.T) {
	w := newWorld(t, nil)
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	watch := background.New(nil)
	look := func() (out []health.Result) {
		t.Helper()
		svc := health.New(health.Config{Store: w.Store, Dir: w.dir, Watch: watch, Log: slog.New(slog.DiscardHandler)})
		all, _ := svc.Look(t.Context())
		for _, r := range all {
			if r.Part == health.Background {
				out = append(out, r)
			}
		}
		return out
	}
	if got := look(); len(got) != 0 {
		t.Errorf("nothing fails: %+v", got)
	}
	said := map[string]bool{}
	for _, name := range []background.Name{background.Outbox, background.Expiry, background.TimeEnds,
		background.Sweeping, background.Endings,
		background.Imports, background.Retention, background.AuditHead, background.Clock, "another"} {
		watch.Round(t.Context(), name, func() error { return errors.New("broken") })
		got := look()
		if len(got) != 1 || got[0].State != health.Bad || got[0].Do.Key == "" {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for _, lang := range []string{"en-GB", "pt-BR"} {
			text := got[0].Says.In(words.Match(lang, ""))
			if text == "" || said[text] || text == string(got[0].Says.Key) {
				t.Errorf("%s in %s: %q", name, lang, text)
			}
			said[text] = true
		}
		watch.Round(t.Context(), name, func() error { return nil })
	}

	p := w.MustPerson("alice")
	w.MustDevice(p)
	for range 101 {
		w.MustRequest(p)
	}
	if err := w.Pause(t.Context(), app.Operator, p.ID); err != nil {
		t.Fatal(err)
	}
	id, ok, err := w.NextEnding(t.Context())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := w.PutEndingAside(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := look(); len(got) != 1 || got[0].State != health.Bad || got[0].Says.N != 1 || got[0].Do.Key == "" {
		t.Errorf("an ending fails: %+v", got)
	}
	w.Clock.Advance(10e9)
	if more, err := w.EndMore(t.Context()); !more || err != nil {
		t.Fatal(more, err)
	}
	if got := look(); len(got) != 0 {
		t.Errorf("it is done: %+v", got)
	}
}
