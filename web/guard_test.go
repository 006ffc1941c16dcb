package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"

	"assent/app"
	"assent/app/admin"
	"assent/app/apptest"
	"assent/app/push"
	"assent/web/emulator"
)

// A link for another device hands out the person's approvals: the passkey must
// have verified the person (WebAuthn Level 3, section 7.2 step 17).
func TestLinkingADeviceNeedsAVerifiedPerson(t *testing.T) {
	ada := newSite(t).person("Ada Quill")
	ada.enrol()
	pr := ada.begin("/link", "{}")
	ada.auth.Options.UserNotVerified = true
	if a := ada.json("/link/"+pr.Ceremony, `{"credential":`+ada.sign(pr)+`}`); a.StatusCode != http.StatusForbidden {
		t.Errorf("present and not verified: %d %s", a.StatusCode, a.body)
	}
	ada.auth.Options.UserNotVerified = false
	pr = ada.begin("/link", "{}")
	if a := ada.json("/link/"+pr.Ceremony, `{"credential":`+ada.sign(pr)+`}`); a.StatusCode != http.StatusOK {
		t.Errorf("verified: %d %s", a.StatusCode, a.body)
	}
}

// A confirmation belongs to the device that asked for it, also where another
// device of the same person signs with the same passkey.
func TestAConfirmationBelongsToItsDevice(t *testing.T) {
	ada := newSite(t).person("Ada Quill")
	ada.enrol()
	laptop := ada.signsIn()
	pr := ada.begin("/link", "{}")
	if a := laptop.json("/link/"+pr.Ceremony, `{"credential":`+ada.sign(pr)+`}`); a.StatusCode != http.StatusConflict {
		t.Errorf("begun on the phone, ended on the laptop: %d %s", a.StatusCode, a.body)
	}
}

// A passkey that is made for one link doesn't use up another.
func TestAnEnrolmentBelongsToItsLink(t *testing.T) {
	s := newSite(t)
	ada, bob := s.person("Ada Quill"), s.person("Bob Reis")
	ada.enrol()
	bob.enrol()
	hers, his := ada.gives(ada), bob.gives(bob)
	phone := ada.elsewhere()
	phone.auth, phone.cred = virtualwebauthn.NewAuthenticator(), apptest.Passkey()
	pr := phone.begin(hers+"/passkey", "{}")
	o, err := virtualwebauthn.ParseAttestationOptions(string(pr.Options))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"credential":` + virtualwebauthn.CreateAttestationResponse(phone.rp, phone.auth, phone.cred, *o) +
		`,"standalone":false,"zone":""}`
	if a := phone.json(his+"/passkey/"+pr.Ceremony, body); a.StatusCode != http.StatusConflict {
		t.Errorf("a ceremony of another link: %d %s", a.StatusCode, a.body)
	}
}

// A cookie that a browser had before it signed in, as somebody else may have
// planted it, is worth nothing afterwards (session fixation).
func TestSigningInRenewsTheSession(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	site, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	session := func() (all []*http.Cookie) {
		for _, c := range ada.http.Jar.Cookies(site) {
			if c.Name == "assent-session" {
				all = append(all, c)
			}
		}
		return all
	}
	before := session()
	pr := ada.begin("/sign-in/passkey", "{}")
	if a := ada.json("/sign-in/passkey/"+pr.Ceremony,
		`{"credential":`+ada.sign(pr)+`,"standalone":false}`); a.StatusCode != http.StatusOK {
		t.Fatalf("sign-in: %d %s", a.StatusCode, a.body)
	}
	after := session()
	if len(before) != 1 || len(after) != 1 || before[0].Value == after[0].Value {
		t.Fatalf("the cookie before %v and after %v", before, after)
	}
	planted := ada.elsewhere()
	planted.http.Jar.SetCookies(site, before)
	if a := planted.get("/"); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/sign-in" {
		t.Errorf("the cookie of before is signed in: %d", a.StatusCode)
	}
}

// The console renews its cookie when somebody signs in.
func TestSigningInToTheConsoleRenewsTheSession(t *testing.T) {
	s := newSite(t)
	olive := s.person("Olive")
	made, err := (admin.Registry{Store: s.Store}).Add(t.Context(), app.Operator, "olive@northmoor.example", "",
		app.RoleOwner)
	if err != nil {
		t.Fatal(err)
	}
	olive.setUpConsole(made.Token, made.Admin.ID)
	console, err := url.Parse(s.url + "/admin")
	if err != nil {
		t.Fatal(err)
	}
	before := olive.http.Jar.Cookies(console)
	pr := olive.begin("/admin/sign-in/passkey", "{}")
	if a := olive.json("/admin/sign-in/passkey/"+pr.Ceremony,
		`{"credential":`+olive.sign(pr)+`}`); a.StatusCode != http.StatusOK {
		t.Fatalf("sign-in: %d %s", a.StatusCode, a.body)
	}
	after := olive.http.Jar.Cookies(console)
	if len(before) != 1 || len(after) != 1 || before[0].Value == after[0].Value {
		t.Fatalf("the cookie before %v and after %v", before, after)
	}
	planted := olive.elsewhere()
	planted.http.Jar.SetCookies(console, before)
	if a := planted.get("/admin/sessions"); a.StatusCode != http.StatusSeeOther ||
		!strings.HasPrefix(a.Header.Get("Location"), "/admin/sign-in") {
		t.Errorf("the cookie of before is signed in: %d", a.StatusCode)
	}
}

// setUpConsole makes p an administrator's browser by their set-up link.
func (p *person) setUpConsole(token, adminID string) {
	p.t.Helper()
	link := "/admin/set-up/" + token
	pr := p.begin(link+"/passkey", "{}")
	o, err := virtualwebauthn.ParseAttestationOptions(string(pr.Options))
	if err != nil {
		p.t.Fatal(err)
	}
	made := virtualwebauthn.CreateAttestationResponse(p.rp, p.auth, p.cred, *o)
	if a := p.json(link+"/passkey/"+pr.Ceremony, `{"credential":`+made+`}`); a.StatusCode != http.StatusOK {
		p.t.Fatalf("set-up: %d %s", a.StatusCode, a.body)
	}
	p.auth.Options.UserHandle = []byte("admin:" + adminID)
	p.auth.AddCredential(p.cred)
}

// No page of either surface can be framed, by the policy of today's browsers
// and by the header of older ones: a frame over it could steal a tap.
func TestNoPageCanBeFramed(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	_, r := ada.asked()
	for _, path := range []string{"/", "/requests/" + r.ID, "/devices", "/sign-in", "/offline", "/admin/sign-in",
		"/admin/overview", "/nowhere"} {
		h := ada.get(path).Header
		if h.Get("X-Frame-Options") != "DENY" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: X-Frame-Options %q, policy %q", path, h.Get("X-Frame-Options"),
				h.Get("Content-Security-Policy"))
		}
	}
}

// The policy lets a page run and style itself by files of ours alone, and no page
// needs more.
func TestNoPageRunsInlineScripts(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	_, r := ada.asked()
	for _, path := range []string{"/", "/requests/" + r.ID, "/devices", "/history", "/settings", "/sign-in", "/offline",
		"/admin/sign-in", "/nowhere"} {
		a := ada.get(path)
		policy := a.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "script-src 'self';") || !strings.Contains(policy, "style-src 'self';") ||
			strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %q", path, policy)
		}
		if n := a.page(t).Find("script:not([src]), style, [style], [onclick], [onload], [onsubmit]").Length(); n != 0 {
			t.Errorf("%s has %d inline scripts or styles", path, n)
		}
	}
}

// Pitfall 6: who starts a request learns nothing by which it could be opened or
// answered.
func TestPitfall6StartTellsNoIDOfOurs(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	s.acp.SetService(emulator.Service{URL: s.url, Username: "acp", Password: "a long password"})
	session := s.acp.Begin(emulator.Ask{Hint: "ada.quill", Scopes: []string{"openid"}, BindingMessage: "K7-PLUM"})
	a, err := s.acp.Start(t.Context(), s.acp.StartPayload(session.ID))
	if err != nil || a.Status != http.StatusOK {
		t.Fatal(a.Status, err)
	}
	if strings.TrimSpace(string(a.Body)) != "{}" {
		t.Errorf("the answer is %q", a.Body)
	}
	r, err := s.RequestByLogin(t.Context(), "demo", session.ID)
	if err != nil {
		t.Fatal(err)
	}
	if r.ID == session.ID || strings.Contains(session.ID, r.ID) || len(r.ID) < 22 { // 128 bits in base64url
		t.Errorf("the request's id is %q, the login's %q", r.ID, session.ID)
	}
}

// Pitfall 37: the start is answered before anyone is notified or has decided:
// notifying is work that it leaves behind.
func TestPitfall37StartDoesNotWaitForThePerson(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	d := ada.enrol()
	sub := s.push.Subscribe()
	if err := s.notify.Subscribe(t.Context(), app.Actor{Kind: app.ActorDevice, ID: d.ID, PersonID: d.PersonID},
		push.Subscription{Endpoint: sub.Endpoint, P256DH: sub.P256DH, Auth: sub.Auth}); err != nil {
		t.Fatal(err)
	}
	_, r := ada.asked()
	waiting, _, err := s.Outbox(t.Context())
	if err != nil || waiting != 1 || s.push.Waiting() != 0 || r.State != app.Pending {
		t.Errorf("when the start was answered: %d notices to send (%v), %d sent, the request %s", waiting, err,
			s.push.Waiting(), r.State)
	}
}

// Pitfall 48: the passkey's prompt is the confirmation. Between the page and
// its outcome stands one prompt and no further question.
func TestPitfall48OnePromptAndNoFurtherQuestion(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	_, r := ada.asked()
	page := ada.get("/requests/" + r.ID).page(t)
	if n := page.Find(`[data-testid="approve"]`).Length(); n != 1 {
		t.Fatalf("%d buttons approve", n)
	}
	pr := ada.begin("/requests/"+r.ID+"/approval", seenOn(page)+`,"scopes":["profile"]}`)
	if a := ada.json("/requests/"+r.ID+"/approval/"+pr.Ceremony,
		`{"credential":`+ada.sign(pr)+`}`); a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if now, err := s.Request(t.Context(), r.ID); err != nil || now.State != app.Approved {
		t.Errorf("after one prompt it is %s (%v)", now.State, err)
	}
	if n := ada.get("/requests/" +
		r.ID).page(t).Find(`form [data-testid="approve"], form [data-testid="confirm"]`).Length(); n != 0 {
		t.Errorf("the outcome asks %d more questions", n)
	}
}
