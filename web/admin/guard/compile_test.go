package guard_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A use case can't be called without the proof of its own permission, and no
// route's handler takes the proof of another than the route's: neither compiles.
func TestWithoutProofNothingCompiles(t *testing.T) {
	dir, err := filepath.Abs("testdata/unproven")
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, "unproven.go.txt") // under a name that no tool takes for a package
	source, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(dir, "unproven.go"): kept}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-gcflags=-e", "-overlay="+overlay, "./testdata/unproven")
	out, err := build.CombinedOutput()
	if err == nil {
		t.Fatal("all of it compiles")
	}
	faults := map[int]string{}
	for line := range strings.Lines(string(out)) {
		if _, at, is := strings.Cut(strings.Replace(line, "unproven.go.txt:", "unproven.go:", 1), "unproven.go:"); is {
			no, fault, _ := strings.Cut(at, ":")
			n, err := strconv.Atoi(no)
			if err != nil {
				t.Fatal(err)
			}
			faults[n] = fault
		}
	}
	marked := 0
	for i, line := range strings.Split(string(source), "\n") {
		want := strings.HasSuffix(line, "// refused")
		if want {
			marked++
		}
		if fault, got := faults[i+1]; got != want {
			t.Errorf("line %d %q: %q, want a fault: %v", i+1, strings.TrimSpace(line), fault, want)
		}
	}
	if marked < 15 {
		t.Errorf("only %d lines are marked: %s", marked, out)
	}
}
