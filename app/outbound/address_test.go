package outbound

import (
	"errors"
	"testing"
)

func TestAddressPolicy(t *testing.T) {
	for address, want := range map[string]bool{
		"142.250.74.10:443":              true,
		"172.32.0.1:443":                 true,
		"100.128.0.1:443":                true,
		"[2a00:1450:4001:830::200a]:443": true,
		"[64:ff9b::8efa:4a0a]:443":       true, // NAT64 of a public address
		"[2002:8efa:4a0a::1]:443":        true,
		"[::ffff:142.250.74.10]:443":     true,

		"0.0.0.0:443":            false,
		"10.0.0.1:443":           false,
		"100.64.0.1:443":         false,
		"100.127.255.255:443":    false,
		"127.0.0.1:443":          false,
		"127.255.255.254:443":    false,
		"168.63.129.16:80":       false,
		"169.254.169.254:80":     false,
		"172.16.0.1:443":         false,
		"172.31.255.255:443":     false,
		"192.0.0.192:443":        false,
		"192.0.2.1:443":          false,
		"192.88.99.1:443":        false,
		"192.168.1.1:443":        false,
		"198.18.0.1:443":         false,
		"198.19.255.255:443":     false,
		"198.51.100.1:443":       false,
		"203.0.113.1:443":        false,
		"224.0.0.1:443":          false,
		"240.0.0.1:443":          false,
		"255.255.255.255:443":    false,
		"[::]:443":               false,
		"[::1]:443":              false,
		"[::10.0.0.1]:443":       false, // IPv4-compatible, obsolete
		"[::ffff:10.0.0.1]:443":  false,
		"[::ffff:127.0.0.1]:443": false,
		"[64:ff9b::a00:1]:443":   false, // NAT64 of 10.0.0.1
		"[64:ff9b::7f00:1]:443":  false,
		"[64:ff9b:1::a00:1]:443": false, // NAT64 of local use
		"[2002:a00:1::]:443":     false, // 6to4 of 10.0.0.1
		"[2002:7f00:1::1]:443":   false,
		"[2001::1]:443":          false, // Teredo
		"[2001:db8::1]:443":      false,
		"[3fff::1]:443":          false,
		"[fc00::1]:443":          false,
		"[fd00:ec2::254]:80":     false,
		"[fe80::1%eth0]:443":     false,
		"[fe80::1]:443":          false,
		"[fec0::1]:443":          false,
		"[ff02::1]:443":          false,
		"not an address":         false,
		"":                       false,
	} {
		err := checkDial(address, false)
		if (err == nil) != want || err != nil && !errors.Is(err, ErrNotPublic) {
			t.Errorf("%s: %v, want public = %v", address, err, want)
		}
	}
}

// The allowance of tests opens loopback and nothing else.
func TestLoopbackAllowance(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"10.0.0.1:80": false, "169.254.169.254:80": false, "0.0.0.0:80": false, "[64:ff9b::7f00:1]:80": false,
	} {
		if err := checkDial(address, true); (err == nil) != want {
			t.Errorf("%s: %v, want allowed = %v", address, err, want)
		}
	}
}
