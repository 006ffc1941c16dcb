package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"assent/app"
)

// dropStep is how many rows are deleted in one transaction.
const dropStep = 1000

// DropAudit drops the audit's rows up to the first that isn't before the given
// time, and tells how many. A checkpoint that sign signed takes their place;
// verifying starts behind it. Checkpoint and audit row are one transaction; the
// rows go after it in steps, which the next call finishes if this one can't.
//
// Nothing is dropped that isn't whole: the checkpoint would vouch for it. Then
// the error is the *AuditFinding. sign must give the same signature for the same
// message, as Ed25519 does (RFC 8032).
func (s *Store) DropAudit(ctx context.Context, by app.Actor, before app.Instant,
	sign func(message []byte) []byte) (int64, error) {
	c, err := s.droppable(ctx, before, sign)
	if err != nil {
		return 0, err
	}
	if c.Dropped > 0 {
		if err := s.writeAlone(ctx, func(t *tx) error {
			c.At = t.now
			c.Signature = base64.RawURLEncoding.EncodeToString(sign(c.Message()))
			if err := t.exec(ctx,
				`INSERT INTO audit_checkpoints (id, hash, row_at, dropped, at, signature) VALUES (?, ?, ?, ?, ?, ?)`,
				c.ID, c.Hash, c.RowAt, c.Dropped, c.At, c.Signature); err != nil {
				return err
			}
			return t.audit(ctx, by, entry{action: "audit.drop", detail: map[string]string{
				"before":  before.Time().Format(time.RFC3339),
				"through": strconv.FormatInt(c.ID, 10),
				"rows":    strconv.FormatInt(c.Dropped, 10)}})
		}); err != nil {
			return 0, err
		}
	}
	for n := int64(1); n > 0; {
		if err := s.writeAlone(ctx, func(t *tx) error {
			n, err = t.affect(ctx, `DELETE FROM audit WHERE id <= ? AND id < ? + (SELECT min(id) FROM audit)`, c.ID,
				dropStep)
			return err
		}); err != nil {
			return c.Dropped, err
		}
	}
	return c.Dropped, nil
}

// droppable gives the checkpoint that dropping would leave, not signed yet.
// Where there is nothing to drop, its Dropped is 0 and it is the one before.
func (s *Store) droppable(ctx context.Context, before app.Instant,
	sign func([]byte) []byte) (c AuditDropped, err error) {
	err = s.snapshot(ctx, func(x *sqlx.Tx) error {
		last, err := newestCheckpoint(ctx, x)
		if err != nil {
			return err
		}
		if last != nil &&
			!last.signed(func(message, signature []byte) bool { return bytes.Equal(sign(message), signature) }) {
			return &AuditFinding{Fault: AuditCheckpoint, ID: last.ID, At: last.RowAt}
		}
		w := newWalk(last, AuditHead{})
		if before != 0 {
			if err := w.run(ctx, x, before); err != nil {
				return err
			}
		}
		if w.report.Finding != nil {
			return w.report.Finding
		}
		c = AuditDropped{ID: w.prev.ID, Hash: w.prev.Hash, RowAt: w.prevAt, Dropped: w.report.Rows}
		return nil
	})
	return c, err
}
