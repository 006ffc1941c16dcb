package admin

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/store"
	"assent/web/admin/page"
)

const (
	dayPath = "/admin/audit/day"
	// dayRows is how many rows a page of a day lists.
	dayRows = 200
	// closesRead is how many rows with counts of looks are read for a day.
	closesRead = 5000
)

// adminDay shows what one administrator looked at and did on one day.
func (h *handlers) adminDay(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewAudit]) error {
	ctx, f, asked := r.Context(), h.frame(r), r.URL.Query()
	p := page.Day{Admin: asked.Get("admin"), Day: strings.TrimSpace(asked.Get("day"))}
	admins, err := h.Store.Admins(ctx)
	if err != nil {
		return err
	}
	for _, a := range admins {
		p.Admins = append(p.Admins, page.DayAdmin{ID: a.ID, Name: a.Name, Email: a.Email})
	}
	zone := f.Words.Zone()
	from, err := day(p.Day, zone)
	if err != nil {
		p.Fault = f.Words.T("admin.audit.bad_time")
		return h.show(w, r, http.StatusUnprocessableEntity, p.Page(f))
	}
	if from.IsZero() {
		now := f.Now.In(zone)
		from = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
		p.Day = from.Format(time.DateOnly)
	}
	if p.Admin == "" {
		return h.show(w, r, http.StatusOK, p.Page(f))
	}
	one, err := h.Store.Admin(ctx, p.Admin)
	if err != nil {
		return err
	}
	p.Name = one.Name
	if err := h.look(r, who, store.Looked{Kind: store.LookAudit}); err != nil {
		return err
	}
	filter := store.AuditFilter{ActorID: p.Admin, Since: app.At(from), Until: app.At(from.AddDate(0, 0, 1))}
	times, err := h.timesLooked(r, filter)
	if err != nil {
		return err
	}
	if err := h.daySums(r, &p, filter, times); err != nil {
		return err
	}
	place, err := h.place(r, who, dayPath)
	if err != nil {
		return err
	}
	after, err := store.ParseAuditCursor(place)
	if err != nil {
		return err
	}
	rows, err := h.Store.AuditPage(ctx, filter, after, dayRows+1)
	if err != nil {
		return err
	}
	if len(rows) > dayRows {
		rows = rows[:dayRows]
		p.Older = h.nextPage(r, who, dayPath, rows[dayRows-1].Cursor().String())
	}
	list, err := h.auditRows(r, who, rows)
	if err != nil {
		return err
	}
	for i, row := range list {
		if row.Action == "look.counted" { // its count stands with the look
			continue
		}
		out := page.DayRow{AuditRow: row}
		if kind, is := strings.CutPrefix(row.Action, "look."); is {
			out.Times = max(1,
				times[looked(store.LookKind(kind), rows[i].PersonID, rows[i].RequestID, row.Detail, rows[i].At)])
		}
		p.List = append(p.List, out)
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// seenThing is what looks are counted together by, in one hour.
type seenThing struct {
	kind            store.LookKind
	person, request string
	extra           string // the hash of a search, or the list
	hour            int64
}

func looked(kind store.LookKind, person, request string, detail map[string]string, at app.Instant) seenThing {
	return seenThing{kind, person, request, detail["hash"] + detail["list"], at.Time().UTC().Truncate(time.Hour).Unix()}
}

// timesLooked gives how often each thing was looked at in each hour of a day:
// the counts stand in the rows that follow, and of the hour that runs in none yet.
func (h *handlers) timesLooked(r *http.Request, of store.AuditFilter) (map[seenThing]int, error) {
	until := of.Until
	of.Action, of.Until = "look.", of.Until.Add(48*time.Hour) // an hour is closed at the next start at the latest
	rows, err := h.Store.AuditPage(r.Context(), of, store.AuditCursor{}, closesRead)
	if err != nil {
		return nil, err
	}
	times := map[seenThing]int{}
	for _, row := range rows {
		detail, err := details(row.Detail)
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(detail["count"])
		hour, err2 := time.Parse(time.RFC3339, detail["hour"])
		if err != nil || err2 != nil || app.At(hour) >= until {
			continue
		}
		kind := store.LookKind(strings.TrimPrefix(row.Action, "look."))
		if detail["kind"] != "" {
			kind = store.LookKind(detail["kind"])
		}
		times[looked(kind, row.PersonID, row.RequestID, detail, app.At(hour))] = n
	}
	open, err := h.Store.OpenLooks(r.Context(), of.ActorID)
	if err != nil {
		return nil, err
	}
	for _, o := range open {
		detail := map[string]string{}
		switch o.Kind {
		case store.LookSearch:
			detail["hash"] = o.Subject
		case store.LookList:
			detail["list"], _, _ = strings.Cut(o.Subject, ":")
		}
		times[looked(o.Kind, o.PersonID, o.RequestID, detail, o.Hour)] = o.Count
	}
	return times, nil
}

// daySums counts a day's rows by what they are.
func (h *handlers) daySums(r *http.Request, p *page.Day, of store.AuditFilter, times map[seenThing]int) error {
	counts, err := h.Store.ActionCounts(r.Context(), of.ActorID, of.Since, of.Until)
	if err != nil {
		return err
	}
	for _, action := range slices.Sorted(maps.Keys(counts)) {
		n := counts[action]
		switch domain, verb, _ := strings.Cut(action, "."); {
		case action == "look.counted", domain == "admin" && verb == "sign_out":
		case action == "look.search":
			p.Searches += n
		case domain == "look":
			p.Looks += n
		case domain == "admin" && strings.HasPrefix(verb, "sign_in"):
			p.SignIns += n
		default:
			p.Changes += n
		}
	}
	for thing, n := range times {
		if hour := app.At(time.Unix(thing.hour, 0)); hour.Add(time.Hour) <= of.Since || hour >= of.Until {
			continue
		}
		if thing.kind == store.LookSearch {
			p.Searches += n - 1
		} else {
			p.Looks += n - 1
		}
	}
	return nil
}
