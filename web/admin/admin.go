// Package admin is the surface of administrators: the console at /admin, with a
// session of its own that is no device's.
//
// To add a section, write a file with its handlers and their routes,
//
//	func (h *handlers) peopleRoutes() []guard.Route {
//		return []guard.Route{
//			guard.Get[may.ViewPeople]("/admin/people", h.people),
//			guard.PostFresh[may.SuspendPeople]("/admin/people/{id}/state", h.setPersonState),
//		}
//	}
//
// and give it one entry in sections (sections.go): where it is, what it is
// called, its icon, the permission that shows it in the menu, its routes. What
// handlers need goes into Config.
//
// A route names its permission, the form that it takes and whether the passkey is
// wanted again (web/admin/guard); a test asks for every route in every way that is
// refused. Its handler gets the proof that the guard makes, and the form as it was
// read. It reads through Config.Store, changes things through Config.Admins
// (package app/admin, whose methods take the proof), draws a page of
// web/admin/page with h.frame(r), and leaves errors to h.answer: those have their
// pages, the refusal of a role included. Where the passkey is wanted again
// (app.ErrUnconfirmed) the page "Confirm it's you" comes by itself, and sends the
// form again once it was shown. An upload can't be sent again: its form's page is a
// GetFresh.
//
// A route that a page asks for by itself, such as an event stream or what
// refreshes a list, is a GetQuiet, so that an unattended page doesn't keep its
// session from idling out.
package admin

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/health"
	"assent/app/i18n"
	"assent/app/live"
	"assent/app/settings"
	"assent/store"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/httpx"
	"assent/web/view"
)

// Config is what the surface needs. It reads the store, and changes things
// through the use cases alone.
type Config struct {
	Store          *store.Reader
	Admins         *admin.Service
	Sessions       *admin.Sessions
	Public         *url.URL // where links for people lead
	Console        *url.URL // where links for administrators do; nil: Public
	Words          *i18n.Catalogue
	Institution    string
	Brand          func() view.Brand // the institution's look as it is now; nil for ours
	Settings       *settings.Service
	LinkAlone      bool          // activation codes are switched off
	AdminLinkAlone bool          // an administrator's set-up link needs no code: the demo's
	Demo           bool          // it is a demo, which begins without policies
	InviteTTL      time.Duration // of a link that isn't for a letter
	Live           *live.Hub
	Health         *health.Service // nil looks at nothing
	Closing        <-chan struct{} // closed when the server stops: event streams end
	Strangers      httpx.Strangers // takes refusals of callers who aren't signed in; may be nil
	Log            *slog.Logger
}

type handlers struct {
	Config
	guard     guard.Guard
	strangers *httpx.Limiter // of prompts that nobody signed in asks for
	searches  *httpx.Limiter // of each administrator
	cursors   httpx.Cursors
	marker    httpx.Marker // of a browser that is setting up a passkey
}

// Routes are the routes that need a permission, for the test that walks them.
func Routes() []guard.Route { return (&handlers{}).routes() }

func (h *handlers) routes() []guard.Route {
	var all []guard.Route
	for _, s := range h.sections() {
		all = append(all, s.routes...)
	}
	return slices.Concat(all, h.ownRoutes(), h.helpRoutes())
}

// markerLife is how long a browser shows the same words for a set-up link, from
// the last time that it showed them.
const markerLife = 24 * time.Hour

// Register puts the surface's routes on mux and gives its answer to errors, for
// what is refused before it gets here.
func Register(mux *http.ServeMux, c Config) httpx.Answer {
	if c.Console == nil {
		c.Console = c.Public
	}
	h := &handlers{
		Config:    c,
		guard:     guard.Guard{Store: c.Store, Admins: c.Admins, Sessions: c.Sessions},
		strangers: httpx.NewLimiter(3*time.Second, 20),
		searches:  httpx.NewLimiter(time.Minute/searchesAMinute, searchesAMinute),
		cursors:   httpx.NewCursors(c.Store.Secret("console lists")),
		marker:    httpx.NewMarker("assent-set-up", admin.Path, c.Console.Scheme == "https", markerLife),
	}
	c.Sessions.OnError(func(w http.ResponseWriter, r *http.Request, err error) {
		if r.Context().Err() != nil {
			return // whoever asked has gone
		}
		c.Log.ErrorContext(r.Context(), "console session", "id", httpx.RequestID(r.Context()), "err", err)
		h.answer(w, r, err)
	})
	open := func(pattern string, do httpx.Handler) {
		mux.Handle(pattern, c.Sessions.Middleware(httpx.Adapt(c.Log, h.answer, do)))
	}
	open("GET /admin/sign-in", h.signIn)
	open("POST /admin/sign-in/passkey", h.signInBegin)
	open("POST /admin/sign-in/passkey/{ceremony}", h.signInFinish)
	open("POST /admin/passkeys/known", h.passkeyKnown)
	open("GET /admin/set-up/{token}", h.setUp)
	open("POST /admin/set-up/{token}/code", h.setUpCode)
	open("POST /admin/set-up/{token}/passkey", h.setUpBegin)
	open("POST /admin/set-up/{token}/passkey/{ceremony}", h.setUpFinish)
	open("/admin/", func(http.ResponseWriter, *http.Request) error { return httpx.ErrNoRoute })
	for _, route := range h.routes() {
		open(route.Pattern, h.guard.Serve(route))
	}
	return h.answer
}

// words are the catalogue in the language and time zone of whoever asks.
func (h *handlers) words(r *http.Request) i18n.Words {
	who, _ := admin.From(r.Context()) // a stranger has no choices
	w := h.Words.Match(who.Admin.Lang, r.Header.Get("Accept-Language"))
	zone := who.Admin.Zone
	if zone == "" {
		zone = map[string]string{"pt-BR": "America/Sao_Paulo", "en-GB": "Europe/London"}[w.Tag()]
	}
	if loc, err := time.LoadLocation(zone); err == nil {
		return w.In(loc)
	}
	return w
}

// frame is what every page needs.
func (h *handlers) frame(r *http.Request) page.Frame {
	f := page.Frame{
		Frame: view.Frame{
			Words:       h.words(r),
			Institution: h.Institution,
			Here:        view.Computer,
			Now:         h.Store.Now().Time(),
		}.Branded(h.Brand),
		Path: r.URL.RequestURI(),
	}
	who, err := admin.From(r.Context())
	if err != nil {
		return f
	}
	f.Theme = who.Admin.Theme
	f.Who = page.Who{Name: who.Admin.Name, Role: who.Admin.Role}
	f.Menu = h.menu(r, who, f.Words)
	return f
}

// stranger is the frame of a page that belongs to nobody, also where the
// browser is signed in as someone.
func stranger(f page.Frame) page.Frame {
	f.Who, f.Menu = page.Who{}, nil
	return f
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	return httpx.Page(w, r, status, c)
}

// home sends to the first section that the role may open.
func (h *handlers) home(w http.ResponseWriter, r *http.Request, _ admin.Grant[may.UseConsole]) error {
	if menu := h.frame(r).Menu; len(menu) > 0 {
		return httpx.SeeOther(w, r, menu[0].Path)
	}
	return httpx.SeeOther(w, r, "/admin/sessions")
}

// wantsJSON tells whether a script asks.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") ||
		strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

// local is a path of the console's that next names, with its query, or the
// console itself: a link must not send whoever signs in elsewhere.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.Path != admin.Path && !strings.HasPrefix(u.Path, admin.Path+"/") ||
		strings.ContainsAny(next, "\\\r\n") {
		return admin.Path
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
}

// answer writes an error for whoever asked: a page, or JSON with the words to show.
func (h *handlers) answer(w http.ResponseWriter, r *http.Request, err error) {
	status, code := httpx.Status(err), codeOf(err)
	if _, serr := admin.From(r.Context()); serr != nil {
		h.Strangers.Refused(r, err)
	}
	if perr := h.answerWith(w, r, err, status, code); perr != nil {
		h.Log.ErrorContext(r.Context(), "an error could not be answered", "id", httpx.RequestID(r.Context()), "err",
			perr)
		http.Error(w, http.StatusText(status), status)
	}
}

func (h *handlers) answerWith(w http.ResponseWriter, r *http.Request, err error, status int, code string) error {
	f := h.frame(r)
	var denied admin.Denied
	var waits admin.Waits
	switch {
	case errors.As(err, &waits):
		return httpx.SeeOther(w, r, proposalsPath+"/"+waits.Proposal+"?new")
	case wantsJSON(r):
		return httpx.WriteJSON(w, status,
			map[string]any{"error": map[string]string{"code": code, "message": page.Told(f.Words, code)}})
	case errors.Is(err, app.ErrSignedOut):
		to := "/admin/sign-in"
		if r.Method == http.MethodGet && r.URL.Path != admin.Path {
			to += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
		}
		return httpx.SeeOther(w, r, to)
	case errors.Is(err, app.ErrUnconfirmed):
		return h.show(w, r, status, again(r).Page(f))
	case errors.As(err, &denied):
		return h.show(w, r, status, page.DeniedTo(f, denied.Permission.Roles()).Page(f))
	}
	kind := app.KindOf(err)
	if status == http.StatusNotFound {
		kind = app.NotFound
	} else if status < 500 && kind == app.Internal {
		kind = app.Invalid
	}
	return h.show(w, r, status, page.ProblemOf(f, kind, code, httpx.RequestID(r.Context())).Page(f))
}

// again is the page that asks for the passkey, and then sends what r sent.
func again(r *http.Request) page.Confirm {
	switch r.Method {
	case http.MethodGet:
		return page.Confirm{Method: "get", Action: r.URL.Path, Fields: r.URL.Query()}
	case http.MethodPost:
		if r.PostForm != nil && r.MultipartForm == nil {
			return page.Confirm{Method: "post", Action: r.URL.RequestURI(), Fields: r.PostForm}
		}
	}
	return page.Confirm{}
}

// codeOf names the message for an error.
func codeOf(err error) string {
	var e *app.Error
	switch {
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, httpx.ErrNoRoute):
		return "not_found"
	case errors.Is(err, httpx.ErrCrossSite):
		return "cross_site"
	case errors.Is(err, httpx.ErrTooLarge), errors.Is(err, httpx.ErrMediaType):
		return app.ErrMalformed.Code
	}
	return "internal"
}
