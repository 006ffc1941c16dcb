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
	"assent/app/admin/may"
	"assent/app/importer"
	"assent/store"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/httpx"
)

func (h *handlers) importRoutes() []guard.Route {
	return []guard.Route{
		guard.GetFresh[may.EditPeople]("/admin/import", h.imports),
		guard.PostFile[may.EditPeople]("/admin/import", importer.Largest+httpx.FormLimit, h.uploadImport),
		guard.Get[may.FollowImports]("/admin/import/{id}", h.oneImport),
		guard.GetQuiet[may.FollowImports]("/admin/import/{id}/progress", h.importProgress),
		guard.PostFresh[may.EditPeople]("/admin/import/{id}/start", h.startImport),
		guard.Post[may.FollowImports]("/admin/import/{id}/cancel", h.cancelImport),
		guard.Get[may.FollowImports]("/admin/import/{id}/rows", h.importRows),
		guard.GetFresh[may.EditPeople]("/admin/import/{id}/file", h.importFile),
		guard.GetFresh[may.EditPeople]("/admin/import/{id}/result", h.importResult),
		guard.GetFresh[may.ExportPeople]("/admin/people.csv", h.exportPeople),
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
func (h *handlers) imports(w http.ResponseWriter, r *http.Request, who admin.Fresh[may.EditPeople]) error {
	return h.showImports(w, r, who, http.StatusOK, "")
}

func (h *handlers) showImports(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Caller,
	status int,
	fault string,
) error {
	list, err := h.Store.Imports(r.Context(), importsShown)
	if err != nil {
		return err
	}
	return h.show(w, r, status,
		page.Imports{List: list, Fault: fault, Export: who.May(admin.ExportPeople)}.Page(h.frame(r)))
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
func (h *handlers) uploadImport(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.EditPeople],
	up guard.Upload,
) error {
	words := h.words(r)
	if err := unlimited(w, time.Now().Add(uploadTime)); err != nil {
		return err
	}
	var im store.Import
	file, err := up.File()
	if err == nil {
		im, err = h.Admins.UploadImport(r.Context(), who, file.Name, words.Tag(), file.Content)
	}
	switch {
	case errors.Is(err, guard.ErrNoFile):
		return h.showImports(w, r, who, http.StatusUnprocessableEntity, words.T("admin.import.no_file"))
	case errors.Is(err, app.ErrImportSize), errors.Is(err, httpx.ErrTooLarge):
		w.Header().Set("Connection", "close") // the rest isn't read
		most := strconv.Itoa(importer.Largest >> 20)
		return h.showImports(w, r, who, http.StatusRequestEntityTooLarge,
			words.T("admin.import.too_large", "most", most))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return app.ErrMalformed.Because(err)
	case err != nil:
		return err
	}
	return httpx.SeeOther(w, r, importPath+"/"+im.ID)
}

func (h *handlers) oneImport(w http.ResponseWriter, r *http.Request, who admin.Grant[may.FollowImports]) error {
	return h.showImport(w, r, who, http.StatusOK, "")
}

func (h *handlers) showImport(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Caller,
	status int,
	fault string,
) error {
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
		follow, err := admin.Also[may.FollowImports](r.Context(), who)
		if err != nil {
			return err
		}
		p.Preview, err = h.Admins.PreviewImport(r.Context(), follow, im)
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

// markedRows are rows of a checked import for the administrator who confirms it, from behind a
// line on.
func (h *handlers) markedRows(
	r *http.Request,
	who admin.Caller,
	im store.Import,
	mark store.ImportMark,
	after, limit int,
) (page.MarkedRows, error) {
	follow, err := admin.Also[may.FollowImports](r.Context(), who)
	if err != nil {
		return page.MarkedRows{}, err
	}
	found, err := h.Admins.MarkedRows(r.Context(), follow, im, mark, after, limit+1)
	out := page.MarkedRows{ID: im.ID, Mark: mark, Counts: found.Counts, Rows: found.Rows}
	if len(out.Rows) > limit {
		out.Rows = out.Rows[:limit]
		out.After = out.Rows[limit-1].Line
	}
	return out, err
}

// importRows lists the rows that the administrator who confirms an import should look at.
func (h *handlers) importRows(w http.ResponseWriter, r *http.Request, who admin.Grant[may.FollowImports]) error {
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
func (h *handlers) importFile(w http.ResponseWriter, r *http.Request, who admin.Fresh[may.EditPeople]) error {
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
func (h *handlers) importProgress(w http.ResponseWriter, r *http.Request, _ admin.Grant[may.FollowImports]) error {
	im, err := h.Store.Import(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, page.Import{Import: im}.Progress(h.frame(r)))
}

func (h *handlers) startImport(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.EditPeople],
	_ guard.Form,
) error {
	return h.importMoved(w, r, who, h.Admins.StartImport(r.Context(), who, r.PathValue("id")))
}

func (h *handlers) cancelImport(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Grant[may.FollowImports],
	_ guard.Form,
) error {
	return h.importMoved(w, r, who, h.Admins.CancelImport(r.Context(), who, r.PathValue("id")))
}

func (h *handlers) importMoved(w http.ResponseWriter, r *http.Request, who admin.Caller, err error) error {
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

func (h *handlers) importResult(w http.ResponseWriter, r *http.Request, who admin.Fresh[may.EditPeople]) error {
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
func (h *handlers) exportPeople(w http.ResponseWriter, r *http.Request, who admin.Fresh[may.ExportPeople]) error {
	if err := download(w, "assent-people.csv"); err != nil {
		return err
	}
	if _, err := h.Admins.ExportPeople(r.Context(), who, w); err != nil {
		h.Log.ErrorContext(r.Context(), "an export of people broke off", "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
