package jobs_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"assent/app"
	"assent/app/jobs"
	"assent/store"
)

// A run may take longer than a lease: it is renewed, and no other worker gets
// the job meanwhile.
func TestALeaseIsRenewedWhileTheJobRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, _ := outbox(t, 10*time.Minute)
		defer st.Close()
		runs := 0
		w := jobs.New(st, nil, slog.New(slog.DiscardHandler), map[app.JobKind]jobs.Handler{app.JobSettle: {
			Run: func(ctx context.Context, _ app.Job) app.Outcome {
				runs++
				time.Sleep(6 * store.LeaseTime)
				if ctx.Err() != nil {
					t.Errorf("the run was stopped: %v", context.Cause(ctx))
				}
				return app.Outcome{}
			}, Workers: 3, Lane: 3, Timeout: time.Minute}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if waiting, dead, err := st.Outbox(t.Context()); err != nil || runs != 1 || waiting+dead != 0 {
			t.Errorf("%d runs, %d waiting, %d dead (%v); want one run and nothing left", runs, waiting, dead, err)
		}
	})
}

// A worker whose lease is another's stops, and settles nothing.
func TestALostLeaseEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, _ := outbox(t, 10*time.Minute)
		defer st.Close()
		var cause error
		expired := false
		w := jobs.New(st, nil, slog.New(slog.DiscardHandler), map[app.JobKind]jobs.Handler{app.JobSettle: {
			Run: func(ctx context.Context, j app.Job) app.Outcome {
				if err := st.JobLater(ctx, j, st.Now().Add(time.Hour), "another worker's"); err != nil {
					t.Error(err)
				}
				<-ctx.Done()
				cause = context.Cause(ctx)
				return app.Outcome{Verdict: app.JobFailed, Cause: "not for this worker to say"}
			},
			Expired: func(context.Context, app.Job, app.Cause) error { expired = true; return nil },
			Workers: 1, Timeout: time.Minute}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		time.Sleep(2 * store.LeaseTime)
		synctest.Wait()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if cause == nil || cause.Error() != app.ErrLeaseLost.Error() {
			t.Errorf("the run ended with %v, want the lost lease", cause)
		}
		if waiting, dead, err := st.Outbox(t.Context()); err != nil || waiting != 1 || dead != 0 || expired {
			t.Errorf("%d waiting, %d dead, given up %v (%v); want the job untouched", waiting, dead, expired, err)
		}
	})
}
