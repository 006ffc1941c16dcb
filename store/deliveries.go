package store

import (
	"context"

	"assent/app"
)

// BeginDelivery opens one try at telling ACP about a request and gives the
// request as it then stands; a delivery that isn't waiting gives ok false.
// While no try may have taken effect the person, the deciding device and its
// passkey are looked at once more: an approval that lost one becomes cancelled, and ACP is
// told to reject. Until the try is answered the row says that it may have
// taken effect, so that a crash in between leads to a question, not to a
// second decision. The request's DeliveryUnsure is that of the tries before.
func (s *Store) BeginDelivery(ctx context.Context, id string) (req app.Request, ok bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := t.GetContext(ctx, &req, `SELECT `+requestColumns+` FROM requests WHERE id = ?`, id); err != nil {
			return orElse(err, app.ErrUnknownRequest)
		}
		if req.Delivery != app.DeliveryWaiting {
			return nil
		}
		ok = true
		if req.State == app.Approved && !req.DeliveryUnsure {
			reason, err := t.lost(ctx, req)
			if err != nil {
				return err
			}
			if reason != app.ReasonNone {
				req.State, req.Reason = app.Cancelled, reason
				if err := t.swap(ctx, app.ErrNotPending, `UPDATE requests SET state = 'cancelled', reason = ?, granted = ''
					WHERE id = ? AND state = 'approved' AND delivery_unsure = 0`, reason, id); err != nil {
					return err
				}
				t.changed(req)
				if err := t.recount(ctx, req, app.Approved); err != nil {
					return err
				}
				if err := t.audit(ctx, app.System, entry{action: "request.cancel", person: req.PersonID, request: id, detail: reasonDetail(reason)}); err != nil {
					return err
				}
			}
		}
		req.DeliveryTries++
		return t.exec(ctx, `UPDATE requests SET delivery_tries = ?, delivery_unsure = 1 WHERE id = ?`, req.DeliveryTries, id)
	})
	return req, ok, err
}

// lost tells what was lost between an approval and its delivery.
func (t *tx) lost(ctx context.Context, r app.Request) (app.Reason, error) {
	var person, device bool
	if err := t.GetContext(ctx, &person, `SELECT EXISTS (SELECT 1 FROM persons WHERE id = ? AND state = 'active')`, r.PersonID); err != nil {
		return "", err
	}
	if !person {
		return app.ReasonSuspended, nil
	}
	if err := t.GetContext(ctx, &device, `SELECT EXISTS (SELECT 1 FROM devices d JOIN credentials c ON c.id = d.credential_id
		WHERE d.id = ? AND d.state = 'active' AND c.revoked_at = 0)`, r.DecidedBy); err != nil {
		return "", err
	}
	if !device {
		return app.ReasonDeviceLost, nil
	}
	return app.ReasonNone, nil
}

// DeliveryTried records a try that did not settle the matter. Unsure tells
// whether it may have taken effect. What ACP wrote is kept as r.Said.
func (s *Store) DeliveryTried(ctx context.Context, r app.Request, unsure bool, cause app.Cause) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.exec(ctx, `UPDATE requests SET delivery_unsure = ?, delivery_cause = ? WHERE id = ? AND delivery = 'waiting'`,
			unsure, cause, r.ID); err != nil {
			return err
		}
		if err := t.said(ctx, r.ID, r.Said); err != nil {
			return err
		}
		t.changed(r)
		return t.audit(ctx, app.System, entry{action: "delivery.try", person: r.PersonID, request: r.ID, detail: causeDetail(cause)})
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
// that operators see. What ACP wrote is kept as r.Said. A failure keeps the doubt whether a try took effect, so
// that a retry asks ACP before it tells it again.
func (s *Store) Delivered(ctx context.Context, r app.Request, as app.DeliveryState, cause app.Cause) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `UPDATE requests SET delivery = ?, delivery_cause = ?, delivery_unsure = ?, delivered_at = ?
			WHERE id = ? AND delivery = 'waiting'`, as, cause, as == app.DeliveryUnconfirmed || as == app.DeliveryFailed && r.DeliveryUnsure, t.now, r.ID)
		if err != nil || n == 0 {
			return err
		}
		if err := t.exec(ctx, `UPDATE requests SET granted = '', login_state = '' WHERE id = ?
			AND EXISTS (SELECT 1 FROM persons WHERE id = person_id AND erased_at <> 0)`, r.ID); err != nil {
			return err
		}
		t.changed(r)
		if err := t.settled(ctx, r, as); err != nil {
			return err
		}
		if err := t.said(ctx, r.ID, r.Said); err != nil {
			return err
		}
		return t.audit(ctx, app.System, entry{action: "delivery." + string(as), person: r.PersonID, request: r.ID, detail: causeDetail(cause)})
	})
}
