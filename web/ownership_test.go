package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"github.com/descope/virtualwebauthn"

	"assent/app"
	"assent/app/apptest"
	"assent/app/passkey"
	"assent/app/receipt"
	"assent/web/emulator"
)

// signsIn signs another browser in with p's passkey, as whoever has a copy of
// it would.
func (p *person) signsIn() *person {
	p.t.Helper()
	p.Clock.Advance(time.Second) // devices are listed by when they joined
	other := p.elsewhere()
	pr := other.begin("/sign-in/passkey", "{}")
	if a := other.json("/sign-in/passkey/"+pr.Ceremony,
		`{"credential":`+p.sign(pr)+`,"standalone":false}`); a.StatusCode != http.StatusOK {
		p.t.Fatalf("sign-in: %d %s", a.StatusCode, a.body)
	}
	return other
}

// gives makes a link on a browser that is signed in, confirmed by p's passkey.
func (p *person) gives(browser *person) (link string) {
	p.t.Helper()
	pr := browser.begin("/link", "{}")
	a := browser.json("/link/"+pr.Ceremony, `{"credential":`+p.sign(pr)+`}`)
	var to struct {
		Next string `json:"next"`
	}
	if err := json.Unmarshal(a.body, &to); err != nil || a.StatusCode != http.StatusOK {
		p.t.Fatalf("link: %d %s", a.StatusCode, a.body)
	}
	return "/enrol" + strings.TrimPrefix(to.Next, "/link")
}

// removes has p's passkey confirm, on p's browser, that the device is removed.
// choice is the body that begins it.
func (p *person) removes(deviceID, choice string) answer {
	p.t.Helper()
	at := "/removal/" + deviceID
	pr := p.begin(at, choice)
	return p.json(at+"/"+pr.Ceremony, `{"credential":`+p.sign(pr)+`}`)
}

// What a person does with the passkey when a device is removed.
const (
	keepPasskey = `{}`
	endPasskey  = `{"passkey":"end"}`
)

// A cookie that was stolen, or a phone that lay unlocked, removes no other
// device and ends no other session: that asks for the passkey, which confirms
// one thing, of one device, on the browser that asked. The device in hand may
// leave by itself.
func TestACookieAloneRemovesNoOtherDevice(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	phone := ada.enrol()
	laptop, tablet := ada.signsIn(), ada.signsIn()
	devices, err := s.Devices(t.Context(), ada.who.ID)
	if err != nil || len(devices) != 3 {
		t.Fatal(devices, err)
	}
	onLaptop, onTablet := devices[1], devices[2]
	untouched := func(after string) {
		t.Helper()
		for name, p := range map[string]*person{"phone": ada, "laptop": laptop, "tablet": tablet} {
			if a := p.get("/devices"); a.StatusCode != http.StatusOK {
				t.Errorf("%s: the %s is signed out: %d", after, name, a.StatusCode)
			}
		}
		if c, err := s.Credential(t.Context(), phone.CredentialID); err != nil || c.RevokedAt != 0 {
			t.Errorf("%s: the passkey ended at %d (%v)", after, c.RevokedAt, err)
		}
	}
	for _, c := range []struct{ id, fields string }{
		{onLaptop.ID, ""}, {onLaptop.ID, "passkey=end"}, {phone.ID, "passkey=end"},
	} {
		if a := ada.form("/devices/"+c.id+"/remove", c.fields); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s of %s: %d", c.fields, c.id, a.StatusCode)
		}
		untouched("by a cookie with " + c.fields)
	}

	at := "/removal/" + onLaptop.ID
	for _, c := range []struct {
		name        string
		began, ends string
		on          *person
		status      int
	}{
		{"a confirmation of a link", "/link", at, ada, http.StatusConflict},
		{"a confirmation of another device's removal", "/removal/" + onTablet.ID, at, ada, http.StatusConflict},
		{"a confirmation that another browser asked for", at, at, tablet, http.StatusConflict},
		{"a removal, for a link", at, "/link", ada, http.StatusConflict},
	} {
		pr := ada.begin(c.began, "{}")
		if a := c.on.json(c.ends+"/"+pr.Ceremony, `{"credential":`+ada.sign(pr)+`}`); a.StatusCode != c.status {
			t.Errorf("%s: %d %s", c.name, a.StatusCode, a.body)
		}
		untouched(c.name)
	}
	ada.auth.Options.UserNotVerified = true
	if a := ada.removes(onLaptop.ID, keepPasskey); a.StatusCode != http.StatusForbidden {
		t.Errorf("present and not verified: %d %s", a.StatusCode, a.body)
	}
	ada.auth.Options.UserNotVerified = false
	untouched("present and not verified")
	if a := s.person("Mallory").json(at, "{}"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a stranger begins: %d", a.StatusCode)
	}
	bob := s.person("Bob Reis")
	bob.enrol()
	if a := bob.json(at, "{}"); a.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else begins: %d %s", a.StatusCode, a.body)
	}

	if a := ada.removes(onLaptop.ID, keepPasskey); a.StatusCode != http.StatusOK {
		t.Fatalf("with the passkey: %d %s", a.StatusCode, a.body)
	}
	if a := laptop.get("/"); a.Header.Get("Location") != "/sign-in" {
		t.Errorf("the laptop is signed in: %d", a.StatusCode)
	}
	if a := tablet.form("/devices/"+onTablet.ID+"/remove", ""); a.StatusCode != http.StatusSeeOther {
		t.Errorf("the tablet, by itself: %d", a.StatusCode)
	}
	if d, err := s.Device(t.Context(), onTablet.ID); err != nil || d.State != app.DeviceRemoved {
		t.Errorf("the tablet is %s (%v)", d.State, err)
	}
	if c, err := s.Credential(t.Context(), phone.CredentialID); err != nil || c.RevokedAt != 0 {
		t.Errorf("kept, the passkey ended at %d (%v)", c.RevokedAt, err)
	}
	again := ada.signsIn()
	if a := ada.removes(phone.ID, endPasskey); a.StatusCode != http.StatusOK {
		t.Fatalf("the device in hand and its passkey: %d %s", a.StatusCode, a.body)
	}
	for name, p := range map[string]*person{"phone": ada, "laptop": again} {
		if a := p.get("/"); a.Header.Get("Location") != "/sign-in" {
			t.Errorf("the passkey ended and the %s is signed in: %d", name, a.StatusCode)
		}
	}
}

// The page that asks runs the ceremony where one is needed, and says without
// script that it can't.
func TestThePageOfARemovalAsksForThePasskey(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	phone := ada.enrol()
	ada.signsIn()
	devices, err := s.Devices(t.Context(), ada.who.ID)
	if err != nil || len(devices) != 2 {
		t.Fatal(devices, err)
	}
	forms := func(id string) (plain, ceremonies *goquery.Selection) {
		t.Helper()
		all := ada.get("/devices/" + id + "/remove").page(t).Find("main form")
		return all.Not("[data-ceremony]"), all.Filter("[data-ceremony]")
	}
	plain, asks := forms(devices[1].ID)
	if to, _ := asks.Attr("action"); plain.Length() != 0 || to != "/removal/"+devices[1].ID {
		t.Errorf("another device: %d forms without the passkey, one with it to %q", plain.Length(), to)
	}
	if !strings.Contains(asks.Find("noscript").Text(), "passkey") {
		t.Errorf("without script it says %q", asks.Find("noscript").Text())
	}
	plain, asks = forms(phone.ID)
	if to, _ := plain.Attr("action"); to != "/devices/"+phone.ID+"/remove" ||
		plain.Find(`[name="passkey"]`).Length() != 0 {
		t.Errorf("the device in hand is removed by %q", to)
	}
	if ends, _ := asks.Find(`input[name="passkey"]`).Attr("value"); ends != "end" ||
		asks.Find("noscript").Length() != 1 {
		t.Errorf("with its passkey: %q", ends)
	}
}

// Whoever took a copy of a passkey and signed in twice has nothing left when the
// person disowns one of the two: no session, no link, no way to shut her out.
func TestDisowningOneStrangerEndsTheOther(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	first := ada.enrol()
	thief, again := ada.signsIn(), ada.signsIn()
	link := ada.gives(again)
	devices, err := s.Devices(t.Context(), ada.who.ID)
	if err != nil || len(devices) != 3 {
		t.Fatal(devices, err)
	}
	if a := ada.removes(devices[1].ID, endPasskey); a.StatusCode != http.StatusOK {
		t.Fatalf("disowning: %d %s", a.StatusCode, a.body)
	}
	for name, p := range map[string]*person{"the one disowned": thief, "the other": again} {
		if a := p.get("/"); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/sign-in" {
			t.Errorf("%s is signed in: %d", name, a.StatusCode)
		}
	}
	if a := again.form("/devices/"+first.ID+"/remove", ""); a.StatusCode != http.StatusSeeOther ||
		a.Header.Get("Location") != "/sign-in" {
		t.Errorf("it removes hers: %d", a.StatusCode)
	}
	if d, err := s.Device(t.Context(), first.ID); err != nil || d.State != app.DeviceActive {
		t.Errorf("hers is %s (%v)", d.State, err)
	}
	stranger := s.person("Stranger")
	if a := stranger.json(link+"/passkey", "{}"); a.StatusCode != http.StatusGone {
		t.Errorf("the link: %d %s", a.StatusCode, a.body)
	}
	if a := ada.get("/devices"); a.StatusCode != http.StatusOK {
		t.Errorf("she sees what became of it: %d", a.StatusCode)
	}
	if a := ada.json("/link", "{}"); a.StatusCode != http.StatusForbidden {
		t.Errorf("a link from the device whose passkey ended: %d %s", a.StatusCode, a.body)
	}
	if a := ada.form("/devices/"+devices[2].ID+"/remove", ""); a.StatusCode != http.StatusForbidden {
		t.Errorf("another device removed from it: %d", a.StatusCode)
	}
	for _, choice := range []string{keepPasskey, endPasskey} {
		if a := ada.json("/removal/"+devices[2].ID, choice); a.StatusCode != http.StatusForbidden {
			t.Errorf("the passkey that ended is asked for: %d %s", a.StatusCode, a.body)
		}
	}
}

// Her other devices see, with a way to undo it, that one of them signs with
// another passkey: as they see a new device.
func TestAnotherPasskeyIsToldInTheInbox(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	phone := ada.enrol()
	laptop := *ada
	laptop.auth, laptop.cred, laptop.http = virtualwebauthn.NewAuthenticator(), apptest.Passkey(), ada.elsewhere().http
	s.Clock.Advance(time.Second)
	made := laptop.enrol()
	s.Clock.Advance(48 * time.Hour)
	told := func() *goquery.Selection { return ada.get("/").page(t).Find(`[data-testid="notice-device-added"]`) }
	signIn := func(with *person) {
		t.Helper()
		pr := laptop.begin("/sign-in/passkey", "{}")
		if a := laptop.json("/sign-in/passkey/"+pr.Ceremony,
			`{"credential":`+with.sign(pr)+`}`); a.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
	}
	signIn(&laptop)
	if n := told().Length(); n != 0 {
		t.Errorf("told of the same passkey: %d", n)
	}
	signIn(ada) // hers was synced to it, or somebody has both
	notice := told()
	if to, _ := notice.Find("a").Attr("href"); notice.Length() != 1 ||
		!strings.Contains(notice.Text(), "another passkey") || to != "/devices/"+made.ID+"/remove?unknown" {
		t.Errorf("%q leads to %q", notice.Text(), to)
	}
	s.Clock.Advance(25 * time.Hour)
	if n := told().Length(); n != 0 {
		t.Errorf("told a day later: %d", n)
	}
	if devices, err := s.Devices(t.Context(), ada.who.ID); err != nil || len(devices) != 2 ||
		devices[0].ID != phone.ID {
		t.Errorf("%d devices (%v)", len(devices), err)
	}
}

func TestSigningOutEndsTheLink(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	link := ada.gives(ada)
	if a := ada.form("/sign-out", ""); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", a.StatusCode)
	}
	if a := s.person("Stranger").get(link); a.StatusCode != http.StatusGone {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestStrangersAnswersAreLimited(t *testing.T) {
	for _, path := range []string{"/sign-in/passkey/none", "/enrol/none/passkey/none"} {
		s := newSite(t)
		guest := s.person("Guest")
		if a := guest.json(path, "{}"); a.StatusCode == http.StatusTooManyRequests {
			t.Errorf("%s: the first is too many", path)
		}
		last := answer{}
		for range 60 {
			last = guest.json(path, "{}")
		}
		if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", path, last.StatusCode, last.body)
		}
	}
}

// approves approves a request that is started now, and gives its receipt.
func (p *person) approves(edit ...func(*emulator.SessionDetails)) receipt.Statement {
	p.t.Helper()
	_, r := p.asked(edit...)
	pr := p.begin("/requests/"+r.ID+"/approval", seenOn(p.get("/requests/"+r.ID).page(p.t))+`,"scopes":["profile"]}`)
	if a := p.json("/requests/"+r.ID+"/approval/"+pr.Ceremony,
		`{"credential":`+p.sign(pr)+`}`); a.StatusCode != http.StatusOK {
		p.t.Fatalf("approval: %d %s", a.StatusCode, a.body)
	}
	key, err := passkey.ReceiptKey(p.t.Context(), p.Store)
	if err != nil {
		p.t.Fatal(err)
	}
	said, err := receipt.Verify(p.get("/requests/"+r.ID+"/receipt").body, key.Public())
	if err != nil {
		p.t.Fatal(err)
	}
	return said
}

// hostile is text of which a receipt can hold only what can be read.
const (
	hostile = "Pix\xae\u0000el\ufffe\U0001ffff\ufdd0 \u202e9\u2028"
	legible = "Pixel 9"
)

// Whatever a browser, a person or a client calls itself, the request can be
// approved, and what is signed says of the name what can be read of it.
func TestNamesThatNothingCanSign(t *testing.T) {
	t.Run("a device is renamed", func(t *testing.T) {
		ada := newSite(t).person("Ada Quill")
		d := ada.enrol()
		if a := ada.form("/devices/"+d.ID+"/name",
			"name="+url.QueryEscape(hostile)); a.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d", a.StatusCode)
		}
		if now, err := ada.Device(t.Context(), d.ID); err != nil || now.Name != legible {
			t.Errorf("it is called %+q (%v)", now.Name, err)
		}
		if said := ada.approves(); said.Device.Name != legible {
			t.Errorf("the receipt says %+q", said.Device.Name)
		}
		if a := ada.form("/devices/"+d.ID+"/name",
			"name="+url.QueryEscape("\ufffe\u0000\u202e")); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("a name without anything to read: %d", a.StatusCode)
		}
	})
	t.Run("a device has such a name already", func(t *testing.T) {
		ada := newSite(t).person("Ada Quill")
		d := ada.enrol()
		if err := ada.Store.RenameDevice(t.Context(), app.Actor{Kind: app.ActorDevice, ID: d.ID, PersonID: d.PersonID},
			d.ID, hostile); err != nil {
			t.Fatal(err)
		}
		if said := ada.approves(); said.Device.Name != legible {
			t.Errorf("the receipt says %+q", said.Device.Name)
		}
	})
	t.Run("a person has such a name", func(t *testing.T) {
		ada := newSite(t).person("Ada\ufffe Quill")
		ada.enrol()
		if said := ada.approves(); said.Owner.Name != "Ada Quill" {
			t.Errorf("the receipt says %+q", said.Owner.Name)
		}
	})
	t.Run("a client has such a name", func(t *testing.T) {
		ada := newSite(t).person("Ada Quill")
		ada.enrol()
		said := ada.approves(func(d *emulator.SessionDetails) {
			d.ClientInfo.Name, d.ClientInfo.Description = "Shop\ufffe\u0000\u202e", "\ufdefA\uffff shop"
			d.RequestedScopes[1].DisplayName, d.RequestedScopes[1].Description = "Your\ufffe name", "\U0010fffeAs you wrote it"
			d.Extra = map[string]any{"more\ufffe": map[string]any{"a\ufdd0": "b\uffff"}}
		})
		if said.Client.Name != "Shop" || !strings.Contains(string(said.Shown), "Your name") {
			t.Errorf("the receipt says %+q, and that was shown: %+q", said.Client.Name, said.Shown)
		}
	})
}

// A browser's name comes from its headers, which anybody writes.
func TestBrowsersThatCallThemselvesAnything(t *testing.T) {
	long := strings.Repeat("é", 4000)
	for _, c := range []struct{ name, agent, model, want string }{
		{"model", "", strings.ReplaceAll(hostile, "\x00", ""), legible}, // no header holds that one
		{"model that can't be read", "", "\xae\ufffe", "A browser"},
		{"model that is too long", "", long, "A browser"},
		{"program", "\ufffeFo\x80x/2 (Windows NT 10.0)", "", "Fox on Windows"},
		{"program that is too long", long + "/2 (Windows NT 10.0)", "", strings.Repeat("é", 60) + " on Windows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ada := newSite(t).person("Ada Quill")
			ada.agent, ada.http.Transport = c.agent, withModel{c.model}
			d := ada.enrol()
			if d.Name != c.want {
				t.Errorf("it is called %+.100q, want %+.100q", d.Name, c.want)
			}
			for _, text := range []string{d.Name, d.Platform} {
				if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || len(text) > 500 {
					t.Errorf("kept: %+.100q", text)
				}
			}
			if said := ada.approves(); said.Device.Name != c.want {
				t.Errorf("the receipt says %+.100q", said.Device.Name)
			}
		})
	}
}

// withModel sends the header in which a browser tells the phone's model.
type withModel struct{ model string }

func (m withModel) RoundTrip(r *http.Request) (*http.Response, error) {
	if r = r.Clone(r.Context()); m.model != "" {
		r.Header.Set("Sec-CH-UA-Model", m.model)
	}
	return http.DefaultTransport.RoundTrip(r)
}
