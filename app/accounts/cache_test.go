package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"assent/app"
	"assent/app/accounts"
	"assent/store/storetest"
)

// An endpoint that counts what it is asked and can be told to fail.
func TestCache(t *testing.T) {
	b := newBank(t)
	var calls, failing atomic.Int32
	srv := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		if failing.Load() != 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, `{"accounts":[{"id":"%s-%d","kind":"card","name":"Card","number":"4444","payable":"yes"}]}`,
			r.URL.Query().Get("id"), n)
	})
	cache := accounts.NewCache(source(t, b, io.Discard, accounts.HTTPConfig{URL: srv.URL}), b.Clock.Now)
	expect := func(step string, ask func(context.Context, app.Person, string) ([]app.Account, error), who app.Person,
		want string) {
		t.Helper()
		list, err := ask(t.Context(), who, "")
		switch {
		case want == "":
			if !errors.Is(err, app.ErrAccountsUnavailable) || len(list) != 0 {
				t.Errorf("%s: %v, %v; want unavailable", step, list, err)
			}
		case err != nil || len(list) != 1 || list[0].ID != want:
			t.Errorf("%s: %v, %v; want %s", step, list, err, want)
		}
		if len(list) > 0 {
			list[0].ID = "spoilt" // what a caller does with its list is no one else's matter
		}
	}
	fresh := func(ctx context.Context, p app.Person, company string) ([]app.Account, error) {
		return accounts.Fresh(ctx, cache, p, company)
	}
	expect("first", cache.Accounts, b.ada, "Sub-1-1")
	expect("kept", cache.Accounts, b.ada, "Sub-1-1")
	expect("another person", cache.Accounts, b.bruno, "bruno-2")
	b.Clock.Advance(29 * time.Second)
	expect("kept for 29 s", cache.Accounts, b.ada, "Sub-1-1")
	expect("past the cache", fresh, b.ada, "Sub-1-3")
	expect("what was asked past it is kept", cache.Accounts, b.ada, "Sub-1-3")
	b.Clock.Advance(29 * time.Second)
	expect("kept from then", cache.Accounts, b.ada, "Sub-1-3")
	failing.Store(1)
	expect("past the cache, and it fails", fresh, b.ada, "")
	expect("kept all the same", cache.Accounts, b.ada, "Sub-1-3")
	b.Clock.Advance(time.Second)
	expect("too old", cache.Accounts, b.ada, "")
	failing.Store(0)
	expect("a failure is not kept", cache.Accounts, b.ada, "Sub-1-6")
}

func TestFreshOfTheDirectory(t *testing.T) {
	b := newBank(t)
	if _, err := b.imported(all + british); err != nil {
		t.Fatal(err)
	}
	list, err := accounts.Fresh(t.Context(), accounts.Directory{Reader: b.Reader}, b.ada, "")
	if err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

// gate is a source whose calls end when the test says so.
type gate struct {
	calls atomic.Int32
	let   chan error
}

func (g *gate) Accounts(ctx context.Context, _ app.Person, _ string) ([]app.Account, error) {
	n := g.calls.Add(1)
	select {
	case err := <-g.let:
		return []app.Account{{ID: fmt.Sprint(n)}}, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestCacheAsksOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{let: make(chan error)}
		clock := &storetest.Clock{}
		cache := accounts.NewCache(g, clock.Now)
		ada := app.Person{ID: "ada"}
		many := func(want string) {
			t.Helper()
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					list, err := cache.Accounts(t.Context(), ada, "")
					if want == "" && err == nil || want != "" && (err != nil || list[0].ID != want) {
						t.Errorf("%v, %v; want %q", list, err, want)
					}
				})
			}
			synctest.Wait() // until all wait for the one call
			if want == "" {
				g.let <- app.ErrAccountsUnavailable
			} else {
				g.let <- nil
			}
			wg.Wait()
		}
		many("")
		many("2")
		if n := g.calls.Load(); n != 2 {
			t.Errorf("%d calls for 40 callers, want 2: a failing one, and one more", n)
		}

		// The first caller leaves; who came later gets the answer.
		clock.Advance(time.Minute)
		ctx, leave := context.WithCancel(t.Context())
		left, stayed := make(chan error), make(chan error)
		go func() {
			_, err := cache.Accounts(ctx, ada, "")
			left <- err
		}()
		synctest.Wait()
		go func() {
			_, err := cache.Accounts(t.Context(), ada, "")
			stayed <- err
		}()
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
		g.let <- nil
		if err := <-stayed; err != nil {
			t.Errorf("who stayed got %v", err)
		}
	})
}

// A call that began before a fresh one and ends after it doesn't bring the old
// state back, and a fresh one doesn't join it.
func TestCacheKeepsTheLaterAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &gate{let: make(chan error)}, &gate{let: make(chan error)}
		second.calls.Store(10)
		clock := &storetest.Clock{}
		cache := accounts.NewCache(&inTurn{sources: []accounts.Source{first, second}}, clock.Now)
		ada := app.Person{ID: "ada"}
		slow := make(chan string)
		go func() {
			list, err := cache.Accounts(t.Context(), ada, "")
			slow <- fmt.Sprint(list[0].ID, err)
		}()
		synctest.Wait()
		clock.Advance(time.Second)
		go func() { second.let <- nil }()
		list, err := cache.Fresh(t.Context(), ada, "")
		if err != nil || list[0].ID != "11" {
			t.Errorf("fresh: %v, %v", list, err)
		}
		first.let <- nil
		if got := <-slow; got != "1<nil>" {
			t.Errorf("the slow call: %s", got)
		}
		if list, err := cache.Accounts(t.Context(), ada, ""); err != nil || list[0].ID != "11" {
			t.Errorf("kept: %v, %v; want the later answer", list, err)
		}
	})
}

// inTurn asks one source after the other.
type inTurn struct {
	next    atomic.Int32
	sources []accounts.Source
}

func (s *inTurn) Accounts(ctx context.Context, p app.Person, company string) ([]app.Account, error) {
	return s.sources[s.next.Add(1)-1].Accounts(ctx, p, company)
}

// Many people, many at once: for the race detector.
func TestCacheUnderLoad(t *testing.T) {
	clock := &storetest.Clock{}
	g := &gate{let: make(chan error)}
	close(g.let) // every call ends at once
	cache := accounts.NewCache(g, clock.Now)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for n := range 200 {
				who := app.Person{ID: fmt.Sprint((i + n) % 7)}
				ask := cache.Accounts
				if n%20 == 0 {
					ask = cache.Fresh
				}
				if list, err := ask(t.Context(), who, ""); err != nil || len(list) != 1 {
					t.Errorf("%v, %v", list, err)
				}
				clock.Advance(time.Second)
			}
		})
	}
	wg.Wait()
}
