package admin

import (
	"net/http"
	"strings"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/docs"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/httpx"
)

// helpRoutes show the documentation to every role. They read no data.
func (h *handlers) helpRoutes() []guard.Route {
	return []guard.Route{
		guard.Get[may.UseConsole](docs.Path, h.help),
		guard.Get[may.UseConsole](docs.Path+"/{page}", h.helpPage),
	}
}

// longestHelpQuery is how many bytes of a search through the pages are read.
const longestHelpQuery = 100

// help lists the pages, or what a search found in them.
func (h *handlers) help(w http.ResponseWriter, r *http.Request, _ admin.Grant[may.UseConsole]) error {
	p := page.Help{Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	if len(p.Query) > longestHelpQuery {
		return app.ErrMalformed.In("q")
	}
	f := h.frame(r)
	var err error
	if p.Groups, err = docs.Groups(f.Words.Tag()); err != nil {
		return err
	}
	if p.Found, err = docs.Search(p.Query, f.Words.Tag()); err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// helpPage shows one page.
func (h *handlers) helpPage(w http.ResponseWriter, r *http.Request, _ admin.Grant[may.UseConsole]) error {
	f := h.frame(r)
	var p page.HelpPage
	var err error
	if p.Doc, p.Before, p.After, err = docs.Find(r.PathValue("page"), f.Words.Tag()); err != nil {
		return err
	}
	if p.Doc == nil {
		return httpx.ErrNoRoute
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}
