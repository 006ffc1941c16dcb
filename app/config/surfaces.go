package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Listener is where a surface is served beside the public listener.
type Listener struct {
	Addr     string         // empty: the public listener serves the surface
	TLSCert  string         // PEM; empty: plain
	TLSKey   string         // PEM
	ClientCA string         // PEM; callers must show a certificate of one of these authorities; empty asks for none
	Proxies  []netip.Prefix // whose X-Forwarded-For this listener believes
	Networks []netip.Prefix // that alone reach the surface, whichever listener serves it; empty: any
}

// Console is where administrators reach the console.
type Console struct {
	Listener
	URL  *url.URL // the public URL where the console has no address of its own
	RPID string   // WebAuthn RP id of administrators' passkeys; empty: the one that they have
}

// browserURL reads an address at which browsers reach the service: a scheme
// and a host for which they allow passkeys. Nil is one that can't be used.
func browserURL(f *faults, setting, value string) *url.URL {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		f.add("%s: %q is not a URL such as https://approve.bank.example", setting, shown(value))
		return nil
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		f.add("%s: give scheme and host only, not %q", setting, shown(value))
		return nil
	case u.Scheme == "http" && u.Hostname() != "localhost":
		f.add("%s: browsers allow passkeys over http: on localhost only; use https:", setting)
	case net.ParseIP(u.Hostname()) != nil:
		f.add("%s: passkeys need a host name, not the address %s", setting, u.Hostname())
	}
	u.Path, u.Host = "", strings.ToLower(u.Host)
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		u.Host = u.Hostname()
	}
	return u
}

// adminURL checks where links for administrators lead.
func (s *Settings) adminURL(c *Config, f *faults) {
	c.Admin.URL = c.PublicURL
	if s.AdminURL == "" {
		return
	}
	if c.Admin.URL = browserURL(f, "ASSENT_ADMIN_URL", s.AdminURL); c.Admin.URL == nil {
		c.Admin.URL = c.PublicURL
		return
	}
	if c.PublicURL != nil && c.Admin.URL.Host == c.PublicURL.Host && c.Admin.URL.Scheme != c.PublicURL.Scheme {
		f.add("ASSENT_ADMIN_URL: it has the host of ASSENT_PUBLIC_URL, so it needs its scheme too: %s", c.PublicURL)
	}
}

// transport checks how the listener is spoken to; prefix begins its settings'
// names, and https tells whether callers outside this machine use TLS.
func (l *Listener) transport(f *faults, prefix string, https bool) {
	if (l.TLSCert == "") != (l.TLSKey == "") {
		f.add("%s_TLS_CERT and %[1]s_TLS_KEY: set both or none", prefix)
	}
	host, _, _ := net.SplitHostPort(l.Addr)
	proxied := https && l.TLSCert == ""
	switch {
	case proxied && loopback(host):
		l.Proxies = append(slices.Clone(l.Proxies), thisMachine...)
	case proxied && len(l.Proxies) == 0:
		f.add("%s_LISTEN: %s would serve in the clear; set %[1]s_TLS_CERT and %[1]s_TLS_KEY, or listen on loopback, or name the proxy in ASSENT_TRUSTED_PROXIES",
			prefix, l.Addr)
	}
	readable(f, prefix+"_TLS_CERT", l.TLSCert)
	readable(f, prefix+"_TLS_KEY", l.TLSKey)
}

// own checks a listener beside the public one.
func (l Listener) own(f *faults, prefix string, https bool) Listener {
	if l.Addr == "" {
		for _, file := range []struct{ setting, value string }{{"_TLS_CERT", l.TLSCert}, {"_TLS_KEY", l.TLSKey},
			{"_CLIENT_CA", l.ClientCA}} {
			if file.value != "" {
				f.add("%s%s: it is for a listener of its own; set %[1]s_LISTEN too", prefix, file.setting)
			}
		}
		return l
	}
	if _, port, err := net.SplitHostPort(l.Addr); err != nil || port == "" {
		f.add("%s_LISTEN: %q is not an address with a port, such as 10.0.0.5:8443", prefix, l.Addr)
		return l
	}
	l.transport(f, prefix, https)
	if l.ClientCA != "" && l.TLSCert == "" {
		f.add("%s_CLIENT_CA: client certificates need TLS; set %[1]s_TLS_CERT and %[1]s_TLS_KEY", prefix)
	}
	readable(f, prefix+"_CLIENT_CA", l.ClientCA)
	return l
}

// surfaces checks where the console and ACP's endpoints are served.
func (s *Settings) surfaces(c *Config, f *faults, trusted []netip.Prefix) {
	s.adminURL(c, f)
	c.Admin.Listener = Listener{
		Addr:     s.AdminListen,
		TLSCert:  s.AdminTLSCert,
		TLSKey:   s.AdminTLSKey,
		ClientCA: s.AdminClientCA,
		Proxies:  trusted,
		Networks: networks(f, "ASSENT_ADMIN_NETWORKS", s.AdminNetworks),
	}.
		own(f, "ASSENT_ADMIN", c.Admin.URL != nil && c.Admin.URL.Scheme == "https")
	c.API = Listener{Addr: s.APIListen, TLSCert: s.APITLSCert, TLSKey: s.APITLSKey, ClientCA: s.APIClientCA,
		Proxies: trusted, Networks: networks(f, "ASSENT_API_NETWORKS", s.APINetworks)}.
		own(f, "ASSENT_API", c.PublicURL != nil && c.PublicURL.Scheme == "https")
	if c.Admin.Addr != "" && s.AdminURL == "" {
		f.add("ASSENT_ADMIN_URL: ASSENT_ADMIN_LISTEN needs it: set where browsers reach that listener, such as https://console.bank.example")
	}
	used := map[string]string{c.Listen: "ASSENT_LISTEN"}
	for _, l := range []struct{ setting, addr string }{{"ASSENT_ADMIN_LISTEN", c.Admin.Addr},
		{"ASSENT_API_LISTEN", c.API.Addr}} {
		_, port, _ := net.SplitHostPort(l.addr)
		if other, taken := used[l.addr]; taken && port != "0" && l.addr != "" {
			f.add("%s: %s is the address of %s too; give each its own", l.setting, l.addr, other)
		}
		used[l.addr] = l.setting
	}
	s.adminRP(c, f)
}

// adminRP checks that browsers would use the RP id at the console's host (WebAuthn
// Level 3, 5.1.3): it is the host, or a domain above it that a registrant can own.
func (s *Settings) adminRP(c *Config, f *faults) {
	c.Admin.RPID = strings.ToLower(s.AdminRPID)
	if c.Admin.RPID == "" || c.Admin.URL == nil {
		return
	}
	host := c.Admin.URL.Hostname()
	switch suffix, _ := publicsuffix.PublicSuffix(host); {
	case host != c.Admin.RPID && !strings.HasSuffix(host, "."+c.Admin.RPID):
		f.add("ASSENT_ADMIN_RP_ID: %q is neither the console's host, %s, nor a domain above it", s.AdminRPID, host)
	case host != c.Admin.RPID && (suffix == c.Admin.RPID || strings.HasSuffix(suffix, "."+c.Admin.RPID)):
		f.add("ASSENT_ADMIN_RP_ID: %q is a public suffix, for which browsers make no passkeys", s.AdminRPID)
	}
}
