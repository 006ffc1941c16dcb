package outbound

import (
	"fmt"
	"net/netip"
	"slices"
)

// The IANA special-purpose address registries (RFC 6890 and its updates) name
// what is not, or not dependably, a host of the public internet.
var (
	special4 = prefixes(
		"0.0.0.0/8",        // this network
		"10.0.0.0/8",       // private
		"100.64.0.0/10",    // carrier-grade NAT; Alibaba's metadata service
		"127.0.0.0/8",      // loopback
		"168.63.129.16/32", // Azure's platform service, a public address with a private meaning
		"169.254.0.0/16",   // link-local; the metadata service of most clouds
		"172.16.0.0/12",    // private
		"192.0.0.0/24",     // IETF protocols; Oracle's metadata service
		"192.0.2.0/24",     // documentation
		"192.88.99.0/24",   // 6to4 relays, deprecated
		"192.168.0.0/16",   // private
		"198.18.0.0/15",    // benchmarks
		"198.51.100.0/24",  // documentation
		"203.0.113.0/24",   // documentation
		"224.0.0.0/4",      // multicast
		"240.0.0.0/4",      // reserved, broadcast
	)
	global6  = netip.MustParsePrefix("2000::/3") // the only global unicast space; loopback, ULA, link-local, multicast lie outside
	special6 = prefixes(
		"2001::/23",     // IETF protocols: Teredo, ORCHID, benchmarks
		"2001:db8::/32", // documentation
		"3fff::/20",     // documentation
	)
	sixToFour = netip.MustParsePrefix("2002::/16")    // RFC 3056: IPv4 in bytes 2 to 5
	nat64     = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: IPv4 in the last four bytes
)

func prefixes(text ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(text))
	for i, s := range text {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public tells whether ip is a unicast address of the public internet. IPv6
// forms that carry an IPv4 address are as public as that one: a network
// without IPv4 reaches push services through NAT64.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.Is4() {
		return !within(special4, ip)
	}
	b := ip.As16()
	switch {
	case ip.Zone() != "":
		return false
	case nat64.Contains(ip):
		return public(netip.AddrFrom4([4]byte(b[12:16])))
	case sixToFour.Contains(ip):
		return public(netip.AddrFrom4([4]byte(b[2:6])))
	}
	return global6.Contains(ip) && !within(special6, ip)
}

func within(list []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func check(ip netip.Addr, allowLoopback bool) error {
	if !ip.IsValid() || !public(ip) && !(allowLoopback && ip.Unmap().IsLoopback()) {
		return fmt.Errorf("%w: %s", ErrNotPublic, ip)
	}
	return nil
}

// checkDial is the policy over an address as net.Dialer.Control gets it: the
// literal address and port of the connection about to be made.
func checkDial(address string, allowLoopback bool) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotPublic, err)
	}
	return check(to.Addr(), allowLoopback)
}
