package store

import (
	"context"
	"encoding/json"

	"assent/app"
)

// ErasePerson forgets a person. What waits for them is cancelled and ACP told;
// name, identifiers, companies, accounts, passkeys, devices' names and
// addresses, and what requests said of them are gone. What stays is a random
// reference, which the audit goes on to name, and the receipts of what they
// approved, which are the proof of it until their retention ends.
//
// When it returns nobody finds the person, no session or link of theirs works
// and nothing can be approved. What is too much for one transaction goes in
// steps: see EndStep.
func (s *Store) ErasePerson(ctx context.Context, by app.Actor, id string) error {
	return s.writeAlone(ctx, func(t *tx) error {
		if _, err := t.living(ctx, id); err != nil {
			return err
		}
		var cpfs []string
		if err := t.SelectContext(ctx, &cpfs, `SELECT norm FROM identifiers WHERE person_id = ? AND kind = 'cpf'`,
			id); err != nil {
			return err
		}
		var ids []app.Identifier
		if err := t.SelectContext(ctx, &ids, `SELECT kind, value, norm FROM identifiers WHERE person_id = ?`,
			id); err != nil {
			return err
		}
		if err := t.release(ctx, id, ids); err != nil {
			return err
		}
		for _, query := range []string{
			`UPDATE persons SET name = '', sort = '', lang = '', zone = '', state = 'suspended', paused_at = 0, erased_at = :now WHERE id = :id`,
			`DELETE FROM identifiers WHERE person_id = :id`,
			`DELETE FROM person_words WHERE person_id = :id`,
			`UPDATE invitations SET ended_at = :now WHERE person_id = :id AND used_at = 0 AND ended_at = 0`,
		} {
			if _, err := t.NamedExecContext(ctx, query, map[string]any{"id": id, "now": t.now}); err != nil {
				return err
			}
		}
		t.touch(id)
		if err := t.countPeople(ctx, -1); err != nil {
			return err
		}
		if err := t.endAll(ctx, by,
			ending{
				PersonID: id,
				State:    app.Cancelled,
				Reason:   app.ReasonSuspended,
				Erases:   true,
				CPFs:     cpfs,
			}); err != nil {
			return err
		}
		if err := t.endProposalsAbout(ctx, by, id); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: id})
		t.erased = true
		return t.audit(ctx, by, entry{action: "person.erase", person: id})
	})
}

// erasures take what is kept of a person beside their requests, each at most
// :room rows.
var erasures = []string{
	`UPDATE devices SET state = 'removed', removed_at = :now, name = '', session_key = '', browser_hash = ''
		WHERE id IN (SELECT id FROM devices
		WHERE person_id = :id AND (state <> 'removed' OR name <> '' OR session_key <> ''
		OR browser_hash <> '') LIMIT :room)`,
	`UPDATE credentials SET record = '', revoked_at = CASE WHEN revoked_at = 0 THEN :now ELSE revoked_at END
		WHERE id IN (SELECT id FROM credentials
		WHERE person_id = :id AND (record <> '' OR revoked_at = 0) LIMIT :room)`,
	`DELETE FROM subscriptions WHERE device_id IN (SELECT s.device_id FROM devices d
		JOIN subscriptions s ON s.device_id = d.id
		WHERE d.person_id = :id LIMIT :room)`,
	`DELETE FROM former_subscriptions WHERE id IN (SELECT f.id FROM devices d
		JOIN former_subscriptions f ON f.device_id = d.id
		WHERE d.person_id = :id LIMIT :room)`,
	`DELETE FROM ceremonies WHERE id IN (SELECT id FROM ceremonies WHERE person_id = :id LIMIT :room)`,
	`DELETE FROM consent_owners WHERE (connection, consent_id) IN (SELECT connection, consent_id FROM consent_owners
		WHERE cpf IN (SELECT value FROM json_each(:cpfs)) LIMIT :room)`,
	`DELETE FROM companies WHERE (person_id, cnpj) IN (SELECT person_id, cnpj FROM companies
		WHERE person_id = :id LIMIT :room)`,
	`DELETE FROM accounts WHERE (person_id, company, id) IN (SELECT person_id, company, id FROM accounts
		WHERE person_id = :id LIMIT :room)`,
	`DELETE FROM mutes WHERE (person_id, client_id) IN (SELECT person_id, client_id FROM mutes
		WHERE person_id = :id LIMIT :room)`,
	`DELETE FROM backoffs WHERE person_id = :id AND client_id IN (SELECT client_id FROM backoffs
		WHERE person_id = :id LIMIT :room)`,
	`DELETE FROM attackers WHERE person_id = :id AND client_id IN (SELECT client_id FROM attackers
		WHERE person_id = :id LIMIT :room)`,
	`DELETE FROM payments WHERE request_id IN (SELECT request_id FROM payments WHERE person_id = :id LIMIT :room)`,
}

// erase takes as much of what is kept of an erased person as there is room for
// in the transaction. Where more may be left, done is false.
func (t *tx) erase(ctx context.Context, e *ending) (done bool, err error) {
	t.touch(e.PersonID)
	for _, query := range erasures {
		res, err := t.NamedExecContext(ctx, query,
			map[string]any{"id": e.PersonID, "now": t.now, "cpfs": e.CPFs, "room": t.left})
		if err != nil {
			return false, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return false, err
		}
		if t.left -= int(n); t.left <= 0 {
			return false, nil
		}
	}
	return t.eraseRequests(ctx, e)
}

// eraseRequests erases what the next requests of an erased person said of them,
// in their order. An approval whose delivery failed, and which ACP may have all
// the same, is withdrawn. The login state of what ACP is still to be told, or may
// be told once more, goes when the doubt ends: see forget.
func (t *tx) eraseRequests(ctx context.Context, e *ending) (done bool, err error) {
	var rows []app.Request
	if err := t.SelectContext(ctx, &rows, `SELECT `+requestColumns+` FROM requests
		WHERE person_id = ? AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?`,
		e.PersonID, e.PastAt, e.PastID, t.left); err != nil || len(rows) == 0 {
		return err == nil, err
	}
	ids := make([]string, len(rows))
	by := app.Actor{Kind: e.ActorKind, ID: e.ActorID, Source: e.Source}
	for i, r := range rows {
		ids[i] = r.ID
		if r.State == app.Approved && r.Delivery == app.DeliveryFailed && r.DeliveryUnsure {
			if _, err := t.withdraw(ctx, by, r, e.Reason); err != nil {
				return false, err
			}
		}
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return false, err
	}
	for _, query := range []string{
		`UPDATE requests SET user_identifier = '', binding_message = '', payload = '', details = '', payee = '',
			acp_said = '', granted = '' WHERE id IN (SELECT value FROM json_each(?))`,
		`UPDATE requests SET login_state = '' WHERE id IN (SELECT value FROM json_each(?)) AND NOT ` + tellable,
	} {
		if err := t.exec(ctx, query, string(list)); err != nil {
			return false, err
		}
	}
	last := rows[len(rows)-1]
	e.PastAt, e.PastID = last.CreatedAt, last.ID
	t.left -= len(rows)
	return t.left > 0, nil
}
