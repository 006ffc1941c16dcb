package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"assent/app"
)

const (
	// formersKept is how long it is known where a device's notices went before.
	formersKept = 30 * 24 * time.Hour
	// formersOfDevice is how many such places of one device are kept beside the
	// trusted ones.
	formersOfDevice = 3
	// toldFor is how long it is worth telling a person of a change of their devices.
	toldFor = 24 * time.Hour
)

// formerSubscription is what a device has, or had, notices sent to.
type formerSubscription struct {
	Endpoint string      `db:"endpoint"`
	P256DH   string      `db:"p256dh"`
	Auth     string      `db:"auth"`
	EndedAt  app.Instant `db:"ended_at"`
	MovedAt  app.Instant `db:"moved_at"`
}

// replacePush judges a subscription that takes the place of another one. A browser that
// renews its own knows the endpoint that it had, which nobody else does: no page
// and no notice shows it, and a stolen cookie doesn't have it. So does a browser
// that comes back with an endpoint that was trusted before. Any other is told: to
// the person's other devices, and to where the notices went until now. It gives
// when an unexplained move led to the new one, 0 where none did, and the action
// that the audit has of it.
func (t *tx) replacePush(ctx context.Context, by app.Actor,
	sub app.Subscription) (movedAt app.Instant, action string, err error) {
	const subscribe, unexplained = "push.subscribe", "push.move"
	var before formerSubscription
	err = t.GetContext(ctx, &before,
		`SELECT endpoint, p256dh, auth, ended_at, moved_at FROM subscriptions WHERE device_id = ?`, sub.DeviceID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, subscribe, t.few(ctx, by, subscribe)
	}
	if err != nil {
		return 0, "", err
	}
	var trusted bool
	if err := t.GetContext(ctx, &trusted, `SELECT EXISTS (SELECT 1 FROM former_subscriptions
		WHERE device_id = ? AND trusted = 1 AND endpoint IN (?, ?))`, sub.DeviceID, sub.Endpoint,
		sub.Replaces); err != nil {
		return 0, "", err
	}
	switch {
	case trusted && before.MovedAt != 0:
		// The browser takes back what a cookie sent elsewhere. It isn't limited by
		// what that cookie used up: each time follows such a move, which is.
		return 0, subscribe, nil
	case trusted:
		return 0, subscribe, t.few(ctx, by, subscribe)
	case sub.Endpoint == before.Endpoint, sub.Replaces == before.Endpoint:
		return before.MovedAt, subscribe, t.few(ctx, by, subscribe)
	}
	if err := t.few(ctx, by, unexplained); err != nil {
		return 0, "", err
	}
	if err := t.tellFormer(ctx, sub.DeviceID, before, app.NoticePushLeft); err != nil {
		return 0, "", err
	}
	return t.now, unexplained, t.pushAll(ctx, by.PersonID, by.ID, app.NoticePushMoved, "", t.now.Add(toldFor))
}

// tellFormer keeps where a device's notices went until now, and sends a last one
// there, where they still arrive.
func (t *tx) tellFormer(ctx context.Context, deviceID string, before formerSubscription, n app.Notice) error {
	var id string
	if err := t.GetContext(ctx, &id,
		`INSERT INTO former_subscriptions (id, device_id, endpoint, p256dh, auth, trusted, at)
			VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (device_id, endpoint) DO UPDATE SET p256dh = excluded.p256dh, auth = excluded.auth, at = excluded.at
		RETURNING id`,
		app.NewID(), deviceID, before.Endpoint, before.P256DH, before.Auth, before.MovedAt == 0, t.now); err != nil {
		return err
	}
	if before.EndedAt == 0 {
		if err := t.addJob(ctx,
			app.Job{Kind: app.JobPush, RequestID: id, DeviceID: deviceID, Lane: host(before.Endpoint),
				Payload: string(n), Deadline: t.now.Add(toldFor)}); err != nil {
			return err
		}
	}
	// What a last notice is still to be sent to stays until that is done.
	return t.exec(ctx, `DELETE FROM former_subscriptions WHERE device_id = ? AND trusted = 0 AND id NOT IN (
		SELECT id FROM former_subscriptions WHERE device_id = ? AND trusted = 0 ORDER BY at DESC, id LIMIT ?)
		AND NOT EXISTS (SELECT 1 FROM jobs WHERE request_id = former_subscriptions.id AND state = 'waiting')`,
		deviceID, deviceID, formersOfDevice)
}

// FormerSubscription gives where a device's notices went before, by the id that
// the job of the last notice names.
func (r *Reader) FormerSubscription(ctx context.Context, id string) (app.Subscription, error) {
	var sub app.Subscription
	err := r.r.GetContext(ctx, &sub, `SELECT device_id, endpoint, p256dh, auth FROM former_subscriptions WHERE id = ?`,
		id)
	return sub, orElse(err, app.ErrUnknownDevice)
}

// PushMoved gives when an unexplained move led to where a device's notices go
// now; 0 where none did.
func (r *Reader) PushMoved(ctx context.Context, deviceID string) (at app.Instant, err error) {
	err = r.r.GetContext(ctx, &at, `SELECT coalesce((SELECT moved_at FROM subscriptions WHERE device_id = ?), 0)`,
		deviceID)
	return at, err
}

// DeviceNews is something that a device did which its person should know of, for
// its cookie alone is enough for it.
type DeviceNews struct {
	Action   string      `db:"action"`    // as in the audit, with an underscore for its dot
	DeviceID string      `db:"device_id"` // whom it is about
	Device   string      `db:"device"`    // its name
	ByID     string      `db:"actor_id"`  // the device that did it
	By       string      `db:"by"`
	Client   string      `db:"client"` // name of the client that was muted
	At       app.Instant `db:"at"`
}

// DeviceNews gives what a person's devices did since then, the newest first and
// the newest of each kind, device and client alone: doing one often pushes
// nothing else off the list.
func (r *Reader) DeviceNews(ctx context.Context, personID string, since app.Instant) ([]DeviceNews, error) {
	var out []DeviceNews
	err := r.r.SelectContext(ctx, &out,
		`SELECT replace(a.action, '.', '_') AS action, a.device_id, coalesce(d.name, '') AS device, a.actor_id, coalesce(b.name, '') AS "by",
			coalesce((SELECT r.client_name FROM requests r WHERE r.person_id = a.person_id AND r.client_id = a.client
			ORDER BY r.created_at DESC LIMIT 1), '') AS client,
			a.at FROM (SELECT action, device_id, actor_id, person_id, coalesce(nullif(detail, '') ->> 'client', '') AS client, max(at) AS at FROM audit
			WHERE person_id = ? AND at > ? AND actor_kind = 'device'
			AND (action IN ('push.move', 'client.mute', 'device.rename', 'device.sign_out', 'device.remove')
				OR action = 'push.choice' AND nullif(detail, '') ->> 'choice' = 'skipped')
			GROUP BY action, device_id, actor_id, client) AS a
		LEFT JOIN devices d ON d.id = a.device_id LEFT JOIN devices b ON b.id = a.actor_id
		ORDER BY a.at DESC, a.action LIMIT 20`,
		personID, since)
	return out, err
}
