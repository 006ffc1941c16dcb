package people

import (
	"context"
	"time"

	"assent/app"
	"assent/app/spoken"
	"assent/store"
)

// LetterTTL is how long a link in a letter works: the post is slow, and the
// link is worth nothing without a code.
const LetterTTL = 30 * 24 * time.Hour

// InviteByLetter is Invite for a link that goes into a letter.
func (s *Service) InviteByLetter(ctx context.Context, by app.Actor, identifier string) (app.Person, string, error) {
	p, err := s.active(ctx, identifier)
	if err != nil {
		return p, "", err
	}
	token := app.NewToken()
	_, err = s.store.InviteByLetter(ctx, by, p.ID, app.TokenHash(token), s.store.Now().Add(LetterTTL))
	return p, token, err
}

// ActivationCode makes a code for the person whom identifier names, to be read
// out to them while they have their link open: said are the words that they read
// out from its page, and the code works in the browser that shows these alone.
// It ends the one before it. Only its hash is kept. Words that no page shows are
// app.ErrMalformed in the field "words"; without an open link it is
// app.ErrNoInvitation.
func (s *Service) ActivationCode(ctx context.Context, by app.Actor,
	identifier, said string) (app.Person, app.ActivationCode, string, error) {
	p, err := s.active(ctx, identifier)
	if err != nil {
		return p, app.ActivationCode{}, "", err
	}
	words, err := spoken.Read(said)
	if err != nil {
		return p, app.ActivationCode{}, "", err
	}
	digits, kept := app.NewActivationCode(words.String())
	kept, err = s.store.PutActivationCode(ctx, by, p.ID, kept, store.Separation{})
	return p, kept, digits, err
}

// Words are those by which a browser that has an invitation open is told from
// all others. browser is the value of a cookie that only it holds. Nothing is
// stored of either.
func (s *Service) Words(inv app.Invitation, browser string) spoken.Words {
	return spoken.Of(s.store.Secret("spoken words"), "invitation", inv.ID, browser)
}

// Activate tries the code that was typed for an invitation in a browser: see
// store.Activate. What can't be a code is app.ErrMalformed and costs no try.
func (s *Service) Activate(ctx context.Context, by app.Actor, inv app.Invitation,
	browser, typed string) (id string, left int, err error) {
	digits, err := app.ReadActivationCode(typed)
	if err != nil {
		return "", 0, err
	}
	return s.store.Activate(ctx, by, inv.ID, digits, s.Words(inv, browser).String())
}

// StopComing ends an invitation by which a device is about to be added to the
// person on the device by.
func (s *Service) StopComing(ctx context.Context, by app.Actor, invitationID string) error {
	return s.store.StopComing(ctx, by, invitationID)
}

func (s *Service) active(ctx context.Context, identifier string) (app.Person, error) {
	p, err := s.Named(ctx, identifier)
	if err == nil && p.State != app.PersonActive {
		return p, app.ErrSuspended
	}
	return p, err
}

// InvitePerson makes a link for a person by their id: one that works for ttl,
// or one for a letter. Who must make its code is decided by the rule.
func (s *Service) InvitePerson(
	ctx context.Context,
	by app.Actor,
	personID string,
	ttl time.Duration,
	letter bool,
	rule store.Separation,
) (token string, ends app.Instant, err error) {
	p, err := s.store.Person(ctx, personID)
	if err != nil {
		return "", 0, err
	}
	if p.State != app.PersonActive {
		return "", 0, app.ErrSuspended
	}
	token = app.NewToken()
	if letter {
		ttl = LetterTTL
	}
	in := app.Invitation{PersonID: p.ID, ExpiresAt: s.store.Now().Add(ttl), Letter: letter}
	inv, err := s.store.InviteByAdmin(ctx, by, in, app.TokenHash(token), rule)
	return token, inv.ExpiresAt, err
}

// CodePerson is ActivationCode for a person by their id, by an administrator for
// whom rule holds.
func (s *Service) CodePerson(ctx context.Context, by app.Actor, personID, said string,
	rule store.Separation) (digits string, ends app.Instant, err error) {
	p, err := s.store.Person(ctx, personID)
	if err != nil {
		return "", 0, err
	}
	if p.State != app.PersonActive {
		return "", 0, app.ErrSuspended
	}
	words, err := spoken.Read(said)
	if err != nil {
		return "", 0, err
	}
	digits, kept := app.NewActivationCode(words.String())
	kept, err = s.store.PutActivationCode(ctx, by, p.ID, kept, rule)
	return digits, kept.ExpiresAt, err
}
