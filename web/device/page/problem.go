package page

import (
	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// Problem is a page in the place of the one that was asked for: what happened,
// what is safe, what to do.
type Problem struct {
	Title, Text string
	Reference   string // to quote to the help desk; empty shows none
	Retry       bool   // trying again may help
	Home        bool   // the person is signed in and has an inbox to go to
	SignIn      bool   // signing in may help
}

type problemWords struct{ title, text i18n.Key }

// problems are the refusals that have a page of their own; the others read as
// their message alone.
var problems = map[string]problemWords{
	app.ErrUnknownRequest.Code: {"problem.request.title", "problem.request.text"},
	app.ErrUnknownDevice.Code:  {"problem.device.title", "problem.device.text"},
	app.ErrSuspended.Code:      {"problem.suspended.title", "problem.suspended.text"},
	app.ErrSignedOut.Code:      {"problem.signed_out.title", "problem.signed_out.text"},
	app.ErrACPUnreachable.Code: {"problem.unavailable.title", "problem.unavailable.text"},
}

// ProblemOf words an error. Kind and code are those of app.Error; an error
// that isn't one is app.Internal with an empty code. Reference is the request
// id of the log, shown for faults of ours.
func ProblemOf(f view.Frame, kind app.ErrorKind, code, reference string) Problem {
	w := f.Words
	p := Problem{Home: f.SignedIn}
	words, known := problems[code]
	switch {
	case known:
	case kind == app.NotFound:
		words = problemWords{"problem.not_found.title", "problem.not_found.text"}
	case kind == app.Internal:
		words = problemWords{"problem.internal.title", "problem.internal.text"}
		p.Retry, p.Reference = true, reference
	case kind == app.Unavailable:
		words = problemWords{"problem.unavailable.title", "problem.unavailable.text"}
	default:
		p.Title, p.Text = w.T("problem.refused.title"), w.Error(code)
		return p
	}
	p.Title, p.Text = w.T(words.title), w.T(words.text, "institution", f.Institution)
	p.Retry = p.Retry || kind == app.Unavailable
	p.SignIn = kind == app.Unauthorized
	return p
}

// Offline is the page that the service worker keeps. It must say nothing of
// the person, so the frame it gets is a stranger's.
func Offline(f view.Frame) Problem {
	return Problem{Title: f.Words.T("problem.offline.title"), Text: f.Words.T("problem.offline.text"), Retry: true}
}
