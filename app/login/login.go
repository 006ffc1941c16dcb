// Package login keeps a device signed in: a session of alexedwards/scs in our
// own database, and beside it a cookie by which a browser is recognised when it
// signs in again. Every request checks that device and person are active and
// that the session is still the device's one session.
package login

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"assent/app"
	"assent/store"
)

const (
	keyDevice  = "device"
	keySession = "key"
	keyPushed  = "pushed"

	// lifetime of a session, counted from the last day on which it was used.
	lifetime = store.SessionTime
	// browsers cap cookies at 400 days.
	recognised = 400 * 24 * time.Hour
)

// Devices signs devices in and out.
type Devices struct {
	store   *store.Store
	scs     *scs.SessionManager
	browser http.Cookie
}

// New makes the device sessions. secure is true where the site is https: the
// cookies then carry the __Host- prefix.
func New(st *store.Store, secure bool) *Devices {
	m := scs.New()
	m.Store = st.Sessions()
	m.HashTokenInStore = true
	m.Lifetime = lifetime
	m.Cookie.Name = "assent-session"
	m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Secure, m.Cookie.Path = true, http.SameSiteLaxMode, secure, "/"
	d := &Devices{store: st, scs: m, browser: http.Cookie{Name: "assent-browser", Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: secure, MaxAge: int(recognised.Seconds())}}
	if secure {
		m.Cookie.Name = "__Host-" + m.Cookie.Name
		d.browser.Name = "__Host-" + d.browser.Name
	}
	return d
}

// Secure tells whether cookies go over https alone.
func (d *Devices) Secure() bool { return d.browser.Secure }

// OnError sets what answers a request whose session can't be read or written.
func (d *Devices) OnError(f func(http.ResponseWriter, *http.Request, error)) { d.scs.ErrorFunc = f }

// Middleware loads the session and, where it is good, puts device and person
// into the request's context. It refuses nobody.
func (d *Devices) Middleware(next http.Handler) http.Handler {
	return d.scs.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := d.identify(r.Context())
		switch {
		case err == nil:
			d.prolong(r.Context())
			if err := d.store.Seen(r.Context(), id.Device); err != nil {
				d.scs.ErrorFunc(w, r, err)
				return
			}
			r = r.WithContext(context.WithValue(r.Context(), identityKey{}, id))
		case !errors.Is(err, app.ErrSignedOut) && !errors.Is(err, app.ErrSuspended):
			d.scs.ErrorFunc(w, r, err)
			return
		case errors.Is(err, app.ErrSuspended):
			r = r.WithContext(context.WithValue(r.Context(), suspendedKey{}, true))
		}
		next.ServeHTTP(w, r)
	}))
}

// Identity is who is signed in.
type Identity struct {
	Device app.Device
	Person app.Person
}

type (
	identityKey  struct{}
	suspendedKey struct{}
)

// From gives who is signed in: app.ErrSignedOut when nobody is, and
// app.ErrSuspended when device or person is suspended.
func From(ctx context.Context) (Identity, error) {
	if id, ok := ctx.Value(identityKey{}).(Identity); ok {
		return id, nil
	}
	if ctx.Value(suspendedKey{}) != nil {
		return Identity{}, app.ErrSuspended
	}
	return Identity{}, app.ErrSignedOut
}

// identify checks the session against the database.
func (d *Devices) identify(ctx context.Context) (Identity, error) {
	id, key := d.scs.GetString(ctx, keyDevice), d.scs.GetString(ctx, keySession)
	if id == "" || key == "" {
		return Identity{}, app.ErrSignedOut
	}
	return Check(ctx, d.store.Reader, id, key)
}

// Check tells whether a session key is still the one of an active device of an
// active person. Event streams ask it again and again.
func Check(ctx context.Context, r *store.Reader, deviceID, key string) (Identity, error) {
	dev, err := r.Device(ctx, deviceID)
	if errors.Is(err, app.ErrUnknownDevice) {
		return Identity{}, app.ErrSignedOut
	}
	if err != nil {
		return Identity{}, err
	}
	if dev.State == app.DeviceRemoved || dev.SessionKey != key {
		return Identity{}, app.ErrSignedOut
	}
	p, err := r.Person(ctx, dev.PersonID)
	if err != nil {
		return Identity{}, err
	}
	if dev.State != app.DeviceActive || p.State != app.PersonActive {
		return Identity{}, app.ErrSuspended
	}
	return Identity{Device: dev, Person: p}, nil
}

// prolong moves the session's end, at most once a day: each move is a write.
func (d *Devices) prolong(ctx context.Context) {
	now := d.store.Now()
	if now.Sub(app.Instant(d.scs.GetInt64(ctx, keyPushed))) < 24*time.Hour {
		return
	}
	d.scs.Put(ctx, keyPushed, int64(now))
	d.scs.SetDeadline(ctx, now.Add(lifetime).Time())
}

// Known gives the hash of the recognition cookie that a browser came with, or "".
func (d *Devices) Known(r *http.Request) string {
	c, err := r.Cookie(d.browser.Name)
	if err != nil || c.Value == "" {
		return ""
	}
	return app.TokenHash(c.Value)
}

// SignIn makes the session that of the device, under a new token, and gives
// the browser the cookie by which it is recognised later.
func (d *Devices) SignIn(w http.ResponseWriter, r *http.Request, dev app.Device, browserToken string) error {
	ctx := r.Context()
	if err := d.scs.RenewToken(ctx); err != nil {
		return err
	}
	d.scs.Put(ctx, keyDevice, dev.ID)
	d.scs.Put(ctx, keySession, dev.SessionKey)
	now := d.store.Now()
	d.scs.Put(ctx, keyPushed, int64(now))
	d.scs.SetDeadline(ctx, now.Add(lifetime).Time())
	c := d.browser
	c.Value = browserToken
	http.SetCookie(w, &c)
	return nil
}

// SignOut ends the session.
func (d *Devices) SignOut(r *http.Request, by app.Actor) error {
	if err := d.store.SignOut(r.Context(), by, by.ID); err != nil {
		return err
	}
	return d.scs.Destroy(r.Context())
}
