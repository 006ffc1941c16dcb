package acp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"

	"github.com/go-jose/go-jose/v4"
)

// LoadKey reads a private key for private_key_jwt: PEM (PKCS #8, SEC 1 or
// PKCS #1; other blocks of the file, such as parameters and certificates, are
// passed over) or a JWK, whose key id is given too.
func LoadKey(path string) (key crypto.Signer, keyID string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	block, rest := pem.Decode(b)
	if block == nil {
		var k jose.JSONWebKey
		if err := json.Unmarshal(b, &k); err != nil {
			return nil, "", fmt.Errorf("%s holds neither a PEM key nor a JWK", path)
		}
		s, ok := k.Key.(crypto.Signer)
		if !ok {
			return nil, "", fmt.Errorf("%s: the JWK is not a private key", path)
		}
		return s, k.KeyID, nil
	}
	for ; block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return nil, "", fmt.Errorf("%s: the key is encrypted; give one without a passphrase", path)
		}
		if s := parseKey(block.Bytes); s != nil {
			return s, "", nil
		}
	}
	return nil, "", fmt.Errorf("%s holds no PEM block with a private key that can sign", path)
}

func parseKey(der []byte) crypto.Signer {
	for _, parse := range []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey,
		func(b []byte) (any, error) { return x509.ParseECPrivateKey(b) },
		func(b []byte) (any, error) { return x509.ParsePKCS1PrivateKey(b) },
	} {
		if k, err := parse(der); err == nil {
			if s, ok := k.(crypto.Signer); ok {
				return s
			}
		}
	}
	return nil
}

// algorithm is what a key signs assertions with (RFC 7518 3.1).
func algorithm(key crypto.Signer) (jose.SignatureAlgorithm, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return jose.PS256, nil // what FAPI asks for
	case *ecdsa.PrivateKey:
		switch k.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		case elliptic.P521():
			return jose.ES512, nil
		}
	case ed25519.PrivateKey:
		return jose.EdDSA, nil
	}
	return "", fmt.Errorf("a key of type %T can't sign", key)
}
