package passkey

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/metadata/providers/memory"
	"github.com/go-webauthn/webauthn/webauthn"
)

// metadataHost is whom the BLOB's certificate must name. The trust anchor is
// a public certificate authority, which signs for everybody.
const metadataHost = "mds.fidoalliance.org"

// blobLimit bounds a BLOB, in bytes; the published one has about 10 MB.
const blobLimit = 128 << 20

// Metadata is what the FIDO Metadata Service says of authenticators.
//
// Source: FIDO Metadata Service v3.1.1, 3.1 and 3.2.
type Metadata struct {
	Number     int       // of the BLOB; each has one more than that before
	NextUpdate time.Time // by when the next is published
	provider   metadata.Provider
}

// ReadMetadata reads the BLOB that https://mds.fidoalliance.org publishes from
// a file. Its errors say what to do.
func ReadMetadata(file string) (*Metadata, error) {
	der, err := base64.StdEncoding.DecodeString(metadata.ProductionMDSRoot)
	if err != nil {
		return nil, err
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("FIDO metadata: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > blobLimit {
		return nil, fmt.Errorf("FIDO metadata: %s is not a file of at most %d MB", file, blobLimit>>20)
	}
	blob, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("FIDO metadata: %w", err)
	}
	m, err := ParseMetadata(blob, root)
	if err != nil {
		return nil, fmt.Errorf("FIDO metadata: %s is not the BLOB of the FIDO Metadata Service: %w. Download https://%s/ again, whole, to this file",
			file, err, metadataHost)
	}
	return m, nil
}

// ParseMetadata checks the BLOB's signature up to root and reads it. Nothing is
// asked of the network: the library's own decoder would look for revocations
// there, and would take any certificate of the authority's.
func ParseMetadata(blob []byte, root *x509.Certificate) (*Metadata, error) {
	signed, err := jose.ParseSignedCompact(strings.TrimSpace(string(blob)),
		[]jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.RS256, jose.PS256})
	if err != nil {
		return nil, fmt.Errorf("no signed token: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	chains, err := signed.Signatures[0].Header.Certificates(x509.VerifyOptions{
		DNSName:   metadataHost,
		Roots:     roots,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, fmt.Errorf("its signer: %w", err)
	}
	text, err := signed.Verify(chains[0][0].PublicKey)
	if err != nil {
		return nil, fmt.Errorf("its signature: %w", err)
	}
	var payload metadata.PayloadJSON
	if err := json.Unmarshal(text, &payload); err != nil {
		return nil, fmt.Errorf("its content: %w", err)
	}
	// an entry of a newer form hides one model, not all
	decoder, err := metadata.NewDecoder(metadata.WithIgnoreEntryParsingErrors())
	if err != nil {
		return nil, err
	}
	said, err := decoder.Parse(&payload)
	if err != nil {
		return nil, fmt.Errorf("its content: %w", err)
	}
	known := said.ToMap()
	if len(known) == 0 {
		return nil, errors.New("it names no authenticator")
	}
	provider, err := memory.New(memory.WithMetadata(known), memory.WithValidateAAGUID(true))
	if err != nil {
		return nil, err
	}
	return &Metadata{Number: said.Parsed.Number, NextUpdate: said.Parsed.NextUpdate, provider: provider}, nil
}

// Stale tells whether a newer BLOB has been published by now.
func (m *Metadata) Stale(now time.Time) bool { return now.After(m.NextUpdate.AddDate(0, 0, 1)) }

// knows tells whether the metadata has the model of this AAGUID.
func (m *Metadata) knows(ctx context.Context, model string) bool {
	b, err := hex.DecodeString(strings.ReplaceAll(model, "-", ""))
	if err != nil || len(b) != 16 {
		return false
	}
	entry, err := m.provider.GetEntry(ctx, [16]byte(b))
	return err == nil && entry != nil
}

// attested checks that the passkey's authenticator proved to be of its model,
// and that the model is sound.
func (m *Metadata) attested(ctx context.Context, cred *webauthn.Credential, rp *webauthn.Config) error {
	switch metadata.AuthenticatorAttestationType(cred.AttestationType) {
	case metadata.BasicFull, metadata.AttCA, metadata.AnonCA:
	case metadata.BasicSurrogate:
		return cause("self_attested")
	default:
		return cause("unattested")
	}
	switch cred.AttestationFormat {
	case "packed", "tpm", "android-key", "apple": // those of passkeys; the others are of U2F or given up
	default:
		return cause("attestation_format")
	}
	if len(cred.Authenticator.AAGUID) != 16 {
		return cause("unknown_model")
	}
	entry, err := m.provider.GetEntry(ctx, [16]byte(cred.Authenticator.AAGUID))
	if err != nil || entry == nil {
		return cause("unknown_model")
	}
	if err := m.provider.ValidateStatusReports(ctx, entry.StatusReports); err != nil {
		return cause("withdrawn_model")
	}
	if err := cred.Verify(m.provider, rp.Attestation, rp.Signature); err != nil {
		return cause("untrusted_attestation").because(err)
	}
	return nil
}
