package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"assent/app"
	"assent/app/fold"
)

// LookKind is what somebody looks at. The audit's action is "look." and it.
type LookKind string

// The kinds of look.
const (
	LookPerson   LookKind = "person"
	LookAccounts LookKind = "accounts" // of a person
	LookRequest  LookKind = "request"  // its trace
	LookSearch   LookKind = "search"   // for people
	LookList     LookKind = "list"     // of people or requests
	LookAudit    LookKind = "audit"
)

// lookCounted is the action of the row that tells how often something was
// looked at in an hour that is over.
const lookCounted = "look.counted"

// Looked is one look at something that is somebody's.
type Looked struct {
	Kind      LookKind
	PersonID  string // whom it is about, if it is about one
	RequestID string
	Text      string // what was searched for: kept as a keyed hash
	Hits      string // of the search
	List      string // which list
	Refresh   bool   // an open page fetches itself again: that is no further look
}

// subject is what looks of a kind are counted together by.
func (l Looked) subject(hash string) string {
	switch l.Kind {
	case LookSearch:
		return hash
	case LookRequest:
		return l.RequestID
	case LookList:
		return l.List + ":" + l.PersonID
	}
	return l.PersonID + l.RequestID
}

// SearchHash is the keyed hash under which the audit has a search: the same for
// the same text, whatever its case, marks and spaces.
func (r *Reader) SearchHash(text string) string {
	mac := hmac.New(sha256.New, r.Secret("searches"))
	mac.Write([]byte(strings.Join(strings.Fields(fold.Text(text)), " ")))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// hourOf is the beginning of the hour of t, in UTC.
func hourOf(t app.Instant) app.Instant { return app.At(t.Time().UTC().Truncate(time.Hour)) }

// openLook is a row of looks.
type openLook struct {
	ActorKind app.ActorKind `db:"actor_kind"`
	ActorID   string        `db:"actor_id"`
	Kind      LookKind      `db:"kind"`
	Subject   string        `db:"subject"`
	PersonID  string        `db:"person_id"`
	RequestID string        `db:"request_id"`
	Hour      app.Instant   `db:"hour"`
	Count     int           `db:"count"`
}

// counted notes in an audit row's detail how often the thing was looked at in
// an hour before.
func (o openLook) counted(detail map[string]string) {
	detail["count"], detail["hour"] = strconv.Itoa(o.Count), o.Hour.Time().UTC().Format(time.RFC3339)
}

// Look records a look before what is looked at is shown: where it fails,
// nothing may be. The first of an hour is a row of the audit, further ones are
// counted, and the next row has the count.
func (s *Store) Look(ctx context.Context, by app.Actor, l Looked) error {
	detail := map[string]string{}
	hash := ""
	switch l.Kind {
	case LookSearch:
		hash = s.SearchHash(l.Text)
		detail["hash"], detail["hits"] = hash, l.Hits
	case LookList:
		detail["list"] = l.List
	}
	return s.write(ctx, func(t *tx) error {
		hour := hourOf(t.now)
		var was openLook
		err := t.GetContext(ctx, &was,
			`SELECT * FROM looks WHERE actor_kind = ? AND actor_id = ? AND kind = ? AND subject = ?`,
			by.Kind, by.ID, l.Kind, l.subject(hash))
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		case err == nil && was.Hour == hour && l.Refresh:
			return nil
		case err == nil && was.Hour == hour:
			return t.exec(ctx,
				`UPDATE looks SET count = count + 1 WHERE actor_kind = ? AND actor_id = ? AND kind = ? AND subject = ?`,
				by.Kind, by.ID, l.Kind, l.subject(hash))
		case err == nil && was.Count > 1:
			was.counted(detail)
		}
		if err := t.exec(ctx,
			`INSERT INTO looks (actor_kind, actor_id, kind, subject, person_id, request_id, hour, count)
				VALUES (?, ?, ?, ?, ?, ?, ?, 1)
			ON CONFLICT DO UPDATE SET hour = excluded.hour, count = 1`, by.Kind, by.ID, l.Kind, l.subject(hash),
			l.PersonID, l.RequestID, hour); err != nil {
			return err
		}
		return t.audit(ctx, by,
			entry{action: "look." + string(l.Kind), person: l.PersonID, request: l.RequestID, detail: detail})
	})
}

// closeLooks ends the counts of hours that are over, so that none is lost where
// no further look follows.
func (s *Store) closeLooks(ctx context.Context) error {
	_, err := s.inBatches(ctx, func(t *tx) (int64, error) {
		var over []openLook
		if err := t.SelectContext(ctx, &over, `SELECT * FROM looks WHERE hour <> ? ORDER BY hour LIMIT ?`,
			hourOf(t.now), erasing); err != nil {
			return 0, err
		}
		for _, o := range over {
			if err := t.exec(ctx,
				`DELETE FROM looks WHERE actor_kind = ? AND actor_id = ? AND kind = ? AND subject = ?`,
				o.ActorKind, o.ActorID, o.Kind, o.Subject); err != nil {
				return 0, err
			}
			if o.Count < 2 {
				continue
			}
			detail := map[string]string{"kind": string(o.Kind)}
			switch o.Kind {
			case LookSearch:
				detail["hash"] = o.Subject
			case LookList:
				detail["list"], _, _ = strings.Cut(o.Subject, ":")
			}
			o.counted(detail)
			by := app.Actor{Kind: o.ActorKind, ID: o.ActorID}
			if err := t.audit(ctx, by,
				entry{action: lookCounted, person: o.PersonID, request: o.RequestID, detail: detail}); err != nil {
				return 0, err
			}
		}
		return int64(len(over)), nil
	})
	return err
}

// LookCount is how often something was looked at in the hour that runs.
type LookCount struct {
	Kind      LookKind    `db:"kind"`
	Subject   string      `db:"subject"`
	PersonID  string      `db:"person_id"`
	RequestID string      `db:"request_id"`
	Hour      app.Instant `db:"hour"`
	Count     int         `db:"count"`
}

// OpenLooks gives the counts of an administrator that no row of the audit has yet.
func (r *Reader) OpenLooks(ctx context.Context, adminID string) ([]LookCount, error) {
	var out []LookCount
	err := r.r.SelectContext(ctx, &out,
		`SELECT kind, subject, person_id, request_id, hour, count FROM looks WHERE actor_kind = ? AND actor_id = ?`,
		app.ActorAdmin, adminID)
	return out, err
}

// ActionCounts counts an actor's rows of the audit of a time, by action.
func (r *Reader) ActionCounts(ctx context.Context, actorID string, since, until app.Instant) (map[string]int, error) {
	var rows []struct {
		Action string `db:"action"`
		N      int    `db:"n"`
	}
	if err := r.r.SelectContext(ctx, &rows,
		`SELECT action, count(*) AS n FROM audit`+r.engine.IndexedBy("audit_actor")+`
		WHERE actor_id = ? AND at >= ? AND at < ? GROUP BY action`, actorID, since, until); err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, row := range rows {
		out[row.Action] = row.N
	}
	return out, nil
}
