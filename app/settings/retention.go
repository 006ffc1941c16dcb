package settings

import (
	"context"
	"errors"
	"time"

	"assent/app"
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
		wait := between
		last, ok, err := s.cfg.Store.LastRetention(ctx)
		ago := s.cfg.Store.Now().Sub(last.At)
		switch {
		case err != nil:
			wait = unread
			if ctx.Err() == nil {
				s.cfg.Log.ErrorContext(ctx, "retention could not run, for its last run can't be read", "err", err)
			}
		case ok && ago > gap && !waited:
			wait, waited = doubted, true
			s.cfg.Log.WarnContext(ctx, "retention waits, for its last run is long ago: set the clock right if it is wrong", "last", last.At.Time(), "ago", ago, "waits", doubted)
		default:
			waited = false
			run, err := s.Retain(ctx, sign)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				s.cfg.Log.ErrorContext(ctx, "retention could not erase everything that it should", "failed", run.Failed, "err", err)
			} else {
				s.cfg.Log.InfoContext(ctx, "retention", "erased", run.Erased)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
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
		n, err := kind.erase(ctx, st.Now().Add(-time.Duration(kind.days)*24*time.Hour))
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
