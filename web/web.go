// Package web assembles the surfaces into one handler. ACP's endpoints and the
// health checks answer at any host and need no browser's protections; all else
// belongs to the public host.
package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"assent/app/settings"
	"assent/static"
	"assent/store"
	"assent/web/admin"
	"assent/web/api"
	"assent/web/device"
	"assent/web/httpx"
)

// Config is what the surfaces need.
type Config struct {
	Public   *url.URL
	Proxies  []netip.Prefix // whose X-Forwarded-For is believed
	Store    *store.Store
	API      api.Config
	Device   device.Config
	Admin    admin.Config
	Settings *settings.Service // the institution's look; nil for ours
	Log      *slog.Logger
}

// New makes the handler of the whole service.
func New(c Config) (http.Handler, error) {
	secure := c.Public.Scheme == "https"
	pages := http.NewServeMux()
	deviceAnswer, adminAnswer := device.Register(pages, c.Device), admin.Register(pages, c.Admin)
	pages.Handle("GET /static/", static.Handler())
	branding(pages, c)
	var site http.Handler = httpx.Route(pages)
	site, err := httpx.SameSite(c.Public, func(w http.ResponseWriter, r *http.Request, err error) {
		if strings.HasPrefix(r.URL.Path, "/admin/") {
			adminAnswer(w, r, err)
			return
		}
		deviceAnswer(w, r, err)
	}, site)
	if err != nil {
		return nil, err
	}
	site = httpx.PublicHost(c.Public, httpx.Headers(secure, site))

	mux := http.NewServeMux()
	api.Register(mux, c.API)
	(&health{store: c.Store, log: c.Log}).register(mux)
	mux.Handle("/", site)
	return httpx.Log(c.Log, c.Proxies, httpx.Inert(httpx.Route(mux))), nil
}
