package page

import (
	"net/url"

	"github.com/a-h/templ"

	"assent/app/i18n"
	"assent/web/view"
)

// AuditRow is a row of the audit with the names that stand for its references.
type AuditRow struct {
	ID int64
	Event
	ActorID, ActorName string // of an administrator the name, if there is one still
	PersonID, Person   string
	RequestID          string
}

func (r AuditRow) who(w i18n.Words) string {
	if r.ActorName != "" {
		return r.ActorName
	}
	return w.T(i18n.Key("admin.actor." + string(r.Actor)))
}

// Audit lists rows of the audit.
type Audit struct {
	List                           []AuditRow
	Action, Person, Request, Actor string
	Since, Until                   string // days, as typed
	Fault                          string
	Older                          string
	Export                         bool // the role may
}

// domains are what can be chosen of the actions.
var domains = []struct {
	prefix string
	words  i18n.Key
}{
	{"request.", "admin.domain.request"}, {"delivery.", "admin.domain.delivery"}, {"push.", "admin.domain.push"},
	{"person.", "admin.domain.person"},
	{"device.", "admin.domain.device"}, {"invitation.", "admin.domain.invitation"},
	{"activation.", "admin.domain.activation"}, {"passkey.", "admin.domain.passkey"},
	{"admin.", "admin.domain.admin"}, {"setting.", "admin.domain.setting"}, {"audit.", "admin.domain.audit"},
	{"receipt.", "admin.domain.receipt"},
	{"account.", "admin.domain.account"}, {"import.", "admin.domain.import"}, {"proposal.", "admin.domain.proposal"},
	{"look.", "admin.domain.look"},
	{"identifier.", "admin.domain.identifier"}, {"company.", "admin.domain.company"},
}

func narrowed(name, value string) templ.SafeURL {
	return templ.SafeURL("/admin/audit?" + url.Values{name: {value}}.Encode())
}

// Chain is what checking the audit's chain found.
type Chain struct {
	Rows      int64
	Head      string // of the last whole row: its number and hash
	Finding   string // the first fault; empty where there is none
	Asked     string // the head that was asked for
	HeadFound bool
	Fault     string // of what was typed
}

// person is who a row is about: the name, or the reference of one whose name is gone.
func (r AuditRow) person() string {
	if r.Person != "" {
		return r.Person
	}
	return r.PersonID
}

func (p Chain) verdict(f Frame) (view.State, string) {
	switch {
	case p.Fault != "":
		return "", ""
	case p.Finding != "":
		return view.Reported, f.Words.T("admin.audit.broken")
	case p.HeadFound:
		return view.Approved, f.Words.T("admin.audit.whole_to_head")
	}
	return view.Approved, f.Words.T("admin.audit.whole")
}
