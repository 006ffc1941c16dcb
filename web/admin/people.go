package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/i18n"
	"assent/app/people"
	"assent/store"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/httpx"
	"assent/web/view"
)

func (h *handlers) peopleRoutes() []guard.Route {
	return []guard.Route{
		guard.Get[may.ViewPeople]("/admin/people", h.people),
		guard.Get[may.ViewPeople]("/admin/people/mistakable", h.mistakable),
		guard.Get[may.EditPeople]("/admin/people/new", h.newPerson),
		guard.PostFresh[may.EditPeople]("/admin/people/new", h.addPerson),
		guard.Get[may.ViewPeople]("/admin/people/{id}", h.person),
		guard.Get[may.EditPeople]("/admin/people/{id}/edit", h.askEdit),
		guard.PostFresh[may.EditPeople]("/admin/people/{id}/edit", h.editPerson),
		guard.PostFresh[may.SuspendPeople]("/admin/people/{id}/state", h.setPersonState),
		guard.Get[may.RemovePeople]("/admin/people/{id}/remove", h.askErase),
		guard.PostFresh[may.RemovePeople]("/admin/people/{id}/remove", h.erase),
		guard.PostFresh[may.InvitePeople]("/admin/people/{id}/invite", h.invite),
		guard.PostFresh[may.InvitePeople]("/admin/people/{id}/withdraw", h.withdraw),
		guard.PostFresh[may.IssueActivation]("/admin/people/{id}/code", h.code),
		guard.PostFresh[may.ClearPause]("/admin/people/{id}/clear", h.clearPause),
		guard.Get[may.ResetDevices]("/admin/people/{id}/devices/remove", h.askReset),
		guard.PostFresh[may.ResetDevices]("/admin/people/{id}/devices/remove", h.resetDevices),
		guard.Get[may.ResetDevices]("/admin/people/{id}/devices/{device}/remove", h.askRemoveDevice),
		guard.PostFresh[may.ResetDevices]("/admin/people/{id}/devices/{device}/remove", h.removeDevice),
	}
}

// How many a page lists.
const (
	peoplePage     = 50
	recentRequests = 10
	recentSteps    = 20
)

// people lists people, or finds them.
func (h *handlers) people(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewPeople]) error {
	asked := r.URL.Query()
	p := page.People{
		Query: strings.TrimSpace(asked.Get("q")),
		Which: store.Which(asked.Get("which")),
		Add:   who.May(admin.EditPeople),
		Whole: !who.May(admin.ViewPersonalData),
		Gone:  asked.Has("erased"),
	}
	if !slices.Contains(page.PeopleLists(), p.Which) {
		return app.ErrMalformed.In("which")
	}
	after, err := h.place(r, who, "/admin/people")
	if err != nil {
		return err
	}
	if p.Query != "" {
		if err := h.maySearch(who); err != nil {
			return err
		}
	}
	found, next, err := h.Admins.FindPeople(r.Context(), who, p.Query, p.Which, after, peoplePage)
	if err != nil {
		return err
	}
	look := listed("people", after)
	if p.Query != "" {
		look = store.Looked{Kind: store.LookSearch, Text: p.Query, Hits: hits(len(found), next)}
	}
	if err := h.look(r, who, look); err != nil {
		return err
	}
	for _, f := range found {
		row := page.PersonRow{
			ID:       f.ID,
			Name:     h.nameOf(r, who, f.Person),
			Standing: f.Standing,
			State:    f.State,
			Paused:   f.Person.Paused(),
			Devices:  f.Devices,
		}
		if f.InvitedUntil > h.Store.Now() {
			row.InvitedUntil = f.InvitedUntil.Time()
		}
		for _, id := range f.Identifiers {
			row.Identifiers = append(row.Identifiers, identifierOf(who, id).Value)
		}
		p.List = append(p.List, row)
	}
	p.More = h.nextPage(r, who, "/admin/people", next)
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

// hits are how many a page of a search found.
func hits(n int, next string) string {
	if next != "" {
		return strconv.Itoa(n) + "+"
	}
	return strconv.Itoa(n)
}

// identifierOf is an identifier as the role of who may see it.
func identifierOf(who admin.Caller, id app.Identifier) app.Identifier {
	if !who.May(admin.ViewPersonalData) {
		id.Value = view.MaskIdentifier(id.Kind, id.Value)
	}
	return id
}

// personNotes are what a person's page says after a change.
var personNotes = map[string]i18n.Key{
	"added":     "admin.people.added_now",
	"edited":    "admin.people.edited_now",
	"suspended": "admin.people.suspended_now",
	"active":    "admin.people.active_now",
	"withdrawn": "admin.people.withdrawn_now",
	"cleared":   "admin.people.cleared_now",
	"removed":   "admin.people.device_removed_now",
	"reset":     "admin.people.devices_removed_now",
}

// person shows one.
func (h *handlers) person(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewPeople]) error {
	note := ""
	if key, ok := personNotes[r.URL.Query().Get("done")]; ok {
		note = h.words(r).T(key)
	}
	return h.showPerson(w, r, who, http.StatusOK, page.Person{Note: note})
}

// showPerson shows the person of the path; said is what is said on top of what
// the page always says.
func (h *handlers) showPerson(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Caller,
	status int,
	said page.Person,
) error {
	ctx := r.Context()
	p, err := h.lookedAt(r, who)
	if err != nil {
		return err
	}
	full := who.May(admin.ViewPersonalData)
	out := page.Person{
		ID:        p.ID,
		Name:      h.nameOf(r, who, p),
		State:     p.State,
		Erased:    p.ErasedAt.Time(),
		Paused:    p.PausedAt.Time(),
		Pause:     p.Paused(),
		Added:     p.CreatedAt.Time(),
		Lang:      p.Lang,
		Zone:      p.Zone,
		Note:      said.Note,
		Fault:     said.Fault,
		Words:     said.Words,
		WordFault: said.WordFault,
		Masked:    !full,
		May: page.MayPerson{
			Edit:    who.May(admin.EditPeople),
			Invite:  who.May(admin.InvitePeople),
			Code:    who.May(admin.IssueActivation),
			Suspend: who.May(admin.SuspendPeople),
			Remove:  who.May(admin.RemovePeople),
			Clear:   who.May(admin.ClearPause),
			Devices: who.May(admin.ResetDevices),
			Test:    who.May(admin.TestRequests),
			Audit:   who.May(admin.ViewAudit),
		},
	}
	if out.Standing, out.InvitedUntil, err = h.standing(r, p.ID); err != nil {
		return err
	}
	attack, at, err := h.Store.LastAttack(ctx, p.ID)
	if err != nil {
		return err
	}
	if p.ErasedAt == 0 && at > h.Store.Now().Add(-app.AttackWindow) {
		out.Attack, out.Attacked = attack, at.Time()
	}
	code, err := h.personCode(r, who, p.ID)
	if err != nil {
		return err
	}
	out.Hand = handOf(code)
	ids, err := h.Store.HeldIdentifiers(ctx, p.ID)
	if err != nil {
		return err
	}
	out.Moving = map[app.Identifier]time.Time{}
	for _, id := range ids {
		seen := identifierOf(who, id.Identifier)
		out.Identifiers = append(out.Identifiers, seen)
		if id.From != 0 {
			out.Moving[seen] = id.From.Time()
		}
	}
	if out.Devices, err = h.personDevices(r, who, p.ID); err != nil {
		return err
	}
	rows, _, err := h.Store.Requests(ctx, store.RequestFilter{PersonID: p.ID}, "", recentRequests)
	if err != nil {
		return err
	}
	for _, req := range rows {
		row, err := h.requestRow(r, who, req)
		if err != nil {
			return err
		}
		out.Requests = append(out.Requests, row)
	}
	if full {
		if out.Companies, err = h.Store.Companies(ctx, p.ID); err != nil {
			return err
		}
		accounts, err := h.Store.Accounts(ctx, p.ID)
		if err != nil {
			return err
		}
		if len(accounts) > 0 {
			if err := h.look(r, who, store.Looked{Kind: store.LookAccounts, PersonID: p.ID}); err != nil {
				return err
			}
		}
		for _, a := range accounts {
			out.Accounts = append(out.Accounts, page.Account{
				Name:    a.Name,
				Number:  accountEnd(a),
				Kind:    string(a.Kind),
				Why:     a.Unpayable,
				Company: i18n.CNPJ(a.Company),
				Joint:   a.Joint,
			})
		}
	}
	trail, err := h.Store.AuditPage(ctx, store.AuditFilter{PersonID: p.ID, NoLooks: true}, store.AuditCursor{},
		recentSteps)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, e := range trail {
		if err := h.nameDevice(r, who, names, e.DeviceID); err != nil {
			return err
		}
		out.Trail = append(out.Trail,
			page.Event{
				At:     e.At.Time(),
				Action: e.Action,
				Device: names[e.DeviceID],
				Actor:  e.ActorKind,
				Source: e.Source,
			})
	}
	return h.show(w, r, status, out.Page(h.frame(r)))
}

// accountEnd is an account as people know it, its end alone.
func accountEnd(a app.Account) string {
	n := a.Identification
	if n == "" {
		n = a.Number
	}
	if r := []rune(n); len(r) > 4 {
		return "••" + string(r[len(r)-4:])
	}
	return n
}

func (h *handlers) standing(r *http.Request, personID string) (app.Standing, time.Time, error) {
	s, until, err := h.Store.Standing(r.Context(), personID)
	if until <= h.Store.Now() {
		until = 0
	}
	return s, until.Time(), err
}

func (h *handlers) personDevices(r *http.Request, who admin.Caller, personID string) ([]page.PersonDevice, error) {
	ctx := r.Context()
	devices, err := h.Store.Devices(ctx, personID)
	if err != nil {
		return nil, err
	}
	subs, err := h.Store.Subscriptions(ctx, personID)
	if err != nil {
		return nil, err
	}
	var out []page.PersonDevice
	for _, d := range devices {
		row := page.PersonDevice{
			ID:      d.ID,
			Name:    deviceName(who, d),
			State:   d.State,
			Seen:    d.LastSeenAt.Time(),
			Skipped: d.PushChoice == app.PushSkipped,
		}
		c, err := h.Store.Credential(ctx, d.CredentialID)
		if err != nil && !errors.Is(err, app.ErrUnknownPasskey) {
			return nil, err
		}
		row.NoPasskey, row.Unfit, row.Synced = err != nil || c.RevokedAt != 0, c.UnfitAt != 0, c.BackedUp
		for _, sub := range subs {
			if sub.DeviceID == d.ID {
				row.Reached, row.Opened, row.Push = sub.LastAcceptedAt.Time(), sub.LastOpenedAt.Time(), sub.EndedAt == 0
				row.Proven, row.Error = sub.ProvenAt != 0, sub.LastError
			}
		}
		out = append(out, row)
	}
	return out, nil
}

func personPath(id string) string { return "/admin/people/" + url.PathEscape(id) }

// newPerson is the form of a new one.
func (h *handlers) newPerson(w http.ResponseWriter, r *http.Request, _ admin.Grant[may.EditPeople]) error {
	return h.show(w, r, http.StatusOK, page.PersonForm{}.Page(h.frame(r)))
}

func readPerson(r *http.Request, form guard.Form) (p page.PersonForm, ids, companies []string) {
	lines := func(name string) []string {
		var out []string
		for line := range strings.Lines(form.Get(name)) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
		return out
	}
	p = page.PersonForm{
		ID:          r.PathValue("id"),
		Name:        form.Get("name"),
		Identifiers: form.Get("identifiers"),
		Companies:   form.Get("companies"),
	}
	return p, lines("identifiers"), lines("companies")
}

// allowed is what whoever sent the form of a person agreed to.
func allowed(form guard.Form) []store.Allow {
	if form.Get("move") == "yes" {
		return []store.Allow{store.AllowMove}
	}
	return nil
}

// addPerson adds one.
func (h *handlers) addPerson(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.EditPeople],
	form guard.Form,
) error {
	typed, ids, companies := readPerson(r, form)
	p, err := h.Admins.AddPerson(r.Context(), who, typed.Name, ids, companies, allowed(form)...)
	if h.misread(&typed, r, err, ids) {
		return h.show(w, r, http.StatusUnprocessableEntity, typed.Page(h.frame(r)))
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, personPath(p.ID)+"?done=added")
}

// misread puts what is wrong with a person's form into words.
func (h *handlers) misread(form *page.PersonForm, r *http.Request, err error, ids []string) bool {
	var e *app.Error
	if !errors.As(err, &e) || !errors.Is(err, app.ErrMalformed) && !errors.As(err, new(*app.IdentifierRefusal)) {
		return false
	}
	w := h.words(r)
	var refused *app.IdentifierRefusal
	switch {
	case errors.As(err, &refused):
		form.Fault, form.Moves = page.Refused(w, refused), errors.Is(err, app.ErrIdentifierMoves)
	case e.Field == "name":
		form.Fault = w.T("admin.people.name_fault")
	case e.Field == "company":
		form.Fault = w.T("admin.people.company_fault")
	default:
		form.Fault = w.T("admin.people.id_fault")
		if i := slices.IndexFunc(ids, func(id string) bool { _, err := people.Parse(id); return err != nil }); i >= 0 {
			form.Fault = w.T("admin.people.id_fault_of", "value", i18n.Plain(ids[i]))
		}
	}
	return true
}

// askEdit is the form of one who is there.
func (h *handlers) askEdit(w http.ResponseWriter, r *http.Request, who admin.Grant[may.EditPeople]) error {
	p, err := h.lookedAt(r, who)
	if err != nil {
		return err
	}
	ids, err := h.Store.HeldIdentifiers(r.Context(), p.ID)
	if err != nil {
		return err
	}
	companies, err := h.Store.Companies(r.Context(), p.ID)
	if err != nil {
		return err
	}
	form := page.PersonForm{ID: p.ID, Name: p.Name, Companies: strings.Join(companies, "\n")}
	for _, id := range ids {
		form.Identifiers += string(id.Kind) + ":" + id.Value + "\n"
	}
	return h.show(w, r, http.StatusOK, form.Page(h.frame(r)))
}

// editPerson changes one.
func (h *handlers) editPerson(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.EditPeople],
	form guard.Form,
) error {
	typed, ids, companies := readPerson(r, form)
	err := h.Admins.EditPerson(r.Context(), who, typed.ID, typed.Name, ids, companies, allowed(form)...)
	if h.misread(&typed, r, err, ids) {
		return h.show(w, r, http.StatusUnprocessableEntity, typed.Page(h.frame(r)))
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, personPath(typed.ID)+"?done=edited")
}

// did goes back to a person's page after a change.
func (h *handlers) did(w http.ResponseWriter, r *http.Request, what string, err error) error {
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, personPath(r.PathValue("id"))+"?done="+what)
}

// setPersonState suspends one or lets them in again.
func (h *handlers) setPersonState(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.SuspendPeople],
	form guard.Form,
) error {
	state := app.PersonState(form.Get("state"))
	return h.did(w, r, string(state), h.Admins.SetPersonState(r.Context(), who, r.PathValue("id"), state))
}

// askErase says what goes and what stays.
func (h *handlers) askErase(w http.ResponseWriter, r *http.Request, who admin.Grant[may.RemovePeople]) error {
	p, err := h.lookedAt(r, who)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, page.ErasePerson{ID: p.ID, Name: h.nameOf(r, who, p)}.Page(h.frame(r)))
}

// erase forgets one.
func (h *handlers) erase(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.RemovePeople],
	_ guard.Form,
) error {
	if err := h.Admins.ErasePerson(r.Context(), who, r.PathValue("id")); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/admin/people?erased")
}

// invite makes a link and shows it, once.
func (h *handlers) invite(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.InvitePeople],
	form guard.Form,
) error {
	letter := form.Get("way") == "letter"
	if letter && h.LinkAlone {
		return h.showPerson(w, r, who, http.StatusConflict,
			page.Person{Fault: h.words(r).T("admin.people.letter_needs_codes")})
	}
	token, ends, err := h.Admins.InvitePerson(r.Context(), who, r.PathValue("id"), h.InviteTTL, letter)
	if err != nil {
		return err
	}
	return h.showInvitation(w, r, who, r.PathValue("id"), token, ends, letter)
}

// showInvitation shows the link of an invitation, once.
func (h *handlers) showInvitation(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Caller,
	personID, token string,
	ends app.Instant,
	letter bool,
) error {
	p, err := h.Store.Person(r.Context(), personID)
	if err != nil {
		return err
	}
	link := page.PersonLink{
		ID:     p.ID,
		Name:   h.nameOf(r, who, p),
		URL:    h.Public.String() + "/enrol/" + token,
		Ends:   ends.Time(),
		Letter: letter,
		Codes:  !h.LinkAlone,
	}
	if who.May(admin.ViewPersonalData) {
		link.Dear = p.Name
	}
	code, err := h.personCode(r, who, p.ID)
	if err != nil {
		return err
	}
	link.Hand = handOf(code)
	return h.show(w, r, http.StatusOK, link.Page(h.frame(r)))
}

// withdraw ends links that nobody used.
func (h *handlers) withdraw(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.InvitePeople],
	_ guard.Form,
) error {
	return h.did(w, r, "withdrawn", h.Admins.WithdrawInvitations(r.Context(), who, r.PathValue("id")))
}

// code makes an activation code and shows it, once.
func (h *handlers) code(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.IssueActivation],
	form guard.Form,
) error {
	said := form.Get("words")
	digits, ends, err := h.Admins.ActivationCode(r.Context(), who, r.PathValue("id"), said)
	switch {
	case errors.Is(err, app.ErrNoInvitation):
		return h.showPerson(w, r, who, http.StatusConflict, page.Person{Fault: h.words(r).T("admin.people.no_link")})
	case errors.Is(err, app.ErrOwnLink):
		return h.showPerson(w, r, who, http.StatusForbidden, page.Person{Fault: h.words(r).T("admin.code.colleague")})
	case errors.Is(err, app.ErrRelatedLink):
		return h.showPerson(w, r, who, http.StatusForbidden, page.Person{Fault: h.words(r).T("admin.code.related")})
	case errors.Is(err, app.ErrMalformed):
		return h.showPerson(w, r, who, http.StatusUnprocessableEntity,
			page.Person{Words: said, WordFault: h.words(r).T("admin.code.fault")})
	}
	if err != nil {
		return err
	}
	p, err := h.Store.Person(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	needs, err := h.personCode(r, who, p.ID)
	if err != nil {
		return err
	}
	made := page.PersonCode{
		ID:     p.ID,
		Name:   h.nameOf(r, who, p),
		Digits: app.SpaceActivationCode(digits),
		Ends:   ends.Time(),
		Alone:  needs.Alone,
	}
	return h.show(w, r, http.StatusOK, made.Page(h.frame(r)))
}

// personCode tells what is needed to make a code for a person.
func (h *handlers) personCode(r *http.Request, who admin.Caller, id string) (admin.CodeNeeds, error) {
	seen, err := admin.Also[may.ViewPeople](r.Context(), who)
	if err != nil {
		return admin.CodeNeeds{}, err
	}
	return h.Admins.PersonCode(r.Context(), seen, id)
}

// handOf is whose hand makes a code, for a page to say.
func handOf(c admin.CodeNeeds) page.CodeHand {
	switch {
	case c.Colleague:
		return page.HandColleague
	case c.Related:
		return page.HandRelated
	case c.Alone:
		return page.HandAlone
	}
	return page.HandFree
}

// clearPause lifts the pause of a report.
func (h *handlers) clearPause(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ClearPause],
	_ guard.Form,
) error {
	err := h.Admins.ClearPause(r.Context(), who, r.PathValue("id"))
	if errors.Is(err, app.ErrAlreadyCompleted) {
		err = nil
	}
	return h.did(w, r, "cleared", err)
}

// askReset says what removing all devices does.
func (h *handlers) askReset(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ResetDevices]) error {
	p, err := h.lookedAt(r, who)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, page.RemoveDevices{PersonID: p.ID, Person: h.nameOf(r, who, p)}.Page(h.frame(r)))
}

// resetDevices ends all devices of a person's.
func (h *handlers) resetDevices(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ResetDevices],
	_ guard.Form,
) error {
	return h.did(w, r, "reset", h.Admins.ResetDevices(r.Context(), who, r.PathValue("id")))
}

// askRemoveDevice says what removing one does.
func (h *handlers) askRemoveDevice(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ResetDevices]) error {
	p, err := h.lookedAt(r, who)
	if err != nil {
		return err
	}
	d, err := h.Store.Device(r.Context(), r.PathValue("device"))
	if err != nil {
		return err
	}
	if d.PersonID != p.ID || d.State == app.DeviceRemoved {
		return app.ErrUnknownDevice
	}
	return h.show(w, r, http.StatusOK,
		page.RemoveDevices{
			PersonID: p.ID,
			Person:   h.nameOf(r, who, p),
			DeviceID: d.ID,
			Device:   deviceName(who, d),
		}.Page(h.frame(r)))
}

// removeDevice ends a device.
func (h *handlers) removeDevice(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ResetDevices],
	_ guard.Form,
) error {
	return h.did(w, r, "removed", h.Admins.RemoveDevice(r.Context(), who, r.PathValue("id"), r.PathValue("device")))
}
