package page

import (
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// PushState tells how a device stands with notifications.
type PushState string

// The states of notifications on a device.
const (
	PushWorking PushState = "working" // one was opened: they arrive
	PushUntried PushState = "untried" // subscribed, and none was opened yet
	PushSkipped PushState = "skipped" // the person goes without
	PushLost    PushState = "lost"    // the subscription has ended
	PushNever   PushState = "never"   // not asked yet
)

// Device is one device of the person.
type Device struct {
	ID       string
	Name     string
	Platform string
	This     bool // the one that shows the page
	State    app.DeviceState
	Created  time.Time
	LastSeen time.Time

	Passkey Passkey
	Push    Push

	Sole    bool     // the person's only device
	Fault   string   // what was wrong with the last name that was sent, in words
	Typed   string   // that name
	Saved   bool     // the name was changed a moment ago
	Sent    bool     // a test notice was sent a moment ago
	Changes []Change // of it, of late, newest first
}

// Passkey is the one that a device signs with.
type Passkey struct {
	Gone     bool // revoked or unknown: the device can't sign
	Unfit    bool // it fails its checks: the device is to be set up again
	Synced   bool // backup state: it is on the person's other devices too
	Created  time.Time
	LastUsed time.Time
	Shared   bool // another device of the person uses it as well
}

// Push is how notices reach a device.
type Push struct {
	State       PushState
	Since       time.Time // of the subscription
	LastReached time.Time // the push service took one
	LastOpened  time.Time // the person opened one
}

// ready tells whether a device can be reached and can sign.
func (d Device) ready() bool { return d.canSign() && d.Push.State == PushWorking }

func (d Device) canSign() bool {
	return d.State == app.DeviceActive && !d.Passkey.Gone && !d.Passkey.Unfit
}

func (d Device) verdict(w i18n.Words) (view.State, string) {
	switch {
	case d.State == app.DeviceSuspended:
		return view.Ended, w.T("device.verdict_suspended")
	case d.State == app.DeviceRemoved:
		return view.Ended, w.T("device.verdict_removed")
	case d.Passkey.Gone:
		return view.Stuck, w.T("device.verdict_no_passkey")
	case d.Passkey.Unfit:
		return view.Stuck, w.T("device.verdict_unfit")
	case d.ready():
		return view.Approved, w.T("device.verdict_ready")
	case d.Push.State == PushUntried:
		return view.Stuck, w.T("device.verdict_untried")
	}
	return view.Stuck, w.T("device.verdict_no_push")
}

func (d Device) kind() view.Here { return view.HereOf(d.Platform) }

// name is what its owner calls it.
func (d Device) name() string { return i18n.Plain(d.Name) }

func (d Device) rows(f view.Frame) []view.Row {
	w := f.Words
	return []view.Row{d.passkeyRow(w, f.Now), d.pushRow(f)}
}

func (d Device) passkeyRow(w i18n.Words, now time.Time) view.Row {
	r := view.Row{
		ID:    "passkey",
		Icon:  view.IconKey,
		Name:  w.T("device.passkey"),
		State: view.Approved,
		Label: w.T("state.good"),
	}
	if d.Passkey.Gone {
		r.State, r.Label, r.Truths = view.Stuck, w.T("state.stuck"), []string{w.T("device.passkey_gone")}
		return r
	}
	if d.Passkey.Unfit {
		r.State, r.Label, r.Truths = view.Stuck, w.T("state.stuck"), []string{w.T("device.passkey_unfit")}
		return r
	}
	key := i18n.Key("device.passkey_bound")
	if d.Passkey.Synced {
		key = "device.passkey_synced"
	}
	r.Truths = []string{w.T(key, "date", w.Date(d.Passkey.Created))}
	if !d.Passkey.LastUsed.IsZero() {
		r.Truths = append(r.Truths, w.T("device.passkey_used", "when", w.Moment(d.Passkey.LastUsed, now)))
	}
	if d.Passkey.Shared {
		r.Truths = append(r.Truths, w.T("device.passkey_shared"))
	}
	return r
}

func (d Device) pushRow(f view.Frame) view.Row {
	w := f.Words
	r := view.Row{
		ID:    "push",
		Icon:  view.IconBell,
		Name:  w.T("device.push"),
		State: view.Approved,
		Label: w.T("state.good"),
	}
	switch d.Push.State {
	case PushWorking, PushUntried:
		r.Truths = []string{w.T("device.push_since", "date", w.Date(d.Push.Since))}
		if !d.Push.LastReached.IsZero() {
			r.Truths = append(r.Truths, w.T("device.push_reached", "when", w.Moment(d.Push.LastReached, f.Now)))
		}
		if !d.Push.LastOpened.IsZero() {
			r.Truths = append(r.Truths, w.T("device.push_opened", "when", w.Moment(d.Push.LastOpened, f.Now)))
		}
		if d.Push.State == PushWorking {
			return r
		}
		r.Truths = append(r.Truths, w.T("device.push_untried"))
	case PushLost:
		r.Truths = []string{w.T("device.push_lost")}
	case PushSkipped:
		r.Truths = []string{w.T("device.push_skipped")}
	default:
		r.Truths = []string{w.T("device.push_never")}
	}
	r.Icon, r.State, r.Label = view.IconBellOff, view.Stuck, w.T("state.stuck")
	return r
}

func (d Device) frame(f view.Frame) view.Page {
	return view.Page{Title: d.name(), Tab: view.TabDevices}
}

// Devices lists the person's devices, this one first, below those that are
// about to be added.
type Devices struct {
	List    []Device
	Coming  []Coming
	Stopped bool     // one that was coming was stopped a moment ago
	Changes []Change // of late, newest first
	Moved   bool     // notices of the device in hand go elsewhere, which nothing explains
}

// Coming is a device that is about to be added.
type Coming struct {
	ID    string // of the invitation
	From  string // the device that gave the link; empty where the institution made a code
	Here  bool   // that is the one that shows the page
	Until time.Time
}

func (c Coming) why(f view.Frame) string {
	switch {
	case c.Here:
		return f.Words.T("device.coming.here", "device", f.Here.This(f.Words))
	case c.From != "":
		return f.Words.T("device.coming.own", "device", i18n.Plain(c.From), "institution", f.Institution)
	}
	return f.Words.T("device.coming.code", "institution", f.Institution)
}

func (p Devices) frame(f view.Frame) view.Page {
	return view.Page{Title: f.Words.T("tabs.devices"), Tab: view.TabDevices, Refresh: view.Refresh{On: "devices"}}
}

func (p Devices) rows(f view.Frame) []view.Row {
	w := f.Words
	rows := make([]view.Row, 0, len(p.List))
	for _, d := range p.List {
		r := view.Row{ID: d.ID, Icon: d.kind().Icon(), Name: d.name(), Foreign: true, Link: "/devices/" + d.ID}
		if d.This {
			r.Truths = append(r.Truths, sentenceCase(f.Here.This(w)))
		} else {
			r.Truths = append(r.Truths, w.T("device.last_seen", "when", w.Moment(d.LastSeen, f.Now)))
		}
		state, verdict := d.verdict(w)
		r.State, r.Label = state, verdict
		if !d.ready() {
			r.Truths = append(r.Truths, verdict)
		}
		rows = append(rows, r)
	}
	return rows
}

// RemoveDevice asks whether to remove a device, and says what that does.
type RemoveDevice struct {
	ID      string
	Name    string
	This    bool
	Sole    bool // it is the only one
	Shared  bool // other devices use its passkey, which can be ended with it
	Unknown bool // the person says that they didn't add it
}

func (p RemoveDevice) frame(f view.Frame) view.Page {
	return view.Page{Title: p.title(f.Words), Tab: view.TabDevices}
}

func (p RemoveDevice) title(w i18n.Words) string {
	return w.T("device.remove.title", "device", i18n.Plain(p.Name))
}

func (p RemoveDevice) ceremony() view.Ceremony {
	return view.Ceremony{ID: "removal", Action: "/removal/" + p.ID}
}

// effects say in sentences what will happen.
func (p RemoveDevice) effects(f view.Frame) []string {
	w := f.Words
	var out []string
	if p.This {
		out = append(out, w.T("device.remove.this", "device", f.Here.This(w)))
	} else {
		out = append(out, w.T("device.remove.another"))
	}
	if !p.Shared {
		out = append(out, w.T("device.remove.passkey_ends"))
	}
	if p.Sole {
		out = append(out, w.T("device.remove.sole", "institution", f.Institution))
	}
	return out
}

// Settings are the person's choices.
type Settings struct {
	Lang  string // BCP 47
	Theme string // "light", "dark" or empty
	Zone  string // IANA
	Saved bool

	ZoneFault string // what was wrong with the zone that was sent, in words
}

func (p Settings) frame(f view.Frame) view.Page {
	return view.Page{Title: f.Words.T("tabs.settings"), Tab: view.TabSettings}
}
