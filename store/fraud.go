package store

import (
	"context"
	"errors"
	"time"

	"assent/app"
)

// DenyAll denies what waits of one client for the person on the device by, and
// gives how many there were. They are counted before the one writer is taken.
func (s *Store) DenyAll(ctx context.Context, by app.Actor, clientID string, reason app.Reason) (n int, err error) {
	if err := s.r.GetContext(ctx, &n, `SELECT count(*) FROM requests`+s.engine.IndexedBy("requests_pending")+`
		WHERE person_id = ? AND client_id = ? AND `+waiting+` AND expires_at > ?`, by.PersonID, clientID,
		s.Now()); err != nil {
		return 0, err
	}
	err = s.write(ctx, func(t *tx) error {
		if err := t.mayAnswer(ctx, by, ""); err != nil {
			return err
		}
		return t.endAll(ctx, by,
			ending{PersonID: by.PersonID, OneClient: true, ClientID: clientID, State: app.Denied, Reason: reason})
	})
	return n, err
}

// denied finishes a denial that was just stored.
func (t *tx) denied(ctx context.Context, by app.Actor, r app.Request) error {
	if err := t.settleJob(ctx, r); err != nil {
		return err
	}
	if r.Reason == app.ReasonReported {
		if err := t.exec(ctx,
			`INSERT INTO reports (request_id, person_id, client_id, client_name, device_id, created_at)
				VALUES (?, ?, ?, ?, ?, ?)`,
			r.ID, r.PersonID, r.ClientID, r.ClientName, by.ID, t.now); err != nil {
			return err
		}
		if err := t.attacked(ctx, r.PersonID, app.AttackReport); err != nil {
			return err
		}
	}
	if err := t.startBackOff(ctx, r); err != nil {
		return err
	}
	if err := t.handled(ctx, by, r); err != nil {
		return err
	}
	t.changed(r)
	return t.audit(ctx, by,
		entry{
			action:  "request.deny",
			person:  by.PersonID,
			device:  by.ID,
			request: r.ID,
			detail:  reasonDetail(r.Reason),
		})
}

// MuteTime is how long a client stays muted at most.
const MuteTime = 24 * time.Hour

// Mute keeps a client's requests quiet for a person until then: they are
// stored and shown, without a notice. A time that has passed ends it.
func (s *Store) Mute(ctx context.Context, by app.Actor, clientID, clientName string, until app.Instant) error {
	return s.write(ctx, func(t *tx) error {
		if until <= t.now {
			n, err := t.affect(ctx, `DELETE FROM mutes WHERE person_id = ? AND client_id = ?`, by.PersonID, clientID)
			if err != nil || n == 0 {
				return err
			}
			return t.audit(ctx, by,
				entry{
					action: "client.unmute",
					person: by.PersonID,
					device: by.ID,
					detail: map[string]string{"client": clientID},
				})
		}
		if err := t.few(ctx, by, "client.mute"); err != nil {
			return err
		}
		if err := t.exec(ctx, `INSERT INTO mutes (person_id, client_id, client_name, until) VALUES (?, ?, ?, ?)
			ON CONFLICT (person_id, client_id) DO UPDATE
			SET client_name = excluded.client_name, until = excluded.until`,
			by.PersonID, clientID, clientName, until); err != nil {
			return err
		}
		if err := t.pushAll(ctx, by.PersonID, by.ID, app.NoticeMuted, "", t.now.Add(toldFor)); err != nil {
			return err
		}
		return t.audit(ctx, by,
			entry{
				action: "client.mute",
				person: by.PersonID,
				device: by.ID,
				detail: map[string]string{"client": clientID},
			})
	})
}

// Mutes lists the clients that are muted for a person.
func (r *Reader) Mutes(ctx context.Context, personID string) ([]app.Mute, error) {
	var out []app.Mute
	err := r.r.SelectContext(ctx, &out,
		`SELECT client_id, client_name, until FROM mutes WHERE person_id = ? AND until > ?
			ORDER BY client_name, client_id`,
		personID, r.Now())
	return out, err
}

// muted tells whether a person muted a client.
func (t *tx) muted(ctx context.Context, personID, clientID string) (yes bool, err error) {
	err = t.GetContext(ctx, &yes,
		`SELECT EXISTS (SELECT 1 FROM mutes WHERE person_id = ? AND client_id = ? AND until > ?)`, personID, clientID,
		t.now)
	return yes, err
}

// Pause stops all requests to a person until Clear, and cancels what waits.
func (s *Store) Pause(ctx context.Context, by app.Actor, personID string) error {
	return s.write(ctx, func(t *tx) error { return t.pause(ctx, by, personID, app.PauseAll) })
}

// pause leaves things as they are where it is a device that asks and its passkey
// has ended: whoever was left with one could otherwise shut the person out.
func (t *tx) pause(ctx context.Context, by app.Actor, personID string, scope app.PauseScope) error {
	if by.Kind == app.ActorDevice {
		switch err := t.mayDecide(ctx, by); {
		case errors.Is(err, app.ErrUnknownPasskey):
			return nil
		case err != nil:
			return err
		}
	}
	// A pause of all takes the place of one of payments, not the other way round.
	n, err := t.affect(ctx, `UPDATE persons SET paused_at = ?, pause_scope = ? WHERE id = ?
		AND (paused_at = 0 OR pause_scope = 'payments' AND ? = 'all')`, t.now, scope, personID, scope)
	if err != nil || n == 0 {
		return err
	}
	e := ending{
		PersonID: personID,
		Payments: scope == app.PausePayments,
		State:    app.Cancelled,
		Reason:   app.ReasonPaused,
	}
	if err := t.endAll(ctx, by, e); err != nil {
		return err
	}
	return t.audit(ctx, by,
		entry{action: "person.pause", person: personID, detail: map[string]string{"of": string(scope)}})
}

// Clear ends a pause.
func (s *Store) Clear(ctx context.Context, by app.Actor, personID string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.swap(ctx, app.ErrAlreadyCompleted,
			`UPDATE persons SET paused_at = 0 WHERE id = ? AND paused_at <> 0`, personID); err != nil {
			return err
		}
		return t.audit(ctx, by, entry{action: "person.clear", person: personID})
	})
}

// comparedPayments bounds how many earlier payments one is compared with.
const comparedPayments = 500

// stands is what an approval must do for its payment to count as one: one that
// was cancelled or withdrawn doesn't, unless ACP holds it all the same.
const stands = `(r.state = 'approved' OR r.acp_approved = 1)`

// Paid gives what a person approved to pay before, as far as p is compared with it.
func (r *Reader) Paid(ctx context.Context, personID string, p app.Payment, window time.Duration) (app.Paid, error) {
	var out app.Paid
	now := r.Now()
	if err := r.r.GetContext(ctx, &out.Payee,
		`SELECT EXISTS (SELECT 1 FROM payments p JOIN requests r ON r.id = p.request_id
		WHERE p.person_id = ? AND p.company = ? AND p.payee_hash = ? AND `+stands+`)`, personID, p.Company,
		p.PayeeHash); err != nil {
		return out, err
	}
	err := r.r.SelectContext(ctx, &out.Amounts, `SELECT p.amount FROM payments p JOIN requests r ON r.id = p.request_id
		WHERE p.person_id = ? AND p.company = ? AND p.currency = ? AND p.created_at > ? AND p.created_at <= ? AND `+
		stands+`
		ORDER BY p.created_at DESC, p.request_id LIMIT ?`, personID, p.Company, p.Currency, now.Add(-window), now,
		comparedPayments)
	return out, err
}

func (t *tx) addPayment(ctx context.Context, requestID, personID string, p app.Payment) error {
	return t.exec(ctx, `INSERT INTO payments (request_id, person_id, company, payee_hash, currency, amount, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		requestID, personID, p.Company, p.PayeeHash, p.Currency, p.Amount, t.now)
}
