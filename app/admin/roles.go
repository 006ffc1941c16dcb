package admin

import (
	"slices"

	"assent/app"
)

// Permission is one thing that an administrator may or may not do.
type Permission string

// The permissions. A page's route and the use case behind it name the same one.
const (
	UseConsole  Permission = "use_console"  // be signed in: see own sessions, sign out, own preferences
	EndSessions Permission = "end_sessions" // own ones elsewhere

	ViewOverview Permission = "view_overview"

	ViewPeople       Permission = "view_people"
	ViewPersonalData Permission = "view_personal_data" // unmasked
	EditPeople       Permission = "edit_people"        // add, edit, import
	FollowImports    Permission = "follow_imports"     // see how they go, and stop one
	InvitePeople     Permission = "invite_people"      // links, letters, sending them again, revoking them
	IssueActivation  Permission = "issue_activation"
	ClearPause       Permission = "clear_pause"
	SuspendPeople    Permission = "suspend_people" // and let them in again
	ResetDevices     Permission = "reset_devices"
	RemovePeople     Permission = "remove_people"
	ExportPeople     Permission = "export_people"

	ViewRequests   Permission = "view_requests"
	RetryRequests  Permission = "retry_requests"
	CancelRequests Permission = "cancel_requests"
	TestRequests   Permission = "test_requests"
	ExportRequests Permission = "export_requests"

	ViewAudit   Permission = "view_audit"
	ExportAudit Permission = "export_audit"

	ViewSettings   Permission = "view_settings"
	TestSettings   Permission = "test_settings" // Test ACP, Test push
	ChangeSettings Permission = "change_settings"

	// what waits for a second administrator, as far as the role could do it
	ViewProposals   Permission = "view_proposals"
	DecideProposals Permission = "decide_proposals" // confirm, refuse, carry out

	ViewAdmins   Permission = "view_admins"
	ManageAdmins Permission = "manage_admins"
)

// rule says who has a permission, and whether the passkey must have been asked
// for a short while ago (app.AdminFresh).
type rule struct {
	roles []app.AdminRole
	fresh bool
}

func only(roles ...app.AdminRole) rule { return rule{roles: roles} }

func dangerous(roles ...app.AdminRole) rule { return rule{roles: roles, fresh: true} }

// table is what each role may do. Nothing else says so.
var table = map[Permission]rule{
	UseConsole:  only(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk, app.RoleAuditor),
	EndSessions: dangerous(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk, app.RoleAuditor),

	ViewOverview: only(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk, app.RoleAuditor),

	ViewPeople:       only(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk, app.RoleAuditor),
	ViewPersonalData: only(app.RoleOwner, app.RoleOperator, app.RoleAuditor),
	EditPeople:       dangerous(app.RoleOwner, app.RoleOperator),
	FollowImports:    only(app.RoleOwner, app.RoleOperator),
	InvitePeople:     dangerous(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk),
	IssueActivation:  dangerous(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk),
	ClearPause:       dangerous(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk),
	SuspendPeople:    dangerous(app.RoleOwner, app.RoleOperator),
	ResetDevices:     dangerous(app.RoleOwner, app.RoleOperator),
	RemovePeople:     dangerous(app.RoleOwner, app.RoleOperator),
	ExportPeople:     dangerous(app.RoleOwner, app.RoleAuditor),

	ViewRequests:   only(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk, app.RoleAuditor),
	RetryRequests:  only(app.RoleOwner, app.RoleOperator),
	CancelRequests: dangerous(app.RoleOwner, app.RoleOperator),
	TestRequests:   dangerous(app.RoleOwner, app.RoleOperator),
	ExportRequests: dangerous(app.RoleOwner, app.RoleAuditor),

	ViewAudit:   only(app.RoleOwner, app.RoleAuditor),
	ExportAudit: dangerous(app.RoleOwner, app.RoleAuditor),

	ViewSettings:   only(app.RoleOwner, app.RoleOperator, app.RoleAuditor),
	TestSettings:   only(app.RoleOwner, app.RoleOperator),
	ChangeSettings: dangerous(app.RoleOwner),

	ViewProposals:   only(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk),
	DecideProposals: dangerous(app.RoleOwner, app.RoleOperator, app.RoleHelpDesk),

	ViewAdmins:   only(app.RoleOwner, app.RoleAuditor),
	ManageAdmins: dangerous(app.RoleOwner),
}

// Known tells whether p stands in the table.
func (p Permission) Known() bool { _, ok := table[p]; return ok }

// Roles are the roles that have p, the mightiest first.
func (p Permission) Roles() []app.AdminRole { return slices.Clone(table[p].roles) }

// Dangerous tells whether p asks for the passkey again.
func (p Permission) Dangerous() bool { return table[p].fresh }

// Allows tells whether a role has p.
func (p Permission) Allows(role app.AdminRole) bool { return slices.Contains(table[p].roles, role) }
