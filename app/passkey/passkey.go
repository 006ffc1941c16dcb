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
	"log/slog"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"assent/app"
	"assent/app/i18n"
	"assent/app/receipt"
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
	store  *store.Store
	rp     *webauthn.WebAuthn // of people
	admins *webauthn.WebAuthn // of the holders of passkeys that are kept elsewhere, administrators
	at     Console
	key    receipt.Key
	policy Policy
	log    *slog.Logger
	name   func() string // of the institution now; nil for the one of the start
}

// New makes the relying party of the site at public, whose host is the RP id,
// and that of the console, which is at public too unless WithConsole says
// otherwise. institution is the name that authenticators show. Passkeys belong
// to the RP id that they were made for: another one than the stored passkeys
// have is refused, for administrators' with *Bound.
func New(ctx context.Context, st *store.Store, public *url.URL, institution string,
	options ...Option) (*Service, error) {
	key, err := ReceiptKey(ctx, st)
	if err != nil {
		return nil, fmt.Errorf("receipt key: %w", err)
	}
	s := &Service{store: st, key: key, log: slog.New(slog.DiscardHandler), at: Console{Origin: public}}
	for _, set := range options {
		set(s)
	}
	present, err := st.AdminRPID(ctx)
	if err != nil {
		return nil, err
	}
	if err := sameSite(ctx, st, public.Hostname()); err != nil {
		return nil, err
	}
	adminRPID := s.at.rpID(present, public.Hostname())
	if err := sameConsole(ctx, st, adminRPID); err != nil {
		return nil, err
	}
	if s.rp, err = relyingParty(public.Hostname(), public, institution); err != nil {
		return nil, err
	}
	if s.admins, err = relyingParty(adminRPID, s.at.Origin, institution); err != nil {
		return nil, err
	}
	if err := s.policy.check(); err != nil {
		return nil, err
	}
	s.policy.warn(ctx, s.log, st.Now().Time())
	return s, nil
}

// relyingParty makes the relying party that browsers see at one origin.
func relyingParty(id string, origin *url.URL, institution string) (*webauthn.WebAuthn, error) {
	limit := webauthn.TimeoutConfig{Enforce: true, Timeout: Limit, TimeoutUVD: Limit}
	rp, err := webauthn.New(&webauthn.Config{
		RPID:                  id,
		RPDisplayName:         institution,
		RPOrigins:             []string{origin.Scheme + "://" + origin.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit},
		// some password managers add outputs nobody asked for
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("relying party: %w", err)
	}
	return rp, nil
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
	Activation   app.Activation
}

// account is a person as the library wants them.
type account struct {
	person      app.Person
	credentials []webauthn.Credential
	fit         []webauthn.Credential // those that pass their checks
	since       app.Instant           // when the one passkey became theirs, where there is one
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
		if row.UnfitAt == 0 {
			a.fit = append(a.fit, c)
		}
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

// BeginEnrol starts making a passkey for the person who holds the invitation,
// in the browser that it was activated in. The person's passkeys are excluded,
// so that an authenticator that has one says so instead of replacing it; those
// that fail their checks are to be replaced.
func (s *Service) BeginEnrol(ctx context.Context, inv app.Invitation, brought app.Activation) (Prompt, error) {
	if err := inv.Check(s.store.Now()); err != nil {
		return Prompt{}, err
	}
	if err := inv.Activated(brought, s.store.Now()); err != nil {
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
	options, session, err := s.rp.BeginRegistration(a,
		webauthn.WithExclusions(webauthn.Credentials(a.fit).CredentialDescriptors()))
	if err != nil {
		return Prompt{}, err
	}
	options.Response.RelyingParty.Name = s.Institution()
	s.policy.ask(&options.Response)
	return s.begin(ctx, store.Ceremony{Purpose: purposeEnrol, PersonID: p.ID, Subject: inv.ID}, session, options)
}

// FinishEnrol checks the new passkey and enrols the browser as a device. inv
// must be the invitation that the ceremony was begun for.
func (s *Service) FinishEnrol(ctx context.Context, by app.Actor, inv app.Invitation, ceremony string, response []byte,
	b Browser) (app.Device, error) {
	if err := inv.Activated(b.Activation, s.store.Now()); err != nil {
		return app.Device{}, err
	}
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
	try := attempt{purpose: purposeEnrol, by: by, person: p.ID}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return app.Device{}, s.refuse(ctx, try, err)
	}
	try.aaguid = parsed.Response.AttestationObject.AuthData.AttData.AAGUID
	cred, err := s.rp.CreateCredential(account{person: p}, session, parsed)
	if err != nil {
		return app.Device{}, s.refuse(ctx, try, err)
	}
	if err := s.policy.accept(ctx, cred, s.rp.Config); err != nil {
		return app.Device{}, s.refuse(ctx, try, err)
	}
	record, err := json.Marshal(cred)
	if err != nil {
		return app.Device{}, err
	}
	e := store.Enrolment{
		InvitationID: c.Subject, Activation: b.Activation,
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
func (s *Service) FinishSignIn(ctx context.Context, by app.Actor, ceremony string, response []byte,
	b Browser) (app.Device, error) {
	_, session, err := s.take(ctx, purposeSignIn, ceremony)
	if err != nil {
		return app.Device{}, err
	}
	try := attempt{purpose: purposeSignIn, by: by}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return app.Device{}, s.refuse(ctx, try, err)
	}
	var stored webauthn.Credential
	user, cred, err := s.rp.ValidatePasskeyLogin(func(rawID, handle []byte) (webauthn.User, error) {
		row, err := s.store.Credential(ctx, credentialID(rawID))
		if err != nil {
			return nil, err
		}
		try.person = row.PersonID
		c, err := decode(row)
		if err != nil {
			return nil, err
		}
		stored = c
		try.aaguid = c.Authenticator.AAGUID
		if row.RevokedAt != 0 {
			return nil, app.ErrUnknownPasskey.Because(cause("ended"))
		}
		if row.PersonID != string(handle) {
			return nil, app.ErrUnknownPasskey.Because(cause("other_person"))
		}
		p, err := s.person(ctx, row.PersonID)
		return account{person: p, credentials: []webauthn.Credential{asserting(c, parsed)}}, err
	}, session, parsed)
	if err != nil {
		return app.Device{}, s.refuse(ctx, try, err)
	}
	record, err := used(cred)
	if err != nil {
		return app.Device{}, s.refuse(ctx, try, err)
	}
	if err := s.policy.becomes(stored.Flags.BackupEligible, cred.Flags.BackupEligible); err != nil {
		use := store.PasskeyUse{PersonID: try.person, CredentialID: credentialID(cred.ID)}
		return app.Device{}, s.fail(ctx, try, use, err)
	}
	return s.store.SignIn(ctx, by, store.SignIn{
		PersonID:     string(user.WebAuthnID()),
		CredentialID: credentialID(cred.ID),
		Record:       record,
		BackedUp:     cred.Flags.BackupState,
		Synced:       stored.Flags.BackupEligible != cred.Flags.BackupEligible,
		SessionKey:   b.SessionKey,
		BrowserHash:  b.Hash,
		KnownBrowser: b.Known,
		InApp:        b.InApp,
		InvitationID: b.InvitationID,
		Activation:   b.Activation,
		Name:         b.Name, Platform: b.Platform,
	})
}

// BeginApproval asks the device's passkey to sign c, and nothing else: the
// challenge is the digest of its document. choice is what FinishApproval gives
// back. Who is asked, on what and for which site is filled in here.
func (s *Service) BeginApproval(ctx context.Context, d app.Device, c receipt.Content, choice any) (Prompt, error) {
	a, err := s.signer(ctx, d)
	if err != nil {
		return Prompt{}, err
	}
	c.Person = receipt.Person{ID: d.PersonID}
	c.Device = receipt.Device{ID: d.ID, Name: i18n.Plain(d.Name)}
	c.Site = receipt.Site{RPID: s.rp.Config.RPID, Origin: s.rp.Config.RPOrigins[0]}
	doc, err := receipt.Compose(c)
	if err != nil {
		return Prompt{}, fmt.Errorf("request %s: %w", c.Request.ID, err)
	}
	options, session, err := s.rp.BeginLogin(a, webauthn.WithUserVerification(protocol.VerificationRequired),
		func(o *protocol.PublicKeyCredentialRequestOptions) error {
			o.Challenge = doc.Challenge()
			return nil
		})
	if err != nil {
		return Prompt{}, err
	}
	chosen, err := json.Marshal(choice)
	if err != nil {
		return Prompt{}, err
	}
	about, err := json.Marshal(approval{Document: string(doc.Bytes()), Choice: chosen})
	if err != nil {
		return Prompt{}, err
	}
	return s.begin(ctx,
		store.Ceremony{
			Purpose:  purposeApproval,
			PersonID: d.PersonID,
			DeviceID: d.ID,
			Subject:  c.Request.ID,
			Data:     string(about),
		},
		session, options)
}

// approval is what is kept while the person is asked. The document is text, so
// that its bytes stay what they are.
type approval struct {
	Document string          `json:"document"`
	Choice   json.RawMessage `json:"choice"`
}

// Signature is a verified assertion over a document.
type Signature struct {
	key       receipt.Key
	document  receipt.Document
	assertion receipt.Assertion
	passkey   receipt.Passkey
}

// CredentialID is the passkey that signed.
func (s Signature) CredentialID() string { return credentialID(s.passkey.ID) }

// Receipt seals the receipt of the decision that was made at that instant.
func (s Signature) Receipt(at app.Instant) (string, error) {
	b, err := s.key.Seal(s.document, s.assertion, s.passkey, at)
	return string(b), err
}

// FinishApproval checks the assertion of the device's passkey over exactly
// this request and decodes into choice what BeginApproval was given.
func (s *Service) FinishApproval(ctx context.Context, d app.Device, requestID, ceremony string, response []byte,
	choice any) (Signature, error) {
	c, session, err := s.take(ctx, purposeApproval, ceremony)
	if err != nil {
		return Signature{}, err
	}
	if c.Subject != requestID || c.DeviceID != d.ID {
		return Signature{}, app.ErrCeremony
	}
	var about approval
	if err := json.Unmarshal([]byte(c.Data), &about); err != nil {
		return Signature{}, err
	}
	doc, err := receipt.ParseDocument([]byte(about.Document))
	if err != nil {
		return Signature{}, err
	}
	a, err := s.signer(ctx, d)
	if err != nil {
		return Signature{}, err
	}
	try := trying(purposeApproval, d, a)
	try.request = requestID
	parsed, cred, err := s.asserted(ctx, try, a, session, response)
	if err != nil {
		return Signature{}, err
	}
	raw := parsed.Raw.AssertionResponse
	return Signature{
		key: s.key, document: doc,
		assertion: receipt.Assertion{
			AuthenticatorData: raw.AuthenticatorData,
			ClientDataJSON:    raw.ClientDataJSON,
			Signature:         raw.Signature,
		},
		passkey: receipt.Passkey{ID: cred.ID, PublicKey: cred.PublicKey, AAGUID: cred.Authenticator.AAGUID,
			Owner: receipt.Owner{ID: a.person.ID, Name: i18n.Plain(a.person.Name)}, Since: a.since},
	}, json.Unmarshal(about.Choice, choice)
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
	return account{person: p, credentials: []webauthn.Credential{c}, since: row.CreatedAt}, err
}

func (s *Service) person(ctx context.Context, id string) (app.Person, error) {
	p, err := s.store.Person(ctx, id)
	if err == nil && p.State != app.PersonActive {
		return p, app.ErrSuspended
	}
	return p, err
}

func (s *Service) begin(ctx context.Context, c store.Ceremony, session *webauthn.SessionData,
	options any) (Prompt, error) {
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
		return "", app.ErrPasskey.Because(cause("counter_went_back"))
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
