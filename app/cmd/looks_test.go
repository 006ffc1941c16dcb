package cmd_test

import (
	"slices"
	"strings"
	"testing"

	"assent/store"
)

// Lists and accounts that are read on the command line are looks too.
func TestLooksOnTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{"user", "add", "--name", "Ada Quill", "--id", "ada"}, {"user", "list"},
		{"account", "list", "ada"}, {"user", "export"}} {
		must(t, append(args, "--data-dir="+dir)...)
	}
	r, err := store.Look(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := r.AuditPage(t.Context(), store.AuditFilter{}, store.AuditCursor{}, 50)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, row := range slices.Backward(rows) {
		actions = append(actions, row.Action)
		if row.Action == "look.accounts" && row.PersonID == "" || row.ActorKind != "operator" {
			t.Errorf("%+v", row)
		}
	}
	if got := strings.Join(actions, " "); got != "person.add look.list look.accounts person.export" {
		t.Errorf("the audit has %s", got)
	}
}
