package cmd_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"assent/app/cmd"
)

// documents are README and the pages of the documentation, by their names.
func documents(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../../static/docs/*.md")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d pages (%v)", len(names), err)
	}
	all := map[string]string{}
	for _, name := range append(names, "../../README.md") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = string(b)
	}
	return all
}

var (
	// spoken are the commands in a text: a code span, or a line of a code block
	// up to a pipe, a redirection or a remark.
	codeSpan = regexp.MustCompile("`(assent [a-z][^`\n]*)`")
	codeLine = regexp.MustCompile(`(?m)^ *(?:\$ |ExecStart=/usr/local/bin/)?(assent [a-z][^|>#\n]*)`)
	codeText = regexp.MustCompile("(?s)```[a-z]*\n(.*?)```")
	word     = regexp.MustCompile(`"([^"]*)"|\[[^\]]*\]|(\S+)`)
)

// commandsIn are the command lines in a text, each without the program's name.
func commandsIn(text string) [][]string {
	var lines []string
	for _, block := range codeText.FindAllStringSubmatch(text, -1) {
		for _, m := range codeLine.FindAllStringSubmatch(block[1], -1) {
			lines = append(lines, m[1])
		}
	}
	for _, m := range codeSpan.FindAllStringSubmatch(codeText.ReplaceAllString(text, ""), -1) {
		lines = append(lines, m[1])
	}
	var all [][]string
	for _, line := range lines {
		var args []string
		line, _, _ = strings.Cut(line, " | ")
		for _, m := range word.FindAllStringSubmatch(line, -1) {
			if arg := m[1] + m[2]; arg != "" { // what is in brackets may be left out
				args = append(args, arg)
			}
		}
		all = append(all, args[1:])
	}
	return all
}

// Each command that the documentation shows is one, with flags and arguments
// that it takes.
func TestDocumentsShowCommandsThatExist(t *testing.T) {
	n := 0
	for name, text := range documents(t) {
		for _, args := range commandsIn(text) {
			n++
			if err := cmd.Parse(args); err != nil && !errors.Is(err, fs.ErrNotExist) { // a settings file, elsewhere
				t.Errorf("%s shows assent %s: %v", name, strings.Join(args, " "), err)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d commands were tried", n)
	}
	if err := cmd.Parse([]string{"user", "bring", "x"}); err == nil {
		t.Error("a command that isn't there is taken")
	}
}

// The page of commands has each of them.
func TestCommandsPageHasEachCommand(t *testing.T) {
	page := documents(t)["commands.md"]
	for _, path := range cmd.Paths() {
		if !strings.Contains(page, "| `assent "+path) {
			t.Errorf("commands.md has no line for assent %s", path)
		}
	}
}

// The files that the pages on importing show are taken as they are.
func TestFilesInDocumentsAreImported(t *testing.T) {
	csv := regexp.MustCompile("(?s)```csv\n(.*?)```")
	docs, dir := documents(t), "--data-dir="+t.TempDir()
	write := func(page string) string {
		t.Helper()
		m := csv.FindStringSubmatch(docs[page])
		if m == nil {
			t.Fatalf("%s shows no file", page)
		}
		path := filepath.Join(t.TempDir(), "in.csv")
		if err := os.WriteFile(path, []byte(m[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, said, err := run(t, "user", "import", dir, write("importing.md"))
	if err != nil || said != "2 added, 0 changed, 0 unchanged\n" || !strings.Contains(docs["importing.md"], said) {
		t.Errorf("the file of people: %q (%v)", said, err)
	}
	_, said, err = run(t, "account", "import", dir, write("accounts.md"))
	if err != nil || said != "3 added, 0 changed, 0 unchanged\n" {
		t.Errorf("the file of accounts: %q (%v)", said, err)
	}
}
