package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// A request that waited beside another one of its client, to the same person,
// stays one that did, however the other one ended.
func TestParallel(t *testing.T) {
	type world struct {
		*storetest.DB
		ada, bob app.Person
		dev      app.Device
	}
	start := func(t *testing.T, w world, p app.Person, client string, lives time.Duration) app.Request {
		t.Helper()
		in := storetest.Request(p, w.Now().Add(lives))
		in.ClientID, in.ClientName = client, client
		r, _, err := w.StartRequest(t.Context(), app.System, in, many, true)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Second)
		return r
	}
	for _, c := range []struct {
		name string
		do   func(t *testing.T, w world) (app.Request, error)
		want bool
	}{
		{"alone", func(t *testing.T, w world) (app.Request, error) {
			return start(t, w, w.ada, "shop", time.Hour), nil
		}, false},
		{"another client's", func(t *testing.T, w world) (app.Request, error) {
			start(t, w, w.ada, "till", time.Hour)
			return start(t, w, w.ada, "shop", time.Hour), nil
		}, false},
		{"another person's", func(t *testing.T, w world) (app.Request, error) {
			start(t, w, w.bob, "shop", time.Hour)
			return start(t, w, w.ada, "shop", time.Hour), nil
		}, false},
		{"an earlier one waits", func(t *testing.T, w world) (app.Request, error) {
			start(t, w, w.ada, "shop", time.Hour)
			return start(t, w, w.ada, "shop", time.Hour), nil
		}, true},
		{"a later one waits", func(t *testing.T, w world) (app.Request, error) {
			r := start(t, w, w.ada, "shop", time.Hour)
			start(t, w, w.ada, "shop", time.Hour)
			return r, nil
		}, true},
		{"the other one was denied", func(t *testing.T, w world) (app.Request, error) {
			r := start(t, w, w.ada, "shop", time.Hour)
			other := start(t, w, w.ada, "shop", time.Hour)
			return r, w.Deny(t.Context(), storetest.On(w.dev), other.ID, app.ReasonPerson)
		}, true},
		{"the other one expired", func(t *testing.T, w world) (app.Request, error) {
			start(t, w, w.ada, "shop", time.Minute)
			r := start(t, w, w.ada, "shop", time.Hour)
			w.Clock.Advance(2 * time.Minute)
			_, err := w.Expire(t.Context())
			return r, err
		}, true},
		{"denied before it came", func(t *testing.T, w world) (app.Request, error) {
			other := start(t, w, w.ada, "shop", time.Hour)
			err := w.Deny(t.Context(), storetest.On(w.dev), other.ID, app.ReasonPerson)
			w.Clock.Advance(time.Second)
			return start(t, w, w.ada, "shop", time.Hour), err
		}, false},
		{"expired before it came", func(t *testing.T, w world) (app.Request, error) {
			start(t, w, w.ada, "shop", time.Minute)
			w.Clock.Advance(2 * time.Minute)
			return start(t, w, w.ada, "shop", time.Hour), nil
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			w := world{DB: db, ada: db.MustPerson("Ada Quill"), bob: db.MustPerson("Bob Reed")}
			w.dev = db.MustDevice(w.ada)
			r, err := c.do(t, w)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := db.Parallel(t.Context(), []string{r.ID}); err != nil || got[r.ID] != c.want {
				t.Errorf("%v (%v), want %v", got, err, c.want)
			}
		})
	}
}

// It is found among the person's own requests, not among all of a client's.
func TestParallelReadsThePersonsRequests(t *testing.T) {
	plan, err := store.ParallelPlan(t.Context(), storetest.New(t).Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []string{"requests_pending (person_id=? AND client_id=?)",
		"requests_recent (person_id=? AND created_at>?)"} {
		if !slices.ContainsFunc(plan, func(line string) bool { return strings.HasSuffix(line, index) }) {
			t.Errorf("%s isn't used:\n%s", index, strings.Join(plan, "\n"))
		}
	}
}
