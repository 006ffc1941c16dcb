package page

import (
	"time"

	"assent/app/i18n"
	"assent/web/view"
)

// EnrolWelcome is the first step of setting up a device: check that it's you.
type EnrolWelcome struct {
	Token       string
	Name        string
	Identifiers []Identifier
	Device      string // what this browser is called, such as "Pixel 9"
	Ends        time.Time
	Code        bool // an activation code is asked for next
}

// EnrolCode asks for the activation code, still in the first step: it shows
// that the one who has the link is the one whom the institution speaks with.
//
// It shows the words that this browser alone has for the link: the person reads
// them out, and the code that they hear works here and nowhere else.
type EnrolCode struct {
	Token string
	Words []string
	Fault CodeFault // of the last try, or empty
	Left  int       // tries, when it was wrong
	Typed string    // what wasn't a code, to be put right
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

// EnrolPasskey is the second step: make a passkey.
type EnrolPasskey struct {
	Token string
	Ends  time.Time
}

// Notifications is the third step, asking for notifications, and the page that
// turns them on later.
type Notifications struct {
	Setup   bool // part of enrolment: the steps are shown
	InApp   bool // known to run from the Home Screen
	IOS     bool // an iPhone or iPad
	AppOnly bool // this browser made the passkey, and the Home Screen app goes on (iOS)
}

func stepNames(w i18n.Words) []string {
	return []string{w.T("enrol.step_check"), w.T("enrol.step_passkey"), w.T("enrol.step_notify")}
}

func settingUp(f view.Frame) string {
	return f.Words.T("enrol.setting_up", "device", f.Here.This(f.Words))
}

func (p EnrolWelcome) frame(f view.Frame) view.Page {
	return view.Page{Title: f.Words.T("enrol.welcome.title"), Aside: settingUp(f)}
}

// next is where the welcome leads.
func (p EnrolWelcome) next() string {
	if p.Code {
		return "/enrol/" + p.Token + "/code"
	}
	return "/enrol/" + p.Token + "/passkey"
}

func (p EnrolCode) frame(f view.Frame) view.Page {
	title := f.Words.T("enrol.code.title")
	if fault := p.fault(f); fault != "" { // what a screen reader says first of the page that a try led to
		title = f.Words.T("enrol.code.title_fault")
	}
	return view.Page{Title: title, Aside: settingUp(f)}
}

func (p EnrolCode) fault(f view.Frame) string {
	w := f.Words
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

// describedBy are the ids of what is said about the input.
func (p EnrolCode) describedBy() string {
	if p.Fault != "" {
		return "code-fault code-where"
	}
	return "code-where"
}

func (p EnrolPasskey) frame(f view.Frame) view.Page {
	return view.Page{Title: f.Words.T("enrol.passkey.title", "here", f.Here.On(f.Words)), Aside: settingUp(f)}
}

func (p EnrolPasskey) ceremony() view.Ceremony {
	return view.Ceremony{ID: "enrol", Create: true, Action: "/enrol/" + p.Token + "/passkey"}
}

// TryPush waits until the person has opened a test notice.
type TryPush struct {
	Works bool // they have
	Setup bool // part of enrolment: the steps are shown
	Again bool // one was just sent again
}

func (p TryPush) frame(f view.Frame) view.Page {
	pg := view.Page{Title: f.Words.T("push.try.title"), Refresh: view.Refresh{On: "devices"}}
	if p.Setup {
		pg.Aside = settingUp(f)
	} else {
		pg.Tab = view.TabDevices
	}
	return pg
}

func (p Notifications) frame(f view.Frame) view.Page {
	pg := view.Page{Title: f.Words.T("push.page.title")}
	if p.Setup {
		pg.Aside = settingUp(f)
	} else {
		pg.Tab = view.TabDevices
	}
	return pg
}

// panel is the one that shows before the script knows better.
func (p Notifications) panel() string {
	if p.IOS && !p.InApp {
		return "ios"
	}
	return "ask"
}

// LinkEnded is an enrolment link that can't be used.
type LinkEnded struct {
	Why LinkFault
}

// LinkFault says why a link can't be used.
type LinkFault string

// The faults of a link.
const (
	LinkUsed    LinkFault = "used"
	LinkExpired LinkFault = "expired" // or replaced
	LinkUnknown LinkFault = "unknown"
)

func (p LinkEnded) words(f view.Frame) (title, text string) {
	w := f.Words
	switch p.Why {
	case LinkUsed:
		return w.T("enrol.used.title"), w.T("enrol.used.text", "institution", f.Institution)
	case LinkExpired:
		return w.T("enrol.expired.title"), w.T("enrol.expired.text", "institution", f.Institution)
	}
	return w.T("enrol.unknown.title"), w.T("enrol.unknown.text", "institution", f.Institution)
}

// SignIn is signing in with a passkey that the person has.
type SignIn struct {
	Invite string // token of the enrolment link that led here, or empty
	Notice string // why one is here, in words; may be empty
}

func (p SignIn) ceremony() view.Ceremony {
	return view.Ceremony{ID: "sign-in", Action: "/sign-in/passkey"}
}
