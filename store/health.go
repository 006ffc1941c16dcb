package store

import (
	"context"

	"assent/app"
)

// Undelivered counts the decisions that ACP wasn't told of yet, and gives the
// time of the oldest.
func (r *Reader) Undelivered(ctx context.Context) (n int, oldest app.Instant, err error) {
	var row struct {
		N      int         `db:"n"`
		Oldest app.Instant `db:"oldest"`
	}
	err = r.r.GetContext(ctx, &row,
		`SELECT count(*) AS n, coalesce(min(created_at), 0) AS oldest FROM jobs WHERE kind = ? AND state = 'waiting'`,
		app.JobSettle)
	return row.N, row.Oldest, err
}

// DeadJobs counts the jobs that were given up since then, by kind.
func (r *Reader) DeadJobs(ctx context.Context, since app.Instant) (map[app.JobKind]int, error) {
	var rows []struct {
		Kind app.JobKind `db:"kind"`
		N    int         `db:"n"`
	}
	if err := r.r.SelectContext(ctx, &rows,
		`SELECT kind, count(*) AS n FROM jobs WHERE kind IN (?, ?, ?) AND state = 'dead' AND ended_at >= ?
			GROUP BY kind`,
		app.JobSettle, app.JobRecognise, app.JobPush, since); err != nil {
		return nil, err
	}
	out := map[app.JobKind]int{}
	for _, row := range rows {
		out[row.Kind] = row.N
	}
	return out, nil
}

// Size is the database's size in bytes, without what is still in its log.
func (r *Reader) Size(ctx context.Context) (int64, error) { return r.engine.Size(ctx, r.r) }
