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
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assent/app/authz"
	"assent/app/outbound"
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
	Layout       Layout   // of the open banking calls; empty is LayoutWorkspace
	HTTP         *http.Client
	MutualTLS    bool // HTTP presents a client certificate
	Now          func() time.Time
	// Heard is told the Date of each answer, and how long the answer took; may be nil.
	Heard func(date time.Time, took time.Duration)
	Log   *slog.Logger
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
	layout Layout
	tokens *tokens
	dates  *dates

	// What paths stand under, without a trailing slash: those of the system
	// API, and those of the workspace that the issuer is.
	api, workspace string
}

const (
	callTimeout    = 10 * time.Second // of a whole call, its token included
	severalTimeout = 20 * time.Second // of several that answer one question
	bodyLimit      = 1 << 20          // bytes, either way
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
	switch c.Layout {
	case "":
		c.Layout = LayoutWorkspace
	case LayoutWorkspace, LayoutSystem:
	default:
		return nil, fmt.Errorf("acp: unknown layout %q", c.Layout)
	}
	issuer, err := secureURL(c.Issuer)
	if err != nil {
		return nil, fmt.Errorf("acp: the issuer %w", err)
	}
	for what, override := range map[string]string{"token endpoint": c.TokenURL, "API": c.APIURL} {
		if override == "" {
			continue
		}
		if _, err := secureURL(override); err != nil {
			return nil, fmt.Errorf("acp: the %s %w", what, err)
		}
	}
	if err := c.canAuthenticate(); err != nil {
		return nil, fmt.Errorf("acp: %w", err)
	}
	tenant := c.Tenant
	if parts := strings.Split(strings.Trim(issuer.EscapedPath(), "/"), "/"); tenant == "" &&
		c.VanityDomain != VanityTenant && c.VanityDomain != VanityServer {
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
	dates := &dates{next: hc.Transport, now: c.Now, heard: c.Heard}
	if dates.next == nil {
		dates.next = http.DefaultTransport
	}
	hc.Transport = dates
	c.HTTP = &hc
	return &Client{cfg: c, tenant: tenant, layout: c.Layout, tokens: newTokens(c), dates: dates,
		api: api, workspace: base + strings.TrimRight(issuer.EscapedPath(), "/")}, nil
}

// secureURL parses a URL that tokens and secrets may go to: https:, or http:
// on loopback.
func secureURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("%q is not an https: URL", s)
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
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

// Accept tells ACP that the person approved.
func (c *Client) Accept(ctx context.Context, l authz.Login, g authz.Grant) error {
	k, err := c.row(l)
	if err != nil {
		return err
	}
	return c.post(ctx, k, "/accept", l, k.accept[c.layout](l, g))
}

// Reject tells ACP that the person did not.
func (c *Client) Reject(ctx context.Context, l authz.Login, r authz.Rejection) error {
	k, err := c.row(l)
	if err != nil {
		return err
	}
	return c.post(ctx, k, "/reject", l, k.rejection(l, r))
}

// post tells ACP something about a login.
func (c *Client) post(ctx context.Context, k *kind, verb string, l authz.Login, body any) error {
	target, err := c.place(k, k.base+verb, l.ID)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(body)
	if err != nil {
		return &authz.Error{Outcome: authz.Refused, Cause: err}
	}
	if len(payload) > bodyLimit {
		return &authz.Error{Outcome: authz.Refused, Cause: errors.New("what is to be sent is larger than 1 MiB")}
	}
	_, err = c.call(ctx, k.scope, http.MethodPost, target, payload, l.State)
	return err
}

// get reads one of a kind's paths for a login.
func (c *Client) get(ctx context.Context, k *kind, path string, l authz.Login) ([]byte, error) {
	target, err := c.place(k, path, l.ID)
	if err != nil {
		return nil, err
	}
	return c.call(ctx, k.scope, http.MethodGet, withState(target, l.State), nil, l.State)
}

// call makes one call with a token of the scope. When ACP says 401 it is made
// once more with a new token. The secret is kept out of errors.
func (c *Client) call(ctx context.Context, scope, method, target string, payload []byte,
	secret string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	refused := ""
	for {
		token, err := c.tokens.get(ctx, scope, refused)
		if err != nil {
			return nil, err
		}
		answer, err := c.send(ctx, method, target, token, payload, hiding(token, secret))
		var e *authz.Error
		if refused != "" || !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
			return answer, err
		}
		refused = token
	}
}

// send makes one HTTP exchange, without credentials where there is no token.
func (c *Client) send(ctx context.Context, method, target, token string, payload []byte,
	hide *strings.Replacer) ([]byte, error) {
	var sent departure
	req, err := http.NewRequestWithContext(sent.watch(ctx), method, target, bytes.NewReader(payload))
	if err != nil {
		return nil, &authz.Error{Outcome: authz.Refused, Cause: bare(err)}
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Accept", "application/json")
	if payload != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.cfg.HTTP.Do(req)
	if err != nil {
		return nil, transport(method, err, &sent, hide)
	}
	answer, err := outbound.Body(res, bodyLimit)
	switch {
	case res.StatusCode < 200 || res.StatusCode > 299:
		return nil, refusal(method, res, answer, c.cfg.Now(), hide)
	case method != http.MethodGet: // it has taken effect, whatever became of the answer's body
		return nil, nil
	case errors.Is(err, outbound.ErrBodyTooLarge):
		return nil, &authz.Error{Outcome: authz.Busy, Status: res.StatusCode, Cause: err}
	case err != nil:
		return nil, transport(method, err, &sent, hide)
	}
	return answer, nil
}
