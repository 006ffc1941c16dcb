package device

import (
	"net/http"
	"net/url"

	"assent/app"
	"assent/app/login"
	"assent/web/device/page"
	"assent/web/httpx"
)

// linking names, to the passkey, what is confirmed by it.
const (
	linking   = "link a device"
	replacing = "link a device in place of this one"
)

// askLink says what another device would be able to do.
func (h *handlers) askLink(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	return h.show(w, r, http.StatusOK, page.LinkDevice{ID: id.Device.ID}.Page(h.frame(r)))
}

// linkBegin answers POST /link: a passkey is asked for, since whoever
// holds the phone unlocked for a moment must not add one of their own.
func (h *handlers) linkBegin(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	in, err := httpx.JSON[struct {
		Replace string `json:"replace"`
	}](w, r, responseLimit)
	if err != nil {
		return err
	}
	what := linking
	if in.Replace == "yes" {
		what = replacing
	}
	prompt, err := h.Passkeys.BeginConfirm(r.Context(), id.Device, what)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, prompt)
}

// linkFinish answers POST /link/{ceremony}.
func (h *handlers) linkFinish(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	in, err := httpx.JSON[finish](w, r, responseLimit)
	if err != nil {
		return err
	}
	what, err := h.Passkeys.FinishConfirm(r.Context(), id.Device, r.PathValue("ceremony"), in.Credential)
	if err != nil {
		return err
	}
	if what != linking && what != replacing {
		return app.ErrCeremony
	}
	token, err := h.People.LinkDevice(r.Context(), actor(r, id), what == replacing)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, next{"/link/" + url.PathEscape(token)})
}

// link shows a link that this device gave and that can still be used; once it
// was used, the devices show what came of it.
func (h *handlers) link(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	inv, err := h.invitation(r, r.PathValue("token"))
	if err != nil {
		return err
	}
	if inv.ApprovedBy != id.Device.ID {
		return httpx.ErrNoRoute
	}
	if inv.Check(h.Store.Now()) != nil {
		return httpx.SeeOther(w, r, "/devices")
	}
	p := page.DeviceLink{
		URL:      h.Passkeys.Origin() + "/enrol/" + url.PathEscape(r.PathValue("token")),
		Started:  inv.CreatedAt.Time(),
		Ends:     inv.ExpiresAt.Time(),
		Replaces: inv.Replaces != "",
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}
