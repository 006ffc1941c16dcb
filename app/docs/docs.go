// Package docs is the documentation that stands in static/docs: its pages as
// HTML, in groups, with their contents, and a search through them.
package docs

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"assent/static"
)

// Path is where the console shows the pages: Path + "/" + Page.Name.
const Path = "/admin/help"

// Lang is the language of the pages, but for translations: of a page in
// connecting.md one in Brazilian Portuguese is connecting.pt-BR.md.
const Lang = "en-GB"

// Page is one page of the documentation.
type Page struct {
	Name     string // in addresses: connecting, of the file connecting.md
	Lang     string // BCP 47
	Title    string
	Lead     string    // the first paragraph: whom it is for, and what it has
	HTML     string    // what follows the lead; made from our own files alone
	Contents []Heading // of the second and the third level
	sections []section
}

// Heading is a heading inside a page.
type Heading struct {
	Level int
	ID    string
	Text  string
}

// Group is some pages on one matter.
type Group struct {
	Name  string // one of install, people, console, proof and about
	Pages []*Page
}

// order is every page, in the order in which Help lists them.
var order = []struct {
	name  string
	files []string
}{
	{"install", []string{"connecting.md", "operating.md", "settings.md", "commands.md"}},
	{"people", []string{"enrolment.md", "importing.md", "accounts.md"}},
	{"console", []string{"console.md", "helpdesk.md", "insiders.md", "fatigue.md"}},
	{"proof", []string{"receipts.md", "audit.md", "security.md"}},
	{"about", []string{"architecture.md", "CHANGELOG.md", "LICENCE.md"}},
}

// nameOf is the name of the page that a file holds.
func nameOf(file string) string { return strings.ToLower(strings.TrimSuffix(file, ".md")) }

// Groups are all pages, in a language where they have been translated. They are
// embedded, so an error is a fault of the build, which a test finds.
func Groups(lang string) ([]Group, error) {
	all, err := languages()
	if err != nil {
		return nil, err
	}
	if groups, ok := all[lang]; ok {
		return groups, nil
	}
	return all[Lang], nil
}

// languages are all pages by language.
var languages = sync.OnceValues(func() (map[string][]Group, error) {
	names, err := fs.Glob(static.Docs, "*.md")
	if err != nil {
		return nil, err
	}
	langs := []string{Lang}
	for _, name := range names {
		if _, lang, ok := strings.Cut(strings.TrimSuffix(name, ".md"), "."); ok && !slices.Contains(langs, lang) {
			langs = append(langs, lang)
		}
	}
	all := map[string][]Group{}
	for _, lang := range langs {
		if all[lang], err = groupsIn(lang); err != nil {
			return nil, err
		}
	}
	return all, nil
})

func groupsIn(lang string) ([]Group, error) {
	var all []Group
	for _, g := range order {
		group := Group{Name: g.name}
		for _, file := range g.files {
			name, in := nameOf(file), lang
			source, err := fs.ReadFile(static.Docs, strings.TrimSuffix(file, ".md")+"."+lang+".md")
			if errors.Is(err, fs.ErrNotExist) {
				in = Lang
				source, err = fs.ReadFile(static.Docs, file)
			}
			if err != nil {
				return nil, fmt.Errorf("docs: %w", err)
			}
			p, err := parse(name, source)
			if err != nil {
				return nil, fmt.Errorf("docs: %s (%s): %w", file, in, err)
			}
			p.Lang = in
			group.Pages = append(group.Pages, p)
		}
		all = append(all, group)
	}
	return all, nil
}

// Find gives the page of that name, in a language where it has been translated,
// and the pages before and after it, nil where there are none. It gives nil
// where there is no such page.
func Find(name, lang string) (page, before, after *Page, err error) {
	groups, err := Groups(lang)
	if err != nil {
		return nil, nil, nil, err
	}
	var last *Page
	for _, g := range groups {
		for _, p := range g.Pages {
			switch {
			case page != nil:
				return page, before, p, nil
			case p.Name == name:
				page, before = p, last
			}
			last = p
		}
	}
	return page, before, nil, nil
}
