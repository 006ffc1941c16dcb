package acp

import (
	"net/http"
	"net/url"
	"strings"
)

// Kind is a kind of login, which says where it is read and answered.
type Kind string

// The kinds of login. The UK's payments are kinds of their own, since ACP keeps
// each under its own path; Brazil's versions are one kind.
const (
	Regular Kind = "regular" // a plain CIBA request for OAuth scopes

	UKAccountAccess                 Kind = "uk-account-access"
	UKDomesticPayment               Kind = "uk-domestic-payment"
	UKDomesticScheduledPayment      Kind = "uk-domestic-scheduled-payment"
	UKDomesticStandingOrder         Kind = "uk-domestic-standing-order"
	UKFilePayment                   Kind = "uk-file-payment"
	UKInternationalPayment          Kind = "uk-international-payment"
	UKInternationalScheduledPayment Kind = "uk-international-scheduled-payment"
	UKInternationalStandingOrder    Kind = "uk-international-standing-order"

	BRData    Kind = "br-data"
	BRPayment Kind = "br-payment"
)

// Login names a login session at ACP.
type Login struct {
	Kind     Kind
	ID       string
	State    string // login_state: echoed on every call, never logged
	ServerID string
}

// Grant is what a person granted. Claims and VerifiedClaims are nil where none
// were asked for, which leaves them out of what ACP is told; empty says that
// of those asked for none was granted.
type Grant struct {
	Scopes         []string
	Claims         []string
	VerifiedClaims []string
}

// Rejection says why a login is rejected.
type Rejection struct {
	Cause       string // a word for machines
	Description string // a sentence for engineers
}

// kind is one row of the table: all that differs between kinds.
type kind struct {
	scope                   string // of the token
	details, accept, reject string // under the system API; {login} stands for the login's id
	acceptBody              func(Login, Grant) any
	rejectBody              func(Login, Rejection) any
}

var kinds = map[Kind]kind{
	Regular: {
		scope:      "manage_scope_grants",
		details:    "/scope-grants/{login}",
		accept:     "/scope-grants/{login}/accept",
		reject:     "/scope-grants/{login}/reject",
		acceptBody: acceptScopeGrant,
		rejectBody: rejectScopeGrant,
	},
}

// acceptScopeGrant is AcceptScopeGrant of the system API.
func acceptScopeGrant(l Login, g Grant) any {
	if g.Scopes == nil {
		g.Scopes = []string{}
	}
	return struct {
		ID             string   `json:"id"`
		LoginState     string   `json:"login_state"`
		Scopes         []string `json:"granted_scopes"`
		Claims         []string `json:"granted_claims,omitzero"`
		VerifiedClaims []string `json:"granted_verified_claims,omitzero"`
	}{l.ID, l.State, g.Scopes, g.Claims, g.VerifiedClaims}
}

// rejectScopeGrant is RejectScopeGrant of the system API.
func rejectScopeGrant(l Login, r Rejection) any {
	return struct {
		ID          string `json:"id"`
		LoginState  string `json:"login_state"`
		Error       string `json:"error"`
		Cause       string `json:"error_cause"`
		Description string `json:"error_description"`
		StatusCode  int    `json:"status_code"`
	}{l.ID, l.State, "access_denied", r.Cause, r.Description, http.StatusForbidden}
}

// at puts a login's id into a path of the table. An escaped id has no braces.
func at(path, id string) (string, error) {
	login, err := segment(id)
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(path, "{login}", login), nil
}

// withState adds the login state to the path of a GET.
func withState(path, state string) string {
	if state == "" {
		return path
	}
	return path + "?" + url.Values{"login_state": {state}}.Encode()
}
