package acp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"

	"assent/app/outbound"

	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
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
)

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

// get gives a token with the scope; renew ignores the one that ACP refused.
func (t *tokens) get(ctx context.Context, scope string, renew bool) (string, error) {
	if !renew {
		t.mu.Lock()
		tok := t.cached[scope]
		t.mu.Unlock()
		if tok != nil && (tok.Expiry.IsZero() || t.cfg.Now().Before(tok.Expiry.Add(-early))) {
			return tok.AccessToken, nil
		}
	}
	ch := t.group.DoChan(scope, func() (any, error) {
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
		return "", &Error{Outcome: Unreachable, cause: fmt.Errorf("token: %w", ctx.Err())}
	case res := <-ch:
		if res.Err != nil {
			return "", res.Err
		}
		return res.Val.(string), nil
	}
}

func (t *tokens) exchange(ctx context.Context, scope string) (*oauth2.Token, error) {
	endpoint, err := t.endpoint(ctx)
	if err != nil {
		return nil, &Error{Outcome: Unreachable, cause: err}
	}
	scopes := []string{scope}
	for _, s := range t.cfg.Scopes {
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	cc := clientcredentials.Config{ClientID: t.cfg.ClientID, TokenURL: endpoint, Scopes: scopes, AuthStyle: oauth2.AuthStyleInParams}
	switch t.cfg.AuthMethod {
	case SecretBasic, "":
		// The library form-encodes id and secret first (RFC 6749 2.3.1).
		cc.ClientSecret, cc.AuthStyle = t.cfg.ClientSecret, oauth2.AuthStyleInHeader
	case SecretPost:
		cc.ClientSecret = t.cfg.ClientSecret
	case SecretJWT, PrivateKeyJWT:
		assertion, err := t.assertion(endpoint)
		if err != nil {
			return nil, &Error{Outcome: Credentials, cause: err}
		}
		cc.EndpointParams = url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion":      {assertion},
		}
	case TLS, SelfSignedTLS: // the certificate says it; client_id goes along
	default:
		return nil, &Error{Outcome: Credentials, cause: fmt.Errorf("unknown client authentication %q", t.cfg.AuthMethod)}
	}
	tok, err := cc.Token(context.WithValue(ctx, oauth2.HTTPClient, t.cfg.HTTP))
	if err != nil {
		return nil, tokenError(err, t.cfg.Now())
	}
	return tok, nil
}

// tokenError sorts a failed exchange. Nothing of the call proper was sent.
func tokenError(err error, now time.Time) error {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) || answered.Response == nil {
		return &Error{Outcome: Unreachable, cause: fmt.Errorf("token: %w", bare(err))}
	}
	e := &Error{Outcome: Credentials, Status: answered.Response.StatusCode, cause: errors.New("the token endpoint refused the client")}
	if answered.ErrorCode != "" {
		e.cause = fmt.Errorf("the token endpoint refused the client: %.100s", answered.ErrorCode)
	}
	if e.Status == http.StatusTooManyRequests || e.Status >= 500 {
		e.Outcome, e.cause = Busy, errors.New("the token endpoint is busy")
		e.RetryAfter = outbound.RetryAfter(answered.Response.Header, now)
	}
	return e
}

// assertion makes a JWT that authenticates the client once (RFC 7523 3). Its
// audience is the token endpoint, as OpenID Connect Core 9 says.
func (t *tokens) assertion(endpoint string) (string, error) {
	now := t.cfg.Now()
	key := jose.SigningKey{Algorithm: jose.HS256, Key: []byte(t.cfg.ClientSecret)}
	if t.cfg.AuthMethod == PrivateKeyJWT {
		alg, err := algorithm(t.cfg.Key)
		if err != nil {
			return "", err
		}
		key = jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: t.cfg.Key, KeyID: t.cfg.KeyID, Algorithm: string(alg)}}
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

func algorithm(key crypto.Signer) (jose.SignatureAlgorithm, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return jose.PS256, nil // what FAPI asks for
	case *ecdsa.PrivateKey:
		switch k.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		case elliptic.P521():
			return jose.ES512, nil
		}
	case ed25519.PrivateKey:
		return jose.EdDSA, nil
	}
	return "", fmt.Errorf("a key of type %T can't sign", key)
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
		t.cfg.Log.WarnContext(ctx, "discovery failed; the token endpoint is assumed", "issuer", t.cfg.Issuer, "err", bare(err))
		return strings.TrimRight(t.cfg.Issuer, "/") + "/oauth2/token", nil
	}
	t.mu.Lock()
	t.url, t.urlAt = found, t.cfg.Now()
	t.mu.Unlock()
	return found, nil
}

// discover reads the issuer's metadata (OpenID Connect Discovery 4).
func (t *tokens) discover(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(t.cfg.Issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", err
	}
	res, err := t.cfg.HTTP.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
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
	if err := json.NewDecoder(io.LimitReader(res.Body, bodyLimit)).Decode(&doc); err != nil {
		return "", err
	}
	if strings.TrimRight(doc.Issuer, "/") != strings.TrimRight(t.cfg.Issuer, "/") {
		return "", fmt.Errorf("it speaks for another issuer, %q", doc.Issuer)
	}
	if t.cfg.MutualTLS && doc.Aliases.Token != "" {
		doc.Token = doc.Aliases.Token
	}
	u, err := url.Parse(doc.Token)
	if err != nil || u.Host == "" || u.Scheme != "https" && !loopback(u.Hostname()) {
		return "", fmt.Errorf("its token endpoint %q is not an https URL", doc.Token)
	}
	return doc.Token, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// LoadKey reads a private key for private_key_jwt: PEM (PKCS #8, SEC 1 or
// PKCS #1) or a JWK, whose key id is given too.
func LoadKey(path string) (key crypto.Signer, keyID string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		var k jose.JSONWebKey
		if err := json.Unmarshal(b, &k); err != nil {
			return nil, "", fmt.Errorf("%s holds neither a PEM key nor a JWK", path)
		}
		s, ok := k.Key.(crypto.Signer)
		if !ok {
			return nil, "", fmt.Errorf("%s: the JWK is not a private key", path)
		}
		return s, k.KeyID, nil
	}
	for _, parse := range []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey,
		func(b []byte) (any, error) { return x509.ParseECPrivateKey(b) },
		func(b []byte) (any, error) { return x509.ParsePKCS1PrivateKey(b) },
	} {
		if k, err := parse(block.Bytes); err == nil {
			if s, ok := k.(crypto.Signer); ok {
				return s, "", nil
			}
		}
	}
	return nil, "", fmt.Errorf("%s: the PEM block is not a private key that can sign", path)
}
