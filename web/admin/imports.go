package admin

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/importer"
	"assent/store"
	"assent/web/admin/page"
	"assent/web/httpx"
)

func (h *handlers) importRoutes() []Route {
	return []Route{
		on("GET /admin/import", admin.EditPeople, h.imports),
		on("POST /admin/import", admin.EditPeople, h.uploadImport),
		on("GET /admin/import/{id}", admin.FollowImports, h.oneImport),
		quiet("GET /admin/import/{id}/progress", admin.FollowImports, h.importProgress),
		on("POST /admin/import/{id}/start", admin.EditPeople, h.startImport),
		on("POST /admin/import/{id}/cancel", admin.FollowImports, h.cancelImport),
		on("GET /admin/import/{id}/rows", admin.FollowImports, h.importRows),
		on("GET /admin/import/{id}/file", admin.EditPeople, h.importFile),
		on("GET /admin/import/{id}/result", admin.EditPeople, h.importResult),
		on("GET /admin/people.csv", admin.ExportPeople, h.exportPeople),
	}
}

const (
	importPath = "/admin/import"
	// importsShown are how many imports are listed.
	importsShown = 50
	// rowsShown are how many of an import's rows a page of them lists, and
	// rowsFirst how many the page of an import or a proposal begins with.
	rowsShown = 100
	rowsFirst = 20
	// uploadTime is how long an upload may take.
	uploadTime = time.Hour
)

// imports lists imports below the form for another. A file can't be sent again
// after the passkey was asked for, so it is asked for before the form is shown.
func (h *handlers) imports(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := h.Admins.Confirmed(r.Context(), who, admin.EditPeople); err != nil {
		return err
	}
	return h.showImports(w, r, who, http.StatusOK, "")
}

func (h *handlers) showImports(w http.ResponseWriter, r *http.Request, who admin.Identity, status int, fault string) error {
	list, err := h.Store.Imports(r.Context(), importsShown)
	if err != nil {
		return err
	}
	return h.show(w, r, status, page.Imports{List: list, Fault: fault, Export: who.May(admin.ExportPeople)}.Page(h.frame(r)))
}

// unlimited lets a request take as long as until, where the server's limits
// are for pages.
func unlimited(w http.ResponseWriter, until time.Time) error {
	c := http.NewResponseController(w)
	for _, set := range []func(time.Time) error{c.SetReadDeadline, c.SetWriteDeadline} {
		if err := set(until); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
	}
	return nil
}

// uploadImport streams a file to where it is checked.
func (h *handlers) uploadImport(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := h.Admins.Confirmed(r.Context(), who, admin.EditPeople); err != nil {
		w.Header().Set("Connection", "close") // the file isn't read
		return err
	}
	words := h.words(r)
	r.Body = http.MaxBytesReader(w, r.Body, importer.Largest+httpx.FormLimit)
	parts, err := r.MultipartReader()
	if err != nil {
		return h.showImports(w, r, who, http.StatusUnprocessableEntity, words.T("admin.import.no_file"))
	}
	if err := unlimited(w, time.Now().Add(uploadTime)); err != nil {
		return err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return h.showImports(w, r, who, http.StatusUnprocessableEntity, words.T("admin.import.no_file"))
		}
		if err != nil {
			return app.ErrMalformed.Because(err)
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		im, err := h.Admins.UploadImport(r.Context(), who, part.FileName(), words.Tag(), part)
		var large *http.MaxBytesError
		switch {
		case errors.Is(err, app.ErrImportSize), errors.As(err, &large):
			w.Header().Set("Connection", "close") // the rest isn't read
			return h.showImports(w, r, who, http.StatusRequestEntityTooLarge, words.T("admin.import.too_large", "most", strconv.Itoa(importer.Largest>>20)))
		case errors.Is(err, io.ErrUnexpectedEOF):
			return app.ErrMalformed.Because(err)
		case err != nil:
			return err
		}
		return httpx.SeeOther(w, r, importPath+"/"+im.ID)
	}
}

func (h *handlers) oneImport(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	return h.showImport(w, r, who, http.StatusOK, "")
}

func (h *handlers) showImport(w http.ResponseWriter, r *http.Request, who admin.Identity, status int, fault string) error {
	im, err := h.Store.Import(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	f := h.frame(r)
	p := page.Import{Import: im, Fault: fault}
	if cause, ok := importer.CauseOf(im); ok {
		p.Cause = cause.Words(f.Words)
	}
	if p.Faults, err = importer.FaultsOf(im); err != nil {
		return err
	}
	if im.State == store.ImportChecked && im.SweptAt == 0 {
		p.Preview, err = h.Admins.PreviewImport(r.Context(), who, im)
		if errors.Is(err, app.ErrImportState) { // its file is another one by now: it can't run
			p.Fault = f.Words.T("admin.import.fault.altered")
		} else if err != nil {
			return err
		}
		if p.Marked, err = h.markedRows(r, who, im, "", 0, rowsFirst); err != nil {
			return err
		}
	}
	if len(p.Faults)+len(p.Preview)+len(p.Marked.Rows) > 0 { // both quote the file
		if err := h.look(r, who, store.Looked{Kind: store.LookList, List: "import"}); err != nil {
			return err
		}
	}
	return h.show(w, r, status, p.Page(f))
}

// markedRows are rows of a checked import for whoever confirms it, from behind a
// line on.
func (h *handlers) markedRows(r *http.Request, who admin.Identity, im store.Import, mark store.ImportMark, after, limit int) (page.MarkedRows, error) {
	found, err := h.Admins.MarkedRows(r.Context(), who, im, mark, after, limit+1)
	out := page.MarkedRows{ID: im.ID, Mark: mark, Counts: found.Counts, Rows: found.Rows}
	if len(out.Rows) > limit {
		out.Rows = out.Rows[:limit]
		out.After = out.Rows[limit-1].Line
	}
	return out, err
}

// importRows lists the rows that whoever confirms an import should look at.
func (h *handlers) importRows(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	im, err := h.Store.Import(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	mark := store.ImportMark(r.URL.Query().Get("mark"))
	if mark != "" && !slices.Contains(store.ImportMarks, mark) {
		return app.ErrMalformed.In("mark")
	}
	path := importPath + "/" + im.ID + "/rows"
	place, err := h.place(r, who, path)
	if err != nil {
		return err
	}
	after := 0
	if place != "" {
		if after, err = strconv.Atoi(place); err != nil {
			return app.ErrMalformed.In("after").Because(err)
		}
	}
	rows, err := h.markedRows(r, who, im, mark, after, rowsShown)
	if err != nil {
		return err
	}
	if err := h.look(r, who, listed("import", place)); err != nil {
		return err
	}
	p := page.ImportRows{Import: im, Marked: rows, Further: place != ""}
	if rows.After > 0 {
		p.More = h.nextPage(r, who, path, strconv.Itoa(rows.After))
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

// importFile streams the file of a checked import, as it was read.
func (h *handlers) importFile(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	began := false
	to := &late{w: w, begin: func() error {
		began = true
		return download(w, "assent-import-checked.csv")
	}}
	err := h.Admins.CheckedFile(r.Context(), who, r.PathValue("id"), to, h.words(r))
	if err != nil && began {
		h.Log.ErrorContext(r.Context(), "a checked file broke off", "err", err)
		panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
	}
	if errors.Is(err, app.ErrImportState) {
		return h.showImport(w, r, who, http.StatusConflict, h.words(r).Error(app.ErrImportState.Code))
	}
	return err
}

// late begins an answer with its first bytes: until then it can be an error.
type late struct {
	w     io.Writer
	begin func() error
	begun bool
}

// Write implements io.Writer.
func (l *late) Write(b []byte) (int, error) {
	if !l.begun {
		l.begun = true
		if err := l.begin(); err != nil {
			return 0, err
		}
	}
	return l.w.Write(b)
}

// importProgress is the part of the page that its script asks for.
func (h *handlers) importProgress(w http.ResponseWriter, r *http.Request, _ admin.Identity) error {
	im, err := h.Store.Import(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, page.Import{Import: im}.Progress(h.frame(r)))
}

func (h *handlers) startImport(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	return h.importMoved(w, r, who, h.Admins.StartImport(r.Context(), who, r.PathValue("id")))
}

func (h *handlers) cancelImport(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	return h.importMoved(w, r, who, h.Admins.CancelImport(r.Context(), who, r.PathValue("id")))
}

func (h *handlers) importMoved(w http.ResponseWriter, r *http.Request, who admin.Identity, err error) error {
	if errors.Is(err, app.ErrImportState) {
		return h.showImport(w, r, who, http.StatusConflict, h.words(r).Error(app.ErrImportState.Code))
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, importPath+"/"+r.PathValue("id"))
}

// download begins an answer that is a CSV file.
func download(w http.ResponseWriter, name string) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Cache-Control", "no-store")
	return unlimited(w, time.Time{})
}

func (h *handlers) importResult(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	result, size, err := h.Admins.ImportResult(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	defer result.Close()
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	if err := download(w, "assent-import-result.csv"); err != nil {
		return err
	}
	if _, err := io.Copy(w, result); err != nil {
		panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
	}
	return nil
}

// exportPeople streams everybody.
func (h *handlers) exportPeople(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	if err := h.Admins.Confirmed(r.Context(), who, admin.ExportPeople); err != nil {
		return err
	}
	if err := download(w, "assent-people.csv"); err != nil {
		return err
	}
	if _, err := h.Admins.ExportPeople(r.Context(), who, w); err != nil {
		h.Log.ErrorContext(r.Context(), "an export of people broke off", "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
