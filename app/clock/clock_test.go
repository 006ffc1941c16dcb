package clock_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"assent/app/clock"
)

// machine is one whose clocks a test moves.
type machine struct {
	wall time.Time
	mono time.Duration
	log  bytes.Buffer
}

func newMachine() (*machine, *clock.Clock) {
	m := &machine{wall: time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)}
	return m, clock.New(clock.Config{
		Wall: func() time.Time { return m.wall },
		Mono: func() time.Duration { return m.mono },
		Log:  slog.New(slog.NewTextHandler(&m.log, nil)),
	})
}

func (m *machine) pass(d time.Duration) { m.wall, m.mono = m.wall.Add(d), m.mono+d }

func TestALeapIsNotBelieved(t *testing.T) {
	for _, c := range []struct {
		name    string
		leap    time.Duration
		follows bool
	}{
		{"a day ahead", 24 * time.Hour, false}, {"a day back", -24 * time.Hour, false},
		{"an hour back", -time.Hour, false},
		{"just too far ahead", clock.Believed + time.Second, false},
		{"just too far back", -clock.Believed - time.Second, false},
		{"a small step ahead", clock.Believed, true}, {"a small step back", -clock.Believed, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, clk := newMachine()
			began := clk.Now()
			m.pass(time.Minute)
			m.wall = m.wall.Add(c.leap)
			clk.Now()
			m.pass(10 * time.Minute)
			now := clk.Now()
			warned := strings.Contains(m.log.String(), "level=WARN")
			if c.follows {
				if !now.Equal(m.wall) || clk.Leapt() != 0 || warned {
					t.Errorf("it is %v, want %v; leapt %v, log %s", now, m.wall, clk.Leapt(), &m.log)
				}
				return
			}
			if want := began.Add(11 * time.Minute); !now.Equal(want) || clk.Leapt() != c.leap || !warned {
				t.Errorf("it is %v, want %v; leapt %v, log %s", now, want, clk.Leapt(), &m.log)
			}
			if n := strings.Count(m.log.String(), "\n"); n != 1 {
				t.Errorf("said %d times:\n%s", n, &m.log)
			}
			m.wall = m.wall.Add(-c.leap)
			if now := clk.Now(); !now.Equal(m.wall) || clk.Leapt() != 0 ||
				!strings.Contains(m.log.String(), "agrees with the service's again") {
				t.Errorf("back again it is %v, leapt %v", now, clk.Leapt())
			}
		})
	}
}

// By itself the time never goes back, nor does it stand still.
func TestTimeNeverGoesBack(t *testing.T) {
	m, clk := newMachine()
	last := clk.Now()
	for i, step := range []time.Duration{0, -50 * time.Second, 0, 30 * time.Second, -40 * time.Second, -2 * time.Hour,
		0, 2 * time.Hour, 0} {
		m.pass(20 * time.Second)
		m.wall = m.wall.Add(step)
		now := clk.Now()
		if !now.After(last) {
			t.Errorf("step %d: %v after %v", i, now, last)
		}
		last = now
	}
}

func TestWhatMakesALeapBelieved(t *testing.T) {
	for _, c := range []struct {
		name    string
		leap    time.Duration
		date    func(wall, service time.Time) time.Time
		follows bool
	}{
		{"a Date that agrees, ahead", 5 * time.Hour,
			func(wall, _ time.Time) time.Time { return wall.Add(20 * time.Second) }, true},
		{"a Date that agrees, back", -5 * time.Hour,
			func(wall, _ time.Time) time.Time { return wall.Add(-20 * time.Second) }, true},
		{"a Date that agrees with the service", 5 * time.Hour, func(_, service time.Time) time.Time { return service },
			false},
		{"a Date that agrees with neither", 5 * time.Hour,
			func(wall, _ time.Time) time.Time { return wall.Add(time.Hour) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, clk := newMachine()
			m.wall = m.wall.Add(c.leap)
			before := clk.Now()
			clk.Heard(c.date(m.wall, before), time.Second)
			if now := clk.Now(); now.Equal(m.wall) != c.follows || (clk.Leapt() == 0) != c.follows {
				t.Errorf("it is %v, leapt %v", now, clk.Leapt())
			}
		})
	}
	m, clk := newMachine()
	clk.Heard(m.wall.Add(3*time.Hour), 0) // without a leap a Date sets nothing
	if now := clk.Now(); !now.Equal(m.wall) {
		t.Errorf("a Date alone set it to %v", now)
	}
}

// While in doubt the servers are asked, now and then; what comes of it is told.
func TestServersAreAskedWhileInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var leap, set atomic.Int64 // in nanoseconds
		began := time.Now()
		clk := clock.New(clock.Config{
			Wall: func() time.Time { return time.Now().Add(time.Duration(leap.Load())) },
			Mono: func() time.Duration { return time.Since(began) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		var asked atomic.Int64
		var agrees atomic.Bool
		done := make(chan error)
		go func() {
			done <- clk.Run(ctx, func(context.Context) {
				if asked.Add(1); agrees.Load() {
					clk.Heard(time.Now().Add(time.Duration(leap.Load())), 0)
				}
			}, func(_ context.Context, by time.Duration) { set.Add(int64(by)) })
		}()
		time.Sleep(5 * time.Minute)
		if synctest.Wait(); asked.Load() != 0 {
			t.Errorf("asked %d times without a leap", asked.Load())
		}
		leap.Store(int64(-time.Hour))
		time.Sleep(100 * time.Second)
		if synctest.Wait(); asked.Load() != 4 || set.Load() != 0 {
			t.Errorf("asked %d times in 100 s, set by %v; want 4 and nothing", asked.Load(), time.Duration(set.Load()))
		}
		agrees.Store(true)
		time.Sleep(40 * time.Second)
		if synctest.Wait(); time.Duration(set.Load()) != -time.Hour || clk.Leapt() != 0 {
			t.Errorf("set by %v, leapt %v", time.Duration(set.Load()), clk.Leapt())
		}
		cancel()
		<-done
	})
}
