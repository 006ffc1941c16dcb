package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"assent/app"
	"assent/migrations"
	"assent/store"
)

// Words of earlier versions become codes; what ACP wrote moves beside them.
func TestMigratingCauses(t *testing.T) {
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
	words := map[string]app.Cause{
		"": app.CauseNone,
		"acp: refused (422): invalid_user zebedee@quux.example":                               "acp_refused_422",
		"no time left: acp: busy (503): cpf 52998224725":                                      "late_acp_busy_503",
		"no time left: acp: busy (503): cpf 52998224725 (the last try may have taken effect)": "late_acp_busy_503",
		"acp: credentials (401)":                                                 "acp_credentials_401",
		"acp: credentials: private_key_jwt":                                      "acp_credentials",
		"acp: unreachable: dial tcp 127.0.0.1:9: connect: connection refused":    "acp_unreachable",
		"acp: unknown: EOF":                                                      "acp_unanswered",
		"ACP no longer knows the login: it has expired or was finished":          app.CauseLoginGone,
		"ACP has closed the login after a try whose answer was lost":             app.CauseLoginClosed,
		"ACP holds the opposite decision":                                        app.CauseOpposite,
		"ACP can't be told: recurring payments":                                  app.CauseUnsupported,
		"connection bank is not configured (any more)":                           app.CauseConnectionGone,
		"no time left: something that zebedee@quux.example said":                 "late_other",
		"panic: interface conversion":                                            app.CausePanic,
		"another system can't be reached: acp: busy (502): zebedee@quux.example": "acp_busy_502",
		"acp: refused (4xx): zebedee@quux.example (400)":                         app.CauseRefused,
		"retry by web.push.apple.com (429)":                                      app.CausePushBusy,
		"refused by web.push.apple.com (413)":                                    app.CausePushRefused,
	}
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := old.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO persons (id, name, state, created_at) VALUES ('p-1', 'Ada Quill', 'active', 1)`)
	exec(`INSERT INTO persons (id, name, state, created_at, erased_at) VALUES ('p-2', '', 'suspended', 1, 2)`)
	var ids []string
	var wants []app.Cause
	add := func(person, text string, want app.Cause) {
		id := app.NewID()
		exec(`INSERT INTO requests (id, ref, connection, tenant_id, server_id, login_id, login_state, user_identifier, person_id, kind, client_id, client_name,
			binding_message, scopes, acr, payload, quiet, state, created_at, expires_at, delivery, delivery_cause)
			VALUES (?, ?, 'acp', 'demo', 'shop', ?, '', '', ?, 'regular', '', '', '', '[]', '[]', '{}', 0, 'approved', 1, 2, 'failed', ?)`,
			id, id[:7], id, person, text)
		exec(`INSERT INTO jobs (id, kind, state, run_at, deadline, created_at, request_id, last_error)
			VALUES (?, 'acp.settle', 'dead', 1, 2, 1, ?, ?)`,
			id, id, text)
		ids, wants = append(ids, id), append(wants, want)
	}
	for text, want := range words {
		add("p-1", text, want)
	}
	erased := len(ids)
	add("p-2", "acp: refused (422): zebedee@quux.example", "acp_refused_422")
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	raw, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for i, id := range ids {
		r, err := st.Request(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var last app.Cause
		if err := raw.QueryRow(`SELECT last_error FROM jobs WHERE id = ?`, id).Scan(&last); err != nil {
			t.Fatal(err)
		}
		if r.DeliveryCause != wants[i] || last != wants[i] {
			t.Errorf("the cause %q, of the job %q; want %q (said %q)", r.DeliveryCause, last, wants[i], r.Said)
		}
		if plain, _, _ := r.DeliveryCause.Parts(); plain == app.CauseOther && wants[i] != "late_other" {
			t.Errorf("%q is no cause", r.DeliveryCause)
		}
		if wants[i] == "acp_refused_422" && (r.Said != "") == (i == erased) {
			t.Errorf("of an erased person %v, and ACP's words are %q", i == erased, r.Said)
		}
	}
}
