package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// Each guard can be broken as the table says, and the tests that it names exist.
func TestTableIsCurrent(t *testing.T) {
	all, err := guards()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, g := range all {
		if seen[g.Name] || g.Name == "" {
			t.Errorf("%q names two guards, or none", g.Name)
		}
		seen[g.Name] = true
		source, err := os.ReadFile(filepath.Join(root, g.File))
		if err != nil {
			t.Errorf("%s: %v", g.Name, err)
			continue
		}
		if n := strings.Count(string(source), g.Old); n != 1 || g.Old == g.New || g.Old == "" {
			t.Errorf("%s: what it breaks stands %d times in %s, or stays the same", g.Name, n, g.File)
		}
		for _, name := range g.Tests {
			if !hasTest(t, g.Package, name) {
				t.Errorf("%s: %s has no %s", g.Name, g.Package, name)
			}
		}
		if len(g.Tests) == 0 {
			t.Errorf("%s: no test is named", g.Name)
		}
	}
}

func hasTest(t *testing.T, pkg, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "\nfunc "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}

// The security page lists the guards; ASSENT_UPDATE=1 writes the list.
func TestSecurityPageListsEachGuard(t *testing.T) {
	const path, begin, end = root + "/static/docs/security.md", "<!-- guards -->\n", "<!-- /guards -->"
	all, err := guards()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| Guard | Holds | Proved by |\n|---|---|---|\n")
	for _, g := range all {
		if !strings.HasSuffix(g.Holds, ".") || strings.Contains(g.Holds, "|") {
			t.Errorf("%s: %q is not a sentence that a table can hold", g.Name, g.Holds)
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` in `%s` |\n", g.Name, g.Holds, strings.Join(g.Tests, "`, `"), g.Package)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatal("the page has no place for the list")
	}
	want := before + begin + b.String() + end + after
	if os.Getenv("ASSENT_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(page) {
		t.Error("the list is not current: run ASSENT_UPDATE=1 go test ./app/guards")
	}
}
