package acp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"assent/app"
	"assent/app/acp"
	"assent/app/consent"
	"assent/app/people"
	"assent/store/storetest"
	acpweb "assent/web/acp"
	"assent/web/httpx"
)

// surface is the assembled surface over a real database. Its ACP is nowhere:
// these endpoints never call it.
type surface struct {
	*storetest.DB
	t   *testing.T
	url string
}

const recorded = `{"acr_values": null, "binding_message": "Approve demo login", "client_id": "d9de35e3bcb44d96ba5bca98058e993c",
 "client_info": {"client_name": "ciba-sample"}, "expires_at": "2026-11-22T14:49:34Z",
 "login_id": "c0d3dd5b628347008d7bdbff5f09b094", "login_state": "b0d8d8953c1e486884db3f42f124c209",
 "requested_scopes": ["openid", "profile"], "server_id": "ciba-sample", "tenant_id": "janus",
 "user_identifier": "test@test.com"}`

func newSurface(t *testing.T) *surface {
	t.Helper()
	db := storetest.New(t)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	connection := func(name, tenant string, workspaces map[string]string) consent.Connection {
		c, err := acp.New(acp.Config{Issuer: "http://127.0.0.1:9/" + tenant + "/system", HTTP: http.DefaultClient})
		if err != nil {
			t.Fatal(err)
		}
		return consent.Connection{Name: name, Server: c, Workspaces: workspaces}
	}
	svc := consent.New(consent.Config{
		Store:      db.Store,
		Resolver:   people.Directory{Reader: db.Reader},
		RequestTTL: 2 * time.Minute,
		Fatigue:    consent.DefaultFatigue,
		Log:        log,
		Connections: []consent.Connection{connection("one", "janus", nil),
			connection("two", "mars", map[string]string{"shop": "regular"})},
	})
	mux := http.NewServeMux()
	acpweb.Register(mux, acpweb.Config{Consent: svc, Log: log, Callers: []acpweb.Caller{
		{Connection: "one", Username: "acp", Password: "correct horse battery"},
		{Connection: "one", Username: "acp", Password: "the next one, rotated in"},
		{Connection: "two", Key: "a-long-api-key-for-two", KeyName: "X-API-Key"},
		{Connection: "two", Key: "a-long-query-key-for-two", KeyName: "key", KeyInQuery: true},
	}})
	srv := httptest.NewServer(httpx.Log(log, nil, mux))
	t.Cleanup(srv.Close)
	s := &surface{DB: db, t: t, url: srv.URL}
	p, err := people.New(db.Store).Add(t.Context(), app.Operator, "Test", []string{"test@test.com"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	db.MustDevice(p)
	return s
}

type answer struct {
	*http.Response
	body []byte
}

func (s *surface) send(method, path, body string, edit func(*http.Request)) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth("acp", "correct horse battery")
	req.Header.Set("Content-Type", "application/json")
	if edit != nil {
		edit(req)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res, b}
}

func (a answer) problem(t *testing.T) (p struct {
	StatusCode int    `json:"status_code"`
	Error      string `json:"error"`
	ErrorCode  string `json:"error_code"`
	Details    struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"details"`
}) {
	t.Helper()
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%d with a body that isn't ACP's error: %s", a.StatusCode, a.body)
	}
	return p
}

func TestTheRecordedPayloadAndEverySpelling(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(map[string]any)
		want func(app.Request) bool
	}{
		{"as recorded", func(map[string]any) {}, func(r app.Request) bool {
			return r.TenantID == "janus" && r.ServerID == "ciba-sample" && r.ClientName == "ciba-sample" &&
				r.BindingMessage == "Approve demo login" &&
				slices.Equal(r.Scopes, []string{"openid", "profile"}) &&
				r.ExpiresAt.Time().Format(time.RFC3339) == "2026-11-22T14:49:34Z" &&
				r.LoginState == "b0d8d8953c1e486884db3f42f124c209" && r.State == app.Pending
		}},
		{"the guide's state", func(m map[string]any) { m["state"] = m["login_state"]; delete(m, "login_state") },
			func(r app.Request) bool {
				return r.LoginState == "b0d8d8953c1e486884db3f42f124c209"
			}},
		{"the guide's scopes",
			func(m map[string]any) { m["scopes"] = m["requested_scopes"]; delete(m, "requested_scopes") },
			func(r app.Request) bool {
				return slices.Equal(r.Scopes, []string{"openid", "profile"})
			}},
		{"scopes as one string", func(m map[string]any) { m["requested_scopes"] = "openid profile  email" },
			func(r app.Request) bool {
				return slices.Equal(r.Scopes, []string{"openid", "profile", "email"})
			}},
		{"scopes as objects", func(m map[string]any) {
			m["requested_scopes"] = []any{map[string]any{"name": "openid"},
				map[string]any{"name": "pay.*", "requested_name": "pay.7"}}
		}, func(r app.Request) bool { return slices.Equal(r.Scopes, []string{"openid", "pay.7"}) }},
		{"acr as a string", func(m map[string]any) { m["acr_values"] = "low high" }, func(r app.Request) bool {
			return slices.Equal(r.ACR, []string{"low", "high"})
		}},
		{"acr as an array", func(m map[string]any) { m["acr_values"] = []string{"low"} },
			func(r app.Request) bool { return slices.Equal(r.ACR, []string{"low"}) }},
		{"nothing but what is required", func(m map[string]any) {
			for k := range m {
				if k != "login_id" && k != "user_identifier" {
					delete(m, k)
				}
			}
		}, func(r app.Request) bool {
			return r.TenantID == "janus" && r.ExpiresAt == r.CreatedAt.Add(2*time.Minute)
		}},
		{"nulls", func(m map[string]any) {
			for k := range m {
				if k != "login_id" && k != "user_identifier" {
					m[k] = nil
				}
			}
		}, func(r app.Request) bool { return r.TenantID == "janus" }},
		{"unknown members", func(m map[string]any) { m["future"] = map[string]any{"x": 1} }, func(r app.Request) bool {
			return strings.Contains(r.Payload, "future") && r.State == app.Pending
		}},
		{"a hostile login id", func(m map[string]any) { m["login_id"] = "../../admin/%2e%2e?x=1#y" },
			func(r app.Request) bool {
				return r.LoginID == "../../admin/%2e%2e?x=1#y" && r.State == app.Pending
			}},
		{"a message of markup and bidi marks", func(m map[string]any) { m["binding_message"] = "<b>\u202Ehi" },
			func(r app.Request) bool { return r.BindingMessage == "<b>\u202Ehi" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSurface(t)
			var m map[string]any
			if err := json.Unmarshal([]byte(recorded), &m); err != nil {
				t.Fatal(err)
			}
			c.edit(m)
			b, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			a := s.send(http.MethodPost, "/authentication/start", string(b), nil)
			if a.StatusCode != http.StatusOK || strings.TrimSpace(string(a.body)) != "{}" {
				t.Fatalf("%d %s", a.StatusCode, a.body)
			}
			r, err := s.RequestByLogin(t.Context(), "janus", m["login_id"].(string))
			if err != nil || !c.want(r) {
				t.Errorf("stored %+v, %v", r, err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	s := newSurface(t)
	if a := s.send(http.MethodPost, "/authentication/start", recorded, nil); a.StatusCode != http.StatusOK {
		t.Fatal(a.StatusCode)
	}
	for _, c := range []struct {
		name, method, path, body string
		edit                     func(*http.Request)
		status                   int
		field                    string
	}{
		{name: "not JSON", path: "/user/verify", body: "{", status: 400, field: "body"},
		{name: "an array", path: "/user/verify", body: "[]", status: 400, field: "body"},
		{name: "null", path: "/user/verify", body: "null", status: 400, field: "body"},
		{name: "no identifier", path: "/user/verify", body: "{}", status: 400, field: "user_identifier"},
		{
			name:   "identifier of another type",
			path:   "/user/verify",
			body:   `{"user_identifier": 7}`,
			status: 400,
			field:  "user_identifier",
		},
		{
			name:   "identifier too long",
			path:   "/user/verify",
			body:   `{"user_identifier": "` + strings.Repeat("é", 1025) + `"}`,
			status: 400,
			field:  "user_identifier",
		},
		{
			name:   "no login id",
			path:   "/authentication/start",
			body:   `{"user_identifier": "test@test.com"}`,
			status: 400,
			field:  "login_id",
		},
		{
			name:   "login id too long",
			path:   "/authentication/start",
			body:   `{"user_identifier": "x", "login_id": "` + strings.Repeat("a", 129) + `"}`,
			status: 400,
			field:  "login_id",
		},
		{
			name:   "login id that climbs",
			path:   "/authentication/start",
			body:   `{"user_identifier": "test@test.com", "login_id": ".."}`,
			status: 400,
			field:  "login_id",
		},
		{
			name:   "expiry of no form",
			path:   "/authentication/start",
			body:   `{"user_identifier": "x", "login_id": "a", "expires_at": "soon"}`,
			status: 400,
			field:  "expires_at",
		},
		{
			name:   "scopes of no form",
			path:   "/authentication/start",
			body:   `{"user_identifier": "x", "login_id": "a", "requested_scopes": [7]}`,
			status: 400,
			field:  "requested_scopes",
		},
		{
			name:   "no credentials",
			path:   "/user/verify",
			body:   "{}",
			edit:   func(r *http.Request) { r.Header.Del("Authorization") },
			status: 401,
		},
		{
			name:   "wrong password",
			path:   "/user/verify",
			body:   "{}",
			edit:   func(r *http.Request) { r.SetBasicAuth("acp", "wrong") },
			status: 401,
		},
		{
			name:   "another tenant",
			path:   "/authentication/start",
			body:   strings.Replace(recorded, "janus", "mars", 1),
			status: 403,
		},
		{
			name:   "unknown person",
			path:   "/authentication/start",
			body:   `{"user_identifier": "nobody", "login_id": "a"}`,
			status: 404,
		},
		{name: "GET", method: http.MethodGet, path: "/user/verify", status: 405},
		{
			name:   "another user for that login",
			path:   "/authentication/start",
			body:   strings.Replace(recorded, "test@test.com", "other@test.com", 1),
			status: 409,
		},
		{
			name:   "over 64 KiB",
			path:   "/user/verify",
			body:   `{"user_identifier": "` + strings.Repeat("a", 64<<10) + `"}`,
			status: 413,
		},
		{
			name:   "a form",
			path:   "/user/verify",
			body:   "user_identifier=x",
			edit:   func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
			status: 415,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			method := c.method
			if method == "" {
				method = http.MethodPost
			}
			a := s.send(method, c.path, c.body, c.edit)
			p := a.problem(t)
			if a.StatusCode != c.status || p.StatusCode != c.status || p.Error == "" || p.ErrorCode == "" ||
				p.Details.Field != c.field {
				t.Errorf("%d %s; want %d, field %q", a.StatusCode, a.body, c.status, c.field)
			}
			if c.status == 401 && !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("WWW-Authenticate %q", a.Header.Get("WWW-Authenticate"))
			}
			if c.status == 405 && a.Header.Get("Allow") != http.MethodPost {
				t.Errorf("Allow %q", a.Header.Get("Allow"))
			}
		})
	}
}

func TestCredentialsChooseTheConnection(t *testing.T) {
	s := newSurface(t)
	for i, c := range []struct {
		name   string
		edit   func(*http.Request)
		tenant string
	}{
		{"Basic", nil, "janus"},
		{"the password rotated in", func(r *http.Request) { r.SetBasicAuth("acp", "the next one, rotated in") },
			"janus"},
		{"key in a header", two, "mars"},
		{"key in the query",
			func(r *http.Request) { r.Header.Del("Authorization"); r.URL.RawQuery = "key=a-long-query-key-for-two" },
			"mars"},
	} {
		login := fmt.Sprint("login-", i)
		a := s.send(http.MethodPost, "/authentication/start",
			`{"user_identifier": "test@test.com", "login_id": "`+login+`"}`, c.edit)
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", c.name, a.StatusCode, a.body)
			continue
		}
		if _, err := s.RequestByLogin(t.Context(), c.tenant, login); err != nil {
			t.Errorf("%s: not stored for tenant %s: %v", c.name, c.tenant, err)
		}
	}
}

// A connection that lists its workspaces is asked about those only, and what
// it asks about others is kept.
func TestOtherWorkspacesAreRefused(t *testing.T) {
	s := newSurface(t)
	for _, c := range []struct {
		name, path, body string
		edit             func(*http.Request)
		status           int
	}{
		{"start, another's", "/authentication/start",
			`{"user_identifier": "test@test.com", "login_id": "x", "server_id": "bank"}`, two, http.StatusForbidden},
		{"verify, another's", "/user/verify", `{"user_identifier": "test@test.com", "server_id": "bank"}`, two,
			http.StatusForbidden},
		{"verify, another's and nobody", "/user/verify", `{"user_identifier": "nobody", "server_id": "bank"}`, two,
			http.StatusForbidden},
		{"verify, its own", "/user/verify", `{"user_identifier": "test@test.com", "server_id": "shop"}`, two,
			http.StatusOK},
		{"verify, none", "/user/verify", `{"user_identifier": "test@test.com"}`, two, http.StatusOK},
		{"verify, none are listed", "/user/verify", `{"user_identifier": "test@test.com", "server_id": "bank"}`, nil,
			http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.Clock.Advance(time.Hour) // the first of an hour is kept
			before, err := s.AuditOf(t.Context(), "request.refuse", 10)
			if err != nil {
				t.Fatal(err)
			}
			a := s.send(http.MethodPost, c.path, c.body, c.edit)
			if a.StatusCode != c.status {
				t.Fatalf("%d %s, want %d", a.StatusCode, a.body, c.status)
			}
			after, err := s.AuditOf(t.Context(), "request.refuse", 10)
			if err != nil {
				t.Fatal(err)
			}
			if c.status == http.StatusOK {
				if !strings.Contains(string(a.body), `"valid":true`) || len(after) != len(before) {
					t.Errorf("%s, %d rows of audit more", a.body, len(after)-len(before))
				}
				return
			}
			if p := a.problem(t); p.ErrorCode != app.ErrWrongWorkspace.Code {
				t.Errorf("error %q, want %q", p.ErrorCode, app.ErrWrongWorkspace.Code)
			}
			if len(after) != len(before)+1 || after[0].ActorID != "two" || after[0].Source == "" ||
				after[0].Detail != `{"field":"server_id","value":"bank"}` {
				t.Errorf("audit %+v", after)
			}
		})
	}
}

// two gives a request the credentials of the connection that lists workspaces.
func two(r *http.Request) {
	r.Header.Del("Authorization")
	r.Header.Set("X-API-Key", "a-long-api-key-for-two")
}

func TestOnlyGuessersAreSlowedDown(t *testing.T) {
	s := newSurface(t)
	wrong := func(r *http.Request) { r.SetBasicAuth("acp", "guess") }
	last := 0
	for range 12 {
		last = s.send(http.MethodPost, "/user/verify", "{}", wrong).StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the twelfth guess: %d, want 429", last)
	}
	if a := s.send(http.MethodPost, "/user/verify", `{"user_identifier":"test@test.com"}`,
		nil); a.StatusCode != http.StatusOK ||
		!strings.Contains(string(a.body), `"valid":true`) {
		t.Errorf("right credentials from the same address: %d %s", a.StatusCode, a.body)
	}
}

func TestNoContentTypeIsJSON(t *testing.T) {
	s := newSurface(t)
	a := s.send(http.MethodPost, "/user/verify", `{"user_identifier":"nobody"}`,
		func(r *http.Request) { r.Header.Del("Content-Type") })
	if a.StatusCode != http.StatusOK || strings.TrimSpace(string(a.body)) != `{"valid":false}` {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

// What the document says is what the handlers do, for good bodies and bad.
func TestOpenAPIDocumentHolds(t *testing.T) {
	s := newSurface(t)
	a := s.send(http.MethodGet, "/openapi.json", "", func(r *http.Request) { r.Header.Del("Authorization") })
	doc, err := openapi3.NewLoader().LoadFromData(a.body)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatalf("the document is not valid: %v", err)
	}
	doc.Servers = openapi3.Servers{{URL: s.url}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, body string
		edit       func(*http.Request)
		fits       bool
		status     int
	}{
		{"/user/verify", `{"user_identifier":"test@test.com","more":1}`, nil, true, 200},
		{"/user/verify", `{"user_identifier":""}`, nil, false, 400},
		{"/user/verify", `{"user_identifier":7}`, nil, false, 400},
		{"/user/verify", `{"user_identifier":"test@test.com","server_id":"bank"}`, two, true, 403},
		{"/authentication/start", recorded, nil, true, 200},
		{"/authentication/start", strings.Replace(recorded, "test@test.com", "other", 1), nil, true, 409},
		{"/authentication/start", strings.Replace(recorded, `["openid", "profile"]`, `"openid profile"`, 1), nil, true,
			200},
		{"/authentication/start", strings.Replace(recorded, `["openid", "profile"]`, `7`, 1), nil, false, 400},
		{"/authentication/start",
			strings.Replace(recorded, "c0d3dd5b628347008d7bdbff5f09b094", strings.Repeat("c", 129), 1), nil, false,
			400},
		{"/authentication/start", strings.Replace(recorded, "janus", "mars", 1), nil, true, 403},
		{"/authentication/start", `{"user_identifier":"nobody","login_id":"n"}`, nil, true, 404},
		{"/authentication/start", `{"user_identifier":"nobody","login_id":"n"}`,
			func(r *http.Request) { r.Header.Del("Authorization") }, true, 401},
	} {
		var sent *http.Request
		a := s.send(http.MethodPost, c.path, c.body, func(r *http.Request) {
			if c.edit != nil {
				c.edit(r)
			}
			sent = r
		})
		if a.StatusCode != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.path, c.body, a.StatusCode, a.body, c.status)
		}
		sent.Body = io.NopCloser(strings.NewReader(c.body))
		route, params, err := router.FindRoute(sent)
		if err != nil {
			t.Fatal(err)
		}
		in := &openapi3filter.RequestValidationInput{Request: sent, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
		if err := openapi3filter.ValidateRequest(t.Context(), in); (err == nil) != c.fits {
			t.Errorf("%s %s: the document says fits = %v (%v), want %v", c.path, c.body, err == nil, err, c.fits)
		}
		out := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in,
			Status:                 a.StatusCode,
			Header:                 a.Header,
			Body:                   io.NopCloser(bytes.NewReader(a.body)),
		}
		if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
			t.Errorf("%s %s: the answer is not as the document says: %v", c.path, c.body, err)
		}
	}
}
