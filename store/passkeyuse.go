package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"assent/app"
)

// PasskeyUse is what an assertion changed in its credential.
type PasskeyUse struct {
	PersonID     string
	DeviceID     string // that signed; empty at a sign-in
	CredentialID string
	Record       string // the credential record as updated by this use
	BackedUp     bool
	Synced       bool // it became a passkey that can be copied
}

// UsePasskey stores what an assertion changed in its credential: the counter,
// the backup flags, the last use. What it failed before is forgotten. A passkey
// that became one that can be copied is in the audit, and its person is told.
func (s *Store) UsePasskey(ctx context.Context, by app.Actor, u PasskeyUse) error {
	return s.write(ctx, func(t *tx) error { return t.usePasskey(ctx, by, u) })
}

// actionSynced is that of a passkey which became one that can be copied.
const actionSynced = "passkey.sync"

func (t *tx) usePasskey(ctx context.Context, by app.Actor, u PasskeyUse) error {
	err := t.swap(ctx, app.ErrUnknownPasskey, `UPDATE credentials SET record = ?, backed_up = ?, last_used_at = ?,
			backup_elig = max(backup_elig, ?), failures = 0, unfit_at = 0
		WHERE id = ? AND person_id = ? AND revoked_at = 0`, u.Record, u.BackedUp, t.now, u.Synced, u.CredentialID,
		u.PersonID)
	if err != nil || !u.Synced {
		return err
	}
	if err := t.pushAll(ctx, u.PersonID, u.DeviceID, app.NoticePasskeySynced, "", t.now.Add(24*time.Hour)); err != nil {
		return err
	}
	t.announce(app.Event{Topic: app.TopicDevice, PersonID: u.PersonID, DeviceID: u.DeviceID})
	return t.audit(ctx, by, entry{action: actionSynced, person: u.PersonID, device: u.DeviceID})
}

// PasskeySynced tells when a passkey of a person last became one that can be
// copied, after since; 0 where none did.
func (r *Reader) PasskeySynced(ctx context.Context, personID string, since app.Instant) (at app.Instant, err error) {
	err = r.r.GetContext(ctx, &at,
		`SELECT coalesce(max(at), 0) FROM audit WHERE person_id = ? AND at > ? AND action = ?`,
		personID, since, actionSynced)
	return at, err
}

// failuresAllowed is how many checks in a row a passkey may fail on its device
// before it counts as unfit.
const failuresAllowed = 3

// PasskeyFailed counts a check that the passkey of a device failed there, and
// tells whether it is unfit by now: at the third in a row, or at once where no
// later try can pass. An unfit one doesn't count as a way to answer until it
// passes a check again.
func (s *Store) PasskeyFailed(ctx context.Context, by app.Actor, u PasskeyUse, forGood bool) (unfit bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		var is struct {
			Failures int         `db:"failures"`
			UnfitAt  app.Instant `db:"unfit_at"`
		}
		err := t.GetContext(ctx, &is,
			`SELECT failures, unfit_at FROM credentials WHERE id = ? AND person_id = ? AND revoked_at = 0`,
			u.CredentialID, u.PersonID)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		was := is.UnfitAt != 0
		if unfit = was || forGood || is.Failures+1 >= failuresAllowed; unfit && !was {
			is.UnfitAt = t.now
		}
		if err := t.exec(ctx, `UPDATE credentials SET failures = failures + 1, unfit_at = ? WHERE id = ?`, is.UnfitAt,
			u.CredentialID); err != nil {
			return err
		}
		if was || !unfit {
			return nil
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: u.PersonID, DeviceID: u.DeviceID})
		return t.audit(ctx, by, entry{action: "passkey.unfit", person: u.PersonID, device: u.DeviceID})
	})
	return unfit, err
}
