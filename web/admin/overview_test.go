package admin_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/acp"
	"assent/app/acp/condition"
	"assent/app/admin"
	"assent/app/health"
	"assent/app/i18n"
	"assent/app/people"
	"assent/store"
	"assent/store/storetest"
	adminweb "assent/web/admin"
	"assent/web/view"
)

// watched is a console that looks at an ACP that isn't there.
func watched(t *testing.T) *site {
	t.Helper()
	s := newSite(t, true)
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	client, err := acp.New(acp.Config{
		Issuer:       "http://127.0.0.1:1/demo/system",
		ClientID:     "assent",
		ClientSecret: "x",
		HTTP:         &http.Client{},
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	mux := http.NewServeMux()
	adminweb.Register(mux,
		adminweb.Config{
			Store:       s.Reader,
			Admins:      admin.New(s.Store, nil, admin.Uses{People: people.New(s.Store)}),
			Sessions:    s.sessions,
			Public:      &url.URL{Scheme: "https", Host: "assent.example"},
			Words:       words,
			Institution: "Northmoor",
			Log:         log,
			Health: health.New(health.Config{
				Store:       s.Store,
				Dir:         s.Dir,
				Connections: []health.Connection{{Name: "bank", Server: condition.Of{Name: "bank", Client: client}}},
				Log:         log,
			}),
		})
	s.handler = mux
	return s
}

// The overview begins with what to do where nothing was asked, then shows what
// was, in the window that its address names, to every role.
func TestOverview(t *testing.T) {
	s := watched(t)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	if page := olive.send(http.MethodGet, "/admin/overview", nil); page.StatusCode != http.StatusOK ||
		!page.has("new") || page.has("chart-requests") {
		t.Fatalf("before the first request: %d", page.StatusCode)
	}
	p := s.MustPerson("alice")
	d := s.MustDevice(p)
	for range 3 {
		r := s.MustRequest(p)
		s.Clock.Advance(20 * time.Second)
		if err := s.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson); err != nil {
			t.Fatal(err)
		}
	}
	page := olive.send(http.MethodGet, "/admin/overview?window=1h", nil)
	aloud := page.Find(`[data-testid="aloud"]`).Text()
	if !strings.HasPrefix(aloud, "3 requests in the last hour. 3 answered, half of them within") {
		t.Errorf("it says %q", aloud)
	}
	denied := 0
	for _, cell := range page.Find(`[data-testid="chart-requests"] [data-testid="table"] tbody td:nth-child(4)`).EachIter() {
		if cell.Text() != "0" {
			denied += int(cell.Text()[0] - '0')
		}
	}
	if denied != 3 {
		t.Errorf("%d denied in the table", denied)
	}
	token := page.Find(`[data-testid="check-token"]`)
	if token.AttrOr("data-state", "") != "bad" || !strings.Contains(token.Text(), "bank") ||
		!strings.Contains(token.Text(), "ACP doesn’t answer.") ||
		!strings.Contains(token.Text(), "Check the issuer’s address") {
		t.Errorf("ACP is down, and the page says %q", token.Text())
	}
	if first := page.Find(".checks li").First(); first.AttrOr("data-testid", "") != "check-token" {
		t.Errorf("first comes %s", first.AttrOr("data-testid", ""))
	}
	if db := page.Find(`[data-testid="check-database"]`).Text(); strings.Contains(db, "{{") ||
		!strings.Contains(db, "takes") {
		t.Errorf("of the database it says %q", db)
	}
	for window, bins := range map[string]int{"1h": 12, "24h": 24, "7d": 28, "30d": 30, "": 24, "nonsense": 24} {
		got := olive.send(http.MethodGet, "/admin/overview?window="+window,
			nil).Find(`[data-testid="chart-requests"] tbody tr`).Length()
		if got != bins {
			t.Errorf("the window %q has %d bins", window, got)
		}
	}
	for _, role := range app.AdminRoles {
		v := s.visitor(string(role)+"@northmoor.example", role)
		if page := v.send(http.MethodGet, "/admin/overview", nil); page.StatusCode != http.StatusOK ||
			!page.has("chart-requests") || !page.has("section-overview") {
			t.Errorf("%s: %d", role, page.StatusCode)
		}
	}
	olive.send(http.MethodPost, "/admin/preferences", url.Values{"lang": {"pt-BR"}, "back": {"/admin"}})
	if aloud := olive.send(http.MethodGet, "/admin/overview?window=7d",
		nil).Find(`[data-testid="aloud"]`).Text(); !strings.HasPrefix(aloud,
		"3 pedidos nos últimos 7 dias. 3 respondidos,") {
		t.Errorf("in Portuguese it says %q", aloud)
	}
}

// What the page fetches anew is its changing part alone, and doesn't keep a
// session from idling out.
func TestOverviewIsFetchedAnewQuietly(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	s.MustRequest(s.MustPerson("alice"))
	page := olive.send(http.MethodGet, "/admin/overview?window=7d", nil)
	again := page.Find("[data-renew]").AttrOr("data-renew", "")
	if again != "/admin/overview/now?window=7d" {
		t.Fatalf("it is fetched from %q", again)
	}
	part := olive.send(http.MethodGet, again, nil)
	if part.StatusCode != http.StatusOK || !part.has("aloud") || part.has("who") || part.Find("h1").Length() != 0 ||
		part.Find(`[data-testid="chart-requests"] tbody tr`).Length() != 28 {
		t.Errorf("the part: %d", part.StatusCode)
	}
	for range 4 {
		s.Clock.Advance(app.AdminIdle / 4)
		part = olive.send(http.MethodGet, again, nil)
	}
	if part.StatusCode != http.StatusSeeOther {
		t.Errorf("after the idle time the part is still given: %d", part.StatusCode)
	}
}

// The overview lists the newest requests, by kind what became of all, and the
// names of people as the requests list does.
func TestOverviewOfRequests(t *testing.T) {
	s := newSite(t, true)
	alice, err := s.AddPerson(t.Context(), app.Operator, "Alice Doe",
		[]app.Identifier{{Kind: app.Username, Value: "alice", Norm: "alice"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := s.MustDevice(alice)
	var refs []string
	for i, kind := range []string{app.KindRegular, app.KindRegular, "uk-domestic-payment", "uk-file-payment",
		"br-payment", "br-payment", "br-data"} {
		in := storetest.Request(alice, s.Now().Add(time.Minute))
		in.Kind = kind
		r, _, err := s.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 99, Window: time.Hour}, true)
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, r.Ref)
		s.Clock.Advance(4 * time.Second)
		if i < 6 {
			if err := s.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson); err != nil {
				t.Fatal(err)
			}
		}
	}
	for role, name := range map[app.AdminRole]string{
		app.RoleOwner:    "Alice Doe",
		app.RoleHelpDesk: view.MaskName("Alice Doe"),
	} {
		page := s.visitor(string(role)+"@northmoor.example", role).send(http.MethodGet, "/admin/overview", nil)
		rows := page.Find(`[data-testid="newest-request"]`)
		if rows.Length() != 5 {
			t.Fatalf("%s: %d requests are listed", role, rows.Length())
		}
		for i, row := range rows.EachIter() {
			took := "4\u00a0s"
			if i == 0 {
				took = "–"
			}
			if row.Find(".row-link").Text() != refs[6-i] || row.Find("bdi").Last().Text() != name ||
				row.Find("td").Last().Text() != took {
				t.Errorf("%s, row %d: %q", role, i, row.Text())
			}
		}
		var kinds []string
		for _, row := range page.Find(`[data-testid="chart-kinds"] tbody tr`).EachIter() {
			kinds = append(kinds, row.Find("th").Text()+" "+row.Find("td").Last().Text())
		}
		if got := strings.Join(kinds, ", "); got != "Pix payment 2, Sign-in 2, UK payment 2" {
			t.Errorf("%s: by kind %s", role, got)
		}
		if page.has("unsorted") {
			t.Errorf("%s: some are of no kind", role)
		}
	}
}

// What is ill leads whoever may to where they can act.
func TestOverviewLeadsToWhereToAct(t *testing.T) {
	s := watched(t)
	alice := s.MustPerson("alice")
	d := s.MustDevice(alice)
	first := s.MustRequest(alice)
	second := s.MustRequest(alice)
	for _, r := range []app.Request{first, second} {
		if err := s.Deny(t.Context(), storetest.On(d), r.ID, app.ReasonPerson); err != nil {
			t.Fatal(err)
		}
	}
	s.Clock.Advance(2 * time.Minute)
	trace := "/admin/requests/" + min(first.ID, second.ID) // of one moment
	for role, want := range map[app.AdminRole]string{
		app.RoleOwner:    "/admin/settings/acp " + trace + " /admin/requests?delivery=waiting",
		app.RoleHelpDesk: trace + " /admin/requests?delivery=waiting",
	} {
		v := s.visitor(string(role)+"@northmoor.example", role)
		page := v.send(http.MethodGet, "/admin/overview", nil)
		var links []string
		for _, a := range page.Find(`[data-testid="act"]`).EachIter() {
			links = append(links, a.AttrOr("href", ""))
			if got := v.send(http.MethodGet, a.AttrOr("href", ""), nil); got.StatusCode != http.StatusOK {
				t.Errorf("%s: %s answers %d", role, a.AttrOr("href", ""), got.StatusCode)
			}
		}
		slices.Sort(links)
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		if !slices.Equal(links, wanted) {
			t.Errorf("%s is led to %v, want %v", role, links, wanted)
		}
		if more := page.Find(`[data-testid="check-deliveries"] [data-testid="more"]`).Text(); !strings.Contains(more,
			"denied ") ||
			!strings.Contains(more, "Not tried yet.") {
			t.Errorf("%s: of the oldest it says %q", role, more)
		}
	}
}

// The menu counts what waits and the people on every page, for whoever may open them.
func TestMenuCounts(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	if page := olive.send(http.MethodGet, "/admin/sessions", nil); page.has("count-requests") ||
		page.has("count-people") {
		t.Error("it counts nothing")
	}
	alice := s.MustPerson("alice")
	s.MustRequest(alice)
	s.MustRequest(alice)
	for path, at := range map[string]int{
		"/admin/sessions": http.StatusOK,
		"/admin/overview": http.StatusOK,
		"/admin/nowhere":  http.StatusNotFound,
	} {
		page := olive.send(http.MethodGet, path, nil)
		if page.StatusCode != at || page.Find(`[data-testid="count-requests"]`).Text() != "2 waiting" ||
			page.Find(`[data-testid="count-people"]`).Text() != "1" {
			t.Errorf("%s (%d): %q", path, page.StatusCode, page.Find("nav").First().Text())
		}
	}
	for _, role := range app.AdminRoles {
		page := s.visitor(string(role)+"@northmoor.example", role).send(http.MethodGet, "/admin/sessions", nil)
		if page.has("count-requests") != admin.ViewRequests.Allows(role) ||
			page.has("count-people") != admin.ViewPeople.Allows(role) {
			t.Errorf("%s sees other counts than of what they may open", role)
		}
	}
	s.Clock.Advance(time.Hour)
	if page := olive.send(http.MethodGet, "/admin/sessions", nil); page.has("count-requests") {
		t.Error("what has ended waits")
	}
}

// A guard that was switched off stands in the overview, in red, with the setting
// that switches it on again; one that holds takes no room.
func TestOverviewSaysThatOneHandIsEnough(t *testing.T) {
	for _, off := range []bool{false, true} {
		s := newSite(t, true)
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		mux := http.NewServeMux()
		words, err := i18n.New()
		if err != nil {
			t.Fatal(err)
		}
		adminweb.Register(mux,
			adminweb.Config{
				Store:       s.Reader,
				Admins:      admin.New(s.Store, nil, admin.Uses{}),
				Sessions:    s.sessions,
				Words:       words,
				Institution: "Northmoor",
				Public:      &url.URL{Scheme: "https", Host: "assent.example"},
				Log:         log,
				Health:      health.New(health.Config{Store: s.Store, Dir: s.Dir, OneHand: off, Log: log}),
			})
		s.handler = mux
		page := s.visitor("helen@northmoor.example", app.RoleHelpDesk).send(http.MethodGet, "/admin/overview", nil)
		line := page.Find(`[data-testid="check-enrolment"]`)
		if (line.Length() == 1) != off ||
			off &&
				(line.AttrOr("data-state", "") != "bad" || !strings.Contains(line.Text(), "One administrator alone") ||
					!strings.Contains(line.Text(), "ASSENT_SEPARATE_CODES=true")) {
			t.Errorf("switched off %v: the overview says %q", off, line.Text())
		}
	}
}
