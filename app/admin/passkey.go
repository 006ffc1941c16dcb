package admin

import (
	"context"
	"errors"

	"assent/app"
	"assent/app/admin/may"
	"assent/app/passkey"
	"assent/app/spoken"
	"assent/store"
)

// The purposes of the console's ceremonies. None is ever taken for one of a
// person's.
const (
	purposeSetUp   = "admin set-up"
	purposeSignIn  = "admin sign-in"
	purposeConfirm = "admin confirm"
)

// handlePrefix keeps administrators' WebAuthn user handles apart from people's.
const handlePrefix = "admin:"

func holder(a app.Admin, institution string, records ...string) passkey.Holder {
	return passkey.Holder{
		Handle:  handlePrefix + a.ID,
		AdminID: a.ID,
		Name:    a.Email + " · " + institution,
		Records: records,
	}
}

// Browser is where a session begins.
type Browser struct {
	Name   string // such as "Firefox on Windows"
	Source string // remote address
	Cookie string // by which it is told from others while it isn't signed in
}

func (b Browser) guest() app.Actor { return app.Actor{Kind: app.ActorAdmin, Source: b.Source} }

func (b Browser) session() app.AdminSession {
	return app.AdminSession{ID: app.NewID(), Source: b.Source, Browser: b.Name}
}

// Link finds the set-up link of a token, and its administrator, or why it can't
// be used.
func (s *Service) Link(ctx context.Context, token string) (app.AdminLink, app.Admin, error) {
	l, err := s.store.AdminLink(ctx, app.TokenHash(token))
	if err == nil {
		err = l.Check(s.store.Now())
	}
	if err != nil {
		return l, app.Admin{}, err
	}
	a, err := s.store.Admin(ctx, l.AdminID)
	if err == nil && a.State != app.AdminActive {
		err = app.ErrSuspended
	}
	return l, a, err
}

// activation is what a browser brings beside a set-up link.
func (s *Service) activation(b Browser) app.Activation {
	a := app.Activation{LinkAlone: s.uses.LinkAlone}
	if b.Cookie != "" {
		a.ID = app.TokenHash(b.Cookie)
	}
	return a
}

// Activated tells whether the browser may go on with a set-up link:
// app.ErrActivation where its code must be typed first.
func (s *Service) Activated(l app.AdminLink, b Browser) error {
	return l.Activated(s.activation(b), s.store.Now())
}

// Words are those by which a browser that has a set-up link open is told from
// all others.
func (s *Service) Words(l app.AdminLink, b Browser) spoken.Words {
	return spoken.Of(s.store.Secret("spoken words"), "set-up link", l.ID, b.Cookie)
}

// Activate tries the code that was typed for a set-up link: see
// store.ActivateAdmin. What can't be a code is app.ErrMalformed and costs no try.
func (s *Service) Activate(ctx context.Context, l app.AdminLink, b Browser, typed string) (left int, err error) {
	digits, err := app.ReadActivationCode(typed)
	if err != nil {
		return 0, err
	}
	return s.store.ActivateAdmin(ctx, b.guest(), l.ID, digits, s.Words(l, b).String(), app.TokenHash(b.Cookie))
}

// BeginSetUp starts making the passkey of the administrator whose link it is, in
// the browser that it was activated in.
func (s *Service) BeginSetUp(ctx context.Context, token string, b Browser) (passkey.Prompt, error) {
	l, a, err := s.Link(ctx, token)
	if err == nil {
		err = s.Activated(l, b)
	}
	if err != nil {
		return passkey.Prompt{}, err
	}
	return s.passkeys.BeginMaking(ctx, purposeSetUp, l.ID, holder(a, s.passkeys.Institution()))
}

// FinishSetUp uses the link up and signs the administrator in. Earlier passkeys
// and sessions of theirs end.
func (s *Service) FinishSetUp(
	ctx context.Context,
	token, ceremony string,
	response []byte,
	b Browser,
) (app.AdminSession, error) {
	l, a, err := s.Link(ctx, token)
	if err == nil {
		err = s.Activated(l, b)
	}
	if err != nil {
		return app.AdminSession{}, err
	}
	by := b.guest()
	by.ID = a.ID
	key, err := s.passkeys.FinishMaking(ctx, by, purposeSetUp, l.ID, holder(a, s.passkeys.Institution()), ceremony,
		response)
	if err != nil {
		return app.AdminSession{}, err
	}
	return s.store.SetUpAdmin(ctx, b.guest(),
		store.AdminSetUp{
			LinkID:     l.ID,
			Activation: s.activation(b),
			Session:    b.session(),
			Credential: app.AdminCredential{
				ID: key.ID, AdminID: a.ID, Record: key.Record, BackedUp: key.BackedUp, BackupElig: key.BackupElig},
		})
}

// KnowsPasskey tells whether a passkey works at the console's site: an
// administrator's, or a person's where people use the same site.
func (s *Service) KnowsPasskey(ctx context.Context, id string) (bool, error) {
	return s.passkeys.ConsoleKnows(ctx, id)
}

// BeginSignIn starts a sign-in with whichever passkey the browser offers.
func (s *Service) BeginSignIn(ctx context.Context) (passkey.Prompt, error) {
	return s.passkeys.BeginAsking(ctx, purposeSignIn, "", passkey.Holder{})
}

// FinishSignIn checks the assertion and begins a session. A passkey that is not
// one of an active administrator is refused, and the refusal counted: the first of
// an hour, and of each administrator, is in the audit.
func (s *Service) FinishSignIn(
	ctx context.Context,
	ceremony string,
	response []byte,
	b Browser,
) (app.AdminSession, error) {
	var owner app.Admin
	session, err := func() (app.AdminSession, error) {
		key, err := s.passkeys.FinishAsking(ctx, purposeSignIn, "", ceremony, response,
			func(id string) (passkey.Holder, error) {
				row, err := s.credential(ctx, id)
				if err != nil {
					return passkey.Holder{}, err
				}
				owner, err = s.store.Admin(ctx, row.AdminID)
				return holder(owner, s.passkeys.Institution(), row.Record), err
			})
		if err != nil {
			return app.AdminSession{}, err
		}
		return s.store.SignInAdmin(ctx, b.guest(), use(owner.ID, key), b.session())
	}()
	var refusal *app.Error
	if errors.As(err, &refusal) && refusal.Kind == app.Forbidden {
		detail, label := map[string]string{"why": refusal.Code}, "sign_in"
		if owner.ID != "" {
			detail["admin"] = owner.ID
			label += "/" + owner.ID
		}
		err = errors.Join(err, s.store.RefuseStranger(ctx, b.guest(), "admin.sign_in_refused", label, detail))
	}
	return session, err
}

// BeginConfirm asks for the passkey that who's session began with.
func (s *Service) BeginConfirm(ctx context.Context, who Grant[may.UseConsole]) (passkey.Prompt, error) {
	id := who.Identity()
	row, err := s.credential(ctx, id.Session.CredentialID)
	if err != nil {
		return passkey.Prompt{}, err
	}
	asked := holder(id.Admin, s.passkeys.Institution(), row.Record)
	return s.passkeys.BeginAsking(ctx, purposeConfirm, id.Session.ID, asked)
}

// FinishConfirm checks the assertion that BeginConfirm asked for: for
// app.AdminFresh the session may do what is dangerous.
func (s *Service) FinishConfirm(
	ctx context.Context,
	who Grant[may.UseConsole],
	ceremony string,
	response []byte,
) error {
	id, by := who.Identity(), who.actor()
	find := func(used string) (passkey.Holder, error) {
		if used != id.Session.CredentialID {
			return passkey.Holder{}, app.ErrUnknownPasskey
		}
		row, err := s.credential(ctx, used)
		return holder(id.Admin, s.passkeys.Institution(), row.Record), err
	}
	key, err := s.passkeys.FinishAsking(ctx, purposeConfirm, id.Session.ID, ceremony, response, find)
	if err != nil {
		return err
	}
	return s.store.ConfirmAdmin(ctx, by, use(id.Admin.ID, key), id.Session.ID)
}

func (s *Service) credential(ctx context.Context, id string) (app.AdminCredential, error) {
	row, err := s.store.AdminCredential(ctx, id)
	if err == nil && row.RevokedAt != 0 {
		return row, app.ErrUnknownPasskey
	}
	return row, err
}

func use(adminID string, k passkey.Key) store.AdminUse {
	return store.AdminUse{
		AdminID:      adminID,
		CredentialID: k.ID,
		Record:       k.Record,
		BackedUp:     k.BackedUp,
		Synced:       k.Synced,
	}
}
