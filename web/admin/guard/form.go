package guard

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"assent/app"
	"assent/web/httpx"
)

// Form is a form that was read within its limit.
type Form struct{ fields url.Values }

// Get gives the value of a field, the first of several; "" where it isn't sent.
func (f Form) Get(name string) string { return f.fields.Get(name) }

// Has tells whether a field was sent.
func (f Form) Has(name string) bool { return f.fields.Has(name) }

// All gives all values of a field.
func (f Form) All(name string) []string { return f.fields[name] }

// ReadForm reads a form of at most httpx.FormLimit bytes. Routes of those who are
// signed in have it read by Post or PostFresh.
func ReadForm(w http.ResponseWriter, r *http.Request) (Form, error) {
	err := httpx.Form(w, r)
	return Form{r.PostForm}, err
}

// ErrNoFile is an upload without a file.
var ErrNoFile = errors.New("the form has no file")

// Upload is a form with a file that isn't read yet.
type Upload struct {
	request *http.Request
	limit   int64
}

// File is the file of an upload.
type File struct {
	Form    // the fields that stand before it
	Name    string
	Content io.Reader // gives httpx.ErrTooLarge where the form is over its limit
}

func openUpload(limit int64) read[Upload] {
	return func(w http.ResponseWriter, r *http.Request) (Upload, error) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		return Upload{r, limit}, nil
	}
}

// File reads the form as far as the file in the field named "file". Without one
// it is ErrNoFile, over the limit httpx.ErrTooLarge, otherwise app.ErrMalformed.
func (u Upload) File() (File, error) {
	if u.request.ContentLength > u.limit {
		return File{}, httpx.ErrTooLarge
	}
	parts, err := u.request.MultipartReader()
	if err != nil {
		return File{}, ErrNoFile
	}
	out := File{Form: Form{url.Values{}}}
	room := int64(httpx.FormLimit)
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return File{}, ErrNoFile
		case err != nil:
			return File{}, fault(err)
		case part.FormName() == "file" && part.FileName() != "":
			out.Name, out.Content = part.FileName(), limited{part}
			return out, nil
		case part.FileName() != "":
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, room+1))
		if err != nil {
			return File{}, fault(err)
		}
		if room -= int64(len(value)); room < 0 {
			return File{}, httpx.ErrTooLarge
		}
		out.fields.Add(part.FormName(), string(value))
	}
}

// fault is what went wrong with a form.
func fault(err error) error {
	if errors.As(err, new(*http.MaxBytesError)) {
		return httpx.ErrTooLarge
	}
	return app.ErrMalformed.Because(err)
}

// limited gives httpx.ErrTooLarge for what is over the limit of the form.
type limited struct{ part *multipart.Part }

// Read implements io.Reader.
func (l limited) Read(b []byte) (int, error) {
	n, err := l.part.Read(b)
	if errors.As(err, new(*http.MaxBytesError)) {
		err = httpx.ErrTooLarge
	}
	return n, err
}
