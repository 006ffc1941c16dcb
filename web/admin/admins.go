package admin

import (
	"errors"
	"net/http"
	"net/url"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/i18n"
	"assent/store"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/httpx"
)

func (h *handlers) adminRoutes() []guard.Route {
	return []guard.Route{
		guard.Get[may.ViewAdmins]("/admin/admins", h.admins),
		guard.Get[may.ManageAdmins]("/admin/admins/new", h.newAdmin),
		guard.PostFresh[may.ManageAdmins]("/admin/admins/new", h.addAdmin),
		guard.Get[may.ViewAdmins]("/admin/admins/{id}", h.admin),
		guard.Get[may.ManageAdmins]("/admin/admins/{id}/remove", h.askRemoveAdmin),
		guard.PostFresh[may.ManageAdmins]("/admin/admins/{id}/role", h.setRole),
		guard.PostFresh[may.ManageAdmins]("/admin/admins/{id}/state", h.setState),
		guard.PostFresh[may.ManageAdmins]("/admin/admins/{id}/link", h.linkAdmin),
		guard.PostFresh[may.ManageAdmins]("/admin/admins/{id}/code", h.codeAdmin),
	}
}

func describe(row store.AdminRow, who admin.Caller) page.Admin {
	return page.Admin{
		ID:        row.ID,
		Name:      row.Name,
		Email:     row.Email,
		Role:      row.Role,
		State:     row.State,
		Passkey:   row.Passkeys > 0,
		LinkUntil: row.LinkUntil.Time(),
		Seen:      row.LastSeenAt.Time(),
		Created:   row.CreatedAt.Time(),
		You:       row.ID == who.Identity().Admin.ID,
	}
}

// admins lists the administrators.
func (h *handlers) admins(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewAdmins]) error {
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

func (h *handlers) oneAdmin(r *http.Request, who admin.Caller) (page.Admin, error) {
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
func (h *handlers) newAdmin(w http.ResponseWriter, r *http.Request, _ admin.Grant[may.ManageAdmins]) error {
	return h.show(w, r, http.StatusOK, page.NewAdmin{Role: app.RoleOperator}.Page(h.frame(r)))
}

// addAdmin adds one and shows the set-up link, once.
func (h *handlers) addAdmin(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ManageAdmins],
	form guard.Form,
) error {
	p := page.NewAdmin{Email: form.Get("email"), Name: form.Get("name"), Role: app.AdminRole(form.Get("role"))}
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
func (h *handlers) linkAdmin(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ManageAdmins],
	_ guard.Form,
) error {
	made, err := h.Admins.LinkAdmin(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.showLink(w, r, who, made, false)
}

func (h *handlers) showLink(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Caller,
	in admin.Invited,
	fresh bool,
) error {
	code, err := h.adminCode(r, who, in.Admin.ID)
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
func (h *handlers) codeAdmin(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ManageAdmins],
	form guard.Form,
) error {
	said := form.Get("words")
	digits, ends, err := h.Admins.CodeAdmin(r.Context(), who, r.PathValue("id"), said)
	switch {
	case errors.Is(err, app.ErrNoInvitation):
		return h.showAdmin(w, r, who, http.StatusConflict, page.OneAdmin{Fault: h.words(r).T("admin.people.no_link")})
	case errors.Is(err, app.ErrOwnLink):
		return h.showAdmin(w, r, who, http.StatusForbidden, page.OneAdmin{Fault: h.words(r).T("admin.code.colleague")})
	case errors.Is(err, app.ErrRelatedLink):
		return h.showAdmin(w, r, who, http.StatusForbidden, page.OneAdmin{Fault: h.words(r).T("admin.code.related")})
	case errors.Is(err, app.ErrMalformed):
		return h.showAdmin(w, r, who, http.StatusUnprocessableEntity,
			page.OneAdmin{Words: said, WordFault: h.words(r).T("admin.code.fault")})
	case err != nil:
		return err
	}
	a, err := h.oneAdmin(r, who)
	if err != nil {
		return err
	}
	needs, err := h.adminCode(r, who, a.ID)
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

// adminCode tells what is needed to make a code for an administrator.
func (h *handlers) adminCode(r *http.Request, who admin.Caller, id string) (admin.CodeNeeds, error) {
	seen, err := admin.Also[may.ViewAdmins](r.Context(), who)
	if err != nil {
		return admin.CodeNeeds{}, err
	}
	return h.Admins.AdminCode(r.Context(), seen, id)
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
func (h *handlers) admin(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewAdmins]) error {
	saved := ""
	if key, ok := savedWords[r.URL.Query().Get("saved")]; ok {
		saved = h.words(r).T(key)
	}
	return h.showAdmin(w, r, who, http.StatusOK, page.OneAdmin{Saved: saved})
}

// showAdmin shows the administrator of the path; p holds what is said on top of
// what the page always says.
func (h *handlers) showAdmin(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Caller,
	status int,
	p page.OneAdmin,
) error {
	a, err := h.oneAdmin(r, who)
	if err != nil {
		return err
	}
	code, err := h.adminCode(r, who, a.ID)
	if err != nil {
		return err
	}
	p.Admin, p.Manage, p.Day = a, who.May(admin.ManageAdmins), who.May(admin.ViewAudit)
	p.Code, p.Hand = p.Manage && code.Open && !h.AdminLinkAlone, handOf(code)
	return h.show(w, r, status, p.Page(h.frame(r)))
}

// setRole gives one another role.
func (h *handlers) setRole(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ManageAdmins],
	form guard.Form,
) error {
	err := h.Admins.SetRole(r.Context(), who, r.PathValue("id"), app.AdminRole(form.Get("role")))
	return h.changed(w, r, who, "role", err)
}

// setState suspends one, lets them in again, or removes them.
func (h *handlers) setState(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ManageAdmins],
	form guard.Form,
) error {
	state := app.AdminState(form.Get("state"))
	err := h.Admins.SetState(r.Context(), who, r.PathValue("id"), state)
	if err == nil && state == app.AdminRemoved {
		return httpx.SeeOther(w, r, "/admin/admins?removed")
	}
	return h.changed(w, r, who, string(state), err)
}

// changed goes back to the administrator's page after a change, or says there
// why it wasn't made.
func (h *handlers) changed(w http.ResponseWriter, r *http.Request, who admin.Caller, what string, err error) error {
	if errors.Is(err, app.ErrLastOwner) {
		return h.showAdmin(w, r, who, http.StatusConflict,
			page.OneAdmin{Fault: page.Told(h.words(r), app.ErrLastOwner.Code)})
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/admin/admins/"+url.PathEscape(r.PathValue("id"))+"?saved="+url.QueryEscape(what))
}

// askRemoveAdmin says what removing would do.
func (h *handlers) askRemoveAdmin(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ManageAdmins]) error {
	a, err := h.oneAdmin(r, who)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, page.RemoveAdmin{Admin: a}.Page(h.frame(r)))
}
