package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// waitingFor puts n pending requests of each client before a person, quicker
// than by starting them, and tells a trigger to count the rows that change.
func waitingFor(t testing.TB, db *storetest.DB, p app.Person, n int, clients ...string) {
	t.Helper()
	for _, client := range clients {
		db.Tamper(fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO requests (id, ref, connection, tenant_id, server_id, login_id, login_state, user_identifier, person_id, kind, client_id, client_name,
				binding_message, scopes, acr, payload, quiet, state, created_at, expires_at, delivery, nth, details_digest)
			SELECT printf('%s-%%06d', i), 'R', 'acp', 'demo', 'shop', printf('%s-%%06d', i), 's', 'alice', ?, 'regular', '%s', '%s',
				'K7-PLUM', '[]', '[]', '{}', 1, 'pending', ?, ?, 'none', i, 'seen' FROM n`, n, client, client, client,
			client),
			p.ID, db.Now().Add(-time.Minute), db.Now().Add(10*time.Minute))
		db.Tamper(`UPDATE persons SET asked = max(asked, ?) WHERE id = ?`, n, p.ID)
	}
}

// peek reads the file behind the store's back.
func peek(t testing.TB, db *storetest.DB, dst any, query string, args ...any) {
	t.Helper()
	raw, err := sqlx.Open("sqlite", "file:"+filepath.Join(db.Dir, store.FileName)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if err := raw.Get(dst, query, args...); err != nil {
		t.Fatal(err)
	}
}

// watchRows counts, by what the returned function gives, how many rows of
// requests were written since its last call.
func watchRows(t testing.TB, db *storetest.DB) func() int {
	t.Helper()
	db.Tamper(`CREATE TABLE touched (n INTEGER NOT NULL)`)
	db.Tamper(`INSERT INTO touched VALUES (0)`)
	db.Tamper(`CREATE TRIGGER touch AFTER UPDATE ON requests BEGIN UPDATE touched SET n = n + 1; END`)
	return func() (n int) {
		t.Helper()
		peek(t, db, &n, `SELECT n FROM touched`)
		db.Tamper(`UPDATE touched SET n = 0`)
		return n
	}
}

// Whatever ends much at once takes a bounded number of rows in each
// transaction. From the first on nothing of it can be decided, and every reader
// sees it ended; a crash between two steps loses nothing.
func TestWhatEndsManyRequestsEndsInSteps(t *testing.T) {
	const many = 1000
	for _, c := range []struct {
		name   string
		act    func(*storetest.DB, app.Person, app.Device) error
		state  app.RequestState
		reason app.Reason
		left   int // requests of another client that go on waiting
	}{
		{"pausing", func(db *storetest.DB, p app.Person, _ app.Device) error {
			return db.Pause(t.Context(), app.Operator, p.ID)
		},
			app.Cancelled, app.ReasonPaused, 0},
		{"pausing and clearing at once", func(db *storetest.DB, p app.Person, _ app.Device) error {
			return errors.Join(db.Pause(t.Context(), app.Operator, p.ID), db.Clear(t.Context(), app.Operator, p.ID))
		}, app.Cancelled, app.ReasonPaused, 0},
		{"reporting", func(db *storetest.DB, _ app.Person, d app.Device) error {
			return db.Report(t.Context(), storetest.On(d), "other-000001", app.PauseAll)
		}, app.Cancelled, app.ReasonPaused, 0},
		{"suspending", func(db *storetest.DB, p app.Person, _ app.Device) error {
			return db.SetPersonState(t.Context(), app.Operator, p.ID, app.PersonSuspended)
		}, app.Cancelled, app.ReasonSuspended, 0},
		{"suspending and letting in at once", func(db *storetest.DB, p app.Person, _ app.Device) error {
			return errors.Join(db.SetPersonState(t.Context(), app.Operator, p.ID, app.PersonSuspended),
				db.SetPersonState(t.Context(), app.Operator, p.ID, app.PersonActive))
		}, app.Cancelled, app.ReasonSuspended, 0},
		{"denying all of a client", func(db *storetest.DB, _ app.Person, d app.Device) error {
			n, err := db.DenyAll(t.Context(), storetest.On(d), "noisy", app.ReasonPerson)
			if n != many {
				err = fmt.Errorf("denied %d: %w", n, err)
			}
			return err
		}, app.Denied, app.ReasonPerson, 10},
		{"denying all, then pausing", func(db *storetest.DB, p app.Person, d app.Device) error {
			_, err := db.DenyAll(t.Context(), storetest.On(d), "noisy", app.ReasonPerson)
			return errors.Join(err, db.Pause(t.Context(), app.Operator, p.ID))
		}, app.Denied, app.ReasonPerson, 0},
		{"removing the last device", func(db *storetest.DB, p app.Person, d app.Device) error {
			return db.RemoveDevice(t.Context(), app.Operator, p.ID, d.ID)
		}, app.Cancelled, app.ReasonNoDevice, 0},
		{"erasing", func(db *storetest.DB, p app.Person, _ app.Device) error {
			return db.ErasePerson(t.Context(), app.Operator, p.ID)
		},
			app.Cancelled, app.ReasonSuspended, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			alice := db.MustPerson("alice")
			dev := db.MustDevice(alice)
			waitingFor(t, db, alice, many, "noisy")
			waitingFor(t, db, alice, 10, "other")
			rows := watchRows(t, db)
			at := db.Now()
			if err := c.act(db, alice, dev); err != nil {
				t.Fatal(err)
			}
			if n := rows(); n > 2*store.Step {
				t.Errorf("at first %d rows were written", n)
			}
			db.Clock.Advance(time.Second)
			ended := func(when string) {
				t.Helper()
				if in, err := db.Inbox(t.Context(), alice.ID); err != nil || len(in) != c.left {
					t.Errorf("%s the inbox has %d (%v), want %d", when, len(in), err, c.left)
				}
				if w, err := db.Waiting(t.Context(), alice.ID); err != nil || len(w) != min(1, c.left) {
					t.Errorf("%s of %d clients something waits (%v)", when, len(w), err)
				}
				if n, err := db.WaitingCount(t.Context()); err != nil || n != c.left {
					t.Errorf("%s %d wait (%v)", when, n, err)
				}
				if list, _, err := db.Requests(t.Context(), store.RequestFilter{State: app.Pending}, "",
					5000); err != nil ||
					len(list) != c.left {
					t.Errorf("%s the console lists %d pending (%v)", when, len(list), err)
				}
				if past, err := db.History(t.Context(), alice.ID, store.HistoryFilter{Before: db.Now(), State: c.state},
					5000); err != nil ||
					len(past) < many {
					t.Errorf("%s history has %d (%v)", when, len(past), err)
				}
				for _, id := range []string{"noisy-000001", "noisy-000500", "noisy-001000"} {
					got := state(t, db, id)
					by := ""
					if c.state == app.Denied {
						by = dev.ID
					}
					if got.State != c.state || got.Reason != c.reason || got.DecidedAt != at || got.DecidedBy != by ||
						got.Delivery != app.DeliveryWaiting {
						t.Errorf("%s %s is %s (%s) at %v by %q, delivery %s", when, id, got.State, got.Reason,
							got.DecidedAt, got.DecidedBy, got.Delivery)
					}
				}
			}
			ended("at once")
			for _, id := range []string{"noisy-000001", "noisy-000500", "noisy-001000"} {
				for what, err := range map[string]error{
					"approved": db.Approve(t.Context(), storetest.On(dev), id,
						app.Approval{Digest: "seen", At: db.Now(), CredentialID: dev.CredentialID}),
					"denied":    db.Deny(t.Context(), storetest.On(dev), id, app.ReasonPerson),
					"cancelled": db.Cancel(t.Context(), app.Operator, id, app.ReasonOperator, true),
				} {
					if !errors.Is(err, app.ErrNotPending) && !errors.Is(err, app.ErrSuspended) {
						t.Errorf("%s was %s between two steps: %v", id, what, err)
					}
				}
			}
			if ok, err := db.CanAnswer(t.Context(), alice.ID); err != nil {
				t.Fatal(err)
			} else if ok {
				in := storetest.Request(alice, db.Now().Add(time.Hour))
				in.ClientID = "noisy"
				fresh, _, err := db.StartRequest(t.Context(), app.System, in, calm, true)
				if err != nil || state(t, db, fresh.ID).State != app.Pending {
					t.Errorf("what starts afterwards is %s (%v)", state(t, db, fresh.ID).State, err)
				}
				if err := db.Deny(t.Context(), storetest.On(dev), fresh.ID, app.ReasonPerson); err != nil {
					t.Errorf("and can't be denied: %v", err)
				}
			}
			rows()
			for steps, more := 0, true; more; steps++ {
				db.Reopen() // as after a crash
				var err error
				if more, err = db.EndMore(t.Context()); err != nil || steps > 100 {
					t.Fatal(steps, err)
				}
				if n := rows(); n > 3*store.Step { // ended, and erased of what the ones before said
					t.Errorf("a step wrote %d rows", n)
				}
			}
			ended("at last")
			var stored, settle, trace int
			peek(t, db, &stored, `SELECT count(*) FROM requests WHERE state = ? AND reason = ? AND decided_at = ?`,
				c.state, c.reason, at)
			peek(t, db, &settle, `SELECT count(DISTINCT request_id) FROM jobs WHERE kind = 'acp.settle'`)
			peek(t, db, &trace, `SELECT count(DISTINCT request_id) FROM audit WHERE action = ?`,
				map[app.RequestState]string{app.Denied: "request.deny", app.Cancelled: "request.cancel"}[c.state])
			if stored < many || settle < many || trace < many {
				t.Errorf("%d rows, %d deliveries and %d traces, want %d each at least", stored, settle, trace, many)
			}
		})
	}
}

// An ending is written only where it is about something that no other covers:
// every pending request of the person is compared with each of them.
func TestEndingsDoNotPileUp(t *testing.T) {
	db := storetest.New(t)
	alice, bruno := db.MustPerson("alice"), db.MustPerson("bruno")
	dev := db.MustDevice(alice)
	db.MustDevice(bruno)
	waitingFor(t, db, alice, 3*store.Step, "noisy", "loud")
	endings := func() (n int) {
		t.Helper()
		peek(t, db, &n, `SELECT count(*) FROM endings`)
		return n
	}
	deny := func(client string, want int) {
		t.Helper()
		n, err := db.DenyAll(t.Context(), storetest.On(dev), client, app.ReasonPerson)
		if err != nil {
			t.Fatal(err)
		}
		if got := endings(); got != want {
			t.Errorf("after %q (%d denied) there are %d endings, want %d", client, n, got, want)
		}
	}
	deny("unknown", 0)
	deny("noisy", 1)
	for i := range 50 {
		deny(fmt.Sprint("unknown-", i), 1)
	}
	deny("noisy", 1)
	deny("loud", 2)
	in := storetest.Request(alice, db.Now().Add(time.Hour))
	in.ClientID = "noisy"
	if _, _, err := db.StartRequest(t.Context(), app.System, in, calm, true); err != nil {
		t.Fatal(err)
	}
	deny("loud", 2)  // nothing new of this one waits
	deny("noisy", 3) // what came since is nothing that an earlier one covers
	deny("noisy", 3)
	waitingFor(t, db, bruno, store.Step, "calm")
	if err := db.Pause(t.Context(), app.Operator, bruno.ID); err != nil {
		t.Fatal(err)
	}
	if got := endings(); got != 3 {
		t.Errorf("%d endings, want none more: the first step took all that waited", got)
	}
	for more := true; more; {
		var err error
		if more, err = db.EndMore(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := db.WaitingCount(t.Context()); err != nil || n != 0 || endings() != 0 {
		t.Errorf("%d wait (%v), %d endings are left", n, err, endings())
	}
}

// What ends many requests holds also where the first step of writing them down
// fails: none can be approved, and the step is taken later.
func TestAnEndingHoldsWhereItsFirstStepFails(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	waitingFor(t, db, alice, 10, "noisy")
	db.Tamper(`CREATE TRIGGER broken BEFORE UPDATE ON requests WHEN OLD.id = 'noisy-000005' BEGIN SELECT raise(ABORT, 'broken'); END`)
	if err := db.SetPersonState(t.Context(), app.Operator, alice.ID, app.PersonSuspended); err != nil {
		t.Fatalf("suspending: %v", err)
	}
	if err := db.SetPersonState(t.Context(), app.Operator, alice.ID, app.PersonActive); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		id := fmt.Sprintf("noisy-%06d", i+1)
		err := db.Approve(t.Context(), storetest.On(dev), id,
			app.Approval{Digest: "seen", At: db.Now(), CredentialID: dev.CredentialID})
		if !errors.Is(err, app.ErrNotPending) || state(t, db, id).Reason != app.ReasonSuspended {
			t.Errorf("%s: %v, %+v", id, err, state(t, db, id))
		}
	}
	if n, err := db.FailingEndings(t.Context()); n != 1 || err != nil {
		t.Errorf("%d endings fail (%v), want 1", n, err)
	}
	db.Tamper(`DROP TRIGGER broken`)
	if more, err := db.EndMore(t.Context()); more || err != nil {
		t.Errorf("it is tried again at once: %v %v", more, err)
	}
	db.Clock.Advance(5 * time.Second)
	for more := true; more; {
		var err error
		if more, err = db.EndMore(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var stored int
	if peek(t, db, &stored,
		`SELECT count(*) FROM requests WHERE state = 'cancelled' AND reason = 'suspended'`); stored != 10 {
		t.Errorf("%d are stored as cancelled, want 10", stored)
	}
	if report, err := db.VerifyAudit(t.Context(), store.AuditHead{}, nil); err != nil || report.Finding != nil {
		t.Errorf("the audit isn't whole: %+v %v", report.Finding, err)
	}
}

// Expiry of very many takes a bounded number of rows a transaction.
func TestExpiryOfManyInSteps(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	db.MustDevice(alice)
	waitingFor(t, db, alice, 1000, "noisy")
	db.Clock.Advance(10 * time.Minute)
	rows := watchRows(t, db)
	for total := 0; total < 1000; {
		ids, err := db.DueRequests(t.Context(), nil)
		n := len(ids)
		if err != nil || n == 0 {
			t.Fatal(total, err)
		}
		if err := db.ExpireRequests(t.Context(), ids...); err != nil {
			t.Fatal(err)
		}
		if touched := rows(); touched != n || n > store.Step {
			t.Errorf("%d expired, %d rows written", n, touched)
		}
		total += n
	}
	if next, err := db.Expire(t.Context()); err != nil || next != 0 {
		t.Errorf("next %v (%v)", next, err)
	}
}

// An erasure that was cut off goes on where it was: no row keeps anything.
func TestErasureInSteps(t *testing.T) {
	db := storetest.New(t)
	alice, bruno := db.MustPerson("alice"), db.MustPerson("bruno")
	db.MustDevice(alice)
	waitingFor(t, db, alice, 450, "noisy")
	db.Tamper(`UPDATE requests SET state = 'denied', details = 'd', payee = 'p', granted = 'g' WHERE nth <= 300`)
	db.Tamper(`INSERT INTO payments (request_id, person_id, payee_hash, currency, amount, created_at) SELECT id, person_id, 'h', 'GBP', '1', 1 FROM requests`)
	kept := db.MustRequest(bruno)
	rows := watchRows(t, db)
	if err := db.ErasePerson(t.Context(), app.Operator, alice.ID); err != nil {
		t.Fatal(err)
	}
	if found, err := db.FindPerson(t.Context(),
		[]app.Identifier{{Kind: app.Username, Norm: "alice"}}); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("found %+v (%v)", found, err)
	}
	if _, _, err := db.StartRequest(t.Context(), app.System, storetest.Request(alice, db.Now().Add(time.Hour)), calm,
		true); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("asked between two steps: %v", err)
	}
	for steps, more := 0, true; more; steps++ {
		if n := rows(); n > 2*store.Step {
			t.Errorf("a step wrote %d rows", n)
		}
		db.Reopen()
		var err error
		if more, err = db.EndMore(t.Context()); err != nil || steps > 100 {
			t.Fatal(steps, err)
		}
	}
	for what, query := range map[string]string{
		"requests": `SELECT count(*) FROM requests WHERE person_id = ?
			AND user_identifier || binding_message || payload || details || payee <> ''`,
		"granted": `SELECT count(*) FROM requests WHERE person_id = ? AND delivery <> 'waiting'
			AND granted || login_state <> ''`,
		"payments": `SELECT count(*) FROM payments WHERE person_id = ?`,
		"devices": `SELECT count(*) FROM devices WHERE person_id = ? AND (state <> 'removed'
			OR name || session_key <> '')`,
		"passkeys": `SELECT count(*) FROM credentials WHERE person_id = ? AND (record <> '' OR revoked_at = 0)`,
	} {
		var n int
		if peek(t, db, &n, query, alice.ID); n != 0 {
			t.Errorf("%d %s keep something", n, what)
		}
	}
	if r := state(t, db, kept.ID); r.State != app.Pending || r.BindingMessage == "" {
		t.Errorf("another's: %s %q", r.State, r.BindingMessage)
	}
}
