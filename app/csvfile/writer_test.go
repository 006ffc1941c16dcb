package csvfile_test

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"assent/app/csvfile"
)

// cells that some spreadsheet would run, or that are hard to give back.
var weird = []string{
	"", "Ada", "=1+1", "+44 20", "-1", "@SUM(A1)", "\t=x", "\rx", "\n=x", " =x", "\u00a0+x", "＝x", "a=1", "a - b", "é",
	`Ada;=cmd|'/c calc'!A0;x`, "a,-b", "a\t@b", "a;;=b", "a; +b", "a,\t=b", "a\n=b", "a;\u00a0-b",
	`"=1"`, `a;"=HYPERLINK(1)"`, `a;""=1`, `O'Hara`, "'=1", "''=1", "a;'=1", "a;''=1", "';=1", "a; '=1", "a;'\t=1",
	"a;", ";", "'", "a;'b",
}

// formulas are the pieces of text that a spreadsheet would take for formulas,
// where it separates cells by separator and thinks little of quotation marks.
func formulas(text, separator string) (out []string) {
	for line := range strings.Lines(text) {
		for cell := range strings.SplitSeq(line, separator) {
			if strings.IndexAny(strings.TrimLeft(cell, "\"\u00a0 \t\r"), "=+-@＝＋－＠") == 0 {
				out = append(out, cell)
			}
		}
	}
	return out
}

func written(t *testing.T, rows ...[]string) string {
	t.Helper()
	var b strings.Builder
	w := csvfile.NewWriter(&b)
	for _, row := range rows {
		w.Write(row...)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Whatever separates cells, none is a formula, and each comes back as it was.
func TestWriterDefusesForEverySeparator(t *testing.T) {
	for _, cell := range weird {
		text := written(t, []string{"x", cell, cell})
		for _, separator := range []string{",", ";", "\t"} {
			if found := formulas(text, separator); len(found) > 0 {
				t.Errorf("separated by %q, %q has the formulas %q", separator, text, found)
			}
		}
		row, err := csv.NewReader(strings.NewReader(text)).Read()
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		for i := range row {
			row[i] = csvfile.Plain(row[i])
		}
		if !slices.Equal(row, []string{"x", cell, cell}) {
			t.Errorf("%q came back as %q", cell, row)
		}
	}
}

func TestWriterQuotesEveryCell(t *testing.T) {
	if got, want := written(t, []string{"name", ""},
		[]string{`a "b"`, "1"}), "\"name\",\"\"\n\"a \"\"b\"\"\",\"1\"\n"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
	full := errors.New("no room")
	w := csvfile.NewWriter(failing{full})
	w.Write("a")
	if err := w.Flush(); !errors.Is(err, full) {
		t.Errorf("Flush = %v", err)
	}
}

type failing struct{ error }

// Write implements io.Writer.
func (f failing) Write([]byte) (int, error) { return 0, f.error }

func FuzzDefuse(f *testing.F) {
	for _, cell := range weird {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		safe := csvfile.Defuse(cell)
		if got := csvfile.Plain(safe); got != cell {
			t.Errorf("%q, defused %q, came back as %q", cell, safe, got)
		}
		for _, separator := range []string{",", ";", "\t"} {
			if found := formulas(safe, separator); len(found) > 0 {
				t.Errorf("separated by %q, %q has the formulas %q", separator, safe, found)
			}
		}
	})
}
