// Package web assembles the surfaces into the handlers of the listeners: the
// phone's app, the console and ACP's endpoints. ACP's endpoints and the health
// checks answer at any host and need no browser's protections; pages belong to
// their surface's host.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"assent/app"
	adminapp "assent/app/admin"
	"assent/app/settings"
	"assent/static"
	"assent/store"
	acpweb "assent/web/acp"
	"assent/web/admin"
	"assent/web/device"
	"assent/web/httpx"
)

// Reach says where a surface is reached beside the public host and listener.
type Reach struct {
	URL      *url.URL       // of a surface with pages; nil: the public one
	Apart    bool           // it has a listener of its own, and the public one doesn't serve it
	Proxies  []netip.Prefix // whose X-Forwarded-For that listener believes
	Networks []netip.Prefix // that alone reach the surface; empty: any
}

// Config is what the surfaces need.
type Config struct {
	Public   *url.URL
	Proxies  []netip.Prefix // whose X-Forwarded-For is believed
	Store    *store.Store
	API      acpweb.Config
	APIAt    Reach
	Device   device.Config
	Admin    admin.Config
	AdminAt  Reach
	Settings *settings.Service // the institution's look; nil for ours
	Log      *slog.Logger
}

// Surfaces is the handler of the public listener, and those of the listeners
// beside it; nil where a surface has none.
type Surfaces struct {
	http.Handler
	Admin, API http.Handler
}

// New makes the handlers of the whole service.
func New(c Config) (*Surfaces, error) {
	c.API.Strangers = c.strangers("api")
	c.Device.Strangers = c.strangers("device")
	c.Admin.Strangers = c.strangers("console")
	at := c.AdminAt.URL
	if at == nil {
		at = c.Public
	}
	elsewhere := at.Host != c.Public.Host
	phone, err := c.phone()
	if err != nil {
		return nil, err
	}
	console, err := c.console(at, elsewhere)
	if err != nil {
		return nil, err
	}
	endpoints := http.NewServeMux()
	answer := acpweb.Register(endpoints, c.API)
	calls := httpx.Networks(c.APIAt.Networks, answer, httpx.Route(endpoints))
	missing := httpx.Adapt(c.Log, answer, func(http.ResponseWriter, *http.Request) error { return httpx.ErrNoRoute })
	checks := &health{store: c.Store, log: c.Log}

	public := http.NewServeMux()
	checks.register(public)
	for _, path := range acpweb.Paths {
		if c.APIAt.Apart {
			public.Handle(path, missing) // at every host, not only at the public one
		} else {
			public.Handle(path, calls)
		}
	}
	public.Handle("/", phone)
	out := &Surfaces{Handler: public}
	own := http.NewServeMux() // the console with a listener or a host of its own
	checks.register(own)
	own.Handle("/", console)
	switch {
	case c.AdminAt.Apart:
		out.Admin = c.outer(c.AdminAt.Proxies, own)
	case elsewhere:
		out.Handler = byHost(at.Host, httpx.Route(own), httpx.Route(public))
	default:
		public.Handle(adminapp.Path, console)
		public.Handle(adminapp.Path+"/", console)
	}
	if c.APIAt.Apart {
		mux := http.NewServeMux()
		checks.register(mux)
		mux.Handle("/", missing)
		for _, path := range acpweb.Paths {
			mux.Handle(path, calls)
		}
		out.API = c.outer(c.APIAt.Proxies, mux)
	}
	out.Handler = c.outer(c.Proxies, out.Handler)
	return out, nil
}

// outer is what every request to a listener passes first.
func (c Config) outer(proxies []netip.Prefix, next http.Handler) http.Handler {
	if mux, ok := next.(*http.ServeMux); ok {
		next = httpx.Route(mux)
	}
	return httpx.Log(c.Log, proxies, httpx.Inert(next))
}

// phone is the surface of people's devices, at the public host.
func (c Config) phone() (http.Handler, error) {
	pages := http.NewServeMux()
	answer := device.Register(pages, c.Device)
	pages.Handle("GET /static/", static.Handler())
	branding(pages, c)
	return surface(c.Public, answer, pages)
}

// console is the surface of administrators. On a host of its own it serves also
// what its pages load, and leads there from the root.
func (c Config) console(at *url.URL, elsewhere bool) (http.Handler, error) {
	pages := http.NewServeMux()
	answer := admin.Register(pages, c.Admin)
	if elsewhere || c.AdminAt.Apart {
		pages.Handle("GET /static/", static.Handler())
		branding(pages, c)
		pages.Handle("GET /{$}", http.RedirectHandler(adminapp.Path, http.StatusSeeOther))
		pages.Handle("/",
			httpx.Adapt(c.Log, answer, func(http.ResponseWriter, *http.Request) error { return httpx.ErrNoRoute }))
	}
	site, err := surface(at, answer, pages)
	if err != nil {
		return nil, err
	}
	return httpx.Networks(c.AdminAt.Networks, func(w http.ResponseWriter, r *http.Request, err error) {
		http.Error(w, "This address may not reach the console.", httpx.Status(err))
	}, site), nil
}

// surface protects pages that belong to a host: browsers are sent there, other
// sites' requests refused.
func surface(at *url.URL, answer httpx.Answer, pages *http.ServeMux) (http.Handler, error) {
	site, err := httpx.SameSite(at, answer, httpx.Route(pages))
	if err != nil {
		return nil, err
	}
	return httpx.PublicHost(at, httpx.Headers(at.Scheme == "https", site)), nil
}

// byHost serves what is asked for at host, and other for all else.
func byHost(host string, its, other http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.Host, host) {
			its.ServeHTTP(w, r)
			return
		}
		other.ServeHTTP(w, r)
	})
}

// strangers counts the refusals of callers of a surface who never authenticated.
func (c Config) strangers(surface string) httpx.Strangers {
	return func(r *http.Request, code string) {
		by := app.Actor{Kind: app.ActorGuest, Source: httpx.Source(r.Context())}
		err := c.Store.RefuseStranger(context.WithoutCancel(r.Context()), by, "stranger.refuse", surface+"/"+code,
			map[string]string{"at": surface, "why": code})
		if err != nil {
			c.Log.ErrorContext(r.Context(), "a refusal can't be counted", "err", err)
		}
	}
}
