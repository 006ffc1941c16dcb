package admin

import (
	"net/http"
	"net/url"

	"assent/app/admin"
)

// place opens the cursor by which a page of the list at path was asked for:
// where the page before ended, empty for the first. A cursor is of one list,
// with its filters, and of one administrator in one role.
func (h *handlers) place(r *http.Request, who admin.Caller, path string) (string, error) {
	if r.Method != http.MethodGet { // a page that answers a form is the first
		return "", nil
	}
	return h.cursors.Open(r.URL.Query().Get("after"), bounds(path, filters(r), who.Identity())...)
}

// nextPage gives the path of the page behind a place; empty where there is none.
func (h *handlers) nextPage(r *http.Request, who admin.Caller, path, place string) string {
	if place == "" {
		return ""
	}
	asked := filters(r)
	asked.Set("after", h.cursors.Seal(place, bounds(path, filters(r), who.Identity())...))
	return path + "?" + asked.Encode()
}

// filters are what a list was narrowed to.
func filters(r *http.Request) url.Values {
	if r.Method != http.MethodGet {
		return url.Values{}
	}
	asked := r.URL.Query()
	asked.Del("after")
	return asked
}

func bounds(path string, filters url.Values, who admin.Identity) []string {
	return []string{path, filters.Encode(), who.Admin.ID, string(who.Admin.Role)}
}
