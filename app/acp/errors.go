package acp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	cause      error
}

// Error implements error. It holds no token, secret or login state.
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
// and got none (no address, nobody there, a TLS handshake that failed) was
// certainly never sent; all else may have arrived.
func transport(method string, err error, sent *departure, hide *strings.Replacer) error {
	out := &Error{Outcome: Unknown, unsure: method != http.MethodGet, cause: bare(err)}
	if text := out.cause.Error(); hide.Replace(text) != text {
		out.cause = errors.New(hide.Replace(text))
	}
	if sent.sought.Load() && !sent.left.Load() {
		out.Outcome, out.unsure = Unreachable, false
	}
	return out
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
	e := &Error{Status: res.StatusCode, RetryAfter: outbound.RetryAfter(res.Header, now), cause: said(body, hide)}
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

// said is what ACP's error body says, in the shapes of its Error and of RFC
// 6749: at most 200 characters of each member, without any that would do
// something to a log or a page.
func said(body []byte, hide *strings.Replacer) error {
	var p struct {
		Error       string `json:"error"`
		ErrorCode   string `json:"error_code"`
		Cause       string `json:"cause"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &p) != nil {
		return nil
	}
	var parts []string
	for _, s := range []string{p.Error, p.ErrorCode, p.Cause, p.Description} {
		if s != "" {
			parts = append(parts, fmt.Sprintf("%.200s", i18n.Plain(hide.Replace(s))))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return errors.New(strings.Join(parts, ", "))
}
