package store

import (
	"context"
	"time"

	"assent/app"
)

const (
	// handledFor is how long it is worth telling a device that a notice it
	// showed is about nothing any more.
	handledFor = 30 * time.Minute
	// testFor is how long a test notice may take, and testEvery how often a
	// device may ask for one.
	testFor   = 2 * time.Minute
	testEvery = 10 * time.Second
)

// handled takes back the notices of a request that no longer waits: those that
// weren't sent yet are dropped, and devices that showed one are told, but for
// the one that answered. Of a request whose time ran out nobody is told: what
// its notice leads to says so, and a push for it would cost each device a
// wake-up for nothing.
func (t *tx) handled(ctx context.Context, by app.Actor, r app.Request) error {
	if err := t.exec(ctx,
		`DELETE FROM jobs WHERE request_id = ? AND kind = ? AND payload = ? AND state = 'waiting' AND lease_until <= ?`,
		r.ID, app.JobPush, app.NoticeRequest, t.now); err != nil {
		return err
	}
	var devices []struct {
		ID       string `db:"id"`
		Endpoint string `db:"endpoint"`
	}
	if err := t.SelectContext(ctx, &devices,
		`SELECT d.id, s.endpoint FROM devices d JOIN subscriptions s ON s.device_id = d.id AND s.ended_at = 0
		WHERE d.person_id = ? AND d.state = 'active' AND d.id <> ?
		AND EXISTS (SELECT 1 FROM audit a WHERE a.request_id = ? AND a.action = 'push.accepted'
		AND a.device_id = d.id)`,
		r.PersonID, by.ID, r.ID); err != nil {
		return err
	}
	for _, d := range devices {
		if err := t.takeBack(ctx, r.ID, d.ID, d.Endpoint); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) takeBack(ctx context.Context, requestID, deviceID, endpoint string) error {
	return t.addJob(ctx,
		app.Job{Kind: app.JobPush, Rank: app.RankLater, RequestID: requestID, DeviceID: deviceID, Lane: host(endpoint),
			Payload: string(app.NoticeHandled), Deadline: t.now.Add(handledFor)})
}

// overtaken takes a notice back that a push service accepted after its request
// was answered or cancelled, from whichever device it went to: which of the two
// came first there, nobody knows.
func (t *tx) overtaken(ctx context.Context, sub app.Subscription, j app.Job) error {
	if app.Notice(j.Payload) != app.NoticeRequest {
		return nil
	}
	var over bool
	if err := t.GetContext(ctx, &over,
		`SELECT EXISTS (SELECT 1 FROM requests WHERE id = ? AND state NOT IN ('pending', 'expired'))`,
		j.RequestID); err != nil ||
		!over {
		return err
	}
	return t.takeBack(ctx, j.RequestID, sub.DeviceID, sub.Endpoint)
}

// TestPush sends a notice to the device by, for its person to open. One that
// has no subscription is app.ErrNoPush.
func (s *Store) TestPush(ctx context.Context, by app.Actor) error {
	return s.write(ctx, func(t *tx) error {
		var endpoint string
		if err := t.GetContext(ctx, &endpoint,
			`SELECT endpoint FROM subscriptions WHERE device_id = ? AND ended_at = 0`, by.ID); err != nil {
			return orElse(err, app.ErrNoPush)
		}
		var last app.Instant
		if err := t.GetContext(ctx, &last,
			`SELECT coalesce(max(at), 0) FROM audit WHERE actor_id = ? AND action = 'push.test'`, by.ID); err != nil {
			return err
		}
		if wait := last.Add(testEvery).Sub(t.now); last != 0 && wait > 0 && wait <= testEvery {
			return app.ErrTooMany.After(wait)
		}
		if err := t.addJob(ctx,
			app.Job{
				Kind:     app.JobPush,
				DeviceID: by.ID,
				Lane:     host(endpoint),
				Payload:  string(app.NoticeTest),
				Deadline: t.now.Add(testFor),
			}); err != nil {
			return err
		}
		return t.audit(ctx, by, entry{action: "push.test", person: by.PersonID, device: by.ID})
	})
}
