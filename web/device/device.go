// Package device is the surface that a person holds: the app that enrols their
// phone, shows what waits for them, takes their answers and keeps itself
// reachable. Pages are rendered here and work before any script runs, except
// where passkeys forbid it.
package device

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"assent/app"
	"assent/app/consent"
	"assent/app/i18n"
	"assent/app/live"
	"assent/app/login"
	"assent/app/passkey"
	"assent/app/people"
	"assent/app/push"
	"assent/static"
	"assent/store"
	"assent/web/device/page"
	"assent/web/httpx"
	"assent/web/view"
)

// Config is what the surface needs. It reads the store, and changes things
// through the use cases alone.
type Config struct {
	Store       *store.Reader
	Consent     *consent.Service
	People      *people.Service
	Passkeys    *passkey.Service
	Push        *push.Service
	Login       *login.Devices
	Live        *live.Hub
	Words       *i18n.Catalogue
	Institution string
	Brand       func() view.Brand // the institution's look as it is now; nil for ours
	LinkAlone   bool              // an invitation's link needs no activation code
	Closing     <-chan struct{}   // closed when the server stops: event streams end
	Strangers   httpx.Strangers   // takes refusals of callers who aren't signed in; may be nil
	Log         *slog.Logger
}

type handlers struct {
	Config
	strangers *httpx.Limiter // of prompts that nobody signed in asks for, and answers to them
	searches  *httpx.Limiter // of each person in their history
	cursors   httpx.Cursors
	marker    httpx.Marker // of a browser that is setting up a device
}

// strangersTries is how often strangers of one source may try at once, and
// strangersPause after how long once more: the phones of a town may share the
// address of their mobile network.
const (
	strangersTries = 40
	strangersPause = time.Second
)

// searchesAMinute is how many pages of searches in their history one person may
// ask for in a minute: each reads through all of it.
const searchesAMinute = 30

// markerLife is how long a browser shows the same words for a link, from the
// last time that it showed them.
const markerLife = 24 * time.Hour

// Register puts the surface's routes on mux and gives its answer to errors,
// for what is refused before it gets here.
func Register(mux *http.ServeMux, c Config) httpx.Answer {
	h := &handlers{
		Config:    c,
		strangers: httpx.NewLimiter(strangersPause, strangersTries),
		searches:  httpx.NewLimiter(time.Minute/searchesAMinute, searchesAMinute),
		cursors:   httpx.NewCursors(c.Store.Secret("phone lists")),
		marker:    httpx.NewMarker("assent-enrolment", "/", c.Login.Secure(), markerLife),
	}
	c.Login.OnError(func(w http.ResponseWriter, r *http.Request, err error) {
		if r.Context().Err() != nil {
			return // whoever asked has gone
		}
		c.Log.ErrorContext(r.Context(), "session", "id", httpx.RequestID(r.Context()), "err", err)
		h.answer(w, r, err)
	})
	open := func(pattern string, do httpx.Handler) {
		mux.Handle(pattern, c.Login.Middleware(httpx.Adapt(c.Log, h.answer, do)))
	}
	// own is for whoever is signed in; others are sent to sign in.
	own := func(pattern string, do func(http.ResponseWriter, *http.Request, login.Identity) error) {
		open(pattern, func(w http.ResponseWriter, r *http.Request) error {
			id, err := login.From(r.Context())
			if errors.Is(err, app.ErrSignedOut) && r.Method == http.MethodGet && !wantsJSON(r) &&
				r.URL.Path != "/events" {
				return httpx.SeeOther(w, r, "/sign-in")
			}
			if err != nil {
				return err
			}
			return do(w, r, id)
		})
	}

	open("GET /enrol/{token}", h.enrolWelcome)
	open("GET /enrol/{token}/code", h.enrolCode)
	open("POST /enrol/{token}/code", h.activate)
	open("GET /enrol/{token}/passkey", h.enrolPasskey)
	open("POST /enrol/{token}/passkey", h.enrolBegin)
	open("POST /enrol/{token}/passkey/{ceremony}", h.enrolFinish)
	open("GET /sign-in", h.signIn)
	open("POST /sign-in/passkey", h.signInBegin)
	open("POST /sign-in/passkey/{ceremony}", h.signInFinish)
	open("POST /passkeys/known", h.passkeyKnown)

	own("GET /{$}", h.inbox)
	own("GET /requests/{id}", h.request)
	open("POST /requests/{id}/approval", h.approvalBegin)
	open("POST /requests/{id}/approval/{ceremony}", h.approvalFinish)
	own("GET /requests/{id}/receipt", h.receipt)
	own("POST /requests/{id}/deny", h.deny)
	own("POST /requests/{id}/report", h.report)
	own("POST /bursts/deny", h.denyAll)
	own("POST /clients/mute", h.mute)
	own("POST /clients/unmute", h.unmute)
	own("GET /notice/{id}", h.notice)
	own("GET /history", h.history)
	own("GET /devices", h.devices)
	own("POST /devices/coming/{invitation}/stop", h.stopComing)
	own("GET /again", h.setUpAgain)
	own("GET /link", h.askLink)
	own("POST /link", h.linkBegin)
	own("POST /link/{ceremony}", h.linkFinish)
	own("GET /link/{token}", h.link)
	own("GET /devices/{id}", h.device)
	own("POST /devices/{id}/name", h.rename)
	own("GET /devices/{id}/remove", h.askRemove)
	own("POST /devices/{id}/remove", h.remove)
	own("POST /removal/{id}", h.removalBegin)
	own("POST /removal/{id}/{ceremony}", h.removalFinish)
	own("GET /settings", h.settings)
	own("POST /settings", h.saveSettings)
	own("POST /sign-out", h.signOut)
	own("GET /notifications", h.notifications)
	own("POST /push/subscription", h.subscribe)
	own("POST /push/skip", h.skipPush)
	own("POST /push/test", h.testPush)
	own("GET /notifications/try", h.tryPush)
	open("GET /events", h.events)

	open("GET /offline", func(w http.ResponseWriter, r *http.Request) error {
		return h.show(w, r, http.StatusOK, page.Offline(stranger(h.frame(r))).Page(stranger(h.frame(r))))
	})
	mux.HandleFunc("GET /sw.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		w.Write(static.ServiceWorker())
	})
	open("GET /manifest.webmanifest", func(w http.ResponseWriter, r *http.Request) error {
		f := view.Frame{Words: h.words(r), Institution: c.Institution}.Branded(c.Brand)
		b, err := view.Manifest(f.Institution, f.Brand, f.Words)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", view.ManifestType)
		w.Header().Set("Cache-Control", "no-cache")
		_, err = w.Write(b)
		return err
	})
	open("/", func(http.ResponseWriter, *http.Request) error { return httpx.ErrNoRoute })
	return h.answer
}

// words are the catalogue in the language and time zone of whoever asks: those
// that are stored, for who is signed in.
func (h *handlers) words(r *http.Request) i18n.Words {
	choice, zone, asked := "", "", r.Header.Get("Accept-Language")
	if id, err := login.From(r.Context()); err == nil {
		choice, zone, asked = id.Person.Lang, id.Person.Zone, ""
	}
	w := h.Words.Match(choice, asked)
	if loc, err := time.LoadLocation(zone); err == nil && zone != "" {
		return w.In(loc)
	}
	return w.In(defaultZone(w.Tag()))
}

// defaultZone is the zone of the language's country, until a browser tells one.
func defaultZone(tag string) *time.Location {
	name := "Europe/London"
	if tag == "pt-BR" {
		name = "America/Sao_Paulo"
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

// frame is what every page needs. Where a device is signed in, nothing in it
// comes from a header: what the person reads and signs must say the same
// whichever of the page, its script and its service worker asks, and browsers
// let these send different User-Agents ("desktop site").
func (h *handlers) frame(r *http.Request) view.Frame {
	f := view.Frame{Words: h.words(r), Institution: h.Institution, Now: h.Store.Now().Time()}.Branded(h.Brand)
	id, err := login.From(r.Context())
	if err != nil {
		_, platform := describe(r, i18n.Words{})
		f.Here = view.HereOf(platform)
		return f
	}
	f.Here = view.HereOf(id.Device.Platform)
	f.Owner, f.Theme, f.SignedIn = id.Person.Name, id.Device.Theme, true
	f.VAPIDKey = h.Push.PublicKey()
	f.PushOn = id.Device.PushChoice == app.PushOn
	return f
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	return httpx.Page(w, r, status, c)
}

// refusedStranger counts a refusal where nobody is signed in.
func (h *handlers) refusedStranger(r *http.Request, refusal error) {
	if _, err := login.From(r.Context()); err != nil {
		h.Strangers.Refused(r, refusal)
	}
}

// wantsJSON tells whether a script asks.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") ||
		strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

// answer writes an error for whoever asked: a page, or JSON with the words to
// show. A script is told to reload when the page it has is no longer true.
func (h *handlers) answer(w http.ResponseWriter, r *http.Request, err error) {
	status, code := httpx.Status(err), "internal"
	var e *app.Error
	switch {
	case errors.As(err, &e):
		code = e.Code
	case errors.Is(err, httpx.ErrNoRoute):
		code = "not_found"
	case errors.Is(err, httpx.ErrCrossSite):
		code = "cross_site"
	case errors.Is(err, httpx.ErrTooLarge), errors.Is(err, httpx.ErrMediaType):
		code = app.ErrMalformed.Code
	}
	h.refusedStranger(r, err)
	f := h.frame(r)
	if wantsJSON(r) {
		reload := status == http.StatusConflict && !errors.Is(err, app.ErrCeremony) ||
			status == http.StatusServiceUnavailable
		werr := httpx.WriteJSON(w, status,
			map[string]any{"error": map[string]string{"code": code, "message": f.Words.Error(code)}, "reload": reload})
		if werr != nil {
			h.Log.ErrorContext(r.Context(), "an error could not be answered", "err", werr)
		}
		return
	}
	if errors.Is(err, app.ErrSignedOut) {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return
	}
	if perr := h.errorPage(w, r, f, status, code, err); perr != nil {
		h.Log.ErrorContext(r.Context(), "an error page could not be rendered", "err", perr)
		http.Error(w, http.StatusText(status), status)
	}
}
