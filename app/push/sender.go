package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"assent/app"
	"assent/app/outbound"
)

// Message is what the service worker shows, without fetching anything: this
// and no more travels, encrypted.
type Message struct {
	ID      string     `json:"id"` // where a click leads: /notice/ID; of one request there is one notice
	Kind    app.Notice `json:"kind"`
	Lang    string     `json:"lang"`
	Title   string     `json:"title"`
	Body    string     `json:"body"`
	Waiting int        `json:"waiting"` // how much waits for the person, for the app's badge
}

// urgency wakes a sleeping phone for what waits, and not for what no longer does
// (RFC 8030 5.3).
func urgency(kind app.Notice) webpush.Urgency {
	if kind == app.NoticeHandled {
		return webpush.UrgencyNormal
	}
	return webpush.UrgencyHigh
}

// messageLimit keeps the encrypted record below the 4,096 bytes that push
// services must take (RFC 8030 7.2).
const messageLimit = 3000

// Sender sends messages to push services.
type Sender struct {
	Keys    Keys
	Subject string // mailto: or https:, whom a push service may write to
	HTTP    *http.Client
	Now     func() time.Time
}

// Sent sorts what a push service answered.
type Sent string

// The answers.
const (
	Accepted      Sent = "accepted"
	Gone          Sent = "gone"          // 404, 410: the subscription has ended
	Retry         Sent = "retry"         // busy or unreachable: the subscription stays
	Misconfigured Sent = "misconfigured" // 401, 403: our keys, subject or clock
	Refused       Sent = "refused"       // this message, for good
)

// Result is what became of one message.
type Result struct {
	Outcome Sent
	After   time.Duration // pause that the service asks for, if any
	Host    string
	Status  int // 0 when there was no answer
	cause   error
}

// String says it for operators: the host, never the endpoint, which is a secret.
func (r Result) String() string {
	s := string(r.Outcome) + " by " + r.Host
	if r.Status != 0 {
		s += " (" + strconv.Itoa(r.Status) + ")"
	}
	if r.cause != nil {
		s += ": " + r.cause.Error()
	}
	return s
}

// Send sends m, to be kept for at most ttl if the device can't be reached. A
// newer message of the same id replaces an older one that still waits.
func (s *Sender) Send(ctx context.Context, sub Subscription, m Message, ttl time.Duration) Result {
	res := Result{Outcome: Refused}
	u, err := url.Parse(sub.Endpoint)
	if err != nil {
		res.cause = errors.New("the endpoint is not a URL")
		return res
	}
	res.Host = u.Hostname()
	payload, err := json.Marshal(m)
	if err != nil || len(payload) > messageLimit {
		res.cause = fmt.Errorf("the message has %d bytes", len(payload))
		return res
	}
	answer, err := webpush.SendNotificationWithContext(ctx, payload,
		&webpush.Subscription{Endpoint: sub.Endpoint, Keys: webpush.Keys{Auth: sub.Auth, P256dh: sub.P256DH}},
		&webpush.Options{
			HTTPClient: s.HTTP, TTL: max(1, int(ttl.Seconds())), Urgency: urgency(m.Kind), Topic: topic(m.ID),
			Subscriber:     strings.TrimPrefix(s.Subject, "mailto:"), // the library adds it
			VAPIDPublicKey: s.Keys.Public, VAPIDPrivateKey: s.Keys.Private,
		})
	if err != nil {
		res.Outcome, res.cause = Retry, unurl(err)
		return res
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, 4096)) // so that the connection can be used again
	res.Status = answer.StatusCode
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		res.Outcome = Accepted
	case answer.StatusCode == http.StatusNotFound, answer.StatusCode == http.StatusGone:
		res.Outcome = Gone
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
		res.Outcome = Misconfigured
	case answer.StatusCode == http.StatusRequestTimeout, answer.StatusCode == http.StatusTooManyRequests,
		answer.StatusCode == http.StatusNotAcceptable, // how Windows throttles
		answer.StatusCode >= 500:
		res.Outcome, res.After = Retry, outbound.RetryAfter(answer.Header, s.Now())
	}
	return res
}

// topic is the id as a Topic header takes it: at most 32 characters of
// base64url (RFC 8030 5.4).
func topic(id string) string {
	return id[:min(len(id), 32)]
}

// unurl drops the URL from an error of net/http: endpoints are secrets.
func unurl(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
