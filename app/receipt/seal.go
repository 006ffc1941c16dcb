package receipt

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"

	"assent/app"
)

// Version names the format of a receipt.
const Version = "assent-receipt/1"

// Assertion is what the passkey answered, as it came (WebAuthn section 5.2.2).
type Assertion struct {
	AuthenticatorData []byte
	ClientDataJSON    []byte
	Signature         []byte
}

// Passkey is what the installation knows of the passkey that signed.
type Passkey struct {
	ID        []byte
	PublicKey []byte // COSE_Key
	AAGUID    []byte // model of the authenticator; zeros where it doesn't say
	Owner     Owner
	Since     app.Instant
}

// Owner is the person whom a passkey belongs to.
type Owner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// receipt is the file.
type receipt struct {
	Version           string       `json:"version"`
	Document          document     `json:"document"`
	AuthenticatorData string       `json:"authenticator_data"`
	ClientDataJSON    string       `json:"client_data_json"`
	Signature         string       `json:"signature"`
	Credential        credential   `json:"credential"`
	DecidedAt         Time         `json:"decided_at"`
	Installation      installation `json:"installation"`
}

// credential is the passkey and, of this one signature, what it said of itself.
type credential struct {
	ID             string `json:"id"`
	PublicKey      string `json:"public_key"`
	AAGUID         string `json:"aaguid"`
	Owner          Owner  `json:"owner"`
	Since          Time   `json:"since"`
	UserVerified   bool   `json:"user_verified"`
	BackupEligible bool   `json:"backup_eligible"`
	BackedUp       bool   `json:"backed_up"`
}

type installation struct {
	KeyID     string `json:"key_id"`
	PublicKey string `json:"public_key"`
	Signature string `json:"signature,omitempty"`
}

// Seal makes the receipt of an approval that was decided at that instant. What
// it gives was verified with the key's public half: a receipt that wouldn't
// hold isn't made.
func (k Key) Seal(d Document, a Assertion, p Passkey, at app.Instant) ([]byte, error) {
	raw, err := k.assemble(d, a, p, at)
	if err != nil {
		return nil, err
	}
	if _, err := Verify(raw, k.Public()); err != nil {
		return nil, fmt.Errorf("the receipt would not hold: %w", err)
	}
	return raw, nil
}

func (k Key) assemble(d Document, a Assertion, p Passkey, at app.Instant) ([]byte, error) {
	if !utf8.ValidString(p.Owner.Name) { // encoding would silently replace it
		return nil, ErrText.with("%q", clip(p.Owner.Name))
	}
	var data protocol.AuthenticatorData
	if err := data.Unmarshal(a.AuthenticatorData); err != nil {
		return nil, ErrValue.with("authenticator_data: %v", err)
	}
	text := base64.RawURLEncoding.EncodeToString
	return k.sign(receipt{
		Version:           Version,
		Document:          d.fields,
		AuthenticatorData: text(a.AuthenticatorData),
		ClientDataJSON:    text(a.ClientDataJSON),
		Signature:         text(a.Signature),
		Credential: credential{
			ID:             text(p.ID),
			PublicKey:      text(p.PublicKey),
			AAGUID:         uuid(p.AAGUID),
			Owner:          p.Owner,
			Since:          Time(p.Since),
			UserVerified:   data.Flags.HasUserVerified(),
			BackupEligible: data.Flags.HasBackupEligible(),
			BackedUp:       data.Flags.HasBackupState(),
		},
		DecidedAt: Time(at),
	})
}

// sign seals r and gives the file.
func (k Key) sign(r receipt) ([]byte, error) {
	r.Installation = installation{KeyID: Fingerprint(k.Public()), PublicKey: PublicText(k.Public())}
	rest, err := encode(r)
	if err != nil {
		return nil, err
	}
	r.Installation.Signature = base64.RawURLEncoding.EncodeToString(ed25519.Sign(k.private(), rest))
	return encode(r)
}

// sealed is what the installation's signature is over: the canonical form of
// the file without that signature.
func (r receipt) sealed() ([]byte, error) {
	r.Installation.Signature = ""
	return encode(r)
}

// uuid writes 16 bytes as RFC 9562 does; anything else gives what no reader takes.
func uuid(b []byte) string {
	if len(b) != 16 {
		return ""
	}
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
