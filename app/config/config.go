package config

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"assent/app"
)

// Config is the checked settings.
type Config struct {
	Listen          string
	PublicURL       *url.URL
	DataDir         string
	Institution     string
	TLSCert, TLSKey string
	TrustedProxies  []netip.Prefix
	Admin           Console
	API             Listener // of ACP's endpoints
	ActivationCode  bool     // links need one
	SeparateCodes   bool     // made by another administrator than the link
	InviteTTL       time.Duration
	RequestTTL      time.Duration
	IdentifierWait  time.Duration
	PersonNotices   []NoticeLimit // of all clients together
	PushSubject     string
	PushHosts       []string
	LogLevel        slog.Level
	LogFormat       string
	Protection      Protection
	FourEyes        []app.Area
	Passkeys        Passkeys
	Accounts        Accounts
	Connections     []Connection
}

// LinkAlone tells whether a link sets up a device without a code, for people on
// other machines than this.
func (c Config) LinkAlone() bool {
	return !c.ActivationCode && c.PublicURL.Hostname() != "localhost"
}

// Accounts is the bank's endpoint for accounts; without a URL they come from
// the directory in the store.
type Accounts struct {
	URL      string
	ID       string // kind of identifier; empty for subject, else user name
	Method   string // GET or POST; empty is GET
	Token    Secret
	CertFile string
	KeyFile  string
	CAFile   string
}

// Connection is one checked ACP connection.
type Connection struct {
	Name              string
	Credentials       []Credential
	Issuer            string
	TokenURL          string
	APIURL            string
	ClientID          string
	ClientSecret      Secret
	AuthMethod        string
	KeyFile           string
	CertFile          string
	CAFile            string
	VanityDomain      string
	Tenant            string
	Scopes            []string
	OpenBankingLayout string
	Workspaces        map[string]string // server_id to regular, obuk or obbr
	Clients           map[string]ClientLimit
	Hints             []string // kinds of identifier that its hints can be; empty for all
}

// ClientLimit is what a client is limited to; an empty list limits nothing.
type ClientLimit struct {
	Workspaces []string
	People     []string // an identifier of each
}

// Credential is what ACP may present: a Basic pair, or an API key.
type Credential struct {
	Username string
	Password Secret
	Key      Secret
	KeyName  string
	KeyIn    string // header or query
}

// faults collects everything that is wrong, so that one start tells all of it.
type faults struct{ list []error }

func (f *faults) add(format string, args ...any) {
	f.list = append(f.list, fmt.Errorf(format, args...))
}

func (f *faults) err() error {
	switch len(f.list) {
	case 0:
		return nil
	case 1:
		return f.list[0]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d settings are missing or wrong:", len(f.list))
	for _, e := range f.list {
		b.WriteString("\n  - " + e.Error())
	}
	return errors.New(b.String())
}

// Store checks what commands on the database need.
func (s *Settings) Store() (Config, error) {
	var f faults
	c := Config{}
	s.store(&c, &f)
	return c, f.err()
}

// AccountList checks what reading accounts needs.
func (s *Settings) AccountList() (Config, error) {
	var f faults
	c := Config{}
	s.store(&c, &f)
	s.logging(&c, &f)
	s.accounts(&c, &f)
	return c, f.err()
}

// Invite checks what making a link needs.
func (s *Settings) Invite() (Config, error) {
	var f faults
	c := Config{}
	c.ActivationCode = s.ActivationCode
	s.store(&c, &f)
	s.public(&c, &f)
	s.adminURL(&c, &f)
	s.ttls(&c, &f)
	return c, f.err()
}

// Code checks what making an activation code needs.
func (s *Settings) Code() (Config, error) {
	var f faults
	c := Config{ActivationCode: s.ActivationCode}
	s.store(&c, &f)
	return c, f.err()
}

// Health checks what asking a running service needs.
func (s *Settings) Health() (Config, error) {
	var f faults
	c := Config{Listen: s.Listen, TLSCert: s.TLSCert}
	s.listen(&f)
	return c, f.err()
}

// Demo checks what the demo lets one set: where its data lives and how it logs.
// It asks for no activation codes: nobody is there to read them out.
func (s *Settings) Demo() (Config, error) {
	var f faults
	c := Config{SeparateCodes: true}
	s.store(&c, &f)
	s.logging(&c, &f)
	return c, f.err()
}

// Serve checks everything.
func (s *Settings) Serve() (Config, error) {
	var f faults
	c := Config{Listen: s.Listen, Institution: strings.TrimSpace(s.Institution), TLSCert: s.TLSCert, TLSKey: s.TLSKey,
		ActivationCode: s.ActivationCode,
		SeparateCodes:  s.SeparateCodes,
		PushSubject:    s.PushSubject,
		PushHosts:      s.PushHosts}
	s.store(&c, &f)
	s.listen(&f)
	s.public(&c, &f)
	s.ttls(&c, &f)
	s.logging(&c, &f)
	s.proxies(&c, &f)
	trusted := c.TrustedProxies // as they are named: beside them each listener may believe this machine
	s.transport(&c, &f)
	s.surfaces(&c, &f, trusted)
	s.push(&c, &f)
	if c.Institution == "" || len(c.Institution) > 60 {
		f.add("ASSENT_INSTITUTION: set a name of 1 to 60 characters")
	}
	s.protection(&c, &f)
	s.fourEyes(&c, &f)
	s.passkeys(&c, &f)
	s.accounts(&c, &f)
	s.connections(&c, &f)
	return c, f.err()
}

func (s *Settings) store(c *Config, f *faults) {
	c.DataDir = s.DataDir
	if c.DataDir == "" {
		f.add("ASSENT_DATA_DIR: name a folder")
	}
	var err error
	if c.IdentifierWait, err = time.ParseDuration(s.IdentifierWait); err != nil || c.IdentifierWait < time.Hour ||
		c.IdentifierWait > 30*24*time.Hour {
		f.add("ASSENT_IDENTIFIER_WAIT: %q is not a time between 1h and 720h (30 days)", s.IdentifierWait)
	}
}

func (s *Settings) listen(f *faults) {
	if _, port, err := net.SplitHostPort(s.Listen); err != nil || port == "" {
		f.add("ASSENT_LISTEN: %q is not an address with a port, such as 127.0.0.1:8080", s.Listen)
	}
}

func (s *Settings) public(c *Config, f *faults) {
	c.PublicURL = browserURL(f, "ASSENT_PUBLIC_URL", s.PublicURL)
}

func (s *Settings) ttls(c *Config, f *faults) {
	var err error
	if c.InviteTTL, err = time.ParseDuration(s.InviteTTL); err != nil || c.InviteTTL < time.Minute ||
		c.InviteTTL > 30*24*time.Hour {
		f.add("ASSENT_INVITE_TTL: %q is not a time between 1m and 720h (30 days)", s.InviteTTL)
	}
	if c.RequestTTL, err = time.ParseDuration(s.RequestTTL); err != nil || c.RequestTTL < 10*time.Second ||
		c.RequestTTL > 24*time.Hour {
		f.add("ASSENT_REQUEST_TTL: %q is not a time between 10s and 24h", s.RequestTTL)
	}
}

func (s *Settings) logging(c *Config, f *faults) {
	if err := c.LogLevel.UnmarshalText([]byte(s.LogLevel)); err != nil {
		f.add("ASSENT_LOG_LEVEL: %q is not debug, info, warn or error", s.LogLevel)
	}
	c.LogFormat = oneOf(f, "ASSENT_LOG_FORMAT", s.LogFormat, "text", "json")
}

func (s *Settings) proxies(c *Config, f *faults) {
	c.TrustedProxies = networks(f, "ASSENT_TRUSTED_PROXIES", s.TrustedProxies)
}

// networks reads addresses and networks.
func networks(f *faults, setting string, list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range list {
		prefix, err := netip.ParsePrefix(p)
		if ip, e := netip.ParseAddr(p); e == nil {
			prefix, err = ip.Prefix(ip.BitLen())
		}
		if err != nil {
			f.add("%s: %q is neither an address nor a network such as 10.0.0.0/8", setting, p)
			continue
		}
		out = append(out, prefix)
	}
	return out
}

// thisMachine are the loopback networks.
var thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// transport checks that nobody but this machine or a proxy that is trusted
// speaks to a public https: service in the clear. Whoever speaks to one from
// this machine is its proxy, and believed about where a caller is: else all
// callers would be one to the limits.
func (s *Settings) transport(c *Config, f *faults) {
	https := c.PublicURL != nil && c.PublicURL.Scheme == "https"
	l := Listener{Addr: c.Listen, TLSCert: c.TLSCert, TLSKey: c.TLSKey, Proxies: c.TrustedProxies}
	l.transport(f, "ASSENT", https)
	c.TrustedProxies = l.Proxies
}

func (s *Settings) push(c *Config, f *faults) {
	local := c.PublicURL == nil || c.PublicURL.Hostname() == "localhost"
	mail, isMail := strings.CutPrefix(c.PushSubject, "mailto:")
	u, err := url.Parse(c.PushSubject)
	switch {
	case c.PushSubject == "" && !local:
		f.add("ASSENT_PUSH_SUBJECT: set whom push services may write to, such as mailto:operations@bank.example")
	case c.PushSubject == "":
	case isMail && strings.Contains(mail, "@"):
	case !isMail && err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil:
	default:
		f.add("ASSENT_PUSH_SUBJECT: %q is neither a mailto: nor an https: URI", shown(c.PushSubject))
	}
	for _, h := range c.PushHosts {
		if strings.ContainsAny(strings.TrimPrefix(h, "*."), "*/:@ ") ||
			!strings.Contains(strings.TrimPrefix(h, "*."), ".") {
			f.add("ASSENT_PUSH_HOSTS: %q is not a host name, or one with *. before it", h)
		}
	}
}

func (s *Settings) connections(c *Config, f *faults) {
	tables := s.tables
	single := s.ConnectionSettings
	described := single.Issuer != "" || single.ClientID != "" || single.APIUsername != "" || single.APIPassword != "" ||
		single.APIKey != "" ||
		single.APIPasswordFile != "" || single.APIKeyFile != ""
	if described && len(tables) > 0 {
		f.add("the file's [[acp]] tables and the ASSENT_ACP_* and ASSENT_API_* settings describe connections twice: use one of both")
	}
	if len(tables) == 0 {
		single.Name = "acp"
		tables = []ConnectionSettings{single}
	}
	names, secrets, tenants := map[string]bool{}, map[Credential]string{}, map[string][]Connection{}
	for i, t := range tables {
		at := ""
		if len(s.tables) > 0 {
			t.Name = cmp.Or(t.Name, fmt.Sprint("acp-", i+1))
			at = fmt.Sprintf("[[acp]] %s: ", t.Name)
		}
		if names[t.Name] {
			f.add("%sthere is another connection of this name", at)
		}
		names[t.Name] = true
		conn := t.check(f, at)
		for _, cred := range conn.Credentials {
			if other, taken := secrets[cred]; taken {
				f.add("%sits credentials are those of %s too, and couldn't choose between them", at, other)
			}
			secrets[cred] = t.Name
		}
		id := conn.tenantID()
		for _, other := range tenants[id] {
			if id != "" && !apart(conn.Workspaces, other.Workspaces) {
				f.add("%sits tenant is that of %s too: list the workspaces of each, none of them in both", at,
					other.Name)
			}
		}
		tenants[id] = append(tenants[id], conn)
		c.Connections = append(c.Connections, conn)
	}
}

// tenantID is the tenant whose logins the connection brings: ACP's ids of them
// are unique within one.
func (c Connection) tenantID() string {
	u, err := url.Parse(c.Issuer)
	if c.Tenant != "" || err != nil {
		return c.Tenant
	}
	id, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	return id
}

// apart tells whether two lists of workspaces are given and share none.
func apart(a, b map[string]string) bool {
	for id := range a {
		if _, both := b[id]; both {
			return false
		}
	}
	return len(a) > 0 && len(b) > 0
}

// check types one connection.
func (t ConnectionSettings) check(f *faults, at string) Connection {
	name := func(setting string) string {
		if at == "" {
			return setting
		}
		return at + strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(setting, "ASSENT_ACP_"), "ASSENT_"))
	}
	c := Connection{
		Name:         t.Name,
		Issuer:       strings.TrimRight(t.Issuer, "/"),
		TokenURL:     t.TokenURL,
		APIURL:       strings.TrimRight(t.APIURL, "/"),
		ClientID:     t.ClientID,
		ClientSecret: t.ClientSecret.or(f, name("ASSENT_ACP_CLIENT_SECRET"), t.ClientSecretFile),
		KeyFile:      t.KeyFile, CertFile: t.CertFile, CAFile: t.CAFile, Tenant: t.Tenant, Scopes: t.Scopes,
	}
	t.credentials(&c, f, name)
	if c.Issuer == "" {
		f.add("%s: set the issuer of the tenant's system workspace, https://host/{tid}/system",
			name("ASSENT_ACP_ISSUER"))
	}
	for setting, v := range map[string]string{
		"ASSENT_ACP_ISSUER":    c.Issuer,
		"ASSENT_ACP_TOKEN_URL": c.TokenURL,
		"ASSENT_ACP_API_URL":   c.APIURL,
	} {
		u, err := url.Parse(v)
		switch {
		case v == "":
		case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
			u.Scheme != "https" && u.Scheme != "http":
			f.add("%s: %q is not an https: URL without user, query and fragment", name(setting), shown(v))
		case u.Scheme == "http" && !loopback(u.Hostname()):
			f.add("%s: http: is for loopback only; use https:", name(setting))
		}
	}
	c.VanityDomain = oneOf(f, name("ASSENT_ACP_VANITY_DOMAIN"), cmp.Or(t.VanityDomain, "none"), "none", "tenant",
		"server")
	u, err := url.Parse(c.Issuer)
	switch {
	case c.VanityDomain != "none" && c.Tenant == "":
		f.add("%s: set the tenant id, which the issuer of a vanity domain doesn't tell", name("ASSENT_ACP_TENANT"))
	case c.VanityDomain == "none" && c.Issuer != "" && err == nil &&
		!(len(strings.Split(strings.Trim(u.Path, "/"), "/")) == 2 && strings.HasSuffix(u.Path, "/system")):
		f.add("%s: %q is not of the form https://host/{tid}/system", name("ASSENT_ACP_ISSUER"), shown(c.Issuer))
	}
	if c.ClientID == "" {
		f.add("%s: set the id of our client in the system workspace", name("ASSENT_ACP_CLIENT_ID"))
	}
	c.AuthMethod = oneOf(f, name("ASSENT_ACP_AUTH_METHOD"), cmp.Or(t.AuthMethod, "client_secret_basic"),
		"client_secret_basic", "client_secret_post",
		"client_secret_jwt", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")
	switch {
	case strings.HasPrefix(c.AuthMethod, "client_secret") && c.ClientSecret == "":
		f.add("%s: %s needs it", name("ASSENT_ACP_CLIENT_SECRET"), c.AuthMethod)
	case c.AuthMethod == "private_key_jwt" && c.KeyFile == "":
		f.add("%s: private_key_jwt needs it", name("ASSENT_ACP_KEY_FILE"))
	case strings.HasSuffix(c.AuthMethod, "tls_client_auth") && (c.CertFile == "" || c.KeyFile == ""):
		f.add("%s and %s: %s needs both", name("ASSENT_ACP_CERT_FILE"), name("ASSENT_ACP_KEY_FILE"), c.AuthMethod)
	case c.CertFile != "" && c.KeyFile == "":
		f.add("%s: a certificate needs its key", name("ASSENT_ACP_KEY_FILE"))
	}
	readable(f, name("ASSENT_ACP_KEY_FILE"), c.KeyFile)
	readable(f, name("ASSENT_ACP_CERT_FILE"), c.CertFile)
	readable(f, name("ASSENT_ACP_CA_FILE"), c.CAFile)
	for _, kind := range t.Hints {
		switch kind = strings.ToLower(strings.TrimSpace(kind)); {
		case !slices.Contains(identifierKinds, kind):
			f.add("%s: %q is not %s", name("ASSENT_ACP_HINTS"), kind, strings.Join(identifierKinds, ", "))
		case !slices.Contains(c.Hints, kind):
			c.Hints = append(c.Hints, kind)
		}
	}
	c.OpenBankingLayout = oneOf(f, name("ASSENT_ACP_OPENBANKING_LAYOUT"), cmp.Or(t.OpenBankingLayout, "workspace"),
		"workspace", "system")
	t.clients(&c, f, name)
	for entry := range strings.SplitSeq(t.Workspaces, ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		id, kind, _ := strings.Cut(strings.TrimSpace(entry), "=")
		if c.Workspaces == nil {
			c.Workspaces = map[string]string{}
		}
		if id == "" || !slices.Contains([]string{"regular", "obuk", "obbr"}, kind) {
			f.add("%s: %q is not server_id=regular, =obuk or =obbr", name("ASSENT_ACP_WORKSPACES"), entry)
		}
		if other, twice := c.Workspaces[id]; twice && other != kind {
			f.add("%s: %q is said to be both %s and %s", name("ASSENT_ACP_WORKSPACES"), id, other, kind)
		}
		c.Workspaces[id] = kind
	}
	return c
}

// clients reads what clients are limited to: ID=workspace:W;person:P,…
func (t ConnectionSettings) clients(c *Connection, f *faults, name func(string) string) {
	for entry := range strings.SplitSeq(t.Clients, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		id, list, _ := strings.Cut(entry, "=")
		var limit ClientLimit
		for one := range strings.SplitSeq(list, ";") {
			kind, value, _ := strings.Cut(strings.TrimSpace(one), ":")
			switch {
			case kind == "workspace" && value != "":
				limit.Workspaces = append(limit.Workspaces, value)
			case kind == "person" && value != "":
				limit.People = append(limit.People, value)
			default:
				f.add("%s: %q of %s is neither workspace:ID nor person:IDENTIFIER", name("ASSENT_ACP_CLIENTS"), one, id)
			}
		}
		if _, twice := c.Clients[id]; twice || id == "" {
			f.add("%s: %q names no client, or one that is named already", name("ASSENT_ACP_CLIENTS"), entry)
		}
		if c.Clients == nil {
			c.Clients = map[string]ClientLimit{}
		}
		c.Clients[id] = limit
	}
}

// wellKnown are passwords that somebody tries first.
var wellKnown = []string{"password", "passw0rd", "changeme", "change-me", "change_me", "secret", "admin",
	"administrator", "test", "user", "username",
	"acp", "assent", "demo", "default", "letmein", "12345678", "123456789012"}

const shortestSecret = 12

func (t ConnectionSettings) credentials(c *Connection, f *faults, name func(string) string) {
	weak := func(setting string, s Secret) {
		plain := strings.ToLower(s.Reveal())
		trimmed := strings.TrimRight(plain, "0123456789!.-_")
		switch {
		case slices.Contains(wellKnown, plain), slices.Contains(wellKnown, trimmed):
			f.add("%s: that is a well-known default; set a long random one (openssl rand -base64 32)", name(setting))
		case len(plain) < shortestSecret:
			f.add("%s: use at least %d characters (openssl rand -base64 32)", name(setting), shortestSecret)
		}
	}
	pair := func(user, userSetting string, password Secret, passwordSetting string) {
		switch {
		case user == "" && password == "":
		case user == "" || password == "":
			f.add("%s and %s: set both or none", name(userSetting), name(passwordSetting))
		default:
			weak(passwordSetting, password)
			if user == password.Reveal() {
				f.add("%s: the password must not be the user name", name(passwordSetting))
			}
			c.Credentials = append(c.Credentials, Credential{Username: user, Password: password})
		}
	}
	before := len(f.list)
	pair(t.APIUsername, "ASSENT_API_USERNAME", t.APIPassword.or(f, name("ASSENT_API_PASSWORD"), t.APIPasswordFile),
		"ASSENT_API_PASSWORD")
	pair(t.APIUsernameNext, "ASSENT_API_USERNAME_NEXT",
		t.APIPasswordNext.or(f, name("ASSENT_API_PASSWORD_NEXT"), t.APIPasswordNextFile), "ASSENT_API_PASSWORD_NEXT")
	if key := t.APIKey.or(f, name("ASSENT_API_KEY"), t.APIKeyFile); key != "" {
		weak("ASSENT_API_KEY", key)
		in := oneOf(f, name("ASSENT_API_KEY_IN"), cmp.Or(t.APIKeyIn, "header"), "header", "query")
		c.Credentials = append(c.Credentials,
			Credential{Key: key, KeyName: cmp.Or(t.APIKeyName, "X-API-Key"), KeyIn: in})
	}
	if len(c.Credentials) == 0 && len(f.list) == before {
		f.add("%s and %s, or %s: set what ACP is to present to us", name("ASSENT_API_USERNAME"),
			name("ASSENT_API_PASSWORD"), name("ASSENT_API_KEY"))
	}
}

// or gives the secret itself or what the file holds, less one line end.
func (s Secret) or(f *faults, setting, file string) Secret {
	switch {
	case file == "":
		return s
	case s != "":
		f.add("%s and its file: set one of both", setting)
		return s
	}
	b, err := os.ReadFile(file)
	if err != nil {
		f.add("%s: its file can't be read: %v", setting, err)
		return ""
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if text == "" {
		f.add("%s: the file %s is empty", setting, file)
	}
	return Secret(text)
}

func oneOf(f *faults, setting, v string, allowed ...string) string {
	if !slices.Contains(allowed, v) {
		f.add("%s: %q is not %s", setting, v, strings.Join(allowed, ", "))
	}
	return v
}

func readable(f *faults, setting, file string) {
	if file == "" {
		return
	}
	r, err := os.Open(file)
	if err != nil {
		f.add("%s: %v", setting, err)
		return
	}
	r.Close()
}

// shown is a URL as a fault may print it: without what may hold a password,
// which is all before its last @ and all from its first ? or #.
func shown(v string) string {
	if at := strings.LastIndex(v, "@"); at >= 0 {
		v = "…" + v[at:]
	}
	if i := strings.IndexAny(v, "?#"); i >= 0 {
		v = v[:i] + "…"
	}
	return v
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
