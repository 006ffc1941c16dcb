package consent

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"assent/app"
	"assent/app/authz"
	"assent/app/slip"
)

// View is a request as a person may see it now. Sheet is nil when it can't be
// decided on: no longer pending, or ACP can't be reached.
type View struct {
	Request     app.Request
	Sheet       *slip.Sheet
	Digest      string      // of the sheet; empty when it can't be approved
	Unreachable bool        // still pending, but ACP's details can't be had now
	NoAccounts  bool        // the same of the person's accounts: the sheet is there, without them
	Cooling     app.Instant // until then the device is too new to approve this; 0 where it isn't
}

// View shows a request to the person on the device by. The details come from
// ACP each time; a request that ACP no longer holds, or holds for another
// person, ends here with its reason.
func (s *Service) View(ctx context.Context, by app.Actor, id string) (View, error) {
	r, err := s.store.RequestOf(ctx, by.PersonID, id)
	if err != nil {
		return View{}, err
	}
	if r.State == app.Pending && r.ExpiresAt <= s.store.Now() {
		if err := s.store.ExpireRequests(ctx, r.ID); err != nil {
			return View{}, err
		}
		r, err = s.store.RequestOf(ctx, by.PersonID, id)
	}
	if err != nil || r.State != app.Pending {
		return View{Request: r}, err
	}
	sheet, err := s.read(ctx, r, false)
	switch {
	case errors.Is(err, app.ErrACPUnreachable):
		s.log.WarnContext(ctx, "details can't be had from ACP", "request", r.ID, "ref", r.Ref, "err", err)
		if err := s.store.KeepSaid(ctx, r.ID, authz.Said(err)); err != nil {
			return View{}, err
		}
		return View{Request: r, Unreachable: true}, nil
	case errors.Is(err, app.ErrAccountsUnavailable):
		s.log.WarnContext(ctx, "a person's accounts can't be had", "request", r.ID, "ref", r.Ref, "err", err)
		return View{Request: r, Sheet: sheet, NoAccounts: true}, nil
	case errors.Is(err, app.ErrNotPending):
		r, err = s.store.RequestOf(ctx, by.PersonID, id)
		return View{Request: r}, err
	case err != nil:
		return View{}, err
	}
	shown, digest, err := sheet.Digest()
	if err != nil {
		return View{}, err
	}
	if err := s.store.Shown(ctx, by, r.ID, shown, digest, payee(sheet)); err != nil {
		return View{}, err
	}
	until, err := s.cooling(ctx, by, sheet)
	return View{Request: r, Sheet: sheet, Digest: digest, Cooling: until}, err
}

// Sheet gives what was last shown of a request, or nil if nobody saw it.
func Sheet(r app.Request) (*slip.Sheet, error) {
	if r.Details == "" {
		return nil, nil
	}
	var sh slip.Sheet
	d := json.NewDecoder(strings.NewReader(r.Details))
	d.UseNumber() // amounts keep their digits
	return &sh, d.Decode(&sh)
}

// Approved gives what a request's approver saw and granted: the sheet with
// only the scopes, claims and accounts that were granted, and what they left out
// apart. A request that nobody saw gives none.
func Approved(r app.Request) (*slip.Sheet, error) {
	sh, err := Sheet(r)
	if sh == nil || err != nil || r.Granted == "" {
		return sh, err
	}
	var g Grant
	if err := json.Unmarshal([]byte(r.Granted), &g); err != nil {
		return nil, err
	}
	return sh.Split(slip.Answer{
		Scopes:         g.Scopes,
		Claims:         g.Claims,
		VerifiedClaims: g.VerifiedClaims,
		Accounts:       g.Accounts,
	}), nil
}
