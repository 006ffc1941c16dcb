// Package jobs works off the outbox: it leases a job, hands it to the handler
// of its kind and settles it as the handler says. It knows no kinds itself.
//
// A lease is short and renewed while its job runs. A run whose lease can't be
// renewed is cancelled, and what came of it isn't written down: another worker
// may have the job.
//
// A job may run twice (a crash between the work and the settling), so handlers
// are idempotent. A job that can't be done becomes dead and stays to be seen.
//
// Jobs have lanes: whom they need to answer. A lane gets a share of its kind's
// workers and no more, also while the others have nothing to do: who hangs, as a
// connection's ACP may, does so before anybody can tell, and those who wait for
// others must find a worker then.
//
// Jobs that a person waits for go before the others of their kind (app.JobRank),
// the most urgent first. One place of each lane is kept for them; the others get
// every fourth lease, so that they go on as well.
package jobs

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"assent/app"
	"assent/app/background"
	"assent/store"
)

// Handler does one kind of job. Expired runs when a job's deadline has passed
// before it could be done, so that whoever waits for it can be told; it may be nil.
type Handler struct {
	Run     func(context.Context, app.Job) app.Outcome
	Expired func(context.Context, app.Job, app.Cause) error
	Workers int           // how many may run at a time
	Lane    int           // how many of one lane; zero is half the workers, and never less than one
	Timeout time.Duration // of a run
}

// lane is how many runs one lane may have at a time.
func (h Handler) lane() int {
	if h.Lane > 0 {
		return h.Lane
	}
	return max(1, h.Workers/2)
}

// Worker runs the handlers.
type Worker struct {
	store    *store.Store
	watch    *background.Watch
	log      *slog.Logger
	handlers map[app.JobKind]Handler
	kicks    map[app.JobKind]chan struct{}
	lanes    map[app.JobKind]*lanes
}

// New makes a worker for the given kinds of job. A nil watch makes one.
func New(st *store.Store, watch *background.Watch, log *slog.Logger, handlers map[app.JobKind]Handler) *Worker {
	if watch == nil {
		watch = background.New(log)
	}
	w := &Worker{
		store:    st,
		watch:    watch,
		log:      log,
		handlers: handlers,
		kicks:    map[app.JobKind]chan struct{}{},
		lanes:    map[app.JobKind]*lanes{},
	}
	for kind, h := range handlers {
		w.kicks[kind] = make(chan struct{}, h.Workers)
		w.lanes[kind] = newLanes(h.lane(), h.Workers)
	}
	return w
}

// Kick makes idle workers look for work at once. It never blocks.
func (w *Worker) Kick() {
	for kind, ch := range w.kicks {
		for range w.handlers[kind].Workers {
			wake(ch)
		}
	}
}

func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Run works until ctx ends. Runs that are under way then get the rest of their
// time-out to finish; what doesn't is run again after the next start.
func (w *Worker) Run(ctx context.Context) error {
	var g errgroup.Group
	for kind, h := range w.handlers {
		for range h.Workers {
			g.Go(func() error {
				return w.watch.Keep(ctx, background.Outbox,
					func(ctx context.Context) error { return w.loop(ctx, kind, h) })
			})
		}
	}
	return g.Wait()
}

// idle bounds how long a worker sleeps, so that work written by another
// process (the command line) or seen late is found all the same.
const idle = 5 * time.Second

func (w *Worker) loop(ctx context.Context, kind app.JobKind, h Handler) error {
	for ctx.Err() == nil {
		var job app.Job
		var ok bool
		var next app.Instant
		err := w.watch.Round(ctx, background.Outbox, func() (err error) {
			job, ok, next, err = w.lease(ctx, kind, h)
			return err
		})
		if ok {
			w.work(context.WithoutCancel(ctx), job, h)
			continue
		}
		if err != nil && ctx.Err() == nil {
			w.log.ErrorContext(ctx, "outbox can't be read", "kind", kind, "err", err)
		}
		wait := idle
		if next != 0 {
			wait = max(time.Millisecond, min(idle, next.Sub(w.store.Now())))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-w.kicks[kind]:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// work runs a job and gives its place back.
func (w *Worker) work(ctx context.Context, job app.Job, h Handler) {
	defer func() {
		if w.lanes[job.Kind].leave(job) {
			wake(w.kicks[job.Kind]) // idle workers didn't look at that lane's jobs
		}
	}()
	// What panics here is no handler's: the job runs again when its lease ends.
	background.Try(ctx, w.log.With("job", job.ID, "kind", job.Kind), "the outbox",
		func() error { w.run(ctx, job, h); return nil })
}

// lease takes the next job whose lane has room, and the place in that lane.
// Workers of a kind come here one by one: between looking and taking the
// place, no other may.
func (w *Worker) lease(ctx context.Context, kind app.JobKind, h Handler) (app.Job, bool, app.Instant, error) {
	l := w.lanes[kind]
	l.mu.Lock()
	defer l.mu.Unlock()
	job, ok, next, err := w.store.LeaseJob(ctx, kind, store.LeaseTime, l.turns()...)
	if ok {
		l.enter(job)
	}
	return job, ok, next, err
}

func (w *Worker) run(ctx context.Context, j app.Job, h Handler) {
	settle := ctx
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	log := w.log.With("job", j.ID, "kind", j.Kind, "request", j.RequestID, "lane", j.Lane, "attempt", j.Attempts)
	out, lost := w.leased(ctx, j, h)
	if lost {
		log.WarnContext(ctx, "job stopped: its lease could not be renewed")
		return
	}
	var err error
	switch out.Verdict {
	case app.JobDone:
		err = w.store.JobDone(settle, j)
	case app.JobRetry:
		now := w.store.Now()
		if pause, ok := pause(out.After, j.Attempts, j.Deadline.Sub(now)); ok {
			log.WarnContext(ctx, "job will be tried again", "cause", out.Cause, "in", pause, "err", out.Err)
			err = w.store.JobLater(settle, j, now.Add(pause), out.Cause)
			break
		}
		err = w.bury(settle, log.With("err", out.Err), j, h, out.Cause.Late())
	case app.JobFailed:
		err = w.bury(settle, log.With("err", out.Err), j, h, out.Cause)
	}
	if err != nil {
		log.ErrorContext(ctx, "job could not be settled; it runs again when its lease ends", "err", err)
	}
}

// leased runs the handler while the lease is renewed, and tells whether it was
// lost. The context of the run ends then.
func (w *Worker) leased(ctx context.Context, j app.Job, h Handler) (out app.Outcome, lost bool) {
	ctx, lose := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := background.Try(ctx, w.log.With("job", j.ID), "renewing a lease",
			func() error { w.renew(ctx, j, lose); return nil }); err != nil {
			lose(app.ErrLeaseLost) // it may be: the run stops
		}
	}()
	out = w.handle(ctx, j, h)
	lost = errors.Is(context.Cause(ctx), app.ErrLeaseLost)
	lose(nil)
	<-ended
	return out, lost
}

// renew renews the lease until ctx ends. It ends ctx with app.ErrLeaseLost once
// the lease is another's, or has run out because the database couldn't be
// written: by the monotonic clock, whatever becomes of the system's.
func (w *Worker) renew(ctx context.Context, j app.Job, lose context.CancelCauseFunc) {
	end := time.AfterFunc(store.LeaseTime, func() { lose(app.ErrLeaseLost) })
	defer end.Stop()
	tick := time.NewTicker(store.LeaseTime / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asked := time.Now()
		err := w.store.RenewLease(ctx, j, store.LeaseTime)
		switch {
		case err == nil:
			end.Reset(store.LeaseTime - time.Since(asked))
		case errors.Is(err, app.ErrLeaseLost):
			lose(app.ErrLeaseLost)
		case ctx.Err() == nil:
			w.log.WarnContext(ctx, "a lease can't be renewed yet", "job", j.ID, "err", err)
		}
	}
}

// worthwhile is the least time in which another try makes sense.
const worthwhile = time.Second

// pause is how long to wait for the next try: as long as the other side asks,
// or the backoff. Where that is longer than what is left, what is left is
// halved instead, so that one large Retry-After doesn't give up what there is
// time for.
func pause(asked time.Duration, attempts int, left time.Duration) (time.Duration, bool) {
	if left < worthwhile {
		return 0, false
	}
	if asked <= 0 {
		asked = Backoff(attempts)
	}
	if asked >= left {
		asked = left / 2
	}
	return asked, true
}

// bury ends a job for good, once whoever waits for it was told. Where that fails
// the job runs again after a pause, and goes on being counted as one that waits.
func (w *Worker) bury(ctx context.Context, log *slog.Logger, j app.Job, h Handler, cause app.Cause) error {
	log.ErrorContext(ctx, "job failed for good", "cause", cause)
	if h.Expired != nil {
		if err := background.Try(ctx, log, "giving a job up",
			func() error { return h.Expired(ctx, j, cause) }); err != nil {
			log.ErrorContext(ctx, "job can't be given up; that is tried again", "err", err)
			return w.store.JobLater(ctx, j, w.store.Now().Add(Backoff(j.Attempts)), cause)
		}
	}
	return w.store.JobDead(ctx, j, cause)
}

// handle turns a panic of a handler into a retry.
func (w *Worker) handle(ctx context.Context, j app.Job, h Handler) (out app.Outcome) {
	if err := background.Try(ctx, w.log.With("job", j.ID, "kind", j.Kind), "a job", func() error {
		out = h.Run(ctx, j)
		return nil
	}); err != nil {
		return app.Outcome{Verdict: app.JobRetry, Cause: app.CausePanic, Err: err}
	}
	return out
}

// Backoff is the pause after the nth attempt: half a second doubling up to
// 15 s, three quarters of it to the whole at random, so that many jobs that
// failed together don't come back together.
func Backoff(attempt int) time.Duration {
	d := min(500*time.Millisecond<<min(max(attempt-1, 0), 5), 15*time.Second)
	return d*3/4 + rand.N(d/4+1)
}
