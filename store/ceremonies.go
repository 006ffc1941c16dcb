package store

import (
	"context"
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
		return t.exec(ctx, `INSERT INTO ceremonies (id, purpose, person_id, device_id, subject, session, data, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, c.ID, c.Purpose, c.PersonID, c.DeviceID, c.Subject, c.Session, c.Data, c.ExpiresAt)
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
		WHERE purpose = ? AND person_id = ? AND device_id = ? AND subject = ? ORDER BY expires_at DESC LIMIT 100 OFFSET ?)`,
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

// Sweep deletes what has run out and nobody will ask for again: what EndDue
// ends, activation codes and the console's sessions long after their end, and
// counts too old to be charted. It closes the counts of looks of hours that are
// over.
func (s *Store) Sweep(ctx context.Context) error {
	if err := s.flushRefusals(ctx); err != nil {
		return err
	}
	if err := s.EndDue(ctx); err != nil {
		return err
	}
	err := s.write(ctx, func(t *tx) error {
		// For a day it can be said of a code that it was too late.
		if err := t.exec(ctx, `DELETE FROM activation_codes WHERE expires_at <= ?`, t.now.Add(-24*time.Hour)); err != nil {
			return err
		}
		if err := t.exec(ctx, `DELETE FROM admin_codes WHERE expires_at <= ?`, t.now.Add(-24*time.Hour)); err != nil {
			return err
		}
		if err := t.exec(ctx, `DELETE FROM backoffs WHERE denied_at < ?`, t.now.Add(-backOffKept)); err != nil {
			return err
		}
		if err := t.exec(ctx, `DELETE FROM former_subscriptions WHERE at < ?`, t.now.Add(-formersKept)); err != nil {
			return err
		}
		if err := t.exec(ctx, `DELETE FROM attackers WHERE at < ?`, t.now.Add(-app.AttackWindow)); err != nil {
			return err
		}
		if err := t.sweepAdmins(ctx); err != nil {
			return err
		}
		if err := t.sweepCounters(ctx); err != nil {
			return err
		}
		return t.sweepMoves(ctx)
	})
	if err != nil {
		return err
	}
	if err := s.closeLooks(ctx); err != nil {
		return err
	}
	return s.clearLog(ctx)
}
