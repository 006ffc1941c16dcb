package device

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"assent/app"
	"assent/app/login"
	"assent/app/push"
	"assent/web/device/page"
	"assent/web/httpx"
)

// describeDevices gives the person's devices as pages show them, this one first.
func (h *handlers) describeDevices(r *http.Request, id login.Identity) ([]page.Device, error) {
	ctx := r.Context()
	devices, err := h.Store.Devices(ctx, id.Person.ID)
	if err != nil {
		return nil, err
	}
	subs, err := h.Store.Subscriptions(ctx, id.Person.ID)
	if err != nil {
		return nil, err
	}
	bySub := map[string]app.Subscription{}
	for _, s := range subs {
		bySub[s.DeviceID] = s
	}
	users := map[string]int{} // of each passkey
	for _, d := range devices {
		users[d.CredentialID]++
	}
	var this, others []page.Device
	for _, d := range devices {
		p := page.Device{ID: d.ID, Name: d.Name, Platform: d.Platform, This: d.ID == id.Device.ID, State: d.State,
			Created: d.CreatedAt.Time(), LastSeen: d.LastSeenAt.Time(), Sole: len(devices) == 1}
		cred, err := h.Store.Credential(ctx, d.CredentialID)
		if err != nil && !errors.Is(err, app.ErrUnknownPasskey) {
			return nil, err
		}
		p.Passkey = page.Passkey{
			Gone:     err != nil || cred.RevokedAt != 0,
			Unfit:    cred.UnfitAt != 0,
			Synced:   cred.BackedUp,
			Created:  cred.CreatedAt.Time(),
			LastUsed: cred.LastUsedAt.Time(),
			Shared:   users[d.CredentialID] > 1,
		}
		sub, subscribed := bySub[d.ID]
		p.Push = page.Push{
			Since:       sub.CreatedAt.Time(),
			LastReached: sub.LastAcceptedAt.Time(),
			LastOpened:  sub.LastOpenedAt.Time(),
		}
		switch {
		case subscribed && sub.EndedAt == 0 && sub.ProvenAt != 0:
			p.Push.State = page.PushWorking
		case subscribed && sub.EndedAt == 0:
			p.Push.State = page.PushUntried
		case subscribed:
			p.Push.State = page.PushLost
		case d.PushChoice == app.PushSkipped:
			p.Push.State = page.PushSkipped
		default:
			p.Push.State = page.PushNever
		}
		if p.This {
			this = append(this, p)
		} else {
			others = append(others, p)
		}
	}
	return append(this, others...), nil
}

func (h *handlers) oneDevice(r *http.Request, id login.Identity) (page.Device, error) {
	all, err := h.describeDevices(r, id)
	if err != nil {
		return page.Device{}, err
	}
	for _, d := range all {
		if d.ID == r.PathValue("id") {
			return d, nil
		}
	}
	return page.Device{}, app.ErrUnknownDevice
}

// devices lists the person's devices.
func (h *handlers) devices(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	f := h.frame(r)
	all, err := h.describeDevices(r, id)
	if err != nil {
		return err
	}
	coming, err := h.coming(r, id)
	if err != nil {
		return err
	}
	p := page.Devices{List: all, Coming: coming, Stopped: r.URL.Query().Has("stopped")}
	if p.Changes, err = h.changes(r, id, ""); err != nil {
		return err
	}
	moved, err := h.Store.PushMoved(r.Context(), id.Device.ID)
	if err != nil {
		return err
	}
	p.Moved = moved > h.Store.Now().Add(-newsFor)
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// coming gives the devices that are about to be added to the person.
func (h *handlers) coming(r *http.Request, id login.Identity) ([]page.Coming, error) {
	invitations, err := h.Store.Coming(r.Context(), id.Person.ID)
	if err != nil {
		return nil, err
	}
	var out []page.Coming
	for _, inv := range invitations {
		c := page.Coming{ID: inv.ID, Until: inv.ExpiresAt.Time()}
		if inv.ActivatedUntil != 0 {
			c.Until = inv.ActivatedUntil.Time()
		}
		if inv.ApprovedBy != "" {
			from, err := h.Store.Device(r.Context(), inv.ApprovedBy)
			if err != nil {
				return nil, err
			}
			c.From, c.Here = from.Name, from.ID == id.Device.ID
		}
		out = append(out, c)
	}
	return out, nil
}

// stopComing ends an invitation by which a device is about to be added. It
// needs no passkey: to say no must be easy, and what it stops can begin again.
func (h *handlers) stopComing(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	err := h.People.StopComing(r.Context(), actor(r, id), r.PathValue("invitation"))
	if errors.Is(err, app.ErrAlreadyCompleted) {
		return httpx.SeeOther(w, r, "/devices") // which shows what became of it
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/devices?stopped")
}

// device shows one.
func (h *handlers) device(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	d, err := h.oneDevice(r, id)
	if err != nil {
		return err
	}
	d.Saved, d.Sent = r.URL.Query().Has("saved"), r.URL.Query().Has("sent")
	if d.Changes, err = h.changes(r, id, d.ID); err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, d.Page(h.frame(r)))
}

// rename gives one another name.
func (h *handlers) rename(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	name := r.PostForm.Get("name")
	err := h.People.RenameDevice(r.Context(), actor(r, id), r.PathValue("id"), name)
	if errors.Is(err, app.ErrMalformed) {
		d, derr := h.oneDevice(r, id)
		if derr != nil {
			return derr
		}
		f := h.frame(r)
		d.Typed, d.Fault = name, f.Words.T("device.name_fault")
		return h.show(w, r, http.StatusUnprocessableEntity, d.Page(f))
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/devices/"+url.PathEscape(r.PathValue("id"))+"?saved")
}

// askRemove says what removing would do.
func (h *handlers) askRemove(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	d, err := h.oneDevice(r, id)
	if err != nil {
		return err
	}
	p := page.RemoveDevice{
		ID:      d.ID,
		Name:    d.Name,
		This:    d.This,
		Sole:    d.Sole,
		Shared:  d.Passkey.Shared,
		Unknown: r.URL.Query().Has("unknown"),
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

// remove removes the device in hand, which signs it out. Whatever else a
// removal may end asks for the passkey (removalBegin), since it could leave the
// person without a device: app.ErrUnconfirmed.
func (h *handlers) remove(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	d, err := h.oneDevice(r, id)
	if err != nil {
		return err
	}
	if !d.This || r.PostForm.Get("passkey") == endPasskey {
		return app.ErrUnconfirmed
	}
	if err := h.People.RemoveDevice(r.Context(), actor(r, id), d.ID); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/devices")
}

// settings shows the person's choices.
func (h *handlers) settings(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	f := h.frame(r)
	p := page.Settings{
		Lang:  f.Words.Tag(),
		Theme: id.Device.Theme,
		Zone:  f.Words.Zone().String(),
		Saved: r.URL.Query().Has("saved"),
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// saveSettings stores them.
func (h *handlers) saveSettings(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	by, lang, zone, theme := actor(r, id), r.PostForm.Get("lang"), r.PostForm.Get("zone"), r.PostForm.Get("theme")
	lang = h.Words.Match(lang, "").Tag()
	if err := h.People.SetPreferences(r.Context(), by, lang, zone); err != nil {
		if !errors.Is(err, app.ErrMalformed) {
			return err
		}
		f := h.frame(r)
		p := page.Settings{Lang: lang, Theme: theme, Zone: zone, ZoneFault: f.Words.T("settings.zone_fault")}
		return h.show(w, r, http.StatusUnprocessableEntity, p.Page(f))
	}
	if err := h.People.SetTheme(r.Context(), by, theme); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/settings?saved")
}

// signOut ends the session; the device stays the person's.
func (h *handlers) signOut(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	if err := h.Login.SignOut(r, actor(r, id)); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/sign-in")
}

// setUpFor is how long after it joined a device counts as being set up.
const setUpFor = 10 * time.Minute

// notifications asks for them, with the reason first.
func (h *handlers) notifications(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	p := page.Notifications{
		Setup:   id.Device.PushChoice == app.PushUnasked && h.Store.Now().Sub(id.Device.CreatedAt) < setUpFor,
		IOS:     isIOS(id.Device.Platform),
		AppOnly: id.Device.AppUntil > h.Store.Now(),
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

// tryPush waits for the test notice to be opened.
func (h *handlers) tryPush(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	sub, err := h.Store.Subscription(r.Context(), id.Device.ID)
	if errors.Is(err, app.ErrUnknownDevice) {
		return httpx.SeeOther(w, r, "/notifications")
	}
	if err != nil {
		return err
	}
	p := page.TryPush{
		Works: sub.ProvenAt != 0,
		Setup: h.Store.Now().Sub(id.Device.CreatedAt) < setUpFor,
		Again: r.URL.Query().Has("sent"),
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

// testPush sends one to this device.
func (h *handlers) testPush(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	back := "/devices/" + id.Device.ID
	if r.URL.Query().Has("try") {
		back = "/notifications/try"
	}
	err := h.Push.Test(r.Context(), actor(r, id))
	if errors.Is(err, app.ErrNoPush) {
		return httpx.SeeOther(w, r, "/notifications")
	}
	if err != nil && !errors.Is(err, app.ErrTooMany) { // the one before is still on its way
		return err
	}
	return httpx.SeeOther(w, r, back+"?sent")
}

// subscribe takes the subscription that the browser made.
func (h *handlers) subscribe(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	in, err := httpx.JSON[struct {
		Endpoint string `json:"endpoint"`
		Keys     struct {
			P256DH string `json:"p256dh"`
			Auth   string `json:"auth"`
		} `json:"keys"`
		Replaces string `json:"replaces"` // the endpoint that the browser had before
	}](w, r, httpx.FormLimit)
	if err != nil {
		return err
	}
	if err := h.Push.Subscribe(r.Context(), actor(r, id),
		push.Subscription{Endpoint: in.Endpoint, P256DH: in.Keys.P256DH, Auth: in.Keys.Auth,
			Replaces: in.Replaces}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// skipPush takes the choice to go without notifications on this device.
func (h *handlers) skipPush(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	if err := h.Push.Skip(r.Context(), actor(r, id)); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/")
}
