package store

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"assent/app"
	"assent/app/identifier"
)

// DefaultIdentifierWait is how long an identifier that moves names no person, where
// Options say nothing else.
const DefaultIdentifierWait = 72 * time.Hour

// releasedFor is how long it is remembered who had an identifier: longer than
// any wait.
const releasedFor = 31 * 24 * time.Hour

// noticeFor is how long a notice about identifiers may take.
const noticeFor = 24 * time.Hour

// Allow is what a change of identifiers may do that is refused otherwise.
type Allow string

// AllowMove lets a person have what was another person's until lately.
const AllowMove Allow = "move"

// settled is the condition on identifiers i that they name their person: the
// move by which they have one, if any, is over.
const settled = ` (i.move_id IS NULL OR EXISTS (SELECT 1 FROM identifier_moves m WHERE m.id = i.move_id
	AND (m.ended_at > 0 OR m.ends_at <= ?)))`

// identifierHash is by what a released identifier is remembered.
func identifierHash(key []byte, id app.Identifier) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(string(id.Kind) + "\x00" + id.Norm))
	return hex.EncodeToString(mac.Sum(nil))
}

// identifierKey is the key of those hashes.
func (r *Reader) identifierKey() []byte { return r.Secret("released identifiers") }

// release remembers that a person has identifiers no longer. What they had by a
// move that waited still was never theirs: the move has ended.
func (t *tx) release(ctx context.Context, personID string, ids []app.Identifier) error {
	key := t.store.identifierKey()
	for _, id := range ids {
		n, err := t.affect(ctx, `UPDATE identifier_moves SET ended_at = ? WHERE ended_at = 0 AND ends_at > ?
			AND id = (SELECT move_id FROM identifiers WHERE kind = ? AND norm = ? AND person_id = ?)`, t.now, t.now,
			id.Kind, id.Norm, personID)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		hashes := [][]any{{identifierHash(key, id), 0, personID, t.now}}
		for _, k := range identifier.Kept(id) {
			hashes = append(hashes, []any{identifierHash(key, k), 1, personID, t.now})
		}
		columns := []string{"hash", "reading", "person_id", "released_at"}
		if err := t.insertAll(ctx, "released_identifiers", columns, hashes,
			"ON CONFLICT (hash, reading, person_id) DO UPDATE SET released_at = excluded.released_at"); err != nil {
			return err
		}
	}
	return nil
}

// releasedBy gives for each of ids the person who had it last, where they
// released it within the wait: it, or what a hint could mean as well as it.
func (r *Reader) releasedBy(ctx context.Context, q sqlx.QueryerContext, ids []app.Identifier) ([]string, error) {
	out := make([]string, len(ids))
	since := r.Now().Add(-r.wait)
	var some bool
	if err := sqlx.GetContext(ctx, q, &some, `SELECT EXISTS (SELECT 1 FROM released_identifiers WHERE released_at > ?)`,
		since); err != nil ||
		!some {
		return out, err
	}
	key := r.identifierKey()
	var asked [][]any
	for i, id := range ids {
		for _, own := range append(identifier.Also(id), id) {
			asked = append(asked, []any{identifierHash(key, own), 0, i, since})
		}
		for _, s := range identifier.Sought(id) {
			asked = append(asked, []any{identifierHash(key, s), 1, i, since})
		}
	}
	var found []struct {
		Of     int    `db:"of"`
		Person string `db:"person_id"`
	}
	if err := selectJSON(ctx, q, &found, `SELECT j.value ->> 2 AS of, r.person_id FROM json_each(?) j
		CROSS JOIN released_identifiers r ON r.hash = j.value ->> 0 AND r.reading = j.value ->> 1
		WHERE r.released_at > j.value ->> 3 ORDER BY r.released_at`, asked); err != nil {
		return nil, err
	}
	for _, f := range found {
		out[f.Of] = f.Person
	}
	return out, nil
}

// CheckMoves refuses, before anything is changed or proposed, identifiers that
// the person hasn't and that were another person's until lately, unless moves
// are allowed.
func (r *Reader) CheckMoves(ctx context.Context, personID string, ids []app.Identifier, allow []Allow) error {
	if slices.Contains(allow, AllowMove) {
		return nil
	}
	moves, err := r.MovesTo(ctx, personID, ids)
	if err != nil || len(moves) == 0 {
		return err
	}
	id := moves[0].Identifier
	return &app.IdentifierRefusal{Refusal: app.ErrIdentifierMoves.In(string(id.Kind)), Identifier: id}
}

// MoveTo is an identifier that another person had until lately.
type MoveTo struct {
	Identifier app.Identifier
	From       string // id of the person who had it last
}

// MovesTo gives those of ids that the person hasn't and that were another
// person's until lately.
func (r *Reader) MovesTo(ctx context.Context, personID string, ids []app.Identifier) ([]MoveTo, error) {
	from, err := r.releasedBy(ctx, r.r, ids)
	if err != nil {
		return nil, err
	}
	held, err := r.HeldIdentifiers(ctx, personID)
	if err != nil {
		return nil, err
	}
	var out []MoveTo
	for i, id := range ids {
		has := slices.ContainsFunc(held, func(h HeldIdentifier) bool { return h.Same(id) })
		if from[i] != "" && from[i] != personID && !has {
			out = append(out, MoveTo{id, from[i]})
		}
	}
	return out, nil
}

// move gives a person an identifier that another one had until lately. Until the
// wait is over it names no person. Both are told.
func (t *tx) move(ctx context.Context, by app.Actor, id app.Identifier, from, to string) error {
	m := app.IdentifierMove{
		ID:      app.NewID(),
		Kind:    id.Kind,
		From:    from,
		To:      to,
		MovedAt: t.now,
		EndsAt:  t.now.Add(t.store.wait),
	}
	if err := t.exec(ctx,
		`INSERT INTO identifier_moves (id, kind, from_person, to_person, moved_at, ends_at) VALUES (?, ?, ?, ?, ?, ?)`,
		m.ID, m.Kind, m.From, m.To, m.MovedAt, m.EndsAt); err != nil {
		return err
	}
	if err := t.exec(ctx, `UPDATE identifiers SET move_id = ? WHERE kind = ? AND norm = ?`, m.ID, id.Kind,
		id.Norm); err != nil {
		return err
	}
	for _, told := range []struct {
		action, person string
		notice         app.Notice
	}{{"identifier.move_from", from, app.NoticeIdentifierLost}, {"identifier.move_to", to, app.NoticeIdentifierAdded}} {
		if err := t.ringOfIdentity(ctx, told.person, told.notice); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: told.person})
		if err := t.audit(ctx, by,
			entry{
				action: told.action,
				person: told.person,
				detail: map[string]string{"kind": string(id.Kind), "move": m.ID},
			}); err != nil {
			return err
		}
	}
	return nil
}

// settleMoves stores that moves are over whose wait has ended, a bounded number in
// a transaction.
func (s *Store) settleMoves(ctx context.Context) error {
	_, err := s.inBatches(ctx, func(t *tx) (int64, error) {
		var over []app.IdentifierMove
		if err := t.SelectContext(ctx, &over, `UPDATE identifier_moves SET ended_at = ? WHERE id IN
			(SELECT id FROM identifier_moves WHERE ended_at = 0 AND ends_at <= ? LIMIT ?) RETURNING `+moveColumns,
			t.now, t.now, erasing); err != nil {
			return 0, err
		}
		for _, m := range over {
			if err := t.audit(ctx, app.System, entry{action: "identifier.settle", person: m.To,
				detail: map[string]string{"kind": string(m.Kind), "move": m.ID}}); err != nil {
				return 0, err
			}
		}
		return int64(len(over)), nil
	})
	return err
}

const moveColumns = `id, kind, from_person, to_person, moved_at, ends_at, ended_at`

// IdentifierMoves lists the identifiers that moved since then, the newest first,
// at most limit.
func (r *Reader) IdentifierMoves(ctx context.Context, since app.Instant, limit int) ([]app.IdentifierMove, error) {
	var out []app.IdentifierMove
	err := r.r.SelectContext(ctx, &out,
		`SELECT `+moveColumns+` FROM identifier_moves WHERE moved_at > ? ORDER BY moved_at DESC, id LIMIT ?`, since,
		limit)
	return out, err
}

// HeldIdentifier is an identifier of a person's, be it that it names them or
// that its move waits.
type HeldIdentifier struct {
	app.Identifier
	From app.Instant `db:"from_time"` // from when on it names them; 0 where it does already
}

// HeldIdentifiers gives all identifiers of a person's, by kind; see Identifiers.
func (r *Reader) HeldIdentifiers(ctx context.Context, personID string) ([]HeldIdentifier, error) {
	var out []HeldIdentifier
	err := r.r.SelectContext(ctx, &out,
		`SELECT i.kind, i.value, i.norm, CASE WHEN`+settled+
			` THEN 0 ELSE (SELECT ends_at FROM identifier_moves WHERE id = i.move_id) END AS from_time
		FROM identifiers i WHERE i.person_id = ? ORDER BY i.kind, i.norm`, r.Now(), personID)
	return out, err
}

// identifierWait is how long a store's moves wait.
func (o Options) identifierWait() time.Duration {
	return cmp.Or(o.IdentifierWait, DefaultIdentifierWait)
}
