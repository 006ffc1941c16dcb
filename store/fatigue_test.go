package store_test

import (
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"

	"assent/app"
	"assent/migrations"
	"assent/store"
	"assent/store/storetest"
)

var many = store.Fatigue{Notices: 100, Window: 5 * time.Minute}

func listening(t *testing.T, db *storetest.DB, d app.Device) {
	t.Helper()
	if err := db.Subscribe(t.Context(), storetest.On(d),
		app.Subscription{
			DeviceID: d.ID,
			Endpoint: "https://push.example/" + d.ID,
			P256DH:   "k",
			Auth:     "a",
		}); err != nil {
		t.Fatal(err)
	}
}

func deny(t *testing.T, db *storetest.DB, d app.Device, id string, reason app.Reason) {
	t.Helper()
	if err := db.Deny(t.Context(), storetest.On(d), id, reason); err != nil {
		t.Fatal(err)
	}
}

func approveNow(t *testing.T, db *storetest.DB, d app.Device, id string) {
	t.Helper()
	if err := db.Shown(t.Context(), storetest.On(d), id, "{}", "seen", ""); err != nil {
		t.Fatal(err)
	}
	if err := db.Approve(t.Context(), storetest.On(d), id,
		app.Approval{
			Digest:       "seen",
			Receipt:      "a receipt",
			Granted:      "{}",
			At:           db.Now(),
			CredentialID: d.CredentialID,
		}); err != nil {
		t.Fatal(err)
	}
}

// Row 30 of the pitfalls, a client that asks again after each no: its notices
// wait, for longer each time, and for a day at most. The first request after the
// wait is notified again; an approval ends it.
func TestPitfall30BackOffAfterDeny(t *testing.T) {
	for _, reason := range []app.Reason{app.ReasonPerson, app.ReasonReported} {
		t.Run(string(reason), func(t *testing.T) {
			db := storetest.New(t)
			alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
			d := db.MustDevice(alice)
			db.MustDevice(bob)
			listening(t, db, d)
			c, other, bobs := &clientStart{alice, "shop"}, &clientStart{alice, "bank"}, &clientStart{bob, "shop"}
			r := c.start(t, db, many)
			if r.Quiet != app.QuietNone || store.Notices(db.Store, r.ID) != 1 {
				t.Fatalf("the first is %q with %d notices", r.Quiet, store.Notices(db.Store, r.ID))
			}
			day := 24 * time.Hour
			for i, wait := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour,
				2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, day, day} {
				db.Clock.Advance(time.Second)
				deny(t, db, d, r.ID, reason)
				if until := db.Now().Add(wait); func() app.Instant {
					w, _ := db.BackOffs(t.Context(),
						alice.ID)
					return w["shop"]
				}() != until {
					t.Errorf("denial %d: the wait doesn't end after %s", i+1, wait)
				}
				if o := other.start(t, db, many); o.Quiet != app.QuietNone {
					t.Errorf("denial %d: another client is %q", i+1, o.Quiet)
				}
				if o := bobs.start(t, db, many); o.Quiet != app.QuietNone {
					t.Errorf("denial %d: the client is %q with another person", i+1, o.Quiet)
				}
				db.Clock.Advance(wait - time.Millisecond)
				q := c.start(t, db, many)
				if q.Quiet != app.QuietBackOff || q.State != app.Pending || store.Notices(db.Store, q.ID) != 0 {
					t.Errorf("denial %d: at the end of the wait the next is %s and %q, with %d notices", i+1, q.State,
						q.Quiet, store.Notices(db.Store, q.ID))
				}
				db.Clock.Advance(time.Millisecond)
				if r = c.start(t, db, many); r.Quiet != app.QuietNone || store.Notices(db.Store, r.ID) != 1 {
					t.Errorf("denial %d: after %s the next is %q, with %d notices", i+1, wait, r.Quiet,
						store.Notices(db.Store, r.ID))
				}
			}
			approveNow(t, db, d, r.ID)
			if r = c.start(t, db, many); r.Quiet != app.QuietNone {
				t.Errorf("after an approval it is %q", r.Quiet)
			}
			db.Clock.Advance(time.Second)
			deny(t, db, d, r.ID, reason)
			db.Clock.Advance(time.Minute)
			if r = c.start(t, db, many); r.Quiet != app.QuietNone {
				t.Errorf("the approval didn't begin from one minute: %q", r.Quiet)
			}
		})
	}
}

// What was waiting already when the person said no is one with that no, in
// whatever steps it is denied. A wrong code isn't a no, and a restart forgets
// nothing.
func TestBackOffCountsEachNoOnce(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	d := db.MustDevice(alice)
	c := &clientStart{alice, "shop"}
	var all []app.Request
	for range 20 {
		all = append(all, c.start(t, db, many))
	}
	deny(t, db, d, all[0].ID, app.ReasonCode)
	if waits, err := db.BackOffs(t.Context(), alice.ID); err != nil || len(waits) != 0 {
		t.Errorf("after a wrong code %v, %v", waits, err)
	}
	for _, r := range all[1:4] {
		db.Clock.Advance(time.Second)
		deny(t, db, d, r.ID, app.ReasonPerson)
	}
	if _, err := db.DenyAll(t.Context(), storetest.On(d), "shop", app.ReasonPerson); err != nil {
		t.Fatal(err)
	}
	db.Reopen()
	if waits, err := db.BackOffs(t.Context(), alice.ID); err != nil || waits["shop"] != db.Now().Add(time.Minute) {
		t.Errorf("after one no to 20 requests it waits until %v, %v; want a minute", waits["shop"].Time(), err)
	}
	if err := db.ErasePerson(t.Context(), app.Operator, alice.ID); err != nil {
		t.Fatal(err)
	}
	if waits, err := db.BackOffs(t.Context(), alice.ID); err != nil || len(waits) != 0 {
		t.Errorf("of an erased person it is still known: %v, %v", waits, err)
	}
}

// All clients together have a limit, and those that the person approved lately
// a reserve of their own.
func TestAFloodRingsNoMoreThanItsLimit(t *testing.T) {
	db := storetest.New(t)
	alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
	d := db.MustDevice(alice)
	db.MustDevice(bob)
	limits := []store.Limit{{Notices: 10, Window: 10 * time.Minute}, {Notices: 25, Window: 24 * time.Hour}}
	f := store.Fatigue{
		Notices:  5,
		Window:   5 * time.Minute,
		Person:   limits,
		Known:    limits[:1],
		KnownFor: 90 * 24 * time.Hour,
	}
	known := &clientStart{alice, "known"}
	approveNow(t, db, d, known.start(t, db, f).ID)
	db.Clock.Advance(24 * time.Hour)
	next := 0
	flood := func(p app.Person, n int) (rang int) {
		for range n {
			next++
			r := (&clientStart{p, fmt.Sprint("client-", next)}).start(t, db, f)
			switch {
			case r.Quiet == app.QuietNone:
				rang++
			case r.Quiet != app.QuietFlood || r.State != app.Pending:
				t.Fatalf("it is %s and %q", r.State, r.Quiet)
			}
		}
		return rang
	}
	if n := flood(alice, 300); n != 10 {
		t.Errorf("of 300 clients %d rang, want 10", n)
	}
	if r := known.start(t, db, f); r.Quiet != app.QuietNone {
		t.Errorf("the client that she knows is %q in the flood", r.Quiet)
	}
	if n := flood(bob, 3); n != 3 {
		t.Errorf("of another person's 3 %d rang", n)
	}
	for i, want := range []int{10, 5, 0} { // the day's 25
		db.Clock.Advance(11 * time.Minute)
		if n := flood(alice, 20); n != want {
			t.Errorf("window %d: %d rang, want %d", i+2, n, want)
		}
	}
	if waiting, err := db.Waiting(t.Context(), alice.ID); err != nil || len(waiting) != 20 {
		t.Errorf("%d clients in the inbox (%v), want all 20 that didn't ring", len(waiting), err)
	}
	db.Clock.Advance(91 * 24 * time.Hour)
	if n := flood(alice, 10); n != 10 {
		t.Fatalf("%d rang", n)
	}
	if r := known.start(t, db, f); r.Quiet != app.QuietFlood {
		t.Errorf("a client that she approved 92 days ago is %q", r.Quiet)
	}
}

// One client, known or not, takes a quarter of what may be sent: the others ring
// all the same. That its share is used up is no attack yet; to ask as often as all
// together may is one.
func TestOneClientTakesAQuarterOfTheNotices(t *testing.T) {
	limits := []store.Limit{{Notices: 8, Window: 10 * time.Minute}, {Notices: 22, Window: 24 * time.Hour}}
	f := store.Fatigue{
		Notices:  6,
		Window:   5 * time.Minute,
		Person:   limits,
		Known:    limits,
		KnownFor: 90 * 24 * time.Hour,
	}
	for _, c := range []struct {
		name  string
		known bool
		short int // rings of a window, and of a day
		day   int
	}{{"a known one", true, 4, 10}, {"an unknown one", false, 2, 5}} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			alice := db.MustPerson("alice")
			d := db.MustDevice(alice)
			noisy, bank := &clientStart{alice, "noisy"}, &clientStart{alice, "bank"}
			approveNow(t, db, d, bank.start(t, db, f).ID)
			if c.known {
				approveNow(t, db, d, noisy.start(t, db, f).ID)
			}
			db.Clock.Advance(25 * time.Hour)
			attacked := func() bool {
				t.Helper()
				yes, err := db.Attacked(t.Context(), alice.ID, db.Now().Add(-time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				return yes
			}
			rings := func(n int, every time.Duration) (rang int) {
				t.Helper()
				for range n {
					switch r := noisy.start(t, db, f); r.Quiet {
					case app.QuietNone:
						rang++
					case app.QuietBurst:
					default:
						t.Fatalf("it is %q", r.Quiet)
					}
					db.Clock.Advance(every)
				}
				return rang
			}
			if n := rings(c.short+1, time.Second); n != c.short || attacked() {
				t.Errorf("of %d it rang %d times, want %d; an attack: %v", c.short+1, n, c.short, attacked())
			}
			if n := rings(6-c.short, time.Second); n != 0 || !attacked() {
				t.Errorf("of a burst %d more rang; an attack: %v", n, attacked())
			}
			if n := rings(100, 5*time.Minute); n != c.day-c.short {
				t.Errorf("in the rest of the day it rang %d times, want %d", n, c.day-c.short)
			}
			if !attacked() {
				t.Error("a drip that asks as often as all together may isn't an attack")
			}
			if r := bank.start(t, db, f); r.Quiet != app.QuietNone {
				t.Errorf("the client that she knows is %q", r.Quiet)
			}
			if r := (&clientStart{alice, "new"}).start(t, db, f); r.Quiet != app.QuietNone {
				t.Errorf("a client that she doesn't know is %q", r.Quiet)
			}
		})
	}
}

// Only bursts, floods and reports are an attack; also a burst by a client whose
// notices wait already.
func TestWhatCountsAsAnAttack(t *testing.T) {
	few := store.Fatigue{Notices: 3, Window: 5 * time.Minute}
	type step func(t *testing.T, db *storetest.DB, c *clientStart, d app.Device)
	ask := func(n int, want ...app.Quiet) step {
		return func(t *testing.T, db *storetest.DB, c *clientStart, d app.Device) {
			for i := range n {
				db.Clock.Advance(time.Millisecond)
				if r := c.start(t, db, few); r.Quiet != want[min(i, len(want)-1)] {
					t.Errorf("request %d is %q, want %q", i+1, r.Quiet, want)
				}
			}
		}
	}
	no := func(reason app.Reason) step {
		return func(t *testing.T, db *storetest.DB, c *clientStart, d app.Device) {
			db.Clock.Advance(time.Second)
			if in, err := db.Inbox(t.Context(), c.person.ID); err != nil || len(in) == 0 {
				t.Fatal("nothing to deny", err)
			} else {
				deny(t, db, d, in[0].ID, reason)
			}
		}
	}
	mute := func(t *testing.T, db *storetest.DB, c *clientStart, d app.Device) {
		if err := db.Mute(t.Context(), storetest.On(d), c.id, c.id, db.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  app.Attack
	}{
		{"notified", []step{ask(3, app.QuietNone)}, ""},
		{"muted", []step{mute, ask(9, app.QuietMuted)}, ""},
		{"denied", []step{ask(1, app.QuietNone), no(app.ReasonPerson), ask(1, app.QuietBackOff)}, ""},
		{"a burst after a no",
			[]step{ask(1, app.QuietNone), no(app.ReasonPerson),
				ask(4, app.QuietBackOff, app.QuietBackOff, app.QuietBurst)},
			app.AttackBurst},
		{"a burst", []step{ask(4, app.QuietNone, app.QuietNone, app.QuietNone, app.QuietBurst)}, app.AttackBurst},
		{"a report", []step{ask(1, app.QuietNone), no(app.ReasonReported)}, app.AttackReport},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			alice := db.MustPerson("alice")
			d := db.MustDevice(alice)
			client := &clientStart{alice, "shop"}
			for _, s := range c.steps {
				s(t, db, client, d)
			}
			since := db.Now().Add(-time.Hour)
			how, _, err := db.LastAttack(t.Context(), alice.ID)
			under, err2 := db.Attacked(t.Context(), alice.ID, since)
			n, err3 := db.AttackedCount(t.Context(), since)
			if err != nil || err2 != nil || err3 != nil || how != c.want || under != (c.want != "") ||
				n != map[bool]int{true: 1}[under] {
				t.Errorf("attack %q, under attack %v, %d people (%v %v %v); want %q", how, under, n, err, err2, err3,
					c.want)
			}
			found, _, err := db.FindPeople(t.Context(), "", store.Attacked, "", 10)
			if err != nil || (len(found) == 1) != under {
				t.Errorf("%d in the list (%v)", len(found), err)
			}
			db.Clock.Advance(time.Hour)
			if found, _, err := db.FindPeople(t.Context(), "", store.Attacked, "", 10); err != nil || len(found) != 0 {
				t.Errorf("%d in the list an hour later (%v)", len(found), err)
			}
		})
	}
}

// What was quiet before causes were kept gets the cause that it had, and goes on
// counting as an attack where it did.
func TestQuietFromBeforeCauses(t *testing.T) {
	old := fstest.MapFS{}
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name >= "00021" {
			continue
		}
		b, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		old[name] = &fstest.MapFile{Data: b}
	}
	dir := t.TempDir()
	raw := rawDB(t, dir)
	p, err := goose.NewProvider(goose.DialectSQLite3, raw, old)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := app.At(time.Now())
	for _, id := range []string{"BURST", "MUTED", "CALM", "REPORT"} {
		must(t, raw, `INSERT INTO persons (id, name, state, created_at) VALUES ('`+id+`', 'Ada', 'active', 1)`)
		must(t, raw,
			fmt.Sprintf(`INSERT INTO requests (id, ref, connection, tenant_id, server_id, login_id, login_state, user_identifier, person_id, kind,
			client_id, client_name, binding_message, scopes, acr, payload, quiet, state, created_at, expires_at, delivery)
			VALUES ('%[1]s', 'A2B-3C4', 'acp', 'demo', 'shop', '%[1]s', 's', 'ada', '%[1]s', 'regular', 'till', 'Till', '', '[]', '[]', '{}', %d, 'pending', %d, %d, 'none')`,
				id, map[string]int{"BURST": 1, "MUTED": 1}[id], now, now.Add(time.Hour)))
	}
	must(t, raw,
		fmt.Sprintf(`INSERT INTO mutes (person_id, client_id, client_name, until) VALUES ('MUTED', 'till', 'Till', %d)`,
			now.Add(23*time.Hour)))
	must(t, raw,
		fmt.Sprintf(`INSERT INTO reports (request_id, person_id, client_id, client_name, device_id, created_at)
			VALUES ('REPORT', 'REPORT', 'till', 'Till', 'D', %d)`,
			now))
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for id, want := range map[string]struct {
		quiet  app.Quiet
		attack app.Attack
	}{
		"BURST":  {app.QuietBurst, app.AttackBurst},
		"MUTED":  {app.QuietMuted, ""},
		"CALM":   {},
		"REPORT": {attack: app.AttackReport},
	} {
		r, err := st.Request(t.Context(), id)
		if err != nil || r.Quiet != want.quiet || (r.NoticePool != "") != (want.quiet == "") {
			t.Errorf("%s is %q, its notice counts to %q (%v)", id, r.Quiet, r.NoticePool, err)
		}
		if how, at, err := st.LastAttack(t.Context(), id); err != nil || how != want.attack ||
			(at == now) != (want.attack != "") {
			t.Errorf("%s: attack %q at %d (%v)", id, how, at, err)
		}
	}
}
