package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/a-h/templ"

	"assent/app"
)

// FormLimit bounds a form of our own pages, in bytes.
const FormLimit = 16 << 10

// Body reads a JSON body of at most limit bytes. A Content-Type other than
// JSON is refused; none at all is read as JSON.
func Body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if ct := r.Header.Get("Content-Type"); ct != "" {
		media, _, err := mime.ParseMediaType(ct)
		if err != nil || media != "application/json" {
			return nil, ErrMediaType
		}
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, ErrTooLarge
	}
	if err != nil {
		return nil, app.ErrMalformed.Because(err)
	}
	return b, nil
}

// JSON decodes the body of a request from our own pages: exactly one value of
// type T, no unknown members.
func JSON[T any](w http.ResponseWriter, r *http.Request, limit int64) (T, error) {
	var v T
	b, err := Body(w, r, limit)
	if err != nil {
		return v, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, app.ErrMalformed.Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, app.ErrMalformed.Because(errors.New("more than one JSON value"))
	}
	return v, nil
}

// Form parses a form of our own pages.
func Form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, FormLimit)
	err := r.ParseForm()
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return ErrTooLarge
	}
	if err != nil {
		return app.ErrMalformed.Because(err)
	}
	return nil
}

// WriteJSON answers with v.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
	return nil
}

// Page renders c whole before the status is written, so that a failing page is
// an error answer and not half a page. Pages are personal: nobody may store them.
func Page(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	w.Write(b.Bytes())
	return nil
}

// SeeOther redirects after a form was taken (303).
func SeeOther(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}
