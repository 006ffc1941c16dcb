package consent

import (
	"context"
	"encoding/json"
	"slices"

	"assent/app"
	"assent/app/authz"
	"assent/app/slip"
)

// Choice is what a person is about to approve: the sheet they saw, by its
// digest, and the scopes, claims and accounts that they left ticked or picked.
type Choice struct {
	Digest         string   `json:"digest"`
	Scopes         []string `json:"scopes"`
	Claims         []string `json:"claims"` // of those that follow no scope
	VerifiedClaims []string `json:"verified_claims"`
	Accounts       []string `json:"accounts"` // ids of the account directory
	Code           string   `json:"code"`     // of the binding message, where it is asked for
}

// Prepared is an approval that can be signed: what the person is looking at,
// and what it would grant.
type Prepared struct {
	Request app.Request
	Sheet   *slip.Sheet
	Grant   Grant
}

// Grant is what was approved, as it is kept with the request and sent to ACP.
// An empty list of claims, unlike none, tells ACP that none is granted.
type Grant struct {
	Scopes         []string `json:"scopes"`
	Claims         []string `json:"claims,omitzero"`
	VerifiedClaims []string `json:"verified_claims,omitzero"`
	Accounts       []string `json:"accounts,omitempty"`
	// Debtor is the account that a Brazilian payment is made from, where the
	// consent left it to the person.
	Debtor *app.AccountRef `json:"debtor,omitempty"`
}

// Prepare gives what approving c is about, if it can be approved at this
// moment. It comes before the person is asked to sign.
func (s *Service) Prepare(ctx context.Context, by app.Actor, id string, c Choice) (Prepared, error) {
	r, err := s.store.RequestOf(ctx, by.PersonID, id)
	switch {
	case err != nil:
		return Prepared{}, err
	case r.State != app.Pending:
		return Prepared{}, app.ErrNotPending
	case r.ExpiresAt <= s.store.Now():
		return Prepared{}, app.ErrExpired
	case c.Digest == "" || r.DetailsDigest != c.Digest:
		return Prepared{}, app.ErrChanged
	}
	sheet, err := Sheet(r)
	if err != nil {
		return Prepared{}, err
	}
	g, err := grant(sheet, c)
	if err != nil {
		return Prepared{}, err
	}
	if until, err := s.cooling(ctx, by, sheet); err != nil {
		return Prepared{}, err
	} else if until != 0 {
		return Prepared{}, app.ErrCooling.After(until.Sub(s.store.Now()))
	}
	if sheet.AskCode && !sameCode(s.code(r, sheet), c.Code) {
		if c.Code == "" {
			return Prepared{}, app.ErrCodeMissing
		}
		// One try: whoever can't tell the code isn't in front of the other device.
		if err := s.store.Deny(ctx, by, id, app.ReasonCode); err != nil {
			return Prepared{}, err
		}
		return Prepared{}, app.ErrNotPending
	}
	return Prepared{r, sheet, g}, nil
}

// cooling tells until when the device, or the passkey that it signs with now, is
// too new to approve a payment; 0 where it may. A device that another one of the
// person's let in needs no wait if that one needed none itself, and neither does
// the passkey that was made with it.
func (s *Service) cooling(ctx context.Context, by app.Actor, sh *slip.Sheet) (app.Instant, error) {
	cooling := s.protection().Cooling
	if cooling == 0 || !sh.Pays() {
		return 0, nil
	}
	d, err := s.store.Device(ctx, by.ID)
	if err != nil {
		return 0, err
	}
	key, err := s.store.Credential(ctx, d.CredentialID)
	if err != nil {
		return 0, err
	}
	since := max(d.CreatedAt, key.CreatedAt)
	if d.ApproverSince != 0 && d.ApproverSince.Add(cooling) <= d.CreatedAt {
		if since = key.CreatedAt; since == d.CreatedAt {
			return 0, nil
		}
	}
	if until := since.Add(cooling); until > s.store.Now() {
		return until, nil
	}
	return 0, nil
}

// Signed is an approval's proof: the passkey that signed, and what seals the
// receipt of a decision that is made at that instant.
type Signed interface {
	CredentialID() string
	Receipt(at app.Instant) (string, error)
}

// Approve approves what the person saw and signed. ACP, and the bank for its
// accounts, are read once more before anything is stored: a changed field, or
// no answer, stores nothing.
func (s *Service) Approve(ctx context.Context, by app.Actor, id string, c Choice, signed Signed) error {
	prepared, err := s.Prepare(ctx, by, id, c)
	if err != nil {
		return err
	}
	sheet, err := s.read(ctx, prepared.Request, true)
	if err != nil {
		return err
	}
	_, digest, err := sheet.Digest()
	if err != nil {
		return err
	}
	if digest != c.Digest {
		return app.ErrChanged
	}
	g, err := grant(sheet, c)
	if err != nil {
		return err
	}
	granted, err := json.Marshal(g)
	if err != nil {
		return err
	}
	now := s.store.Now()
	if prepared.Request.ExpiresAt <= now {
		return app.ErrExpired
	}
	receipt, err := signed.Receipt(now)
	if err != nil {
		return err
	}
	return s.store.Approve(ctx, by, id,
		app.Approval{Digest: digest, Granted: string(granted), Receipt: receipt, At: now,
			CredentialID: signed.CredentialID(), Payment: payment(sheet)})
}

// grant is what approving the sheet with c's ticks and accounts grants.
// Whatever the browser says, only what the sheet offers can be in it.
func grant(sh *slip.Sheet, c Choice) (Grant, error) {
	g := Grant{Scopes: slices.Clone(sh.Implicit)}
	for _, sc := range sh.Scopes {
		if !sc.Optional || slices.Contains(c.Scopes, sc.Grant) {
			g.Scopes = append(g.Scopes, sc.Grant)
		}
	}
	g.Claims, g.VerifiedClaims = sh.GrantedClaims(g.Scopes, c.Claims), sh.GrantedVerifiedClaims(c.VerifiedClaims)
	if sh.Accounts == nil {
		return g, nil
	}
	for _, row := range sh.Accounts.List {
		if row.Usable && (sh.Accounts.Fixed || slices.Contains(c.Accounts, row.Account.ID)) {
			g.Accounts = append(g.Accounts, row.Account.ID)
			if sh.Kind.Is(authz.Brazil, authz.Payment) && !sh.Accounts.Fixed {
				g.Debtor = &row.Account.AccountRef
			}
		}
	}
	switch n := len(g.Accounts); {
	case n == 0, !sh.Accounts.Many && n > 1:
		return g, app.ErrAccountChoice
	case !sh.Accounts.Fixed && n != len(c.Accounts):
		return g, app.ErrChanged // it names one that can't be chosen (any more)
	}
	return g, nil
}

// Deny denies a request for good. It needs no passkey and no ACP.
func (s *Service) Deny(ctx context.Context, by app.Actor, id string) error {
	return s.store.Deny(ctx, by, id, app.ReasonPerson)
}

// Report denies a request as one that the person did not ask for, and keeps
// that. Where the policy says so, the person gets no further requests until
// the help desk clears it.
func (s *Service) Report(ctx context.Context, by app.Actor, id string) error {
	r, err := s.store.RequestOf(ctx, by.PersonID, id)
	if err != nil {
		return err
	}
	if r.Kind == app.KindTest {
		return s.Deny(ctx, by, id)
	}
	return s.store.Report(ctx, by, id, s.protection().ReportPauses)
}
