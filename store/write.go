package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/jmoiron/sqlx"

	"assent/app"
	"assent/app/background"
)

// maxBatch is how many changes share a commit: as many as are made within the
// time of a few commits, so that the first doesn't wait long for the last.
const maxBatch = 32

// errTransactionEnded is that the database ended a transaction by itself: a full
// disk, a fault of reading or writing, a trigger that raises ROLLBACK.
var errTransactionEnded = errors.New("the database ended the transaction")

// errNotCommitted is that the goroutine that ran the batch ended before its commit.
var errNotCommitted = errors.New("the change was not committed")

// write makes a change: it runs fn in a transaction and announces its events
// after the commit. fn must use only the transaction, never the network, and
// must be able to run a second time after it was rolled back.
//
// Changes that come while another is being committed share the next commit, for
// a commit costs more than a change. Each has a savepoint of its own: one that
// fails leaves nothing behind and doesn't touch its neighbours. Once a change
// has begun, its caller's cancellation doesn't stop it: SQLite rolls back a
// transaction whose statement it interrupts, with all who share it.
func (s *Store) write(ctx context.Context, fn func(*tx) error) error {
	return s.change(ctx, &change{fn: fn})
}

// writeAlone is write for what takes long, such as a step of an import, an
// erasure or the retention: nothing shares its commit, and its caller's
// cancellation stops it and takes it back.
func (s *Store) writeAlone(ctx context.Context, fn func(*tx) error) error {
	return s.change(ctx, &change{fn: fn, alone: true})
}

// change is a call of write.
type change struct {
	fn    func(*tx) error
	alone bool

	lead chan struct{} // closed when it is this caller's turn to run a batch
	done chan struct{} // closed when another caller has run this change

	err      error
	panicked *background.Carried // of fn
	events   []app.Event
	erased   bool

	committed bool
}

func (s *Store) change(ctx context.Context, c *change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.lead, c.done = make(chan struct{}), make(chan struct{})
	s.turns.join(c)
	select {
	case <-c.lead:
	case <-c.done:
		return s.finish(ctx, c)
	case <-ctx.Done():
		if s.turns.leave(c) {
			return ctx.Err()
		}
		<-c.done // it has begun
		return s.finish(ctx, c)
	}
	s.runNext()
	return s.finish(ctx, c)
}

// runNext runs a batch whose leader the caller is.
func (s *Store) runNext() {
	batch := s.turns.batch()
	defer s.turns.next()
	defer func() {
		for _, other := range batch[1:] {
			close(other.done)
		}
	}()
	s.runBatch(batch)
}

// finish tells the caller of a change, and those who listen, what became of it.
func (s *Store) finish(ctx context.Context, c *change) error {
	if c.panicked != nil {
		panic(c.panicked)
	}
	if c.err != nil {
		return c.err
	}
	if !c.committed {
		return errNotCommitted
	}
	for _, e := range c.events {
		s.notify(e)
	}
	if c.erased {
		return s.engine.ClearLog(ctx, s.w)
	}
	return nil
}

// turns are the changes that wait, in the order in which they came. The first
// one's caller leads: it runs as many as may share a commit, then the next leads.
type turns struct {
	mu      sync.Mutex
	waiting []*change
	led     bool // a batch runs, or its leader was woken
}

func (q *turns) join(c *change) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, c)
	if !q.led {
		q.wake()
	}
}

// wake makes the first that waits the leader. The lock is held.
func (q *turns) wake() {
	q.led = len(q.waiting) > 0
	if q.led {
		close(q.waiting[0].lead)
	}
}

// leave takes back a change that has not begun; else it is false.
func (q *turns) leave(c *change) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, c)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	select {
	case <-c.lead: // it was to lead
		q.wake()
	default:
	}
	return true
}

// batch takes the leader's change and those behind it that may share its commit.
func (q *turns) batch() []*change {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 1
	for !q.waiting[0].alone && n < min(maxBatch, len(q.waiting)) && !q.waiting[n].alone {
		n++
	}
	batch := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	return batch
}

func (q *turns) next() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake()
}

func (s *Store) runBatch(batch []*change) {
	if len(batch) == 1 {
		s.runAlone(batch[0])
		return
	}
	err := s.runTogether(batch)
	for _, c := range batch {
		switch {
		case errors.Is(err, errTransactionEnded):
			s.runAlone(c)
		case err != nil && c.err == nil:
			c.err = err
		default:
			c.committed = c.err == nil
		}
	}
}

func (s *Store) runAlone(c *change) {
	x, err := s.w.BeginTxx(context.Background(), nil)
	if err != nil {
		c.err = err
		return
	}
	defer x.Rollback() // after a commit it does nothing
	t := s.transaction(x)
	t.alone = c.alone
	if c.run(t); c.err == nil {
		c.err = x.Commit()
		c.committed = c.err == nil
	}
}

func (s *Store) runTogether(batch []*change) error {
	ctx := context.Background()
	x, err := s.w.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer x.Rollback() // after a commit it does nothing
	var end *AuditHead
	for _, c := range batch {
		if _, err := x.ExecContext(ctx, `SAVEPOINT change`); err != nil {
			return fmt.Errorf("%w: %w", errTransactionEnded, err)
		}
		t := s.transaction(x)
		t.end = end
		if c.run(t); c.err != nil {
			if _, err := x.ExecContext(ctx, `ROLLBACK TO change`); err != nil {
				return fmt.Errorf("%w: %w", errTransactionEnded, c.err)
			}
		} else {
			end = t.end
		}
		if _, err := x.ExecContext(ctx, `RELEASE change`); err != nil {
			return fmt.Errorf("%w: %w", errTransactionEnded, err)
		}
	}
	return x.Commit()
}

// run runs the change in t. A panic is kept for the change's own caller.
func (c *change) run(t *tx) {
	c.panicked = nil // by a transaction that ended
	defer func() {
		if r := recover(); r != nil {
			c.panicked = background.Carry(r)
			c.err = errors.New("the change panicked")
		}
	}()
	if c.err = c.fn(t); c.err == nil {
		c.err = t.compute(context.Background())
	}
	c.events, c.erased = t.events, t.erased
}

// tx is a write transaction, or one change's part of it: one fixed time for all
// its rows, and the events to announce once it is committed.
type tx struct {
	x      *sqlx.Tx
	store  *Store
	now    app.Instant
	events []app.Event
	end    *AuditHead // of the audit, once this transaction knows it
	left   int        // rows that it may still end or erase for one person
	erased bool       // something of a person who was erased: its bytes in the log go after the commit
	alone  bool       // no other change can ever share it

	touched map[string]bool // people whose computed values may have changed
}

func (s *Store) transaction(x *sqlx.Tx) *tx {
	return &tx{x: x, store: s, now: s.Now(), left: step}
}

// context is ctx, as far as a statement of this transaction goes by it.
func (t *tx) context(ctx context.Context) context.Context {
	if t.alone {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// attempt runs fn. Where it fails, and what it wrote could be undone without the
// rest of the transaction, undone is true and the transaction may go on.
func (t *tx) attempt(ctx context.Context, fn func() error) (undone bool, err error) {
	events, end, left := len(t.events), t.end, t.left
	if err := t.exec(ctx, `SAVEPOINT attempt`); err != nil {
		return false, err
	}
	failed := fn()
	if failed == nil {
		return false, t.exec(ctx, `RELEASE attempt`)
	}
	if err := errors.Join(t.exec(ctx, `ROLLBACK TO attempt`), t.exec(ctx, `RELEASE attempt`)); err != nil {
		return false, errors.Join(failed, err)
	}
	t.events, t.end, t.left = t.events[:events], end, left
	return true, failed
}

func (t *tx) announce(e app.Event) { t.events = append(t.events, e) }

func (t *tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.x.ExecContext(t.context(ctx), query, args...)
}

func (t *tx) NamedExecContext(ctx context.Context, query string, arg any) (sql.Result, error) {
	return t.x.NamedExecContext(t.context(ctx), query, arg)
}

func (t *tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.x.QueryContext(t.context(ctx), query, args...)
}

func (t *tx) QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	return t.x.QueryxContext(t.context(ctx), query, args...)
}

func (t *tx) QueryRowxContext(ctx context.Context, query string, args ...any) *sqlx.Row {
	return t.x.QueryRowxContext(t.context(ctx), query, args...)
}

func (t *tx) GetContext(ctx context.Context, dst any, query string, args ...any) error {
	return t.x.GetContext(t.context(ctx), dst, query, args...)
}

func (t *tx) SelectContext(ctx context.Context, dst any, query string, args ...any) error {
	return t.x.SelectContext(t.context(ctx), dst, query, args...)
}

func (t *tx) BindNamed(query string, arg any) (string, []any, error) {
	return t.x.BindNamed(query, arg)
}

func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.ExecContext(ctx, query, args...)
	return err
}

// affect runs a statement and tells how many rows it changed, the answer of a
// compare-and-swap.
func (t *tx) affect(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// swap is affect for statements that must change a row: none is refusal.
func (t *tx) swap(ctx context.Context, refusal error, query string, args ...any) error {
	n, err := t.affect(ctx, query, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return refusal
	}
	return nil
}
