package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/mileusna/useragent"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/httpx"
)

// responseLimit bounds what a browser sends to a ceremony, in bytes.
const responseLimit = 64 << 10

// finish is the body that ends a ceremony.
type finish struct {
	Credential json.RawMessage `json:"credential"`
	Zone       string          `json:"zone"` // IANA time zone of the browser
	Next       string          `json:"next"`
	Standalone bool            `json:"standalone"` // said by the script that devices use too
	Tablet     bool            `json:"tablet"`
}

// next tells the browser where to go.
type next struct {
	Next string `json:"next"`
}

// stranger slows down prompts that nobody signed in asks for: each is a row.
func (h *handlers) stranger(r *http.Request) error {
	if wait := h.strangers.Hit(httpx.Source(r.Context())); wait > 0 {
		return app.ErrTooMany.After(wait)
	}
	return nil
}

// browser describes the browser that r comes from.
func (h *handlers) browser(r *http.Request) admin.Browser {
	b := admin.Browser{
		Name:   h.words(r).T("device.browser_unknown"),
		Source: httpx.Source(r.Context()),
		Cookie: h.marker.Of(r),
	}
	if ua := useragent.Parse(r.UserAgent()); ua.Name != "" && ua.OS != "" {
		b.Name = h.words(r).T("device.browser_on", "browser", ua.Name, "os", ua.OS)
	}
	return b
}

// signIn asks for a passkey. Who is signed in already goes on.
func (h *handlers) signIn(w http.ResponseWriter, r *http.Request) error {
	to := r.URL.Query().Get("next")
	if _, err := admin.From(r.Context()); err == nil {
		return httpx.SeeOther(w, r, local(to))
	}
	if to != "" {
		to = local(to)
	}
	return h.show(w, r, http.StatusOK, page.SignIn{Next: to}.Page(h.frame(r)))
}

func (h *handlers) signInBegin(w http.ResponseWriter, r *http.Request) error {
	if err := h.stranger(r); err != nil {
		return err
	}
	prompt, err := h.Admins.BeginSignIn(r.Context())
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, prompt)
}

func (h *handlers) signInFinish(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.JSON[finish](w, r, responseLimit)
	if err != nil {
		return err
	}
	session, err := h.Admins.FinishSignIn(r.Context(), r.PathValue("ceremony"), in.Credential, h.browser(r))
	if err != nil {
		return err
	}
	return h.signedIn(w, r, session, in)
}

// passkeyKnown answers POST /admin/passkeys/known, as people's pages are answered.
func (h *handlers) passkeyKnown(w http.ResponseWriter, r *http.Request) error {
	if err := h.stranger(r); err != nil {
		return err
	}
	in, err := httpx.JSON[struct {
		ID string `json:"id"` // base64url of the raw credential id
	}](w, r, httpx.FormLimit)
	if err != nil {
		return err
	}
	known, err := h.Admins.KnowsPasskey(r.Context(), in.ID)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, map[string]bool{"known": known})
}

// usable finds a set-up link that can be used, or shows why it can't.
func (h *handlers) usable(
	w http.ResponseWriter,
	r *http.Request,
) (link app.AdminLink, a app.Admin, ok bool, err error) {
	link, a, err = h.Admins.Link(r.Context(), r.PathValue("token"))
	if err != nil && app.KindOf(err) != app.Internal {
		h.Strangers.Refused(r, err)
		f := stranger(h.frame(r))
		return link, a, false, h.show(w, r, httpx.Status(err),
			page.ProblemOf(f, app.KindOf(err), codeOf(err), "").Page(f))
	}
	return link, a, err == nil, err
}

// showSetUpCode asks for the code of a set-up link, and shows the words that
// this browser has for it. Whose link it is isn't said before.
func (h *handlers) showSetUpCode(
	w http.ResponseWriter,
	r *http.Request,
	status int,
	link app.AdminLink,
	b admin.Browser,
	p page.SetUpCode,
) error {
	f := stranger(h.frame(r))
	p.Token, p.Words = r.PathValue("token"), h.Admins.Words(link, b).In(f.Words.Tag())
	return h.show(w, r, status, p.Page(f))
}

// setUpFaults are the refusals of a code that its page words.
var setUpFaults = map[string]page.CodeFault{
	app.ErrMalformed.Code: page.CodeUnreadable, app.ErrActivationWrong.Code: page.CodeWrong,
	app.ErrActivationLate.Code: page.CodeLate, app.ErrActivationEnded.Code: page.CodeEnded,
}

// setUpCode tries the code that was typed.
func (h *handlers) setUpCode(w http.ResponseWriter, r *http.Request) error {
	if err := h.stranger(r); err != nil {
		return err
	}
	link, _, ok, err := h.usable(w, r)
	if !ok {
		return err
	}
	form, err := guard.ReadForm(w, r)
	if err != nil {
		return err
	}
	b := h.browser(r)
	b.Cookie = h.marker.Give(w, r)
	left, err := h.Admins.Activate(r.Context(), link, b, form.Get("code"))
	var refusal *app.Error
	if errors.As(err, &refusal) && setUpFaults[refusal.Code] != "" {
		return h.showSetUpCode(w, r, http.StatusUnprocessableEntity, link, b,
			page.SetUpCode{Fault: setUpFaults[refusal.Code], Left: left})
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/admin/set-up/"+r.PathValue("token"))
}

// setUp says whose passkey is to be made, once its code was typed. Opening it
// spends nothing.
func (h *handlers) setUp(w http.ResponseWriter, r *http.Request) error {
	f := stranger(h.frame(r))
	link, a, ok, err := h.usable(w, r)
	if !ok {
		return err
	}
	b := h.browser(r)
	if err := h.Admins.Activated(link, b); errors.Is(err, app.ErrActivation) {
		b.Cookie = h.marker.Give(w, r)
		return h.showSetUpCode(w, r, http.StatusOK, link, b, page.SetUpCode{})
	} else if err != nil {
		return err
	}
	ready, err := h.Store.AdminReady(r.Context(), a.ID)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK,
		page.SetUp{Token: r.PathValue("token"), Name: a.Name, Email: a.Email, Role: a.Role,
			Ends: link.ExpiresAt.Time(), Again: ready}.Page(f))
}

func (h *handlers) setUpBegin(w http.ResponseWriter, r *http.Request) error {
	if err := h.stranger(r); err != nil {
		return err
	}
	prompt, err := h.Admins.BeginSetUp(r.Context(), r.PathValue("token"), h.browser(r))
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, prompt)
}

func (h *handlers) setUpFinish(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.JSON[finish](w, r, responseLimit)
	if err != nil {
		return err
	}
	session, err := h.Admins.FinishSetUp(r.Context(), r.PathValue("token"), r.PathValue("ceremony"), in.Credential,
		h.browser(r))
	if err != nil {
		return err
	}
	return h.signedIn(w, r, session, in)
}

// signedIn gives the browser the cookie of a session that has begun, and sends
// it on. What the browser tells of itself fills what was never chosen.
func (h *handlers) signedIn(w http.ResponseWriter, r *http.Request, session app.AdminSession, in finish) error {
	if err := h.Sessions.SignIn(r.Context(), session); err != nil {
		return err
	}
	who, err := h.guard.Begin(r.Context(), session)
	if err != nil {
		return err
	}
	now := who.Identity().Admin
	var p admin.Preferences
	_, zerr := time.LoadLocation(in.Zone)
	if zerr == nil && in.Zone != "" && in.Zone != "Local" && len(in.Zone) <= 64 && in.Zone != now.Zone {
		p.Zone = &in.Zone
	}
	if now.Lang == "" {
		p.Lang = new(h.words(r).Tag())
	}
	if p.Zone != nil || p.Lang != nil {
		if err := h.Admins.SetPreferences(r.Context(), who, p); err != nil {
			return err
		}
	}
	return httpx.WriteJSON(w, http.StatusOK, next{local(in.Next)})
}

func (h *handlers) confirmBegin(w http.ResponseWriter, r *http.Request, who admin.Grant[may.UseConsole]) error {
	prompt, err := h.Admins.BeginConfirm(r.Context(), who)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, prompt)
}

func (h *handlers) confirmFinish(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Grant[may.UseConsole],
	in finish,
) error {
	if err := h.Admins.FinishConfirm(r.Context(), who, r.PathValue("ceremony"), in.Credential); err != nil {
		return err
	}
	if err := h.Sessions.Renew(r.Context()); err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, next{admin.Path})
}

// sessions lists where the administrator is signed in.
func (h *handlers) sessions(w http.ResponseWriter, r *http.Request, who admin.Grant[may.UseConsole]) error {
	rows, err := h.Store.AdminSessions(r.Context(), who.Identity().Admin.ID)
	if err != nil {
		return err
	}
	p := page.Sessions{Done: r.URL.Query().Has("ended")}
	var others []page.Session
	for _, row := range rows {
		s := page.Session{
			ID:      row.ID,
			Browser: row.Browser,
			Source:  row.Source,
			Since:   row.CreatedAt.Time(),
			Seen:    row.LastSeenAt.Time(),
			This:    row.ID == who.Identity().Session.ID,
		}
		if s.This {
			p.List = append(p.List, s)
		} else {
			others = append(others, s)
		}
	}
	p.List = append(p.List, others...)
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

// endSession ends one of the administrator's sessions, this one too: signing out
// needs no passkey.
func (h *handlers) endSession(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Grant[may.EndSessions],
	_ guard.Form,
) error {
	if r.PathValue("id") == who.Identity().Session.ID {
		self, err := admin.Also[may.UseConsole](r.Context(), who)
		if err != nil {
			return err
		}
		return h.signOut(w, r, self)
	}
	fresh, err := admin.Confirmed(who)
	if err != nil {
		return err
	}
	if err := h.Admins.EndSession(r.Context(), fresh, r.PathValue("id")); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/admin/sessions?ended")
}

// signOut ends the session in hand.
func (h *handlers) signOut(w http.ResponseWriter, r *http.Request, who admin.Grant[may.UseConsole]) error {
	if err := h.Admins.SignOut(r.Context(), who); err != nil {
		return err
	}
	if err := h.Sessions.SignOut(r.Context()); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/admin/sign-in")
}

// savePreferences stores language or theme and goes back to where it was chosen.
func (h *handlers) savePreferences(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Grant[may.UseConsole],
	form guard.Form,
) error {
	var p admin.Preferences
	if form.Has("lang") {
		p.Lang = new(h.Words.Match(form.Get("lang"), "").Tag())
	}
	if form.Has("theme") {
		p.Theme = new(form.Get("theme"))
	}
	if err := h.Admins.SetPreferences(r.Context(), who, p); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, local(form.Get("back")))
}
