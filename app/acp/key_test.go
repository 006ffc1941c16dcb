package acp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"assent/app/acp"
)

func TestLoadKey(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := jose.JSONWebKey{Key: key, KeyID: "k9"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	// as openssl ecparam -genkey puts first
	params := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}})
	public, err := jose.JSONWebKey{Key: key.Public(), KeyID: "k9"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text []byte
		id   string
		ok   bool
	}{
		"PKCS #8": {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), "", true},
		"SEC 1":   {pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1}), "", true},
		"SEC 1 after its parameters": {append(params,
			pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})...),
			"", true},
		"parameters alone": {params, "", false},
		"encrypted":        {pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: pkcs8}), "", false},
		"JWK":              {jwk, "k9", true},
		"public JWK":       {public, "", false},
		"nonsense":         {[]byte("hello"), "", false},
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, id, err := acp.LoadKey(path)
		if (err == nil) != c.ok || id != c.id || c.ok && !key.PublicKey.Equal(got.Public()) {
			t.Errorf("%s: %v, key id %q", name, err, id)
		}
	}
}

func TestLoadKeyReadsPKCS1(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path,
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		0o600); err != nil {
		t.Fatal(err)
	}
	if got, _, err := acp.LoadKey(path); err != nil || !key.PublicKey.Equal(got.Public()) {
		t.Errorf("%v", err)
	}
}
