package config_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// bank is a complete configuration of a bank, behind a proxy on its machine.
var bank = with(good, "ASSENT_PUBLIC_URL", "https://approve.bank.example", "ASSENT_PUSH_SUBJECT",
	"mailto:a@bank.example")

func TestFaultsOfSurfaces(t *testing.T) {
	const console = "https://console.bank.example"
	pem := file(t, "x.pem", "")
	for _, c := range []struct {
		name string
		env  []string
		says []string // nothing: it is fine
	}{
		{"a host of its own", []string{"ASSENT_ADMIN_URL", console}, nil},
		{"another port", []string{"ASSENT_ADMIN_URL", "https://approve.bank.example:8443"}, nil},
		{"a listener behind the proxy of this machine",
			[]string{"ASSENT_ADMIN_URL", console, "ASSENT_ADMIN_LISTEN", "127.0.0.1:8081"}, nil},
		{"the public host behind two listeners",
			[]string{"ASSENT_ADMIN_URL", "https://approve.bank.example", "ASSENT_ADMIN_LISTEN", "127.0.0.1:8081"}, nil},
		{"no URL", []string{"ASSENT_ADMIN_URL", "console.bank.example"},
			[]string{"ASSENT_ADMIN_URL", "https://approve.bank.example"}},
		{"a path", []string{"ASSENT_ADMIN_URL", console + "/admin"},
			[]string{"ASSENT_ADMIN_URL: give scheme and host only"}},
		{"http", []string{"ASSENT_ADMIN_URL", "http://console.bank.example"},
			[]string{"ASSENT_ADMIN_URL: browsers allow passkeys over http: on localhost only"}},
		{"an address", []string{"ASSENT_ADMIN_URL", "https://10.0.0.5"},
			[]string{"ASSENT_ADMIN_URL: passkeys need a host name"}},
		{"a listener without a URL", []string{"ASSENT_ADMIN_LISTEN", "127.0.0.1:8081"},
			[]string{"ASSENT_ADMIN_URL: ASSENT_ADMIN_LISTEN needs it"}},
		{"no port", []string{"ASSENT_ADMIN_URL", console, "ASSENT_ADMIN_LISTEN", "10.0.0.5"},
			[]string{"ASSENT_ADMIN_LISTEN"}},
		{"in the clear",
			[]string{"ASSENT_ADMIN_URL", console, "ASSENT_ADMIN_LISTEN", "10.0.0.5:8443", "ASSENT_API_LISTEN",
				"10.0.0.5:9443"},
			[]string{"ASSENT_ADMIN_LISTEN: 10.0.0.5:8443 would serve in the clear; set ASSENT_ADMIN_TLS_CERT",
				"ASSENT_API_LISTEN: 10.0.0.5:9443 would serve in the clear; set ASSENT_API_TLS_CERT"}},
		{"TLS",
			[]string{"ASSENT_ADMIN_URL", console, "ASSENT_ADMIN_LISTEN", "10.0.0.5:8443", "ASSENT_ADMIN_TLS_CERT", pem,
				"ASSENT_ADMIN_TLS_KEY", pem, "ASSENT_ADMIN_CLIENT_CA", pem},
			nil},
		{"behind another machine", []string{"ASSENT_API_LISTEN", "10.0.0.5:9443", "ASSENT_TRUSTED_PROXIES", "10.0.0.1"},
			nil},
		{"half a pair", []string{"ASSENT_API_LISTEN", "10.0.0.5:9443", "ASSENT_API_TLS_CERT", pem},
			[]string{"ASSENT_API_TLS_CERT and ASSENT_API_TLS_KEY: set both or none"}},
		{"TLS of no listener", []string{"ASSENT_API_TLS_CERT", pem, "ASSENT_ADMIN_CLIENT_CA", pem},
			[]string{"ASSENT_API_TLS_CERT: it is for a listener of its own; set ASSENT_API_LISTEN",
				"ASSENT_ADMIN_CLIENT_CA: it is for a listener of its own"}},
		{"client certificates without TLS",
			[]string{"ASSENT_API_LISTEN", "127.0.0.1:9443", "ASSENT_API_CLIENT_CA", pem},
			[]string{"ASSENT_API_CLIENT_CA: client certificates need TLS"}},
		{"a file that isn't there",
			[]string{"ASSENT_API_LISTEN", "127.0.0.1:9443", "ASSENT_API_TLS_CERT", "/nowhere/a", "ASSENT_API_TLS_KEY",
				pem, "ASSENT_API_CLIENT_CA", "/nowhere/b"},
			[]string{"ASSENT_API_TLS_CERT: open /nowhere/a", "ASSENT_API_CLIENT_CA: open /nowhere/b"}},
		{"networks", []string{"ASSENT_ADMIN_NETWORKS", "10.0.0.0/8,vpn", "ASSENT_API_NETWORKS", "acp"},
			[]string{`ASSENT_ADMIN_NETWORKS: "vpn"`, `ASSENT_API_NETWORKS: "acp"`}},
		{"one address twice", []string{"ASSENT_API_LISTEN", "127.0.0.1:8080"},
			[]string{"ASSENT_API_LISTEN: 127.0.0.1:8080 is the address of ASSENT_LISTEN too"}},
		{"an RP id above", []string{"ASSENT_ADMIN_URL", console, "ASSENT_ADMIN_RP_ID", "bank.example"}, nil},
		{"an RP id of others", []string{"ASSENT_ADMIN_URL", console, "ASSENT_ADMIN_RP_ID", "approve.bank.example"},
			[]string{"ASSENT_ADMIN_RP_ID", "console.bank.example"}},
		{"an RP id that ends alike", []string{"ASSENT_ADMIN_URL", console, "ASSENT_ADMIN_RP_ID", "nk.example"},
			[]string{"ASSENT_ADMIN_RP_ID"}},
		{"a public suffix", []string{"ASSENT_ADMIN_URL", "https://console.bank.co.uk", "ASSENT_ADMIN_RP_ID", "co.uk"},
			[]string{"public suffix"}},
		{"what is above one", []string{"ASSENT_ADMIN_URL", "https://console.bank.co.uk", "ASSENT_ADMIN_RP_ID", "uk"},
			[]string{"public suffix"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse(t, with(bank, c.env...))
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Serve()
			if c.says == nil && err != nil || c.says != nil && err == nil {
				t.Fatalf("%v", err)
			}
			for _, says := range c.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%v\ndoesn't say %s", err, says)
				}
			}
		})
	}
}

// This machine is believed about callers only by the listeners that are plain
// and on loopback: each judges for itself.
func TestProxiesOfEachListener(t *testing.T) {
	pem := file(t, "x.pem", "")
	s, err := parse(t,
		with(bank, "ASSENT_TRUSTED_PROXIES", "10.0.0.1", "ASSENT_ADMIN_URL", "https://console.bank.example",
			"ASSENT_ADMIN_LISTEN", "10.0.0.5:8443",
			"ASSENT_ADMIN_TLS_CERT", pem, "ASSENT_ADMIN_TLS_KEY", pem, "ASSENT_API_LISTEN", "127.0.0.1:9000"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	here, there := netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.1/32")
	for name, row := range map[string]struct {
		proxies []netip.Prefix
		here    bool
	}{"public": {c.TrustedProxies, true}, "console": {c.Admin.Proxies, false}, "ACP": {c.API.Proxies, true}} {
		if slices.Contains(row.proxies, here) != row.here || !slices.Contains(row.proxies, there) {
			t.Errorf("%s: %v", name, row.proxies)
		}
	}
}

// Links for administrators lead to the console, wherever commands make them.
func TestInviteKnowsTheConsole(t *testing.T) {
	for url, want := range map[string]string{
		"":                                  "https://approve.bank.example",
		"https://console.bank.example:443/": "https://console.bank.example",
	} {
		s, err := parse(t, with(bank, "ASSENT_ADMIN_URL", url))
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Invite()
		if err != nil || c.Admin.URL.String() != want {
			t.Errorf("%q: %v %v", url, c.Admin.URL, err)
		}
	}
}
