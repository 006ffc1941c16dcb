package docs

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
)

// section is what stands under one heading; the first one of a page stands
// under its title.
type section struct {
	heading Heading
	text    string
}

// read takes down the contents of a page and what its sections say.
func (p *Page) read(doc ast.Node, source []byte) {
	here := section{heading: Heading{Text: p.Title}, text: p.Lead}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok {
			here.text += " " + plain(n, source)
			continue
		}
		p.sections = append(p.sections, here)
		id, _ := h.AttributeString("id")
		slug, _ := id.([]byte)
		here = section{heading: Heading{Level: h.Level, ID: string(slug), Text: plain(h, source)}}
		if h.Level <= 3 {
			p.Contents = append(p.Contents, here.heading)
		}
	}
	p.sections = append(p.sections, here)
}

// MostFound is how many places a search gives at most.
const MostFound = 30

// Place is a section of a page in which a search was found.
type Place struct {
	Page    *Page
	Heading Heading // without ID: the page's beginning

	Before, Match, After string // of the text, around what was found first
}

// Search gives the sections that have all words of query, in their page's title,
// their heading or their text, in a language where they have been translated: what
// is named so first. It gives at most
// MostFound.
func Search(query, lang string) ([]Place, error) {
	groups, err := Groups(lang)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(query, "'", "’")))
	if len(words) == 0 {
		return nil, nil
	}
	type ranked struct {
		Place
		rank int
	}
	var found []ranked
	for _, g := range groups {
		for _, p := range g.Pages {
			for _, s := range p.sections {
				if rank, ok := s.has(p, words); ok {
					place := Place{Page: p, Heading: s.heading}
					place.Before, place.Match, place.After = excerpt(s.text, words)
					found = append(found, ranked{place, rank})
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	var out []Place
	for _, f := range found[:min(len(found), MostFound)] {
		out = append(out, f.Place)
	}
	return out, nil
}

// has tells whether a section of p has all words, and how far down they stand:
// 0 in the title, 1 in the heading, 2 in the text as a phrase, 3 in the text
// apart. Of a page whose title has them, only the beginning counts as named so.
func (s section) has(p *Page, words []string) (rank int, ok bool) {
	title, heading, said := strings.ToLower(p.Title), strings.ToLower(s.heading.Text), strings.ToLower(s.text)
	for _, w := range words {
		switch {
		case s.heading.ID == "" && strings.Contains(title, w):
		case strings.Contains(heading, w):
			rank = max(rank, 1)
		case strings.Contains(said, w):
			rank = max(rank, 3)
		default:
			return 0, false
		}
	}
	if rank == 3 && strings.Contains(said, strings.Join(words, " ")) {
		rank = 2
	}
	return rank, true
}

// around is how many bytes of text are shown before and after what was found.
const around = 80

// excerpt cuts text around words, where it has them as a phrase, or around the
// first of them.
func excerpt(text string, words []string) (before, match, after string) {
	lower := strings.ToLower(text)
	if len(lower) != len(text) {
		lower = text // no letter of ours does that; then only exact words are marked
	}
	at, length := len(text), 0
	if phrase := strings.Join(words, " "); strings.Contains(lower, phrase) {
		words = []string{phrase}
	}
	for _, w := range words {
		if i := strings.Index(lower, w); i >= 0 && i < at {
			at, length = i, len(w)
		}
	}
	if length == 0 {
		return "", "", cutAfter(text, 2*around)
	}
	return cutBefore(text[:at], around), text[at : at+length], cutAfter(text[at+length:], around)
}

// cutBefore is the end of s, from a word on.
func cutBefore(s string, most int) string {
	if len(s) <= most {
		return s
	}
	s = s[len(s)-most:]
	if i := strings.IndexByte(s, ' '); i >= 0 {
		return "… " + s[i+1:]
	}
	return "… "
}

// cutAfter is the beginning of s, up to a word's end.
func cutAfter(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	s = s[:most]
	if i := strings.LastIndexByte(s, ' '); i >= 0 {
		s = s[:i]
	}
	return s + " …"
}
