package page

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/app/slip"
	"assent/web/view"
)

// RequestRow is a request in a list.
type RequestRow struct {
	ID, Ref, Client string
	Person          string // their name, as far as the reader may see it
	Kind            string
	State           app.RequestState
	Reason          app.Reason
	Delivery        app.DeliveryState
	Withdrawal      app.Withdrawal
	Created, Ends   time.Time
	Quiet           app.Quiet // why there was no notice of it
}

var stateWords = map[app.RequestState]i18n.Key{
	app.Pending: "admin.requests.pending", app.Approved: "admin.requests.approved", app.Denied: "admin.requests.denied",
	app.Expired: "admin.requests.expired", app.Cancelled: "admin.requests.cancelled",
}

var stateGlyphs = map[app.RequestState]view.State{
	app.Pending:   view.Waiting,
	app.Approved:  view.Approved,
	app.Denied:    view.Denied,
	app.Expired:   view.Ended,
	app.Cancelled: view.Ended,
}

var deliveryWords = map[app.DeliveryState]i18n.Key{
	app.DeliveryNone:        "admin.requests.delivery_none",
	app.DeliveryWaiting:     "admin.requests.delivery_waiting",
	app.DeliveryDelivered:   "admin.requests.delivery_delivered",
	app.DeliveryUnconfirmed: "admin.requests.delivery_unconfirmed",
	app.DeliveryFailed:      "admin.requests.delivery_failed",
}

// withdrawals are how an approval stands that was taken back: its shape, its
// words, and what is said of telling ACP.
var withdrawals = map[app.Withdrawal]struct {
	glyph           view.State
	state, delivery i18n.Key
}{
	app.Withdrawing: {view.Stuck, "admin.requests.withdrawing", "admin.requests.delivery_withdrawing"},
	app.Withdrawn:   {view.Ended, "admin.requests.withdrawn", "admin.requests.delivery_withdrawn"},
	app.Unclear:     {view.Stuck, "admin.requests.unclear", "admin.requests.delivery_unclear"},
	app.ACPHolds:    {view.Stuck, "admin.requests.held", "admin.requests.delivery_held"},
}

// WithdrawnOnes is what addresses call the list of approvals that were withdrawn.
const WithdrawnOnes app.RequestState = "withdrawn"

// state is how a request stands, in a shape and a word.
func (r RequestRow) state(w i18n.Words) (view.State, string) {
	if r.Reason == app.ReasonReported {
		return view.Reported, w.T("admin.requests.reported")
	}
	if s, ok := withdrawals[r.Withdrawal]; ok {
		return s.glyph, w.T(s.state)
	}
	return stateGlyphs[r.State], w.T(stateWords[r.State])
}

func (r RequestRow) delivery(w i18n.Words) string {
	if r.Delivery == app.DeliveryNone {
		return ""
	}
	if s, ok := withdrawals[r.Withdrawal]; ok {
		return w.T(s.delivery)
	}
	return w.T(deliveryWords[r.Delivery])
}

// kind is what the request is about, in words.
func (r RequestRow) kind(w i18n.Words) string { return kindWords(w, r.Kind) }

func kindWords(w i18n.Words, kind string) string {
	return w.T(i18n.Key(authz.Kind(kind).Row().Words.List))
}

// Requests lists requests.
type Requests struct {
	List     []RequestRow
	State    app.RequestState
	Delivery app.DeliveryState
	InDoubt  bool // those that ACP holds or may hold, though they were withdrawn
	Ref      string
	Client   string // id; empty for all
	Person   string // id; empty for all
	Older    string // path of the next page, or empty
	Ending   bool   // requests that ended at once are still being written down
}

// tab is one of the lists that are a click away.
type tab struct {
	name i18n.Key
	path string
	here bool
}

func (p Requests) tabs() []tab {
	keep := func(values url.Values) string {
		for name, value := range map[string]string{"client": p.Client, "person": p.Person} {
			if value != "" {
				values.Set(name, value)
			}
		}
		if len(values) == 0 {
			return "/admin/requests"
		}
		return "/admin/requests?" + values.Encode()
	}
	tabs := []tab{{"admin.requests.all", keep(url.Values{}), p.State == "" && p.Delivery == "" && !p.InDoubt}}
	for _, s := range []app.RequestState{app.Pending, app.Approved, app.Denied, app.Expired, app.Cancelled} {
		tabs = append(tabs, tab{stateWords[s], keep(url.Values{"state": {string(s)}}), p.State == s})
	}
	tabs = append(tabs,
		tab{"admin.requests.withdrawn", keep(url.Values{"state": {string(WithdrawnOnes)}}), p.State == WithdrawnOnes},
		tab{"admin.requests.doubt", keep(url.Values{"doubt": {"open"}}), p.InDoubt})
	for _, d := range []app.DeliveryState{app.DeliveryWaiting, app.DeliveryUnconfirmed, app.DeliveryFailed} {
		tabs = append(tabs, tab{deliveryWords[d], keep(url.Values{"delivery": {string(d)}}), p.Delivery == d})
	}
	return tabs
}

// Event is one row of the audit, as a step of a trace.
type Event struct {
	At     time.Time
	Action string
	Actor  app.ActorKind
	Source string
	Device string // name
	Detail map[string]string
}

// details are what a row of the audit says beside its references, as it says
// it; causes are in words.
func (e Event) details(w i18n.Words) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
		if text, is := causeIn(w, e.Action, name, e.Detail[name]); is {
			out = append(out, text)
			continue
		}
		out = append(out, name+": "+i18n.Plain(e.Detail[name]))
	}
	return strings.Join(out, ", ")
}

// OneRequest is a request with its trace.
type OneRequest struct {
	RequestRow
	PersonID, Connection, Server, ClientID, Login string

	Cause   app.Cause // of the delivery, as it stands
	Unsure  bool      // the last try may have taken effect
	Said    string    // what ACP wrote, verbatim; empty where the role may not see it
	Tries   int
	Saw     *slip.Text // what the person saw; nil if nothing
	Signed  bool       // Saw is what they signed
	Digest  string     // of what was shown, hexadecimal
	Decided time.Time  // or ended
	Masked  bool       // the role may not see it
	Trail   []Event
	Note    string // of what was just done
	Fault   string // why it wasn't
	Receipt bool   // there is one, and the role may take it
	Ending  bool   // it ended at once with others, and its trail doesn't say so yet
	Cancel  bool   // it can be cancelled
	Retry   bool   // its delivery can be retried

	Withdraw bool   // it is an approval that can be taken back
	Consent  string // its id at ACP, as far as the start named it
	Resolve  bool   // ACP holds it or may, against how it ended, and the role may say that this is dealt with
	Resolved bool   // that was said
}

// answered tells whether the person answered it, other than as a test.
func (p OneRequest) answered() bool {
	return p.Kind != app.KindTest && (p.State == app.Approved || p.State == app.Denied)
}

// lead says how the request stands, and where its time went if it has its answer.
func (p OneRequest) lead(f Frame) (state view.State, lead, times string) {
	w := f.Words
	state, word := p.state(w)
	if p.Delivery == app.DeliveryFailed {
		state = view.Stuck
	}
	if p.Withdrawal != app.NotWithdrawn {
		return state, word + " · " + p.delivery(w), ""
	}
	if p.State == app.Pending {
		return state, word + " · " + w.T("admin.requests.until", "time", w.Deadline(p.Ends, f.Now)), ""
	}
	spent, known := TraceOf(p.Trail).Times()
	if known = known && p.answered(); known {
		word, times = w.T("admin.trace.in", "state", word, "time", Took(w, spent.Total)), spent.words(w)
	}
	if d := p.delivery(w); d != "" && (!known || !spent.Heard) {
		word += " · " + d
	}
	return state, word, times
}

func (p OneRequest) sawTitle(f Frame) string {
	if p.Signed {
		return f.Words.T("admin.requests.signed")
	}
	return f.Words.T("admin.requests.saw")
}

// digest is the beginning of the digest of what was signed, to be compared by eye.
func (p OneRequest) digest() string {
	if p.Masked || !p.Signed || len(p.Digest) < 8 {
		return ""
	}
	return p.Digest[:4] + "-" + p.Digest[4:8]
}

// ring is what stands in the seal's place where nothing was approved.
func (p OneRequest) ring(f Frame) (view.State, string) {
	switch {
	case p.Reason == app.ReasonReported:
		return view.Reported, f.Words.T("outcome.reported.over")
	case p.State == app.Denied:
		return view.Denied, f.Words.T("outcome.denied.over")
	}
	return view.Ended, f.Words.T("outcome.ended.over")
}

// chosen are the accounts of a choice as a box; those that were offered and not
// chosen say so.
func chosen(w i18n.Words, c slip.Choice) []view.Box {
	var names []string
	for _, a := range c.Accounts {
		name := i18n.Plain(a.Name + " " + a.Number)
		if a.LeftOut {
			name += " · " + w.T("admin.requests.left_out")
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	return []view.Box{{Label: c.Label, Value: strings.Join(names, "\n"), Wide: true, Foreign: true}}
}

func clientLink(id string) templ.SafeURL {
	return templ.SafeURL("/admin/requests?" + url.Values{"client": {id}}.Encode())
}

// revoke says how what ACP holds of a consent can be revoked there: in words,
// and the call where ACP has one.
func (p OneRequest) revoke(w i18n.Words) (text, call string) {
	area := ""
	switch kind := authz.Kind(p.Kind); {
	case kind.Row().Country == authz.UK:
		area = "open-banking"
	case kind.Is(authz.Brazil, authz.Data):
		area = "open-banking-brasil"
	case kind == authz.Regular:
		return w.T("admin.requests.revoke_regular", "login", p.Login), ""
	default:
		return w.T("admin.requests.revoke_none"), ""
	}
	if p.Consent == "" {
		return w.T("admin.requests.revoke_find", "login", p.Login), ""
	}
	return w.T("admin.requests.revoke_call"), "DELETE /servers/" + url.PathEscape(p.Server) + "/" + area +
		"/consents/" + url.PathEscape(p.Consent)
}

// doubt says that ACP holds the approval, or that it may have taken effect.
func (p OneRequest) doubt(w i18n.Words) string {
	if p.Withdrawal == app.ACPHolds {
		return w.T("admin.requests.held_text")
	}
	return w.T("admin.requests.unclear_text")
}

// Withdraw asks before an approval is taken back that isn't delivered.
type Withdraw struct {
	RequestRow
	Unsure bool // ACP may have it
}

// stops says what can still be stopped.
func (p Withdraw) stops(w i18n.Words) string {
	if p.Unsure {
		return w.T("admin.requests.withdraw_unsure")
	}
	return w.T("admin.requests.withdraw_sure")
}
