package store

import (
	"context"
)

// metaOnce stores value under key unless there is one, and gives what stands there.
func (s *Store) metaOnce(ctx context.Context, key, value string) (string, error) {
	var is string
	err := s.write(ctx, func(t *tx) error {
		if err := t.exec(ctx, `INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`, key, value); err != nil {
			return err
		}
		return t.GetContext(ctx, &is, `SELECT value FROM meta WHERE key = ?`, key)
	})
	return is, err
}

// VAPIDKeys gives the key pair that signs to push services, as fresh makes it
// at the first call and the same ever after: subscriptions are bound to it.
func (s *Store) VAPIDKeys(ctx context.Context, fresh func() (string, error)) (string, error) {
	var have []string
	if err := s.r.SelectContext(ctx, &have, `SELECT value FROM meta WHERE key = 'vapid'`); err != nil {
		return "", err
	}
	if len(have) == 1 {
		return have[0], nil
	}
	keys, err := fresh()
	if err != nil {
		return "", err
	}
	return s.metaOnce(ctx, "vapid", keys)
}
