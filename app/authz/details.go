package authz

import (
	"strings"
	"time"
	"unicode"
)

// Details is what the authorization server says of a login (ScopeGrantSessionResponse).
type Details struct {
	Client               ClientInfo
	ClientID             string
	TenantID             string
	ServerID             string
	Scopes               []Scope
	Claims               []string         // requested_claims_to_consent
	VerifiedClaims       []string         // names in requested_verified_claims, sorted
	AuthorizationDetails []map[string]any // RFC 9396; numbers are json.Number
	ACR                  []string
	MaxAge               string    // a duration, as the server words it
	RequestedAt          time.Time // zero when the server doesn't say
	Subject              string
	Status               string // absent for regular logins as far as is known; see Awaiting
	Approved             bool   // scope_grant_approved
	Rejected             bool   // scope_grant_rejected

	Consent *Consent // what is asked for in open banking; nil for a regular login

	// Unknown holds what isn't known here, or isn't of the type it should be,
	// by member; numbers are json.Number, digit for digit. What isn't known of
	// a consent stands under the consent's member, where it stood.
	Unknown map[string]any
}

// ClientInfo is who asks.
type ClientInfo struct {
	Name        string
	Description string
	URI         string
	LogoURI     string
	PolicyURI   string
	TosURI      string
}

// Scope is one requested scope.
type Scope struct {
	Name          string
	RequestedName string // the dynamic form
	DisplayName   string
	Description   string
	Params        []string
	ImplicitGrant bool // granted without being asked for
	Service       Service
	Allowed       bool // by allowed_scopes
}

// Service is the API that a scope belongs to.
type Service struct {
	ID   string
	Name string
}

// Awaiting tells whether the server still waits for an answer, as far as it says: a
// status that is absent forbids nothing.
func (d *Details) Awaiting() bool {
	return Awaiting(d.Status) && (d.Consent == nil || Awaiting(d.Consent.Status))
}

// Awaiting tells whether a status is that of waiting. It compares letters only:
// the UK writes AwaitingAuthorisation, Brazil AWAITING_AUTHORISATION.
func Awaiting(status string) bool {
	return status == "" || Letters(status) == "awaitingauthorisation"
}

// Letters are the letters and digits of a code, in lower case, whatever its
// spelling.
func Letters(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}
