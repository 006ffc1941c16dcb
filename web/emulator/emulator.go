package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Vanity says which ids the host stands for, and which therefore miss in issuer and API paths.
type Vanity string

// Vanity domains as ACP knows them. Under ServerDomain only the system workspace moves to the root;
// the workspace of the
// consumption devices keeps its full path, as it would have a domain of its own.
const (
	NoVanity     Vanity = ""
	TenantDomain Vanity = "tenant"
	ServerDomain Vanity = "server"
)

// Options configure an Emulator. URL is required; every other field has a default that suits the demo.
type Options struct {
	// URL is the emulator's own public base, scheme and host without a path.
	URL string
	// MTLSURL is the base of the host that asks for client certificates. When set, discovery carries
	// mtls_endpoint_aliases (RFC 8705 section 5).
	MTLSURL string
	// Tenant and Workspace are the {tid} and {wid} of the pretended ACP: "demo" and "shop" by default.
	Tenant, Workspace string
	Vanity            Vanity
	Service           Service
	Client            Client
	// Devices are consumption devices beside the two that the pages use.
	Devices []Device
	// People are offered on the pages.
	People []Person
	// Scopes replaces the catalogue of scopes that clients may ask for.
	Scopes []Scope
	// Interval is the least time between two polls (5 s), RequestTTL a request's lifetime when the client asks for none
	// (120 s), TokenTTL the lifetime of tokens for the system API (5 min).
	Interval, RequestTTL, TokenTTL time.Duration
	// Backoff is the first wait before a failed call to the service or to a notification endpoint is repeated (250 ms);
	// it doubles up to 5 s.
	Backoff time.Duration
	// Now is the clock that decides expiry.
	Now func() time.Time
	Log *slog.Logger
	// HTTP makes all outgoing calls: to the service, to notification endpoints, and the till's own.
	HTTP *http.Client
}

// Service is the authentication service, called at URL with HTTP Basic or, when APIKey is set, with an API key in the
// header or query parameter APIKeyName (APIKeyIn "header" or "query").
type Service struct {
	URL                          string
	Username, Password           string
	APIKey, APIKeyName, APIKeyIn string
}

// Person is someone whom the pages offer as the customer; Hint is sent as login_hint.
type Person struct{ Name, Hint, Note string }

// Emulator is the stand-in. All methods are safe for concurrent use.
type Emulator struct {
	opts Options
	now  func() time.Time
	log  *slog.Logger
	keys *signer
	mux  *http.ServeMux
	work *background
	book *journal

	base, systemPath, workspacePath, apiPath string

	mu          sync.Mutex
	service     Service
	client      Client
	devices     map[string]Device
	screens     map[screenKey]Device
	sessions    map[string]*session
	consents    map[string]*Consent
	clientKeys  map[string]clientToken // tokens of clients of their own, for creating consents
	layouts     []Layout
	byRequest   map[string]*session
	grants      map[string]*grant
	tokens      map[string]*systemToken
	assertions  map[string]time.Time
	faults      []*fault
	calls       map[Endpoint]int
	mismatches  []Mismatch
	forgetting  bool
	systemTTL   time.Duration
	sales       map[string]*sale
	saleOrder   []string
	startedOnce bool
}

// segment is what a tenant or workspace may look like, so that it stands in paths as it is.
var segment = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// reserved are first path segments that the emulator uses itself.
var reserved = []string{"api", "static", "sales", "call-centre", "open-banking", "notifications", "system", "oauth2"}

// New makes an emulator with a fresh signing key. It listens to nothing: serve Handler, and run Run beside it.
func New(o Options) (*Emulator, error) {
	o.Tenant, o.Workspace = cmp.Or(o.Tenant, "demo"), cmp.Or(o.Workspace, "shop")
	o.Interval = cmp.Or(o.Interval, 5*time.Second)
	o.RequestTTL = cmp.Or(o.RequestTTL, 120*time.Second)
	o.TokenTTL = cmp.Or(o.TokenTTL, 5*time.Minute)
	o.Backoff = cmp.Or(o.Backoff, 250*time.Millisecond)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: 10 * time.Second}
	}
	if len(o.Scopes) == 0 {
		o.Scopes = defaultScopes()
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	keys, err := newSigner()
	if err != nil {
		return nil, fmt.Errorf("emulator: signing key: %w", err)
	}
	e := &Emulator{
		opts: o, now: o.Now, log: o.Log, keys: keys, base: strings.TrimSuffix(o.URL, "/"),
		work: newBackground(), book: newJournal(), service: o.Service, client: o.Client.withDefaults(),
		devices: map[string]Device{}, screens: map[screenKey]Device{},
		sessions: map[string]*session{}, consents: map[string]*Consent{}, clientKeys: map[string]clientToken{},
		layouts: []Layout{LayoutWorkspace, LayoutSystem}, byRequest: map[string]*session{}, grants: map[string]*grant{},
		tokens: map[string]*systemToken{}, assertions: map[string]time.Time{}, calls: map[Endpoint]int{},
		systemTTL: o.TokenTTL, sales: map[string]*sale{},
	}
	switch o.Vanity {
	case TenantDomain:
		e.systemPath, e.workspacePath, e.apiPath = "/system", "/"+o.Workspace, "/api/system"
	case ServerDomain:
		e.systemPath, e.workspacePath, e.apiPath = "", "/"+o.Tenant+"/"+o.Workspace, "/api/system"
	default:
		e.systemPath, e.workspacePath = "/"+o.Tenant+"/system", "/"+o.Tenant+"/"+o.Workspace
		e.apiPath = "/api/system/" + o.Tenant
	}
	e.registerScreens()
	for _, d := range o.Devices {
		e.devices[d.ID] = d
	}
	e.mux = e.routes()
	return e, nil
}

func (o Options) check() error {
	var faults []error
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		faults = append(faults, fmt.Errorf("emulator: URL %q is not scheme and host", o.URL))
	}
	for _, id := range []string{o.Tenant, o.Workspace} {
		if !segment.MatchString(id) || slices.Contains(reserved, id) {
			faults = append(faults, fmt.Errorf("emulator: %q cannot name a tenant or workspace", id))
		}
	}
	for _, d := range o.Devices {
		if d.ID == "" || d.Secret == "" {
			faults = append(faults, errors.New("emulator: a device needs an ID and a Secret"))
		}
		if d.Delivery == Ping && d.NotificationEndpoint == "" {
			faults = append(faults, fmt.Errorf("emulator: device %s wants ping without a NotificationEndpoint", d.ID))
		}
	}
	if !slices.Contains([]Vanity{NoVanity, TenantDomain, ServerDomain}, o.Vanity) {
		faults = append(faults, fmt.Errorf("emulator: vanity %q is neither tenant nor server", o.Vanity))
	}
	return errors.Join(faults...)
}

// Handler serves the pretended ACP and the consumption device's pages.
func (e *Emulator) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", e.now().UTC().Format(http.TimeFormat)) // by its own clock
		e.mux.ServeHTTP(w, r)
	})
}

// Run does what happens without a caller: starting requests at the service, pinging clients, polling for the till, and
// forgetting what is over. Work asked for earlier waits for it. It returns nil once ctx ends and all of it has stopped.
func (e *Emulator) Run(ctx context.Context) error {
	e.mu.Lock()
	again := e.startedOnce
	e.startedOnce = true
	e.mu.Unlock()
	if again {
		return errors.New("emulator: Run called twice")
	}
	e.work.run(ctx, e.prune)
	return nil
}

// URL is the emulator's public base.
func (e *Emulator) URL() string { return e.base }

// Issuer is the issuer of the system workspace, which the service's own client belongs to.
func (e *Emulator) Issuer() string { return e.base + e.systemPath }

// WorkspaceIssuer is the issuer of the workspace that the consumption devices belong to.
func (e *Emulator) WorkspaceIssuer() string { return e.base + e.workspacePath }

// APIURL is the base of the system API, up to and without the kind's own path.
func (e *Emulator) APIURL() string { return e.base + e.apiPath }

// SetService changes which authentication service is called, for callers who know its address only after New.
func (e *Emulator) SetService(s Service) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.service = s
}

func (e *Emulator) currentService() Service {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.service
}

// keepFor is how long ended sessions and sales stay readable to Session and on the pages.
const keepFor = time.Hour

func (e *Emulator) prune() {
	now := e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, s := range e.sessions {
		if now.Sub(s.ExpiresAt) > keepFor {
			delete(e.sessions, id)
			delete(e.byRequest, s.AuthReqID)
		}
	}
	for key, t := range e.tokens {
		if now.Sub(t.expires) > keepFor {
			delete(e.tokens, key)
		}
	}
	for key, t := range e.clientKeys {
		if now.After(t.expires) {
			delete(e.clientKeys, key)
		}
	}
	for id, c := range e.consents {
		if now.Sub(c.createdAt) > 24*time.Hour {
			delete(e.consents, id)
		}
	}
	for key, expires := range e.assertions {
		if now.After(expires) {
			delete(e.assertions, key)
		}
	}
	for key, g := range e.grants {
		if now.Sub(g.issued) > 24*time.Hour {
			delete(e.grants, key)
		}
	}
	e.pruneSales(now)
}
