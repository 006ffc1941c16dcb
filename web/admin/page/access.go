package page

import (
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// SignIn asks for a passkey.
type SignIn struct {
	Next string // where to go on, or empty
}

func (p SignIn) ceremony() view.Ceremony {
	return view.Ceremony{ID: "sign-in", Action: "/admin/sign-in/passkey"}
}

// SetUpCode asks for the code of a set-up link. It shows the words that this
// browser alone has for the link.
type SetUpCode struct {
	Token string
	Words []string
	Fault CodeFault // of the last try, or empty
	Left  int       // tries, when it was wrong
}

// CodeFault says why a code wasn't taken.
type CodeFault string

// The faults of a code.
const (
	CodeUnreadable CodeFault = "unreadable" // not eight digits: costs no try
	CodeWrong      CodeFault = "wrong"
	CodeLate       CodeFault = "late"  // its quarter of an hour is over
	CodeEnded      CodeFault = "ended" // tried too often, used, or there is none
)

func (p SetUpCode) fault(w i18n.Words) string {
	switch p.Fault {
	case CodeUnreadable:
		return w.T("enrol.code.unreadable")
	case CodeWrong:
		return w.N("enrol.code.wrong", p.Left)
	case CodeLate:
		return w.T("enrol.code.late")
	case CodeEnded:
		return w.T("enrol.code.ended")
	}
	return ""
}

// SetUp is where an administrator makes the passkey, by a link.
type SetUp struct {
	Token       string
	Name, Email string
	Role        app.AdminRole
	Ends        time.Time
	Again       bool // there is a passkey, which ends with this
}

func (p SetUp) ceremony() view.Ceremony {
	return view.Ceremony{ID: "set-up", Create: true, Action: "/admin/set-up/" + p.Token + "/passkey"}
}

// Confirm asks for the passkey again before something dangerous is done, and
// then does it: the form that was sent is sent anew.
type Confirm struct {
	Method string     // of the form, GET or POST; empty when it can't be sent anew
	Action string     // its path
	Fields url.Values // and what it held
}

func (p Confirm) ceremony() view.Ceremony {
	return view.Ceremony{ID: "confirm", Action: "/admin/confirm"}
}

func (p Confirm) attributes(f Frame) templ.Attributes {
	a := p.ceremony().Attributes(f.Frame)
	if p.Method != "" {
		a["data-then"] = "again"
	}
	return a
}

// names are the fields in an order that doesn't change.
func (p Confirm) names() []string {
	var out []string
	for name := range p.Fields {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Problem is a page in the place of the one that was asked for.
type Problem struct {
	Title, Text string
	Reference   string // to quote; empty shows none
	Retry       bool   // trying again may help
	Denied      bool   // the role doesn't allow it
	SignIn      bool
}

type problemWords struct{ title, text i18n.Key }

var problems = map[string]problemWords{
	app.ErrInvitation.Code:      {"admin.link.unknown_title", "admin.link.unknown"},
	app.ErrInvitationUsed.Code:  {"admin.link.used_title", "admin.link.used"},
	app.ErrInvitationEnded.Code: {"admin.link.ended_title", "admin.link.ended"},
	app.ErrSuspended.Code:       {"admin.problem.suspended_title", "admin.problem.suspended"},
	app.ErrSignedOut.Code:       {"admin.problem.signed_out_title", "admin.problem.signed_out"},
	app.ErrUnknownAdmin.Code:    {"admin.problem.no_admin_title", "admin.problem.no_admin"},
}

// ProblemOf words an error. Kind and code are those of app.Error; an error that
// isn't one is app.Internal with an empty code. Reference is the request id of
// the log, shown for faults of ours.
func ProblemOf(f Frame, kind app.ErrorKind, code, reference string) Problem {
	w := f.Words
	words, known := problems[code]
	p := Problem{SignIn: kind == app.Unauthorized}
	switch {
	case known:
	case kind == app.NotFound:
		words = problemWords{"admin.problem.not_found_title", "admin.problem.not_found"}
	case kind == app.Internal:
		words = problemWords{"admin.problem.internal_title", "admin.problem.internal"}
		p.Retry, p.Reference = true, reference
	default:
		p.Title, p.Text, p.Retry = w.T("admin.problem.refused_title"), Told(w, code), kind == app.Unavailable
		return p
	}
	p.Title, p.Text = w.T(words.title), w.T(words.text)
	return p
}

// Told is what an administrator reads for a refusal's code. Where it is worded
// for people with a phone, the console has words of its own.
func Told(w i18n.Words, code string) string {
	if key := i18n.Key("admin.error." + code); w.Has(key) {
		return w.T(key)
	}
	return w.Error(code)
}

// DeniedTo is the page of who may not do what they asked for: roles can.
func DeniedTo(f Frame, roles []app.AdminRole) Problem {
	w := f.Words
	return Problem{Denied: true, Title: w.T("admin.problem.denied_title"),
		Text: w.T("admin.problem.denied", "role", Role(w, f.Who.Role), "roles", Roles(w, roles))}
}
