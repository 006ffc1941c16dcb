package store

import (
	"context"
	"time"

	"assent/app"
)

// BeginDelivery opens one try at telling ACP about a request and gives the
// request as it then stands; ok is false where nothing is to be told now.
// Person, device and passkey of an approval are looked at before every try, and
// again by ContinueDelivery: one that lost its standing is never sent again.
// Before any try may have taken effect it becomes cancelled, and ACP is told to
// reject; after that it is withdrawn, by a job of its own. Until the try is answered the row says that it
// may have taken effect, so that a crash in between leads to a question, not to
// a second decision. The request's DeliveryUnsure is that of the tries before.
func (s *Store) BeginDelivery(ctx context.Context, id string) (req app.Request, ok bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		ok = false
		if err := t.GetContext(ctx, &req, `SELECT `+requestColumns+` FROM requests WHERE id = ?`, id); err != nil {
			return orElse(err, app.ErrUnknownRequest)
		}
		if req.Delivery != app.DeliveryWaiting {
			return nil
		}
		if req.State == app.Approved {
			reason, err := t.lost(ctx, req)
			if err != nil {
				return err
			}
			if reason != app.ReasonNone {
				if req, err = t.withdraw(ctx, app.System, req, reason); err != nil || req.WithdrawnAt != 0 {
					return err
				}
			}
		}
		ok = true
		req.DeliveryTries++
		return t.exec(ctx, `UPDATE requests SET delivery_tries = ?, delivery_unsure = 1 WHERE id = ?`,
			req.DeliveryTries, id)
	})
	return req, ok, err
}

// ContinueDelivery renews the lease on j for d, right before ACP is told what r
// says; r is what BeginDelivery gave. An approval that lost its standing since
// is taken back in the same transaction, and a new job goes on: ok is false
// then, and nothing is to be sent. app.ErrLeaseLost as with RenewLease.
func (s *Store) ContinueDelivery(ctx context.Context, j app.Job, d time.Duration, r app.Request) (ok bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		ok = false
		if err := t.renewLease(ctx, j, d); err != nil {
			return err
		}
		reason := app.ReasonNone
		if r.State == app.Approved {
			if reason, err = t.lost(ctx, r); err != nil {
				return err
			}
		}
		if ok = reason == app.ReasonNone; ok {
			return nil
		}
		// This try sent nothing: the doubt is that of the tries before.
		if err := t.exec(ctx, `UPDATE requests SET delivery_unsure = ? WHERE id = ?`, r.DeliveryUnsure,
			r.ID); err != nil {
			return err
		}
		now, err := t.withdraw(ctx, app.System, r, reason)
		if err != nil || now.WithdrawnAt != 0 {
			return err
		}
		return t.settleAgain(ctx, now)
	})
	return ok && err == nil, err
}

// lapseApprovals stores that approvals lapse which ACP isn't known to have: their person,
// or the device byDevice that gave them, is suspended now. lost goes by it, so
// that no clock decides whether an approval came before the suspension.
func (t *tx) lapseApprovals(ctx context.Context, personID, byDevice string, reason app.Reason) error {
	return t.exec(ctx, `UPDATE requests SET lapsed = ? WHERE person_id = ? AND state = 'approved' AND lapsed = ''
		AND delivery IN ('waiting', 'unconfirmed', 'failed') AND (? = '' OR decided_by = ?)`, reason, personID,
		byDevice, byDevice)
}

// lost tells what was lost between an approval and its delivery. A person or
// device that was suspended since is a loss also where it was let in again: the
// approval may be why it was suspended. A pause after a report is none: the
// person gave the approval before.
func (t *tx) lost(ctx context.Context, r app.Request) (app.Reason, error) {
	var lapsed app.Reason
	err := t.GetContext(ctx, &lapsed, `SELECT lapsed FROM requests WHERE id = ?`, r.ID)
	if err != nil || lapsed != app.ReasonNone {
		return lapsed, err
	}
	// One that was signed before a suspension and stored after it has no such mark.
	var person, device bool
	if err := t.GetContext(ctx, &person,
		`SELECT EXISTS (SELECT 1 FROM persons WHERE id = ? AND state = 'active' AND suspended_at < ?)`, r.PersonID,
		r.DecidedAt); err != nil {
		return "", err
	}
	if !person {
		return app.ReasonSuspended, nil
	}
	if err := t.GetContext(ctx, &device,
		`SELECT EXISTS (SELECT 1 FROM devices d JOIN credentials c ON c.id = d.credential_id
			WHERE d.id = ? AND d.state = 'active' AND d.suspended_at < ? AND c.revoked_at = 0)
		AND NOT EXISTS (SELECT 1 FROM requests r JOIN credentials c ON c.id = r.signed_with WHERE r.id = ? AND c.revoked_at <> 0)`,
		r.DecidedBy, r.DecidedAt, r.ID); err != nil {
		return "", err
	}
	if !device {
		return app.ReasonDeviceLost, nil
	}
	return app.ReasonNone, nil
}

// withdraw takes an approval back that ACP isn't known to have. Where no try may
// have taken effect it is cancelled, and nothing is granted any more. Otherwise
// it is withdrawn: grant and receipt stay, and a new job asks ACP what it holds
// and tells it to reject.
func (t *tx) withdraw(ctx context.Context, by app.Actor, r app.Request, reason app.Reason) (app.Request, error) {
	var at app.Instant
	action := "request.cancel"
	if r.DeliveryUnsure {
		at, action = t.now, "request.withdraw"
	}
	err := t.GetContext(ctx, &r,
		`UPDATE requests SET state = 'cancelled', reason = ?, withdrawn_at = ?, delivery = 'waiting', delivery_cause = '',
			granted = CASE WHEN ? = 0 THEN '' ELSE granted END
		WHERE id = ? AND state = 'approved' AND delivery IN ('waiting', 'failed') AND delivery_unsure = ? RETURNING `+
			requestColumns,
		reason, at, at, r.ID, r.DeliveryUnsure)
	if err != nil {
		return r, orElse(err, app.ErrNotPending)
	}
	t.changed(r)
	if err := t.recount(ctx, r, app.Approved); err != nil {
		return r, err
	}
	if r.WithdrawnAt != 0 || by != app.System {
		if err := t.settleAgain(ctx, r); err != nil {
			return r, err
		}
	}
	return r, t.audit(ctx, by, entry{action: action, person: r.PersonID, request: r.ID, detail: reasonDetail(reason)})
}

// settleAgain replaces the job that tells ACP by one that is due now and has
// time. A run of the old one that is under way finds its lease gone. It was an
// approval, or an administrator asks for it: either way it doesn't wait for others.
func (t *tx) settleAgain(ctx context.Context, r app.Request) error {
	if err := t.exec(ctx, `DELETE FROM jobs WHERE request_id = ? AND kind = ?`, r.ID, app.JobSettle); err != nil {
		return err
	}
	r.ExpiresAt = max(r.ExpiresAt, t.now.Add(retryFor))
	return t.addSettle(ctx, r, app.RankFirst)
}

// Withdraw takes back, for an administrator, an approval that is not delivered.
// app.ErrNotPending where there is none to take back.
func (s *Store) Withdraw(ctx context.Context, by app.Actor, id string, reason app.Reason) error {
	return s.write(ctx, func(t *tx) error {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		_, err = t.withdraw(ctx, by, r, reason)
		return err
	})
}

// DeliveryTried records a try that did not settle the matter. Unsure tells
// whether it may have taken effect. What ACP wrote is kept as r.Said.
func (s *Store) DeliveryTried(ctx context.Context, r app.Request, unsure bool, cause app.Cause) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `UPDATE requests SET delivery_unsure = ?, delivery_cause = ?
			WHERE id = ? AND delivery = 'waiting' AND (state = 'approved') = ?`, unsure, cause, r.ID,
			r.State == app.Approved)
		if err != nil || n == 0 { // another decision is to be told by now
			return err
		}
		if err := t.said(ctx, r.ID, r.Said); err != nil {
			return err
		}
		t.changed(r)
		return t.audit(ctx, app.System,
			entry{action: "delivery.try", person: r.PersonID, request: r.ID, detail: causeDetail(cause)})
	})
}

// KeepSaid keeps what ACP wrote when it refused something of a request.
func (s *Store) KeepSaid(ctx context.Context, requestID, said string) error {
	if said == "" {
		return nil
	}
	return s.write(ctx, func(t *tx) error { return t.said(ctx, requestID, said) })
}

// said keeps what ACP wrote with the request, unless its person was erased: it
// may name them.
func (t *tx) said(ctx context.Context, requestID, said string) error {
	if said == "" {
		return nil
	}
	return t.exec(ctx, `UPDATE requests SET acp_said = ? WHERE id = ?
		AND EXISTS (SELECT 1 FROM persons WHERE id = person_id AND erased_at = 0)`, said, requestID)
}

func causeDetail(cause app.Cause) map[string]string {
	if cause == app.CauseNone {
		return nil
	}
	return map[string]string{"cause": string(cause)}
}

// Delivered ends a delivery: delivered, unconfirmed or failed, with the cause
// that operators see. What ACP wrote is kept as r.Said. r is the request as it
// was told: what became of telling ACP one thing says nothing of another that
// is to be told by now, but that it took an approval which was taken back
// meanwhile. A failure keeps the doubt whether a try took effect, so that a
// retry asks ACP before it tells it again; where an approval that fails has lost
// its standing it is withdrawn instead.
func (s *Store) Delivered(ctx context.Context, r app.Request, as app.DeliveryState, cause app.Cause) error {
	return s.write(ctx, func(t *tx) error {
		now, err := t.request(ctx, r.ID)
		if err != nil {
			return err
		}
		told, approved := r.State == app.Approved, now.State == app.Approved
		switch {
		case told && !approved && !now.ACPApproved && as == app.DeliveryDelivered:
			return t.delivered(ctx, now, app.DeliveryFailed, app.CauseOpposite)
		case now.Delivery != app.DeliveryWaiting || told != approved:
			return nil
		case approved && as == app.DeliveryFailed:
			reason, err := t.lost(ctx, now)
			if err != nil {
				return err
			}
			if reason != app.ReasonNone && now.DeliveryUnsure {
				_, err := t.withdraw(ctx, app.System, now, reason)
				return err
			}
		}
		now.DeliveryUnsure = now.WithdrawnAt != 0 || r.DeliveryUnsure
		if err := t.delivered(ctx, now, as, cause); err != nil {
			return err
		}
		return t.said(ctx, r.ID, r.Said)
	})
}

// delivered ends a delivery of r, as it stands.
func (t *tx) delivered(ctx context.Context, r app.Request, as app.DeliveryState, cause app.Cause) error {
	r.Delivery = as
	r.ACPApproved = r.State != app.Approved && as == app.DeliveryFailed && cause == app.CauseOpposite
	if err := t.exec(ctx,
		`UPDATE requests SET delivery = ?, delivery_cause = ?, delivery_unsure = ?, delivered_at = ?, acp_approved = ?
			WHERE id = ?`,
		as, cause, as == app.DeliveryUnconfirmed || as == app.DeliveryFailed && r.DeliveryUnsure, t.now, r.ACPApproved,
		r.ID); err != nil {
		return err
	}
	if err := t.forget(ctx, r.ID); err != nil {
		return err
	}
	t.changed(r)
	if err := t.settled(ctx, r, as); err != nil {
		return err
	}
	action := "delivery." + string(as)
	if w := r.Withdrawal(); w != app.NotWithdrawn {
		action = "delivery." + string(w) // withdrawn, unclear or held
	}
	return t.audit(ctx, app.System,
		entry{action: action, person: r.PersonID, request: r.ID, detail: causeDetail(cause)})
}

// tellable is a request of which ACP is to be told, or may be told once more: an
// administrator can have a withdrawal in doubt gone on with. ACP takes no call
// about a login without its state.
const tellable = `(delivery = 'waiting'
	OR delivery = 'failed' AND withdrawn_at > 0 AND acp_approved = 0 AND resolved_at = 0)`

// forget takes the login state from a request of a person who was erased, once
// ACP isn't told of it any more.
func (t *tx) forget(ctx context.Context, id string) error {
	n, err := t.affect(ctx, `UPDATE requests SET login_state = '' WHERE id = ? AND login_state <> '' AND NOT `+tellable+`
		AND EXISTS (SELECT 1 FROM persons WHERE id = person_id AND erased_at <> 0)`, id)
	t.erased = t.erased || n > 0
	return err
}

func (t *tx) request(ctx context.Context, id string) (app.Request, error) {
	var r app.Request
	err := t.GetContext(ctx, &r, `SELECT `+requestColumns+` FROM requests WHERE id = ?`, id)
	return r, orElse(err, app.ErrUnknownRequest)
}

// inDoubt is what ACP holds, or may hold, against how the request ended, and no
// administrator has dealt with. It is worded as the index requests_in_doubt.
const inDoubt = `resolved_at = 0 AND (acp_approved = 1 OR withdrawn_at > 0 AND delivery IN ('unconfirmed', 'failed'))`

// InDoubt counts the approvals that ACP holds, and those that it may hold,
// although they were withdrawn, as far as no administrator has dealt with them.
func (r *Reader) InDoubt(ctx context.Context) (held, unclear int, err error) {
	var rows []struct {
		Held bool `db:"acp_approved"`
		N    int  `db:"n"`
	}
	err = r.r.SelectContext(ctx, &rows,
		`SELECT acp_approved, count(*) AS n FROM requests WHERE `+inDoubt+` GROUP BY acp_approved`)
	for _, row := range rows {
		if row.Held {
			held = row.N
		} else {
			unclear = row.N
		}
	}
	return held, unclear, err
}

// Resolve records that an administrator has dealt with an approval that ACP
// holds, or may hold, although it was withdrawn. app.ErrNotInDoubt where there
// is none to deal with.
func (s *Store) Resolve(ctx context.Context, by app.Actor, id string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.swap(ctx, app.ErrNotInDoubt, `UPDATE requests SET resolved_at = ? WHERE id = ? AND `+inDoubt, t.now,
			id); err != nil {
			return err
		}
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if err := t.forget(ctx, id); err != nil {
			return err
		}
		t.changed(r)
		return t.audit(ctx, by, entry{action: "delivery.resolve", person: r.PersonID, request: id})
	})
}
