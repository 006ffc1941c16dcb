package emulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// CreateConsent and ReadConsent are the endpoints of consents, for faults and for counting.
const (
	CreateConsent Endpoint = "create consent"
	ReadConsent   Endpoint = "consent by id"
)

// clientToken is a client's own access token, with which it creates consents.
type clientToken struct {
	client  string
	scopes  []string
	expires time.Time
}

// clientCredentials is the grant with which a client acts for itself (RFC 6749 section 4.4).
func (e *Emulator) clientCredentials(d Device, scope string) reply {
	scopes := strings.Fields(scope)
	for _, s := range scopes {
		if known, _, found := e.findScope(s); !found || known.Service != openBanking {
			return oauthFailure(http.StatusBadRequest, "invalid_scope", "a client may not have "+s+" for itself")
		}
	}
	token := randomToken()
	e.mu.Lock()
	e.clientKeys[token] = clientToken{client: d.ID, scopes: scopes, expires: e.now().Add(accessTTL)}
	e.mu.Unlock()
	return ok(tokenResponse{
		AccessToken: token,
		TokenType:   "bearer",
		ExpiresIn:   int(accessTTL / time.Second),
		Scope:       strings.Join(scopes, " "),
	})
}

// consentRoutes lists the endpoints of consents: where clients create them, and in both layouts
// where the service reads and
// settles them.
func (e *Emulator) consentRoutes(mux *http.ServeMux) {
	for _, t := range consentTypes {
		mux.Handle("POST "+e.workspacePath+t.Create, e.endpoint(CreateConsent, e.createConsent(t)))
	}
	mux.Handle("GET "+e.systemPath+"/servers/{workspace}/open-banking-brasil/consents/{consent}",
		e.endpoint(ReadConsent, e.readConsent))
	for layout, root := range map[Layout]string{LayoutWorkspace: e.systemPath, LayoutSystem: e.apiPath} {
		read, settled := map[string]bool{}, map[string]bool{}
		for _, t := range consentTypes {
			if !t.Carries(layout) {
				continue
			}
			k := kind{
				layout:  layout,
				scope:   "manage_openbanking_consents",
				details: consentDetails,
				accept:  acceptConsent(layout),
				reject:  rejectConsent,
			}
			if t.Read != "" && !read[t.Read] {
				read[t.Read] = true
				mux.Handle("GET "+root+t.Read+"/{login}",
					e.endpoint(Details, e.inLayout(layout, e.consentEndpoint(t.Read, k))))
			}
			if !settled[t.base] {
				settled[t.base] = true
				mux.Handle("POST "+root+t.base+"/{login}/accept",
					e.endpoint(Accept, e.inLayout(layout, e.settleEndpoint(Accept, t.Kind, k, k.applyAccept))))
				mux.Handle("POST "+root+t.base+"/{login}/reject",
					e.endpoint(Reject, e.inLayout(layout, e.settleEndpoint(Reject, t.Kind, k, k.applyReject))))
			}
		}
	}
}

// inLayout answers 404 without looking at the token where the layout isn't served.
func (e *Emulator) inLayout(l Layout, h func(*http.Request) reply) func(*http.Request) reply {
	return func(r *http.Request) reply {
		if !e.serves(l) {
			return apiFailure(http.StatusNotFound, "not_found", "no such route")
		}
		return h(r)
	}
}

// consentEndpoint answers GET for a login about a consent that is read at this path. One of another
// type is not found here.
func (e *Emulator) consentEndpoint(path string, k kind) func(*http.Request) reply {
	return func(r *http.Request) reply {
		if refusal := e.authorise(Details, r, k.scope); refusal != nil {
			return *refusal
		}
		id, now := r.PathValue("login"), e.now()
		e.mu.Lock()
		defer e.mu.Unlock()
		s := e.readable(id, now)
		if s == nil || s.consent == nil || s.consent.Type.Read != path ||
			r.URL.Query().Has("login_state") && r.URL.Query().Get("login_state") != s.LoginState {
			return sessionGone()
		}
		raw := ok(k.details(s))
		raw.body = json.RawMessage(raw.bytes()) // while mu keeps the session still
		return raw
	}
}

// readConsent answers GET for a Brazilian consent by its own id.
func (e *Emulator) readConsent(r *http.Request) reply {
	if !e.serves(LayoutWorkspace) {
		return apiFailure(http.StatusNotFound, "not_found", "no such route")
	}
	if refusal := e.authorise(ReadConsent, r, "manage_openbanking_consents"); refusal != nil {
		return *refusal
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.consents[r.PathValue("consent")]
	if c == nil || !c.Type.Brazil || r.PathValue("workspace") != e.opts.Workspace {
		return apiFailure(http.StatusNotFound, "consent_not_found", "there is no such consent")
	}
	raw := ok(byID(c, e.opts.Tenant, e.opts.Workspace))
	raw.body = json.RawMessage(raw.bytes())
	return raw
}

// createConsent takes a consent from a client.
func (e *Emulator) createConsent(t ConsentType) func(*http.Request) reply {
	return func(r *http.Request) reply {
		_, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		e.mu.Lock()
		key, known := e.clientKeys[bearer]
		e.mu.Unlock()
		switch {
		case !known || !e.now().Before(key.expires):
			return apiFailure(http.StatusUnauthorized, "invalid_token",
				"a client's own token is required").with("WWW-Authenticate",
				`Bearer error="invalid_token"`)
		case !slices.Contains(key.scopes, t.Scope):
			return apiFailure(http.StatusForbidden, "insufficient_scope", "the token lacks "+t.Scope)
		}
		raw, err := readJSON(r)
		var request map[string]any
		if err == nil {
			err = json.Unmarshal(raw, &request)
		}
		if err != nil {
			return apiFailure(http.StatusBadRequest, "invalid_request", err.Error())
		}
		c, err := e.newConsent(t, request, key.client)
		if err != nil {
			return apiFailure(http.StatusBadRequest, "invalid_request", err.Error())
		}
		e.mu.Lock()
		e.consents[c.ID] = c
		body := map[string]any{map[bool]string{true: "data", false: "Data"}[t.Brazil]: maps.Clone(c.Body)}
		e.mu.Unlock()
		return reply{status: http.StatusCreated, body: body}
	}
}

// readIntent finds the consent that an authentication request is about: by its own parameter, by a dynamic scope, or in
// place of the person.
func (e *Emulator) readIntent(form map[string]string, d Device, a *Ask) *reply {
	id, way := form["openbanking_intent_id"], ByMember
	for _, s := range a.Scopes {
		if _, named, found := strings.Cut(s, "consent:"); found && id == "" {
			id, way = named, ByScope
		}
	}
	if id == "" && strings.HasPrefix(a.Hint, "urn:") {
		id, way = a.Hint, ByHint
	}
	if id == "" {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.consents[id]
	if c == nil || c.client != d.ID {
		if way == ByHint {
			return nil // a person's identifier that looks like one
		}
		out := oauthFailure(http.StatusBadRequest, "invalid_request", "there is no such consent of this client")
		return &out
	}
	a.Consent, a.Way = id, way
	return nil
}
