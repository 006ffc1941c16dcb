package store

import (
	"context"
	"time"

	"assent/app"
)

// CountAt counts n events of the time at.
func CountAt(ctx context.Context, s *Store, at app.Instant, name Counter, label string, n int) error {
	return s.write(ctx, func(t *tx) error { return t.countAt(ctx, at, name, label, n) })
}

// MeasureAt measures lengths of time that ended at at.
func MeasureAt(ctx context.Context, s *Store, at app.Instant, name Counter, lengths ...time.Duration) error {
	return s.write(ctx, func(t *tx) error {
		for _, d := range lengths {
			if err := t.measure(ctx, at, name, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// CounterRows are how many bins are kept, by their span.
func CounterRows(ctx context.Context, s *Store) (map[time.Duration]int, error) {
	out := map[time.Duration]int{}
	for _, span := range []time.Duration{shortSpan, longSpan} {
		var n int
		if err := s.r.GetContext(ctx, &n, `SELECT count(*) FROM counters WHERE span = ?`,
			span.Milliseconds()); err != nil {
			return nil, err
		}
		out[span] = n
	}
	return out, nil
}
