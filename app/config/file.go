package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/pelletier/go-toml/v2"
)

// Options are what kong needs to parse s from args: the loader of the TOML file.
func (s *Settings) Options() []kong.Option {
	return []kong.Option{kong.Configuration(s.load)}
}

// file resolves flags from a TOML file. A flag with a variable that is set is
// left alone: kong would let the file win.
type file struct{ values map[string]any }

// key is a flag's name in the file.
func key(flag *kong.Flag) string { return strings.ReplaceAll(flag.Name, "-", "_") }

// load reads the file. Its [[acp]] tables go to the settings at once.
func (s *Settings) load(r io.Reader) (kong.Resolver, error) {
	f := &file{}
	if err := toml.NewDecoder(r).Decode(&f.values); err != nil {
		return nil, fmt.Errorf("the settings file: %w", err)
	}
	if patterns, ok := f.values["match_code_patterns"]; ok {
		table, _ := patterns.(map[string]any)
		s.patterns = map[string]string{}
		for profile, p := range table {
			s.patterns[profile] = fmt.Sprint(p)
		}
		if len(table) == 0 {
			return nil, errors.New("match_code_patterns in the settings file is not a table of patterns by profile")
		}
		delete(f.values, "match_code_patterns")
	}
	tables, ok := f.values["acp"]
	delete(f.values, "acp")
	s.file = f.values
	if !ok {
		return f, nil
	}
	text, err := toml.Marshal(map[string]any{"acp": tables})
	if err != nil {
		return nil, fmt.Errorf("the settings file: %w", err)
	}
	var in struct {
		ACP []ConnectionSettings `toml:"acp"`
	}
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		var strict *toml.StrictMissingError
		if asStrict(err, &strict) {
			var names []string
			for _, e := range strict.Errors {
				names = append(names, strings.Join(e.Key(), "."))
			}
			return nil, fmt.Errorf("the settings file: an [[acp]] table has unknown keys: %s",
				strings.Join(names, ", "))
		}
		return nil, fmt.Errorf("the settings file: %w", err)
	}
	s.tables = in.ACP
	return f, nil
}

func asStrict(err error, to **toml.StrictMissingError) bool {
	e, ok := err.(*toml.StrictMissingError)
	if ok {
		*to = e
	}
	return ok
}

// Validate refuses keys that no setting has: a misspelt one would otherwise be
// a setting that silently has its default.
func (f *file) Validate(app *kong.Application) error {
	var known []string
	kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if n, ok := node.(*kong.Flag); ok && len(n.Envs) > 0 {
			known = append(known, key(n))
		}
		return next(nil)
	})
	var unknown []string
	for name := range f.values {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fmt.Errorf("the settings file has unknown keys: %s", strings.Join(unknown, ", "))
}

// Resolve implements kong.Resolver.
func (f *file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	switch v := f.values[key(flag)].(type) {
	case nil:
		return nil, nil
	case []any:
		var parts []string
		for _, p := range v {
			parts = append(parts, fmt.Sprint(p))
		}
		return strings.Join(parts, ","), nil
	case map[string]any:
		return nil, fmt.Errorf("%s in the settings file is a table", key(flag))
	default:
		return fmt.Sprint(v), nil
	}
}
