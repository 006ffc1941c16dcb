package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"assent/app"
	"assent/app/jobs"
	"assent/store"
	"assent/store/storetest"
)

// outbox is a store whose clock is the bubble's, with one settle job in it.
func outbox(t *testing.T, life time.Duration) (*store.Store, app.Request) {
	t.Helper()
	st, p := bubble(t)
	in := storetest.Request(p, st.Now().Add(life))
	in.State, in.Reason = app.Cancelled, app.ReasonNoDevice
	r, _, err := st.StartRequest(t.Context(), app.System, in, store.Fatigue{}, true)
	if err != nil {
		t.Fatal(err)
	}
	return st, r
}

func TestRetriesUntilDoneOrDeadline(t *testing.T) {
	retry := func(after time.Duration) app.Outcome {
		return app.Outcome{Verdict: app.JobRetry, After: after, Cause: app.CauseBusy}
	}
	for _, c := range []struct {
		name          string
		run           func(attempt int) app.Outcome
		runs          int
		waiting, dead int
		expired       app.Cause
	}{
		{"done at once", func(int) app.Outcome { return app.Outcome{} }, 1, 0, 0, ""},
		{"done at the third", func(n int) app.Outcome {
			if n < 3 {
				return retry(0)
			}
			return app.Outcome{}
		}, 3, 0, 0, ""},
		// at 0, 40, and then ever closer to 60
		{"as the other side asks", func(int) app.Outcome { return retry(40 * time.Second) }, 7, 0, 1, "late_acp_busy"},
		{"asked for longer than there is", func(n int) app.Outcome {
			if n < 3 {
				return retry(time.Hour)
			}
			return app.Outcome{}
		}, 3, 0, 0, ""},
		{"given up", func(int) app.Outcome { return app.Outcome{Verdict: app.JobFailed, Cause: "refused"} }, 1, 0, 1,
			"refused"},
		{"a panic is tried again", func(n int) app.Outcome {
			if n == 1 {
				panic("once")
			}
			return app.Outcome{}
		}, 2, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st, _ := outbox(t, time.Minute)
				ctx, stop := context.WithCancel(t.Context())
				runs, expired := 0, app.CauseNone
				w := jobs.New(st, nil, slog.New(slog.DiscardHandler), map[app.JobKind]jobs.Handler{app.JobSettle: {
					Run:     func(_ context.Context, j app.Job) app.Outcome { runs++; return c.run(j.Attempts) },
					Expired: func(_ context.Context, _ app.Job, cause app.Cause) error { expired = cause; return nil },
					Workers: 1, Timeout: 30 * time.Second,
				}})
				ended := make(chan error)
				go func() { ended <- w.Run(ctx) }()
				time.Sleep(2 * time.Minute) // the bubble's time
				synctest.Wait()
				stop()
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
				waiting, dead, err := st.Outbox(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if runs != c.runs || waiting != c.waiting || dead != c.dead || expired != c.expired {
					t.Errorf("%d runs, %d waiting, %d dead, expired %q; want %d, %d, %d, %q", runs, waiting, dead,
						expired, c.runs, c.waiting, c.dead, c.expired)
				}
				st.Close()
			})
		})
	}
}

// A panic while a job is given up, and one of whatever a commit tells, are failures
// of that job alone: it is tried again, and others run.
func TestAPanicWhileAJobIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, p := bubble(t)
		defer st.Close()
		approval(t, st, p, "bad")
		var log bytes.Buffer
		var tried, ran atomic.Int32
		w := jobs.New(st, nil, slog.New(slog.NewTextHandler(&log, nil)), map[app.JobKind]jobs.Handler{app.JobSettle: {
			Run: func(_ context.Context, j app.Job) app.Outcome {
				if j.Lane == "bad" {
					return app.Outcome{Verdict: app.JobFailed, Cause: app.CauseRefused}
				}
				ran.Add(1)
				return app.Outcome{}
			},
			Expired: func(context.Context, app.Job, app.Cause) error {
				if tried.Add(1) < 3 {
					panic("while it is given up")
				}
				return nil
			}, Workers: 1, Timeout: time.Minute}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		synctest.Wait()
		decision(t, st, p, "good")
		w.Kick()
		synctest.Wait()
		if waiting, dead, err := st.Outbox(t.Context()); waiting != 1 || dead != 0 || ran.Load() != 1 || tried.Load() != 1 ||
			err != nil {
			t.Errorf("%d waiting, %d dead, the other ran %d times, given up %d times (%v); want 1, 0, 1, 1", waiting,
				dead, ran.Load(), tried.Load(), err)
		}
		time.Sleep(3 * time.Second) // less than the lease lasts
		synctest.Wait()
		if waiting, dead, err := st.Outbox(t.Context()); waiting != 0 || dead != 1 || tried.Load() != 3 || err != nil {
			t.Errorf("%d waiting, %d dead, given up %d times (%v); want 0, 1, 3", waiting, dead, tried.Load(), err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), "TestAPanicWhileAJobIsGivenUp") {
			t.Error("the log has no stack of it")
		}
	})
}

func TestLeaseIsExclusiveAndFenced(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	in := storetest.Request(p, db.Now().Add(time.Hour))
	in.State, in.Reason = app.Cancelled, app.ReasonNoDevice
	if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{}, true); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	got := make(chan app.Job, 10)
	for range 10 {
		wg.Go(func() {
			j, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Minute)
			if err != nil {
				t.Error(err)
			}
			if ok {
				got <- j
			}
		})
	}
	wg.Wait()
	if len(got) != 1 {
		t.Fatalf("%d workers hold the job", len(got))
	}
	slow := <-got
	db.Clock.Advance(2 * time.Minute) // its lease ends: a crash, or a very slow run
	quick, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Minute)
	if err != nil || !ok || quick.Attempts != 2 {
		t.Fatalf("second lease: %+v %v %v", quick, ok, err)
	}
	if err := errors.Join(db.JobDead(t.Context(), slow, "late"), db.JobDone(t.Context(), slow)); err != nil {
		t.Fatal(err)
	}
	if waiting, dead, _ := db.Outbox(t.Context()); waiting != 1 || dead != 0 {
		t.Errorf("a lost lease settled the job: %d waiting, %d dead", waiting, dead)
	}
}

func TestKickFindsWorkAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, p := bubble(t)
		defer st.Close()
		ran := make(chan time.Time, 1)
		w := jobs.New(st, nil, slog.New(slog.DiscardHandler), map[app.JobKind]jobs.Handler{app.JobSettle: {
			Run:     func(context.Context, app.Job) app.Outcome { ran <- time.Now(); return app.Outcome{} },
			Workers: 1,
			Timeout: time.Minute}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		synctest.Wait()
		decision(t, st, p, "acp")
		at := time.Now()
		w.Kick()
		if got := (<-ran).Sub(at); got > 100*time.Millisecond {
			t.Errorf("found after %v, want at once", got)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
