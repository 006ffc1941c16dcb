package admin

import (
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/audit"
	"assent/store"
	"assent/web/admin/guard"
	"assent/web/admin/page"
)

func (h *handlers) auditRoutes() []guard.Route {
	return []guard.Route{
		guard.Get[may.ViewAudit]("/admin/audit", h.audit),
		guard.Get[may.ViewAudit](dayPath, h.adminDay),
		guard.Get[may.ViewAudit]("/admin/audit/chain", h.auditChain),
		guard.PostFresh[may.ExportAudit]("/admin/audit/export", h.exportAudit),
	}
}

// auditPage is how many rows a page lists.
const auditPage = 50

// day reads a day of a form in the zone of whoever asks; empty is none.
func day(s string, zone *time.Location) (time.Time, error) {
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}, nil
	}
	return time.ParseInLocation(time.DateOnly, s, zone)
}

// between reads the days of a form: from the first's beginning to the last's end.
func (h *handlers) between(r *http.Request, since, until string) (from, to app.Instant, err error) {
	zone := h.words(r).Zone()
	first, err1 := day(since, zone)
	last, err2 := day(until, zone)
	if !last.IsZero() {
		last = last.AddDate(0, 0, 1)
	}
	return app.At(first), app.At(last), errors.Join(err1, err2)
}

// audit lists its rows, newest first.
func (h *handlers) audit(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewAudit]) error {
	asked, f := r.URL.Query(), h.frame(r)
	p := page.Audit{
		Action:  asked.Get("action"),
		Person:  asked.Get("person"),
		Request: asked.Get("request"),
		Actor:   asked.Get("actor"),
		Since:   asked.Get("since"),
		Until:   asked.Get("until"),
		Export:  who.May(admin.ExportAudit),
	}
	filter := store.AuditFilter{Action: p.Action, PersonID: p.Person, RequestID: p.Request, ActorID: p.Actor}
	status := http.StatusOK
	var err error
	if filter.Since, filter.Until, err = h.between(r, p.Since, p.Until); err != nil {
		p.Fault, status = f.Words.T("admin.audit.bad_time"), http.StatusUnprocessableEntity
		return h.show(w, r, status, p.Page(f))
	}
	place, err := h.place(r, who, "/admin/audit")
	if err != nil {
		return err
	}
	after, err := store.ParseAuditCursor(place)
	if err != nil {
		return err
	}
	rows, err := h.Store.AuditPage(r.Context(), filter, after, auditPage+1)
	if err != nil {
		return err
	}
	if len(rows) > auditPage {
		rows = rows[:auditPage]
		p.Older = h.nextPage(r, who, "/admin/audit", rows[auditPage-1].Cursor().String())
	}
	look := store.Looked{Kind: store.LookAudit, PersonID: p.Person, RequestID: p.Request}
	if len(rows) == 0 { // a row may be of a request that isn't kept any more
		if look.PersonID, look.RequestID, err = h.real(r.Context(), p.Person, p.Request); err != nil {
			return err
		}
	}
	if err := h.look(r, who, look); err != nil {
		return err
	}
	if p.List, err = h.auditRows(r, who, rows); err != nil {
		return err
	}
	return h.show(w, r, status, p.Page(f))
}

// auditRows puts names beside the references that the audit holds.
func (h *handlers) auditRows(r *http.Request, who admin.Caller, rows []store.AuditEntry) ([]page.AuditRow, error) {
	people, admins := map[string]string{}, map[string]string{}
	var out []page.AuditRow
	for _, e := range rows {
		if _, known := people[e.PersonID]; !known && e.PersonID != "" {
			p, err := h.Store.Person(r.Context(), e.PersonID)
			if err != nil && !errors.Is(err, app.ErrUnknownPerson) {
				return nil, err
			}
			if err == nil {
				people[e.PersonID] = h.nameOf(r, who, p)
			}
		}
		if _, known := admins[e.ActorID]; !known && e.ActorKind == app.ActorAdmin {
			a, err := h.Store.Admin(r.Context(), e.ActorID)
			if err != nil && !errors.Is(err, app.ErrUnknownAdmin) {
				return nil, err
			}
			admins[e.ActorID] = a.Name
		}
		detail, err := details(e.Detail)
		if err != nil {
			return nil, err
		}
		out = append(out,
			page.AuditRow{
				ID: e.ID,
				Event: page.Event{
					At:     e.At.Time(),
					Action: e.Action,
					Actor:  e.ActorKind,
					Source: e.Source,
					Detail: detail,
				},
				ActorID:   e.ActorID,
				ActorName: admins[e.ActorID],
				PersonID:  e.PersonID,
				Person:    people[e.PersonID],
				RequestID: e.RequestID,
			})
	}
	return out, nil
}

// auditChain checks the chain, and the end of it by a head that was kept.
func (h *handlers) auditChain(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewAudit]) error {
	p := page.Chain{Asked: strings.TrimSpace(r.URL.Query().Get("head"))}
	f := h.frame(r)
	var head store.AuditHead
	if p.Asked != "" {
		var err error
		if head, err = store.ParseAuditHead(p.Asked); err != nil {
			p.Fault = f.Words.T("admin.audit.bad_head")
			return h.show(w, r, http.StatusUnprocessableEntity, p.Page(f))
		}
	}
	rep, err := h.Admins.VerifyAudit(r.Context(), who, head)
	if err != nil {
		return err
	}
	p.Rows, p.Head = rep.Rows, rep.Last.String()
	if rep.Finding != nil {
		p.Finding = rep.Finding.Error()
	}
	p.HeadFound = rep.Head == store.HeadFound
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// exportAudit streams the audit of a time.
func (h *handlers) exportAudit(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ExportAudit],
	form guard.Form,
) error {
	var of audit.Range
	var err error
	if of.Since, of.Until, err = h.between(r, form.Get("since"), form.Get("until")); err != nil {
		return app.ErrMalformed.In("since").Because(err)
	}
	format := audit.Format(form.Get("format"))
	kind := map[audit.Format]string{audit.CSV: "text/csv; charset=utf-8", audit.JSONLines: "application/jsonl"}[format]
	if kind == "" {
		return app.ErrMalformed.In("format")
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition",
		mime.FormatMediaType("attachment", map[string]string{"filename": "assent-audit." + string(format)}))
	if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil &&
		!errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := h.Admins.ExportAudit(r.Context(), who, w, format, of); err != nil {
		h.Log.ErrorContext(r.Context(), "an export of the audit broke off", "err", err)
		panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
	}
	return nil
}
