package web_test

import (
	"database/sql"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assent/store"
)

func TestReadinessIsAskedOfTheDatabaseOnceASecond(t *testing.T) {
	s := newSite(t)
	ready := func() int {
		t.Helper()
		res, err := http.Get(s.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if got := ready(); got != http.StatusOK {
		t.Fatalf("a new service: %d", got)
	}
	db, err := sql.Open("sqlite", filepath.Join(s.Dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`); err != nil {
		t.Fatal(err)
	}
	if got := ready(); got != http.StatusOK {
		t.Errorf("within the second: %d, so the database was asked again", got)
	}
	s.Clock.Advance(time.Second)
	if got := ready(); got != http.StatusServiceUnavailable {
		t.Errorf("a second later: %d, want 503 for a schema that isn't ours", got)
	}
	if _, err := db.Exec(`DELETE FROM goose_db_version WHERE version_id = 9999`); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Second)
	if got := ready(); got != http.StatusOK {
		t.Errorf("once it is right again: %d", got)
	}
}

// Whatever is answered, a browser takes it for nothing else and runs none of it.
func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ method, path, host string }{
		{"GET", "/", ""}, {"GET", "/sign-in", ""}, {"GET", "/nowhere", ""}, {"PUT", "/", ""},
		{"DELETE", "/settings", ""},
		{"GET", "/static/nothing.js", ""}, {"GET", "/sw.js", ""}, {"GET", "/offline", ""}, {"GET", "//enrol//x", ""},
		{"POST", "/user/verify", ""}, {"GET", "/authentication/start", ""}, {"GET", "/openapi.json", ""},
		{"GET", "/healthz", ""}, {"GET", "/readyz", ""},
		{"POST", "/readyz", ""}, {"GET", "/x", "other.example"}, {"POST", "/x", "other.example"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, s.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Opaque = "//" + req.URL.Host + c.path // as it is written here, not cleaned
		if c.host != "" {
			req.URL.Opaque, req.URL.Path, req.Host = "", c.path, c.host
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if h := res.Header; h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none';") ||
			len(h.Values("Content-Security-Policy")) != 1 {
			t.Errorf("%s %s at %q (%d): nosniff %q, policy %q", c.method, c.path, c.host, res.StatusCode,
				h.Get("X-Content-Type-Options"), h.Values("Content-Security-Policy"))
		}
	}
}
