package store

import (
	"context"
)

// metaOnce stores value under key unless there is one, and gives what stands there.
func (s *Store) metaOnce(ctx context.Context, key, value string) (string, error) {
	var is string
	err := s.write(ctx, func(t *tx) error {
		if err := t.exec(ctx, `INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`, key,
			value); err != nil {
			return err
		}
		return t.GetContext(ctx, &is, `SELECT value FROM meta WHERE key = ?`, key)
	})
	return is, err
}

// VAPIDKeys gives the key pair that signs to push services, as fresh makes it
// at the first call and the same ever after: subscriptions are bound to it.
func (s *Store) VAPIDKeys(ctx context.Context, fresh func() (string, error)) (string, error) {
	return s.madeOnce(ctx, "vapid", fresh)
}

// ReceiptKey gives the key that seals receipts, as fresh makes it at the first
// call and the same ever after: receipts are verified by its public half.
func (s *Store) ReceiptKey(ctx context.Context, fresh func() (string, error)) (string, error) {
	return s.madeOnce(ctx, "receipt key", fresh)
}

// KeptReceiptKey gives that key where it was made already, else nothing.
func (r *Reader) KeptReceiptKey(ctx context.Context) (key string, err error) {
	err = r.r.GetContext(ctx, &key, `SELECT coalesce((SELECT value FROM meta WHERE key = 'receipt key'), '')`)
	return key, err
}

func (s *Store) madeOnce(ctx context.Context, key string, fresh func() (string, error)) (string, error) {
	var have []string
	if err := s.r.SelectContext(ctx, &have, `SELECT value FROM meta WHERE key = ?`, key); err != nil {
		return "", err
	}
	if len(have) == 1 {
		return have[0], nil
	}
	value, err := fresh()
	if err != nil {
		return "", err
	}
	return s.metaOnce(ctx, key, value)
}

// ClaimRPID records the WebAuthn RP id that people's passkeys are made for from
// now on, unless there are some of another: then it gives that one, and how many
// passkeys of how many people would be lost. Administrators' passkeys had the
// same until they got one of their own: that is kept.
func (s *Store) ClaimRPID(ctx context.Context, id string) (is string, passkeys, people int, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := t.exec(ctx,
			`INSERT INTO meta (key, value) SELECT 'admin rp id', value FROM meta WHERE key = 'rp id'
				ON CONFLICT (key) DO NOTHING`); err != nil {
			return err
		}
		if err := t.exec(ctx,
			`INSERT INTO meta (key, value) VALUES ('rp id', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value
			WHERE NOT EXISTS (SELECT 1 FROM credentials WHERE revoked_at = 0)`, id); err != nil {
			return err
		}
		if err := t.GetContext(ctx, &is, `SELECT value FROM meta WHERE key = 'rp id'`); err != nil || is == id {
			return err
		}
		return t.QueryRowxContext(ctx,
			`SELECT count(*), count(DISTINCT person_id) FROM credentials WHERE revoked_at = 0`).Scan(&passkeys,
			&people)
	})
	return is, passkeys, people, err
}

// AdminRPID gives the WebAuthn RP id that administrators' passkeys are made for;
// empty before the first start.
func (r *Reader) AdminRPID(ctx context.Context) (id string, err error) {
	err = r.r.GetContext(ctx, &id,
		`SELECT coalesce((SELECT value FROM meta WHERE key = 'admin rp id'), (SELECT value FROM meta
			WHERE key = 'rp id'), '')`)
	return id, err
}

// ClaimAdminRPID is ClaimRPID for administrators' passkeys.
func (s *Store) ClaimAdminRPID(ctx context.Context, id string) (is string, passkeys, admins int, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := t.exec(ctx,
			`INSERT INTO meta (key, value) VALUES ('admin rp id', ?) ON CONFLICT (key) DO UPDATE
				SET value = excluded.value
			WHERE NOT EXISTS (SELECT 1 FROM admin_credentials WHERE revoked_at = 0)`, id); err != nil {
			return err
		}
		if err := t.GetContext(ctx, &is, `SELECT value FROM meta WHERE key = 'admin rp id'`); err != nil || is == id {
			return err
		}
		return t.QueryRowxContext(ctx,
			`SELECT count(*), count(DISTINCT admin_id) FROM admin_credentials WHERE revoked_at = 0`).Scan(&passkeys,
			&admins)
	})
	return is, passkeys, admins, err
}
