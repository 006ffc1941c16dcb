package store

import (
	"context"
	"strings"

	"assent/app"
)

const personColumns = `id, name, state, lang, zone, created_at, paused_at, pause_scope, erased_at`

// AddPerson stores a new person with their identifiers and the CNPJs of the
// companies they act for. An identifier that someone has already, or that could
// be taken for one of theirs, is an *app.IdentifierRefusal.
func (s *Store) AddPerson(ctx context.Context, by app.Actor, name string, ids []app.Identifier, companies []string,
	allow ...Allow) (app.Person, error) {
	p := app.Person{ID: app.NewID(), Name: name, State: app.PersonActive}
	err := s.write(ctx, func(t *tx) error {
		p.CreatedAt = t.now
		if err := t.exec(ctx, `INSERT INTO persons (id, name, state, created_at) VALUES (?, ?, ?, ?)`,
			p.ID, p.Name, p.State, p.CreatedAt); err != nil {
			return err
		}
		if err := t.countPeople(ctx, 1); err != nil {
			return err
		}
		if err := t.indexName(ctx, p.ID, p.Name); err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := t.addIdentifier(ctx, by, p.ID, id, allow); err != nil {
				return err
			}
		}
		for _, cnpj := range companies {
			if err := t.exec(ctx, `INSERT INTO companies (person_id, cnpj) VALUES (?, ?) ON CONFLICT DO NOTHING`, p.ID,
				cnpj); err != nil {
				return err
			}
		}
		return t.audit(ctx, by, entry{action: "person.add", person: p.ID})
	})
	return p, err
}

// SetPersonState suspends a person or lets them in again. Suspending cancels
// what waits for them, and ACP is told; and it ends the links that nobody used:
// whoever is let in again and has no device needs a new one.
func (s *Store) SetPersonState(ctx context.Context, by app.Actor, id string, state app.PersonState) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.living(ctx, id); err != nil {
			return err
		}
		n, err := t.affect(ctx, `UPDATE persons SET state = ? WHERE id = ? AND state <> ?`, state, id, state)
		if err != nil || n == 0 {
			return err
		}
		if state == app.PersonSuspended {
			if err := t.suspended(ctx, by, id); err != nil {
				return err
			}
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: id})
		return t.audit(ctx, by, entry{action: "person." + string(state), person: id})
	})
}

// suspended ends what a person has who was just suspended: what waits for them,
// of which ACP is told, and their links. What they approved before is lost, also
// once they are let in again: see lost.
func (t *tx) suspended(ctx context.Context, by app.Actor, id string) error {
	if err := t.exec(ctx, `UPDATE persons SET suspended_at = ? WHERE id = ?`, t.now, id); err != nil {
		return err
	}
	if err := t.lapseApprovals(ctx, id, "", app.ReasonSuspended); err != nil {
		return err
	}
	if err := t.cancelPending(ctx, by, id, app.ReasonSuspended); err != nil {
		return err
	}
	if err := t.endProposalsAbout(ctx, by, id); err != nil {
		return err
	}
	return t.endInvitations(ctx, by, id)
}

// SetPreferences stores a person's language and time zone; an empty value leaves
// the old one. The audit has a row where one changes, at most one of a device in
// a preferencesPace: a stolen cookie can't fill it. What changes nothing writes
// nothing.
func (s *Store) SetPreferences(ctx context.Context, by app.Actor, id, lang, zone string) error {
	p, err := s.Person(ctx, id)
	if err != nil {
		return err
	}
	if p.ErasedAt == 0 && (lang == "" || lang == p.Lang) && (zone == "" || zone == p.Zone) {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		if err := t.swap(ctx, app.ErrUnknownPerson, `UPDATE persons SET
			lang = CASE WHEN ? = '' THEN lang ELSE ? END, zone = CASE WHEN ? = '' THEN zone ELSE ? END
			WHERE id = ? AND erased_at = 0`, lang, lang, zone, zone, id); err != nil {
			return err
		}
		lately, err := t.lately(ctx, by, "person.preferences", preferencesPace, 1)
		if err != nil || lately {
			return err
		}
		return t.audit(ctx, by, entry{action: "person.preferences", person: id})
	})
}

// Person gives a person by id.
func (r *Reader) Person(ctx context.Context, id string) (app.Person, error) {
	var p app.Person
	err := r.r.GetContext(ctx, &p, `SELECT `+personColumns+` FROM persons WHERE id = ?`, id)
	return p, orElse(err, app.ErrUnknownPerson)
}

// FindPerson gives the one person whom any of the identifiers names. None is
// app.ErrUnknownPerson, more than one app.ErrAmbiguousPerson. One whose move
// waits names no person.
func (r *Reader) FindPerson(ctx context.Context, ids []app.Identifier) (app.Person, error) {
	if len(ids) == 0 {
		return app.Person{}, app.ErrUnknownPerson
	}
	where := strings.TrimPrefix(strings.Repeat(" OR (i.kind = ? AND i.norm = ?)", len(ids)), " OR ")
	args := make([]any, 0, 2*len(ids))
	for _, id := range ids {
		args = append(args, id.Kind, id.Norm)
	}
	args = append(args, r.Now())
	var found []app.Person
	err := r.r.SelectContext(ctx, &found,
		`SELECT DISTINCT p.id, p.name, p.state, p.lang, p.zone, p.created_at, p.paused_at, p.pause_scope
		FROM identifiers i JOIN persons p ON p.id = i.person_id WHERE (`+where+`) AND`+settled+` LIMIT 2`, args...)
	switch {
	case err != nil:
		return app.Person{}, err
	case len(found) == 0:
		return app.Person{}, app.ErrUnknownPerson
	case len(found) > 1:
		return app.Person{}, app.ErrAmbiguousPerson
	}
	return found[0], nil
}

// CanAnswer tells whether the person is active, can be asked for something (a
// pause of payments leaves the rest), and has an active device with a live
// passkey that passes its checks.
func (r *Reader) CanAnswer(ctx context.Context, personID string) (bool, error) {
	var ok bool
	err := r.r.GetContext(ctx, &ok, `SELECT EXISTS (SELECT 1 FROM persons p
		JOIN devices d ON d.person_id = p.id AND d.state = 'active'
		JOIN credentials c ON c.id = d.credential_id AND c.revoked_at = 0 AND c.unfit_at = 0
		WHERE p.id = ? AND p.state = 'active' AND (p.paused_at = 0 OR p.pause_scope = 'payments'))`, personID)
	return ok, err
}

// Identifiers gives the identifiers that name a person, by kind: not those whose
// move waits.
func (r *Reader) Identifiers(ctx context.Context, personID string) ([]app.Identifier, error) {
	var ids []app.Identifier
	err := r.r.SelectContext(ctx, &ids,
		`SELECT i.kind, i.value, i.norm FROM identifiers i WHERE i.person_id = ? AND`+settled+
			` ORDER BY i.kind, i.norm`,
		personID, r.Now())
	return ids, err
}

// PersonRow is a person in a list.
type PersonRow struct {
	app.Person
	Devices int `db:"devices"`
}

// People lists people by name, after the given one, at most limit: the next
// page starts after the last row of this.
func (r *Reader) People(ctx context.Context, afterName, afterID string, limit int) ([]PersonRow, error) {
	var out []PersonRow
	err := r.r.SelectContext(ctx, &out,
		`SELECT p.id, p.name, p.state, p.lang, p.zone, p.created_at, p.paused_at, p.pause_scope, p.erased_at,
		(SELECT count(*) FROM devices d WHERE d.person_id = p.id AND d.state <> 'removed') AS devices
		FROM persons p WHERE p.erased_at = 0 AND (p.name > ? OR (p.name = ? AND p.id > ?))
		ORDER BY p.name, p.id LIMIT ?`,
		afterName, afterName, afterID, limit)
	return out, err
}

// Invite stores an invitation by the hash of its token and ends the person's
// earlier ones that were not used: the newest link is the one that counts.
func (s *Store) Invite(ctx context.Context, by app.Actor, personID, tokenHash string,
	expires app.Instant) (app.Invitation, error) {
	return s.invite(ctx, by, app.Invitation{PersonID: personID, ExpiresAt: expires}, tokenHash, Separation{})
}

// InviteByLetter is Invite for a link that goes into a letter: it needs an
// activation code, also where codes are switched off.
func (s *Store) InviteByLetter(ctx context.Context, by app.Actor, personID, tokenHash string,
	expires app.Instant) (app.Invitation, error) {
	in := app.Invitation{PersonID: personID, ExpiresAt: expires, Letter: true}
	return s.invite(ctx, by, in, tokenHash, Separation{})
}

// InviteByAdmin is Invite for the console: in names the person and the end, and
// whether the link goes into a letter. Who must make its code is decided by the
// rule.
func (s *Store) InviteByAdmin(
	ctx context.Context,
	by app.Actor,
	in app.Invitation,
	tokenHash string,
	rule Separation,
) (app.Invitation, error) {
	return s.invite(ctx, by, in, tokenHash, rule)
}

func (s *Store) invite(
	ctx context.Context,
	by app.Actor,
	inv app.Invitation,
	tokenHash string,
	rule Separation,
) (app.Invitation, error) {
	inv.ID = app.NewID()
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.living(ctx, inv.PersonID); err != nil {
			return err
		}
		if err := t.exec(ctx,
			`UPDATE invitations SET ended_at = ? WHERE person_id = ? AND used_at = 0 AND ended_at = 0`, t.now,
			inv.PersonID); err != nil {
			return err
		}
		var err error
		if inv.CodeBy, err = t.codeMaker(ctx, by, rule); err != nil {
			return err
		}
		return t.addInvitation(ctx, by, &inv, tokenHash)
	})
	return inv, err
}

// EndInvitations ends the links of a person that nobody used, and their codes.
func (s *Store) EndInvitations(ctx context.Context, by app.Actor, personID string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.endInviteProposals(ctx, by, personID); err != nil {
			return err
		}
		return t.endInvitations(ctx, by, personID)
	})
}

// endInvitations ends the links of a person that nobody used, and with them
// their activation codes. Without one it changes nothing.
func (t *tx) endInvitations(ctx context.Context, by app.Actor, personID string) error {
	t.touch(personID)
	n, err := t.affect(ctx, `UPDATE invitations SET ended_at = ? WHERE person_id = ? AND used_at = 0 AND ended_at = 0`,
		t.now, personID)
	if err != nil || n == 0 {
		return err
	}
	if err := t.exec(ctx, `UPDATE activation_codes SET ended_at = ? WHERE used_at = 0 AND ended_at = 0
		AND invitation_id IN (SELECT id FROM invitations WHERE person_id = ?)`, t.now, personID); err != nil {
		return err
	}
	return t.audit(ctx, by, entry{action: "invitation.end", person: personID})
}

// InviteFrom stores the invitation that a person gives themselves on the device
// by: the link of another device of theirs, which may replace it. Other
// invitations of theirs stay; an earlier one from the same device ends. Their
// other devices are told. Its
// passkey must be live: app.ErrUnknownPasskey.
func (s *Store) InviteFrom(ctx context.Context, by app.Actor, tokenHash string, replace bool,
	expires app.Instant) (app.Invitation, error) {
	inv := app.Invitation{ID: app.NewID(), PersonID: by.PersonID, ExpiresAt: expires, ApprovedBy: by.ID}
	if replace {
		inv.Replaces = by.ID
	}
	err := s.write(ctx, func(t *tx) error {
		if err := t.mayDecide(ctx, by); err != nil {
			return err
		}
		if err := t.endLinksOf(ctx, by.ID); err != nil {
			return err
		}
		if err := t.pushAll(ctx, by.PersonID, by.ID, app.NoticeDeviceComing, "", expires); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: by.PersonID})
		return t.addInvitation(ctx, by, &inv, tokenHash)
	})
	return inv, err
}

func (t *tx) addInvitation(ctx context.Context, by app.Actor, inv *app.Invitation, tokenHash string) error {
	t.touch(inv.PersonID)
	inv.CreatedAt = t.now
	if by.Kind == app.ActorAdmin {
		inv.MadeBy = by.ID
	}
	if err := t.exec(ctx, `INSERT INTO invitations
		(id, person_id, token_hash, created_at, expires_at, approved_by, made_by, code_by, replaces, letter)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, inv.ID, inv.PersonID, tokenHash, inv.CreatedAt, inv.ExpiresAt,
		inv.ApprovedBy, inv.MadeBy, inv.CodeBy, inv.Replaces, inv.Letter); err != nil {
		return err
	}
	e := entry{action: "invitation.make", person: inv.PersonID, device: inv.ApprovedBy}
	if inv.Letter {
		e.detail = map[string]string{"way": "letter"}
	}
	return t.audit(ctx, by, e)
}

const invitationColumns = `id, person_id, created_at, expires_at, used_at, ended_at, approved_by, made_by, code_by,
	replaces, letter, activation, activated_until`

// Invitation gives an invitation by the hash of its token, whatever its state.
func (r *Reader) Invitation(ctx context.Context, tokenHash string) (app.Invitation, error) {
	var inv app.Invitation
	err := r.r.GetContext(ctx, &inv, `SELECT `+invitationColumns+` FROM invitations WHERE token_hash = ?`, tokenHash)
	return inv, orElse(err, app.ErrInvitation)
}

// Companies gives the CNPJs that a person acts for, without punctuation.
func (r *Reader) Companies(ctx context.Context, personID string) ([]string, error) {
	var out []string
	err := r.r.SelectContext(ctx, &out, `SELECT cnpj FROM companies WHERE person_id = ? ORDER BY cnpj`, personID)
	return out, err
}
