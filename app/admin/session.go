package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/alexedwards/scs/v2"

	"assent/app"
	"assent/store"
)

const keySession = "admin session"

// Path is where the console lives. On a host that it shares its cookie goes
// nowhere else.
const Path = "/admin"

// Sessions keeps administrators signed in: a cookie that only names a row of
// the database, which is asked on every request.
type Sessions struct {
	store  *store.Store
	scs    *scs.SessionManager
	source func(context.Context) string
}

// NewSessions makes the console's sessions. secure is true where the site is
// https; source tells the address that a request came from.
func NewSessions(st *store.Store, secure bool, source func(context.Context) string) *Sessions {
	m := scs.New()
	m.Store = st.Sessions()
	m.HashTokenInStore = true
	m.Lifetime = app.AdminLifetime
	m.Cookie.Name = "assent_admin"
	m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Secure, m.Cookie.Path = true, http.SameSiteStrictMode, secure, Path
	m.Cookie.Persist = false
	if secure {
		m.Cookie.Name = "__Secure-" + m.Cookie.Name // __Host- would want the path /
	}
	return &Sessions{store: st, scs: m, source: source}
}

// AtOwnHost is for a console whose host serves nothing else: the cookie belongs
// to the whole host, and over https no other host can set it (__Host-).
func (s *Sessions) AtOwnHost() *Sessions {
	s.scs.Cookie.Path = "/"
	s.scs.Cookie.Name = strings.Replace(s.scs.Cookie.Name, "__Secure-", "__Host-", 1)
	return s
}

// OnError sets what answers a request whose session can't be read or written.
func (s *Sessions) OnError(f func(http.ResponseWriter, *http.Request, error)) { s.scs.ErrorFunc = f }

type identityKey struct{}

// From gives who is signed in, or app.ErrSignedOut.
func From(ctx context.Context) (Identity, error) {
	if id, ok := ctx.Value(identityKey{}).(Identity); ok {
		return id, nil
	}
	return Identity{}, app.ErrSignedOut
}

// Middleware loads the session and, where it is good, puts the identity into
// the request's context. It refuses nobody.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	return s.scs.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := Check(r.Context(), s.store.Reader, s.scs.GetString(r.Context(), keySession))
		switch {
		case err == nil:
			id.Source = s.source(r.Context())
			r = r.WithContext(context.WithValue(r.Context(), identityKey{}, id))
		case !errors.Is(err, app.ErrSignedOut):
			s.scs.ErrorFunc(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// Check gives whose live session id is, with the role that they have now:
// app.ErrSignedOut when it has ended, idled out, or its administrator may no
// longer sign in. Event streams ask it again and again.
func Check(ctx context.Context, r *store.Reader, id string) (Identity, error) {
	if id == "" {
		return Identity{}, app.ErrSignedOut
	}
	session, err := r.AdminSession(ctx, id)
	if err != nil {
		return Identity{}, err
	}
	if !session.Live(r.Now()) {
		return Identity{}, app.ErrSignedOut
	}
	a, err := r.Admin(ctx, session.AdminID)
	if err != nil {
		return Identity{}, err
	}
	if a.State != app.AdminActive {
		return Identity{}, app.ErrSignedOut
	}
	return Identity{Admin: a, Session: session}, nil
}

// Seen counts a request as use of the session, which puts off its idling out.
// What a page does by itself must not.
func (s *Sessions) Seen(ctx context.Context, id Identity) error {
	return s.store.SeenAdmin(ctx, id.Session)
}

// SignIn makes the cookie that of a session that has begun, under a new token.
func (s *Sessions) SignIn(ctx context.Context, session app.AdminSession) error {
	if err := s.scs.RenewToken(ctx); err != nil {
		return err
	}
	s.scs.Put(ctx, keySession, session.ID)
	s.scs.SetDeadline(ctx, s.store.Now().Add(app.AdminLifetime).Time())
	return nil
}

// Renew gives the session's cookie a new token, after the passkey was asked for
// again.
func (s *Sessions) Renew(ctx context.Context) error { return s.scs.RenewToken(ctx) }

// SignOut forgets the cookie. The session itself ends by Service.EndSession.
func (s *Sessions) SignOut(ctx context.Context) error { return s.scs.Destroy(ctx) }
