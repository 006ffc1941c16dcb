package device_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/app/live"
	"assent/app/login"
	"assent/store"
	"assent/web/device"
)

// pipes is a listener within the process, for servers in a synctest bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// surface is a server with one signed-in device, inside the bubble.
type surface struct {
	*pipes
	hub    *live.Hub
	device app.Device
	cookie string
	http   *http.Client
}

// bubble runs do with a surface in a synctest bubble. The sessions are made
// outside of it, since their library starts a goroutine that never ends.
func bubble(t *testing.T, protocols *http.Protocols, do func(*testing.T, *surface)) {
	t.Helper()
	st := &store.Store{}
	sessions := login.New(st, false)
	synctest.Test(t, func(t *testing.T) {
		opened, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		reflect.ValueOf(st).Elem().Set(reflect.ValueOf(opened).Elem()) // which nothing uses yet
		do(t, newSurface(t, protocols, st, sessions))
	})
}

func newSurface(t *testing.T, protocols *http.Protocols, st *store.Store, sessions *login.Devices) *surface {
	t.Helper()
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	p, err := st.AddPerson(t.Context(), app.Operator, "Ada", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	inv, err := st.Invite(t.Context(), app.Operator, p.ID, app.NewID(), st.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	s := &surface{pipes: &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}, hub: &live.Hub{}}
	if s.device, err = st.Enrol(t.Context(), app.Operator,
		store.Enrolment{
			InvitationID: inv.ID,
			Activation:   app.Activation{LinkAlone: true},
			Credential:   app.Credential{ID: app.NewID(), Record: "{}"},
			Device:       app.Device{PersonID: p.ID, Name: "Pixel 9", Platform: "android", SessionKey: app.NewID()},
			BrowserHash:  app.NewID(),
		}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	device.Register(mux,
		device.Config{
			Store:   st.Reader,
			Login:   sessions,
			Live:    s.hub,
			Words:   words,
			Closing: make(chan struct{}),
			Log:     slog.New(slog.DiscardHandler),
		})
	mux.Handle("POST /test/session", sessions.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.SignIn(w, r, s.device, app.NewToken()); err != nil {
			t.Error(err)
		}
	})))
	srv := &http.Server{
		Handler:      mux,
		ReadTimeout:  15 * time.Second,
		WriteTimeout: 30 * time.Second,
		Protocols:    protocols,
	}
	served := make(chan error)
	go func() { served <- srv.Serve(s) }()
	transport := &http.Transport{
		Protocols:   protocols,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return s.dial(), nil },
	}
	s.http = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		srv.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		st.Close()
	})
	res, err := s.http.Post("http://localhost/test/session", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, c := range res.Cookies() {
		s.cookie += c.Name + "=" + c.Value + "; "
	}
	return s
}

// listen opens an event stream; expect reads on until it says want.
func (s *surface) listen(t *testing.T) (expect func(want string), end func()) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", s.cookie)
	res, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("event stream: %d", res.StatusCode)
	}
	r := bufio.NewReader(res.Body)
	return func(want string) {
		t.Helper()
		for {
			line, err := r.ReadString('\n')
			if want == "" && err == io.EOF {
				return
			}
			if err != nil {
				t.Fatalf("%v, waiting for %q", err, want)
			}
			if want != "" && strings.Contains(line, want) {
				return
			}
		}
	}, func() { res.Body.Close() }
}

func protocols() map[string]*http.Protocols {
	one, two := &http.Protocols{}, &http.Protocols{}
	one.SetHTTP1(true)
	two.SetUnencryptedHTTP2(true)
	return map[string]*http.Protocols{"HTTP/1.1": one, "HTTP/2": two}
}

// Longer than any deadline of the server, and with nothing to tell.
func TestQuietStreamLives(t *testing.T) {
	for name, p := range protocols() {
		t.Run(name, func(t *testing.T) {
			bubble(t, p, func(t *testing.T, s *surface) {
				expect, end := s.listen(t)
				defer end()
				expect("retry:")
				for range 10 {
					time.Sleep(14 * time.Second) // the bubble's time
					expect(":")
				}
				s.hub.Publish(app.Event{Topic: app.TopicRequest, PersonID: s.device.PersonID, RequestID: "HERS"})
				expect("HERS")
			})
		})
	}
}

// Whoever asks for events and doesn't read them is let go.
func TestStreamThatNobodyReadsEnds(t *testing.T) {
	bubble(t, protocols()["HTTP/1.1"], func(t *testing.T, s *surface) {
		conn := s.dial()
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n",
			s.cookie); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := s.hub.Listeners(); n != 1 {
			t.Fatalf("%d listeners, want the one", n)
		}
		time.Sleep(11 * time.Second) // the bubble's time
		synctest.Wait()
		if n := s.hub.Listeners(); n != 0 {
			t.Errorf("the stream is held open by a reader that doesn't read")
		}
	})
}

// The newest page is the one in view: an old one makes room, and comes back
// when its browser is told to.
func TestOldestStreamEndsForOneTooMany(t *testing.T) {
	bubble(t, protocols()["HTTP/1.1"], func(t *testing.T, s *surface) {
		first, end := s.listen(t)
		defer end()
		first("retry:")
		for range live.DefaultLimits.PerDevice {
			expect, end := s.listen(t)
			defer end()
			expect("retry:")
		}
		first("retry: 60000")
		first("") // its end
		if n := s.hub.Listeners(); n != live.DefaultLimits.PerDevice {
			t.Errorf("%d streams of one device, want %d", n, live.DefaultLimits.PerDevice)
		}
	})
}

// A stream for which there is no room is refused, with the time after which to
// ask again; the page looks for itself until then.
func TestCrowdedStreamIsRefused(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *surface) {
		s.hub.Limits = live.Limits{PerDevice: 2, PerPerson: 2, People: 1, PerSession: 1, PerAdmin: 1, Admins: 1}
		_, leave, err := s.hub.Subscribe("another person", "phone")
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", s.cookie)
		res, err := s.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") != "30" {
			t.Errorf("%d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
		}
		leave()
		_, end := s.listen(t)
		end()
	})
}
