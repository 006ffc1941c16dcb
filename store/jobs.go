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

const jobColumns = `id, kind, request_id, device_id, lane, payload, attempts, lease_id, run_at, deadline`

// settleJob enqueues telling ACP what became of r, unless that is a test.
func (t *tx) settleJob(ctx context.Context, r app.Request) error {
	if r.Kind == app.KindTest {
		return nil
	}
	return t.addJob(ctx, app.Job{Kind: app.JobSettle, RequestID: r.ID, Lane: r.Connection, Deadline: r.ExpiresAt})
}

// pushAll enqueues a notice for each of the person's devices that can be
// pushed to, except one.
func (t *tx) pushAll(ctx context.Context, personID, except string, n app.Notice, requestID string, deadline app.Instant) error {
	var devices []struct {
		ID       string `db:"id"`
		Endpoint string `db:"endpoint"`
	}
	if err := t.SelectContext(ctx, &devices, `SELECT d.id, s.endpoint FROM devices d JOIN subscriptions s ON s.device_id = d.id AND s.ended_at = 0
		WHERE d.person_id = ? AND d.state = 'active' AND d.id <> ?`, personID, except); err != nil {
		return err
	}
	for _, d := range devices {
		if err := t.addJob(ctx, app.Job{Kind: app.JobPush, RequestID: requestID, DeviceID: d.ID, Lane: host(d.Endpoint), Payload: string(n), Deadline: deadline}); err != nil {
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

func (t *tx) addJob(ctx context.Context, j app.Job) error {
	t.announce(app.Event{Topic: app.TopicJob})
	return t.exec(ctx, `INSERT INTO jobs (id, kind, state, request_id, device_id, lane, payload, run_at, deadline, created_at)
		VALUES (?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?)`, app.NewID(), j.Kind, j.RequestID, j.DeviceID, j.Lane, j.Payload, t.now, j.Deadline, t.now)
}

// LeaseJob takes the job that has been due longest of the given kind, in none
// of the full lanes, for d or as RenewLease makes it last. Nobody else gets it until then. When none is due,
// ok is false and next is when to look again, zero for never.
func (s *Store) LeaseJob(ctx context.Context, kind app.JobKind, d time.Duration, full ...string) (j app.Job, ok bool, next app.Instant, err error) {
	of := `kind = ? AND state = 'waiting'`
	args := []any{kind}
	if len(full) > 0 {
		of += ` AND lane NOT IN (?` + strings.Repeat(`, ?`, len(full)-1) + `)`
		for _, lane := range full {
			args = append(args, lane)
		}
	}
	first := `SELECT id FROM jobs WHERE ` + of + ` AND run_at <= ? AND lease_until <= ? ORDER BY run_at, id LIMIT 1`
	var due []string
	now := s.Now()
	if err := s.r.SelectContext(ctx, &due, first, slices.Concat(args, []any{now, now})...); err != nil {
		return j, false, 0, err
	}
	if len(due) == 0 {
		err := s.r.GetContext(ctx, &next, `SELECT coalesce(min(CASE WHEN lease_until > run_at THEN lease_until ELSE run_at END), 0)
			FROM jobs WHERE `+of, args...)
		return j, false, next, err
	}
	err = s.write(ctx, func(t *tx) error {
		return t.GetContext(ctx, &j, `UPDATE jobs SET lease_id = ?, lease_process = ?, lease_until = ?, attempts = attempts + 1
			WHERE id = (`+first+`) RETURNING `+jobColumns, slices.Concat([]any{app.NewID(), s.process, t.now.Add(d)}, args, []any{t.now, t.now})...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return j, false, now, nil
	}
	return j, err == nil, 0, err
}

// RenewLease makes the lease on a job last for d from now. Where the lease isn't
// this one any more it is app.ErrLeaseLost, and the work must stop.
func (s *Store) RenewLease(ctx context.Context, j app.Job, d time.Duration) error {
	return s.write(ctx, func(t *tx) error { return t.renewLease(ctx, j, d) })
}

func (t *tx) renewLease(ctx context.Context, j app.Job, d time.Duration) error {
	return t.swap(ctx, app.ErrLeaseLost, `UPDATE jobs SET lease_until = ? WHERE id = ? AND lease_id = ? AND state = 'waiting'`,
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
		return t.exec(ctx, `UPDATE jobs SET run_at = ?, lease_id = '', lease_process = '', lease_until = 0, last_error = ? WHERE id = ? AND lease_id = ?`, at, cause, j.ID, j.LeaseID)
	})
}

// JobDead ends a leased job that can't be done; its row stays to be seen.
func (s *Store) JobDead(ctx context.Context, j app.Job, cause app.Cause) error {
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx, `UPDATE jobs SET state = 'dead', ended_at = ?, last_error = ? WHERE id = ? AND lease_id = ?`, t.now, cause, j.ID, j.LeaseID)
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
