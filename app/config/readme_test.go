package config_test

import (
	"os"
	"strings"
	"testing"

	"assent/app/config"
)

// The README's table is made from the settings; ASSENT_UPDATE=1 writes it anew.
func TestREADMEListsEverySetting(t *testing.T) {
	const path, begin, end = "../../README.md", "<!-- settings -->\n", "<!-- /settings -->"
	want, err := config.Markdown()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), begin)
	have, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the README has no place for the settings table")
	}
	if have == want {
		return
	}
	if os.Getenv("ASSENT_UPDATE") == "" {
		t.Fatal("the README's settings table is not current: run ASSENT_UPDATE=1 go test ./app/config")
	}
	if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
