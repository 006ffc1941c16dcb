package store

import (
	"context"
	"encoding/json"
	"strings"

	"assent/app"
)

// entry is one row of the audit: what was done to what. References only; no
// names, messages or identifiers, which people may have erased.
type entry struct {
	action  string
	person  string
	device  string
	request string
	detail  map[string]string
}

// audit adds a row at the end of the chain. Nobody else can between reading the
// end and writing behind it: a write transaction is the only one from its start.
func (t *tx) audit(ctx context.Context, by app.Actor, e entry) error {
	row, err := t.chain(ctx, by, e)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO audit (`+auditColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, row.ID,
		row.At, row.ActorKind, row.ActorID, row.Source, row.Action,
		row.PersonID, row.DeviceID, row.RequestID, row.Detail, row.PrevHash, row.Hash)
}

// auditAll is audit for many rows, as one statement.
func (t *tx) auditAll(ctx context.Context, by app.Actor, entries []entry) error {
	list := make([][]any, len(entries))
	for i, e := range entries {
		row, err := t.chain(ctx, by, e)
		if err != nil {
			return err
		}
		list[i] = []any{row.ID, row.At, row.ActorKind, row.ActorID, row.Source, row.Action,
			row.PersonID, row.DeviceID, row.RequestID, row.Detail, row.PrevHash, row.Hash}
	}
	return t.insertAll(ctx, "audit", strings.Split(auditColumns, ", "), list, "")
}

// chain makes the row that comes next; it must be written then.
func (t *tx) chain(ctx context.Context, by app.Actor, e entry) (AuditEntry, error) {
	detail := ""
	if len(e.detail) > 0 {
		b, err := json.Marshal(e.detail)
		if err != nil {
			return AuditEntry{}, err
		}
		detail = string(b)
	}
	if t.end == nil {
		end, err := auditEnd(ctx, t)
		if err != nil {
			return AuditEntry{}, err
		}
		t.end = &end
	}
	row := AuditEntry{
		ID:        t.end.ID + 1,
		At:        t.now,
		ActorKind: by.Kind,
		ActorID:   by.ID,
		Source:    by.Source,
		Action:    e.action,
		PersonID:  e.person,
		DeviceID:  e.device,
		RequestID: e.request,
		Detail:    detail,
		PrevHash:  t.end.Hash,
	}
	row.Hash = row.Sum(row.PrevHash)
	t.end = &AuditHead{ID: row.ID, Hash: row.Hash}
	return row, nil
}

// Refused records a refusal that changed nothing else.
func (s *Store) Refused(ctx context.Context, by app.Actor, action string, detail map[string]string) error {
	return s.write(ctx, func(t *tx) error {
		return t.audit(ctx, by, entry{action: action, detail: detail})
	})
}

// Exported records that what is kept of a request left the service.
func (s *Store) Exported(ctx context.Context, by app.Actor, action string, r app.Request) error {
	return s.write(ctx, func(t *tx) error {
		return t.audit(ctx, by, entry{action: action, person: r.PersonID, request: r.ID})
	})
}

// AuditExported records that the audit itself, or a part of it, left the service.
func (s *Store) AuditExported(ctx context.Context, by app.Actor, detail map[string]string) error {
	return s.write(ctx, func(t *tx) error {
		return t.audit(ctx, by, entry{action: "audit.export", detail: detail})
	})
}

const auditColumns = `id, at, actor_kind, actor_id, source, action, person_id, device_id, request_id, detail, prev_hash, hash`

// AuditEntry is a row of the audit as it is read.
type AuditEntry struct {
	ID        int64         `db:"id"`
	At        app.Instant   `db:"at"`
	ActorKind app.ActorKind `db:"actor_kind"`
	ActorID   string        `db:"actor_id"`
	Source    string        `db:"source"`
	Action    string        `db:"action"`
	PersonID  string        `db:"person_id"`
	DeviceID  string        `db:"device_id"`
	RequestID string        `db:"request_id"`
	Detail    string        `db:"detail"`    // a JSON object of texts, or empty
	PrevHash  string        `db:"prev_hash"` // of the row before
	Hash      string        `db:"hash"`      // Sum(PrevHash)
}

// AuditOfRequest gives a request's trace, oldest first, without who looked at it.
func (r *Reader) AuditOfRequest(ctx context.Context, id string) ([]AuditEntry, error) {
	var out []AuditEntry
	err := r.r.SelectContext(ctx, &out,
		`SELECT `+auditColumns+` FROM audit WHERE request_id = ? AND substr(action, 1, 5) <> 'look.' ORDER BY id`, id)
	return out, err
}

// AuditOf gives the newest entries of one action, newest first.
func (r *Reader) AuditOf(ctx context.Context, action string, limit int) ([]AuditEntry, error) {
	var out []AuditEntry
	err := r.r.SelectContext(ctx, &out,
		`SELECT `+auditColumns+` FROM audit WHERE action = ? ORDER BY at DESC, id DESC LIMIT ?`, action, limit)
	return out, err
}
