package consent

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"

	"golang.org/x/net/idna"

	"assent/app"
	"assent/app/accounts"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/app/slip"
)

// read reads the sheet of a pending request; see readSheet. Where the code of its
// message is asked for, that is settled once all is known that the page shows.
func (s *Service) read(ctx context.Context, r app.Request, fresh bool) (*slip.Sheet, error) {
	sheet, err := s.readSheet(ctx, r, fresh)
	if err != nil && !errors.Is(err, app.ErrAccountsUnavailable) {
		return sheet, err
	}
	why, codeErr := s.askCode(ctx, r, sheet)
	switch {
	case codeErr != nil:
		return nil, codeErr
	case why != app.ReasonNone:
		return nil, s.end(ctx, r, why, true)
	}
	return sheet, err
}

// readSheet asks ACP for the details of a pending request and, where the approval
// is about accounts, the bank for the person's. A request that can't go on is
// cancelled and gives app.ErrNotPending; no answer is app.ErrACPUnreachable.
// With app.ErrAccountsUnavailable comes the sheet without its accounts.
func (s *Service) readSheet(ctx context.Context, r app.Request, fresh bool) (*slip.Sheet, error) {
	if r.Kind == app.KindTest {
		return newSheet(r, &authz.Details{}), nil
	}
	conn, err := s.connection(r)
	if err != nil {
		return nil, app.ErrACPUnreachable.Because(err)
	}
	if r, err = s.recognise(ctx, r); err != nil {
		return nil, err
	}
	d, err := conn.Server.Details(ctx, login(r))
	var unsupported *authz.UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		s.log.WarnContext(ctx, "an open banking request was cancelled: it can't be served", "request", r.ID, "ref",
			r.Ref, "why", unsupported.Reason)
		return nil, s.end(ctx, r, app.ReasonUnsupported, true)
	case outcome(err) == authz.NotFound:
		return nil, s.end(ctx, r, app.ReasonGone, false)
	case outcome(err) == authz.Unreadable, outcome(err) == authz.OtherKind:
		s.log.ErrorContext(ctx, "a request was cancelled: nobody could decide over what ACP says of it", "request",
			r.ID, "ref", r.Ref, "err", err)
		return nil, s.end(ctx, r, app.ReasonUnreadable, true)
	case err != nil:
		return nil, app.ErrACPUnreachable.Because(err)
	case d.Approved || d.Rejected:
		return nil, s.end(ctx, r, app.ReasonSettledByACP, false)
	case !d.Awaiting():
		return nil, s.end(ctx, r, app.ReasonConsentState, true)
	}
	if d.Subject != "" {
		other, err := s.isOther(ctx, r, d.Subject)
		switch {
		case err != nil:
			return nil, app.ErrACPUnreachable.Because(err)
		case other:
			return nil, s.end(ctx, r, app.ReasonOtherPerson, true)
		}
	}
	sheet := newSheet(r, d)
	if unprintable(sheet) {
		s.log.ErrorContext(ctx, "a request was cancelled: what it would grant can't be shown as it is", "request", r.ID,
			"ref", r.Ref)
		return nil, s.end(ctx, r, app.ReasonUnreadable, true)
	}
	if len(d.Scopes) > 0 && len(sheet.Scopes)+len(sheet.Implicit) == 0 {
		return nil, s.end(ctx, r, app.ReasonNoScopes, true)
	}
	if sheet.Consent == nil {
		return sheet, nil
	}
	if why, err := s.disowned(ctx, r, sheet.Consent); err != nil {
		return nil, err
	} else if why != app.ReasonNone {
		return nil, s.end(ctx, r, why, true)
	}
	if sheet.Hints, err = s.hints(ctx, r.PersonID, sheet); err != nil {
		return nil, err
	}
	if !sheet.NeedsAccounts() {
		return sheet, nil
	}
	p, err := s.store.Person(ctx, r.PersonID)
	if err != nil {
		return nil, err
	}
	ask := s.accounts.Accounts
	if fresh {
		ask = func(ctx context.Context, p app.Person, company string) ([]app.Account, error) {
			return accounts.Fresh(ctx, s.accounts, p, company)
		}
	}
	list, err := ask(ctx, p, sheet.Consent.CNPJ)
	if err != nil {
		return sheet, app.ErrAccountsUnavailable.Because(err)
	}
	accounts, why := choose(sheet, list)
	if why != app.ReasonNone {
		return nil, s.end(ctx, r, why, true)
	}
	sheet.Accounts = accounts
	return sheet, nil
}

// isOther tells whether ACP's subject means another person than the request's. A
// subject is no login hint: it is read as every kind of identifier, and the kinds
// of the connection's hints only decide where it then fits several people. One
// that fits no person is logged.
func (s *Service) isOther(ctx context.Context, r app.Request, subject string) (bool, error) {
	q := app.Query{Connection: r.Connection, ServerID: r.ServerID, Identifier: subject, AnyKind: true}
	p, err := s.resolver.Resolve(ctx, q)
	if errors.Is(err, app.ErrAmbiguousPerson) {
		q.AnyKind = false
		if p, err = s.resolver.Resolve(ctx, q); app.KindOf(err) == app.NotFound {
			s.log.WarnContext(ctx, "ACP names a subject that fits more than one person", "request", r.ID, "ref", r.Ref)
			return true, nil
		}
	}
	if app.KindOf(err) == app.NotFound {
		s.log.WarnContext(ctx, "ACP names a subject that fits no person", "request", r.ID, "ref", r.Ref)
		return false, nil
	}
	return err == nil && p.ID != r.PersonID, err
}

// unprintable finds a scope or a claim that would be shown as another text than
// the one that is granted.
func unprintable(sh *slip.Sheet) bool {
	names := slices.Concat(sh.Implicit, sh.Claims, sh.VerifiedClaims)
	for _, sc := range sh.Scopes {
		names = append(names, sc.Grant)
	}
	return slices.ContainsFunc(names, func(name string) bool { return i18n.Plain(name) != name })
}

// disowned tells why a Brazilian consent isn't this person's to give. A payment
// that doesn't say whose it is is nobody's; a consent to share data that ACP
// knows by its login alone has no place to say it.
func (s *Service) disowned(ctx context.Context, r app.Request, c *authz.Consent) (app.Reason, error) {
	if c.CPF != "" || authz.Kind(r.Kind).Is(authz.Brazil, authz.Payment) {
		ids, err := s.store.Identifiers(ctx, r.PersonID)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(ids, func(id app.Identifier) bool { return id.Kind == app.CPF && id.Norm == c.CPF }) {
			return app.ReasonNotOwner, nil
		}
	}
	ok, err := actsFor(ctx, s.store, r.PersonID, c.CNPJ)
	if err == nil && !ok {
		return app.ReasonOtherCompany, nil
	}
	return app.ReasonNone, err
}

// choose gives the accounts that an approval may be about, or why there can't
// be one.
func choose(sh *slip.Sheet, list []app.Account) (*slip.Accounts, app.Reason) {
	switch {
	case !sh.Pays():
		banks, cards := sh.Shares()
		return several(list, banks, cards)
	case sh.Consent.Debtor != nil:
		a, ok := accounts.Find(list, *sh.Consent.Debtor)
		switch {
		case !ok:
			return nil, app.ReasonDebtorNotTheirs
		case a.Unpayable != "" || sh.Kind.Is(authz.Brazil, authz.Payment) && !pix(a):
			return nil, app.ReasonDebtorCannotPay
		}
		return &slip.Accounts{Fixed: true, List: []slip.AccountRow{{Account: a, Usable: true}}}, app.ReasonNone
	}
	out := &slip.Accounts{}
	for _, a := range list {
		if a.Kind == app.AccountBank {
			out.List = append(out.List,
				slip.AccountRow{
					Account: a,
					Usable:  a.Unpayable == "" && (!sh.Kind.Is(authz.Brazil, authz.Payment) || pix(a)),
				})
		}
	}
	return out, app.ReasonNone
}

// several are accounts to share; a person without any has nothing to share.
func several(list []app.Account, banks, cards bool) (*slip.Accounts, app.Reason) {
	out := &slip.Accounts{Many: true}
	for _, a := range list {
		if a.Kind == app.AccountBank && banks || a.Kind == app.AccountCard && cards {
			out.List = append(out.List, slip.AccountRow{Account: a, Usable: true})
		}
	}
	if len(out.List) == 0 {
		return nil, app.ReasonNoAccount
	}
	return out, app.ReasonNone
}

// pix tells whether the directory says enough of an account to name it to ACP
// as the one that a Brazilian payment is made from. A payment account (TRAN) has
// no branch.
func pix(a app.Account) bool {
	return a.ISPB != "" && a.Number != "" && a.AccountType != "" && (a.Issuer != "" || a.AccountType == "TRAN")
}

func (s *Service) end(ctx context.Context, r app.Request, why app.Reason, reject bool) error {
	err := s.store.Cancel(ctx, app.System, r.ID, why, reject)
	if err != nil && !errors.Is(err, app.ErrNotPending) {
		return err
	}
	return app.ErrNotPending
}

func login(r app.Request) authz.Login {
	return authz.Login{
		Kind:      authz.Kind(r.Kind),
		ID:        r.LoginID,
		State:     r.LoginState,
		ServerID:  r.ServerID,
		ConsentID: r.ConsentID,
	}
}

// offered are the claims that may be granted: not those of a standard scope
// that was asked for and may not be.
func offered(d *authz.Details) []string {
	if d.Claims == nil {
		return nil
	}
	out := []string{}
	for _, claim := range d.Claims {
		scope := slip.StandardScope(claim)
		refused := slices.ContainsFunc(d.Scopes, func(sc authz.Scope) bool {
			return sc.Name == scope && scope != "" && !sc.Allowed && cmp.Or(sc.RequestedName, scope) == scope
		})
		if !refused && !slices.Contains(out, claim) {
			out = append(out, claim)
		}
	}
	return out
}

// newSheet maps ACP's details. The start payload fills what they leave open.
func newSheet(r app.Request, d *authz.Details) *slip.Sheet {
	sh := &slip.Sheet{
		RequestID: r.ID, Ref: r.Ref, Kind: authz.Kind(r.Kind),
		Client: slip.Client{ID: r.ClientID, Name: d.Client.Name, Description: d.Client.Description, URI: d.Client.URI,
			PolicyURI: d.Client.PolicyURI, TosURI: d.Client.TosURI},
		Message:        r.BindingMessage,
		Claims:         offered(d),
		VerifiedClaims: d.VerifiedClaims,
		Authorization:  d.AuthorizationDetails,
		ACR:            r.ACR,
		ServerID:       r.ServerID,
		Consent:        d.Consent,
		StartedAt:      r.CreatedAt,
		ExpiresAt:      r.ExpiresAt,
		Other:          d.Unknown,
	}
	if sh.Client.Name == "" {
		sh.Client.Name = r.ClientName
	}
	if u, err := url.Parse(sh.Client.URI); err == nil {
		// In ASCII: letters of another script look like those of a host that people know.
		sh.Client.Host, _ = idna.ToASCII(u.Hostname())
	}
	if len(d.ACR) > 0 {
		sh.ACR = d.ACR
	}
	regular := sh.Kind == authz.Regular
	seen := map[string]bool{}
	add := func(sc authz.Scope, name string) {
		sh.Scopes = append(sh.Scopes,
			slip.Scope{Grant: name, Name: sc.Name, DisplayName: sc.DisplayName, Description: sc.Description,
				Service: sc.Service.Name, Params: sc.Params, Optional: regular && sc.Name != "openid"})
	}
	for _, sc := range d.Scopes {
		name := sc.Name
		if sc.RequestedName != "" {
			name = sc.RequestedName
		}
		switch {
		case !sc.Allowed || seen[name]:
		case sc.ImplicitGrant:
			sh.Implicit = append(sh.Implicit, name)
		default:
			add(sc, name)
		}
		seen[name] = true
	}
	if len(d.Scopes) == 0 && !regular { // a consent that can only be read by its id
		for _, name := range r.Scopes {
			add(authz.Scope{Name: name}, name)
		}
	}
	return sh
}
