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

// searchesAMinute is how many searches one administrator may make in a minute.
const searchesAMinute = 60

// maySearch slows an administrator's searches down: each new text is a row of the
// audit, which a stolen cookie must not fill.
func (h *handlers) maySearch(who admin.Identity) error {
	if wait := h.searches.Hit(who.Admin.ID); wait > 0 {
		return app.ErrTooMany.After(wait)
	}
	return nil
}

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
