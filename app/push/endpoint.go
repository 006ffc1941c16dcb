// Package push sends Web Push notices (RFC 8030, 8291, 8292): it keeps the
// subscriptions that browsers make, and is the outbox's handler for notices.
// A push service that accepted a notice has delivered nothing yet; this
// package never says that a person was told.
package push

import (
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Subscription is what a browser's PushSubscription says.
type Subscription struct {
	Endpoint string
	P256DH   string // base64url of the uncompressed P-256 point
	Auth     string // base64url of 16 bytes
	Replaces string // the endpoint that its browser had before; empty where it doesn't say
}

// builtin are the push services of the browsers; "*." stands for subdomains.
var builtin = []string{"fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"}

// Hosts says which push services are believed in. Endpoints come from browsers,
// and this is what keeps them from sending us elsewhere.
type Hosts struct {
	// More are services beside the built-in ones, in the same form.
	More []string
	// AllowLoopback lets plain http on 127.0.0.1 through. It is an argument for
	// tests and not to be had from a setting.
	AllowLoopback bool
}

// Validate checks a subscription that came from a browser.
func (s Subscription) Validate(hosts Hosts) error {
	if len(s.Endpoint) > 2048 || strings.ContainsAny(s.Endpoint, " \t\r\n") {
		return errors.New("the endpoint is too long or not a URL")
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return errors.New("the endpoint is not a plain URL")
	}
	loopback := hosts.AllowLoopback && u.Scheme == "http" && u.Hostname() == "127.0.0.1"
	if !loopback && (u.Scheme != "https" || u.Port() != "" && u.Port() != "443" || !hosts.know(u.Hostname())) {
		return fmt.Errorf("%q is not a push service that is allowed here", u.Hostname())
	}
	point, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s.P256DH, "="))
	if err != nil {
		return errors.New("the key is not base64url")
	}
	if _, err := ecdh.P256().NewPublicKey(point); err != nil {
		return errors.New("the key is not a point of P-256")
	}
	secret, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s.Auth, "="))
	if err != nil || len(secret) != 16 {
		return errors.New("the secret is not 16 bytes in base64url")
	}
	return nil
}

func (h Hosts) know(host string) bool {
	host = strings.ToLower(host)
	for _, list := range [][]string{builtin, h.More} {
		for _, known := range list {
			known = strings.ToLower(known)
			domain, wild := strings.CutPrefix(known, "*.")
			if host != "" && (host == known || wild && domain != "" && strings.HasSuffix(host, "."+domain)) {
				return true
			}
		}
	}
	return false
}
