package outbound

import (
	"fmt"
	"net/netip"

	"code.dny.dev/ssrf"
)

// guardian refuses what IANA's special-purpose address registries (RFC 6890 and
// its updates) name, every IPv6 address outside 2000::/3, and Azure's platform
// service, a public address with a private meaning. Which port and protocol are
// dialled is the caller's business.
var guardian = ssrf.New(ssrf.WithAnyPort(), ssrf.WithAnyNetwork(),
	ssrf.WithDeniedV4Prefixes(netip.MustParsePrefix("168.63.129.16/32")))

var sixToFour = netip.MustParsePrefix("2002::/16")

// destination is the IPv4 address that ip carries, mapped, by NAT64 (RFC 6052)
// or by 6to4 (RFC 3056), else ip. Such an address is as public as the one that
// it carries: a network without IPv4 reaches push services through NAT64.
func destination(ip netip.Addr) netip.Addr {
	ip = ip.Unmap()
	b := ip.As16()
	switch {
	case ssrf.IPv6NAT64Prefix.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToFour.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return ip
}

func check(ip netip.Addr, allowLoopback bool) error {
	public := ip.IsValid() && guardian.SafeAddr(destination(ip)) == nil // the guardian passes an invalid one
	if !public && !(allowLoopback && ip.Unmap().IsLoopback()) {
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
