package page

import (
	"strings"
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// Outcome is a request that has its answer, or ended without one.
type Outcome struct {
	ID, Ref string
	Client  Client
	Message string

	State    app.RequestState // any but pending
	Reason   app.Reason
	At       time.Time // when it was decided or ended
	Device   string    // on which it was decided; empty: on none, or on one that is gone
	Here     bool      // that device is this one
	Delivery app.DeliveryState
	Digest   string  // of what was approved, hexadecimal
	Granted  []Scope // what was approved
	Claims   []string
	Fresh    bool // decided a moment ago: the seal presses in
}

func (p Outcome) reported() bool { return p.State == app.Denied && p.Reason == app.ReasonReported }

func (p Outcome) faded() bool { return p.State != app.Approved }

func (p Outcome) frame(f view.Frame) view.Page {
	return view.Page{
		Title:   p.title(f.Words) + ": " + p.Client.name(f.Words),
		Refresh: view.Refresh{On: "requests", Request: p.ID},
	}
}

func (p Outcome) title(w i18n.Words) string {
	switch {
	case p.reported():
		return w.T("outcome.reported.title")
	case p.State == app.Approved:
		return w.T("outcome.approved.title")
	case p.State == app.Denied:
		return w.T("outcome.denied.title")
	case p.State == app.Expired, p.Reason == app.ReasonLate:
		return w.T("outcome.expired.title")
	}
	return w.T("outcome.cancelled.title")
}

// sentence is what the outcome means, in one line or two.
func (p Outcome) sentence(w i18n.Words) string {
	client := p.Client.name(w)
	switch {
	case p.reported():
		return w.T("outcome.reported.text")
	case p.State == app.Approved && p.Delivery == app.DeliveryFailed:
		return w.T("outcome.approved.failed", "client", client)
	case p.State == app.Approved:
		return w.T("outcome.approved.text", "client", client)
	case p.State == app.Denied:
		return w.T("outcome.denied.text", "client", client)
	case p.State == app.Expired, p.Reason == app.ReasonLate:
		return w.T("outcome.expired.text", "time", w.Deadline(p.At, p.At))
	}
	return w.T(reasonKey(p.Reason), "client", client)
}

// reasons says why a request was cancelled.
var reasons = map[app.Reason]i18n.Key{
	app.ReasonUnsupported:  "reason.unsupported",
	app.ReasonNoDevice:     "reason.no_device",
	app.ReasonSuspended:    "reason.suspended",
	app.ReasonDeviceLost:   "reason.device_lost",
	app.ReasonOtherPerson:  "reason.other_person",
	app.ReasonGone:         "reason.gone",
	app.ReasonSettledByACP: "reason.settled_by_acp",
	app.ReasonNoScopes:     "reason.nothing_allowed",
}

func reasonKey(r app.Reason) i18n.Key {
	if k, ok := reasons[r]; ok {
		return k
	}
	return "reason.unknown"
}

// notes are the lines under the slip: where it was signed, and what comes next.
func (p Outcome) notes(f view.Frame) []string {
	w, client := f.Words, p.Client.name(f.Words)
	var out []string
	decided := p.State == app.Approved || p.State == app.Denied
	if decided && p.Device != "" && !p.Here {
		out = append(out, w.T("outcome.elsewhere", "device", i18n.Plain(p.Device), "time", w.Deadline(p.At, f.Now)))
	}
	switch {
	case p.State == app.Approved && p.Delivery == app.DeliveryWaiting:
		out = append(out, w.T("outcome.approved.waiting", "client", client))
	case p.State == app.Approved && p.Delivery == app.DeliveryUnconfirmed:
		out = append(out, w.T("outcome.approved.unconfirmed", "client", client))
	case p.State == app.Approved && p.Delivery == app.DeliveryFailed:
		out = append(out, w.T("outcome.again", "client", client))
	case p.State == app.Approved && p.Here:
		out = append(out, w.T("outcome.approved.signed", "here", f.Here.On(w)))
	case p.State == app.Approved: // elsewhere, as was said
	case p.reported():
		out = append(out, w.T("outcome.reported.next", "institution", f.Institution))
	case p.State == app.Denied:
		out = append(out, w.T("outcome.denied.next"))
	default:
		out = append(out, w.T("outcome.again", "client", client))
	}
	return out
}

// boxes say what was approved.
func (p Outcome) boxes(f view.Frame) []view.Box {
	if p.State != app.Approved {
		return nil
	}
	var names []string
	for _, g := range groups(f, p.Granted) {
		for _, it := range g.items {
			names = append(names, it.title)
		}
	}
	var out []view.Box
	if len(names) > 0 {
		out = append(out, view.Box{Label: f.Words.T("outcome.gets"), Value: strings.Join(names, "\n"), Wide: true})
	}
	if l := claimList(f.Words, p.Claims); l != "" {
		out = append(out, view.Box{Label: f.Words.T("outcome.claims"), Value: l, Wide: true})
	}
	return out
}

// ring is what stands in the seal's place, with what it says over the time.
func (p Outcome) ring(w i18n.Words) (view.State, string) {
	switch {
	case p.reported():
		return view.Reported, w.T("outcome.reported.over")
	case p.State == app.Denied:
		return view.Denied, w.T("outcome.denied.over")
	}
	return view.Ended, w.T("outcome.ended.over")
}
