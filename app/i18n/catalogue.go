// Package i18n is the message catalogue: every word that a person sees, in
// British English and Brazilian Portuguese, and how each of them writes times,
// dates and lengths of time.
package i18n

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

//go:embed *.toml
var files embed.FS

// Tags are the languages of the catalogue (BCP 47), the one for everybody else first.
var Tags = []string{"en-GB", "pt-BR"}

// Key names a message. Tables of keys use this type, so that the test which
// looks for missing and unused messages knows what they are.
type Key string

// Catalogue holds the messages of all languages.
type Catalogue struct {
	bundle   *goi18n.Bundle
	matcher  language.Matcher
	versions map[string]string // of each language's messages
}

// New reads the embedded messages. It fails only on a malformed file, which the
// package's tests rule out.
func New() (*Catalogue, error) {
	tags := make([]language.Tag, len(Tags))
	for i, t := range Tags {
		tags[i] = language.MustParse(t)
	}
	c := &Catalogue{
		bundle:   goi18n.NewBundle(tags[0]),
		matcher:  language.NewMatcher(tags),
		versions: map[string]string{},
	}
	c.bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	for _, t := range Tags {
		name := t + ".toml"
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if _, err := c.bundle.ParseMessageFileBytes(body, name); err != nil {
			return nil, fmt.Errorf("messages %s: %w", name, err)
		}
		sum := sha256.Sum256(body)
		c.versions[t] = hex.EncodeToString(sum[:6])
	}
	return c, nil
}

// Match finds the words for a person: their stored choice (BCP 47, may be
// empty), else what their browser prefers (an Accept-Language header, RFC 9110
// 12.5.4), else British English. Times are in UTC until In says otherwise.
func (c *Catalogue) Match(choice, acceptLanguage string) Words {
	var wanted []language.Tag
	if t, err := language.Parse(choice); err == nil {
		wanted = append(wanted, t)
	}
	if tags, _, err := language.ParseAcceptLanguage(acceptLanguage); err == nil {
		wanted = append(wanted, tags...)
	}
	_, i, confidence := c.matcher.Match(wanted...)
	if confidence == language.No {
		i = 0
	}
	return Words{
		tag:     Tags[i],
		loc:     goi18n.NewLocalizer(c.bundle, Tags[i]),
		zone:    time.UTC,
		version: c.versions[Tags[i]],
	}
}

// Words are the messages of one language, with times in one zone. The zero
// value has none: get Words from a Catalogue.
type Words struct {
	tag     string
	loc     *goi18n.Localizer
	zone    *time.Location
	version string
}

// Tag is the language, for lang attributes (BCP 47).
func (w Words) Tag() string { return w.tag }

// Version names the state of the language's messages: it changes when any of
// them does.
func (w Words) Version() string { return w.version }

// In gives the same words with times in zone.
func (w Words) In(zone *time.Location) Words {
	if zone != nil {
		w.zone = zone
	}
	return w
}

// Zone is the zone in which times are written.
func (w Words) Zone() *time.Location {
	if w.zone == nil {
		return time.UTC
	}
	return w.zone
}

// T is the message key with its placeholders filled from pairs of name and
// value. A key that doesn't exist gives the key itself; tests keep that from
// being shipped. Text that runs right to left is isolated, so that a name can't
// turn the sentence around it (Unicode UAX 9).
func (w Words) T(key Key, pairs ...any) string {
	return w.message(key, nil, pairs)
}

// N is the message key in the plural form for n, which also fills {{.n}}.
func (w Words) N(key Key, n int, pairs ...any) string {
	return w.message(key, n, append([]any{"n", n}, pairs...))
}

// Has tells whether the catalogue knows key, for keys that come from codes.
func (w Words) Has(key Key) bool {
	if w.loc == nil {
		return false
	}
	_, err := w.loc.Localize(&goi18n.LocalizeConfig{MessageID: string(key)})
	var missing *goi18n.MessageNotFoundErr
	return !errors.As(err, &missing)
}

// Error is what a person reads for a refusal's code (app.Error): what happened,
// what is safe, what to do. An unknown code reads as a fault of ours.
func (w Words) Error(code string) string {
	if key := Key("error." + code); code != "" && w.Has(key) {
		return w.T(key)
	}
	return w.T("error.internal")
}

func (w Words) message(key Key, count any, pairs []any) string {
	if w.loc == nil {
		return string(key)
	}
	data := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			continue
		}
		if s, ok := pairs[i+1].(string); ok {
			data[name] = isolate(s)
		} else {
			data[name] = pairs[i+1]
		}
	}
	s, err := w.loc.Localize(&goi18n.LocalizeConfig{MessageID: string(key), TemplateData: data, PluralCount: count})
	if err != nil && s == "" {
		return string(key)
	}
	return s
}

const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// isolate wraps text that holds a letter of a script written right to left.
func isolate(s string) string {
	if strings.ContainsFunc(s, rightToLeft) {
		return firstStrongIsolate + s + popIsolate
	}
	return s
}

// rightToLeft tells whether r lies in the blocks of scripts written right to
// left: Hebrew to Arabic Extended-A, their presentation forms, and the old
// scripts of plane 1 (Unicode DerivedBidiClass).
func rightToLeft(r rune) bool {
	return r >= 0x0590 && r <= 0x08FF || r >= 0xFB1D && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFF ||
		r >= 0x10800 && r <= 0x10FFF || r >= 0x1E800 && r <= 0x1EFFF
}
