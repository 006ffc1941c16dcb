package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"assent/app"
)

// LeaseTime is how long a lease on a job or an import lasts unless it is
// renewed: what a dead process held is free again after that at the latest.
const LeaseTime = 5 * time.Second

const jobColumns = `id, kind, rank, request_id, device_id, lane, payload, attempts, lease_id, run_at, deadline`

// settleJob enqueues telling ACP what became of r, unless that is a test.
func (t *tx) settleJob(ctx context.Context, r app.Request) error {
	if r.Kind == app.KindTest {
		return nil
	}
	rank := app.RankLater
	if r.State == app.Approved || r.WithdrawnAt != 0 {
		rank = app.RankFirst
	}
	return t.addSettle(ctx, r, rank)
}

func (t *tx) addSettle(ctx context.Context, r app.Request, rank app.JobRank) error {
	j := app.Job{Kind: app.JobSettle, Rank: rank, RequestID: r.ID, Lane: r.Connection, Deadline: r.ExpiresAt}
	return t.addJob(ctx, j)
}

// pushAll enqueues a notice for each of the person's devices that can be
// pushed to, except one.
func (t *tx) pushAll(ctx context.Context, personID, except string, n app.Notice, requestID string,
	deadline app.Instant) error {
	var devices []struct {
		ID       string `db:"id"`
		Endpoint string `db:"endpoint"`
	}
	if err := t.SelectContext(ctx, &devices,
		`SELECT d.id, s.endpoint FROM devices d JOIN subscriptions s ON s.device_id = d.id AND s.ended_at = 0
		WHERE d.person_id = ? AND d.state = 'active' AND d.id <> ?`, personID, except); err != nil {
		return err
	}
	for _, d := range devices {
		if err := t.addJob(ctx,
			app.Job{
				Kind:      app.JobPush,
				RequestID: requestID,
				DeviceID:  d.ID,
				Lane:      host(d.Endpoint),
				Payload:   string(n),
				Deadline:  deadline,
			}); err != nil {
			return err
		}
	}
	return nil
}

// host is the lane of what goes to a push endpoint.
func host(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// urgent is how little time a job of the first rank has left that goes before
// those that have more, and so how long one is overtaken at most.
const urgent = time.Minute

func (t *tx) addJob(ctx context.Context, j app.Job) error {
	t.announce(app.Event{Topic: app.TopicJob})
	return t.exec(ctx,
		`INSERT INTO jobs (id, kind, rank, state, request_id, device_id, lane, payload, run_at, deadline, created_at, begin_by)
		VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?)`,
		app.NewID(), j.Kind, j.Rank, j.RequestID, j.DeviceID, j.Lane, j.Payload, t.now, j.Deadline, t.now,
		min(j.Deadline, t.now.Add(urgent)))
}

// Turn is a rank of jobs that LeaseJob looks at: those in none of the full lanes.
type Turn struct {
	Rank app.JobRank
	Full []string
}

// anyTurn is where LeaseJob looks unless it is told otherwise.
var anyTurn = []Turn{{Rank: app.RankFirst}, {Rank: app.RankLater}}

// ofRank finds the jobs of a kind that LeaseJob may take, and their order, both by
// an index that holds all that is read. Those of the first rank go as they came,
// but one whose deadline is within a minute goes before those that have longer.
var ofRank = map[app.JobRank]struct{ index, rank, order string }{
	app.RankFirst: {"jobs_first", `rank = 0`, `begin_by, id`},
	app.RankLater: {"jobs_due", `rank = 1`, `run_at, id`},
}

// of gives what follows FROM to find the jobs of a turn, due or not.
func (u Turn) of(e engine, kind app.JobKind) (from string, args []any) {
	of := ofRank[u.Rank]
	from, args = `jobs`+e.IndexedBy(of.index)+` WHERE kind = ? AND state = 'waiting' AND `+of.rank, []any{kind}
	if len(u.Full) > 0 {
		from += ` AND lane NOT IN (?` + strings.Repeat(`, ?`, len(u.Full)-1) + `)`
		for _, lane := range u.Full {
			args = append(args, lane)
		}
	}
	return from, args
}

// first is the query for the job of a turn that is to be leased next.
func (u Turn) first(e engine, kind app.JobKind, now app.Instant) (string, []any) {
	from, args := u.of(e, kind)
	return `SELECT id FROM ` + from + ` AND run_at <= ? AND lease_until <= ? ORDER BY ` + ofRank[u.Rank].order +
			` LIMIT 1`,
		append(args, now, now)
}

// LeaseJob takes a job of the given kind that is due, of the first turn that has
// one, for d or as RenewLease makes it last. No other worker gets it until then.
// Of RankFirst it is the most urgent, else the one that has been due longest.
// Without turns it is any of RankFirst, then any of RankLater. When none is due,
// ok is false and next is when to look again, zero for never.
func (s *Store) LeaseJob(ctx context.Context, kind app.JobKind, d time.Duration,
	turns ...Turn) (j app.Job, ok bool, next app.Instant, err error) {
	if len(turns) == 0 {
		turns = anyTurn
	}
	now := s.Now()
	for _, turn := range turns {
		query, args := turn.first(s.engine, kind, now)
		var due []string
		if err := s.r.SelectContext(ctx, &due, query, args...); err != nil {
			return j, false, 0, err
		}
		if len(due) > 0 {
			return s.leaseOf(ctx, turn, kind, d)
		}
	}
	for _, turn := range turns {
		from, args := turn.of(s.engine, kind)
		var at app.Instant
		if err := s.r.GetContext(ctx, &at, `SELECT coalesce(min(max(lease_until, run_at)), 0) FROM `+from,
			args...); err != nil {
			return j, false, 0, err
		}
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	return j, false, next, nil
}

// leaseOf takes the next job of a turn. Where another worker was quicker, ok is
// false and it is time to look again.
func (s *Store) leaseOf(ctx context.Context, turn Turn, kind app.JobKind,
	d time.Duration) (j app.Job, ok bool, next app.Instant, err error) {
	err = s.write(ctx, func(t *tx) error {
		query, args := turn.first(s.engine, kind, t.now)
		return t.GetContext(ctx, &j,
			`UPDATE jobs SET lease_id = ?, lease_process = ?, lease_until = ?, attempts = attempts + 1
			WHERE id = (`+query+`) RETURNING `+jobColumns,
			slices.Concat([]any{app.NewID(), s.process, t.now.Add(d)}, args)...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return j, false, s.Now(), nil
	}
	return j, err == nil, 0, err
}

// RenewLease makes the lease on a job last for d from now. Where the lease isn't
// this one any more it is app.ErrLeaseLost, and the work must stop.
func (s *Store) RenewLease(ctx context.Context, j app.Job, d time.Duration) error {
	return s.write(ctx, func(t *tx) error { return t.renewLease(ctx, j, d) })
}

func (t *tx) renewLease(ctx context.Context, j app.Job, d time.Duration) error {
	return t.swap(ctx, app.ErrLeaseLost,
		`UPDATE jobs SET lease_until = ? WHERE id = ? AND lease_id = ? AND state = 'waiting'`,
		t.now.Add(d), j.ID, j.LeaseID)
}

// JobDone removes a job that the lease still holds.
func (s *Store) JobDone(ctx context.Context, j app.Job) error {
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx, `DELETE FROM jobs WHERE id = ? AND lease_id = ?`, j.ID, j.LeaseID)
	})
}

// JobLater gives a leased job back, to be run at at.
func (s *Store) JobLater(ctx context.Context, j app.Job, at app.Instant, cause app.Cause) error {
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx,
			`UPDATE jobs SET run_at = ?, lease_id = '', lease_process = '', lease_until = 0, last_error = ? WHERE id = ?
				AND lease_id = ?`,
			at, cause, j.ID, j.LeaseID)
	})
}

// JobDead ends a leased job that can't be done; its row stays to be seen.
func (s *Store) JobDead(ctx context.Context, j app.Job, cause app.Cause) error {
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx, `UPDATE jobs SET state = 'dead', ended_at = ?, last_error = ? WHERE id = ? AND lease_id = ?`,
			t.now, cause, j.ID, j.LeaseID)
	})
}

// Outbox counts the jobs that wait and those that are dead.
func (r *Reader) Outbox(ctx context.Context) (waiting, dead int, err error) {
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	err = r.r.SelectContext(ctx, &rows, `SELECT state, count(*) AS n FROM jobs GROUP BY state`)
	for _, row := range rows {
		if row.State == "dead" {
			dead = row.N
		} else {
			waiting = row.N
		}
	}
	return waiting, dead, err
}
