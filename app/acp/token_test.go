package acp_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"assent/app/acp"
	"assent/app/authz"
)

// issuer is an authorization server that notes what its token endpoints get.
type issuer struct {
	*httptest.Server
	metadata func(w http.ResponseWriter, base string) // nil: none
	token    http.HandlerFunc                         // nil: a fresh token each time
	api      http.HandlerFunc                         // nil: {}

	mu    sync.Mutex
	asked []exchange
}

// exchange is one request to a token endpoint.
type exchange struct {
	path, authorization string
	form                url.Values
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/"):
		if i.api != nil {
			i.api(w, r)
			return
		}
		io.WriteString(w, "{}")
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		if i.metadata == nil {
			http.NotFound(w, r)
			return
		}
		i.metadata(w, i.URL)
	default:
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		i.mu.Lock()
		i.asked = append(i.asked, exchange{r.URL.Path, r.Header.Get("Authorization"), r.PostForm})
		n := len(i.asked)
		i.mu.Unlock()
		if i.token != nil {
			i.token(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer","expires_in":300}`, n)
	}
}

func (i *issuer) exchanges() []exchange {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.asked)
}

func read(t *testing.T, c *acp.Client) error {
	_, err := c.Details(t.Context(), authz.Login{Kind: authz.Regular, ID: "x", State: "s"})
	return err
}

// What each way to authenticate puts on the wire (RFC 6749 2.3.1, RFC 7523
// 2.2, RFC 8705 2), and nothing of another way beside it.
func TestAuthenticationOnTheWire(t *testing.T) {
	const id, secret = "cl/ent é", "a s+cret/with:odd%bytes é, and long enough"
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsa2048, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
	for name, c := range map[string]struct {
		method acp.AuthMethod
		key    crypto.Signer
		header string
		params []string // beside grant_type and scope
		verify any
		alg    jose.SignatureAlgorithm
	}{
		"by default":       {header: basic},
		"basic":            {method: acp.SecretBasic, header: basic},
		"post":             {method: acp.SecretPost, params: []string{"client_id", "client_secret"}},
		"secret JWT":       {method: acp.SecretJWT, verify: []byte(secret), alg: jose.HS256},
		"private key, EC":  {method: acp.PrivateKeyJWT, key: p256, verify: p256.Public(), alg: jose.ES256},
		"private key, 384": {method: acp.PrivateKeyJWT, key: p384, verify: p384.Public(), alg: jose.ES384},
		"private key, RSA": {method: acp.PrivateKeyJWT, key: rsa2048, verify: rsa2048.Public(), alg: jose.PS256},
		"private key, Ed":  {method: acp.PrivateKeyJWT, key: ed, verify: ed.Public(), alg: jose.EdDSA},
		"TLS":              {method: acp.TLS, params: []string{"client_id"}},
		"self-signed TLS":  {method: acp.SelfSignedTLS, params: []string{"client_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			refuse := true
			i.api = func(w http.ResponseWriter, _ *http.Request) { // the first token, for a second exchange
				if refuse {
					refuse = false
					w.WriteHeader(http.StatusUnauthorized)
				}
				io.WriteString(w, "{}")
			}
			client, _ := newClient(t,
				acp.Config{
					Issuer:       i.URL + "/t/system",
					ClientID:     id,
					ClientSecret: secret,
					AuthMethod:   c.method,
					Key:          c.key,
					KeyID:        "k1",
					Scopes:       []string{"manage_consents", "manage_scope_grants"},
				})
			if err := read(t, client); err != nil {
				t.Fatal(err)
			}
			asked := i.exchanges()
			if len(asked) != 2 {
				t.Fatalf("%d exchanges, want 2", len(asked))
			}
			params := append([]string{"grant_type", "scope"}, c.params...)
			if c.verify != nil {
				params = append(params, "client_id", "client_assertion", "client_assertion_type")
			}
			slices.Sort(params)
			var jtis []string
			for _, x := range asked {
				var got []string
				for name, values := range x.form {
					if got = append(got, name); len(values) != 1 {
						t.Errorf("%s comes %d times", name, len(values))
					}
				}
				slices.Sort(got)
				if !slices.Equal(got, params) || x.authorization != c.header {
					t.Errorf("sent %v and Authorization %q, want %v and %q", got, x.authorization, params, c.header)
				}
				if x.form.Get("grant_type") != "client_credentials" ||
					x.form.Get("scope") != "manage_scope_grants manage_consents" {
					t.Errorf("form %v", x.form)
				}
				if c.verify == nil {
					continue
				}
				jtis = append(jtis, verify(t, x.form, c.verify, c.alg, id, i.URL+"/t/system/oauth2/token"))
			}
			if len(jtis) == 2 && jtis[0] == jtis[1] {
				t.Errorf("the assertion %s was used twice", jtis[0])
			}
		})
	}
}

// verify checks a client assertion and gives its jti.
func verify(t *testing.T, form url.Values, key any, alg jose.SignatureAlgorithm, id, audience string) string {
	t.Helper()
	if got := form.Get("client_assertion_type"); got != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		t.Errorf("client_assertion_type %q", got)
	}
	tok, err := jwt.ParseSigned(form.Get("client_assertion"), []jose.SignatureAlgorithm{alg})
	if err != nil {
		t.Fatal(err)
	}
	var c jwt.Claims
	if err := tok.Claims(key, &c); err != nil {
		t.Fatalf("the signature: %v", err)
	}
	if kid := tok.Headers[0].KeyID; alg != jose.HS256 && kid != "k1" {
		t.Errorf("key id %q", kid)
	}
	life := c.Expiry.Time().Sub(c.IssuedAt.Time())
	if c.Issuer != id || c.Subject != id || !slices.Equal(c.Audience, jwt.Audience{audience}) || life != time.Minute ||
		len(c.ID) < 20 || time.Since(c.IssuedAt.Time()).Abs() > time.Minute {
		t.Errorf("claims %+v, audience wanted %s", c, audience)
	}
	return c.ID
}

func TestDiscovery(t *testing.T) {
	answer := func(format string) func(http.ResponseWriter, string) {
		return func(w http.ResponseWriter, base string) { io.WriteString(w, strings.ReplaceAll(format, "BASE", base)) }
	}
	const good = `{"issuer":"BASE/t/system","token_endpoint":"BASE/found","mtls_endpoint_aliases":{"token_endpoint":"BASE/mtls"}}`
	const usual = "/t/system/oauth2/token"
	for name, c := range map[string]struct {
		metadata func(http.ResponseWriter, string)
		mutual   bool
		override string
		want     string
		warned   bool
	}{
		"found":              {metadata: answer(good), want: "/found"},
		"with a certificate": {metadata: answer(good), mutual: true, want: "/mtls"},
		"no alias": {
			metadata: answer(`{"issuer":"BASE/t/system","token_endpoint":"BASE/found"}`),
			mutual:   true,
			want:     "/found",
		},
		"a trailing slash": {
			metadata: answer(`{"issuer":"BASE/t/system/","token_endpoint":"BASE/found"}`),
			want:     "/found",
		},
		"the setting wins": {metadata: answer(good), override: "/set", want: "/set"},
		"none there":       {want: usual, warned: true},
		"another issuer": {
			metadata: answer(`{"issuer":"BASE/other/system","token_endpoint":"BASE/found"}`),
			want:     usual,
			warned:   true,
		},
		"no issuer":         {metadata: answer(`{"token_endpoint":"BASE/found"}`), want: usual, warned: true},
		"no token endpoint": {metadata: answer(`{"issuer":"BASE/t/system"}`), want: usual, warned: true},
		"in the clear elsewhere": {
			metadata: answer(`{"issuer":"BASE/t/system","token_endpoint":"http://acp.example/found"}`),
			want:     usual,
			warned:   true,
		},
		"another scheme": {
			metadata: answer(`{"issuer":"BASE/t/system","token_endpoint":"ftp://127.0.0.1/found"}`),
			want:     usual,
			warned:   true,
		},
		"not JSON":  {metadata: answer(`<html>`), want: usual, warned: true},
		"too large": {metadata: answer(good + strings.Repeat(" ", 1<<20)), want: usual, warned: true},
		"a redirect": {metadata: func(w http.ResponseWriter, base string) {
			w.Header().Set("Location", base+"/t/system/elsewhere")
			w.WriteHeader(http.StatusFound)
		}, want: usual, warned: true},
		"a cut": {
			metadata: func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) },
			want:     usual,
			warned:   true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.metadata = c.metadata
			var log strings.Builder
			cfg := acp.Config{
				Issuer:       i.URL + "/t/system",
				ClientID:     "assent",
				ClientSecret: "s",
				MutualTLS:    c.mutual,
				Log:          slog.New(slog.NewTextHandler(&log, nil)),
			}
			if c.override != "" {
				cfg.TokenURL = i.URL + c.override
			}
			client, _ := newClient(t, cfg)
			if err := read(t, client); err != nil {
				t.Fatal(err)
			}
			if x := i.exchanges(); len(x) != 1 || x[0].path != c.want {
				t.Errorf("asked %v, want %s", x, c.want)
			}
			if strings.Contains(log.String(), "WARN") != c.warned {
				t.Errorf("the log says %q", log.String())
			}
		})
	}
}

func TestDiscoveryIsKeptForAnHour(t *testing.T) {
	i := newIssuer(t)
	found, reads := "/one", 0
	i.metadata = func(w http.ResponseWriter, base string) {
		reads++
		if found == "" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, `{"issuer":"%s/t/system","token_endpoint":"%s%s"}`, base, base, found)
	}
	now := time.Now()
	client, _ := newClient(t,
		acp.Config{
			Issuer:       i.URL + "/t/system",
			ClientID:     "assent",
			ClientSecret: "s",
			Now:          func() time.Time { return now },
		})
	for _, step := range []struct {
		found string
		after time.Duration
		want  string
		reads int
	}{
		{"/one", 0, "/one", 1},
		{"/two", 50 * time.Minute, "/one", 1},
		{"/two", 11 * time.Minute, "/two", 2},
		{"", 61 * time.Minute, "/two", 3}, // what was known is better than a guess
	} {
		found, now = step.found, now.Add(step.after)
		if err := read(t, client); err != nil {
			t.Fatal(err)
		}
		x := i.exchanges()
		if got := x[len(x)-1].path; got != step.want || reads != step.reads {
			t.Errorf("%+v: asked %s after %d reads", step, got, reads)
		}
	}
}

func TestOutcomesOfTheTokenStep(t *testing.T) {
	for name, c := range map[string]struct {
		token  http.HandlerFunc
		want   authz.Outcome
		status int
		after  time.Duration
	}{
		"refused": {answerToken(401, `{"error":"invalid_client","error_description":"of the-secret"}`),
			authz.Credentials, 401, 0},
		"no scope":  {answerToken(400, `{"error":"invalid_scope"}`), authz.Credentials, 400, 0},
		"too often": {answerToken(429, `the-secret`, "Retry-After", "9"), authz.Busy, 429, 9 * time.Second},
		"down":      {answerToken(502, ``), authz.Busy, 502, 0},
		"redirect":  {answerToken(302, ``, "Location", "http://127.0.0.1:9/"), authz.Credentials, 302, 0},
		"nonsense":  {answerToken(200, `<the-secret>`), authz.Unreachable, 0, 0},
		"no token":  {answerToken(200, `{}`), authz.Unreachable, 0, 0},
		"a cut": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, authz.Unreachable, 0,
			0},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.token = c.token
			i.api = func(http.ResponseWriter, *http.Request) { t.Error("the call was made without a token") }
			client, _ := newClient(t,
				acp.Config{
					Issuer:       i.URL + "/t/system",
					ClientID:     "assent",
					ClientSecret: "the-secret",
					AuthMethod:   acp.SecretPost,
				})
			err := client.Accept(t.Context(), authz.Login{Kind: authz.Regular, ID: "x", State: "s"}, authz.Grant{})
			var e *authz.Error
			if !errors.As(err, &e) || e.Outcome != c.want || e.Status != c.status || e.RetryAfter != c.after ||
				e.MayHaveTakenEffect {
				t.Fatalf("%+v, want %+v", err, c)
			}
			if strings.Contains(err.Error(), "the-secret") {
				t.Errorf("the secret is in %q", err)
			}
		})
	}
}

func answerToken(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// Calls that are refused one after the other with the same token renew it once.
func TestOneRenewalServesAll(t *testing.T) {
	i := newIssuer(t)
	client, _ := newClient(t, acp.Config{Issuer: i.URL + "/t/system", ClientID: "assent", ClientSecret: "s"})
	if err := read(t, client); err != nil {
		t.Fatal(err)
	}
	const calls = 5
	arrived, turn := make(chan struct{}, calls), make(chan struct{}, 1)
	i.api = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-1" {
			io.WriteString(w, "{}")
			return
		}
		arrived <- struct{}{}
		select { // all use the first token, and each is refused once the one before has its answer
		case <-turn:
			w.WriteHeader(http.StatusUnauthorized)
		case <-r.Context().Done():
		}
	}
	done := make(chan error, calls)
	for range calls {
		go func() { done <- read(t, client) }()
	}
	for range calls {
		<-arrived
	}
	for range calls {
		turn <- struct{}{}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := len(i.exchanges()); n != 2 {
		t.Errorf("%d exchanges, want 2", n)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	good := acp.Config{
		Issuer:       "https://acp.example/bank/system",
		ClientID:     "assent",
		ClientSecret: "s",
		HTTP:         http.DefaultClient,
	}
	if c, err := acp.New(good); err != nil || c.TenantID() != "bank" {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*acp.Config){
		"no HTTP client":             func(c *acp.Config) { c.HTTP = nil },
		"no issuer":                  func(c *acp.Config) { c.Issuer = "" },
		"an issuer in the clear":     func(c *acp.Config) { c.Issuer = "http://acp.example/bank/system" },
		"an issuer without a tenant": func(c *acp.Config) { c.Issuer = "https://acp.example" },
		"a tenant that climbs":       func(c *acp.Config) { c.Issuer = "https://acp.example/%2e%2e/system" },
		"a vanity domain's tenant":   func(c *acp.Config) { c.VanityDomain = acp.VanityTenant },
		"a token URL in the clear":   func(c *acp.Config) { c.TokenURL = "http://acp.example/token" },
		"an API in the clear":        func(c *acp.Config) { c.APIURL = "http://acp.example" },
		"no key":                     func(c *acp.Config) { c.AuthMethod = acp.PrivateKeyJWT },
		"a short HMAC key":           func(c *acp.Config) { c.AuthMethod = acp.SecretJWT },
		"an unknown method":          func(c *acp.Config) { c.AuthMethod = "none" },
	} {
		c := good
		if spoil(&c); c.HTTP == nil && name != "no HTTP client" {
			t.Fatal("the table spoils more than it says")
		}
		if _, err := acp.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// piped makes a client whose connections are pipes to h inside the test's
// bubble, where waiting costs no time. dial fails or hangs first, if it is set.
func piped(t *testing.T, h http.HandlerFunc, dial func(context.Context) error) *acp.Client {
	t.Helper()
	ln := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	srv := &http.Server{Handler: h}
	go srv.Serve(ln)
	tr := &http.Transport{DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
		if dial != nil && strings.HasPrefix(addr, "127.0.0.2:") {
			if err := dial(ctx); err != nil {
				return nil, err
			}
		}
		near, far := net.Pipe()
		ln.conns <- far
		return near, nil
	}}
	t.Cleanup(func() { tr.CloseIdleConnections(); srv.Close() })
	c, err := acp.New(acp.Config{
		Issuer:       "http://127.0.0.1/t/system",
		APIURL:       "http://127.0.0.2",
		ClientID:     "assent",
		ClientSecret: "s",
		HTTP:         &http.Client{Transport: tr},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func TestTimeouts(t *testing.T) {
	token := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"access_token":"t","expires_in":300}`)
	}
	for _, c := range []struct {
		name  string
		hangs string // the paths with this in them
		dial  bool   // the API's host doesn't take connections
		want  authz.Outcome
		took  time.Duration
	}{
		{"discovery hangs", ".well-known", false, authz.OK, 3 * time.Second},
		{"the token endpoint hangs", "/token", false, authz.Unreachable, 10 * time.Second},
		{"the call hangs", "/api/", false, authz.Unknown, 10 * time.Second},
		{"the connection hangs", "nothing", true, authz.Unreachable, 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dial func(context.Context) error
				if c.dial {
					dial = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
				}
				client := piped(t, func(w http.ResponseWriter, r *http.Request) {
					switch {
					case strings.Contains(r.URL.Path, c.hangs):
						io.Copy(io.Discard, r.Body) // a server looks for hang-ups only once it has read all
						<-r.Context().Done()
					case strings.Contains(r.URL.Path, "/token"):
						token(w)
					case strings.Contains(r.URL.Path, ".well-known"):
						http.NotFound(w, r)
					default:
						json.NewEncoder(w).Encode(map[string]string{"redirect_to": "x"})
					}
				}, dial)
				began := time.Now()
				err := client.Accept(t.Context(), authz.Login{Kind: authz.Regular, ID: "x", State: "s"}, authz.Grant{})
				got, unsure := authz.OK, false
				if e := (*authz.Error)(nil); errors.As(err, &e) {
					got, unsure = e.Outcome, e.MayHaveTakenEffect
				} else if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); got != c.want || unsure != (c.want == authz.Unknown) || took != c.took {
					t.Errorf("%v after %v, want %s after %v", err, took, c.want, c.took)
				}
			})
		})
	}
}
