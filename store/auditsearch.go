package store

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

	"assent/app"
)

// AuditFilter says which rows of the audit are looked for: those that fit all
// of the fields that aren't empty.
type AuditFilter struct {
	PersonID  string
	RequestID string
	ActorID   string
	Action    string      // or its beginning: "device." finds all that happened to devices
	Since     app.Instant // not before it
	Until     app.Instant // before it
	NoLooks   bool        // leave out who looked: with a person or a request alone
}

// AuditCursor is where a page ends; the zero one is before the first.
type AuditCursor struct {
	At app.Instant
	ID int64
}

// String is the cursor as ParseAuditCursor reads it.
func (c AuditCursor) String() string {
	return strconv.FormatInt(int64(c.At), 10) + "-" + strconv.FormatInt(c.ID, 10)
}

// ParseAuditCursor reads a cursor; the empty text is the zero one.
func ParseAuditCursor(s string) (c AuditCursor, err error) {
	if s == "" {
		return c, nil
	}
	at, id, _ := strings.Cut(s, "-")
	ms, err1 := strconv.ParseInt(at, 10, 64)
	c.ID, err = strconv.ParseInt(id, 10, 64)
	if err = errors.Join(err1, err); err != nil {
		return AuditCursor{}, app.ErrMalformed.In("after").Because(err)
	}
	c.At = app.Instant(ms)
	return c, nil
}

// Cursor is the place behind e.
func (e AuditEntry) Cursor() AuditCursor { return AuditCursor{At: e.At, ID: e.ID} }

// AuditPage gives up to limit entries that fit, newest first, behind the
// cursor. Each filter goes through an index and reads no more than the page
// needs, but for an action together with a person or a request, which reads
// what there is of these.
func (r *Reader) AuditPage(ctx context.Context, f AuditFilter, after AuditCursor, limit int) ([]AuditEntry, error) {
	q, err := r.auditQuery(ctx, f, after, limit)
	if err != nil || q.text == "" {
		return nil, err
	}
	var out []AuditEntry
	err = r.r.SelectContext(ctx, &out, q.text, q.args...)
	return out, err
}

// query is a statement with its arguments.
type query struct {
	text string
	args []any
}

// auditQuery picks the index. Actions are few, rows are many: a beginning of an
// action is looked up as each of the actions that it stands for, newest rows
// first, and the answers are merged; sorting all rows of an index range by time
// would read them all for one page.
func (r *Reader) auditQuery(ctx context.Context, f AuditFilter, after AuditCursor, limit int) (query, error) {
	if after == (AuditCursor{}) {
		after.At = math.MaxInt64
		if f.Until != 0 {
			after.At = f.Until
		}
	}
	and, args := "at >= ? AND (at, id) < (?, ?)", []any{f.Since, after.At, after.ID}
	add := func(condition string, arg any) {
		and, args = and+" AND "+condition, append(args, arg)
	}
	one := func(index string) query {
		return query{`SELECT ` + auditColumns + ` FROM audit` + r.engine.IndexedBy(index) + ` WHERE ` + and +
			` ORDER BY at DESC, id DESC LIMIT ?`,
			append(args, limit)}
	}
	if f.PersonID != "" || f.RequestID != "" {
		if f.ActorID != "" {
			add("actor_id = ?", f.ActorID)
		}
		if f.Action != "" {
			add("substr(action, 1, length(?)) = ?", f.Action)
			args = append(args, f.Action)
		}
		if f.NoLooks {
			and += " AND substr(action, 1, 5) <> 'look.'"
		}
		if f.RequestID == "" {
			add("person_id = ?", f.PersonID)
			return one("audit_person"), nil
		}
		add("request_id = ?", f.RequestID)
		if f.PersonID != "" {
			add("person_id = ?", f.PersonID)
		}
		return one("audit_request"), nil
	}
	if f.ActorID == "" && f.Action == "" {
		return one("audit_at"), nil
	}
	index := "audit_action"
	if f.ActorID != "" {
		index = "audit_actor"
		add("actor_id = ?", f.ActorID)
	}
	actions, err := r.actions(ctx, f.ActorID, f.Action)
	if err != nil || len(actions) == 0 {
		return query{}, err
	}
	var q query
	for i, action := range actions {
		if i > 0 {
			q.text += ` UNION ALL `
		}
		q.text += `SELECT * FROM (SELECT ` + auditColumns + ` FROM audit` + r.engine.IndexedBy(index) + ` WHERE ` +
			and + ` AND action = ? ORDER BY at DESC, id DESC LIMIT ?)`
		q.args = append(append(q.args, args...), action, limit)
	}
	q.text += ` ORDER BY at DESC, id DESC LIMIT ?`
	q.args = append(q.args, limit)
	return q, nil
}

// actionsQuery jumps from one action to the next in the index.
func (r *Reader) actionsQuery(actor, prefix string) query {
	where, index, args := "", "audit_action", []any{prefix}
	if actor != "" {
		where, index, args = "actor_id = ? AND ", "audit_actor", []any{actor, prefix, actor}
	}
	return query{`WITH RECURSIVE found (action) AS (
			SELECT min(action) FROM audit` + r.engine.IndexedBy(index) + ` WHERE ` + where + `action >= ?
			UNION ALL
			SELECT (SELECT min(action) FROM audit` + r.engine.IndexedBy(index) + ` WHERE ` + where +
		`action > found.action) FROM found
				WHERE found.action IS NOT NULL AND substr(found.action, 1, length(?)) = ?)
		SELECT action FROM found WHERE action IS NOT NULL`, append(args, prefix, prefix)}
}

// actions gives the actions there are, of an actor where one is named, that
// begin with prefix.
func (r *Reader) actions(ctx context.Context, actor, prefix string) ([]string, error) {
	q := r.actionsQuery(actor, prefix)
	var found []string
	if err := r.r.SelectContext(ctx, &found, q.text, q.args...); err != nil {
		return nil, err
	}
	if n := len(found); n > 0 && !strings.HasPrefix(found[n-1], prefix) {
		found = found[:n-1] // where it stopped
	}
	return found, nil
}

// AuditRange gives the numbers of the first and the last row of a time, both
// inclusive, and zeros where there is none. Rows between them may be of another
// time if the clock was set back.
func (r *Reader) AuditRange(ctx context.Context, since, until app.Instant) (first, last int64, err error) {
	if until == 0 {
		until = math.MaxInt64
	}
	var ids struct {
		First int64 `db:"first"`
		Last  int64 `db:"last"`
	}
	if since == 0 && until == math.MaxInt64 {
		err = r.r.GetContext(ctx, &ids,
			`SELECT coalesce((SELECT min(id) FROM audit), 0) AS first, coalesce((SELECT max(id)
				FROM audit), 0) AS last`)
	} else {
		err = r.r.GetContext(ctx, &ids,
			`SELECT coalesce(min(id), 0) AS first, coalesce(max(id), 0) AS last FROM audit`+
				r.engine.IndexedBy("audit_at")+`
			WHERE at >= ? AND at < ?`, since, until)
	}
	return ids.First, ids.Last, err
}

// AuditRows gives up to limit rows with numbers from first to last, oldest first.
func (r *Reader) AuditRows(ctx context.Context, first, last int64, limit int) ([]AuditEntry, error) {
	var out []AuditEntry
	err := r.r.SelectContext(ctx, &out,
		`SELECT `+auditColumns+` FROM audit WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?`, first, last, limit)
	return out, err
}
