package browsertest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"assent/app/push/pushtest"
)

// PushService is a push service as Firefox knows them: the browser holds a
// WebSocket to it (the protocol of autopush), application servers post to the
// endpoints that it gives out (RFC 8030). Messages wait while a browser is away.
type PushService struct {
	URL string // of the endpoints; the WebSocket is at the same address

	t  testing.TB
	mu sync.Mutex
	// browsers by their id (uaid)
	browsers map[string]*browser
	answers  []int // to the coming posts, in place of 201
	posted   int
}

type browser struct {
	conn     *websocket.Conn
	channels map[string]channel // by the secret part of their endpoint
	waiting  []message          // not yet acknowledged
}

type channel struct{ ID, Key string }

// message is what the two sides of the WebSocket say; what a kind doesn't have
// is left out.
type message struct {
	Type       string            `json:"messageType,omitempty"`
	Status     int               `json:"status,omitempty"`
	UAID       string            `json:"uaid,omitempty"`
	UseWebPush bool              `json:"use_webpush,omitempty"`
	ChannelID  string            `json:"channelID,omitempty"`
	Key        string            `json:"key,omitempty"` // base64url with padding
	Endpoint   string            `json:"pushEndpoint,omitempty"`
	Version    string            `json:"version,omitempty"`
	TTL        int               `json:"ttl,omitempty"`
	Data       string            `json:"data,omitempty"` // base64url without padding
	Headers    map[string]string `json:"headers,omitempty"`
	Updates    []message         `json:"updates,omitempty"`
}

// StartPushService runs a push service for the length of a test.
func StartPushService(t testing.TB) *PushService {
	s := &PushService{t: t, browsers: map[string]*browser{}}
	srv := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	s.URL = srv.URL
	return s
}

// Answer makes the service answer the coming posts with these statuses, and
// deliver nothing of them.
func (s *PushService) Answer(statuses ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, statuses...)
}

// Forget loses all subscriptions: posts to them get 410, and the browser hears
// at its next hello that nobody knows it.
func (s *PushService) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.browsers {
		b.conn.CloseNow()
	}
	s.browsers = map[string]*browser{}
}

// Subscriptions is how many there are.
func (s *PushService) Subscriptions() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.browsers {
		n += len(b.channels)
	}
	return n
}

func (s *PushService) serve(w http.ResponseWriter, r *http.Request) {
	if secret, ok := strings.CutPrefix(r.URL.Path, "/wpush/"); ok {
		s.post(w, r, secret)
		return
	}
	conn, err := websocket.Accept(w, r,
		&websocket.AcceptOptions{Subprotocols: []string{"push-notification"}, InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	s.talk(r.Context(), conn)
}

// talk answers one browser until it hangs up.
func (s *PushService) talk(ctx context.Context, conn *websocket.Conn) {
	var own *browser
	for {
		var m message
		if err := wsjson.Read(ctx, conn, &m); err != nil {
			return
		}
		s.mu.Lock()
		answers := s.hear(conn, &own, m)
		s.mu.Unlock()
		for _, a := range answers {
			if err := wsjson.Write(ctx, conn, a); err != nil {
				return
			}
		}
	}
}

// hear takes what a browser says and gives what it is told.
func (s *PushService) hear(conn *websocket.Conn, own **browser, m message) []message {
	b := *own
	if m.Type == "hello" {
		id := m.UAID
		if b = s.browsers[id]; b == nil {
			id, b = rand.Text(), &browser{channels: map[string]channel{}}
			s.browsers[id] = b
		}
		b.conn, *own = conn, b
		return append([]message{{Type: "hello", Status: 200, UAID: id, UseWebPush: true}}, b.waiting...)
	}
	if b == nil {
		return nil
	}
	switch m.Type {
	case "": // {}: are you there?
		return []message{{}}
	case "register":
		secret := rand.Text()
		b.channels[secret] = channel{ID: m.ChannelID, Key: strings.TrimRight(m.Key, "=")}
		return []message{{Type: "register", Status: 200, ChannelID: m.ChannelID, Endpoint: s.URL + "/wpush/" + secret}}
	case "unregister":
		for secret, c := range b.channels {
			if c.ID == m.ChannelID {
				delete(b.channels, secret)
			}
		}
		return []message{{Type: "unregister", Status: 200, ChannelID: m.ChannelID}}
	case "ack":
		for _, u := range m.Updates {
			for i, w := range b.waiting {
				if w.Version == u.Version {
					b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
					break
				}
			}
		}
	}
	return nil
}

// post takes a message of an application server for a browser.
func (s *PushService) post(w http.ResponseWriter, r *http.Request, secret string) {
	m, key, err := s.read(r)
	if err != nil {
		s.t.Errorf("push service: %v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.posted++
	if len(s.answers) > 0 {
		status := s.answers[0]
		s.answers = s.answers[1:]
		s.mu.Unlock()
		w.WriteHeader(status)
		return
	}
	var conn *websocket.Conn
	status := http.StatusGone
	for _, b := range s.browsers {
		if c, ok := b.channels[secret]; ok {
			if c.Key != key {
				status = http.StatusForbidden
				break
			}
			status = http.StatusCreated
			m.Type, m.ChannelID, m.Version = "notification", c.ID, rand.Text()
			b.waiting = append(b.waiting, m)
			conn = b.conn
		}
	}
	s.mu.Unlock()
	if conn != nil {
		_ = wsjson.Write(r.Context(), conn, m) // one that is away gets it with its next hello
	}
	w.WriteHeader(status)
}

// read checks what an application server sends and makes the browser's message
// of it. key is the one that it signed with.
func (s *PushService) read(r *http.Request) (m message, key string, err error) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" {
		return m, "", fmt.Errorf("%s with Content-Encoding %q", r.Method, r.Header.Get("Content-Encoding"))
	}
	ttl, err := strconv.Atoi(r.Header.Get("TTL"))
	if err != nil || ttl < 0 {
		return m, "", fmt.Errorf("TTL %q", r.Header.Get("TTL"))
	}
	if key, err = pushtest.CheckVAPID(r, s.URL); err != nil {
		return m, "", fmt.Errorf("VAPID: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil || len(body) > 4096 {
		return m, "", errors.Join(err, fmt.Errorf("a body of %d bytes", len(body)))
	}
	return message{
		TTL:     ttl,
		Data:    base64.RawURLEncoding.EncodeToString(body),
		Headers: map[string]string{"encoding": "aes128gcm"},
	}, key, nil
}

// prefs are the settings by which Firefox uses this service.
func (s *PushService) prefs() map[string]any {
	return map[string]any{
		"dom.push.enabled": true, "dom.push.connection.enabled": true, "dom.push.testing.allowInsecureServerURL": true,
		"dom.push.retryBaseInterval": 50, "dom.push.serverURL": "ws" + strings.TrimPrefix(s.URL, "http") + "/",
	}
}

// userJS writes settings as Firefox reads them from a profile.
func userJS(prefs ...map[string]any) (string, error) {
	var b strings.Builder
	for _, set := range prefs {
		for name, value := range set {
			v, err := json.Marshal(value)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "user_pref(%q, %s);\n", name, v)
		}
	}
	return b.String(), nil
}
