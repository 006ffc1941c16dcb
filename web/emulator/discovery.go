package emulator

import (
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// metadata is the discovery document of a workspace: OpenID Connect Discovery, RFC 8414, CIBA Core section 4.
type metadata struct {
	Issuer                      string            `json:"issuer"`
	TokenEndpoint               string            `json:"token_endpoint"`
	JWKSURI                     string            `json:"jwks_uri"`
	BackchannelEndpoint         string            `json:"backchannel_authentication_endpoint,omitempty"`
	DeliveryModes               []Delivery        `json:"backchannel_token_delivery_modes_supported,omitempty"`
	UserCodeSupported           *bool             `json:"backchannel_user_code_parameter_supported,omitempty"`
	GrantTypes                  []string          `json:"grant_types_supported"`
	ResponseTypes               []string          `json:"response_types_supported"`
	SubjectTypes                []string          `json:"subject_types_supported"`
	IDTokenAlgorithms           []string          `json:"id_token_signing_alg_values_supported"`
	TokenEndpointMethods        []string          `json:"token_endpoint_auth_methods_supported"`
	TokenEndpointAlgorithms     []string          `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	Scopes                      []string          `json:"scopes_supported"`
	MTLSAliases                 map[string]string `json:"mtls_endpoint_aliases,omitempty"`
	CertificateBoundAccessToken bool              `json:"tls_client_certificate_bound_access_tokens,omitempty"`
}

func (e *Emulator) metadata(path string) metadata {
	m := metadata{
		Issuer:            e.base + path,
		TokenEndpoint:     e.base + path + "/oauth2/token",
		JWKSURI:           e.base + path + "/.well-known/jwks.json",
		ResponseTypes:     []string{"none"},
		SubjectTypes:      []string{"public"},
		IDTokenAlgorithms: []string{string(jose.ES256)},
	}
	if e.opts.MTLSURL != "" {
		m.MTLSAliases = map[string]string{
			"token_endpoint": strings.TrimSuffix(e.opts.MTLSURL, "/") + path + "/oauth2/token",
		}
		m.CertificateBoundAccessToken = true
	}
	return m
}

func (e *Emulator) systemMetadata(*http.Request) reply {
	m := e.metadata(e.systemPath)
	m.GrantTypes = []string{"client_credentials"}
	m.TokenEndpointMethods = []string{
		"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth",
		"self_signed_tls_client_auth",
	}
	for _, a := range append(macAlgorithms[:len(macAlgorithms):len(macAlgorithms)], keyAlgorithms...) {
		m.TokenEndpointAlgorithms = append(m.TokenEndpointAlgorithms, string(a))
	}
	e.mu.Lock()
	m.Scopes = e.client.Scopes
	e.mu.Unlock()
	return ok(m)
}

func (e *Emulator) workspaceMetadata(*http.Request) reply {
	m := e.metadata(e.workspacePath)
	m.BackchannelEndpoint = e.base + e.workspacePath + backchannelPath
	m.DeliveryModes, m.UserCodeSupported = []Delivery{Poll, Ping}, new(bool)
	m.GrantTypes = []string{cibaGrant, "refresh_token"}
	m.TokenEndpointMethods = []string{"client_secret_basic", "client_secret_post"}
	for _, s := range e.opts.Scopes {
		m.Scopes = append(m.Scopes, s.Name)
	}
	return ok(m)
}

func (e *Emulator) jwks(*http.Request) reply {
	return ok(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{e.keys.public}})
}
