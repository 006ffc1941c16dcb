package consent_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"assent/app"
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
					if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 1, Window: time.Hour}, true); err != nil {
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
		if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 1, Window: time.Hour}, true); err != nil {
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
			if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 1, Window: time.Hour}, true); err != nil {
				t.Fatal(err)
			}
		}
	}
}
