package store

import (
	"context"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"

	"assent/app"
	"assent/app/identifier"
)

// addIdentifier gives a person an identifier that they don't have, and tells
// whether that is a move. One that poses as something else, or that a hint could
// mean as well as an identifier that another person has, or had until lately, is
// an *app.IdentifierRefusal; the last unless moves are allowed.
func (t *tx) addIdentifier(ctx context.Context, by app.Actor, personID string, id app.Identifier,
	allow []Allow) (moved bool, err error) {
	refuse := func(refusal *app.Error, as app.IdentifierKind) error {
		return &app.IdentifierRefusal{Refusal: refusal.In(string(id.Kind)), Identifier: id, As: as}
	}
	if as, poses := identifier.Poses(id); poses {
		return false, refuse(app.ErrIdentifierPoses, as)
	}
	err = t.exec(ctx, `INSERT INTO identifiers (kind, norm, value, person_id) VALUES (?, ?, ?, ?)`, id.Kind, id.Norm,
		id.Value, personID)
	if t.store.engine.IsDuplicate(err) {
		return false, refuse(app.ErrIdentifierTaken, "")
	}
	if err != nil {
		return false, err
	}
	others, err := others(ctx, t, []app.Identifier{id})
	if err != nil {
		return false, err
	}
	for _, o := range others {
		if o.PersonID != personID {
			return false, refuse(app.ErrIdentifierMistaken, o.Kind)
		}
	}
	if err := t.keepReadings(ctx, []app.Identifier{id}); err != nil {
		return false, err
	}
	from, err := t.store.releasedBy(ctx, t, []app.Identifier{id})
	switch {
	case err != nil:
		return false, err
	case from[0] == "" || from[0] == personID:
		return false, nil
	case !slices.Contains(allow, AllowMove):
		return false, refuse(app.ErrIdentifierMoves, "")
	}
	return true, t.move(ctx, by, id, from[0], personID)
}

// keepReadings stores what can't be told from other identifiers; see
// identifier.Kept.
func (t *tx) keepReadings(ctx context.Context, ids []app.Identifier) error {
	var rows [][]any
	for _, id := range ids {
		for _, k := range identifier.Kept(id) {
			rows = append(rows, []any{k.Kind, k.Norm, id.Kind, id.Norm})
		}
	}
	columns := []string{"kind", "norm", "of_kind", "of_norm"}
	return t.insertAll(ctx, "identifier_readings", columns, rows, "ON CONFLICT DO NOTHING")
}

// otherIdentifier is an identifier that a hint could mean as well as ids[Of].
type otherIdentifier struct {
	Of       int                `db:"of"`
	Kind     app.IdentifierKind `db:"kind"`
	Norm     string             `db:"norm"`
	PersonID string             `db:"person_id"`
}

// others gives the identifiers of other kinds that hints could mean as well as
// one of ids.
func others(ctx context.Context, q sqlx.QueryerContext, ids []app.Identifier) ([]otherIdentifier, error) {
	var also, sought [][]any
	for i, id := range ids {
		for _, a := range identifier.Also(id) {
			also = append(also, []any{a.Kind, a.Norm, i})
		}
		for _, s := range identifier.Sought(id) {
			sought = append(sought, []any{s.Kind, s.Norm, i})
		}
	}
	var out []otherIdentifier
	for _, ask := range []struct {
		query string
		list  [][]any
	}{
		{`SELECT j.value ->> 2 AS of, i.kind, i.norm, i.person_id FROM json_each(?) j
			CROSS JOIN identifiers i ON i.kind = j.value ->> 0 AND i.norm = j.value ->> 1`, also},
		{`SELECT j.value ->> 2 AS of, i.kind, i.norm, i.person_id FROM json_each(?) j
			CROSS JOIN identifier_readings r ON r.kind = j.value ->> 0 AND r.norm = j.value ->> 1
			CROSS JOIN identifiers i ON i.kind = r.of_kind AND i.norm = r.of_norm`, sought},
	} {
		if len(ask.list) == 0 {
			continue
		}
		var found []otherIdentifier
		if err := selectJSON(ctx, q, &found, ask.query, ask.list); err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// readingsKey is where it is kept how far readIdentifiers came.
const readingsKey = "identifier readings"

// readingsBatch is how many identifiers it reads in a transaction.
const readingsBatch = 1000

// readIdentifiers keeps the readings of the identifiers of a database from
// before they were kept, and lists those that would be refused today.
func (s *Store) readIdentifiers(ctx context.Context) error {
	for {
		var done bool
		err := s.writeAlone(ctx, func(t *tx) (err error) {
			done, err = t.readIdentifiers(ctx)
			return err
		})
		if err != nil || done {
			return err
		}
	}
}

func (t *tx) readIdentifiers(ctx context.Context) (done bool, err error) {
	var at []string
	if err := t.SelectContext(ctx, &at, `SELECT value FROM meta WHERE key = ?`, readingsKey); err != nil {
		return false, err
	}
	behind := int64(0)
	if len(at) == 1 {
		if at[0] == "all" {
			return true, nil
		}
		if behind, err = strconv.ParseInt(at[0], 10, 64); err != nil {
			return false, err
		}
	}
	var rows []struct {
		app.Identifier
		Row      int64  `db:"row"`
		PersonID string `db:"person_id"`
	}
	if err := t.SelectContext(ctx, &rows,
		`SELECT rowid AS row, kind, value, norm, person_id FROM identifiers WHERE rowid > ? ORDER BY rowid LIMIT ?`,
		behind, readingsBatch); err != nil {
		return false, err
	}
	ids := make([]app.Identifier, len(rows))
	var mistakable [][]any
	for i, row := range rows {
		ids[i] = row.Identifier
		if as, poses := identifier.Poses(row.Identifier); poses {
			mistakable = append(mistakable, []any{row.Kind, row.Norm, as, nil, nil})
		}
	}
	if err := t.keepReadings(ctx, ids); err != nil {
		return false, err
	}
	found, err := others(ctx, t, ids)
	if err != nil {
		return false, err
	}
	listed := map[[2]app.Identifier]bool{}
	for _, o := range found {
		row, other := rows[o.Of], app.Identifier{Kind: o.Kind, Norm: o.Norm}
		own := app.Identifier{Kind: row.Kind, Norm: row.Norm}
		if row.PersonID != o.PersonID && !listed[[2]app.Identifier{other, own}] &&
			!listed[[2]app.Identifier{own, other}] {
			listed[[2]app.Identifier{own, other}] = true
			mistakable = append(mistakable, []any{row.Kind, row.Norm, nil, o.Kind, o.Norm})
		}
	}
	if err := t.listMistakable(ctx, mistakable); err != nil {
		return false, err
	}
	reached := "all"
	if len(rows) == readingsBatch {
		reached = strconv.FormatInt(rows[len(rows)-1].Row, 10)
	}
	return reached == "all", t.exec(ctx,
		`INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		readingsKey, reached)
}

// listMistakable lists those that aren't listed yet, in this order or the other.
func (t *tx) listMistakable(ctx context.Context, mistakable [][]any) error {
	if len(mistakable) == 0 {
		return nil
	}
	var unlisted []int
	if err := selectJSON(ctx, t, &unlisted, `SELECT j.key FROM json_each(?) j WHERE NOT EXISTS (
			SELECT 1 FROM mistakable_identifiers m WHERE m.kind = j.value ->> 0 AND m.norm = j.value ->> 1
				AND m.poses_as IS j.value ->> 2 AND m.other_kind IS j.value ->> 3 AND m.other_norm IS j.value ->> 4
			UNION ALL SELECT 1 FROM mistakable_identifiers m WHERE m.kind = j.value ->> 3 AND m.norm = j.value ->> 4
				AND m.other_kind = j.value ->> 0 AND m.other_norm = j.value ->> 1)`, mistakable); err != nil {
		return err
	}
	list := make([][]any, len(unlisted))
	for i, at := range unlisted {
		list[i] = mistakable[at]
	}
	columns := []string{"kind", "norm", "poses_as", "other_kind", "other_norm"}
	return t.insertAll(ctx, "mistakable_identifiers", columns, list, "")
}

// Mistakable is an identifier of before the present rules that would be refused
// today.
type Mistakable struct {
	app.Identifier
	PersonID   string             `db:"person_id"`
	PosesAs    app.IdentifierKind `db:"poses_as"`    // what it can be taken for; else
	OtherKind  app.IdentifierKind `db:"other_kind"`  // it can be taken for this one
	OtherValue string             `db:"other_value"` //
	OtherID    string             `db:"other_id"`    // of this person
}

// MistakableIdentifiers lists them, at most limit.
func (r *Reader) MistakableIdentifiers(ctx context.Context, limit int) ([]Mistakable, error) {
	var out []Mistakable
	err := r.r.SelectContext(ctx, &out,
		`SELECT i.kind, i.value, i.norm, i.person_id, coalesce(m.poses_as, '') AS poses_as,
			coalesce(o.kind, '') AS other_kind, coalesce(o.value, '') AS other_value, coalesce(o.person_id, '') AS other_id
		FROM mistakable_identifiers m JOIN identifiers i ON i.kind = m.kind AND i.norm = m.norm
		LEFT JOIN identifiers o ON o.kind = m.other_kind AND o.norm = m.other_norm
		ORDER BY m.rowid LIMIT ?`, limit)
	return out, err
}

// CountMistakable counts the identifiers that would be refused today.
func (r *Reader) CountMistakable(ctx context.Context) (n int, err error) {
	err = r.r.GetContext(ctx, &n, `SELECT count(*) FROM mistakable_identifiers`)
	return n, err
}

// LikePhones gives the kinds of which people have identifiers that can be read
// as phone numbers.
func (r *Reader) LikePhones(ctx context.Context) (kinds []app.IdentifierKind, err error) {
	for _, kind := range []app.IdentifierKind{app.Username, app.Customer, app.Subject} {
		var some bool
		if err := r.r.GetContext(ctx, &some,
			`SELECT EXISTS (SELECT 1 FROM identifier_readings WHERE of_kind = ? AND kind = ?)`, kind,
			app.Phone); err != nil {
			return nil, err
		}
		if some {
			kinds = append(kinds, kind)
		}
	}
	return kinds, nil
}
