package receipt_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"assent/app/receipt"
)

func TestKeyRoundTrip(t *testing.T) {
	key, err := receipt.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	for _, written := range []string{secret, "\n" + secret + "\n \n", strings.ReplaceAll(secret, "\n", "\r\n")} {
		again, err := receipt.ParseKey(written)
		if err != nil || !again.Public().Equal(key.Public()) || !private(t, again).Equal(private(t, key)) {
			t.Errorf("%q gives %v, %v", written, again, err)
		}
	}
	for _, written := range []string{
		receipt.PublicPEM(key.Public()), "\n" + receipt.PublicPEM(key.Public()) + "\n",
		strings.TrimSpace(receipt.PublicPEM(key.Public())),
		receipt.PublicText(key.Public()), " " + receipt.PublicText(key.Public()) + "\n",
	} {
		public, err := receipt.ParsePublicKey(written)
		if err != nil || !public.Equal(key.Public()) {
			t.Errorf("%q gives %x, %v", written, public, err)
		}
	}
	other, err := receipt.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	if other.Public().Equal(key.Public()) || receipt.Fingerprint(other.Public()) == receipt.Fingerprint(key.Public()) {
		t.Error("two keys are the same")
	}
}

// The public key of RFC 8410 section 10.1, as others write it.
func TestKeyVector(t *testing.T) {
	const written = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"
	public, err := receipt.ParsePublicKey(written)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(public); got != "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1" {
		t.Errorf("the key is %s", got)
	}
	if got := receipt.PublicPEM(public); got != written {
		t.Errorf("it is written\n%s", got)
	}
	if got := receipt.PublicText(public); got != "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE" {
		t.Errorf("in a receipt it is %s", got)
	}
	block, _ := pem.Decode([]byte(written))
	if sum := sha256.Sum256(block.Bytes); receipt.Fingerprint(public) != hex.EncodeToString(sum[:]) {
		t.Errorf("its fingerprint is %s", receipt.Fingerprint(public))
	}
}

func TestKeyOfWrongKind(t *testing.T) {
	key, err := receipt.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	elliptic, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err1 := x509.MarshalPKCS8PrivateKey(elliptic)
	sec1, err2 := x509.MarshalECPrivateKey(elliptic)
	pkix, err3 := x509.MarshalPKIXPublicKey(&elliptic.PublicKey)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	public, long := receipt.PublicPEM(key.Public()), receipt.PublicText(key.Public())
	misnamed := []string{strings.ReplaceAll(secret, "PRIVATE KEY", "EC PRIVATE KEY"),
		strings.ReplaceAll(public, "PUBLIC KEY", "CERTIFICATE")}
	neither := []string{misnamed[0], misnamed[1], "", "\n", "none", block("PRIVATE KEY", pkcs8),
		block("EC PRIVATE KEY", sec1), block("PUBLIC KEY", pkix), block("PRIVATE KEY", []byte{1}),
		block("PUBLIC KEY", []byte{1}), block("CERTIFICATE", pkix), secret + secret, public + public, public + "x",
		secret + "x", hex.EncodeToString(key.Public()), receipt.Fingerprint(key.Public()),
		long[:42], long + "A", long + "=", strings.Replace(public, "BEGIN", "BEGiN", 1)}
	for _, written := range append(neither, public, long) {
		if got, err := receipt.ParseKey(written); !errors.Is(err, receipt.ErrKey) {
			t.Errorf("%q gives %v, %v", written, got, err)
		}
	}
	for _, written := range append(neither, secret) {
		if got, err := receipt.ParsePublicKey(written); !errors.Is(err, receipt.ErrKey) {
			t.Errorf("%q gives the public key %x, %v", written, got, err)
		}
	}
	if _, err := receipt.ParsePublicKey(secret); err == nil || !strings.Contains(err.Error(), "it is the private key") {
		t.Errorf("of a private key it is said: %v", err)
	}
}

// However a key, or something that has one, is written out: it stays secret.
func TestKeyStaysSecret(t *testing.T) {
	key, err := receipt.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	type service struct {
		Name string
		key  receipt.Key
		Keys []receipt.Key
	}
	holder := service{"passkeys", key, []receipt.Key{key}}
	var written bytes.Buffer
	for _, v := range []any{key, &key, holder, &holder, holder.key, map[string]receipt.Key{"a": key}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%08b", "%t"} {
			fmt.Fprintf(&written, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&written, nil)).InfoContext(t.Context(), "text", "it", v)
		slog.New(slog.NewJSONHandler(&written, nil)).InfoContext(t.Context(), "json", "it", v)
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		written.Write(append(raw, '\n'))
	}
	if n := strings.Count(written.String(), key.String()); n < 20 ||
		!strings.Contains(key.String(), receipt.Fingerprint(key.Public())) {
		t.Errorf("the key is named %d times, as %s", n, key)
	}
	secret, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	seed := private(t, key).Seed()
	for _, start := range []string{
		fmt.Sprint(seed[:4]), fmt.Sprintf("%x", seed[:4]), fmt.Sprintf("%X", seed[:4]), fmt.Sprintf("%#v", seed[:4]),
		fmt.Sprintf("%08b", seed[:4]), fmt.Sprintf("%q", seed[:4]),
		text(seed[:6]), string(seed[:4]), strings.Split(secret, "\n")[1][24:40],
	} {
		start = strings.TrimPrefix(strings.TrimRight(start, "]}\""), "[]byte{")
		if strings.Contains(written.String(), start) {
			t.Errorf("the secret, beginning with %q, is in what was written", start)
		}
	}
}

// A message that a key sealed is sealed by Ed25519 and by nothing of our own.
func TestKeySeals(t *testing.T) {
	a := approve(t, es256(t), ukPayment(), "Andrea Smith")
	seal := at(object(t, a.raw), "installation")["signature"].(string)
	signature, err := base64.RawURLEncoding.DecodeString(seal)
	if err != nil {
		t.Fatal(err)
	}
	rest := changed(t, a.raw, func(m members) { delete(at(m, "installation"), "signature") })
	if !ed25519.Verify(a.key.Public(), rest, signature) {
		t.Error("the seal isn't Ed25519 over the canonical form of the rest")
	}
}
