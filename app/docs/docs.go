// Package docs is the documentation that stands in static/docs: its pages as
// HTML, in groups, with their contents, and a search through them.
package docs

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"assent/static"
)

// Path is where the console shows the pages: Path + "/" + Page.Name.
const Path = "/admin/help"

// Lang is the language of the pages.
const Lang = "en-GB"

// Page is one page of the documentation.
type Page struct {
	Name     string // in addresses: connecting, of the file connecting.md
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

// Groups are all pages. They are embedded, so an error is a fault of the build,
// which a test finds.
var Groups = sync.OnceValues(func() ([]Group, error) {
	var all []Group
	for _, g := range order {
		group := Group{Name: g.name}
		for _, file := range g.files {
			source, err := fs.ReadFile(static.Docs, file)
			if err != nil {
				return nil, fmt.Errorf("docs: %w", err)
			}
			p, err := parse(nameOf(file), source)
			if err != nil {
				return nil, fmt.Errorf("docs: %s: %w", file, err)
			}
			group.Pages = append(group.Pages, p)
		}
		all = append(all, group)
	}
	return all, nil
})

// Find gives the page of that name, and the pages before and after it, nil
// where there are none. It gives nil where there is no such page.
func Find(name string) (page, before, after *Page, err error) {
	groups, err := Groups()
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
