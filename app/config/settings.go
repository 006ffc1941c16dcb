// Package config reads the settings from flags, the environment and a TOML
// file, in that order of strength, and checks them: all faults of a command
// are reported together, each with what to set.
package config

import (
	"encoding/json"
	"log/slog"

	"github.com/alecthomas/kong"
)

// Settings are the settings as they are given. The methods named after what a
// command needs (Store, Invite, Serve…) check and type them.
type Settings struct {
	Config kong.ConfigFlag `env:"ASSENT_CONFIG" placeholder:"FILE" group:"Service" help:"A TOML file with settings; flags and variables are stronger."`

	Listen         string   `default:"127.0.0.1:8080" env:"ASSENT_LISTEN" placeholder:"ADDR" group:"Service" help:"Address and port to listen on."`
	PublicURL      string   `name:"public-url" default:"http://localhost:8080" env:"ASSENT_PUBLIC_URL" placeholder:"URL" group:"Service" help:"Where browsers reach the service. Its host is the WebAuthn RP id: passkeys are bound to it for good."`
	DataDir        string   `default:"./data" env:"ASSENT_DATA_DIR" placeholder:"DIR" group:"Service" help:"Folder of the database; made when missing."`
	Institution    string   `default:"Assent" env:"ASSENT_INSTITUTION" placeholder:"NAME" group:"Service" help:"The institution's name as people see it."`
	TLSCert        string   `name:"tls-cert" env:"ASSENT_TLS_CERT" placeholder:"FILE" group:"Service" help:"Certificate chain (PEM) to serve with; without one the listener is plain."`
	TLSKey         string   `name:"tls-key" env:"ASSENT_TLS_KEY" placeholder:"FILE" group:"Service" help:"Private key (PEM) of the certificate."`
	TrustedProxies []string `env:"ASSENT_TRUSTED_PROXIES" placeholder:"CIDR" group:"Service" help:"Proxies whose X-Forwarded-For is believed, as addresses or networks. One on this machine always is, where the public URL is https: and the service listens on loopback without TLS."`

	AdminURL      string   `name:"admin-url" env:"ASSENT_ADMIN_URL" placeholder:"URL" group:"Console" help:"Where administrators' browsers reach the console, where that isn't the public URL: there the console is gone then."`
	AdminListen   string   `env:"ASSENT_ADMIN_LISTEN" placeholder:"ADDR" group:"Console" help:"Address and port of a listener that serves the console alone; needs ASSENT_ADMIN_URL. Without one the public listener serves both, by the host that is asked for."`
	AdminTLSCert  string   `name:"admin-tls-cert" env:"ASSENT_ADMIN_TLS_CERT" placeholder:"FILE" group:"Console" help:"Certificate chain (PEM) of that listener."`
	AdminTLSKey   string   `name:"admin-tls-key" env:"ASSENT_ADMIN_TLS_KEY" placeholder:"FILE" group:"Console" help:"Private key (PEM) of the certificate."`
	AdminClientCA string   `name:"admin-client-ca" env:"ASSENT_ADMIN_CLIENT_CA" placeholder:"FILE" group:"Console" help:"Certificate authorities (PEM): whoever calls that listener must show a certificate of one of them (mutual TLS)."`
	AdminNetworks []string `env:"ASSENT_ADMIN_NETWORKS" placeholder:"CIDR" group:"Console" help:"Addresses or networks from which alone the console answers, past the trusted proxies; empty: any."`
	AdminRPID     string   `name:"admin-rp-id" env:"ASSENT_ADMIN_RP_ID" placeholder:"DOMAIN" group:"Console" help:"WebAuthn RP id of administrators' passkeys: the console's host, or a domain above it. Without one it stays as it is where the host is it or below it, else it is the host. Passkeys are bound to it: a change ends them, and wants serve --accept-new-admin-rp."`

	APIListen   string   `name:"api-listen" env:"ASSENT_API_LISTEN" placeholder:"ADDR" group:"Listener for ACP" help:"Address and port of a listener that serves ACP's endpoints alone; the public one doesn't then."`
	APITLSCert  string   `name:"api-tls-cert" env:"ASSENT_API_TLS_CERT" placeholder:"FILE" group:"Listener for ACP" help:"Certificate chain (PEM) of that listener."`
	APITLSKey   string   `name:"api-tls-key" env:"ASSENT_API_TLS_KEY" placeholder:"FILE" group:"Listener for ACP" help:"Private key (PEM) of the certificate."`
	APIClientCA string   `name:"api-client-ca" env:"ASSENT_API_CLIENT_CA" placeholder:"FILE" group:"Listener for ACP" help:"Certificate authorities (PEM): whoever calls that listener must show a certificate of one of them (mutual TLS). For a gateway in between: ACP itself shows none."`
	APINetworks []string `name:"api-networks" env:"ASSENT_API_NETWORKS" placeholder:"CIDR" group:"Listener for ACP" help:"Addresses or networks from which alone ACP's endpoints answer, past the trusted proxies; empty: any."`

	ActivationCode bool `default:"true" negatable:"" env:"ASSENT_ACTIVATION_CODE" group:"Service" help:"Whether an invitation link needs a code beside it, which a colleague reads to the person (user code). Without codes whoever holds a link can use it; links in letters need one always."`
	SeparateCodes  bool `default:"true" negatable:"" env:"ASSENT_SEPARATE_CODES" group:"Service" help:"Whether a link's code must be made by another administrator than made the link, as soon as two of them can make codes. The overview shows in red where it needn't."`

	InviteTTL  string `name:"invite-ttl" default:"24h" env:"ASSENT_INVITE_TTL" placeholder:"TIME" group:"Service" help:"How long an invitation link works."`
	RequestTTL string `name:"request-ttl" default:"120s" env:"ASSENT_REQUEST_TTL" placeholder:"TIME" group:"Service" help:"How long a request lives that ACP gives no expiry."`

	IdentifierWait string `name:"identifier-wait" default:"72h" env:"ASSENT_IDENTIFIER_WAIT" placeholder:"TIME" group:"Service" help:"How long after an identifier was taken from one person giving it to another is a move, and how long it names nobody then."`

	PushSubject string   `env:"ASSENT_PUSH_SUBJECT" placeholder:"URI" group:"Push" help:"Whom push services may write to: mailto: or https:. Required off localhost."`
	PushHosts   []string `env:"ASSENT_PUSH_HOSTS" placeholder:"HOST" group:"Push" help:"Push services beside the browsers' own; *.example.com stands for subdomains."`

	LogLevel  string `default:"info" env:"ASSENT_LOG_LEVEL" placeholder:"LEVEL" group:"Logging" help:"debug, info, warn or error."`
	LogFormat string `default:"text" env:"ASSENT_LOG_FORMAT" placeholder:"FORMAT" group:"Logging" help:"text or json, on standard error."`

	ReportPauses         Pauses   `default:"false" env:"ASSENT_REPORT_PAUSES" placeholder:"WHAT" group:"Protection" help:"What is paused for a person after \"I didn't ask for this\", until the help desk clears it (user clear): payments; true, all requests; or false, nothing."`
	MatchCode            []string `env:"ASSENT_MATCH_CODE" placeholder:"PROFILE" group:"Protection" help:"Where people type the code of the binding message instead of comparing it: regular, uk-accounts, uk-payment, br-payment. One try. The code is the last word of 4 to 12 characters that mixes letters and digits, or of 4 to 8 digits, and that the page shows nowhere."`
	MatchCodePattern     string   `env:"ASSENT_MATCH_CODE_PATTERN" placeholder:"RE2" group:"Protection" help:"Where the code stands in a message instead: the first group of this regular expression. The file's table match_code_patterns has one a profile."`
	MatchCodeMissing     string   `default:"compare" env:"ASSENT_MATCH_CODE_MISSING" placeholder:"WHAT" group:"Protection" help:"What is done where a code is asked for and the message has none: compare lets the person compare the message, refuse cancels. Under attack it is cancelled: after a report of theirs for all clients, after a burst or a flood for its clients and those of which they approved nothing in the last 90 days."`
	MatchCodeUnderAttack []string `env:"ASSENT_MATCH_CODE_UNDER_ATTACK" placeholder:"PROFILE" group:"Protection" help:"Where they do so only within an hour of a report of theirs, or of requests that came in a burst or a flood."`

	PersonNotices []string `default:"10/10m,40/24h" env:"ASSENT_PERSON_NOTICES" placeholder:"N/TIME" group:"Protection" help:"How many notices all clients together may send a person. Clients of which the person approved a request in the last 90 days have as many of their own beside it. One client takes at most a quarter of either. Further requests wait in the app without a notice."`

	Cooling string `default:"0s" env:"ASSENT_COOLING" placeholder:"TIME" group:"Protection" help:"How long a newly added device can't approve payments, unless one that is past that time let it in; 0s lets it at once."`

	FourEyes []string `name:"four-eyes" env:"ASSENT_FOUR_EYES" placeholder:"AREA" group:"Console" help:"Which actions of administrators wait until a second one confirms them: enrolment, identifiers, owners, settings. Without it the console decides."`

	Passkeys        string   `default:"any" env:"ASSENT_PASSKEYS" placeholder:"KIND" group:"Passkeys" help:"Which new passkeys are accepted: any; device-bound, those that can't be copied to another device; or attested, those of them whose authenticator proves its model."`
	PasskeyModels   []string `env:"ASSENT_PASSKEY_MODELS" placeholder:"AAGUID" group:"Passkeys" help:"Models of authenticators that alone may enrol, by AAGUID; needs attested."`
	PasskeyMetadata string   `env:"ASSENT_PASSKEY_METADATA" placeholder:"FILE" group:"Passkeys" help:"The BLOB of the FIDO Metadata Service (https://mds.fidoalliance.org/), against which attestations are checked; needed for attested."`

	AccountsURL       string `name:"accounts-url" env:"ASSENT_ACCOUNTS_URL" placeholder:"URL" group:"Accounts" help:"The bank's endpoint that tells a person's accounts; without one they come from the directory that is imported."`
	AccountsID        string `name:"accounts-id" env:"ASSENT_ACCOUNTS_ID" placeholder:"KIND" group:"Accounts" help:"Kind of identifier by which it knows people: username, email, phone, subject, cpf or customer; else the subject, or where there is none the user name."`
	AccountsMethod    string `name:"accounts-method" env:"ASSENT_ACCOUNTS_METHOD" placeholder:"METHOD" group:"Accounts" help:"How it is asked: GET, by which its access logs hold the identifier, or POST with it in the body; else GET."`
	AccountsToken     Secret `name:"accounts-token" env:"ASSENT_ACCOUNTS_TOKEN" placeholder:"SECRET" group:"Accounts" help:"Bearer token to send it, beside or instead of a client certificate."`
	AccountsTokenFile string `name:"accounts-token-file" env:"ASSENT_ACCOUNTS_TOKEN_FILE" placeholder:"FILE" group:"Accounts" help:"File that holds the token."`
	AccountsCertFile  string `name:"accounts-cert-file" env:"ASSENT_ACCOUNTS_CERT_FILE" placeholder:"FILE" group:"Accounts" help:"Client certificate (PEM) to present to it."`
	AccountsKeyFile   string `name:"accounts-key-file" env:"ASSENT_ACCOUNTS_KEY_FILE" placeholder:"FILE" group:"Accounts" help:"Private key (PEM) of that certificate."`
	AccountsCAFile    string `name:"accounts-ca-file" env:"ASSENT_ACCOUNTS_CA_FILE" placeholder:"FILE" group:"Accounts" help:"Certificate authorities (PEM) that its certificate must come from; else the system's."`

	ConnectionSettings `embed:""`

	tables   []ConnectionSettings // of the file
	patterns map[string]string    // of codes, by profile: the file's match_code_patterns
	file     map[string]any       // its other keys
	given    Given                // see Trace
}

// ConnectionSettings describe one ACP connection: the credentials that ACP
// presents to us, and the client that we are to ACP. Flags and variables
// describe one; the file may hold several as [[acp]] tables.
type ConnectionSettings struct {
	Name string `kong:"-" toml:"name"`

	APIUsername         string `name:"api-username" env:"ASSENT_API_USERNAME" toml:"api_username" placeholder:"NAME" group:"What ACP presents to us" help:"User name of HTTP Basic."`
	APIPassword         Secret `name:"api-password" env:"ASSENT_API_PASSWORD" toml:"api_password" placeholder:"SECRET" group:"What ACP presents to us" help:"Password of HTTP Basic, at least 12 characters."`
	APIPasswordFile     string `name:"api-password-file" env:"ASSENT_API_PASSWORD_FILE" toml:"api_password_file" placeholder:"FILE" group:"What ACP presents to us" help:"File that holds the password."`
	APIUsernameNext     string `name:"api-username-next" env:"ASSENT_API_USERNAME_NEXT" toml:"api_username_next" placeholder:"NAME" group:"What ACP presents to us" help:"User name that is accepted too, while credentials are rotated."`
	APIPasswordNext     Secret `name:"api-password-next" env:"ASSENT_API_PASSWORD_NEXT" toml:"api_password_next" placeholder:"SECRET" group:"What ACP presents to us" help:"Password that goes with it."`
	APIPasswordNextFile string `name:"api-password-next-file" env:"ASSENT_API_PASSWORD_NEXT_FILE" toml:"api_password_next_file" placeholder:"FILE" group:"What ACP presents to us" help:"File that holds that password."`
	APIKey              Secret `name:"api-key" env:"ASSENT_API_KEY" toml:"api_key" placeholder:"SECRET" group:"What ACP presents to us" help:"API key, beside or instead of HTTP Basic; at least 12 characters."`
	APIKeyFile          string `name:"api-key-file" env:"ASSENT_API_KEY_FILE" toml:"api_key_file" placeholder:"FILE" group:"What ACP presents to us" help:"File that holds the API key."`
	APIKeyName          string `name:"api-key-name" default:"X-API-Key" env:"ASSENT_API_KEY_NAME" toml:"api_key_name" placeholder:"NAME" group:"What ACP presents to us" help:"Header or query parameter that carries the API key."`
	APIKeyIn            string `name:"api-key-in" default:"header" env:"ASSENT_API_KEY_IN" toml:"api_key_in" placeholder:"PLACE" group:"What ACP presents to us" help:"Where the API key is: header or query."`

	Issuer            string   `name:"acp-issuer" env:"ASSENT_ACP_ISSUER" toml:"issuer" placeholder:"URL" group:"ACP" help:"Issuer of the tenant's system workspace: https://host/{tid}/system."`
	TokenURL          string   `name:"acp-token-url" env:"ASSENT_ACP_TOKEN_URL" toml:"token_url" placeholder:"URL" group:"ACP" help:"Token endpoint, where discovery doesn't tell it."`
	APIURL            string   `name:"acp-api-url" env:"ASSENT_ACP_API_URL" toml:"api_url" placeholder:"URL" group:"ACP" help:"Base of the system API, where its host isn't the issuer's."`
	ClientID          string   `name:"acp-client-id" env:"ASSENT_ACP_CLIENT_ID" toml:"client_id" placeholder:"ID" group:"ACP" help:"Our client in the system workspace."`
	ClientSecret      Secret   `name:"acp-client-secret" env:"ASSENT_ACP_CLIENT_SECRET" toml:"client_secret" placeholder:"SECRET" group:"ACP" help:"Its secret, for the client_secret methods."`
	ClientSecretFile  string   `name:"acp-client-secret-file" env:"ASSENT_ACP_CLIENT_SECRET_FILE" toml:"client_secret_file" placeholder:"FILE" group:"ACP" help:"File that holds the secret."`
	AuthMethod        string   `name:"acp-auth-method" default:"client_secret_basic" env:"ASSENT_ACP_AUTH_METHOD" toml:"auth_method" placeholder:"METHOD" group:"ACP" help:"client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth or self_signed_tls_client_auth."`
	KeyFile           string   `name:"acp-key-file" env:"ASSENT_ACP_KEY_FILE" toml:"key_file" placeholder:"FILE" group:"ACP" help:"Private key (PEM or JWK) for private_key_jwt, or of the client certificate."`
	CertFile          string   `name:"acp-cert-file" env:"ASSENT_ACP_CERT_FILE" toml:"cert_file" placeholder:"FILE" group:"ACP" help:"Client certificate (PEM), presented on every call to ACP."`
	CAFile            string   `name:"acp-ca-file" env:"ASSENT_ACP_CA_FILE" toml:"ca_file" placeholder:"FILE" group:"ACP" help:"Certificate authorities (PEM) that ACP's certificate must come from; else the system's."`
	VanityDomain      string   `name:"acp-vanity-domain" default:"none" env:"ASSENT_ACP_VANITY_DOMAIN" toml:"vanity_domain" placeholder:"KIND" group:"ACP" help:"none, tenant or server: what a domain of your own leaves out of ACP's paths."`
	Tenant            string   `name:"acp-tenant" env:"ASSENT_ACP_TENANT" toml:"tenant" placeholder:"ID" group:"ACP" help:"Tenant id, where a vanity domain leaves it out of the issuer."`
	Scopes            []string `name:"acp-scopes" env:"ASSENT_ACP_SCOPES" toml:"scopes" placeholder:"SCOPE" group:"ACP" help:"Scopes to ask for beside what a call needs."`
	OpenBankingLayout string   `name:"acp-openbanking-layout" default:"workspace" env:"ASSENT_ACP_OPENBANKING_LAYOUT" toml:"openbanking_layout" placeholder:"LAYOUT" group:"ACP" help:"Where ACP keeps its open banking paths: workspace, or system up to ACP 1.14."`
	Clients           string   `name:"acp-clients" env:"ASSENT_ACP_CLIENTS" toml:"clients" placeholder:"ID=LIMIT,…" group:"ACP" help:"Clients that may ask only in some workspaces, or only some people: till=workspace:shop;person:ada.quill. Others may ask anybody."`
	Workspaces        string   `name:"acp-workspaces" env:"ASSENT_ACP_WORKSPACES" toml:"workspaces" placeholder:"ID=KIND,…" group:"ACP" help:"The connection's workspaces and the kind of each (regular, obuk, obbr); empty takes any."`
	Hints             []string `name:"acp-hints" env:"ASSENT_ACP_HINTS" toml:"hints" placeholder:"KIND" group:"ACP" help:"Kinds of identifier that a login hint of the connection can be: username, email, phone, subject, cpf or customer; empty takes every hint as all of them."`
}

// Secret is a setting that is never printed.
type Secret string

const redacted = "[redacted]"

// Reveal gives the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret from printing.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalJSON hides the secret from encoding/json.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// LogValue hides the secret from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
