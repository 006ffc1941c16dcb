package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// documents are README and the pages of the documentation, by their names.
func documents(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../../static/docs/*.md")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d pages (%v)", len(names), err)
	}
	all := map[string]string{}
	for _, name := range append(names, "../../README.md") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = string(b)
	}
	return all
}

// variable is the name of a setting, or the beginning of several.
var variable = regexp.MustCompile(`ASSENT_[A-Z0-9_]*`)

// Every setting that the documentation names is one.
func TestDocumentsNameSettingsThatExist(t *testing.T) {
	s := &config.Settings{}
	k, err := kong.New(s, s.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"ASSENT_UPDATE"} // of the tests
	for _, f := range k.Model.Flags {
		known = append(known, f.Envs...)
	}
	n := 0
	for name, text := range documents(t) {
		for _, v := range variable.FindAllString(text, -1) {
			n++
			begins := func(k string) bool { return strings.HasPrefix(k, v) && strings.HasSuffix(v, "_") }
			if !slices.Contains(known, v) && !slices.ContainsFunc(known, begins) {
				t.Errorf("%s names %s, which is no setting", name, v)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d names were looked at", n)
	}
}

// given is a setting with a value, as it stands in a line or in a code span.
var given = regexp.MustCompile("(?m)(?:^ *|`)(ASSENT_[A-Z0-9_]+)=([^`\n]+)")

// The values that the documentation gives to settings are taken. What is wrong
// beside them (a file that isn't here, a setting that goes with it) is another's.
func TestValuesInDocumentsAreTaken(t *testing.T) {
	n := 0
	for name, text := range documents(t) {
		for _, m := range given.FindAllStringSubmatch(text, -1) {
			if m[1] == "ASSENT_UPDATE" {
				continue
			}
			n++
			s, err := parse(t, with(good, m[1], m[2]))
			if err != nil {
				t.Errorf("%s: %s: %v", name, m[0], err)
				continue
			}
			_, err = s.Serve()
			if err == nil {
				continue
			}
			for line := range strings.Lines(err.Error()) {
				if strings.Contains(line, m[1]+":") && !strings.Contains(line, "no such file") &&
					!strings.Contains(line, "needs it") && !strings.Contains(line, "set ") {
					t.Errorf("%s: %s is refused: %s", name, m[0], line)
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d values were tried", n)
	}
}

var tomlBlock = regexp.MustCompile("(?s)```toml\n(.*?)```")

// The settings files that the documentation shows are taken but for the secrets
// that they name, which aren't here.
func TestSettingsFilesInDocumentsAreTaken(t *testing.T) {
	n := 0
	for name, text := range documents(t) {
		for _, m := range tomlBlock.FindAllStringSubmatch(text, -1) {
			n++
			env := map[string]string{}
			if !strings.Contains(m[1], "[[acp]]") {
				env = good
			}
			secrets := strings.ReplaceAll(m[1], "/run/secrets/", t.TempDir()+"/")
			for _, f := range regexp.MustCompile(`_file = "([^"]+)"`).FindAllStringSubmatch(secrets, -1) {
				if err := os.WriteFile(f[1], []byte("a long secret of "+f[1]), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, err := parse(t, env, "--config", file(t, "doc.toml", secrets))
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, m[1])
				continue
			}
			if _, err := s.Serve(); err != nil {
				t.Errorf("%s: %v\n%s", name, err, m[1])
			}
		}
	}
	if n < 2 {
		t.Errorf("only %d files were tried", n)
	}
}
