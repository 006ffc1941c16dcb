package cmd_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/descope/virtualwebauthn"

	"assent/app"
	"assent/app/apptest"
	"assent/app/cmd"
	"assent/app/config"
	"assent/store"
)

// freeAddress is an address of this machine that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// bank is a service at https://approve.bank.example, behind a proxy on this
// machine as far as its public listener is concerned.
type bank struct {
	t      *testing.T
	dir    string
	listen string
	out    bytes.Buffer // what it printed
	stop   func()       // ends what was started last
	log    syncBuffer
}

// syncBuffer is a buffer that one writes while another reads.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newBank(t *testing.T) *bank { return &bank{t: t, dir: t.TempDir(), listen: freeAddress(t)} }

func (b *bank) args(more ...string) []string {
	return slices.Concat([]string{"serve", "--listen=" + b.listen, "--public-url=https://approve.bank.example",
		"--push-subject=mailto:a@bank.example",
		"--data-dir=" + b.dir}, complete, more)
}

// start runs the service until stop.
func (b *bank) start(more ...string) (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Run(ctx,
			cmd.Process{Args: b.args(more...), Stdout: &b.out, Stderr: io.MultiWriter(b.t.Output(), &b.log)})
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			b.t.Errorf("serve ended with %v", err)
		}
	}
	b.t.Cleanup(stop)
	b.stop = stop
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		select {
		case err := <-ended:
			stopped = true
			b.t.Fatalf("serve: %v", err)
		default:
		}
		if res, err := http.Get("http://" + b.listen + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				break
			}
		}
	}
	return stop
}

// refusal is why the service doesn't start.
func (b *bank) refusal(more ...string) string {
	b.t.Helper()
	soon, cancel := context.WithTimeout(b.t.Context(), 10*time.Second) // what starts must not run on
	defer cancel()
	err := cmd.Run(soon, cmd.Process{Args: b.args(more...), Stdout: b.t.Output(), Stderr: b.t.Output()})
	if err == nil {
		return ""
	}
	return err.Error()
}

// peer is a client that finds every host at one address.
type peer struct {
	t      *testing.T
	scheme string
	http   *http.Client
}

// at is a client of a listener; t is nil where that is plain.
func (b *bank) at(addr string, secure *tls.Config) peer {
	p := peer{b.t, "http://", &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: secure,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if secure != nil {
		p.scheme = "https://"
	}
	b.t.Cleanup(p.http.CloseIdleConnections)
	return p
}

// ask sends a request; headers are names and values, one after the other.
func (p peer) ask(method, url, body string, headers ...string) (*http.Response, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.scheme+url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res, string(text)
}

func (p peer) status(method, url string, headers ...string) int {
	p.t.Helper()
	res, _ := p.ask(method, url, "", headers...)
	return res.StatusCode
}

const (
	approveHost = "approve.bank.example"
	consoleHost = "console.bank.example"
	consoleURL  = "--admin-url=https://" + consoleHost
)

// The console at a host of its own is nowhere else, and nothing else is there;
// so it is whether the public listener serves it or one of its own.
func TestConsoleAtAnAddressOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		name  string
		apart bool
	}{{"by the host that is asked for", false}, {"on a listener of its own", true}} {
		t.Run(c.name, func(t *testing.T) {
			b := newBank(t)
			addr, more := b.listen, []string{consoleURL}
			if c.apart {
				addr = freeAddress(t)
				more = append(more, "--admin-listen="+addr)
			}
			b.start(more...)
			public, console := b.at(b.listen, nil), b.at(addr, nil)
			for _, row := range []struct {
				at     peer
				url    string
				status int
			}{
				{public, approveHost + "/sign-in", 200},
				{public, approveHost + "/admin/sign-in", 404},
				{public, approveHost + "/admin", 404},
				{console, consoleHost + "/admin/sign-in", 200},
				{console, consoleHost + "/", 303},
				{console, consoleHost + "/branding.css", 200},
				{console, consoleHost + "/sign-in", 404},
				{console, consoleHost + "/sw.js", 404},
				{console, consoleHost + "/manifest.webmanifest", 404},
				{console, consoleHost + "/openapi.json", 404},
				{console, consoleHost + "/user/verify", 404},
				{console, consoleHost + "/healthz", 200},
				{public, approveHost + "/openapi.json", 200},
				{public, "10.0.0.7/openapi.json", 200},
				{public, approveHost + "/readyz", 200},
			} {
				if got := row.at.status("GET", row.url); got != row.status {
					t.Errorf("%s: %d, want %d", row.url, got, row.status)
				}
			}
			if res, page := console.ask("GET", consoleHost+"/admin/sign-in", ""); !strings.Contains(page, "/static/") ||
				res.Header.Get("Strict-Transport-Security") == "" {
				t.Errorf("the sign-in page: %v", res.Header)
			} else {
				_, rest, _ := strings.Cut(page, `href="/static/`)
				sheet, _, _ := strings.Cut(rest, `"`)
				if got := console.status("GET", consoleHost+"/static/"+sheet); got != 200 {
					t.Errorf("what the page loads, %s: %d", sheet, got)
				}
			}
			if c.apart {
				if got := public.status("GET", consoleHost+"/admin/sign-in"); got != 307 {
					t.Errorf("the console's host on the public listener: %d, want the way to the public host", got)
				}
				if res, _ := console.ask("GET", approveHost+"/sign-in", ""); res.StatusCode != 307 ||
					res.Header.Get("Location") != "https://"+consoleHost+"/sign-in" {
					t.Errorf("the public host on the console's listener: %d to %q", res.StatusCode,
						res.Header.Get("Location"))
				}
			}
			// A page of either may not send to the other.
			for _, row := range []struct {
				at          peer
				url, origin string
				status      int
			}{
				{console, consoleHost + "/admin/sign-in/passkey", "https://" + consoleHost, 200},
				{console, consoleHost + "/admin/sign-in/passkey", "https://" + approveHost, 403},
				{public, approveHost + "/sign-in/passkey", "https://" + approveHost, 200},
				{public, approveHost + "/sign-in/passkey", "https://" + consoleHost, 403},
			} {
				if res, _ := row.at.ask("POST", row.url, "{}", "Content-Type", "application/json", "Origin", row.origin,
					"Sec-Fetch-Site", "same-site"); res.StatusCode != row.status {
					t.Errorf("%s from %s: %d, want %d", row.url, row.origin, res.StatusCode, row.status)
				}
			}
		})
	}
}

// rpID is the RP id that a sign-in page's prompt asks for.
func rpID(p peer, url string) string {
	p.t.Helper()
	_, text := p.ask("POST", url, "{}", "Content-Type", "application/json")
	var prompt struct {
		Options struct {
			PublicKey struct {
				RPID string `json:"rpId"`
			} `json:"publicKey"`
		} `json:"options"`
	}
	if err := json.Unmarshal([]byte(text), &prompt); err != nil {
		p.t.Fatalf("%s: %v in %s", url, err, text)
	}
	return prompt.Options.PublicKey.RPID
}

func TestRPIDOfTheConsole(t *testing.T) {
	for _, c := range []struct {
		name, host, want string
		more             []string
	}{
		{"shared", approveHost, approveHost, nil},
		{"elsewhere", consoleHost, consoleHost, []string{consoleURL}},
		{"below the public host", "console." + approveHost, approveHost,
			[]string{"--admin-url=https://console." + approveHost}},
		{"as it is set", consoleHost, "bank.example", []string{consoleURL, "--admin-rp-id=bank.example"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBank(t)
			b.start(c.more...)
			p := b.at(b.listen, nil)
			if got := rpID(p, c.host+"/admin/sign-in/passkey"); got != c.want {
				t.Errorf("the console's RP id is %s, want %s", got, c.want)
			}
			if got := rpID(p, approveHost+"/sign-in/passkey"); got != approveHost {
				t.Errorf("people's RP id is %s", got)
			}
		})
	}
}

// olive is an administrator with an authenticator.
type olive struct {
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	cred virtualwebauthn.Credential
}

func newOlive(rpID, origin string) *olive {
	return &olive{virtualwebauthn.RelyingParty{Name: "Assent", ID: rpID, Origin: "https://" + origin},
		virtualwebauthn.NewAuthenticator(), apptest.Passkey()}
}

// setUp makes the passkey by the link's path, and gives the answer.
func (o *olive) setUp(p peer, dir, url string) *http.Response {
	p.t.Helper()
	cookies := p.activated(dir, url)
	var prompt struct {
		Ceremony string          `json:"ceremony"`
		Options  json.RawMessage `json:"options"`
	}
	res, text := p.ask("POST", url+"/passkey", "{}", "Content-Type", "application/json", "Cookie", cookies)
	if err := json.Unmarshal([]byte(text), &prompt); err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("set-up: %d %s", res.StatusCode, text)
	}
	options, err := virtualwebauthn.ParseAttestationOptions(string(prompt.Options))
	if err != nil {
		p.t.Fatal(err)
	}
	made := virtualwebauthn.CreateAttestationResponse(o.rp, o.auth, o.cred, *options)
	res, _ = p.ask("POST", url+"/passkey/"+prompt.Ceremony, `{"credential":`+made+`}`, "Content-Type",
		"application/json", "Cookie", cookies)
	return res
}

// activated types the code that the command makes for the words of the page,
// and gives the browser's cookies.
func (p peer) activated(dir, link string) (cookies string) {
	p.t.Helper()
	res, text := p.ask("GET", link, "")
	page, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("the set-up page: %d %v", res.StatusCode, err)
	}
	words := strings.Join(strings.Fields(page.Find(`[data-testid="words"]`).Text()), " ")
	code := strings.TrimSpace(must(p.t, "admin", "code", "olive@bank.example", "--words="+words, "--data-dir="+dir))
	var all []string
	for _, k := range res.Cookies() {
		all = append(all, k.Name+"="+k.Value)
	}
	cookies = strings.Join(all, "; ")
	res, text = p.ask("POST", link+"/code", url.Values{"code": {code}}.Encode(), "Content-Type",
		"application/x-www-form-urlencoded", "Cookie", cookies)
	if res.StatusCode != http.StatusSeeOther {
		p.t.Fatalf("the code %s for %q: %d %s", code, words, res.StatusCode, text)
	}
	return cookies
}

// link adds an administrator and gives the path of their set-up link after the
// scheme, as the command prints it.
func (b *bank) link(more ...string) string {
	b.t.Helper()
	out := must(b.t,
		append([]string{"admin", "add", "olive@bank.example", "--role=owner", "--data-dir=" + b.dir,
			"--public-url=https://approve.bank.example"},
			more...)...)
	return strings.TrimPrefix(strings.TrimSpace(out), "https://")
}

// On a host that it shares the console's cookie goes to /admin alone; on its own
// it is the whole host's, and nothing but that host can set it. Another port is
// no other host to a cookie.
func TestCookiesOfTheConsole(t *testing.T) {
	for _, c := range []struct {
		name, host, cookie, path string
		more                     []string
	}{
		{"shared", approveHost, "__Secure-assent_admin", "/admin", nil},
		{"another port", approveHost + ":8443", "__Secure-assent_admin", "/admin",
			[]string{"--admin-url=https://approve.bank.example:8443"}},
		{"own", consoleHost, "__Host-assent_admin", "/", []string{consoleURL}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBank(t)
			url := b.link(c.more...)
			if !strings.HasPrefix(url, c.host+"/admin/set-up/") {
				t.Fatalf("the link leads to %s", url)
			}
			b.start(c.more...)
			host, _, _ := strings.Cut(c.host, ":")
			res := newOlive(host, c.host).setUp(b.at(b.listen, nil), b.dir, url)
			i := slices.IndexFunc(res.Cookies(), func(k *http.Cookie) bool { return k.Name == c.cookie })
			if res.StatusCode != http.StatusOK || i < 0 {
				t.Fatalf("%d, cookies %v", res.StatusCode, res.Cookies())
			}
			if k := res.Cookies()[i]; k.Path != c.path || k.Domain != "" || !k.Secure || !k.HttpOnly ||
				k.SameSite != http.SameSiteStrictMode {
				t.Errorf("the cookie is %s", k.Raw)
			}
		})
	}
}

// owner starts the service and signs an owner in; the function gives a page of
// the console as they see it, or what became of a form that they sent.
func (b *bank) owner(more ...string) func(path string, form url.Values) *goquery.Document {
	b.t.Helper()
	link := b.link()
	b.start(more...)
	p := b.at(b.listen, nil)
	res := newOlive(approveHost, approveHost).setUp(p, b.dir, link)
	var cookies []string
	for _, k := range res.Cookies() {
		cookies = append(cookies, k.Name+"="+k.Value)
	}
	return func(path string, form url.Values) *goquery.Document {
		b.t.Helper()
		method, want := "GET", http.StatusOK
		if form != nil {
			method, want = "POST", http.StatusSeeOther
		}
		res, text := p.ask(method, approveHost+path, form.Encode(), "Cookie", strings.Join(cookies, "; "),
			"Content-Type", "application/x-www-form-urlencoded")
		page, err := goquery.NewDocumentFromReader(strings.NewReader(text))
		if err != nil || res.StatusCode != want {
			b.t.Fatalf("%s: %d %v", path, res.StatusCode, err)
		}
		return page
	}
}

// Links that work without a code are a warning at the start and a red line in
// the overview, but on this machine alone.
func TestLinksWithoutCodesAreWarnedOf(t *testing.T) {
	for _, c := range []struct {
		name string
		more []string
		warn bool
	}{
		{"codes", nil, false},
		{"none", []string{"--no-activation-code"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBank(t)
			page := b.owner(append(c.more, "--log-level=warn")...)("/admin/overview", nil)
			if line := page.Find(`[data-testid="check-activation"]`); (line.Length() == 1) != c.warn ||
				line.AttrOr("data-state", "bad") != "bad" {
				t.Errorf("the overview has %d lines of it: %s", line.Length(), line.Text())
			}
			if warned := strings.Contains(b.log.String(), "ASSENT_ACTIVATION_CODE"); warned != c.warn {
				t.Errorf("warned at the start: %v\n%s", warned, b.log.String())
			}
		})
	}
	local := config.Config{PublicURL: &url.URL{Scheme: "http", Host: "localhost:8080"}}
	if local.LinkAlone() {
		t.Error("it is a fault on this machine too")
	}
}

// A passkey that was made at the public host is none at the console's: an
// assertion from there is refused also where the RP id is the same.
func TestConsoleAcceptsItsOwnOriginAlone(t *testing.T) {
	below := "console." + approveHost
	b := newBank(t)
	url := b.link("--admin-url=https://" + below)
	b.start("--admin-url=https://" + below)
	if res := newOlive(approveHost, approveHost).setUp(b.at(b.listen, nil), b.dir,
		url); res.StatusCode == http.StatusOK {
		t.Error("a passkey was made for the console at the public host")
	}
	if res := newOlive(approveHost, below).setUp(b.at(b.listen, nil), b.dir, url); res.StatusCode != http.StatusOK {
		t.Errorf("at the console's host: %d", res.StatusCode)
	}
}

// Administrators' passkeys are bound to an RP id. Where the console moves away
// from it the start is refused, until it is said that they end.
func TestMovingTheConsoleEndsPasskeysOnlyWhenAccepted(t *testing.T) {
	b := newBank(t)
	url := b.link()
	stop := b.start()
	if res := newOlive(approveHost, approveHost).setUp(b.at(b.listen, nil), b.dir,
		url); res.StatusCode != http.StatusOK {
		t.Fatalf("set-up: %d", res.StatusCode)
	}
	stop()
	says := b.refusal(consoleURL)
	for _, want := range []string{"1 passkeys of 1 administrators", approveHost, consoleHost, "ASSENT_ADMIN_URL",
		"--accept-new-admin-rp"} {
		if !strings.Contains(says, want) {
			t.Errorf("the refusal doesn't say %q: %s", want, says)
		}
	}
	if says := b.refusal("--admin-rp-id=bank.example"); !strings.Contains(says, "--accept-new-admin-rp") {
		t.Errorf("another RP id at the same host: %q", says)
	}
	stop = b.start() // nothing has changed by the refusals
	if got := rpID(b.at(b.listen, nil), approveHost+"/admin/sign-in/passkey"); got != approveHost {
		t.Errorf("back where it was, the RP id is %s", got)
	}
	stop()
	b.out.Reset()
	stop = b.start(consoleURL, "--accept-new-admin-rp")
	email, fresh, ok := strings.Cut(strings.TrimSpace(b.out.String()), "\t")
	if !ok || email != "olive@bank.example" || !strings.HasPrefix(fresh, "https://"+consoleHost+"/admin/set-up/") {
		t.Fatalf("it printed %q", b.out.String())
	}
	told := b.log.String()
	for _, want := range []string{consoleURL[len("--admin-url="):],
		`assent admin code olive@bank.example --words "..."`, "leave --accept-new-admin-rp out"} {
		if !strings.Contains(told, want) {
			t.Errorf("what to do next isn't told: no %q in\n%s", want, told)
		}
	}
	if strings.Contains(told, fresh[len(fresh)-43:]) {
		t.Error("the link stands in the log too")
	}
	own := b.at(b.listen, nil)
	moved, link := newOlive(consoleHost, consoleHost), strings.TrimPrefix(fresh, "https://")
	if res, _ := own.ask("POST", link+"/passkey", "{}", "Content-Type",
		"application/json"); res.StatusCode != http.StatusConflict {
		t.Errorf("the new link without its code: %d", res.StatusCode)
	}
	res := moved.setUp(own, b.dir, link) // reads the words, runs admin code, types the code, makes a passkey
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the new link with its code: %d", res.StatusCode)
	}
	var cookies []string
	for _, k := range res.Cookies() {
		cookies = append(cookies, k.Name+"="+k.Value)
	}
	if got := own.status("GET", consoleHost+"/admin/overview", "Cookie",
		strings.Join(cookies, "; ")); got != http.StatusOK {
		t.Errorf("the console at its new address, with the new passkey: %d", got)
	}
	if res, _ := own.ask("GET", link, ""); res.StatusCode != http.StatusGone {
		t.Errorf("the new link once more: %d", res.StatusCode)
	}
	stop()
	b.out.Reset()
	b.start(consoleURL) // from now on it is the one
	if b.out.Len() > 0 {
		t.Errorf("the next start printed %q", b.out.String())
	}
	st, err := store.Look(t.Context(), b.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	rows, err := st.AuditOf(t.Context(), "admin.rp_id", 5)
	if err != nil || len(rows) != 1 || rows[0].ActorKind == app.ActorAdmin ||
		!strings.Contains(rows[0].Detail, consoleHost) {
		t.Errorf("the audit: %+v %v", rows, err)
	}
}

// ACP's endpoints on a listener of their own are not on the public one, at any
// host, and nothing else is there.
func TestAPIOnAListenerOfItsOwn(t *testing.T) {
	b := newBank(t)
	addr := freeAddress(t)
	b.start("--api-listen=" + addr)
	public, own := b.at(b.listen, nil), b.at(addr, nil)
	for _, path := range []string{"/user/verify", "/authentication/start"} {
		for _, host := range []string{approveHost, "10.0.0.7:8080"} {
			if got := public.status("POST", host+path); got != 404 {
				t.Errorf("%s%s on the public listener: %d", host, path, got)
			}
		}
		if got := own.status("POST", "assent.internal"+path); got != 401 {
			t.Errorf("%s on its own: %d, want that it asks for credentials", path, got)
		}
	}
	for path, want := range map[string]int{
		"/openapi.json":  200,
		"/healthz":       200,
		"/readyz":        200,
		"/":              404,
		"/sign-in":       404,
		"/admin/sign-in": 404,
	} {
		if got := own.status("GET", approveHost+path); got != want {
			t.Errorf("%s on ACP's listener: %d, want %d", path, got, want)
		}
	}
	if got := public.status("GET", approveHost+"/openapi.json"); got != 404 {
		t.Errorf("/openapi.json on the public listener: %d", got)
	}
	if out := must(t, "healthcheck", "--listen="+b.listen); out != "ready\n" {
		t.Errorf("healthcheck: %q", out)
	}
}

// Networks bound who reaches a surface, wherever it is served, by the address
// that the trusted proxy tells.
func TestNetworksOfASurface(t *testing.T) {
	b := newBank(t)
	b.start("--admin-networks=192.0.2.0/24,2001:db8::/32", "--api-networks=198.51.100.7")
	p := b.at(b.listen, nil)
	for _, row := range []struct {
		method, url, from string
		status            int
	}{
		{"GET", approveHost + "/admin/sign-in", "192.0.2.9", 200},
		{"GET", approveHost + "/admin/sign-in", "2001:db8::9", 200},
		{"GET", approveHost + "/admin/sign-in", "198.51.100.7", 403},
		{"GET", approveHost + "/admin/sign-in", "192.0.2.9, 203.0.113.5", 403}, // the proxy saw the last
		{"GET", approveHost + "/admin/sign-in", "", 403},                       // the proxy itself
		{"GET", approveHost + "/admin", "203.0.113.5", 403},
		{"POST", approveHost + "/user/verify", "198.51.100.7", 401},
		{"POST", approveHost + "/user/verify", "192.0.2.9", 403},
		{"GET", approveHost + "/openapi.json", "192.0.2.9", 403},
		{"GET", approveHost + "/sign-in", "203.0.113.5", 200},
		{"GET", approveHost + "/healthz", "203.0.113.5", 200},
	} {
		if got := p.status(row.method, row.url, "X-Forwarded-For", row.from); got != row.status {
			t.Errorf("%s %s from %q: %d, want %d", row.method, row.url, row.from, got, row.status)
		}
	}
}

// authority issues certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // PEM
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key = a.issue(name, nil)
	a.file = writePEM(t, name+".pem", "CERTIFICATE", a.cert.Raw)
	return a
}

func (a *authority) issue(name string, hosts []string) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		a.t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: hosts,
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		BasicConstraintsValid: true,
		IsCA:                  a.cert == nil,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := x509.ParseCertificate(raw)
	if err != nil {
		a.t.Fatal(err)
	}
	return out, key
}

// files are a certificate and its key for a listener.
func (a *authority) files(hosts ...string) (cert, key string) {
	a.t.Helper()
	c, k := a.issue(hosts[0], hosts)
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return writePEM(a.t, hosts[0]+".pem", "CERTIFICATE", c.Raw), writePEM(a.t, hosts[0]+".key", "PRIVATE KEY", raw)
}

func writePEM(t *testing.T, name, kind string, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// shows are the settings of a client that trusts ca and shows a certificate of
// of; nil shows none.
func shows(ca, of *authority) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	c := &tls.Config{RootCAs: pool}
	if of != nil {
		cert, key := of.issue("gateway", nil)
		c.Certificates = []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}
	}
	return c
}

// Listeners that ask for client certificates speak with those alone who show
// one of their authorities.
func TestMutualTLS(t *testing.T) {
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	b := newBank(t)
	api, console := freeAddress(t), freeAddress(t)
	apiCert, apiKey := ours.files("assent.internal")
	consoleCert, consoleKey := ours.files(consoleHost)
	b.start("--api-listen="+api, "--api-tls-cert="+apiCert, "--api-tls-key="+apiKey, "--api-client-ca="+ours.file,
		consoleURL, "--admin-listen="+console, "--admin-tls-cert="+consoleCert, "--admin-tls-key="+consoleKey,
		"--admin-client-ca="+ours.file)
	for _, row := range []struct{ addr, url string }{{api, "assent.internal/openapi.json"},
		{console, consoleHost + "/admin/sign-in"}} {
		if got := b.at(row.addr, shows(ours, ours)).status("GET", row.url); got != 200 {
			t.Errorf("%s with a certificate: %d", row.url, got)
		}
		for name, of := range map[string]*authority{"none": nil, "one of another authority": theirs} {
			if res, err := b.at(row.addr, shows(ours, of)).http.Get("https://" + row.url); err == nil {
				res.Body.Close()
				t.Errorf("%s with %s: %d", row.url, name, res.StatusCode)
			}
		}
	}
	if got := b.at(b.listen, nil).status("GET", approveHost+"/sign-in"); got != 200 {
		t.Errorf("people are asked for a certificate: %d", got)
	}
}
