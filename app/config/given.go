package config

import (
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// Origin is where the value of a setting comes from.
type Origin string

// The origins, the strongest first.
const (
	FromFlag    Origin = "flag"
	FromEnv     Origin = "environment"
	FromFile    Origin = "file"
	FromDemo    Origin = "demo" // which sets some things itself
	FromDefault Origin = "default"
)

// Setting is a setting as it was given, for people to read.
type Setting struct {
	Group  string
	Name   string // of the flag, without dashes before it; of a connection's table in the file, its key
	Env    string // the variable; empty in a table
	Value  string // empty where there is none
	Secret bool   // there is a value, and it isn't told
	Origin Origin
}

// Given are the settings as they were given.
type Given []Setting

// Origin tells where the setting of that name comes from; FromDefault where
// nothing is known of it.
func (g Given) Origin(name string) Origin {
	for _, s := range g {
		if s.Name == name && s.Env != "" {
			return s.Origin
		}
	}
	return FromDefault
}

// Fixed tells whether somebody set it where the service is started, so that
// nobody may change it elsewhere.
func (g Given) Fixed(name string) bool {
	o := g.Origin(name)
	return o != FromDefault && o != FromDemo
}

// Trace notes where each value came from, once k is parsed.
func (s *Settings) Trace(k *kong.Context) {
	given := map[string]bool{}
	for _, p := range k.Path {
		if p.Flag != nil && !p.Resolved {
			given[p.Flag.Name] = true
		}
	}
	s.given = nil
	for _, f := range k.Flags() {
		if len(f.Envs) == 0 {
			continue
		}
		_, inEnv := os.LookupEnv(f.Envs[0])
		_, inFile := s.file[key(f)]
		one := Setting{Name: f.Name, Env: f.Envs[0], Origin: FromDefault}
		if f.Group != nil {
			one.Group = f.Group.Title
		}
		switch {
		case given[f.Name]:
			one.Origin = FromFlag
		case inEnv:
			one.Origin = FromEnv
		case inFile:
			one.Origin = FromFile
		}
		one.Value, one.Secret = told(f.Target)
		s.given = append(s.given, one)
	}
}

// Given gives the settings with where each came from, as Trace noted it; those
// of the file's [[acp]] tables in the place of the one connection that flags and
// variables describe.
func (s *Settings) Given() Given {
	if len(s.tables) == 0 {
		return s.given
	}
	own := map[string]bool{}
	fields := reflect.TypeFor[ConnectionSettings]()
	for i := range fields.NumField() {
		own[fields.Field(i).Tag.Get("env")] = true
	}
	var out Given
	for _, one := range s.given {
		if !own[one.Env] {
			out = append(out, one)
		}
	}
	for i, t := range s.tables {
		v := reflect.ValueOf(t)
		for j := range fields.NumField() {
			one := Setting{
				Group:  fmt.Sprintf("[[acp]] %d", i+1),
				Name:   fields.Field(j).Tag.Get("toml"),
				Origin: FromFile,
			}
			if t.Name != "" {
				one.Group = "[[acp]] " + t.Name
			}
			if one.Value, one.Secret = told(v.Field(j)); one.Value != "" || one.Secret {
				out = append(out, one)
			}
		}
	}
	return out
}

// told is a value as people may read it: of a secret only that there is one,
// and nothing of a URL where a password could stand.
func told(v reflect.Value) (text string, secret bool) {
	switch v := v.Interface().(type) {
	case Secret:
		return "", v != ""
	case []string:
		return strings.Join(v, ", "), false
	case string:
		if strings.Contains(v, "://") {
			v = shown(v)
		}
		return v, false
	default:
		return fmt.Sprint(v), false
	}
}

// InDemo are the settings of a demo, which goes by a few of them and sets others
// itself; those without a value are secrets.
func (g Given) InDemo(own map[string]string) Given {
	var out Given
	for _, s := range g {
		value, sets := own[s.Name]
		switch {
		case sets && value == "":
			s.Value, s.Secret, s.Origin = "", true, FromDemo
		case sets:
			s.Value, s.Secret, s.Origin = value, false, FromDemo
		case s.Name == "log-level" || s.Name == "log-format":
		default:
			continue
		}
		out = append(out, s)
	}
	return out
}
