package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/i18n"
	"assent/app/people"
	"assent/app/settings"
	"assent/store"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/httpx"
)

const proposalsPath = "/admin/proposals"

func (h *handlers) proposalRoutes() []guard.Route {
	return []guard.Route{
		guard.Get[may.ViewProposals]("/admin/proposals", h.proposals),
		guard.Get[may.ViewProposals]("/admin/proposals/{id}", h.proposal),
		guard.Get[may.ViewProposals]("/admin/proposals/{id}/logo/{which}", h.proposedLogo),
		guard.PostFresh[may.DecideProposals]("/admin/proposals/{id}/confirm", h.confirmProposal),
		guard.PostFresh[may.DecideProposals]("/admin/proposals/{id}/refuse", h.refuseProposal),
		guard.PostFresh[may.DecideProposals]("/admin/proposals/{id}/take", h.takeProposal),
		guard.Post[may.ViewProposals]("/admin/proposals/{id}/withdraw", h.withdrawProposal),
	}
}

// proposalCount is how many wait, for the menu; empty where none does.
func (h *handlers) proposalCount(r *http.Request, w i18n.Words) (string, error) {
	n, err := h.Store.OpenProposals(r.Context())
	if n == 0 {
		return "", err
	}
	return page.Figure(w, n), err
}

// proposals lists what waits for a second administrator, and what became of it.
func (h *handlers) proposals(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewProposals]) error {
	rows, err := h.Admins.Proposals(r.Context(), who)
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		if err := h.look(r, who, store.Looked{Kind: store.LookList, List: "proposals"}); err != nil {
			return err
		}
	}
	f := h.frame(r)
	p := page.Proposals{}
	for _, row := range rows {
		one, err := h.proposalRow(r, who, f.Words, row)
		if err != nil {
			return err
		}
		p.List = append(p.List, one)
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

func (h *handlers) proposalRow(
	r *http.Request,
	who admin.Caller,
	w i18n.Words,
	row store.ProposalRow,
) (page.ProposalRow, error) {
	what, err := h.proposed(r, who, w, row.Proposal)
	return page.ProposalRow{
		ID:    row.ID,
		What:  what,
		Who:   row.Proposer,
		State: row.State,
		Made:  row.CreatedAt.Time(),
		Until: row.ExpiresAt.Time(),
		Yours: row.ProposedBy == who.Identity().Admin.ID,
	}, err
}

// proposed says what a proposal is to do, as the beginning of a sentence.
func (h *handlers) proposed(r *http.Request, who admin.Caller, w i18n.Words, p app.Proposal) (string, error) {
	key := i18n.Key("admin.proposals.what." + strings.ReplaceAll(p.Action, ".", "_"))
	switch admin.Action(p.Action) {
	case admin.ActionInvite, admin.ActionEditPerson, admin.ActionErasePerson:
		of, err := h.Store.Person(r.Context(), p.Subject)
		if errors.Is(err, app.ErrUnknownPerson) {
			return w.T(key, "name", p.Subject), nil
		}
		return w.T(key, "name", h.nameOf(r, who, of)), err
	case admin.ActionLinkAdmin, admin.ActionSetRole, admin.ActionSetState:
		of, err := h.Store.Admin(r.Context(), p.Subject)
		if errors.Is(err, app.ErrUnknownAdmin) {
			return w.T(key, "name", p.Subject), nil
		}
		return w.T(key, "name", of.Name), err
	}
	return w.T(key), nil
}

// proposal shows one, with what would change.
func (h *handlers) proposal(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewProposals]) error {
	return h.showProposal(w, r, who, http.StatusOK, "")
}

// proposedLogo draws the logo as it is, or as it is to be.
func (h *handlers) proposedLogo(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewProposals]) error {
	which := r.PathValue("which")
	if which != "now" && which != "then" {
		return app.ErrUnknownVersion
	}
	l, err := h.Admins.ProposedLogo(r.Context(), who, r.PathValue("id"), which == "then")
	if err != nil {
		return err
	}
	return drawLogo(w, l)
}

// drawLogo answers with a logo, for this browser alone.
func drawLogo(w http.ResponseWriter, l store.Logo) error {
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(l.PNG)
	return err
}

func (h *handlers) showProposal(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Caller,
	status int,
	fault string,
) error {
	seen, err := admin.Also[may.ViewProposals](r.Context(), who)
	if err != nil {
		return err
	}
	row, err := h.Admins.Proposal(r.Context(), seen, r.PathValue("id"))
	if err != nil {
		return err
	}
	if of := aboutPerson(row.Proposal); of != "" {
		if err := h.look(r, who, store.Looked{Kind: store.LookPerson, PersonID: of}); err != nil {
			return err
		}
	}
	f := h.frame(r)
	p := page.Proposal{
		Fault:     fault,
		Decider:   row.Decider,
		Decided:   row.DecidedAt.Time(),
		Ended:     row.EndedAt.Time(),
		Takes:     admin.Action(row.Action).MakesLink() || h.Admins.Interrupted(row.Proposal),
		MakesLink: admin.Action(row.Action).MakesLink(),
		Fresh:     r.URL.Query().Has("new"),
	}
	if p.ProposalRow, err = h.proposalRow(r, who, f.Words, row); err != nil {
		return err
	}
	if row.Cause != "" {
		p.Cause = page.Told(f.Words, row.Cause)
	}
	if p.Changes, err = h.changes(r, who, f.Words, row.Proposal); err != nil {
		return err
	}
	if p.Marked, err = h.proposedRows(r, who, row.Proposal); err != nil {
		return err
	}
	return h.show(w, r, status, p.Page(f))
}

// aboutPerson is the person whom a proposal is about; empty for another.
func aboutPerson(p app.Proposal) string {
	switch admin.Action(p.Action) {
	case admin.ActionInvite, admin.ActionEditPerson, admin.ActionErasePerson:
		return p.Subject
	}
	return ""
}

// changes are what a proposal would change, from and to. One that is over holds
// nothing any more.
func (h *handlers) changes(r *http.Request, who admin.Caller, w i18n.Words, p app.Proposal) ([]page.Change, error) {
	if p.Payload == "" {
		return nil, nil
	}
	read := func(v any) error { return json.Unmarshal([]byte(p.Payload), v) }
	switch admin.Action(p.Action) {
	case admin.ActionInvite:
		var in admin.Invitation
		key := map[bool]i18n.Key{false: "admin.proposals.way_link", true: "admin.proposals.way_letter"}
		if err := read(&in); err != nil {
			return nil, err
		}
		_, about, err := h.personNow(r, who, w, p.Subject)
		return append(about, page.Change{Label: w.T("admin.proposals.way"), Now: w.T(key[in.Letter])}), err
	case admin.ActionAddPerson, admin.ActionEditPerson:
		var in admin.PersonEdit
		if err := read(&in); err != nil {
			return nil, err
		}
		return h.personChanges(r, who, w, p.Subject, in)
	case admin.ActionStartImport:
		return h.importChanges(r, w, p)
	case admin.ActionAddAdmin:
		var in admin.NewAdmin
		err := read(&in)
		return []page.Change{{Label: w.T("admin.admins.email"), Now: in.Email},
			{Label: w.T("admin.admins.name"), Now: in.Name},
			{Label: w.T("admin.admins.role"), Now: page.Role(w, in.Role)}}, err
	case admin.ActionSetRole, admin.ActionSetState:
		var in admin.AdminChange
		of, err := h.Store.Admin(r.Context(), p.Subject)
		if err != nil {
			return nil, err
		}
		if err := read(&in); err != nil {
			return nil, err
		}
		out := []page.Change{{Label: w.T("admin.admins.email"), Was: of.Email, Now: of.Email}}
		if in.State != app.AdminActive {
			out = append(out,
				page.Change{Label: w.T("admin.proposals.signed_in"), Now: w.T("admin.proposals.sessions_end")})
		}
		if in.State != "" {
			return append(out,
				page.Change{
					Label: w.T("admin.admins.state"),
					Was:   w.T(adminStates[of.State]),
					Now:   w.T(adminStates[in.State]),
				}), nil
		}
		return append(out,
			page.Change{Label: w.T("admin.admins.role"), Was: page.Role(w, of.Role), Now: page.Role(w, in.Role)}), nil
	case admin.ActionLinkAdmin:
		return h.linkChanges(r, w, p.Subject)
	case admin.ActionErasePerson:
		_, all, err := h.personNow(r, who, w, p.Subject)
		for i := range all {
			all[i].Now = w.T("admin.proposals.erased")
		}
		return all, err
	}
	var in admin.Choice
	if err := read(&in); err != nil {
		return nil, err
	}
	return h.choiceChanges(r, w, p.ID, in)
}

// importChanges are what an import would do, by its counts; see markedRows for
// the rows.
func (h *handlers) importChanges(r *http.Request, w i18n.Words, p app.Proposal) ([]page.Change, error) {
	var in admin.ImportStart
	if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
		return nil, err
	}
	out := []page.Change{
		{Label: w.T("admin.proposals.file"), Now: in.File, Path: importPath + "/" + url.PathEscape(in.Import)},
		{Label: w.T("admin.import.size"), Now: page.FileSize(w, in.Bytes)},
		{Label: w.T("admin.import.digest"), Now: in.SHA256, Digest: true},
	}
	im, err := h.Store.Import(r.Context(), in.Import)
	if err != nil {
		return nil, err
	}
	return append(out,
		page.Change{Label: w.T("admin.import.holds"), Now: page.ImportKind(w, im)},
		page.Change{Label: w.T("admin.import.rows"), Now: page.ImportTallies(w, im)},
	), nil
}

// proposedRows are the first rows of a proposed import that the administrator who confirms it
// should look at; nil for another proposal, and where the import can't run.
func (h *handlers) proposedRows(r *http.Request, who admin.Caller, p app.Proposal) (*page.MarkedRows, error) {
	if admin.Action(p.Action) != admin.ActionStartImport || p.Payload == "" {
		return nil, nil
	}
	var in admin.ImportStart
	if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
		return nil, err
	}
	im, err := h.Store.Import(r.Context(), in.Import)
	if err != nil || im.State != store.ImportChecked || im.SweptAt != 0 {
		return nil, err
	}
	if err := h.look(r, who, store.Looked{Kind: store.LookList, List: "import"}); err != nil {
		return nil, err
	}
	rows, err := h.markedRows(r, who, im, "", 0, rowsFirst)
	return &rows, err
}

// adminStates are the states of an administrator in words.
var adminStates = map[app.AdminState]i18n.Key{
	app.AdminActive:    "admin.proposals.admin_active",
	app.AdminSuspended: "admin.proposals.admin_suspended",
	app.AdminRemoved:   "admin.proposals.admin_removed",
}

// lines are values one a line, in an order of their own, so that only what
// differs looks different.
func lines(values []string) string {
	return strings.Join(slices.Sorted(slices.Values(values)), "\n")
}

// linkChanges are what a new set-up link does to an administrator.
func (h *handlers) linkChanges(r *http.Request, w i18n.Words, id string) ([]page.Change, error) {
	of, err := h.Store.Admin(r.Context(), id)
	if err != nil {
		return nil, err
	}
	return []page.Change{
		{Label: w.T("admin.admins.email"), Was: of.Email, Now: of.Email},
		{Label: w.T("admin.admins.role"), Was: page.Role(w, of.Role), Now: page.Role(w, of.Role)},
		{Label: w.T("admin.proposals.passkey"), Now: w.T("admin.proposals.passkey_ends")},
	}, nil
}

// personFacts are what proposals change of a person, a list a line each.
type personFacts struct{ name, ids, companies string }

// personNow gives a person as they are: what proposals change of them, and all of
// it as rows with how many devices they have, as far as who may see it.
func (h *handlers) personNow(
	r *http.Request,
	who admin.Caller,
	w i18n.Words,
	personID string,
) (personFacts, []page.Change, error) {
	ctx := r.Context()
	p, err := h.Store.Person(ctx, personID)
	if err != nil {
		return personFacts{}, nil, err
	}
	held, err := h.Store.HeldIdentifiers(ctx, personID)
	if err != nil {
		return personFacts{}, nil, err
	}
	companies, err := h.Store.Companies(ctx, personID)
	if err != nil {
		return personFacts{}, nil, err
	}
	devices, err := h.Store.Devices(ctx, personID)
	if err != nil {
		return personFacts{}, nil, err
	}
	n := 0
	for _, d := range devices {
		if d.State != app.DeviceRemoved {
			n++
		}
	}
	var ids []app.Identifier
	for _, id := range held {
		ids = append(ids, identifierOf(who, id.Identifier))
	}
	out := personFacts{h.nameOf(r, who, p), identifierLines(w, ids), companyLines(companies)}
	rows := []page.Change{
		{Label: w.T("admin.people.name"), Was: out.name},
		{Label: w.T("admin.people.identifiers"), Was: out.ids},
		{Label: w.T("admin.people.devices"), Was: page.Figure(w, n)},
	}
	if len(companies) > 0 && who.May(admin.ViewPersonalData) {
		rows = append(rows, page.Change{Label: w.T("admin.people.companies"), Was: out.companies})
	}
	return out, rows, nil
}

func identifierLines(w i18n.Words, ids []app.Identifier) string {
	var out []string
	for _, id := range ids {
		out = append(out, page.IdentifierWords(w, id))
	}
	return lines(out)
}

func companyLines(companies []string) string {
	var out []string
	for _, c := range companies {
		out = append(out, i18n.CNPJ(c))
	}
	return lines(out)
}

// personChanges compares a person with what they are to be.
func (h *handlers) personChanges(
	r *http.Request,
	who admin.Caller,
	w i18n.Words,
	personID string,
	in admin.PersonEdit,
) ([]page.Change, error) {
	var was personFacts
	if personID != "" {
		var err error
		if was, _, err = h.personNow(r, who, w, personID); err != nil {
			return nil, err
		}
	}
	name, ids, companies, err := people.Read(in.Name, in.Identifiers, in.Companies)
	if err != nil {
		return nil, err
	}
	var out []page.Change
	for _, c := range []page.Change{
		{Label: w.T("admin.people.name"), Was: was.name, Now: name},
		{Label: w.T("admin.people.identifiers"), Was: was.ids, Now: identifierLines(w, ids)},
		{Label: w.T("admin.people.companies"), Was: was.companies, Now: companyLines(companies)},
	} {
		if c.Was != c.Now {
			out = append(out, c)
		}
	}
	moves, err := h.Store.MovesTo(r.Context(), personID, ids)
	if err != nil {
		return nil, err
	}
	for _, m := range moves {
		from, err := h.Store.Person(r.Context(), m.From)
		if err != nil {
			return nil, err
		}
		if err := h.look(r, who, store.Looked{Kind: store.LookPerson, PersonID: from.ID}); err != nil {
			return nil, err
		}
		had := h.nameOf(r, who, from)
		if from.ErasedAt != 0 {
			had = w.T("admin.proposals.erased")
		}
		out = append(out,
			page.Change{Label: w.T("admin.proposals.moves"), Was: had, Now: page.IdentifierWords(w, m.Identifier)})
	}
	return out, nil
}

// choiceChanges compares what counts of a choice with what is to count.
func (h *handlers) choiceChanges(
	r *http.Request,
	w i18n.Words,
	proposal string,
	in admin.Choice,
) ([]page.Change, error) {
	out := []page.Change{{Label: w.T("admin.settings.name"), Now: page.ChoiceWords(w, string(in.Name))}}
	now := string(in.Value)
	if in.Version != 0 {
		version, err := h.Store.Choice(r.Context(), in.Version)
		if err != nil {
			return nil, err
		}
		now = version.Value
		out = append(out, page.Change{Label: w.T("admin.settings.history.what"), Now: w.T("admin.proposals.version",
			"version", in.Version, "when", w.DateTime(version.At.Time()))})
	}
	var was string
	rows, err := h.Store.Choices(r.Context())
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if settings.Name(row.Name) == in.Name {
			was = row.Value
		}
	}
	before, err := h.counting(w, in.Name, was)
	if err != nil {
		return nil, err
	}
	after, err := h.counting(w, in.Name, now)
	if err != nil {
		return nil, err
	}
	labels := slices.Clone(after)
	for _, b := range before {
		if !slices.ContainsFunc(after, func(f page.Fact) bool { return f.Label == b.Label }) {
			labels = append(labels, b)
		}
	}
	of := func(facts []page.Fact, label string) page.Fact {
		i := slices.IndexFunc(facts, func(f page.Fact) bool { return f.Label == label })
		if i < 0 {
			return page.Fact{Label: label, Value: w.T("admin.proposals.as_delivered")}
		}
		return facts[i]
	}
	for _, one := range labels {
		b, a := of(before, one.Label), of(after, one.Label)
		if a == b {
			continue
		}
		c := page.Change{Label: one.Label, Was: b.Value, Now: a.Value, WasColour: b.Colour, NowColour: a.Colour}
		logo := proposalsPath + "/" + url.PathEscape(proposal) + "/logo/"
		if b.Logo != "" {
			c.WasPicture = logo + "now"
		}
		if a.Logo != "" {
			c.NowPicture = logo + "then"
		}
		out = append(out, c)
	}
	return out, nil
}

// counting says what counts where a value of a choice is chosen: where it is
// none, what was set where the service is started, or the default.
func (h *handlers) counting(w i18n.Words, name settings.Name, value string) ([]page.Fact, error) {
	if value == "" || value == "null" {
		b, err := json.Marshal(h.Settings.Unchosen(name))
		if err != nil {
			return nil, err
		}
		value = string(b)
	}
	return chose(w, store.Choice{Name: string(name), Value: value})
}

// decided goes back to a proposal, or says there why it wasn't decided.
func (h *handlers) decided(w http.ResponseWriter, r *http.Request, who admin.Caller, err error) error {
	switch code := codeOf(err); {
	case err == nil:
		return httpx.SeeOther(w, r, proposalsPath+"/"+url.PathEscape(r.PathValue("id")))
	case code == app.ErrOwnProposal.Code, code == app.ErrProposalOver.Code:
		return h.showProposal(w, r, who, httpx.Status(err), page.Told(h.words(r), code))
	}
	return err
}

// confirmProposal lets a proposal be carried out.
func (h *handlers) confirmProposal(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.DecideProposals],
	_ guard.Form,
) error {
	return h.decided(w, r, who, h.Admins.Confirm(r.Context(), who, r.PathValue("id")))
}

// refuseProposal ends one.
func (h *handlers) refuseProposal(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.DecideProposals],
	_ guard.Form,
) error {
	return h.decided(w, r, who, h.Admins.Refuse(r.Context(), who, r.PathValue("id")))
}

// withdrawProposal takes one's own back.
func (h *handlers) withdrawProposal(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Grant[may.ViewProposals],
	_ guard.Form,
) error {
	return h.decided(w, r, who, h.Admins.Withdraw(r.Context(), who, r.PathValue("id")))
}

// takeProposal carries out one's own that was confirmed, and shows the link
// that it makes, once.
func (h *handlers) takeProposal(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.DecideProposals],
	_ guard.Form,
) error {
	taken, err := h.Admins.Take(r.Context(), who, r.PathValue("id"), h.InviteTTL)
	switch {
	case err != nil || taken.Token == "":
		return h.decided(w, r, who, err)
	case taken.PersonID != "":
		return h.showInvitation(w, r, who, taken.PersonID, taken.Token, taken.Ends, taken.Letter)
	}
	return h.showLink(w, r, who, admin.Invited{Admin: taken.Admin, Token: taken.Token, Ends: taken.Ends},
		taken.Action == admin.ActionAddAdmin)
}

// areaWords names an area, also one that isn't there.
func areaWords(w i18n.Words, name string) string {
	if !slices.Contains(app.Areas, app.Area(name)) {
		return i18n.Plain(name)
	}
	return page.AreaWords(w, app.Area(name))
}

// fourEyes is the form of what waits for a second administrator.
func (h *handlers) fourEyes(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewSettings]) error {
	now, version, err := h.Settings.FourEyes(r.Context())
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, h.fourEyesForm(r, who, now, version, "").Page(h.frame(r)))
}

func (h *handlers) fourEyesForm(
	r *http.Request,
	who admin.Caller,
	e settings.FourEyes,
	version int64,
	fault string,
) page.FourEyes {
	p := page.FourEyes{
		SettingsFrame: h.settingsFrame(r, who, fault),
		Version:       version,
		Fixed:         h.fixedBy("four_eyes"),
		On:            map[app.Area]bool{},
	}
	for _, a := range e.Areas {
		p.On[a] = true
	}
	return p
}

func (h *handlers) saveFourEyes(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ChangeSettings],
	form guard.Form,
) error {
	var e settings.FourEyes
	for _, a := range form.All("area") {
		e.Areas = append(e.Areas, app.Area(a))
	}
	err := h.Admins.SetFourEyes(r.Context(), who, e, based(form))
	if err == nil {
		return saved(w, r, "four_eyes", "yes")
	}
	f := h.frame(r)
	by, fault, status, ok := refusal(f.Words, err)
	if !ok {
		return err
	}
	_, version, err := h.Settings.FourEyes(r.Context())
	if err != nil {
		return err
	}
	p := h.fourEyesForm(r, who, e, version, fault)
	p.Faults = by
	return h.show(w, r, status, p.Page(f))
}
