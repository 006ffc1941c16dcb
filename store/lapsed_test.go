package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"assent/app"
	"assent/migrations"
	"assent/store"
	"assent/store/storetest"
)

// Of approvals that are under way at the upgrade the audit tells which came
// before a suspension, whatever their times are.
func TestMigratingWhatLapsed(t *testing.T) {
	raw := rawDB(t, t.TempDir())
	p, err := goose.NewProvider(goose.DialectSQLite3, raw, migrations.FS)
	none(t, err)
	_, err = p.UpTo(t.Context(), 94)
	none(t, err)
	must(t, raw, `INSERT INTO persons (id, name, state, created_at) VALUES ('p', 'Ada', 'active', 1)`)
	for i, row := range []struct{ action, request, device string }{
		{"request.approve", "R1", "d"}, {"person.suspended", "", ""}, {"request.approve", "R2", "d"},
		{"device.suspended", "", "d"}, {"request.approve", "R3", "d"},
	} {
		must(t, raw,
			fmt.Sprintf(`INSERT INTO audit (id, at, actor_kind, actor_id, source, action, person_id, device_id, request_id, hash)
			VALUES (%d, %d, 'system', '', '', '%s', 'p', '%s', '%s', '%s')`, i+1, 9-i, row.action, row.device,
				row.request, strings.Repeat("0", 64)))
		if row.request == "" {
			continue
		}
		must(t, raw,
			fmt.Sprintf(`INSERT INTO requests (id, ref, connection, tenant_id, server_id, login_id, login_state, user_identifier, person_id, kind,
			client_id, client_name, binding_message, scopes, acr, payload, quiet, state, decided_by, created_at, expires_at, decided_at, delivery)
			VALUES ('%[1]s', 'A2B-3C4', 'acp', 'demo', 'shop', '%[1]s', 's', 'ada', 'p', 'regular', 'till', 'Till', '', '[]', '[]', '{}', 0,
			'approved', 'd', 1, 2, %[2]d, 'waiting')`, row.request, 9-i))
	}
	_, err = p.Up(t.Context())
	none(t, err)
	for id, want := range map[string]app.Reason{
		"R1": app.ReasonSuspended,
		"R2": app.ReasonDeviceLost,
		"R3": app.ReasonNone,
	} {
		var got app.Reason
		none(t, raw.QueryRow(`SELECT lapsed FROM requests WHERE id = ?`, id).Scan(&got))
		if got != want {
			t.Errorf("%s lapsed by %q, want %q", id, got, want)
		}
	}
}

// An administrator's session that a clock ahead saw is seen again at once.
func TestASessionOfAClockAheadIsSeenAgain(t *testing.T) {
	db := storetest.New(t)
	a, err := db.AddAdmin(t.Context(), app.Operator,
		app.Admin{Email: "o@b.example", EmailNorm: "o@b.example", Name: "O", Role: app.RoleOwner},
		"link", db.Now().Add(time.Hour), store.Separation{})
	none(t, err)
	l, err := db.AdminLink(t.Context(), "link")
	none(t, err)
	_, err = db.SetUpAdmin(t.Context(), app.Operator,
		store.AdminSetUp{LinkID: l.ID, Activation: app.Activation{LinkAlone: true},
			Credential: app.AdminCredential{ID: "k", AdminID: a.ID, Record: "{}"}, Session: app.AdminSession{ID: "s"}})
	none(t, err)
	seen := func() app.AdminSession {
		s, err := db.AdminSession(t.Context(), "s")
		none(t, err)
		none(t, db.SeenAdmin(t.Context(), s))
		s, err = db.AdminSession(t.Context(), "s")
		none(t, err)
		return s
	}
	underAClockAhead(db, func() { seen() })
	if s := seen(); s.LastSeenAt != db.Now() {
		t.Errorf("seen last at %s", s.LastSeenAt.Time())
	}
}
