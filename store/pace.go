package store

import (
	"context"
	"time"

	"assent/app"
)

// preferencesPace is the least time between two rows of the audit about the
// preferences of one administrator or one device.
const preferencesPace = time.Hour

// lately tells whether the audit has n rows of an action by an actor within the
// last d.
func (t *tx) lately(ctx context.Context, by app.Actor, action string, d time.Duration, n int) (yes bool, err error) {
	err = t.GetContext(ctx, &yes,
		`SELECT count(*) >= ? FROM (SELECT 1 FROM audit`+t.store.engine.IndexedBy("audit_actor")+`
		WHERE actor_id = ? AND action = ? AND at > ? AND at <= ? LIMIT ?) AS rows`, n, by.ID, action, t.now.Add(-d),
		t.now, n)
	return yes, err
}

// changesAnHour is how often one device may change one thing of its person's
// within an hour: rename, mute or unmute, subscribe, choose.
const changesAnHour = 30

// few refuses what a device does too often, whose rows a stolen cookie could
// fill the audit with: app.ErrTooMany.
func (t *tx) few(ctx context.Context, by app.Actor, action string) error {
	if by.Kind != app.ActorDevice {
		return nil
	}
	many, err := t.lately(ctx, by, action, time.Hour, changesAnHour)
	if err != nil || !many {
		return err
	}
	return app.ErrTooMany.After(time.Hour)
}
