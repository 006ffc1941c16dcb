package emulator

import (
	"fmt"
	"strings"
)

// Scope is one entry of the workspace's catalogue. A Name that ends in ".*" is a dynamic scope: a client asks for
// "invoice.7781", details carry both spellings, and the grant must use the client's.
type Scope struct {
	Name, DisplayName, Description string
	// Service is the name of the service that the scope belongs to; Type is ACP's service type (oidc, oauth2, user).
	Service, Type string
	// ImplicitGrant scopes are granted without asking the person.
	ImplicitGrant bool
	// Claims are personal data that the person is asked to release with this scope.
	Claims []string
}

// openBanking is the service of the scopes that come with a consent.
const openBanking = "Open banking"

func defaultScopes() []Scope {
	return []Scope{
		{
			Name:        "openid",
			DisplayName: "OpenID",
			Description: "This scope value requests the sub claim",
			Service:     "OpenID Connect",
			Type:        "oidc",
		},
		{
			Name:        "profile",
			DisplayName: "Profile",
			Description: "This scope value requests access to the person's default profile",
			Service:     "Profile",
			Type:        "oidc",
			Claims:      []string{"name", "birthdate"},
		},
		{
			Name:        "email",
			DisplayName: "Email",
			Description: "This scope value requests access to the email address",
			Service:     "Profile",
			Type:        "oidc",
			Claims:      []string{"email"},
		},
		{
			Name:        "phone",
			DisplayName: "Phone",
			Description: "This scope value requests access to the phone number",
			Service:     "Profile",
			Type:        "oidc",
			Claims:      []string{"phone_number"},
		},
		{
			Name:        "offline_access",
			DisplayName: "Offline Access",
			Description: "This scope value requests offline access using refresh token",
			Service:     "OAuth2",
			Type:        "oauth2",
		},
		{
			Name:        "transfers:read",
			DisplayName: "See your transfers",
			Description: "The transfers of the last 90 days, with payee and amount",
			Service:     "Transfers",
			Type:        "user",
		},
		{
			Name:        "invoice.*",
			DisplayName: "See one invoice",
			Description: "The invoice with this number, nothing else",
			Service:     "Invoices",
			Type:        "user",
		},
		{
			Name:        "accounts",
			DisplayName: "Accounts",
			Description: "Account information by consent",
			Service:     openBanking,
			Type:        "openbanking",
		},
		{
			Name:        "payments",
			DisplayName: "Payments",
			Description: "Payments by consent",
			Service:     openBanking,
			Type:        "openbanking",
		},
		{
			Name:        "consents",
			DisplayName: "Consents",
			Description: "Data by consent",
			Service:     openBanking,
			Type:        "openbanking",
		},
		{
			Name:        "recurring-payments",
			DisplayName: "Recurring payments",
			Description: "Recurring payments by consent",
			Service:     openBanking,
			Type:        "openbanking",
		},
		{
			Name:        "consent:*",
			DisplayName: "Consent",
			Description: "The consent with this id",
			Service:     openBanking,
			Type:        "openbanking",
		},
		{
			Name:        "recurring-consent:*",
			DisplayName: "Recurring consent",
			Description: "The recurring consent with this id",
			Service:     openBanking,
			Type:        "openbanking",
		},
		{
			Name:          "branch:read",
			DisplayName:   "See branch details",
			Description:   "Address and opening hours of the branch",
			Service:       "Branches",
			Type:          "user",
			ImplicitGrant: true,
		},
	}
}

// find looks a scope up as a client writes it; params is the variable part of a dynamic one.
func (e *Emulator) findScope(requested string) (s Scope, params []string, found bool) {
	for _, s := range e.opts.Scopes {
		if s.Name == requested {
			return s, nil, true
		}
		if prefix, dynamic := strings.CutSuffix(s.Name, "*"); dynamic {
			if param, match := strings.CutPrefix(requested, prefix); match && param != "" {
				return s, []string{param}, true
			}
		}
	}
	return Scope{}, nil, false
}

// unknownScopes lists what a client may not ask for.
func (e *Emulator) unknownScopes(scopes []string) (unknown []string) {
	for _, name := range scopes {
		if _, _, found := e.findScope(name); !found {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// requestedScope is how details show a scope; an unknown one, which only Begin lets through, has nothing but its name.
func (e *Emulator) requestedScope(requested string) RequestedScope {
	s, params, found := e.findScope(requested)
	if !found {
		return RequestedScope{Name: requested, RequestedName: requested}
	}
	id := strings.NewReplacer(":", "-", "_", "-", ".*", "").Replace(s.Name)
	return RequestedScope{
		ID: "scope-" + id, TenantID: e.opts.Tenant, AuthorizationServerID: e.opts.Workspace,
		Name: s.Name, RequestedName: requested, Params: params,
		DisplayName:   s.DisplayName,
		Description:   s.Description,
		ImplicitGrant: s.ImplicitGrant,
		WithService:   s.Service != "",
		Service: &ScopeService{
			ID: "service-" + strings.ToLower(strings.ReplaceAll(s.Service, " ", "-")), Name: s.Service, Type: s.Type,
			TenantID: e.opts.Tenant, AuthorizationServerID: e.opts.Workspace,
			Description: fmt.Sprintf("%s of the demo workspace", s.Service),
		},
	}
}
