package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"assent/app/docs"
	"assent/static"
)

const root = "../.."

// files are README and the pages, by their path from the top.
func files(t *testing.T) map[string]string {
	t.Helper()
	found, err := filepath.Glob(root + "/static/docs/*")
	if err != nil || len(found) < 10 {
		t.Fatalf("%d pages (%v)", len(found), err)
	}
	all := map[string]string{}
	for _, name := range append(found, root+"/README.md") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.ToSlash(rel)] = string(b)
	}
	return all
}

// Who opens the repository first reads README: it must stay short.
func TestREADMEStaysShort(t *testing.T) {
	if n := len(files(t)["README.md"]); n > 8<<10 {
		t.Errorf("README has %d bytes, at most %d: move what is more to a page of static/docs", n, 8<<10)
	}
}

var punctuation = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)

// anchor is the id that code forges give a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(punctuation.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// Links lead to files and headings that are there: relative ones as a code
// forge follows them.
func TestLinksResolve(t *testing.T) {
	all, md := files(t), goldmark.New(goldmark.WithExtensions(extension.Table))
	anchors := map[string]map[string]bool{}
	links := map[string][]string{}
	for name, source := range all {
		anchors[name] = map[string]bool{}
		src := []byte(source)
		err := ast.Walk(md.Parser().Parse(text.NewReader(src)),
			func(n ast.Node, entering bool) (ast.WalkStatus, error) {
				if !entering {
					return ast.WalkContinue, nil
				}
				switch n := n.(type) {
				case *ast.Heading:
					a := anchor(string(n.Lines().Value(src)))
					if anchors[name][a] {
						t.Errorf("%s has two headings #%s", name, a)
					}
					anchors[name][a] = true
				case *ast.Link:
					links[name] = append(links[name], string(n.Destination))
				case *ast.Image:
					links[name] = append(links[name], string(n.Destination))
				}
				return ast.WalkContinue, nil
			})
		if err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for from, list := range links {
		for _, link := range list {
			if strings.HasPrefix(link, "https://") {
				continue
			}
			n++
			file, fragment, _ := strings.Cut(link, "#")
			to := from
			if file != "" {
				to = path.Join(path.Dir(from), file)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: no file is at %s", from, link)
			} else if fragment != "" && !anchors[to][fragment] {
				t.Errorf("%s: no heading is at %s", from, link)
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d links were looked at", n)
	}
}

// leads is how the first sentence of a page begins, by language: it says whom
// the page is for.
var leads = map[string]string{docs.Lang: "For ", "pt-BR": "Para "}

// Help shows every file of static/docs in its language, with what forges show:
// its headings by the same ids, and no HTML of the file's own.
func TestEveryPageIsShown(t *testing.T) {
	names, err := fs.Glob(static.Docs, "*")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, file := range names {
		name, lang, translated := strings.Cut(strings.TrimSuffix(file, ".md"), ".")
		if !translated {
			lang = docs.Lang
		}
		p, _, _, err := docs.Find(strings.ToLower(name), lang)
		if err != nil || p == nil || p.Lang != lang {
			t.Errorf("%s isn't in Help (%v): give it a line in app/docs", file, err)
			continue
		}
		shown[p.Name] = true
		if !strings.HasPrefix(p.Lead, leads[lang]) || leads[lang] == "" || len(p.Lead) > 220 {
			t.Errorf("%s doesn't say first, and shortly, whom it is for: %q", file, p.Lead)
		}
		if translated {
			original, _, _, err := docs.Find(p.Name, docs.Lang)
			if err != nil || len(original.Contents) != len(p.Contents) {
				t.Errorf("%s has %d headings, the original %d (%v)", file, len(p.Contents), len(original.Contents), err)
			}
		}
		showsWell(t, file, p)
	}
	groups, err := docs.Groups(docs.Lang)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, p := range g.Pages {
			if !shown[p.Name] {
				t.Errorf("Help shows %s, which is no file", p.Name)
			}
		}
	}
}

// showsWell holds what a page of Help is made of.
func showsWell(t *testing.T, file string, p *docs.Page) {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(p.HTML))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(p.HTML, "<!--") || doc.Find("script, style, img, iframe, h1").Length() > 0 {
		t.Errorf("%s has what no page should:\n%s", file, p.HTML)
	}
	if doc.Find("h2").Length() == 0 && file != "LICENCE.md" {
		t.Errorf("%s has no headings", file)
	}
	for _, h := range doc.Find("h2, h3, h4").EachIter() {
		if id := h.AttrOr("id", ""); id != anchor(h.Text()) {
			t.Errorf("%s: %q has the id %q, a forge gives %q", file, h.Text(), id, anchor(h.Text()))
		}
	}
	for _, a := range doc.Find("a").EachIter() {
		to := a.AttrOr("href", "")
		if !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, docs.Path+"/") && !strings.HasPrefix(to, "#") {
			t.Errorf("%s: a link leads to %q", file, to)
		}
		if name, ok := strings.CutPrefix(to, docs.Path+"/"); ok {
			name, _, _ = strings.Cut(name, "#")
			if found, _, _, err := docs.Find(name, p.Lang); err != nil || found == nil {
				t.Errorf("%s: Help has no page at %q (%v)", file, to, err)
			}
		}
	}
}

var emphasised = regexp.MustCompile(`[^*]\*([^*]+)\*[^*]|(?m)^\| ([^|]+) \|`)

// What the pages for the help desk say that a page of the console says, it says:
// words in italics and the first column of tables are in the catalogue.
func TestHelpDeskPageUsesTheConsolesWords(t *testing.T) {
	for file, lang := range map[string]string{"helpdesk.md": "en-GB", "helpdesk.pt-BR.md": "pt-BR"} {
		catalogue, err := os.ReadFile(root + "/app/i18n/" + lang + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		page := files(t)["static/docs/"+file]
		n := 0
		for _, m := range emphasised.FindAllStringSubmatch(page, -1) {
			words := strings.ReplaceAll(m[1]+m[2], "'", "’")
			if words == "It says" || words == "Consta" {
				continue // the head of the table
			}
			n++
			if !strings.Contains(string(catalogue), `= "`+words+`"`) {
				t.Errorf("%s: no text of the console is %q", file, words)
			}
		}
		if n < 9 {
			t.Errorf("%s: only %d texts were looked at", file, n)
		}
	}
}

// A page can bring no HTML, scripts or foreign content into the console.
func TestRefusedPages(t *testing.T) {
	for _, c := range []struct{ name, source, says string }{
		{"a block of HTML", "# T\n\nFor all.\n\n<script>alert(1)</script>\n", "HTML isn't shown"},
		{"HTML behind a comment", "# T\n\nFor all.\n\n<!-- a --><b>b</b>\n", "HTML isn't shown"},
		{"HTML between comments", "# T\n\nFor all.\n\n<!-- a --><b>b</b><!-- c -->\n", "HTML isn't shown"},
		{"HTML in a line", "# T\n\nFor all.\n\nA <img src=x onerror=alert(1)> b\n", "neither HTML nor pictures"},
		{"a picture", "# T\n\nFor all.\n\n![x](https://evil.example/x.png)\n", "neither HTML nor pictures"},
		{"a script as a link", "# T\n\nFor all.\n\n[x](javascript:alert(1))\n", "leads to no page"},
		{"a link in the clear", "# T\n\nFor all.\n\n[x](http://evil.example/)\n", "leads to no page"},
		{"a link to another host", "# T\n\nFor all.\n\n[x](//evil.example/a.md)\n", "leads to no page"},
		{"a link to another folder", "# T\n\nFor all.\n\n[x](../../secret.md)\n", "leads to no page"},
		{"a script as a bare address", "# T\n\nFor all.\n\n<javascript:alert(1)>\n", "leads to no page"},
		{"a column without a name", "# T\n\nFor all.\n\n| | b |\n|---|---|\n| 1 | 2 |\n", "has no name"},
		{"no title", "For all.\n", "no title"},
		{"no lead", "# T\n\n## U\n", "no paragraph"},
		{"two titles", "# T\n\nFor all.\n\n# U\n", "second title"},
	} {
		if _, err := docs.Parse("x", []byte(c.source)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	p, err := docs.Parse("x", []byte("# A & B\n\nFor `all`.\n\n<!-- made -->\n| a | b |\n|---|---|\n| `<b>` | 2 |\n\n"+
		"    <i>\n\n## Who's *there*?\n\n\"<&>\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<code>&lt;b&gt;</code>`, `<td data-label="b">2</td>`, `<pre tabindex="0"><code>&lt;i&gt;`,
		`<h2 id="whos-there">`, `“&lt;&amp;&gt;”`,
	} {
		if !strings.Contains(p.HTML, want) {
			t.Errorf("%q isn't in\n%s", want, p.HTML)
		}
	}
	if p.Title != "A & B" || p.Lead != "For all." || len(p.Contents) != 1 || p.Contents[0].Text != "Who’s there?" {
		t.Errorf("title %q, lead %q, contents %v", p.Title, p.Lead, p.Contents)
	}
}

// A page that was translated is shown, and searched, in that language; the
// others in English, as they are for a language that there is none of.
func TestTranslations(t *testing.T) {
	titles := map[string]string{docs.Lang: "At the help desk", "pt-BR": "No atendimento", "xx": "At the help desk"}
	for lang, title := range titles {
		p, before, after, err := docs.Find("helpdesk", lang)
		if err != nil || p == nil || p.Title != title || before == nil || after == nil || after.Lang != docs.Lang {
			t.Errorf("%s: %+v (%v)", lang, p, err)
		}
	}
	found, err := docs.Search("três palavras", "pt-BR")
	if err != nil || len(found) == 0 || found[0].Page.Lang != "pt-BR" {
		t.Errorf("%d places (%v)", len(found), err)
	}
	if found, err := docs.Search("três palavras", docs.Lang); err != nil || len(found) > 0 {
		t.Errorf("in English %d places (%v)", len(found), err)
	}
}

// What is searched is found where it stands: by title first, then by heading,
// then by text.
func TestSearch(t *testing.T) {
	first := func(query string) docs.Place {
		t.Helper()
		found, err := docs.Search(query, docs.Lang)
		if err != nil || len(found) == 0 || len(found) > docs.MostFound {
			t.Fatalf("%q: %d places (%v)", query, len(found), err)
		}
		return found[0]
	}
	if p := first("RECEIPTS"); p.Page.Name != "receipts" || p.Heading.ID != "" {
		t.Errorf("a title leads to %s#%s", p.Page.Name, p.Heading.ID)
	}
	if p := first("backing up"); p.Page.Name != "operating" || p.Heading.ID != "backing-up" {
		t.Errorf("a heading leads to %s#%s", p.Page.Name, p.Heading.ID)
	}
	p := first("assent_cooling device")
	if !strings.EqualFold(p.Match, "device") && !strings.EqualFold(p.Match, "assent_cooling") {
		t.Errorf("a setting is shown as %q %q %q", p.Before, p.Match, p.After)
	}
	if p := first("Activation CODE"); p.Match != "activation code" && p.Match != "Activation code" {
		t.Errorf("a phrase is shown as %q", p.Match)
	}
	if p := first("doesn't claim"); p.Page.Name != "receipts" {
		t.Errorf("an apostrophe leads to %s", p.Page.Name)
	}
	for _, none := range []string{"", "  ", "zxqv", "receipts zxqv"} {
		if found, err := docs.Search(none, docs.Lang); err != nil || len(found) > 0 {
			t.Errorf("%q is found %d times (%v)", none, len(found), err)
		}
	}
}
