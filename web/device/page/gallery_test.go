package page_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"assent/app"
	"assent/app/i18n"
	"assent/web/device/page"
	"assent/web/view"
)

// paged is any page of the device.
type paged interface {
	Page(view.Frame) templ.Component
}

// shown is one page in one state.
type shown struct {
	name    string
	page    paged
	guest   bool // nobody is signed in
	offline bool
}

var (
	now       = time.Date(2026, 11, 22, 14, 30, 40, 0, time.UTC)
	started   = now.Add(-40 * time.Second)
	deadline  = now.Add(80 * time.Second)
	financroo = page.Client{ID: "d9de35e3bcb44d96ba5bca98058e993c", Name: "Financroo Ltd", Host: "financroo.example", URI: "https://financroo.example",
		PolicyURI: "https://financroo.example/privacy", TosURI: "https://financroo.example/terms", Description: "Budgets and savings in one place."}
	plum   = page.Client{Name: "Plum Books", Host: "plum.example"}
	shoply = page.Client{Name: "Shoply", Host: "shoply.example"}
)

func scope(name string) page.Scope {
	return page.Scope{Grant: name, Name: name, Service: "Profile", Optional: name != "openid"}
}

func request(change func(*page.Request)) page.Request {
	p := page.Request{
		ID: "r1", Ref: "K1C-40Z", Client: financroo, Message: "K7-PLUM", Started: started, Deadline: deadline, Seen: strings.Repeat("ab", 32),
		Scopes: []page.Scope{scope("openid"), scope("profile"), scope("email"), scope("offline_access")},
		ACR:    []string{"urn:openbanking:psd2:sca"}, ServerID: "ciba-sample",
	}
	if change != nil {
		change(&p)
	}
	return p
}

func outcome(change func(*page.Outcome)) page.Outcome {
	p := page.Outcome{ID: "r1", Ref: "K1C-40Z", Client: financroo, Message: "K7-PLUM", State: app.Approved, At: now, Device: "Pixel 9", Here: true,
		Delivery: app.DeliveryDelivered, Digest: "9f2c71d04ab8", Granted: []page.Scope{scope("profile"), scope("email")}}
	change(&p)
	return p
}

var pixel = page.Device{ID: "d1", Name: "Pixel 9", Platform: "android", This: true, State: app.DeviceActive, Created: now.AddDate(0, -6, -19), LastSeen: now,
	Passkey: page.Passkey{Synced: true, Created: time.Date(2026, 5, 3, 9, 0, 0, 0, time.UTC), LastUsed: now.Add(-5 * time.Hour)},
	Push:    page.Push{State: page.PushWorking, LastReached: time.Date(2026, 11, 22, 9, 12, 0, 0, time.UTC), LastOpened: now.AddDate(0, 0, -1)}}

func device(change func(*page.Device)) page.Device {
	d := pixel
	change(&d)
	return d
}

// gallery is every page in every state.
func gallery(f view.Frame) []shown {
	long := page.Client{Name: "The Worshipful Company of Exceedingly Long Financial Service Names and Partners Limited", Host: "a-very-long-subdomain.of-a-very-long-name.financial-services.example"}
	arabic := page.Client{Name: "بنك النور 🌙", Host: "noor.example"}
	waiting := []page.Waiting{
		{ID: "r1", Ref: "K1C-40Z", Client: financroo, Message: "K7-PLUM", Started: started, Deadline: deadline},
		{ID: "r2", Ref: "5RB-W8N", Client: plum, Message: "", Started: started, Deadline: now.Add(17 * time.Minute)},
		{ID: "r3", Ref: "2HD-9TV", Client: arabic, Message: "مرحبا 42", Started: started, Deadline: now.Add(26 * time.Hour)},
	}
	return []shown{
		{name: "request", page: request(nil)},
		{name: "request-bare", page: request(func(p *page.Request) { p.Message = ""; p.Scopes = p.Scopes[:1] })},
		{name: "request-middle", page: request(func(p *page.Request) { p.Message = "Approve demo login" })},
		{name: "request-long", page: request(func(p *page.Request) {
			p.Client, p.Message = long, "Please compare: window 4, Ms Quill, the blue folder, order INV-7781 of last Tuesday, and the word PLUM at the end"
			p.Deadline = now.Add(20 * time.Second)
			p.Claims, p.VerifiedClaims = []string{"name", "birthdate", "phone_number", "loyalty_level"}, []string{"given_name", "family_name"}
			p.Authorization = []map[string]any{{"type": "payment_initiation", "instructedAmount": map[string]any{"currency": "EUR", "amount": "123.50"},
				"creditorName": "Merchant A", "actions": []any{"initiate", "status"}, "priority": 2.0}}
			p.Scopes = append(p.Scopes, page.Scope{Grant: "transfers:read.42", Name: "transfers:read.*", DisplayName: "See your transfers", Description: "Amounts, dates and payees of the last 90 days", Service: "Northmoor Transfers", Params: []string{"42"}, Optional: true},
				page.Scope{Grant: "x", Name: "x", Service: "Northmoor Transfers", Optional: true})
			p.Other = map[string]any{"login_context": map[string]any{"channel": "branch"}}
		})},
		{name: "request-rtl", page: request(func(p *page.Request) { p.Client, p.Message = arabic, "\u202eمرحبا\u0000 42" })},
		{name: "request-changed", page: request(func(p *page.Request) {
			p.Changed = true
			p.Fault = f.Words.Error("changed")
		})},
		{name: "request-unreachable", page: request(func(p *page.Request) { p.Unreachable, p.Scopes = true, nil; p.Client.Host = "" })},
		{name: "approved", page: outcome(func(p *page.Outcome) { p.Fresh = true })},
		{name: "approved-waiting", page: outcome(func(p *page.Outcome) { p.Delivery = app.DeliveryWaiting; p.Digest = "0011223344" })},
		{name: "approved-unconfirmed", page: outcome(func(p *page.Outcome) { p.Delivery = app.DeliveryUnconfirmed; p.Digest = "ff80f1c0" })},
		{name: "approved-failed", page: outcome(func(p *page.Outcome) { p.Delivery = app.DeliveryFailed })},
		{name: "approved-elsewhere", page: outcome(func(p *page.Outcome) { p.Here = false; p.Claims = []string{"birthdate"} })},
		{name: "denied", page: outcome(func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonPerson })},
		{name: "reported", page: outcome(func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonReported })},
		{name: "denied-elsewhere", page: outcome(func(p *page.Outcome) { p.State, p.Reason, p.Here = app.Denied, app.ReasonPerson, false })},
		{name: "expired", page: outcome(func(p *page.Outcome) { p.State, p.Device = app.Expired, "" })},
		{name: "cancelled", page: outcome(func(p *page.Outcome) { p.State, p.Reason, p.Device = app.Cancelled, app.ReasonDeviceLost, "" })},
		{name: "cancelled-unsupported", page: outcome(func(p *page.Outcome) {
			p.State, p.Reason, p.Device, p.Message = app.Cancelled, app.ReasonUnsupported, "", ""
		})},
		{name: "inbox", page: page.Inbox{Waiting: waiting[:2]}},
		{name: "inbox-full", page: page.Inbox{Waiting: waiting, PushOff: true, Added: &page.Added{ID: "d2", Name: "iPad", At: now.Add(-2 * time.Hour)}}},
		{name: "inbox-empty", page: page.Inbox{}},
		{name: "history", page: page.History{Older: "/history?before=r9", Entries: []page.Entry{
			{ID: "r0", Client: plum, State: app.Pending, At: deadline},
			{ID: "r1", Client: financroo, State: app.Approved, At: now, Device: "Pixel 9", Delivery: app.DeliveryDelivered},
			{ID: "r2", Client: shoply, State: app.Denied, Reason: app.ReasonReported, At: now.Add(-time.Hour), Device: "Pixel 9"},
			{ID: "r3", Client: financroo, State: app.Denied, Reason: app.ReasonPerson, At: now.AddDate(0, 0, -1), Device: "Ada's iPad"},
			{ID: "r4", Client: arabic, State: app.Expired, At: now.AddDate(0, 0, -6)},
			{ID: "r5", Client: long, State: app.Approved, Delivery: app.DeliveryFailed, At: now.AddDate(-1, 0, 0), Device: "Pixel 9"},
			{ID: "r6", Client: financroo, State: app.Approved, Delivery: app.DeliveryUnconfirmed, At: now.AddDate(0, -3, 0)},
			{ID: "r7", Client: plum, State: app.Cancelled, Reason: app.ReasonGone, At: now.AddDate(0, -5, 0)},
		}}},
		{name: "history-empty", page: page.History{}},
		{name: "devices", page: page.Devices{List: []page.Device{
			pixel,
			device(func(d *page.Device) {
				d.ID, d.Name, d.Platform, d.This, d.LastSeen, d.Push = "d2", "Ada's iPad", "ipad", false, now.AddDate(0, 0, -9), page.Push{State: page.PushSkipped}
			}),
			device(func(d *page.Device) {
				d.ID, d.Name, d.Platform, d.This, d.State = "d3", "Firefox on Windows", "windows", false, app.DeviceSuspended
			}),
		}}},
		{name: "device", page: pixel},
		{name: "device-no-push", page: device(func(d *page.Device) { d.Push = page.Push{State: page.PushLost}; d.Saved = true })},
		{name: "device-sibling", page: device(func(d *page.Device) {
			d.Name, d.Platform, d.This, d.Passkey.Gone, d.Push.State = "Ada's iPad", "ipad", false, true, page.PushNever
		})},
		{name: "device-fault", page: device(func(d *page.Device) { d.Fault, d.Typed = f.Words.T("device.name_fault"), strings.Repeat("long ", 14) })},
		{name: "device-remove", page: page.RemoveDevice{ID: "d1", Name: "Pixel 9", This: true, Sole: true, PasskeyEnds: true}},
		{name: "device-remove-sibling", page: page.RemoveDevice{ID: "d2", Name: "Ada's iPad"}},
		{name: "settings", page: page.Settings{Lang: f.Words.Tag(), Zone: "Europe/London", Saved: true}},
		{name: "settings-fault", page: page.Settings{Lang: f.Words.Tag(), Theme: "dark", Zone: "Mars/Olympus", ZoneFault: f.Words.T("settings.zone_fault")}},
		{name: "enrol-welcome", guest: true, page: page.EnrolWelcome{Token: "t0k3n", Name: "Ada Quill", Device: "Pixel 9", Ends: now.Add(23 * time.Hour), Identifiers: []page.Identifier{
			{Kind: app.Username, Value: "adaquill"}, {Kind: app.Email, Value: "ada@quill.example"}, {Kind: app.Phone, Value: "+44 7700 900123"}, {Kind: app.CPF, Value: "123.456.789-09"}}}},
		{name: "enrol-passkey", guest: true, page: page.EnrolPasskey{Token: "t0k3n", Ends: now.Add(20 * time.Minute)}},
		{name: "enrol-notifications", page: page.Notifications{Setup: true}},
		{name: "enrol-notifications-ios", page: page.Notifications{Setup: true, IOS: true, AppOnly: true}},
		{name: "notifications", page: page.Notifications{Next: "/devices/d1"}},
		{name: "link-used", guest: true, page: page.LinkEnded{Why: page.LinkUsed}},
		{name: "link-expired", guest: true, page: page.LinkEnded{Why: page.LinkExpired}},
		{name: "link-unknown", guest: true, page: page.LinkEnded{Why: page.LinkUnknown}},
		{name: "sign-in", guest: true, page: page.SignIn{}},
		{name: "sign-in-notice", guest: true, page: page.SignIn{Invite: "t0k3n", Notice: f.Words.Error("signed_out")}},
		{name: "problem-internal", page: page.ProblemOf(f, app.Internal, "", "b3c0ffee1234")},
		{name: "problem-not-found", page: page.ProblemOf(f, app.NotFound, "", "")},
		{name: "problem-not-yours", page: page.ProblemOf(f, app.NotFound, app.ErrUnknownRequest.Code, "")},
		{name: "problem-suspended", guest: true, page: page.ProblemOf(f, app.Forbidden, app.ErrSuspended.Code, "")},
		{name: "problem-signed-out", guest: true, page: page.ProblemOf(f, app.Unauthorized, app.ErrSignedOut.Code, "")},
		{name: "problem-unavailable", page: page.ProblemOf(f, app.Unavailable, app.ErrACPUnreachable.Code, "")},
		{name: "problem-refused", page: page.ProblemOf(f, app.Conflict, app.ErrNotPending.Code, "")},
		{name: "offline", guest: true, offline: true, page: page.Offline(f)},
	}
}

func frame(t *testing.T, lang, theme string) view.Frame {
	t.Helper()
	cat, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return view.Frame{Words: cat.Match(lang, ""), Institution: "Northmoor", Owner: "Ada Quill", Theme: theme, Now: now, VAPIDKey: "BKey", SignedIn: true, PushOn: true, Here: view.Phone}
}

func render(t *testing.T, f view.Frame, s shown) []byte {
	t.Helper()
	if s.guest {
		f.Owner, f.SignedIn, f.VAPIDKey = "", false, ""
	}
	var b bytes.Buffer
	if err := s.page.Page(f).Render(t.Context(), &b); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return b.Bytes()
}

// Every page renders in both languages and is well made. With ASSENT_GALLERY
// set to a folder, each is written there too, to be looked at.
func TestGallery(t *testing.T) {
	dir := os.Getenv("ASSENT_GALLERY")
	for _, lang := range i18n.Tags {
		t.Run(lang, func(t *testing.T) {
			f := frame(t, lang, "")
			for _, s := range gallery(f) {
				html := render(t, f, s)
				if dir != "" {
					if err := os.WriteFile(filepath.Join(dir, s.name+"."+lang+".html"), html, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				check(t, s, lang, html)
			}
		})
	}
}

// check holds one page against what every page must be.
func check(t *testing.T, s shown, lang string, html []byte) {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	fault := func(format string, args ...any) {
		t.Helper()
		t.Errorf(s.name+" ("+lang+"): "+format, args...)
	}
	if got := doc.Find("html").AttrOr("lang", ""); got != lang {
		fault("lang is %q", got)
	}
	if n := doc.Find("h1").Length(); n != 1 {
		if _, ok := s.page.(page.Notifications); !ok || doc.Find("section[data-panel]:not([hidden]) h1").Length() != 1 {
			fault("%d headings of the first level", n)
		}
	}
	if n := doc.Find("main").Length(); n != 1 {
		fault("%d main elements", n)
	}
	if doc.Find("title").Text() == "" {
		fault("no title")
	}
	if n := doc.Find("[style], [onclick], script:not([src])").Length(); n != 0 {
		fault("%d elements with inline styles or scripts, which the CSP forbids", n)
	}
	text := doc.Find("body").Text()
	for _, bad := range []string{"{{", "<no value>", "%!", "\u202e"} {
		if strings.Contains(string(html), bad) {
			fault("contains %q", bad)
		}
	}
	for word := range strings.FieldsSeq(text) {
		if isKey(strings.Trim(word, ".,:;")) {
			fault("shows the key %q", word)
		}
	}
	doc.Find("button, a").Each(func(_ int, el *goquery.Selection) {
		if strings.TrimSpace(el.Text()) == "" && el.AttrOr("aria-label", "") == "" {
			h, _ := goquery.OuterHtml(el)
			fault("a control without a name: %s", h)
		}
	})
	doc.Find("input:not([type=hidden]), select").Each(func(_ int, el *goquery.Selection) {
		id := el.AttrOr("id", "")
		if el.Closest("label").Length() == 0 && (id == "" || doc.Find("label[for="+id+"]").Length() == 0) {
			h, _ := goquery.OuterHtml(el)
			fault("a field without a label: %s", h)
		}
	})
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, el *goquery.Selection) {
		id := el.AttrOr("id", "")
		if ids[id] {
			fault("the id %q twice", id)
		}
		ids[id] = true
	})
	doc.Find("form[method=post]").Each(func(_ int, el *goquery.Selection) {
		if !strings.HasPrefix(el.AttrOr("action", ""), "/") {
			fault("a form that posts to %q", el.AttrOr("action", ""))
		}
	})
}

// isKey tells text that looks like a message key: our namespaces, then dots.
func isKey(word string) bool {
	first, rest, ok := strings.Cut(word, ".")
	return ok && rest != "" && strings.ToLower(rest) == rest && slices.Contains([]string{"request", "scope", "claim", "outcome", "inbox", "device", "enrol", "push", "problem", "error", "time", "left", "settings", "history"}, first)
}
