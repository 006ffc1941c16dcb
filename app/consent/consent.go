// Package consent is the use case in the middle: ACP starts a request, a
// person sees it and decides, and ACP is told. Notifying is a job that the
// start writes; this package never pushes.
package consent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"assent/app"
	"assent/app/accounts"
	"assent/app/background"
	"assent/store"
)

// Connection is one client and workspace set at an authorization server, with the
// credentials that the server presents to us kept elsewhere.
type Connection struct {
	Name       string
	Server     Server
	Workspaces map[string]string // server_id to its kind: regular, obuk or obbr; empty takes any server_id
	Clients    map[string]ClientLimit
}

// ClientLimit is what a client may ask for: only in some workspaces, only of some
// people, each named by an identifier. An empty list limits nothing.
type ClientLimit struct {
	Workspaces []string
	People     []string
}

// Resolver finds the person that ACP means; see the people package.
type Resolver interface {
	Resolve(context.Context, app.Query) (app.Person, error)
}

// Config is what the service needs.
type Config struct {
	Store       *store.Store
	Connections []Connection
	Resolver    Resolver
	Accounts    accounts.Source
	Protection  func() Protection // as it is now; nil protects from nothing
	RequestTTL  time.Duration     // of a request that ACP gives no expiry
	Fatigue     store.Fatigue
	Watch       *background.Watch // of the loops; nil makes one
	Log         *slog.Logger
}

// DefaultFatigue lets five notices of one client through in five minutes, and of
// all clients together ten in ten minutes and forty in a day. The clients of
// which the person approved a request within app.KnownFor have as many of their own.
// One client takes at most a quarter of either.
var DefaultFatigue = store.Fatigue{
	Notices:  5,
	Window:   5 * time.Minute,
	Person:   personLimits,
	Known:    personLimits,
	KnownFor: app.KnownFor,
}

var personLimits = []store.Limit{{Notices: 10, Window: 10 * time.Minute}, {Notices: 40, Window: 24 * time.Hour}}

// Service is the use case.
type Service struct {
	store       *store.Store
	connections map[string]Connection
	resolver    Resolver
	accounts    accounts.Source
	protection  func() Protection
	ttl         time.Duration
	fatigue     store.Fatigue
	log         *slog.Logger
	watch       *background.Watch
	aside       aside
	kick        chan struct{} // there may be steps of endings to take
}

// New makes the service.
func New(c Config) *Service {
	if c.Protection == nil {
		c.Protection = func() Protection { return Protection{} }
	}
	if c.Watch == nil {
		c.Watch = background.New(c.Log)
	}
	return &Service{
		store:       c.Store,
		connections: byName(c.Connections),
		resolver:    c.Resolver,
		accounts:    c.Accounts,
		protection:  c.Protection,
		ttl:         c.RequestTTL,
		fatigue:     c.Fatigue,
		log:         c.Log,
		watch:       c.Watch,
		aside:       aside{},
		kick:        make(chan struct{}, 1),
	}
}

func byName(list []Connection) map[string]Connection {
	m := map[string]Connection{}
	for _, c := range list {
		m[c.Name] = c
	}
	return m
}

// Connections lists the names of the connections.
func (s *Service) Connections() []string { return slices.Sorted(maps.Keys(s.connections)) }

// errNoConnection says that a request came by a connection that is not
// configured any more.
var errNoConnection = errors.New("the connection is not configured any more")

// connection is the one by which a request came.
func (s *Service) connection(r app.Request) (Connection, error) {
	c, ok := s.connections[r.Connection]
	if !ok {
		return c, fmt.Errorf("%w: %s", errNoConnection, r.Connection)
	}
	return c, nil
}
