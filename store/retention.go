package store

import (
	"context"
	"encoding/json"
	"strconv"

	"assent/app"
)

// erasing is how many rows retention takes in one transaction, so that nobody
// waits long for the one writer.
const erasing = 500

// inBatches runs a step until it finds less than a batch, and tells how many
// rows there were.
func (s *Store) inBatches(ctx context.Context, step func(*tx) (int64, error)) (rows int64, err error) {
	for {
		var n int64
		if err := s.writeAlone(ctx, func(t *tx) (err error) {
			n, err = step(t)
			return err
		}); err != nil {
			return rows, err
		}
		if rows += n; n < erasing {
			return rows, ctx.Err()
		}
	}
}

// over is what a request must be for anything of it to be erased.
const over = `state <> 'pending' AND delivery <> 'waiting'`

// said is a request of which something is left that EraseSaid erases. It is worded
// as the index requests_to_empty.
const said = `(payload <> '' OR details <> '' OR acp_said <> '' OR login_state <> '')`

// EraseSaid erases what ACP sent and what was shown, of requests that began
// before then and are over. Receipts keep what they prove.
func (s *Store) EraseSaid(ctx context.Context, before app.Instant) (int64, error) {
	return s.inBatches(ctx, func(t *tx) (int64, error) {
		return t.affect(ctx,
			`UPDATE requests SET payload = '', details = '', user_identifier = '', login_state = '', binding_message = '', payee = '', acp_said = ''
			WHERE id IN (SELECT id FROM requests WHERE `+said+` AND created_at < ? AND `+over+` LIMIT ?)`, before,
			erasing)
	})
}

// EraseReceipts erases the proofs of approvals that began before then, with
// what was granted.
func (s *Store) EraseReceipts(ctx context.Context, before app.Instant) (int64, error) {
	return s.inBatches(ctx, func(t *tx) (int64, error) {
		return t.affect(ctx, `UPDATE requests SET receipt = '', granted = ''
			WHERE id IN (SELECT id FROM requests WHERE receipt <> '' AND created_at < ? AND `+over+` LIMIT ?)`, before,
			erasing)
	})
}

// DropRequests drops requests that began before then, are over and have no
// receipt (any more), with what was remembered of each.
func (s *Store) DropRequests(ctx context.Context, before app.Instant) (int64, error) {
	return s.inBatches(ctx, func(t *tx) (int64, error) {
		var ids []string
		if err := t.SelectContext(ctx, &ids,
			`SELECT id FROM requests WHERE receipt = '' AND created_at < ? AND `+over+` LIMIT ?`, before,
			erasing); err != nil {
			return 0, err
		}
		for _, id := range ids {
			for _, of := range []string{`DELETE FROM reports WHERE request_id = ?`,
				`DELETE FROM payments WHERE request_id = ?`,
				`DELETE FROM jobs WHERE request_id = ?`, `DELETE FROM requests WHERE id = ?`} {
				if err := t.exec(ctx, of, id); err != nil {
					return 0, err
				}
			}
		}
		return int64(len(ids)), nil
	})
}

// DropDead drops jobs that were given up before then.
func (s *Store) DropDead(ctx context.Context, before app.Instant) (int64, error) {
	return s.inBatches(ctx, func(t *tx) (int64, error) {
		return t.affect(ctx,
			`DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = 'dead' AND ended_at < ? LIMIT ?)`, before,
			erasing)
	})
}

// DropCounts drops counts of before then.
func (s *Store) DropCounts(ctx context.Context, before app.Instant) (int64, error) {
	return s.inBatches(ctx, func(t *tx) (int64, error) {
		return t.affect(ctx, `DELETE FROM counters WHERE (span, at, name, label) IN
			(SELECT span, at, name, label FROM counters WHERE span IN (?, ?) AND at < ? LIMIT ?)`,
			shortSpan.Milliseconds(), longSpan.Milliseconds(), before, erasing)
	})
}

// RetentionRun is what one run of retention did.
type RetentionRun struct {
	At     app.Instant      `json:"at"`
	Erased map[string]int64 `json:"erased"`           // rows by kind of record
	Failed []string         `json:"failed,omitempty"` // kinds that couldn't be gone through
}

const retentionKey = "retention"

// Retained records a run: for pages, and in the audit where it erased anything.
func (s *Store) Retained(ctx context.Context, by app.Actor, r RetentionRun) error {
	return s.write(ctx, func(t *tx) error {
		r.At = t.now
		b, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if err := t.exec(ctx,
			`INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
			retentionKey, string(b)); err != nil {
			return err
		}
		detail := map[string]string{}
		for kind, n := range r.Erased {
			if n > 0 {
				detail[kind] = strconv.FormatInt(n, 10)
			}
		}
		if len(detail) == 0 {
			return nil
		}
		return t.audit(ctx, by, entry{action: "setting.retention", detail: detail})
	})
}

// LastRetention gives the last run; ok is false where there was none.
func (r *Reader) LastRetention(ctx context.Context) (run RetentionRun, ok bool, err error) {
	var text string
	if err := r.r.GetContext(ctx, &text, `SELECT coalesce((SELECT value FROM meta WHERE key = ?), '')`,
		retentionKey); err != nil ||
		text == "" {
		return run, false, err
	}
	return run, true, json.Unmarshal([]byte(text), &run)
}
