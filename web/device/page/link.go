package page

import (
	"fmt"
	"strings"
	"time"

	"rsc.io/qr"

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

// quiet is the margin that a QR code needs around it, in modules (ISO/IEC 18004).
const quiet = 4

// code draws the link as a QR code: one path of dark modules, and how many
// modules it is wide with its margin.
func (p DeviceLink) code() (path string, side int, err error) {
	c, err := qr.Encode(p.URL, qr.M)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			if !c.Black(x, y) {
				continue
			}
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
		}
	}
	return b.String(), c.Size + 2*quiet, nil
}
