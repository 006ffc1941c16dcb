// Package may names each permission of the console as a type, so that a use case
// which needs one can't be called without proof of it: see admin.Grant.
package may

// Permission is a type of this package. Package admin's table says which roles
// have it.
type Permission interface {
	Name() string // of the admin.Permission
	isPermission()
}

// Plain is a permission that asks for no passkey.
type Plain interface {
	Permission
	isPlain()
}

// Dangerous is a permission whose use cases ask for a passkey that was shown a
// short while ago (app.AdminFresh).
type Dangerous interface {
	Permission
	isDangerous()
}

type named struct{}

func (named) isPermission() {}

type plain struct{ named }

func (plain) isPlain() {}

type dangerous struct{ named }

func (dangerous) isDangerous() {}

// The permissions, each described where package admin declares its name.
type (
	UseConsole       struct{ plain }
	EndSessions      struct{ dangerous }
	ViewOverview     struct{ plain }
	ViewPeople       struct{ plain }
	ViewPersonalData struct{ plain }
	EditPeople       struct{ dangerous }
	FollowImports    struct{ plain }
	InvitePeople     struct{ dangerous }
	IssueActivation  struct{ dangerous }
	ClearPause       struct{ dangerous }
	SuspendPeople    struct{ dangerous }
	ResetDevices     struct{ dangerous }
	RemovePeople     struct{ dangerous }
	ExportPeople     struct{ dangerous }
	ViewRequests     struct{ plain }
	RetryRequests    struct{ plain }
	CancelRequests   struct{ dangerous }
	TestRequests     struct{ dangerous }
	ExportRequests   struct{ dangerous }
	ViewAudit        struct{ plain }
	ExportAudit      struct{ dangerous }
	ViewSettings     struct{ plain }
	TestSettings     struct{ plain }
	ChangeSettings   struct{ dangerous }
	ViewProposals    struct{ plain }
	DecideProposals  struct{ dangerous }
	ViewAdmins       struct{ plain }
	ManageAdmins     struct{ dangerous }
)

// Name implements Permission.
func (UseConsole) Name() string       { return "use_console" }
func (EndSessions) Name() string      { return "end_sessions" }
func (ViewOverview) Name() string     { return "view_overview" }
func (ViewPeople) Name() string       { return "view_people" }
func (ViewPersonalData) Name() string { return "view_personal_data" }
func (EditPeople) Name() string       { return "edit_people" }
func (FollowImports) Name() string    { return "follow_imports" }
func (InvitePeople) Name() string     { return "invite_people" }
func (IssueActivation) Name() string  { return "issue_activation" }
func (ClearPause) Name() string       { return "clear_pause" }
func (SuspendPeople) Name() string    { return "suspend_people" }
func (ResetDevices) Name() string     { return "reset_devices" }
func (RemovePeople) Name() string     { return "remove_people" }
func (ExportPeople) Name() string     { return "export_people" }
func (ViewRequests) Name() string     { return "view_requests" }
func (RetryRequests) Name() string    { return "retry_requests" }
func (CancelRequests) Name() string   { return "cancel_requests" }
func (TestRequests) Name() string     { return "test_requests" }
func (ExportRequests) Name() string   { return "export_requests" }
func (ViewAudit) Name() string        { return "view_audit" }
func (ExportAudit) Name() string      { return "export_audit" }
func (ViewSettings) Name() string     { return "view_settings" }
func (TestSettings) Name() string     { return "test_settings" }
func (ChangeSettings) Name() string   { return "change_settings" }
func (ViewProposals) Name() string    { return "view_proposals" }
func (DecideProposals) Name() string  { return "decide_proposals" }
func (ViewAdmins) Name() string       { return "view_admins" }
func (ManageAdmins) Name() string     { return "manage_admins" }

// All are the permissions, for tests that compare them with the table.
var All = []Permission{
	UseConsole{},
	EndSessions{},
	ViewOverview{},
	ViewPeople{},
	ViewPersonalData{},
	EditPeople{},
	FollowImports{},
	InvitePeople{},
	IssueActivation{},
	ClearPause{},
	SuspendPeople{},
	ResetDevices{},
	RemovePeople{},
	ExportPeople{},
	ViewRequests{},
	RetryRequests{},
	CancelRequests{},
	TestRequests{},
	ExportRequests{},
	ViewAudit{},
	ExportAudit{},
	ViewSettings{},
	TestSettings{},
	ChangeSettings{},
	ViewProposals{},
	DecideProposals{},
	ViewAdmins{},
	ManageAdmins{},
}
