package emulator

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// systemToken is an access token for the system API.
type systemToken struct {
	scopes  []string
	expires time.Time
	revoked bool
	cert    *x509.Certificate
}

// systemTokenEndpoint is the client credentials grant of the system workspace (RFC 6749 section 4.4).
func (e *Emulator) systemTokenEndpoint(r *http.Request) reply {
	form, err := formOf(r)
	if err != nil {
		e.mismatch(SystemToken, "", err.Error())
		return oauthFailure(http.StatusBadRequest, "invalid_request", err.Error())
	}
	who, err := e.authenticate(r, form, e.serviceClient, e.audiences(e.systemPath))
	if err != nil {
		e.mismatch(SystemToken, "", err.Error())
		return invalidClient(r, err)
	}
	if form["grant_type"] != "client_credentials" {
		e.mismatch(SystemToken, "", "grant_type is not client_credentials")
		return oauthFailure(http.StatusBadRequest, "unsupported_grant_type",
			"the system workspace knows client_credentials only")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	scopes := strings.Fields(form["scope"])
	if len(scopes) == 0 {
		scopes = e.client.Scopes
	}
	for _, s := range scopes {
		if !slices.Contains(e.client.Scopes, s) {
			return oauthFailure(http.StatusBadRequest, "invalid_scope", "the client may not have "+s)
		}
	}
	token := randomToken()
	e.tokens[token] = &systemToken{scopes: scopes, expires: e.now().Add(e.systemTTL), cert: who.cert}
	return ok(tokenResponse{
		AccessToken: token,
		TokenType:   "bearer",
		ExpiresIn:   int(e.systemTTL / time.Second),
		Scope:       strings.Join(scopes, " "),
	})
}

func (e *Emulator) serviceClient(id string) (Client, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.client, id == e.client.ID
}

// audiences are the values that a client assertion's aud may have at a workspace.
func (e *Emulator) audiences(workspace string) []string {
	all := []string{e.base + workspace, e.base + workspace + "/oauth2/token"}
	if e.opts.MTLSURL != "" {
		all = append(all, strings.TrimSuffix(e.opts.MTLSURL, "/")+workspace+"/oauth2/token")
	}
	return all
}

// invalidClient answers failed client authentication: RFC 6749 section 5.2.
func invalidClient(r *http.Request, why error) reply {
	out := oauthFailure(http.StatusUnauthorized, "invalid_client", why.Error())
	if r.Header.Get("Authorization") != "" {
		out = out.with("WWW-Authenticate", `Basic realm="acp"`)
	}
	return out
}

// RevokeTokens makes every token for the system API that was issued so far invalid.
func (e *Emulator) RevokeTokens() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range e.tokens {
		t.revoked = true
	}
}

// SetTokenTTL changes how long tokens for the system API issued from now on live.
func (e *Emulator) SetTokenTTL(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.systemTTL = d
}

// authorise checks the bearer token of a system API call (RFC 6750 section 3); nil means that it may go on.
func (e *Emulator) authorise(at Endpoint, r *http.Request, scope string) *reply {
	kind, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	e.mu.Lock()
	t := e.tokens[bearer]
	var held systemToken
	if t != nil {
		held = *t
	}
	e.mu.Unlock()
	refuse := func(code, why string) *reply {
		out := apiFailure(http.StatusUnauthorized, code, why).with("WWW-Authenticate", `Bearer error="invalid_token"`)
		return &out
	}
	login := r.PathValue("login")
	switch {
	case !strings.EqualFold(kind, "Bearer") || bearer == "":
		if _, known := e.Session(login); known { // else it only asks whether the route is there
			e.mismatch(at, login, "no bearer token")
		}
		return refuse("missing_token", "a bearer token is required")
	case t == nil:
		e.mismatch(at, login, "a bearer token that was never issued")
		return refuse("invalid_token", "the token is unknown")
	case held.revoked || !e.now().Before(held.expires):
		return refuse("invalid_token", "the token has ended")
	case held.cert != nil &&
		(r.TLS == nil || len(r.TLS.PeerCertificates) == 0 || !held.cert.Equal(r.TLS.PeerCertificates[0])):
		e.mismatch(at, login, "the token is bound to a certificate that the call doesn't present")
		return refuse("invalid_token", "the token is bound to another certificate")
	case !slices.Contains(held.scopes, scope):
		e.mismatch(at, login, "the token lacks "+scope)
		out := apiFailure(http.StatusForbidden, "insufficient_scope", "the token lacks "+scope)
		return &out
	}
	return nil
}

func sessionGone() reply {
	return apiFailure(http.StatusNotFound, "login_session_not_found", "there is no such login session")
}

// detailsEndpoint answers GET for a login of one kind.
func (e *Emulator) detailsEndpoint(name Kind, k kind) func(*http.Request) reply {
	return func(r *http.Request) reply {
		if refusal := e.authorise(Details, r, k.scope); refusal != nil {
			return *refusal
		}
		id, now := r.PathValue("login"), e.now()
		e.mu.Lock()
		s := e.readable(id, now)
		var wrongState bool
		var raw reply
		if s != nil && s.Kind == name {
			wrongState = r.URL.Query().Has("login_state") && r.URL.Query().Get("login_state") != s.LoginState
			raw = ok(k.details(s))
			raw.body = json.RawMessage(raw.bytes()) // while mu keeps the session still
		}
		e.mu.Unlock()
		switch {
		case raw.status == 0:
			return sessionGone()
		case wrongState:
			e.mismatch(Details, id, "login_state is not the one of this login")
			return sessionGone()
		}
		return raw
	}
}

// settled is the body of a successful accept or reject.
type settled struct {
	RedirectTo string `json:"redirect_to"`
}

// settleEndpoint answers accept and reject for a login of one kind; apply checks the body and, when
// it is right, changes
// the session, both under mu.
func (e *Emulator) settleEndpoint(at Endpoint, name Kind, k kind,
	apply func(*session, []byte, time.Time) error) func(*http.Request) reply {
	return func(r *http.Request) reply {
		if refusal := e.authorise(at, r, k.scope); refusal != nil {
			return *refusal
		}
		id, now := r.PathValue("login"), e.now()
		raw, err := readJSON(r)
		if err != nil {
			e.mismatch(at, id, err.Error())
			return apiFailure(http.StatusBadRequest, "invalid_request", err.Error())
		}
		e.mu.Lock()
		s := e.sessions[id]
		if s == nil || s.Kind != name || s.stateAt(now) != Pending {
			e.mu.Unlock()
			return sessionGone()
		}
		err = apply(s, raw, now)
		redirect := s.redirect
		ping := err == nil && e.devices[s.Device].Delivery == Ping
		e.mu.Unlock()
		if err != nil {
			e.mismatch(at, id, err.Error())
			return apiFailure(http.StatusBadRequest, "invalid_request", err.Error())
		}
		if ping {
			e.ping(id)
		}
		return ok(settled{RedirectTo: redirect})
	}
}

func (k kind) applyAccept(s *session, raw []byte, now time.Time) error {
	b, err := k.accept(s, raw)
	if err != nil {
		return err
	}
	s.State, s.FinishedAt, s.Accepted = Approved, now, b
	if s.consent != nil {
		s.consent.settle(Approved)
		s.consent.AccountIDs, s.consent.Debtor = b.AccountIDs, b.Debtor
	}
	s.Details.ScopeGrantApproved, s.Details.GrantedScopes = true, b.GrantedScopes
	return nil
}

func (k kind) applyReject(s *session, raw []byte, now time.Time) error {
	b, err := k.reject(s, raw)
	if err != nil {
		return err
	}
	s.State, s.FinishedAt, s.Rejected = Rejected, now, b
	if s.consent != nil {
		s.consent.settle(Rejected)
	}
	s.Details.ScopeGrantRejected = true
	return nil
}

func readJSON(r *http.Request) ([]byte, error) {
	if mt, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mt != "application/json" {
		return nil, errors.New("the body must be application/json")
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil || len(raw) == 0 {
		return nil, errors.New("the body is empty")
	}
	return raw, nil
}
