package web_test

import (
	"net/http"
	"strings"
	"testing"

	adminweb "assent/web/admin"
)

// Every route of the console that changes something is refused where another
// site's page asks for it (CSRF).
func TestOtherSitesChangeNothingInTheConsole(t *testing.T) {
	s := newSite(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	walked := 0
	for _, route := range adminweb.Routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if method == http.MethodGet {
			continue
		}
		walked++
		path = strings.NewReplacer("{", "", "}", "").Replace(path)
		for origin, refused := range map[string]bool{"https://evil.example": true, s.url: false} {
			r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Origin", origin)
			r.Header.Set("Sec-Fetch-Site", map[bool]string{true: "cross-site", false: "same-origin"}[refused])
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if (res.StatusCode == http.StatusForbidden) != refused {
				t.Errorf("%s from %s: %d", route.Pattern, origin, res.StatusCode)
			}
		}
	}
	if walked < 35 {
		t.Errorf("only %d routes walked", walked)
	}
}
