package acp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

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
	Refused     Outcome = "refused"     // for good: trying again would say the same
	Unknown     Outcome = "unknown"     // no answer; the call may have taken effect
	Unreachable Outcome = "unreachable" // the call was never sent
)

// Error is a call that didn't succeed.
type Error struct {
	Outcome    Outcome
	Status     int           // of the answer, 0 when there was none
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

// transport sorts an error below HTTP: what failed while connecting was never
// sent, all else may have arrived.
func transport(method string, err error) error {
	var op *net.OpError
	var dns *net.DNSError
	out := &Error{Outcome: Unknown, unsure: method != http.MethodGet, cause: bare(err)}
	if errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial" {
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

// refusal sorts an answer that isn't a 2xx.
func refusal(method string, res *http.Response, body []byte, now time.Time) error {
	e := &Error{Status: res.StatusCode, RetryAfter: outbound.RetryAfter(res.Header, now), cause: said(body)}
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

// said is what ACP's error body says, at most 200 characters of it.
func said(body []byte) error {
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
			parts = append(parts, fmt.Sprintf("%.200s", s))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return errors.New(strings.Join(parts, ", "))
}
