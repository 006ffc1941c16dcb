package admin

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/health"
	"assent/app/i18n"
	"assent/store"
	"assent/web/admin/guard"
	"assent/web/admin/page"
)

func (h *handlers) overviewRoutes() []guard.Route {
	return []guard.Route{
		guard.Get[may.ViewOverview]("/admin/overview", h.overview),
		guard.GetQuiet[may.ViewOverview]("/admin/overview/now", h.overviewNow),
	}
}

// overview says how the service stands.
func (h *handlers) overview(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewOverview]) error {
	f := h.frame(r)
	p, err := h.lookOver(r, who, f, false)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// overviewNow is the part of the overview that its page asks for anew.
func (h *handlers) overviewNow(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewOverview]) error {
	f := h.frame(r)
	p, err := h.lookOver(r, who, f, true)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p.Now(f))
}

// lookOver reads what the overview shows; refresh is where its page asks again.
func (h *handlers) lookOver(r *http.Request, who admin.Caller, f page.Frame, refresh bool) (page.Overview, error) {
	ctx, window := r.Context(), store.Window(r.URL.Query().Get("window"))
	if !slices.Contains(store.Windows, window) {
		window = store.LastDay
	}
	series, err := h.Store.Counted(ctx, window, f.Words.Zone())
	if err != nil {
		return page.Overview{}, err
	}
	p := page.Overview{
		Window:  string(window),
		Whole:   bin(series),
		Invites: who.May(admin.InvitePeople),
		Listed:  who.May(admin.ViewRequests),
	}
	for _, w := range store.Windows {
		p.Windows = append(p.Windows, string(w))
	}
	for _, b := range series.Bins {
		one := bin(b)
		one.From, one.To = b.From.Time(), b.To.Time()
		p.Bins = append(p.Bins, one)
	}
	for _, host := range series.Labels(store.CountPushAccepted, store.CountPushRefused, store.CountPushEnded) {
		p.Hosts = append(p.Hosts, page.PushHost{Host: host, Accepted: series.N(store.CountPushAccepted, host),
			Refused: series.N(store.CountPushRefused, host), Gone: series.N(store.CountPushEnded, host)})
	}
	for _, kind := range series.Kinds() {
		of := func(as ...app.RequestState) (n int) {
			for _, s := range as {
				n += series.N(store.CountKinds, store.KindLabel(s, kind))
			}
			return n
		}
		p.Kinds = append(p.Kinds,
			page.KindCount{
				Kind:     kind,
				Approved: of(app.Approved),
				Denied:   of(app.Denied),
				Ended:    of(app.Expired, app.Cancelled),
			})
	}
	if p.Ending, err = h.Store.Ending(ctx); err != nil {
		return page.Overview{}, err
	}
	if p.Whole.Started == 0 {
		some, err := h.Store.AnyCounted(ctx, store.CountRequests)
		if err != nil {
			return p, err
		}
		p.New = !some
	}
	found, at := h.Health.Look(ctx)
	p.Checked = at.Time()
	for _, c := range found {
		one := page.Check{
			Part:  string(c.Part),
			Name:  c.Name,
			State: page.CheckState(c.State),
			Says:  said(f.Words, c.Says),
			Do:    said(f.Words, c.Do),
		}
		if c.State != health.OK {
			if one.More, one.Links, err = h.act(ctx, f, who, c); err != nil {
				return p, err
			}
		}
		p.Checks = append(p.Checks, one)
	}
	if who.May(admin.ViewPeople) {
		if p.Moves, err = h.moves(r, who); err != nil {
			return p, err
		}
	}
	if p.Listed && !p.New {
		p.Newest, err = h.newest(r, who, refresh)
	}
	return p, err
}

// newestListed is how many requests the overview lists.
const newestListed = 5

func (h *handlers) newest(r *http.Request, who admin.Caller, refresh bool) ([]page.Asked, error) {
	rows, _, err := h.Store.Requests(r.Context(), store.RequestFilter{}, "", newestListed)
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 {
		if err := h.look(r, who, store.Looked{Kind: store.LookList, List: "overview", Refresh: refresh}); err != nil {
			return nil, err
		}
	}
	var out []page.Asked
	for _, req := range rows {
		row, err := h.requestRow(r, who, req)
		if err != nil {
			return nil, err
		}
		one := page.Asked{RequestRow: row}
		if req.State == app.Approved || req.State == app.Denied {
			one.Answered = req.DecidedAt.Sub(req.CreatedAt)
		}
		out = append(out, one)
	}
	return out, nil
}

// act says where whoever looks can do something about a part that isn't well,
// and of a decision that ACP wasn't told of how it stands with it.
func (h *handlers) act(
	ctx context.Context,
	f page.Frame,
	who admin.Caller,
	c health.Result,
) (more string, links []page.Link, err error) {
	link := func(p admin.Permission, path string, words i18n.Key) {
		if who.May(p) {
			links = append(links, page.Link{Path: path, Words: words})
		}
	}
	switch c.Part {
	case health.Deliveries:
		if !who.May(admin.ViewRequests) {
			break
		}
		held, ok, err := h.Store.OldestHeld(ctx)
		if err != nil {
			return "", nil, err
		}
		if ok {
			more = page.Held{
				Ref:     held.Ref,
				State:   held.State,
				Decided: held.DecidedAt.Time(),
				Tries:   held.DeliveryTries,
				Next:    held.Next.Time(),
			}.Words(f)
			link(admin.ViewRequests, "/admin/requests/"+held.ID, "admin.overview.act.trace")
		}
		if c.Says.N != 1 || !ok {
			link(admin.ViewRequests, "/admin/requests?delivery=waiting", "admin.overview.act.waiting")
		}
	case health.Withdrawn:
		link(admin.ViewRequests, "/admin/requests?doubt=open", "admin.overview.act.failed")
	case health.Jobs:
		if c.Says.Key == "admin.overview.health.jobs_settle" {
			link(admin.ViewRequests, "/admin/requests?delivery=failed", "admin.overview.act.failed")
		} else {
			link(admin.TestSettings, "/admin/settings/push", "admin.overview.act.test_push")
		}
	case health.Token, health.SignIn, health.OpenBank, health.Clock:
		link(admin.TestSettings, "/admin/settings/acp", "admin.overview.act.test_acp")
	case health.Attacks:
		link(admin.ViewPeople, "/admin/people?which=attacked", "admin.overview.act.attacked")
	case health.Push:
		link(admin.TestSettings, "/admin/settings/push", "admin.overview.act.test_push")
	case health.Names:
		link(admin.ViewPeople, "/admin/people/mistakable", "admin.overview.act.mistakable")
	case health.Hints:
		link(admin.ViewSettings, "/admin/settings", "admin.overview.act.settings")
	case health.FourEyes:
		link(admin.ViewProposals, proposalsPath, "admin.overview.act.proposals")
		link(admin.ViewSettings, settingsPath+"/four_eyes", "admin.overview.act.four_eyes")
	case health.Loosened:
		link(admin.ViewAudit, "/admin/audit?action=setting.loosen", "admin.overview.act.audit")
		link(admin.ViewSettings, settingsPath, "admin.overview.act.settings")
	case health.Protection:
		link(admin.ViewSettings, settingsPath+"/protection", "admin.overview.act.policies")
	case health.Enrolment:
		if c.Says.Key == "admin.overview.health.one_hand" {
			link(admin.ViewSettings, "/admin/settings", "admin.overview.act.settings")
		} else {
			link(admin.ViewAdmins, "/admin/admins", "admin.overview.act.admins")
		}
	case health.Database, health.Disk, health.Activation:
		link(admin.ViewSettings, "/admin/settings", "admin.overview.act.settings")
	}
	return more, links, nil
}

// counted is a bin or a whole window.
type counted interface {
	N(store.Counter, ...string) int
	Times(store.Counter) store.Times
}

func bin(c counted) page.Bin {
	requests := func(label string) int { return c.N(store.CountRequests, label) }
	return page.Bin{
		Started:  requests(store.Started),
		Approved: requests("approved"),
		Denied:   requests("denied"),
		Expired:  requests("expired"),
		Withdrew: requests("cancelled"),
		Decide:   spread(c.Times(store.TimeToDecide)),
		Deliver:  spread(c.Times(store.TimeToDeliver)),
		Accepted: c.N(store.CountPushAccepted),
		Refused:  c.N(store.CountPushRefused),
		Gone:     c.N(store.CountPushEnded),
	}
}

func spread(t store.Times) page.Spread {
	return page.Spread{N: t.N(), Half: t.Within(.5), Most: t.Within(.95)}
}

// said words what a look at a part found.
func said(w i18n.Words, s health.Sentence) string {
	if s.Key == "" {
		return ""
	}
	pairs := slices.Clone(s.Pairs)
	for i := 1; i < len(pairs); i += 2 {
		switch v := pairs[i].(type) {
		case time.Duration:
			pairs[i] = page.Length(w, v)
		case health.Bytes:
			pairs[i] = page.Size(w, int64(v))
		case i18n.Key:
			pairs[i] = w.T(v)
		case int:
			pairs[i] = strconv.Itoa(v)
		}
	}
	if s.N != 0 {
		return w.N(s.Key, s.N, pairs...)
	}
	return w.T(s.Key, pairs...)
}
