package app

import (
	"slices"
	"time"
)

// AdminRole says what an administrator is there for. What each may do stands
// in one table (package admin).
type AdminRole string

// The roles.
const (
	RoleOwner    AdminRole = "owner"    // everything, the other administrators included
	RoleOperator AdminRole = "operator" // people, invitations, requests
	RoleHelpDesk AdminRole = "helpdesk" // helps people who call; personal data is masked
	RoleAuditor  AdminRole = "auditor"  // reads and exports
)

// AdminRoles are all roles, the mightiest first.
var AdminRoles = []AdminRole{RoleOwner, RoleOperator, RoleHelpDesk, RoleAuditor}

// Known tells whether the role is one of AdminRoles.
func (r AdminRole) Known() bool { return slices.Contains(AdminRoles, r) }

// AdminState tells whether an administrator may sign in. Removed is terminal.
type AdminState string

// The states of an administrator.
const (
	AdminActive    AdminState = "active"
	AdminSuspended AdminState = "suspended"
	AdminRemoved   AdminState = "removed"
)

// Admin is an administrator: someone who signs in to the console.
type Admin struct {
	ID        string     `db:"id"`
	Email     string     `db:"email"`      // as it was entered
	EmailNorm string     `db:"email_norm"` // as it is compared
	Name      string     `db:"name"`
	Role      AdminRole  `db:"role"`
	State     AdminState `db:"state"`
	Lang      string     `db:"lang"`  // BCP 47, empty until chosen
	Theme     string     `db:"theme"` // light, dark, or empty for the system's
	Zone      string     `db:"zone"`  // IANA time zone, empty until known
	CreatedAt Instant    `db:"created_at"`
	RemovedAt Instant    `db:"removed_at"`
}

// AdminLink is the one-time link with which an administrator makes a passkey.
// Only the hash of its token is kept.
type AdminLink struct {
	ID        string  `db:"id"`
	AdminID   string  `db:"admin_id"`
	CreatedAt Instant `db:"created_at"`
	ExpiresAt Instant `db:"expires_at"`
	UsedAt    Instant `db:"used_at"`
	EndedAt   Instant `db:"ended_at"` // replaced by a newer one, or its administrator removed

	MadeBy         string    `db:"made_by"`         // the administrator who made it; empty for the command line
	CodeBy         CodeMaker `db:"code_by"`         // who must make its code, as decided when it was made
	Activation     string    `db:"activation"`      // hash of the cookie of the browser that gave its code
	ActivatedUntil Instant   `db:"activated_until"` // in that browser
}

// Activated tells whether the link was activated in the browser that brings a,
// or need not be: ErrActivation when it must be and wasn't.
func (l AdminLink) Activated(a Activation, now Instant) error {
	if a.LinkAlone || l.Activation != "" && l.Activation == a.ID && now < l.ActivatedUntil {
		return nil
	}
	return ErrActivation
}

// Check tells why a link can't be used at now, or nil.
func (l AdminLink) Check(now Instant) error {
	switch {
	case l.UsedAt != 0:
		return ErrInvitationUsed
	case l.EndedAt != 0, l.ExpiresAt <= now:
		return ErrInvitationEnded
	}
	return nil
}

// AdminCredential is a passkey of an administrator. Record is the library's
// credential record as JSON.
type AdminCredential struct {
	ID         string  `db:"id"` // base64url of the raw credential id
	AdminID    string  `db:"admin_id"`
	Record     string  `db:"record"`
	BackedUp   bool    `db:"backed_up"`   // BS flag: synced
	BackupElig bool    `db:"backup_elig"` // BE flag: may be synced
	CreatedAt  Instant `db:"created_at"`
	LastUsedAt Instant `db:"last_used_at"`
	RevokedAt  Instant `db:"revoked_at"`
}

// How long a session of the console lasts.
const (
	AdminIdle     = 15 * time.Minute // without being used
	AdminLifetime = 8 * time.Hour    // in any case
	AdminFresh    = 5 * time.Minute  // after the passkey was asked for, dangerous actions need no further proof
)

// AdminSession is an administrator signed in in one browser.
type AdminSession struct {
	ID           string  `db:"id"`
	AdminID      string  `db:"admin_id"`
	CredentialID string  `db:"credential_id"`
	CreatedAt    Instant `db:"created_at"`
	LastSeenAt   Instant `db:"last_seen_at"`
	ConfirmedAt  Instant `db:"confirmed_at"` // when the passkey was last asked for
	Source       string  `db:"source"`       // remote address at sign-in
	Browser      string  `db:"browser"`      // such as "Firefox on Windows"
	EndedAt      Instant `db:"ended_at"`
}

// Live tells whether the session still counts at now.
func (s AdminSession) Live(now Instant) bool {
	return s.EndedAt == 0 && now.Sub(s.LastSeenAt) < AdminIdle && now.Sub(s.CreatedAt) < AdminLifetime
}

// Fresh tells whether the passkey was asked for a short while ago.
func (s AdminSession) Fresh(now Instant) bool { return now.Sub(s.ConfirmedAt) < AdminFresh }
