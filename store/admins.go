package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"assent/app"
)

const (
	adminColumns           = `id, email, email_norm, name, role, state, lang, theme, zone, created_at, removed_at`
	adminLinkColumns       = `id, admin_id, created_at, expires_at, used_at, ended_at, made_by, code_by, activation, activated_until`
	adminCredentialColumns = `id, admin_id, record, backed_up, backup_elig, created_at, last_used_at, revoked_at`
	adminSessionColumns    = `id, admin_id, credential_id, created_at, last_seen_at, confirmed_at, source, browser, ended_at`
)

// adminSessionsKept is how long a session is kept after it began.
const adminSessionsKept = 30 * 24 * time.Hour

// aboutAdmin is an entry about an administrator; pairs are further details.
func aboutAdmin(action, id string, pairs ...string) entry {
	detail := map[string]string{"admin": id}
	for i := 0; i+1 < len(pairs); i += 2 {
		detail[pairs[i]] = pairs[i+1]
	}
	return entry{action: action, detail: detail}
}

// AddAdmin stores a new administrator with the link to set up a passkey, by
// the hash of its token. An address that another has is refused. Who must make
// the link's code is decided by the rule.
func (s *Store) AddAdmin(
	ctx context.Context,
	by app.Actor,
	a app.Admin,
	tokenHash string,
	expires app.Instant,
	rule Separation,
) (app.Admin, error) {
	a.ID, a.State = app.NewID(), app.AdminActive
	err := s.write(ctx, func(t *tx) error {
		a.CreatedAt = t.now
		err := t.exec(ctx,
			`INSERT INTO admins (id, email, email_norm, name, role, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			a.ID, a.Email, a.EmailNorm, a.Name, a.Role, a.State, a.CreatedAt)
		if t.store.engine.IsDuplicate(err) {
			return app.ErrEmailTaken.In("email").Because(err)
		}
		if err != nil {
			return err
		}
		if err := t.audit(ctx, by, aboutAdmin("admin.add", a.ID, "role", string(a.Role))); err != nil {
			return err
		}
		return t.linkAdmin(ctx, by, a.ID, tokenHash, expires, rule)
	})
	return a, err
}

// LinkAdmin stores a new set-up link of an administrator and ends their earlier
// ones. Passkeys and sessions end when it is used. Who must make its code is
// decided by the rule.
func (s *Store) LinkAdmin(
	ctx context.Context,
	by app.Actor,
	id, tokenHash string,
	expires app.Instant,
	rule Separation,
) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.activeAdmin(ctx, id); err != nil {
			return err
		}
		return t.linkAdmin(ctx, by, id, tokenHash, expires, rule)
	})
}

func (t *tx) linkAdmin(
	ctx context.Context,
	by app.Actor,
	id, tokenHash string,
	expires app.Instant,
	rule Separation,
) error {
	if err := t.endAdminLinks(ctx, id); err != nil {
		return err
	}
	madeBy := ""
	if by.Kind == app.ActorAdmin {
		madeBy = by.ID
	}
	codeBy, err := t.codeMaker(ctx, by, rule)
	if err != nil {
		return err
	}
	if err := t.exec(ctx, `INSERT INTO admin_links (id, admin_id, token_hash, created_at, expires_at, made_by, code_by)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, app.NewID(), id, tokenHash, t.now, expires, madeBy, codeBy); err != nil {
		return err
	}
	return t.audit(ctx, by, aboutAdmin("admin.link", id))
}

// MoveAdminRPID makes id the WebAuthn RP id of administrators' passkeys, if was
// still is it. Passkeys of another would work nowhere: all of them end, with the
// sessions, and each active administrator gets the set-up link whose token's
// hash stands by their id in links.
func (s *Store) MoveAdminRPID(ctx context.Context, by app.Actor, was, id string, links map[string]string,
	expires app.Instant) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.swap(ctx, app.ErrChanged, `UPDATE meta SET value = ? WHERE key = 'admin rp id' AND value = ?`, id,
			was); err != nil {
			return err
		}
		if err := t.lapse(ctx, ""); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE admin_credentials SET revoked_at = ? WHERE revoked_at = 0`, t.now); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE admin_sessions SET ended_at = ? WHERE ended_at = 0`, t.now); err != nil {
			return err
		}
		if err := t.audit(ctx, by,
			entry{action: "admin.rp_id", detail: map[string]string{"from": was, "to": id}}); err != nil {
			return err
		}
		for _, admin := range slices.Sorted(maps.Keys(links)) {
			if _, err := t.activeAdmin(ctx, admin); err != nil {
				return err
			}
			if err := t.linkAdmin(ctx, by, admin, links[admin], expires, Separation{}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) endAdminLinks(ctx context.Context, id string) error {
	return t.exec(ctx, `UPDATE admin_links SET ended_at = ? WHERE admin_id = ? AND used_at = 0 AND ended_at = 0`, t.now,
		id)
}

func (t *tx) admin(ctx context.Context, id string) (app.Admin, error) {
	var a app.Admin
	err := t.GetContext(ctx, &a, `SELECT `+adminColumns+` FROM admins WHERE id = ? AND state <> 'removed'`, id)
	return a, orElse(err, app.ErrUnknownAdmin)
}

func (t *tx) activeAdmin(ctx context.Context, id string) (app.Admin, error) {
	a, err := t.admin(ctx, id)
	if err == nil && a.State != app.AdminActive {
		return a, app.ErrSuspended
	}
	return a, err
}

// AdminSetUp is what a finished passkey registration of an administrator brings.
type AdminSetUp struct {
	LinkID     string
	Activation app.Activation      // of the browser
	Credential app.AdminCredential // of which AdminID says whose it is
	Session    app.AdminSession    // to begin: ID, Source and Browser
}

// SetUpAdmin uses up a set-up link: the new passkey is the administrator's only
// one, and the session that begins their only session.
func (s *Store) SetUpAdmin(ctx context.Context, by app.Actor, in AdminSetUp) (app.AdminSession, error) {
	c, session := in.Credential, in.Session
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.activeAdmin(ctx, c.AdminID); err != nil {
			return err
		}
		var link app.AdminLink
		if err := t.GetContext(ctx, &link, `SELECT `+adminLinkColumns+` FROM admin_links WHERE id = ? AND admin_id = ?`,
			in.LinkID, c.AdminID); err != nil {
			return orElse(err, app.ErrInvitation)
		}
		if err := link.Check(t.now); err != nil {
			return err
		}
		if err := link.Activated(in.Activation, t.now); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE admin_links SET used_at = ? WHERE id = ?`, t.now, link.ID); err != nil {
			return err
		}
		if err := t.endAdminLinks(ctx, c.AdminID); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE admin_credentials SET revoked_at = ? WHERE admin_id = ? AND revoked_at = 0`,
			t.now, c.AdminID); err != nil {
			return err
		}
		if err := t.endAdminSessions(ctx, c.AdminID); err != nil {
			return err
		}
		err := t.exec(ctx,
			`INSERT INTO admin_credentials (id, admin_id, record, backed_up, backup_elig, created_at, last_used_at)
				VALUES (?, ?, ?, ?, ?, ?, ?)`,
			c.ID, c.AdminID, c.Record, c.BackedUp, c.BackupElig, t.now, t.now)
		if t.store.engine.IsDuplicate(err) {
			return app.ErrPasskey.Because(err)
		}
		if err != nil {
			return err
		}
		by.ID = c.AdminID
		if err := t.audit(ctx, by, aboutAdmin("admin.set_up", c.AdminID)); err != nil {
			return err
		}
		session.CredentialID = c.ID
		return t.beginAdminSession(ctx, by, c.AdminID, &session)
	})
	return session, err
}

func (t *tx) beginAdminSession(ctx context.Context, by app.Actor, adminID string, s *app.AdminSession) error {
	s.AdminID, s.CreatedAt, s.LastSeenAt, s.ConfirmedAt, s.EndedAt = adminID, t.now, t.now, t.now, 0
	if err := t.exec(ctx,
		`INSERT INTO admin_sessions (id, admin_id, credential_id, created_at, last_seen_at, confirmed_at, source, browser)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, s.ID, s.AdminID, s.CredentialID, s.CreatedAt, s.LastSeenAt, s.ConfirmedAt,
		s.Source, s.Browser); err != nil {
		return err
	}
	return t.audit(ctx, by, aboutAdmin("admin.sign_in", adminID))
}

// AdminUse is what an assertion of an administrator's passkey brings.
type AdminUse struct {
	AdminID      string
	CredentialID string
	Record       string // the credential record as updated by this use
	BackedUp     bool
	Synced       bool // it became a passkey that can be copied
}

func (t *tx) useAdminPasskey(ctx context.Context, by app.Actor, u AdminUse) error {
	err := t.swap(ctx, app.ErrUnknownPasskey, `UPDATE admin_credentials SET record = ?, backed_up = ?, last_used_at = ?,
			backup_elig = max(backup_elig, ?)
		WHERE id = ? AND admin_id = ? AND revoked_at = 0`, u.Record, u.BackedUp, t.now, u.Synced, u.CredentialID,
		u.AdminID)
	if err != nil || !u.Synced {
		return err
	}
	return t.audit(ctx, by, aboutAdmin("admin.passkey_sync", u.AdminID))
}

// SignInAdmin begins a session of which ID, Source and Browser are given.
func (s *Store) SignInAdmin(ctx context.Context, by app.Actor, u AdminUse,
	session app.AdminSession) (app.AdminSession, error) {
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.activeAdmin(ctx, u.AdminID); err != nil {
			return err
		}
		by.ID = u.AdminID
		if err := t.useAdminPasskey(ctx, by, u); err != nil {
			return err
		}
		session.CredentialID = u.CredentialID
		return t.beginAdminSession(ctx, by, u.AdminID, &session)
	})
	return session, err
}

// ConfirmAdmin notes that the administrator of a session showed the passkey again.
func (s *Store) ConfirmAdmin(ctx context.Context, by app.Actor, u AdminUse, sessionID string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.useAdminPasskey(ctx, by, u); err != nil {
			return err
		}
		if err := t.swap(ctx, app.ErrSignedOut,
			`UPDATE admin_sessions SET confirmed_at = ?, last_seen_at = ? WHERE id = ? AND admin_id = ?
				AND ended_at = 0`,
			t.now, t.now, sessionID, u.AdminID); err != nil {
			return err
		}
		return t.audit(ctx, by, aboutAdmin("admin.confirm", u.AdminID))
	})
}

// SeenAdmin notes that a session was used. It writes at most once a minute.
func (s *Store) SeenAdmin(ctx context.Context, session app.AdminSession) error {
	if age := s.Now().Sub(session.LastSeenAt); age >= 0 && age < time.Minute {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx, `UPDATE admin_sessions SET last_seen_at = ? WHERE id = ? AND ended_at = 0`, t.now,
			session.ID)
	})
}

// EndAdminSession ends one of an administrator's sessions.
func (s *Store) EndAdminSession(ctx context.Context, by app.Actor, adminID, sessionID string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.swap(ctx, app.ErrAlreadyCompleted,
			`UPDATE admin_sessions SET ended_at = ? WHERE id = ? AND admin_id = ? AND ended_at = 0`,
			t.now, sessionID, adminID); err != nil {
			return err
		}
		return t.audit(ctx, by, aboutAdmin("admin.sign_out", adminID))
	})
}

func (t *tx) endAdminSessions(ctx context.Context, adminID string) error {
	return t.exec(ctx, `UPDATE admin_sessions SET ended_at = ? WHERE admin_id = ? AND ended_at = 0`, t.now, adminID)
}

// SetAdminRole gives an administrator another role, and ends their sessions, open
// links and proposals. The last owner who can sign in keeps theirs.
func (s *Store) SetAdminRole(ctx context.Context, by app.Actor, id string, role app.AdminRole) error {
	return s.write(ctx, func(t *tx) error {
		a, err := t.admin(ctx, id)
		if err != nil || a.Role == role {
			return err
		}
		if err := t.keepOwner(ctx, a); err != nil {
			return err
		}
		if err := t.lapse(ctx, id); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE admins SET role = ? WHERE id = ?`, role, id); err != nil {
			return err
		}
		if err := t.letIn(ctx, by, id); err != nil {
			return err
		}
		// What they have was given to somebody who may do something else.
		if err := errors.Join(t.endAdminSessions(ctx, id), t.endAdminLinks(ctx, id), t.endProposalsOf(ctx, by, id)); err != nil {
			return err
		}
		return t.audit(ctx, by, aboutAdmin("admin.role", id, "from", string(a.Role), "to", string(role)))
	})
}

// SetAdminState suspends an administrator, lets them in again, or removes them
// for good. Who isn't active has no sessions and no links; who is removed has no
// passkey either.
func (s *Store) SetAdminState(ctx context.Context, by app.Actor, id string, state app.AdminState) error {
	return s.write(ctx, func(t *tx) error {
		a, err := t.admin(ctx, id)
		if err != nil || a.State == state {
			return err
		}
		if state != app.AdminActive {
			if err := t.keepOwner(ctx, a); err != nil {
				return err
			}
			if err := t.lapse(ctx, id); err != nil {
				return err
			}
			if err := t.endAdminSessions(ctx, id); err != nil {
				return err
			}
			if err := t.endAdminLinks(ctx, id); err != nil {
				return err
			}
			if err := t.endProposalsOf(ctx, by, id); err != nil {
				return err
			}
		}
		if state == app.AdminRemoved {
			if err := t.exec(ctx, `UPDATE admin_credentials SET revoked_at = ? WHERE admin_id = ? AND revoked_at = 0`,
				t.now, id); err != nil {
				return err
			}
			if err := t.exec(ctx, `UPDATE admins SET removed_at = ? WHERE id = ?`, t.now, id); err != nil {
				return err
			}
		}
		if err := t.exec(ctx, `UPDATE admins SET state = ? WHERE id = ?`, state, id); err != nil {
			return err
		}
		if state == app.AdminActive {
			if err := t.letIn(ctx, by, id); err != nil {
				return err
			}
		}
		return t.audit(ctx, by, aboutAdmin("admin."+string(state), id))
	})
}

// keepOwner refuses to lose the last active owner who has a passkey.
func (t *tx) keepOwner(ctx context.Context, a app.Admin) error {
	if a.Role != app.RoleOwner || a.State != app.AdminActive {
		return nil
	}
	var others bool
	if err := t.GetContext(ctx, &others,
		`SELECT EXISTS (SELECT 1 FROM admins a JOIN admin_credentials c ON c.admin_id = a.id AND c.revoked_at = 0
		WHERE a.role = 'owner' AND a.state = 'active' AND a.id <> ?)`, a.ID); err != nil {
		return err
	}
	if !others {
		return app.ErrLastOwner
	}
	return nil
}

// SetAdminPreferences stores an administrator's language, theme and time zone;
// nil leaves a value. The audit has a row where one changes, at most one in a
// preferencesPace: a stolen cookie can't fill it.
func (s *Store) SetAdminPreferences(ctx context.Context, by app.Actor, id string, lang, theme, zone *string) error {
	return s.write(ctx, func(t *tx) error {
		a, err := t.admin(ctx, id)
		if err != nil {
			return err
		}
		changes := func(to *string, from string) bool { return to != nil && *to != from }
		if !changes(lang, a.Lang) && !changes(theme, a.Theme) && !changes(zone, a.Zone) {
			return nil
		}
		if err := t.swap(ctx, app.ErrUnknownAdmin,
			`UPDATE admins SET lang = coalesce(?, lang), theme = coalesce(?, theme), zone = coalesce(?, zone)
			WHERE id = ? AND state <> 'removed'`, lang, theme, zone, id); err != nil {
			return err
		}
		if lately, err := t.lately(ctx, by, "admin.preferences", preferencesPace, 1); err != nil || lately {
			return err
		}
		return t.audit(ctx, by, aboutAdmin("admin.preferences", id))
	})
}

// Admin gives an administrator by id, whatever their state.
func (r *Reader) Admin(ctx context.Context, id string) (app.Admin, error) {
	var a app.Admin
	err := r.r.GetContext(ctx, &a, `SELECT `+adminColumns+` FROM admins WHERE id = ?`, id)
	return a, orElse(err, app.ErrUnknownAdmin)
}

// AdminByEmail gives the administrator who has the address, in its normal form.
func (r *Reader) AdminByEmail(ctx context.Context, emailNorm string) (app.Admin, error) {
	var a app.Admin
	err := r.r.GetContext(ctx, &a, `SELECT `+adminColumns+` FROM admins WHERE email_norm = ? AND state <> 'removed'`,
		emailNorm)
	return a, orElse(err, app.ErrUnknownAdmin)
}

// AdminRow is an administrator in a list.
type AdminRow struct {
	app.Admin
	Passkeys   int         `db:"passkeys"`     // live ones
	LinkUntil  app.Instant `db:"link_until"`   // when the open set-up link ends; 0 without one
	LastSeenAt app.Instant `db:"last_seen_at"` // in any session that is kept
}

// Admins lists the administrators that were not removed, by name.
func (r *Reader) Admins(ctx context.Context) ([]AdminRow, error) {
	var out []AdminRow
	err := r.r.SelectContext(ctx, &out, `SELECT `+adminColumns+`,
		(SELECT count(*) FROM admin_credentials c WHERE c.admin_id = admins.id AND c.revoked_at = 0) AS passkeys,
		(SELECT coalesce(max(l.expires_at), 0) FROM admin_links l WHERE l.admin_id = admins.id AND l.used_at = 0
		AND l.ended_at = 0 AND l.expires_at > ?) AS link_until,
		(SELECT coalesce(max(s.last_seen_at), 0) FROM admin_sessions s WHERE s.admin_id = admins.id) AS last_seen_at
		FROM admins WHERE state <> 'removed' ORDER BY name, id`, r.Now())
	return out, err
}

// AdminLink gives a set-up link by the hash of its token, whatever its state.
func (r *Reader) AdminLink(ctx context.Context, tokenHash string) (app.AdminLink, error) {
	var l app.AdminLink
	err := r.r.GetContext(ctx, &l, `SELECT `+adminLinkColumns+` FROM admin_links WHERE token_hash = ?`, tokenHash)
	return l, orElse(err, app.ErrInvitation)
}

// AdminCredential gives an administrator's passkey by id, whatever its state.
func (r *Reader) AdminCredential(ctx context.Context, id string) (app.AdminCredential, error) {
	var c app.AdminCredential
	err := r.r.GetContext(ctx, &c, `SELECT `+adminCredentialColumns+` FROM admin_credentials WHERE id = ?`, id)
	return c, orElse(err, app.ErrUnknownPasskey)
}

// AdminReady tells whether an administrator has a passkey.
func (r *Reader) AdminReady(ctx context.Context, adminID string) (bool, error) {
	var ready bool
	err := r.r.GetContext(ctx, &ready,
		`SELECT EXISTS (SELECT 1 FROM admin_credentials WHERE admin_id = ? AND revoked_at = 0)`, adminID)
	return ready, err
}

// AdminSession gives a session by id, whatever its state.
func (r *Reader) AdminSession(ctx context.Context, id string) (app.AdminSession, error) {
	var s app.AdminSession
	err := r.r.GetContext(ctx, &s, `SELECT `+adminSessionColumns+` FROM admin_sessions WHERE id = ?`, id)
	return s, orElse(err, app.ErrSignedOut)
}

// AdminSessions lists an administrator's live sessions, the one used last first.
func (r *Reader) AdminSessions(ctx context.Context, adminID string) ([]app.AdminSession, error) {
	var out []app.AdminSession
	now := r.Now()
	err := r.r.SelectContext(ctx, &out, `SELECT `+adminSessionColumns+` FROM admin_sessions
		WHERE admin_id = ? AND ended_at = 0 AND last_seen_at > ? AND created_at > ? ORDER BY last_seen_at DESC, id`,
		adminID, now.Add(-app.AdminIdle), now.Add(-app.AdminLifetime))
	return out, err
}
