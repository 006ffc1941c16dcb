package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// NewID gives an unguessable identifier: 26 characters of base32 with at least
// 128 bits from crypto/rand. Ours never equal ACP's, so knowing a login_id
// opens nothing here.
func NewID() string { return rand.Text() }

// NewToken gives a bearer secret for a link or cookie: 256 bits in base64url.
func NewToken() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// TokenHash is what the store keeps of a token. The token is random, so a
// plain SHA-256 is enough.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// refAlphabet is Crockford's base32: no I, L, O or U, so that a reference can
// be read out on the telephone.
const refAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewRef gives a short reference to quote to a help desk, such as 7Q4-KM2. It
// is a label, not an identifier: it need not be unique and grants nothing.
func NewRef() string {
	b := make([]byte, 6)
	rand.Read(b)
	for i := range b {
		b[i] = refAlphabet[b[i]%32]
	}
	return string(b[:3]) + "-" + string(b[3:])
}
