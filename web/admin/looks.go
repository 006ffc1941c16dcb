package admin

import (
	"net/http"

	"assent/app"
	"assent/app/admin"
	"assent/store"
)

// refreshes is the header that marks what an open page fetches by itself, as
// admin.js sets it.
const refreshes = "X-Live"

// look records a look before it is shown.
func (h *handlers) look(r *http.Request, who admin.Identity, l store.Looked) error {
	l.Refresh = r.Header.Get(refreshes) != ""
	return h.Admins.Look(r.Context(), who, l)
}

// lookedAt gives the person that a page is about, and records the look.
func (h *handlers) lookedAt(r *http.Request, who admin.Identity) (app.Person, error) {
	p, err := h.Store.Person(r.Context(), r.PathValue("id"))
	if err != nil {
		return p, err
	}
	return p, h.look(r, who, store.Looked{Kind: store.LookPerson, PersonID: p.ID})
}
