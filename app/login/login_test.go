package login_test

import (
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/login"
	"assent/store"
	"assent/store/storetest"
)

// site answers /in by signing dev in, /out by signing out, anything else with
// who is signed in.
func site(t *testing.T, db *storetest.DB, secure bool) (*httptest.Server, *http.Client, *app.Device) {
	t.Helper()
	dev := db.MustDevice(db.MustPerson("alice"))
	l := login.New(db.Store, secure)
	l.OnError(func(w http.ResponseWriter, _ *http.Request, err error) { http.Error(w, err.Error(), 500) })
	srv := httptest.NewServer(l.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := login.From(r.Context())
		switch {
		case r.URL.Path == "/in":
			err = l.SignIn(w, r, dev, "browser token")
		case r.URL.Path == "/known":
			w.Write([]byte(l.Known(r)))
			return
		case r.URL.Path == "/out" && err == nil:
			err = l.SignOut(r, app.Actor{Kind: app.ActorDevice, ID: id.Device.ID, PersonID: id.Person.ID})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		w.Write([]byte(id.Person.Name))
	})))
	t.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return srv, &http.Client{Jar: jar}, &dev
}

func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b := make([]byte, 200)
	n, _ := res.Body.Read(b)
	return res.StatusCode, strings.TrimSpace(string(b[:n]))
}

func TestSessionEndsWithDeviceAndPerson(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*storetest.DB, app.Device) error
		says string
	}{
		{"signed out elsewhere",
			func(db *storetest.DB, d app.Device) error { return db.SignOut(t.Context(), storetest.On(d), d.ID) },
			app.ErrSignedOut.Error()},
		{"device removed", func(db *storetest.DB, d app.Device) error {
			return db.RemoveDevice(t.Context(), app.Operator, d.PersonID, d.ID)
		}, app.ErrSignedOut.Error()},
		{"continued by its Home Screen app", func(db *storetest.DB, d app.Device) error {
			_, err := db.SignIn(t.Context(), app.Operator,
				store.SignIn{PersonID: d.PersonID, CredentialID: d.CredentialID, Record: "{}", SessionKey: "new",
					BrowserHash: "new", KnownBrowser: app.TokenHash("nobody's"), InApp: true})
			return err
		}, "alice"}, // this device wasn't enrolled for that: the app becomes another one
		{"device suspended", func(db *storetest.DB, d app.Device) error {
			return db.SetDeviceState(t.Context(), app.Operator, d.ID, app.DeviceSuspended)
		}, app.ErrSuspended.Error()},
		{"person suspended", func(db *storetest.DB, d app.Device) error {
			return db.SetPersonState(t.Context(), app.Operator, d.PersonID, app.PersonSuspended)
		}, app.ErrSuspended.Error()},
		{"half a year unused",
			func(db *storetest.DB, _ app.Device) error { db.Clock.Advance(200 * 24 * time.Hour); return nil },
			app.ErrSignedOut.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.New(t)
			srv, browser, dev := site(t, db, false)
			if _, says := get(t, browser, srv.URL+"/"); says != app.ErrSignedOut.Error() {
				t.Fatalf("before: %q", says)
			}
			get(t, browser, srv.URL+"/in")
			if _, says := get(t, browser, srv.URL+"/"); says != "alice" {
				t.Fatalf("signed in as %q", says)
			}
			if err := c.do(db, *dev); err != nil {
				t.Fatal(err)
			}
			if _, says := get(t, browser, srv.URL+"/"); says != c.says {
				t.Errorf("afterwards: %q, want %q", says, c.says)
			}
		})
	}
}

func TestSessionSlidesWithUse(t *testing.T) {
	db := storetest.New(t)
	srv, browser, _ := site(t, db, false)
	get(t, browser, srv.URL+"/in")
	for range 5 {
		db.Clock.Advance(100 * 24 * time.Hour)
		if status, says := get(t, browser, srv.URL+"/"); says != "alice" {
			t.Fatalf("%d %q: the session ended although it was used", status, says)
		}
	}
}

func TestSignOutKeepsTheBrowserKnown(t *testing.T) {
	db := storetest.New(t)
	srv, browser, dev := site(t, db, false)
	get(t, browser, srv.URL+"/in")
	get(t, browser, srv.URL+"/out")
	if _, says := get(t, browser, srv.URL+"/"); says != app.ErrSignedOut.Error() {
		t.Errorf("signed out, and still %q", says)
	}
	if _, known := get(t, browser, srv.URL+"/known"); known != app.TokenHash("browser token") {
		t.Errorf("the browser is known by %q", known)
	}
	if d, err := db.Device(t.Context(), dev.ID); err != nil || d.State != app.DeviceActive {
		t.Errorf("signing out did away with the device: %v %v", d.State, err)
	}
}

func TestCookies(t *testing.T) {
	for _, secure := range []bool{false, true} {
		db := storetest.New(t)
		srv, _, _ := site(t, db, secure)
		res, err := http.Get(srv.URL + "/in")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if len(res.Cookies()) != 2 {
			t.Fatalf("%d cookies", len(res.Cookies()))
		}
		for _, c := range res.Cookies() {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.Path != "/" ||
				c.Domain != "" || strings.HasPrefix(c.Name, "__Host-") != secure {
				t.Errorf("secure %v: %s", secure, c.Raw)
			}
			if _, found, err := db.Sessions().Find(c.Value); err != nil || found {
				t.Errorf("the session is stored under the cookie's own value (%v)", err)
			}
		}
	}
}

func TestFromWithoutMiddleware(t *testing.T) {
	if _, err := login.From(t.Context()); !errors.Is(err, app.ErrSignedOut) {
		t.Errorf("%v", err)
	}
}
