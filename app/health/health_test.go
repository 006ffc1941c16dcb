package health_test

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assent/app"
	"assent/app/acp"
	"assent/app/acp/condition"
	"assent/app/health"
	"assent/store"
	"assent/store/storetest"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// world is a service over a real store and an ACP stand-in.
type world struct {
	*storetest.DB
	acp     *emulator.Emulator
	secret  string
	issuer  string
	scopes  []string
	dates   time.Duration // how far the Date of ACP's answers is off
	calls   atomic.Int32
	dir     string
	client  *acp.Client
	service *health.Service
}

func newWorld(t *testing.T, change func(*world)) *world {
	t.Helper()
	w := &world{
		DB:     storetest.New(t),
		secret: "a secret of the client",
		scopes: []string{"manage_scope_grants", "manage_openbanking_consents"},
	}
	w.dir = w.Dir
	if change != nil {
		change(w)
	}
	w.acp = emulatortest.Start(t,
		emulator.Options{Client: emulator.Client{ID: "assent", Secret: "a secret of the client", Scopes: w.scopes}})
	if w.issuer == "" {
		w.issuer = w.acp.Issuer()
	}
	client, err := acp.New(acp.Config{
		Issuer:       w.issuer,
		ClientID:     "assent",
		ClientSecret: w.secret,
		AuthMethod:   acp.SecretBasic,
		HTTP:         &http.Client{Transport: w},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	w.service = health.New(health.Config{
		Store:       w.Store,
		Dir:         w.dir,
		Connections: []health.Connection{{Name: "bank", Server: condition.Of{Name: "bank", Client: client}}},
		Log:         slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	return w
}

// RoundTrip counts calls and puts their answers' Date off.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.calls.Add(1)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && w.dates != 0 {
		res.Header.Set("Date", time.Now().Add(w.dates).UTC().Format(http.TimeFormat))
	}
	return res, err
}

// find looks, and gives what it found of a part.
func (w *world) find(t *testing.T, p health.Part) []health.Result {
	t.Helper()
	all, at := w.service.Look(t.Context())
	if at != w.Now() {
		t.Errorf("found at %v, it is %v", at.Time(), w.Now().Time())
	}
	var out []health.Result
	for _, r := range all {
		if r.State != health.OK && r.Do.Key == "" {
			t.Errorf("%s is %s, and nothing is to be done", r.Part, r.State)
		}
		if r.Part == p {
			out = append(out, r)
		}
	}
	return out
}

func TestStates(t *testing.T) {
	failing := func(at emulator.Endpoint, f emulator.Fault) func(*testing.T, *world) {
		return func(_ *testing.T, w *world) { w.acp.Fail(at, f) }
	}
	push := func(accepted, refused int) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			t.Helper()
			for i := range accepted + refused {
				if err := w.Pushed(t.Context(), app.Subscription{Endpoint: "https://push.example/x"}, app.Job{},
					i < accepted, false, ""); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	undelivered := func(age time.Duration) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			t.Helper()
			p := w.MustPerson("alice")
			if err := w.Cancel(t.Context(), app.System, w.MustRequest(p).ID, app.ReasonUnsupported, true); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(age)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*world)
		then   func(*testing.T, *world)
		part   health.Part
		state  health.State // empty where nothing is said of the part
		says   string
		do     string
	}{
		{name: "a token", part: health.Token, state: health.OK, says: "token_ok"},
		{name: "sign-ins", part: health.SignIn, state: health.OK, says: "api_ok"},
		{name: "open banking", part: health.OpenBank, state: health.OK, says: "api_ok"},
		{name: "the clock", part: health.Clock, state: health.OK, says: "clock_ok"},
		{
			name:   "ACP is down",
			change: func(w *world) { w.issuer = "http://127.0.0.1:1/demo/system" },
			part:   health.Token,
			state:  health.Bad,
			says:   "acp_unreachable",
			do:     "acp_unreachable_do",
		},
		{
			name:   "nothing is said of the APIs of an ACP that is down",
			change: func(w *world) { w.issuer = "http://127.0.0.1:1/demo/system" },
			part:   health.SignIn,
		},
		{
			name:   "nor of its clock",
			change: func(w *world) { w.issuer = "http://127.0.0.1:1/demo/system" },
			part:   health.Clock,
		},
		{
			name:   "wrong secret",
			change: func(w *world) { w.secret = "wrong" },
			part:   health.Token,
			state:  health.Bad,
			says:   "token_refused",
			do:     "token_refused_do",
		},
		{
			name:  "the token endpoint is busy",
			then:  failing(emulator.SystemToken, emulator.Fault{Status: 503, Times: -1}),
			part:  health.Token,
			state: health.Warn,
			says:  "acp_busy",
			do:    "acp_busy_do",
		},
		{
			name:   "no scope for sign-ins",
			change: func(w *world) { w.scopes = []string{"manage_openbanking_consents"} },
			part:   health.SignIn,
			state:  health.Bad,
			says:   "api_scope",
			do:     "api_scope_do",
		},
		{
			name:   "then the token is well",
			change: func(w *world) { w.scopes = []string{"manage_openbanking_consents"} },
			part:   health.Token,
			state:  health.OK,
			says:   "token_ok",
		},
		{
			name:   "no scope for open banking",
			change: func(w *world) { w.scopes = []string{"manage_scope_grants"} },
			part:   health.OpenBank,
			state:  health.OK,
			says:   "open_bank_unused",
		},
		{
			name:   "no scope at all",
			change: func(w *world) { w.scopes = []string{"other"} },
			part:   health.SignIn,
			state:  health.Bad,
			says:   "api_scope",
			do:     "api_scope_do",
		},
		{
			name:  "the API has a fault",
			then:  failing(emulator.Details, emulator.Fault{Status: 500, Times: -1}),
			part:  health.SignIn,
			state: health.Warn,
			says:  "acp_busy",
			do:    "acp_busy_do",
		},
		{
			name:  "the API hangs up",
			then:  failing(emulator.Details, emulator.Fault{Drop: true, Times: -1}),
			part:  health.SignIn,
			state: health.Bad,
			says:  "acp_unreachable",
			do:    "acp_unreachable_do",
		},
		{
			name:  "the API refuses",
			then:  failing(emulator.Details, emulator.Fault{Status: 400, Times: -1}),
			part:  health.SignIn,
			state: health.Bad,
			says:  "api_refused",
			do:    "api_refused_do",
		},
		{
			name:   "our clock is behind",
			change: func(w *world) { w.dates = 12 * time.Second },
			part:   health.Clock,
			state:  health.Warn,
			says:   "clock_behind",
			do:     "clock_do",
		},
		{
			name:   "our clock is far ahead",
			change: func(w *world) { w.dates = -time.Minute },
			part:   health.Clock,
			state:  health.Bad,
			says:   "clock_ahead",
			do:     "clock_do",
		},

		{name: "nothing waits", part: health.Deliveries, state: health.OK, says: "deliveries_ok"},
		{
			name:  "one waits for a moment",
			then:  undelivered(10 * time.Second),
			part:  health.Deliveries,
			state: health.OK,
			says:  "deliveries_ok",
		},
		{
			name:  "one waits for long",
			then:  undelivered(20 * time.Second),
			part:  health.Deliveries,
			state: health.Warn,
			says:  "deliveries_wait",
			do:    "deliveries_do",
		},
		{
			name:  "one is stuck",
			then:  undelivered(time.Minute),
			part:  health.Deliveries,
			state: health.Bad,
			says:  "deliveries_wait",
			do:    "deliveries_do",
		},
		{name: "no job was given up", part: health.Jobs, state: health.OK, says: "jobs_ok"},
		{
			name:  "a delivery was given up",
			then:  func(t *testing.T, w *world) { undelivered(0)(t, w); w.bury(t, app.JobSettle) },
			part:  health.Jobs,
			state: health.Bad,
			says:  "jobs_settle",
			do:    "jobs_settle_do",
		},
		{name: "long ago", then: func(t *testing.T, w *world) {
			undelivered(0)(t, w)
			w.bury(t, app.JobSettle)
			w.Clock.Advance(25 * time.Hour)
		}, part: health.Jobs, state: health.OK, says: "jobs_ok"},

		{name: "no notice was sent", part: health.Push, state: health.OK, says: "push_quiet"},
		{name: "all were taken", then: push(9, 0), part: health.Push, state: health.OK, says: "push_ok"},
		{name: "too few to tell", then: push(0, 4), part: health.Push, state: health.OK, says: "push_ok"},
		{
			name:  "some were refused",
			then:  push(8, 2),
			part:  health.Push,
			state: health.Warn,
			says:  "push_refused",
			do:    "push_do",
		},
		{
			name:  "most were refused",
			then:  push(4, 6),
			part:  health.Push,
			state: health.Bad,
			says:  "push_refused",
			do:    "push_do",
		},

		{name: "people are left in peace", part: health.Attacks, state: health.OK, says: "attacks_none"},
		{name: "a burst is an attack", then: func(t *testing.T, w *world) {
			alice := w.MustPerson("alice")
			w.MustDevice(alice)
			for range 2 {
				if _, _, err := w.StartRequest(t.Context(), app.System,
					storetest.Request(alice, w.Now().Add(time.Hour)), store.Fatigue{Notices: 1, Window: time.Hour},
					true); err != nil {
					t.Fatal(err)
				}
			}
		}, part: health.Attacks, state: health.Warn, says: "attacks", do: "attacks_do"},

		{name: "the database", part: health.Database, state: health.OK, says: "database_ok"},
		{
			name:   "no such directory",
			change: func(w *world) { w.dir = w.Dir + "/none" },
			part:   health.Disk,
			state:  health.Warn,
			says:   "disk_unread",
			do:     "disk_unread_do",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.change)
			if c.then != nil {
				c.then(t, w)
			}
			found := w.find(t, c.part)
			if c.state == "" {
				if len(found) != 0 {
					t.Errorf("found %+v", found)
				}
				return
			}
			if len(found) != 1 {
				t.Fatalf("found %+v", found)
			}
			got := found[0]
			if got.State != c.state || strings.TrimPrefix(string(got.Says.Key), "admin.overview.health.") != c.says ||
				strings.TrimPrefix(string(got.Do.Key), "admin.overview.health.") != c.do {
				t.Errorf("found %+v", got)
			}
		})
	}
}

// bury gives up a waiting job.
func (w *world) bury(t *testing.T, kind app.JobKind) {
	t.Helper()
	j, ok, _, err := w.LeaseJob(t.Context(), kind, time.Minute)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := w.JobDead(t.Context(), j, "gone"); err != nil {
		t.Fatal(err)
	}
}

// A notice that was given up weighs less than an answer.
func TestNoticesGivenUp(t *testing.T) {
	w := newWorld(t, nil)
	p := w.MustPerson("alice")
	d := w.MustDevice(p)
	if err := w.Subscribe(t.Context(), storetest.On(d),
		app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/x", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	w.MustRequest(p)
	w.bury(t, app.JobPush)
	if got := w.find(t, health.Jobs); len(got) != 1 || got[0].State != health.Warn || got[0].Says.N != 1 {
		t.Errorf("found %+v", got)
	}
}

// What is worst comes first, and many who look cost no more than one.
func TestWorstFirstAndKept(t *testing.T) {
	w := newWorld(t, func(w *world) { w.dates = time.Minute })
	w.acp.Fail(emulator.Details, emulator.Fault{Status: 500, Times: -1})
	all, _ := w.service.Look(t.Context())
	var states []health.State
	for _, r := range all {
		states = append(states, r.State)
	}
	if got := slices.Compact(states); !slices.Equal(got, []health.State{health.Bad, health.Warn, health.OK}) {
		t.Errorf("in the order %v", states)
	}
	calls := w.calls.Load()
	w.Clock.Advance(14 * time.Second)
	for range 5 {
		if again, _ := w.service.Look(t.Context()); len(again) != len(all) {
			t.Errorf("then %d results, at first %d", len(again), len(all))
		}
	}
	if got := w.calls.Load(); got != calls {
		t.Errorf("%d calls more", got-calls)
	}
	w.acp.Heal()
	w.Clock.Advance(time.Second)
	if got := w.find(t, health.SignIn); len(got) != 1 || got[0].State != health.OK {
		t.Errorf("healed, and still %+v", got)
	}
}

// An ACP that hangs holds the page up for seconds and no longer.
func TestAHangingACPIsBounded(t *testing.T) {
	w := newWorld(t, nil)
	w.acp.Fail(emulator.SystemToken, emulator.Fault{Hang: true, Times: -1})
	begin := time.Now()
	found := w.find(t, health.Token)
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(found) != 1 || found[0].State != health.Bad {
		t.Errorf("found %+v", found)
	}
}

func TestNoServiceFindsNothing(t *testing.T) {
	var s *health.Service
	if found, at := s.Look(t.Context()); len(found) != 0 || at != 0 {
		t.Errorf("found %v at %v", found, at)
	}
}

// An approval that was withdrawn, and that ACP holds or may hold, doesn't go
// unsaid until it is dealt with.
func TestWithdrawnApprovalsInDoubt(t *testing.T) {
	for _, c := range []struct {
		as    app.DeliveryState
		cause app.Cause
		says  string // empty: nothing
	}{
		{app.DeliveryFailed, app.CauseOpposite, "admin.overview.health.withdrawn_held"},
		{app.DeliveryUnconfirmed, app.CauseLoginClosed, "admin.overview.health.withdrawn_unclear"},
		{app.DeliveryFailed, app.CauseBusy.Late(), "admin.overview.health.withdrawn_unclear"},
		{app.DeliveryDelivered, app.CauseNone, ""},
	} {
		w := newWorld(t, nil)
		p := w.MustPerson("alice")
		d := w.MustDevice(p)
		r := w.MustRequest(p)
		err := errors.Join(w.Shown(t.Context(), storetest.On(d), r.ID, "{}", "seen", ""),
			w.Approve(t.Context(), storetest.On(d), r.ID,
				app.Approval{Digest: "seen", Granted: "{}", At: w.Now(), CredentialID: d.CredentialID}))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second try finds the person suspended
			if _, _, err := w.BeginDelivery(t.Context(), r.ID); err != nil {
				t.Fatal(err)
			}
			if err := w.SetPersonState(t.Context(), app.Operator, p.ID, app.PersonSuspended); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.find(t, health.Withdrawn); len(got) != 0 {
			t.Errorf("while it is being withdrawn: %+v", got)
		}
		now, err := w.Request(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Delivered(t.Context(), now, c.as, c.cause); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Minute) // what was found before is kept for a while
		got := w.find(t, health.Withdrawn)
		if c.says == "" {
			if len(got) != 0 {
				t.Errorf("%s: found %+v", c.as, got)
			}
			continue
		}
		if len(got) != 1 || got[0].State != health.Bad || string(got[0].Says.Key) != c.says || got[0].Says.N != 1 {
			t.Errorf("%s (%s): found %+v, want %s", c.as, c.cause, got, c.says)
		}
		if err := w.Resolve(t.Context(), app.Operator, r.ID); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Minute)
		if got := w.find(t, health.Withdrawn); len(got) != 0 {
			t.Errorf("dealt with: %+v", got)
		}
	}
}
