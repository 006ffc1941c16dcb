package cmd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"assent/app/config"
	"assent/web"
)

// listeners are bound before anything runs, so that an address which is taken is
// an ordinary error. Admin and api are nil where the public one serves those.
type listeners struct {
	public, admin, api net.Listener
}

// listen binds what the settings name.
func listen(c config.Config) (l listeners, err error) {
	for _, one := range []struct {
		addr string
		into *net.Listener
	}{{c.Listen, &l.public}, {c.Admin.Addr, &l.admin}, {c.API.Addr, &l.api}} {
		if one.addr == "" {
			continue
		}
		if *one.into, err = net.Listen("tcp", one.addr); err != nil {
			return l, errors.Join(err, l.close())
		}
	}
	return l, nil
}

// close closes listeners that nothing serves.
func (l listeners) close() error {
	var errs []error
	for _, one := range []net.Listener{l.public, l.admin, l.api} {
		if one != nil {
			errs = append(errs, one.Close())
		}
	}
	return errors.Join(errs...)
}

// server serves one listener.
type server struct {
	*http.Server
	listener  net.Listener
	cert, key string // PEM files; empty: plain
}

func (s server) serve() (err error) {
	if s.cert != "" {
		err = s.ServeTLS(s.listener, s.cert, s.key)
	} else {
		err = s.Serve(s.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serverOf makes a server for each listener that is bound. When one begins to shut
// down all event streams end, or it would wait for them.
func (s *site) serverOf(surfaces *web.Surfaces) ([]server, error) {
	end := sync.OnceFunc(func() { close(s.closing) })
	var out []server
	for _, one := range []struct {
		at       config.Listener
		listener net.Listener
		handler  http.Handler
	}{
		{config.Listener{TLSCert: s.cfg.TLSCert, TLSKey: s.cfg.TLSKey}, s.o.listeners.public, surfaces},
		{s.cfg.Admin.Listener, s.o.listeners.admin, surfaces.Admin},
		{s.cfg.API, s.o.listeners.api, surfaces.API},
	} {
		if one.listener == nil {
			continue
		}
		srv := &http.Server{
			Handler:           one.handler,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       15 * time.Second,
			WriteTimeout:      30 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    32 << 10,
			ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		}
		if one.at.ClientCA != "" {
			pool, err := certificates(one.at.ClientCA)
			if err != nil {
				return nil, err
			}
			srv.TLSConfig = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
		}
		srv.RegisterOnShutdown(end)
		out = append(out, server{srv, one.listener, one.at.TLSCert, one.at.TLSKey})
	}
	return out, nil
}

// certificates reads the certificates of a PEM file.
func certificates(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate (PEM)", file)
	}
	return pool, nil
}

// shutdown lets requests under way finish until ctx ends.
func (s *site) shutdown(ctx context.Context) error {
	var g errgroup.Group
	for _, one := range s.servers {
		g.Go(func() error { return one.Shutdown(ctx) })
	}
	return g.Wait()
}
