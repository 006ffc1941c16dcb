package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// queue holds the writer while the changes queue up behind it, in their order,
// lets them run and gives their errors.
func queue(t *testing.T, db *storetest.DB, changes ...func(store.Change) error) []error {
	t.Helper()
	return queueAs(t, db, func(i int) error { return store.Write(t.Context(), db.Store, changes[i]) }, len(changes),
		func() {})
}

func queueAs(t *testing.T, db *storetest.DB, write func(i int) error, n int, queued func()) []error {
	t.Helper()
	began, free := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := store.Write(t.Context(), db.Store,
			func(store.Change) error { close(began); <-free; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-began
	errs := make([]error, n)
	for i := range n {
		all.Go(func() { errs[i] = write(i) })
		for store.WaitingChanges(db.Store) <= i {
			runtime.Gosched()
		}
	}
	queued()
	close(free)
	all.Wait()
	return errs
}

// keep is a change that leaves a row and the audit of it.
func keep(key string) func(store.Change) error {
	return func(c store.Change) error {
		c.Announce(app.Event{Topic: app.TopicJob, RequestID: key})
		if err := c.Exec(`INSERT INTO meta (key, value) VALUES (?, '')`, key); err != nil {
			return err
		}
		return c.Audit("test." + key)
	}
}

func kept(t *testing.T, db *storetest.DB) string {
	t.Helper()
	report, err := db.VerifyAudit(t.Context(), store.AuditHead{}, nil)
	if err != nil || report.Finding != nil {
		t.Fatalf("the audit's chain: %+v, %v", report, err)
	}
	var keys []string
	rows, err := db.AuditRows(t.Context(), 1, report.Rows, int(report.Rows))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range rows {
		if key, ok := strings.CutPrefix(e.Action, "test."); ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if !store.InMeta(db.Store, key) {
			t.Errorf("%s stands in the audit alone", key)
		}
	}
	return strings.Join(keys, " ")
}

func TestChangesShareACommit(t *testing.T) {
	db := storetest.New(t)
	var mu sync.Mutex
	commits := map[any]int{}
	counted := func(key string) func(store.Change) error {
		return func(c store.Change) error {
			mu.Lock()
			defer mu.Unlock()
			commits[c.Commit()]++
			return keep(key)(c)
		}
	}
	for i, err := range queue(t, db, counted("a"), counted("b"), counted("c"), counted("d")) {
		if err != nil {
			t.Error(i, err)
		}
	}
	if len(commits) != 1 {
		t.Errorf("four changes that waited took %d commits", len(commits))
	}
	if got := kept(t, db); got != "a b c d" {
		t.Error(got)
	}
}

func TestAFailedChangeDoesNotTouchItsNeighbours(t *testing.T) {
	db := storetest.New(t)
	db.Events()
	refused := errors.New("refused")
	commits := map[any]int{}
	counted := func(change func(store.Change) error) func(store.Change) error {
		return func(c store.Change) error { commits[c.Commit()]++; return change(c) }
	}
	errs := queue(t, db, counted(keep("a")), counted(func(c store.Change) error {
		if err := keep("b")(c); err != nil {
			return err
		}
		return refused
	}), counted(keep("a")), counted(keep("c")))
	if len(commits) != 1 {
		t.Errorf("they were made in %d transactions", len(commits))
	}
	if errs[0] != nil || errs[1] != refused || errs[2] == nil || errs[3] != nil {
		t.Error(errs)
	}
	if got := kept(t, db); got != "a c" {
		t.Errorf("kept are %q", got)
	}
	var told []string
	for _, e := range db.Events() {
		told = append(told, e.RequestID)
	}
	if slices.Sort(told); !slices.Equal(told, []string{"a", "c"}) {
		t.Errorf("announced are %v", told)
	}
}

// A change that ends the transaction for all, by a trigger that raises ROLLBACK,
// fails by itself: the others are made again.
func TestChangesOutliveATransactionThatEnds(t *testing.T) {
	db := storetest.New(t)
	errs := queue(t, db, keep("a"), func(c store.Change) error {
		return c.Exec(`INSERT INTO audit (id, at, actor_kind, actor_id, source, action, person_id, device_id, request_id, detail, prev_hash, hash)
			VALUES (99, 0, 'system', '', '', 'forged', '', '', '', '', '', '')`)
	}, keep("b"))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Error(errs)
	}
	if got := kept(t, db); got != "a b" {
		t.Errorf("kept are %q", got)
	}
}

// A caller that goes away while its change waits takes it back; its neighbours
// and those behind it are made.
func TestACallerThatLeaves(t *testing.T) {
	db := storetest.New(t)
	for _, place := range []int{0, 1, 2} {
		t.Run(fmt.Sprint(place), func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			errs := queueAs(t, db, func(i int) error {
				with := t.Context()
				if i == place {
					with = ctx
				}
				return store.Write(with, db.Store, keep(fmt.Sprint(place, "-", i)))
			}, 3, func() {
				leave()
				for store.WaitingChanges(db.Store) > 2 {
					runtime.Gosched()
				}
			})
			for i, err := range errs {
				if (i == place) != errors.Is(err, context.Canceled) {
					t.Error(i, err)
				}
			}
			if got := strings.Count(kept(t, db), fmt.Sprint(place, "-")); got != 2 {
				t.Errorf("%d changes were made", got)
			}
		})
	}
}

// A caller that goes away once its change has begun doesn't interrupt it.
func TestACallerThatLeavesTooLate(t *testing.T) {
	db := storetest.New(t)
	ctx, leave := context.WithCancel(t.Context())
	if err := store.Write(ctx, db.Store, func(c store.Change) error { leave(); return keep("late")(c) }); err != nil {
		t.Fatal(err)
	}
	if got := kept(t, db); got != "late" {
		t.Error(got)
	}
}

func TestAPanicIsItsCallersAlone(t *testing.T) {
	db := storetest.New(t)
	caught := ""
	errs := queueAs(t, db, func(i int) error {
		defer func() {
			if r := recover(); r != nil {
				caught = fmt.Sprint(i, ": ", r)
			}
		}()
		return store.Write(t.Context(), db.Store, func(c store.Change) error {
			if err := keep(fmt.Sprint("change", i))(c); err != nil {
				return err
			}
			if i == 1 {
				panic("broken")
			}
			return nil
		})
	}, 3, func() {})
	if errs[0] != nil || errs[2] != nil || !strings.HasPrefix(caught, "1: panic of type string\n") ||
		!strings.Contains(caught, "TestAPanicIsItsCallersAlone") {
		t.Error(errs, caught)
	}
	if got := kept(t, db); got != "change0 change2" {
		t.Error(got)
	}
}

// Where the goroutine that runs a batch ends within it, those who share the batch
// aren't told that their change was made.
func TestABatchThatIsGivenUpIsNoSuccess(t *testing.T) {
	db := storetest.New(t)
	errs := queueAs(t, db, func(i int) error {
		return store.Write(t.Context(), db.Store, func(c store.Change) error {
			if i == 0 {
				runtime.Goexit()
			}
			return keep(fmt.Sprint("change", i))(c)
		})
	}, 3, func() {})
	if errs[1] == nil || errs[2] == nil || kept(t, db) != "" {
		t.Error(errs, kept(t, db))
	}
	if err := store.Write(t.Context(), db.Store, keep("later")); err != nil || kept(t, db) != "later" {
		t.Error(err, kept(t, db))
	}
}

// What takes long shares no commit, and what is behind it has its turn.
func TestLongChangesAreAlone(t *testing.T) {
	db := storetest.New(t)
	commits := make([]any, 5)
	errs := queueAs(t, db, func(i int) error {
		write := store.Write
		if i == 2 {
			write = store.WriteAlone
		}
		return write(t.Context(), db.Store, func(c store.Change) error {
			commits[i] = c.Commit()
			return nil
		})
	}, 5, func() {})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if commits[0] != commits[1] || commits[1] == commits[2] || commits[2] == commits[3] || commits[3] != commits[4] {
		t.Error("commits were shared otherwise")
	}
}
