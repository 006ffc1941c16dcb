package config_test

import (
	"strings"
	"testing"
)

func TestFaultsOfTheAccountsEndpoint(t *testing.T) {
	pem := file(t, "x.pem", "x")
	set := func(pairs ...string) map[string]string {
		return with(good,
			append([]string{"ASSENT_ACCOUNTS_URL", "https://core.bank.example/accounts", "ASSENT_ACCOUNTS_TOKEN",
				"t-0"},
				pairs...)...)
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		says []string // nothing: it is fine
	}{
		{"none", good, nil},
		{"token", set(), nil},
		{"token in a file",
			set("ASSENT_ACCOUNTS_TOKEN", "", "ASSENT_ACCOUNTS_TOKEN_FILE", file(t, "t", "from-a-file\n")), nil},
		{"token twice", set("ASSENT_ACCOUNTS_TOKEN_FILE", pem), []string{"ASSENT_ACCOUNTS_TOKEN and its file"}},
		{"token file that isn't there", set("ASSENT_ACCOUNTS_TOKEN", "", "ASSENT_ACCOUNTS_TOKEN_FILE", "/nowhere"),
			[]string{"ASSENT_ACCOUNTS_TOKEN: its file can't be read"}},
		{"token of two lines", set("ASSENT_ACCOUNTS_TOKEN", "", "ASSENT_ACCOUNTS_TOKEN_FILE", file(t, "t2", "a\nb\n")),
			[]string{"no blanks"}},
		{"certificate",
			set("ASSENT_ACCOUNTS_TOKEN", "", "ASSENT_ACCOUNTS_CERT_FILE", pem, "ASSENT_ACCOUNTS_KEY_FILE", pem,
				"ASSENT_ACCOUNTS_CA_FILE", pem),
			nil},
		{"certificate without key", set("ASSENT_ACCOUNTS_CERT_FILE", pem),
			[]string{"ASSENT_ACCOUNTS_CERT_FILE and ASSENT_ACCOUNTS_KEY_FILE"}},
		{"key without certificate", set("ASSENT_ACCOUNTS_KEY_FILE", pem),
			[]string{"ASSENT_ACCOUNTS_CERT_FILE and ASSENT_ACCOUNTS_KEY_FILE"}},
		{"files that aren't there",
			set("ASSENT_ACCOUNTS_CERT_FILE", "/no/c", "ASSENT_ACCOUNTS_KEY_FILE", "/no/k", "ASSENT_ACCOUNTS_CA_FILE",
				"/no/a"),
			[]string{"/no/c", "/no/k", "/no/a"}},
		{"neither token nor certificate", set("ASSENT_ACCOUNTS_TOKEN", ""), []string{"that it is us who ask"}},
		{"neither, on loopback", set("ASSENT_ACCOUNTS_TOKEN", "", "ASSENT_ACCOUNTS_URL", "http://localhost:9/accounts"),
			nil},
		{"http", set("ASSENT_ACCOUNTS_URL", "http://core.bank.example/accounts"), []string{"loopback only"}},
		{"certificate over http",
			set("ASSENT_ACCOUNTS_URL", "http://127.0.0.1/", "ASSENT_ACCOUNTS_CERT_FILE", pem,
				"ASSENT_ACCOUNTS_KEY_FILE", pem),
			[]string{"over https: only"}},
		{"no URL", set("ASSENT_ACCOUNTS_URL", "core.bank.example"), []string{"not a URL"}},
		{"user in the URL", set("ASSENT_ACCOUNTS_URL", "https://me:hunter2@core.bank.example"),
			[]string{"leave out user name"}},
		{"query", set("ASSENT_ACCOUNTS_URL", "https://core.bank.example/?realm=retail"), nil},
		{"id in the URL", set("ASSENT_ACCOUNTS_URL", "https://core.bank.example/?id=1"),
			[]string{"leave out the parameter id"}},
		{"kind", set("ASSENT_ACCOUNTS_ID", "cpf"), nil},
		{"no kind", set("ASSENT_ACCOUNTS_ID", "cnpj"), []string{`ASSENT_ACCOUNTS_ID: "cnpj"`, "customer"}},
		{"settings of no endpoint", with(good, "ASSENT_ACCOUNTS_TOKEN", "hunter2"),
			[]string{"ASSENT_ACCOUNTS_URL: set it"}},
		{"all at once",
			set("ASSENT_ACCOUNTS_URL", "http://core.bank.example", "ASSENT_ACCOUNTS_ID", "x",
				"ASSENT_ACCOUNTS_KEY_FILE", pem),
			[]string{"3 settings", "loopback only", `"x"`, "set both or none"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse(t, c.env)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Serve()
			if _, err2 := s.AccountList(); (err == nil) != (err2 == nil) {
				t.Errorf("serve: %v; list: %v", err, err2)
			}
			if (err == nil) != (c.says == nil) {
				t.Fatalf("got %v, want faults %v", err, c.says)
			}
			for _, w := range c.says {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v\ndoesn't say %q", err, w)
				}
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret is told: %v", err)
			}
		})
	}
}

func TestAccountsEndpointInTheFile(t *testing.T) {
	s, err := parse(t, good,
		"--config="+
			file(t, "assent.toml",
				"accounts_url = \"https://core.bank.example/a\"\naccounts_token_file = \""+
					file(t, "t", "from-a-file\n")+
					"\"\naccounts_id = \"customer\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	if c.Accounts.URL != "https://core.bank.example/a" || c.Accounts.ID != "customer" ||
		c.Accounts.Token.Reveal() != "from-a-file" {
		t.Errorf("%+v", c.Accounts)
	}
	if text := c.Accounts.Token.String(); strings.Contains(text, "from") {
		t.Errorf("printed: %s", text)
	}
}

func TestWorkspacesAndLayout(t *testing.T) {
	for _, c := range []struct{ name, workspaces, layout, says string }{
		{"all kinds", "shop=regular,bank=obuk,banco=obbr", "system", ""},
		{"the same twice", "bank=obuk,bank=obuk", "workspace", ""},
		{"two kinds of one", "bank=obuk,bank=obbr", "workspace", `"bank" is said to be both obuk and obbr`},
		{"a kind that isn't", "bank=obie", "workspace", `"bank=obie" is not`},
		{"a layout that isn't", "", "flat", "ASSENT_ACP_OPENBANKING_LAYOUT"},
	} {
		s, err := parse(t, with(good, "ASSENT_ACP_WORKSPACES", c.workspaces, "ASSENT_ACP_OPENBANKING_LAYOUT", c.layout))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Serve()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
		if err == nil && got.Connections[0].OpenBankingLayout != c.layout {
			t.Errorf("%s: layout %q", c.name, got.Connections[0].OpenBankingLayout)
		}
	}
}
