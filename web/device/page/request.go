package page

import (
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/app/slip"
	"assent/web/view"
)

// Request is a request that waits for its answer.
type Request struct {
	ID string
	// Text is all that is drawn of the request itself. Without details
	// (Unreachable) it has the kind, the reference, who asks and the message.
	Text slip.Text

	Started, Deadline   time.Time
	Seen                string    // digest of what is shown, sent back with the approval
	Words               string    // digest of Text, likewise
	Unreachable         bool      // ACP can't be asked: no details, no approval
	AccountsUnavailable bool      // the person's accounts can't be had now: no approval
	CoolingUntil        time.Time // until then this device is too new to approve it; zero where it isn\'t
	Changed             bool      // it changed since the person last saw it
	Fresh               bool      // newly arrived
	Others              []Waiting // of the same requester, which wait too
	Alike               bool      // the message doesn't tell it from one of Others
	Quiet               app.Quiet // why there was no notice of it
	QuietUntil          time.Time // when its client's notices begin again after a denial; zero where they have
	Fault               string    // what kept the last answer from being taken, in words
}

// quiet says why there was no notice of the request; empty where there was one.
func (p Request) quiet(f view.Frame) string {
	pairs := []any{"client", p.Text.Requester.Name}
	switch {
	case p.Quiet == app.QuietNone:
		return ""
	case p.Quiet == app.QuietBackOff && !p.QuietUntil.IsZero():
		return f.Words.T("request.quiet.back_off_until",
			append(pairs, "when", f.Words.Deadline(p.QuietUntil, f.Now))...)
	}
	return f.Words.T(i18n.Key("request.quiet."+string(p.Quiet)), pairs...)
}

// mostOthers is how many other requests of the requester the page tells apart.
const mostOthers = 3

// others are the remarks that tell this request from the requester's others.
func (p Request) others(f view.Frame) []view.Notice {
	var out []view.Notice
	who := []any{"client", p.Text.Requester.Name}
	switch {
	case p.Alike:
		out = append(out, view.Notice{ID: "alike", Kind: view.NoticeWarn, Text: f.Words.T("request.alike", who...)})
	case len(p.Others) > 0 && p.Text.Code != "":
		out = append(out,
			view.Notice{ID: "parallel", Kind: view.NoticeInfo, Text: f.Words.T("request.parallel", who...)})
	}
	for _, o := range p.Others[:min(len(p.Others), mostOthers)] {
		out = append(out,
			view.Notice{
				ID:    "other",
				Kind:  view.NoticeInfo,
				Link:  "/requests/" + o.ID,
				Label: f.Words.T("request.also_open_link"),
				Text: f.Words.T("request.also_open", "client", p.Text.Requester.Name, "time",
					f.Words.Deadline(o.Started, f.Now), "ref", o.Text.Ref, "line", o.line(f.Words)),
			})
	}
	return out
}

// retryEvery is the pace at which a page without details or accounts asks again.
const retryEvery = 5 * time.Second

func (p Request) frame(f view.Frame) view.Page {
	pg := view.Page{
		Title: pageTitle(p.Text), Slip: true,
		Refresh: view.Refresh{On: "requests", Request: p.ID, Settled: true},
	}
	if p.Unreachable || p.AccountsUnavailable {
		pg.Refresh.Every = retryEvery
	}
	return pg
}

func (p Request) deadline() view.Deadline { return view.Deadline{From: p.Started, At: p.Deadline} }

// approvable tells whether there is all that an approval needs. What can't be
// seen can't be approved, nor what needs an account and has none.
func (p Request) approvable() bool {
	return !p.Unreachable && !p.AccountsUnavailable && p.CoolingUntil.IsZero() &&
		(p.Text.Choice == nil || p.Text.Choice.Missing == "")
}

func (p Request) approval() view.Ceremony {
	return view.Ceremony{
		ID:     "approve",
		Action: "/requests/" + p.ID + "/approval",
		Lists:  []string{slip.TickScopes, slip.TickClaims, slip.TickVerifiedClaims, "accounts"},
		Alert:  "answer-alert",
	}
}

// obstacle says why there is nothing to approve although the details are there.
func (p Request) obstacle(f view.Frame) string {
	c := p.Text.Choice
	switch {
	case c != nil && c.Missing != "":
		return c.Missing
	case p.AccountsUnavailable:
		return f.Words.T("choice.unavailable")
	case !p.CoolingUntil.IsZero():
		return f.Words.T("request.cooling", "here", f.Here.On(f.Words), "time", f.Words.Deadline(p.CoolingUntil, f.Now))
	}
	return ""
}
