package consent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"assent/app"
	"assent/app/background"
	"assent/app/consent"
	"assent/store"
	"assent/store/storetest"
)

// What a first step left is taken up by itself: at once when told, at the start
// of the next process, and soon where another process left it.
func TestEndingsGoOnByThemselves(t *testing.T) {
	for _, c := range []struct {
		name string
		kick bool
		wait time.Duration
	}{{"told", true, 0}, {"left by another process", false, 2 * time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := storetest.New(t)
				alice := db.MustPerson("alice")
				dev := db.MustDevice(alice)
				svc := consent.New(consent.Config{Store: db.Store, Log: slog.New(slog.DiscardHandler)})
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- svc.RunEndings(ctx) }()
				synctest.Wait()
				for i := range 250 {
					in := storetest.Request(alice, db.Now().Add(time.Hour))
					in.LoginID = fmt.Sprint("login-", i)
					if _, _, err := db.StartRequest(t.Context(), app.System, in,
						store.Fatigue{Notices: 1, Window: time.Hour}, true); err != nil {
						t.Fatal(err)
					}
				}
				if n, err := svc.DenyAll(t.Context(), storetest.On(dev), "till"); err != nil || n != 250 {
					t.Fatal(n, err)
				}
				if c.kick {
					svc.KickEndings()
				}
				time.Sleep(c.wait) // of the bubble
				synctest.Wait()
				if waiting, _, err := db.Outbox(t.Context()); err != nil || waiting < 250 {
					t.Errorf("%d jobs to tell ACP (%v), want 250", waiting, err)
				}
				if more, err := db.EndMore(t.Context()); more || err != nil {
					t.Errorf("more is left: %v %v", more, err)
				}
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// An ending whose step fails is put aside with those of
// the same person; others go on, the overview can tell, and once nothing is in
// its way it is done as well, by the reason that came first.
func TestAnEndingThatFailsLeavesOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.New(t)
		alice, bruno := db.MustPerson("alice"), db.MustPerson("bruno")
		dev, other := db.MustDevice(alice), db.MustDevice(bruno)
		for i := range 250 {
			for _, p := range []app.Person{alice, bruno} {
				in := storetest.Request(p, db.Now().Add(time.Hour))
				in.LoginID = fmt.Sprint(p.Name, "-", i)
				if _, _, err := db.StartRequest(t.Context(), app.System, in,
					store.Fatigue{Notices: 1, Window: time.Hour}, true); err != nil {
					t.Fatal(err)
				}
			}
		}
		watch := background.New(slog.New(slog.DiscardHandler))
		svc := consent.New(consent.Config{Store: db.Store, Watch: watch, Log: slog.New(slog.DiscardHandler)})
		if _, err := svc.DenyAll(t.Context(), storetest.On(dev), "till"); err != nil {
			t.Fatal(err)
		}
		db.Tamper(`CREATE TRIGGER broken BEFORE UPDATE ON requests WHEN OLD.login_id = 'alice-200' BEGIN SELECT raise(ABORT, 'broken'); END`)
		if err := db.Pause(t.Context(), app.Operator, alice.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.DenyAll(t.Context(), storetest.On(other), "till"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- watch.Keep(ctx, background.Endings, svc.RunEndings) }()
		waiting := func(when string, jobs, failing int) {
			t.Helper()
			synctest.Wait()
			n, _, err := db.Outbox(t.Context())
			fails, err2 := db.FailingEndings(t.Context())
			if n != jobs || fails != failing || err != nil || err2 != nil {
				t.Errorf("%s: %d to be told, %d endings fail (%v, %v); want %d and %d", when, n, fails, err, err2, jobs,
					failing)
			}
		}
		waiting("while one fails", 450, 1)
		db.Clock.Advance(10 * time.Second)
		time.Sleep(2 * time.Second)
		waiting("while it fails again", 450, 1)
		db.Tamper(`DROP TRIGGER broken`)
		db.Clock.Advance(10 * time.Second)
		time.Sleep(2 * time.Second)
		waiting("at last", 500, 0)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, p := range []app.Person{alice, bruno} {
			list, _, err := db.Requests(t.Context(), store.RequestFilter{PersonID: p.ID, State: app.Denied}, "", 300)
			if err != nil || len(list) != 250 {
				t.Errorf("%s: %d are denied (%v), want all", p.Name, len(list), err)
			}
		}
	})
}

// A panic in a step of an ending or in expiry, as of whatever is told of a change,
// is a failure of that alone: the loops go on, and the log has its stack.
func TestAPanicEndsNoLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := map[app.RequestState]bool{}
		st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Notify: func(e app.Event) {
			if e.Topic == app.TopicRequest && panics[e.State] {
				panics[e.State] = false
				panic("told of " + e.State)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		db := &storetest.DB{Store: st, T: t}
		alice, bruno := db.MustPerson("alice"), db.MustPerson("bruno")
		dev := db.MustDevice(alice)
		for i := range 250 {
			in := storetest.Request(alice, db.Now().Add(time.Hour))
			in.LoginID = fmt.Sprint("login-", i)
			if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 1, Window: time.Hour},
				true); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.DenyAll(t.Context(), storetest.On(dev), "till", app.ReasonPerson); err != nil {
			t.Fatal(err)
		}
		short := storetest.Request(bruno, db.Now().Add(5*time.Second))
		if _, _, err := db.StartRequest(t.Context(), app.System, short, store.Fatigue{}, true); err != nil {
			t.Fatal(err)
		}
		panics[app.Denied], panics[app.Expired] = true, true
		var log bytes.Buffer
		svc := consent.New(consent.Config{Store: st, Log: slog.New(slog.NewTextHandler(&log, nil))})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() { ended <- svc.RunEndings(ctx) }()
		go func() { ended <- svc.RunExpiry(ctx) }()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		cancel()
		if err := errors.Join(<-ended, <-ended); err != nil {
			t.Error(err)
		}
		if n, err := db.WaitingCount(t.Context()); n != 0 || panics[app.Denied] || panics[app.Expired] || err != nil {
			t.Errorf("%d wait (%v), to panic still: %v", n, err, panics)
		}
		if waiting, _, err := db.Outbox(t.Context()); waiting != 250 || err != nil {
			t.Errorf("%d jobs to tell ACP (%v), want 250", waiting, err)
		}
		if n := strings.Count(log.String(), "TestAPanicEndsNoLoop"); n < 2 {
			t.Errorf("the log has %d stacks, want those of both panics", n)
		}
	})
}

// A request that can't be expired is put aside: the others expire, and the
// overview can tell until it does.
func TestARequestThatCannotBeExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.New(t)
		alice := db.MustPerson("alice")
		const many = 30
		for i := range many {
			in := storetest.Request(alice, db.Now().Add(time.Minute))
			in.LoginID = fmt.Sprint("login-", i)
			if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 1, Window: time.Hour},
				true); err != nil {
				t.Fatal(err)
			}
		}
		db.Tamper(`CREATE TRIGGER broken BEFORE UPDATE ON requests WHEN OLD.login_id IN ('login-3', 'login-20') BEGIN SELECT raise(ABORT, 'broken'); END`)
		db.Clock.Advance(2 * time.Minute)
		watch := background.New(slog.New(slog.DiscardHandler))
		var log bytes.Buffer
		svc := consent.New(consent.Config{Store: db.Store, Watch: watch, Log: slog.New(slog.NewTextHandler(&log, nil))})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- svc.RunExpiry(ctx) }()
		expired := func(want int, failing ...background.Name) {
			t.Helper()
			synctest.Wait()
			list, _, err := db.Requests(t.Context(), store.RequestFilter{State: app.Expired}, "", 100)
			if err != nil || len(list) != want || !slices.Equal(watch.Failing(), failing) {
				t.Errorf("%d expired (%v), failing %v; want %d, %v", len(list), err, watch.Failing(), want, failing)
			}
		}
		expired(many-2, background.Expiry)
		time.Sleep(4 * time.Second)
		if n := strings.Count(log.String(), "put aside for a while"); n != 2 {
			t.Errorf("tried again at once: %d failures in 4 s, want 2", n)
		}
		db.Tamper(`DROP TRIGGER broken`)
		time.Sleep(3 * time.Second)
		expired(many)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Denying all of many clients is a transaction for each: others write in between.
func TestOthersWriteWhileManyClientsAreDenied(t *testing.T) {
	db := storetest.New(t)
	alice, bruno := db.MustPerson("alice"), db.MustPerson("bruno")
	dev := db.MustDevice(alice)
	svc := consent.New(consent.Config{Store: db.Store, Log: slog.New(slog.DiscardHandler)})
	var clients []string
	for i := range consent.DeniedClients {
		in := storetest.Request(alice, db.Now().Add(time.Hour))
		in.ClientID = fmt.Sprint("shop-", i)
		if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 1, Window: time.Hour},
			true); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, in.ClientID)
	}
	denied := make(chan error, 1)
	go func() {
		n, err := svc.DenyAll(t.Context(), storetest.On(dev), clients...)
		if n != len(clients) {
			err = errors.Join(err, fmt.Errorf("denied %d", n))
		}
		denied <- err
	}()
	for writes := 0; ; writes++ {
		select {
		case err := <-denied:
			if err != nil || writes < 5 {
				t.Errorf("another person wrote %d times meanwhile (%v)", writes, err)
			}
			return
		default:
			in := storetest.Request(bruno, db.Now().Add(time.Hour))
			if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 1, Window: time.Hour},
				true); err != nil {
				t.Fatal(err)
			}
		}
	}
}
