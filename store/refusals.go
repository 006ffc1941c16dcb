package store

import (
	"context"
	"maps"
	"time"

	"assent/app"
)

// refusalsKept is how many refused passkeys of one person the audit takes in
// refusalsWindow: who tries on and on must not fill the disk.
const (
	refusalsKept   = 30
	refusalsWindow = time.Hour
)

// PasskeyRefusal is a passkey that was not accepted, of a person or of an
// administrator.
type PasskeyRefusal struct {
	PersonID  string
	AdminID   string
	DeviceID  string // or empty
	RequestID string // or empty
	Detail    map[string]string
}

// PasskeyRefused records a refused passkey. Those of the same owner beyond a number
// in the hour are left out; of a sign-in, which anybody may try, all but the first.
func (s *Store) PasskeyRefused(ctx context.Context, by app.Actor, r PasskeyRefusal) error {
	const action = "passkey.refuse"
	if r.AdminID != "" {
		r.Detail = maps.Clone(r.Detail)
		r.Detail["admin"] = r.AdminID
	}
	return s.write(ctx, func(t *tx) error {
		var kept int
		if err := t.GetContext(ctx, &kept,
			`SELECT count(*) FROM audit WHERE person_id = ? AND at > ? AND at <= ? AND action = ?
			AND coalesce(CASE WHEN action = ? AND detail <> '' THEN detail ->> '$.admin' END, '') = ?`,
			r.PersonID, t.now.Add(-refusalsWindow), t.now, action, action, r.AdminID); err != nil {
			return err
		}
		if kept >= refusalsKept || kept > 0 && r.Detail["purpose"] == "sign-in" {
			return nil
		}
		return t.audit(ctx, by,
			entry{action: action, person: r.PersonID, device: r.DeviceID, request: r.RequestID, detail: r.Detail})
	})
}
