package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// bodyLimit is the largest request body that any endpoint reads, in bytes.
const bodyLimit = 64 << 10

// reply is an answer before it is written, so that a fault can take its place after the call took effect.
type reply struct {
	status int
	body   any
	header http.Header
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

// with returns the reply with one header more.
func (p reply) with(key, value string) reply {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(key, value)
	return p
}

func (p reply) bytes() []byte {
	if p.body == nil {
		return nil
	}
	if raw, isRaw := p.body.(json.RawMessage); isRaw {
		return raw
	}
	b, err := json.Marshal(p.body)
	if err != nil { // only for a test's own Fault.Body or Details.Extra that JSON cannot carry
		return fmt.Appendf(nil, `{"status_code":500,"error":%q}`, err.Error())
	}
	return b
}

func (p reply) write(w http.ResponseWriter) {
	for k, v := range p.header {
		w.Header()[k] = v
	}
	b := p.bytes()
	if b != nil {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(p.status)
	_, _ = w.Write(b)
}

// apiError is the body of a failed call of the system API: Error in ACP's Swagger.
type apiError struct {
	StatusCode int            `json:"status_code"`
	Error      string         `json:"error"`
	ErrorCode  string         `json:"error_code,omitempty"`
	Details    map[string]any `json:"details,omitempty"`
}

func apiFailure(status int, code, reason string) reply {
	body := apiError{StatusCode: status, Error: http.StatusText(status), ErrorCode: code}
	if reason != "" {
		body.Details = map[string]any{"reason": reason}
	}
	return reply{status: status, body: body}
}

// oauthError is the body of a failed call of an OAuth endpoint: RFC 6749 section 5.2 and CIBA Core section 13.
type oauthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
	StatusCode  int    `json:"status_code,omitempty"`
}

func oauthFailure(status int, code, description string) reply {
	return reply{status: status, body: oauthError{Code: code, Description: description, StatusCode: status}}
}

// formOf reads a form body as RFC 6749 section 3.2 wants it: of that content type, and no parameter twice.
func formOf(r *http.Request) (map[string]string, error) {
	if mt, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		mt != "application/x-www-form-urlencoded" {
		return nil, errors.New("the body must be application/x-www-form-urlencoded")
	}
	if err := r.ParseForm(); err != nil {
		return nil, errors.New("the body is not a form")
	}
	form := make(map[string]string, len(r.PostForm))
	for k, v := range r.PostForm {
		if len(v) > 1 {
			return nil, fmt.Errorf("parameter %s is repeated", k)
		}
		form[k] = v[0]
	}
	return form, nil
}

// strictJSON decodes exactly one JSON object into v and refuses members that v doesn't have.
func strictJSON(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}
