package emulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// signer holds the workspace's one signing key, made anew at each start.
type signer struct {
	public jose.JSONWebKey
	key    jose.SigningKey
}

func newSigner() (*signer, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	kid := randomHex(8)
	return &signer{
		public: jose.JSONWebKey{Key: private.Public(), KeyID: kid, Algorithm: string(jose.ES256), Use: "sig"},
		key:    jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: kid}},
	}, nil
}

// sign makes a JWT of the given type ("JWT", or "at+jwt" of RFC 9068).
func (s *signer) sign(typ jose.ContentType, claims any) (string, error) {
	by, err := jose.NewSigner(s.key, (&jose.SignerOptions{}).WithType(typ))
	if err != nil {
		return "", err
	}
	return jwt.Signed(by).Claims(claims).Serialize()
}

// read verifies a JWT of ours and unmarshals its claims; times are the caller's to check.
func (s *signer) read(token string, claims ...any) error {
	t, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return fmt.Errorf("not a token of ours: %w", err)
	}
	return t.Claims(s.public.Key, claims...)
}

// atHash is at_hash of OpenID Connect Core section 3.1.3.6 for ES256.
func atHash(accessToken string) string {
	sum := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// randomHex is n bytes of randomness in hex, the spelling that ACP gives its ids.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}

func randomToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
