package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"assent/app"
)

// RequestFilter narrows a list of everybody's requests. Empty members let all in.
type RequestFilter struct {
	State     app.RequestState
	Delivery  app.DeliveryState // waiting, unconfirmed or failed
	ClientID  string
	PersonID  string
	Ref       string // as people quote it
	Withdrawn bool   // approvals that were withdrawn
	InDoubt   bool   // what ACP holds, or may hold, against how the request ended, as far as it isn't dealt with
}

// Requests lists requests, newest first, at most limit. after is what the page
// before gave as next, or empty; next is empty after the last page. The
// requests are without login, scopes, payload, grant and receipt.
func (r *Reader) Requests(ctx context.Context, f RequestFilter, after string,
	limit int) (rows []app.Request, next string, err error) {
	from, err := placeOf(after)
	if err != nil {
		return nil, "", err
	}
	query, args := requestsQuery(f, from, limit+1)
	ending, err := r.Ending(ctx)
	if err != nil {
		return nil, "", err
	}
	if ending && f.endsAtOnce() {
		query = withEnded(query, f)
	}
	query, list, err := r.r.BindNamed(query, args)
	if err != nil {
		return nil, "", err
	}
	if err := r.r.SelectContext(ctx, &rows, query, list...); err != nil || len(rows) <= limit {
		return rows, "", err
	}
	last := rows[limit-1]
	return rows[:limit], place{At: last.CreatedAt, ID: last.ID}.String(), nil
}

func requestsQuery(f RequestFilter, from place, limit int) (string, map[string]any) {
	if from.ID == "" {
		from.At = app.At(time.Unix(1<<40, 0))
	}
	query := `SELECT ` + listColumns + ` FROM requests WHERE (created_at, id) < (:at, :id)`
	args := map[string]any{
		"at":       from.At,
		"id":       from.ID,
		"state":    f.State,
		"delivery": f.Delivery,
		"client":   f.ClientID,
		"person":   f.PersonID,
		"ref":      strings.ToUpper(strings.TrimSpace(f.Ref)),
		"limit":    limit,
	}
	if f.State == app.Pending {
		query += ` AND ` + waiting
	}
	if f.Delivery != "" {
		query += ` AND delivery IN ('waiting', 'unconfirmed', 'failed') AND delivery = :delivery`
	}
	if f.InDoubt {
		query += ` AND ` + inDoubt
	}
	for _, c := range []struct {
		on        bool
		condition string
	}{{f.State != "", "state = :state"}, {f.State == app.Cancelled && !f.Withdrawn, "withdrawn_at = 0"},
		{f.Withdrawn, "state = 'cancelled' AND withdrawn_at > 0"}, {f.ClientID != "", "client_id = :client"},
		{f.PersonID != "", "person_id = :person"}, {f.Ref != "", "ref = :ref"}} {
		if c.on {
			query += ` AND ` + c.condition
		}
	}
	return query + ` ORDER BY created_at DESC, id DESC LIMIT :limit`, args
}

// endsAtOnce tells whether a list may have requests that ended at once and whose
// rows don't say so yet.
func (f RequestFilter) endsAtOnce() bool {
	return !f.Withdrawn && !f.InDoubt &&
		(f.State == app.Denied || f.State == app.Cancelled || f.State == "" && f.Delivery == app.DeliveryWaiting) &&
		(f.Delivery == "" || f.Delivery == app.DeliveryWaiting)
}

// withEnded adds to a list the requests that an ending covers and whose rows
// still say pending. They are a query of their own, so that each keeps to its
// index and reads no more than a page.
func withEnded(query string, f RequestFilter) string {
	ended := `SELECT ` + listColumns +
		` FROM requests WHERE (created_at, id) < (:at, :id) AND requests.state = 'pending'
		AND person_id IN (SELECT person_id FROM endings) AND (:state = '' AND ` + stateNow + ` <> 'pending' OR ` +
		stateNow + ` = :state)`
	for _, c := range []struct {
		on        bool
		condition string
	}{
		{f.Delivery != "", deliveryNow + " = :delivery"},
		{f.ClientID != "", "client_id = :client"},
		{f.PersonID != "", "person_id = :person"},
		{f.Ref != "", "ref = :ref"},
	} {
		if c.on {
			ended += ` AND ` + c.condition
		}
	}
	return `SELECT * FROM (` + query + `) UNION ALL SELECT * FROM (` + ended +
		` ORDER BY created_at DESC, id DESC LIMIT :limit)
		ORDER BY created_at DESC, id DESC LIMIT :limit`
}

// Ending tells whether requests that ended at once are still being written down
// one by one: counts and traces follow.
func (r *Reader) Ending(ctx context.Context) (yes bool, err error) {
	err = r.r.GetContext(ctx, &yes, `SELECT EXISTS (SELECT 1 FROM endings)`)
	return yes, err
}

// EndedAtOnce tells whether an ending covers a request whose row doesn't say so yet.
func (r *Reader) EndedAtOnce(ctx context.Context, id string) (yes bool, err error) {
	err = r.r.GetContext(ctx, &yes,
		`SELECT EXISTS (SELECT 1 FROM requests WHERE id = ? AND requests.state = 'pending' AND `+stateNow+
			` <> 'pending')`,
		id)
	return yes, err
}

// retryFor is how long a delivery that an administrator retries is tried, and a
// withdrawal, at least.
const retryFor = 10 * time.Minute

// RetryDelivery has a delivery that failed tried again, unless what was granted
// or the login's state has been erased since, or ACP holds the opposite. A withdrawal goes on as one.
func (s *Store) RetryDelivery(ctx context.Context, by app.Actor, id string) error {
	return s.write(ctx, func(t *tx) error {
		var r app.Request
		err := t.GetContext(ctx, &r, `UPDATE requests SET delivery = 'waiting', delivery_cause = '', resolved_at = 0
			WHERE id = ? AND delivery = 'failed' AND acp_approved = 0 AND (state <> 'approved' OR granted <> '')
			AND (login_state <> '' OR payload <> '') RETURNING `+requestColumns, id)
		if err != nil {
			return orElse(err, app.ErrNotFailed)
		}
		if err := t.settleAgain(ctx, r); err != nil {
			return err
		}
		t.changed(r)
		return t.audit(ctx, by, entry{action: "delivery.retry", person: r.PersonID, request: id})
	})
}

// testsAnHour is how many tests one administrator may send within an hour.
const testsAnHour = 10

// mayTest refuses a test while another waits on the device (app.ErrTestOpen), and
// where by has sent testsAnHour within the last hour (app.ErrManyTests): tests ring.
func (t *tx) mayTest(ctx context.Context, by app.Actor, d app.Device) error {
	var open bool
	if err := t.GetContext(ctx, &open,
		`SELECT EXISTS (SELECT 1 FROM requests JOIN audit ON audit.request_id = requests.id
		WHERE requests.person_id = ? AND requests.kind = ? AND requests.expires_at > ? AND `+waiting+`
		AND audit.action = 'request.test' AND audit.device_id = ?)`, d.PersonID, app.KindTest, t.now,
		d.ID); err != nil {
		return err
	}
	if open {
		return app.ErrTestOpen
	}
	var counted app.Instant // when the oldest of the last testsAnHour was sent
	err := t.GetContext(ctx, &counted, `SELECT at FROM audit`+t.store.engine.IndexedBy("audit_actor")+`
		WHERE actor_id = ? AND action = 'request.test' AND at > ? AND at <= ? ORDER BY at DESC LIMIT 1 OFFSET ?`,
		by.ID, t.now.Add(-time.Hour), t.now, testsAnHour-1)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return app.ErrManyTests.After(counted.Add(time.Hour).Sub(t.now))
}

// StartTest stores a request that is only a test: it goes to one device of the
// person, and nobody outside hears of it. A device has one open test at a time
// (app.ErrTestOpen), and by sends testsAnHour within an hour (app.ErrManyTests).
func (s *Store) StartTest(ctx context.Context, by app.Actor, deviceID, clientName string,
	lives time.Duration) (app.Request, error) {
	var r app.Request
	err := s.write(ctx, func(t *tx) error {
		d, err := t.device(ctx, deviceID)
		if err != nil {
			return err
		}
		if d.State != app.DeviceActive {
			return app.ErrUnknownDevice
		}
		if err := t.active(ctx, d.PersonID); err != nil {
			return err
		}
		if err := t.mayTest(ctx, by, d); err != nil {
			return err
		}
		r = app.Request{
			ID:         app.NewID(),
			Ref:        app.NewRef(),
			LoginState: app.NewID(),
			PersonID:   d.PersonID,
			Kind:       app.KindTest,
			ClientName: clientName,
			State:      app.Pending,
			Delivery:   app.DeliveryNone,
			CreatedAt:  t.now,
			ExpiresAt:  t.now.Add(lives),
			Payload:    "{}",
		}
		r.LoginID = r.ID
		if err := t.insertRequest(ctx, &r); err != nil {
			return err
		}
		var endpoints []string
		if err := t.SelectContext(ctx, &endpoints,
			`SELECT endpoint FROM subscriptions WHERE device_id = ? AND ended_at = 0`, deviceID); err != nil {
			return err
		}
		for _, e := range endpoints {
			if err := t.addJob(ctx,
				app.Job{
					Kind:      app.JobPush,
					RequestID: r.ID,
					DeviceID:  deviceID,
					Lane:      host(e),
					Payload:   string(app.NoticeRequest),
					Deadline:  r.ExpiresAt,
				}); err != nil {
				return err
			}
		}
		t.changed(r)
		return t.audit(ctx, by, entry{action: "request.test", person: d.PersonID, device: deviceID, request: r.ID})
	})
	return r, err
}
