package page

import (
	"cmp"
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/app/slip"
	"assent/web/view"
)

// Outcome is a request that has its answer, or ended without one.
type Outcome struct {
	ID string
	// Text is what is known of the request; of one that nobody read, the kind,
	// the reference, who asked and the message.
	Text slip.Text
	// Done is what an approval was about, and what comes of it.
	Done slip.Done

	State    app.RequestState // any but pending
	Reason   app.Reason
	At       time.Time // when it was decided or ended
	Device   string    // on which it was decided; empty: on none, or on one that is gone
	Here     bool      // that device is this one
	Delivery app.DeliveryState
	Unsure   bool           // ACP may have what was approved, although telling it failed
	Taken    app.Withdrawal // how far an approval was taken back
	Digest   string         // of what was approved, hexadecimal
	Test     bool           // an administrator's: nothing came of it
	Receipt  bool           // there is one to keep
	Waiting  int            // how much else waits for the person
	Fresh    bool           // decided a moment ago: the seal presses in
}

func (p Outcome) reported() bool { return p.State == app.Denied && p.Reason == app.ReasonReported }

func (p Outcome) faded() bool { return p.State != app.Approved }

func (p Outcome) frame(f view.Frame) view.Page {
	return view.Page{
		Title:   p.title(f.Words) + ": " + p.Text.Requester.Name,
		Refresh: view.Refresh{On: "requests", Request: p.ID},
	}
}

func (p Outcome) title(w i18n.Words) string {
	switch {
	case p.reported():
		return w.T("outcome.reported.title")
	case p.Taken == app.Withdrawing:
		return w.T("outcome.withdrawn.doing")
	case p.Taken == app.Withdrawn:
		return w.T("outcome.withdrawn.title")
	case p.Taken.InDoubt():
		return w.T("outcome.withdrawn.doubt")
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
	client := p.Text.Requester.Name
	switch {
	case p.reported():
		return w.T("outcome.reported.text")
	case p.Taken != app.NotWithdrawn:
		return p.taken(w)
	case p.State == app.Approved && p.Delivery == app.DeliveryFailed && p.Unsure:
		return w.T("outcome.approved.doubt", "client", client) + " " + p.mayHave(w)
	case p.State == app.Approved && p.Delivery == app.DeliveryFailed:
		return cmp.Or(p.Done.Failed, w.T("outcome.approved.failed", "client", client))
	case p.Test && (p.State == app.Approved || p.State == app.Denied):
		return w.T("outcome.test")
	case p.State == app.Approved:
		return w.T("outcome.approved.text", "client", client)
	case p.State == app.Denied && p.Reason == app.ReasonCode:
		return w.T("reason.code_mismatch", "client", client)
	case p.State == app.Denied:
		return w.T("outcome.denied.text", "client", client)
	case p.State == app.Expired, p.Reason == app.ReasonLate:
		return w.T("outcome.expired.text", "time", w.Deadline(p.At, p.At))
	}
	return w.T(reasonOf(p.Reason).why, "client", client)
}

// taken is why an approval was taken back, and whether it has any effect.
func (p Outcome) taken(w i18n.Words) string {
	why := w.T(cmp.Or(withdrawnFor[p.Reason], "outcome.withdrawn.by_operator"), "client", p.Text.Requester.Name)
	switch p.Taken {
	case app.Withdrawing:
		return why + " " + w.T("outcome.withdrawn.making_sure")
	case app.Withdrawn:
		return why + " " + w.T("outcome.withdrawn.no_effect")
	}
	return why + " " + p.mayHave(w)
}

// mayHave is what may have come of an approval.
func (p Outcome) mayHave(w i18n.Words) string {
	return cmp.Or(p.Done.Doubt, w.T("outcome.withdrawn.may", "client", p.Text.Requester.Name))
}

// withdrawnFor is why approvals are taken back.
var withdrawnFor = map[app.Reason]i18n.Key{
	app.ReasonSuspended:  "outcome.withdrawn.suspended",
	app.ReasonDeviceLost: "outcome.withdrawn.device_lost",
	app.ReasonOperator:   "outcome.withdrawn.by_operator",
}

// ending is why a request was cancelled, and what to do about it.
type ending struct {
	why  i18n.Key
	next i18n.Key // empty: to start it again
	// veiled: the request turned out not to be the person's, and nothing of what
	// it is about is shown to them.
	veiled bool
}

var endings = map[app.Reason]ending{
	app.ReasonUnsupported:     {why: "reason.unsupported", next: "next.ask"},
	app.ReasonNoDevice:        {why: "reason.no_device"},
	app.ReasonSuspended:       {why: "reason.suspended", next: "next.ask"},
	app.ReasonDeviceLost:      {why: "reason.device_lost"},
	app.ReasonOtherPerson:     {why: "reason.other_person", next: "next.none", veiled: true},
	app.ReasonGone:            {why: "reason.gone"},
	app.ReasonSettledByACP:    {why: "reason.settled_by_acp", next: "next.none"},
	app.ReasonNoScopes:        {why: "reason.nothing_allowed", next: "next.ask"},
	app.ReasonConsentState:    {why: "reason.consent_state"},
	app.ReasonNotOwner:        {why: "reason.not_owner", next: "next.own", veiled: true},
	app.ReasonOtherCompany:    {why: "reason.other_company", next: "next.company", veiled: true},
	app.ReasonDebtorNotTheirs: {why: "reason.debtor_not_theirs", next: "next.other_account"},
	app.ReasonDebtorCannotPay: {why: "reason.debtor_cannot_pay", next: "next.other_account"},
	app.ReasonNoAccount:       {why: "reason.no_account", next: "next.ask"},
	app.ReasonPaused:          {why: "reason.paused", next: "next.paused"},
	app.ReasonUnreadable:      {why: "reason.consent_unreadable"},
	app.ReasonNoCode:          {why: "reason.code_missing", next: "next.ask"},
	app.ReasonOperator:        {why: "reason.by_operator", next: "next.ask"},
}

func reasonOf(r app.Reason) ending {
	if e, ok := endings[r]; ok {
		return e
	}
	return ending{why: "reason.unknown"}
}

// veiled tells whether nothing of what was asked for is to be shown.
func (p Outcome) veiled() bool { return p.State == app.Cancelled && reasonOf(p.Reason).veiled }

// notes are the lines under the slip: where it was signed, and what comes next.
func (p Outcome) notes(f view.Frame) []string {
	w, client := f.Words, p.Text.Requester.Name
	var out []string
	decided := p.State == app.Approved || p.State == app.Denied || p.Taken != app.NotWithdrawn
	if decided && p.Device != "" && !p.Here {
		out = append(out, w.T("outcome.elsewhere", "device", i18n.Plain(p.Device), "time", w.Deadline(p.At, f.Now)))
	}
	again := w.T("outcome.again", "client", client)
	if p.Test {
		return out
	}
	switch {
	case p.Taken.InDoubt():
		return append(out, w.T("outcome.withdrawn.next", "institution", f.Institution))
	case p.Taken != app.NotWithdrawn:
		return append(out, w.T("next.ask", "institution", f.Institution))
	case p.State == app.Approved && p.Delivery == app.DeliveryFailed && p.Unsure:
		return append(out, w.T("outcome.approved.look", "institution", f.Institution))
	case p.State == app.Approved && p.Delivery == app.DeliveryWaiting:
		out = append(out, w.T("outcome.approved.waiting", "client", client))
	case p.State == app.Approved && p.Delivery == app.DeliveryUnconfirmed:
		out = append(out, cmp.Or(p.Done.Unconfirmed, w.T("outcome.approved.unconfirmed", "client", client)))
	case p.State == app.Approved && p.Delivery == app.DeliveryFailed:
		return append(out, again)
	case p.State == app.Approved && p.Here:
		out = append(out, w.T("outcome.approved.signed", "here", f.Here.On(w)))
	case p.State == app.Approved: // elsewhere, as was said
	case p.reported():
		out = append(out, w.T("outcome.reported.next", "institution", f.Institution))
	case p.State == app.Denied && p.Reason == app.ReasonCode:
		out = append(out, again)
	case p.State == app.Denied:
		out = append(out, w.T("outcome.denied.next"))
	case p.State == app.Cancelled && reasonOf(p.Reason).next != "":
		out = append(out, w.T(reasonOf(p.Reason).next, "client", client, "institution", f.Institution))
	default:
		out = append(out, again)
	}
	if p.State == app.Approved && p.Done.Manage != "" {
		out = append(out, p.Done.Manage)
	}
	return out
}

// boxes say what was approved; of a request that ended otherwise, what was
// asked for stands over them already.
func (p Outcome) boxes() []view.Box {
	if p.State != app.Approved && !p.Taken.InDoubt() {
		return nil
	}
	list := view.BoxesOf(p.Done.Boxes)
	for i := range list {
		list[i].Wide = false // each as wide as it has to be
	}
	return list
}

// beforeSeal is how many boxes may stand over the seal. More follow it, so that
// what became of the request is in view first.
const beforeSeal = 2

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
