package acp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"assent/app/i18n"
	"assent/app/outbound"
)

// Outcome sorts what can become of a call.
type Outcome string

// The outcomes. OK stands for no error.
const (
	OK          Outcome = "ok"
	NotFound    Outcome = "not found"   // ACP doesn't know the login: expired, or finished
	Credentials Outcome = "credentials" // ours are refused, or lack a scope
	Busy        Outcome = "busy"        // 429 or 5xx, or an answer that can't be read: try again
	Refused     Outcome = "refused"     // for good: trying again would say the same; see UnsupportedError
	Unknown     Outcome = "unknown"     // no answer; the call may have taken effect
	Unreachable Outcome = "unreachable" // the call was never sent
	OtherKind   Outcome = "other kind"  // ACP answers, but with no consent of the login's kind
	Unreadable  Outcome = "unreadable"  // a consent lacks what must be shown, or contradicts itself: nobody can decide over it
)

// Error is a call that didn't succeed.
type Error struct {
	Outcome    Outcome
	Status     int           // of the answer, 0 when there was none
	Code       string        // of OAuth, where the token endpoint refused (RFC 6749 5.2)
	RetryAfter time.Duration // as ACP asks, 0 when it doesn't
	unsure     bool
	said       string
	cause      error // in words of ours
}

// Error implements error, for logs: in words of ours alone. It holds no token,
// secret or login state, and nothing that ACP wrote, which may name people.
func (e *Error) Error() string {
	s := "acp: " + string(e.Outcome)
	if e.Status != 0 {
		s += " (" + strconv.Itoa(e.Status) + ")"
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// MayHaveTakenEffect tells whether ACP may have done what was asked although
// it didn't say so: no answer, or a 5xx to a POST.
func (e *Error) MayHaveTakenEffect() bool { return e.unsure }

// Said is what ACP's error body says, verbatim but for secrets, at most
// saidLimit bytes; empty where it says nothing. It may name people: it is to be
// kept with the request that it is about, and never to be logged.
func (e *Error) Said() string { return e.said }

// Said is what ACP wrote beside the failure err; see Error.Said.
func Said(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.said
	}
	return ""
}

// UnsupportedError says that a request is of a kind or version that ACP has no
// calls for, here or at all. The outcome of such an error is Refused.
type UnsupportedError struct {
	Reason string // for operators
}

// Error implements error.
func (e *UnsupportedError) Error() string { return "unsupported: " + e.Reason }

func unsupported(reason string) error {
	return &Error{Outcome: Refused, cause: &UnsupportedError{Reason: reason}}
}

// departure notes whether a request got so far that it may have arrived.
type departure struct{ sought, left atomic.Bool }

// watch makes requests with the context report to d.
func (d *departure) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { d.sought.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { d.left.Store(true) },
	})
}

// transport sorts an error below HTTP. A request that looked for a connection
// and got none (no address, nothing listens there, a TLS handshake that failed)
// was certainly never sent; all else may have arrived.
func transport(method string, err error, sent *departure, hide *strings.Replacer) error {
	out := &Error{Outcome: Unknown, unsure: method != http.MethodGet, cause: bare(err)}
	if sent.sought.Load() && !sent.left.Load() {
		out.Outcome, out.unsure = Unreachable, false
	} else if !ours(out.cause) {
		// net/http repeats the bytes of an answer that it can't read.
		out.cause = errors.New("the exchange broke off")
	}
	if text := out.cause.Error(); hide.Replace(text) != text {
		out.cause = errors.New(hide.Replace(text))
	}
	return out
}

// ours tells whether an error of an exchange is worded on this side: by the
// network, by TLS or by a deadline.
func ours(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, outbound.ErrNotPublic)
}

// bare drops the URL that net/http puts into its errors: it holds the login state.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// hiding takes secrets, as they are or escaped for a URL, out of what others
// say: it may repeat what they were sent.
func hiding(secrets ...string) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		if s != "" {
			pairs = append(pairs, s, "…", url.QueryEscape(s), "…")
		}
	}
	return strings.NewReplacer(pairs...)
}

// refusal sorts an answer that isn't a 2xx.
func refusal(method string, res *http.Response, body []byte, now time.Time, hide *strings.Replacer) error {
	e := &Error{Status: res.StatusCode, RetryAfter: outbound.RetryAfter(res.Header, now), said: said(body, hide)}
	switch {
	case res.StatusCode == http.StatusNotFound:
		e.Outcome = NotFound
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		e.Outcome = Credentials
	case res.StatusCode == http.StatusTooManyRequests:
		e.Outcome = Busy
	case res.StatusCode >= 500:
		e.Outcome, e.unsure = Busy, method != http.MethodGet
	default:
		e.Outcome = Refused
	}
	return e
}

// saidLimit in bytes.
const saidLimit = 500

// said is what ACP's error body says, in the shapes of its Error and of RFC
// 6749, with control characters removed and secrets hidden. Each member is cut
// at 200 characters, the whole at saidLimit.
func said(body []byte, hide *strings.Replacer) string {
	var p struct {
		Error       string `json:"error"`
		ErrorCode   string `json:"error_code"`
		Cause       string `json:"cause"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &p) != nil {
		return ""
	}
	var parts []string
	for _, s := range []string{p.Error, p.ErrorCode, p.Cause, p.Description} {
		if s != "" {
			parts = append(parts, fmt.Sprintf("%.200s", i18n.Plain(hide.Replace(s))))
		}
	}
	text := strings.Join(parts, ", ")
	return strings.ToValidUTF8(text[:min(len(text), saidLimit)], "")
}
