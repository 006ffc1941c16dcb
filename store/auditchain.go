package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"assent/app"
)

// auditOrigin stands for the hash before the first row.
var auditOrigin = strings.Repeat("0", 2*sha256.Size)

// Sum is the hash that a row has behind one whose hash is prev: SHA-256, in
// lower-case hexadecimal, of the fields
//
//	"assent-audit/1", prev, id, at, actor_kind, actor_id, source,
//	action, person_id, device_id, request_id, detail
//
// each written as a netstring (https://cr.yp.to/proto/netstrings.txt: length in
// bytes, colon, bytes, comma), numbers in decimal, at in milliseconds since the
// Unix epoch. prev is the text in hexadecimal; before the first row it is 64
// zeros. No two different rows have the same encoding.
func (e AuditEntry) Sum(prev string) string {
	b := make([]byte, 0, 512)
	b = netstring(b, "assent-audit/1")
	b = netstring(b, prev)
	b = netstring(b, strconv.FormatInt(e.ID, 10))
	b = netstring(b, strconv.FormatInt(int64(e.At), 10))
	for _, s := range []string{string(e.ActorKind), e.ActorID, e.Source, e.Action, e.PersonID, e.DeviceID, e.RequestID,
		e.Detail} {
		b = netstring(b, s)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func netstring(b []byte, s string) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	b = append(b, s...)
	return append(b, ',')
}

// AuditHead names a row of the audit and, by its hash, all rows before it.
type AuditHead struct {
	ID   int64  `db:"id"` // 0 where only the hash is known
	Hash string `db:"hash"`
}

// String writes it as ID:HASH.
func (h AuditHead) String() string { return strconv.FormatInt(h.ID, 10) + ":" + h.Hash }

// ParseAuditHead reads ID:HASH, or a hash alone.
func ParseAuditHead(s string) (AuditHead, error) {
	var h AuditHead
	id, hash, both := strings.Cut(strings.TrimSpace(s), ":")
	if !both {
		id, hash = "", id
	}
	h.Hash = strings.ToLower(hash)
	if b, err := hex.DecodeString(h.Hash); err != nil || len(b) != sha256.Size {
		return h, app.ErrMalformed.Because(errors.New("a head is 64 hexadecimal digits, or a row's number, a colon and these"))
	}
	if both {
		var err error
		if h.ID, err = strconv.ParseInt(id, 10, 64); err != nil || h.ID < 1 {
			return h, app.ErrMalformed.Because(fmt.Errorf("%q before the colon is not the number of a row", id))
		}
	}
	return h, nil
}

// AuditHead gives the audit's newest row. Kept outside of the database, it
// finds later whether the rows up to it are still the same.
func (r *Reader) AuditHead(ctx context.Context) (AuditHead, error) {
	return auditEnd(ctx, r.r)
}

// auditEnd gives what the next row is to be chained to.
func auditEnd(ctx context.Context, q sqlx.QueryerContext) (AuditHead, error) {
	h := AuditHead{Hash: auditOrigin}
	err := sqlx.GetContext(ctx, q, &h, `SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1`)
	if errors.Is(err, sql.ErrNoRows) {
		err = sqlx.GetContext(ctx, q, &h, `SELECT id, hash FROM audit_checkpoints ORDER BY id DESC LIMIT 1`)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return h, err
}

// chainStep is how many rows from before the chain are chained in one
// transaction: few enough that others get to write between two.
const chainStep = 1000

const chainedAll = "all"

// chainAudit chains the rows that were written before there was a chain. It
// goes on where it was interrupted, and once done is never done again: a row
// without a hash is then a finding. Nor is it begun where there is something of
// a chain: whoever made it forget that it was done wants other rows chained.
func (s *Store) chainAudit(ctx context.Context) error {
	for done := false; !done; {
		err := s.writeAlone(ctx, func(t *tx) error {
			var at string
			err := t.GetContext(ctx, &at, `SELECT value FROM meta WHERE key = 'audit chained'`)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if at == chainedAll {
				done = true
				return nil
			}
			var begun bool
			if err := t.GetContext(ctx, &begun,
				`SELECT EXISTS (SELECT 1 FROM audit WHERE hash <> '') OR EXISTS (SELECT 1
					FROM audit_checkpoints)`); err != nil {
				return err
			}
			if at == "" && begun {
				at = chainedAll
			} else {
				last, err := strconv.ParseInt(cmp.Or(at, "0"), 10, 64)
				if err != nil {
					return err
				}
				if at, err = t.chainFrom(ctx, last); err != nil {
					return err
				}
			}
			return t.exec(ctx,
				`INSERT INTO meta (key, value) VALUES ('audit chained', ?) ON CONFLICT (key) DO UPDATE
					SET value = excluded.value`,
				at)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// chainFrom chains a step's rows behind the row last, and tells how far it is.
func (t *tx) chainFrom(ctx context.Context, last int64) (string, error) {
	prev := auditOrigin
	if last != 0 {
		if err := t.GetContext(ctx, &prev, `SELECT hash FROM audit WHERE id = ?`, last); err != nil {
			return "", err
		}
	}
	var rows []AuditEntry
	if err := t.SelectContext(ctx, &rows, `SELECT `+auditColumns+` FROM audit WHERE id > ? ORDER BY id LIMIT ?`, last,
		chainStep); err != nil {
		return "", err
	}
	for _, row := range rows {
		hash := row.Sum(prev)
		if err := t.exec(ctx, `UPDATE audit SET prev_hash = ?, hash = ? WHERE id = ?`, prev, hash, row.ID); err != nil {
			return "", err
		}
		prev, last = hash, row.ID
	}
	if len(rows) < chainStep {
		return chainedAll, nil
	}
	return strconv.FormatInt(last, 10), nil
}
