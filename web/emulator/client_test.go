package emulator_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

var allMethods = []string{"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func assertion(t *testing.T, key jose.SigningKey, claims jwt.Claims) string {
	t.Helper()
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestClientAuthentication(t *testing.T) {
	private, stranger := newKey(t), newKey(t)
	const id = "assent+1 %"
	const secret = "a secret of: more+than 32 bytes & 100%"
	byKey := jose.SigningKey{Algorithm: jose.ES256, Key: private}
	bySecret := jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}
	for name, row := range map[string]struct {
		methods []string // allMethods by default
		basic   []string
		form    url.Values
		sign    jose.SigningKey
		claims  func(*jwt.Claims)
		status  int
	}{
		"basic, encoded":        {basic: []string{url.QueryEscape(id), url.QueryEscape(secret)}, status: 200},
		"basic, id not encoded": {basic: []string{id, url.QueryEscape(secret)}, status: 401},
		"basic, not encoded":    {basic: []string{id, secret}, status: 401},
		"basic, wrong secret":   {basic: []string{url.QueryEscape(id), "guess"}, status: 401},
		"basic, unknown client": {basic: []string{"other", url.QueryEscape(secret)}, status: 401},
		"basic, not registered": {
			methods: []string{"client_secret_post"},
			basic:   []string{url.QueryEscape(id), url.QueryEscape(secret)},
			status:  401,
		},
		"post":               {form: url.Values{"client_id": {id}, "client_secret": {secret}}, status: 200},
		"post, wrong secret": {form: url.Values{"client_id": {id}, "client_secret": {"guess"}}, status: 401},
		"post and basic": {
			basic:  []string{url.QueryEscape(id), url.QueryEscape(secret)},
			form:   url.Values{"client_id": {id}, "client_secret": {secret}},
			status: 401,
		},
		"nothing":    {status: 401},
		"secret jwt": {sign: bySecret, status: 200},
		"secret jwt, other key": {
			sign:   jose.SigningKey{Algorithm: jose.HS256, Key: []byte(strings.Repeat("x", 40))},
			status: 401,
		},
		"key jwt": {sign: byKey, status: 200},
		"key jwt, issuer as aud": {
			sign: byKey,
			claims: func(c *jwt.Claims) {
				c.Audience = jwt.Audience{strings.TrimSuffix(c.Audience[0],
					"/oauth2/token")}
			},
			status: 200,
		},
		"key jwt, other key": {sign: jose.SigningKey{Algorithm: jose.ES256, Key: stranger}, status: 401},
		"key jwt, other aud": {
			sign:   byKey,
			claims: func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://elsewhere.example"} },
			status: 401,
		},
		"key jwt, other iss":      {sign: byKey, claims: func(c *jwt.Claims) { c.Issuer = "other" }, status: 401},
		"key jwt, other sub":      {sign: byKey, claims: func(c *jwt.Claims) { c.Subject = "other" }, status: 401},
		"key jwt, expired":        {sign: byKey, claims: func(c *jwt.Claims) { *c.Expiry -= 300 }, status: 401},
		"key jwt, no expiry":      {sign: byKey, claims: func(c *jwt.Claims) { c.Expiry = nil }, status: 401},
		"key jwt, far expiry":     {sign: byKey, claims: func(c *jwt.Claims) { *c.Expiry += 7200 }, status: 401},
		"key jwt, no jti":         {sign: byKey, claims: func(c *jwt.Claims) { c.ID = "" }, status: 401},
		"key jwt, not registered": {methods: []string{"client_secret_jwt"}, sign: byKey, status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *emulator.Options) {
				o.Client = emulator.Client{
					ID:      id,
					Secret:  secret,
					Methods: row.methods,
					Keys:    jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public()}}},
				}
				if o.Client.Methods == nil {
					o.Client.Methods = allMethods
				}
			})
			form := url.Values{"grant_type": {"client_credentials"}, "scope": {"manage_scope_grants"}}
			for k, v := range row.form {
				form[k] = v
			}
			if row.sign.Key != nil {
				claims := jwt.Claims{
					Issuer: id, Subject: id, ID: "once", Audience: jwt.Audience{w.Issuer() + "/oauth2/token"},
					Expiry: jwt.NewNumericDate(w.clock.Now().Add(time.Minute)),
				}
				if row.claims != nil {
					row.claims(&claims)
				}
				form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
				form.Set("client_assertion", assertion(t, row.sign, claims))
			}
			send := func() result {
				req := w.request("POST", w.Issuer()+"/oauth2/token", "application/x-www-form-urlencoded", form.Encode())
				if row.basic != nil {
					req.SetBasicAuth(row.basic[0], row.basic[1])
				}
				return w.do(req)
			}
			got := send()
			if got.status != row.status {
				t.Fatalf("got %d %s, want %d", got.status, got.raw, row.status)
			}
			if row.status == 200 &&
				(got.body["access_token"] == "" || got.body["expires_in"] != 300.0 ||
					got.body["scope"] != "manage_scope_grants") {
				t.Errorf("token answer %s", got.raw)
			}
			if row.status == 401 && (got.body["error"] != "invalid_client" || len(w.Mismatches()) != 1) {
				t.Errorf("refusal %s, mismatches %v", got.raw, w.Mismatches())
			}
			if row.status == 200 && row.sign.Key != nil {
				if again := send(); again.status != 401 {
					t.Errorf("the same assertion again: %d %s", again.status, again.raw)
				}
			}
		})
	}
}

func selfSigned(t *testing.T, name string) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
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
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, leaf
}

func TestCertificatesAuthenticateAndBind(t *testing.T) {
	own, leaf := selfSigned(t, "assent")
	stranger, _ := selfSigned(t, "assent")
	for _, method := range []string{"self_signed_tls_client_auth", "tls_client_auth"} {
		t.Run(method, func(t *testing.T) {
			var clients *x509.CertPool
			client := emulator.Client{ID: "assent", Methods: []string{method}, Certificate: leaf}
			if method == "tls_client_auth" {
				clients = x509.NewCertPool()
				clients.AddCert(leaf)
				client.Certificate, client.SubjectDN = nil, "CN=assent"
			}
			e, roots := emulatortest.StartTLS(t, emulator.Options{Client: client}, clients)
			s := e.Begin(emulator.Ask{Hint: "ada.quill"})
			call := func(certs []tls.Certificate, method, target, token, form string) (int, string) {
				transport := &http.Transport{
					TLSClientConfig: &tls.Config{
						RootCAs: roots,
						GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
							return &slices.Concat(certs, []tls.Certificate{{}})[0], nil
						},
					},
				}
				defer transport.CloseIdleConnections()
				req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if token != "" {
					req.Header.Set("Authorization", "Bearer "+token)
				}
				res, err := (&http.Client{Transport: transport}).Do(req)
				if err != nil {
					return 0, err.Error()
				}
				defer res.Body.Close()
				var body struct {
					AccessToken string `json:"access_token"`
				}
				raw, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				_ = jsonInto(raw, &body)
				return res.StatusCode, body.AccessToken
			}
			const form = "grant_type=client_credentials&client_id=assent&scope=manage_scope_grants"
			status, token := call([]tls.Certificate{own}, "POST", e.Issuer()+"/oauth2/token", "", form)
			if status != 200 || token == "" {
				t.Fatalf("token: %d %s", status, token)
			}
			if status, _ := call([]tls.Certificate{stranger}, "POST", e.Issuer()+"/oauth2/token", "",
				form); status == 200 {
				t.Error("a stranger's certificate got a token")
			}
			if status, _ := call([]tls.Certificate{own}, "GET", e.APIURL()+"/scope-grants/"+s.ID, token,
				""); status != 200 {
				t.Errorf("details with the certificate: %d", status)
			}
			if status, _ := call(nil, "GET", e.APIURL()+"/scope-grants/"+s.ID, token, ""); status != 401 {
				t.Errorf("details without the certificate: %d", status)
			}
		})
	}
}
