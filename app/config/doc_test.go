package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"assent/app/config"
)

const settingsPage = "../../static/docs/settings.md"

// block is the place of one group's table in the page.
var block = regexp.MustCompile(`(?s)(<!-- settings: ([^\n]*) -->\n)(.*?)(<!-- /settings -->)`)

// The settings page has each group's table, made from the settings;
// ASSENT_UPDATE=1 writes them.
func TestSettingsPageListsEverySetting(t *testing.T) {
	tables, err := config.Tables()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(settingsPage)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	want := block.ReplaceAllStringFunc(string(b), func(s string) string {
		m := block.FindStringSubmatch(s)
		seen[m[2]]++
		return m[1] + tables[m[2]] + m[4]
	})
	for group := range tables {
		if seen[group] != 1 {
			t.Errorf("the page has %d places for the settings of %q: it needs one, "+
				"<!-- settings: %s --> and <!-- /settings -->", seen[group], group, group)
		}
		delete(seen, group)
	}
	for group := range seen {
		t.Errorf("there are no settings of %q", group)
	}
	if want == string(b) {
		return
	}
	if os.Getenv("ASSENT_UPDATE") == "" {
		t.Fatal("the settings page is not current: run ASSENT_UPDATE=1 go test ./app/config")
	}
	if err := os.WriteFile(settingsPage, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The page says that a setting is named in the file, and as a flag, like its
// variable.
func TestNamesOfSettingsFollowTheirVariables(t *testing.T) {
	s := &config.Settings{}
	k, err := kong.New(s, s.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range k.Model.Flags {
		if len(f.Envs) == 0 {
			continue
		}
		want := "ASSENT_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if len(f.Envs) != 1 || f.Envs[0] != want {
			t.Errorf("--%s has the variables %v, not %s", f.Name, f.Envs, want)
		}
	}
}
