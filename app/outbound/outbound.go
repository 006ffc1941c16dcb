// Package outbound makes the HTTP clients with which Assent calls other
// systems: bounded in time, never following redirects, through the egress
// proxy where there is one, and, for addresses that strangers choose, only to
// hosts on the public internet.
package outbound

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

// ErrNotPublic is what a client made with PublicOnly answers, inside a
// *url.Error, when a host's address is not on the public internet.
var ErrNotPublic = errors.New("the address is not public")

// ErrBodyTooLarge is what Body answers when a response is longer than allowed.
var ErrBodyTooLarge = errors.New("the response body is too large")

// Options shape a client. The zero value is usable.
type Options struct {
	// Timeout bounds a whole call, reading the body included. Zero means 10 s.
	Timeout time.Duration
	// TLS adds authorities or a client certificate. The client keeps a copy.
	TLS *tls.Config
	// UserAgent is sent where a request has none of its own.
	UserAgent string
	// Proxy chooses the egress proxy of a request, nil for none; usually
	// http.ProxyFromEnvironment. Nil dials everything directly.
	Proxy func(*http.Request) (*url.URL, error)
	// PublicOnly refuses to connect to addresses that aren't on the public
	// internet: for URLs that came from browsers. It looks at the address that
	// is about to be dialled, so no name can resolve around it. What a proxy
	// dials only the proxy knows: there the operator's proxy is the guard, its
	// own address is the operator's choice and usually private, and only URLs
	// that spell out an address are checked.
	PublicOnly bool
	// AllowLoopback lets PublicOnly pass loopback addresses. It is for tests,
	// and no setting leads here.
	AllowLoopback bool
}

const (
	defaultTimeout  = 10 * time.Second
	dialTimeout     = 5 * time.Second
	tlsTimeout      = 5 * time.Second
	idleTimeout     = 90 * time.Second
	headerLimit     = 64 << 10
	idleConnsOfHost = 8
)

// New makes a client. It hands redirects back as the answer they are: none of
// the protocols spoken here uses them, and following one would carry
// credentials or a message to a host that nobody vouched for.
func New(o Options) *http.Client {
	timeout := cmp.Or(o.Timeout, defaultTimeout)
	t := &transport{options: o, direct: roundTripper(o, timeout, o.PublicOnly)}
	if o.Proxy != nil {
		t.proxied = roundTripper(o, timeout, false)
		t.proxied.Proxy = func(r *http.Request) (*url.URL, error) {
			u, _ := r.Context().Value(proxyKey{}).(*url.URL)
			if u == nil {
				return nil, errors.New("outbound: a request for the proxy names none")
			}
			return u, nil
		}
	}
	return &http.Client{
		Transport:     t,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func roundTripper(o Options, timeout time.Duration, guarded bool) *http.Transport {
	d := &net.Dialer{Timeout: min(dialTimeout, timeout)}
	if guarded {
		d.Control = func(_, address string, _ syscall.RawConn) error { return checkDial(address, o.AllowLoopback) }
	}
	return &http.Transport{
		DialContext:            d.DialContext,
		TLSClientConfig:        o.TLS.Clone(),
		TLSHandshakeTimeout:    min(tlsTimeout, timeout),
		ResponseHeaderTimeout:  timeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    idleConnsOfHost,
		MaxResponseHeaderBytes: headerLimit,
		ForceAttemptHTTP2:      true, // a dialler or TLS settings of one's own switch it off otherwise
		// A connection that a firewall forgot must not eat a request's time.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
}

type proxyKey struct{}

// transport asks for the proxy once per request and keeps the connections to
// proxies, which are dialled unguarded, apart from the guarded direct ones.
type transport struct {
	options         Options
	direct, proxied *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	via, err := t.proxy(r)
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	ctx := r.Context()
	if via != nil {
		ctx = context.WithValue(ctx, proxyKey{}, via)
	}
	if t.options.UserAgent != "" && r.Header.Get("User-Agent") == "" {
		r = r.Clone(ctx) // a round tripper leaves its caller's request alone
		r.Header.Set("User-Agent", t.options.UserAgent)
	} else {
		r = r.WithContext(ctx)
	}
	if via != nil {
		return t.proxied.RoundTrip(r)
	}
	return t.direct.RoundTrip(r)
}

func (t *transport) proxy(r *http.Request) (*url.URL, error) {
	if t.proxied == nil {
		return nil, nil
	}
	via, err := t.options.Proxy(r)
	if err != nil {
		return nil, fmt.Errorf("choosing the proxy: %w", err)
	}
	if via == nil || !t.options.PublicOnly {
		return via, nil
	}
	if ip, err := netip.ParseAddr(r.URL.Hostname()); err == nil {
		return via, check(ip, t.options.AllowLoopback)
	}
	return via, nil
}

// CloseIdleConnections lets http.Client close what waits for reuse.
func (t *transport) CloseIdleConnections() {
	t.direct.CloseIdleConnections()
	if t.proxied != nil {
		t.proxied.CloseIdleConnections()
	}
}

// Body reads a response's body up to limit bytes and closes it. A longer one
// is ErrBodyTooLarge, with what was read until then.
func Body(res *http.Response, limit int64) ([]byte, error) {
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if int64(len(b)) > limit {
		return b[:limit], fmt.Errorf("%w: more than %d bytes", ErrBodyTooLarge, limit)
	}
	return b, err
}

// RetryAfter reads how long a server asks to wait: seconds or an HTTP date
// (RFC 9110 10.2.3), at most a day; zero when it doesn't say.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	wait := time.Duration(0)
	if n, err := strconv.Atoi(v); err == nil {
		wait = time.Duration(min(n, 86400)) * time.Second
	} else if t, err := http.ParseTime(v); err == nil {
		wait = t.Sub(now)
	}
	return min(max(wait, 0), 24*time.Hour)
}
