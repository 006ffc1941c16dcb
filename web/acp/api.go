// Package acp is the surface that ACP calls, the inbound half of package app/acp:
// "can this person authenticate?" and "go and ask them". JSON only, with
// credentials of its own.
package acp

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"assent/app"
	"assent/app/consent"
	"assent/web/httpx"
)

// BodyLimit bounds what ACP may send, in bytes.
const BodyLimit = 64 << 10

// Config is what the surface needs.
type Config struct {
	Consent   *consent.Service
	Callers   []Caller
	Strangers httpx.Strangers // takes refusals of callers without credentials; may be nil
	Log       *slog.Logger
}

type handlers struct {
	consent *consent.Service
	guard   *guard
	log     *slog.Logger
}

// Paths are where the surface's routes lie.
var Paths = []string{"/user/verify", "/authentication/start", "/openapi.json"}

// Register puts the surface's routes on mux and gives its answer to errors, for
// what is refused before it gets here. They answer at any host, since ACP may
// know the service by an internal one.
func Register(mux *http.ServeMux, c Config) httpx.Answer {
	h := &handlers{consent: c.Consent, guard: newGuard(c.Callers), log: c.Log}
	route := func(path string, do func(http.ResponseWriter, *http.Request, app.Actor) error) {
		mux.Handle("POST "+path, httpx.Adapt(c.Log, answer, func(w http.ResponseWriter, r *http.Request) error {
			by, err := h.guard.admit(r)
			if err != nil {
				c.Strangers.Refused(r, err)
				return err
			}
			return do(w, r, by)
		}))
		mux.Handle(path, httpx.Adapt(c.Log, answer, func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Allow", http.MethodPost)
			return httpx.ErrMethod
		}))
	}
	route("/user/verify", h.verify)
	route("/authentication/start", h.start)
	mux.Handle("GET /openapi.json", httpx.Adapt(c.Log, answer, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "application/json")
		_, err := w.Write(openAPI)
		return err
	}))
	return answer
}

// verify answers POST /user/verify.
func (h *handlers) verify(w http.ResponseWriter, r *http.Request, by app.Actor) error {
	body, err := httpx.Body(w, r, BodyLimit)
	if err != nil {
		return err
	}
	m, err := decode(body)
	if err != nil {
		return err
	}
	identifier, err := m.text("user_identifier", 1, maxIdentifier)
	if err != nil {
		return err
	}
	server, err := m.text("server_id", 0, maxText)
	if err != nil {
		return err
	}
	valid, err := h.consent.Verify(r.Context(), by, by.ID, server, identifier)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, map[string]bool{"valid": valid})
}

// start answers POST /authentication/start.
func (h *handlers) start(w http.ResponseWriter, r *http.Request, by app.Actor) error {
	body, err := httpx.Body(w, r, BodyLimit)
	if err != nil {
		return err
	}
	in, err := readStart(body)
	if err != nil {
		return err
	}
	if err := h.consent.Start(r.Context(), by, by.ID, in); err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, struct{}{})
}

// problem is ACP's own error shape.
type problem struct {
	StatusCode int               `json:"status_code"`
	Error      string            `json:"error"`
	ErrorCode  string            `json:"error_code"`
	Details    map[string]string `json:"details,omitempty"`
}

// answer writes an error in ACP's shape. What went wrong inside stays inside.
func answer(w http.ResponseWriter, r *http.Request, err error) {
	p := problem{
		StatusCode: httpx.Status(err),
		ErrorCode:  "internal",
		Details:    map[string]string{"request_id": httpx.RequestID(r.Context())},
	}
	p.Error = names[p.StatusCode]
	if p.Error == "" {
		p.Error = "server_error"
	}
	var e *app.Error
	switch {
	case errors.As(err, &e):
		p.ErrorCode = e.Code
		p.Details["message"] = e.Message
		if e.Field != "" {
			p.Details["field"] = e.Field
		}
		var why *fieldError
		if errors.As(err, &why) {
			p.Details["message"] = why.Error()
		}
	case p.StatusCode < 500:
		p.ErrorCode = p.Error
		p.Details["message"] = err.Error()
	}
	if p.StatusCode == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="assent", charset="UTF-8"`)
	}
	if p.StatusCode == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "2")
	}
	b, err := json.Marshal(p)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.StatusCode)
	w.Write(append(b, '\n'))
}

var names = map[int]string{
	http.StatusBadRequest:            "invalid_request",
	http.StatusUnauthorized:          "unauthorized",
	http.StatusForbidden:             "forbidden",
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusConflict:              "conflict",
	http.StatusRequestEntityTooLarge: "request_too_large",
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusTooManyRequests:       "too_many_requests",
	http.StatusServiceUnavailable:    "temporarily_unavailable",
}
