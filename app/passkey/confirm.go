package passkey

import (
	"context"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"assent/app"
	"assent/store"
)

// purposeConfirm is that of a ceremony by which a person confirms something
// else than a request.
const purposeConfirm = "confirm"

// BeginConfirm asks the device's passkey whether it is its person who is about
// to do what names.
func (s *Service) BeginConfirm(ctx context.Context, d app.Device, what string) (Prompt, error) {
	a, err := s.signer(ctx, d)
	if err != nil {
		return Prompt{}, err
	}
	options, session, err := s.rp.BeginLogin(a, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Prompt{}, err
	}
	return s.begin(ctx, store.Ceremony{Purpose: purposeConfirm, PersonID: d.PersonID, DeviceID: d.ID, Subject: what}, session, options)
}

// FinishConfirm checks the assertion that BeginConfirm asked for, and gives
// what was confirmed.
func (s *Service) FinishConfirm(ctx context.Context, d app.Device, ceremony string, response []byte) (what string, err error) {
	c, session, err := s.take(ctx, purposeConfirm, ceremony)
	if err != nil {
		return "", err
	}
	if c.DeviceID != d.ID {
		return "", app.ErrCeremony
	}
	a, err := s.signer(ctx, d)
	if err != nil {
		return "", err
	}
	_, _, err = s.asserted(ctx, trying(purposeConfirm, d, a), a, session, response)
	return c.Subject, err
}

// asserted checks an assertion of the one passkey of a and stores its use.
func (s *Service) asserted(ctx context.Context, try attempt, a account, session webauthn.SessionData, response []byte) (*protocol.ParsedCredentialAssertionData, *webauthn.Credential, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, nil, s.refuse(ctx, try, err)
	}
	cred, err := s.rp.ValidateLogin(a, session, parsed)
	if err != nil {
		return nil, nil, s.refuse(ctx, try, err)
	}
	record, err := used(cred)
	if err != nil {
		return nil, nil, s.refuse(ctx, try, err)
	}
	return parsed, cred, s.store.UsePasskey(ctx, credentialID(cred.ID), a.person.ID, record, cred.Flags.BackupState)
}

// Origin is where passkeys sign: the site's scheme and host.
func (s *Service) Origin() string { return s.rp.Config.RPOrigins[0] }
