package web_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/descope/virtualwebauthn"

	"assent/app"
	"assent/app/acp"
	"assent/app/admin"
	"assent/app/apptest"
	"assent/app/consent"
	"assent/app/i18n"
	"assent/app/live"
	"assent/app/login"
	"assent/app/passkey"
	"assent/app/people"
	"assent/app/push"
	"assent/app/push/pushtest"
	"assent/app/receipt"
	"assent/store/storetest"
	"assent/web"
	acpweb "assent/web/acp"
	adminweb "assent/web/admin"
	"assent/web/device"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
	"assent/web/httpx"
)

// site is the assembled service over a real database and the ACP stand-in.
type site struct {
	*storetest.DB
	t      *testing.T
	url    string
	acp    *emulator.Emulator
	svc    *consent.Service
	people *people.Service
	push   *pushtest.Service
	notify *push.Service
	hub    *live.Hub
	policy consent.Protection
}

func newSite(t *testing.T, changes ...func(*device.Config)) *site {
	t.Helper()
	db := storetest.New(t)
	return siteOn(t, db, emulatortest.Start(t, acpOptions(db.Clock.Told)), changes...)
}

func acpOptions(now func() time.Time) emulator.Options {
	return emulator.Options{Now: now, Client: emulator.Client{ID: "assent", Secret: "secret"}}
}

// siteOn is the service over a database that there is, beside an ACP that runs.
func siteOn(t *testing.T, db *storetest.DB, em *emulator.Emulator, changes ...func(*device.Config)) *site {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	srv := httptest.NewUnstartedServer(nil)
	public := &url.URL{
		Scheme: "http",
		Host:   "localhost:" + srv.Listener.Addr().String()[strings.LastIndex(srv.Listener.Addr().String(), ":")+1:],
	}
	client, err := acp.New(acp.Config{
		Issuer:       em.Issuer(),
		ClientID:     "assent",
		ClientSecret: "secret",
		HTTP:         &http.Client{Timeout: 2 * time.Second},
		Now:          db.Clock.Told,
	})
	if err != nil {
		t.Fatal(err)
	}
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{
		DB:     db,
		t:      t,
		url:    public.String(),
		acp:    em,
		people: people.New(db.Store),
		push:   pushtest.Start(t),
		hub:    &live.Hub{},
	}
	s.svc = consent.New(consent.Config{
		Store:       db.Store,
		Connections: []consent.Connection{{Name: "acp", Server: client}},
		Resolver:    people.Directory{Reader: db.Reader},
		RequestTTL:  2 * time.Minute,
		Fatigue:     consent.DefaultFatigue,
		Log:         log,
		Protection:  func() consent.Protection { return s.policy },
	})
	passkeys, err := passkey.New(t.Context(), db.Store, public, "Northmoor")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := push.StoredKeys(t.Context(), db.Store)
	if err != nil {
		t.Fatal(err)
	}
	s.notify = push.NewService(db.Store,
		&push.Sender{Keys: keys, Subject: "mailto:a@b.example", HTTP: http.DefaultClient, Now: time.Now},
		push.Hosts{AllowLoopback: true}, words, log)
	phones := device.Config{
		Store:       db.Reader,
		Consent:     s.svc,
		People:      s.people,
		Passkeys:    passkeys,
		Push:        s.notify,
		Login:       login.New(db.Store, false),
		Live:        s.hub,
		Words:       words,
		Institution: "Northmoor",
		LinkAlone:   true,
		Closing:     make(chan struct{}),
		Log:         log,
	}
	for _, change := range changes {
		change(&phones)
	}
	h, err := web.New(web.Config{Public: public, Store: db.Store, Log: log, Device: phones,
		API: acpweb.Config{
			Consent: s.svc,
			Callers: []acpweb.Caller{{Connection: "acp", Username: "acp", Password: "a long password"}},
			Log:     log,
		},
		Admin: adminweb.Config{
			Store:       db.Reader,
			Admins:      admin.New(db.Store, passkeys, admin.Uses{LinkAlone: true}),
			Sessions:    admin.NewSessions(db.Store, false, httpx.Source),
			Public:      public,
			Words:       words,
			Institution: "Northmoor",
			Log:         log,
		}})
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = h
	srv.Start()
	t.Cleanup(srv.Close)
	return s
}

// person is someone with a browser and a passkey, without pages or scripts.
type person struct {
	*site
	agent string // User-Agent
	who   app.Person
	http  *http.Client
	rp    virtualwebauthn.RelyingParty
	auth  virtualwebauthn.Authenticator
	cred  virtualwebauthn.Credential
}

func (s *site) person(name string) *person {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &person{
		site: s,
		http: &http.Client{
			Jar:           jar,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		rp:   virtualwebauthn.RelyingParty{Name: "Northmoor", ID: "localhost", Origin: s.url},
		auth: virtualwebauthn.NewAuthenticator(),
		cred: apptest.Passkey(),
	}
	if p.who, err = s.people.Add(s.t.Context(), app.Operator, name,
		[]string{strings.ToLower(strings.ReplaceAll(name, " ", "."))}, nil); err != nil {
		s.t.Fatal(err)
	}
	return p
}

type answer struct {
	*http.Response
	body []byte
}

func (a answer) page(t *testing.T) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (p *person) send(method, path, contentType, body string) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("Origin", p.url)
	}
	if p.agent != "" {
		req.Header.Set("User-Agent", p.agent)
	}
	res, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{res, b}
}

func (p *person) get(path string) answer { p.t.Helper(); return p.send("GET", path, "", "") }
func (p *person) form(path, body string) answer {
	p.t.Helper()
	return p.send("POST", path, "application/x-www-form-urlencoded", body)
}
func (p *person) json(path, body string) answer {
	p.t.Helper()
	return p.send("POST", path, "application/json", body)
}

type prompt struct {
	Ceremony string          `json:"ceremony"`
	Options  json.RawMessage `json:"options"`
}

func (p *person) begin(path, body string) prompt {
	p.t.Helper()
	a := p.json(path, body)
	var pr prompt
	if err := json.Unmarshal(a.body, &pr); err != nil || a.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d %s", path, a.StatusCode, a.body)
	}
	return pr
}

func (p *person) sign(pr prompt) string {
	p.t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(string(pr.Options))
	if err != nil {
		p.t.Fatal(err)
	}
	p.cred.Counter++
	return virtualwebauthn.CreateAssertionResponse(p.rp, p.auth, p.cred, *o)
}

// enrol sets the browser up and gives its device. say are more members of what
// the browser's script sends.
func (p *person) enrol(say ...string) app.Device {
	p.t.Helper()
	_, token, err := p.people.Invite(p.t.Context(), app.Operator, p.identifier(), time.Hour)
	if err != nil {
		p.t.Fatal(err)
	}
	p.setUp("/enrol/"+token, say...)
	devices, err := p.Devices(p.t.Context(), p.who.ID)
	if err != nil || len(devices) == 0 {
		p.t.Fatal(devices, err)
	}
	return devices[len(devices)-1]
}

// setUp makes a passkey by the link.
func (p *person) setUp(link string, say ...string) {
	p.t.Helper()
	pr := p.begin(link+"/passkey", "{}")
	o, err := virtualwebauthn.ParseAttestationOptions(string(pr.Options))
	if err != nil {
		p.t.Fatal(err)
	}
	made := virtualwebauthn.CreateAttestationResponse(p.rp, p.auth, p.cred, *o)
	a := p.json(link+"/passkey/"+pr.Ceremony,
		`{"credential":`+made+`,"standalone":false,"zone":"America/Sao_Paulo"`+strings.Join(say, "")+`}`)
	if a.StatusCode != http.StatusOK {
		p.t.Fatalf("enrol: %d %s", a.StatusCode, a.body)
	}
	p.auth.Options.UserHandle = []byte(p.who.ID)
	p.auth.AddCredential(p.cred)
}

func (p *person) identifier() string {
	return strings.ToLower(strings.ReplaceAll(p.who.Name, " ", "."))
}

// asked starts a request for p through the served API.
func (p *person) asked(edit ...func(*emulator.SessionDetails)) (emulator.Session, app.Request) {
	p.t.Helper()
	return p.askedOf(emulator.Ask{BindingMessage: "K7-PLUM"}, edit...)
}

// askedOf begins such a login of the person at ACP and has the service told of it.
func (p *person) askedOf(ask emulator.Ask, edit ...func(*emulator.SessionDetails)) (emulator.Session, app.Request) {
	p.t.Helper()
	ask.Hint, ask.Scopes = p.identifier(), []string{"openid", "profile", "transfers:read"}
	p.acp.SetService(emulator.Service{URL: p.url, Username: "acp", Password: "a long password"})
	s := p.acp.Begin(ask)
	for _, e := range edit {
		p.acp.Edit(s.ID, e)
	}
	a, err := p.acp.Start(p.t.Context(), p.acp.StartPayload(s.ID))
	if err != nil || a.Status != 200 {
		p.t.Fatalf("start: %d %s %v", a.Status, a.Body, err)
	}
	r, err := p.RequestByLogin(p.t.Context(), "demo", s.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	return s, r
}

func TestEnrolApproveDeliverWithoutABrowser(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	session, r := ada.asked()
	doc := ada.get("/requests/" + r.ID).page(t)
	seen := seenOn(doc)
	if doc.Find(`[data-testid="message"]`).Text() == "" || doc.Find(`[data-testid="scope"]`).Length() != 2 {
		t.Fatalf("the request's page:\n%s", doc.Find("main").Text())
	}
	speak := func(lang string) {
		t.Helper()
		if err := s.people.SetPreferences(t.Context(), app.Actor{Kind: app.ActorDevice, PersonID: ada.who.ID}, lang,
			""); err != nil {
			t.Fatal(err)
		}
	}
	speak("pt-BR")
	if a := ada.json("/requests/"+r.ID+"/approval",
		seen+`,"scopes":["profile"]}`); a.StatusCode != http.StatusConflict {
		t.Errorf("an approval in other words than were read: %d %s", a.StatusCode, a.body)
	}
	speak("en-GB")
	pr := ada.begin("/requests/"+r.ID+"/approval", seen+`,"scopes":["profile"]}`)
	a := ada.json("/requests/"+r.ID+"/approval/"+pr.Ceremony,
		`{"credential":`+ada.sign(pr)+`,"standalone":false,"zone":""}`)
	if a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), "/requests/"+r.ID) {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if out := s.svc.Settle(t.Context(), s.MustLease(app.JobSettle, r.ID)); out.Verdict != app.JobDone {
		t.Fatal(out)
	}
	got, _ := s.acp.Session(session.ID)
	if got.Accepted == nil || strings.Join(got.Accepted.GrantedScopes, " ") != "openid profile" {
		t.Errorf("ACP has %+v", got.Accepted)
	}
	if text := ada.get("/requests/" + r.ID).page(t).Find(`[data-testid="outcome"]`).Text(); !strings.Contains(text,
		"Approved") {
		t.Errorf("outcome %q", text)
	}
	key, err := passkey.ReceiptKey(t.Context(), s.Store)
	if err != nil {
		t.Fatal(err)
	}
	file := ada.get("/requests/" + r.ID + "/receipt")
	said, err := receipt.Verify(file.body, key.Public())
	if err != nil || said.Request.ID != r.ID || said.Owner.Name != "Ada Quill" ||
		strings.Join(said.Granted.Scopes, " ") != "openid profile" {
		t.Errorf("the receipt: %v, says %+v", err, said)
	}
	if kept := file.Header.Get("Content-Disposition"); kept != "attachment; filename=assent-receipt-"+r.Ref+".json" {
		t.Errorf("kept as %q", kept)
	}
	if kept := file.Header.Get("Cache-Control"); kept != "no-store" {
		t.Errorf("the receipt may be kept: %q", kept)
	}
	mallory := s.person("Mallory")
	mallory.enrol()
	if a := mallory.get("/requests/" + r.ID + "/receipt"); a.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else's receipt: %d", a.StatusCode)
	}
	// The same assertion again is worth nothing.
	if a := ada.json("/requests/"+r.ID+"/approval/"+pr.Ceremony,
		`{"credential":{},"standalone":false,"zone":""}`); a.StatusCode != http.StatusConflict {
		t.Errorf("a used challenge: %d", a.StatusCode)
	}
}

// A device is replaced by another that the person sets up from a link on it:
// the passkey on the old one approves that, and the old one is signed out.
func TestADeviceReplacesAnother(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	old := ada.enrol()
	pr := ada.begin("/link", `{"replace":"yes"}`)
	if a := s.person("Mallory").json("/link/"+pr.Ceremony, `{}`); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a stranger confirms: %d", a.StatusCode)
	}
	a := ada.json("/link/"+pr.Ceremony, `{"credential":`+ada.sign(pr)+`}`)
	var to struct{ Next string }
	if err := json.Unmarshal(a.body, &to); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	link := ada.get(to.Next).page(t).Find(`[data-testid="link"]`).Text()
	path, ok := strings.CutPrefix(link, s.url)
	if !ok {
		t.Fatalf("the link is %q", link)
	}
	phone := *ada // the same person with another browser and another authenticator
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	phone.http = &http.Client{Jar: jar, CheckRedirect: ada.http.CheckRedirect}
	phone.auth, phone.cred = virtualwebauthn.NewAuthenticator(), apptest.Passkey()
	phone.setUp(path)
	if a := ada.get("/"); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/sign-in" {
		t.Errorf("the old device goes on: %d", a.StatusCode)
	}
	if d, err := s.Device(t.Context(), old.ID); err != nil || d.State != app.DeviceRemoved {
		t.Errorf("it is %s (%v)", d.State, err)
	}
	if a := phone.get("/devices"); a.StatusCode != http.StatusOK || a.page(t).Find(`[data-testid="row"]`).Length() > 1 {
		t.Errorf("the new device: %d\n%s", a.StatusCode, a.page(t).Find("main").Text())
	}
	if a := phone.get(to.Next); a.StatusCode != http.StatusNotFound {
		t.Errorf("another device sees the link: %d", a.StatusCode)
	}
}

// Two requests of one client: each page tells its own from the other.
func TestTwoOfOneClientAreToldApart(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	_, first := ada.askedOf(emulator.Ask{BindingMessage: "the blue folder"})
	if n := ada.get("/requests/" + first.ID).page(t).Find(`[data-testid="notice-other"]`).Length(); n != 0 {
		t.Errorf("alone, it is told from %d others", n)
	}
	_, second := ada.asked(func(d *emulator.SessionDetails) { d.ClientInfo.Name = "Not " + d.ClientInfo.Name })
	notice := ada.get("/requests/" + second.ID).page(t).Find(`[data-testid="notice-other"]`)
	link, _ := notice.Find("a").Attr("href")
	if text := notice.Text(); notice.Length() != 1 || !strings.Contains(text, first.Ref) ||
		!strings.Contains(text, "the blue folder") || link != "/requests/"+first.ID {
		t.Errorf("%q leads to %s", text, link)
	}
}

// seenOn is the beginning of an approval's body: what the page says was read.
func seenOn(doc *goquery.Document) string {
	seen, _ := doc.Find(`input[name="seen"]`).Attr("value")
	words, _ := doc.Find(`input[name="words"]`).Attr("value")
	return `{"seen":"` + seen + `","words":"` + words + `"`
}

func TestSignedOutSeesNothing(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	dev := ada.enrol()
	_, r := ada.asked()
	stranger := s.person("Mallory")
	for _, path := range []string{"/", "/requests/" + r.ID, "/requests/" + r.ID + "/receipt", "/history", "/devices",
		"/devices/" + dev.ID, "/devices/" + dev.ID + "/remove", "/settings", "/notifications", "/notice/" + r.ID} {
		if a := stranger.get(path); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/sign-in" {
			t.Errorf("GET %s: %d %s", path, a.StatusCode, a.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/requests/" + r.ID + "/deny", "/requests/" + r.ID + "/report",
		"/devices/" + dev.ID + "/name", "/devices/" + dev.ID + "/remove", "/settings", "/sign-out", "/push/skip"} {
		if a := stranger.form(path, "name=x"); a.StatusCode != http.StatusSeeOther ||
			a.Header.Get("Location") != "/sign-in" {
			t.Errorf("POST %s: %d %s", path, a.StatusCode, a.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/requests/" + r.ID + "/approval", "/requests/" + r.ID + "/approval/x",
		"/push/subscription",
		"/removal/" + dev.ID, "/removal/" + dev.ID + "/x"} {
		if a := stranger.json(path, "{}"); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("POST %s: %d", path, a.StatusCode)
		}
	}
	if a := stranger.get("/events"); a.StatusCode != http.StatusSeeOther && a.StatusCode != http.StatusUnauthorized {
		t.Errorf("events: %d", a.StatusCode)
	}
	if now, err := s.Request(t.Context(), r.ID); err != nil || now.State != app.Pending {
		t.Errorf("the request is %s", now.State)
	}
}

func TestAnothersThingsDoNotExist(t *testing.T) {
	s := newSite(t)
	ada, mallory := s.person("Ada Quill"), s.person("Mallory")
	dev := ada.enrol()
	mallory.enrol()
	_, r := ada.asked()
	ada.get("/requests/" + r.ID) // shown once, so that there is a digest to guess
	shown, err := s.Request(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/requests/" + r.ID, "/notice/" + r.ID, "/devices/" + dev.ID,
		"/devices/" + dev.ID + "/remove"} {
		a := mallory.get(path)
		if a.StatusCode != http.StatusNotFound || strings.Contains(string(a.body), "Ada") ||
			strings.Contains(string(a.body), "Quill") {
			t.Errorf("GET %s: %d", path, a.StatusCode)
		}
	}
	for _, path := range []string{"/requests/" + r.ID + "/deny", "/requests/" + r.ID + "/report",
		"/devices/" + dev.ID + "/name", "/devices/" + dev.ID + "/remove"} {
		if a := mallory.form(path, "name=mine"); a.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: %d", path, a.StatusCode)
		}
	}
	if a := mallory.json("/requests/"+r.ID+"/approval",
		`{"seen":"`+shown.DetailsDigest+`","scopes":[]}`); a.StatusCode != http.StatusNotFound {
		t.Errorf("approval: %d", a.StatusCode)
	}
	if now, err := s.Request(t.Context(), r.ID); err != nil || now.State != app.Pending {
		t.Errorf("the request is %s", now.State)
	}
}

func TestOtherSitesCannotAnswer(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	_, r := ada.asked()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/requests/"+r.ID+"/deny", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://evil.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := ada.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if now, err := s.Request(t.Context(), r.ID); err != nil || res.StatusCode != http.StatusForbidden ||
		now.State != app.Pending {
		t.Errorf("%d, and the request is %s", res.StatusCode, now.State)
	}
}

func TestHostileDetailsAreOnlyText(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	const evil = `<img src=x onerror=alert(1)>`
	_, r := ada.asked(func(d *emulator.SessionDetails) {
		d.ClientInfo = emulator.ClientInfo{
			Name:        evil,
			Description: evil,
			URI:         "javascript:alert(1)",
			PolicyURI:   "JaVaScRiPt:alert(1)",
			TOSURI:      "data:text/html,x",
			LogoURI:     "https://evil.example/x.png",
		}
		d.RequestedScopes[1].Name, d.RequestedScopes[1].DisplayName, d.RequestedScopes[1].Description = "x", evil, evil
		d.AuthorizationDetails = []map[string]any{{"type": evil, evil: []any{evil}}}
		d.ClaimsToConsent = []string{evil}
		d.Extra = map[string]any{"extra": map[string]any{evil: evil}}
	})
	a := ada.get("/requests/" + r.ID)
	doc := a.page(t)
	if doc.Find("img").Length() != 0 || doc.Find("[onerror]").Length() != 0 ||
		!strings.Contains(doc.Find("main").Text(), evil) {
		t.Errorf("markup came through, or text was lost:\n%s", doc.Find("main").Text())
	}
	doc.Find("a, form, script, link").Each(func(_ int, e *goquery.Selection) {
		for _, attr := range []string{"href", "action", "src"} {
			if v, ok := e.Attr(attr); ok && !strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "#") {
				t.Errorf("%s %s=%q", goquery.NodeName(e), attr, v)
			}
		}
	})
}

func TestSuspensionEndsASessionAtOnce(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	_, r := ada.asked()
	if err := s.SetPersonState(t.Context(), app.Operator, ada.who.ID, app.PersonSuspended); err != nil {
		t.Fatal(err)
	}
	if a := ada.get("/"); a.StatusCode != http.StatusForbidden || strings.Contains(string(a.body), "K7-PLUM") {
		t.Errorf("%d", a.StatusCode)
	}
	if now, err := s.Request(t.Context(), r.ID); err != nil || now.State != app.Cancelled ||
		now.Delivery != app.DeliveryWaiting {
		t.Errorf("the request is %s, delivery %s (%v)", now.State, now.Delivery, err)
	}
}

func TestPreferences(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	if p, err := s.Person(t.Context(), ada.who.ID); err != nil || p.Zone != "America/Sao_Paulo" || p.Lang != "en-GB" {
		t.Errorf("after enrolment %+v, %v", p, err)
	}
	if a := ada.form("/settings", "lang=pt-BR&theme=dark&zone=Europe/Lisbon"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", a.StatusCode)
	}
	doc := ada.get("/settings").page(t)
	if lang, _ := doc.Find("html").Attr("lang"); lang != "pt-BR" {
		t.Errorf("lang %q", lang)
	}
	if theme, _ := doc.Find("html").Attr("data-theme"); theme != "dark" {
		t.Errorf("theme %q", theme)
	}
	a := ada.form("/settings", "lang=pt-BR&theme=dark&zone=Mars/Olympus")
	if a.StatusCode != http.StatusUnprocessableEntity || a.page(t).Find(".fault").Length() != 1 {
		t.Errorf("an unknown zone: %d", a.StatusCode)
	}
}

func TestRenameADevice(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	dev := ada.enrol()
	if a := ada.form("/devices/"+dev.ID+"/name",
		"name="+url.QueryEscape("  My   <phone> ")); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", a.StatusCode)
	}
	if d, err := s.Device(t.Context(), dev.ID); err != nil || d.Name != "My <phone>" {
		t.Errorf("named %q", d.Name)
	}
	a := ada.form("/devices/"+dev.ID+"/name", "name=++")
	if a.StatusCode != http.StatusUnprocessableEntity || a.page(t).Find(".fault").Length() != 1 {
		t.Errorf("an empty name: %d", a.StatusCode)
	}
}

func TestPushEndpointsOfStrangersAreRefused(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	dev := ada.enrol()
	sub := s.push.Subscribe()
	body := func(endpoint string) string {
		return `{"endpoint":"` + endpoint + `","keys":{"p256dh":"` + sub.P256DH + `","auth":"` + sub.Auth + `"}}`
	}
	for _, bad := range []string{"https://evil.example/x", "http://169.254.169.254/latest",
		"https://fcm.googleapis.com.evil.example/x", "https://user@fcm.googleapis.com/x",
		"https://fcm.googleapis.com:8443/x"} {
		if a := ada.json("/push/subscription", body(bad)); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, a.StatusCode)
		}
	}
	if a := ada.json("/push/subscription", body(sub.Endpoint)); a.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	_, r := ada.asked()
	j, ok, _, err := s.LeaseJob(t.Context(), app.JobPush, time.Minute)
	if err != nil || !ok || j.DeviceID != dev.ID || j.RequestID != r.ID {
		t.Fatalf("%+v %v %v", j, ok, err)
	}
	for _, c := range []struct {
		answer pushtest.Answer
		want   app.Verdict
		after  time.Duration
		lives  bool
	}{
		{pushtest.Answer{Status: 429, RetryAfter: "9"}, app.JobRetry, 9 * time.Second, true},
		{pushtest.Answer{Status: 500}, app.JobRetry, 0, true},
		{pushtest.Answer{Cut: true}, app.JobRetry, 0, true},
		{pushtest.Answer{Status: 403}, app.JobFailed, 0, true},
		{pushtest.Answer{}, app.JobDone, 0, true},
		{pushtest.Answer{Status: 410}, app.JobDone, 0, false},
	} {
		s.push.Next(c.answer)
		out := s.notify.Send(t.Context(), j)
		_, err := s.Subscription(t.Context(), dev.ID)
		if out.Verdict != c.want || out.After != c.after || (err == nil) != c.lives {
			t.Errorf("%+v: %+v, subscription lives %v", c.answer, out, err == nil)
		}
	}
	if got := string(s.push.Wait().Payload); strings.Contains(got, "Ada") || strings.Contains(got, "K7-PLUM") ||
		!strings.Contains(got, r.ID) {
		t.Errorf("payload %s", got)
	}
	// The browser thinks that it is good: it is told to make another.
	if a := ada.json("/push/subscription", body(sub.Endpoint)); a.StatusCode != http.StatusConflict ||
		!strings.Contains(string(a.body), `"push_gone"`) {
		t.Errorf("one that was ended: %d %s", a.StatusCode, a.body)
	}
}

func TestEventsReachTheirPersonAndEnd(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	dev := ada.enrol()
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := ada.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s", res.Header.Get("Content-Type"))
	}
	buf := make([]byte, 4096)
	got := "" // what was read and not yet asked for
	read := func(want string) {
		t.Helper()
		defer func() { _, got, _ = strings.Cut(got, want) }()
		for !strings.Contains(got, want) {
			n, err := res.Body.Read(buf)
			got += string(buf[:n])
			if err != nil && !strings.Contains(got, want) { // the last bytes may come with the end
				t.Fatalf("stream ended with %v after %q, want %q", err, got, want)
			}
		}
	}
	read("retry:")
	s.hub.Publish(app.Event{Topic: app.TopicRequest, PersonID: "somebody else", RequestID: "NOT-HERS"})
	s.hub.Publish(app.Event{Topic: app.TopicRequest, PersonID: ada.who.ID, RequestID: "HERS", State: app.Pending})
	read(`event: requests` + "\n" + `data: {"id":"HERS","state":"pending"}`)
	if err := s.RemoveDevice(t.Context(), app.Operator, ada.who.ID, dev.ID); err != nil {
		t.Fatal(err)
	}
	s.hub.Publish(app.Event{Topic: app.TopicDevice, PersonID: ada.who.ID, DeviceID: dev.ID})
	read("event: signed-out")
	if n, err := res.Body.Read(buf); err != io.EOF {
		t.Errorf("the stream goes on: %q %v", buf[:n], err)
	}
}

// On iOS the link opens in Safari, and the app on the Home Screen, which has
// cookies of its own, goes on as the same device.
func TestHomeScreenAppContinuesTheEnrolment(t *testing.T) {
	for _, c := range []struct{ name, agent, say, platform string }{
		{"iPhone",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
			"", "iphone"},
		{"iPad that calls itself a Mac",
			"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
			`,"tablet":true`, "ipad"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			safari := s.person("Ada Quill")
			safari.agent = c.agent
			dev := safari.enrol(c.say)
			if dev.Platform != c.platform {
				t.Errorf("platform %q, want %q", dev.Platform, c.platform)
			}
			if text := safari.get("/notifications").page(t).Find(`[data-panel="ios"]`).AttrOr("hidden",
				"shown"); text != "shown" {
				t.Error("no guide to the Home Screen")
			}
			app := *safari
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			app.http = &http.Client{Jar: jar, CheckRedirect: safari.http.CheckRedirect}
			pr := app.begin("/sign-in/passkey", "{}")
			if a := app.json("/sign-in/passkey/"+pr.Ceremony,
				`{"credential":`+app.sign(pr)+`,"standalone":true,"zone":""}`); a.StatusCode != http.StatusOK ||
				!strings.Contains(string(a.body), "/notifications") {
				t.Fatalf("%d %s, want to be asked for notifications there", a.StatusCode, a.body)
			}
			devices, err := s.Devices(t.Context(), safari.who.ID)
			if err != nil || len(devices) != 1 || devices[0].ID != dev.ID {
				t.Errorf("%d devices (%v), want the same one", len(devices), err)
			}
			if a := app.get("/"); a.StatusCode != http.StatusOK {
				t.Errorf("the app: %d", a.StatusCode)
			}
			if a := safari.get("/"); a.StatusCode != http.StatusSeeOther {
				t.Errorf("Safari's session goes on: %d", a.StatusCode)
			}
		})
	}
}

func TestStrangersPromptsAreLimited(t *testing.T) {
	s := newSite(t)
	guest := s.person("Guest")
	last := answer{}
	for range 60 {
		last = guest.json("/sign-in/passkey", "{}")
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" ||
		!strings.Contains(string(last.body), "wait a minute") {
		t.Errorf("%d %s", last.StatusCode, last.body)
	}
}
