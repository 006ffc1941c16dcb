// Package httpx is the kit that the surfaces share: handlers that return
// errors, decoding with limits, buffered pages, security headers, the request
// log, and who is calling.
package httpx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"assent/app"
)

// Handler is an HTTP handler that leaves its errors to the surface.
type Handler func(http.ResponseWriter, *http.Request) error

// Answer writes a surface's answer to an error: its page or its JSON.
type Answer func(http.ResponseWriter, *http.Request, error)

// Adapt makes an http.Handler of h. Errors and panics go to answer; those that
// are faults of ours are logged with their cause. A caller who went away is
// neither.
func Adapt(log *slog.Logger, answer Answer, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				log.ErrorContext(r.Context(), "panic", "id", RequestID(r.Context()), "panic", p, "stack",
					string(debug.Stack()))
				answer(w, r, fmt.Errorf("panic: %v", p))
			}
		}()
		err := h(w, r)
		if err == nil || errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return
		}
		if status := Status(err); status >= 500 {
			log.ErrorContext(r.Context(), "request failed", "id", RequestID(r.Context()), "status", status, "err", err)
		} else {
			log.DebugContext(r.Context(), "request refused", "id", RequestID(r.Context()), "status", status, "why",
				refusal(err))
		}
		if d := retryAfter(err); d > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((d + time.Second - 1).Seconds())))
		}
		answer(w, r, err)
	})
}

// refusal names a refusal for the log. What caused it may quote what was sent.
func refusal(err error) string {
	var e *app.Error
	switch {
	case !errors.As(err, &e):
		return http.StatusText(Status(err))
	case e.Field != "":
		return e.Code + " in " + e.Field
	}
	return e.Code
}

// Errors of HTTP itself, below the use cases.
var (
	ErrTooLarge  = errors.New("the body is too large")
	ErrMediaType = errors.New("the body is not of an accepted media type")
	ErrMethod    = errors.New("the method is not allowed")
	ErrNoRoute   = errors.New("no such page")
	ErrCrossSite = errors.New("the request comes from another site")
	ErrNetwork   = errors.New("the request comes from a network that may not reach this")
)

// Status gives the HTTP status of an error.
func Status(err error) int {
	switch {
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrMediaType):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, ErrMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, ErrNoRoute):
		return http.StatusNotFound
	case errors.Is(err, ErrCrossSite), errors.Is(err, ErrNetwork):
		return http.StatusForbidden
	}
	switch app.KindOf(err) {
	case app.Invalid:
		return http.StatusBadRequest
	case app.Unauthorized:
		return http.StatusUnauthorized
	case app.Forbidden:
		return http.StatusForbidden
	case app.NotFound:
		return http.StatusNotFound
	case app.Conflict:
		return http.StatusConflict
	case app.Gone:
		return http.StatusGone
	case app.TooMany:
		return http.StatusTooManyRequests
	case app.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func retryAfter(err error) time.Duration {
	var e *app.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}
