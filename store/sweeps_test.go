package store_test

import (
	"testing"

	"assent/store/storetest"
)

// What nothing asks for any more goes in steps: where one fails, those before it
// are done, and what is of another kind goes too.
func TestSweepsGoInSteps(t *testing.T) {
	const many = 1200 // in steps of 500
	drop := func(db *storetest.DB) error {
		_, err := db.DropCounts(t.Context(), db.Now())
		return err
	}
	sweep := func(db *storetest.DB) error { return db.Sweep(t.Context()) }
	for name, c := range map[string]struct {
		table, columns, values string // of row i
		run                    func(*storetest.DB) error
	}{
		"backoffs": {"backoffs", "person_id, client_id, steps, denied_at", "'p', 'c' || i, 1, i", sweep},
		"codes": {"activation_codes", "id, invitation_id, salt, hash, created_at, expires_at, ended_at",
			"'c' || i, 'v', '', '', i, i, 1", sweep},
		"admin codes": {"admin_codes", "id, link_id, salt, hash, created_at, expires_at, ended_at",
			"'c' || i, 'l', '', '', i, i, 1", sweep},
		"admin sessions": {"admin_sessions",
			"id, admin_id, credential_id, created_at, last_seen_at, confirmed_at, source, browser, ended_at",
			"'s' || i, 'a', 'k', i, i, 0, '', '', 1", sweep},
		"short counts": {"counters", "span, at, name, label, n", "300000, i, 'request', 'started', 1", sweep},
		"long counts":  {"counters", "span, at, name, label, n", "3600000, i, 'request', 'started', 1", sweep},
		"counts":       {"counters", "span, at, name, label, n", "3600000, i, 'request', 'started', 1", drop},
		"released":     {"released_identifiers", "hash, reading, person_id, released_at", "'h' || i, 0, 'p', i", sweep},
		"moves": {"identifier_moves", "id, kind, from_person, to_person, moved_at, ends_at, ended_at",
			"'m' || i, 'cpf', 'p', 'q', i, i, 1", sweep},
	} {
		t.Run(name, func(t *testing.T) {
			db := storetest.New(t)
			db.Tamper(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
				INSERT INTO `+c.table+` (`+c.columns+`) SELECT `+c.values+` FROM n`, many)
			db.Tamper(`INSERT INTO former_subscriptions (id, device_id, endpoint, p256dh, auth, trusted, at)
				VALUES ('f', 'd', '', '', '', 0, 1)`)
			db.Tamper(`CREATE TABLE stops (n INTEGER); INSERT INTO stops VALUES (0);
				CREATE TRIGGER stops BEFORE DELETE ON ` + c.table + ` BEGIN UPDATE stops SET n = n + 1;
				SELECT RAISE(ABORT, 'no room') FROM stops WHERE n > 1100; END`)
			if err := c.run(db); err == nil {
				t.Error("the step that failed isn't told")
			}
			if n := count(t, db, c.table); n != many-1000 {
				t.Errorf("%d are left, want those of the step that failed", n)
			}
			if name != "counts" && count(t, db, `former_subscriptions`) != 0 {
				t.Error("what is of another kind was left")
			}
			db.Tamper(`DROP TRIGGER stops`)
			if err := c.run(db); err != nil || count(t, db, c.table) != 0 {
				t.Errorf("%d are left (%v)", count(t, db, c.table), err)
			}
		})
	}
}
