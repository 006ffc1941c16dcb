package admin

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"assent/app"
	"assent/app/admin/may"
	"assent/app/consent"
	"assent/app/health"
	"assent/app/importer"
	"assent/app/passkey"
	"assent/app/people"
	"assent/app/settings"
	"assent/app/spoken"
	"assent/store"
)

// LinkTTL is how long a set-up link works.
const LinkTTL = 24 * time.Hour

// Service is the use cases of the console.
type Service struct {
	store    *store.Store
	passkeys *passkey.Service
	uses     Uses
	registry Registry

	examining sync.Mutex // ACP, for one administrator at a time
}

// Uses are the use cases of other packages that pages of the console lead to.
type Uses struct {
	Consent     *consent.Service
	People      *people.Service
	Settings    *settings.Service
	Imports     *importer.Service
	Connections []health.Connection // to ACP

	CodesByMaker bool // who made a link may make its code too: the rule against it is switched off
	LinkAlone    bool // an administrator's set-up link needs no code: the demo's
}

// New makes the service.
func New(st *store.Store, passkeys *passkey.Service, uses Uses) *Service {
	s := &Service{store: st, passkeys: passkeys, uses: uses}
	s.registry = Registry{Store: st, rule: s.separation(ManageAdmins)}
	return s
}

// separation is the rule for who may make codes by p.
func (s *Service) separation(p Permission) store.Separation {
	if s.uses.CodesByMaker {
		return store.Separation{}
	}
	return store.Separation{Roles: p.Roles()}
}

// CodeNeeds tells of whose link a code is to be made, and whether who must leave
// that to a colleague.
type CodeNeeds struct {
	Open      bool // there is a link that a code can be made for
	Colleague bool // who made it, and another can make its code
	Related   bool // who made it and who asks let one another in lately, and another can make its code
	Alone     bool // who made it, and no other can make its code
}

// PersonCode tells what who needs to make a code for a person.
func (s *Service) PersonCode(ctx context.Context, who Grant[may.ViewPeople], personID string) (CodeNeeds, error) {
	who.check()
	inv, err := s.store.OpenInvitation(ctx, personID)
	return s.codeNeeds(ctx, who.Identity(), inv.MadeBy, inv.CodeBy, IssueActivation, err)
}

// AdminCode tells what who needs to make a code for an administrator.
func (s *Service) AdminCode(ctx context.Context, who Grant[may.ViewAdmins], id string) (CodeNeeds, error) {
	who.check()
	link, err := s.store.OpenAdminLink(ctx, id)
	return s.codeNeeds(ctx, who.Identity(), link.MadeBy, link.CodeBy, ManageAdmins, err)
}

func (s *Service) codeNeeds(
	ctx context.Context,
	who Identity,
	madeBy string,
	need app.CodeMaker,
	p Permission,
	err error,
) (CodeNeeds, error) {
	if errors.Is(err, app.ErrNoInvitation) {
		return CodeNeeds{}, nil
	}
	if err != nil {
		return CodeNeeds{}, err
	}
	hand, err := s.store.JudgeCode(ctx, who.Admin.ID, madeBy, need, s.separation(p))
	switch {
	case errors.Is(err, app.ErrOwnLink):
		return CodeNeeds{Open: true, Colleague: true}, nil
	case errors.Is(err, app.ErrRelatedLink):
		return CodeNeeds{Open: true, Related: true}, nil
	}
	return CodeNeeds{Open: true, Alone: hand == app.SameHand}, err
}

// Identity is who calls: an administrator in one of their sessions, as Sessions
// found them on this request. It proves nothing yet; see Admit.
type Identity struct {
	Kind    Kind
	Admin   app.Admin
	Session app.AdminSession
	Source  string // remote address of the request
}

// May tells whether the role has p. It is for what to show; use cases take a Grant.
func (i Identity) May(p Permission) bool { return i.Kind == Administrator && p.Allows(i.Admin.Role) }

func (i Identity) actor() app.Actor {
	return app.Actor{Kind: app.ActorAdmin, ID: i.Admin.ID, Source: i.Source}
}

// Denied is the refusal of what the role doesn't allow.
type Denied struct {
	Permission Permission
}

// Error implements error.
func (e Denied) Error() string { return fmt.Sprintf("the role lacks %s", e.Permission) }

// Unwrap makes it an app.ErrForbidden.
func (e Denied) Unwrap() error { return app.ErrForbidden }

// allowed refuses a caller who lacks p: what the role lacks is a Denied, which the
// audit records once an hour and the store counts.
func (s *Service) allowed(ctx context.Context, who Identity, p Permission) error {
	if !who.May(p) {
		detail := map[string]string{"admin": who.Admin.ID, "role": string(who.Admin.Role), "permission": string(p)}
		return errors.Join(Denied{p}, s.store.RefuseAdmin(ctx, who.actor(), string(p), detail))
	}
	return nil
}

// confirmed refuses a caller who hasn't shown the passkey a short while ago.
func (s *Service) confirmed(who Identity) error {
	if !who.Session.Fresh(s.store.Now()) {
		return app.ErrUnconfirmed
	}
	return nil
}

// may gives the actor of a caller for a step that needs p too, where only what is
// asked for tells which p that is.
func (s *Service) may(ctx context.Context, c Caller, p Permission) (app.Actor, error) {
	who := c.Identity()
	err := s.allowed(ctx, who, p)
	if err == nil && p.Dangerous() {
		err = s.confirmed(who)
	}
	return who.actor(), err
}

// Invited is an administrator with a set-up link that is shown once.
type Invited struct {
	Admin app.Admin
	Token string
	Ends  app.Instant
}

// AddAdmin adds an administrator and makes their set-up link.
func (s *Service) AddAdmin(
	ctx context.Context,
	who Fresh[may.ManageAdmins],
	email, name string,
	role app.AdminRole,
) (Invited, error) {
	by := who.actor()
	if _, err := normalEmail(strings.TrimSpace(email)); err != nil {
		return Invited{}, err
	}
	if err := s.secondForAdmin(ctx, by, ActionAddAdmin, "", NewAdmin{email, name, role}, role); err != nil {
		return Invited{}, err
	}
	return s.registry.Add(ctx, by, email, name, role)
}

// LinkAdmin makes a new set-up link, for somebody who has lost the passkey.
// Their passkey and sessions end when it is used.
func (s *Service) LinkAdmin(ctx context.Context, who Fresh[may.ManageAdmins], id string) (Invited, error) {
	by := who.actor()
	a, err := s.store.Admin(ctx, id)
	if err != nil {
		return Invited{}, err
	}
	if err := s.secondForAdmin(ctx, by, ActionLinkAdmin, id, nil, a.Role); err != nil {
		return Invited{}, err
	}
	return s.registry.Link(ctx, by, id)
}

// SetRole gives an administrator another role.
func (s *Service) SetRole(ctx context.Context, who Fresh[may.ManageAdmins], id string, role app.AdminRole) error {
	by := who.actor()
	if !role.Known() {
		return app.ErrMalformed.In("role")
	}
	if err := s.secondForOwner(ctx, by, ActionSetRole, id, AdminChange{Role: role}); err != nil {
		return err
	}
	if err := s.secondForAdmin(ctx, by, ActionSetRole, id, AdminChange{Role: role}, role); err != nil {
		return err
	}
	return s.store.SetAdminRole(ctx, by, id, role)
}

// CodeAdmin makes a code for an administrator's open set-up link, to be read out
// to them; see ActivationCode.
func (s *Service) CodeAdmin(
	ctx context.Context,
	who Fresh[may.ManageAdmins],
	id, said string,
) (digits string, ends app.Instant, err error) {
	by := who.actor()
	return s.registry.Code(ctx, by, id, said)
}

// SetState suspends an administrator, lets them in again, or removes them.
func (s *Service) SetState(ctx context.Context, who Fresh[may.ManageAdmins], id string, state app.AdminState) error {
	by := who.actor()
	if state != app.AdminActive && state != app.AdminSuspended && state != app.AdminRemoved {
		return app.ErrMalformed.In("state")
	}
	if err := s.secondForOwner(ctx, by, ActionSetState, id, AdminChange{State: state}); err != nil {
		return err
	}
	if state == app.AdminActive {
		a, err := s.store.Admin(ctx, id)
		if err != nil {
			return err
		}
		if err := s.secondForAdmin(ctx, by, ActionSetState, id, AdminChange{State: state}, a.Role); err != nil {
			return err
		}
	}
	return s.store.SetAdminState(ctx, by, id, state)
}

// EndSession ends another of who's own sessions.
func (s *Service) EndSession(ctx context.Context, who Fresh[may.EndSessions], id string) error {
	by := who.actor()
	return s.store.EndAdminSession(ctx, by, who.Identity().Admin.ID, id)
}

// SignOut ends the session in hand.
func (s *Service) SignOut(ctx context.Context, who Grant[may.UseConsole]) error {
	by := who.actor()
	return s.store.EndAdminSession(ctx, by, who.Identity().Admin.ID, who.Identity().Session.ID)
}

// Preferences are how an administrator wants the console; nil leaves what is.
type Preferences struct{ Lang, Theme, Zone *string }

// SetPreferences stores who's own. An unknown theme is the system's.
func (s *Service) SetPreferences(ctx context.Context, who Grant[may.UseConsole], p Preferences) error {
	by := who.actor()
	if p.Theme != nil && *p.Theme != "light" && *p.Theme != "dark" {
		p.Theme = new("")
	}
	return s.store.SetAdminPreferences(ctx, by, who.Identity().Admin.ID, p.Lang, p.Theme, p.Zone)
}

// Registry adds administrators for whoever may without being one of them: the
// command line. The console goes through Service.
type Registry struct {
	Store *store.Store

	rule store.Separation // of codes for set-up links; none for the command line
}

// Add adds an administrator and makes their set-up link. Without a name they go
// by the address.
func (r Registry) Add(ctx context.Context, by app.Actor, email, name string, role app.AdminRole) (Invited, error) {
	email, name = strings.TrimSpace(email), strings.TrimSpace(name)
	normal, err := normalEmail(email)
	if err != nil {
		return Invited{}, err
	}
	if name == "" {
		name = email
	}
	if len(name) > 200 {
		return Invited{}, app.ErrMalformed.In("name").Because(errors.New("a name has at most 200 bytes"))
	}
	if !role.Known() {
		return Invited{}, app.ErrMalformed.In("role").Because(fmt.Errorf("there is no role %q", role))
	}
	out := Invited{Token: app.NewToken(), Ends: r.Store.Now().Add(LinkTTL)}
	made := app.Admin{Email: email, EmailNorm: normal, Name: name, Role: role}
	out.Admin, err = r.Store.AddAdmin(ctx, by, made, app.TokenHash(out.Token), out.Ends, r.rule)
	return out, err
}

// Link makes a new set-up link.
func (r Registry) Link(ctx context.Context, by app.Actor, id string) (Invited, error) {
	a, err := r.Store.Admin(ctx, id)
	if err != nil {
		return Invited{}, err
	}
	out := Invited{Admin: a, Token: app.NewToken(), Ends: r.Store.Now().Add(LinkTTL)}
	return out, r.Store.LinkAdmin(ctx, by, id, app.TokenHash(out.Token), out.Ends, r.rule)
}

// MoveRPID moves administrators' passkeys from one WebAuthn RP id to another:
// those that there are end, and each active administrator gets a set-up link.
func (r Registry) MoveRPID(ctx context.Context, by app.Actor, from, to string) ([]Invited, error) {
	rows, err := r.Store.Admins(ctx)
	if err != nil {
		return nil, err
	}
	ends, hashes := r.Store.Now().Add(LinkTTL), map[string]string{}
	var out []Invited
	for _, row := range rows {
		if row.State != app.AdminActive {
			continue
		}
		made := Invited{Admin: row.Admin, Token: app.NewToken(), Ends: ends}
		hashes[row.ID] = app.TokenHash(made.Token)
		out = append(out, made)
	}
	return out, r.Store.MoveAdminRPID(ctx, by, from, to, hashes, ends)
}

// Code makes a code for an administrator's open set-up link: said are the words
// that its page shows. Whoever has the data folder may, also for a link of
// theirs.
func (r Registry) Code(
	ctx context.Context,
	by app.Actor,
	id, said string,
) (digits string, ends app.Instant, err error) {
	words, err := spoken.Read(said)
	if err != nil {
		return "", 0, err
	}
	digits, kept := app.NewActivationCode(words.String())
	kept, err = r.Store.PutAdminCode(ctx, by, id, kept, r.rule)
	return digits, kept.ExpiresAt, err
}

// Named finds an administrator by the email address.
func (r Registry) Named(ctx context.Context, email string) (app.Admin, error) {
	normal, err := normalEmail(strings.TrimSpace(email))
	if err != nil {
		return app.Admin{}, err
	}
	return r.Store.AdminByEmail(ctx, normal)
}

// normalEmail is the form in which addresses are compared: Unicode NFC and case
// folding, without telling parts that only the receiving server knows apart.
func normalEmail(email string) (string, error) {
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || len(email) > 254 { // RFC 5321 4.5.3.1.3
		return "", app.ErrMalformed.In("email").Because(fmt.Errorf("%q is not an email address", email))
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(email))), nil
}
