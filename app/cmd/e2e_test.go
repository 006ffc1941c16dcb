package cmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"assent/app"
	"assent/app/cmd"
	"assent/app/push/pushtest"
	"assent/web/emulator"
)

// enrol sets the phone up by a link, without notifications.
func (p *phone) enrol(link string) {
	p.t.Helper()
	p.open(link)
	p.click("set-up")
	p.click("make-passkey")
	p.click("skip")
	p.see("tab-requests")
}

// ask starts a request as the till would, and takes it as far as Assent.
func ask(t *testing.T, d *cmd.Demo, a emulator.Ask) emulator.Session {
	t.Helper()
	s := d.Emulator.Begin(a)
	answer, err := d.Emulator.Start(t.Context(), d.Emulator.StartPayload(s.ID))
	if err != nil || answer.Status != 200 {
		t.Fatalf("start: %d %s %v", answer.Status, answer.Body, err)
	}
	return s
}

func signIn(hint string) emulator.Ask {
	return emulator.Ask{
		Hint:           hint,
		Scopes:         []string{"openid", "profile", "email", "offline_access"},
		BindingMessage: "K7-PLUM",
	}
}

// settled waits until the pretend ACP has an answer for s.
func settled(t *testing.T, d *cmd.Demo, s emulator.Session, want emulator.State) emulator.Session {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		now, ok := d.Emulator.Session(s.ID)
		if !ok {
			t.Fatalf("the session is gone")
		}
		if now.State == want {
			return now
		}
		if time.Now().After(deadline) {
			t.Fatalf("the session is %s, want %s", now.State, want)
		}
	}
	panic("unreachable")
}

func honest(t *testing.T, d *cmd.Demo) {
	t.Cleanup(func() {
		for _, m := range d.Emulator.Mismatches() {
			t.Errorf("departure from the contract: %s", m)
		}
	})
}

// What the README promises: enrol, ask at the till, approve, see the tokens.
func TestNewcomerApprovesAtTheTill(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.open(d.Links[0])
	ada.says("name", "A••• Q•••")
	ada.accessible("enrolment, step 1")
	ada.click("set-up")
	ada.see("make-passkey")
	ada.accessible("enrolment, step 2")
	ada.click("make-passkey")
	ada.see("allow")
	ada.accessible("enrolment, step 3")
	ada.click("skip")
	ada.see("empty")
	ada.accessible("the empty inbox")

	till := newPhone(t, "till", look{width: 1280, height: 800, lang: "en-GB"})
	till.open(d.Pretend)
	till.accessible("the till")
	till.hit("ask", `[data-testid="ask"] [type=submit]`)

	ada.see("read") // arrives by itself
	ada.accessible("the inbox")
	ada.click("read")
	ada.see("approve")
	ada.accessible("the request")
	ada.click("approve")
	ada.says("outcome", "Approved")
	ada.see("seal")
	ada.accessible("the outcome")
	till.see("claims") // tokens arrived, the ID token is shown
	till.accessible("the till with tokens")
	sessions := d.Emulator.Sessions()
	if len(sessions) != 1 || sessions[0].State != emulator.Approved || !sessions[0].Redeemed {
		t.Errorf("at ACP: %+v", sessions)
	}
	ada.open(d.URL + "/history")
	ada.accessible("the history")
	ada.open(d.URL + "/devices")
	ada.accessible("the devices")
	ada.open(d.URL + "/settings")
	ada.accessible("the settings")
}

func TestLeavingAScopeOut(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	s := ask(t, d, signIn("ada.quill"))
	ada.click("read")
	ada.see("approve")
	ada.hit("untick email", `input[value="email"]`)
	ada.click("approve")
	ada.says("outcome", "Approved")
	got := settled(t, d, s, emulator.Approved).Accepted
	if got == nil || strings.Join(got.GrantedScopes, " ") != "openid profile offline_access" {
		t.Errorf("granted %+v", got)
	}
}

func TestDenyAndReport(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	for _, c := range []struct{ button, cause string }{{"deny", "denied_by_user"}, {"report", "reported_by_user"}} {
		s := ask(t, d, signIn("ada.quill"))
		ada.click("read")
		ada.click(c.button)
		ada.see("outcome")
		ada.accessible("after " + c.button)
		if got := settled(t, d, s, emulator.Rejected).Rejected; got == nil || got.ErrorCause != c.cause {
			t.Errorf("%s: ACP was told %+v", c.button, got)
		}
		ada.open(d.URL)
	}
	ada.see("empty")
}

// What comes anew while somebody presses isn't put under their finger: the
// click would be lost.
func TestAPressIsNotLost(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada, olive := newPhone(t, "ada", portrait), owner(t, d)
	ada.enrol(d.Links[0])
	olive.click("section-requests")
	ask(t, d, signIn("ada.quill"))
	const fetched = `performance.getEntriesByType("resource").filter(e => e.initiatorType === "fetch" && e.name === location.href).length`
	for _, c := range []struct {
		who             *phone
		selector, opens string
	}{
		{ada, `[data-testid="read"]`, "approve"},
		{olive, `[data-testid="request"] a`, "trace"},
	} {
		release := c.who.hold("press", c.selector)
		before := eval[int](c.who, fetched)
		ask(t, d, signIn("ada.quill"))
		c.who.until("the list came anew", fmt.Sprintf(`%s > %d`, fetched, before))
		release()
		c.who.see(c.opens)
	}
}

func TestExpiresWhileReading(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	a := signIn("ada.quill")
	a.Expiry = 4 * time.Second
	ask(t, d, a)
	ada.click("read")
	ada.see("approve")
	ada.says("outcome", "Too late") // by itself
	ada.accessible("an expired request")
	if ada.text("outcome-text") == "" {
		t.Error("it doesn't say what that means")
	}
}

func TestTwoDevices(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	pixel := newPhone(t, "pixel", portrait)
	pixel.enrol(d.Links[0])
	laptop := newPhone(t, "laptop", look{width: 1280, height: 800, lang: "en-GB"})
	laptop.enrol(d.Invite(t, "ada.quill"))
	pixel.see("notice-device-added") // the other is told, by itself
	s := ask(t, d, signIn("ada.quill"))
	laptop.click("read")
	laptop.see("approve")
	pixel.click("read")
	pixel.click("approve")
	pixel.says("outcome", "Approved")
	laptop.says("outcome", "Approved") // by itself
	laptop.says("note", "You answered this on your")
	laptop.until("that, and how to end it, is all that is said once ACP is told",
		`document.querySelectorAll('[data-testid="note"]').length === 2`)
	laptop.accessible("a request that was decided elsewhere")
	settled(t, d, s, emulator.Approved)
}

func TestSignInOnAnotherBrowserAndBeRemoved(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	pixel := newPhone(t, "pixel", portrait)
	pixel.enrol(d.Links[0])
	laptop := newPhone(t, "laptop", look{width: 1280, height: 800, lang: "en-GB"})
	pixel.sync(laptop)
	laptop.open(d.URL)
	laptop.click("sign-in")
	laptop.click("skip")
	laptop.see("tab-requests")
	pixel.see("notice-device-added")

	// The copy has counted on. Where the original signs after it, one of the
	// two is a clone (WebAuthn 6.1.1), and nothing is approved.
	s := ask(t, d, signIn("ada.quill"))
	pixel.click("read")
	pixel.click("approve")
	pixel.until("the alert speaks", `document.querySelector('[data-testid="alert"]').textContent.trim() !== ""`)
	laptop.click("read")
	laptop.click("approve")
	laptop.says("outcome", "Approved")
	pixel.says("outcome", "Approved")
	settled(t, d, s, emulator.Approved)

	// Removing the laptop takes the passkey, with the count that its provider
	// brings, and ends the laptop's session at once.
	laptop.sync(pixel)
	pixel.open(d.URL + "/devices")
	pixel.see("tab-devices")
	pixel.accessible("two devices")
	pixel.hit("open the other", `[data-testid^="row-"]:nth-child(2) a`)
	pixel.see("device-name")
	pixel.accessible("the other device")
	pixel.click("remove")
	pixel.see("confirm-remove")
	pixel.accessible("asking whether to remove")
	pixel.click("confirm-remove")
	laptop.see("sign-in") // sent away by itself
	pixel.sync(laptop)
	laptop.click("sign-in")
	laptop.see("skip") // the pixel still uses that passkey: it comes back as a new device
}

// sync gives another phone the passkeys of p in place of its own, as a passkey
// provider does.
func (p *phone) sync(to *phone) {
	p.t.Helper()
	var creds []*webauthn.Credential
	p.do("read passkeys", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		res, err := cdp.Call(ctx, tab, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: p.auth})
		if err != nil {
			return err
		}
		creds = res.Credentials
		return nil
	}))
	// By hand, since the typed command sends members that this sort of authenticator refuses.
	add := cdp.Command[map[string]any, cdp.Empty]{Method: webauthn.CommandAddCredential}
	to.do("write passkeys", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, webauthn.ClearCredentials,
			webauthn.ClearCredentialsParams{AuthenticatorID: to.auth}); err != nil {
			return err
		}
		for _, c := range creds {
			if _, err := cdp.Call(ctx, tab, add,
				map[string]any{"authenticatorId": to.auth, "credential": map[string]any{
					"credentialId":         c.CredentialID,
					"isResidentCredential": true,
					"rpId":                 c.RpID,
					"privateKey":           c.PrivateKey,
					"userHandle":           c.UserHandle, "signCount": c.SignCount + 100}}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestSignOutAndInAgainIsTheSameDevice(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	ada.open(d.URL + "/settings")
	ada.click("sign-out")
	ada.see("sign-in")
	ada.accessible("signing in")
	ada.click("sign-in")
	ada.see("tab-requests")
	people, err := d.Store.People(t.Context(), "", "", 10)
	if err != nil || people[0].Devices != 1 {
		t.Errorf("%+v %v, want one device", people, err)
	}
	ada.open(d.Links[0])
	ada.see("link-used")
	ada.accessible("a used link")
}

func TestCancelledPromptLeavesAWayOn(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	s := ask(t, d, signIn("ada.quill"))
	ada.click("read")
	ada.see("approve")
	verified := func(yes bool) {
		ada.do("set user verification", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, webauthn.SetUserVerified,
				webauthn.SetUserVerifiedParams{AuthenticatorID: ada.auth, IsUserVerified: yes})
			return err
		}))
	}
	verified(false)
	ada.click("approve")
	ada.until("the alert speaks", `document.querySelector('[data-testid="alert"]').textContent.trim() !== ""`)
	if now, _ := d.Emulator.Session(s.ID); now.State != emulator.Pending {
		t.Errorf("unverified, and yet %s", now.State)
	}
	verified(true)
	ada.click("approve")
	ada.says("outcome", "Approved")
	settled(t, d, s, emulator.Approved)
}

func TestACPUnreachableThenBack(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	d.Emulator.Fail(emulator.Details, emulator.Fault{Status: 503, Times: -1})
	s := ask(t, d, signIn("ada.quill"))
	ada.click("read")
	ada.see("unreachable")
	ada.accessible("a request whose details can't be had")
	if eval[bool](ada, `!!document.querySelector('[data-testid="approve"]')`) {
		t.Error("Approve is offered for what can't be seen")
	}
	d.Emulator.Heal()
	ada.see("approve") // by itself
	ada.click("approve")
	ada.says("outcome", "Approved")
	settled(t, d, s, emulator.Approved)
}

func TestChangedBetweenReadingAndApproving(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	s := ask(t, d, signIn("ada.quill"))
	ada.click("read")
	ada.see("approve")
	d.Emulator.Edit(s.ID, func(x *emulator.SessionDetails) { x.ClientInfo.Name = "Somebody else" })
	ada.click("approve")
	ada.says("client", "Somebody else")
	if now, _ := d.Emulator.Session(s.ID); now.State != emulator.Pending {
		t.Errorf("approved unseen: %s", now.State)
	}
	ada.click("approve")
	ada.says("outcome", "Approved")
	settled(t, d, s, emulator.Approved)
}

// shim stands in for the browser's own push service, which wants the internet:
// the subscription's keys are the test's.
func shim(sub *pushtest.Subscription) string {
	b, _ := json.Marshal(map[string]any{
		"endpoint": sub.Endpoint,
		"keys":     map[string]string{"p256dh": sub.P256DH, "auth": sub.Auth},
	})
	return fmt.Sprintf(`(() => {
		const made = %s;
		let on = false;
		const fake = () => ({ endpoint: made.endpoint, options: {}, toJSON: () => made, unsubscribe: async () => { on = false; return true; } });
		PushManager.prototype.subscribe = async () => { on = true; return fake(); };
		PushManager.prototype.getSubscription = async () => on ? fake() : null;
	})()`, b)
}

func TestPushReachesTheServiceWorker(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	service := pushtest.Start(t)
	sub := service.Subscribe()
	ada := newPhone(t, "ada", portrait, shim(sub))
	ada.permit(d.URL, "notifications")
	ada.open(d.Links[0])
	ada.click("set-up")
	ada.click("make-passkey")
	ada.click("allow")
	ada.see("push-try")
	ada.accessible("waiting for the test notice")
	var m struct {
		ID, Lang, Title, Body string
		Waiting               int
	}
	if err := json.Unmarshal(service.Wait().Payload, &m); err != nil || m.ID != "test" {
		t.Fatalf("the test notice: %+v, %v", m, err)
	}
	ada.open(d.URL + "/notice/" + m.ID)
	ada.see("push-works")
	ada.accessible("notifications work")
	ada.click("go-on")
	ada.see("empty")

	s := ask(t, d, signIn("ada.quill"))
	got := service.Wait()
	if err := json.Unmarshal(got.Payload, &m); err != nil {
		t.Fatal(err)
	}
	if m.Waiting != 1 || got.Urgency != "high" || got.TTL < 60 || got.TTL > 120 || m.Lang != "en-GB" ||
		!strings.Contains(m.Body, "joiners") {
		t.Errorf("notice %s, TTL %d, urgency %s", got.Payload, got.TTL, got.Urgency)
	}
	for _, private := range []string{"Ada", "Quill & Daughter, joiners asks Ada", "K7-PLUM", s.ID, s.LoginState} {
		if private != "Ada" && strings.Contains(string(got.Payload), private) ||
			strings.Contains(string(got.Payload), "Ada Quill") {
			t.Errorf("the notice says %q: %s", private, got.Payload)
		}
	}
	// Nobody asks for notices while one is being shown: Chromium then may show none.
	eval[bool](ada,
		`(navigator.serviceWorker.addEventListener("message", e => { if (e.data?.arrived) window.arrived = e.data.arrived; }), true)`)
	ada.deliver(d.URL, got.Payload)
	ada.until("the worker says that it shows", fmt.Sprintf(`window.arrived === %q`, m.ID))
	shown := eval[string](ada,
		`navigator.serviceWorker.ready.then(r => r.getNotifications()).then(n => [n[0].title, n[0].body, n[0].tag, n[0].actions.length].join("|"))`)
	if want := fmt.Sprintf("%s|%s|%s|0", m.Title, m.Body, m.ID); shown != want {
		t.Errorf("shown %s, want %s", shown, want)
	}
	ada.open(d.URL + "/notice/" + m.ID)
	ada.see("approve")

	// The same start again notifies nobody.
	if a, err := d.Emulator.Start(t.Context(), d.Emulator.StartPayload(s.ID)); err != nil || a.Status != 200 {
		t.Errorf("the same again: %+v %v", a, err)
	}
	// A subscription that has ended is taken off, and the inbox says so.
	service.Forget(sub)
	ask(t, d, signIn("ada.quill"))
	ada.open(d.URL)
	ada.see("notice-push-off")
	ada.accessible("the inbox without push")
	if service.Waiting() != 0 {
		t.Errorf("%d more notices", service.Waiting())
	}
}

// permit grants the site a permission in p's browser context.
func (p *phone) permit(origin, name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	c := chromedp.FromContext(p.ctx)
	_, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission:       &browser.PermissionDescriptor{Name: name},
		Setting:          browser.PermissionSettingGranted,
		Origin:           origin,
		BrowserContextID: c.BrowserContextID})
	if err != nil {
		p.t.Fatal(err)
	}
}

// deliver hands a decrypted push message to the service worker.
func (p *phone) deliver(origin string, payload []byte) {
	p.t.Helper()
	p.until("the worker is ready", `navigator.serviceWorker.ready.then(r => !!r.active)`)
	p.do("deliver a push message", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		events := cdp.Events(ctx, tab, serviceworker.WorkerRegistrationUpdated)
		_, err1 := cdp.Call(ctx, tab, serviceworker.Disable, cdp.Empty{}) // enabled a second time, it says nothing
		_, err2 := cdp.Call(ctx, tab, serviceworker.Enable, cdp.Empty{})
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		for e, err := range events {
			if err != nil {
				return err
			}
			for _, r := range e.Registrations {
				if strings.HasPrefix(r.ScopeURL, origin) && !r.IsDeleted {
					_, err := cdp.Call(ctx, tab, serviceworker.DeliverPushMessage,
						serviceworker.DeliverPushMessageParams{
							Origin:         origin + "/",
							RegistrationID: r.RegistrationID,
							Data:           string(payload),
						})
					return err
				}
			}
		}
		return errors.New("no registration")
	}))
}

func TestEnrollingTwiceOnOneAuthenticatorUsesThePasskeyThatIsThere(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	ada.open(d.Invite(t, "ada.quill"))
	ada.click("set-up")
	ada.click("make-passkey")
	ada.click("use-existing")
	ada.click("sign-in")
	ada.see("tab-requests")
	people, err := d.Store.People(t.Context(), "", "", 10)
	if err != nil || people[0].Devices != 1 {
		t.Errorf("%+v %v, want the one device", people, err)
	}
}

func TestPortugueseFromTheFirstPage(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	bruno := newPhone(t, "bruno", look{width: 320, height: 640, mobile: true, dark: true, lang: "pt-BR"})
	bruno.open(d.Links[1])
	bruno.accessible("enrolment in Portuguese, dark, 320 px")
	bruno.click("set-up")
	bruno.click("make-passkey")
	bruno.click("skip")
	ask(t, d, signIn("bruno.reis"))
	bruno.click("read")
	bruno.says("approve", "Aprovar")
	bruno.accessible("the request in Portuguese, dark, 320 px")
	if wide := eval[int](bruno, `document.documentElement.scrollWidth`); wide > 320 {
		t.Errorf("the page is %d px wide at 320", wide)
	}
	bruno.click("approve")
	bruno.says("outcome", "Aprovado")
	p, err := d.Store.FindPerson(t.Context(), []app.Identifier{{Kind: app.Username, Norm: "bruno.reis"}})
	if err != nil || p.Lang != "pt-BR" {
		t.Errorf("%+v %v, want Portuguese to be kept, for push", p, err)
	}
}

func TestTheRequestPageIsLightAndAsksNoOtherHost(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	ask(t, d, signIn("ada.quill"))
	ada.click("read")
	ada.see("approve")
	other := eval[string](ada,
		`performance.getEntriesByType("resource").map(e => e.name).filter(n => new URL(n).origin !== location.origin).join(" ")`)
	if other != "" {
		t.Errorf("asked of other hosts: %s", other)
	}
	// As on a first visit, with nothing kept, and compressed.
	ada.do("forget what was kept", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err1 := cdp.Call(ctx, tab, network.Enable, network.EnableParams{})
		_, err2 := cdp.Call(ctx, tab, network.SetBypassServiceWorker,
			network.SetBypassServiceWorkerParams{Bypass: true})
		_, err3 := cdp.Call(ctx, tab, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
		return errors.Join(err1, err2, err3)
	}))
	ada.open(eval[string](ada, `location.href`))
	ada.see("approve")
	ada.until("all has loaded", `document.readyState === "complete"`)
	const sizes = `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter(e => !e.name.includes("/events"))`
	bytes := eval[int](ada, sizes+`.reduce((sum, e) => sum + e.encodedBodySize + 300, 0)`) // 300 for the headers
	if bytes < 10_000 || bytes > 60_000 {
		t.Errorf("the request page has %d bytes, want at most 60,000: %s", bytes,
			eval[string](ada, sizes+`.map(e => e.encodedBodySize + " " + e.name).join("\n")`))
	}
	t.Logf("the request page: %d bytes in all", bytes)
}

func TestOfflineSaysSo(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	ada.until("the worker holds the page",
		`navigator.serviceWorker.ready.then(() => caches.match("/offline", {ignoreVary: true})).then(r => !!r && !!navigator.serviceWorker.controller)`)
	d.Stop()
	ada.open(d.URL + "/history")
	ada.see("problem")
	ada.says("problem", "connection")
	if strings.Contains(ada.page(), "Ada") {
		t.Error("the kept page knows whose it is")
	}
	ada.accessible("offline")
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	for _, path := range []string{"/nowhere", "/requests/UNKNOWN", "/devices/UNKNOWN", "/enrol/unknown"} {
		ada.open(d.URL + path)
		ada.until("a page says what is the matter", `!!document.querySelector("h1")`)
		ada.accessible("error " + strings.ReplaceAll(path, "/", "-"))
	}
}
