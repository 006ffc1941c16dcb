package page

import (
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// History is what was asked and decided, newest first.
type History struct {
	Entries []Entry
	Older   string // path of the next page; empty when there is none
}

// Entry is one request that has ended, or still waits.
type Entry struct {
	ID       string
	Client   Client
	State    app.RequestState
	Reason   app.Reason
	At       time.Time // decided, ended, or for a waiting one its deadline
	Device   string    // on which it was decided
	Delivery app.DeliveryState
}

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
		truth := f.Words.T(key, "when", when)
		if e.Device != "" && (state == view.Approved || e.State == app.Denied) {
			truth = f.Words.T("history.on_device", "what", truth, "device", i18n.Plain(e.Device))
		}
		rows = append(rows, view.Row{ID: e.ID, Name: e.Client.name(f.Words), Foreign: true, Truths: []string{truth}, Link: "/requests/" + e.ID,
			State: state, Label: e.label(f.Words)})
	}
	return rows
}

// state is the shape and the words of an entry.
func (e Entry) state() (view.State, i18n.Key) {
	switch {
	case e.State == app.Pending:
		return view.Waiting, "history.waiting"
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
