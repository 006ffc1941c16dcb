package acp

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"time"

	"assent/app"
	"assent/web/httpx"
)

// Caller is one set of credentials that ACP may present, and the connection
// that they choose. Either Username and Password are set (HTTP Basic), or Key
// (an API key in the header or query parameter KeyName).
type Caller struct {
	Connection         string
	Username, Password string
	Key, KeyName       string
	KeyInQuery         bool
}

var errCredentials = &app.Error{
	Kind:    app.Unauthorized,
	Code:    "invalid_credentials",
	Message: "the credentials are missing or wrong",
}

// guard tells callers by their credentials. It compares digests in constant
// time and looks at every caller each time, so that the time tells nothing; a
// password hash made to be slow has no place on this path, for the credentials
// are long and not chosen by people.
type guard struct {
	callers []known
	wrong   *httpx.Limiter
}

type known struct {
	Caller
	digest [sha256.Size]byte
}

func newGuard(callers []Caller) *guard {
	g := &guard{wrong: httpx.NewLimiter(6*time.Second, 10)}
	for _, c := range callers {
		secret := c.Key
		if c.Key == "" {
			secret = c.Username + "\x00" + c.Password
		}
		g.callers = append(g.callers, known{c, sha256.Sum256([]byte(secret))})
	}
	return g
}

// admit gives the caller as an actor whose ID is the connection's name. Only
// callers with wrong credentials are ever slowed down.
func (g *guard) admit(r *http.Request) (app.Actor, error) {
	user, password, _ := r.BasicAuth()
	basic := sha256.Sum256([]byte(user + "\x00" + password))
	connection, found := "", 0
	for _, c := range g.callers {
		presented := basic
		if c.Key != "" {
			key := r.Header.Get(c.KeyName)
			if c.KeyInQuery {
				key = r.URL.Query().Get(c.KeyName)
			}
			presented = sha256.Sum256([]byte(key))
		}
		if subtle.ConstantTimeCompare(presented[:], c.digest[:]) == 1 {
			connection, found = c.Connection, 1
		}
	}
	from := httpx.Source(r.Context())
	if found == 0 {
		if wait := g.wrong.Hit(from); wait > 0 {
			return app.Actor{}, app.ErrTooMany.After(wait)
		}
		return app.Actor{}, errCredentials
	}
	return app.Actor{Kind: app.ActorACP, ID: connection, Source: from}, nil
}
