package device

import (
	"errors"
	"net/http"

	"assent/app"
	"assent/app/login"
	"assent/web/device/page"
	"assent/web/httpx"
)

// passkeyKnown answers POST /passkeys/known: whether a passkey that the browser
// holds works here. The page asks before it has the browser forget one.
// Strangers may ask: an id can't be guessed, and is no secret of its holder's.
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
	known, err := h.Passkeys.Knows(r.Context(), in.ID)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, map[string]bool{"known": known})
}

// setUpAgain says how the device in hand gets another passkey.
func (h *handlers) setUpAgain(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	all, err := h.describeDevices(r, id)
	if err != nil {
		return err
	}
	p := page.SetUpAgain{}
	for _, d := range all {
		p.Other = p.Other || !d.This && d.State == app.DeviceActive && !d.Passkey.Gone && !d.Passkey.Unfit
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

// passkeyNews tells the inbox how the person's passkeys stand: whether the one
// of this device fails its checks, and when one became one that can be copied.
func (h *handlers) passkeyNews(r *http.Request, id login.Identity, p *page.Inbox) error {
	cred, err := h.Store.Credential(r.Context(), id.Device.CredentialID)
	if err != nil && !errors.Is(err, app.ErrUnknownPasskey) {
		return err
	}
	p.Unfit = cred.UnfitAt != 0
	at, err := h.Store.PasskeySynced(r.Context(), id.Person.ID, h.Store.Now().Add(-newsFor))
	if at != 0 {
		p.Synced = at.Time()
	}
	return err
}
