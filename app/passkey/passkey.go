// Package passkey runs the WebAuthn ceremonies: making a passkey while
// enrolling, signing in with one, and signing an approval. User verification
// is required in each; a challenge is a row that is used once.
//
// Source: W3C Web Authentication Level 3.
package passkey

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"assent/app"
	"assent/store"
)

// Limit is how long a person may take over one prompt.
const Limit = 5 * time.Minute

// The purposes of a ceremony; one is never taken for another.
const (
	purposeEnrol    = "enrol"
	purposeSignIn   = "sign-in"
	purposeApproval = "approval"
)

// Service is the relying party.
type Service struct {
	store *store.Store
	rp    *webauthn.WebAuthn
}

// New makes the relying party of the site at public, whose host is the RP id.
// institution is the name that authenticators show.
func New(st *store.Store, public *url.URL, institution string) (*Service, error) {
	limit := webauthn.TimeoutConfig{Enforce: true, Timeout: Limit, TimeoutUVD: Limit}
	rp, err := webauthn.New(&webauthn.Config{
		RPID:                  public.Hostname(),
		RPDisplayName:         institution,
		RPOrigins:             []string{public.Scheme + "://" + public.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts:                          webauthn.TimeoutsConfig{Login: limit, Registration: limit},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore, // some password managers add outputs nobody asked for
	})
	if err != nil {
		return nil, fmt.Errorf("relying party: %w", err)
	}
	return &Service{store: st, rp: rp}, nil
}

// Prompt is what the browser needs to ask the person: the ceremony's id and
// the options for navigator.credentials.
type Prompt struct {
	Ceremony string `json:"ceremony"`
	Options  any    `json:"options"`
}

// Browser describes the browser that a ceremony ran in.
type Browser struct {
	Name         string // for a new device, such as "Chrome on Android"
	Platform     string
	SessionKey   string // of the session to be
	Hash         string // of the recognition cookie that it will hold
	Known        string // hash of the one it came with, or empty
	InApp        bool   // display-mode standalone
	AppExpected  bool   // a browser tab whose Home Screen app is to continue (iOS)
	InvitationID string // of the link that led to a sign-in, or empty
}

// account is a person as the library wants them.
type account struct {
	person      app.Person
	credentials []webauthn.Credential
}

func (a account) WebAuthnID() []byte                         { return []byte(a.person.ID) }
func (a account) WebAuthnName() string                       { return a.person.Name }
func (a account) WebAuthnDisplayName() string                { return a.person.Name }
func (a account) WebAuthnCredentials() []webauthn.Credential { return a.credentials }

func (s *Service) account(ctx context.Context, p app.Person) (account, error) {
	rows, err := s.store.Credentials(ctx, p.ID)
	if err != nil {
		return account{}, err
	}
	a := account{person: p}
	for _, row := range rows {
		c, err := decode(row)
		if err != nil {
			return account{}, err
		}
		a.credentials = append(a.credentials, c)
	}
	return a, nil
}

func decode(row app.Credential) (webauthn.Credential, error) {
	var c webauthn.Credential
	if err := json.Unmarshal([]byte(row.Record), &c); err != nil {
		return c, fmt.Errorf("credential %s: %w", row.ID, err)
	}
	return c, nil
}

// BeginEnrol starts making a passkey for the person who holds the invitation.
// The person's passkeys are excluded, so that an authenticator that has one
// says so instead of replacing it.
func (s *Service) BeginEnrol(ctx context.Context, inv app.Invitation) (Prompt, error) {
	if err := inv.Check(s.store.Now()); err != nil {
		return Prompt{}, err
	}
	p, err := s.person(ctx, inv.PersonID)
	if err != nil {
		return Prompt{}, err
	}
	a, err := s.account(ctx, p)
	if err != nil {
		return Prompt{}, err
	}
	options, session, err := s.rp.BeginRegistration(a, webauthn.WithExclusions(webauthn.Credentials(a.credentials).CredentialDescriptors()))
	if err != nil {
		return Prompt{}, err
	}
	return s.begin(ctx, store.Ceremony{Purpose: purposeEnrol, PersonID: p.ID, Subject: inv.ID}, session, options)
}

// FinishEnrol checks the new passkey and enrols the browser as a device. inv
// must be the invitation that the ceremony was begun for.
func (s *Service) FinishEnrol(ctx context.Context, by app.Actor, inv app.Invitation, ceremony string, response []byte, b Browser) (app.Device, error) {
	c, session, err := s.take(ctx, purposeEnrol, ceremony)
	if err != nil {
		return app.Device{}, err
	}
	if c.Subject != inv.ID {
		return app.Device{}, app.ErrCeremony
	}
	p, err := s.person(ctx, c.PersonID)
	if err != nil {
		return app.Device{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return app.Device{}, refused(err)
	}
	cred, err := s.rp.CreateCredential(account{person: p}, session, parsed)
	if err != nil {
		return app.Device{}, refused(err)
	}
	record, err := json.Marshal(cred)
	if err != nil {
		return app.Device{}, err
	}
	e := store.Enrolment{
		InvitationID: c.Subject,
		Credential: app.Credential{ID: credentialID(cred.ID), Record: string(record),
			BackedUp: cred.Flags.BackupState, BackupElig: cred.Flags.BackupEligible},
		Device:      app.Device{PersonID: p.ID, Name: b.Name, Platform: b.Platform, SessionKey: b.SessionKey},
		BrowserHash: b.Hash, KnownBrowser: b.Known,
	}
	if b.AppExpected {
		e.Device.AppUntil = s.store.Now().Add(store.AppWindow)
	}
	return s.store.Enrol(ctx, by, e)
}

// BeginSignIn starts a sign-in with whichever passkey the person picks.
func (s *Service) BeginSignIn(ctx context.Context) (Prompt, error) {
	options, session, err := s.rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Prompt{}, err
	}
	return s.begin(ctx, store.Ceremony{Purpose: purposeSignIn}, session, options)
}

// FinishSignIn checks the assertion and signs the browser in as a device.
func (s *Service) FinishSignIn(ctx context.Context, by app.Actor, ceremony string, response []byte, b Browser) (app.Device, error) {
	_, session, err := s.take(ctx, purposeSignIn, ceremony)
	if err != nil {
		return app.Device{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return app.Device{}, refused(err)
	}
	user, cred, err := s.rp.ValidatePasskeyLogin(func(rawID, handle []byte) (webauthn.User, error) {
		row, err := s.store.Credential(ctx, credentialID(rawID))
		if err != nil {
			return nil, err
		}
		if row.RevokedAt != 0 || row.PersonID != string(handle) {
			return nil, app.ErrUnknownPasskey
		}
		p, err := s.person(ctx, row.PersonID)
		if err != nil {
			return nil, err
		}
		c, err := decode(row)
		return account{person: p, credentials: []webauthn.Credential{c}}, err
	}, session, parsed)
	if err != nil {
		return app.Device{}, refused(err)
	}
	record, err := used(cred)
	if err != nil {
		return app.Device{}, err
	}
	return s.store.SignIn(ctx, by, store.SignIn{
		PersonID: string(user.WebAuthnID()), CredentialID: credentialID(cred.ID), Record: record, BackedUp: cred.Flags.BackupState,
		SessionKey: b.SessionKey, BrowserHash: b.Hash, KnownBrowser: b.Known, InApp: b.InApp, InvitationID: b.InvitationID,
		Name: b.Name, Platform: b.Platform,
	})
}

// BeginApproval asks the device's passkey to sign for one request. data is
// what the person is about to approve; FinishApproval gives it back.
func (s *Service) BeginApproval(ctx context.Context, d app.Device, requestID string, data any) (Prompt, error) {
	a, err := s.signer(ctx, d)
	if err != nil {
		return Prompt{}, err
	}
	options, session, err := s.rp.BeginLogin(a, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Prompt{}, err
	}
	about, err := json.Marshal(data)
	if err != nil {
		return Prompt{}, err
	}
	return s.begin(ctx, store.Ceremony{Purpose: purposeApproval, PersonID: d.PersonID, DeviceID: d.ID, Subject: requestID, Data: string(about)}, session, options)
}

// Signature is a verified assertion, as it is kept with the decision.
type Signature struct {
	CredentialID      string                    `json:"credential_id"`
	AuthenticatorData protocol.URLEncodedBase64 `json:"authenticator_data"`
	ClientDataJSON    protocol.URLEncodedBase64 `json:"client_data_json"`
	Signature         protocol.URLEncodedBase64 `json:"signature"`
}

// FinishApproval checks the assertion of the device's passkey over exactly
// this request and decodes into data what BeginApproval was given.
func (s *Service) FinishApproval(ctx context.Context, d app.Device, requestID, ceremony string, response []byte, data any) (Signature, error) {
	c, session, err := s.take(ctx, purposeApproval, ceremony)
	if err != nil {
		return Signature{}, err
	}
	if c.Subject != requestID || c.DeviceID != d.ID {
		return Signature{}, app.ErrCeremony
	}
	a, err := s.signer(ctx, d)
	if err != nil {
		return Signature{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Signature{}, refused(err)
	}
	cred, err := s.rp.ValidateLogin(a, session, parsed)
	if err != nil {
		return Signature{}, refused(err)
	}
	record, err := used(cred)
	if err != nil {
		return Signature{}, err
	}
	if err := s.store.UsePasskey(ctx, credentialID(cred.ID), d.PersonID, record, cred.Flags.BackupState); err != nil {
		return Signature{}, err
	}
	return Signature{
		CredentialID:      credentialID(cred.ID),
		AuthenticatorData: parsed.Raw.AssertionResponse.AuthenticatorData,
		ClientDataJSON:    parsed.Raw.AssertionResponse.ClientDataJSON,
		Signature:         parsed.Raw.AssertionResponse.Signature,
	}, json.Unmarshal([]byte(c.Data), data)
}

// signer is the device's person with the one passkey that this device signs with.
func (s *Service) signer(ctx context.Context, d app.Device) (account, error) {
	p, err := s.person(ctx, d.PersonID)
	if err != nil {
		return account{}, err
	}
	row, err := s.store.Credential(ctx, d.CredentialID)
	if err != nil {
		return account{}, err
	}
	if row.RevokedAt != 0 || row.PersonID != p.ID {
		return account{}, app.ErrUnknownPasskey
	}
	c, err := decode(row)
	return account{person: p, credentials: []webauthn.Credential{c}}, err
}

func (s *Service) person(ctx context.Context, id string) (app.Person, error) {
	p, err := s.store.Person(ctx, id)
	if err == nil && p.State != app.PersonActive {
		return p, app.ErrSuspended
	}
	return p, err
}

func (s *Service) begin(ctx context.Context, c store.Ceremony, session *webauthn.SessionData, options any) (Prompt, error) {
	b, err := json.Marshal(session)
	if err != nil {
		return Prompt{}, err
	}
	c.ID, c.Session, c.ExpiresAt = app.NewID(), string(b), s.store.Now().Add(Limit)
	if err := s.store.PutCeremony(ctx, c); err != nil {
		return Prompt{}, err
	}
	return Prompt{Ceremony: c.ID, Options: options}, nil
}

func (s *Service) take(ctx context.Context, purpose, id string) (store.Ceremony, webauthn.SessionData, error) {
	var session webauthn.SessionData
	c, err := s.store.TakeCeremony(ctx, purpose, id)
	if err != nil {
		return c, session, err
	}
	return c, session, json.Unmarshal([]byte(c.Session), &session)
}

// used is the credential's record after an assertion. A signature counter that
// went backwards means that the key exists twice: it is not accepted.
func used(c *webauthn.Credential) (string, error) {
	if c.Authenticator.CloneWarning {
		return "", app.ErrPasskey.Because(errors.New("the signature counter went backwards"))
	}
	b, err := json.Marshal(c)
	return string(b), err
}

// refused hides the library's reason inside a refusal that people may see.
func refused(err error) error {
	var known *app.Error
	if errors.As(err, &known) {
		return known
	}
	var detail *protocol.Error
	if errors.As(err, &detail) {
		return app.ErrPasskey.Because(fmt.Errorf("%s: %s", detail.Details, detail.DevInfo))
	}
	return app.ErrPasskey.Because(err)
}

func credentialID(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
