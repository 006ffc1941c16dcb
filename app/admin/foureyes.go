package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"assent/app"
	"assent/app/admin/may"
	"assent/app/identifier"
	"assent/app/people"
	"assent/app/settings"
	"assent/store"
)

// Action is something that may wait for a second administrator.
type Action string

// The actions.
const (
	ActionInvite        Action = "person.invite"
	ActionAddPerson     Action = "person.add"
	ActionEditPerson    Action = "person.edit"
	ActionErasePerson   Action = "person.erase"
	ActionStartImport   Action = "import.start"
	ActionAddAdmin      Action = "admin.add"
	ActionLinkAdmin     Action = "admin.link"
	ActionSetRole       Action = "admin.role"
	ActionSetState      Action = "admin.state"
	ActionBranding      Action = "settings.branding"
	ActionProtection    Action = "settings.protection"
	ActionRetention     Action = "settings.retention"
	ActionReset         Action = "settings.reset"
	ActionRevert        Action = "settings.revert"
	ActionFourEyesAreas Action = "settings.four_eyes"
)

// The payloads of proposals, by action.
type (
	// Invitation is an ActionInvite.
	Invitation struct {
		Letter bool `json:"letter,omitempty"`
	}
	// PersonEdit is an ActionAddPerson or ActionEditPerson, in the forms that
	// people.Add takes. Base is the hash of the person as they were when it was
	// proposed: who has changed since is left as they are.
	PersonEdit struct {
		Name        string   `json:"name"`
		Identifiers []string `json:"identifiers"`
		Companies   []string `json:"companies,omitempty"`
		Base        string   `json:"base,omitempty"`

		Allow []store.Allow `json:"allow,omitempty"`
	}
	// ImportStart is an ActionStartImport.
	ImportStart struct {
		store.ProposedFile
		File string `json:"file"` // its name
	}
	// NewAdmin is an ActionAddAdmin.
	NewAdmin struct {
		Email string        `json:"email"`
		Name  string        `json:"name"`
		Role  app.AdminRole `json:"role"`
	}
	// AdminChange is an ActionSetRole or ActionSetState.
	AdminChange struct {
		Role  app.AdminRole  `json:"role,omitempty"`
		State app.AdminState `json:"state,omitempty"`
	}
	// Choice is one of the actions on settings: the value, made from version
	// Based. A reset has no value, a revert the version that it brings back.
	Choice struct {
		Name    settings.Name   `json:"name"`
		Value   json.RawMessage `json:"value,omitempty"`
		Based   int64           `json:"based"`
		Version int64           `json:"version,omitempty"`
		// Picture is the logo that the value names, where it is a new one. It is
		// kept nowhere else until it is chosen, and forgotten with the payload.
		Picture *store.Logo `json:"picture,omitempty"`
	}
)

// action is how an action waits and what carries it out.
type action struct {
	area       app.Area
	permission Permission
	// run carries it out at once when it is confirmed. Without it the proposer
	// does, who is shown a link then that is shown once.
	run func(context.Context, *Service, app.Actor, app.Proposal) error
}

var actions = map[Action]action{
	ActionInvite:        {app.AreaEnrolment, InvitePeople, nil},
	ActionAddAdmin:      {app.AreaOwners, ManageAdmins, nil},
	ActionLinkAdmin:     {app.AreaOwners, ManageAdmins, nil},
	ActionSetRole:       {app.AreaOwners, ManageAdmins, runAdminChange},
	ActionSetState:      {app.AreaOwners, ManageAdmins, runAdminChange},
	ActionAddPerson:     {app.AreaIdentifiers, EditPeople, runAddPerson},
	ActionEditPerson:    {app.AreaIdentifiers, EditPeople, runEditPerson},
	ActionErasePerson:   {app.AreaIdentifiers, RemovePeople, runErasePerson},
	ActionStartImport:   {app.AreaIdentifiers, EditPeople, runStartImport},
	ActionBranding:      {app.AreaSettings, ChangeSettings, runChoice},
	ActionProtection:    {app.AreaSettings, ChangeSettings, runChoice},
	ActionRetention:     {app.AreaSettings, ChangeSettings, runChoice},
	ActionReset:         {app.AreaSettings, ChangeSettings, runChoice},
	ActionRevert:        {app.AreaSettings, ChangeSettings, runChoice},
	ActionFourEyesAreas: {app.AreaSettings, ChangeSettings, runChoice},
}

// MakesLink tells whether carrying the action out shows a link, once: its proposer
// does that.
func (a Action) MakesLink() bool { return actions[a].run == nil }

// Waits is what a use case answers whose action now waits for a second
// administrator: nothing was done yet.
type Waits struct{ Proposal string }

// Error implements error.
func (w Waits) Error() string { return "the action waits for a second administrator" }

// second gives Waits where the policy wants a second administrator for an
// action about subject, and nil where it may be done at once.
func (s *Service) second(ctx context.Context, by app.Actor, what Action, subject string, payload any) error {
	if s.uses.Settings == nil {
		return nil
	}
	now, _, err := s.uses.Settings.FourEyes(ctx)
	if err != nil || !slices.Contains(now.Areas, actions[what].area) {
		return err
	}
	return s.propose(ctx, by, what, subject, payload)
}

func (s *Service) propose(ctx context.Context, by app.Actor, what Action, subject string, payload any) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	p, err := s.store.Propose(ctx, by,
		app.Proposal{Area: actions[what].area, Action: string(what), Subject: subject, Payload: string(b)})
	if err != nil {
		return err
	}
	return Waits{p.ID}
}

// Proposals lists what waits, and what became of what waited lately, as far as
// the role has the permission behind it.
func (s *Service) Proposals(ctx context.Context, who Grant[may.ViewProposals]) ([]store.ProposalRow, error) {
	who.check()
	rows, err := s.store.Proposals(ctx, 200)
	return slices.DeleteFunc(rows, func(p store.ProposalRow) bool { return !sees(who, p.Proposal) }), err
}

// Proposal gives one; one that the role can't see is as unknown as none.
func (s *Service) Proposal(ctx context.Context, who Grant[may.ViewProposals], id string) (store.ProposalRow, error) {
	who.check()
	p, err := s.store.Proposal(ctx, id)
	if err == nil && !sees(who, p.Proposal) {
		err = app.ErrUnknownProposal
	}
	return p, err
}

// ProposedLogo gives the logo as it is, or as a proposal would make it: to who
// may see the proposal, while it is open. None is app.ErrUnknownVersion.
func (s *Service) ProposedLogo(
	ctx context.Context,
	who Grant[may.ViewProposals],
	id string,
	proposed bool,
) (store.Logo, error) {
	who.check()
	p, err := s.Proposal(ctx, who, id)
	if err != nil {
		return store.Logo{}, err
	}
	if p.Area != app.AreaSettings || p.Payload == "" {
		return store.Logo{}, app.ErrUnknownVersion
	}
	var in Choice
	if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
		return store.Logo{}, err
	}
	if in.Name != settings.BrandingName {
		return store.Logo{}, app.ErrUnknownVersion
	}
	if !proposed {
		return s.store.Logo(ctx, s.uses.Settings.Current().Branding.Logo)
	}
	if in.Picture != nil {
		return *in.Picture, nil
	}
	value := string(in.Value)
	if in.Version != 0 {
		version, err := s.store.Choice(ctx, in.Version)
		if err != nil {
			return store.Logo{}, err
		}
		value = version.Value
	}
	var b settings.Branding
	if value != "" {
		if err := json.Unmarshal([]byte(value), &b); err != nil {
			return store.Logo{}, err
		}
	}
	return s.store.Logo(ctx, b.Logo)
}

// ChosenLogo gives the logo of a version of the branding.
func (s *Service) ChosenLogo(ctx context.Context, who Grant[may.ViewSettings], version int64) (store.Logo, error) {
	who.check()
	c, err := s.store.Choice(ctx, version)
	if err != nil {
		return store.Logo{}, err
	}
	var b settings.Branding
	if settings.Name(c.Name) != settings.BrandingName {
		return store.Logo{}, app.ErrUnknownVersion
	}
	if err := json.Unmarshal([]byte(c.Value), &b); err != nil {
		return store.Logo{}, err
	}
	return s.store.Logo(ctx, b.Logo)
}

func sees(who Caller, p app.Proposal) bool {
	return who.May(actions[Action(p.Action)].permission)
}

// Confirm lets a proposal be carried out, and does so where its outcome is
// nothing that is shown once. A refusal then is the proposal's, not an error.
func (s *Service) Confirm(ctx context.Context, who Fresh[may.DecideProposals], id string) error {
	by := who.actor()
	p, a, err := s.decidable(ctx, who, id)
	if err != nil {
		return err
	}
	confirmed, err := s.store.DecideProposal(ctx, by, id, true, a.permission.Roles())
	if err != nil || a.run == nil {
		return err
	}
	confirmed.Payload = p.Payload
	return s.carryOut(ctx, by, a, confirmed)
}

// Refuse ends a proposal.
func (s *Service) Refuse(ctx context.Context, who Fresh[may.DecideProposals], id string) error {
	by := who.actor()
	_, a, err := s.decidable(ctx, who, id)
	if err != nil {
		return err
	}
	_, err = s.store.DecideProposal(ctx, by, id, false, a.permission.Roles())
	return err
}

// Withdraw takes one's own proposal back.
func (s *Service) Withdraw(ctx context.Context, who Grant[may.ViewProposals], id string) error {
	by := who.actor()
	return s.store.WithdrawProposal(ctx, by, id)
}

// decidable gives a proposal that who may decide: the permission behind it is
// theirs, and it isn't about themselves. Whether it is their own is for the
// store to say, where it is decided.
func (s *Service) decidable(ctx context.Context, who Caller, id string) (app.Proposal, action, error) {
	seen, err := Also[may.ViewProposals](ctx, who)
	if err != nil {
		return app.Proposal{}, action{}, err
	}
	p, err := s.Proposal(ctx, seen, id)
	if err != nil {
		return p.Proposal, action{}, err
	}
	a := actions[Action(p.Action)]
	if _, err := s.may(ctx, who, a.permission); err != nil {
		return p.Proposal, a, err
	}
	themselves, err := s.themselves(ctx, who.Identity(), p.Proposal)
	if err == nil && themselves {
		err = app.ErrOwnProposal
	}
	return p.Proposal, a, err
}

// ownIdentifiers are those by which an administrator may be a person as well:
// their e-mail address, as whatever kind of identifier it stands.
func ownIdentifiers(who Identity) []app.Identifier {
	return append(identifier.Readings(who.Admin.Email), app.Identifier{Kind: app.Email, Norm: who.Admin.EmailNorm})
}

// themselves tells whether a proposal about people is about who decides: one of
// the people has, or is to get, their e-mail address.
func (s *Service) themselves(ctx context.Context, who Identity, p app.Proposal) (bool, error) {
	own := ownIdentifiers(who)
	theirs := func(ids []app.Identifier) bool {
		return slices.ContainsFunc(ids, func(id app.Identifier) bool { return slices.ContainsFunc(own, id.Same) })
	}
	switch Action(p.Action) {
	case ActionInvite, ActionEditPerson, ActionErasePerson:
		held, err := s.store.HeldIdentifiers(ctx, p.Subject)
		for _, id := range held {
			if theirs([]app.Identifier{id.Identifier}) {
				return true, nil
			}
		}
		if err != nil {
			return false, err
		}
	case ActionStartImport:
		var in ImportStart
		if p.Payload == "" { // it is over
			return false, nil
		}
		if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
			return false, err
		}
		return s.importIsAboutThem(ctx, who, in.Import)
	}
	switch Action(p.Action) {
	case ActionAddPerson, ActionEditPerson:
		var edit PersonEdit
		if err := json.Unmarshal([]byte(p.Payload), &edit); err != nil {
			return false, err
		}
		_, ids, _, err := people.Read(edit.Name, edit.Identifiers, edit.Companies)
		return err == nil && theirs(ids), err
	}
	return false, nil
}

// carryOut runs a confirmed proposal and records what became of it.
func (s *Service) carryOut(ctx context.Context, by app.Actor, a action, p app.Proposal) error {
	ctx = context.WithoutCancel(ctx) // who asked may hang up; what was done is written down
	err := a.run(ctx, s, by, p)
	var refusal *app.Error
	var faults settings.Faults
	switch {
	case err == nil:
		return s.store.ProposalDone(ctx, by, p.ID)
	case errors.As(err, &refusal):
		return s.store.ProposalFailed(ctx, by, p.ID, false, refusal.Code)
	case errors.As(err, &faults):
		return s.store.ProposalFailed(ctx, by, p.ID, false, app.ErrMalformed.Code)
	}
	return err
}

// Taken is what carrying out a confirmed proposal gave: a link, shown once.
type Taken struct {
	Action Action
	Token  string
	Ends   app.Instant

	PersonID string    // of an invitation
	Letter   bool      // it goes into a letter
	Admin    app.Admin // of an administrator's link
}

// Take carries out one's own proposal that was confirmed: once. invite is how
// long a link lives that isn't for a letter.
func (s *Service) Take(
	ctx context.Context,
	who Fresh[may.DecideProposals],
	id string,
	invite time.Duration,
) (Taken, error) {
	who.check()
	seen, err := Also[may.ViewProposals](ctx, who)
	if err != nil {
		return Taken{}, err
	}
	shown, err := s.Proposal(ctx, seen, id)
	if err != nil {
		return Taken{}, err
	}
	a := actions[Action(shown.Action)]
	by, err := s.may(ctx, who, a.permission)
	if err != nil {
		return Taken{}, err
	}
	if a.run != nil {
		if shown.ProposedBy != by.ID {
			return Taken{}, app.ErrOwnProposal
		}
		if !s.Interrupted(shown.Proposal) {
			return Taken{}, app.ErrProposalOver
		}
		return Taken{}, s.carryOut(ctx, by, a, shown.Proposal)
	}
	p, err := s.store.TakeProposal(ctx, by, id, a.permission.Roles())
	if err != nil {
		return Taken{}, err
	}
	out, err := s.link(ctx, by, p, invite)
	var refusal *app.Error
	if errors.As(err, &refusal) {
		err = errors.Join(err, s.store.ProposalFailed(ctx, by, p.ID, true, refusal.Code))
	}
	return out, err
}

// interrupted is how long a confirmation may take to carry a proposal out.
const interrupted = time.Minute

// Interrupted tells whether a proposal was confirmed and then not carried out,
// though its confirmation should have done that.
func (s *Service) Interrupted(p app.Proposal) bool {
	return p.State == app.ProposalConfirmed && !Action(p.Action).MakesLink() &&
		s.store.Now().Sub(p.DecidedAt) >= interrupted
}

// link makes the link of a proposal that was taken.
func (s *Service) link(ctx context.Context, by app.Actor, p app.Proposal, invite time.Duration) (Taken, error) {
	out := Taken{Action: Action(p.Action)}
	switch out.Action {
	case ActionInvite:
		var in Invitation
		if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
			return out, err
		}
		var err error
		out.PersonID, out.Letter = p.Subject, in.Letter
		out.Token, out.Ends, err = s.uses.People.InvitePerson(ctx, by, p.Subject, invite, in.Letter,
			s.separation(IssueActivation))
		return out, err
	case ActionAddAdmin:
		var in NewAdmin
		if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
			return out, err
		}
		made, err := s.registry.Add(ctx, by, in.Email, in.Name, in.Role)
		out.Admin, out.Token, out.Ends = made.Admin, made.Token, made.Ends
		return out, err
	case ActionLinkAdmin:
		made, err := s.registry.Link(ctx, by, p.Subject)
		out.Admin, out.Token, out.Ends = made.Admin, made.Token, made.Ends
		return out, err
	}
	return out, fmt.Errorf("the action %q makes no link", p.Action)
}

func runAddPerson(ctx context.Context, s *Service, by app.Actor, p app.Proposal) error {
	var in PersonEdit
	if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
		return err
	}
	_, err := s.uses.People.Add(ctx, by, in.Name, in.Identifiers, in.Companies, in.Allow...)
	return err
}

func runEditPerson(ctx context.Context, s *Service, by app.Actor, p app.Proposal) error {
	var in PersonEdit
	if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
		return err
	}
	base, err := s.baseOf(ctx, p.Subject)
	if err != nil {
		return err
	}
	if base != in.Base {
		return app.ErrChanged
	}
	_, err = s.uses.People.Edit(ctx, by, p.Subject, in.Name, in.Identifiers, in.Companies, in.Allow...)
	return err
}

// baseOf is the hash of what editing a person changes, as it is now.
func (s *Service) baseOf(ctx context.Context, personID string) (string, error) {
	p, err := s.store.Person(ctx, personID)
	if err != nil {
		return "", err
	}
	ids, err := s.store.Identifiers(ctx, personID)
	if err != nil {
		return "", err
	}
	companies, err := s.store.Companies(ctx, personID)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal([]any{p.Name, ids, companies})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

func runErasePerson(ctx context.Context, s *Service, by app.Actor, p app.Proposal) error {
	return s.uses.People.Erase(ctx, by, p.Subject)
}

func runStartImport(ctx context.Context, s *Service, by app.Actor, p app.Proposal) error {
	var in ImportStart
	if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
		return err
	}
	_, err := s.uses.Imports.Start(ctx, by, in.Import, in.SHA256)
	return err
}

func runAdminChange(ctx context.Context, s *Service, by app.Actor, p app.Proposal) error {
	var in AdminChange
	if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
		return err
	}
	if in.State != "" {
		return s.store.SetAdminState(ctx, by, p.Subject, in.State)
	}
	return s.store.SetAdminRole(ctx, by, p.Subject, in.Role)
}

func runChoice(ctx context.Context, s *Service, by app.Actor, p app.Proposal) error {
	var in Choice
	if err := json.Unmarshal([]byte(p.Payload), &in); err != nil {
		return err
	}
	set := s.uses.Settings
	switch Action(p.Action) {
	case ActionReset:
		return set.Reset(ctx, by, in.Name, in.Based)
	case ActionRevert:
		_, err := set.Revert(ctx, by, in.Version, in.Based)
		return err
	case ActionBranding:
		var b settings.Branding
		if err := json.Unmarshal(in.Value, &b); err != nil {
			return err
		}
		var picture []store.Logo
		if in.Picture != nil {
			picture = append(picture, *in.Picture)
		}
		return set.ChooseBranding(ctx, by, b, in.Based, picture...)
	case ActionProtection:
		var c settings.Protection
		if err := json.Unmarshal(in.Value, &c); err != nil {
			return err
		}
		return set.ChooseProtection(ctx, by, c, in.Based)
	case ActionRetention:
		var c settings.Retention
		if err := json.Unmarshal(in.Value, &c); err != nil {
			return err
		}
		return set.ChooseRetention(ctx, by, c, in.Based)
	case ActionFourEyesAreas:
		var c settings.FourEyes
		if err := json.Unmarshal(in.Value, &c); err != nil {
			return err
		}
		return set.ChooseFourEyes(ctx, by, c, in.Based)
	}
	return fmt.Errorf("the action %q chooses nothing", p.Action)
}

// SetFourEyes chooses which actions wait for a second administrator. An area
// may be added where two administrators can sign in who have the permission
// behind it; taking one away waits for a second administrator itself.
func (s *Service) SetFourEyes(
	ctx context.Context,
	who Fresh[may.ChangeSettings],
	e settings.FourEyes,
	based int64,
) error {
	by := who.actor()
	if err := s.uses.Settings.Check(e); err != nil {
		return err
	}
	was, _, err := s.uses.Settings.FourEyes(ctx)
	if err != nil {
		return err
	}
	var added, removed bool
	for _, a := range app.Areas {
		switch has, had := slices.Contains(e.Areas, a), slices.Contains(was.Areas, a); {
		case has && !had:
			added = true
			// Owners answer for who else may confirm, so two of them are needed for any.
			for _, needed := range []app.Area{a, app.AreaOwners} {
				if n, err := s.able(ctx, needed); err != nil {
					return err
				} else if n < 2 {
					return settings.Faults{{
						Field: "areas",
						Key:   "admin.settings.fault.area_alone",
						Pairs: []any{"area", string(needed)},
					}}
				}
			}
		case !has && had:
			removed = true
		}
	}
	value, err := json.Marshal(e)
	if err != nil {
		return err
	}
	choice := Choice{Name: settings.FourEyesName, Value: value, Based: based}
	switch {
	case removed:
		return s.propose(ctx, by, ActionFourEyesAreas, "", choice)
	case added:
		if err := s.second(ctx, by, ActionFourEyesAreas, "", choice); err != nil {
			return err
		}
	}
	return s.uses.Settings.ChooseFourEyes(ctx, by, e, based)
}

// able counts the administrators who can sign in and have a permission that
// confirming proposals of an area needs.
func (s *Service) able(ctx context.Context, area app.Area) (n int, err error) {
	rows, err := s.store.Admins(ctx)
	for _, row := range rows {
		if row.State != app.AdminActive || row.Passkeys == 0 {
			continue
		}
		if confirms(row.Role, area) {
			n++
		}
	}
	return n, err
}

// chosen is second for a choice, which is checked first so that its faults stand
// in the form, not in a proposal.
func (s *Service) chosen(
	ctx context.Context,
	by app.Actor,
	what Action,
	name settings.Name,
	value any,
	based int64,
	picture ...store.Logo,
) error {
	if err := s.uses.Settings.Check(value); err != nil {
		return err
	}
	b, err := json.Marshal(value)
	if err != nil {
		return err
	}
	c := Choice{Name: name, Value: b, Based: based}
	for _, l := range picture {
		c.Picture = &l
	}
	return s.second(ctx, by, what, "", c)
}

// secondForVersion is second for going back to an earlier version or to none. Of
// the choice of areas itself either may take one away, and waits.
func (s *Service) secondForVersion(ctx context.Context, by app.Actor, what Action, c Choice) error {
	if c.Name == settings.FourEyesName {
		return s.propose(ctx, by, what, "", c)
	}
	return s.second(ctx, by, what, "", c)
}

// secondForAdmin is second for what makes somebody an administrator of a role, or
// lets one in: where they could confirm in an area of the policy, or are an
// owner and owners wait. Else one administrator could make their own second.
func (s *Service) secondForAdmin(
	ctx context.Context,
	by app.Actor,
	what Action,
	adminID string,
	payload any,
	role app.AdminRole,
) error {
	if s.uses.Settings == nil {
		return nil
	}
	now, _, err := s.uses.Settings.FourEyes(ctx)
	if err != nil || !slices.ContainsFunc(now.Areas, func(a app.Area) bool { return confirms(role, a) }) {
		return err
	}
	return s.propose(ctx, by, what, adminID, payload)
}

// confirms tells whether a role could confirm an action of an area.
func confirms(role app.AdminRole, area app.Area) bool {
	for _, a := range actions {
		if a.area == area && a.permission.Allows(role) {
			return true
		}
	}
	return false
}

// secondForOwner is second for taking something from an owner.
func (s *Service) secondForOwner(ctx context.Context, by app.Actor, what Action, adminID string, payload any) error {
	a, err := s.store.Admin(ctx, adminID)
	if err != nil || a.Role != app.RoleOwner {
		return err
	}
	return s.second(ctx, by, what, adminID, payload)
}
