package settings_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"testing"

	"assent/app/settings"
	"assent/static"
)

// The page of the console has the days for which each kind of record is kept,
// and the fewest, in the order of the settings' own page.
func TestConsolePageSaysHowLongRecordsAreKept(t *testing.T) {
	page, err := fs.ReadFile(static.Docs, "console.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| [^|]+ \| (\d+ \| \d+) \|$`).FindAllStringSubmatch(string(page), -1)
	keep := settings.DefaultRetention
	fields := keep.Fields()
	if len(rows) != len(fields) {
		t.Fatalf("the page has %d kinds of records, want %d", len(rows), len(fields))
	}
	for i, f := range fields {
		if want := fmt.Sprintf("%d | %d", *f.Days, settings.RetentionLimits[f.Name].Least); rows[i][1] != want {
			t.Errorf("the page says of %s %q, want %q", f.Name, rows[i][1], want)
		}
	}
}
