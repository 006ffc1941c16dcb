package config

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// Tables gives the settings as Markdown, one table a group (Service, Console…),
// for the settings page of the documentation.
func Tables() (map[string]string, error) {
	s := &Settings{}
	k, err := kong.New(s, s.Options()...)
	if err != nil {
		return nil, err
	}
	tables := map[string]string{}
	for _, f := range k.Model.Flags {
		if len(f.Envs) == 0 {
			continue
		}
		group := f.Group.Key
		if tables[group] == "" {
			tables[group] = "| Setting | Default | Meaning |\n|---|---|---|\n"
		}
		def := ""
		if f.Default != "" {
			def = "`" + f.Default + "`"
		}
		tables[group] += fmt.Sprintf("| `%s` | %s | %s |\n", f.Envs[0], def, strings.ReplaceAll(f.Help, "|", `\|`))
	}
	return tables, nil
}
