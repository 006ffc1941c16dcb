package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"assent/app"
)

// SessionTime is how long a sign-in session lasts, from the last day on which it
// was used.
const SessionTime = 180 * 24 * time.Hour

// Sessions is the table of sign-in sessions as alexedwards/scs wants it
// (scs.CtxStore). The tokens it gets are hashed already.
type Sessions struct{ s *Store }

// Sessions gives the table of sign-in sessions.
func (s *Store) Sessions() Sessions { return Sessions{s} }

// FindCtx implements scs.CtxStore.
func (t Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := t.s.r.GetContext(ctx, &data, `SELECT data FROM sessions WHERE token = ? AND expires_at > ?`, token,
		t.s.Now())
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx implements scs.CtxStore.
func (t Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return t.s.write(ctx, func(x *tx) error {
		return x.exec(ctx, `INSERT INTO sessions (token, data, expires_at) VALUES (?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			token, data, app.At(expiry))
	})
}

// DeleteCtx implements scs.CtxStore.
func (t Sessions) DeleteCtx(ctx context.Context, token string) error {
	return t.s.write(ctx, func(x *tx) error {
		return x.exec(ctx, `DELETE FROM sessions WHERE token = ?`, token)
	})
}

// Find implements scs.Store.
func (t Sessions) Find(token string) ([]byte, bool, error) {
	return t.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (t Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return t.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements scs.Store.
func (t Sessions) Delete(token string) error { return t.DeleteCtx(context.Background(), token) }
