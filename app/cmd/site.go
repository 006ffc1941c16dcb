package cmd

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"assent/app"
	"assent/app/acp"
	"assent/app/acp/condition"
	"assent/app/admin"
	"assent/app/audit"
	"assent/app/background"
	"assent/app/clock"
	"assent/app/config"
	"assent/app/consent"
	"assent/app/health"
	"assent/app/i18n"
	"assent/app/importer"
	"assent/app/jobs"
	"assent/app/live"
	"assent/app/login"
	"assent/app/outbound"
	"assent/app/passkey"
	"assent/app/people"
	"assent/app/push"
	"assent/app/receipt"
	"assent/app/settings"
	"assent/store"
	"assent/web"
	acpweb "assent/web/acp"
	adminweb "assent/web/admin"
	"assent/web/device"
	"assent/web/httpx"
)

// grace is how long requests and jobs under way may take to end.
const grace = 10 * time.Second

// siteOptions are what serve and demo differ in, and what only tests may allow.
type siteOptions struct {
	purpose   store.Purpose
	lock      *store.DirLock // of the data directory
	listeners listeners
	// takes the links when passkeys of administrators end for another RP id; nil refuses to
	moveAdmins   func([]admin.Invited) error
	pushLoopback bool // push services on this machine: tests
	version      string
	given        config.Given
}

// site is the running service.
type site struct {
	cfg      config.Config
	o        siteOptions
	log      *slog.Logger
	watch    *background.Watch
	store    *store.Store
	clock    *clock.Clock
	acp      []*acp.Client
	people   *people.Service
	consent  *consent.Service
	settings *settings.Service
	imports  *importer.Service
	key      receipt.Key // of the installation
	worker   *jobs.Worker
	servers  []server
	closing  chan struct{}
}

// openSite opens the store and builds the service on it. Close it when it has run.
func openSite(ctx context.Context, cfg config.Config, o siteOptions, log *slog.Logger) (*site, error) {
	s := &site{
		cfg:     cfg,
		o:       o,
		log:     log,
		watch:   background.New(log),
		clock:   clock.New(clock.Config{Log: log}),
		closing: make(chan struct{}),
	}
	hub := &live.Hub{}
	st, err := store.Open(ctx,
		store.Options{
			Dir:            cfg.DataDir,
			IdentifierWait: cfg.IdentifierWait,
			Purpose:        o.purpose,
			Lock:           o.lock,
			Now:            s.clock.Now,
			Notify: func(e app.Event) {
				if e.Topic == app.TopicJob {
					if s.worker != nil {
						s.worker.Kick()
					}
					return
				}
				if e.Topic == app.TopicEnding {
					if s.consent != nil {
						s.consent.KickEndings()
					}
					return
				}
				hub.Publish(e)
			},
		})
	if err != nil {
		return nil, err
	}
	s.store = st
	if err := people.Renormalise(ctx, st); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	if err := s.build(ctx, hub); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return s, nil
}

func (s *site) build(ctx context.Context, hub *live.Hub) error {
	words, err := i18n.New()
	if err != nil {
		return err
	}
	secure := s.cfg.PublicURL.Scheme == "https"
	s.people = people.New(s.store)
	policy, err := passkeyPolicy(s.cfg.Passkeys)
	if err != nil {
		return err
	}
	demo := s.o.purpose == store.Demo
	chosen := settings.Config{
		Store:       s.store,
		Given:       s.o.given,
		Institution: s.cfg.Institution,
		Protection:  s.cfg.Protection,
		FourEyes:    s.cfg.FourEyes,
		Watch:       s.watch,
		Log:         s.log,
	}
	if !demo {
		chosen.First = &settings.NewInstallation
	}
	if s.settings, err = settings.New(ctx, chosen); err != nil {
		return err
	}
	if s.key, err = passkey.ReceiptKey(ctx, s.store); err != nil {
		return fmt.Errorf("receipt key: %w", err)
	}
	passkeys, err := s.passkeys(ctx, policy)
	if err != nil {
		return err
	}
	var connections []consent.Connection
	var callers []acpweb.Caller
	var watched []health.Connection
	hints := map[string][]app.IdentifierKind{}
	for _, c := range s.cfg.Connections {
		client, err := acpClient(c, s.log, s.clock)
		if err != nil {
			return fmt.Errorf("connection %s: %w", c.Name, err)
		}
		s.acp = append(s.acp, client)
		connections = append(connections,
			consent.Connection{Name: c.Name, Server: client, Workspaces: c.Workspaces, Clients: clientLimits(c)})
		callers = append(callers, apiCallers(c)...)
		hints[c.Name] = hintKinds(c)
		watched = append(watched, health.Connection{
			Name:   c.Name,
			Server: condition.Of{Name: c.Name, Client: client, Log: s.log},
			Hints:  hints[c.Name],
		})
	}
	source, err := accountSource(s.cfg, s.store.Reader, s.log)
	if err != nil {
		return err
	}
	s.consent = consent.New(consent.Config{Store: s.store, Connections: connections, Accounts: source,
		Resolver: people.Chain{consent.NewOwners(s.store, connections, s.log),
			people.Directory{Reader: s.store.Reader, Hints: hints}},
		Protection: func() consent.Protection { return consent.Protection(s.settings.Current().Protection) },
		RequestTTL: s.cfg.RequestTTL, Fatigue: fatigue(s.cfg.PersonNotices), Watch: s.watch, Log: s.log})
	keys, err := push.StoredKeys(ctx, s.store)
	if err != nil {
		return fmt.Errorf("VAPID keys: %w", err)
	}
	subject := s.cfg.PushSubject
	if subject == "" {
		subject = s.cfg.PublicURL.String() // only on localhost; elsewhere the setting is required
	}
	hosts := push.Hosts{More: s.cfg.PushHosts, AllowLoopback: s.o.pushLoopback}
	notices := push.NewService(s.store,
		&push.Sender{Keys: keys, Subject: subject, Now: s.clock.Now, HTTP: outbound.New(outbound.Options{
			PublicOnly:    true,
			AllowLoopback: s.o.pushLoopback,
			Proxy:         http.ProxyFromEnvironment,
			UserAgent:     "Assent/" + s.o.version})},
		hosts, words, s.log)
	s.worker = jobs.New(s.store, s.watch, s.log, map[app.JobKind]jobs.Handler{
		app.JobSettle: {
			Run:     s.consent.Settle,
			Expired: s.consent.SettleFailed,
			Workers: 4 * max(1, len(connections)),
			Lane:    4,
			Timeout: time.Minute,
		},
		app.JobRecognise: {
			Run:     s.consent.Recognise,
			Workers: 2 * max(1, len(connections)),
			Lane:    2,
			Timeout: time.Minute,
		},
		app.JobPush: {Run: notices.Send, Workers: 8, Timeout: time.Minute},
	})
	s.imports = importer.New(importer.Config{
		Store:  s.store,
		People: s.people,
		Words:  words,
		Dir:    filepath.Join(s.cfg.DataDir, importsDir),
		Watch:  s.watch,
		Log:    s.log,
	})
	setUpLinkAlone := s.o.purpose == store.Demo && !s.cfg.ActivationCode // nobody is there to make codes
	watch := health.Config{
		Store:       s.store,
		OneHand:     !s.cfg.SeparateCodes,
		Dir:         s.cfg.DataDir,
		Connections: watched,
		LinkAlone:   s.cfg.LinkAlone(),
		Leapt:       s.clock.Leapt,
		Watch:       s.watch,
		Log:         s.log,
	}
	if s.cfg.ActivationCode {
		watch.Codes.Roles = admin.IssueActivation.Roles()
	}
	if !setUpLinkAlone {
		watch.SetUpCodes.Roles = admin.ManageAdmins.Roles()
	}
	if !demo {
		watch.PolicyChosen = s.settings.PolicyChosen
	}
	atAdmin := s.cfg.Admin.URL
	sessions := admin.NewSessions(s.store, atAdmin.Scheme == "https", httpx.Source)
	if atAdmin.Hostname() != s.cfg.PublicURL.Hostname() { // ports are no bounds to cookies
		sessions = sessions.AtOwnHost()
	}
	surfaces, err := web.New(web.Config{
		Settings: s.settings, Public: s.cfg.PublicURL, Proxies: s.cfg.TrustedProxies, Store: s.store, Log: s.log,
		API:   acpweb.Config{Consent: s.consent, Callers: callers, Log: s.log},
		APIAt: web.Reach{Apart: s.cfg.API.Addr != "", Proxies: s.cfg.API.Proxies, Networks: s.cfg.API.Networks},
		Device: device.Config{
			Store:       s.store.Reader,
			Consent:     s.consent,
			People:      s.people,
			Passkeys:    passkeys,
			Push:        notices,
			Login:       login.New(s.store, secure),
			Live:        hub,
			Closing:     s.closing,
			Words:       words,
			Institution: s.cfg.Institution,
			Brand:       web.Brand(s.settings),
			LinkAlone:   !s.cfg.ActivationCode,
			Log:         s.log,
		},
		Admin: adminweb.Config{
			Store: s.store.Reader,
			Admins: admin.New(s.store, passkeys,
				admin.Uses{
					Consent:      s.consent,
					People:       s.people,
					Settings:     s.settings,
					Imports:      s.imports,
					Connections:  watched,
					CodesByMaker: !s.cfg.SeparateCodes,
					LinkAlone:    setUpLinkAlone,
				}),
			Sessions:       sessions,
			Public:         s.cfg.PublicURL,
			Console:        atAdmin,
			Words:          words,
			Institution:    s.cfg.Institution,
			Brand:          web.Brand(s.settings),
			Settings:       s.settings,
			LinkAlone:      !s.cfg.ActivationCode,
			AdminLinkAlone: setUpLinkAlone,
			InviteTTL:      s.cfg.InviteTTL,
			Live:           hub,
			Closing:        s.closing,
			Health:         health.New(watch),
			Demo:           demo,
			Log:            s.log,
		},
		AdminAt: web.Reach{
			URL:      atAdmin,
			Apart:    s.cfg.Admin.Addr != "",
			Proxies:  s.cfg.Admin.Proxies,
			Networks: s.cfg.Admin.Networks,
		},
	})
	if err != nil {
		return err
	}
	if s.servers, err = s.serverOf(surfaces); err != nil || demo {
		return err
	}
	given := s.o.given.Safeguards(s.cfg, s.digest)
	if err := s.settings.Started(ctx, operator(), given); err != nil {
		return fmt.Errorf("the settings of the last start: %w", err)
	}
	return nil
}

// passkeys makes the relying parties. Where administrators' passkeys are bound to
// another RP id, and that was accepted, those end and links take their place.
func (s *site) passkeys(ctx context.Context, policy passkey.Policy) (*passkey.Service, error) {
	open := func() (*passkey.Service, error) {
		return passkey.New(ctx, s.store, s.cfg.PublicURL, s.cfg.Institution, passkey.WithPolicy(policy),
			passkey.WithLog(s.log),
			passkey.WithConsole(passkey.Console{Origin: s.cfg.Admin.URL, RPID: s.cfg.Admin.RPID}),
			passkey.WithName(func() string { return s.settings.Current().Institution }))
	}
	svc, err := open()
	var bound *passkey.Bound
	if !errors.As(err, &bound) || s.o.moveAdmins == nil {
		if s.o.moveAdmins != nil && err == nil {
			s.log.WarnContext(ctx,
				"there was nothing to accept: drop --accept-new-admin-rp, or a mistake in the console's address is accepted unseen")
		}
		return svc, err
	}
	made, err := admin.Registry{Store: s.store}.MoveRPID(ctx, operator(), bound.Was, bound.Is)
	if err != nil {
		return nil, err
	}
	if err := s.o.moveAdmins(made); err != nil {
		return nil, err
	}
	return open()
}

// digest stands for text that names people, where what it says isn't needed.
func (s *site) digest(text string) string {
	mac := hmac.New(sha256.New, s.store.Secret("start settings"))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)[:4])
}

// run serves until ctx ends, then lets what is under way finish.
func (s *site) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, one := range s.servers {
		g.Go(one.serve)
	}
	for name, run := range map[background.Name]func(context.Context) error{
		background.Outbox:  s.worker.Run,
		background.Expiry:  s.consent.RunExpiry,
		background.Endings: s.consent.RunEndings,
		background.Clock:   func(ctx context.Context) error { return s.clock.Run(ctx, s.askDates, s.clockSet) },
		background.AuditHead: func(ctx context.Context) error {
			return audit.RunHead(ctx, s.store.Reader, s.watch,
				s.log)
		},
		background.Imports:   s.imports.Run,
		background.Retention: func(ctx context.Context) error { s.settings.RunRetention(ctx, s.key.Sign); return nil },
	} {
		g.Go(func() error { return s.watch.Keep(ctx, name, run) })
	}
	g.Go(func() error {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		return s.shutdown(end)
	})
	return g.Wait()
}

// askDates has each ACP answer, for the Date of it.
func (s *site) askDates(ctx context.Context) {
	for _, client := range s.acp {
		if err := client.AskDate(ctx); err != nil {
			s.log.DebugContext(ctx, "ACP's clock can't be asked for", "err", err)
		}
	}
}

// clockSet has the outbox look at what was put off by another time.
func (s *site) clockSet(ctx context.Context, _ time.Duration) {
	if err := s.store.ClockSet(ctx); err != nil {
		s.log.ErrorContext(ctx, "jobs can't be put to the time that was set", "err", err)
	}
}

// close closes the store. Nothing may run any more.
func (s *site) close() error { return s.store.Close() }

// fatigue is the limits of notices, with those that were set in the place of the
// default ones.
func fatigue(set []config.NoticeLimit) store.Fatigue {
	f := consent.DefaultFatigue
	if len(set) == 0 { // the demo
		return f
	}
	f.Person = nil
	for _, l := range set {
		f.Person = append(f.Person, store.Limit(l))
	}
	f.Known = f.Person
	return f
}

// acpClient builds the client of one connection.
func acpClient(c config.Connection, log *slog.Logger, clk *clock.Clock) (*acp.Client, error) {
	t, err := clientTLS(c.CAFile, c.CertFile, c.KeyFile)
	if err != nil {
		return nil, err
	}
	cfg := acp.Config{
		Issuer:       c.Issuer,
		TokenURL:     c.TokenURL,
		APIURL:       c.APIURL,
		ClientID:     c.ClientID,
		ClientSecret: c.ClientSecret.Reveal(),
		AuthMethod:   acp.AuthMethod(c.AuthMethod),
		VanityDomain: acp.Vanity(c.VanityDomain),
		Tenant:       c.Tenant,
		Scopes:       c.Scopes,
		Layout:       acp.Layout(c.OpenBankingLayout), Log: log, MutualTLS: c.CertFile != "",
		Now: clk.Now, Heard: clk.Heard,
	}
	if cfg.AuthMethod == acp.PrivateKeyJWT {
		if cfg.Key, cfg.KeyID, err = acp.LoadKey(c.KeyFile); err != nil {
			return nil, err
		}
	}
	cfg.HTTP = outbound.New(outbound.Options{TLS: t, Proxy: http.ProxyFromEnvironment})
	return acp.New(cfg)
}

// hintKinds are the kinds of identifier that a hint of a connection can be.
func hintKinds(c config.Connection) []app.IdentifierKind {
	if len(c.Hints) == 0 {
		return app.IdentifierKinds
	}
	var out []app.IdentifierKind
	for _, kind := range c.Hints {
		out = append(out, app.IdentifierKind(kind))
	}
	return out
}

func apiCallers(c config.Connection) []acpweb.Caller {
	var out []acpweb.Caller
	for _, cred := range c.Credentials {
		out = append(out, acpweb.Caller{Connection: c.Name, Username: cred.Username, Password: cred.Password.Reveal(),
			Key: cred.Key.Reveal(), KeyName: cred.KeyName, KeyInQuery: cred.KeyIn == "query"})
	}
	return out
}

func clientLimits(c config.Connection) map[string]consent.ClientLimit {
	out := map[string]consent.ClientLimit{}
	for id, limit := range c.Clients {
		out[id] = consent.ClientLimit(limit)
	}
	return out
}

func insecureTransport() http.RoundTripper {
	return &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
}
