// Package acp is the client of Cloudentity ACP's system API: it reads what a
// login asks for, and accepts or rejects it. It keeps nothing but tokens, and
// retries nothing but an expired token: what a failed call means for the
// delivery of a decision is its caller's to decide, from the typed outcome.
package acp

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config describes one client registration at ACP.
type Config struct {
	Issuer       string // https://host/{tid}/system; less where a vanity domain drops parts
	TokenURL     string // overrides discovery
	APIURL       string // base of /api/system/...; overrides the issuer's host
	ClientID     string
	ClientSecret string
	AuthMethod   AuthMethod
	Key          crypto.Signer // for private_key_jwt
	KeyID        string
	VanityDomain Vanity
	Tenant       string   // needed where a vanity domain leaves it out of the issuer
	Scopes       []string // asked for beside what a call needs
	HTTP         *http.Client
	MutualTLS    bool // HTTP presents a client certificate
	Now          func() time.Time
	Log          *slog.Logger
}

// Vanity says which ids a domain of the customer's own leaves out of paths.
type Vanity string

// The kinds of vanity domain: a tenant's leaves out {tid}, a server's {tid} and {wid}.
const (
	VanityNone   Vanity = "none"
	VanityTenant Vanity = "tenant"
	VanityServer Vanity = "server"
)

// Client calls ACP. It is safe for concurrent use.
type Client struct {
	cfg    Config
	tenant string
	api    string // base of the system API, no trailing slash
	tokens *tokens
}

const (
	callTimeout = 10 * time.Second
	bodyLimit   = 1 << 20
)

// New makes a client. It calls nobody yet.
func New(c Config) (*Client, error) {
	if c.HTTP == nil {
		return nil, errors.New("acp: an HTTP client is needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" {
		return nil, fmt.Errorf("acp: the issuer %q is not a URL", c.Issuer)
	}
	tenant := c.Tenant
	if parts := strings.Split(strings.Trim(issuer.EscapedPath(), "/"), "/"); tenant == "" && c.VanityDomain != VanityTenant && c.VanityDomain != VanityServer {
		if tenant, err = url.PathUnescape(parts[0]); err != nil || tenant == "" {
			return nil, fmt.Errorf("acp: the issuer %q names no tenant", c.Issuer)
		}
	}
	segment, err := segment(tenant)
	if err != nil {
		return nil, fmt.Errorf("acp: tenant: %w", err)
	}
	base := strings.TrimRight(c.APIURL, "/")
	if base == "" {
		base = issuer.Scheme + "://" + issuer.Host
	}
	api := base + "/api/system"
	if c.VanityDomain != VanityTenant && c.VanityDomain != VanityServer {
		api += "/" + segment
	}
	// No redirect is followed: the token would go along.
	hc := *c.HTTP
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.HTTP = &hc
	return &Client{cfg: c, tenant: tenant, api: api, tokens: newTokens(c)}, nil
}

// TenantID is the tenant that the client belongs to.
func (c *Client) TenantID() string { return c.tenant }

// segment escapes an id as one part of a path. "." and ".." would change the
// path's meaning and are refused.
func segment(id string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", fmt.Errorf("%q can't stand in a path", id)
	}
	return url.PathEscape(id), nil
}

// Kind is a kind of login, which says where it is read and answered.
type Kind string

// Regular is a plain CIBA request for OAuth scopes.
const Regular Kind = "regular"

// kinds is the table of what differs between kinds.
var kinds = map[Kind]struct {
	scope string // of the token
	path  string // under the system API, before {login}
}{
	Regular: {scope: "manage_scope_grants", path: "/scope-grants/"},
}

// Login names a login session at ACP.
type Login struct {
	Kind     Kind
	ID       string
	State    string // login_state: echoed on every call, never logged
	ServerID string
}

// Grant is what a person granted.
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

// Details reads what a login asks for and what became of it.
func (c *Client) Details(ctx context.Context, l Login) (*Details, error) {
	query := url.Values{}
	if l.State != "" {
		query.Set("login_state", l.State)
	}
	body, err := c.call(ctx, http.MethodGet, l, "", query, nil)
	if err != nil {
		return nil, err
	}
	d, err := decodeDetails(body)
	if err != nil {
		return nil, &Error{Outcome: Busy, Status: http.StatusOK, cause: err}
	}
	return d, nil
}

// Accept tells ACP that the person approved.
func (c *Client) Accept(ctx context.Context, l Login, g Grant) error {
	if g.Scopes == nil {
		g.Scopes = []string{}
	}
	_, err := c.call(ctx, http.MethodPost, l, "/accept", nil, struct {
		ID             string   `json:"id"`
		LoginState     string   `json:"login_state"`
		Scopes         []string `json:"granted_scopes"`
		Claims         []string `json:"granted_claims,omitempty"`
		VerifiedClaims []string `json:"granted_verified_claims,omitempty"`
	}{l.ID, l.State, g.Scopes, g.Claims, g.VerifiedClaims})
	return err
}

// Reject tells ACP that the person did not.
func (c *Client) Reject(ctx context.Context, l Login, r Rejection) error {
	_, err := c.call(ctx, http.MethodPost, l, "/reject", nil, struct {
		ID          string `json:"id"`
		LoginState  string `json:"login_state"`
		Error       string `json:"error"`
		Cause       string `json:"error_cause"`
		Description string `json:"error_description"`
		StatusCode  int    `json:"status_code"`
	}{l.ID, l.State, "access_denied", r.Cause, r.Description, http.StatusForbidden})
	return err
}

// call makes one call, and once more with a new token when ACP says 401.
func (c *Client) call(ctx context.Context, method string, l Login, suffix string, query url.Values, body any) ([]byte, error) {
	kind, ok := kinds[l.Kind]
	if !ok {
		return nil, &Error{Outcome: Refused, cause: fmt.Errorf("no calls are known for kind %q", l.Kind)}
	}
	login, err := segment(l.ID)
	if err != nil {
		return nil, &Error{Outcome: Refused, cause: fmt.Errorf("login id: %w", err)}
	}
	target := c.api + kind.path + login + suffix
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	var payload []byte
	if body != nil {
		if payload, err = json.Marshal(body); err != nil {
			return nil, &Error{Outcome: Refused, cause: err}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for renewed := false; ; renewed = true {
		token, err := c.tokens.get(ctx, kind.scope, renewed)
		if err != nil {
			return nil, err
		}
		answer, err := c.send(ctx, method, target, token, payload)
		var e *Error
		if renewed || !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
			return answer, err
		}
	}
}

// send makes one HTTP exchange.
func (c *Client) send(ctx context.Context, method, target, token string, payload []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(payload))
	if err != nil {
		return nil, &Error{Outcome: Refused, cause: err}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	if payload != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.cfg.HTTP.Do(req)
	if err != nil {
		return nil, transport(method, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, bodyLimit+1))
	if err == nil && len(answer) > bodyLimit {
		err = errors.New("the answer is larger than 1 MiB")
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, refusal(method, res, answer, c.cfg.Now())
	}
	if err != nil && method == http.MethodGet {
		return nil, transport(method, err)
	}
	return answer, nil // a POST that says 2xx has taken effect, whatever became of its body
}
