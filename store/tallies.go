package store

import (
	"context"
	"database/sql"
	"errors"

	"assent/app"
)

// PeopleCount is how many people there are, without those who were erased. It
// is kept, not counted: it costs the same among ten and among a million.
func (r *Reader) PeopleCount(ctx context.Context) (n int, err error) {
	err = r.r.GetContext(ctx, &n, peopleCount)
	return n, err
}

// WaitingCount is how many requests wait for their people. It reads as many
// entries of an index.
func (r *Reader) WaitingCount(ctx context.Context) (n int, err error) {
	now := r.Now()
	if err := r.r.GetContext(ctx, &n, waitingCount, now); err != nil {
		return 0, err
	}
	var ended int // that an ending's step hasn't come to yet
	err = r.r.GetContext(ctx, &ended, `SELECT count(*) FROM requests WHERE state = 'pending' AND expires_at > ?
		AND person_id IN (SELECT person_id FROM endings) AND EXISTS (SELECT 1`+byEnding+`)`, now)
	return max(0, n-ended), err
}

const (
	peopleCount  = `SELECT n FROM tallies WHERE name = 'people'`
	waitingCount = `SELECT count(*) FROM requests WHERE state = 'pending' AND expires_at > ?`
)

// Held is a decision that ACP wasn't told of yet, without login, scopes,
// payload, grant and receipt.
type Held struct {
	app.Request
	Next app.Instant `db:"next"` // when telling is tried again; zero where nothing tries
}

// OldestHeld gives the decision that waits the longest to be told to ACP; ok is
// false when none does.
func (r *Reader) OldestHeld(ctx context.Context) (h Held, ok bool, err error) {
	err = r.r.GetContext(ctx, &h, oldestHeld, app.JobSettle)
	if errors.Is(err, sql.ErrNoRows) {
		return h, false, nil
	}
	return h, err == nil, err
}

// The condition is worded as that of the partial index requests_undelivered.
var oldestHeld = `SELECT ` + listColumns + `, delivery_tries,
	coalesce((SELECT run_at FROM jobs WHERE request_id = requests.id AND kind = ? AND state = 'waiting'), 0) AS next
	FROM requests WHERE delivery IN ('waiting', 'unconfirmed', 'failed') AND delivery = 'waiting'
	ORDER BY created_at, id LIMIT 1`
