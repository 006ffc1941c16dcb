package store

import (
	"context"
	"maps"
	"slices"
)

// Values of a person p that are computed from other rows and stored, so that
// lists have an index of them.
const (
	// standingOf is a person's app.Standing: a device that can sign, and one of
	// those where a notification was seen to arrive.
	standingOf = `CASE
		WHEN NOT EXISTS (SELECT 1 FROM devices d JOIN credentials c ON c.id = d.credential_id
			WHERE d.person_id = p.id AND d.state = 'active' AND c.revoked_at = 0) THEN 'none'
		WHEN EXISTS (SELECT 1 FROM devices d JOIN credentials c ON c.id = d.credential_id
			JOIN subscriptions s ON s.device_id = d.id WHERE d.person_id = p.id AND d.state = 'active'
			AND c.revoked_at = 0 AND s.ended_at = 0 AND s.proven_at > 0) THEN 'ready'
		ELSE 'deaf' END`
	// invitedUntilOf is when the last of a person's open links expires; 0 without one.
	invitedUntilOf = `coalesce((SELECT max(i.expires_at) FROM invitations i
		WHERE i.person_id = p.id AND i.used_at = 0 AND i.ended_at = 0), 0)`
)

// touch notes that something changed of which values of the person are computed:
// a device's state or passkey, a passkey's end, a subscription, a link. They are
// computed at the end of the change.
func (t *tx) touch(personID string) {
	if t.touched == nil {
		t.touched = map[string]bool{}
	}
	t.touched[personID] = true
}

// touchDevice is touch for the person of a device.
func (t *tx) touchDevice(ctx context.Context, deviceID string) error {
	_, err := t.touching(ctx, `SELECT person_id FROM devices WHERE id = ?`, deviceID)
	return err
}

// touching runs a statement that gives the id of a person with each row, and
// touches them. It tells how many rows there were.
func (t *tx) touching(ctx context.Context, query string, args ...any) (rows int64, err error) {
	var people []string
	if err := t.SelectContext(ctx, &people, query, args...); err != nil {
		return 0, err
	}
	for _, id := range people {
		t.touch(id)
	}
	return int64(len(people)), nil
}

// compute stores the computed values of the people whom the change touched, where
// they changed. It is the last that a change does.
func (t *tx) compute(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(t.touched)) {
		if err := t.exec(ctx, `UPDATE persons AS p SET standing = `+standingOf+`, invited_until = `+invitedUntilOf+`
			WHERE id = ? AND (standing <> `+standingOf+` OR invited_until <> `+invitedUntilOf+`)`, id); err != nil {
			return err
		}
	}
	return nil
}

// countPeople counts n people more, or fewer.
func (t *tx) countPeople(ctx context.Context, n int) error {
	return t.exec(ctx, `UPDATE tallies SET n = n + ? WHERE name = 'people'`, n)
}

// Miscount is a stored value that differs from what it is computed from.
type Miscount struct {
	Of      string `db:"name"`
	ID      string `db:"id"` // the person's, if it is a person's value
	Stored  string `db:"stored"`
	Counted string `db:"counted"`
}

// Miscounts computes every stored value that is computed from other rows, and
// gives those that differ, at most 20 of a kind. It reads every person.
func (r *Reader) Miscounts(ctx context.Context) ([]Miscount, error) {
	var out []Miscount
	for _, query := range []string{
		`SELECT 'standing' AS name, p.id, p.standing AS stored, ` + standingOf + ` AS counted
			FROM persons p WHERE p.standing <> ` + standingOf + ` LIMIT 20`,
		`SELECT 'invited_until' AS name, p.id, p.invited_until AS stored, ` + invitedUntilOf + ` AS counted
			FROM persons p WHERE p.invited_until <> ` + invitedUntilOf + ` LIMIT 20`,
		`SELECT 'people' AS name, '' AS id, t.n AS stored, c.n AS counted
			FROM tallies t, (SELECT count(*) AS n FROM persons WHERE erased_at = 0) c
			WHERE t.name = 'people' AND t.n <> c.n`,
	} {
		var found []Miscount
		if err := r.r.SelectContext(ctx, &found, query); err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}
