package store

import (
	"context"
	"database/sql"
	"errors"

	"assent/app"
)

// Renormalise writes the identifiers of earlier rules as form has them now, once
// for each name of the rules. Only text outside ASCII is looked at, since on
// ASCII the rules never differed. An identifier that has no form any more, or
// one that somebody has already, stays as it is.
func (s *Store) Renormalise(ctx context.Context, rules string, form func(app.IdentifierKind, string) string) error {
	const key = "identifier rules"
	var now string
	if err := s.r.GetContext(ctx, &now, `SELECT value FROM meta WHERE key = ?`, key); err != nil &&
		!errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if now == rules {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		var ids []app.Identifier
		if err := t.SelectContext(ctx, &ids,
			`SELECT kind, value, norm FROM identifiers WHERE value GLOB '*[^ -~]*'`); err != nil {
			return err
		}
		for _, id := range ids {
			n := form(id.Kind, id.Value)
			if n == "" || n == id.Norm {
				continue
			}
			changed, err := t.affect(ctx, `UPDATE OR IGNORE identifiers SET norm = ? WHERE kind = ? AND norm = ?`, n,
				id.Kind, id.Norm)
			if err != nil {
				return err
			}
			if changed == 0 {
				continue
			}
			id.Norm = n
			if err := t.keepReadings(ctx, []app.Identifier{id}); err != nil {
				return err
			}
		}
		return t.exec(ctx,
			`INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key,
			rules)
	})
}
