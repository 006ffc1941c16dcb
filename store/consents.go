package store

import (
	"context"

	"assent/app"
	"assent/app/authz"
)

// ConsentOwner gives what ACP said of a consent whose time has not run out.
// One that isn't kept (any more) is app.ErrUnknownRequest.
func (r *Reader) ConsentOwner(ctx context.Context, connection, consentID string) (app.ConsentOwner, error) {
	var o app.ConsentOwner
	err := r.r.GetContext(ctx, &o,
		`SELECT connection, consent_id, server_id, kind, cpf, cnpj, expires_at FROM consent_owners
		WHERE connection = ? AND consent_id = ? AND expires_at > ?`, connection, consentID, r.Now())
	return o, orElse(err, app.ErrUnknownRequest)
}

// KeepConsentOwner keeps what ACP said of a consent.
func (s *Store) KeepConsentOwner(ctx context.Context, o app.ConsentOwner) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.NamedExecContext(ctx,
			`INSERT INTO consent_owners (connection, consent_id, server_id, kind, cpf, cnpj, expires_at)
			VALUES (:connection, :consent_id, :server_id, :kind, :cpf, :cnpj, :expires_at)
			ON CONFLICT (connection, consent_id) DO UPDATE SET server_id = excluded.server_id, kind = excluded.kind,
			cpf = excluded.cpf, cnpj = excluded.cnpj, expires_at = excluded.expires_at`, o)
		return err
	})
}

// Recognised records the kind of a request that started without saying it. One
// that waits, and whose kind is paused for its person, is cancelled with it and
// gives app.ErrNotPending.
func (s *Store) Recognised(ctx context.Context, id, kind string) error {
	var ended bool
	err := s.write(ctx, func(t *tx) error {
		ended = false
		n, err := t.affect(ctx, `UPDATE requests SET kind = ? WHERE id = ? AND kind = ''`, kind, id)
		if err != nil || n == 0 {
			return err
		}
		var req app.Request
		if err := t.GetContext(ctx, &req, `SELECT `+requestColumns+` FROM requests WHERE id = ?`, id); err != nil {
			return err
		}
		if err := t.audit(ctx, app.System,
			entry{
				action:  "request.recognise",
				person:  req.PersonID,
				request: id,
				detail:  map[string]string{"kind": kind},
			}); err != nil {
			return err
		}
		var row app.RequestState
		if err := t.GetContext(ctx, &row, `SELECT state FROM requests WHERE id = ?`, id); err != nil ||
			row != app.Pending {
			return err
		}
		if req.State != app.Pending {
			ended = true // by a pause whose steps haven't come to it
			return nil
		}
		p, err := t.living(ctx, req.PersonID)
		if err != nil || !p.Pauses(authz.Kind(kind).Pays()) {
			return err
		}
		ended = true
		return t.cancel(ctx, app.System, id, app.ReasonPaused, true)
	})
	if err == nil && ended {
		return app.ErrNotPending
	}
	return err
}
