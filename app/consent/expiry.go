package consent

import (
	"context"
	"errors"
	"time"

	"assent/app"
	"assent/app/background"
)

const (
	// endEvery is how often it is stored what else time ends, and sweepEvery how
	// often what will not be asked for again is swept.
	endEvery   = time.Second
	sweepEvery = 10 * time.Minute
)

// RunExpiry turns requests into expired ones as their time comes, stores as ended
// what else time ends, and sweeps what will not be asked for again, until ctx
// ends. Each of these goes on where another one fails.
func (s *Service) RunExpiry(ctx context.Context) error {
	var swept, ended time.Time // by the monotonic clock: the others may be set
	for {
		var next app.Instant
		s.round(ctx, background.Expiry, "expiry could not run", func() (err error) {
			next, err = s.expire(ctx)
			return err
		})
		if ended.IsZero() || time.Since(ended) >= endEvery {
			ended = time.Now()
			s.round(ctx, background.TimeEnds, "what time has ended can't be stored as ended",
				func() error { return s.store.EndDue(ctx) })
		}
		if swept.IsZero() || time.Since(swept) > sweepEvery {
			swept = time.Now()
			s.round(ctx, background.Sweeping, "sweeping could not run", func() error { return s.store.Sweep(ctx) })
		}
		// A request that starts meanwhile lives for more than this second.
		wait := time.Second
		if next != 0 {
			wait = min(wait, max(10*time.Millisecond, next.Sub(s.store.Now())))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// round runs a part of a round, and logs failed where it fails.
func (s *Service) round(ctx context.Context, name background.Name, failed string, f func() error) {
	if err := s.watch.Round(ctx, name, f); err != nil && !errors.Is(err, errAside) && ctx.Err() == nil {
		s.log.ErrorContext(ctx, failed, "err", err)
	}
}

// How long a request is put aside that can't be expired: the first, doubled with
// each failure in a row up to the second.
const (
	asideFirst = 5 * time.Second
	asideMost  = 10 * time.Minute
)

// aside are the requests that could not be expired, by id. They are those of this
// process: the next one tries all again.
type aside map[string]waiting

type waiting struct {
	tries int
	until time.Time // by the monotonic clock
}

// now are those that are not to be tried yet.
func (a aside) now() []string {
	var ids []string
	for id, w := range a {
		if time.Now().Before(w.until) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (a aside) put(id string) {
	w := a[id]
	w.until = time.Now().Add(min(asideFirst<<min(w.tries, 10), asideMost))
	w.tries++
	a[id] = w
}

// prune forgets those that were to be tried again and weren't due any more.
func (a aside) prune() {
	for id, w := range a {
		if !time.Now().Before(w.until) {
			delete(a, id)
		}
	}
}

// expire expires all whose time has come, and gives when that of the next one
// does. Of a batch that fails each is tried alone, and those that fail again are
// put aside, so that the others expire.
func (s *Service) expire(ctx context.Context) (next app.Instant, err error) {
	for {
		ids, err := s.store.DueRequests(ctx, s.aside.now())
		if err != nil {
			return 0, err
		}
		if len(ids) == 0 {
			break
		}
		if err := s.expireBatch(ctx, ids); err != nil {
			return 0, err
		}
	}
	next, err = s.store.NextExpiry(ctx)
	s.aside.prune()
	if err == nil && len(s.aside) > 0 {
		err = errAside
	}
	return next, err
}

// hopeless is how many requests in a row can't be expired where the fault isn't
// theirs: the database can't be written.
const hopeless = 10

// expireBatch expires requests, each alone where they can't be together. An error
// is one of all.
func (s *Service) expireBatch(ctx context.Context, ids []string) error {
	expire := func(ids ...string) error {
		return background.Try(ctx, s.log, "expiring requests",
			func() error { return s.store.ExpireRequests(ctx, ids...) })
	}
	err := expire(ids...)
	if err == nil || ctx.Err() != nil || s.store.IsBusy(err) {
		if err == nil {
			s.forget(ids)
		}
		return err
	}
	failed := 0
	for _, id := range ids {
		err := expire(id)
		switch {
		case ctx.Err() != nil || s.store.IsBusy(err):
			return err
		case err != nil:
			if failed++; failed == hopeless {
				return err
			}
			s.log.ErrorContext(ctx, "a request can't be expired; it is put aside for a while", "request", id, "err",
				err)
			s.aside.put(id)
		default:
			failed = 0
			s.forget([]string{id})
		}
	}
	return nil
}

func (s *Service) forget(ids []string) {
	for _, id := range ids {
		delete(s.aside, id)
	}
}

// errAside says that expiry goes on, but not for all requests. Each was logged.
var errAside = errors.New("requests are put aside that could not be expired")
