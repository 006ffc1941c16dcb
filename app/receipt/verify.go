package receipt

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/gowebpki/jcs"
)

// Limits on what is computed with, in bytes: they hold the largest keys in use
// (RSA with 8192 bits) and keep a hostile file from costing minutes.
const (
	maxKey        = 2 << 10
	maxSignature  = 1 << 10
	maxClientData = 8 << 10
)

// Verify says what a receipt proves. It needs no database and no network. The
// keys are those of the installation that the caller trusts; one of them must
// have sealed the receipt. Without any the statement is only that the file
// agrees with itself, which a forger's would too.
//
// The error wraps the Reason: the first that holds of the file's form, then of
// the passkey's signature, then of the installation's.
func Verify(raw []byte, keys ...ed25519.PublicKey) (Statement, error) {
	for _, key := range keys {
		if len(key) != ed25519.PublicKeySize {
			return Statement{}, ErrKey.with("%d bytes are not an Ed25519 public key", len(key))
		}
	}
	p, err := parse(raw)
	if err != nil {
		return Statement{}, err
	}
	seal, err := p.sealed()
	if err != nil {
		return Statement{}, err
	}
	held := ed25519.Verify(p.sealKey, seal, p.seal)
	if err := p.approval(held); err != nil {
		return Statement{}, err
	}
	trusted := slices.ContainsFunc(keys, func(k ed25519.PublicKey) bool { return k.Equal(p.sealKey) })
	switch {
	case !held:
		return Statement{}, ErrSealChanged
	case len(keys) > 0 && !trusted:
		return Statement{}, ErrOtherKey.with("it was sealed by %s", Fingerprint(p.sealKey))
	}
	return p.statement(trusted), nil
}

// parts is a receipt with its binary members read.
type parts struct {
	receipt
	digest            [sha256.Size]byte // of the file
	document          Document
	authenticatorData []byte
	data              protocol.AuthenticatorData
	clientDataJSON    []byte
	signature         []byte
	publicKey         any // of webauthncose
	sealKey           ed25519.PublicKey
	seal              []byte
}

// parse reads a receipt as far as its form goes.
func parse(raw []byte) (parts, error) {
	p := parts{digest: sha256.Sum256(raw)}
	if err := known(raw, Version); err != nil {
		return p, err
	}
	var inner struct {
		Document json.RawMessage `json:"document"`
	}
	if json.Unmarshal(raw, &inner) == nil {
		if err := known(inner.Document, DocumentVersion); err != nil {
			return p, err
		}
	}
	if err := decode(raw, &p.receipt); err != nil {
		return p, err
	}
	if p.Version != Version {
		return p, ErrVersion.with("%q is not %s", clip(p.Version), Version)
	}
	var err error
	if p.document, err = ParseDocument(inner.Document); err != nil {
		return p, err
	}
	return p, p.binary()
}

// binary reads the members that are bytes.
func (p *parts) binary() error {
	var id, publicKey []byte
	for _, m := range []struct {
		name, text string
		into       *[]byte
		most       int
	}{
		{"authenticator_data", p.AuthenticatorData, &p.authenticatorData, maxSize},
		{"client_data_json", p.ClientDataJSON, &p.clientDataJSON, maxClientData},
		{"signature", p.Signature, &p.signature, maxSignature},
		{"credential.id", p.Credential.ID, &id, maxSize},
		{"credential.public_key", p.Credential.PublicKey, &publicKey, maxKey},
		{"installation.public_key", p.Installation.PublicKey, (*[]byte)(&p.sealKey), ed25519.PublicKeySize},
		{"installation.signature", p.Installation.Signature, &p.seal, ed25519.SignatureSize},
	} {
		b, err := unbase64(m.name, m.text)
		if err != nil {
			return err
		}
		if len(b) > m.most {
			return ErrValue.with("%s has %d bytes, more than %d", m.name, len(b), m.most)
		}
		*m.into = b
	}
	switch id, err := hex.DecodeString(strings.ReplaceAll(p.Credential.AAGUID, "-", "")); {
	case len(p.sealKey) != ed25519.PublicKeySize:
		return ErrValue.with("installation.public_key is not an Ed25519 key")
	case len(p.seal) != ed25519.SignatureSize:
		return ErrValue.with("installation.signature is not an Ed25519 signature")
	case p.Installation.KeyID != Fingerprint(p.sealKey):
		return ErrValue.with("installation.key_id is not the fingerprint of installation.public_key")
	case err != nil || p.Credential.AAGUID == "" || uuid(id) != p.Credential.AAGUID:
		return ErrValue.with("credential.aaguid is not a UUID")
	case p.DecidedAt == 0:
		return ErrValue.with("decided_at is missing")
	case p.Credential.Since == 0:
		return ErrValue.with("credential.since is missing")
	}
	if err := p.data.Unmarshal(p.authenticatorData); err != nil {
		return ErrValue.with("authenticator_data: %v", err)
	}
	var err error
	p.publicKey, err = publicKeyOf(publicKey)
	return err
}

// publicKeyOf reads a COSE key of an algorithm that passkeys are made with here.
func publicKeyOf(raw []byte) (any, error) {
	var head webauthncose.PublicKeyData
	if err := webauthncbor.Unmarshal(raw, &head); err != nil {
		return nil, ErrValue.with("credential.public_key: %v", err)
	}
	switch alg := webauthncose.COSEAlgorithmIdentifier(head.Algorithm); alg {
	case webauthncose.AlgES256, webauthncose.AlgES384, webauthncose.AlgES512, webauthncose.AlgEdDSA,
		webauthncose.AlgRS256, webauthncose.AlgRS384, webauthncose.AlgRS512,
		webauthncose.AlgPS256, webauthncose.AlgPS384, webauthncose.AlgPS512:
	default:
		return nil, ErrValue.with("credential.public_key is for the algorithm %d", alg)
	}
	key, err := webauthncose.ParsePublicKey(raw)
	if err != nil {
		return nil, ErrValue.with("credential.public_key: %v", err)
	}
	return key, nil
}

// approval checks that the passkey signed the document, as an approval must be
// signed. held tells whether the installation's signature holds: a document
// that doesn't match was changed if it doesn't, and exchanged if it does.
// WebAuthn Level 3, section 7.2.
func (p *parts) approval(held bool) error {
	hash := sha256.Sum256(p.clientDataJSON)
	if ok, err := webauthncose.VerifySignature(p.publicKey, slices.Concat(p.authenticatorData, hash[:]),
		p.signature); err != nil ||
		!ok {
		return ErrSignature
	}
	client, err := clientData(p.clientDataJSON)
	if err != nil {
		return err
	}
	site := p.Document.Site
	rpID := sha256.Sum256([]byte(site.RPID))
	flags := p.data.Flags
	challenge := base64.RawURLEncoding.EncodeToString(p.document.Challenge())
	switch {
	case client.Type != protocol.AssertCeremony:
		return ErrNotApproval.with("%q", clip(string(client.Type)))
	case subtle.ConstantTimeCompare([]byte(client.Challenge), []byte(challenge)) != 1 && held:
		return ErrOtherDocument
	case subtle.ConstantTimeCompare([]byte(client.Challenge), []byte(challenge)) != 1:
		return ErrChanged
	case !protocol.IsOriginInHaystack(client.Origin, []string{site.Origin}):
		return ErrOrigin.with("%s instead of %s", clip(client.Origin), clip(site.Origin))
	case client.CrossOrigin || client.TopOrigin != "":
		return ErrOrigin.with("inside a page of another")
	case !bytes.Equal(p.data.RPIDHash, rpID[:]):
		return ErrRelyingParty.with("not for %s", clip(site.RPID))
	case !flags.HasUserPresent():
		return ErrNotPresent
	case !flags.HasUserVerified():
		return ErrNotVerified
	case flags.HasBackupState() && !flags.HasBackupEligible():
		return ErrFlags.with("it says that it is synced and that it can't be")
	case p.Credential.UserVerified != flags.HasUserVerified():
		return ErrFlags.with("credential.user_verified")
	case p.Credential.BackupEligible != flags.HasBackupEligible():
		return ErrFlags.with("credential.backup_eligible")
	case p.Credential.BackedUp != flags.HasBackupState():
		return ErrFlags.with("credential.backed_up")
	case p.Credential.Owner.ID != p.Document.Person.ID:
		return ErrOwner
	case p.DecidedAt >= p.Document.Deadline:
		return ErrLate.with("at %s, and there was time until %s", p.DecidedAt, p.Document.Deadline)
	}
	return nil
}

// clientData reads the browser's account of the prompt, refusing what two
// readers of JSON might read differently: a name twice, or in other letters.
func clientData(raw []byte) (protocol.CollectedClientData, error) {
	var c protocol.CollectedClientData
	var members map[string]json.RawMessage
	if _, err := jcs.Transform(raw); err != nil {
		return c, ErrClientData.with("%v", err)
	}
	if err := json.Unmarshal(raw, &members); err != nil {
		return c, ErrClientData.with("%v", err)
	}
	for name := range members {
		for _, known := range []string{"type", "challenge", "origin", "crossOrigin", "topOrigin"} {
			if strings.EqualFold(name, known) && name != known {
				return c, ErrClientData.with("a member %q", clip(name))
			}
		}
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, ErrClientData.with("%v", err)
	}
	return c, nil
}
