package authz

import (
	"errors"
	"strconv"
	"time"
)

// Outcome sorts what can become of a call to an authorization server.
type Outcome string

// The outcomes. OK stands for no error.
const (
	OK          Outcome = "ok"
	NotFound    Outcome = "not found"   // the server doesn't know the login: expired, or finished
	Credentials Outcome = "credentials" // ours are refused, or lack a scope
	Busy        Outcome = "busy"        // 429 or 5xx, or an answer that can't be read: try again
	Refused     Outcome = "refused"     // for good: trying again would say the same; see UnsupportedError
	Unknown     Outcome = "unknown"     // no answer; the call may have taken effect
	Unreachable Outcome = "unreachable" // the call was never sent
	OtherKind   Outcome = "other kind"  // an answer, but with no consent of the login's kind
	// a consent lacks what must be shown, or contradicts itself: no person can decide over it
	Unreadable Outcome = "unreadable"
)

// Error is a call to an authorization server that didn't succeed.
type Error struct {
	Outcome    Outcome
	Status     int           // of the answer, 0 when there was none
	Code       string        // of OAuth, where the token endpoint refused (RFC 6749 5.2)
	RetryAfter time.Duration // as the server asks, 0 when it doesn't

	// MayHaveTakenEffect tells whether the server may have done what was asked
	// although it didn't say so: no answer, or a 5xx to a POST.
	MayHaveTakenEffect bool

	// Said is what the server's error body says, verbatim but for secrets, cut;
	// empty where it says nothing. It may name people: it is to be kept with the
	// request that it is about, and never to be logged.
	Said string

	Cause error // in words of ours
}

// Error implements error, for logs: in words of ours alone. It holds no token,
// secret or login state, and nothing that the server wrote, which may name people.
func (e *Error) Error() string {
	s := "authorization server: " + string(e.Outcome)
	if e.Status != 0 {
		s += " (" + strconv.Itoa(e.Status) + ")"
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Said is what the server wrote beside the failure err; see Error.Said.
func Said(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Said
	}
	return ""
}

// UnsupportedError says that a request is of a kind or version that the server
// has no calls for, here or at all. The outcome of such an error is Refused.
type UnsupportedError struct {
	Reason string // for operators
}

// Error implements error.
func (e *UnsupportedError) Error() string { return "unsupported: " + e.Reason }
