package device

import (
	"errors"
	"net/http"

	"assent/app"
	"assent/app/login"
	"assent/web/device/page"
	"assent/web/httpx"
	"assent/web/view"
)

// invitation finds the invitation of a link.
func (h *handlers) invitation(r *http.Request, token string) (app.Invitation, error) {
	return h.Store.Invitation(r.Context(), app.TokenHash(token))
}

// usable finds an invitation that can be used, or shows why it can't.
func (h *handlers) usable(w http.ResponseWriter,
	r *http.Request) (inv app.Invitation, who app.Person, ok bool, err error) {
	w.Header().Set("Accept-CH", hintHeader)
	inv, err = h.invitation(r, r.PathValue("token"))
	if err == nil {
		err = inv.Check(h.Store.Now())
	}
	if err == nil {
		who, err = h.Store.Person(r.Context(), inv.PersonID)
	}
	if err == nil && who.State != app.PersonActive {
		err = app.ErrSuspended
	}
	faults := map[*app.Error]page.LinkFault{
		app.ErrInvitation:      page.LinkUnknown,
		app.ErrInvitationUsed:  page.LinkUsed,
		app.ErrInvitationEnded: page.LinkExpired,
	}
	for refusal, why := range faults {
		if errors.Is(err, refusal) {
			h.refusedStranger(r, err)
			return inv, who, false, h.show(w, r, httpx.Status(err), page.LinkEnded{Why: why}.Page(h.frame(r)))
		}
	}
	return inv, who, err == nil, err
}

// enrolWelcome is the first step: who is enrolling, and with what.
func (h *handlers) enrolWelcome(w http.ResponseWriter, r *http.Request) error {
	inv, who, ok, err := h.usable(w, r)
	if !ok {
		return err
	}
	ids, err := h.Store.Identifiers(r.Context(), who.ID)
	if err != nil {
		return err
	}
	f := stranger(h.frame(r))
	name, _ := describe(r, f.Words)
	p := page.EnrolWelcome{Token: r.PathValue("token"), Name: view.MaskName(who.Name), Device: name, Ends: inv.ExpiresAt.Time(), Code: !h.activated(r, inv)}
	// Whoever holds the link alone learns no name: it may have gone to another person.
	if inv.Activated(app.Activation{ID: h.Login.Activation(r.Context())}, h.Store.Now()) == nil {
		p.Name = who.Name
	}
	for _, id := range ids {
		p.Identifiers = append(p.Identifiers, page.Identifier{Kind: id.Kind, Value: id.Value})
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// activation is what this browser brings beside a link.
func (h *handlers) activation(r *http.Request) app.Activation {
	return app.Activation{ID: h.Login.Activation(r.Context()), LinkAlone: h.LinkAlone}
}

// activated tells whether this browser may go on with an invitation.
func (h *handlers) activated(r *http.Request, inv app.Invitation) bool {
	return inv.Activated(h.activation(r), h.Store.Now()) == nil
}

// enrolCode asks for the activation code.
func (h *handlers) enrolCode(w http.ResponseWriter, r *http.Request) error {
	inv, _, ok, err := h.usable(w, r)
	if !ok {
		return err
	}
	if h.activated(r, inv) {
		return httpx.SeeOther(w, r, "/enrol/"+r.PathValue("token")+"/passkey")
	}
	return h.showCode(w, r, http.StatusOK, inv, h.marker.Give(w, r), page.EnrolCode{})
}

// showCode shows the page that asks for the code, with the words of the browser
// whose marker is given.
func (h *handlers) showCode(w http.ResponseWriter, r *http.Request, status int, inv app.Invitation, marker string,
	p page.EnrolCode) error {
	f := stranger(h.frame(r))
	p.Token, p.Words = r.PathValue("token"), h.People.Words(inv, marker).In(f.Words.Tag())
	return h.show(w, r, status, p.Page(f))
}

// codeFaults are the refusals of a code that its page words.
var codeFaults = map[string]page.CodeFault{
	app.ErrMalformed.Code: page.CodeUnreadable, app.ErrActivationWrong.Code: page.CodeWrong,
	app.ErrActivationLate.Code: page.CodeLate, app.ErrActivationEnded.Code: page.CodeEnded,
}

// activate tries the code that was typed.
func (h *handlers) activate(w http.ResponseWriter, r *http.Request) error {
	if err := h.stranger(r); err != nil {
		return err
	}
	inv, _, ok, err := h.usable(w, r)
	if !ok {
		return err
	}
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	marker := h.marker.Give(w, r)
	id, left, err := h.People.Activate(r.Context(), guest(r), inv, marker, r.PostForm.Get("code"))
	var refusal *app.Error
	if errors.As(err, &refusal) && codeFaults[refusal.Code] != "" {
		p := page.EnrolCode{Fault: codeFaults[refusal.Code], Left: left}
		if p.Fault == page.CodeUnreadable {
			p.Typed = r.PostForm.Get("code")
		}
		return h.showCode(w, r, http.StatusUnprocessableEntity, inv, marker, p)
	}
	if err != nil {
		return err
	}
	if err := h.Login.Activate(r.Context(), id); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/enrol/"+r.PathValue("token")+"/passkey")
}

// enrolPasskey is the second step. Opening it spends nothing.
func (h *handlers) enrolPasskey(w http.ResponseWriter, r *http.Request) error {
	inv, _, ok, err := h.usable(w, r)
	if !ok {
		return err
	}
	if !h.activated(r, inv) {
		return httpx.SeeOther(w, r, "/enrol/"+r.PathValue("token")+"/code")
	}
	p := page.EnrolPasskey{Token: r.PathValue("token"), Ends: inv.ExpiresAt.Time()}
	if inv.ActivatedUntil != 0 {
		p.Ends = inv.ActivatedUntil.Time()
	}
	return h.show(w, r, http.StatusOK, p.Page(stranger(h.frame(r))))
}

// stranger is the frame of a page that belongs to nobody yet, also where the
// browser is signed in as someone.
func stranger(f view.Frame) view.Frame {
	f.Owner, f.SignedIn, f.PushOn, f.VAPIDKey = "", false, false, ""
	return f
}

// signIn asks for a passkey. Who is signed in already goes on.
func (h *handlers) signIn(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Accept-CH", hintHeader)
	_, err := login.From(r.Context())
	invite := r.URL.Query().Get("invite")
	if err == nil && invite == "" {
		return httpx.SeeOther(w, r, "/")
	}
	f := stranger(h.frame(r))
	p := page.SignIn{Invite: invite}
	if errors.Is(err, app.ErrSuspended) {
		p.Notice = f.Words.Error(app.ErrSuspended.Code)
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// errorPage is the page in place of the one that was asked for.
func (h *handlers) errorPage(w http.ResponseWriter, r *http.Request, f view.Frame, status int, code string,
	err error) error {
	kind := app.KindOf(err)
	if status == http.StatusNotFound {
		kind = app.NotFound
	} else if status < 500 && kind == app.Internal {
		kind = app.Invalid
	}
	return h.show(w, r, status, page.ProblemOf(f, kind, code, httpx.RequestID(r.Context())).Page(f))
}
