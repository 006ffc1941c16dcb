package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"strconv"

	"assent/app"
)

const adminCodeColumns = `id, link_id, salt, hash, tries, created_at, expires_at, used_at, ended_at`

// OpenAdminLink is the set-up link of an administrator that a code may be made
// for: app.ErrNoInvitation without one.
func (r *Reader) OpenAdminLink(ctx context.Context, adminID string) (app.AdminLink, error) {
	var l app.AdminLink
	err := r.r.GetContext(ctx, &l, `SELECT `+adminLinkColumns+` FROM admin_links
		WHERE admin_id = ? AND used_at = 0 AND ended_at = 0 AND expires_at > ? ORDER BY created_at DESC LIMIT 1`,
		adminID, r.Now())
	return l, orElse(err, app.ErrNoInvitation)
}

// PutAdminCode keeps a code for an administrator's open set-up link, and ends
// the one before it; see PutActivationCode.
func (s *Store) PutAdminCode(
	ctx context.Context,
	by app.Actor,
	adminID string,
	c app.ActivationCode,
	rule Separation,
) (app.ActivationCode, error) {
	var refusal error
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.activeAdmin(ctx, adminID); err != nil {
			return err
		}
		var link app.AdminLink
		if err := t.GetContext(ctx, &link, `SELECT `+adminLinkColumns+` FROM admin_links
			WHERE admin_id = ? AND used_at = 0 AND ended_at = 0 AND expires_at > ? ORDER BY created_at DESC LIMIT 1`,
			adminID, t.now); err != nil {
			return orElse(err, app.ErrNoInvitation)
		}
		hand, err := t.separate(ctx, by, link.MadeBy, link.CodeBy, rule)
		detail := aboutAdmin("", adminID).detail
		maps.Copy(detail, handDetail(hand))
		if errors.Is(err, app.ErrOwnLink) || errors.Is(err, app.ErrRelatedLink) {
			refusal = err
			return t.audit(ctx, by, entry{action: "admin.code_refuse", detail: detail})
		} else if err != nil {
			return err
		}
		c.LinkID = link.ID
		if err := t.exec(ctx, `UPDATE admin_codes SET ended_at = ? WHERE link_id = ? AND used_at = 0 AND ended_at = 0`,
			t.now, link.ID); err != nil {
			return err
		}
		c.CreatedAt, c.ExpiresAt = t.now, t.now.Add(app.ActivationCodeTTL)
		if err := t.exec(ctx,
			`INSERT INTO admin_codes (id, link_id, salt, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
			c.ID, c.LinkID, c.Salt, c.Hash, c.CreatedAt, c.ExpiresAt); err != nil {
			return err
		}
		return t.audit(ctx, by, entry{action: "admin.code", detail: detail})
	})
	if err == nil {
		err = refusal
	}
	return c, err
}

// ActivateAdmin tries digits as the code of a set-up link, in the browser that
// shows words and holds the cookie whose hash is browser: only that browser may
// go on then. Refusals are those of Activate.
func (s *Store) ActivateAdmin(ctx context.Context, by app.Actor,
	linkID, digits, words, browser string) (left int, err error) {
	var refusal error
	err = s.write(ctx, func(t *tx) error {
		var link app.AdminLink
		if err := t.GetContext(ctx, &link, `SELECT `+adminLinkColumns+` FROM admin_links WHERE id = ?`,
			linkID); err != nil {
			return orElse(err, app.ErrInvitation)
		}
		if err := link.Check(t.now); err != nil {
			return err
		}
		if _, err := t.activeAdmin(ctx, link.AdminID); err != nil {
			return err
		}
		var c app.ActivationCode
		err := t.GetContext(ctx, &c,
			`SELECT `+adminCodeColumns+` FROM admin_codes WHERE link_id = ? ORDER BY created_at DESC, ended_at LIMIT 1`,
			link.ID)
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
		if err := t.exec(ctx, `UPDATE admin_codes SET tries = ?, used_at = ?, ended_at = ? WHERE id = ?`, c.Tries,
			c.UsedAt, c.EndedAt, c.ID); err != nil {
			return err
		}
		if refusal != nil {
			return t.audit(ctx, by, aboutAdmin("admin.code_wrong", link.AdminID, "left", strconv.Itoa(left)))
		}
		if err := t.exec(ctx, `UPDATE admin_links SET activation = ?, activated_until = ? WHERE id = ?`,
			browser, min(t.now.Add(app.ActivationWindow), link.ExpiresAt), link.ID); err != nil {
			return err
		}
		return t.audit(ctx, by, aboutAdmin("admin.code_done", link.AdminID))
	})
	if err == nil {
		err = refusal
	}
	return left, err
}
