package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"assent/app"
)

// CountStrangers counts refusals of callers who never authenticated
// [the surface, a slash, the refusal's code].
const CountStrangers Counter = "stranger"

// strangersPace is the least time between two writes of one label: what is
// refused in between is counted with the next.
const strangersPace = time.Second

// strangers are the refusals that aren't written yet.
type strangers struct {
	mu      sync.Mutex
	waiting map[string]int         // by label
	written map[string]app.Instant // when last
}

// add counts one refusal and gives how many are to be written now.
func (s *strangers) add(label string, now app.Instant) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting, s.written = map[string]int{}, map[string]app.Instant{}
	}
	s.waiting[label]++
	if last, ok := s.written[label]; ok && now >= last && now.Sub(last) < strangersPace {
		return 0
	}
	return s.take(label, now)
}

func (s *strangers) take(label string, now app.Instant) int {
	n := s.waiting[label]
	s.written[label] = now
	delete(s.waiting, label)
	return n
}

// RefuseStranger counts the refusal of a caller who never authenticated. Only the
// first of a label in an hour is a row of the audit, for which detail is: a
// stranger can't fill it. Labels must be few.
func (s *Store) RefuseStranger(ctx context.Context, by app.Actor, action, label string, detail map[string]string) error {
	now := s.Now()
	n := s.strangers.add(label, now)
	if n == 0 {
		return nil
	}
	return s.write(ctx, func(t *tx) error { return t.strangersRefused(ctx, by, action, label, n, detail) })
}

func (t *tx) strangersRefused(ctx context.Context, by app.Actor, action, label string, n int, detail map[string]string) error {
	var before bool
	hour := longSpan.Milliseconds()
	if err := t.GetContext(ctx, &before, `SELECT EXISTS (SELECT 1 FROM counters WHERE span = ? AND at = ? AND name = ? AND label = ?)`,
		hour, int64(t.now)-int64(t.now)%hour, CountStrangers, label); err != nil {
		return err
	}
	if err := t.countAt(ctx, t.now, CountStrangers, label, n); err != nil || before {
		return err
	}
	return t.audit(ctx, by, entry{action: action, detail: detail})
}

// flushStrangers writes the refusals that wait to be counted.
func (s *Store) flushStrangers(ctx context.Context) error {
	s.strangers.mu.Lock()
	counts := map[string]int{}
	for label := range s.strangers.waiting {
		counts[label] = s.strangers.take(label, s.Now())
	}
	s.strangers.mu.Unlock()
	if len(counts) == 0 {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		var err error
		for label, n := range counts {
			err = errors.Join(err, t.countAt(ctx, t.now, CountStrangers, label, n))
		}
		return err
	})
}
