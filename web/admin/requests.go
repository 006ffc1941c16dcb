package admin

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/consent"
	"assent/app/i18n"
	"assent/app/receipt"
	"assent/app/slip"
	"assent/store"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/httpx"
	"assent/web/view"
)

func (h *handlers) requestRoutes() []guard.Route {
	return []guard.Route{
		guard.Get[may.ViewRequests]("/admin/requests", h.requests),
		guard.Get[may.ViewRequests]("/admin/requests/{id}", h.request),
		guard.GetFresh[may.ExportRequests]("/admin/requests/{id}/receipt", h.receipt),
		guard.Get[may.CancelRequests]("/admin/requests/{id}/cancel", h.askToWithdraw),
		guard.PostFresh[may.CancelRequests]("/admin/requests/{id}/cancel", h.cancelRequest),
		guard.PostFresh[may.CancelRequests]("/admin/requests/{id}/resolve", h.resolve),
		guard.Post[may.RetryRequests]("/admin/requests/{id}/retry", h.retryDelivery),
		guard.PostFresh[may.TestRequests]("/admin/devices/{id}/test", h.testDevice),
		guard.GetQuiet[may.ViewRequests]("/admin/events", h.events),
	}
}

// requestsPage is how many requests a page lists.
const requestsPage = 50

// requests lists them, newest first.
func (h *handlers) requests(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewRequests]) error {
	asked := r.URL.Query()
	f := store.RequestFilter{
		State:    app.RequestState(asked.Get("state")),
		Delivery: app.DeliveryState(asked.Get("delivery")),
		ClientID: asked.Get("client"),
		PersonID: asked.Get("person"),
		Ref:      asked.Get("ref"),
	}
	after, err := h.place(r, who, "/admin/requests")
	if err != nil {
		return err
	}
	f.InDoubt = asked.Get("doubt") != ""
	if f.State == page.WithdrawnOnes {
		f.State, f.Withdrawn = "", true
	}
	rows, next, err := h.Store.Requests(r.Context(), f, after, requestsPage)
	if err != nil {
		return err
	}
	if f.Ref != "" && len(rows) == 1 && after == "" {
		return httpx.SeeOther(w, r, "/admin/requests/"+rows[0].ID)
	}
	look := listed("requests", after)
	look.Refresh = refreshed(r) && after == "" && f.PersonID == "" && f.ClientID == "" && f.Ref == ""
	if look.PersonID, _, err = h.real(r.Context(), f.PersonID, ""); err != nil {
		return err
	}
	if err := h.look(r, who, look); err != nil {
		return err
	}
	p := page.Requests{
		State:    app.RequestState(asked.Get("state")),
		InDoubt:  f.InDoubt,
		Delivery: f.Delivery,
		Ref:      f.Ref,
		Client:   f.ClientID,
		Person:   f.PersonID,
	}
	if p.Ending, err = h.Store.Ending(r.Context()); err != nil {
		return err
	}
	for _, req := range rows {
		row, err := h.requestRow(r, who, req)
		if err != nil {
			return err
		}
		p.List = append(p.List, row)
	}
	p.Older = h.nextPage(r, who, "/admin/requests", next)
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

func (h *handlers) requestRow(r *http.Request, who admin.Caller, req app.Request) (page.RequestRow, error) {
	p, err := h.Store.Person(r.Context(), req.PersonID)
	if err != nil {
		return page.RequestRow{}, err
	}
	return page.RequestRow{
		ID:         req.ID,
		Ref:        req.Ref,
		Client:     i18n.Plain(req.ClientName),
		Person:     h.nameOf(r, who, p),
		Kind:       req.Kind,
		State:      req.State,
		Reason:     req.Reason,
		Delivery:   req.Delivery,
		Withdrawal: req.Withdrawal(),
		Created:    req.CreatedAt.Time(),
		Ends:       req.ExpiresAt.Time(),
		Quiet:      req.Quiet,
	}, nil
}

// nameOf is a person's name as the role of who may see it.
func (h *handlers) nameOf(r *http.Request, who admin.Caller, p app.Person) string {
	switch {
	case p.ErasedAt != 0:
		return h.words(r).T("admin.people.erased")
	case who.May(admin.ViewPersonalData):
		return p.Name
	}
	return view.MaskName(p.Name)
}

// requestNotes are what a request's page says after a change.
var requestNotes = map[string]i18n.Key{
	"cancelled": "admin.requests.cancelled_now",
	"retried":   "admin.requests.retried_now",
	"sent":      "admin.requests.sent_now",
	"withdrawn": "admin.requests.withdrawn_now",
	"resolved":  "admin.requests.resolved_now",
}

// request traces one.
func (h *handlers) request(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewRequests]) error {
	note := ""
	if key, ok := requestNotes[r.URL.Query().Get("done")]; ok {
		note = h.words(r).T(key)
	}
	return h.showRequest(w, r, who, http.StatusOK, note, "")
}

func (h *handlers) showRequest(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Caller,
	status int,
	note, fault string,
) error {
	ctx, f := r.Context(), h.frame(r)
	req, err := h.Store.Request(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.look(r, who,
		store.Looked{Kind: store.LookRequest, PersonID: req.PersonID, RequestID: req.ID}); err != nil {
		return err
	}
	row, err := h.requestRow(r, who, req)
	if err != nil {
		return err
	}
	p := page.OneRequest{
		RequestRow: row,
		PersonID:   req.PersonID,
		Connection: req.Connection,
		Server:     req.ServerID,
		ClientID:   req.ClientID,
		Login:      req.LoginID,
		Cause:      req.DeliveryCause,
		Unsure:     req.DeliveryUnsure && req.Delivery == app.DeliveryFailed,
		Tries:      req.DeliveryTries,
		Note:       note,
		Fault:      fault,
		Receipt:    req.Receipt != "" && who.May(admin.ExportRequests),
		Cancel:     req.State == app.Pending && who.May(admin.CancelRequests),
		Retry:      mayRetry(req) && who.May(admin.RetryRequests),
		Withdraw:   mayWithdraw(req) && who.May(admin.CancelRequests),
		Consent:    req.ConsentID,
		Resolved:   req.ResolvedAt != 0,
		Resolve:    req.Withdrawal().InDoubt() && req.ResolvedAt == 0 && who.May(admin.CancelRequests),
		Masked:     !who.May(admin.ViewPersonalData),
		Digest:     req.DetailsDigest,
		Decided:    req.DecidedAt.Time(),
	}
	if !p.Masked {
		p.Said = req.Said
		if p.Saw, p.Signed, err = h.saw(f, req); err != nil {
			return err
		}
	}
	if p.Ending, err = h.Store.EndedAtOnce(ctx, req.ID); err != nil {
		return err
	}
	trail, err := h.Store.AuditOfRequest(ctx, req.ID)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, e := range trail {
		if err := h.nameDevice(r, who, names, e.DeviceID); err != nil {
			return err
		}
		ev := page.Event{
			At:     e.At.Time(),
			Action: e.Action,
			Device: names[e.DeviceID],
			Actor:  e.ActorKind,
			Source: e.Source,
		}
		if ev.Detail, err = details(e.Detail); err != nil {
			return err
		}
		if p.Masked {
			ev.Detail = codesOf(ev.Detail)
		}
		p.Trail = append(p.Trail, ev)
	}
	return h.show(w, r, status, p.Page(f))
}

// details are what a row of the audit says beside its references.
func details(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	var out map[string]string
	err := json.Unmarshal([]byte(text), &out)
	return out, err
}

// codesOf are the details whose values are of fixed sets. In others may stand
// what another system or a person wrote.
func codesOf(detail map[string]string) map[string]string {
	out := map[string]string{}
	for _, name := range []string{"kind", "reason", "cause", "answer", "purpose"} {
		if value, ok := detail[name]; ok {
			out[name] = value
		}
	}
	return out
}

// nameDevice notes a device's name, which may hold its owner's.
func (h *handlers) nameDevice(r *http.Request, who admin.Caller, names map[string]string, id string) error {
	if _, known := names[id]; known || id == "" {
		return nil
	}
	d, err := h.Store.Device(r.Context(), id)
	if errors.Is(err, app.ErrUnknownDevice) {
		return nil
	}
	names[id] = deviceName(who, d)
	return err
}

func deviceName(who admin.Caller, d app.Device) string {
	if who.May(admin.ViewPersonalData) {
		return d.Name
	}
	return view.MaskName(d.Name)
}

// saw is what the person saw: as they signed it where they approved it, else
// what they were last shown, in the words of whoever asks; nil if they saw nothing.
func (h *handlers) saw(f page.Frame, req app.Request) (t *slip.Text, signed bool, err error) {
	if req.Receipt != "" {
		said, err := receipt.Verify([]byte(req.Receipt))
		if err == nil {
			t = &slip.Text{}
			if err := json.Unmarshal(said.Shown, t); err != nil {
				return nil, false, err
			}
			answered := t.Answered(slip.Answer{
				Scopes:         said.Granted.Scopes,
				Claims:         said.Granted.Claims,
				VerifiedClaims: said.Granted.VerifiedClaims,
				Accounts:       said.Granted.Accounts,
			})
			return &answered, true, nil
		}
		h.Log.Error("a receipt doesn't hold", "request", req.ID, "err", err)
	}
	sh, err := consent.Sheet(req)
	if err != nil || sh == nil {
		return nil, false, err
	}
	text := sh.Text(slip.Reader{
		Words:       f.Words,
		Institution: f.Institution,
		Here:        f.Words.T("admin.requests.on_device"),
		Now:         f.Now,
	})
	return &text, false, nil
}

// receipt gives the proof of an approval.
func (h *handlers) receipt(w http.ResponseWriter, r *http.Request, who admin.Fresh[may.ExportRequests]) error {
	req, err := h.Admins.Receipt(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition",
		mime.FormatMediaType("attachment", map[string]string{"filename": "assent-receipt-" + req.Ref + ".json"}))
	_, err = io.WriteString(w, req.Receipt)
	return err
}

// mayRetry tells whether ACP can be told once more of a request whose delivery failed.
func mayRetry(r app.Request) bool {
	return r.Delivery == app.DeliveryFailed && !r.ACPApproved && r.Tellable()
}

// mayWithdraw tells whether a request is an approval that isn't delivered.
func mayWithdraw(r app.Request) bool {
	return r.State == app.Approved && (r.Delivery == app.DeliveryWaiting || r.Delivery == app.DeliveryFailed)
}

// askToWithdraw says what can still be stopped of an approval that isn't
// delivered, and asks.
func (h *handlers) askToWithdraw(w http.ResponseWriter, r *http.Request, who admin.Grant[may.CancelRequests]) error {
	req, err := h.Store.Request(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !mayWithdraw(req) {
		return httpx.SeeOther(w, r, "/admin/requests/"+url.PathEscape(req.ID))
	}
	row, err := h.requestRow(r, who, req)
	if err != nil {
		return err
	}
	if err := h.look(r, who,
		store.Looked{Kind: store.LookRequest, PersonID: req.PersonID, RequestID: req.ID}); err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, page.Withdraw{RequestRow: row, Unsure: req.DeliveryUnsure}.Page(h.frame(r)))
}

// cancelRequest ends one that waits, or takes back an approval.
func (h *handlers) cancelRequest(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.CancelRequests],
	_ guard.Form,
) error {
	if err := h.Admins.CancelRequest(r.Context(), who, r.PathValue("id")); err != nil {
		return h.acted(w, r, who, "", err)
	}
	req, err := h.Store.Request(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	done := "cancelled"
	if req.WithdrawnAt != 0 {
		done = "withdrawn"
	}
	return h.acted(w, r, who, done, nil)
}

// resolve notes that what ACP holds, or may hold, is dealt with.
func (h *handlers) resolve(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.CancelRequests],
	_ guard.Form,
) error {
	return h.acted(w, r, who, "resolved", h.Admins.Resolve(r.Context(), who, r.PathValue("id")))
}

// retryDelivery has a delivery that failed tried again.
func (h *handlers) retryDelivery(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Grant[may.RetryRequests],
	_ guard.Form,
) error {
	return h.acted(w, r, who, "retried", h.Admins.RetryDelivery(r.Context(), who, r.PathValue("id")))
}

// acted goes back to the request's page, or says there why nothing was done.
func (h *handlers) acted(w http.ResponseWriter, r *http.Request, who admin.Caller, done string, err error) error {
	if errors.Is(err, app.ErrNotPending) || errors.Is(err, app.ErrNotFailed) || errors.Is(err, app.ErrNotInDoubt) {
		return h.showRequest(w, r, who, http.StatusConflict, "", h.words(r).Error(codeOf(err)))
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/admin/requests/"+url.PathEscape(r.PathValue("id"))+"?done="+done)
}

// testDevice sends a test and goes to its trace.
func (h *handlers) testDevice(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.TestRequests],
	_ guard.Form,
) error {
	req, err := h.Admins.TestDevice(r.Context(), who, strings.TrimSpace(r.PathValue("id")), h.frame(r).Institution)
	if err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/admin/requests/"+req.ID+"?done=sent")
}
