package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"assent/app"
)

const codeColumns = `id, invitation_id AS link_id, salt, hash, tries, created_at, expires_at, used_at, ended_at`

// PutActivationCode keeps a code for the person's open invitation, and ends the
// one before it. The person's devices are told that another is about to be
// added: the code is worth something once that stands in the outbox. A person
// without an open invitation is app.ErrNoInvitation; who made that invitation
// is app.ErrOwnLink, and who is related to them app.ErrRelatedLink, as far as the
// rule goes, and that is recorded.
func (s *Store) PutActivationCode(
	ctx context.Context,
	by app.Actor,
	personID string,
	c app.ActivationCode,
	rule Separation,
) (app.ActivationCode, error) {
	var refusal error
	err := s.write(ctx, func(t *tx) error {
		if err := t.active(ctx, personID); err != nil {
			return err
		}
		inv, err := openInvitation(ctx, t, personID, t.now)
		if err != nil {
			return err
		}
		hand, err := t.separate(ctx, by, inv.MadeBy, inv.CodeBy, rule)
		if errors.Is(err, app.ErrOwnLink) || errors.Is(err, app.ErrRelatedLink) {
			refusal = err
			return t.audit(ctx, by, entry{action: "activation.refuse", person: personID, detail: handDetail(hand)})
		} else if err != nil {
			return err
		}
		c.LinkID = inv.ID
		if err := t.exec(ctx,
			`UPDATE activation_codes SET ended_at = ? WHERE invitation_id = ? AND used_at = 0 AND ended_at = 0`,
			t.now, c.LinkID); err != nil {
			return err
		}
		c.CreatedAt, c.ExpiresAt = t.now, t.now.Add(app.ActivationCodeTTL)
		if err := t.exec(ctx,
			`INSERT INTO activation_codes (id, invitation_id, salt, hash, created_at, expires_at)
				VALUES (?, ?, ?, ?, ?, ?)`,
			c.ID, c.LinkID, c.Salt, c.Hash, c.CreatedAt, c.ExpiresAt); err != nil {
			return err
		}
		if err := t.pushAll(ctx, personID, "", app.NoticeDeviceComing, "", c.ExpiresAt); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: personID})
		return t.audit(ctx, by, entry{action: "activation.make", person: personID, detail: handDetail(hand)})
	})
	if err == nil {
		err = refusal
	}
	return c, err
}

// handDetail says in the audit whose hand makes a code, where it isn't another's
// than made the link.
func handDetail(hand app.Hand) map[string]string {
	if hand == app.OtherHand {
		return nil
	}
	return map[string]string{"hand": string(hand)}
}

// openInvitation is the newest invitation that a code may be made for.
func openInvitation(ctx context.Context, q interface {
	GetContext(ctx context.Context, dst any, query string, args ...any) error
}, personID string, now app.Instant) (inv app.Invitation, err error) {
	err = q.GetContext(ctx, &inv, `SELECT `+invitationColumns+` FROM invitations
		WHERE person_id = ? AND approved_by = '' AND used_at = 0 AND ended_at = 0 AND expires_at > ?
		ORDER BY created_at DESC LIMIT 1`,
		personID, now)
	return inv, orElse(err, app.ErrNoInvitation)
}

// OpenInvitation is the person's invitation that a code may be made for:
// app.ErrNoInvitation without one.
func (r *Reader) OpenInvitation(ctx context.Context, personID string) (app.Invitation, error) {
	return openInvitation(ctx, r.r, personID, r.Now())
}

// try counts a try of digits in the browser that shows words. Right ones use
// the code up. Wrong ones are a refusal, with how many tries are left; the last
// of them ends the code.
func try(c *app.ActivationCode, digits, words string, now app.Instant) (left int, refusal error) {
	if c.Is(digits, words) {
		c.UsedAt = now
		return 0, nil
	}
	c.Tries++
	if left = c.Left(); left == 0 {
		c.EndedAt = now
		return 0, app.ErrActivationEnded
	}
	return left, app.ErrActivationWrong
}

// Activate tries digits as the invitation's code, in the browser that shows
// words. The right ones use the code up and give the id under which that
// browser may go on, instead of any before it. Wrong ones, and right ones in
// another browser, are counted before the answer is given, so that no two tries
// can pass for one: app.ErrActivationWrong with how many are left,
// app.ErrActivationEnded with the last. Without a code that can be tried it is
// app.ErrActivationEnded or app.ErrActivationLate, and nothing is written.
func (s *Store) Activate(ctx context.Context, by app.Actor,
	invitationID, digits, words string) (id string, left int, err error) {
	var refusal error
	err = s.write(ctx, func(t *tx) error {
		inv, err := t.invitation(ctx, invitationID)
		if err != nil {
			return err
		}
		if err := inv.Check(t.now); err != nil {
			return err
		}
		if err := t.active(ctx, inv.PersonID); err != nil {
			return err
		}
		// Of one millisecond, the open one: a newer code ended those before it.
		var c app.ActivationCode
		err = t.GetContext(ctx, &c, `SELECT `+codeColumns+` FROM activation_codes
			WHERE invitation_id = ? ORDER BY created_at DESC, ended_at LIMIT 1`, inv.ID)
		if errors.Is(err, sql.ErrNoRows) {
			return app.ErrActivationEnded
		}
		if err != nil {
			return err
		}
		if err := c.Check(t.now); err != nil {
			return err
		}
		left, refusal = try(&c, digits, words, t.now)
		if err := t.exec(ctx, `UPDATE activation_codes SET tries = ?, used_at = ?, ended_at = ? WHERE id = ?`, c.Tries,
			c.UsedAt, c.EndedAt, c.ID); err != nil {
			return err
		}
		if refusal != nil {
			return t.audit(ctx, by,
				entry{
					action: "activation.wrong",
					person: inv.PersonID,
					detail: map[string]string{"left": strconv.Itoa(left)},
				})
		}
		id = app.NewID()
		if err := t.exec(ctx, `UPDATE invitations SET activation = ?, activated_until = ? WHERE id = ?`,
			id, min(t.now.Add(app.ActivationWindow), inv.ExpiresAt), inv.ID); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: inv.PersonID})
		return t.audit(ctx, by, entry{action: "activation.done", person: inv.PersonID})
	})
	if err == nil {
		err = refusal
	}
	return id, left, err
}

func (t *tx) invitation(ctx context.Context, id string) (app.Invitation, error) {
	var inv app.Invitation
	err := t.GetContext(ctx, &inv, `SELECT `+invitationColumns+` FROM invitations WHERE id = ?`, id)
	return inv, orElse(err, app.ErrInvitation)
}

// Coming gives the invitations by which a device is about to be added to the
// person: one for which a code was made that can still be typed or was, and
// those that a device of theirs gave.
func (r *Reader) Coming(ctx context.Context, personID string) ([]app.Invitation, error) {
	var out []app.Invitation
	now := r.Now()
	err := r.r.SelectContext(ctx, &out, `SELECT `+invitationColumns+` FROM invitations
		WHERE person_id = ? AND used_at = 0 AND ended_at = 0 AND expires_at > ? AND (approved_by <> ''
		OR activated_until > ?
			OR EXISTS (SELECT 1 FROM activation_codes c WHERE c.invitation_id = invitations.id AND c.used_at = 0
			AND c.ended_at = 0 AND c.expires_at > ?))
		ORDER BY created_at, id`, personID, now, now, now)
	return out, err
}

// StopComing ends an invitation that a device is about to be added by, with its
// code, for the person on the device by: its passkey must be live, or else
// whoever has a device that was shut out could keep the person from another.
// What was used or has ended is app.ErrAlreadyCompleted.
func (s *Store) StopComing(ctx context.Context, by app.Actor, invitationID string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.mayDecide(ctx, by); err != nil {
			return err
		}
		if err := t.swap(ctx, app.ErrAlreadyCompleted, `UPDATE invitations SET ended_at = ?
			WHERE id = ? AND person_id = ? AND used_at = 0 AND ended_at = 0`, t.now, invitationID,
			by.PersonID); err != nil {
			return err
		}
		t.touch(by.PersonID)
		if err := t.exec(ctx,
			`UPDATE activation_codes SET ended_at = ? WHERE invitation_id = ? AND used_at = 0 AND ended_at = 0`, t.now,
			invitationID); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: by.PersonID})
		return t.audit(ctx, by, entry{action: "invitation.stop", person: by.PersonID, device: by.ID})
	})
}
