// Package apptest is what tests of several packages need: saying what a machine
// could not run, and passkeys for virtual authenticators.
package apptest

import (
	"fmt"
	"os"
	"testing"
)

// NotRun skips a test and notes why, for the list that `make test` ends with.
// Where ASSENT_TEST_ALL is set it fails instead.
func NotRun(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("ASSENT_TEST_ALL") != "" {
		t.Fatalf("could not run: %s", why)
	}
	Skip(t, why)
}

// Skip is NotRun for what may be missing even where everything else is there.
func Skip(t testing.TB, why string) {
	t.Helper()
	if path := os.Getenv("ASSENT_TEST_NOT_RUN"); path != "" {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(f, "%s: %s\n", t.Name(), why)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(why)
}
