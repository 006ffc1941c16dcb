package admin

import (
	"context"
	"errors"
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
func (h *handlers) maySearch(who admin.Caller) error {
	if wait := h.searches.Hit(who.Identity().Admin.ID); wait > 0 {
		return app.ErrTooMany.After(wait)
	}
	return nil
}

// look records a look before it is shown.
func (h *handlers) look(r *http.Request, who admin.Caller, l store.Looked) error {
	return h.Admins.Look(r.Context(), who, l)
}

// refreshed tells whether an open page says that it fetches itself again. Any
// browser can say so, hence it is asked only of lists that show by themselves
// what is new, and never of a person, a request, a search or a further page.
func refreshed(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get(refreshes) != ""
}

// listed is a look at a list, or at a page of it behind the first: how many of
// those there were tells who reads all of it.
func listed(list, after string) store.Looked {
	if after != "" {
		list += ".pages"
	}
	return store.Looked{Kind: store.LookList, List: list}
}

// real gives the references of a person and a request as far as they are ones:
// each thing that is looked at is a row of the audit, which made-up ones would fill.
func (h *handlers) real(ctx context.Context, personID, requestID string) (person, request string, err error) {
	if personID != "" {
		switch _, err := h.Store.Person(ctx, personID); {
		case err == nil:
			person = personID
		case !errors.Is(err, app.ErrUnknownPerson):
			return "", "", err
		}
	}
	if requestID != "" {
		switch _, err := h.Store.Request(ctx, requestID); {
		case err == nil:
			request = requestID
		case !errors.Is(err, app.ErrUnknownRequest):
			return "", "", err
		}
	}
	return person, request, nil
}

// lookedAt gives the person that a page is about, and records the look.
func (h *handlers) lookedAt(r *http.Request, who admin.Caller) (app.Person, error) {
	p, err := h.Store.Person(r.Context(), r.PathValue("id"))
	if err != nil {
		return p, err
	}
	return p, h.look(r, who, store.Looked{Kind: store.LookPerson, PersonID: p.ID})
}
