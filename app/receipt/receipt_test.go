package receipt_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"testing"

	"assent/app/receipt"
)

// Receipts of each kind of passkey hold, and say what was put into them.
func TestReceipt(t *testing.T) {
	for _, row := range []struct {
		name    string
		passkey func(testing.TB) authenticator
		content receipt.Content
		owner   string
	}{
		{"ES256, a payment in the United Kingdom", es256, ukPayment(), "Andrea Smith"},
		{"RS256, a payment in the United Kingdom", rs256, ukPayment(), "Andrea Smith"},
		{"EdDSA, a payment in Brazil", eddsa, brPayment(), "Ana Souza"},
		{"ES256, a payment in Brazil", es256, brPayment(), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := approve(t, row.passkey(t), row.content, row.owner)
			said, err := receipt.Verify(a.raw, a.key.Public())
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(a.raw)
			want := receipt.Statement{
				Content:   a.document.Content(),
				DecidedAt: receipt.Time(decided),
				Owner:     receipt.Owner{ID: row.content.Person.ID, Name: row.owner},
				Passkey: receipt.Signer{
					ID:             text([]byte("credential-of-16")),
					AAGUID:         "fbfc3007-154e-4ecc-8c0b-6e020557d7bd",
					Since:          receipt.Time(since),
					BackupEligible: true,
					BackedUp:       true,
				},
				KeyID: receipt.Fingerprint(a.key.Public()), Trusted: true, Digest: hex.EncodeToString(sum[:]),
			}
			if !reflect.DeepEqual(said, want) {
				t.Errorf("it says\n%+v\nand not\n%+v", said, want)
			}
			other, err := receipt.GenerateKey()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := receipt.Verify(a.raw, other.Public(), a.key.Public()); err != nil {
				t.Errorf("with the key as one of two: %v", err)
			}
			alone, err := receipt.Verify(a.raw)
			want.Trusted = false
			if err != nil || !reflect.DeepEqual(alone, want) {
				t.Errorf("without a key: %+v, %v", alone, err)
			}
			if form, err := receipt.Canonical(a.raw); err != nil || !bytes.Equal(form, a.raw) {
				t.Errorf("it isn't its own canonical form: %v", err)
			}
			if !bytes.Contains(a.raw, a.document.Bytes()) {
				t.Error("the document isn't in the receipt byte for byte")
			}
			if again := resealed(t, a.key, a.raw, func(members) {}); !bytes.Equal(again, a.raw) {
				t.Errorf("sealed by the format's description it is\n%s\nand not\n%s", again, a.raw)
			}
		})
	}
}
