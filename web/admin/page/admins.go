package page

import (
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// Session is a place where an administrator is signed in.
type Session struct {
	ID, Browser, Source string
	Since, Seen         time.Time
	This                bool
}

// Sessions lists the places where the administrator is signed in.
type Sessions struct {
	List []Session // the one in hand first
	Done bool      // one was just ended
}

// Admin is an administrator as pages show them.
type Admin struct {
	ID, Name, Email string
	Role            app.AdminRole
	State           app.AdminState
	Passkey         bool
	LinkUntil       time.Time // of an open set-up link
	Seen, Created   time.Time
	You             bool
}

// standing says how things stand with an administrator, in a word and a shape.
func (a Admin) standing(w i18n.Words) (view.State, string) {
	switch {
	case a.State == app.AdminSuspended:
		return view.Denied, w.T("admin.admins.suspended")
	case a.Passkey:
		return view.Approved, w.T("admin.admins.ready")
	case !a.LinkUntil.IsZero():
		return view.Waiting, w.T("admin.admins.waiting")
	}
	return view.Stuck, w.T("admin.admins.no_passkey")
}

// seen says when the administrator last used the console.
func (a Admin) seen(f Frame) string {
	if a.Seen.IsZero() {
		return f.Words.T("admin.admins.never")
	}
	return f.Words.Moment(a.Seen, f.Now)
}

// Admins lists the administrators.
type Admins struct {
	List   []Admin
	Manage bool // whoever looks may change them
	Gone   bool // one was just removed
}

func (p Admins) lead(f Frame) string {
	owners := 0
	for _, a := range p.List {
		if a.Role == app.RoleOwner && a.State == app.AdminActive && a.Passkey {
			owners++
		}
	}
	if owners == 1 {
		return f.Words.T("admin.admins.one_owner")
	}
	return f.Words.T("admin.admins.lead")
}

// NewAdmin is the form of a new administrator, with what was typed and what is
// wrong with it.
type NewAdmin struct {
	Email, Name string
	Role        app.AdminRole
	Fault       string // about the address, in words
}

// OneAdmin is an administrator's own page.
type OneAdmin struct {
	Admin
	Manage bool
	Day    bool   // the role may see what they looked at and did
	Saved  string // what was just done, in words
	Fault  string // why it wasn't

	Code      bool     // a code can be made for the open link
	Hand      CodeHand // that makes it
	Words     string   // that were typed for a code and aren't what a page shows
	WordFault string   // why they weren't taken, in words
}

// AdminCode shows a code for a set-up link, once.
type AdminCode struct {
	Admin
	Digits string
	Ends   time.Time
	Alone  bool // the same hand made the link
}

// AdminLink shows a set-up link, once.
type AdminLink struct {
	Admin
	URL   string
	Ends  time.Time
	New   bool // the administrator is new too
	Code  bool // a code is needed beside it
	Alone bool // which no other than who made the link can make
}

// RemoveAdmin asks before an administrator is removed.
type RemoveAdmin struct {
	Admin
}

// adminPath is the page of an administrator, or what lies under it.
func adminPath(id string, under ...string) string {
	path := "/admin/admins/" + id
	for _, u := range under {
		path += "/" + u
	}
	return path
}
