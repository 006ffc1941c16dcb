package view

import (
	"strings"

	"github.com/a-h/templ"
)

// Ceremony is a form that makes or uses a passkey. The script posts the form's
// fields as JSON to Action, runs the browser's prompt with the options it gets,
// posts the outcome to Action/{ceremony} and goes where that answer says.
type Ceremony struct {
	ID     string
	Create bool     // makes a passkey; otherwise one is used
	Action string   // path
	Lists  []string // names of the fields that may occur any number of times
	Alert  string   // id of the role=alert element elsewhere on the page; empty: in the form
}

// Attributes are the form's attributes: how the script is to run the ceremony,
// and the words for what can go wrong before the server is asked.
func (c Ceremony) Attributes(f Frame) templ.Attributes {
	kind := "get"
	if c.Create {
		kind = "create"
	}
	known := "/passkeys/known"
	if strings.HasPrefix(c.Action, "/admin/") {
		known = "/admin" + known
	}
	w := f.Words
	a := templ.Attributes{
		"id": c.ID, "data-ceremony": kind, "action": c.Action, "method": "post",
		"data-busy":        w.T("ceremony.busy"),
		"data-cancelled":   w.T("ceremony.cancelled"),
		"data-late":        w.T("ceremony.late"),
		"data-offline":     w.T("ceremony.offline"),
		"data-exists":      w.T("ceremony.exists", "here", f.Here.On(w)),
		"data-unsupported": w.T("ceremony.unsupported"),
		"data-insecure":    w.T("ceremony.insecure"),
		"data-failed":      w.T("ceremony.failed"),
		"data-known-at":    known,
		"data-learned":     w.T("ceremony.learned"),
		"data-unsure":      w.T("ceremony.unsure", "here", f.Here.On(w)),
		"data-orphan":      w.T("ceremony.orphan"),
		"data-unlearned":   w.T("ceremony.unlearned", "here", f.Here.On(w)),
		"data-withdrawn":   w.T("ceremony.withdrawn", "here", f.Here.On(w)),
	}
	if len(c.Lists) > 0 {
		a["data-lists"] = strings.Join(c.Lists, " ")
	}
	if c.Alert != "" {
		a["data-alert"] = c.Alert
	}
	return a
}
