package admin

import (
	"net/http"

	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/i18n"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/view"
)

// section is a place of the console: an entry of the menu for the roles that
// have its permission, and its routes.
type section struct {
	page.Item
	permission admin.Permission
	routes     []guard.Route
	count      func(*http.Request, i18n.Words) (string, error) // what the menu says beside it; may be nil
}

// sections are all of them, in the order of the menu.
func (h *handlers) sections() []section {
	return []section{
		{page.Item{Path: "/admin/overview", Title: "admin.overview.title", Icon: view.IconHome}, admin.ViewOverview,
			h.overviewRoutes(), nil},
		{page.Item{Path: "/admin/people", Title: "admin.people.title", Icon: view.IconPerson}, admin.ViewPeople,
			h.peopleRoutes(), h.peopleCount},
		{page.Item{Path: "/admin/import", Title: "admin.import.title", Icon: view.IconUpDown}, admin.EditPeople,
			h.importRoutes(), nil},
		{page.Item{Path: "/admin/requests", Title: "admin.requests.title", Icon: view.IconInbox}, admin.ViewRequests,
			h.requestRoutes(), h.waitingCount},
		{page.Item{Path: proposalsPath, Title: "admin.proposals.title", Icon: view.IconCheck}, admin.ViewProposals,
			h.proposalRoutes(), h.proposalCount},
		{page.Item{Path: "/admin/audit", Title: "admin.audit.title", Icon: view.IconList}, admin.ViewAudit,
			h.auditRoutes(), nil},
		{page.Item{Path: "/admin/settings", Title: "admin.settings.title", Icon: view.IconSettings}, admin.ViewSettings,
			h.settingsRoutes(), nil},
		{page.Item{Path: "/admin/admins", Title: "admin.admins.title", Icon: view.IconShield}, admin.ViewAdmins,
			h.adminRoutes(), nil},
	}
}

// menu is what a role may open. A count that can't be had is left out: the page
// that it stands beside may work, or says itself what doesn't.
func (h *handlers) menu(r *http.Request, who admin.Identity, w i18n.Words) []page.Item {
	var menu []page.Item
	for _, s := range h.sections() {
		if !who.May(s.permission) {
			continue
		}
		if s.count != nil {
			var err error
			if s.Count, err = s.count(r, w); err != nil && r.Context().Err() == nil {
				h.Log.ErrorContext(r.Context(), "the menu can't count", "section", s.Path, "err", err)
			}
		}
		menu = append(menu, s.Item)
	}
	return menu
}

func (h *handlers) peopleCount(r *http.Request, w i18n.Words) (string, error) {
	n, err := h.Store.PeopleCount(r.Context())
	if n == 0 {
		return "", err
	}
	return page.Figure(w, n), err
}

// waitingCount is empty where nothing waits.
func (h *handlers) waitingCount(r *http.Request, w i18n.Words) (string, error) {
	n, err := h.Store.WaitingCount(r.Context())
	if n == 0 {
		return "", err
	}
	return w.N("admin.overview.menu_waiting", n, "count", page.Figure(w, n)), err
}

// ownRoutes are everybody's own, outside the menu.
func (h *handlers) ownRoutes() []guard.Route {
	return []guard.Route{
		guard.Get[may.UseConsole]("/admin", h.home),
		guard.Get[may.UseConsole]("/admin/{$}", h.home),
		guard.PostNothing[may.UseConsole]("/admin/confirm", h.confirmBegin),
		guard.PostJSON[may.UseConsole]("/admin/confirm/{ceremony}", responseLimit, h.confirmFinish),
		guard.Get[may.UseConsole]("/admin/sessions", h.sessions),
		guard.Post[may.EndSessions]("/admin/sessions/{id}/end", h.endSession),
		guard.Post[may.UseConsole]("/admin/preferences", h.savePreferences),
		guard.PostNothing[may.UseConsole]("/admin/sign-out", h.signOut),
	}
}
