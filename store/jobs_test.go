package store_test

import (
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

// What each kind of job waits for is its lane.
func TestLanes(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	d := db.MustDevice(alice)
	sub := app.Subscription{
		DeviceID: d.ID,
		Endpoint: "https://web.push.example:8443/secret/address",
		P256DH:   "p",
		Auth:     "a",
	}
	if err := db.Subscribe(t.Context(), storetest.On(d), sub); err != nil {
		t.Fatal(err)
	}
	in := storetest.Request(alice, db.Now().Add(time.Hour))
	in.Connection, in.Kind = "the-bank", app.KindUnknown
	r, _, err := db.StartRequest(t.Context(), app.System, in, calm, true)
	if err != nil {
		t.Fatal(err)
	}
	lane := func(kind app.JobKind, want string) {
		t.Helper()
		if j, ok, _, err := db.LeaseJob(t.Context(), kind, time.Minute); err != nil || !ok || j.Lane != want ||
			j.RequestID != r.ID {
			t.Errorf("%s: %+v %v %v, want lane %q", kind, j, ok, err, want)
		}
	}
	lane(app.JobPush, "web.push.example")
	if err := db.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson); err != nil {
		t.Fatal(err)
	}
	lane(app.JobSettle, "the-bank")
	lane(app.JobRecognise, "the-bank")
}

// Jobs from before there were lanes get that of their request.
func TestJobsFromBeforeLanes(t *testing.T) {
	old := fstest.MapFS{}
	names, err := fs.Glob(migrations.FS, "0000*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
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
	must(t, raw, `INSERT INTO persons (id, name, state, created_at) VALUES ('P1', 'Ada', 'active', 1)`)
	must(t, raw,
		`INSERT INTO requests (id, ref, connection, tenant_id, server_id, login_id, login_state, user_identifier, person_id, kind,
		client_id, client_name, binding_message, scopes, acr, payload, quiet, state, created_at, expires_at, delivery)
		VALUES ('R1', 'A2B-3C4', 'the-bank', 'demo', 'shop', 'L1', 's', 'ada', 'P1', 'regular', 'till', 'Till', '', '[]', '[]', '{}', 0, 'denied', 1, 2, 'waiting')`)
	must(t, raw, `INSERT INTO jobs (id, kind, state, request_id, run_at, deadline, created_at) VALUES
		('J1', 'acp.settle', 'waiting', 'R1', 1, 2, 1), ('J2', 'push.send', 'waiting', 'R1', 1, 2, 1), ('J3', 'acp.settle', 'waiting', 'gone', 2, 3, 1)`)
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, c := range []struct {
		kind     app.JobKind
		id, lane string
	}{{app.JobSettle, "J1", "the-bank"}, {app.JobPush, "J2", ""}, {app.JobSettle, "J3", ""}} {
		if j, ok, _, err := st.LeaseJob(t.Context(), c.kind, time.Minute); err != nil || !ok || j.ID != c.id ||
			j.Lane != c.lane {
			t.Errorf("%+v %v %v, want %s in lane %q", j, ok, err, c.id, c.lane)
		}
	}
}
