package device

import (
	"net/http"

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
