package apptest

import "github.com/descope/virtualwebauthn"

// es256Key is the length of an ES256 key in COSE (RFC 9053 7.1.1), both
// coordinates of 32 bytes.
const es256Key = 77

// Passkey is a new key for a virtual authenticator. The library writes a
// coordinate that begins with a zero byte, as one in 128 does, a byte short,
// and a relying party is right to refuse it.
func Passkey() virtualwebauthn.Credential {
	for {
		c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		if len(c.Key.AttestationData()) == es256Key {
			return c
		}
	}
}
