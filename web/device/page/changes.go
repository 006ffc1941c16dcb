package page

import (
	"time"

	"assent/app/i18n"
	"assent/web/view"
)

// Change is something that a device of the person did, for which its cookie
// alone is enough: they are told, so that a stolen one can't do it unseen.
type Change struct {
	Action string // of the audit, as store.DeviceNews gives them
	Device string // name of the device that it is about; empty where it was removed
	By     string // name of the device that did it
	Client string // name of the client that was muted
	At     time.Time
}

// changeWords say what was done.
var changeWords = map[string]i18n.Key{
	"push_move":       "device.changes.push_move",
	"push_choice":     "device.changes.push_choice",
	"client_mute":     "device.changes.client_mute",
	"device_rename":   "device.changes.device_rename",
	"device_sign_out": "device.changes.device_sign_out",
	"device_remove":   "device.changes.device_remove",
}

// Serious tells whether it may be how somebody takes a phone's notices away.
func (c Change) Serious() bool { return c.Action == "push_move" }

func (c Change) text(w i18n.Words) string {
	named := func(name string, otherwise i18n.Key) string {
		if name = i18n.Plain(name); name != "" {
			return name
		}
		return w.T(otherwise)
	}
	return sentenceCase(w.T(changeWords[c.Action], "device", named(c.Device, "device.changes.gone"), "by",
		named(c.By, "device.changes.gone"),
		"client", named(c.Client, "device.changes.some")))
}

// notice is the change above what waits.
func (c Change) notice(f view.Frame) view.Notice {
	n := view.Notice{
		ID:    "changed",
		Kind:  view.NoticeInfo,
		Link:  "/devices#changes",
		Label: f.Words.T("notice.changed_link"),
		Text:  f.Words.T("notice.changed", "what", c.text(f.Words), "when", f.Words.Moment(c.At, f.Now)),
	}
	if c.Serious() {
		n.Kind = view.NoticeWarn
	}
	return n
}
