// Package pushtest is a push service for tests: it speaks RFC 8030 over real
// HTTP, checks VAPID (RFC 8292), decrypts what it gets (RFC 8291) and can
// refuse as the real ones do.
package pushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Service is the push service.
type Service struct {
	URL string

	t        testing.TB
	mu       sync.Mutex
	subs     map[string]*Subscription
	answers  []Answer
	arrivals chan Received
}

// Answer is what the service says to a message in place of 201.
type Answer struct {
	Status     int
	RetryAfter string
	Cut        bool // closes the connection without an answer
}

// Received is a message that arrived, decrypted.
type Received struct {
	Sub     *Subscription
	Payload []byte
	TTL     int
	Urgency string
	Topic   string
}

// Subscription is a browser's subscription, both halves.
type Subscription struct {
	Endpoint string
	P256DH   string
	Auth     string

	private *ecdh.PrivateKey
	secret  []byte
}

// Start runs a push service on a free port of 127.0.0.1 for the length of a test.
func Start(t testing.TB) *Service {
	s := &Service{t: t, subs: map[string]*Subscription{}, arrivals: make(chan Received, 100)}
	srv := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

// Subscribe makes a subscription as a browser would.
func (s *Service) Subscribe() *Subscription {
	s.t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	sub := &Subscription{private: private, secret: make([]byte, 16)}
	rand.Read(sub.secret)
	id := rand.Text()
	sub.Endpoint = s.URL + "/push/" + id
	sub.P256DH = base64.RawURLEncoding.EncodeToString(private.PublicKey().Bytes())
	sub.Auth = base64.RawURLEncoding.EncodeToString(sub.secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs["/push/"+id] = sub
	return sub
}

// Forget ends a subscription: messages to it get 410.
func (s *Service) Forget(sub *Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.subs, strings.TrimPrefix(sub.Endpoint, s.URL))
}

// Next makes the service answer the coming messages so, in order.
func (s *Service) Next(answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, answers...)
}

// Wait gives the next message that arrives.
func (s *Service) Wait() Received {
	s.t.Helper()
	select {
	case r := <-s.arrivals:
		return r
	case <-time.After(20 * time.Second):
		s.t.Fatal("no push message arrived")
		return Received{}
	}
}

// Waiting is how many messages have arrived and were not waited for.
func (s *Service) Waiting() int { return len(s.arrivals) }

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	sub := s.subs[r.URL.Path]
	var answer Answer
	if len(s.answers) > 0 {
		answer, s.answers = s.answers[0], s.answers[1:]
	}
	s.mu.Unlock()
	switch {
	case answer.Cut:
		panic(http.ErrAbortHandler)
	case answer.Status != 0:
		if answer.RetryAfter != "" {
			w.Header().Set("Retry-After", answer.RetryAfter)
		}
		w.WriteHeader(answer.Status)
		return
	case sub == nil:
		w.WriteHeader(http.StatusGone)
		return
	}
	got, err := s.receive(r, sub)
	if err != nil {
		s.t.Errorf("push service: %v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.arrivals <- got
	w.Header().Set("Location", s.URL+"/message/"+rand.Text())
	w.WriteHeader(http.StatusCreated)
}

func (s *Service) receive(r *http.Request, sub *Subscription) (Received, error) {
	got := Received{Sub: sub, Urgency: r.Header.Get("Urgency"), Topic: r.Header.Get("Topic")}
	if r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" {
		return got, fmt.Errorf("%s with Content-Encoding %q", r.Method, r.Header.Get("Content-Encoding"))
	}
	ttl, err := strconv.Atoi(r.Header.Get("TTL"))
	if err != nil || ttl < 0 {
		return got, fmt.Errorf("TTL %q", r.Header.Get("TTL"))
	}
	got.TTL = ttl
	if len(got.Topic) > 32 {
		return got, fmt.Errorf("a topic of %d characters", len(got.Topic))
	}
	if _, err := CheckVAPID(r, s.URL); err != nil {
		return got, fmt.Errorf("VAPID: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil || len(body) > 4096 {
		return got, fmt.Errorf("a body of %d bytes: %v", len(body), err)
	}
	got.Payload, err = Decrypt(body, sub.private, sub.secret)
	return got, err
}

// CheckVAPID checks signature, audience, expiry and subject of a request to a
// push service (RFC 8292 2, 3) and gives the key that signed, in base64url.
func CheckVAPID(r *http.Request, audience string) (key string, err error) {
	params := map[string]string{}
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for part := range strings.SplitSeq(rest, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		params[k] = v
	}
	point, err := base64.RawURLEncoding.DecodeString(params["k"])
	if scheme != "vapid" || err != nil || len(point) != 65 {
		return "", fmt.Errorf("authorization scheme %q, key of %d bytes", scheme, len(point))
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return "", err
	}
	token, err := jwt.ParseSigned(params["t"], []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return "", err
	}
	var claims jwt.Claims
	if err := token.Claims(public, &claims); err != nil {
		return "", err
	}
	if !claims.Audience.Contains(audience) || claims.Expiry == nil || time.Until(claims.Expiry.Time()) > 24*time.Hour ||
		time.Until(claims.Expiry.Time()) < 0 {
		return "", fmt.Errorf("aud %v, exp %v", claims.Audience, claims.Expiry)
	}
	if mail, ok := strings.CutPrefix(claims.Subject, "mailto:"); !strings.HasPrefix(claims.Subject, "https:") &&
		(!ok || strings.HasPrefix(mail, "mailto:")) {
		return "", fmt.Errorf("sub %q", claims.Subject)
	}
	return params["k"], nil
}

// Decrypt opens one aes128gcm record (RFC 8188 2) that was encrypted to a
// subscription (RFC 8291 3.4).
func Decrypt(body []byte, private *ecdh.PrivateKey, secret []byte) ([]byte, error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) {
		return nil, errors.New("the record has no header")
	}
	salt, size, idlen := body[:16], binary.BigEndian.Uint32(body[16:20]), int(body[20])
	sender, sealed := body[21:21+idlen], body[21+idlen:]
	if len(sealed) > int(size) {
		return nil, errors.New("there is more than one record")
	}
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := private.ECDH(public)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(private.PublicKey().Bytes()) + string(sender)
	ikm, err := hkdf.Key(sha256.New, shared, secret, info, 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, err
	}
	text := strings.TrimRight(string(plain), "\x00")
	if !strings.HasSuffix(text, "\x02") {
		return nil, errors.New("the last record has no delimiter")
	}
	return []byte(strings.TrimSuffix(text, "\x02")), nil
}
