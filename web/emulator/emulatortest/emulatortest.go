// Package emulatortest runs the ACP stand-in on a loopback port for the length of a test.
package emulatortest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"assent/web/emulator"
)

// Start serves an emulator on a free port of 127.0.0.1 and stops it with the test. It sets o.URL,
// and o.Log to the test's
// own log when that is nil.
func Start(t testing.TB, o emulator.Options) *emulator.Emulator {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	o.URL = "http://" + srv.Listener.Addr().String()
	e := run(t, srv, o)
	srv.Start()
	return e
}

// StartTLS is Start over TLS, asking every caller for a client certificate; the pool is what its
// own certificate verifies
// against. Chains of clients are verified against clients where that is not nil. When o.HTTP is nil
// the pages' own calls
// trust the pool too.
func StartTLS(t testing.TB, o emulator.Options, clients *x509.CertPool) (*emulator.Emulator, *x509.CertPool) {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	o.URL = "https://" + srv.Listener.Addr().String()
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, ClientCAs: clients}
	if clients != nil {
		srv.TLS.ClientAuth = tls.VerifyClientCertIfGiven
	}
	roots := x509.NewCertPool()
	if o.HTTP == nil {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
		t.Cleanup(transport.CloseIdleConnections)
		o.HTTP = &http.Client{Transport: transport, Timeout: 10 * time.Second}
	}
	e := run(t, srv, o)
	srv.StartTLS()
	roots.AddCert(srv.Certificate())
	return e, roots
}

func run(t testing.TB, srv *httptest.Server, o emulator.Options) *emulator.Emulator {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	e, err := emulator.New(o)
	if err != nil {
		_ = srv.Listener.Close()
		t.Fatalf("emulator: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	srv.Config = &http.Server{
		Handler: e.Handler(), BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	go func() { stopped <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Errorf("emulator: %v", err)
		}
		srv.CloseClientConnections()
		srv.Close()
	})
	return e
}
