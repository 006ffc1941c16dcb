package acp

import (
	"encoding/json"
	"errors"
	"slices"
)

// Details is what ACP says of a login (ScopeGrantSessionResponse).
type Details struct {
	Client               ClientInfo
	Scopes               []Scope
	Claims               []string // requested_claims_to_consent
	VerifiedClaims       []string // names in requested_verified_claims
	AuthorizationDetails []map[string]any
	ACR                  []string
	Subject              string
	Approved             bool // scope_grant_approved
	Rejected             bool // scope_grant_rejected
	Unknown              map[string]any
}

// ClientInfo is who asks.
type ClientInfo struct {
	Name        string `json:"client_name"`
	Description string `json:"description"`
	URI         string `json:"client_uri"`
	LogoURI     string `json:"logo_uri"`
	PolicyURI   string `json:"policy_uri"`
	TosURI      string `json:"tos_uri"`
}

// Scope is one requested scope.
type Scope struct {
	Name          string   `json:"name"`
	RequestedName string   `json:"requested_name"` // the dynamic form
	DisplayName   string   `json:"display_name"`
	Description   string   `json:"description"`
	Params        []string `json:"params"`
	ImplicitGrant bool     `json:"implicit_grant"` // granted without being asked for
	Service       struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"service"`
	Allowed bool `json:"-"` // by allowed_scopes
}

// meaningless are members that say nothing a person needs for a decision: ids,
// times and the transport's own.
var meaningless = []string{
	"acr", "amr", "auth_time", "authentication_context", "authorization_correlation_id", "client_id", "error", "granted_audience",
	"granted_scopes", "id", "idp_id", "idp_subject", "login_approved", "login_rejected", "max_age", "request_query_params", "request_url",
	"requested_at", "requested_audience", "requested_claims", "requested_grant_type", "requested_max_age", "requested_redirect_uri",
	"server_id", "tenant_id", "status", "consent_id",
}

// decodeDetails reads an answer member by member: one of an unexpected type
// doesn't cost the others. What isn't known here, or isn't of the type it
// should be, is kept as it came. A login whose scopes can't be read is an
// error: nobody should decide over what they can't see.
func decodeDetails(body []byte) (*Details, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(body, &m); err != nil || m == nil {
		return nil, errors.New("the details are not a JSON object")
	}
	d := &Details{}
	read := func(name string, into any) bool {
		raw, ok := m[name]
		if !ok || string(raw) == "null" {
			delete(m, name)
			return true
		}
		if json.Unmarshal(raw, into) != nil {
			return false
		}
		delete(m, name)
		return true
	}
	if !read("requested_scopes", &d.Scopes) {
		return nil, errors.New("requested_scopes can't be read")
	}
	var allowed map[string]bool
	if !read("allowed_scopes", &allowed) {
		return nil, errors.New("allowed_scopes can't be read")
	}
	for i := range d.Scopes {
		sc := &d.Scopes[i]
		if sc.Name == "" && sc.RequestedName == "" {
			return nil, errors.New("a requested scope has no name")
		}
		sc.Allowed = true
		for _, name := range []string{sc.Name, sc.RequestedName} {
			if ok, listed := allowed[name]; listed && !ok {
				sc.Allowed = false
			}
		}
	}
	read("client_info", &d.Client)
	read("requested_claims_to_consent", &d.Claims)
	read("authorization_details", &d.AuthorizationDetails)
	read("requested_acr", &d.ACR)
	read("subject", &d.Subject)
	read("scope_grant_approved", &d.Approved)
	read("scope_grant_rejected", &d.Rejected)
	var verified map[string]struct {
		Claims map[string]json.RawMessage `json:"claims"`
	}
	read("requested_verified_claims", &verified)
	for _, part := range verified {
		for name := range part.Claims {
			if !slices.Contains(d.VerifiedClaims, name) {
				d.VerifiedClaims = append(d.VerifiedClaims, name)
			}
		}
	}
	slices.Sort(d.VerifiedClaims)
	for _, name := range meaningless {
		delete(m, name)
	}
	for name, raw := range m {
		var v any
		if json.Unmarshal(raw, &v) == nil {
			if d.Unknown == nil {
				d.Unknown = map[string]any{}
			}
			d.Unknown[name] = v
		}
	}
	return d, nil
}
