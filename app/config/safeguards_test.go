package config_test

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"assent/app/config"
)

// Every setting is in the table of those that protect, or is named here with why
// it isn't.
func TestEverySettingIsASafeguardOrNot(t *testing.T) {
	const (
		place    = "where things are, and what they are called"
		secret   = "a secret, or a name beside one: it lets nobody in by changing"
		whom     = "whom we speak with"
		ownTrace = "a change has a row of the audit of its own"
	)
	others := map[string]string{
		"config":       place,
		"listen":       place,
		"public-url":   place,
		"data-dir":     place,
		"institution":  place,
		"log-level":    place,
		"log-format":   place,
		"push-subject": place,
		"request-ttl":  "ACP gives a request its life",
		"admin-rp-id":  ownTrace,
		"tls-key":      secret, "admin-tls-key": secret, "api-tls-key": secret, "accounts-token": secret,
		"accounts-token-file": secret, "accounts-cert-file": secret, "accounts-key-file": secret,
		"api-username": secret, "api-password": secret, "api-password-file": secret, "api-username-next": secret,
		"api-password-next": secret, "api-password-next-file": secret, "api-key": secret, "api-key-file": secret,
		"api-key-name": secret, "api-key-in": secret, "acp-client-secret": secret, "acp-client-secret-file": secret,
		"acp-key-file": secret, "acp-cert-file": secret, "acp-auth-method": secret,
		"accounts-url": whom, "accounts-id": whom, "acp-issuer": whom, "acp-token-url": whom, "acp-api-url": whom,
		"acp-client-id": whom, "acp-vanity-domain": whom, "acp-tenant": whom, "acp-scopes": whom,
		"acp-openbanking-layout": whom, "passkey-metadata": "its signature is verified, and attested needs it",
	}
	s := &config.Settings{}
	k, err := kong.New(s, s.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	guards := map[string]bool{}
	for _, one := range (config.Given{}).Safeguards(config.Config{Connections: []config.Connection{{Name: "acp"}}},
		strings.ToUpper) {
		if guards[one.Name] {
			t.Errorf("%s stands in the table twice", one.Name)
		}
		guards[one.Name] = true
	}
	for _, f := range k.Model.Flags {
		if len(f.Envs) == 0 {
			continue
		}
		if (others[f.Name] != "") == guards[f.Envs[0]] {
			t.Errorf("%s: does it protect? name it in the table of safeguards, or here", f.Envs[0])
		}
		delete(guards, f.Envs[0])
	}
	for name := range guards {
		t.Errorf("the table names %s, which is no setting", name)
	}
}

func TestLooser(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		want           bool
	}{
		{"ASSENT_SEPARATE_CODES", "true", "false", true},
		{"ASSENT_SEPARATE_CODES", "false", "true", false},
		{"ASSENT_FOUR_EYES", "enrolment, owners", "owners", true},
		{"ASSENT_FOUR_EYES", "owners", "", true},
		{"ASSENT_FOUR_EYES", "owners", "enrolment, owners", false},
		{"ASSENT_REPORT_PAUSES", "true", "payments", true},
		{"ASSENT_REPORT_PAUSES", "false", "payments", false},
		{"ASSENT_MATCH_CODE_MISSING", "refuse", "compare", true},
		{"ASSENT_MATCH_CODE_PATTERN", "", "(.)", true},
		{"ASSENT_COOLING", "2h0m0s", "1h0m0s", true},
		{"ASSENT_COOLING", "1h0m0s", "2h0m0s", false},
		{"ASSENT_INVITE_TTL", "24h0m0s", "720h0m0s", true},
		{"ASSENT_INVITE_TTL", "24h0m0s", "1h0m0s", false},
		{"ASSENT_PERSON_NOTICES", "10/10m0s, 40/24h0m0s", "10/10m0s", true},
		{"ASSENT_PERSON_NOTICES", "10/10m0s, 40/24h0m0s", "11/10m0s, 40/24h0m0s", true},
		{"ASSENT_PERSON_NOTICES", "10/10m0s", "5/1h0m0s", false},
		{"ASSENT_PASSKEYS", "attested", "device-bound", true},
		{"ASSENT_PASSKEYS", "any", "attested", false},
		{"ASSENT_PASSKEY_MODELS", "a, b", "a", false},
		{"ASSENT_PASSKEY_MODELS", "a, b", "", true},
		{"ASSENT_ADMIN_NETWORKS", "10.0.0.0/8", "", true},
		{"ASSENT_ADMIN_NETWORKS", "", "10.0.0.0/8", false},
		{"ASSENT_ADMIN_NETWORKS", "10.0.0.0/8", "10.0.0.0/8, 192.0.2.0/24", true},
		{"ASSENT_TRUSTED_PROXIES", "", "192.0.2.0/24", true},
		{"ASSENT_TRUSTED_PROXIES", "192.0.2.0/24", "", false},
		{"ASSENT_ADMIN_CLIENT_CA", "", "/ca.pem #00112233", false},
		{"ASSENT_ADMIN_CLIENT_CA", "/ca.pem #00112233", "/ca.pem #44556677", true},
		{"ASSENT_ADMIN_URL", "https://console.bank.example", "", true},
		{"ASSENT_ACP_HINTS (north)", "cpf", "cpf, phone", true},
		{"ASSENT_ACP_HINTS (north)", "", "cpf", false},
		{"ASSENT_ACP_CLIENTS", "till=shop", "", true},
		{"ASSENT_OF_ANOTHER_VERSION", "a", "b", true},
	} {
		if got := config.Looser(c.name, c.from, c.to); got != c.want {
			t.Errorf("%s from %q to %q: looser %v", c.name, c.from, c.to, got)
		}
	}
}

// People of a client's limits are told apart, and not told.
func TestSafeguardsNameNobody(t *testing.T) {
	limit := map[string]config.ClientLimit{"till": {Workspaces: []string{"shop"}, People: []string{"cpf:12345678909"}}}
	c := config.Config{Connections: []config.Connection{{Name: "north", Clients: limit}}}
	for _, one := range (config.Given{}).Safeguards(c, func(string) string { return "d1" }) {
		if one.Name == "ASSENT_ACP_CLIENTS (north)" {
			if one.Value != "till=shop people:1 #d1" {
				t.Errorf("%q", one.Value)
			}
			return
		}
	}
	t.Error("the clients' limits aren't there")
}
