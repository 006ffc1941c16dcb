package store

import (
	"context"
	"encoding/json"

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

func (t *tx) audit(ctx context.Context, by app.Actor, e entry) error {
	detail := ""
	if len(e.detail) > 0 {
		b, err := json.Marshal(e.detail)
		if err != nil {
			return err
		}
		detail = string(b)
	}
	return t.exec(ctx, `INSERT INTO audit (at, actor_kind, actor_id, source, action, person_id, device_id, request_id, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.now, by.Kind, by.ID, by.Source, e.action, e.person, e.device, e.request, detail)
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
	Detail    string        `db:"detail"`
}

// AuditOfRequest gives a request's trace, oldest first.
func (r *Reader) AuditOfRequest(ctx context.Context, id string) ([]AuditEntry, error) {
	var out []AuditEntry
	err := r.r.SelectContext(ctx, &out, `SELECT id, at, actor_kind, actor_id, source, action, person_id, device_id, request_id, detail
		FROM audit WHERE request_id = ? ORDER BY id`, id)
	return out, err
}

// AuditOf gives the newest entries of one action, newest first.
func (r *Reader) AuditOf(ctx context.Context, action string, limit int) ([]AuditEntry, error) {
	var out []AuditEntry
	err := r.r.SelectContext(ctx, &out, `SELECT id, at, actor_kind, actor_id, source, action, person_id, device_id, request_id, detail
		FROM audit WHERE action = ? ORDER BY id DESC LIMIT ?`, action, limit)
	return out, err
}
