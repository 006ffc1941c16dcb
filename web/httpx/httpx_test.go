package httpx_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/web/httpx"
)

func TestPublicHost(t *testing.T) {
	public, err := url.Parse("https://approve.bank.example")
	if err != nil {
		t.Fatal(err)
	}
	h := httpx.PublicHost(public,
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("page")) }))
	for _, c := range []struct {
		method, target, host string
		status               int
		location             string
	}{
		{"GET", "/requests/1?x=%2F", "approve.bank.example", 200, ""},
		{"GET", "/requests/1?x=%2F", "10.0.0.7:8080", 307, "https://approve.bank.example/requests/1?x=%2F"},
		{"GET", "/a%2Fb", "other", 307, "https://approve.bank.example/a%2Fb"},
		{"GET", "//evil.example/x", "other", 307, "https://approve.bank.example//evil.example/x"},
		{"POST", "/requests/1/deny", "other", 421, ""},
	} {
		r := httptest.NewRequest(c.method, c.target, nil)
		if strings.HasPrefix(c.target, "//") {
			r.URL = &url.URL{Path: c.target}
		}
		r.Host = c.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != c.location {
			t.Errorf("%s %s at %s: %d %q, want %d %q", c.method, c.target, c.host, w.Code, w.Header().Get("Location"),
				c.status, c.location)
		}
	}
}

func TestSourceBelievesTrustedProxiesOnly(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.9:1000", "", "203.0.113.9"},
		{"203.0.113.9:1000", "198.51.100.1", "203.0.113.9"},
		{"10.0.0.1:1000", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1000", "6.6.6.6, 198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1000", "198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{"10.0.0.1:1000", "nonsense", "10.0.0.1"},
		{"10.0.0.1:1000", "", "10.0.0.1"},
		{"[2001:db8::1]:1000", "1.2.3.4", "2001:db8::1"},
		{"10.0.0.1:1000", "203.0.113.9:4711", "203.0.113.9"},
		{"10.0.0.1:1000", "198.51.100.1, 203.0.113.9:80", "203.0.113.9"},
		{"10.0.0.1:1000", "[2001:db8::1]:5", "2001:db8::1"},
		{"10.0.0.1:1000", "[2001:db8::1]", "2001:db8::1"},
		{"10.0.0.1:1000", "203.0.113.9, 10.0.0.2:80", "203.0.113.9"},
		{"10.0.0.1:1000", "::ffff:203.0.113.9", "203.0.113.9"},
		{"[::ffff:10.0.0.1]:1000", "203.0.113.9", "203.0.113.9"},
	} {
		var got string
		h := httpx.Log(slog.New(slog.DiscardHandler), trusted,
			http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = httpx.Source(r.Context()) }))
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s with %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

func TestAdapt(t *testing.T) {
	answer := func(w http.ResponseWriter, _ *http.Request, err error) { w.WriteHeader(httpx.Status(err)) }
	for _, c := range []struct {
		name   string
		do     httpx.Handler
		status int
		logged string
	}{
		{"an unknown error is ours",
			func(http.ResponseWriter, *http.Request) error { return errors.New("disk on fire") }, 500, "disk on fire"},
		{"a panic is ours", func(http.ResponseWriter, *http.Request) error { panic("oops") }, 500, "oops"},
		{"a refusal is not logged as a fault",
			func(http.ResponseWriter, *http.Request) error { return app.ErrUnknownRequest }, 404, ""},
		{"a hidden cause of unavailability is", func(http.ResponseWriter, *http.Request) error {
			return app.ErrACPUnreachable.Because(errors.New("dial refused"))
		}, 503, "dial refused"},
	} {
		var log strings.Builder
		h := httpx.Adapt(slog.New(slog.NewTextHandler(&log, nil)), answer, c.do)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != c.status || !strings.Contains(log.String(), c.logged) || c.logged == "" && log.Len() > 0 {
			t.Errorf("%s: %d, log %q", c.name, w.Code, log.String())
		}
	}
	w := httptest.NewRecorder()
	httpx.Adapt(slog.New(slog.DiscardHandler), answer, func(http.ResponseWriter, *http.Request) error {
		return app.ErrACPUnreachable.After(1500 * time.Millisecond)
	}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Header().Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q, want whole seconds, rounded up", w.Header().Get("Retry-After"))
	}
}

func TestOtherSitesCannotPost(t *testing.T) {
	public, err := url.Parse("https://approve.bank.example")
	if err != nil {
		t.Fatal(err)
	}
	h, err := httpx.SameSite(public,
		func(w http.ResponseWriter, _ *http.Request, err error) { w.WriteHeader(httpx.Status(err)) },
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		site, origin string
		status       int
	}{
		{"same-origin", "https://approve.bank.example", 200},
		{"cross-site", "https://evil.example", 403},
		{"", "https://evil.example", 403},
		{"cross-site", "https://approve.bank.example", 200},
	} {
		r := httptest.NewRequest("POST", "https://approve.bank.example/x", nil)
		r.Header.Set("Origin", c.origin)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%q from %s: %d, want %d", c.site, c.origin, w.Code, c.status)
		}
	}
}

func TestJSONOfOurPagesIsStrict(t *testing.T) {
	type in struct{ A string }
	for _, c := range []struct {
		body, media string
		want        error
	}{
		{`{"A":"x"}`, "application/json", nil},
		{`{"A":"x"} {}`, "application/json", app.ErrMalformed},
		{`{"A":"x","B":1}`, "application/json", app.ErrMalformed},
		{`{"A":"x"}`, "text/plain", httpx.ErrMediaType},
		{`{"A":"` + strings.Repeat("x", 100) + `"}`, "application/json", httpx.ErrTooLarge},
	} {
		r := httptest.NewRequest("POST", "/", io.NopCloser(strings.NewReader(c.body)))
		r.Header.Set("Content-Type", c.media)
		if _, err := httpx.JSON[in](httptest.NewRecorder(), r, 64); !errors.Is(err, c.want) {
			t.Errorf("%s as %s: %v, want %v", c.body, c.media, err, c.want)
		}
	}
}
