package store

import (
	"context"
	"strings"

	"assent/app"
)

// Step is how many rows a transaction ends or erases.
const Step = step

// ReadOnlyProbe tries to write through the read pool.
func ReadOnlyProbe(s *Store) error {
	_, err := s.r.Exec(`INSERT INTO meta (key, value) VALUES ('probe', '')`)
	return err
}

// BrowserHash is what recognises a device's browser.
func BrowserHash(s *Store, deviceID string) (hash string) {
	if err := s.r.Get(&hash, `SELECT browser_hash FROM devices WHERE id = ?`, deviceID); err != nil {
		panic(err)
	}
	return hash
}

// OpenCodes counts a person's activation codes that can be tried.
func OpenCodes(s *Store, personID string) (n int) {
	if err := s.r.Get(&n, `SELECT count(*) FROM activation_codes c JOIN invitations i ON i.id = c.invitation_id
		WHERE i.person_id = ? AND c.used_at = 0 AND c.ended_at = 0 AND c.expires_at > ?`, personID,
		s.Now()); err != nil {
		panic(err)
	}
	return n
}

// AuditPlan is how SQLite means to answer the queries behind AuditPage.
func AuditPlan(ctx context.Context, r *Reader, f AuditFilter, after AuditCursor) ([]string, error) {
	q, err := r.auditQuery(ctx, f, after, 10)
	if err != nil {
		return nil, err
	}
	var plan []string
	for _, q := range []query{q, r.actionsQuery(f.ActorID, f.Action)} {
		if q.text == "" {
			continue // there is no such action
		}
		rows, err := r.r.QueryxContext(ctx, `EXPLAIN QUERY PLAN `+q.text, q.args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				return nil, err
			}
			plan = append(plan, detail)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

// AuditMany writes n rows of the audit in one transaction.
func AuditMany(ctx context.Context, s *Store, n int) error {
	return s.write(ctx, func(t *tx) error {
		for range n {
			if err := t.audit(ctx, app.System,
				entry{
					action:  "delivery.try",
					person:  app.NewID(),
					request: app.NewID(),
					detail:  map[string]string{"cause": "http_503"},
				}); err != nil {
				return err
			}
		}
		return nil
	})
}

// PeoplePlan is how SQLite means to walk through the people of FindPeople.
func PeoplePlan(ctx context.Context, r *Reader, text string, which Which) ([]string, error) {
	query, args := peopleQuery(text, which, place{Sort: "m", ID: "m", Word: "m"}, r.Now(), 10)
	return plan(ctx, r, query, args)
}

func plan(ctx context.Context, r *Reader, query string, args map[string]any) ([]string, error) {
	stmt, err := r.r.PrepareNamedContext(ctx, `EXPLAIN QUERY PLAN `+query)
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	var rows []struct {
		ID, Parent, Notused int
		Detail              string
	}
	if err := stmt.SelectContext(ctx, &rows, args); err != nil {
		return nil, err
	}
	var plan []string
	for _, row := range rows {
		if row.Parent == 0 { // not of what is looked up for each row
			plan = append(plan, row.Detail)
		}
	}
	return plan, nil
}

// RequestsPlan is how SQLite means to walk through the rows of Requests.
func RequestsPlan(ctx context.Context, r *Reader, f RequestFilter) ([]string, error) {
	query, args := requestsQuery(f, place{}, 10)
	return plan(ctx, r, query, args)
}

// TallyPlans are how SQLite means to count what waits, and to find the decision
// that waits the longest to be told.
func TallyPlans(ctx context.Context, r *Reader) (waiting, held []string, err error) {
	query := func(text string) string { return strings.ReplaceAll(text, "?", ":x") }
	if waiting, err = plan(ctx, r, query(waitingCount), map[string]any{"x": 0}); err != nil {
		return nil, nil, err
	}
	held, err = plan(ctx, r, query(oldestHeld), map[string]any{"x": ""})
	return waiting, held, err
}

// AddCrowd adds n people, a few thousand in a transaction.
func AddCrowd(ctx context.Context, s *Store, n int, of func(i int) (string, app.Identifier)) error {
	const batch = 5000
	for from := 0; from < n; from += batch {
		err := s.write(ctx, func(t *tx) error {
			if err := t.countPeople(ctx, min(batch, n-from)); err != nil {
				return err
			}
			for i := from; i < min(from+batch, n); i++ {
				name, id := of(i)
				person := app.NewID()
				if err := t.exec(ctx, `INSERT INTO persons (id, name, state, created_at) VALUES (?, ?, 'active', ?)`,
					person, name, t.now); err != nil {
					return err
				}
				if err := t.indexName(ctx, person, name); err != nil {
					return err
				}
				if err := t.exec(ctx, `INSERT INTO identifiers (kind, norm, value, person_id) VALUES (?, ?, ?, ?)`,
					id.Kind, id.Norm, id.Value, person); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Middle is the place of somebody in the middle of the list of everybody.
func Middle(ctx context.Context, r *Reader) (string, error) {
	var p struct{ Sort, ID string }
	err := r.r.GetContext(ctx, &p,
		`SELECT sort, id FROM persons ORDER BY sort, id LIMIT 1 OFFSET (SELECT count(*) / 2 FROM persons)`)
	return place{Sort: p.Sort, ID: p.ID}.String(), err
}

// Notices counts the notices that wait to be sent of a request.
func Notices(s *Store, requestID string) (n int) {
	if err := s.r.Get(&n, `SELECT count(*) FROM jobs WHERE request_id = ? AND kind = ? AND payload = ?`, requestID,
		app.JobPush, app.NoticeRequest); err != nil {
		panic(err)
	}
	return n
}

// ReleasedHashes are by what released identifiers are remembered.
func ReleasedHashes(s *Store) (out []string) {
	if err := s.r.Select(&out, `SELECT hash FROM released_identifiers`); err != nil {
		panic(err)
	}
	return out
}

// ParallelPlan is how SQLite means to answer Parallel.
func ParallelPlan(ctx context.Context, r *Reader) ([]string, error) {
	var rows []struct {
		ID, Parent, Notused int
		Detail              string
	}
	err := r.r.SelectContext(ctx, &rows, `EXPLAIN QUERY PLAN `+parallelQuery, "[]", endedWithin.Milliseconds())
	var plan []string
	for _, row := range rows {
		plan = append(plan, row.Detail)
	}
	return plan, err
}

// LeasePlan is how SQLite means to find the job that LeaseJob takes next.
func LeasePlan(ctx context.Context, r *Reader, turn Turn) (out []string, err error) {
	query, args := turn.first(r.engine, app.JobSettle, r.Now())
	var rows []struct {
		ID, Parent, Notused int
		Detail              string
	}
	err = r.r.SelectContext(ctx, &rows, `EXPLAIN QUERY PLAN `+query, args...)
	for _, row := range rows {
		out = append(out, row.Detail)
	}
	return out, err
}

// EmptyPlan is how SQLite means to find what EraseSaid erases.
func EmptyPlan(ctx context.Context, r *Reader) ([]string, error) {
	query := `SELECT id FROM requests WHERE ` + said + ` AND created_at < :x AND ` + over + ` LIMIT :x`
	return plan(ctx, r, query, map[string]any{"x": 1})
}

// Change is what a test does with a write transaction.
type Change struct {
	t   *tx
	ctx context.Context
}

// Exec runs a statement.
func (c Change) Exec(query string, args ...any) error { return c.t.exec(c.ctx, query, args...) }

// Audit writes a row of the audit.
func (c Change) Audit(action string) error {
	return c.t.audit(c.ctx, app.System, entry{action: action})
}

// Announce announces an event.
func (c Change) Announce(e app.Event) { c.t.announce(e) }

// Commit names the commit that the change shares.
func (c Change) Commit() any { return c.t.x }

// Write makes a change.
func Write(ctx context.Context, s *Store, fn func(Change) error) error {
	return s.write(ctx, func(t *tx) error { return fn(Change{t, ctx}) })
}

// WriteAlone makes a change that shares no commit.
func WriteAlone(ctx context.Context, s *Store, fn func(Change) error) error {
	return s.writeAlone(ctx, func(t *tx) error { return fn(Change{t, ctx}) })
}

// WaitingChanges counts the changes that have not begun.
func WaitingChanges(s *Store) int {
	s.turns.mu.Lock()
	defer s.turns.mu.Unlock()
	return len(s.turns.waiting)
}

// InMeta tells whether meta has a row of that key.
func InMeta(s *Store, key string) (yes bool) {
	if err := s.r.Get(&yes, `SELECT EXISTS (SELECT 1 FROM meta WHERE key = ?)`, key); err != nil {
		panic(err)
	}
	return yes
}
