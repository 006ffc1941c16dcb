package device

import (
	"net/http"

	"assent/app"
	"assent/app/login"
	"assent/web/httpx"
)

// endPasskey is the choice to end a removed device's passkey wherever it is.
const endPasskey = "end"

// removing and disowning name, to the passkey, the removal that it confirms:
// what is done, and of which device.
func removing(deviceID string) string  { return "remove the device " + deviceID }
func disowning(deviceID string) string { return "remove the device and end the passkey " + deviceID }

// removalBegin answers POST /removal/{id}: a passkey is asked for, since
// a cookie alone must not end the person's other devices and sessions. The
// choice about the device's passkey is part of what is confirmed.
func (h *handlers) removalBegin(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	in, err := httpx.JSON[struct {
		Passkey string `json:"passkey"`
	}](w, r, responseLimit)
	if err != nil {
		return err
	}
	d, err := h.oneDevice(r, id)
	if err != nil {
		return err
	}
	what := removing(d.ID)
	if in.Passkey == endPasskey {
		what = disowning(d.ID)
	}
	prompt, err := h.Passkeys.BeginConfirm(r.Context(), id.Device, what)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, prompt)
}

// removalFinish answers POST /removal/{id}/{ceremony}.
func (h *handlers) removalFinish(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	in, err := httpx.JSON[finish](w, r, responseLimit)
	if err != nil {
		return err
	}
	what, err := h.Passkeys.FinishConfirm(r.Context(), id.Device, r.PathValue("ceremony"), in.Credential)
	if err != nil {
		return err
	}
	deviceID := r.PathValue("id")
	switch what {
	case removing(deviceID):
		err = h.People.RemoveDevice(r.Context(), actor(r, id), deviceID)
	case disowning(deviceID):
		err = h.People.DisownDevice(r.Context(), actor(r, id), deviceID)
	default:
		err = app.ErrCeremony
	}
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, next{"/devices"})
}
