package csvfile_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"assent/app/csvfile"
)

type read struct {
	line   int
	fields string
	fault  bool
}

// all reads what is left of a file.
func all(t *testing.T, r *csvfile.Reader) (out []read, end error) {
	t.Helper()
	for {
		row, err := r.Next()
		if err != nil {
			return out, err
		}
		out = append(out, read{row.Line, strings.Join(row.Fields, "|"), row.Fault != nil})
	}
}

const file = "\ufeffname, ids\r\nAda,1\r\n\"Bru\nno\",2\r\nC\r\n\r\nD,\"4\r\nE,5\"\r\nF,f\"\r\nG,7"

var rows = []read{{2, "Ada|1", false}, {3, "Bru\nno|2", false}, {5, "", true}, {7, "D|4\nE,5", false}, {9, "", true},
	{10, "G|7", false}}

func TestRows(t *testing.T) {
	for _, in := range []io.Reader{strings.NewReader(file), iotest.OneByteReader(strings.NewReader(file)),
		iotest.DataErrReader(strings.NewReader(file))} {
		r, err := csvfile.New(in)
		if err != nil {
			t.Fatal(err)
		}
		if c := strings.Join(r.Columns(), "|"); c != "name|ids" {
			t.Errorf("columns %q", c)
		}
		got, err := all(t, r)
		if !errors.Is(err, io.EOF) || len(got) != len(rows) {
			t.Fatalf("%v %v", got, err)
		}
		for i, want := range rows {
			if got[i] != want {
				t.Errorf("row %d is %+v, want %+v", i, got[i], want)
			}
		}
	}
}

// From wherever one reader stands another goes on with the same rows and lines.
func TestSkipTo(t *testing.T) {
	for n := range len(rows) + 1 {
		r, err := csvfile.New(strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		again := strings.NewReader(file)
		other, err := csvfile.New(again)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.SkipTo(again, r.Position()); err != nil {
			t.Fatal(err)
		}
		got, err := all(t, other)
		if !errors.Is(err, io.EOF) || len(got) != len(rows)-n {
			t.Fatalf("behind %d: %v %v", n, got, err)
		}
		for i, want := range rows[n:] {
			if got[i] != want {
				t.Errorf("behind %d row %d is %+v, want %+v", n, i, got[i], want)
			}
		}
	}
}

func TestColumns(t *testing.T) {
	for _, c := range []struct{ text, problem, name string }{
		{"a,b\n", "", ""}, {"b;a\n", "", ""}, {"a,x\n", "unknown", "x"}, {"a,a\n", "twice", "a"},
		{"b\n", "missing", "a"},
	} {
		r, err := csvfile.New(strings.NewReader(c.text))
		if err != nil {
			t.Fatal(err)
		}
		var fault csvfile.Column
		err = r.Check([]string{"a", "b"}, []string{"a"})
		if errors.As(err, &fault) != (c.problem != "") || fault.Problem != c.problem || fault.Name != c.name {
			t.Errorf("%q: %v", c.text, err)
		}
	}
	if _, err := csvfile.New(strings.NewReader("\ufeff")); !errors.Is(err, csvfile.ErrEmpty) {
		t.Errorf("an empty file: %v", err)
	}
}

// A quotation mark that is never closed ends the file before it fills memory,
// and rows of which each is short enough don't.
func TestLongRow(t *testing.T) {
	r, err := csvfile.New(strings.NewReader("a\n1\n\"" + strings.Repeat("x", 2*csvfile.LongestRow)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := all(t, r); !errors.Is(err, csvfile.ErrLongRow) || len(got) != 1 {
		t.Errorf("%v %v", got, err)
	}
	r, err = csvfile.New(strings.NewReader("a\n" + strings.Repeat(strings.Repeat("x", csvfile.LongestRow/2)+"\n", 8)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := all(t, r); !errors.Is(err, io.EOF) || len(got) != 8 {
		t.Errorf("%d rows: %v", len(got), err)
	}
}
