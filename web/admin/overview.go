package admin

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"assent/app/admin"
	"assent/app/health"
	"assent/app/i18n"
	"assent/store"
	"assent/web/admin/page"
)

func (h *handlers) overviewRoutes() []Route {
	return []Route{
		on("GET /admin/overview", admin.ViewOverview, h.overview),
		quiet("GET /admin/overview/now", admin.ViewOverview, h.overviewNow),
	}
}

// overview says how the service stands.
func (h *handlers) overview(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	f := h.frame(r)
	p, err := h.lookOver(r, who, f)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// overviewNow is the part of the overview that its page asks for anew.
func (h *handlers) overviewNow(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
	f := h.frame(r)
	p, err := h.lookOver(r, who, f)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p.Now(f))
}

func (h *handlers) lookOver(r *http.Request, who admin.Identity, f page.Frame) (page.Overview, error) {
	ctx, window := r.Context(), store.Window(r.URL.Query().Get("window"))
	if !slices.Contains(store.Windows, window) {
		window = store.LastDay
	}
	series, err := h.Store.Counted(ctx, window, f.Words.Zone())
	if err != nil {
		return page.Overview{}, err
	}
	p := page.Overview{Window: string(window), Whole: bin(series), Invites: who.May(admin.InvitePeople)}
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
		p.Checks = append(p.Checks, page.Check{Part: string(c.Part), Name: c.Name, State: page.CheckState(c.State), Says: said(f.Words, c.Says), Do: said(f.Words, c.Do)})
	}
	return p, nil
}

// counted is a bin or a whole window.
type counted interface {
	N(store.Counter, ...string) int
	Times(store.Counter) store.Times
}

func bin(c counted) page.Bin {
	requests := func(label string) int { return c.N(store.CountRequests, label) }
	return page.Bin{Started: requests(store.Started), Approved: requests("approved"), Denied: requests("denied"), Expired: requests("expired"), Withdrew: requests("cancelled"),
		Decide: spread(c.Times(store.TimeToDecide)), Deliver: spread(c.Times(store.TimeToDeliver)),
		Accepted: c.N(store.CountPushAccepted), Refused: c.N(store.CountPushRefused), Gone: c.N(store.CountPushEnded)}
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
		case int:
			pairs[i] = strconv.Itoa(v)
		}
	}
	if s.N != 0 {
		return w.N(s.Key, s.N, pairs...)
	}
	return w.T(s.Key, pairs...)
}
