package background_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"assent/app/background"
)

// A panic is an error, and in the log with where it came from, but without its
// value.
func TestAPanicIsAnError(t *testing.T) {
	var out bytes.Buffer
	err := background.Try(t.Context(), slog.New(slog.NewTextHandler(&out, nil)), "a test",
		func() error { panic("of Ada Quill") })
	var p *background.Panic
	if !errors.As(err, &p) || p.Type != "string" {
		t.Errorf("got %v", err)
	}
	if said := out.String(); !strings.Contains(said, "background_test.TestAPanicIsAnError") ||
		strings.Contains(said, "Quill") {
		t.Errorf("the log: %s", said)
	}
}

// A part fails from a failed round on until one that succeeds.
func TestRoundsThatFail(t *testing.T) {
	w := background.New(slog.New(slog.DiscardHandler))
	broken := errors.New("broken")
	for _, c := range []struct {
		f    func() error
		want []background.Name
	}{
		{func() error { return nil }, nil},
		{func() error { return broken }, []background.Name{background.Expiry}},
		{func() error { return nil }, nil},
		{func() error { panic("x") }, []background.Name{background.Expiry}},
		{func() error { panic("x") }, []background.Name{background.Expiry}},
		{func() error { return nil }, nil},
	} {
		err := w.Round(t.Context(), background.Expiry, c.f)
		if got := w.Failing(); !slices.Equal(got, c.want) || (err != nil) != (c.want != nil) {
			t.Errorf("failing: %v (%v), want %v", got, err, c.want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Round(ended, background.Expiry, ended.Err); err == nil || len(w.Failing()) != 0 {
		t.Errorf("a service that stops: %v, failing %v", err, w.Failing())
	}
}

// A loop that panics, or just ends, runs again, after ever longer pauses; and
// ends with its context.
func TestALoopIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := background.New(slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		var began []time.Duration
		start := time.Now()
		ended := make(chan error)
		go func() {
			ended <- w.Keep(ctx, background.Clock, func(ctx context.Context) error {
				began = append(began, time.Since(start))
				switch len(began) {
				case 1:
					panic("first")
				case 2:
					return errors.New("second")
				case 3:
					return nil
				}
				<-ctx.Done()
				return nil
			})
		}()
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if want := []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}; !slices.Equal(began, want) {
			t.Errorf("began at %v, want %v", began, want)
		}
		if got := w.Failing(); !slices.Equal(got, []background.Name{background.Clock}) {
			t.Errorf("failing: %v", got)
		}
		time.Sleep(10 * time.Minute)
		if got := w.Failing(); len(got) != 0 {
			t.Errorf("after ten minutes: %v", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
