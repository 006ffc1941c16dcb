// Package storetest opens real databases for tests: a file of their own,
// migrated, with the pragmas of production and a clock in the test's hand.
package storetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"assent/app"
	"assent/app/clock"
	"assent/store"
)

// Clock is the machine's clock, which a test moves. The store goes by what the
// service makes of it (package clock).
type Clock struct {
	mu   sync.Mutex
	now  time.Time
	mono time.Duration
	told *clock.Clock
}

// Now is the machine's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance lets d pass. A negative d is the clock of a service that was started
// again.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mono += max(0, d)
	c.mu.Unlock()
	if d < 0 {
		c.restart()
	}
}

// Leap sets the machine's clock ahead or back without that any time passes.
func (c *Clock) Leap(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Told is the time that a service goes by.
func (c *Clock) Told() time.Time {
	c.mu.Lock()
	told := c.told
	c.mu.Unlock()
	return told.Now()
}

// restart begins with the machine's time, as the next process does.
func (c *Clock) restart() {
	told := clock.New(clock.Config{Wall: c.Now, Mono: func() time.Duration {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.mono
	}})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = told
}

// DB is a store under test.
type DB struct {
	*store.Store
	T     testing.TB
	Dir   string
	Clock *Clock

	mu     sync.Mutex
	events []app.Event
	leased map[string]app.Job // by kind and request

	miscounted bool // by Tamper
}

// New opens a new database that is closed when the test ends.
func New(t testing.TB) *DB {
	t.Helper()
	db := At(t, t.TempDir())
	t.Cleanup(func() { db.Store.Close() })
	return db
}

// At opens the database in dir, which stays open. When a test ends, what the
// store computes and keeps is computed again and must be the same.
func At(t testing.TB, dir string) *DB {
	t.Helper()
	db := &DB{T: t, Dir: dir, Clock: &Clock{now: began}}
	if _, test := t.(*testing.T); test {
		t.Cleanup(db.mustCount)
	}
	file := filepath.Join(dir, store.FileName)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		empty, err := migrated()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, empty, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db.open()
	return db
}

var began = time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)

// migrated is the file of a new, empty database. It is made once: most of what
// opening a new one takes is reading the migrations.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "assent-empty-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	st, err := store.Open(context.Background(),
		store.Options{Dir: dir, Purpose: store.Service, Now: func() time.Time { return began }})
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, store.FileName))
})

func (db *DB) open() {
	db.T.Helper()
	db.Clock.restart()
	st, err := store.Open(context.Background(), store.Options{Dir: db.Dir, Purpose: store.Service, Now: db.Clock.Told,
		Notify: func(e app.Event) {
			db.mu.Lock()
			defer db.mu.Unlock()
			db.events = append(db.events, e)
		}})
	if err != nil {
		db.T.Fatal(err)
	}
	db.Store = st
}

// Reopen closes the database and opens it again, as a restart would.
func (db *DB) Reopen() {
	db.T.Helper()
	if err := db.Store.Close(); err != nil {
		db.T.Fatal(err)
	}
	db.open()
}

// Events gives what was announced since the last call.
func (db *DB) Events() []app.Event {
	db.mu.Lock()
	defer db.mu.Unlock()
	out := db.events
	db.events = nil
	return out
}

// MustPerson adds a person whose user name is name.
func (db *DB) MustPerson(name string) app.Person {
	db.T.Helper()
	p, err := db.AddPerson(db.T.Context(), app.Operator, name,
		[]app.Identifier{{Kind: app.Username, Value: name, Norm: name}}, nil)
	if err != nil {
		db.T.Fatal(err)
	}
	return p
}

// MustDevice enrols a device for the person through an invitation, with a
// passkey that no authenticator holds.
func (db *DB) MustDevice(p app.Person) app.Device {
	db.T.Helper()
	ctx := db.T.Context()
	inv, err := db.Invite(ctx, app.Operator, p.ID, app.NewID(), db.Now().Add(time.Hour))
	if err != nil {
		db.T.Fatal(err)
	}
	d, err := db.Enrol(ctx, app.Operator, store.Enrolment{
		InvitationID: inv.ID,
		Activation:   app.Activation{LinkAlone: true},
		Credential:   app.Credential{ID: app.NewID(), Record: "{}"},
		Device:       app.Device{PersonID: p.ID, Name: "Pixel 9", Platform: "android", SessionKey: app.NewID()},
		BrowserHash:  app.NewID(),
	})
	if err != nil {
		db.T.Fatal(err)
	}
	return d
}

// MustRequest starts a pending request for the person that lives for ten minutes.
func (db *DB) MustRequest(p app.Person) app.Request {
	db.T.Helper()
	r, _, err := db.StartRequest(db.T.Context(), app.System, Request(p, db.Now().Add(10*time.Minute)),
		store.Fatigue{Notices: 100, Window: time.Minute}, true)
	if err != nil {
		db.T.Fatal(err)
	}
	return r
}

// EndMore takes one step of the ending that comes next. When none is left, more
// is false.
func (db *DB) EndMore(ctx context.Context) (more bool, err error) {
	id, more, err := db.NextEnding(ctx)
	if err != nil || !more {
		return false, err
	}
	return true, db.EndStep(ctx, id)
}

// Expire expires all requests whose time has come and gives when the next one's
// does, or zero when nothing is pending.
func (db *DB) Expire(ctx context.Context) (next app.Instant, err error) {
	for {
		ids, err := db.DueRequests(ctx, nil)
		if err != nil {
			return 0, err
		}
		if len(ids) == 0 {
			return db.NextExpiry(ctx)
		}
		if err := db.ExpireRequests(ctx, ids...); err != nil {
			return 0, err
		}
	}
}

// MustLease gives the job of a kind for a request, with a lease that holds: the
// one that it gave before, as far as that does.
func (db *DB) MustLease(kind app.JobKind, requestID string) app.Job {
	db.T.Helper()
	ctx, key := db.T.Context(), string(kind)+" "+requestID
	if j, ok := db.leased[key]; ok && db.RenewLease(ctx, j, time.Hour) == nil {
		return j
	}
	for {
		j, ok, _, err := db.LeaseJob(ctx, kind, time.Hour)
		if err != nil || !ok {
			db.T.Fatalf("no job %s for %s: %v", kind, requestID, err)
		}
		if db.leased == nil {
			db.leased = map[string]app.Job{}
		}
		db.leased[string(kind)+" "+j.RequestID] = j
		if j.RequestID == requestID {
			return j
		}
	}
}

// Request is a pending request as ACP would start it, with a login of its own.
func Request(p app.Person, expires app.Instant) app.Request {
	return app.Request{
		Connection:     "acp",
		TenantID:       "demo",
		ServerID:       "shop",
		LoginID:        app.NewID(),
		LoginState:     app.NewID(),
		UserIdentifier: p.Name,
		PersonID:       p.ID,
		Kind:           app.KindRegular,
		ClientID:       "till",
		ClientName:     "Financroo",
		BindingMessage: "K7-PLUM",
		Scopes:         app.Strings{"openid", "profile"},
		Payload:        "{}",
		State:          app.Pending,
		ExpiresAt:      expires,
	}
}

// On is the actor of a device.
func On(d app.Device) app.Actor {
	return app.Actor{Kind: app.ActorDevice, ID: d.ID, PersonID: d.PersonID}
}

// Tamper changes the database behind the store's back, as somebody with the
// file would: the triggers that guard the audit are gone then.
func (db *DB) Tamper(query string, args ...any) {
	db.T.Helper()
	raw, err := sqlx.Open("sqlite", "file:"+filepath.Join(db.Dir, store.FileName)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		db.T.Fatal(err)
	}
	defer raw.Close()
	var triggers []string
	if err := raw.Select(&triggers,
		`SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'`); err != nil {
		db.T.Fatal(err)
	}
	for _, name := range triggers {
		if _, err := raw.Exec("DROP TRIGGER " + name); err != nil {
			db.T.Fatal(err)
		}
	}
	if _, err := raw.Exec(query, args...); err != nil {
		db.T.Fatal(err)
	}
	db.miscounted = db.miscounted || len(db.miscounts()) > 0
}

// mustCount fails the test where a computed value was not kept right, unless
// the test itself tampered with what it is computed from.
func (db *DB) mustCount() {
	if db.miscounted || db.T.Failed() {
		return
	}
	for _, m := range db.miscounts() {
		db.T.Errorf("%s of %q is stored as %s, and counts %s", m.Of, m.ID, m.Stored, m.Counted)
	}
}

// miscounts asks the store, or looks into its file where the test has closed it.
func (db *DB) miscounts() []store.Miscount {
	ctx := context.Background()
	found, err := db.Store.Miscounts(ctx)
	if err == nil {
		return found
	}
	r, err := store.Look(ctx, db.Dir)
	if err != nil {
		return nil // the test made the file unreadable, or another binary's
	}
	defer r.Close()
	if found, err = r.Miscounts(ctx); err != nil {
		db.T.Error(err)
	}
	return found
}
