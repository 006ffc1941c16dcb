package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"assent/app"
)

const codeColumns = `id, invitation_id, salt, hash, tries, created_at, expires_at, used_at, ended_at`

// PutActivationCode keeps a code for the person's open invitation, and ends
// the one before it. A person without an open invitation is app.ErrNoInvitation.
func (s *Store) PutActivationCode(ctx context.Context, by app.Actor, personID string, c app.ActivationCode) (app.ActivationCode, error) {
	err := s.write(ctx, func(t *tx) error {
		if err := t.active(ctx, personID); err != nil {
			return err
		}
		err := t.GetContext(ctx, &c.InvitationID, `SELECT id FROM invitations
			WHERE person_id = ? AND approved_by = '' AND used_at = 0 AND ended_at = 0 AND expires_at > ? ORDER BY created_at DESC LIMIT 1`, personID, t.now)
		if err != nil {
			return orElse(err, app.ErrNoInvitation)
		}
		if err := t.exec(ctx, `UPDATE activation_codes SET ended_at = ? WHERE invitation_id = ? AND used_at = 0 AND ended_at = 0`,
			t.now, c.InvitationID); err != nil {
			return err
		}
		c.CreatedAt, c.ExpiresAt = t.now, t.now.Add(app.ActivationCodeTTL)
		if err := t.exec(ctx, `INSERT INTO activation_codes (id, invitation_id, salt, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
			c.ID, c.InvitationID, c.Salt, c.Hash, c.CreatedAt, c.ExpiresAt); err != nil {
			return err
		}
		return t.audit(ctx, by, entry{action: "activation.make", person: personID})
	})
	return c, err
}

// Activate tries digits as the invitation's code. The right ones use the code
// up and give the id under which the browser that gave them may go on, instead
// of any before it. Wrong ones are counted before anybody is told, so that no
// two tries can pass for one: app.ErrActivationWrong with how many are left,
// app.ErrActivationEnded with the last. Without a code that can be tried it is
// app.ErrActivationEnded or app.ErrActivationLate, and nothing is written.
func (s *Store) Activate(ctx context.Context, by app.Actor, invitationID, digits string) (id string, left int, err error) {
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
		if !c.Is(digits) {
			c.Tries++
			if left, refusal = c.Left(), app.ErrActivationWrong; left == 0 {
				c.EndedAt, refusal = t.now, app.ErrActivationEnded
			}
			if err := t.exec(ctx, `UPDATE activation_codes SET tries = ?, ended_at = ? WHERE id = ?`, c.Tries, c.EndedAt, c.ID); err != nil {
				return err
			}
			return t.audit(ctx, by, entry{action: "activation.wrong", person: inv.PersonID, detail: map[string]string{"left": strconv.Itoa(left)}})
		}
		if err := t.exec(ctx, `UPDATE activation_codes SET used_at = ? WHERE id = ?`, t.now, c.ID); err != nil {
			return err
		}
		id = app.NewID()
		if err := t.exec(ctx, `UPDATE invitations SET activation = ?, activated_until = ? WHERE id = ?`,
			id, min(t.now.Add(app.ActivationWindow), inv.ExpiresAt), inv.ID); err != nil {
			return err
		}
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
