package page

import (
	"cmp"
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/app/slip"
	"assent/web/view"
)

// History is what was asked and decided, newest first.
type History struct {
	Entries []Entry
	Older   string           // path of the next page; empty when there is none
	Query   string           // what is searched for, as typed
	State   app.RequestState // that is listed alone; empty for all
}

// Entry is one request that has ended, or still waits.
type Entry struct {
	ID string
	// Text is what is known of it: of a request that nobody read, the kind, the
	// reference and who asked.
	Text     slip.Text
	State    app.RequestState
	Reason   app.Reason
	At       time.Time // decided, ended, or for a waiting one its deadline
	Device   string    // on which it was decided
	Delivery app.DeliveryState
	Unsure   bool           // ACP may have what was approved, although telling it failed
	Taken    app.Withdrawal // how far an approval was taken back
}

// asked tells whether the list is a part of the history.
func (p History) asked() bool { return p.Query != "" || p.State != "" }

// historyStates are what a history can be narrowed to, in words.
var historyStates = []struct {
	state app.RequestState
	word  i18n.Key
}{
	{"", "history.state_all"}, {app.Approved, "history.state_approved"}, {app.Denied, "history.state_denied"},
	{app.Expired, "history.state_expired"}, {app.Cancelled, "history.state_cancelled"},
	{WithdrawnOnes, "history.state_withdrawn"},
}

// WithdrawnOnes is what addresses call the approvals that were withdrawn.
const WithdrawnOnes app.RequestState = "withdrawn"

func (p History) frame(f view.Frame) view.Page {
	return view.Page{Title: f.Words.T("tabs.history"), Tab: view.TabHistory, Refresh: view.Refresh{On: "requests"}}
}

func (p History) rows(f view.Frame) []view.Row {
	rows := make([]view.Row, 0, len(p.Entries))
	for _, e := range p.Entries {
		state, key := e.state()
		when := f.Words.Moment(e.At, f.Now)
		if e.State == app.Pending {
			when = f.Words.Deadline(e.At, f.Now)
		}
		truth := f.Words.T(key, "kind", e.Text.Kind, "when", when)
		if e.Device != "" && (state == view.Approved || e.State == app.Denied) {
			truth = f.Words.T("history.on_device", "what", truth, "device", i18n.Plain(e.Device))
		}
		row := view.Row{
			ID:      e.ID,
			Name:    e.Text.Requester.Name,
			Foreign: true,
			Link:    "/requests/" + e.ID,
			State:   state,
			Label:   e.label(f.Words),
		}
		if thing := e.thing(f.Words); thing != "" {
			row.Truths = append(row.Truths, thing)
		}
		row.Truths = append(row.Truths, truth)
		rows = append(rows, row)
	}
	return rows
}

// thing is what it was about: how much to whom, or which data.
func (e Entry) thing(w i18n.Words) string {
	t := e.Text
	if e.State == app.Cancelled && reasonOf(e.Reason).veiled {
		return ""
	}
	if t.Amount != "" && t.Payee != "" {
		return w.T("done.payment", "amount", t.Amount, "payee", t.Payee)
	}
	headline, rest := i18n.Fold(t.Headline, view.WholeMessage)
	if rest != "" {
		headline += " …"
	}
	return cmp.Or(t.Amount, headline)
}

// state is the shape and the words of an entry.
func (e Entry) state() (view.State, i18n.Key) {
	switch {
	case e.State == app.Pending:
		return view.Waiting, "history.waiting"
	case e.Taken == app.Withdrawing:
		return view.Stuck, "history.withdrawing"
	case e.Taken == app.Withdrawn:
		return view.Ended, "history.withdrawn"
	case e.Taken.InDoubt():
		return view.Stuck, "history.in_doubt"
	case e.State == app.Approved && e.Delivery == app.DeliveryFailed && e.Unsure:
		return view.Stuck, "history.approved_unconfirmed"
	case e.State == app.Approved && e.Delivery == app.DeliveryFailed:
		return view.Stuck, "history.approved_failed"
	case e.State == app.Approved && e.Delivery == app.DeliveryUnconfirmed:
		return view.Stuck, "history.approved_unconfirmed"
	case e.State == app.Approved:
		return view.Approved, "history.approved"
	case e.State == app.Denied && e.Reason == app.ReasonReported:
		return view.Reported, "history.reported"
	case e.State == app.Denied:
		return view.Denied, "history.denied"
	case e.State == app.Expired, e.Reason == app.ReasonLate:
		return view.Ended, "history.expired"
	}
	return view.Ended, "history.cancelled"
}

// label names the state for those who can't see its shape.
func (e Entry) label(w i18n.Words) string {
	state, _ := e.state()
	return stateLabel(w, state)
}

// stateLabel says a state in one word.
func stateLabel(w i18n.Words, s view.State) string {
	switch s {
	case view.Waiting:
		return w.T("state.waiting")
	case view.Approved:
		return w.T("state.approved")
	case view.Denied:
		return w.T("state.denied")
	case view.Reported:
		return w.T("state.reported")
	case view.Stuck:
		return w.T("state.stuck")
	}
	return w.T("state.ended")
}
