package acp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"assent/app/acp"
	"assent/app/authz"
	"assent/app/outbound"
)

// What never got a connection was never sent; what got one may have arrived.
func TestSentOrNot(t *testing.T) {
	i := newIssuer(t)
	serve := func(h http.HandlerFunc, h2 bool) *httptest.Server {
		s := httptest.NewUnstartedServer(h)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.EnableHTTP2 = h2
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never says a word
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	cut := func(version int) http.HandlerFunc {
		return func(_ http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor != version {
				t.Errorf("%s, want HTTP/%d", r.Proto, version)
			}
			panic(http.ErrAbortHandler)
		}
	}
	stranger, http1, http2 := serve(cut(0), true), serve(cut(1), false), serve(cut(2), true)
	for name, c := range map[string]struct {
		api   string
		trust *httptest.Server
		want  authz.Outcome
	}{
		"nobody listens":              {"http://127.0.0.1:1", nil, authz.Unreachable},
		"a name without an address":   {"https://acp.invalid", nil, authz.Unreachable},
		"a certificate of a stranger": {stranger.URL, nil, authz.Unreachable},
		"a handshake without an end":  {"https://" + silent.Addr().String(), nil, authz.Unreachable},
		"no TLS there":                {strings.Replace(i.URL, "http:", "https:", 1), nil, authz.Unreachable},
		"cut, HTTP/1.1":               {http1.URL, http1, authz.Unknown},
		"cut, HTTP/2":                 {http2.URL, http2, authz.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			o := outbound.Options{TLS: &tls.Config{}}
			if c.trust != nil {
				o.TLS.RootCAs = x509.NewCertPool()
				o.TLS.RootCAs.AddCert(c.trust.Certificate())
			}
			hc := outbound.New(o)
			t.Cleanup(hc.CloseIdleConnections)
			client, _ := newClient(t,
				acp.Config{Issuer: i.URL + "/t/system", APIURL: c.api, ClientID: "assent", ClientSecret: "s", HTTP: hc})
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			err := client.Accept(ctx, authz.Login{Kind: authz.Regular, ID: "x", State: "s"}, authz.Grant{})
			var e *authz.Error
			if !errors.As(err, &e) || e.Outcome != c.want || e.MayHaveTakenEffect != (c.want == authz.Unknown) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// A transport that doesn't say how far it got leaves everything possible.
func TestSilentTransport(t *testing.T) {
	i := newIssuer(t)
	client, _ := newClient(t,
		acp.Config{
			Issuer:       i.URL + "/t/system",
			ClientID:     "assent",
			ClientSecret: "s",
			HTTP:         &http.Client{Transport: silentTransport{}},
		})
	err := client.Accept(t.Context(), authz.Login{Kind: authz.Regular, ID: "x", State: "s"}, authz.Grant{})
	var e *authz.Error
	if !errors.As(err, &e) || e.Outcome != authz.Unknown || !e.MayHaveTakenEffect {
		t.Errorf("%v, want %s", err, authz.Unknown)
	}
}

type silentTransport struct{}

func (silentTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return nil, errors.New("it didn't work out")
	}
	return http.DefaultTransport.RoundTrip(r)
}
