package page

import (
	"time"

	"assent/web/view"
)

// LinkDevice asks whether to set up another device, before the passkey does.
type LinkDevice struct {
	ID string // of this device
}

func (p LinkDevice) frame(f view.Frame) view.Page {
	return view.Page{Title: f.Words.T("device.add.title"), Tab: view.TabDevices}
}

func (p LinkDevice) ceremony() view.Ceremony {
	return view.Ceremony{ID: "link", Action: "/link"}
}

// DeviceLink is the link that sets up another device, to be scanned by it.
type DeviceLink struct {
	URL      string
	Started  time.Time
	Ends     time.Time
	Replaces bool // this device ends once the other is set up
}

func (p DeviceLink) frame(f view.Frame) view.Page {
	return view.Page{Title: f.Words.T("device.link.title"), Tab: view.TabDevices, Refresh: view.Refresh{On: "devices"}}
}

func (p DeviceLink) deadline() view.Deadline { return view.Deadline{From: p.Started, At: p.Ends} }
