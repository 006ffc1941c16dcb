package emulator

import (
	"cmp"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Client is the service's own OAuth client in the system workspace.
type Client struct {
	// ID is "assent" by default; without a Secret, a public key or a certificate nothing authenticates it.
	ID, Secret string
	// Methods are the client authentication methods that it may use: client_secret_basic and client_secret_post by
	// default.
	Methods []string
	// Keys verify private_key_jwt.
	Keys jose.JSONWebKeySet
	// Certificate is the one certificate of self_signed_tls_client_auth; SubjectDN, in the form of pkix.Name.String,
	// that of tls_client_auth, whose chain the TLS listener must have verified (RFC 8705 section 2).
	Certificate *x509.Certificate
	SubjectDN   string
	// Scopes are what it may ask for: manage_scope_grants and manage_openbanking_consents by default.
	Scopes []string
}

func (c Client) withDefaults() Client {
	c.ID = cmp.Or(c.ID, "assent")
	if len(c.Methods) == 0 {
		c.Methods = []string{"client_secret_basic", "client_secret_post"}
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"manage_scope_grants", "manage_openbanking_consents"}
	}
	return c
}

// SetClient changes the service's client, for tests that rotate its credentials. Tokens already issued stay.
func (e *Emulator) SetClient(c Client) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.client = c.withDefaults()
}

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authenticated is a client that has proved who it is.
type authenticated struct {
	id, method string
	cert       *x509.Certificate
}

// authenticate checks the one credential that a token request carries (RFC 6749 section 2.3). find yields the client of
// an ID; issuer and endpoint are the audiences that an assertion may name.
func (e *Emulator) authenticate(r *http.Request, form map[string]string, find func(string) (Client, bool),
	audiences []string) (authenticated, error) {
	user, password, basic := r.BasicAuth()
	assertion, post := form["client_assertion"], form["client_secret"]
	if n := count(basic, assertion != "", post != ""); n > 1 {
		return authenticated{}, errors.New("more than one way of client authentication")
	}
	switch {
	case basic:
		id, err1 := url.QueryUnescape(user)
		secret, err2 := url.QueryUnescape(password)
		if err1 != nil || err2 != nil {
			return authenticated{}, errors.New("id and secret must be form-encoded before Basic (RFC 6749 section 2.3.1)")
		}
		return bySecret(find, id, secret, "client_secret_basic")
	case assertion != "":
		if form["client_assertion_type"] != jwtBearer {
			return authenticated{}, fmt.Errorf("client_assertion_type must be %s", jwtBearer)
		}
		return e.byAssertion(find, assertion, form["client_id"], audiences)
	case post != "":
		return bySecret(find, form["client_id"], post, "client_secret_post")
	case r.TLS != nil && len(r.TLS.PeerCertificates) > 0:
		return byCertificate(find, form["client_id"], r)
	}
	return authenticated{}, errors.New("no client authentication")
}

func count(conditions ...bool) (n int) {
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

func bySecret(find func(string) (Client, bool), id, secret, method string) (authenticated, error) {
	c, found := find(id)
	switch {
	case !found:
		return authenticated{}, fmt.Errorf("unknown client %q", id)
	case !slices.Contains(c.Methods, method):
		return authenticated{}, fmt.Errorf("client %q may not use %s", id, method)
	case c.Secret == "" || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1:
		return authenticated{}, errors.New("wrong client secret")
	}
	return authenticated{id: c.ID, method: method}, nil
}

func byCertificate(find func(string) (Client, bool), id string, r *http.Request) (authenticated, error) {
	c, found := find(id)
	if !found {
		return authenticated{}, fmt.Errorf("unknown client %q; client_id is required with a certificate", id)
	}
	leaf := r.TLS.PeerCertificates[0]
	if slices.Contains(c.Methods, "self_signed_tls_client_auth") && c.Certificate != nil && c.Certificate.Equal(leaf) {
		return authenticated{id: c.ID, method: "self_signed_tls_client_auth", cert: leaf}, nil
	}
	if slices.Contains(c.Methods, "tls_client_auth") && c.SubjectDN != "" && c.SubjectDN == leaf.Subject.String() &&
		len(r.TLS.VerifiedChains) > 0 {
		return authenticated{id: c.ID, method: "tls_client_auth", cert: leaf}, nil
	}
	return authenticated{}, errors.New("the certificate is not this client's")
}

var (
	macAlgorithms = []jose.SignatureAlgorithm{jose.HS256, jose.HS384, jose.HS512}
	keyAlgorithms = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.ES512, jose.RS256, jose.RS384, jose.RS512,
		jose.PS256, jose.PS384, jose.PS512, jose.EdDSA}
)

// longestAssertion is how far ahead a client assertion may put its expiry.
const longestAssertion = time.Hour

// byAssertion checks a client assertion as RFC 7523 section 3 and OpenID Connect Core section 9 want it.
func (e *Emulator) byAssertion(find func(string) (Client, bool), raw, clientID string,
	audiences []string) (authenticated, error) {
	token, err := jwt.ParseSigned(raw, slices.Concat(macAlgorithms, keyAlgorithms))
	if err != nil {
		return authenticated{}, errors.New("client_assertion is not a signed JWT")
	}
	var unchecked jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&unchecked); err != nil {
		return authenticated{}, errors.New("client_assertion carries no claims")
	}
	c, found := find(unchecked.Issuer)
	if !found {
		return authenticated{}, fmt.Errorf("unknown client %q as iss of client_assertion", unchecked.Issuer)
	}
	method, keys := "private_key_jwt", candidates(c.Keys, token.Headers[0].KeyID)
	if slices.Contains(macAlgorithms, jose.SignatureAlgorithm(token.Headers[0].Algorithm)) {
		method, keys = "client_secret_jwt", nil
		if c.Secret != "" {
			keys = []any{[]byte(c.Secret)}
		}
	}
	if !slices.Contains(c.Methods, method) {
		return authenticated{}, fmt.Errorf("client %q may not use %s", c.ID, method)
	}
	var claims jwt.Claims
	if !slices.ContainsFunc(keys, func(key any) bool { return token.Claims(key, &claims) == nil }) {
		return authenticated{}, errors.New("client_assertion's signature doesn't verify")
	}
	return authenticated{id: c.ID, method: method}, e.checkAssertion(claims, c.ID, clientID, audiences)
}

func candidates(set jose.JSONWebKeySet, kid string) (keys []any) {
	for _, k := range set.Keys {
		if kid == "" || k.KeyID == "" || k.KeyID == kid {
			keys = append(keys, k.Key)
		}
	}
	return keys
}

func (e *Emulator) checkAssertion(claims jwt.Claims, id, clientID string, audiences []string) error {
	now := e.now()
	switch {
	case claims.Subject != id:
		return errors.New("sub of client_assertion is not the client's id")
	case clientID != "" && clientID != id:
		return errors.New("client_id differs from client_assertion's iss")
	case !slices.ContainsFunc(claims.Audience, func(a string) bool { return slices.Contains(audiences, a) }):
		return fmt.Errorf("aud of client_assertion must be one of %s", strings.Join(audiences, ", "))
	case claims.Expiry == nil:
		return errors.New("exp of client_assertion is missing")
	case claims.Expiry.Time().After(now.Add(longestAssertion)):
		return errors.New("exp of client_assertion is more than an hour ahead")
	case claims.ID == "":
		return errors.New("jti of client_assertion is missing")
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{Time: now}, time.Minute); err != nil {
		return fmt.Errorf("client_assertion: %w", err)
	}
	key := id + "\x00" + claims.ID
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, seen := e.assertions[key]; seen {
		return errors.New("jti of client_assertion was used before")
	}
	e.assertions[key] = claims.Expiry.Time().Add(time.Minute)
	return nil
}
