package store_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

func counted(t testing.TB, db *storetest.DB, w store.Window, zone *time.Location) store.Series {
	t.Helper()
	s, err := db.Counted(t.Context(), w, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Windows are cut at round times of the zone, without gaps, and hold now in
// their last bin, whatever the clocks do meanwhile.
func TestWindowsAreCutAtRoundTimes(t *testing.T) {
	for _, c := range []struct {
		window store.Window
		zone   string
		now    string
		bins   int
		first  string
		last   string // begins
		end    string
	}{
		{store.LastHour, "UTC", "2026-11-22T14:30:00Z", 12, "2026-11-22T13:35:00Z", "2026-11-22T14:30:00Z",
			"2026-11-22T14:35:00Z"},
		{store.LastDay, "UTC", "2026-11-22T14:30:00Z", 24, "2026-11-21T15:00:00Z", "2026-11-22T14:00:00Z",
			"2026-11-22T15:00:00Z"},
		{store.LastWeek, "America/Sao_Paulo", "2026-11-22T14:30:00Z", 28, "2026-11-15T15:00:00Z",
			"2026-11-22T09:00:00Z", "2026-11-22T15:00:00Z"},
		{store.LastMonth, "America/Sao_Paulo", "2026-11-22T01:00:00Z", 30, "2026-10-23T03:00:00Z",
			"2026-11-21T03:00:00Z", "2026-11-22T03:00:00Z"},
		// the clocks went back on 25 October
		{store.LastMonth, "Europe/London", "2026-11-10T14:30:00Z", 30, "2026-10-11T23:00:00Z", "2026-11-10T00:00:00Z",
			"2026-11-11T00:00:00Z"},
		{store.LastWeek, "Europe/London", "2026-10-26T05:59:59Z", 28, "2026-10-19T05:00:00Z", "2026-10-26T00:00:00Z",
			"2026-10-26T06:00:00Z"},
		// half an hour off
		{store.LastMonth, "Asia/Kolkata", "2026-11-22T14:30:00Z", 30, "2026-10-23T18:00:00Z", "2026-11-21T18:00:00Z",
			"2026-11-22T18:00:00Z"},
		{"nonsense", "UTC", "2026-11-22T14:30:00Z", 24, "2026-11-21T15:00:00Z", "2026-11-22T14:00:00Z",
			"2026-11-22T15:00:00Z"},
	} {
		t.Run(fmt.Sprint(c.window, c.zone, c.now), func(t *testing.T) {
			db := storetest.New(t)
			at, err := time.Parse(time.RFC3339, c.now)
			if err != nil {
				t.Fatal(err)
			}
			db.Clock.Advance(at.Sub(db.Clock.Now()))
			bins := counted(t, db, c.window, zone(t, c.zone)).Bins
			if len(bins) != c.bins {
				t.Fatalf("%d bins", len(bins))
			}
			last := bins[len(bins)-1]
			for what, got := range map[string]app.Instant{c.first: bins[0].From, c.last: last.From, c.end: last.To} {
				if got.Time().Format(time.RFC3339) != what {
					t.Errorf("%s, want %s", got.Time().Format(time.RFC3339), what)
				}
			}
			for i := range bins[1:] {
				if bins[i].To != bins[i+1].From || bins[i].From >= bins[i].To {
					t.Errorf("bin %d: %v to %v, then %v", i, bins[i].From.Time(), bins[i].To.Time(),
						bins[i+1].From.Time())
				}
			}
		})
	}
}

// What is counted lands in the bin of its time, in every window that reaches
// back to it and in no other, and the parts add up to the whole.
func TestCountsLandInTheirBin(t *testing.T) {
	db := storetest.New(t) // at 14:30
	for _, e := range []struct {
		ago time.Duration
		n   int
	}{{0, 1}, {4 * time.Minute, 2}, {54 * time.Minute, 4}, {56 * time.Minute, 8}, {3 * time.Hour, 16},
		{30 * time.Hour, 32}, {20 * 24 * time.Hour, 64}, {40 * 24 * time.Hour, 128}} {
		if err := store.CountAt(t.Context(), db.Store, db.Now().Add(-e.ago), store.CountRequests, "approved",
			e.n); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.CountAt(t.Context(), db.Store, db.Now(), store.CountRequests, "denied", 1000); err != nil {
		t.Fatal(err)
	}
	for w, want := range map[store.Window]int{
		store.LastHour:  7,
		store.LastDay:   31,
		store.LastWeek:  63,
		store.LastMonth: 127,
	} {
		s := counted(t, db, w, time.UTC)
		if got := s.N(store.CountRequests, "approved"); got != want {
			t.Errorf("%s: %d approved, want %d", w, got, want)
		}
		if got := s.N(store.CountRequests); got != want+1000 {
			t.Errorf("%s: %d in all, want %d", w, got, want+1000)
		}
		if got := s.Bins[len(s.Bins)-1].N(store.CountRequests, "denied"); got != 1000 {
			t.Errorf("%s: the last bin has %d denied", w, got)
		}
	}
	hour := counted(t, db, store.LastHour, time.UTC)
	var got []int
	for _, b := range hour.Bins {
		got = append(got, b.N(store.CountRequests, "approved"))
	}
	if want := []int{4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("the hour is %v, want %v", got, want)
	}
	if labels := hour.Labels(store.CountRequests,
		store.CountDeliveries); !slices.Equal(labels, []string{"approved", "denied"}) {
		t.Errorf("labels %v", labels)
	}
	if some, err := db.AnyCounted(t.Context(), store.CountDeliveries); err != nil || some {
		t.Errorf("a delivery was counted: %v %v", some, err)
	}
	if some, err := db.AnyCounted(t.Context(), store.CountRequests); err != nil || !some {
		t.Errorf("no request was counted: %v %v", some, err)
	}
}

// A share of lengths of time is told to within 9 %, from a few milliseconds to
// hours, however they are spread.
func TestPercentilesAgainstExactOnes(t *testing.T) {
	for name, draw := range map[string]func(*rand.Rand) time.Duration{
		"even": func(r *rand.Rand) time.Duration {
			return time.Duration(r.Int64N(int64(time.Minute))) + time.Millisecond
		},
		"narrow": func(r *rand.Rand) time.Duration {
			return 20*time.Second +
				time.Duration(r.Int64N(int64(time.Second)))
		},
		"skewed": func(r *rand.Rand) time.Duration {
			return time.Duration(r.ExpFloat64()*float64(15*time.Second)) + 2*time.Millisecond
		},
		"two ways": func(r *rand.Rand) time.Duration {
			return []time.Duration{40 * time.Millisecond, 3 * time.Hour}[r.IntN(2)]
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, r := storetest.New(t), rand.New(rand.NewPCG(1, 2))
			all := make([]time.Duration, 500)
			for i := range all {
				all[i] = draw(r)
			}
			if err := store.MeasureAt(t.Context(), db.Store, db.Now(), store.TimeToDecide, all...); err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(all, cmp.Compare)
			times := counted(t, db, store.LastDay, time.UTC).Times(store.TimeToDecide)
			if times.N() != len(all) {
				t.Errorf("%d measured", times.N())
			}
			for _, q := range []float64{.05, .25, .5, .95, 1} {
				exact := all[max(0, int(float64(len(all))*q+.999999)-1)]
				got := times.Within(q)
				if off := float64(got)/float64(exact) - 1; off < -.092 || off > .092 {
					t.Errorf("%v: %v, exactly %v", q, got, exact)
				}
			}
		})
	}
	if got := (store.Times{}).Within(.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
	db := storetest.New(t)
	if err := store.MeasureAt(t.Context(), db.Store, db.Now(), store.TimeToDecide, -time.Second, 0,
		365*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if times := counted(t, db, store.LastHour, time.UTC).Times(store.TimeToDecide); times.N() != 3 ||
		times.Within(.5) != 0 || times.Within(1) < 10*24*time.Hour {
		t.Errorf("what can't be: %v", times)
	}
}

func TestSweepDropsOldCounts(t *testing.T) {
	db := storetest.New(t)
	count := func() {
		t.Helper()
		if err := store.CountAt(t.Context(), db.Store, db.Now(), store.CountRequests, "approved", 1); err != nil {
			t.Fatal(err)
		}
		if err := db.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		later       time.Duration
		short, long int
	}{
		{0, 1, 1},
		{47 * time.Hour, 2, 2},
		{2 * time.Hour, 2, 3},        // the first is 49 hours old
		{398 * 24 * time.Hour, 1, 3}, // the very first is 400 days and an hour old
		{24 * time.Hour, 2, 4},
		{3 * 24 * time.Hour, 1, 3}, // and the two that came after it
	} {
		db.Clock.Advance(c.later)
		count()
		rows, err := store.CounterRows(t.Context(), db.Store)
		if err != nil {
			t.Fatal(err)
		}
		if rows[5*time.Minute] != c.short || rows[time.Hour] != c.long {
			t.Errorf("%v later there are %v, want %d and %d", c.later, rows, c.short, c.long)
		}
	}
}

func TestCountingAtOnceLosesNothing(t *testing.T) {
	db := storetest.New(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if err := store.CountAt(t.Context(), db.Store, db.Now(), store.CountPushAccepted, "push.example",
					1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, w := range store.Windows {
		if got := counted(t, db, w, time.UTC).N(store.CountPushAccepted, "push.example"); got != 200 {
			t.Errorf("%s: %d", w, got)
		}
	}
}

// Each event is counted once, where it happens.
func TestEachEventIsCountedOnce(t *testing.T) {
	type sums map[store.Counter]map[string]int
	requests := func(counts map[string]int) sums { return sums{store.CountRequests: counts} }
	for _, c := range []struct {
		name string
		do   func(*testing.T, *storetest.DB, app.Person, app.Device) error
		want sums
	}{
		{"a start", func(t *testing.T, db *storetest.DB, p app.Person, _ app.Device) error {
			db.MustRequest(p)
			return nil
		}, requests(map[string]int{"started": 1})},
		{"the same start twice", func(t *testing.T, db *storetest.DB, p app.Person, _ app.Device) error {
			in := storetest.Request(p, db.Now().Add(time.Minute))
			for range 2 {
				if _, _, err := db.StartRequest(t.Context(), app.System, in, calm, true); err != nil {
					return err
				}
			}
			return nil
		}, requests(map[string]int{"started": 1})},
		{"one cancelled on arrival", func(t *testing.T, db *storetest.DB, p app.Person, _ app.Device) error {
			in := storetest.Request(p, db.Now().Add(time.Minute))
			in.State, in.Reason = app.Cancelled, app.ReasonLate
			_, _, err := db.StartRequest(t.Context(), app.System, in, calm, true)
			return err
		}, requests(map[string]int{"started": 1, "cancelled": 1})},
		{"a test", func(t *testing.T, db *storetest.DB, p app.Person, d app.Device) error {
			in := storetest.Request(p, db.Now().Add(time.Minute))
			in.Kind = app.KindTest
			r, _, err := db.StartRequest(t.Context(), app.System, in, calm, true)
			if err != nil {
				return err
			}
			return db.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson)
		}, sums{}},
		{"an approval, delivered", func(t *testing.T, db *storetest.DB, p app.Person, d app.Device) error {
			r := db.MustRequest(p)
			db.Clock.Advance(20 * time.Second)
			if err := db.Approve(t.Context(), storetest.On(d), r.ID,
				app.Approval{Granted: "{}", CredentialID: d.CredentialID, At: db.Now()}); err != nil {
				return err
			}
			db.Clock.Advance(200 * time.Millisecond)
			r = state(t, db, r.ID)
			for range 2 { // the second has nothing left to do
				if err := db.Delivered(t.Context(), r, app.DeliveryDelivered, ""); err != nil {
					return err
				}
			}
			return nil
		},
			sums{
				store.CountRequests:   {"started": 1, "approved": 1},
				store.CountDeliveries: {"delivered": 1},
				store.TimeToDecide:    {"058": 1},
				store.TimeToDeliver:   {"031": 1},
			}},
		{"a denial, not delivered", func(t *testing.T, db *storetest.DB, p app.Person, d app.Device) error {
			r := db.MustRequest(p)
			if err := db.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson); err != nil {
				return err
			}
			if err := db.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson); err == nil {
				t.Error("denied twice")
			}
			return db.Delivered(t.Context(), state(t, db, r.ID), app.DeliveryFailed, "gone")
		},
			sums{
				store.CountRequests:   {"started": 1, "denied": 1},
				store.CountDeliveries: {"failed": 1},
				store.TimeToDecide:    {"000": 1},
			}},
		{"all of a client denied", func(t *testing.T, db *storetest.DB, p app.Person, d app.Device) error {
			db.MustRequest(p)
			db.MustRequest(p)
			n, err := db.DenyAll(t.Context(), storetest.On(d), "till", app.ReasonReported)
			if n != 2 {
				t.Errorf("%d denied", n)
			}
			return err
		}, sums{store.CountRequests: {"started": 2, "denied": 2}, store.TimeToDecide: {"000": 2}}},
		{"a cancellation", func(t *testing.T, db *storetest.DB, p app.Person, _ app.Device) error {
			return db.Cancel(t.Context(), app.System, db.MustRequest(p).ID, app.ReasonUnsupported, true)
		}, requests(map[string]int{"started": 1, "cancelled": 1})},
		{"a pause", func(t *testing.T, db *storetest.DB, p app.Person, _ app.Device) error {
			db.MustRequest(p)
			return db.Pause(t.Context(), app.Operator, p.ID)
		}, requests(map[string]int{"started": 1, "cancelled": 1})},
		{"an expiry", func(t *testing.T, db *storetest.DB, p app.Person, _ app.Device) error {
			db.MustRequest(p)
			db.Clock.Advance(time.Hour)
			for range 2 {
				if _, err := db.Expire(t.Context()); err != nil {
					return err
				}
			}
			return nil
		}, requests(map[string]int{"started": 1, "expired": 1})},
		{"an approval whose device is lost before it is delivered",
			func(t *testing.T, db *storetest.DB, p app.Person, d app.Device) error {
				r := db.MustRequest(p)
				if err := db.Approve(t.Context(), storetest.On(d), r.ID,
					app.Approval{Granted: "{}", CredentialID: d.CredentialID, At: db.Now()}); err != nil {
					return err
				}
				db.Clock.Advance(time.Hour) // another bin
				if err := db.RemoveDevice(t.Context(), app.Operator, p.ID, d.ID); err != nil {
					return err
				}
				for range 2 {
					if _, _, err := db.BeginDelivery(t.Context(), r.ID); err != nil {
						return err
					}
				}
				return nil
			},
			sums{store.CountRequests: {"started": 1, "approved": 0, "cancelled": 1}, store.TimeToDecide: {"000": 1}}},
		{"answers of push services", func(t *testing.T, db *storetest.DB, p app.Person, d app.Device) error {
			for _, a := range []struct {
				host          string
				accepted, end bool
			}{{"a.example", true, false}, {"a.example", true, false}, {"a.example", false, false},
				{"b.example", false, true}} {
				sub := app.Subscription{DeviceID: d.ID, Endpoint: "https://" + a.host + "/secret"}
				if err := db.Pushed(t.Context(), sub, app.Job{}, a.accepted, a.end, "x"); err != nil {
					return err
				}
			}
			return nil
		},
			sums{
				store.CountPushAccepted: {"a.example": 2},
				store.CountPushRefused:  {"a.example": 1},
				store.CountPushEnded:    {"b.example": 1},
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			p := db.MustPerson("alice")
			if err := c.do(t, db, p, db.MustDevice(p)); err != nil {
				t.Fatal(err)
			}
			s := counted(t, db, store.LastDay, time.UTC)
			for _, name := range []store.Counter{store.CountRequests, store.CountDeliveries, store.CountPushAccepted,
				store.CountPushRefused, store.CountPushEnded, store.TimeToDecide, store.TimeToDeliver} {
				for _, label := range append(s.Labels(name), "approved") {
					if got := s.N(name, label); got != c.want[name][label] {
						t.Errorf("%s %s is %d, want %d", name, label, got, c.want[name][label])
					}
				}
				for label, want := range c.want[name] {
					if got := s.N(name, label); got != want {
						t.Errorf("%s %s is %d, want %d", name, label, got, want)
					}
				}
			}
			for _, as := range []app.RequestState{app.Approved, app.Denied, app.Expired, app.Cancelled} {
				if got, want := s.N(store.CountKinds,
					store.KindLabel(as, app.KindRegular)), c.want[store.CountRequests][string(as)]; got != want {
					t.Errorf("%d sign-ins are %s, want %d", got, as, want)
				}
			}
			if n := s.N(store.CountKinds); n != s.N(store.CountRequests)-s.N(store.CountRequests, store.Started) {
				t.Errorf("%d have ended by kind", n)
			}
		})
	}
}

// What ended is counted by the kind that it had then: one that was recognised
// meanwhile by what it turned out to be. A kind of which all was taken back
// isn't named.
func TestRequestsAreCountedByKind(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	d := db.MustDevice(p)
	start := func(kind string) app.Request {
		t.Helper()
		in := storetest.Request(p, db.Now().Add(time.Minute))
		in.Kind = kind
		r, _, err := db.StartRequest(t.Context(), app.System, in, calm, true)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	found, never := start(app.KindUnknown), start(app.KindUnknown)
	if err := db.Recognised(t.Context(), found.ID, "br-payment"); err != nil {
		t.Fatal(err)
	}
	payment, lost := start("uk-domestic-payment"), start("uk-file-payment")
	for _, r := range []app.Request{found, payment} {
		if err := db.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.CountAt(t.Context(), db.Store, db.Now(), store.CountKinds, store.KindLabel(app.Approved, lost.Kind),
		0); err != nil {
		t.Fatal(err)
	}
	if err := db.Cancel(t.Context(), app.System, never.ID, app.ReasonUnsupported, true); err != nil {
		t.Fatal(err)
	}
	// Counted before there were kinds.
	if err := store.CountAt(t.Context(), db.Store, db.Now(), store.CountRequests, "approved", 40); err != nil {
		t.Fatal(err)
	}
	for _, w := range store.Windows {
		s := counted(t, db, w, time.UTC)
		if got, want := s.Kinds(), []string{"", "br-payment", "uk-domestic-payment"}; !slices.Equal(got, want) {
			t.Errorf("%s: the kinds are %q, want %q", w, got, want)
		}
		for label, want := range map[string]int{
			"denied/br-payment":          1,
			"denied/uk-domestic-payment": 1,
			"cancelled/":                 1,
			"approved/uk-file-payment":   0,
		} {
			if got := s.N(store.CountKinds, label); got != want {
				t.Errorf("%s: %s is %d, want %d", w, label, got, want)
			}
		}
	}
}

// A month at a busy bank: every outcome, 40 buckets of two lengths of time and
// six kinds in each hour.
func BenchmarkCounted(b *testing.B) {
	db := storetest.New(b)
	for hour := range 720 {
		at := db.Now().Add(-time.Duration(hour) * time.Hour)
		for _, label := range []string{"started", "approved", "denied", "expired", "cancelled"} {
			if err := store.CountAt(b.Context(), db.Store, at, store.CountRequests, label, 1000); err != nil {
				b.Fatal(err)
			}
			for _, kind := range []string{"regular", "uk-account-access", "uk-domestic-payment",
				"uk-domestic-standing-order", "br-data", "br-payment"} {
				if err := store.CountAt(b.Context(), db.Store, at, store.CountKinds, label+"/"+kind, 100); err != nil {
					b.Fatal(err)
				}
			}
		}
		var lengths []time.Duration
		for d := 10 * time.Millisecond; len(lengths) < 40; d = d * 6 / 5 {
			lengths = append(lengths, d)
		}
		for _, name := range []store.Counter{store.TimeToDecide, store.TimeToDeliver} {
			if err := store.MeasureAt(b.Context(), db.Store, at, name, lengths...); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, w := range store.Windows {
		b.Run(string(w), func(b *testing.B) {
			for b.Loop() {
				if counted(b, db, w, time.UTC).N(store.CountRequests, "started") == 0 {
					b.Fatal("nothing")
				}
			}
		})
	}
}
