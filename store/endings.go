package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"assent/app"
	"assent/app/authz"
)

// step is how many rows one transaction ends or erases where one person can be
// the cause of any number: others wait for the one writer no longer than that takes.
const step = 100

// ending is a row of endings: the fact that all pending requests of a person,
// or of one client to them, have ended. It is written with what caused it, in
// one transaction, and counts from its commit on for every reader and writer:
// see waiting and requestColumns. The requests' own rows, and what follows from
// each (audit, jobs, counters, notices taken back), are written in steps.
type ending struct {
	ID        int64            `db:"id"`
	PersonID  string           `db:"person_id"`
	OneClient bool             `db:"one_client"`
	ClientID  string           `db:"client_id"` // where it is of one client
	Payments  bool             `db:"payments"`  // it is of payments alone
	UpTo      int64            `db:"upto"`      // app.Request.Nth of the last request that it ends
	State     app.RequestState `db:"state"`     // denied or cancelled
	Reason    app.Reason       `db:"reason"`
	ActorKind app.ActorKind    `db:"actor_kind"`
	ActorID   string           `db:"actor_id"`
	Source    string           `db:"source"`
	At        app.Instant      `db:"at"`
	Erases    bool             `db:"erases"` // the person: what is kept of them goes too
	CPFs      app.Strings      `db:"cpfs"`
	PastAt    app.Instant      `db:"past_at"`
	PastID    string           `db:"past_id"`
	Tries     int              `db:"tries"`    // that failed in a row
	RetryAt   app.Instant      `db:"retry_at"` // when the next one is
}

const endingColumns = `id, person_id, one_client, client_id, payments, upto, state, reason, actor_kind, actor_id, source, at, erases, cpfs, past_at, past_id, tries, retry_at`

// paymentKinds are the kinds that pay, as a list of SQL.
var paymentKinds = `('` + strings.Join(authz.PaymentKinds(), `', '`) + `')`

// byEnding finds the ending that a pending request of the table requests fell
// under first. What had expired before it stays expired.
var byEnding = ` FROM endings e WHERE e.person_id = requests.person_id AND e.upto >= requests.nth
	AND e.at < requests.expires_at
	AND (e.one_client = 0 OR e.client_id = requests.client_id) AND (e.payments = 0 OR requests.kind IN ` +
	paymentKinds + `)`

// waiting is what a request must be to be decided, cancelled or expired: its
// row says pending, and no ending says otherwise. Time is another matter.
var waiting = `requests.state = 'pending' AND NOT EXISTS (SELECT 1` + byEnding + `)`

// Columns of a request as it stands: by its row, or by the ending whose step
// hasn't come to it yet.
var (
	endedColumn  = `CASE WHEN requests.state = 'pending' THEN coalesce((SELECT `
	elseColumn   = byEnding + ` ORDER BY e.id LIMIT 1), `
	stateNow     = endedColumn + `e.state` + elseColumn + `requests.state) ELSE requests.state END`
	reasonNow    = endedColumn + `e.reason` + elseColumn + `requests.reason) ELSE requests.reason END`
	decidedByNow = endedColumn + `CASE e.state WHEN 'denied' THEN e.actor_id ELSE '' END` + elseColumn +
		`requests.decided_by) ELSE requests.decided_by END`
	decidedAtNow = endedColumn + `e.at` + elseColumn + `requests.decided_at) ELSE requests.decided_at END`
	deliveryNow  = endedColumn + `CASE requests.kind WHEN 'test' THEN 'none' ELSE 'waiting' END` + elseColumn +
		`requests.delivery) ELSE requests.delivery END`
	standingNow = stateNow + ` AS state, ` + reasonNow + ` AS reason, ` + decidedByNow + ` AS decided_by, ` +
		decidedAtNow + ` AS decided_at, ` + deliveryNow + ` AS delivery`
)

// endAll ends a person's pending requests as e says: PersonID, State and Reason,
// and what else it is about. As many as one transaction may take are done with
// it; where more are left, the ending stays and EndMore goes on. Every request
// is compared with every ending of its person, so one that nothing is left for
// isn't written.
func (t *tx) endAll(ctx context.Context, by app.Actor, e ending) error {
	e.ActorKind, e.ActorID, e.Source, e.At = by.Kind, by.ID, by.Source, t.now
	if err := t.GetContext(ctx, &e.UpTo, `SELECT asked FROM persons WHERE id = ?`, e.PersonID); err != nil {
		return orElse(err, app.ErrUnknownPerson)
	}
	// What an earlier ending is about is that one's.
	var busy bool
	if err := t.GetContext(ctx, &busy, `SELECT EXISTS (SELECT 1 FROM endings WHERE person_id = ?)`,
		e.PersonID); err != nil {
		return err
	}
	if !busy {
		first, done := e, false
		undone, err := t.attempt(ctx, func() (err error) {
			done, err = t.proceed(ctx, &first)
			return err
		})
		switch {
		case err != nil && (!undone || ctx.Err() != nil):
			return err
		case err != nil: // what was decided stands all the same: the ending is put aside
			e.Tries, e.RetryAt = 1, t.now.Add(asideFirst)
		case done:
			return nil
		default:
			e = first
		}
	}
	if some, err := t.uncovered(ctx, e); err != nil || !some && !e.Erases {
		return err
	}
	_, err := t.NamedExecContext(ctx,
		`INSERT INTO endings (person_id, one_client, client_id, payments, upto, state, reason, actor_kind, actor_id, source, at, erases, cpfs, past_at, past_id, tries, retry_at)
		VALUES (:person_id, :one_client, :client_id, :payments, :upto, :state, :reason, :actor_kind, :actor_id, :source, :at, :erases, :cpfs, :past_at, :past_id, :tries, :retry_at)`,
		e)
	t.announce(app.Event{Topic: app.TopicEnding})
	return err
}

// uncovered tells whether a request is left for an ending that is about to be
// written: one that an earlier ending of all clients, or of the same one, doesn't
// cover. An ending of all clients counts what one of a single client covers too.
func (t *tx) uncovered(ctx context.Context, e ending) (some bool, err error) {
	of, args := t.store.pendingOf(e, []any{e.PersonID, e.At, e.OneClient, e.ClientID, e.Payments})
	err = t.GetContext(ctx, &some,
		`SELECT EXISTS (SELECT 1 FROM `+of+` AND nth > (SELECT coalesce(max(upto), -1) FROM endings
		WHERE person_id = ? AND at <= ? AND (one_client = 0 OR ? AND client_id = ?) AND (payments = 0 OR ?)))`, args...)
	return some, err
}

// pendingOf gives the rows that an ending is about, as far as they say pending,
// by the index that bounds what is read to them; more are the parameters after
// its own.
func (r *Reader) pendingOf(e ending, more []any) (string, []any) {
	of := `requests` + r.engine.IndexedBy("requests_pending") +
		` WHERE person_id = ? AND state = 'pending' AND nth <= ? AND expires_at > ?`
	args := []any{e.PersonID, e.UpTo, e.At}
	if e.OneClient {
		of, args = of+` AND client_id = ?`, append(args, e.ClientID)
	}
	if e.Payments {
		of += ` AND kind IN ` + paymentKinds
	}
	return of, append(args, more...)
}

// proceed writes as much of what follows from an ending as there is room for in
// the transaction. Where more may be left, done is false.
func (t *tx) proceed(ctx context.Context, e *ending) (done bool, err error) {
	by := app.Actor{Kind: e.ActorKind, ID: e.ActorID, Source: e.Source}
	decidedBy := ""
	if e.State == app.Denied {
		by.PersonID, decidedBy = e.PersonID, e.ActorID
	}
	if t.left <= 0 {
		return false, nil
	}
	of, args := t.store.pendingOf(*e, []any{t.left})
	var rows []app.Request
	if err := t.SelectContext(ctx, &rows,
		`UPDATE requests SET state = ?, reason = ?, decided_by = ?, decided_at = ?, delivery = `+toBeTold+`
		WHERE id IN (SELECT id FROM `+of+` LIMIT ?) RETURNING `+requestColumns,
		append([]any{e.State, e.Reason, decidedBy, e.At}, args...)...); err != nil {
		return false, err
	}
	for _, r := range rows {
		if e.State == app.Denied {
			err = errors.Join(t.ended(ctx, r), t.denied(ctx, by, r))
		} else {
			err = t.cancelled(ctx, by, r, true)
		}
		if err != nil {
			return false, err
		}
	}
	if t.left -= len(rows); t.left <= 0 {
		return false, nil
	}
	if !e.Erases {
		return true, nil
	}
	return t.erase(ctx, e)
}

// NextEnding gives the ending whose step is to be taken next: the first of a
// person that isn't put aside. A later one of the same person waits for it, for
// what falls under both is the first one's. When none is, ok is false.
func (s *Store) NextEnding(ctx context.Context) (id int64, ok bool, err error) {
	err = s.r.GetContext(ctx, &id, `SELECT id FROM endings e WHERE retry_at <= ?
		AND NOT EXISTS (SELECT 1 FROM endings o WHERE o.person_id = e.person_id AND o.id < e.id) ORDER BY id LIMIT 1`, s.Now())
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, err
}

// EndStep takes one step of an ending. One that is done by now is left.
func (s *Store) EndStep(ctx context.Context, id int64) error {
	return s.writeAlone(ctx, func(t *tx) error {
		var e ending
		err := t.GetContext(ctx, &e, `SELECT `+endingColumns+` FROM endings WHERE id = ?`, id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // another process was quicker
		}
		if err != nil {
			return err
		}
		done, err := t.proceed(ctx, &e)
		if err != nil {
			return err
		}
		if t.erased = done && e.Erases; done {
			return t.exec(ctx, `DELETE FROM endings WHERE id = ?`, e.ID)
		}
		return t.exec(ctx, `UPDATE endings SET past_at = ?, past_id = ?, tries = 0, retry_at = 0 WHERE id = ?`,
			e.PastAt, e.PastID, e.ID)
	})
}

// How long an ending is put aside whose step failed: the first, doubled with each
// failure in a row up to the second.
const (
	asideFirst = 5 * time.Second
	asideMost  = 10 * time.Minute
)

// PutEndingAside has an ending whose step failed wait, and those of the same person
// after it, so that those of other people go on.
func (s *Store) PutEndingAside(ctx context.Context, id int64) error {
	return s.write(ctx, func(t *tx) error {
		var tries int
		err := t.GetContext(ctx, &tries, `UPDATE endings SET tries = tries + 1 WHERE id = ? RETURNING tries`, id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		wait := min(asideFirst<<min(tries-1, 10), asideMost)
		return t.exec(ctx, `UPDATE endings SET retry_at = ? WHERE id = ?`, t.now.Add(wait), id)
	})
}

// FailingEndings counts the endings whose last step failed.
func (r *Reader) FailingEndings(ctx context.Context) (n int, err error) {
	err = r.r.GetContext(ctx, &n, `SELECT count(*) FROM endings WHERE tries > 0`)
	return n, err
}

// cancelPending cancels all that waits for a person and has ACP told.
func (t *tx) cancelPending(ctx context.Context, by app.Actor, personID string, reason app.Reason) error {
	return t.endAll(ctx, by, ending{PersonID: personID, State: app.Cancelled, Reason: reason})
}

// number gives a request its place among all that its person was ever asked.
func (t *tx) number(ctx context.Context, r *app.Request) error {
	return orElse(t.GetContext(ctx, &r.Nth, `UPDATE persons SET asked = asked + 1 WHERE id = ? RETURNING asked`,
		r.PersonID),
		app.ErrUnknownPerson)
}
