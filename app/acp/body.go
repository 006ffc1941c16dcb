package acp

import (
	"net/http"

	"assent/app/authz"
)

// acceptScopeGrant is AcceptScopeGrant of the system API.
func acceptScopeGrant(l authz.Login, g authz.Grant) any {
	return struct {
		ID             string   `json:"id"`
		LoginState     string   `json:"login_state"`
		Scopes         []string `json:"granted_scopes"`
		Claims         []string `json:"granted_claims,omitzero"`
		VerifiedClaims []string `json:"granted_verified_claims,omitzero"`
	}{l.ID, l.State, listed(g.Scopes), g.Claims, g.VerifiedClaims}
}

// consentAccepted is AcceptConsentRequest of both countries; with a debtor it
// is AcceptPaymentConsent of Brazil.
type consentAccepted struct {
	LoginState string         `json:"login_state"`
	Scopes     []string       `json:"granted_scopes"`
	AccountIDs []string       `json:"account_ids"`
	Debtor     *debtorAccount `json:"debtor_account,omitempty"`
}

// debtorAccount is DebtorAccount of Brazil. A payment account (TRAN) has no
// branch.
type debtorAccount struct {
	ISPB        string `json:"ispb"`
	Issuer      string `json:"issuer,omitempty"`
	Number      string `json:"number"`
	AccountType string `json:"account_type"`
}

func acceptConsent(l authz.Login, g authz.Grant) any {
	return consentAccepted{LoginState: l.State, Scopes: listed(g.Scopes), AccountIDs: listed(g.AccountIDs)}
}

func acceptPayment(l authz.Login, g authz.Grant) any {
	body := consentAccepted{LoginState: l.State, Scopes: listed(g.Scopes), AccountIDs: listed(g.AccountIDs)}
	if d := g.Debtor; d != nil {
		body.Debtor = &debtorAccount{ISPB: d.ISPB, Issuer: d.Issuer, Number: d.Number, AccountType: d.AccountType}
	}
	return body
}

// listed is a list that is said to be empty, where it is, instead of null.
func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// rejected is RejectScopeGrant of the system API and RejectConsentRequest of
// both countries.
type rejected struct {
	ID          string           `json:"id"`
	LoginState  string           `json:"login_state"`
	Error       string           `json:"error"`
	Cause       string           `json:"error_cause"`
	Description string           `json:"error_description"`
	StatusCode  int              `json:"status_code"`
	Reason      *rejectionReason `json:"rejection_reason,omitempty"`
}

type rejectionReason struct {
	Code    string `json:"code"`
	Details string `json:"details"`
}

// rejection is the body of a reject.
func (k *kind) rejection(l authz.Login, r authz.Rejection) rejected {
	body := rejected{
		ID:          l.ID,
		LoginState:  l.State,
		Error:       "access_denied",
		Cause:       r.Cause,
		Description: r.Description,
		StatusCode:  http.StatusForbidden,
	}
	if k.reasons != nil {
		code, ok := k.reasons[r.Why]
		if !ok {
			code = k.reasons[authz.Technical]
		}
		body.Reason = &rejectionReason{Code: code, Details: r.Description}
	}
	return body
}
