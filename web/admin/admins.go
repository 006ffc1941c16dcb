package admin

import (
	"errors"
	"net/http"
	"net/url"

	"assent/app"
	"assent/app/admin"
	"assent/app/i18n"
	"assent/store"
	"assent/web/admin/page"
	"assent/web/httpx"
)

func (h *handlers) adminRoutes() []Route {
	return []Route{
		on("GET /admin/admins", admin.ViewAdmins, h.admins),
		on("GET /admin/admins/new", admin.ManageAdmins, h.newAdmin),
		on("POST /admin/admins/new", admin.ManageAdmins, h.addAdmin),
		on("GET /admin/admins/{id}", admin.ViewAdmins, h.admin),
		on("GET /admin/admins/{id}/remove", admin.ManageAdmins, h.askRemoveAdmin),
		on("POST /admin/admins/{id}/role", admin.ManageAdmins, h.setRole),
		on("POST /admin/admins/{id}/state", admin.ManageAdmins, h.setState),
		on("POST /admin/admins/{id}/link", admin.ManageAdmins, h.linkAdmin),
		on("POST /admin/admins/{id}/code", admin.ManageAdmins, h.codeAdmin),
	}
}

func describe(row store.AdminRow, who admin.Identity) page.Admin {
	return page.Admin{ID: row.ID, Name: row.Name, Email: row.Email, Role: row.Role, State: row.State, Passkey: row.Passkeys > 0,
		LinkUntil: row.LinkUntil.Time(), Seen: row.LastSeenAt.Time(), Created: row.CreatedAt.Time(), You: row.ID == who.Admin.ID}
}

// admins lists the administrators.
func (h *handlers) admins(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	rows, err := h.Store.Admins(r.Context())
	if err != nil {
		return err
	}
	p := page.Admins{Manage: who.May(admin.ManageAdmins), Gone: r.URL.Query().Has("removed")}
	for _, row := range rows {
		p.List = append(p.List, describe(row, who))
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

func (h *handlers) oneAdmin(r *http.Request, who admin.Identity) (page.Admin, error) {
	rows, err := h.Store.Admins(r.Context())
	if err != nil {
		return page.Admin{}, err
	}
	for _, row := range rows {
		if row.ID == r.PathValue("id") {
			return describe(row, who), nil
		}
	}
	return page.Admin{}, app.ErrUnknownAdmin
}

// newAdmin is the form of a new one.
func (h *handlers) newAdmin(w http.ResponseWriter, r *http.Request, _ admin.Identity) error {
	return h.show(w, r, http.StatusOK, page.NewAdmin{Role: app.RoleOperator}.Page(h.frame(r)))
}

// addAdmin adds one and shows the set-up link, once.
func (h *handlers) addAdmin(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	p := page.NewAdmin{Email: r.PostForm.Get("email"), Name: r.PostForm.Get("name"), Role: app.AdminRole(r.PostForm.Get("role"))}
	added, err := h.Admins.AddAdmin(r.Context(), who, p.Email, p.Name, p.Role)
	if errors.Is(err, app.ErrEmailTaken) || errors.Is(err, app.ErrMalformed) {
		f := h.frame(r)
		p.Fault = f.Words.T("admin.admins.email_fault")
		if errors.Is(err, app.ErrEmailTaken) {
			p.Fault = page.Told(f.Words, app.ErrEmailTaken.Code)
		}
		return h.show(w, r, http.StatusUnprocessableEntity, p.Page(f))
	}
	if err != nil {
		return err
	}
	return h.showLink(w, r, who, added, true)
}

// linkAdmin makes a new set-up link and shows it, once.
func (h *handlers) linkAdmin(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	made, err := h.Admins.LinkAdmin(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.showLink(w, r, who, made, false)
}

func (h *handlers) showLink(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Identity,
	in admin.Invited,
	fresh bool,
) error {
	code, err := h.Admins.AdminCode(r.Context(), who, in.Admin.ID)
	if err != nil {
		return err
	}
	link := page.AdminLink{
		Admin: page.Admin{ID: in.Admin.ID, Name: in.Admin.Name, Email: in.Admin.Email, Role: in.Admin.Role},
		URL:   SetUpURL(h.Console, in.Token),
		Ends:  in.Ends.Time(),
		New:   fresh,
		Code:  !h.AdminLinkAlone,
		Alone: code.Alone,
	}
	return h.show(w, r, http.StatusOK, link.Page(h.frame(r)))
}

// codeAdmin makes a code for an administrator's set-up link and shows it, once.
func (h *handlers) codeAdmin(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	said := r.PostForm.Get("words")
	digits, ends, err := h.Admins.CodeAdmin(r.Context(), who, r.PathValue("id"), said)
	switch {
	case errors.Is(err, app.ErrNoInvitation):
		return h.showAdmin(w, r, who, http.StatusConflict, page.OneAdmin{Fault: h.words(r).T("admin.people.no_link")})
	case errors.Is(err, app.ErrOwnLink):
		return h.showAdmin(w, r, who, http.StatusForbidden, page.OneAdmin{Fault: h.words(r).T("admin.code.colleague")})
	case errors.Is(err, app.ErrRelatedLink):
		return h.showAdmin(w, r, who, http.StatusForbidden, page.OneAdmin{Fault: h.words(r).T("admin.code.related")})
	case errors.Is(err, app.ErrMalformed):
		return h.showAdmin(w, r, who, http.StatusUnprocessableEntity, page.OneAdmin{Words: said, WordFault: h.words(r).T("admin.code.fault")})
	case err != nil:
		return err
	}
	a, err := h.oneAdmin(r, who)
	if err != nil {
		return err
	}
	needs, err := h.Admins.AdminCode(r.Context(), who, a.ID)
	if err != nil {
		return err
	}
	made := page.AdminCode{
		Admin:  a,
		Digits: app.SpaceActivationCode(digits),
		Ends:   ends.Time(),
		Alone:  needs.Alone,
	}
	return h.show(w, r, http.StatusOK, made.Page(h.frame(r)))
}

// SetUpURL is the link of a set-up token, at the console's address.
func SetUpURL(console *url.URL, token string) string {
	return console.String() + "/admin/set-up/" + token
}

// savedWords are what an administrator's page says after a change.
var savedWords = map[string]i18n.Key{
	"role": "admin.admins.role_set", "suspended": "admin.admins.suspended_now", "active": "admin.admins.active_now",
}

// admin shows one administrator.
func (h *handlers) admin(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	saved := ""
	if key, ok := savedWords[r.URL.Query().Get("saved")]; ok {
		saved = h.words(r).T(key)
	}
	return h.showAdmin(w, r, who, http.StatusOK, page.OneAdmin{Saved: saved})
}

// showAdmin shows the administrator of the path; p holds what is said on top of
// what the page always says.
func (h *handlers) showAdmin(w http.ResponseWriter, r *http.Request, who admin.Identity, status int, p page.OneAdmin) error {
	a, err := h.oneAdmin(r, who)
	if err != nil {
		return err
	}
	code, err := h.Admins.AdminCode(r.Context(), who, a.ID)
	if err != nil {
		return err
	}
	p.Admin, p.Manage, p.Day = a, who.May(admin.ManageAdmins), who.May(admin.ViewAudit)
	p.Code, p.Hand = p.Manage && code.Open && !h.AdminLinkAlone, handOf(code)
	return h.show(w, r, status, p.Page(h.frame(r)))
}

// setRole gives one another role.
func (h *handlers) setRole(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	return h.changed(w, r, who, "role", h.Admins.SetRole(r.Context(), who, r.PathValue("id"), app.AdminRole(r.PostForm.Get("role"))))
}

// setState suspends one, lets them in again, or removes them.
func (h *handlers) setState(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	state := app.AdminState(r.PostForm.Get("state"))
	err := h.Admins.SetState(r.Context(), who, r.PathValue("id"), state)
	if err == nil && state == app.AdminRemoved {
		return httpx.SeeOther(w, r, "/admin/admins?removed")
	}
	return h.changed(w, r, who, string(state), err)
}

// changed goes back to the administrator's page after a change, or says there
// why it wasn't made.
func (h *handlers) changed(w http.ResponseWriter, r *http.Request, who admin.Identity, what string, err error) error {
	if errors.Is(err, app.ErrLastOwner) {
		return h.showAdmin(w, r, who, http.StatusConflict, page.OneAdmin{Fault: page.Told(h.words(r), app.ErrLastOwner.Code)})
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/admin/admins/"+url.PathEscape(r.PathValue("id"))+"?saved="+url.QueryEscape(what))
}

// askRemoveAdmin says what removing would do.
func (h *handlers) askRemoveAdmin(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	a, err := h.oneAdmin(r, who)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, page.RemoveAdmin{Admin: a}.Page(h.frame(r)))
}
