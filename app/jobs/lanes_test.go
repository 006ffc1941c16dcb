package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"assent/app"
	"assent/app/jobs"
	"assent/store"
	"assent/store/storetest"
)

// One ACP that hangs keeps its own decisions waiting, and nobody else's.
func TestAHangingLaneLeavesWorkersToOthers(t *testing.T) {
	for _, c := range []struct {
		name          string
		workers, lane int
		hanging       []string // connections, eight decisions each
		approvals     bool     // are what hangs, and not rejections
		held          int      // workers that each of them may hold
	}{
		{"half the workers", 4, 0, []string{"slow"}, true, 2},
		{"never less than one", 2, 0, []string{"slow"}, true, 1},
		{"as it is set", 8, 2, []string{"slow", "slower", "slowest"}, true, 2},
		{"rejections leave a place", 4, 0, []string{"slow"}, false, 1},
		{"but have one at least", 2, 0, []string{"slow"}, false, 1},
		{"rejections of several", 12, 3, []string{"slow", "slower", "slowest"}, false, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st, p := bubble(t)
				defer st.Close()
				for range 8 {
					for _, name := range c.hanging {
						if c.approvals {
							approval(t, st, p, name)
						} else {
							decision(t, st, p, name)
						}
					}
				}
				var mu sync.Mutex
				running, ran := map[string]int{}, map[string]int{}
				answer := make(chan struct{})
				w := jobs.New(st, nil, slog.New(slog.DiscardHandler), map[app.JobKind]jobs.Handler{app.JobSettle: {
					Run: func(_ context.Context, j app.Job) app.Outcome {
						mu.Lock()
						running[j.Lane]++
						ran[j.Lane]++
						mu.Unlock()
						if j.Lane != "quick" {
							<-answer
						}
						mu.Lock()
						running[j.Lane]--
						mu.Unlock()
						return app.Outcome{}
					}, Workers: c.workers, Lane: c.lane, Timeout: time.Minute}})
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- w.Run(ctx) }()
				synctest.Wait() // all that can hang does
				for range 5 {
					decision(t, st, p, "quick")
				}
				at := time.Now()
				w.Kick()
				synctest.Wait()
				mu.Lock()
				if ran["quick"] != 5 || time.Since(at) > 0 {
					t.Errorf("%d of 5 quick ones ran after %v, want all at once", ran["quick"], time.Since(at))
				}
				for _, name := range c.hanging {
					if running[name] != c.held {
						t.Errorf("%s holds %d workers, want %d", name, running[name], c.held)
					}
				}
				mu.Unlock()
				close(answer)
				synctest.Wait()
				if waiting, dead, err := st.Outbox(t.Context()); waiting != 0 || dead != 0 || err != nil {
					t.Errorf("once it answers: %d waiting, %d dead, %v; want none", waiting, dead, err)
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A lane that is full doesn't have the idle workers look again and again.
func TestAFullLaneIsNoReasonToLook(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	decision(t, db.Store, p, "slow")
	if j, ok, next, err := db.LeaseJob(t.Context(), app.JobSettle, time.Minute, later("slow", "other")); ok ||
		next != 0 || err != nil {
		t.Errorf("of full lanes: %+v %v, again at %d, %v; want nothing, ever", j, ok, next, err)
	}
	decision(t, db.Store, p, "quick")
	j, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Minute, later("slow", "other"))
	if err != nil || !ok || j.Lane != "quick" {
		t.Errorf("got %+v %v %v, want the quick lane's", j, ok, err)
	}
	if _, ok, next, _ := db.LeaseJob(t.Context(), app.JobSettle, time.Minute, later("slow")); ok ||
		next != db.Now().Add(time.Minute) {
		t.Errorf("next look %d, want when the lease ends", next)
	}
}

func later(full ...string) store.Turn { return store.Turn{Rank: app.RankLater, Full: full} }

// bubble is a store whose clock is the bubble's, and somebody to ask.
func bubble(t *testing.T) (*store.Store, app.Person) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := st.AddPerson(t.Context(), app.Operator, "alice", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return st, p
}

// decision stores one that a connection is to be told of.
func decision(t *testing.T, st *store.Store, p app.Person, connection string) {
	t.Helper()
	in := storetest.Request(p, st.Now().Add(10*time.Minute))
	in.Connection, in.State, in.Reason = connection, app.Cancelled, app.ReasonNoDevice
	if _, fresh, err := st.StartRequest(t.Context(), app.System, in, store.Fatigue{}, true); err != nil || !fresh {
		t.Fatal(fmt.Errorf("fresh %v: %w", fresh, err))
	}
}

// approval stores one that a connection is to be told of.
func approval(t *testing.T, st *store.Store, p app.Person, connection string) app.Request {
	t.Helper()
	db := &storetest.DB{Store: st, T: t}
	d := db.MustDevice(p)
	in := storetest.Request(p, st.Now().Add(10*time.Minute))
	in.Connection = connection
	r, _, err := st.StartRequest(t.Context(), app.System, in, store.Fatigue{}, true)
	if err != nil {
		t.Fatal(err)
	}
	a := app.Approval{Granted: "{}", CredentialID: d.CredentialID, At: st.Now()}
	if err := st.Approve(t.Context(), storetest.On(d), r.ID, a); err != nil {
		t.Fatal(err)
	}
	return r
}

// An approval runs before all rejections that wait, also where each run takes
// long: a place is kept for it. Rejections go on however many approvals there are.
func TestApprovalsGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, p := bubble(t)
		defer st.Close()
		other, err := st.AddPerson(t.Context(), app.Operator, "bruno", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		const run = time.Second
		for range 60 {
			decision(t, st, p, "acp")
		}
		var mu sync.Mutex
		at := map[string]time.Time{}
		var order []app.JobRank
		w := jobs.New(st, nil, slog.New(slog.DiscardHandler), map[app.JobKind]jobs.Handler{app.JobSettle: {
			Run: func(_ context.Context, j app.Job) app.Outcome {
				mu.Lock()
				at[j.RequestID] = time.Now()
				order = append(order, j.Rank)
				mu.Unlock()
				time.Sleep(run)
				return app.Outcome{}
			}, Workers: 4, Lane: 4, Timeout: time.Minute}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		time.Sleep(run / 2)
		asked := time.Now()
		r := approval(t, st, other, "acp")
		w.Kick()
		synctest.Wait()
		mu.Lock()
		if got := at[r.ID]; got != asked {
			t.Errorf("the approval ran %v after it was given, want at once", got.Sub(asked))
		}
		order = nil
		mu.Unlock()
		for range 60 {
			approval(t, st, other, "acp")
		}
		w.Kick()
		time.Sleep(10*run + run/2) // 40 runs
		mu.Lock()
		firsts, laters := 0, 0
		for _, rank := range order {
			if rank == app.RankFirst {
				firsts++
			} else {
				laters++
			}
		}
		if firsts < 2*laters || laters < 8 {
			t.Errorf("of both kinds %d approvals and %d rejections ran, want most of the first and a quarter of the others",
				firsts, laters)
		}
		mu.Unlock()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
