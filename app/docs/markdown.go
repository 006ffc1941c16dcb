package docs

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// quotes are typographic: the console's texts are so, and the files are typed.
var quotes = extension.TypographicSubstitutions{
	extension.LeftSingleQuote:  []byte("‘"),
	extension.RightSingleQuote: []byte("’"),
	extension.LeftDoubleQuote:  []byte("“"),
	extension.RightDoubleQuote: []byte("”"),
	extension.Apostrophe:       []byte("’"),
	extension.EnDash:           nil,
	extension.EmDash:           nil,
	extension.Ellipsis:         nil,
	extension.LeftAngleQuote:   nil,
	extension.RightAngleQuote:  nil,
}

// markdown reads CommonMark and tables. It escapes text and leaves out HTML;
// what else parse refuses never gets as far.
var markdown = goldmark.New(
	goldmark.WithExtensions(
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)),
		extension.NewTypographer(extension.WithTypographicSubstitutions(quotes)),
	),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(codeBlocks{}, 100))),
)

// parse reads a page: a title, one paragraph that says whom it is for, and the
// rest, without HTML and pictures.
func parse(name string, source []byte) (*Page, error) {
	doc := markdown.Parser().Parse(text.NewReader(source),
		parser.WithContext(parser.NewContext(parser.WithIDs(&slugs{}))))
	p := &Page{Name: name}
	title, ok := doc.FirstChild().(*ast.Heading)
	if !ok || title.Level != 1 {
		return nil, errors.New("it begins with no title")
	}
	lead, ok := title.NextSibling().(*ast.Paragraph)
	if !ok {
		return nil, errors.New("no paragraph follows the title")
	}
	p.Title, p.Lead = plain(title, source), plain(lead, source)
	doc.RemoveChild(doc, title)
	doc.RemoveChild(doc, lead)
	if err := adapt(doc, source); err != nil {
		return nil, err
	}
	p.read(doc, source)
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, doc); err != nil {
		return nil, err
	}
	p.HTML = b.String()
	return p, nil
}

// adapt makes a parsed page one of the console's: links lead to its addresses,
// tables can be stacked on a phone, and marks of generated parts go.
func adapt(doc ast.Node, source []byte) error {
	var marks []ast.Node
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Level == 1 {
				return ast.WalkStop, fmt.Errorf("a second title: %q", plain(n, source))
			}
		case *ast.HTMLBlock:
			said := strings.TrimSpace(string(n.Lines().Value(source)))
			inside, is := strings.CutPrefix(said, "<!--")
			if inside, ends := strings.CutSuffix(inside, "-->"); !is || !ends || strings.Contains(inside, "-->") {
				return ast.WalkStop, fmt.Errorf("HTML isn't shown: %q", said)
			}
			marks = append(marks, n)
		case *ast.RawHTML, *ast.Image:
			return ast.WalkStop, fmt.Errorf("neither HTML nor pictures are shown: %q", plain(n.Parent(), source))
		case *ast.AutoLink:
			if _, err := address(string(n.URL(source))); err != nil {
				return ast.WalkStop, err
			}
		case *ast.Link:
			to, err := address(string(n.Destination))
			if err != nil {
				return ast.WalkStop, err
			}
			n.Destination = []byte(to)
		case *extast.Table:
			if err := stack(n, source); err != nil {
				return ast.WalkStop, err
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range marks {
		n.Parent().RemoveChild(n.Parent(), n)
	}
	return err
}

// address is where a link of a page leads in the console.
func address(to string) (string, error) {
	u, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	switch {
	case u.Scheme == "https", u.Scheme == "" && u.Host == "" && u.Path == "" && u.Fragment != "":
		return to, nil
	case u.Scheme == "" && u.Host == "" && strings.HasSuffix(u.Path, ".md") && !strings.Contains(u.Path, "/"):
		u.Path = Path + "/" + nameOf(u.Path)
		return u.String(), nil
	}
	return "", fmt.Errorf("a link leads to no page: %s", to)
}

// stack gives a table the class of the console's tables, and each cell the name
// of its column, which is shown where rows become blocks and read out elsewhere.
func stack(table *extast.Table, source []byte) error {
	table.SetAttributeString("class", []byte("console-table stacks"))
	var columns []string
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		i := 0
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			if row.Kind() == extast.KindTableHeader {
				name := plain(cell, source)
				if name == "" {
					return errors.New("a column of a table has no name")
				}
				columns = append(columns, name)
				cell.SetAttributeString("scope", []byte("col"))
			} else if i > 0 && i < len(columns) && cell.FirstChild() != nil {
				cell.SetAttributeString("data-label", []byte(columns[i]))
			}
			i++
		}
	}
	return nil
}

// codeBlocks draws code that may be wider than the page: the keyboard can
// scroll it.
type codeBlocks struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (codeBlocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, drawCode)
	r.Register(ast.KindCodeBlock, drawCode)
}

func drawCode(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		fmt.Fprintf(w, "<pre tabindex=\"0\"><code>%s</code></pre>\n", util.EscapeHTML(n.Lines().Value(source)))
	}
	return ast.WalkSkipChildren, nil
}

// plain is the text of a node without its markup.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	// Walk ends with an error only where the function gives one.
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(util.UnescapePunctuations(n.Value(source)))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.Label(source))
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			if entering {
				b.Write(n.Lines().Value(source))
			}
		default:
			if !entering && n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// slugs makes the ids of one page's headings as code forges do, so that a link
// to a heading works there and here.
type slugs struct{ seen map[string]int }

// Generate implements parser.IDs.
func (s *slugs) Generate(value []byte, _ ast.NodeKind) []byte {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(string(value))) {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	id := b.String()
	if s.seen == nil {
		s.seen = map[string]int{}
	}
	n := s.seen[id]
	s.seen[id]++
	if n > 0 {
		id += "-" + strconv.Itoa(n)
	}
	return []byte(id)
}

// Put implements parser.IDs.
func (s *slugs) Put([]byte) {}
