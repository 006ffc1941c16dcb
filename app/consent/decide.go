package consent

import (
	"context"
	"encoding/json"
	"slices"

	"assent/app"
)

// Choice is what a person is about to approve: the sheet they saw, by its
// digest, and the scopes they left ticked.
type Choice struct {
	Digest string   `json:"digest"`
	Scopes []string `json:"scopes"`
}

// Grant is what was approved, as it is kept with the request and sent to ACP.
type Grant struct {
	Scopes         []string `json:"scopes"`
	Claims         []string `json:"claims,omitempty"`
	VerifiedClaims []string `json:"verified_claims,omitempty"`
}

// Check tells whether c can be approved at this moment, before the person is
// asked to sign.
func (s *Service) Check(ctx context.Context, by app.Actor, id string, c Choice) error {
	r, err := s.store.RequestOf(ctx, by.PersonID, id)
	switch {
	case err != nil:
		return err
	case r.State != app.Pending:
		return app.ErrNotPending
	case r.ExpiresAt <= s.store.Now():
		return app.ErrExpired
	case c.Digest == "" || r.DetailsDigest != c.Digest:
		return app.ErrChanged
	}
	return nil
}

// Signed is an approval's proof: the passkey that signed and the assertion as
// it is to be kept.
type Signed struct {
	CredentialID string
	Assertion    any
}

// Approve approves what the person saw and signed. ACP is read once more
// before anything is stored: a changed field, or no answer, stores nothing.
func (s *Service) Approve(ctx context.Context, by app.Actor, id string, c Choice, signed Signed) error {
	if err := s.Check(ctx, by, id, c); err != nil {
		return err
	}
	r, err := s.store.RequestOf(ctx, by.PersonID, id)
	if err != nil {
		return err
	}
	sheet, err := s.read(ctx, r)
	if err != nil {
		return err
	}
	_, digest, err := sheet.digest()
	if err != nil {
		return err
	}
	if digest != c.Digest {
		return app.ErrChanged
	}
	grant, err := json.Marshal(sheet.grant(c.Scopes))
	if err != nil {
		return err
	}
	assertion, err := json.Marshal(signed.Assertion)
	if err != nil {
		return err
	}
	return s.store.Approve(ctx, by, id, app.Approval{Digest: digest, Granted: string(grant), Signature: string(assertion), CredentialID: signed.CredentialID})
}

// grant is what approving the sheet with the given scopes ticked grants.
func (sh *Sheet) grant(ticked []string) Grant {
	g := Grant{Scopes: slices.Clone(sh.Implicit), Claims: sh.Claims, VerifiedClaims: sh.VerifiedClaims}
	for _, sc := range sh.Scopes {
		if !sc.Optional || slices.Contains(ticked, sc.Grant) {
			g.Scopes = append(g.Scopes, sc.Grant)
		}
	}
	return g
}

// Deny denies a request for good. It needs no passkey and no ACP.
func (s *Service) Deny(ctx context.Context, by app.Actor, id string) error {
	return s.store.Deny(ctx, by, id, app.ReasonPerson)
}

// Report denies a request as one that the person did not ask for.
func (s *Service) Report(ctx context.Context, by app.Actor, id string) error {
	return s.store.Deny(ctx, by, id, app.ReasonReported)
}
