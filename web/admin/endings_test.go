package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// Hundreds of requests end at once, and their rows are written in steps. From the
// first on every list of the console has them as what they are, page by page,
// and says that it is being worked through, as do the page of one and the counts.
func TestListsKnowWhatEndedAtOnce(t *testing.T) {
	const many = 230
	for _, c := range []struct {
		name  string
		state app.RequestState
		end   func(*site, app.Device, app.Request) error
	}{
		{"denied", app.Denied, func(s *site, d app.Device, r app.Request) error {
			_, err := s.DenyAll(t.Context(), storetest.On(d), r.ClientID, app.ReasonPerson)
			return err
		}},
		{"cancelled", app.Cancelled, func(s *site, d app.Device, _ app.Request) error {
			return s.Pause(t.Context(), app.Operator, d.PersonID)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, true)
			oscar := s.visitor("oscar@northmoor.example", app.RoleOperator)
			get := func(path string) answer { t.Helper(); return oscar.send(http.MethodGet, path, nil) }
			p, other := s.MustPerson("ada"), s.MustPerson("bob")
			d := s.MustDevice(p)
			var last app.Request
			for range many {
				s.Clock.Advance(time.Millisecond)
				r, _, err := s.StartRequest(t.Context(), app.System, storetest.Request(p, s.Now().Add(time.Hour)),
					store.Fatigue{Notices: 1, Window: time.Hour}, true)
				s.must(err)
				last = r
			}
			s.MustRequest(other)
			if get("/admin/requests").has("ending") || get("/admin/overview").has("ending") {
				t.Error("something is worked through already")
			}
			s.must(c.end(s, d, last))
			if yes, err := s.Ending(t.Context()); err != nil || !yes {
				t.Fatal("nothing is left to be written in steps", err)
			}
			for _, list := range []string{"state=" + string(c.state), "delivery=waiting",
				"state=" + string(c.state) + "&person=" + p.ID} {
				seen, pages := map[string]bool{}, 0
				for path := "/admin/requests?" + list; path != ""; pages++ {
					page := get(path)
					if !page.has("ending") {
						t.Errorf("%s doesn't say that it is worked through", path)
					}
					for _, row := range page.Find(`[data-testid="request"] a.row-link`).EachIter() {
						seen[row.AttrOr("href", "")] = true
					}
					path = page.Find(`[data-testid="older"]`).AttrOr("href", "")
					if strings.HasPrefix(list, "state") && strings.Contains(page.text("request"), "Waiting") {
						t.Error("a row says that it waits")
					}
				}
				if len(seen) != many {
					t.Errorf("%s has %d on %d pages, want %d", list, len(seen), pages, many)
				}
			}
			if n := get("/admin/requests?state=pending").Find(`[data-testid="request"]`).Length(); n != 1 {
				t.Errorf("%d wait, want the other person's", n)
			}
			if !get("/admin/overview").has("ending") {
				t.Error("the overview doesn't say that its counts follow")
			}
			// Some of the newest are among those whose rows come last.
			left := ""
			for _, id := range s.idsOf(p) {
				if yes, err := s.EndedAtOnce(t.Context(), id); err == nil && yes {
					left = id
				}
			}
			if one := get("/admin/requests/" + left); left == "" || !one.has("ending") || one.has("cancel") {
				t.Errorf("the page of %q doesn't say that it ended, or offers to cancel it", left)
			}
			for more := true; more; {
				var err error
				more, err = s.EndMore(t.Context())
				s.must(err)
			}
			if page := get("/admin/requests?state=" + string(c.state)); page.has("ending") || !page.has("request") {
				t.Error("once all is written the list says otherwise")
			}
			if get("/admin/requests/"+left).has("ending") || get("/admin/overview").has("ending") {
				t.Error("once all is written it is said to be worked through")
			}
			if n := s.rowsOf("request." +
				map[app.RequestState]string{app.Denied: "deny", app.Cancelled: "cancel"}[c.state]); n != many {
				t.Errorf("%d rows in the audit, want %d", n, many)
			}
		})
	}
}

// idsOf are a person's requests.
func (s *site) idsOf(p app.Person) (ids []string) {
	s.t.Helper()
	rows, _, err := s.Requests(s.t.Context(), store.RequestFilter{PersonID: p.ID}, "", 1000)
	s.must(err)
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}
