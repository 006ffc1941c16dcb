package receipt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"sync"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/gowebpki/jcs"

	"assent/app"
	"assent/app/receipt"
)

// Flags of the authenticator data (WebAuthn section 6.1).
const (
	userPresent    = 1 << 0
	userVerified   = 1 << 2
	backupEligible = 1 << 3
	backedUp       = 1 << 4
)

var (
	started = app.At(time.Date(2026, time.November, 23, 14, 30, 0, 0, time.UTC))
	since   = app.At(time.Date(2026, time.March, 2, 9, 15, 4, 120e6, time.UTC))
	decided = started.Add(41*time.Second + 318*time.Millisecond)
)

// authenticator is a passkey in software: a key pair with its COSE_Key.
type authenticator struct {
	alg    webauthncose.COSEAlgorithmIdentifier
	signer crypto.Signer
	public any // of webauthncose
}

func es256(t testing.TB) authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	return authenticator{webauthncose.AlgES256, key, webauthncose.EC2PublicKeyData{
		PublicKeyData: webauthncose.PublicKeyData{
			KeyType:   int64(webauthncose.EllipticKey),
			Algorithm: int64(webauthncose.AlgES256),
		},
		Curve: int64(webauthncose.P256), XCoord: point[1:33], YCoord: point[33:]}}
}

// rsaKey is made once: that takes long.
var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func rs256(t testing.TB) authenticator {
	t.Helper()
	key, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	return authenticator{webauthncose.AlgRS256, key, webauthncose.RSAPublicKeyData{
		PublicKeyData: webauthncose.PublicKeyData{
			KeyType:   int64(webauthncose.RSAKey),
			Algorithm: int64(webauthncose.AlgRS256),
		},
		Modulus: key.N.Bytes(), Exponent: []byte{1, 0, 1}}}
}

func eddsa(t testing.TB) authenticator {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return authenticator{webauthncose.AlgEdDSA, key, webauthncose.OKPPublicKeyData{
		PublicKeyData: webauthncose.PublicKeyData{
			KeyType:   int64(webauthncose.OctetKey),
			Algorithm: int64(webauthncose.AlgEdDSA),
		},
		Curve: int64(webauthncose.Ed25519), XCoord: public}}
}

func (a authenticator) cose(t testing.TB) []byte {
	t.Helper()
	b, err := webauthncbor.Marshal(a.public)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// prompt is what the browser and the authenticator make of a prompt.
type prompt struct {
	clientData []byte
	rpID       string
	flags      byte
}

// answer is the honest one to d's prompt, as Chrome writes its client data.
func answer(d receipt.Document) prompt {
	site := d.Content().Site
	return prompt{
		clientData: clientData("webauthn.get", d.Challenge(), site.Origin, `,"crossOrigin":false`),
		rpID:       site.RPID,
		flags:      userPresent | userVerified | backupEligible | backedUp,
	}
}

// clientData is CollectedClientData in the serialisation of WebAuthn section
// 5.8.1.1, with more members behind the three that are always there.
func clientData(kind string, challenge []byte, origin, more string) []byte {
	return []byte(`{"type":"` + kind + `","challenge":"` + text(challenge) + `","origin":"` + origin + `"` + more + `}`)
}

// sign answers a prompt (WebAuthn section 6.3.3).
func (a authenticator) sign(t testing.TB, p prompt) receipt.Assertion {
	t.Helper()
	rp := sha256.Sum256([]byte(p.rpID))
	data := binary.BigEndian.AppendUint32(append(rp[:], p.flags), 7) // the counter
	hash := sha256.Sum256(p.clientData)
	message := append(append([]byte{}, data...), hash[:]...)
	options := crypto.SignerOpts(crypto.Hash(0))
	if a.alg != webauthncose.AlgEdDSA {
		sum := sha256.Sum256(message)
		message, options = sum[:], crypto.SHA256
	}
	signature, err := a.signer.Sign(rand.Reader, message, options)
	if err != nil {
		t.Fatal(err)
	}
	return receipt.Assertion{AuthenticatorData: data, ClientDataJSON: p.clientData, Signature: signature}
}

func (a authenticator) passkey(t testing.TB, owner receipt.Owner) receipt.Passkey {
	t.Helper()
	return receipt.Passkey{ID: []byte("credential-of-16"), PublicKey: a.cose(t),
		AAGUID: []byte{0xfb, 0xfc, 0x30, 0x07, 0x15, 0x4e, 0x4e, 0xcc, 0x8c, 0x0b, 0x6e, 0x02, 0x05, 0x57, 0xd7, 0xbd},
		Owner:  owner,
		Since:  since}
}

// approval is all that a genuine receipt was made of, and the receipt.
type approval struct {
	key      receipt.Key
	passkey  authenticator
	document receipt.Document
	raw      []byte
}

// approve makes a genuine receipt of c.
func approve(t testing.TB, a authenticator, c receipt.Content, owner string) approval {
	t.Helper()
	key, err := receipt.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	d, err := receipt.Compose(c)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := key.Seal(d, a.sign(t, answer(d)), a.passkey(t, receipt.Owner{ID: c.Person.ID, Name: owner}), decided)
	if err != nil {
		t.Fatal(err)
	}
	return approval{key, a, d, raw}
}

// members reads a JSON object without losing a digit.
type members = map[string]any

func object(t testing.TB, raw []byte) members {
	t.Helper()
	var m members
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// at is the object inside m that the names lead to.
func at(m members, names ...string) members {
	for _, name := range names {
		m = m[name].(members)
	}
	return m
}

// write gives the canonical form, without the package's help.
func write(t testing.TB, m members) []byte {
	t.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	form, err := jcs.Transform(raw)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// changed is a receipt with something changed, still in canonical form.
func changed(t testing.TB, raw []byte, change func(members)) []byte {
	t.Helper()
	m := object(t, raw)
	change(m)
	return write(t, m)
}

// resealed is what an installation in the wrong hands makes of a receipt:
// changed, and sealed again with its key. It seals as the format says, not by
// the package, and so checks that too.
func resealed(t testing.TB, key receipt.Key, raw []byte, change func(members)) []byte {
	t.Helper()
	m := object(t, raw)
	change(m)
	m["installation"] = members{
		"key_id":     receipt.Fingerprint(key.Public()),
		"public_key": receipt.PublicText(key.Public()),
	}
	at(m, "installation")["signature"] = text(ed25519.Sign(private(t, key), write(t, m)))
	return write(t, m)
}

// resigned is a receipt of another answer to the same prompt, sealed by the
// installation whatever it is.
func (a approval) resigned(t testing.TB, change func(*prompt)) []byte {
	t.Helper()
	p := answer(a.document)
	change(&p)
	s := a.passkey.sign(t, p)
	return resealed(t, a.key, a.raw, func(m members) {
		m["authenticator_data"], m["client_data_json"], m["signature"] = text(s.AuthenticatorData), text(s.ClientDataJSON), text(s.Signature)
		at(m, "credential")["user_verified"] = p.flags&userVerified != 0
		at(m, "credential")["backup_eligible"] = p.flags&backupEligible != 0
		at(m, "credential")["backed_up"] = p.flags&backedUp != 0
	})
}

func private(t testing.TB, key receipt.Key) ed25519.PrivateKey {
	t.Helper()
	text, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(text))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.(ed25519.PrivateKey)
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
