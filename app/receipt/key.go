package receipt

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"log/slog"
	"strings"
)

// Key is the installation's own key (Ed25519), which seals its receipts.
type Key struct {
	// private is a function because fmt writes out what unexported fields hold
	// without asking for a String; of a function it has only the address.
	private func() ed25519.PrivateKey
}

func newKey(private ed25519.PrivateKey) Key {
	return Key{func() ed25519.PrivateKey { return private }}
}

// GenerateKey makes a key.
func GenerateKey() (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	return newKey(private), err
}

// ParseKey reads what PEM wrote.
func ParseKey(text string) (Key, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "PRIVATE KEY" || strings.TrimSpace(string(rest)) != "" {
		return Key{}, ErrKey.with("a private key in PEM (PKCS #8) is needed")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, ErrKey.with("%v", err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Key{}, ErrKey.with("it is %T, not Ed25519", parsed)
	}
	return newKey(private), nil
}

// PEM writes the private key as PKCS #8, to be kept secret.
func (k Key) PEM() (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private())
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// Public is the key by which others verify.
func (k Key) Public() ed25519.PublicKey { return k.private().Public().(ed25519.PublicKey) }

// Sign signs what isn't a receipt and can't be taken for one: receipts are JSON
// objects.
func (k Key) Sign(message []byte) []byte { return ed25519.Sign(k.private(), message) }

// String names the key without giving it away.
func (k Key) String() string { return "receipt key " + Fingerprint(k.Public()) }

// GoString keeps %#v from giving the key away.
func (k Key) GoString() string { return k.String() }

// LogValue keeps logs from giving the key away.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Fingerprint names a public key: the SHA-256 of its SubjectPublicKeyInfo
// (RFC 5280) in hexadecimal. It is the key_id of the receipts that the key
// sealed, so that they stay attributable when the installation gets another.
func Fingerprint(public ed25519.PublicKey) string {
	sum := sha256.Sum256(spki(public))
	return hex.EncodeToString(sum[:])
}

// PublicPEM writes a public key as PEM.
func PublicPEM(public ed25519.PublicKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki(public)}))
}

// PublicText writes a public key as its 32 bytes in base64url, which is the
// form that it has in a receipt.
func PublicText(public ed25519.PublicKey) string {
	return base64.RawURLEncoding.EncodeToString(public)
}

// ParsePublicKey reads what PublicPEM or PublicText wrote.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	if b, err := unbase64("the key", text); err == nil && len(b) == ed25519.PublicKeySize {
		return b, nil
	}
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil:
		return nil, ErrKey.with("it is neither PEM nor 32 bytes in base64url")
	case strings.Contains(block.Type, "PRIVATE"):
		return nil, ErrKey.with("it is the private key; the public one is needed, and the private one must stay with the installation")
	case block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "":
		return nil, ErrKey.with("one public key in PEM is needed")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, ErrKey.with("%v", err)
	}
	public, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, ErrKey.with("it is %T, not Ed25519", parsed)
	}
	return public, nil
}

// spki is the SubjectPublicKeyInfo of an Ed25519 key (RFC 8410).
func spki(public ed25519.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil // it knows this type
	}
	return der
}
