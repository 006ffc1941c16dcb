package admin_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/app/admin"
	"assent/app/consent"
	"assent/app/i18n"
	"assent/app/importer"
	"assent/app/live"
	"assent/app/passkey"
	"assent/app/people"
	"assent/app/settings"
	"assent/store"
	"assent/store/storetest"
	adminweb "assent/web/admin"
	"assent/web/httpx"
)

// site is the console over a real store.
type site struct {
	hub *live.Hub
	*storetest.DB
	t        *testing.T
	handler  http.Handler
	sessions *admin.Sessions
	registry admin.Registry
	imports  *importer.Service
	chosen   *settings.Service
	secure   bool
	logged   *logged // at every level
}

// logged keeps what is logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String gives it.
func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newSite(t *testing.T, secure bool, changes ...func(*admin.Uses)) *site {
	t.Helper()
	return newSiteOn(t, storetest.New(t), secure, changes...)
}

// newSiteOn is a site on a database that is there, as after another start.
func newSiteOn(t *testing.T, db *storetest.DB, secure bool, changes ...func(*admin.Uses)) *site {
	t.Helper()
	public := &url.URL{Scheme: "https", Host: "assent.example"}
	passkeys, err := passkey.New(t.Context(), db.Store, public, "Northmoor")
	if err != nil {
		t.Fatal(err)
	}
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{
		DB:       db,
		hub:      &live.Hub{},
		t:        t,
		sessions: admin.NewSessions(db.Store, secure, httpx.Source),
		registry: admin.Registry{Store: db.Store},
		secure:   secure,
		logged:   &logged{},
	}
	mux := http.NewServeMux()
	log := slog.New(slog.NewTextHandler(s.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.chosen = chosenSettings(t, db, log)
	s.imports = importer.New(importer.Config{
		Store:  db.Store,
		People: people.New(db.Store),
		Words:  words,
		Dir:    filepath.Join(db.Dir, "imports"),
		Log:    log,
	})
	uses := admin.Uses{
		Consent:  consent.New(consent.Config{Store: db.Store, Log: log}),
		People:   people.New(db.Store),
		Settings: s.chosen,
		Imports:  s.imports,
	}
	for _, change := range changes {
		change(&uses)
	}
	closing := make(chan struct{})
	close(closing) // event streams end as soon as they have begun
	adminweb.Register(mux,
		adminweb.Config{Store: db.Reader, Admins: admin.New(db.Store, passkeys, uses), Sessions: s.sessions,
			Public:      public,
			Words:       words,
			Institution: "Northmoor",
			Settings:    s.chosen,
			InviteTTL:   time.Hour,
			Live:        s.hub,
			Closing:     closing,
			Log:         log})
	s.handler = httpx.Log(log, nil, mux)
	return s
}

// visitor is a browser that is signed in to the console.
type visitor struct {
	*site
	who     app.Admin
	session app.AdminSession
	cookie  *http.Cookie
}

// visitor signs an administrator in with a passkey that no authenticator holds.
func (s *site) visitor(email string, role app.AdminRole) *visitor {
	s.t.Helper()
	ctx := s.t.Context()
	made, err := s.registry.Add(ctx, app.Operator, email, strings.ToUpper(email[:1])+strings.Split(email[1:], "@")[0],
		role)
	if err != nil {
		s.t.Fatal(err)
	}
	link, err := s.AdminLink(ctx, app.TokenHash(made.Token))
	if err != nil {
		s.t.Fatal(err)
	}
	v := &visitor{site: s, who: made.Admin}
	v.session, err = s.SetUpAdmin(ctx, app.System,
		store.AdminSetUp{
			LinkID:     link.ID,
			Activation: app.Activation{LinkAlone: true},
			Credential: app.AdminCredential{ID: app.NewID(), AdminID: made.Admin.ID, Record: "{}"},
			Session:    app.AdminSession{ID: app.NewID(), Source: "192.0.2.7", Browser: "Firefox on Windows"},
		})
	if err != nil {
		s.t.Fatal(err)
	}
	v.cookie = s.mint(v.session)
	return v
}

// again begins another session of the same administrator.
func (v *visitor) again() *visitor {
	v.t.Helper()
	session, err := v.SignInAdmin(v.t.Context(), app.System,
		store.AdminUse{AdminID: v.who.ID, CredentialID: v.session.CredentialID, Record: "{}"},
		app.AdminSession{ID: app.NewID(), Source: "192.0.2.8", Browser: "Chrome on Linux"})
	if err != nil {
		v.t.Fatal(err)
	}
	return &visitor{site: v.site, who: v.who, session: session, cookie: v.mint(session)}
}

// mint makes the cookie of a session.
func (s *site) mint(session app.AdminSession) *http.Cookie {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.sessions.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.sessions.SignIn(r.Context(), session); err != nil {
			s.t.Fatal(err)
		}
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/admin", nil))
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		s.t.Fatalf("%d cookies", len(cookies))
	}
	return cookies[0]
}

// signedIn is an administrator of another site on the same database, here.
func (s *site) signedIn(v *visitor) *visitor {
	return &visitor{site: s, who: v.who, session: v.session, cookie: s.mint(v.session)}
}

type answer struct {
	*http.Response
	*goquery.Document
}

func (a answer) has(id string) bool { return a.Find(`[data-testid="`+id+`"]`).Length() > 0 }

// send asks as v, or as a stranger where v has no cookie.
func (v *visitor) send(method, path string, form url.Values) answer {
	v.t.Helper()
	w := v.raw(method, path, form)
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{w.Result(), doc}
}

// raw is send that leaves the answer as it came.
func (v *visitor) raw(method, path string, form url.Values) *httptest.ResponseRecorder {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Language", "en-GB")
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	return w
}

// Every route of the console lets through who has its permission and refuses
// who hasn't, by the table; whoever isn't signed in is sent to sign in.
func TestEveryRouteForEveryRole(t *testing.T) {
	s := newSite(t, true)
	visitors := map[app.AdminRole]*visitor{}
	for _, role := range app.AdminRoles {
		visitors[role] = s.visitor(string(role)+"@northmoor.example", role)
	}
	routes := adminweb.Routes()
	if len(routes) < 12 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, route := range routes {
		method, path, ok := strings.Cut(route.Pattern, " ")
		if !ok || !route.Permission.Known() {
			t.Errorf("%q has no method, or the permission %q that isn't in the table", route.Pattern, route.Permission)
			continue
		}
		path = strings.NewReplacer("{$}", "", "{id}", "x", "{ceremony}", "x", "{", "", "}", "").Replace(path)
		for _, role := range app.AdminRoles {
			got := visitors[role].again().send(method, path, nil)
			if allowed := route.Permission.Allows(role); got.has("denied") == allowed ||
				allowed && got.StatusCode == http.StatusForbidden ||
				!allowed && got.StatusCode != http.StatusForbidden {
				t.Errorf("%s as %s: %d, the table says allowed=%v", route.Pattern, role, got.StatusCode, allowed)
			}
			if got.StatusCode >= 500 {
				t.Errorf("%s as %s: %d", route.Pattern, role, got.StatusCode)
			}
		}
		stranger := (&visitor{site: s}).send(method, path, nil)
		if to := stranger.Header.Get("Location"); stranger.StatusCode != http.StatusSeeOther ||
			!strings.HasPrefix(to, "/admin/sign-in") {
			t.Errorf("%s as a stranger: %d to %q", route.Pattern, stranger.StatusCode, to)
		}
	}
}

// The menu holds what the role may open, and the page of a refusal says whose
// it is.
func TestMenuIsWhatTheRoleMayOpen(t *testing.T) {
	s := newSite(t, true)
	for _, role := range app.AdminRoles {
		v := s.visitor(string(role)+"@northmoor.example", role)
		page := v.send(http.MethodGet, "/admin/sessions", nil)
		if got, want := page.has("section-admins"), admin.ViewAdmins.Allows(role); got != want {
			t.Errorf("%s has the administrators in the menu: %v", role, got)
		}
		page.Find(".rail nav a").Each(func(_ int, a *goquery.Selection) {
			if got := v.send(http.MethodGet, a.AttrOr("href", ""), nil); got.StatusCode != http.StatusOK {
				t.Errorf("%s: the menu leads to %s, which answers %d", role, a.AttrOr("href", ""), got.StatusCode)
			}
		})
	}
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	if denied := helen.send(http.MethodGet, "/admin/admins/new",
		nil).Find(`[data-testid="denied"]`).Text(); !strings.Contains(denied,
		"as Help desk") ||
		!strings.Contains(denied, "the role Owner.") {
		t.Errorf("the refusal reads %q", denied)
	}
	if got := helen.send(http.MethodGet, "/admin", nil); got.Header.Get("Location") != "/admin/overview" {
		t.Errorf("the console leads to %q", got.Header.Get("Location"))
	}
}

func TestCookie(t *testing.T) {
	for secure, name := range map[bool]string{true: "__Secure-assent_admin", false: "assent_admin"} {
		c := newSite(t, secure).visitor("olive@northmoor.example", app.RoleOwner).cookie
		if c.Name != name || c.Path != "/admin" || c.SameSite != http.SameSiteStrictMode || !c.HttpOnly ||
			c.Secure != secure || c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("secure=%v: %s", secure, c)
		}
	}
}

// A session that idles out, ends or whose administrator is suspended shows
// nothing more, and nor does a page that asks by itself keep it alive.
func TestEndedSessionsShowNothing(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	out := func(v *visitor) bool {
		t.Helper()
		got := v.send(http.MethodGet, "/admin/admins?x=1", nil)
		return got.StatusCode == http.StatusSeeOther &&
			got.Header.Get("Location") == "/admin/sign-in?next=%2Fadmin%2Fadmins%3Fx%3D1"
	}
	if out(olive) {
		t.Fatal("signed out at once")
	}
	other := olive.again()
	if got := olive.send(http.MethodPost, "/admin/sessions/"+other.session.ID+"/end",
		nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("ending a session: %d", got.StatusCode)
	}
	if !out(other) || out(olive) {
		t.Error("not the chosen session ended")
	}
	s.Clock.Advance(app.AdminIdle - time.Minute)
	if out(olive) {
		t.Fatal("idled out too early")
	}
	s.Clock.Advance(app.AdminIdle - time.Minute) // the look above was use
	if out(olive) {
		t.Error("use doesn't put the idling off")
	}
	if got := olive.send(http.MethodPost, "/admin/sign-out", nil); got.Header.Get("Location") != "/admin/sign-in" {
		t.Errorf("signing out leads to %q", got.Header.Get("Location"))
	}
	if !out(olive) {
		t.Error("signed out, and still in")
	}
	oscar := s.visitor("oscar@northmoor.example", app.RoleOwner)
	if err := s.SetAdminState(t.Context(), app.Operator, olive.who.ID, app.AdminSuspended); err != nil {
		t.Fatal(err)
	}
	if err := s.SetAdminState(t.Context(), app.Operator, oscar.who.ID, app.AdminSuspended); err == nil {
		t.Fatal("the last owner was suspended")
	}
	if v := olive; !out(v) {
		t.Error("a suspended administrator's session goes on")
	}
}

// What is dangerous comes back with the page that asks for the passkey, which
// holds the form to send anew.
func TestStepUpKeepsTheForm(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	form := url.Values{"email": {"new@northmoor.example"}, "name": {`N "é" <b>`}, "role": {"auditor"}}
	s.Clock.Advance(app.AdminFresh)
	page := olive.send(http.MethodPost, "/admin/admins/new", form)
	if page.StatusCode != http.StatusForbidden || !page.has("confirm") {
		t.Fatalf("without a fresh passkey: %d", page.StatusCode)
	}
	again := page.Find("form#again")
	kept := url.Values{}
	again.Find("input").Each(func(_ int,
		in *goquery.Selection) {
		kept.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	if again.AttrOr("method", "") != "post" || again.AttrOr("action", "") != "/admin/admins/new" ||
		kept.Encode() != form.Encode() {
		t.Errorf("the form to send anew: %s %s %v", again.AttrOr("method", ""), again.AttrOr("action", ""), kept)
	}
	if page.Find("form[data-ceremony]").AttrOr("data-then", "") != "again" {
		t.Error("the prompt doesn't send it")
	}
	if rows, err := s.Admins(t.Context()); err != nil || len(rows) != 1 {
		t.Errorf("%d administrators, want the owner alone: %v", len(rows), err)
	}
	done := olive.again().send(http.MethodPost, again.AttrOr("action", ""), kept)
	if done.StatusCode != http.StatusOK ||
		!strings.HasPrefix(done.Find(`[data-testid="link"]`).Text(), "https://assent.example/admin/set-up/") {
		t.Errorf("sent anew: %d", done.StatusCode)
	}
	rows, err := s.Admins(t.Context())
	if err != nil ||
		!slices.ContainsFunc(rows,
			func(r store.AdminRow) bool { return r.Name == form.Get("name") && r.Role == app.RoleAuditor }) {
		t.Errorf("the administrators: %+v %v", rows, err)
	}
}

// A link can't send whoever signs in, or changes the language, anywhere else.
func TestNextStaysInTheConsole(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	for back, want := range map[string]string{
		"/admin/admins?x=1":        "/admin/admins?x=1",
		"":                         "/admin",
		"https://evil.example/":    "/admin",
		"//evil.example/admin/":    "/admin",
		"/\\evil.example/admin":    "/admin",
		"/adminx":                  "/admin",
		"/devices":                 "/admin",
		"javascript:alert(1)":      "/admin",
		"/admin/x\r\nLocation: /y": "/admin",
	} {
		if got := olive.send(http.MethodPost, "/admin/preferences",
			url.Values{"back": {back}, "theme": {"dark"}}).Header.Get("Location"); got != want {
			t.Errorf("back to %q leads to %q", back, got)
		}
		if got := olive.send(http.MethodGet, "/admin/sign-in?"+url.Values{"next": {back}}.Encode(),
			nil).Header.Get("Location"); got != want {
			t.Errorf("signed in already, %q leads to %q", back, got)
		}
	}
	olive.send(http.MethodPost, "/admin/preferences", url.Values{"lang": {"pt-BR"}, "back": {"/admin"}})
	if page := olive.send(http.MethodGet, "/admin/sessions", nil); page.Find("html").AttrOr("lang", "") != "pt-BR" ||
		page.Find("html").AttrOr("data-theme", "") != "dark" {
		t.Error("language or theme was not kept")
	}
}

func TestFaultsOfTheForms(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	for email, want := range map[string]string{
		"olive@NORTHMOOR.example": "Another administrator",
		"olive":                   "isn’t an email address",
	} {
		page := olive.send(http.MethodPost, "/admin/admins/new",
			url.Values{"email": {email}, "name": {"X"}, "role": {"auditor"}})
		if got := page.Find(`[data-testid="fault"]`).Text(); page.StatusCode != http.StatusUnprocessableEntity ||
			!strings.Contains(got, want) || page.Find("#email").AttrOr("value", "") != email {
			t.Errorf("%s: %d %q", email, page.StatusCode, got)
		}
	}
	page := olive.send(http.MethodPost, "/admin/admins/"+olive.who.ID+"/state", url.Values{"state": {"removed"}})
	if page.StatusCode != http.StatusConflict ||
		!strings.Contains(page.Find(`[data-testid="fault"]`).Text(), "last owner") {
		t.Errorf("removing the last owner: %d", page.StatusCode)
	}
	if page := olive.send(http.MethodGet, "/admin/no/such", nil); page.StatusCode != http.StatusNotFound ||
		!page.has("who") {
		t.Errorf("an unknown page: %d", page.StatusCode)
	}
	if page := (&visitor{site: s}).send(http.MethodGet, "/admin/set-up/nonsense",
		nil); page.StatusCode != http.StatusNotFound ||
		page.has("who") || !page.has("problem") {
		t.Errorf("an unknown link: %d", page.StatusCode)
	}
}
