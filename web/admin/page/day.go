package page

import (
	"net/url"
	"time"

	"github.com/a-h/templ"

	"assent/app/i18n"
)

// Day is what one administrator looked at and did on one day.
type Day struct {
	Admins      []DayAdmin
	Admin, Name string // that is shown; empty before one is chosen
	Day         string // in the form
	List        []DayRow
	Fault       string
	Older       string

	SignIns, Looks, Searches, Changes int
}

// DayAdmin is an administrator who can be chosen.
type DayAdmin struct{ ID, Name, Email string }

// DayRow is a row of the audit; of a look it says how often, in its hour.
type DayRow struct {
	AuditRow
	Times int // 0 where it is no look
}

func (p Day) title(w i18n.Words) string {
	if p.Name == "" {
		return w.T("admin.day.title")
	}
	return w.T("admin.day.title_of", "name", p.Name)
}

// sums say the day in figures; empty before an administrator is chosen.
func (p Day) sums(w i18n.Words) string {
	if p.Admin == "" {
		return w.T("admin.day.lead")
	}
	return w.N("admin.day.sign_ins", p.SignIns, "count", Figure(w, p.SignIns)) + " · " +
		w.N("admin.day.looks", p.Looks, "count", Figure(w, p.Looks)) +
		" · " + w.N("admin.day.searches", p.Searches, "count", Figure(w, p.Searches)) + " · " +
		w.N("admin.day.changes", p.Changes, "count", Figure(w, p.Changes))
}

// said is what a row says beside its references: of a search what it is known
// by and how much it found; how often something was looked at has a column.
func (r DayRow) said(w i18n.Words) string {
	switch r.Action {
	case "look.search":
		return w.T("admin.day.search", "hash", r.Detail["hash"], "hits", r.Detail["hits"])
	case "look.list":
		if key, ok := listWords[r.Detail["list"]]; ok {
			return w.T(key)
		}
	case "look.person", "look.accounts", "look.request", "look.audit":
		return ""
	}
	return r.details(w)
}

// listWords are the lists that are looked at.
var listWords = map[string]i18n.Key{
	"people":         "admin.people.title",
	"people.pages":   "admin.day.people_pages",
	"requests":       "admin.requests.title",
	"requests.pages": "admin.day.requests_pages",
	"overview":       "admin.overview.title",
	"proposals":      "admin.proposals.title",
	"mistakable":     "admin.people.mistakable_title",
	"import":         "admin.day.import",
	"import.pages":   "admin.day.import_pages",
}

// dayOf is the path of an administrator's day.
func dayOf(adminID string, day time.Time) templ.SafeURL {
	return templ.SafeURL("/admin/audit/day?" +
		url.Values{"admin": {adminID}, "day": {day.Format(time.DateOnly)}}.Encode())
}
