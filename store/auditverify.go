package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"github.com/jmoiron/sqlx"

	"assent/app"
)

// AuditFault is what is wrong with the audit.
type AuditFault string

// The faults.
const (
	AuditAltered    AuditFault = "altered"    // the row isn't as it was written
	AuditMissing    AuditFault = "missing"    // a row that was written isn't there
	AuditReordered  AuditFault = "reordered"  // the row stands elsewhere
	AuditCut        AuditFault = "cut"        // the audit ends before the head
	AuditRewritten  AuditFault = "rewritten"  // whole in itself, but not what the head was of
	AuditCheckpoint AuditFault = "checkpoint" // the checkpoint isn't signed by the installation
)

// AuditFinding is the first fault of the audit. As an error it tells it in a sentence.
type AuditFinding struct {
	Fault AuditFault
	ID    int64       // of the row, or the first of those that are missing
	To    int64       // the last that is missing; the row where it stands, when reordered
	At    app.Instant // of the row, or where it is gone of the last one before it; 0 when there is none
}

// Error implements error.
func (f *AuditFinding) Error() string {
	row := func(id int64) string { return "row " + strconv.FormatInt(id, 10) }
	at, since := "", "from the beginning"
	if f.At != 0 {
		stamp := f.At.Time().Format("2006-01-02 15:04:05.000 UTC")
		at, since = " of "+stamp, "after "+stamp
	}
	switch f.Fault {
	case AuditAltered:
		return row(f.ID) + at + " was altered: its hash doesn't fit"
	case AuditMissing:
		if f.To > f.ID {
			return fmt.Sprintf("rows %d to %d are missing, %s", f.ID, f.To, since)
		}
		return row(f.ID) + " is missing, " + since
	case AuditReordered:
		return row(f.ID) + at + " was moved: it stands as " + row(f.To)
	case AuditCut:
		if f.ID == 0 {
			return "no row has the hash of the head: the audit was cut off before it or rewritten, or the row was dropped long ago"
		}
		return "the end was cut off: " + row(f.ID) + " of the head is missing, " + since
	case AuditRewritten:
		return row(f.ID) + at + " isn't the one of the head: the audit was rewritten at or before it"
	case AuditCheckpoint:
		return "the checkpoint behind " + row(f.ID) + at +
			" isn't signed with the installation's key: nobody vouches for what is gone before it"
	}
	return string(f.Fault)
}

// AuditReport is what verifying the audit found.
type AuditReport struct {
	Rows        int64            // that are whole, up to the end or the finding
	First, Last AuditHead        // the range of those, zero when there are none
	LastAt      app.Instant      // of the last
	Checkpoint  *AuditDropped    // where it begins, unless with the first row ever
	Head        AuditHeadVerdict // what became of the head that was asked for
	Finding     *AuditFinding    // nil when the audit is whole
}

// AuditHeadVerdict tells whether the head that was asked for is in the audit.
type AuditHeadVerdict string

// The verdicts.
const (
	HeadNotAsked AuditHeadVerdict = ""
	HeadFound    AuditHeadVerdict = "found"
	HeadDropped  AuditHeadVerdict = "dropped" // it is of a row that retention dropped
)

// AuditDropped is a checkpoint: the last of the rows that retention dropped.
type AuditDropped struct {
	ID        int64       `db:"id"`
	Hash      string      `db:"hash"`
	RowAt     app.Instant `db:"row_at"`  // of the row
	Dropped   int64       `db:"dropped"` // rows, since the checkpoint before
	At        app.Instant `db:"at"`      // when they were dropped
	Signature string      `db:"signature"`
}

// Message is what a checkpoint's signature is over: the netstrings of
// "assent-audit-checkpoint/1", id, hash, row_at, dropped and at.
func (c AuditDropped) Message() []byte {
	b := netstring(nil, "assent-audit-checkpoint/1")
	for _, s := range []string{strconv.FormatInt(c.ID, 10), c.Hash, strconv.FormatInt(int64(c.RowAt), 10),
		strconv.FormatInt(c.Dropped, 10), strconv.FormatInt(int64(c.At), 10)} {
		b = netstring(b, s)
	}
	return b
}

// signed tells whether verify takes the signature, which is kept in base64url.
func (c AuditDropped) signed(verify func(message, signature []byte) bool) bool {
	signature, err := base64.RawURLEncoding.DecodeString(c.Signature)
	return err == nil && verify(c.Message(), signature)
}

// VerifyAudit walks the audit from the newest checkpoint, or the first row, to
// its end and reports the first row that was altered, is missing or was moved.
// What it can't tell from the audit itself, an end that was cut off or a chain
// that was written anew, it finds with a head that was taken down before; a zero
// head asks for none. verify tells whether a signature is the installation's.
// It reads one state of the database, whatever is written meanwhile.
func (r *Reader) VerifyAudit(ctx context.Context, head AuditHead,
	verify func(message, signature []byte) bool) (AuditReport, error) {
	var rep AuditReport
	err := r.snapshot(ctx, func(x *sqlx.Tx) error {
		c, err := newestCheckpoint(ctx, x)
		if err != nil {
			return err
		}
		if c != nil && !c.signed(verify) {
			rep.Finding = &AuditFinding{Fault: AuditCheckpoint, ID: c.ID, At: c.RowAt}
			return nil
		}
		w := newWalk(c, head)
		err = w.run(ctx, x, 0)
		rep = w.report
		if err == nil && rep.Finding == nil && rep.Rows == 0 {
			rep.Finding, err = emptied(ctx, x, c)
		}
		if err != nil || rep.Finding != nil || head == (AuditHead{}) || rep.Head == HeadFound {
			return err
		}
		switch {
		case c != nil && head.ID != 0 && head.ID <= c.ID:
			rep.Head = HeadDropped
			if head.ID == c.ID && head.Hash != c.Hash {
				rep.Head, rep.Finding = HeadNotAsked, &AuditFinding{Fault: AuditRewritten, ID: c.ID, At: c.RowAt}
			}
		case head.ID == 0:
			var known bool
			if err := x.GetContext(ctx, &known, `SELECT EXISTS (SELECT 1 FROM audit_checkpoints WHERE hash = ?)`,
				head.Hash); err != nil {
				return err
			}
			if known {
				rep.Head = HeadDropped
			} else {
				rep.Finding = &AuditFinding{Fault: AuditCut}
			}
		default:
			rep.Finding = &AuditFinding{Fault: AuditCut, ID: head.ID, At: rep.LastAt}
		}
		return nil
	})
	return rep, err
}

// emptied finds an audit without rows that must have some: dropping writes one
// behind its checkpoint, and so does everything that a database is used for.
func emptied(ctx context.Context, x *sqlx.Tx, c *AuditDropped) (*AuditFinding, error) {
	if c != nil {
		return &AuditFinding{Fault: AuditMissing, ID: c.ID + 1, To: c.ID + 1, At: c.RowAt}, nil
	}
	var used bool
	err := x.GetContext(ctx, &used,
		`SELECT EXISTS (SELECT 1 FROM persons) OR EXISTS (SELECT 1 FROM admins) OR EXISTS (SELECT 1 FROM requests)`)
	if err != nil || !used {
		return nil, err
	}
	return &AuditFinding{Fault: AuditMissing, ID: 1, To: 1}, nil
}

// snapshot runs fn on one state of the database.
func (r *Reader) snapshot(ctx context.Context, fn func(*sqlx.Tx) error) error {
	x, err := r.r.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer x.Rollback()
	return fn(x)
}

func newestCheckpoint(ctx context.Context, q sqlx.QueryerContext) (*AuditDropped, error) {
	var c AuditDropped
	err := sqlx.GetContext(ctx, q, &c,
		`SELECT id, hash, row_at, dropped, at, signature FROM audit_checkpoints ORDER BY id DESC LIMIT 1`)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &c, err
}

// walk follows the chain.
type walk struct {
	report AuditReport
	prev   AuditHead   // the last that is whole
	prevAt app.Instant // of it
	head   AuditHead
}

func newWalk(c *AuditDropped, head AuditHead) *walk {
	w := &walk{prev: AuditHead{Hash: auditOrigin}, head: head}
	if c != nil {
		w.prev, w.prevAt, w.report.Checkpoint = AuditHead{ID: c.ID, Hash: c.Hash}, c.RowAt, c
	}
	return w
}

// run walks until the end, a fault, or the first row that isn't before the
// given time, unless that is zero.
func (w *walk) run(ctx context.Context, x *sqlx.Tx, before app.Instant) error {
	var stray []AuditFinding // rows are numbered from 1
	if err := x.SelectContext(ctx, &stray,
		`SELECT 'altered' AS fault, id, at FROM audit WHERE id < 1 ORDER BY id LIMIT 1`); err != nil {
		return err
	}
	if len(stray) > 0 {
		w.report.Finding = &stray[0]
		return nil
	}
	if err := w.leftover(ctx, x); err != nil || w.report.Finding != nil {
		return err
	}
	rows, err := x.QueryxContext(ctx, `SELECT `+auditColumns+` FROM audit WHERE id > ? ORDER BY id`, w.prev.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	var e, bad AuditEntry
	for rows.Next() {
		if err := rows.Scan(&e.ID, &e.At, &e.ActorKind, &e.ActorID, &e.Source, &e.Action, &e.PersonID, &e.DeviceID,
			&e.RequestID,
			&e.Detail, &e.PrevHash, &e.Hash); err != nil {
			return err
		}
		if before != 0 && e.At >= before {
			return nil
		}
		if w.report.Finding = w.next(e); w.report.Finding != nil {
			bad = e
			break
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || w.report.Finding == nil {
		return err
	}
	return w.moved(ctx, x, bad)
}

// leftover looks at the rows before the checkpoint. Where dropping was
// interrupted there are some, up to it without a gap; others were put there.
func (w *walk) leftover(ctx context.Context, x *sqlx.Tx) error {
	c := w.report.Checkpoint
	if c == nil {
		return nil
	}
	rows, err := x.QueryxContext(ctx, `SELECT `+auditColumns+` FROM audit WHERE id BETWEEN 1 AND ? ORDER BY id DESC`,
		c.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	var e AuditEntry
	for want := (AuditHead{ID: c.ID, Hash: c.Hash}); rows.Next(); want = (AuditHead{ID: e.ID - 1, Hash: e.PrevHash}) {
		if err := rows.StructScan(&e); err != nil {
			return err
		}
		if e.ID != want.ID || e.Hash != want.Hash || e.Sum(e.PrevHash) != e.Hash {
			w.report.Finding = &AuditFinding{Fault: AuditAltered, ID: e.ID, At: e.At}
			return nil
		}
	}
	return rows.Err()
}

// next takes the row that follows, or tells what is wrong with it.
func (w *walk) next(e AuditEntry) *AuditFinding {
	want := w.prev.ID + 1
	switch {
	case e.ID != want:
		return &AuditFinding{Fault: AuditMissing, ID: want, To: e.ID - 1, At: w.prevAt}
	case e.PrevHash != w.prev.Hash && w.report.Rows > 0 && e.Sum(e.PrevHash) == e.Hash:
		// It is whole and follows another: who altered the one before gave that a new hash.
		return &AuditFinding{Fault: AuditAltered, ID: w.prev.ID, At: w.prevAt}
	case e.PrevHash != w.prev.Hash, e.Sum(w.prev.Hash) != e.Hash:
		return &AuditFinding{Fault: AuditAltered, ID: e.ID, At: e.At}
	case e.ID == w.head.ID && e.Hash != w.head.Hash:
		return &AuditFinding{Fault: AuditRewritten, ID: e.ID, At: e.At}
	}
	if e.Hash == w.head.Hash && (w.head.ID == 0 || w.head.ID == e.ID) {
		w.report.Head = HeadFound
	}
	w.prev, w.prevAt = AuditHead{ID: e.ID, Hash: e.Hash}, e.At
	if w.report.Rows == 0 {
		w.report.First = w.prev
	}
	w.report.Last, w.report.LastAt = w.prev, e.At
	w.report.Rows++
	return nil
}

// moved looks whether the row that belongs where the chain broke stands
// elsewhere, with its own hash or without.
func (w *walk) moved(ctx context.Context, x *sqlx.Tx, bad AuditEntry) error {
	f := w.report.Finding
	if f.Fault == AuditRewritten || f.ID != w.prev.ID+1 {
		return nil
	}
	rows, err := x.QueryxContext(ctx, `SELECT `+auditColumns+` FROM audit ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var e AuditEntry
	for rows.Next() {
		if err := rows.StructScan(&e); err != nil {
			return err
		}
		at := e.ID
		e.ID = f.ID
		if sum := e.Sum(w.prev.Hash); at != f.ID && (sum == e.Hash || f.Fault == AuditAltered && sum == bad.Hash) {
			w.report.Finding = &AuditFinding{Fault: AuditReordered, ID: f.ID, To: at, At: e.At}
			return rows.Close()
		}
	}
	return rows.Err()
}
