package accounts_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/accounts"
)

const (
	everyday = `{"id":"uk-1","kind":"account","name":"Everyday","scheme":"UK.OBIE.SortCodeAccountNumber","identification":"20325612345678","currency":"GBP","balance":"1204.10","payable":"yes"}`
	savings  = `{"id":"uk-2","kind":"account","name":"A rainy day","scheme":"UK.OBIE.IBAN","identification":"GB33BUKB20201555555555","payable":"Savings can't be paid from"}`
)

// endpoint answers as the bank's would.
func endpoint(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

func source(t *testing.T, b *bank, log io.Writer, c accounts.HTTPConfig) *accounts.HTTP {
	t.Helper()
	c.Reader, c.Log = b.Reader, slog.New(slog.NewTextHandler(log, nil))
	s, err := accounts.NewHTTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHTTP(t *testing.T) {
	b := newBank(t)
	var asked *http.Request
	srv := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r
		io.WriteString(w, `{"accounts":[`+everyday+`,`+savings+`]}`+"\n")
	})
	s := source(t, b, t.Output(),
		accounts.HTTPConfig{URL: srv.URL + "/v1/accounts?realm=retail", Token: "t-0", UserAgent: "Assent/test"})
	list, err := s.Accounts(t.Context(), b.ada, "")
	want := []app.Account{
		{
			ID:        "uk-2",
			Kind:      app.AccountBank,
			Unpayable: "Savings can't be paid from",
			AccountRef: app.AccountRef{
				Name:           "A rainy day",
				Scheme:         "UK.OBIE.IBAN",
				Identification: "GB33BUKB20201555555555",
			},
		},
		{
			ID:       "uk-1",
			Kind:     app.AccountBank,
			Currency: "GBP",
			Balance:  "1204.10",
			AccountRef: app.AccountRef{
				Name:           "Everyday",
				Scheme:         "UK.OBIE.SortCodeAccountNumber",
				Identification: "20325612345678",
			},
		},
	}
	if err != nil || !slices.Equal(list, want) {
		t.Fatalf("%+v, %v; want %+v by name", list, err, want)
	}
	if asked.Method != http.MethodGet || asked.URL.Path != "/v1/accounts" ||
		asked.URL.RawQuery != "id=Sub-1&realm=retail" || asked.Header.Get("Authorization") != "Bearer t-0" ||
		asked.Header.Get("Accept") != "application/json" || asked.Header.Get("User-Agent") != "Assent/test" {
		t.Errorf("asked %s %s %v", asked.Method, asked.URL, asked.Header)
	}
}

func TestHTTPAsksByTheRightIdentifier(t *testing.T) {
	b := newBank(t)
	got := ""
	srv := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Query().Get("id")
		io.WriteString(w, `{"accounts":[]}`)
	})
	aliases, err := b.AddPerson(t.Context(), app.Operator, "Many",
		[]app.Identifier{{Kind: app.Email, Value: "a@x.example", Norm: "a@x.example"},
			{Kind: app.Email, Value: "b@x.example", Norm: "b@x.example"}},
		nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		kind  app.IdentifierKind
		who   app.Person
		want  string
		fault string
	}{
		{"subject before user name", "", b.ada, "Sub-1", ""},
		{"user name where there is no subject", "", b.bruno, "bruno", ""},
		{"user name", app.Username, b.ada, "ada", ""},
		{"CPF without punctuation", app.CPF, b.bruno, "12345678909", ""},
		{"email", app.Email, b.ada, "ada@quill.example", ""},
		{"none of the kind", app.CPF, b.ada, "", "no identifier of the kind [cpf]"},
		{"several of the kind", app.Email, aliases, "", "2 identifiers of the kind email"},
		{"neither subject nor user name", "", aliases, "", "no identifier of the kind [subject username]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got = ""
			var log strings.Builder
			list, err := source(t, b, &log, accounts.HTTPConfig{URL: srv.URL, ID: c.kind}).Accounts(t.Context(), c.who,
				"")
			if got != c.want || len(list) != 0 {
				t.Errorf("asked for %q, want %q; got %v", got, c.want, list)
			}
			if c.fault == "" && err != nil ||
				c.fault != "" &&
					!(errors.Is(err, app.ErrAccountsUnavailable) && strings.Contains(err.Error(), c.fault) &&
						strings.Contains(log.String(), c.fault)) {
				t.Errorf("got %v, logged %s; want %q", err, log.String(), c.fault)
			}
		})
	}
}

// Whatever isn't the documented answer is unavailable, said to operators, and
// no part of a list.
func TestHTTPFaults(t *testing.T) {
	b := newBank(t)
	says := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
	}
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if len(header) > 0 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(code)
			io.WriteString(w, `{"accounts":[]}`)
		}
	}
	for _, c := range []struct {
		name  string
		h     http.HandlerFunc
		fault string
		after time.Duration
	}{
		{"401", status(401), "it answers 401", 5 * time.Second},
		{"404", status(404), "it answers 404", 5 * time.Second},
		{"500", status(500), "it answers 500", 5 * time.Second},
		{"503 with a time", status(503, "Retry-After", "17"), "it answers 503", 17 * time.Second},
		{"201", status(201), "it answers 201", 5 * time.Second},
		{"redirect", status(302, "Location", "/elsewhere"), "it answers 302", 5 * time.Second},
		{"garbage", says("<html>Sign in</html>"), "not of the documented shape", 5 * time.Second},
		{"nothing", says(""), "not of the documented shape", 5 * time.Second},
		{"cut off", says(`{"accounts":[` + everyday), "not of the documented shape", 5 * time.Second},
		{"another shape", says(`[]`), "not of the documented shape", 5 * time.Second},
		{"no list", says(`{}`), `no "accounts"`, 5 * time.Second},
		{"null", says(`{"accounts":null}`), `no "accounts"`, 5 * time.Second},
		{"more after it", says(`{"accounts":[]}{"accounts":[]}`), "goes on after", 5 * time.Second},
		{"unknown member", says(`{"accounts":[],"next":"/page/2"}`), "next", 5 * time.Second},
		{"unknown field",
			says(strings.Replace(`{"accounts":[`+everyday+`]}`, `"identification"`, `"Identificacao"`, 1)),
			"Identificacao", 5 * time.Second},
		{"a number for a decimal", says(strings.Replace(`{"accounts":[`+everyday+`]}`, `"1204.10"`, `1204.10`, 1)),
			"not of the documented shape", 5 * time.Second},
		{"one bad entry of two",
			says(`{"accounts":[` + everyday + `,` + strings.Replace(savings, "GB33", "GB34", 1) + `]}`),
			"accounts[1]: identification: is not an IBAN", 5 * time.Second},
		{"payable left out", says(strings.Replace(`{"accounts":[`+everyday+`]}`, `,"payable":"yes"`, "", 1)),
			"accounts[0]: payable: is missing", 5 * time.Second},
		{"an id twice", says(`{"accounts":[` + everyday + `,` + everyday + `]}`),
			"accounts[1]: id: it is in the list twice", 5 * time.Second},
		{"huge", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"accounts":[`)
			for range 20_000 {
				if _, err := io.WriteString(w, everyday+","); err != nil {
					return
				}
			}
		}, "too large", 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			srv := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
				calls++
				c.h(w, r)
			})
			var log strings.Builder
			list, err := source(t, b, &log,
				accounts.HTTPConfig{URL: srv.URL, Token: "s3cret-token"}).Accounts(t.Context(),
				b.ada, "")
			var e *app.Error
			if !errors.As(err, &e) || !errors.Is(err, app.ErrAccountsUnavailable) || e.Kind != app.Unavailable ||
				e.RetryAfter != c.after || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("got %v (again after %v), want unavailable for %q", err, e.RetryAfter, c.fault)
			}
			if len(list) != 0 || calls != 1 {
				t.Errorf("%d accounts after %d calls, want none after one", len(list), calls)
			}
			for _, private := range []string{"Sub-1", "s3cret", "20325612345678", "GB34"} {
				if strings.Contains(log.String()+err.Error(), private) {
					t.Errorf("%s is in the error or the log: %v\n%s", private, err, log.String())
				}
			}
			if !strings.Contains(log.String(), c.fault) &&
				!strings.Contains(log.String(), strings.ReplaceAll(c.fault, `"`, `\"`)) {
				t.Errorf("logged %q, want the cause", log.String())
			}
		})
	}
}

func TestHTTPIsBoundedInTime(t *testing.T) {
	b := newBank(t)
	release := make(chan struct{})
	srv := endpoint(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the server waits for its handlers
	var log strings.Builder
	_, err := source(t, b, &log,
		accounts.HTTPConfig{URL: srv.URL, Timeout: 50 * time.Millisecond}).Accounts(t.Context(),
		b.ada, "")
	if !errors.Is(err, app.ErrAccountsUnavailable) || strings.Contains(err.Error(), "Sub-1") ||
		!strings.Contains(log.String(), "err=") {
		t.Errorf("%v, logged %q", err, log.String())
	}
	log.Reset()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	cancel()
	if _, err := source(t, b, &log, accounts.HTTPConfig{URL: srv.URL}).Accounts(ctx, b.ada,
		""); !errors.Is(err, context.Canceled) ||
		log.Len() > 0 {
		t.Errorf("a caller who left: %v, logged %q", err, log.String())
	}
	down := endpoint(t, func(http.ResponseWriter, *http.Request) {})
	down.Close()
	if _, err := source(t, b, &log, accounts.HTTPConfig{URL: down.URL}).Accounts(t.Context(), b.ada,
		""); !errors.Is(err, app.ErrAccountsUnavailable) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestHTTPWithAClientCertificate(t *testing.T) {
	b := newBank(t)
	cert := clientCertificate(t)
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["Authorization"]) > 0 {
			t.Errorf("a token was sent, and none is set: %v", r.Header)
		}
		io.WriteString(w, `{"accounts":[`+everyday+`]}`)
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo) // of the handshakes that fail below
	srv.StartTLS()
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	for _, c := range []struct {
		name string
		tls  *tls.Config
		ok   bool
	}{
		{"with it", &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{cert}}, true},
		{"without", &tls.Config{RootCAs: roots}, false},
		{"of an authority that isn't trusted", &tls.Config{Certificates: []tls.Certificate{cert}}, false},
	} {
		list, err := source(t, b, io.Discard, accounts.HTTPConfig{URL: srv.URL, TLS: c.tls}).Accounts(t.Context(),
			b.ada, "")
		if (err == nil) != c.ok || (len(list) == 1) != c.ok || !c.ok && !errors.Is(err, app.ErrAccountsUnavailable) {
			t.Errorf("%s: %d accounts, %v", c.name, len(list), err)
		}
	}
}

func clientCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestHTTPSpeaksInTheClearOnLoopbackOnly(t *testing.T) {
	for url, ok := range map[string]bool{
		"http://127.0.0.1:1":            true,
		"http://[::1]:1/x":              true,
		"http://localhost/":             true,
		"https://core.bank.example/a":   true,
		"http://core.bank.example":      false,
		"http://127.0.0.1.bank.example": false,
		"ftp://127.0.0.1":               false,
		"/accounts":                     false,
		"https://":                      false,
		":":                             false,
	} {
		if _, err := accounts.NewHTTP(accounts.HTTPConfig{URL: url}); (err == nil) != ok {
			t.Errorf("%s: %v, want allowed %v", url, err, ok)
		}
	}
}
