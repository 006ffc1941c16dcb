package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"assent/app/config"
)

// good is a complete configuration on localhost.
var good = map[string]string{
	"ASSENT_API_USERNAME": "acp", "ASSENT_API_PASSWORD": "correct horse battery",
	"ASSENT_ACP_ISSUER":        "https://acp.example/bank/system",
	"ASSENT_ACP_CLIENT_ID":     "assent",
	"ASSENT_ACP_CLIENT_SECRET": "s",
}

func parse(t *testing.T, env map[string]string, args ...string) (*config.Settings, error) {
	t.Helper()
	for _, kv := range os.Environ() {
		if k, _, _ := strings.Cut(kv, "="); strings.HasPrefix(k, "ASSENT_") {
			t.Setenv(k, "")
			os.Unsetenv(k)
		}
	}
	for k, v := range env {
		t.Setenv(k, v)
	}
	s := &config.Settings{}
	k, err := kong.New(s, s.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(args)
	return s, err
}

func with(base map[string]string, pairs ...string) map[string]string {
	out := map[string]string{}
	for k, v := range base {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
		if pairs[i+1] == "" {
			delete(out, pairs[i])
		}
	}
	return out
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestStrengthOfSources(t *testing.T) {
	path := file(t, "assent.toml",
		"listen = \"127.0.0.1:1\"\nrequest_ttl = \"1m\"\ninstitution = \"File\"\npush_hosts = [\"a.example\", \"b.example\"]\n")
	s, err := parse(t,
		with(good, "ASSENT_CONFIG", path, "ASSENT_LISTEN", "127.0.0.1:2", "ASSENT_INSTITUTION", "Variable"),
		"--listen=127.0.0.1:3")
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:3" || c.Institution != "Variable" || c.RequestTTL != time.Minute ||
		c.InviteTTL != 24*time.Hour || !slices.Equal(c.PushHosts, []string{"a.example", "b.example"}) {
		t.Errorf("listen %s (flag), institution %s (variable), request %v (file), invite %v (default), hosts %v",
			c.Listen, c.Institution, c.RequestTTL, c.InviteTTL, c.PushHosts)
	}
}

func TestFaultsOfServe(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		says []string // nothing: it is fine
	}{
		{"complete", good, nil},
		{"nothing", nil,
			[]string{"ASSENT_API_USERNAME and ASSENT_API_PASSWORD", "ASSENT_ACP_ISSUER", "ASSENT_ACP_CLIENT_ID",
				"ASSENT_ACP_CLIENT_SECRET"}},
		{"an API key instead",
			with(good, "ASSENT_API_USERNAME", "", "ASSENT_API_PASSWORD", "", "ASSENT_API_KEY", "a-long-random-key"),
			nil},
		{"half a pair", with(good, "ASSENT_API_USERNAME", ""), []string{"set both or none"}},
		{"well-known password", with(good, "ASSENT_API_PASSWORD", "changeme123!"), []string{"well-known"}},
		{"short password", with(good, "ASSENT_API_PASSWORD", "x7!pQ"), []string{"at least 12"}},
		{"password equal to the name", with(good, "ASSENT_API_USERNAME", "correct horse battery"),
			[]string{"must not be the user name"}},
		{"short key", with(good, "ASSENT_API_KEY", "short"), []string{"ASSENT_API_KEY: use at least"}},
		{"key place", with(good, "ASSENT_API_KEY", "a-long-random-key", "ASSENT_API_KEY_IN", "cookie"),
			[]string{"ASSENT_API_KEY_IN"}},
		{"rotation",
			with(good, "ASSENT_API_USERNAME_NEXT", "acp", "ASSENT_API_PASSWORD_NEXT", "the next battery staple"), nil},
		{"patterns of codes",
			with(good, "ASSENT_MATCH_CODE_PATTERN", `code (\d+)`, "ASSENT_MATCH_CODE_MISSING", "refuse"), nil},
		{"patterns of codes that are none",
			with(good, "ASSENT_MATCH_CODE_PATTERN", "code", "ASSENT_MATCH_CODE_MISSING", "allow"),
			[]string{"has no group", "ASSENT_MATCH_CODE_MISSING"}},
		{"a pattern that isn't one", with(good, "ASSENT_MATCH_CODE_PATTERN", "(code"),
			[]string{"ASSENT_MATCH_CODE_PATTERN: error parsing"}},
		{"limits of clients",
			with(good, "ASSENT_ACP_CLIENTS", "till=workspace:shop;workspace:bank;person:ada.quill, app=person:bob"),
			nil},
		{"limits of clients that are none",
			with(good, "ASSENT_ACP_CLIENTS", "till=shop,app=person:,till=person:bob,=person:x"), []string{
				`"shop" of till is neither`, `"person:" of app`, `"till=person:bob" names no client`,
				`"=person:x" names no client`}},
		{"limits of notices", with(good, "ASSENT_PERSON_NOTICES", "3/1m,200/168h"), nil},
		{"limits of notices that are none", with(good, "ASSENT_PERSON_NOTICES", "10,0/10m,5/1s"), []string{
			`ASSENT_PERSON_NOTICES: "10" is not`, `ASSENT_PERSON_NOTICES: "0/10m" is not`,
			`ASSENT_PERSON_NOTICES: "5/1s" is not`}},
		{"public http", with(good, "ASSENT_PUBLIC_URL", "http://approve.example"),
			[]string{"ASSENT_PUBLIC_URL", "ASSENT_PUSH_SUBJECT"}},
		{"public https behind nothing",
			with(good, "ASSENT_PUBLIC_URL", "https://approve.example", "ASSENT_PUSH_SUBJECT", "mailto:a@b.example",
				"ASSENT_LISTEN", "0.0.0.0:80"),
			[]string{"in the clear"}},
		{"public https on loopback",
			with(good, "ASSENT_PUBLIC_URL", "https://approve.example", "ASSENT_PUSH_SUBJECT", "mailto:a@b.example"),
			nil},
		{"public https behind a proxy",
			with(good, "ASSENT_PUBLIC_URL", "https://approve.example", "ASSENT_PUSH_SUBJECT", "https://b.example",
				"ASSENT_LISTEN", "0.0.0.0:80", "ASSENT_TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.1"),
			nil},
		{"no push subject", with(good, "ASSENT_PUBLIC_URL", "https://approve.example"),
			[]string{"ASSENT_PUSH_SUBJECT"}},
		{"push subject of no form", with(good, "ASSENT_PUSH_SUBJECT", "operations"), []string{"ASSENT_PUSH_SUBJECT"}},
		{"path in the public URL", with(good, "ASSENT_PUBLIC_URL", "http://localhost:8080/app"),
			[]string{"scheme and host only"}},
		{"an address as public URL",
			with(good, "ASSENT_PUBLIC_URL", "https://192.0.2.1", "ASSENT_PUSH_SUBJECT", "mailto:a@b.example"),
			[]string{"host name"}},
		{"http to ACP", with(good, "ASSENT_ACP_ISSUER", "http://acp.example/bank/system"), []string{"loopback only"}},
		{"http to ACP on loopback", with(good, "ASSENT_ACP_ISSUER", "http://127.0.0.1:8090/bank/system"), nil},
		{"an issuer of another shape", with(good, "ASSENT_ACP_ISSUER", "https://acp.example/bank"),
			[]string{"not of the form"}},
		{"vanity domain",
			with(good, "ASSENT_ACP_ISSUER", "https://login.bank.example", "ASSENT_ACP_VANITY_DOMAIN", "server",
				"ASSENT_ACP_TENANT", "bank"),
			nil},
		{"vanity domain without tenant", with(good, "ASSENT_ACP_VANITY_DOMAIN", "tenant"),
			[]string{"ASSENT_ACP_TENANT"}},
		{"auth method", with(good, "ASSENT_ACP_AUTH_METHOD", "basic"), []string{"ASSENT_ACP_AUTH_METHOD"}},
		{"key method without key", with(good, "ASSENT_ACP_AUTH_METHOD", "private_key_jwt"),
			[]string{"ASSENT_ACP_KEY_FILE"}},
		{"key file that isn't there",
			with(good, "ASSENT_ACP_AUTH_METHOD", "private_key_jwt", "ASSENT_ACP_KEY_FILE", "/nowhere/key.pem"),
			[]string{"/nowhere/key.pem"}},
		{"TLS method without certificate", with(good, "ASSENT_ACP_AUTH_METHOD", "tls_client_auth"),
			[]string{"ASSENT_ACP_CERT_FILE and ASSENT_ACP_KEY_FILE"}},
		{"workspaces", with(good, "ASSENT_ACP_WORKSPACES", "shop=regular, bank=obuk,banco=obbr"), nil},
		{"workspace of no kind", with(good, "ASSENT_ACP_WORKSPACES", "shop"), []string{"ASSENT_ACP_WORKSPACES"}},
		{"hints", with(good, "ASSENT_ACP_HINTS", "customer, CPF,cpf"), nil},
		{"hint of no kind", with(good, "ASSENT_ACP_HINTS", "customer,iban"),
			[]string{`ASSENT_ACP_HINTS: "iban" is not username`}},
		{"half a TLS pair", with(good, "ASSENT_TLS_CERT", "/dev/null"), []string{"ASSENT_TLS_CERT and ASSENT_TLS_KEY"}},
		{"proxies", with(good, "ASSENT_TRUSTED_PROXIES", "proxy.example"), []string{"ASSENT_TRUSTED_PROXIES"}},
		{"any push host", with(good, "ASSENT_PUSH_HOSTS", "*,*bank.example,bank"),
			[]string{`"*"`, `"*bank.example"`, `"bank"`}},
		{"log level and format", with(good, "ASSENT_LOG_LEVEL", "loud", "ASSENT_LOG_FORMAT", "xml"),
			[]string{"ASSENT_LOG_LEVEL", "ASSENT_LOG_FORMAT"}},
		{"lifetimes", with(good, "ASSENT_INVITE_TTL", "1x", "ASSENT_REQUEST_TTL", "48h"),
			[]string{"ASSENT_INVITE_TTL", "ASSENT_REQUEST_TTL"}},
		{"secret and file", with(good, "ASSENT_API_PASSWORD_FILE", "/dev/null"), []string{"one of both"}},
		{"secret file that isn't there", with(good, "ASSENT_API_PASSWORD", "", "ASSENT_API_PASSWORD_FILE", "/nowhere"),
			[]string{"/nowhere"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse(t, c.env)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Serve()
			if (err == nil) != (c.says == nil) {
				t.Fatalf("got %v, want faults %v", err, c.says)
			}
			for _, w := range c.says {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v\ndoesn't say %q", err, w)
				}
			}
		})
	}
}

// Each connection reads hints as the kinds that it lists.
func TestHintsOfConnections(t *testing.T) {
	table := "[[acp]]\nname = %q\nissuer = \"https://acp.example/%[1]s/system\"\nclient_id = \"assent\"\nclient_secret = \"s\"\napi_username = \"acp\"\napi_password = \"correct horse %[1]s\"\n%s\n"
	path := file(t, "assent.toml",
		fmt.Sprintf(table, "retail", `hints = ["customer", "cpf"]`)+fmt.Sprintf(table, "business", "")+
			fmt.Sprintf(table, "private", `hints = ["iban"]`))
	s, err := parse(t, map[string]string{"ASSENT_CONFIG": path})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Serve()
	if err == nil ||
		!strings.Contains(err.Error(),
			`[[acp]] private: hints: "iban" is not username, email, phone, subject, cpf, customer`) {
		t.Errorf("got %v", err)
	}
	if got := fmt.Sprint(c.Connections[0].Hints, c.Connections[1].Hints); got != "[customer cpf] []" {
		t.Errorf("the hints are %s", got)
	}
}

// Behind a proxy on this machine every caller would else be one: a stranger
// could use up everybody's tries.
func TestProxyOnThisMachineIsTrusted(t *testing.T) {
	https := with(good, "ASSENT_PUBLIC_URL", "https://approve.example", "ASSENT_PUSH_SUBJECT", "mailto:a@b.example")
	own := file(t, "own.pem", "")
	for _, c := range []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"https without TLS of our own, on loopback", https, []string{"127.0.0.0/8", "::1/128"}},
		{"by name", with(https, "ASSENT_LISTEN", "localhost:8080"), []string{"127.0.0.0/8", "::1/128"}},
		{"another proxy in front of it", with(https, "ASSENT_TRUSTED_PROXIES", "10.0.0.0/8"),
			[]string{"10.0.0.0/8", "127.0.0.0/8", "::1/128"}},
		{"TLS of our own", with(https, "ASSENT_TLS_CERT", own, "ASSENT_TLS_KEY", own), nil},
		{"on the network", with(https, "ASSENT_LISTEN", "0.0.0.0:80", "ASSENT_TRUSTED_PROXIES", "10.0.0.0/8"),
			[]string{"10.0.0.0/8"}},
		{"no proxy", good, nil},
	} {
		s, err := parse(t, c.env)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Serve()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if fmt.Sprint(got.TrustedProxies) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v are trusted, want %v", c.name, got.TrustedProxies, c.want)
		}
	}
}

// A fault is printed and logged: what a URL says beside where it leads stays out of it.
func TestFaultsDoNotPrintPasswordsInURLs(t *testing.T) {
	for _, setting := range []string{"ASSENT_PUBLIC_URL", "ASSENT_ACP_ISSUER", "ASSENT_ACP_TOKEN_URL",
		"ASSENT_ACP_API_URL", "ASSENT_PUSH_SUBJECT", "ASSENT_ACCOUNTS_URL"} {
		for _, v := range []string{"https://user:hunter2@h.example/bank/system",
			"https://user:hunter2 @h.example/bank/system", "ftp://hunter2@h.example",
			"https://user:hunter2@h.example:x/", "https://user:hun/ter2@h.example", "ftp://h.example/?key=hunter2",
			"https://h.example:x/#hunter2"} {
			s, err := parse(t, with(good, setting, v))
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Serve()
			if err == nil || !strings.Contains(err.Error(), setting) || strings.Contains(err.Error(), "hunter2") ||
				strings.Contains(err.Error(), "ter2") {
				t.Errorf("%s = %s: %v", setting, v, err)
			}
		}
	}
}

func TestTwoConnectionsOfOneTenant(t *testing.T) {
	table := func(name, issuer, more string) string {
		return fmt.Sprintf("[[acp]]\nname = %q\nissuer = %q\nclient_id = \"c\"\nclient_secret = \"s\"\napi_username = %q\napi_password = \"correct horse %s\"\n%s\n",
			name, issuer, name, name, more)
	}
	const one, two = "https://acp.example/bank/system", "https://other.example/bank/system"
	for _, c := range []struct {
		name, first, second string
		refused             bool
	}{
		{"two tenants", table("a", one, ""), table("b", "https://acp.example/shop/system", ""), false},
		{"one tenant, workspaces apart", table("a", one, `workspaces = "x=regular"`),
			table("b", one, `workspaces = "y=regular,z=obuk"`), false},
		{"one tenant, no workspaces", table("a", one, ""), table("b", one, ""), true},
		{"one tenant, only one says which", table("a", one, ""), table("b", one, `workspaces = "y=regular"`), true},
		{"one tenant, a workspace of both", table("a", one, `workspaces = "x=regular,y=regular"`),
			table("b", one, `workspaces = "y=regular"`), true},
		{"the same id at two ACPs", table("a", one, ""), table("b", two, ""), true},
		{"behind a vanity domain", table("a", one, ""),
			table("b", "https://login.example", "vanity_domain = \"tenant\"\ntenant = \"bank\""), true},
	} {
		s, err := parse(t, nil, "--config", file(t, "assent.toml", c.first+c.second))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = s.Serve(); (err != nil) != c.refused || c.refused && !strings.Contains(err.Error(), "[[acp]] b: ") {
			t.Errorf("%s: %v, want refused %v", c.name, err, c.refused)
		}
	}
}

func TestCommandsCheckOnlyWhatTheyUse(t *testing.T) {
	s, err := parse(t, map[string]string{"ASSENT_LOG_LEVEL": "loud", "ASSENT_INVITE_TTL": "soon"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store(); err != nil {
		t.Errorf("Store: %v", err)
	}
	if _, err := s.Health(); err != nil {
		t.Errorf("Health: %v", err)
	}
	if _, err := s.Invite(); err == nil || strings.Contains(err.Error(), "LOG_LEVEL") ||
		!strings.Contains(err.Error(), "INVITE_TTL") {
		t.Errorf("Invite: %v", err)
	}
	if _, err := s.Demo(); err == nil || strings.Contains(err.Error(), "ACP") {
		t.Errorf("Demo: %v", err)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	s, err := parse(t,
		with(good, "ASSENT_API_PASSWORD", "", "ASSENT_API_PASSWORD_FILE", file(t, "p", "correct horse battery\n"),
			"ASSENT_ACP_CLIENT_SECRET", "", "ASSENT_ACP_CLIENT_SECRET_FILE", file(t, "s", " spaces stay \r\n")))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	conn := c.Connections[0]
	if conn.Credentials[0].Password != "correct horse battery" || conn.ClientSecret != " spaces stay " {
		t.Errorf("password %q, secret %q", conn.Credentials[0].Password.Reveal(), conn.ClientSecret.Reveal())
	}
}

func TestSeveralConnections(t *testing.T) {
	secret := file(t, "secret", "from a file\n")
	text := `
public_url = "http://localhost:8080"
[[acp]]
name = "retail"
issuer = "https://acp.example/retail/system"
client_id = "assent"
client_secret_file = "` + secret + `"
api_username = "acp-retail"
api_password = "correct horse battery"
workspaces = "shop=regular"
[[acp]]
issuer = "https://acp.example/corporate/system"
client_id = "assent"
client_secret = "x"
api_key = "a-long-random-key"
scopes = ["manage_consents"]
`
	s, err := parse(t, nil, "--config="+file(t, "assent.toml", text))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Connections) != 2 || c.Connections[0].Name != "retail" || c.Connections[0].ClientSecret != "from a file" ||
		c.Connections[0].Workspaces["shop"] != "regular" ||
		c.Connections[1].Name != "acp-2" || c.Connections[1].AuthMethod != "client_secret_basic" ||
		c.Connections[1].Credentials[0].KeyName != "X-API-Key" || c.Connections[1].Scopes[0] != "manage_consents" {
		t.Errorf("connections %+v", c.Connections)
	}
	for name, edit := range map[string]func(string) string{
		"same credentials": func(s string) string {
			return strings.Replace(s, `api_key = "a-long-random-key"`,
				"api_username = \"acp-retail\"\napi_password = \"correct horse battery\"", 1)
		},
		"same name": func(s string) string {
			return strings.Replace(s, "[[acp]]\nissuer", "[[acp]]\nname = \"retail\"\nissuer", 1)
		},
		"fault in a table": func(s string) string { return strings.Replace(s, `client_secret = "x"`, "", 1) },
	} {
		s, err := parse(t, nil, "--config="+file(t, "assent.toml", edit(text)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Serve(); err == nil || !strings.Contains(err.Error(), "[[acp]] ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s, err = parse(t, good, "--config="+file(t, "assent.toml", text)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Serve(); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("tables and variables together: %v", err)
	}
}

func TestUnknownKeysOfTheFile(t *testing.T) {
	for text, says := range map[string]string{
		"lisen = \"x\"\n":                  "lisen",
		"[[acp]]\nclient_secert = \"x\"\n": "client_secert",
		"listen = \n":                      "settings file",
		"[data_dir]\nx = 1\n":              "data_dir",
	} {
		_, err := parse(t, nil, "--config="+file(t, "assent.toml", text))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want it to say %s", text, err, says)
		}
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	s, err := parse(t, with(good, "ASSENT_API_PASSWORD", "hunter2hunter2", "ASSENT_ACP_CLIENT_SECRET", "hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c, "secret", c.Connections[0].ClientSecret)
	for _, printed := range []string{string(b), log.String(),
		fmt.Sprintf("%v %+v %#v %s", c, c, c, c.Connections[0].ClientSecret), fmt.Sprintf("%+v %#v", *s, s)} {
		if strings.Contains(printed, "hunter2") {
			t.Errorf("printed: %s", printed)
		}
	}
}

// A profile's pattern of codes is in a table of the file.
func TestPatternsOfProfiles(t *testing.T) {
	s, err := parse(t, with(good, "ASSENT_MATCH_CODE_PATTERN", `code (\d+)`), "--config",
		file(t, "a.toml", "[match_code_patterns]\nuk-payment = 'PIN=(\\w+)'\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Serve()
	if p := c.Protection.CodePatterns; err != nil || len(p) != 2 || p[""].String() != `code (\d+)` ||
		p["uk-payment"].String() != `PIN=(\w+)` {
		t.Errorf("%v, %v", p, err)
	}
	s, err = parse(t, good, "--config", file(t, "b.toml", "[match_code_patterns]\nbr-data = '(x)'\nregular = 'x'\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.Serve(); err == nil || !strings.Contains(err.Error(), `"br-data" is not`) ||
		!strings.Contains(err.Error(), "match_code_patterns.regular: \"x\" has no group") {
		t.Errorf("faults: %v", err)
	}
	if _, err = parse(t, good, "--config", file(t, "c.toml", "match_code_patterns = 'x'\n")); err == nil ||
		!strings.Contains(err.Error(), "isn't") && !strings.Contains(err.Error(), "is not a table") {
		t.Errorf("a text in the place of the table: %v", err)
	}
}
