package config

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// Markdown gives all settings as the table of the README.
func Markdown() (string, error) {
	s := &Settings{}
	k, err := kong.New(s, s.Options()...)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| Setting | Default | Meaning |\n|---|---|---|\n")
	for _, f := range k.Model.Flags {
		if len(f.Envs) == 0 {
			continue
		}
		def := ""
		if f.Default != "" {
			def = "`" + f.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Envs[0], def, f.Help)
	}
	return b.String(), nil
}
