package acp_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"assent/app/acp"
	"assent/app/acp/acpspec"
	"assent/app/authz"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// tap records what goes over the wire.
type tap struct {
	http.RoundTripper
	mu   sync.Mutex
	sent []sent
}

type sent struct {
	method, path, query string
	body                []byte
}

func (p *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	s := sent{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.RawQuery}
	if r.Body != nil {
		s.body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(s.body))
	}
	p.mu.Lock()
	p.sent = append(p.sent, s)
	p.mu.Unlock()
	return p.RoundTripper.RoundTrip(r)
}

func (p *tap) last() sent { return p.sent[len(p.sent)-1] }

func newClient(t *testing.T, c acp.Config) (*acp.Client, *tap) {
	t.Helper()
	p := &tap{RoundTripper: http.DefaultTransport}
	if c.HTTP != nil {
		p.RoundTripper = c.HTTP.Transport
	}
	c.HTTP = &http.Client{Transport: p, Timeout: 2 * time.Second}
	client, err := acp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client, p
}

func secretClient(e *emulator.Emulator) acp.Config {
	return acp.Config{
		Issuer:       e.Issuer(),
		ClientID:     "assent",
		ClientSecret: "a s+cret/with:odd%bytes é",
		AuthMethod:   acp.SecretBasic,
	}
}

var registered = emulator.Client{ID: "assent", Secret: "a s+cret/with:odd%bytes é"}

func login(s emulator.Session) authz.Login {
	return authz.Login{Kind: authz.Regular, ID: s.ID, State: s.LoginState, ServerID: "shop"}
}

func TestBodiesFitTheVendorsSwagger(t *testing.T) {
	e := emulatortest.Start(t, emulator.Options{Client: registered})
	c, p := newClient(t, secretClient(e))
	s := e.Begin(emulator.Ask{Hint: "a", Scopes: []string{"openid", "profile"}})
	e.Edit(s.ID, func(d *emulator.SessionDetails) {
		d.VerifiedClaims = &emulator.VerifiedClaims{
			UserInfo: &emulator.VerifiedClaimSet{Claims: map[string]map[string]any{"birthdate": {}}},
		}
	})
	if err := c.Accept(t.Context(), login(s),
		authz.Grant{
			Scopes:         []string{"openid", "profile"},
			Claims:         []string{"name"},
			VerifiedClaims: []string{"birthdate"},
		}); err != nil {
		t.Fatal(err)
	}
	acpspec.Fits(t, "AcceptScopeGrant", p.last().body)
	var body map[string]any
	if err := json.Unmarshal(p.last().body, &body); err != nil || body["id"] != s.ID ||
		body["login_state"] != s.LoginState {
		t.Errorf("accept %s", p.last().body)
	}
	other := e.Begin(emulator.Ask{Hint: "a"})
	if err := c.Reject(t.Context(), login(other),
		authz.Rejection{Cause: "denied_by_user", Description: "No."}); err != nil {
		t.Fatal(err)
	}
	acpspec.Fits(t, "RejectScopeGrant", p.last().body)
	want := map[string]any{
		"id":                other.ID,
		"login_state":       other.LoginState,
		"error":             "access_denied",
		"error_cause":       "denied_by_user",
		"error_description": "No.",
		"status_code":       403.0,
	}
	body = nil
	if err := json.Unmarshal(p.last().body, &body); err != nil || !reflect.DeepEqual(body, want) {
		t.Errorf("reject %s, want %v", p.last().body, want)
	}
	plain := e.Begin(emulator.Ask{Hint: "a"})
	if err := c.Accept(t.Context(), login(plain), authz.Grant{Scopes: []string{"openid"}}); err != nil {
		t.Fatal(err)
	}
	if s := string(p.last().body); strings.Contains(s, "claims") || strings.Contains(s, "null") {
		t.Errorf("claims that nobody asked for: %s", s)
	}
	none := e.Begin(emulator.Ask{Hint: "a"})
	if err := c.Accept(t.Context(), login(none),
		authz.Grant{Scopes: []string{"openid"}, Claims: []string{}}); err != nil {
		t.Fatal(err)
	}
	acpspec.Fits(t, "AcceptScopeGrant", p.last().body)
	if s := string(p.last().body); !strings.Contains(s, `"granted_claims":[]`) || strings.Contains(s, "verified") {
		t.Errorf("claims asked for and none granted: %s", s)
	}
	if m := e.Mismatches(); len(m) > 0 {
		t.Errorf("departures from the contract: %v", m)
	}
}

func TestEachWayToAuthenticate(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("secret ", 8)
	for _, c := range []struct {
		name   string
		server emulator.Client
		config acp.Config
	}{
		{"basic", emulator.Client{Secret: long, Methods: []string{"client_secret_basic"}},
			acp.Config{AuthMethod: acp.SecretBasic, ClientSecret: long}},
		{"post", emulator.Client{Secret: long, Methods: []string{"client_secret_post"}},
			acp.Config{AuthMethod: acp.SecretPost, ClientSecret: long}},
		{"secret JWT", emulator.Client{Secret: long, Methods: []string{"client_secret_jwt"}},
			acp.Config{AuthMethod: acp.SecretJWT, ClientSecret: long}},
		{"private key JWT, EC",
			emulator.Client{
				Methods: []string{"private_key_jwt"},
				Keys:    jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: ec.Public(), KeyID: "k1"}}},
			},
			acp.Config{AuthMethod: acp.PrivateKeyJWT, Key: ec, KeyID: "k1"}},
		{"private key JWT, RSA",
			emulator.Client{
				Methods: []string{"private_key_jwt"},
				Keys:    jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: rs.Public(), KeyID: "k1"}}},
			},
			acp.Config{AuthMethod: acp.PrivateKeyJWT, Key: rs, KeyID: "k1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.server.ID = "assent"
			e := emulatortest.Start(t, emulator.Options{Client: c.server})
			c.config.Issuer, c.config.ClientID = e.Issuer(), "assent"
			client, _ := newClient(t, c.config)
			for range 2 { // the second exchange needs an assertion of its own
				if _, err := client.Details(t.Context(), login(e.Begin(emulator.Ask{Hint: "a"}))); err != nil {
					t.Fatal(err)
				}
				e.RevokeTokens()
			}
			if m := e.Mismatches(); len(m) > 0 {
				t.Errorf("departures from the contract: %v", m)
			}
			c.config.ClientSecret += "x"
			if c.config.Key != nil {
				c.config.Key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
				if err != nil {
					t.Fatal(err)
				}
			}
			wrong, _ := newClient(t, c.config)
			var refused *authz.Error
			if _, err := wrong.Details(t.Context(),
				login(e.Begin(emulator.Ask{Hint: "a"}))); !errors.As(err, &refused) ||
				refused.Outcome != authz.Credentials {
				t.Errorf("with wrong credentials: %v", err)
			}
		})
	}
}

func TestMutualTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "assent"},
		NotAfter:     time.Now().Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	e, roots := emulatortest.StartTLS(t,
		emulator.Options{
			Client: emulator.Client{ID: "assent", Methods: []string{"self_signed_tls_client_auth"}, Certificate: cert},
		},
		nil)
	with := func(certs ...tls.Certificate) *acp.Client {
		c, _ := newClient(t,
			acp.Config{Issuer: e.Issuer(), ClientID: "assent", AuthMethod: acp.SelfSignedTLS, MutualTLS: true,
				HTTP: &http.Client{
					Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: certs}},
				}})
		return c
	}
	if _, err := with(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}).Details(t.Context(),
		login(e.Begin(emulator.Ask{Hint: "a"}))); err != nil {
		t.Errorf("with the certificate: %v", err)
	}
	var refused *authz.Error
	if _, err := with().Details(t.Context(), login(e.Begin(emulator.Ask{Hint: "a"}))); !errors.As(err, &refused) ||
		refused.Outcome != authz.Credentials {
		t.Errorf("without it: %v", err)
	}
}

func TestTokensAreKeptUntilTheyEnd(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	e := emulatortest.Start(t, emulator.Options{Client: registered, TokenTTL: 5 * time.Minute})
	cfg := secretClient(e)
	cfg.Now = clock
	c, _ := newClient(t, cfg)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := c.Details(t.Context(), login(e.Begin(emulator.Ask{Hint: "a"}))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := e.Calls(emulator.SystemToken); n != 1 {
		t.Errorf("%d exchanges for ten calls at once", n)
	}
	mu.Lock()
	now = now.Add(4*time.Minute + 45*time.Second)
	mu.Unlock()
	if _, err := c.Details(t.Context(), login(e.Begin(emulator.Ask{Hint: "a"}))); err != nil ||
		e.Calls(emulator.SystemToken) != 2 {
		t.Errorf("shortly before its end: %v, %d exchanges", err, e.Calls(emulator.SystemToken))
	}
	e.RevokeTokens()
	if _, err := c.Details(t.Context(), login(e.Begin(emulator.Ask{Hint: "a"}))); err != nil ||
		e.Calls(emulator.SystemToken) != 3 {
		t.Errorf("after a 401: %v, %d exchanges", err, e.Calls(emulator.SystemToken))
	}
}

func TestVanityDomains(t *testing.T) {
	for _, v := range []emulator.Vanity{emulator.NoVanity, emulator.TenantDomain, emulator.ServerDomain} {
		e := emulatortest.Start(t, emulator.Options{Client: registered, Vanity: v})
		cfg := secretClient(e)
		if v != emulator.NoVanity {
			cfg.VanityDomain, cfg.Tenant = acp.Vanity(v), "demo"
		}
		c, _ := newClient(t, cfg)
		if _, err := c.Details(t.Context(), login(e.Begin(emulator.Ask{Hint: "a"}))); err != nil ||
			c.TenantID() != "demo" {
			t.Errorf("%q: %v, tenant %s", v, err, c.TenantID())
		}
	}
}

var noon = time.Now().Truncate(time.Second)

// wire is a server that gives tokens and answers calls as it is told.
func wire(t *testing.T, answer http.HandlerFunc) (*acp.Client, *tap, *httptest.Server) {
	t.Helper()
	return wireTo(t, acp.Config{}, answer)
}

// wireTo is wire for a client with settings.
func wireTo(t *testing.T, c acp.Config, answer http.HandlerFunc) (*acp.Client, *tap, *httptest.Server) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"access_token":"bearer-secret","token_type":"bearer","expires_in":300}`)
			return
		}
		if strings.Contains(r.URL.Path, ".well-known") {
			http.NotFound(w, r)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(srv.Close)
	if c.Issuer == "" {
		c.Issuer = "/t/system"
	}
	c.Issuer, c.ClientID, c.ClientSecret, c.Now = srv.URL+c.Issuer, "assent", "s", func() time.Time { return noon }
	client, p := newClient(t, c)
	return client, p, srv
}

func TestHostileIdsStayInTheirPlace(t *testing.T) {
	c, p, _ := wire(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
	for id, path := range map[string]string{
		"a/../../admin":   "/api/system/t/scope-grants/a%2F..%2F..%2Fadmin",
		"a?b=c#d":         "/api/system/t/scope-grants/a%3Fb=c%23d",
		"%2e%2e":          "/api/system/t/scope-grants/%252e%252e",
		"a b":             "/api/system/t/scope-grants/a%20b",
		"\r\nHost: evil":  "/api/system/t/scope-grants/%0D%0AHost:%20evil",
		"http://evil/x/y": "/api/system/t/scope-grants/http:%2F%2Fevil%2Fx%2Fy",
	} {
		if _, err := c.Details(t.Context(), authz.Login{Kind: authz.Regular, ID: id, State: "x&y=z"}); err != nil {
			t.Errorf("%q: %v", id, err)
			continue
		}
		if got := p.last(); got.path != path || got.query != "login_state=x%26y%3Dz" {
			t.Errorf("%q became %s?%s, want %s", id, got.path, got.query, path)
		}
	}
	for _, id := range []string{"", ".", ".."} {
		var e *authz.Error
		if err := c.Accept(t.Context(), authz.Login{Kind: authz.Regular, ID: id}, authz.Grant{}); !errors.As(err, &e) ||
			e.Outcome != authz.Refused {
			t.Errorf("%q: %v, want Refused", id, err)
		}
	}
}

func TestOutcomes(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			io.WriteString(w, `{"status_code":1,"error":"some_error","error_code":"some_code"}`)
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   authz.Outcome
		after  time.Duration
		unsure bool
	}{
		{"404", status(404), authz.NotFound, 0, false},
		{"401", status(401), authz.Credentials, 0, false},
		{"403", status(403), authz.Credentials, 0, false},
		{"429", status(429, "Retry-After", "7"), authz.Busy, 7 * time.Second, false},
		{"429 until a date", status(429, "Retry-After", noon.Add(90*time.Second).Format(http.TimeFormat)), authz.Busy,
			90 * time.Second, false},
		{"503", status(503, "Retry-After", "2"), authz.Busy, 2 * time.Second, true},
		{"500", status(500), authz.Busy, 0, true},
		{"an echo", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			json.NewEncoder(w).Encode(map[string]string{
				"error": strings.Repeat("x", 190) + "very-secret-state",
				"cause": r.Header.Get("Authorization"),
			})
		}, authz.Refused, 0, false},
		{"text that does something", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			json.NewEncoder(w).Encode(map[string]string{"error": "a\nlevel=INFO \x1b[31m\u202e"})
		}, authz.Refused, 0, false},
		{"an echo in a redirect", status(302, "Location", "http://[very-secret-state"), authz.Unknown, 0, true},
		{"400", status(400), authz.Refused, 0, false},
		{"redirect", status(302, "Location", "http://127.0.0.1:9/elsewhere"), authz.Refused, 0, false},
		{"cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, authz.Unknown, 0, true},
	} {
		client, _, _ := wire(t, c.answer)
		err := client.Reject(t.Context(), authz.Login{Kind: authz.Regular, ID: "x", State: "very-secret-state"},
			authz.Rejection{})
		var e *authz.Error
		if !errors.As(err, &e) || e.Outcome != c.want || e.RetryAfter != c.after || e.MayHaveTakenEffect != c.unsure {
			t.Errorf("%s: %+v, want %s, after %v, unsure %v", c.name, err, c.want, c.after, c.unsure)
		}
		if s := err.Error(); strings.Contains(s, "very-sec") || strings.Contains(s, "bearer-secret") {
			t.Errorf("%s: a secret is in %q", c.name, err)
		}
		if s := err.Error(); strings.ContainsAny(s, "\n\x1b\u202e") {
			t.Errorf("%s: %q does something to whoever reads it", c.name, s)
		}
	}
	hang := make(chan struct{})
	client, _, _ := wire(t, func(http.ResponseWriter, *http.Request) { <-hang })
	t.Cleanup(func() { close(hang) })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var e *authz.Error
	if err := client.Accept(ctx, authz.Login{Kind: authz.Regular, ID: "x", State: "s"},
		authz.Grant{}); !errors.As(err, &e) ||
		e.Outcome != authz.Unknown || !e.MayHaveTakenEffect {
		t.Errorf("a time-out: %v", err)
	}
	gone, _, srv := wire(t, nil)
	srv.Close()
	if err := gone.Accept(t.Context(), authz.Login{Kind: authz.Regular, ID: "x", State: "s"},
		authz.Grant{}); !errors.As(err, &e) ||
		e.Outcome != authz.Unreachable || e.MayHaveTakenEffect {
		t.Errorf("nobody listens: %v", err)
	}
}

// What ACP writes stands in Said alone: errors are logged. That holds for what
// isn't HTTP too, which net/http quotes.
func TestErrorsRepeatNothingOfACPs(t *testing.T) {
	const name = "zebedee-quux49"
	garbage := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, "HTTP/1.1 "+name+" is blocked\r\n\r\n")
		conn.Close()
	}
	for what, answer := range map[string]http.HandlerFunc{
		"a refusal": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w,
				`{"error":"`+name+`","cause":"`+strings.Repeat(name+" ", 100)+`","error_description":"`+
					strings.Repeat(name+" ", 100)+`"}`)
		},
		"what isn't HTTP": garbage,
		"details of no shape": func(w http.ResponseWriter,
			_ *http.Request) {
			io.WriteString(w, `{"requested_scopes":"`+name+`"}`)
		},
	} {
		client, _, _ := wire(t, answer)
		_, err := client.Details(t.Context(), authz.Login{Kind: authz.Regular, ID: "x", State: "s"})
		if err == nil || strings.Contains(err.Error(), name) || strings.Contains(fmt.Sprint(errors.Unwrap(err)), name) {
			t.Errorf("%s: %v", what, err)
		}
		if said := authz.Said(err); strings.Contains(said, name) != (what == "a refusal") || len(said) > 500 {
			t.Errorf("%s: of it is kept %q", what, said)
		}
	}
}
