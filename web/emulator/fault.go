package emulator

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Endpoint names a route of the pretended ACP, for faults and for counting.
type Endpoint string

// The endpoints that faults and Calls know.
const (
	Discovery   Endpoint = "discovery"
	JWKS        Endpoint = "jwks"
	SystemToken Endpoint = "system token"
	Details     Endpoint = "details"
	Accept      Endpoint = "accept"
	Reject      Endpoint = "reject"
	Backchannel Endpoint = "backchannel"
	Token       Endpoint = "token"
)

// Fault makes calls of one endpoint go wrong. Without Status, Drop or Hang it only delays the true answer by Latency.
type Fault struct {
	// Login limits the fault to calls for one login; empty means every call.
	Login string
	// Times is how many calls meet the fault: 0 means one, a negative number all until Heal.
	Times int
	// Latency passes before anything else happens.
	Latency time.Duration
	// Status is answered in place of the true answer, with Body, or ACP's error shape when Body is nil.
	Status int
	Body   any
	// RetryAfter is sent with Status, in whole seconds.
	RetryAfter time.Duration
	// After lets the call take effect first: the answer is what gets lost.
	After bool
	// Drop closes the connection without an answer; Hang keeps it open until the caller gives up.
	Drop, Hang bool
}

// fault is a Fault in wait at its endpoint.
type fault struct {
	Fault
	at Endpoint
}

// Fail makes the next calls of an endpoint go wrong as f says. Faults for the same endpoint are met in the order given.
func (e *Emulator) Fail(at Endpoint, f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = append(e.faults, &fault{Fault: f, at: at})
}

// takeFault counts a call and finds the fault that it meets.
func (e *Emulator) takeFault(at Endpoint, login string) (Fault, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls[at]++
	if s := e.sessions[login]; s != nil {
		s.Calls[at]++
	}
	for i, f := range e.faults {
		if f.at != at || (f.Login != "" && f.Login != login) {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				e.faults = slices.Delete(e.faults, i, i+1)
			}
		}
		return f.Fault, true
	}
	return Fault{}, false
}

func (f Fault) silent() bool   { return f.Drop || f.Hang }
func (f Fault) replaces() bool { return f.silent() || f.Status != 0 }

func (f Fault) reply() reply {
	out := apiFailure(f.Status, "injected_fault", "")
	if f.Body != nil {
		out.body = f.Body
	}
	if f.RetryAfter > 0 {
		out = out.with("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
	return out
}

// endpoint serves one route of the pretended ACP: limits the body, counts the call, applies the fault it meets, and
// writes calls of the service into the transcript.
func (e *Emulator) endpoint(at Endpoint, h func(*http.Request) reply) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
		if err != nil {
			apiFailure(http.StatusRequestEntityTooLarge, "", "the body is larger than 64 KiB").write(w)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		login := r.PathValue("login")
		f, faulty := e.takeFault(at, login)
		done := e.observe(at, login, r, body)
		if faulty && f.Latency > 0 && !e.work.wait(r.Context(), f.Latency) {
			done(reply{})
			panic(http.ErrAbortHandler)
		}
		var out reply
		if !faulty || !f.replaces() || f.After {
			out = h(r)
		}
		if faulty && f.silent() {
			done(reply{})
			if f.Hang {
				select {
				case <-r.Context().Done():
				case <-e.work.done:
				}
			}
			panic(http.ErrAbortHandler) // net/http closes the connection without an answer
		}
		if faulty && f.Status != 0 {
			out = f.reply()
		}
		done(out)
		out.write(w)
	})
}

// Heal removes every fault that has not been met yet.
func (e *Emulator) Heal() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = nil
}

// Calls is how often an endpoint was called, calls that met a fault included.
func (e *Emulator) Calls(at Endpoint) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls[at]
}

// Mismatch is a departure of the service from the contract.
type Mismatch struct {
	At       time.Time
	Endpoint Endpoint
	Login    string
	Text     string
}

func (m Mismatch) String() string { return fmt.Sprintf("%s %s: %s", m.Endpoint, m.Login, m.Text) }

// Mismatches lists every departure from the contract seen so far, oldest first. A test whose service should be right
// asserts that it is empty.
func (e *Emulator) Mismatches() []Mismatch {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Mismatch(nil), e.mismatches...)
}

func (e *Emulator) mismatch(at Endpoint, login, text string) {
	m := Mismatch{At: e.now(), Endpoint: at, Login: login, Text: text}
	e.mu.Lock()
	e.mismatches = append(e.mismatches, m)
	if extra := len(e.mismatches) - 1000; extra > 0 {
		e.mismatches = e.mismatches[extra:]
	}
	e.mu.Unlock()
	e.log.Warn("the service departs from the contract", "endpoint", string(at), "login", login, "what", text)
}
