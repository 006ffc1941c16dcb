package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
)

// accessTTL is the lifetime of a consumption device's tokens.
const accessTTL = 10 * time.Minute

// slower is what each slow_down adds to the interval: CIBA Core section 11.
const slower = 5 * time.Second

// tokenResponse is a successful token answer: RFC 6749 section 5.1, CIBA Core section 10.1.1.
type tokenResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	Scope        string `json:"scope"`
	IDToken      string `json:"id_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// grant is what a refresh token stands for.
type grant struct {
	device, subject, name, authReqID string
	scopes, acr                      []string
	claims                           []string // nil: those of the scopes
	authTime, issued                 time.Time
}

// tokenEndpoint is the token endpoint of the consumption devices' workspace.
func (e *Emulator) tokenEndpoint(r *http.Request) reply {
	form, err := formOf(r)
	if err != nil {
		return oauthFailure(http.StatusBadRequest, "invalid_request", err.Error())
	}
	device, refusal := e.authenticateDevice(r, form)
	if refusal != nil {
		return *refusal
	}
	var g grant
	switch form["grant_type"] {
	case cibaGrant:
		g, refusal = e.redeem(device, form["auth_req_id"])
	case "refresh_token":
		g, refusal = e.refresh(device, form["refresh_token"])
	case "client_credentials":
		return e.clientCredentials(device, form["scope"])
	default:
		return oauthFailure(http.StatusBadRequest, "unsupported_grant_type",
			"this workspace knows "+cibaGrant+", client_credentials and refresh_token")
	}
	if refusal != nil {
		return *refusal
	}
	return e.issue(g)
}

// redeem decides about one poll: CIBA Core section 11.
func (e *Emulator) redeem(device Device, authReqID string) (grant, *reply) {
	fail := func(code, description string) (grant, *reply) {
		out := oauthFailure(http.StatusBadRequest, code, description)
		return grant{}, &out
	}
	if authReqID == "" {
		return fail("invalid_request", "auth_req_id is missing")
	}
	now := e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.byRequest[authReqID]
	if s == nil || s.Device != device.ID || s.Redeemed {
		return fail("invalid_grant", "the auth_req_id is unknown, used, or another client's")
	}
	switch s.stateAt(now) {
	case Expired:
		return fail("expired_token", "the authentication request has expired")
	case Rejected:
		return fail("access_denied", s.Rejected.ErrorDescription)
	case Pending:
		early := !s.lastPoll.IsZero() && now.Sub(s.lastPoll) < s.interval-timerSlack
		s.lastPoll = now
		if early {
			s.interval += slower
			return fail("slow_down", fmt.Sprintf("poll no more often than every %d s", int(s.interval/time.Second)))
		}
		return fail("authorization_pending", "the person has not answered yet")
	}
	s.Redeemed = true
	return grant{
		device:    device.ID,
		subject:   s.Hint,
		name:      e.nameOf(s.Hint),
		authReqID: authReqID,
		scopes:    s.Accepted.GrantedScopes,
		claims:    s.Accepted.GrantedClaims,
		acr:       s.ACR,
		authTime:  s.FinishedAt,
	}, nil
}

// timerSlack forgives a client whose timer fires a little early.
const timerSlack = 100 * time.Millisecond

func (e *Emulator) nameOf(hint string) string {
	for _, p := range e.opts.People {
		if p.Hint == hint {
			return p.Name
		}
	}
	return ""
}

// refresh exchanges a refresh token for fresh tokens and a new refresh token: RFC 6749 section 6.
func (e *Emulator) refresh(device Device, token string) (grant, *reply) {
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.grants[token]
	if g == nil || g.device != device.ID {
		out := oauthFailure(http.StatusBadRequest, "invalid_grant",
			"the refresh token is unknown, used, or another client's")
		return grant{}, &out
	}
	delete(e.grants, token)
	return *g, nil
}

// accessClaims are a JWT access token's: RFC 9068 section 2.2.
type accessClaims struct {
	jwt.Claims
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
}

// idClaims are an ID token's: OpenID Connect Core section 2, CIBA Core section 10.3.1 for auth_req_id.
type idClaims struct {
	jwt.Claims
	AuthTime  int64  `json:"auth_time"`
	AtHash    string `json:"at_hash"`
	ACR       string `json:"acr,omitempty"`
	Name      string `json:"name,omitempty"`
	AuthReqID string `json:"urn:openid:params:jwt:claim:auth_req_id"`
}

func (e *Emulator) issue(g grant) reply {
	now := e.now()
	common := jwt.Claims{
		Issuer: e.WorkspaceIssuer(), Subject: g.subject, ID: randomHex(16),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(accessTTL)),
	}
	access := accessClaims{Claims: common, ClientID: g.device, Scope: strings.Join(g.scopes, " ")}
	access.Audience = jwt.Audience{e.WorkspaceIssuer()}
	out := tokenResponse{TokenType: "bearer", ExpiresIn: int(accessTTL / time.Second), Scope: access.Scope}
	var err error
	if out.AccessToken, err = e.keys.sign("at+jwt", access); err != nil {
		return e.signingFailed(err)
	}
	if slices.Contains(g.scopes, "openid") {
		id := idClaims{
			Claims:    common,
			AuthTime:  g.authTime.Unix(),
			AtHash:    atHash(out.AccessToken),
			AuthReqID: g.authReqID,
		}
		id.Audience = jwt.Audience{g.device}
		if len(g.acr) > 0 {
			id.ACR = g.acr[0]
		}
		if g.claims == nil && slices.Contains(g.scopes, "profile") || slices.Contains(g.claims, "name") {
			id.Name = g.name
		}
		if out.IDToken, err = e.keys.sign("JWT", id); err != nil {
			return e.signingFailed(err)
		}
	}
	if slices.Contains(g.scopes, "offline_access") {
		out.RefreshToken = randomToken()
		g.issued = now
		e.mu.Lock()
		e.grants[out.RefreshToken] = &g
		e.mu.Unlock()
	}
	return ok(out)
}

func (e *Emulator) signingFailed(err error) reply {
	e.log.Error("signing a token failed", "error", err)
	return oauthFailure(http.StatusInternalServerError, "server_error", "the token could not be signed")
}
