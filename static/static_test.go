package static_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"assent/static"
)

func get(t *testing.T, srv *httptest.Server, path, encoding string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", encoding)
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := io.Reader(resp.Body)
	if resp.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(resp.Body); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestHandler(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", static.Handler())
	srv := httptest.NewServer(mux)
	defer srv.Close()

	for _, row := range []struct {
		name, encoding, mediaType, coding string
		starts                            string
	}{
		{"app.css", "gzip, br", "text/css; charset=utf-8", "gzip", "/* Tokens."},
		{"app.css", "identity", "text/css; charset=utf-8", "", "/* Tokens."},
		{"app.js", "gzip;q=0, br", "text/javascript; charset=utf-8", "", "// Entry"},
		{"icons/icon-192.png", "gzip", "image/png", "", "\x89PNG"},
		{"icons/icon.svg", "*", "image/svg+xml", "gzip", "<svg"},
	} {
		resp, body := get(t, srv, static.URL(row.name), row.encoding)
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != row.mediaType ||
			resp.Header.Get("Content-Encoding") != row.coding {
			t.Errorf("%s with %q: %d, %q, coding %q", row.name, row.encoding, resp.StatusCode,
				resp.Header.Get("Content-Type"), resp.Header.Get("Content-Encoding"))
		}
		if !strings.HasPrefix(body, row.starts) {
			t.Errorf("%s starts with %.20q", row.name, body)
		}
		if got := resp.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", row.name, got)
		}
	}

	for _, path := range []string{
		"/static/000000000000/app.css", "/static/app.css", "/static/", "/static/" + static.Version() + "/",
		"/static/" + static.Version() + "/none.css",
		"/static/" + static.Version() + "/sw.js", // has a place of its own at the root
		"/static/" + static.Version() + "/icons",
		"/static/" + static.Version() + "/docs/security.md", // the console shows it to administrators
	} {
		if resp, _ := get(t, srv, path, "identity"); resp.StatusCode != http.StatusNotFound ||
			resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %q", path, resp.StatusCode, resp.Header.Get("Cache-Control"))
		}
	}
}

// The service worker carries the version, and asks only for files that exist.
func TestServiceWorker(t *testing.T) {
	script := string(static.ServiceWorker())
	if strings.Contains(script, "{{") || !strings.Contains(script, `"`+static.Version()+`"`) {
		t.Error("the version is not filled in")
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", static.Handler())
	srv := httptest.NewServer(mux)
	defer srv.Close()
	names := regexp.MustCompile(`"([a-z0-9/-]+\.(?:css|js|png))"`).FindAllStringSubmatch(script, -1)
	if len(names) < 8 {
		t.Fatalf("only %d files named", len(names))
	}
	for _, m := range names {
		if resp, _ := get(t, srv, static.URL(m[1]), "identity"); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", m[1], resp.StatusCode)
		}
	}
}

// A first visit's files stay small: a slow phone must not wait for them.
func TestWeight(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", static.Handler())
	srv := httptest.NewServer(mux)
	defer srv.Close()
	total := int64(0)
	for _, name := range []string{"app.css", "announce.js", "app.js", "choice.js", "countdown.js", "live.js",
		"passkey.js", "push.js", "steady.js", "webauthn.js", "icons/icon.svg"} {
		resp, _ := get(t, srv, static.URL(name), "gzip")
		total += resp.ContentLength
	}
	if limit := int64(32 << 10); total > limit || total < 5<<10 {
		t.Errorf("styles and scripts are %d bytes compressed, at most %d", total, limit)
	}
	t.Logf("%d bytes compressed", total)
}
