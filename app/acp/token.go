package acp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"

	"assent/app/authz"
	"assent/app/outbound"
)

// AuthMethod is how the client authenticates at the token endpoint (OpenID
// Connect Core 9, RFC 8705 2).
type AuthMethod string

// The methods.
const (
	SecretBasic   AuthMethod = "client_secret_basic"
	SecretPost    AuthMethod = "client_secret_post"
	SecretJWT     AuthMethod = "client_secret_jwt"
	PrivateKeyJWT AuthMethod = "private_key_jwt"
	TLS           AuthMethod = "tls_client_auth"
	SelfSignedTLS AuthMethod = "self_signed_tls_client_auth"
)

const (
	assertionLife = time.Minute
	// early is how long before its end a token is no longer used.
	early        = 30 * time.Second
	discoveryAge = time.Hour
	// discoveryTimeout leaves a call time to go on without discovery.
	discoveryTimeout = 3 * time.Second
)

// canAuthenticate tells what keeps the client from ever getting a token.
func (c Config) canAuthenticate() error {
	switch c.AuthMethod {
	case "", SecretBasic, SecretPost, TLS, SelfSignedTLS:
	case SecretJWT:
		if len(c.ClientSecret) < 32 {
			return errors.New("client_secret_jwt needs a secret of at least 32 bytes (RFC 7518 3.2)")
		}
	case PrivateKeyJWT:
		if _, err := algorithm(c.Key); err != nil {
			return fmt.Errorf("private_key_jwt: %w", err)
		}
	default:
		return fmt.Errorf("unknown client authentication %q", c.AuthMethod)
	}
	return nil
}

// tokens gets access tokens by client credentials (RFC 6749 4.4), one for each
// scope, and keeps each until shortly before its end.
type tokens struct {
	cfg    Config
	group  singleflight.Group
	mu     sync.Mutex
	cached map[string]*oauth2.Token
	url    string
	urlAt  time.Time
}

func newTokens(c Config) *tokens { return &tokens{cfg: c, cached: map[string]*oauth2.Token{}} }

// get gives a token with the scope, other than the one that ACP refused. Of
// many calls that ACP refuses at once the first renews the token for all.
func (t *tokens) get(ctx context.Context, scope, refused string) (string, error) {
	if tok := t.kept(scope, refused); tok != "" {
		return tok, nil
	}
	ch := t.group.DoChan(scope, func() (any, error) {
		if tok := t.kept(scope, refused); tok != "" { // another exchange has ended since
			return tok, nil
		}
		// The exchange serves everyone who waits for it, so it isn't bound to one caller's patience.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		tok, err := t.exchange(ctx, scope)
		if err != nil {
			return nil, err
		}
		t.mu.Lock()
		t.cached[scope] = tok
		t.mu.Unlock()
		return tok.AccessToken, nil
	})
	select {
	case <-ctx.Done():
		return "", &authz.Error{Outcome: authz.Unreachable, Cause: fmt.Errorf("token: %w", ctx.Err())}
	case res := <-ch:
		if res.Err != nil {
			return "", res.Err
		}
		return res.Val.(string), nil
	}
}

// kept gives the token that is kept for the scope, unless it is near its end
// or the refused one.
func (t *tokens) kept(scope, refused string) string {
	t.mu.Lock()
	tok := t.cached[scope]
	t.mu.Unlock()
	if tok == nil || tok.AccessToken == refused || !tok.Expiry.IsZero() && !t.cfg.Now().Before(tok.Expiry.Add(-early)) {
		return ""
	}
	return tok.AccessToken
}

func (t *tokens) exchange(ctx context.Context, scope string) (*oauth2.Token, error) {
	endpoint, err := t.endpoint(ctx)
	if err != nil {
		return nil, &authz.Error{Outcome: authz.Unreachable, Cause: err}
	}
	scopes := []string{scope}
	for _, s := range t.cfg.Scopes {
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	cc := clientcredentials.Config{
		ClientID:  t.cfg.ClientID,
		TokenURL:  endpoint,
		Scopes:    scopes,
		AuthStyle: oauth2.AuthStyleInParams,
	}
	switch t.cfg.AuthMethod {
	case SecretBasic, "":
		// The library form-encodes id and secret first (RFC 6749 2.3.1).
		cc.ClientSecret, cc.AuthStyle = t.cfg.ClientSecret, oauth2.AuthStyleInHeader
	case SecretPost:
		cc.ClientSecret = t.cfg.ClientSecret
	case SecretJWT, PrivateKeyJWT:
		assertion, err := t.assertion(endpoint)
		if err != nil {
			return nil, &authz.Error{Outcome: authz.Credentials, Cause: err}
		}
		cc.EndpointParams = url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion":      {assertion},
		}
	case TLS, SelfSignedTLS: // the certificate says it; client_id goes along (RFC 8705 2)
	}
	tok, err := cc.Token(context.WithValue(ctx, oauth2.HTTPClient, t.cfg.HTTP))
	if err != nil {
		return nil, tokenError(err, t.cfg.Now())
	}
	if !tok.Expiry.IsZero() { // the library went by the machine's clock
		tok.Expiry = t.cfg.Now().Add(time.Until(tok.Expiry))
	}
	return tok, nil
}

// oauthCodes are the refusals of a token endpoint (RFC 6749 5.2).
var oauthCodes = []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
	"unsupported_grant_type", "invalid_scope"}

// tokenError sorts a failed exchange. Nothing of the call proper was sent.
func tokenError(err error, now time.Time) error {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) || answered.Response == nil {
		return &authz.Error{Outcome: authz.Unreachable, Cause: fmt.Errorf("token: %w", bare(err))}
	}
	e := &authz.Error{
		Outcome: authz.Credentials,
		Status:  answered.Response.StatusCode,
		Cause:   errors.New("the token endpoint refused the client"),
	}
	if slices.Contains(oauthCodes, answered.ErrorCode) {
		e.Code = answered.ErrorCode
		e.Cause = fmt.Errorf("the token endpoint refused the client: %s", answered.ErrorCode)
	}
	if e.Status == http.StatusTooManyRequests || e.Status >= 500 {
		e.Outcome, e.Cause = authz.Busy, errors.New("the token endpoint is busy")
		e.RetryAfter = outbound.RetryAfter(answered.Response.Header, now)
	}
	return e
}

// assertion makes a JWT that authenticates the client once (RFC 7523 3). Its
// audience is the token endpoint that it goes to and nothing else, as OpenID
// Connect Core 9 says: naming the issuer too would make it good at any of the
// issuer's endpoints.
func (t *tokens) assertion(endpoint string) (string, error) {
	now := t.cfg.Now()
	key := jose.SigningKey{Algorithm: jose.HS256, Key: []byte(t.cfg.ClientSecret)}
	if t.cfg.AuthMethod == PrivateKeyJWT {
		alg, err := algorithm(t.cfg.Key)
		if err != nil {
			return "", err
		}
		key = jose.SigningKey{
			Algorithm: alg,
			Key:       jose.JSONWebKey{Key: t.cfg.Key, KeyID: t.cfg.KeyID, Algorithm: string(alg)},
		}
	}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: t.cfg.ClientID, Subject: t.cfg.ClientID, Audience: jwt.Audience{endpoint}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(assertionLife)),
	}).Serialize()
}

// endpoint gives the token endpoint: the setting, else what discovery says
// (kept for an hour), else the usual place.
func (t *tokens) endpoint(ctx context.Context) (string, error) {
	if t.cfg.TokenURL != "" {
		return t.cfg.TokenURL, nil
	}
	t.mu.Lock()
	known, at := t.url, t.urlAt
	t.mu.Unlock()
	if known != "" && t.cfg.Now().Sub(at) < discoveryAge {
		return known, nil
	}
	found, err := t.discover(ctx)
	if err != nil {
		if known != "" {
			return known, nil
		}
		t.cfg.Log.WarnContext(ctx, "discovery failed; the token endpoint is assumed", "issuer", t.cfg.Issuer, "err",
			bare(err))
		return strings.TrimRight(t.cfg.Issuer, "/") + "/oauth2/token", nil
	}
	t.mu.Lock()
	t.url, t.urlAt = found, t.cfg.Now()
	t.mu.Unlock()
	return found, nil
}

// discover reads the issuer's metadata (OpenID Connect Discovery 4), which
// counts only when it names that issuer (4.3; a trailing slash aside).
func (t *tokens) discover(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet,
		strings.TrimRight(t.cfg.Issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", err
	}
	res, err := t.cfg.HTTP.Do(req)
	if err != nil {
		return "", err
	}
	body, err := outbound.Body(res, bodyLimit)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answers %d", res.StatusCode)
	}
	var doc struct {
		Issuer  string `json:"issuer"`
		Token   string `json:"token_endpoint"`
		Aliases struct {
			Token string `json:"token_endpoint"`
		} `json:"mtls_endpoint_aliases"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return "", err
	}
	if strings.TrimRight(doc.Issuer, "/") != strings.TrimRight(t.cfg.Issuer, "/") {
		return "", fmt.Errorf("it speaks for another issuer, %q", doc.Issuer)
	}
	if t.cfg.MutualTLS && doc.Aliases.Token != "" {
		doc.Token = doc.Aliases.Token
	}
	if _, err := secureURL(doc.Token); err != nil {
		return "", fmt.Errorf("its token endpoint %w", err)
	}
	return doc.Token, nil
}
