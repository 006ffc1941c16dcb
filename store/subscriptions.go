package store

import (
	"context"
	"errors"
	"time"

	"assent/app"
)

const subscriptionColumns = `device_id, endpoint, p256dh, auth, created_at, last_accepted_at, last_opened_at, proven_at, ended_at, last_error`

// Subscribe stores a device's push subscription in place of the one it had. An
// endpoint belongs to one browser: whichever device had it loses it. What takes
// the place of another without the browser's word is told: see replacePush. One that
// its push service has ended is app.ErrPushGone, for it would reach nobody: the
// browser has to make another.
func (s *Store) Subscribe(ctx context.Context, by app.Actor, sub app.Subscription) error {
	var known bool
	if err := s.r.GetContext(ctx, &known,
		`SELECT EXISTS (SELECT 1 FROM subscriptions s JOIN devices d ON d.id = s.device_id
		WHERE s.device_id = ? AND s.endpoint = ? AND s.p256dh = ? AND s.auth = ? AND s.ended_at = 0
		AND d.push_choice = 'on')`,
		sub.DeviceID, sub.Endpoint, sub.P256DH, sub.Auth); err != nil || known {
		return err // as pages tell it at each opening
	}
	return s.write(ctx, func(t *tx) error {
		var same int
		if err := t.GetContext(ctx, &same, `SELECT count(*) FROM subscriptions
			WHERE device_id = ? AND endpoint = ? AND p256dh = ? AND auth = ? AND ended_at = 0`,
			sub.DeviceID, sub.Endpoint, sub.P256DH, sub.Auth); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE devices SET push_choice = 'on' WHERE id = ?`, sub.DeviceID); err != nil ||
			same == 1 {
			return err
		}
		// One that ended by signing out, without an error, is as good as before.
		var gone bool
		if err := t.GetContext(ctx, &gone,
			`SELECT EXISTS (SELECT 1 FROM subscriptions WHERE endpoint = ? AND ended_at <> 0 AND last_error <> '')`,
			sub.Endpoint); err != nil {
			return err
		}
		if gone {
			return app.ErrPushGone
		}
		movedAt, action, err := t.replacePush(ctx, by, sub)
		if err != nil {
			return err
		}
		if _, err := t.touching(ctx, `DELETE FROM subscriptions WHERE endpoint = ? OR device_id = ?
			RETURNING (SELECT person_id FROM devices WHERE id = device_id)`, sub.Endpoint, sub.DeviceID); err != nil {
			return err
		}
		if err := t.touchDevice(ctx, sub.DeviceID); err != nil {
			return err
		}
		if err := t.exec(ctx,
			`INSERT INTO subscriptions (device_id, endpoint, p256dh, auth, created_at, moved_at)
				VALUES (?, ?, ?, ?, ?, ?)`,
			sub.DeviceID, sub.Endpoint, sub.P256DH, sub.Auth, t.now, movedAt); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: by.PersonID, DeviceID: sub.DeviceID})
		return t.audit(ctx, by, entry{action: action, person: by.PersonID, device: sub.DeviceID})
	})
}

// Subscription gives a device's live subscription.
func (r *Reader) Subscription(ctx context.Context, deviceID string) (app.Subscription, error) {
	var sub app.Subscription
	err := r.r.GetContext(ctx, &sub,
		`SELECT `+subscriptionColumns+` FROM subscriptions WHERE device_id = ? AND ended_at = 0`, deviceID)
	return sub, orElse(err, app.ErrUnknownDevice)
}

// Subscriptions gives the subscriptions of a person's devices, ended ones too.
func (r *Reader) Subscriptions(ctx context.Context, personID string) ([]app.Subscription, error) {
	var out []app.Subscription
	err := r.r.SelectContext(ctx, &out,
		`SELECT s.device_id, s.endpoint, s.p256dh, s.auth, s.created_at, s.last_accepted_at,
		s.last_opened_at, s.proven_at, s.ended_at, s.last_error FROM subscriptions s
		JOIN devices d ON d.id = s.device_id
		WHERE d.person_id = ? AND d.state <> 'removed'`, personID)
	return out, err
}

// Pushed records what a push service answered for the notice of j. End is true
// when the subscription is gone; the endpoint fences the update, so that a
// verdict over an old subscription leaves a new one alone.
func (s *Store) Pushed(ctx context.Context, sub app.Subscription, j app.Job, accepted, end bool, answer string) error {
	return s.write(ctx, func(t *tx) error {
		var err error
		switch {
		case accepted:
			err = t.exec(ctx,
				`UPDATE subscriptions SET last_accepted_at = ?, last_error = '' WHERE device_id = ? AND endpoint = ?`,
				t.now, sub.DeviceID, sub.Endpoint)
		case end:
			err = t.exec(ctx,
				`UPDATE subscriptions SET ended_at = ?, last_error = ? WHERE device_id = ? AND endpoint = ?
					AND ended_at = 0`,
				t.now, answer, sub.DeviceID, sub.Endpoint)
			err = errors.Join(err, t.touchDevice(ctx, sub.DeviceID))
		default:
			err = t.exec(ctx, `UPDATE subscriptions SET last_error = ? WHERE device_id = ? AND endpoint = ?`, answer,
				sub.DeviceID, sub.Endpoint)
		}
		if err != nil {
			return err
		}
		action, counter := "push.refused", CountPushRefused
		if accepted {
			action, counter = "push.accepted", CountPushAccepted
		} else if end {
			action, counter = "push.ended", CountPushEnded
		}
		if err := t.count(ctx, counter, host(sub.Endpoint)); err != nil {
			return err
		}
		if err := t.audit(ctx, app.System, entry{action: action, device: sub.DeviceID, request: j.RequestID,
			detail: map[string]string{"answer": answer}}); err != nil || !accepted {
			return err
		}
		return t.overtaken(ctx, sub, j)
	})
}

// NoticeOpened records that a notice was opened on a device: once for each
// request, however often it is opened, and others once a minute. The first one
// proves that notices arrive.
func (s *Store) NoticeOpened(ctx context.Context, by app.Actor, requestID string) error {
	const action = "push.opened"
	return s.write(ctx, func(t *tx) error {
		var known bool
		if err := t.GetContext(ctx, &known,
			`SELECT EXISTS (SELECT 1 FROM audit WHERE actor_id = ? AND action = ? AND request_id = ?
			AND (request_id <> '' OR at > ? AND at <= ?)) AND NOT EXISTS (SELECT 1 FROM subscriptions
			WHERE device_id = ? AND ended_at = 0 AND proven_at = 0)`,
			by.ID, action, requestID, t.now.Add(-time.Minute), t.now, by.ID); err != nil || known {
			return err
		}
		if err := t.exec(ctx,
			`UPDATE subscriptions SET last_opened_at = ?, proven_at = CASE WHEN proven_at = 0 THEN ? ELSE proven_at END
			WHERE device_id = ? AND ended_at = 0`, t.now, t.now, by.ID); err != nil {
			return err
		}
		if err := t.touchDevice(ctx, by.ID); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: by.PersonID, DeviceID: by.ID})
		return t.audit(ctx, by, entry{action: action, person: by.PersonID, device: by.ID, request: requestID})
	})
}
