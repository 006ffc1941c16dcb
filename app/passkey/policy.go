package passkey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"assent/app"
)

// Policy is what a new passkey must be. Passkeys that exist go on working.
// Whatever it says, the person is verified each time.
type Policy struct {
	DeviceBound bool      // refuses those that can be copied to another device
	Metadata    *Metadata // attestation is asked for and checked against it; nil takes authenticators at their word
	Models      []string  // AAGUIDs, in lower case, that alone may enrol; needs Metadata
}

// Option is a setting of a Service that has a default.
type Option func(*Service)

// WithPolicy narrows which new passkeys are accepted. The default is any.
func WithPolicy(p Policy) Option { return func(s *Service) { s.policy = p } }

// WithName gives the institution's name as it is now, where that changes while
// the service runs.
func WithName(now func() string) Option { return func(s *Service) { s.name = now } }

// WithLog says where refused passkeys are told. The default is nowhere.
func WithLog(log *slog.Logger) Option { return func(s *Service) { s.log = log } }

// check refuses a policy that would rest on mere claims.
func (p Policy) check() error {
	if len(p.Models) > 0 && p.Metadata == nil {
		return errors.New("passkey policy: a list of models needs metadata to check them by")
	}
	return nil
}

// warn tells what of the policy will surprise: a model that nobody can enrol
// with, and metadata that has been overtaken.
func (p Policy) warn(ctx context.Context, log *slog.Logger, now time.Time) {
	if p.Metadata == nil {
		return
	}
	if p.Metadata.Stale(now) {
		log.WarnContext(ctx,
			"the FIDO metadata is out of date: models that were withdrawn since are still accepted; download https://"+
				metadataHost+"/ again and restart",
			"number", p.Metadata.Number, "next_update", p.Metadata.NextUpdate.Format(time.DateOnly))
	}
	for _, m := range p.Models {
		if !p.Metadata.knows(ctx, m) {
			log.WarnContext(ctx, "a model that may enrol is not in the FIDO metadata: nobody can enrol with it",
				"aaguid", m, "number", p.Metadata.Number)
		}
	}
}

// ask makes the prompt ask for what will be accepted. It leaves the attachment
// open: security keys fit, and so do the authenticators of some computers.
func (p Policy) ask(o *protocol.PublicKeyCredentialCreationOptions) {
	if p.Metadata != nil {
		o.Attestation = protocol.PreferDirectAttestation
	}
	if p.DeviceBound || p.Metadata != nil {
		o.Hints = []protocol.PublicKeyCredentialHints{protocol.PublicKeyCredentialHintSecurityKey,
			protocol.PublicKeyCredentialHintClientDevice}
	}
}

// accept refuses a new passkey that isn't what the policy asks for.
func (p Policy) accept(ctx context.Context, cred *webauthn.Credential, rp *webauthn.Config) error {
	if p.DeviceBound && cred.Flags.BackupEligible {
		return app.ErrPasskeySynced.Because(cause("synced"))
	}
	if p.Metadata != nil {
		if err := p.Metadata.attested(ctx, cred, rp); err != nil {
			return app.ErrPasskeyModel.Because(err)
		}
	}
	if len(p.Models) > 0 && !slices.Contains(p.Models, model(cred.Authenticator.AAGUID)) {
		return app.ErrPasskeyModel.Because(cause("unlisted_model"))
	}
	return nil
}

// becomes refuses a passkey whose backup-eligible flag isn't what it was. Where
// any passkey is accepted, one may become one that can be copied: providers begin
// to sync those that they hold. The flag isn't to change (WebAuthn Level 3, 6.1.3).
func (p Policy) becomes(was, is bool) error {
	if was == is || is && !p.DeviceBound && p.Metadata == nil {
		return nil
	}
	return app.ErrPasskeyUnfit.Because(cause("backup_eligible"))
}

// asserting is a stored passkey as it describes itself in an assertion, for the
// checks of the signature to come before those of the policy.
func asserting(stored webauthn.Credential, parsed *protocol.ParsedCredentialAssertionData) webauthn.Credential {
	stored.Flags.BackupEligible = parsed.Response.AuthenticatorData.Flags.HasBackupEligible()
	return stored
}

// model is an AAGUID as it is written, or empty where there is none.
func model(aaguid []byte) string {
	if len(aaguid) != 16 {
		return ""
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", aaguid[:4], aaguid[4:6], aaguid[6:8], aaguid[8:10], aaguid[10:])
}
