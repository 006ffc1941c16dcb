package admin

import (
	"assent/app/admin"
	"assent/web/admin/page"
	"assent/web/view"
)

// section is a place of the console: an entry of the menu for the roles that
// have its permission, and its routes.
type section struct {
	page.Item
	permission admin.Permission
	routes     []Route
}

// sections are all of them, in the order of the menu.
func (h *handlers) sections() []section {
	return []section{
		{page.Item{Path: "/admin/overview", Title: "admin.overview.title", Icon: view.IconHome}, admin.ViewOverview, h.overviewRoutes()},
		{page.Item{Path: "/admin/people", Title: "admin.people.title", Icon: view.IconPerson}, admin.ViewPeople, h.peopleRoutes()},
		{page.Item{Path: "/admin/import", Title: "admin.import.title", Icon: view.IconUpDown}, admin.EditPeople, h.importRoutes()},
		{page.Item{Path: "/admin/requests", Title: "admin.requests.title", Icon: view.IconInbox}, admin.ViewRequests, h.requestRoutes()},
		{page.Item{Path: "/admin/audit", Title: "admin.audit.title", Icon: view.IconList}, admin.ViewAudit, h.auditRoutes()},
		{page.Item{Path: "/admin/settings", Title: "admin.settings.title", Icon: view.IconSettings}, admin.ViewSettings, h.settingsRoutes()},
		{page.Item{Path: "/admin/admins", Title: "admin.admins.title", Icon: view.IconShield}, admin.ViewAdmins, h.adminRoutes()},
	}
}

// ownRoutes are everybody's own, outside the menu.
func (h *handlers) ownRoutes() []Route {
	return []Route{
		on("GET /admin", admin.UseConsole, h.home),
		on("GET /admin/{$}", admin.UseConsole, h.home),
		on("POST /admin/confirm", admin.UseConsole, h.confirmBegin),
		on("POST /admin/confirm/{ceremony}", admin.UseConsole, h.confirmFinish),
		on("GET /admin/sessions", admin.UseConsole, h.sessions),
		on("POST /admin/sessions/{id}/end", admin.UseConsole, h.endSession),
		on("POST /admin/preferences", admin.UseConsole, h.savePreferences),
		on("POST /admin/sign-out", admin.UseConsole, h.signOut),
	}
}
