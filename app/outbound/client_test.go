package outbound_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assent/app/outbound"
)

// counting is a server that counts the connections it gets.
func counting(t *testing.T, h http.HandlerFunc) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var conns atomic.Int32
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, &conns
}

func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }

func status(t *testing.T, c *http.Client, url string) int {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outbound.Body(res, 1<<10); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

// A name is judged by the address it leads to, before anything connects.
func TestNamesAreJudgedByTheirAddress(t *testing.T) {
	srv, conns := counting(t, ok)
	for _, target := range []string{srv.URL, strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)} {
		if _, err := outbound.New(outbound.Options{PublicOnly: true}).Get(target); !errors.Is(err,
			outbound.ErrNotPublic) {
			t.Errorf("%s: %v, want ErrNotPublic", target, err)
		}
	}
	if n := conns.Load(); n != 0 {
		t.Errorf("%d connections were made to an address that is refused", n)
	}
	if got := status(t, outbound.New(outbound.Options{PublicOnly: true, AllowLoopback: true}),
		srv.URL); got != http.StatusCreated {
		t.Errorf("with the allowance of tests: %d", got)
	}
	if got := status(t, outbound.New(outbound.Options{}), srv.URL); got != http.StatusCreated {
		t.Errorf("without PublicOnly: %d", got)
	}
}

func TestRedirectIsTheAnswer(t *testing.T) {
	srv, conns := counting(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("the redirect was followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	if got := status(t, outbound.New(outbound.Options{}), srv.URL); got != http.StatusTemporaryRedirect {
		t.Errorf("got %d", got)
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestTimeoutCoversHeadersAndBody(t *testing.T) {
	release := make(chan struct{})
	srv, _ := counting(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.WriteHeader(http.StatusOK)
			http.NewResponseController(w).Flush()
		}
		<-release
	})
	t.Cleanup(func() { close(release) }) // before the server's own clean-up waits for its handlers
	c := outbound.New(outbound.Options{Timeout: 150 * time.Millisecond})
	if _, err := c.Get(srv.URL + "/headers"); !isTimeout(err) {
		t.Errorf("no headers: %v, want a timeout", err)
	}
	res, err := c.Get(srv.URL + "/body")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outbound.Body(res, 10); !isTimeout(err) {
		t.Errorf("no body: %v, want a timeout", err)
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func TestBodyLimit(t *testing.T) {
	srv, _ := counting(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "0123456789") })
	for limit, want := range map[int64]string{9: "012345678", 10: "0123456789", 11: "0123456789"} {
		res, err := outbound.New(outbound.Options{}).Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		got, err := outbound.Body(res, limit)
		if string(got) != want || errors.Is(err, outbound.ErrBodyTooLarge) != (limit < 10) {
			t.Errorf("limit %d: %q, %v", limit, got, err)
		}
		if _, err := res.Body.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("limit %d: the body is still open: %v", limit, err)
		}
	}
}

func TestUserAgent(t *testing.T) {
	var got atomic.Value
	srv, _ := counting(t, func(_ http.ResponseWriter, r *http.Request) { got.Store(r.UserAgent()) })
	c := outbound.New(outbound.Options{UserAgent: "Assent/1"})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Assent/1", "its own"} {
		if want == "its own" {
			req.Header.Set("User-Agent", want)
		}
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got.Load() != want {
			t.Errorf("got %q, want %q", got.Load(), want)
		}
		if sent := req.Header.Get("User-Agent"); sent != "" && sent != "its own" {
			t.Errorf("the caller's request was changed: %q", sent)
		}
	}
}

// The settings of TLS are used, and HTTP/2 survives them and the dialler.
func TestTLSSettings(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = nil
	srv.StartTLS()
	t.Cleanup(srv.Close)
	if _, err := outbound.New(outbound.Options{}).Get(srv.URL); err == nil {
		t.Error("an unknown authority was believed")
	}
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	res, err := outbound.New(outbound.Options{TLS: &tls.Config{RootCAs: roots}}).Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.ProtoMajor != 2 {
		t.Errorf("spoke %s, want HTTP/2", res.Proto)
	}
}

// The proxy's own address is the operator's choice; what doesn't go through it
// is judged as ever, and so is a URL that spells out an address.
func TestProxy(t *testing.T) {
	var asked atomic.Value
	proxy, proxyConns := counting(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.RequestURI)
		w.WriteHeader(http.StatusAccepted)
	})
	direct, directConns := counting(t, ok)
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the proxy setting is broken")
	c := outbound.New(outbound.Options{PublicOnly: true, Proxy: func(r *http.Request) (*url.URL, error) {
		switch {
		case r.URL.Path == "/direct":
			return nil, nil
		case r.URL.Path == "/broken":
			return nil, broken
		}
		return at, nil
	}})
	if got := status(t, c, "http://push.example/a?b"); got != http.StatusAccepted ||
		asked.Load() != "http://push.example/a?b" {
		t.Errorf("through the proxy: %d, asked for %v", got, asked.Load())
	}
	n := proxyConns.Load()
	for target, want := range map[string]error{
		direct.URL + "/direct":          outbound.ErrNotPublic,
		direct.URL + "/by-address":      outbound.ErrNotPublic,
		"http://[::ffff:10.0.0.1]/":     outbound.ErrNotPublic,
		"http://push.example/broken":    broken,
		"http://169.254.169.254/latest": outbound.ErrNotPublic,
	} {
		if _, err := c.Get(target); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", target, err, want)
		}
	}
	if proxyConns.Load() != n || directConns.Load() != 0 {
		t.Errorf("refused requests connected: proxy %d, target %d", proxyConns.Load()-n, directConns.Load())
	}
}

// https goes through the proxy's CONNECT, end to end.
func TestProxyTunnel(t *testing.T) {
	target := httptest.NewTLSServer(http.HandlerFunc(ok))
	t.Cleanup(target.Close)
	var tunnels atomic.Value
	proxy, _ := counting(t, func(w http.ResponseWriter, r *http.Request) {
		tunnels.Store(r.Method + " " + r.Host)
		far, err := net.Dial("tcp", target.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			defer far.Close()
			io.Copy(far, near)
		}()
		defer near.Close()
		io.Copy(near, far)
	})
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(target.Certificate()) // httptest's certificate is good for example.com
	c := outbound.New(outbound.Options{PublicOnly: true, TLS: &tls.Config{RootCAs: roots}, Proxy: http.ProxyURL(at)})
	defer c.CloseIdleConnections()
	if got := status(t, c, "https://example.com/"); got != http.StatusCreated ||
		tunnels.Load() != "CONNECT example.com:443" {
		t.Errorf("got %d, the proxy was asked to %v", got, tunnels.Load())
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"":                              0,
		"7":                             7 * time.Second,
		"0":                             0,
		"-5":                            0,
		"9999999":                       24 * time.Hour,
		"9999999999":                    24 * time.Hour, // more nanoseconds than a Duration holds
		"Wed, 02 Jan 2030 03:05:05 GMT": time.Minute,
		"Wed, 02 Jan 2030 03:04:00 GMT": 0,
		"Wed, 02 Jan 2040 03:04:00 GMT": 24 * time.Hour,
		"soon":                          0,
	} {
		if got := outbound.RetryAfter(http.Header{"Retry-After": {v}}, now); got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}
