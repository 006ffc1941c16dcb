package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"assent/app"
	"assent/app/authz"
	"assent/app/fold"
)

var requestColumns = `id, ref, connection, tenant_id, server_id, login_id, login_state, user_identifier, person_id, kind,
	client_id, client_name, binding_message, scopes, acr, payload, quiet_cause, notice_pool, details, details_digest, granted,
	receipt, created_at, expires_at, opened_at, delivery_cause, delivery_tries,
	delivery_unsure, delivered_at, consent_id, payee, acp_said, withdrawn_at, acp_approved, resolved_at, ` + standingNow

// listColumns are those of which pages make their lists: not what support, ACP
// or a proof needs, which is most of a row's size.
var listColumns = `id, ref, connection, server_id, person_id, kind, client_id, client_name, binding_message, quiet_cause,
	details, details_digest, created_at, expires_at, opened_at, delivery_cause, delivery_unsure, consent_id, payee,
	withdrawn_at, acp_approved, resolved_at, ` + standingNow

// StartRequest stores a request and the notices that follow from it, once for
// each (tenant, login). The same again gives the stored one and fresh false;
// another user or state for that login is app.ErrLoginConflict. A request that
// arrives cancelled is stored so, and rejected at ACP when reject is true.
func (s *Store) StartRequest(ctx context.Context, by app.Actor, in app.Request, limit Fatigue,
	reject bool) (req app.Request, fresh bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		fresh = false
		err := t.GetContext(ctx, &req, `SELECT `+requestColumns+` FROM requests WHERE tenant_id = ? AND login_id = ?`,
			in.TenantID, in.LoginID)
		if err == nil {
			return app.SameLogin(req, in)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		req, fresh = in, true
		req.ID, req.Ref, req.CreatedAt, req.Delivery = app.NewID(), app.NewRef(), t.now, app.DeliveryNone
		if req.State == app.Pending { // the person was looked up before this transaction
			switch p, err := t.living(ctx, req.PersonID); {
			case err != nil:
				return err
			case p.State != app.PersonActive:
				req.State, req.Reason = app.Cancelled, app.ReasonSuspended
			case p.Pauses(authz.Kind(req.Kind).Pays()):
				req.State, req.Reason = app.Cancelled, app.ReasonPaused
			}
		}
		if req.State == app.Cancelled {
			req.DecidedAt = t.now
		}
		if err := t.limitNotice(ctx, &req, limit); err != nil {
			return err
		}
		if req.State == app.Cancelled && reject {
			req.Delivery = app.DeliveryWaiting
		}
		if err := t.insertRequest(ctx, &req); err != nil {
			return err
		}
		if err := t.began(ctx, req); err != nil {
			return err
		}
		action := "request.start"
		if req.State == app.Cancelled {
			action = "request.cancel"
			if reject {
				if err := t.settleJob(ctx, req); err != nil {
					return err
				}
			}
		} else {
			if req.Kind == app.KindUnknown {
				if err := t.addJob(ctx,
					app.Job{
						Kind:      app.JobRecognise,
						RequestID: req.ID,
						Lane:      req.Connection,
						Deadline:  req.ExpiresAt,
					}); err != nil {
					return err
				}
			}
			if req.Quiet == app.QuietNone {
				if err := t.pushAll(ctx, req.PersonID, "", app.NoticeRequest, req.ID, req.ExpiresAt); err != nil {
					return err
				}
			}
		}
		t.changed(req)
		return t.audit(ctx, by, entry{action: action, person: req.PersonID, request: req.ID, detail: startDetail(req)})
	})
	return req, fresh, err
}

func startDetail(r app.Request) map[string]string {
	if r.Quiet != app.QuietNone {
		return map[string]string{"quiet": string(r.Quiet)}
	}
	return reasonDetail(r.Reason)
}

func reasonDetail(r app.Reason) map[string]string {
	if r == app.ReasonNone {
		return nil
	}
	return map[string]string{"reason": string(r)}
}

func (t *tx) insertRequest(ctx context.Context, r *app.Request) error {
	if err := t.number(ctx, r); err != nil {
		return err
	}
	_, err := t.NamedExecContext(ctx,
		`INSERT INTO requests (id, ref, connection, tenant_id, server_id, login_id, login_state,
		user_identifier, person_id, kind, client_id, client_name, binding_message, scopes, acr, payload,
		quiet, quiet_cause, notice_pool, state, reason, created_at, expires_at, decided_at, delivery, consent_id, nth)
		VALUES (:id, :ref, :connection, :tenant_id, :server_id, :login_id, :login_state,
		:user_identifier, :person_id, :kind, :client_id, :client_name, :binding_message, :scopes, :acr, :payload,
		:quiet_cause <> '', :quiet_cause, :notice_pool, :state, :reason, :created_at, :expires_at, :decided_at, :delivery, :consent_id, :nth)`,
		r)
	return err
}

func (t *tx) changed(r app.Request) {
	t.announce(app.Event{Topic: app.TopicRequest, PersonID: r.PersonID, RequestID: r.ID, State: r.State})
}

// Request gives a request by id, whoever's it is.
func (r *Reader) Request(ctx context.Context, id string) (app.Request, error) {
	var req app.Request
	err := r.r.GetContext(ctx, &req, `SELECT `+requestColumns+` FROM requests WHERE id = ?`, id)
	return req, orElse(err, app.ErrUnknownRequest)
}

// RequestsNamed gives the request with an id, or those with a reference, which
// are few: newest first.
func (r *Reader) RequestsNamed(ctx context.Context, name string) ([]app.Request, error) {
	var out []app.Request
	err := r.r.SelectContext(ctx, &out,
		`SELECT `+requestColumns+` FROM requests WHERE id = ? OR ref = ? ORDER BY created_at DESC LIMIT 20`, name,
		strings.ToUpper(name))
	return out, err
}

// RequestOf gives a request if it is the person's; another's is as unknown as none.
func (r *Reader) RequestOf(ctx context.Context, personID, id string) (app.Request, error) {
	req, err := r.Request(ctx, id)
	if err == nil && req.PersonID != personID {
		return app.Request{}, app.ErrUnknownRequest
	}
	return req, err
}

// RequestByLogin gives the request of an ACP login.
func (r *Reader) RequestByLogin(ctx context.Context, tenantID, loginID string) (app.Request, error) {
	var req app.Request
	err := r.r.GetContext(ctx, &req, `SELECT `+requestColumns+` FROM requests WHERE tenant_id = ? AND login_id = ?`,
		tenantID, loginID)
	return req, orElse(err, app.ErrUnknownRequest)
}

// How much of what waits for a person is listed: of each client, so that none
// crowds out another, and in all.
const (
	InboxOfClient = 25
	InboxInAll    = 200
)

// Inbox lists what waits for a person, the nearest deadline first, as far as
// the limits go; Waiting tells how much there is. Where there is more than they
// let, clients that the person knows come before others, what was notified
// before what was kept quiet, and every client's first before any second: a
// flood of one kind can't push what the person waits for off the list. The
// requests are without login, scopes, payload, grant and receipt.
func (r *Reader) Inbox(ctx context.Context, personID string) ([]app.Request, error) {
	var out []app.Request
	now := r.Now()
	err := r.r.SelectContext(ctx, &out, `SELECT `+listColumns+` FROM requests WHERE id IN (SELECT id FROM (
			SELECT id, client_id, quiet_cause, expires_at,
				row_number() OVER (PARTITION BY client_id ORDER BY quiet_cause <> '', expires_at, id) AS n FROM requests
			WHERE person_id = ? AND `+waiting+` AND expires_at > ?) AS waiting WHERE n <= ?
			ORDER BY client_id NOT IN (SELECT client_id FROM requests
				WHERE person_id = ? AND state = 'approved'
				AND decided_at > ?), quiet_cause <> '', n, expires_at, id LIMIT ?)
		ORDER BY expires_at, created_at, id`, personID, now, InboxOfClient, personID, now.Add(-app.KnownFor),
		InboxInAll)
	return out, err
}

// Waiting is how much of one client waits for a person.
type Waiting struct {
	ClientID   string      `db:"client_id"`
	ClientName string      `db:"client_name"`
	Requests   int         `db:"requests"`
	Quiet      app.Quiet   `db:"quiet"` // why some of it is without a notice, the gravest cause
	First      app.Instant `db:"first"` // started
	Last       app.Instant `db:"last"`
}

// Waiting counts what waits for a person, by client: first the one of whom
// something ends next.
func (r *Reader) Waiting(ctx context.Context, personID string) ([]Waiting, error) {
	var out []Waiting
	err := r.r.SelectContext(ctx, &out, `SELECT client_id, max(client_name) AS client_name, count(*) AS requests,
			CASE max(CASE quiet_cause WHEN 'muted' THEN 4 WHEN 'burst' THEN 3 WHEN 'back_off' THEN 2 WHEN 'flood' THEN 1 ELSE 0 END)
				WHEN 4 THEN 'muted' WHEN 3 THEN 'burst' WHEN 2 THEN 'back_off' WHEN 1 THEN 'flood' ELSE '' END AS quiet,
			min(created_at) AS first, max(created_at) AS last FROM requests
		WHERE person_id = ? AND `+waiting+` AND expires_at > ? GROUP BY client_id ORDER BY min(expires_at), client_id`,
		personID, r.Now())
	return out, err
}

// HistoryFilter narrows a person's history.
type HistoryFilter struct {
	Before    app.Instant      // only what started before it
	State     app.RequestState // only these; empty for all
	Withdrawn bool             // only approvals that were withdrawn; they are none of the cancelled
	Text      string           // part of the client's or payee's name or of the reference
}

// History lists what a person was asked and is no longer pending, newest first.
// The requests are without login, scopes, payload, grant and receipt.
func (r *Reader) History(ctx context.Context, personID string, f HistoryFilter, limit int) ([]app.Request, error) {
	from := `FROM requests WHERE person_id = ? AND NOT (` + waiting + `) AND created_at < ? AND (? = '' OR ` +
		stateNow + ` = ?)
		AND (withdrawn_at > 0 OR NOT ?) AND (withdrawn_at = 0 OR ? <> 'cancelled')`
	args := []any{personID, f.Before, f.State, f.State, f.Withdrawn, f.State}
	if f.Text != "" {
		ids, err := r.named(ctx, from, args, f.Text, limit)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		from += ` AND id IN (SELECT value FROM json_each(?))`
		list, err := json.Marshal(ids)
		if err != nil {
			return nil, err
		}
		args = append(args, string(list))
	}
	var out []app.Request
	err := r.r.SelectContext(ctx, &out, `SELECT `+listColumns+` `+from+` ORDER BY created_at DESC, id LIMIT ?`,
		append(args, limit)...)
	return out, err
}

// named gives the newest requests, at most limit, whose client, payee or
// reference contains text. It compares in Go, for SQLite knows case in ASCII
// alone, and stops reading where there are enough.
func (r *Reader) named(ctx context.Context, from string, args []any, text string, limit int) ([]string, error) {
	if text = fold.Text(text); text == "" {
		return nil, nil
	}
	rows, err := r.r.QueryContext(ctx, `SELECT id, client_name, payee, ref `+from+` ORDER BY created_at DESC, id`,
		args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for len(ids) < limit && rows.Next() {
		var id, client, payee, ref string
		if err := rows.Scan(&id, &client, &payee, &ref); err != nil {
			return nil, err
		}
		if strings.Contains(fold.Text(client), text) || strings.Contains(fold.Text(payee), text) ||
			strings.Contains(fold.Text(ref), text) {
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}

// Changes gives what changed for a person since then, as the events that told
// of it: for pages that were rendered before they listened.
func (r *Reader) Changes(ctx context.Context, personID string, since app.Instant) ([]app.Event, error) {
	var rows []struct {
		ID    string           `db:"id"`
		State app.RequestState `db:"state"`
	}
	if err := r.r.SelectContext(ctx, &rows, `SELECT id, state FROM requests
		WHERE person_id = ? AND (created_at >= ? OR decided_at >= ? OR withdrawn_at >= ?)
		ORDER BY created_at DESC LIMIT 50`,
		personID, since, since, since); err != nil {
		return nil, err
	}
	var out []app.Event
	for _, row := range rows {
		out = append(out, app.Event{Topic: app.TopicRequest, PersonID: personID, RequestID: row.ID, State: row.State})
	}
	var devices int
	if err := r.r.GetContext(ctx, &devices,
		`SELECT count(*) FROM devices WHERE person_id = ? AND (created_at >= ? OR removed_at >= ?)`,
		personID, since, since); err != nil {
		return nil, err
	}
	if devices > 0 {
		out = append(out, app.Event{Topic: app.TopicDevice, PersonID: personID})
	}
	return out, nil
}

// Shown records what was shown of a request, so that an approval can be held
// against it, whom it pays if it does, and the first time that it was opened.
func (s *Store) Shown(ctx context.Context, by app.Actor, id, details, digest, payee string) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `UPDATE requests SET opened_at = ? WHERE id = ? AND opened_at = 0`, t.now, id)
		if err != nil {
			return err
		}
		if n == 1 {
			if err := t.audit(ctx, by,
				entry{action: "request.open", person: by.PersonID, device: by.ID, request: id}); err != nil {
				return err
			}
		}
		return t.exec(ctx,
			`UPDATE requests SET details = ?, details_digest = ?, payee = ? WHERE id = ? AND `+waiting+
				` AND details_digest <> ?`,
			details, digest, payee, id, digest)
	})
}

// toBeTold is the delivery of a decision: a test has nobody to be told.
const toBeTold = `CASE WHEN kind = 'test' THEN 'none' ELSE 'waiting' END`

// Approve approves a pending request for the person on the device by, and
// enqueues telling ACP, in one transaction. Person, device and passkey must be
// good at this very moment, and what was shown must be what is approved.
func (s *Store) Approve(ctx context.Context, by app.Actor, id string, a app.Approval) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.mayAnswer(ctx, by, a.CredentialID); err != nil {
			return err
		}
		if err := t.unpaused(ctx, by.PersonID, id); err != nil {
			return err
		}
		n, err := t.affect(ctx,
			`UPDATE requests SET state = 'approved', granted = ?, receipt = ?, decided_by = ?, signed_with = ?, decided_at = ?, delivery = `+
				toBeTold+`
			WHERE id = ? AND person_id = ? AND `+waiting+` AND expires_at > ? AND details_digest = ?`,
			a.Granted, a.Receipt, by.ID, a.CredentialID, a.At, id, by.PersonID, t.now, a.Digest)
		if err == nil && n == 1 && a.Payment != nil {
			err = t.addPayment(ctx, id, by.PersonID, *a.Payment)
		}
		return t.decided(ctx, by, id, n, err, func(r app.Request) error {
			if err := t.endBackOff(ctx, r); err != nil {
				return err
			}
			if err := t.settleJob(ctx, r); err != nil {
				return err
			}
			if err := t.handled(ctx, by, r); err != nil {
				return err
			}
			t.changed(r)
			return t.audit(ctx, by, entry{action: "request.approve", person: by.PersonID, device: by.ID, request: id})
		})
	})
}

// unpaused refuses what is paused for a person. What waited when the pause came
// ended with it, so that only a fault elsewhere leads here.
func (t *tx) unpaused(ctx context.Context, personID, requestID string) error {
	p, err := t.living(ctx, personID)
	if err != nil {
		return err
	}
	var kind string
	if err := t.GetContext(ctx, &kind, `SELECT kind FROM requests WHERE id = ?`, requestID); err != nil {
		return orElse(err, app.ErrUnknownRequest)
	}
	if p.Pauses(authz.Kind(kind).Pays()) {
		return app.ErrNotPending
	}
	return nil
}

// Deny denies a pending request, for good, and enqueues telling ACP.
func (s *Store) Deny(ctx context.Context, by app.Actor, id string, reason app.Reason) error {
	return s.write(ctx, func(t *tx) error { return t.deny(ctx, by, id, reason) })
}

// Report denies a pending request as one that the person on the device by
// didn't ask for, and pauses what of their requests pause names until it is
// cleared.
func (s *Store) Report(ctx context.Context, by app.Actor, id string, pause app.PauseScope) error {
	return s.write(ctx, func(t *tx) error {
		err := t.deny(ctx, by, id, app.ReasonReported)
		if err != nil || pause == app.PauseNone {
			return err
		}
		return t.pause(ctx, by, by.PersonID, pause)
	})
}

func (t *tx) deny(ctx context.Context, by app.Actor, id string, reason app.Reason) error {
	if err := t.mayAnswer(ctx, by, ""); err != nil {
		return err
	}
	n, err := t.affect(ctx,
		`UPDATE requests SET state = 'denied', reason = ?, decided_by = ?, decided_at = ?, delivery = `+toBeTold+`
		WHERE id = ? AND person_id = ? AND `+waiting+` AND expires_at > ?`,
		reason, by.ID, t.now, id, by.PersonID, t.now)
	return t.decided(ctx, by, id, n, err, func(r app.Request) error { return t.denied(ctx, by, r) })
}

// mayAnswer checks person, device and, where one signed, passkey; and that the
// session which by came with is still the device's, for it may have ended while
// the answer was being made.
func (t *tx) mayAnswer(ctx context.Context, by app.Actor, credentialID string) error {
	var session string
	err := t.GetContext(ctx, &session, `SELECT d.session_key FROM devices d JOIN persons p ON p.id = d.person_id
		JOIN credentials c ON c.id = d.credential_id
		WHERE d.id = ? AND d.person_id = ? AND d.state = 'active' AND p.state = 'active'
		AND (? = '' OR (c.id = ? AND c.revoked_at = 0))`, by.ID, by.PersonID, credentialID, credentialID)
	if err != nil {
		return orElse(err, app.ErrSuspended)
	}
	if by.Session != "" && by.Session != session {
		return app.ErrSignedOut
	}
	return nil
}

// mayDecide is mayAnswer for what reaches further than one request, such as who
// else may answer: the device's passkey must not have ended, or else it is
// app.ErrUnknownPasskey. To deny none is needed.
func (t *tx) mayDecide(ctx context.Context, by app.Actor) error {
	if err := t.mayAnswer(ctx, by, ""); err != nil {
		return err
	}
	d, err := t.device(ctx, by.ID)
	if err != nil {
		return err
	}
	live, err := t.alive(ctx, d.CredentialID)
	if err == nil && !live {
		err = app.ErrUnknownPasskey
	}
	return err
}

// decided finishes a decision whose compare-and-swap changed n rows, or says
// why it changed none.
func (t *tx) decided(ctx context.Context, by app.Actor, id string, n int64, err error,
	finish func(app.Request) error) error {
	if err != nil {
		return err
	}
	var r app.Request
	if err := t.GetContext(ctx, &r, `SELECT `+requestColumns+` FROM requests WHERE id = ?`, id); err != nil {
		return orElse(err, app.ErrUnknownRequest)
	}
	switch {
	case n == 1: // the statement that changed it asked whose it is
		if err := t.ended(ctx, r); err != nil {
			return err
		}
		return finish(r)
	case r.PersonID != by.PersonID:
		return app.ErrUnknownRequest
	case r.State != app.Pending:
		return app.ErrNotPending
	case r.ExpiresAt <= t.now:
		return app.ErrExpired
	default:
		return app.ErrChanged
	}
}

// Cancel ends a pending request for a reason of ours; ACP is told when reject is true.
func (s *Store) Cancel(ctx context.Context, by app.Actor, id string, reason app.Reason, reject bool) error {
	return s.write(ctx, func(t *tx) error { return t.cancel(ctx, by, id, reason, reject) })
}

func (t *tx) cancel(ctx context.Context, by app.Actor, id string, reason app.Reason, reject bool) error {
	var r app.Request
	err := t.GetContext(ctx, &r,
		`UPDATE requests SET state = 'cancelled', reason = ?, decided_at = ?, delivery = CASE WHEN ? THEN `+toBeTold+
			` ELSE 'none' END
		WHERE id = ? AND `+waiting+` RETURNING `+requestColumns, reason, t.now, reject, id)
	if err != nil {
		return orElse(err, app.ErrNotPending)
	}
	return t.cancelled(ctx, by, r, reject)
}

func (t *tx) cancelled(ctx context.Context, by app.Actor, r app.Request, reject bool) error {
	if err := t.ended(ctx, r); err != nil {
		return err
	}
	if reject {
		if err := t.settleJob(ctx, r); err != nil {
			return err
		}
	}
	if err := t.handled(ctx, by, r); err != nil {
		return err
	}
	t.changed(r)
	return t.audit(ctx, by,
		entry{action: "request.cancel", person: r.PersonID, request: r.ID, detail: reasonDetail(r.Reason)})
}

// DueRequests gives the pending requests whose time has come, as many as one
// transaction may expire, without those that are put aside.
func (r *Reader) DueRequests(ctx context.Context, aside []string) (ids []string, err error) {
	list, err := json.Marshal(append([]string{}, aside...))
	if err != nil {
		return nil, err
	}
	err = r.r.SelectContext(ctx, &ids, `SELECT id FROM requests WHERE `+waiting+` AND expires_at <= ?
		AND id NOT IN (SELECT value FROM json_each(?)) LIMIT ?`, r.Now(), string(list), step)
	return ids, err
}

// NextExpiry gives when the next pending request expires whose time hasn't come;
// zero when none is pending.
func (r *Reader) NextExpiry(ctx context.Context) (next app.Instant, err error) {
	err = r.r.GetContext(ctx, &next,
		`SELECT coalesce(min(expires_at), 0) FROM requests WHERE `+waiting+` AND expires_at > ?`, r.Now())
	return next, err
}

// ExpireRequests turns those of the given requests that are pending and whose
// time has come into expired ones, in one transaction. DueRequests gives no more
// than that may take.
func (s *Store) ExpireRequests(ctx context.Context, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		var rows []app.Request
		if err := t.SelectContext(ctx, &rows, `UPDATE requests SET state = 'expired', decided_at = expires_at
			WHERE id IN (SELECT value FROM json_each(?)) AND `+waiting+` AND expires_at <= ? RETURNING `+requestColumns,
			string(list), t.now); err != nil {
			return err
		}
		for _, r := range rows {
			t.changed(r)
			if err := t.ended(ctx, r); err != nil {
				return err
			}
			if err := t.audit(ctx, app.System,
				entry{action: "request.expire", person: r.PersonID, request: r.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}
