package store_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"

	"assent/app"
	"assent/migrations"
	"assent/store"
	"assent/store/storetest"
)

// approvedUntil stores an approval of a request that expires then.
func approvedUntil(t *testing.T, db *storetest.DB, p app.Person, d app.Device, expires app.Instant) app.Request {
	t.Helper()
	r, _, err := db.StartRequest(t.Context(), app.System, storetest.Request(p, expires), calm, true)
	if err != nil {
		t.Fatal(err)
	}
	a := app.Approval{Granted: "{}", CredentialID: d.CredentialID, At: db.Now()}
	if err := db.Approve(t.Context(), storetest.On(d), r.ID, a); err != nil {
		t.Fatal(err)
	}
	return r
}

// An approval is told to ACP before the rejections of another person's flood,
// and one that is about to expire before another one. So is an approval that is
// taken back. Notices that take others back wait for those that ask.
func TestWhatAPersonWaitsForIsLeasedFirst(t *testing.T) {
	db := storetest.New(t)
	alice, bruno := db.MustPerson("alice"), db.MustPerson("bruno")
	db.MustDevice(alice)
	dev := db.MustDevice(bruno)
	waitingFor(t, db, alice, 2000, "noisy")
	if err := db.Pause(t.Context(), app.Operator, alice.ID); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		var err error
		if more, err = db.EndMore(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if waiting, _, err := db.Outbox(t.Context()); err != nil || waiting != 2000 {
		t.Fatal(waiting, err)
	}
	next := func(what, want string, turns ...store.Turn) app.Job {
		t.Helper()
		j, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Hour, turns...)
		if err != nil || !ok || want != "" && j.RequestID != want {
			t.Errorf("%s: leased %+v %v %v, want that of %s", what, j, ok, err, want)
		}
		return j
	}
	db.Clock.Advance(time.Second)
	long := approvedUntil(t, db, bruno, dev, db.Now().Add(10*time.Minute))
	db.Clock.Advance(30 * time.Second)
	short := approvedUntil(t, db, bruno, dev, db.Now().Add(20*time.Second))
	next("of two, the one about to expire", short.ID)
	later := approvedUntil(t, db, bruno, dev, db.Now().Add(45*time.Second))
	next("one that has waited longer", long.ID)
	if j := next("the others at their turn", "", store.Turn{Rank: app.RankLater},
		store.Turn{Rank: app.RankFirst}); j.Rank != app.RankLater {
		t.Errorf("leased %+v, want a rejection", j)
	}
	next("the approval", later.ID)
	taken := approvedUntil(t, db, bruno, dev, db.Now().Add(10*time.Minute))
	if err := db.Withdraw(t.Context(), app.Operator, taken.ID, app.ReasonOperator); err != nil {
		t.Fatal(err)
	}
	next("an approval that is taken back", taken.ID)
	if j := next("then the rejections", ""); j.Rank != app.RankLater {
		t.Errorf("leased %+v, want a rejection", j)
	}
}

// Looking for the next job reads entries of an index in their order, and no row
// of the table.
func TestLeasingReadsAnIndex(t *testing.T) {
	db := storetest.New(t)
	for rank, index := range map[app.JobRank]string{app.RankFirst: "jobs_first", app.RankLater: "jobs_due"} {
		plan, err := store.LeasePlan(t.Context(), db.Reader, store.Turn{Rank: rank, Full: []string{"a", "b"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(plan) != 1 || !strings.HasPrefix(plan[0], "SEARCH jobs USING ") ||
			!strings.Contains(plan[0], "COVERING INDEX "+index+" (kind=?") {
			t.Errorf("rank %d: %q", rank, plan)
		}
	}
}

// Jobs from before there were ranks get theirs.
func TestJobsFromBeforeRanks(t *testing.T) {
	old := fstest.MapFS{}
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name >= "00070" {
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
	must(t, raw, `INSERT INTO persons (id, name, state, created_at) VALUES ('P1', 'Ada', 'active', 1)`)
	for id, state := range map[string]string{"approved": "approved", "denied": "denied", "taken": "cancelled"} {
		must(t, raw,
			`INSERT INTO requests (id, ref, connection, tenant_id, server_id, login_id, login_state, user_identifier, person_id, kind,
			client_id, client_name, binding_message, scopes, acr, payload, quiet, state, created_at, expires_at, delivery)
			VALUES (?, 'A2B-3C4', 'the-bank', 'demo', 'shop', ?, 's', 'ada', 'P1', 'regular', 'till', 'Till', '', '[]', '[]', '{}', 0, ?, 1, 2, 'waiting')`,
			id, id, state)
	}
	must(t, raw, `UPDATE requests SET withdrawn_at = 1 WHERE id = 'taken'`)
	must(t, raw, `INSERT INTO jobs (id, kind, state, request_id, payload, run_at, deadline, created_at) VALUES
		('J1', 'acp.settle', 'waiting', 'denied', '', 1, 2, 1), ('J2', 'acp.settle', 'waiting', 'approved', '', 1, 4, 1),
		('J3', 'acp.settle', 'waiting', 'taken', '', 1, 5, 1), ('J4', 'push.send', 'waiting', 'denied', 'handled', 1, 2, 1),
		('J5', 'push.send', 'waiting', 'denied', 'request', 1, 3, 1)`)
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for kind, want := range map[app.JobKind][]string{app.JobSettle: {"J2", "J3", "J1"}, app.JobPush: {"J5", "J4"}} {
		var got []string
		for range want {
			j, ok, _, err := st.LeaseJob(t.Context(), kind, time.Minute)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			got = append(got, j.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: leased %v, want %v", kind, got, want)
		}
	}
}
