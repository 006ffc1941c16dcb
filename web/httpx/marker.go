package httpx

import (
	"net/http"
	"time"

	"assent/app"
)

// tokenLength is that of app.NewToken.
const tokenLength = 43

// Marker is a cookie with a random value by which a browser that isn't signed in
// is told from all others. Nothing is stored of it.
type Marker struct{ cookie http.Cookie }

// NewMarker names a marker for what lies under path. secure is true where the
// site is https: the name then has a prefix that keeps other hosts of the domain
// from setting it.
func NewMarker(name, path string, secure bool, life time.Duration) Marker {
	c := http.Cookie{
		Name:     name,
		Path:     path,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
		Secure:   secure,
		MaxAge:   int(life.Seconds()),
	}
	switch {
	case secure && path == "/":
		c.Name = "__Host-" + name
	case secure:
		c.Name = "__Secure-" + name
	}
	return Marker{c}
}

// Of gives the value that r brings, or "".
func (m Marker) Of(r *http.Request) string {
	c, err := r.Cookie(m.cookie.Name)
	if err != nil || len(c.Value) != tokenLength {
		return ""
	}
	return c.Value
}

// Give gives the value that r brings, or a new one where it brings none, and has
// the browser keep it for the marker's life from now on.
func (m Marker) Give(w http.ResponseWriter, r *http.Request) string {
	c := m.cookie
	if c.Value = m.Of(r); c.Value == "" {
		c.Value = app.NewToken()
	}
	http.SetCookie(w, &c)
	return c.Value
}
