package httpx

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"assent/app"
)

type (
	requestIDKey struct{}
	sourceKey    struct{}
)

// RequestID is the id by which the log knows a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// Source is the address that a request came from, past the trusted proxies.
func Source(ctx context.Context) string {
	ip, _ := ctx.Value(sourceKey{}).(string)
	return ip
}

// recorder remembers what was answered. It keeps the writer's other abilities
// within reach of http.ResponseController.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap gives http.ResponseController the writer underneath.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Log gives each request an id and a source, and writes one line for it: route
// pattern, status, duration, never the path's values, bodies or cookies.
func Log(log *slog.Logger, trusted []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ctx := context.WithValue(r.Context(), requestIDKey{}, app.NewID()[:12])
		ctx = context.WithValue(ctx, sourceKey{}, source(r, trusted))
		r = r.WithContext(ctx)
		rec := &recorder{ResponseWriter: w}
		w.Header().Set("X-Request-Id", RequestID(ctx))
		pattern := new(string)
		next.ServeHTTP(rec, r.WithContext(context.WithValue(ctx, patternKey{}, pattern)))
		level := slog.LevelInfo
		if *pattern == quietPattern {
			level = slog.LevelDebug
		}
		log.Log(ctx, level, "served", "id", RequestID(ctx), "route", *pattern, "status", rec.status, "bytes", rec.bytes,
			"ms", time.Since(start).Milliseconds(), "from", Source(ctx))
	})
}

type patternKey struct{}

const quietPattern = "GET /static/"

// Route notes which pattern of mux answers, for the log.
func Route(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p, ok := r.Context().Value(patternKey{}).(*string); ok {
			_, *p = mux.Handler(r)
		}
		mux.ServeHTTP(w, r)
	})
}

// source takes the right-most address that isn't one of the trusted proxies.
func source(r *http.Request, trusted []netip.Prefix) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isIn(host, trusted); i-- {
		ip, ok := hop(hops[i])
		if !ok {
			break
		}
		host = ip.String()
	}
	return host
}

// hop reads an entry of X-Forwarded-For: an address, to which some proxies add
// the port.
func hop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if p, err := netip.ParseAddrPort(s); err == nil {
		return p.Addr().Unmap(), true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	return ip.Unmap(), err == nil
}

// isIn tells whether an address lies in one of the networks.
func isIn(host string, networks []netip.Prefix) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range networks {
		if p.Contains(ip.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// csp allows our own origin and nothing inline.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Inert sets what every answer needs, whoever it is for: a browser that gets
// it takes it for what it says it is, and runs nothing of it. Surfaces with
// pages set their own policy instead.
func Inert(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

// Headers sets the security headers of the browser surfaces. Secure adds HSTS,
// for sites that are served over https.
func Headers(secure bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer") // enrolment links carry a secret
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy",
			"publickey-credentials-create=(self), publickey-credentials-get=(self), camera=(), microphone=(), geolocation=(), payment=()")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// PublicHost sends a browser that asks for a page at another host to the
// public one: passkeys and cookies belong to that host alone.
func PublicHost(public *url.URL, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.Host, public.Host) {
			next.ServeHTTP(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "This service is at "+public.String()+".", http.StatusMisdirectedRequest)
			return
		}
		to := *public
		to.Path, to.RawPath, to.RawQuery = r.URL.Path, r.URL.RawPath, r.URL.RawQuery
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, to.String(), http.StatusTemporaryRedirect)
	})
}

// SameSite refuses requests that another site makes a browser send and that
// could change something.
func SameSite(public *url.URL, answer Answer, next http.Handler) (http.Handler, error) {
	p := http.NewCrossOriginProtection()
	if err := p.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, err
	}
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r, ErrCrossSite) }))
	return p.Handler(next), nil
}

// Networks refuses callers from other networks than these, by the address that
// Source gives: behind a trusted proxy that is the one it tells. No networks
// let any caller through.
func Networks(allowed []netip.Prefix, answer Answer, next http.Handler) http.Handler {
	if len(allowed) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isIn(Source(r.Context()), allowed) {
			answer(w, r, ErrNetwork)
			return
		}
		next.ServeHTTP(w, r)
	})
}
