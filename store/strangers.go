package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"assent/app"
)

const (
	// CountStrangers counts refusals of callers who never authenticated
	// [the surface, a slash, the refusal's code].
	CountStrangers Counter = "stranger"
	// CountRefusals counts what administrators were refused that their role lacks
	// [the administrator, a slash, the permission].
	CountRefusals Counter = "refused"
)

// refusalsPace is the least time between two writes of one counter and label:
// what is refused in between is counted with the next.
const refusalsPace = time.Second

// refusalKey is what refusals are counted together by.
type refusalKey struct {
	counter Counter
	label   string
}

// refusal is what the audit has of the first refusal of an hour.
type refusal struct {
	by     app.Actor
	action string
	detail map[string]string
}

// waitingRefusals are refusals that aren't written yet; the first of them is the
// audit's where the hour has none.
type waitingRefusals struct {
	refusal
	n int
}

// refusals are those that wait to be written.
type refusals struct {
	mu      sync.Mutex
	waiting map[refusalKey]waitingRefusals
	written map[refusalKey]app.Instant // when last
}

// add counts one refusal and gives those that are to be written now.
func (s *refusals) add(key refusalKey, r refusal, now app.Instant) waitingRefusals {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting, s.written = map[refusalKey]waitingRefusals{}, map[refusalKey]app.Instant{}
	}
	w, ok := s.waiting[key]
	if !ok {
		w.refusal = r
	}
	w.n++
	s.waiting[key] = w
	if last, ok := s.written[key]; ok && now >= last && now.Sub(last) < refusalsPace {
		return waitingRefusals{}
	}
	return s.take(key, now)
}

func (s *refusals) take(key refusalKey, now app.Instant) waitingRefusals {
	w := s.waiting[key]
	s.written[key] = now
	delete(s.waiting, key)
	return w
}

// RefuseStranger counts the refusal of a caller who never authenticated. Only the
// first of a label in an hour is a row of the audit, for which detail is: a
// stranger can't fill it. Labels must be few.
func (s *Store) RefuseStranger(ctx context.Context, by app.Actor, action, label string,
	detail map[string]string) error {
	return s.refuse(ctx, refusalKey{CountStrangers, label}, refusal{by, action, detail})
}

// RefuseAdmin counts that an administrator was refused what their role lacks. Only
// the first of an administrator and a permission in an hour is a row of the audit,
// admin.refused, for which detail is: a stolen cookie can't fill it.
func (s *Store) RefuseAdmin(ctx context.Context, by app.Actor, permission string, detail map[string]string) error {
	return s.refuse(ctx, refusalKey{CountRefusals, by.ID + "/" + permission}, refusal{by, "admin.refused", detail})
}

// refuse counts a refusal, also where the caller doesn't wait for the answer.
func (s *Store) refuse(ctx context.Context, key refusalKey, r refusal) error {
	w := s.refusals.add(key, r, s.Now())
	if w.n == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	return s.write(ctx, func(t *tx) error { return t.refused(ctx, key, w) })
}

func (t *tx) refused(ctx context.Context, key refusalKey, w waitingRefusals) error {
	var before bool
	hour := longSpan.Milliseconds()
	if err := t.GetContext(ctx, &before,
		`SELECT EXISTS (SELECT 1 FROM counters WHERE span = ? AND at = ? AND name = ? AND label = ?)`,
		hour, int64(t.now)-int64(t.now)%hour, key.counter, key.label); err != nil {
		return err
	}
	if err := t.countAt(ctx, t.now, key.counter, key.label, w.n); err != nil || before {
		return err
	}
	return t.audit(ctx, w.by, entry{action: w.action, detail: w.detail})
}

// flushRefusals writes the refusals that wait.
func (s *Store) flushRefusals(ctx context.Context) error {
	s.refusals.mu.Lock()
	all := map[refusalKey]waitingRefusals{}
	for key := range s.refusals.waiting {
		all[key] = s.refusals.take(key, s.Now())
	}
	s.refusals.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		var err error
		for key, w := range all {
			err = errors.Join(err, t.refused(ctx, key, w))
		}
		return err
	})
}
