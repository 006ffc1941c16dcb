package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"assent/app/config"
)

// Each setting says where it comes from; secrets say only that they are there,
// and URLs nothing that could be one.
func TestGiven(t *testing.T) {
	path := file(t, "assent.toml",
		"request_ttl = \"1m\"\npush_hosts = [\"a.example\", \"b.example\"]\ninstitution = \"File\"\n")
	t.Setenv("ASSENT_CONFIG", path)
	t.Setenv("ASSENT_INSTITUTION", "Variable")
	t.Setenv("ASSENT_API_PASSWORD", "correct horse battery")
	t.Setenv("ASSENT_ACCOUNTS_URL", "https://user:hunter2@core.bank.example/accounts?key=hunter2")
	s := &config.Settings{}
	k, err := kong.New(s, s.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := k.Parse([]string{"--listen=127.0.0.1:3"})
	if err != nil {
		t.Fatal(err)
	}
	s.Trace(parsed)
	given := s.Given()
	find := func(name string) config.Setting {
		i := slices.IndexFunc(given, func(g config.Setting) bool { return g.Name == name })
		if i < 0 {
			t.Fatalf("%s isn't there", name)
		}
		return given[i]
	}
	for name, want := range map[string]config.Setting{
		"listen":      {Group: "Service", Env: "ASSENT_LISTEN", Value: "127.0.0.1:3", Origin: config.FromFlag},
		"institution": {Group: "Service", Env: "ASSENT_INSTITUTION", Value: "Variable", Origin: config.FromEnv},
		"request-ttl": {Group: "Service", Env: "ASSENT_REQUEST_TTL", Value: "1m", Origin: config.FromFile},
		"push-hosts": {
			Group:  "Push",
			Env:    "ASSENT_PUSH_HOSTS",
			Value:  "a.example, b.example",
			Origin: config.FromFile,
		},
		"invite-ttl": {Group: "Service", Env: "ASSENT_INVITE_TTL", Value: "24h", Origin: config.FromDefault},
		"api-password": {
			Group:  "What ACP presents to us",
			Env:    "ASSENT_API_PASSWORD",
			Secret: true,
			Origin: config.FromEnv,
		},
	} {
		want.Name = name
		if got := find(name); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if all := fmt.Sprint(given); strings.Contains(all, "hunter2") || strings.Contains(all, "correct horse") {
		t.Error("a secret is told")
	}
	if !given.Fixed("institution") || given.Fixed("invite-ttl") || given.Fixed("no-such") {
		t.Error("what is fixed isn't what was set")
	}
	demo := given.InDemo(map[string]string{"institution": "Demo", "api-password": ""})
	if demo.Fixed("institution") || len(demo) != 4 || demo.Origin("listen") != config.FromDefault {
		t.Errorf("in the demo: %+v", demo)
	}
}

// The connections of the file's tables stand in the place of the one that flags
// describe.
func TestGivenTables(t *testing.T) {
	path := file(t, "assent.toml",
		"[[acp]]\nname = \"north\"\nissuer = \"https://a.example/north/system\"\nclient_secret = \"hunter2\"\n")
	t.Setenv("ASSENT_CONFIG", path)
	s := &config.Settings{}
	k, err := kong.New(s, s.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := k.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Trace(parsed)
	var own []string
	for _, g := range s.Given() {
		if strings.Contains(g.Group, "acp") || strings.Contains(g.Group, "ACP") && g.Group != "Listener for ACP" {
			own = append(own, fmt.Sprint(g.Group, " ", g.Name, " ", g.Value, " ", g.Secret, " ", g.Origin))
		}
	}
	want := []string{"[[acp]] north name north false file",
		"[[acp]] north issuer https://a.example/north/system false file", "[[acp]] north client_secret  true file"}
	if !slices.Equal(own, want) {
		t.Errorf("%q, want %q", own, want)
	}
}
