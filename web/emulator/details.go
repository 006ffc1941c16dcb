package emulator

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// SessionDetails is what GET answers for a regular login session: ScopeGrantSessionResponse of
// ACP's API. Tests change it with
// Edit; Extra adds members, or replaces them by any JSON at all.
type SessionDetails struct {
	ID                       string           `json:"id"`
	ClientID                 string           `json:"client_id"`
	ClientInfo               ClientInfo       `json:"client_info"`
	TenantID                 string           `json:"tenant_id"`
	ServerID                 string           `json:"server_id"`
	Subject                  string           `json:"subject,omitempty"`
	RequestedAt              time.Time        `json:"requested_at"`
	RequestedGrantType       string           `json:"requested_grant_type"`
	RequestedScopes          []RequestedScope `json:"requested_scopes"`
	AllowedScopes            map[string]bool  `json:"allowed_scopes"`
	RequestedACR             []string         `json:"requested_acr,omitempty"`
	MaxAge                   string           `json:"max_age,omitempty"`
	ClaimsToConsent          []string         `json:"requested_claims_to_consent,omitempty"`
	VerifiedClaims           *VerifiedClaims  `json:"requested_verified_claims,omitempty"`
	AuthorizationDetails     []map[string]any `json:"authorization_details,omitempty"`
	AuthenticationContext    map[string]any   `json:"authentication_context,omitempty"`
	AuthorizationCorrelation string           `json:"authorization_correlation_id,omitempty"`
	ScopeGrantApproved       bool             `json:"scope_grant_approved"`
	ScopeGrantRejected       bool             `json:"scope_grant_rejected"`
	GrantedScopes            []string         `json:"granted_scopes,omitempty"`
	Extra                    map[string]any   `json:"-"`
}

// ClientInfo describes the consumption device's owner to the person.
type ClientInfo struct {
	Name        string `json:"client_name,omitempty"`
	Description string `json:"description,omitempty"`
	URI         string `json:"client_uri,omitempty"`
	LogoURI     string `json:"logo_uri,omitempty"`
	PolicyURI   string `json:"policy_uri,omitempty"`
	TOSURI      string `json:"tos_uri,omitempty"`
}

// RequestedScope is one requested scope with its description.
type RequestedScope struct {
	ID                    string        `json:"id,omitempty"`
	TenantID              string        `json:"tenant_id,omitempty"`
	AuthorizationServerID string        `json:"authorization_server_id,omitempty"`
	Name                  string        `json:"name"`
	RequestedName         string        `json:"requested_name,omitempty"`
	DisplayName           string        `json:"display_name,omitempty"`
	Description           string        `json:"description,omitempty"`
	Params                []string      `json:"params,omitempty"`
	ImplicitGrant         bool          `json:"implicit_grant"`
	WithService           bool          `json:"with_service"`
	Service               *ScopeService `json:"service,omitempty"`
}

// ScopeService is the service that a scope belongs to.
type ScopeService struct {
	ID                    string `json:"id,omitempty"`
	Name                  string `json:"name,omitempty"`
	Type                  string `json:"type,omitempty"`
	Description           string `json:"description,omitempty"`
	TenantID              string `json:"tenant_id,omitempty"`
	AuthorizationServerID string `json:"authorization_server_id,omitempty"`
}

// VerifiedClaims are requested verified claims, for the ID token and for the userinfo endpoint.
type VerifiedClaims struct {
	IDToken  *VerifiedClaimSet `json:"id_token,omitempty"`
	UserInfo *VerifiedClaimSet `json:"userinfo,omitempty"`
}

// VerifiedClaimSet names the claims of one verification, and what is asked of each.
type VerifiedClaimSet struct {
	Claims       map[string]map[string]any `json:"claims,omitempty"`
	Verification map[string]any            `json:"verification,omitempty"`
}

// MarshalJSON writes the session as ACP does, with Extra laid over it.
func (d SessionDetails) MarshalJSON() ([]byte, error) {
	type plain SessionDetails
	raw, err := json.Marshal(plain(d))
	if err != nil || len(d.Extra) == 0 {
		return raw, err
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	maps.Copy(all, d.Extra)
	return json.Marshal(all)
}

// clone keeps what a caller gets apart from what the emulator serves. Elements of the free-form maps are shared.
func (d SessionDetails) clone() SessionDetails {
	d.RequestedScopes = slices.Clone(d.RequestedScopes)
	d.AllowedScopes = maps.Clone(d.AllowedScopes)
	d.RequestedACR = slices.Clone(d.RequestedACR)
	d.ClaimsToConsent = slices.Clone(d.ClaimsToConsent)
	d.AuthorizationDetails = slices.Clone(d.AuthorizationDetails)
	d.AuthenticationContext = maps.Clone(d.AuthenticationContext)
	d.GrantedScopes = slices.Clone(d.GrantedScopes)
	d.Extra = maps.Clone(d.Extra)
	return d
}

// grantable maps each scope name that a grant may use to whether it must be there. A dynamic scope may be denied under
// either of its names.
func (d SessionDetails) grantable() map[string]bool {
	names := map[string]bool{}
	denied := func(name string) bool {
		allowed, named := d.AllowedScopes[name]
		return named && !allowed
	}
	for _, s := range d.RequestedScopes {
		if name := cmp.Or(s.RequestedName, s.Name); !denied(s.Name) && !denied(name) {
			names[name] = s.ImplicitGrant || s.Name == "openid"
		}
	}
	return names
}

func (d SessionDetails) verifiedClaimNames() []string {
	var names []string
	if d.VerifiedClaims == nil {
		return nil
	}
	for _, set := range []*VerifiedClaimSet{d.VerifiedClaims.IDToken, d.VerifiedClaims.UserInfo} {
		if set != nil {
			names = slices.AppendSeq(names, maps.Keys(set.Claims))
		}
	}
	return names
}
