package passkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"assent/app"
	"assent/store"
)

// Holder is someone whose passkeys are kept elsewhere than people's: the
// console's relying party serves them, under user handles and purposes of their
// own.
type Holder struct {
	Handle  string // WebAuthn user handle: at most 64 bytes, and never a person's id
	AdminID string // for the audit of what is refused
	Name    string // by which authenticators tell accounts apart
	Records []string
}

func (h Holder) account() (holder, error) {
	u := holder{h: h}
	for _, r := range h.Records {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(r), &c); err != nil {
			return u, fmt.Errorf("credential of %s: %w", h.Handle, err)
		}
		u.credentials = append(u.credentials, c)
	}
	return u, nil
}

type holder struct {
	h           Holder
	credentials []webauthn.Credential
}

func (u holder) WebAuthnID() []byte                         { return []byte(u.h.Handle) }
func (u holder) WebAuthnName() string                       { return u.h.Name }
func (u holder) WebAuthnDisplayName() string                { return u.h.Name }
func (u holder) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

// Key is a passkey that was made or used: what there is to store of it.
type Key struct {
	ID         string // base64url of the raw credential id
	Record     string // the library's credential record, JSON
	BackedUp   bool
	BackupElig bool
	Synced     bool // it became a passkey that can be copied
}

func keyOf(c *webauthn.Credential) (Key, error) {
	record, err := used(c)
	return Key{
		ID:         credentialID(c.ID),
		Record:     record,
		BackedUp:   c.Flags.BackupState,
		BackupElig: c.Flags.BackupEligible,
	}, err
}

// BeginMaking starts making a passkey for h, of a kind that the policy accepts.
// purpose and subject must be the same when it ends.
func (s *Service) BeginMaking(ctx context.Context, purpose, subject string, h Holder) (Prompt, error) {
	u, err := h.account()
	if err != nil {
		return Prompt{}, err
	}
	options, session, err := s.admins.BeginRegistration(u)
	if err != nil {
		return Prompt{}, err
	}
	options.Response.RelyingParty.Name = s.Institution()
	s.policy.ask(&options.Response)
	return s.begin(ctx, store.Ceremony{Purpose: purpose, Subject: subject}, session, options)
}

// FinishMaking checks the passkey that BeginMaking asked for, and that the
// policy accepts it. Storing it is up to the caller; a refusal is recorded.
func (s *Service) FinishMaking(ctx context.Context, by app.Actor, purpose, subject string, h Holder, ceremony string,
	response []byte) (Key, error) {
	session, err := s.takeFor(ctx, purpose, subject, ceremony)
	if err != nil {
		return Key{}, err
	}
	u, err := h.account()
	if err != nil {
		return Key{}, err
	}
	try := attempt{purpose: purpose, by: by, admin: h.AdminID}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Key{}, s.refuse(ctx, try, err)
	}
	try.aaguid = parsed.Response.AttestationObject.AuthData.AttData.AAGUID
	c, err := s.admins.CreateCredential(u, session, parsed)
	if err != nil {
		return Key{}, s.refuse(ctx, try, err)
	}
	if err := s.policy.accept(ctx, c, s.admins.Config); err != nil {
		return Key{}, s.refuse(ctx, try, err)
	}
	return keyOf(c)
}

// BeginAsking asks for a passkey of h, or, where h has none, for whichever the
// browser offers.
func (s *Service) BeginAsking(ctx context.Context, purpose, subject string, h Holder) (Prompt, error) {
	var options *protocol.CredentialAssertion
	var session *webauthn.SessionData
	u, err := h.account()
	if err != nil {
		return Prompt{}, err
	}
	if len(h.Records) > 0 {
		options, session, err = s.admins.BeginLogin(u, webauthn.WithUserVerification(protocol.VerificationRequired))
	} else {
		options, session, err = s.admins.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	}
	if err != nil {
		return Prompt{}, err
	}
	return s.begin(ctx, store.Ceremony{Purpose: purpose, Subject: subject}, session, options)
}

// FinishAsking checks the assertion that BeginAsking asked for. find gives the
// holder of a passkey with that one record, or why it isn't accepted. Storing
// its use is up to the caller.
func (s *Service) FinishAsking(ctx context.Context, purpose, subject, ceremony string, response []byte,
	find func(id string) (Holder, error)) (Key, error) {
	session, err := s.takeFor(ctx, purpose, subject, ceremony)
	if err != nil {
		return Key{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Key{}, refused(err)
	}
	h, err := find(credentialID(parsed.RawID))
	if err != nil {
		return Key{}, err
	}
	u, err := h.account()
	if err != nil {
		return Key{}, err
	}
	var stored webauthn.Credential
	for i, known := range u.credentials {
		if bytes.Equal(known.ID, parsed.RawID) {
			stored, u.credentials[i] = known, asserting(known, parsed)
		}
	}
	var c *webauthn.Credential
	if len(session.UserID) > 0 {
		c, err = s.admins.ValidateLogin(u, session, parsed)
	} else {
		c, err = s.admins.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
			if string(handle) != h.Handle {
				return nil, app.ErrUnknownPasskey
			}
			return u, nil
		}, session, parsed)
	}
	if err != nil {
		return Key{}, refused(err)
	}
	if err := s.policy.becomes(stored.Flags.BackupEligible, c.Flags.BackupEligible); err != nil {
		return Key{}, err
	}
	key, err := keyOf(c)
	key.Synced = stored.Flags.BackupEligible != c.Flags.BackupEligible
	return key, err
}

// takeFor takes a ceremony that must be about subject.
func (s *Service) takeFor(ctx context.Context, purpose, subject, id string) (webauthn.SessionData, error) {
	c, session, err := s.take(ctx, purpose, id)
	if err == nil && c.Subject != subject {
		return session, app.ErrCeremony
	}
	return session, err
}

// Institution is the name that authenticators show.
func (s *Service) Institution() string {
	if s.name != nil {
		return s.name()
	}
	return s.rp.Config.RPDisplayName
}

// Knows tells whether a passkey of the people's site, by its base64url id, works
// there: a person's, or an administrator's where the console is the same site.
// Browsers forget passkeys that are not known, whoever's they are.
func (s *Service) Knows(ctx context.Context, id string) (bool, error) {
	return s.knows(ctx, s.rp.Config.RPID, id)
}

// ConsoleKnows is Knows for the console's site.
func (s *Service) ConsoleKnows(ctx context.Context, id string) (bool, error) {
	return s.knows(ctx, s.admins.Config.RPID, id)
}

// longestID bounds the id of a credential, in characters: 1023 bytes in base64url
// (WebAuthn Level 3, section 4, "Credential ID").
const longestID = 1364

func (s *Service) knows(ctx context.Context, rpID, id string) (bool, error) {
	if id == "" || len(id) > longestID {
		return false, app.ErrMalformed
	}
	if rpID == s.rp.Config.RPID {
		c, err := s.store.Credential(ctx, id)
		if err != nil && !errors.Is(err, app.ErrUnknownPasskey) {
			return false, err
		}
		if err == nil && c.RevokedAt == 0 {
			return true, nil
		}
	}
	if rpID == s.admins.Config.RPID {
		c, err := s.store.AdminCredential(ctx, id)
		if err != nil && !errors.Is(err, app.ErrUnknownPasskey) {
			return false, err
		}
		return err == nil && c.RevokedAt == 0, nil
	}
	return false, nil
}
