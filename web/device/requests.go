package device

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/app"
	"assent/app/authz"
	"assent/app/consent"
	"assent/app/login"
	"assent/app/push"
	"assent/app/slip"
	"assent/store"
	"assent/web/device/page"
	"assent/web/httpx"
	"assent/web/view"
)

// freshFor is how long something counts as having just happened.
const freshFor = 15 * time.Second

// inbox shows what waits.
func (h *handlers) inbox(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	f := h.frame(r) // its time is the page's: what comes later is an event
	waiting, err := h.Store.Inbox(r.Context(), id.Person.ID)
	if err != nil {
		return err
	}
	clients, err := h.Store.Waiting(r.Context(), id.Person.ID)
	if err != nil {
		return err
	}
	p := page.Inbox{Paused: id.Person.Paused()}
	backOffs, err := h.Store.BackOffs(r.Context(), id.Person.ID)
	if err != nil {
		return err
	}
	bursts, order := burstsOf(clients, backOffs)
	hidden, err := h.Consent.MayAskCode(r.Context(), waiting...)
	if err != nil {
		return err
	}
	for _, c := range clients {
		if bursts[c.ClientID] == nil {
			p.More += c.Requests
		}
	}
	for _, req := range waiting {
		sh, err := consent.Sheet(req)
		if err != nil {
			return err
		}
		row := page.Waiting{
			ID:       req.ID,
			Text:     waits(f, req, sh, hidden[req.ID]),
			Started:  req.CreatedAt.Time(),
			Deadline: req.ExpiresAt.Time(),
			Fresh:    f.Now.Sub(req.CreatedAt.Time()) < freshFor,
			First:    authz.Kind(req.Kind).Is(authz.Brazil, authz.Data),
		}
		if b := bursts[req.ClientID]; b != nil {
			b.Waiting = append(b.Waiting, row)
			continue
		}
		p.Waiting = append(p.Waiting, row)
	}
	p.More = max(0, p.More-len(p.Waiting)) // something may have come or gone between the two
	for _, b := range order {
		p.Bursts = append(p.Bursts, *b)
	}
	muted, err := h.Store.Mutes(r.Context(), id.Person.ID)
	if err != nil {
		return err
	}
	for _, m := range muted {
		p.Muted = append(p.Muted, page.Muted{ID: m.ClientID, Name: m.ClientName, Until: m.Until.Time()})
		for i := range p.Bursts {
			p.Bursts[i].Muted = p.Bursts[i].Muted || slices.Contains(p.Bursts[i].Clients, m.ClientID)
		}
	}
	if p.PushOff, err = h.pushOff(r, id); err != nil {
		return err
	}
	if p.Added, err = h.added(r, id); err != nil {
		return err
	}
	if p.Changed, err = h.changed(r, id); err != nil {
		return err
	}
	moved, err := h.Store.PushMoved(r.Context(), id.Device.ID)
	if err != nil {
		return err
	}
	p.Moved = moved > h.Store.Now().Add(-newsFor)
	news, err := h.Store.IdentityNews(r.Context(), id.Person.ID, h.Store.Now().Add(-newsFor))
	if err != nil {
		return err
	}
	for _, n := range news {
		p.Names = append(p.Names, page.NameNews{Change: n.Change, Kind: n.Kind, At: n.At.Time(), Until: n.Until.Time()})
	}
	coming, err := h.coming(r, id)
	if err != nil {
		return err
	}
	for _, c := range coming {
		p.Coming = p.Coming || !c.Here
	}
	if err := h.passkeyNews(r, id, &p); err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// newsFor is how long a person is told that their identifiers changed.
const newsFor = 7 * 24 * time.Hour

// burstSize is how many requests of one client are one slip, where some of them
// were kept quiet as a burst or because the client is muted.
const burstSize = 3

// burstsOf finds the clients whose requests are one slip, in their order. Those
// that came in a flood are one slip together. waits are the clients that wait
// after a denial, and until when.
func burstsOf(clients []store.Waiting, waits map[string]app.Instant) (of map[string]*page.Burst, order []*page.Burst) {
	of = map[string]*page.Burst{}
	var flood *page.Burst
	for _, c := range clients {
		switch {
		case c.Quiet == app.QuietNone,
			c.Requests < burstSize && (c.Quiet == app.QuietBurst || c.Quiet == app.QuietMuted):
			continue
		case c.Quiet == app.QuietFlood && flood != nil:
			flood.Times += c.Requests
			flood.First, flood.Last = min(flood.First, c.First), max(flood.Last, c.Last)
			flood.Clients = append(flood.Clients, c.ClientID)
			of[c.ClientID] = flood
			continue
		}
		b := &page.Burst{Clients: []string{c.ClientID}, Cause: c.Quiet, Name: c.ClientName, Times: c.Requests,
			First: c.First, Last: c.Last, Until: waits[c.ClientID].Time()}
		if c.Quiet == app.QuietFlood {
			flood = b
		}
		of[c.ClientID] = b
		order = append(order, b)
	}
	return of, order
}

// denyAll denies what waits of one client, or of those of a flood.
func (h *handlers) denyAll(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	if _, err := h.Consent.DenyAll(r.Context(), actor(r, id), r.PostForm["client"]...); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/")
}

// mute keeps a client that waits in the inbox quiet for a day.
func (h *handlers) mute(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	waiting, err := h.Store.Waiting(r.Context(), id.Person.ID)
	if err != nil {
		return err
	}
	for _, c := range waiting {
		if client := r.PostForm.Get("client"); c.ClientID == client {
			if err := h.Consent.Mute(r.Context(), actor(r, id), client, c.ClientName, true); err != nil {
				return err
			}
			break
		}
	}
	return httpx.SeeOther(w, r, "/")
}

// unmute takes that back.
func (h *handlers) unmute(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	if err := httpx.Form(w, r); err != nil {
		return err
	}
	if err := h.Consent.Mute(r.Context(), actor(r, id), r.PostForm.Get("client"), "", false); err != nil {
		return err
	}
	return httpx.SeeOther(w, r, "/")
}

// pushOff tells whether this device can't be notified although its person
// didn't choose so.
func (h *handlers) pushOff(r *http.Request, id login.Identity) (bool, error) {
	if id.Device.PushChoice == app.PushSkipped {
		return false, nil
	}
	_, err := h.Store.Subscription(r.Context(), id.Device.ID)
	if errors.Is(err, app.ErrUnknownDevice) {
		return true, nil
	}
	return false, err
}

// added finds another device that joined within the last day, or came to sign
// with another passkey.
func (h *handlers) added(r *http.Request, id login.Identity) (*page.Added, error) {
	devices, err := h.Store.Devices(r.Context(), id.Person.ID)
	if err != nil {
		return nil, err
	}
	dayAgo := h.Store.Now().Add(-24 * time.Hour)
	rekeyed, err := h.Store.Rekeyed(r.Context(), id.Person.ID, dayAgo)
	if err != nil {
		return nil, err
	}
	var newest *page.Added
	since := max(dayAgo, id.Device.CreatedAt)
	for _, d := range devices {
		at := max(d.CreatedAt, rekeyed[d.ID])
		if d.ID != id.Device.ID && at > since {
			newest, since = &page.Added{ID: d.ID, Name: d.Name, At: at.Time(), Rekeyed: at > d.CreatedAt}, at
		}
	}
	return newest, nil
}

// reader is who reads a sheet, on which device.
func reader(f view.Frame) slip.Reader {
	return slip.Reader{Words: f.Words, Institution: f.Institution, Owner: f.Owner, Here: f.Here.On(f.Words), Now: f.Now}
}

// text is a request in the words of its page: as it was shown, or as far as the
// start named it.
func text(f view.Frame, r app.Request, sh *slip.Sheet) slip.Text {
	if sh != nil {
		return sh.Text(reader(f))
	}
	bare := slip.Sheet{
		RequestID: r.ID,
		Ref:       r.Ref,
		Kind:      authz.Kind(r.Kind),
		Client:    slip.Client{ID: r.ClientID, Name: r.ClientName},
		Message:   r.BindingMessage,
		StartedAt: r.CreatedAt,
		ExpiresAt: r.ExpiresAt,
	}
	all := bare.Text(reader(f))
	t := slip.Text{
		Version:     all.Version,
		Lang:        all.Lang,
		Kind:        all.Kind,
		Ref:         all.Ref,
		Institution: all.Institution,
		Owner:       all.Owner,
		Requester:   all.Requester,
		Title:       all.Title,
		Verb:        all.Verb,
		Message:     all.Message,
		Deadline:    all.Deadline,
		Approve:     all.Approve,
		Deny:        all.Deny,
	}
	if s := bare.Kind.Row().Subject; s == authz.Data || s == authz.Payment {
		t.Verb = f.Words.T("request.asks_something")
	}
	return t
}

// waits is the text of a request that waits and isn't being decided on: with no
// code that its page may ask for, which hidden says.
func waits(f view.Frame, r app.Request, sh *slip.Sheet, hidden bool) slip.Text {
	if hidden {
		r.BindingMessage = ""
		if sh != nil && !sh.AskCode {
			sh.Message = ""
		}
	}
	return text(f, r, sh)
}

// request shows one request: to be decided, or what became of it.
func (h *handlers) request(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	return h.showRequest(w, r, id, http.StatusOK, "")
}

func (h *handlers) showRequest(w http.ResponseWriter, r *http.Request, id login.Identity, status int,
	fault string) error {
	f := h.frame(r)
	v, err := h.Consent.View(r.Context(), actor(r, id), r.PathValue("id"))
	if err != nil {
		return err
	}
	if v.Request.State != app.Pending {
		p, err := h.outcome(r, f, id, v.Request)
		if err != nil {
			return err
		}
		return h.show(w, r, status, p.Page(f))
	}
	req := v.Request
	hidden, err := h.Consent.MayAskCode(r.Context(), req)
	if err != nil {
		return err
	}
	t := waits(f, req, nil, hidden[req.ID])
	if v.Sheet != nil {
		t = text(f, req, v.Sheet)
	}
	_, words, err := t.Digest()
	if err != nil {
		return err
	}
	others, alike, err := h.others(r, f, req)
	if err != nil {
		return err
	}
	backOffs, err := h.Store.BackOffs(r.Context(), req.PersonID)
	if err != nil {
		return err
	}
	p := page.Request{
		Quiet: req.Quiet, QuietUntil: backOffs[req.ClientID].Time(),
		ID:          req.ID,
		Text:        t,
		Words:       words,
		Started:     req.CreatedAt.Time(),
		Deadline:    req.ExpiresAt.Time(),
		Seen:        v.Digest,
		Unreachable: v.Unreachable, AccountsUnavailable: v.NoAccounts, Fault: fault,
		Others: others, Alike: alike, CoolingUntil: v.Cooling.Time(),
		Changed: v.Digest != "" && req.DetailsDigest != "" && req.DetailsDigest != v.Digest, Fresh: req.OpenedAt == 0,
	}
	return h.show(w, r, status, p.Page(f))
}

// others are the requests of the same client that wait too; alike tells whether
// one of them can't be told from the request by its message.
func (h *handlers) others(r *http.Request, f view.Frame, req app.Request) (out []page.Waiting, alike bool, err error) {
	waiting, err := h.Store.Inbox(r.Context(), req.PersonID)
	if err != nil {
		return nil, false, err
	}
	waiting = slices.DeleteFunc(waiting,
		func(o app.Request) bool { return o.ClientID != req.ClientID || o.ID == req.ID })
	hidden, err := h.Consent.MayAskCode(r.Context(), waiting...)
	if err != nil {
		return nil, false, err
	}
	for _, o := range waiting {
		sh, err := consent.Sheet(o)
		if err != nil {
			return nil, false, err
		}
		alike = alike || h.Consent.Alike(req, o)
		out = append(out,
			page.Waiting{
				ID:       o.ID,
				Text:     waits(f, o, sh, hidden[o.ID]),
				Started:  o.CreatedAt.Time(),
				Deadline: o.ExpiresAt.Time(),
			})
	}
	return out, alike, nil
}

func (h *handlers) outcome(r *http.Request, f view.Frame, id login.Identity, req app.Request) (page.Outcome, error) {
	sh, err := consent.Approved(req)
	if err != nil {
		return page.Outcome{}, err
	}
	p := page.Outcome{ID: req.ID, Text: text(f, req, sh), State: req.State, Reason: req.Reason,
		At:       req.DecidedAt.Time(),
		Here:     req.DecidedBy == id.Device.ID,
		Delivery: req.Delivery,
		Unsure:   req.DeliveryUnsure,
		Taken:    taken(req),
		Digest:   req.DetailsDigest,
		Fresh:    h.Store.Now().Sub(req.DecidedAt) < freshFor,
		Receipt:  req.Receipt != "",
		Test:     req.Kind == app.KindTest}
	waiting, err := h.Store.Waiting(r.Context(), id.Person.ID)
	if err != nil {
		return p, err
	}
	for _, c := range waiting {
		p.Waiting += c.Requests
	}
	if req.WithdrawnAt != 0 {
		p.At = req.WithdrawnAt.Time()
	}
	if sh != nil && (req.State == app.Approved || req.WithdrawnAt != 0) {
		p.Done = sh.Done(reader(f))
	}
	if req.DecidedBy != "" {
		d, err := h.Store.Device(r.Context(), req.DecidedBy)
		if err != nil {
			return p, err
		}
		p.Device = d.Name
	}
	return p, nil
}

// taken is how far an approval was taken back, as its person is told. That ACP
// holds an approval of what they denied is for the console.
func taken(r app.Request) app.Withdrawal {
	if r.WithdrawnAt == 0 {
		return app.NotWithdrawn
	}
	return r.Withdrawal()
}

// receipt gives the file that proves an approval.
func (h *handlers) receipt(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	req, err := h.Store.RequestOf(r.Context(), id.Person.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	if req.Receipt == "" {
		return httpx.ErrNoRoute
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition",
		mime.FormatMediaType("attachment", map[string]string{"filename": "assent-receipt-" + req.Ref + ".json"}))
	_, err = io.WriteString(w, req.Receipt)
	return err
}

// deny takes a refusal. It is a plain form: it needs neither script nor ACP.
func (h *handlers) deny(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	return h.refuse(w, r, h.Consent.Deny(r.Context(), actor(r, id), r.PathValue("id")))
}

// report takes "I didn't ask for this".
func (h *handlers) report(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	return h.refuse(w, r, h.Consent.Report(r.Context(), actor(r, id), r.PathValue("id")))
}

// refuse goes to the request's page, which says what became of it: also where
// another device, or time, was quicker.
func (h *handlers) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	if err != nil && !errors.Is(err, app.ErrNotPending) && !errors.Is(err, app.ErrExpired) {
		return err
	}
	return httpx.SeeOther(w, r, "/requests/"+url.PathEscape(r.PathValue("id")))
}

// notice leads from a push notice to what it is about.
func (h *handlers) notice(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	about, to := r.PathValue("id"), "/devices"
	switch about {
	case push.NoticeDevices:
		about = ""
	case push.NoticeIdentifiers:
		about, to = "", "/"
	case push.NoticeTest:
		about, to = "", "/notifications/try"
	default:
		req, err := h.Store.RequestOf(r.Context(), id.Person.ID, about)
		if err != nil {
			return err
		}
		to = "/requests/" + req.ID
	}
	if opens(r) {
		if err := h.Push.Opened(r.Context(), actor(r, id), about); err != nil {
			return err
		}
	}
	return httpx.SeeOther(w, r, to)
}

// opens tells whether a person asks for a page, and not their browser ahead of
// them (Sec-Purpose: HTML, section 2.5; Purpose: what older ones send).
func opens(r *http.Request) bool {
	ahead := r.Header.Get("Sec-Purpose") + r.Header.Get("Purpose")
	return r.Method == http.MethodGet && !strings.Contains(strings.ToLower(ahead), "prefetch")
}

// historyPage is how many requests a page of history holds.
const historyPage = 30

// longestSearch is how much a person may look for, in bytes.
const longestSearch = 400

// history lists what was asked, newest first; what still waits stands in the inbox.
func (h *handlers) history(w http.ResponseWriter, r *http.Request, id login.Identity) error {
	before, asked := h.Store.Now().Add(time.Minute), r.URL.Query()
	bounds := []string{"history", id.Person.ID, id.Device.ID, strings.TrimSpace(asked.Get("q")), asked.Get("state")}
	place, err := h.cursors.Open(asked.Get("after"), bounds...)
	if err != nil {
		return err
	}
	if place != "" {
		ms, err := strconv.ParseInt(place, 10, 64)
		if err != nil {
			return app.ErrMalformed.In("after").Because(err)
		}
		before = app.Instant(ms)
	}
	filter := store.HistoryFilter{
		Before: before,
		State:  app.RequestState(asked.Get("state")),
		Text:   strings.TrimSpace(asked.Get("q")),
	}
	if filter.State == page.WithdrawnOnes {
		filter.State, filter.Withdrawn = "", true
	}
	if len(filter.Text) > longestSearch {
		return app.ErrMalformed.In("q")
	}
	if filter.Text != "" {
		if wait := h.searches.Hit(id.Person.ID); wait > 0 {
			return app.ErrTooMany.After(wait)
		}
	}
	rows, err := h.Store.History(r.Context(), id.Person.ID, filter, historyPage+1)
	if err != nil {
		return err
	}
	names, err := h.deviceNames(r, id)
	if err != nil {
		return err
	}
	f, p := h.frame(r), page.History{Query: filter.Text, State: app.RequestState(asked.Get("state"))}
	for i, req := range rows {
		if i == historyPage {
			older := url.Values{"after": {h.cursors.Seal(strconv.FormatInt(int64(rows[i-1].CreatedAt), 10), bounds...)}}
			for name, value := range map[string]string{"q": filter.Text, "state": string(p.State)} {
				if value != "" {
					older.Set(name, value)
				}
			}
			p.Older = "/history?" + older.Encode()
			break
		}
		sh, err := consent.Sheet(req)
		if err != nil {
			return err
		}
		e := page.Entry{ID: req.ID, Text: text(f, req, sh), State: req.State, Reason: req.Reason,
			At:       req.DecidedAt.Time(),
			Device:   names[req.DecidedBy],
			Delivery: req.Delivery,
			Unsure:   req.DeliveryUnsure,
			Taken:    taken(req)}
		if req.WithdrawnAt != 0 {
			e.At = req.WithdrawnAt.Time()
		}
		p.Entries = append(p.Entries, e)
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

func (h *handlers) deviceNames(r *http.Request, id login.Identity) (map[string]string, error) {
	devices, err := h.Store.Devices(r.Context(), id.Person.ID)
	names := map[string]string{}
	for _, d := range devices {
		names[d.ID] = d.Name
	}
	return names, err
}
