package store

import (
	"context"
	"errors"
	"time"

	"assent/app"
)

// Ceremony is a passkey prompt under way.
type Ceremony struct {
	ID        string      `db:"id"`
	Purpose   string      `db:"purpose"`
	PersonID  string      `db:"person_id"`
	DeviceID  string      `db:"device_id"`
	Subject   string      `db:"subject"` // invitation or request
	Session   string      `db:"session"` // the library's session data, JSON
	Data      string      `db:"data"`    // what the ceremony is about, JSON
	ExpiresAt app.Instant `db:"expires_at"`
}

// PutCeremony keeps c until it is taken or expires.
func (s *Store) PutCeremony(ctx context.Context, c Ceremony) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.boundCeremonies(ctx, c); err != nil {
			return err
		}
		return t.exec(ctx,
			`INSERT INTO ceremonies (id, purpose, person_id, device_id, subject, session, data, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, c.ID, c.Purpose, c.PersonID, c.DeviceID, c.Subject, c.Session, c.Data,
			c.ExpiresAt)
	})
}

// How many ceremonies of one purpose may be under way: for one person, device and
// subject, and in all for strangers, who have none of these.
const (
	ceremoniesOfOne       = 20
	ceremoniesOfStrangers = 5000
)

// boundCeremonies makes room for c: the oldest of its sort end.
func (t *tx) boundCeremonies(ctx context.Context, c Ceremony) error {
	most := ceremoniesOfOne
	if c.PersonID == "" && c.DeviceID == "" && c.Subject == "" {
		most = ceremoniesOfStrangers
	}
	return t.exec(ctx, `DELETE FROM ceremonies WHERE id IN (SELECT id FROM ceremonies
		WHERE purpose = ? AND person_id = ? AND device_id = ? AND subject = ?
		ORDER BY expires_at DESC LIMIT 100 OFFSET ?)`,
		c.Purpose, c.PersonID, c.DeviceID, c.Subject, most-1)
}

// TakeCeremony gives a ceremony once: whoever comes second, too late, or for
// another purpose gets app.ErrCeremony.
func (s *Store) TakeCeremony(ctx context.Context, purpose, id string) (Ceremony, error) {
	var c Ceremony
	err := s.write(ctx, func(t *tx) error {
		err := t.GetContext(ctx, &c, `DELETE FROM ceremonies WHERE id = ? AND purpose = ?
			RETURNING id, purpose, person_id, device_id, subject, session, data, expires_at`, id, purpose)
		return orElse(err, app.ErrCeremony)
	})
	if err != nil {
		return Ceremony{}, err
	}
	if c.ExpiresAt <= s.Now() {
		return Ceremony{}, app.ErrCeremony
	}
	return c, nil
}

// swept is what nothing asks for any more, a statement for each kind. It deletes,
// or changes, at most :rows rows.
var swept = []string{
	// For a day it can be said of a code that it was too late.
	`DELETE FROM activation_codes WHERE id IN (SELECT id FROM activation_codes WHERE expires_at <= :day LIMIT :rows)`,
	`DELETE FROM admin_codes WHERE id IN (SELECT id FROM admin_codes WHERE expires_at <= :day LIMIT :rows)`,
	`DELETE FROM backoffs WHERE (person_id, client_id) IN
		(SELECT person_id, client_id FROM backoffs WHERE denied_at < :backoffs LIMIT :rows)`,
	`DELETE FROM former_subscriptions WHERE id IN (SELECT id FROM former_subscriptions
		WHERE at < :formers LIMIT :rows)`,
	`DELETE FROM attackers WHERE (person_id, client_id) IN
		(SELECT person_id, client_id FROM attackers WHERE at < :attackers LIMIT :rows)`,
	`DELETE FROM admin_lapses WHERE rowid IN (SELECT rowid FROM admin_lapses WHERE at <= :lapses LIMIT :rows)`,
	`DELETE FROM admin_sessions WHERE id IN (SELECT id FROM admin_sessions WHERE created_at <= :sessions LIMIT :rows)`,
	`DELETE FROM counters WHERE (span, at, name, label) IN
		(SELECT span, at, name, label FROM counters WHERE span = :short AND at < :shortkept LIMIT :rows)`,
	`DELETE FROM counters WHERE (span, at, name, label) IN
		(SELECT span, at, name, label FROM counters WHERE span = :long AND at < :longkept LIMIT :rows)`,
	`UPDATE identifiers SET move_id = NULL WHERE rowid IN (SELECT rowid FROM identifiers
		WHERE move_id IN (SELECT id FROM identifier_moves WHERE ended_at > 0) LIMIT :rows)`,
	`DELETE FROM identifier_moves WHERE id IN (SELECT id FROM identifier_moves m
		WHERE ended_at > 0 AND ended_at <= :released AND moved_at <= :released
		AND NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.move_id = m.id) LIMIT :rows)`,
	`DELETE FROM released_identifiers WHERE (hash, reading, person_id) IN
		(SELECT hash, reading, person_id FROM released_identifiers WHERE released_at <= :released LIMIT :rows)`,
}

func sweepTimes(now app.Instant) map[string]any {
	return map[string]any{
		"day":       now.Add(-24 * time.Hour),
		"backoffs":  now.Add(-backOffKept),
		"formers":   now.Add(-formersKept),
		"attackers": now.Add(-app.AttackWindow),
		"lapses":    now.Add(-app.HandMemory),
		"sessions":  now.Add(-adminSessionsKept),
		"short":     shortSpan.Milliseconds(),
		"shortkept": now.Add(-shortKept),
		"long":      longSpan.Milliseconds(),
		"longkept":  now.Add(-longKept),
		"released":  now.Add(-releasedFor),
		"rows":      erasing,
	}
}

// Sweep deletes what has run out and nobody will ask for again: what EndDue
// ends, activation codes and the console's sessions long after their end, and
// counts too old to be charted. It closes the counts of looks of hours that are
// over. Each kind is taken a bounded number of rows at a time, in transactions of
// their own; one that fails keeps none of the others back.
func (s *Store) Sweep(ctx context.Context) error {
	failed := errors.Join(s.flushRefusals(ctx), s.EndDue(ctx), s.settleMoves(ctx))
	for _, statement := range swept {
		_, err := s.inBatches(ctx, func(t *tx) (int64, error) {
			done, err := t.NamedExecContext(ctx, statement, sweepTimes(t.now))
			if err != nil {
				return 0, err
			}
			return done.RowsAffected()
		})
		failed = errors.Join(failed, err)
	}
	return errors.Join(failed, s.closeLooks(ctx), s.engine.ClearLog(ctx, s.w))
}
