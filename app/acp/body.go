package acp

import (
	"net/http"

	"assent/app"
)

// Login names a login session at ACP.
type Login struct {
	Kind     Kind
	ID       string
	State    string // login_state: echoed on every call, never logged
	ServerID string // workspace
	// ConsentID is the consent's own id, as far as the start named it. Brazil's
	// consents are read by it.
	ConsentID string
}

// Grant is what a person granted. Claims and VerifiedClaims are nil where none
// were asked for, which leaves them out of what ACP is told; empty says that
// of those asked for none was granted.
type Grant struct {
	Scopes         []string
	Claims         []string
	VerifiedClaims []string
	// AccountIDs are the accounts of the directory that a consent is granted
	// for: those to share, or the one to pay from.
	AccountIDs []string
	// Debtor is the account to pay from, for a Brazilian payment that came
	// without one; nil otherwise.
	Debtor *app.AccountRef
}

// Rejection says why a login is rejected.
type Rejection struct {
	Why         Why    // sorts it for Brazil; empty is Technical
	Cause       string // a word for machines
	Description string // a sentence for engineers
}

// Why sorts the reasons of a rejection as Open Finance Brasil does.
type Why string

// The reasons.
const (
	ByPerson         Why = "by person"          // they said no
	Security         Why = "security"           // it isn't theirs to answer, or looks like fraud
	Technical        Why = "technical"          // it can't be served
	AccountCannotPay Why = "account cannot pay" // the account to pay from isn't theirs, or not for this
	Balance          Why = "balance"            // not enough on it
)

// acceptScopeGrant is AcceptScopeGrant of the system API.
func acceptScopeGrant(l Login, g Grant) any {
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

func acceptConsent(l Login, g Grant) any {
	return consentAccepted{LoginState: l.State, Scopes: listed(g.Scopes), AccountIDs: listed(g.AccountIDs)}
}

func acceptPayment(l Login, g Grant) any {
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
func (k *kind) rejection(l Login, r Rejection) rejected {
	body := rejected{ID: l.ID, LoginState: l.State, Error: "access_denied", Cause: r.Cause, Description: r.Description, StatusCode: http.StatusForbidden}
	if k.reasons != nil {
		code, ok := k.reasons[r.Why]
		if !ok {
			code = k.reasons[Technical]
		}
		body.Reason = &rejectionReason{Code: code, Details: r.Description}
	}
	return body
}
