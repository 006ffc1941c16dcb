package emulator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is a kind of consent: what is asked, on which path it is read and settled, and which bodies settle it.
type Kind string

// Regular is a CIBA request without an open banking consent.
const Regular Kind = "regular"

// kind is one row of the table of kinds.
type kind struct {
	// path is the kind's part of the system API, in front of /{login}.
	path string
	// layout is where a consent's row stands; empty for what every layout has alike.
	layout Layout
	// scope is what a token needs for it.
	scope string
	// details builds GET's answer.
	details func(*session) any
	// accept reads and checks a body that accepts, reject one that rejects; the returned scopes are what gets granted.
	accept func(*session, []byte) (*AcceptBody, error)
	reject func(*session, []byte) (*RejectBody, error)
}

// kinds is the table: another kind of consent is another row.
var kinds = map[Kind]kind{
	Regular: {
		path: "/scope-grants", scope: "manage_scope_grants",
		details: func(s *session) any { return s.Details },
		accept:  acceptRegular, reject: rejectRegular,
	},
}

// AcceptBody is AcceptScopeGrant of ACP's API, as received.
type AcceptBody struct {
	ID                    string   `json:"id"`
	LoginState            string   `json:"login_state"`
	ConsentID             string   `json:"consent_id,omitempty"`
	GrantedScopes         []string `json:"granted_scopes"`
	GrantedClaims         []string `json:"granted_claims,omitempty"`
	GrantedVerifiedClaims []string `json:"granted_verified_claims,omitempty"`

	// AccountIDs and Debtor are of consents.
	AccountIDs []string       `json:"-"`
	Debtor     *DebtorAccount `json:"-"`
}

// RejectBody is RejectScopeGrant of ACP's API, as received.
type RejectBody struct {
	ID               string `json:"id"`
	LoginState       string `json:"login_state"`
	Error            string `json:"error"`
	ErrorCause       string `json:"error_cause"`
	ErrorDescription string `json:"error_description"`
	StatusCode       int    `json:"status_code"`

	// Reason is of Brazilian consents.
	Reason *RejectionReason `json:"-"`
}

func acceptRegular(s *session, raw []byte) (*AcceptBody, error) {
	var b AcceptBody
	if err := strictJSON(raw, &b); err != nil {
		return nil, err
	}
	faults := []error{matches(s, b.ID, b.LoginState)}
	if b.GrantedScopes == nil {
		faults = append(faults, errors.New("granted_scopes is missing"))
	}
	grantable := s.Details.grantable()
	faults = append(faults, within("granted_scopes", b.GrantedScopes, slices.Collect(maps.Keys(grantable))))
	for _, name := range slices.Sorted(maps.Keys(grantable)) {
		if grantable[name] && !slices.Contains(b.GrantedScopes, name) {
			faults = append(faults, fmt.Errorf("granted_scopes lacks %q, which is granted without being asked", name))
		}
	}
	faults = append(faults,
		within("granted_claims", b.GrantedClaims, s.Details.ClaimsToConsent),
		within("granted_verified_claims", b.GrantedVerifiedClaims, s.Details.verifiedClaimNames()))
	return &b, errors.Join(faults...)
}

func rejectRegular(s *session, raw []byte) (*RejectBody, error) {
	var b RejectBody
	if err := strictJSON(raw, &b); err != nil {
		return nil, err
	}
	faults := []error{matches(s, b.ID, b.LoginState)}
	if b.Error == "" {
		faults = append(faults, errors.New("error is missing"))
	}
	if b.StatusCode != 403 {
		faults = append(faults, fmt.Errorf("status_code is %d, not 403", b.StatusCode))
	}
	return &b, errors.Join(faults...)
}

func matches(s *session, id, state string) error {
	switch {
	case id != s.ID:
		return fmt.Errorf("id %q is not the login of the path", id)
	case state != s.LoginState:
		return errors.New("login_state is not the one of this login")
	}
	return nil
}

// within reports members of got that are repeated or not among the allowed ones.
func within(what string, got, allowed []string) error {
	var wrong []string
	for i, name := range got {
		if !slices.Contains(allowed, name) || slices.Contains(got[:i], name) {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s has %s, which may not be granted or is repeated", what, strings.Join(wrong, ", "))
	}
	return nil
}
