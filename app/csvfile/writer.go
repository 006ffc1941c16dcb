package csvfile

import (
	"bufio"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Writer writes rows in which every cell stands in quotation marks (RFC 4180)
// and none is a formula to a spreadsheet, whether it separates cells by commas
// or, as where the comma is in numbers, by semicolons. Read and Plain give the
// cells back.
type Writer struct {
	to *bufio.Writer
}

// NewWriter makes a writer. Flush it at the end.
func NewWriter(to io.Writer) *Writer { return &Writer{bufio.NewWriter(to)} }

// Write writes a row. A failure to write is Flush's to tell.
func (w *Writer) Write(cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			w.to.WriteByte(',')
		}
		w.to.WriteByte('"')
		w.to.WriteString(strings.ReplaceAll(Defuse(cell), `"`, `""`))
		w.to.WriteByte('"')
	}
	w.to.WriteByte('\n')
}

// Flush writes what is buffered. It gives the first error of any row since the
// writer was made.
func (w *Writer) Flush() error { return w.to.Flush() }

// separators are what some spreadsheet separates cells or rows by. One that
// doesn't separate by commas finds no quotation mark at the start of a row's
// second cell, and takes the cell apart in spite of those that it has.
const separators = ";,\t\r\n"

// signs begin a formula; some spreadsheets take the full-width ones for them.
const signs = "=+-@＝＋－＠"

// Defuse makes a cell safe to open in a spreadsheet, which may run a cell that
// begins like a formula (OWASP, CSV Injection): an apostrophe makes it text. It
// goes to the beginning of the cell, and behind each separator inside it. Where
// apostrophes stand already there is one more, so that Plain is exact.
func Defuse(cell string) string {
	var b strings.Builder
	for i := 0; i < len(cell); {
		if formula(cell[i:], i == 0) {
			b.WriteByte('\'')
		}
		next := i + part(cell[i:])
		b.WriteString(cell[i:next])
		i = next
	}
	return b.String()
}

// Plain gives the cell that Defuse was given.
func Plain(cell string) string {
	var b strings.Builder
	for i := 0; i < len(cell); {
		next := i + part(cell[i:])
		from := i
		if cell[i] == '\'' && formula(cell[i:], i == 0) {
			from++
		}
		b.WriteString(cell[from:next])
		i = next
	}
	return b.String()
}

// part is the length of text up to its first separator, with it.
func part(text string) int {
	if i := strings.IndexAny(text, separators); i >= 0 {
		return i + 1
	}
	return len(text)
}

// formula tells whether a spreadsheet may take text for a formula: some skip
// spaces and quotation marks before the sign. Apostrophes change nothing, so
// that the answer is the same with those that Defuse adds.
func formula(text string, first bool) bool {
	if rest := strings.TrimLeft(text, "'"); first && rest != "" && strings.ContainsRune("\t\r\n", rune(rest[0])) {
		return true
	}
	rest := strings.TrimLeftFunc(text, func(r rune) bool { return r == '\'' || r == '"' || unicode.IsSpace(r) })
	sign, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && strings.ContainsRune(signs, sign)
}
