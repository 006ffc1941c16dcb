package passkey

import (
	"bytes"
	"context"
	"errors"

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
	return s.begin(ctx, store.Ceremony{Purpose: purposeConfirm, PersonID: d.PersonID, DeviceID: d.ID, Subject: what},
		session, options)
}

// FinishConfirm checks the assertion that BeginConfirm asked for, and gives
// what was confirmed.
func (s *Service) FinishConfirm(ctx context.Context, d app.Device, ceremony string,
	response []byte) (what string, err error) {
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

// asserted checks an assertion of the one passkey of a and stores its use. One
// that fails is counted: the passkey may have become of no use on its device.
func (s *Service) asserted(
	ctx context.Context,
	try attempt,
	a account,
	session webauthn.SessionData,
	response []byte,
) (*protocol.ParsedCredentialAssertionData, *webauthn.Credential, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, nil, s.refuse(ctx, try, err)
	}
	stored := a.credentials[0]
	if !bytes.Equal(parsed.RawID, stored.ID) {
		return nil, nil, s.refuse(ctx, try, cause("other_passkey"))
	}
	use := store.PasskeyUse{PersonID: a.person.ID, DeviceID: try.device, CredentialID: credentialID(stored.ID)}
	a.credentials = []webauthn.Credential{asserting(stored, parsed)}
	cred, err := s.rp.ValidateLogin(a, session, parsed)
	if err != nil {
		return nil, nil, s.fail(ctx, try, use, err)
	}
	if use.Record, err = used(cred); err != nil {
		return nil, nil, s.fail(ctx, try, use, err)
	}
	if err := s.policy.becomes(stored.Flags.BackupEligible, cred.Flags.BackupEligible); err != nil {
		return nil, nil, s.fail(ctx, try, use, err)
	}
	use.BackedUp, use.Synced = cred.Flags.BackupState, stored.Flags.BackupEligible != cred.Flags.BackupEligible
	return parsed, cred, s.store.UsePasskey(ctx, try.by, use)
}

// fail refuses what a passkey signed on its device, and says so where it has
// become unfit.
func (s *Service) fail(ctx context.Context, try attempt, use store.PasskeyUse, err error) error {
	refusal := s.refuse(ctx, try, err)
	unfit, err := s.store.PasskeyFailed(ctx, try.by, use, errors.Is(err, app.ErrPasskeyUnfit))
	if err != nil {
		return errors.Join(refusal, err)
	}
	if unfit {
		return app.ErrPasskeyUnfit.Because(refusal)
	}
	return refusal
}

// Origin is where passkeys sign: the site's scheme and host.
func (s *Service) Origin() string { return s.rp.Config.RPOrigins[0] }
