package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"assent/app"
	"assent/app/authz"
	"assent/migrations"
	"assent/store"
	"assent/store/storetest"
)

// A pause of payments ends in steps as one of all does, and from the first on
// nothing of it can be decided; what doesn't pay goes on.
func TestPausingPaymentsInSteps(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	waitingFor(t, db, alice, 3*store.Step, "till")
	waitingFor(t, db, alice, 5, "portal", "unread")
	for i, kind := range authz.PaymentKinds() { // each of them
		db.Tamper(`UPDATE requests SET kind = ? WHERE client_id = 'till' AND nth % ? = ?`, kind,
			len(authz.PaymentKinds()), i)
	}
	db.Tamper(`UPDATE requests SET kind = '' WHERE client_id = 'unread'`)
	reported := db.MustRequest(alice)
	if err := db.Report(t.Context(), storetest.On(dev), reported.ID, app.PausePayments); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		if n, err := db.WaitingCount(t.Context()); err != nil || n != 10 {
			t.Errorf("%s %d wait, want what doesn't pay and what isn't known (%v)", when, n, err)
		}
		for i := 1; i <= 3*store.Step; i++ {
			if got := state(t, db, fmt.Sprintf("till-%06d", i)); got.State != app.Cancelled ||
				got.Reason != app.ReasonPaused {
				t.Fatalf("%s %s of kind %s is %s (%s)", when, got.ID, got.Kind, got.State, got.Reason)
			}
		}
	}
	check("at once")
	last := fmt.Sprintf("till-%06d", 3*store.Step)
	if err := db.Approve(t.Context(), storetest.On(dev), last,
		app.Approval{Digest: "seen", At: db.Now(), CredentialID: dev.CredentialID}); !errors.Is(err,
		app.ErrNotPending) {
		t.Errorf("a payment was approved between two steps: %v", err)
	}
	if err := db.Recognised(t.Context(), "unread-000001", "br-payment"); !errors.Is(err, app.ErrNotPending) {
		t.Errorf("recognised as a payment between two steps: %v", err)
	}
	for more := true; more; {
		var err error
		if more, err = db.EndMore(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Recognised(t.Context(), "unread-000002", "uk-file-payment"); !errors.Is(err, app.ErrNotPending) {
		t.Errorf("recognised as a payment afterwards: %v", err)
	}
	for _, id := range []string{"unread-000001", "unread-000002"} {
		if got := state(t, db, id); got.State != app.Cancelled || got.Reason != app.ReasonPaused ||
			got.Delivery != app.DeliveryWaiting {
			t.Errorf("%s is %s (%s), delivery %s", id, got.State, got.Reason, got.Delivery)
		}
	}
	if err := db.Recognised(t.Context(), "unread-000003", "uk-account-access"); err != nil {
		t.Errorf("recognised as sharing data: %v", err)
	}
	if err := db.Approve(t.Context(), storetest.On(dev), "portal-000001",
		app.Approval{Digest: "seen", At: db.Now(), CredentialID: dev.CredentialID}); err != nil {
		t.Errorf("a sign-in: %v", err)
	}
}

// A pause of all takes the place of one of payments, and not the other way
// round.
func TestPausesWiden(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	by := storetest.On(db.MustDevice(alice))
	report := func(scope, want app.PauseScope) {
		t.Helper()
		r := storetest.Request(alice, db.Now().Add(1000000))
		r.Kind = app.KindRegular
		r, _, err := db.StartRequest(t.Context(), app.System, r, calm, true)
		if err != nil {
			t.Fatal(err)
		}
		if r.State == app.Pending {
			if err := db.Report(t.Context(), by, r.ID, scope); err != nil {
				t.Fatal(err)
			}
		} else if err := db.Pause(t.Context(), app.Operator, alice.ID); err != nil {
			t.Fatal(err)
		}
		p, err := db.Person(t.Context(), alice.ID)
		if err != nil || p.Paused() != want {
			t.Errorf("after a pause of %q: %q (%v)", scope, p.Paused(), err)
		}
	}
	report(app.PauseNone, app.PauseNone)
	report(app.PausePayments, app.PausePayments)
	if ok, err := db.CanAnswer(t.Context(), alice.ID); !ok || err != nil {
		t.Errorf("with payments paused they can't answer: %v", err)
	}
	report(app.PauseAll, app.PauseAll)
	if ok, err := db.CanAnswer(t.Context(), alice.ID); ok || err != nil {
		t.Errorf("with all paused they can: %v", err)
	}
	report(app.PausePayments, app.PauseAll)
	if err := db.Clear(t.Context(), app.Operator, alice.ID); err != nil {
		t.Fatal(err)
	}
	report(app.PausePayments, app.PausePayments)
}

// A database from before there were scopes keeps pauses of all, and begins with
// no choice; one that is made now is due its first ones, once.
func TestFirstChoicesAreOfNewDatabases(t *testing.T) {
	dir := t.TempDir()
	old, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, old, migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{`INSERT INTO meta (key, value) VALUES ('purpose', 'service')`,
		`INSERT INTO persons (id, name, state, created_at, paused_at) VALUES ('p-1', 'Ada Quill', 'active', 1, 5)`} {
		if _, err := old.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	first := []store.Choice{{Name: "protection", Value: `{"report_pauses":"payments"}`}}
	for _, c := range []struct {
		name string
		db   *storetest.DB
		want int
	}{{"older", storetest.At(t, dir), 0}, {"new", storetest.At(t, t.TempDir()), 1}} {
		for range 2 {
			if err := c.db.Begin(t.Context(), first); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := c.db.ChoiceHistory(t.Context(), 0, 10)
		if err != nil || len(rows) != c.want {
			t.Fatalf("%s: %+v %v", c.name, rows, err)
		}
		audit, err := c.db.AuditOf(t.Context(), "setting.begin", 10)
		if err != nil || len(audit) != c.want {
			t.Errorf("%s: the audit has %+v %v", c.name, audit, err)
		}
		if c.want == 1 && (!rows[0].First || rows[0].AdminID != "" || audit[0].ActorKind != app.ActorSystem) {
			t.Errorf("%s: %+v by %s", c.name, rows[0], audit[0].ActorKind)
		}
		if c.want == 0 {
			if ada, err := c.db.Person(t.Context(), "p-1"); err != nil || ada.Paused() != app.PauseAll {
				t.Errorf("who was paused is %q (%v)", ada.Paused(), err)
			}
		}
	}
}
