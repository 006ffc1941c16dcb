package store

import (
	"context"
	"time"

	"assent/app"
)

// refusalsKept is how many refused passkeys of one person the audit takes in
// refusalsWindow: who tries on and on must not fill the disk.
const (
	refusalsKept   = 30
	refusalsWindow = time.Hour
)

// PasskeyRefusal is a passkey that was not accepted.
type PasskeyRefusal struct {
	PersonID  string
	DeviceID  string // or empty
	RequestID string // or empty
	Detail    map[string]string
}

// PasskeyRefused records a refused passkey of a person. Those beyond a number
// in the hour are left out; of a sign-in, which anybody may try, all but the first.
func (s *Store) PasskeyRefused(ctx context.Context, by app.Actor, r PasskeyRefusal) error {
	const action = "passkey.refuse"
	return s.write(ctx, func(t *tx) error {
		var kept int
		if err := t.GetContext(ctx, &kept, `SELECT count(*) FROM audit WHERE person_id = ? AND at > ? AND action = ?`,
			r.PersonID, t.now.Add(-refusalsWindow), action); err != nil {
			return err
		}
		if kept >= refusalsKept || kept > 0 && r.Detail["purpose"] == "sign-in" {
			return nil
		}
		return t.audit(ctx, by, entry{action: action, person: r.PersonID, device: r.DeviceID, request: r.RequestID, detail: r.Detail})
	})
}
