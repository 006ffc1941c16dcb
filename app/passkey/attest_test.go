package passkey_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"assent/app/passkey"
)

// authority is a certificate authority of a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	a := authority{t: t}
	a.key = a.newKey()
	a.cert = a.issue(&x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	},
		a.key)
	return a
}

func (a authority) newKey() *ecdsa.PrivateKey {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return key
}

// issue signs a certificate of key; the authority's own where it has none yet.
func (a authority) issue(c *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent := a.cert
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

func der(certs ...*x509.Certificate) (out []string) {
	for _, c := range certs {
		out = append(out, base64.StdEncoding.EncodeToString(c.Raw))
	}
	return out
}

// entry is what the metadata says of a model.
func entry(model string, root *x509.Certificate, status ...string) map[string]any {
	var reports []map[string]any
	for _, s := range append([]string{"FIDO_CERTIFIED_L1"}, status...) {
		reports = append(reports, map[string]any{"status": s, "effectiveDate": "2020-01-01"})
	}
	return map[string]any{
		"aaguid":                 model,
		"timeOfLastStatusChange": "2024-01-01",
		"statusReports":          reports,
		"metadataStatement": map[string]any{
			"aaguid":                      model,
			"description":                 "A key of a test",
			"protocolFamily":              "fido2",
			"schema":                      3,
			"attestationTypes":            []string{"basic_full", "basic_surrogate"},
			"authenticationAlgorithms":    []string{"secp256r1_ecdsa_sha256_raw"},
			"attestationRootCertificates": der(root)},
	}
}

// service is a metadata service with what it signs by.
type service struct {
	authority
	signer *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newService(t *testing.T, host string) service {
	t.Helper()
	s := service{authority: newAuthority(t, "Public authority")}
	s.key = s.newKey()
	s.signer = s.issue(&x509.Certificate{Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}}, s.key)
	return s
}

// blob signs what the service says.
func (s service) blob(nextUpdate string, entries ...map[string]any) []byte {
	s.t.Helper()
	payload, err := json.Marshal(map[string]any{
		"legalHeader": "none",
		"no":          7,
		"nextUpdate":  nextUpdate,
		"entries":     entries,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.sign(payload)
}

func (s service) sign(payload []byte) []byte {
	s.t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("x5c", der(s.signer, s.cert))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.key}, options)
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		s.t.Fatal(err)
	}
	return []byte(text)
}

// metadata reads a BLOB of these entries, good until the far future.
func metadata(t *testing.T, entries ...map[string]any) *passkey.Metadata {
	t.Helper()
	s := newService(t, "mds.fidoalliance.org")
	m, err := passkey.ParseMetadata(s.blob("2099-01-01", entries...), s.cert)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// statement turns a response of the virtual authenticator, which attests
// itself, into one with another attestation statement.
func statement(t *testing.T, response []byte, format string,
	make func(signed []byte, own map[string]any) map[string]any) []byte {
	t.Helper()
	var r map[string]any
	if err := json.Unmarshal(response, &r); err != nil {
		t.Fatal(err)
	}
	inner := r["response"].(map[string]any)
	text := func(name string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(inner[name].(string))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var object struct {
		Format    string         `cbor:"fmt"`
		AuthData  []byte         `cbor:"authData"`
		Statement map[string]any `cbor:"attStmt"`
	}
	if err := webauthncbor.Unmarshal(text("attestationObject"), &object); err != nil {
		t.Fatal(err)
	}
	client := sha256.Sum256(text("clientDataJSON"))
	made, err := webauthncbor.Marshal(map[string]any{"fmt": format, "authData": object.AuthData,
		"attStmt": make(append(object.AuthData, client[:]...), object.Statement)})
	if err != nil {
		t.Fatal(err)
	}
	inner["attestationObject"] = base64.RawURLEncoding.EncodeToString(made)
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// none leaves the statement out, as browsers do for those who don't ask.
func none(t *testing.T, response []byte) []byte {
	return statement(t, response, "none", func([]byte, map[string]any) map[string]any { return map[string]any{} })
}

// packed attests with a certificate of the maker's for the model.
func packed(t *testing.T, response []byte, maker authority, model [16]byte) []byte {
	t.Helper()
	value, err := asn1.Marshal(model[:])
	if err != nil {
		t.Fatal(err)
	}
	key := maker.newKey()
	cert := maker.issue(&x509.Certificate{BasicConstraintsValid: true,
		Subject: pkix.Name{
			Country:            []string{"SE"},
			Organization:       []string{"Maker"},
			OrganizationalUnit: []string{"Authenticator Attestation"},
			CommonName:         "Batch 1",
		},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}, Value: value}}},
		key)
	return statement(t, response, "packed", func(signed []byte, _ map[string]any) map[string]any {
		digest := sha256.Sum256(signed)
		sig, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]any{"alg": -7, "sig": sig, "x5c": []any{cert.Raw}}
	})
}

// u2f attests as keys do that are second factors only (WebAuthn 8.6).
func u2f(t *testing.T, response []byte, maker authority, cred virtualwebauthn.Credential) []byte {
	t.Helper()
	key := maker.newKey()
	cert := maker.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "Batch 1"}}, key)
	return statement(t, response, "fido-u2f", func(signed []byte, _ map[string]any) map[string]any {
		cose := cred.Key.AttestationData() // 1, 3 and -1 in 10 bytes with the head of x, 3 bytes of head before y
		site, client := signed[:32], signed[len(signed)-32:]
		digest := sha256.Sum256(slices.Concat([]byte{0}, site, client, cred.ID, []byte{4}, cose[10:42], cose[45:77]))
		sig, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]any{"sig": sig, "x5c": []any{cert.Raw}}
	})
}
