package store

import (
	"context"

	"assent/app"
)

// ConsentOwner gives what ACP said of a consent whose time has not run out.
// One that isn't kept (any more) is app.ErrUnknownRequest.
func (r *Reader) ConsentOwner(ctx context.Context, connection, consentID string) (app.ConsentOwner, error) {
	var o app.ConsentOwner
	err := r.r.GetContext(ctx, &o, `SELECT connection, consent_id, server_id, kind, cpf, cnpj, expires_at FROM consent_owners
		WHERE connection = ? AND consent_id = ? AND expires_at > ?`, connection, consentID, r.Now())
	return o, orElse(err, app.ErrUnknownRequest)
}

// KeepConsentOwner keeps what ACP said of a consent.
func (s *Store) KeepConsentOwner(ctx context.Context, o app.ConsentOwner) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.NamedExecContext(ctx, `INSERT INTO consent_owners (connection, consent_id, server_id, kind, cpf, cnpj, expires_at)
			VALUES (:connection, :consent_id, :server_id, :kind, :cpf, :cnpj, :expires_at)
			ON CONFLICT (connection, consent_id) DO UPDATE SET server_id = excluded.server_id, kind = excluded.kind,
			cpf = excluded.cpf, cnpj = excluded.cnpj, expires_at = excluded.expires_at`, o)
		return err
	})
}

// Recognised records the kind of a request that started without saying it.
func (s *Store) Recognised(ctx context.Context, id, kind string) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `UPDATE requests SET kind = ? WHERE id = ? AND kind = ''`, kind, id)
		if err != nil || n == 0 {
			return err
		}
		var req app.Request
		if err := t.GetContext(ctx, &req, `SELECT `+requestColumns+` FROM requests WHERE id = ?`, id); err != nil {
			return err
		}
		return t.audit(ctx, app.System, entry{action: "request.recognise", person: req.PersonID, request: id, detail: map[string]string{"kind": kind}})
	})
}
