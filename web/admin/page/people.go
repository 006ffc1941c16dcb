package page

import (
	"net/url"
	"strings"
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/store"
	"assent/web/view"
)

// PersonRow is a person in a list.
type PersonRow struct {
	ID, Name     string
	Identifiers  []string
	Standing     app.Standing
	State        app.PersonState
	Paused       app.PauseScope
	Devices      int
	InvitedUntil time.Time // of a link that works still; zero without one
}

// standing is how things stand with a person, in a shape and a word.
func (r PersonRow) standing(w i18n.Words) (view.State, string) {
	return standing(w, r.State, r.Paused, r.Standing, !r.InvitedUntil.IsZero())
}

func standing(w i18n.Words, state app.PersonState, paused app.PauseScope, s app.Standing,
	invited bool) (view.State, string) {
	switch {
	case state == app.PersonSuspended:
		return view.Denied, w.T("admin.people.is_suspended")
	case paused == app.PauseAll:
		return view.Stuck, w.T("admin.people.is_paused")
	case paused == app.PausePayments:
		return view.Stuck, w.T("admin.people.payments_paused")
	case s == app.StandingReady:
		return view.Approved, w.T("admin.people.ready")
	case s == app.StandingUnheard:
		return view.Stuck, w.T("admin.people.unheard")
	case invited:
		return view.Waiting, w.T("admin.people.is_invited")
	}
	return view.Ended, w.T("admin.people.bare")
}

// People lists people.
type People struct {
	List  []PersonRow
	Query string
	Which store.Which
	More  string // path of the next page, or empty
	Add   bool   // the role may
	Whole bool   // the role finds by whole identifiers alone
	Gone  bool   // one was just erased
}

// peopleLists are the lists that are a click away.
var peopleLists = []struct {
	which store.Which
	name  i18n.Key
}{
	{store.Everybody, "admin.people.everybody"}, {store.Enrolled, "admin.people.enrolled"},
	{store.Unheard, "admin.people.not_notified"}, {store.Bare, "admin.people.without"},
	{store.Invited, "admin.people.invited"}, {store.Suspended, "admin.people.suspended"},
	{store.Paused, "admin.people.paused"},
	{store.Attacked, "admin.people.attacked"},
}

// PeopleLists are the lists that can be asked for.
func PeopleLists() []store.Which {
	var out []store.Which
	for _, l := range peopleLists {
		out = append(out, l.which)
	}
	return out
}

func (p People) tabs() []tab {
	var tabs []tab
	for _, l := range peopleLists {
		values := url.Values{}
		if p.Query != "" {
			values.Set("q", p.Query)
		}
		path := "/admin/people"
		if l.which != store.Everybody {
			values.Set("which", string(l.which))
		}
		if len(values) > 0 {
			path += "?" + values.Encode()
		}
		tabs = append(tabs, tab{l.name, path, p.Which == l.which})
	}
	return tabs
}

// MayPerson is what the role may do with a person.
type MayPerson struct{ Edit, Invite, Code, Suspend, Remove, Clear, Devices, Test, Audit bool }

// PersonDevice is a device of a person's, and how it stands.
type PersonDevice struct {
	ID, Name        string
	State           app.DeviceState
	NoPasskey       bool // its passkey has ended
	Unfit           bool // its passkey fails its checks
	Synced          bool // its passkey may be elsewhere too
	Push, Proven    bool // subscribed; and a notice was opened
	Skipped         bool // the person goes without
	Seen            time.Time
	Reached, Opened time.Time // last accepted by the push service, last opened
	Error           string    // of the push service, last
}

func (d PersonDevice) health(w i18n.Words) (view.State, string) {
	switch {
	case d.State == app.DeviceSuspended:
		return view.Denied, w.T("admin.people.device_suspended")
	case d.NoPasskey:
		return view.Stuck, w.T("admin.people.device_no_passkey")
	case d.Unfit:
		return view.Stuck, w.T("admin.people.device_unfit")
	case d.Push && d.Proven:
		return view.Approved, w.T("admin.people.device_ready")
	case d.Push:
		return view.Stuck, w.T("admin.people.device_untried")
	case d.Skipped:
		return view.Stuck, w.T("admin.people.device_skipped")
	}
	return view.Stuck, w.T("admin.people.device_unheard")
}

// Account is an account of a person's, as far as it is shown.
type Account struct {
	Name, Number, Kind, Why string
	Company                 string // CNPJ as people write it; empty: the person's own
	Joint                   bool
}

// Person is one person's page.
type Person struct {
	ID, Name     string
	State        app.PersonState
	Standing     app.Standing
	Erased       time.Time // zero where they weren't
	Paused       time.Time // since a report; zero where they aren't
	Pause        app.PauseScope
	Attacked     time.Time // the last sign of an attack that still counts; zero where there is none
	Attack       app.Attack
	Added        time.Time
	InvitedUntil time.Time
	Lang, Zone   string
	Identifiers  []app.Identifier
	Moving       map[app.Identifier]time.Time // those that name them from then on only
	Companies    []string
	Devices      []PersonDevice
	Requests     []RequestRow
	Accounts     []Account
	Trail        []Event
	Masked       bool // the role sees no personal data
	May          MayPerson
	Note, Fault  string

	Hand      CodeHand
	Words     string // that were typed for a code and aren't what a page shows
	WordFault string // why they weren't taken, in words
}

func (p Person) lead(f Frame) (view.State, string) {
	w := f.Words
	if !p.Erased.IsZero() {
		return view.Ended, w.T("admin.people.erased_on", "date", w.Date(p.Erased))
	}
	state, word := standing(w, p.State, p.Pause, p.Standing, !p.InvitedUntil.IsZero())
	if !p.InvitedUntil.IsZero() {
		word += " · " + w.T("admin.people.link_until", "when", w.Deadline(p.InvitedUntil, f.Now))
	}
	return state, word
}

var identifierKinds = map[app.IdentifierKind]i18n.Key{
	app.Username: "identifier.username",
	app.Email:    "identifier.email",
	app.Phone:    "identifier.phone",
	app.Subject:  "identifier.subject",
	app.CPF:      "identifier.cpf", app.Customer: "identifier.customer",
}

// paused says since when what is paused, and what isn't.
func (p Person) paused(f Frame) string {
	words := i18n.Key("admin.people.paused_all")
	if p.Pause == app.PausePayments {
		words = "admin.people.paused_payments"
	}
	return f.Words.T(words, "when", f.Words.Moment(p.Paused, f.Now))
}

// bare tells whether they have neither a device that can sign nor a way to one:
// then a link comes next.
func (p Person) bare() bool {
	return p.Standing == app.StandingBare && p.InvitedUntil.IsZero() && p.Paused.IsZero()
}

// codable tells whether a code can be made for a link of theirs.
func (p Person) codable() bool {
	return p.May.Code && p.State == app.PersonActive && !p.InvitedUntil.IsZero()
}

func (p Person) resettable() bool { return p.May.Devices && len(p.Devices) > 0 }

// by is who did a step of somebody's history, unless it was ACP or Assent.
func (e Event) by(w i18n.Words) string {
	switch {
	case e.Device != "":
		return e.Device
	case e.Actor == app.ActorAdmin || e.Actor == app.ActorOperator:
		return w.T(i18n.Key("admin.actor." + string(e.Actor)))
	}
	return ""
}

// Taken says that somebody else has an identifier of the kind.
func Taken(w i18n.Words, kind app.IdentifierKind) string {
	if key, ok := identifierKinds[kind]; ok {
		return w.T("admin.people.taken_kind", "kind", w.T(key))
	}
	return w.T("admin.people.taken")
}

// PersonForm is the form of a person, with what was typed and what is wrong with it.
type PersonForm struct {
	ID                           string // empty for a new one
	Name, Identifiers, Companies string // the latter two a line each
	Fault                        string
	Moves                        bool // one was another person's until lately: whoever sends it must agree
}

func (p PersonForm) title(w i18n.Words) string {
	if p.ID == "" {
		return w.T("admin.people.add")
	}
	return w.T("admin.people.edit")
}

func (p PersonForm) action() string {
	if p.ID == "" {
		return "/admin/people/new"
	}
	return "/admin/people/" + p.ID + "/edit"
}

func (p PersonForm) back() string {
	return strings.TrimSuffix(strings.TrimSuffix(p.action(), "/edit"), "/new")
}

// ErasePerson asks before a person is erased.
type ErasePerson struct{ ID, Name string }

// RemoveDevices asks before a device of a person's is removed, or all of them.
type RemoveDevices struct {
	PersonID, Person string
	DeviceID, Device string // empty for all
}

func (p RemoveDevices) title(w i18n.Words) string {
	if p.DeviceID == "" {
		return w.T("admin.people.reset_title", "name", p.Person)
	}
	return w.T("admin.people.remove_title", "device", i18n.Plain(p.Device), "name", p.Person)
}

func (p RemoveDevices) action() string {
	path := "/admin/people/" + p.PersonID + "/devices/"
	if p.DeviceID != "" {
		path += p.DeviceID + "/"
	}
	return path + "remove"
}

// PersonLink shows an invitation, once.
type PersonLink struct {
	ID, Name, URL string
	Dear          string // whom a letter greets; empty where the role sees no names
	Ends          time.Time
	Letter        bool     // it goes into a letter
	Codes         bool     // an activation code is needed beside it
	Hand          CodeHand // that makes it
}

// PersonCode shows an activation code, once.
type PersonCode struct {
	ID, Name, Digits string
	Ends             time.Time
	Alone            bool // the same hand made the link
}
