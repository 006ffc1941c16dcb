package device

import (
	"net/http"
	"time"

	"assent/app/login"
	"assent/store"
	"assent/web/device/page"
)

const (
	// changesListed is how long the devices' page lists what devices did.
	changesListed = 30 * 24 * time.Hour
	// changesTold is how long the inbox tells of a change that another device made.
	changesTold = 24 * time.Hour
)

func changeOf(n store.DeviceNews) page.Change {
	return page.Change{Action: n.Action, Device: n.Device, By: n.By, Client: n.Client, At: n.At.Time()}
}

// changes lists what the person's devices did lately: of all, or what one did or
// had done to it.
func (h *handlers) changes(r *http.Request, id login.Identity, deviceID string) ([]page.Change, error) {
	news, err := h.Store.DeviceNews(r.Context(), id.Person.ID, h.Store.Now().Add(-changesListed))
	if err != nil {
		return nil, err
	}
	var out []page.Change
	for _, n := range news {
		if deviceID == "" || deviceID == n.DeviceID || deviceID == n.ByID {
			out = append(out, changeOf(n))
		}
	}
	return out, nil
}

// changed finds the newest change that the inbox should tell of: of what another
// device did within a day; and, for longer and also on the device itself, that
// notices go elsewhere. Whoever has the cookie of a device is that device: its
// owner sees it here at the next opening.
func (h *handlers) changed(r *http.Request, id login.Identity) (*page.Change, error) {
	news, err := h.Store.DeviceNews(r.Context(), id.Person.ID, h.Store.Now().Add(-newsFor))
	if err != nil {
		return nil, err
	}
	var found *page.Change
	for _, n := range news {
		c := changeOf(n)
		told := c.Serious() || n.ByID != id.Device.ID && h.Store.Now().Sub(n.At) < changesTold
		if told && n.At >= id.Device.CreatedAt && (found == nil || c.Serious() && !found.Serious()) {
			found = &c
		}
	}
	return found, nil
}
