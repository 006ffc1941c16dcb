package store_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// What ACP waits for: finding a person and telling whether they can answer.
func BenchmarkVerify(b *testing.B) {
	db := storetest.New(b)
	db.MustDevice(db.MustPerson("alice"))
	for b.Loop() {
		p, err := db.FindPerson(b.Context(),
			[]app.Identifier{{Kind: app.Username, Norm: "alice"}, {Kind: app.Subject, Norm: "alice"}})
		if err != nil {
			b.Fatal(err)
		}
		if ok, err := db.CanAnswer(b.Context(), p.ID); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}

// Storing a start durably, with its audit row.
func BenchmarkStart(b *testing.B) {
	db := storetest.New(b)
	p := db.MustPerson("alice")
	for b.Loop() {
		if _, _, err := db.StartRequest(b.Context(), app.System, storetest.Request(p, db.Now().Add(time.Hour)),
			store.Fatigue{Notices: 5, Window: time.Hour}, true); err != nil {
			b.Fatal(err)
		}
	}
}

// Pausing somebody for whom 20,000 requests wait: the longest that anybody
// waits for the writer is a step.
func BenchmarkPauseOfMany(b *testing.B) {
	for b.Loop() {
		db := storetest.New(b)
		p := db.MustPerson("alice")
		db.MustDevice(p)
		waitingFor(b, db, p, 20_000, "noisy")
		longest, began := time.Duration(0), time.Now()
		err := db.Pause(b.Context(), app.Operator, p.ID)
		for more := true; more && err == nil; {
			longest = max(longest, time.Since(began))
			began = time.Now()
			more, err = db.EndMore(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(longest.Microseconds())/1000, "ms/step")
	}
}

// An ending of 20,000 requests of one person while another person's requests
// start: the longest step of it, and the longest that a start takes meanwhile.
func BenchmarkEndingOfManyBesideOthers(b *testing.B) {
	for b.Loop() {
		db := storetest.New(b)
		alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
		db.MustDevice(alice)
		waitingFor(b, db, alice, 20_000, "noisy")
		start := func() (time.Duration, error) {
			began := time.Now()
			_, _, err := db.StartRequest(b.Context(), app.System, storetest.Request(bob, db.Now().Add(time.Hour)),
				store.Fatigue{Notices: 5, Window: time.Hour}, true)
			return time.Since(began), err
		}
		if _, err := start(); err != nil { // which prepares its statements
			b.Fatal(err)
		}
		done := make(chan struct{})
		type waits struct {
			longest time.Duration
			starts  int
			err     error
		}
		others := make(chan waits, 1)
		go func() {
			var w waits
			for w.err == nil {
				select {
				case <-done:
					others <- w
					return
				default:
				}
				var took time.Duration
				took, w.err = start()
				w.longest, w.starts = max(w.longest, took), w.starts+1
			}
			others <- w
		}()
		step, began := time.Duration(0), time.Now()
		err := db.Pause(b.Context(), app.Operator, alice.ID)
		for more := true; more && err == nil; {
			step = max(step, time.Since(began))
			began = time.Now()
			more, err = db.EndMore(b.Context())
		}
		close(done)
		w := <-others
		if err != nil || w.err != nil || w.starts == 0 {
			b.Fatal(err, w.err, w.starts)
		}
		b.ReportMetric(float64(step.Microseconds())/1000, "ms/step")
		b.ReportMetric(float64(w.longest.Microseconds())/1000, "ms/wait")
		b.ReportMetric(float64(w.starts), "starts")
	}
}

// The inbox of somebody of whom much is asked: 1,500 requests with payloads of
// 20 KB, of three clients.
func BenchmarkInbox(b *testing.B) {
	db := storetest.New(b)
	p := db.MustPerson("alice")
	for i := range 1500 {
		in := storetest.Request(p, db.Now().Add(time.Hour+time.Duration(i)*time.Second))
		in.ClientID, in.Payload = fmt.Sprint("client-", i%3), strings.Repeat("x", 20<<10)
		if _, _, err := db.StartRequest(b.Context(), app.System, in, store.Fatigue{Notices: 5, Window: time.Hour},
			true); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if in, err := db.Inbox(b.Context(), p.ID); err != nil || len(in) != 3*store.InboxOfClient {
			b.Fatal(len(in), err)
		}
		if all, err := db.Waiting(b.Context(), p.ID); err != nil || len(all) != 3 || all[0].Requests != 500 {
			b.Fatal(all, err)
		}
	}
}

// Starts of 32 callers at a time, as ACP's connections bring them: they share
// their commits.
func BenchmarkStarts(b *testing.B) {
	db := storetest.New(b)
	var people [64]app.Person
	for i := range people {
		people[i] = db.MustPerson(fmt.Sprint("p", i))
	}
	var n atomic.Int64
	b.SetParallelism(32 / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			in := storetest.Request(people[n.Add(1)%64], db.Now().Add(time.Hour))
			if _, _, err := db.StartRequest(b.Context(), app.System, in, store.Fatigue{Notices: 5, Window: time.Hour},
				true); err != nil {
				b.Error(err)
			}
		}
	})
}
