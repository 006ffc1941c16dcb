package settings

import (
	"context"
	"errors"
	"time"

	"assent/app"
	"assent/app/background"
	"assent/store"
)

// Sign signs the checkpoints that shortening the audit leaves behind.
type Sign func(message []byte) []byte

const (
	// between is how long one run of retention is after the other.
	between = 24 * time.Hour
	// gap is how long after the last run the clock is in doubt, and doubted how
	// long it is given to be set right.
	gap     = 8 * 24 * time.Hour
	doubted = 6 * time.Hour
	// unread is how long it waits where it can't be read when the last run was.
	unread = time.Minute
)

// RunRetention erases what has been kept for as long as was chosen, at once and
// then every day, until ctx ends. What is erased is gone: where the last run is
// long ago, which may be a clock that leapt, the next waits some hours.
func (s *Service) RunRetention(ctx context.Context, sign Sign) {
	for waited := false; ctx.Err() == nil; {
		wait := unread
		s.cfg.Watch.Round(ctx, background.Retention, func() (err error) {
			wait, waited, err = s.retain(ctx, sign, waited)
			return err
		})
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// retain runs retention unless the clock is in doubt, and tells how long to wait
// for the next run; waited tells that the clock was in doubt before.
func (s *Service) retain(ctx context.Context, sign Sign, waited bool) (wait time.Duration, waits bool, err error) {
	last, ok, err := s.cfg.Store.LastRetention(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.cfg.Log.ErrorContext(ctx, "retention could not run, for its last run can't be read", "err", err)
		}
		return unread, waited, err
	}
	if ago := s.cfg.Store.Now().Sub(last.At); ok && ago > gap && !waited {
		s.cfg.Log.WarnContext(ctx, "retention waits, for its last run is long ago: set the clock right if it is wrong",
			"last", last.At.Time(), "ago", ago, "waits", doubted)
		return doubted, true, nil
	}
	run, err := s.Retain(ctx, sign)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.cfg.Log.ErrorContext(ctx, "retention could not erase everything that it should", "failed", run.Failed, "err",
			err)
	default:
		s.cfg.Log.InfoContext(ctx, "retention", "erased", run.Erased)
	}
	return between, false, err
}

// Retain erases what has been kept for as long as was chosen. A kind of record
// that can't be gone through doesn't keep the others; the audit is shortened
// last, and only where it is whole.
func (s *Service) Retain(ctx context.Context, sign Sign) (store.RetentionRun, error) {
	st, keep := s.cfg.Store, s.Current().Retention
	run := store.RetentionRun{Erased: map[string]int64{}}
	var failed []error
	for _, kind := range []struct {
		name  string
		days  int
		erase func(context.Context, app.Instant) (int64, error)
	}{
		{"payloads", keep.Payloads, st.EraseSaid},
		{"receipts", keep.Receipts, st.EraseReceipts},
		{"requests", keep.Requests, st.DropRequests},
		{"deliveries", keep.Deliveries, st.DropDead},
		{"counters", keep.Counters, st.DropCounts},
		{"audit", keep.Audit, func(ctx context.Context, before app.Instant) (int64, error) {
			return st.DropAudit(ctx, app.System, before, sign)
		}},
	} {
		var n int64
		err := background.Try(ctx, s.cfg.Log, "retention of "+kind.name, func() (err error) {
			n, err = kind.erase(ctx, st.Now().Add(-time.Duration(kind.days)*24*time.Hour))
			return err
		})
		run.Erased[kind.name] = n
		if err != nil {
			failed, run.Failed = append(failed, err), append(run.Failed, kind.name)
		}
		if ctx.Err() != nil {
			break
		}
	}
	// What was erased is recorded also where the service is being stopped.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return run, errors.Join(append(failed, st.Retained(end, app.System, run))...)
}
