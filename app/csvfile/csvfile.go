// Package csvfile reads a CSV file (RFC 4180, UTF-8 with or without a byte order
// mark) row by row in bounded memory, and tells what is wrong with a row by its
// line, so that whoever wrote the file can find it. It writes such files so that
// no spreadsheet runs what stands in them.
package csvfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// LongestRow in bytes: a quotation mark that is never closed must not read the
// whole file as one field.
const LongestRow = 64 << 10

// ErrLongRow ends a file.
var ErrLongRow = fmt.Errorf("a row is longer than %d KiB: is a quotation mark never closed?", LongestRow>>10)

// FieldCount is the fault of a row that has more or fewer fields than the first line.
type FieldCount struct{ Have, Want int }

// Error implements error.
func (e FieldCount) Error() string {
	return fmt.Sprintf("has %d fields, the first line has %d", e.Have, e.Want)
}

// Column is what is wrong with the first line.
type Column struct {
	Problem string // unknown, twice or missing
	Name    string
	Known   []string
}

// Error implements error.
func (e Column) Error() string {
	switch e.Problem {
	case "unknown":
		return fmt.Sprintf("there is no column %.40q; known are, with commas between: %s", e.Name,
			strings.Join(e.Known, ","))
	case "twice":
		return "it has the column " + e.Name + " twice"
	}
	return "it has no column " + e.Name
}

// ErrEmpty is the fault of a file without a first line.
var ErrEmpty = errors.New("it is empty: the first line names the columns")

// Row is a row of a file. Its fields are valid until the next one is read.
type Row struct {
	Line   int // where it begins, from 1
	Fields []string
	Fault  error // FieldCount, or that of its quotation marks; without fields then
}

// Reader reads a file.
type Reader struct {
	in      *bounded
	csv     *csv.Reader
	columns []string
	base    int64 // bytes before what csv reads
	line    int   // lines before it
}

// New begins to read a file and gives its first line, without spaces around the
// names. A file whose first line has semicolons and no commas is read with
// semicolons, as spreadsheets write it where the comma is in numbers.
func New(file io.Reader) (*Reader, error) {
	b := bufio.NewReader(file)
	r := &Reader{in: &bounded{r: b, left: LongestRow}}
	if mark, err := b.Peek(3); err == nil && string(mark) == "\ufeff" {
		b.Discard(3)
		r.base = 3
	}
	first, err := b.Peek(b.Size())
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	line, _, _ := strings.Cut(string(first), "\n")
	r.begin(',')
	if strings.Contains(line, ";") && !strings.Contains(line, ",") {
		r.csv.Comma = ';'
	}
	columns, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, ErrEmpty
	}
	if err != nil {
		return nil, err
	}
	for _, name := range columns {
		r.columns = append(r.columns, strings.TrimSpace(name))
	}
	return r, nil
}

func (r *Reader) begin(comma rune) {
	r.csv = csv.NewReader(r.in)
	r.csv.ReuseRecord = true
	r.csv.Comma = comma
}

// Columns are the names of the first line.
func (r *Reader) Columns() []string { return slices.Clone(r.columns) }

// Check tells what is wrong with the columns: all must be known, none twice,
// and none that is needed may be missing.
func (r *Reader) Check(known, needed []string) error {
	for i, name := range r.columns {
		switch {
		case !slices.Contains(known, name):
			return Column{"unknown", name, known}
		case slices.Contains(r.columns[:i], name):
			return Column{"twice", name, known}
		}
	}
	for _, name := range needed {
		if !slices.Contains(r.columns, name) {
			return Column{"missing", name, known}
		}
	}
	return nil
}

// Next reads a row; behind the last it is io.EOF. What is wrong with a row
// alone is its Fault; ErrLongRow and errors of reading end the file.
func (r *Reader) Next() (Row, error) {
	r.in.left = LongestRow
	fields, err := r.csv.Read()
	var syntax *csv.ParseError
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		line, _ := r.csv.FieldPos(0)
		return Row{Line: r.line + line, Fault: FieldCount{len(fields), len(r.columns)}}, nil
	case errors.Is(err, ErrLongRow), errors.Is(err, io.EOF):
		return Row{}, err
	case errors.As(err, &syntax):
		return Row{Line: r.line + syntax.StartLine, Fault: syntax.Err}, nil
	case err != nil:
		return Row{}, err
	}
	line, _ := r.csv.FieldPos(0)
	return Row{Line: r.line + line, Fields: fields}, nil
}

// Position is how many bytes of the file are behind the reader: SkipTo takes it.
func (r *Reader) Position() int64 { return r.base + r.csv.InputOffset() }

// SkipTo goes on at a position that a reader of the same file gave. file is what
// New began to read.
func (r *Reader) SkipTo(file io.ReadSeeker, position int64) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	lines, err := countLines(io.LimitReader(file, position))
	if err != nil {
		return err
	}
	if _, err := file.Seek(position, io.SeekStart); err != nil {
		return err
	}
	comma := r.csv.Comma
	r.in = &bounded{r: bufio.NewReader(file), left: LongestRow}
	r.begin(comma)
	r.csv.FieldsPerRecord = len(r.columns)
	r.base, r.line = position, lines
	return nil
}

func countLines(r io.Reader) (n int, err error) {
	buffer := make([]byte, 64<<10)
	for {
		got, err := r.Read(buffer)
		for _, b := range buffer[:got] {
			if b == '\n' {
				n++
			}
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// bounded gives at most left bytes, then an error. csv.Reader reads ahead by
// its buffer of 4 KiB, which is little against the bound.
type bounded struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrLongRow
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
