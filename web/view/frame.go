// Package view is the kit from which pages are built: the layout and a handful
// of components, each taking plain typed values. It knows the product's look
// and words, and nothing of what the pages are about.
package view

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"assent/app/i18n"
	"assent/static"
)

// Frame is what every page needs around its own content.
type Frame struct {
	Words       i18n.Words
	Institution string    // the bank's name as people know it
	Brand       Brand     // and its look, where it chose one
	Owner       string    // whose pages these are; empty while nobody is signed in
	Theme       string    // "light", "dark", or empty for the system's
	Here        Here      // what the person holds
	Now         time.Time // the server's clock, which countdowns go by
	VAPIDKey    string    // public key for push subscriptions, base64url
	SignedIn    bool      // opens the event stream
	PushOn      bool      // this device has a live subscription, to be looked after on each open
}

// Brand is the look of the institution, as far as it isn't ours.
type Brand struct {
	Name         string // of the institution; empty leaves what it is otherwise
	Sheet        string // URL of the stylesheet with its colours; empty for ours
	Logo         string // URL of its logo, a PNG; empty for our mark
	LogoW, LogoH int    // pixels
}

// Branded is the frame in the look of now, which may be nil.
func (f Frame) Branded(now func() Brand) Frame {
	if now != nil {
		f.Brand = now()
		if f.Brand.Name != "" {
			f.Institution = f.Brand.Name
		}
	}
	return f
}

// appIcon tells whether the logo can stand for the app on a home screen.
func (b Brand) appIcon() bool { return b.Logo != "" && b.LogoW == b.LogoH && b.LogoW >= 192 }

// Here is the sort of device that shows a page, for words such as "this phone".
type Here string

// The sorts of device.
const (
	Phone    Here = "phone"
	Tablet   Here = "tablet"
	Computer Here = "computer"
)

// HereOf sorts a device by its platform (app.Device.Platform). What isn't known
// is taken for a phone.
func HereOf(platform string) Here {
	switch platform {
	case "ipad":
		return Tablet
	case "mac", "windows", "linux", "chromeos", "chrome os":
		return Computer
	}
	return Phone
}

// On says "on this phone", in the words of the device.
func (h Here) On(w i18n.Words) string {
	switch h {
	case Tablet:
		return w.T("here.on_tablet")
	case Computer:
		return w.T("here.on_computer")
	}
	return w.T("here.on_phone")
}

// This says "this phone", in the words of the device.
func (h Here) This(w i18n.Words) string {
	switch h {
	case Tablet:
		return w.T("here.this_tablet")
	case Computer:
		return w.T("here.this_computer")
	}
	return w.T("here.this_phone")
}

// Icon is the device's icon.
func (h Here) Icon() IconName {
	if h == Computer {
		return IconComputer
	}
	return IconDevice
}

// Page is one page's place in the layout.
type Page struct {
	Title   string
	Tab     Tab    // the current one; NoTab shows none
	Aside   string // at the right of the top line, instead of the owner
	Slip    bool   // a slip that runs off the bottom edge fills the page
	Refresh Refresh
}

// Tab is one of the four places of a signed-in device.
type Tab string

// The tabs. NoTab is a page with a task of its own.
const (
	NoTab       Tab = ""
	TabRequests Tab = "requests"
	TabHistory  Tab = "history"
	TabDevices  Tab = "devices"
	TabSettings Tab = "settings"
)

// Refresh tells the script when to fetch a page's content anew. The zero value
// never does.
type Refresh struct {
	On      string        // which events concern the page: "requests", "devices", or both
	Request string        // only events of this request
	Settled bool          // only events that end its waiting
	Every   time.Duration // and at this pace, while ACP can't be reached
}

// attributes are the data attributes by which the script knows a refresh.
func (r Refresh) attributes() templ.Attributes {
	a := templ.Attributes{}
	if r.On != "" {
		a["data-refresh"] = r.On
	}
	if r.Request != "" {
		a["data-request"] = r.Request
	}
	if r.Settled {
		a["data-waits"] = true
	}
	if r.Every > 0 {
		a["data-every"] = strconv.FormatInt(r.Every.Milliseconds(), 10)
	}
	return a
}

// Deadline is a moment by which an answer is due.
type Deadline struct {
	From, At time.Time // when it began to run, and when it ends
}

// attributes carry the deadline and the server's clock in milliseconds since
// the epoch, so that the browser's clock doesn't matter, and the words in which
// to count down.
func (d Deadline) attributes(f Frame) templ.Attributes {
	forms, _ := json.Marshal(f.Words.LeftForms()) // a map of strings always encodes
	return templ.Attributes{
		"data-countdown": true,
		"data-from":      millis(d.From),
		"data-at":        millis(d.At),
		"data-now":       millis(f.Now),
		"data-forms":     string(forms),
		"data-soon":      f.Words.T("deadline.soon"),
		"data-last":      f.Words.T("deadline.last"),
		"data-over":      f.Words.T("deadline.over"),
	}
}

// share is how much is left of the deadline, in thousandths.
func (d Deadline) share(now time.Time) int {
	whole := d.At.Sub(d.From)
	if whole <= 0 {
		return 0
	}
	return int(max(0, min(1000, 1000*d.At.Sub(now)/whole)))
}

func (d Deadline) near(now time.Time) bool { return d.At.Sub(now) < 30*time.Second }

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// asset is the URL of a stylesheet, module or icon of ours.
func asset(name string) string { return static.URL(name) }

// Initial is the letter that stands for a name that has no logo here.
func Initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return strings.ToUpper(string(r))
		}
	}
	return "?"
}
