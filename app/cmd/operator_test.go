package cmd_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What a command changes says in the audit who ran it, through sudo for whom,
// and on which machine.
func TestCommandsSayWhoRanThem(t *testing.T) {
	dir := "--data-dir=" + t.TempDir()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	ran := fmt.Sprintf("%s(%d)@%s", me.Username, os.Getuid(), host)
	t.Setenv("SUDO_USER", "")
	must(t, "user", "add", dir, "--name=Ada", "--id=ada")
	must(t, "admin", "add", dir, "olive@northmoor.example", "--role=owner")
	t.Setenv("SUDO_USER", "mia\n(0)@elsewhere sudo:x")
	t.Setenv("SUDO_UID", "1001")
	must(t, "user", "invite", dir, "ada")
	must(t, "admin", "link", dir, "olive@northmoor.example")
	_, _, err = run(t, "user", "clear", dir, "ada")
	if err == nil {
		t.Error("nobody was paused, and the pause was lifted")
	}
	rows, err := csv.NewReader(strings.NewReader(must(t, "audit", "export", dir))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	action, source := slices.Index(rows[0], "action"), slices.Index(rows[0], "source")
	sudo := ran + " sudo:mia__0__elsewhere_sudo_x(1001)"
	want := [][2]string{{"person.add", ran}, {"admin.add", ran}, {"admin.link", ran}, {"invitation.make", sudo},
		{"admin.link", sudo}, {"audit.export", sudo}}
	var got [][2]string
	for _, row := range rows[1:] {
		got = append(got, [2]string{row[action], row[source]})
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit says\n%v, want\n%v", got, want)
	}
}

// A command that forgets to say who ran it doesn't pass.
func TestEveryCommandActsAsItsOperator(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") || name == "operator.go" {
			continue
		}
		if strings.Contains(string(text), "app.Operator") {
			t.Errorf("%s acts as app.Operator, which doesn't say who ran it: use operator()", name)
		}
	}
}

// A set-up link and its code never come from one output, and both say who made
// them.
func TestAdminCodeCommand(t *testing.T) {
	dir := "--data-dir=" + t.TempDir()
	link := strings.TrimSpace(must(t, "admin", "add", dir, "olive@northmoor.example", "--role=owner"))
	out, errs, err := run(t, "admin", "code", dir, "OLIVE@northmoor.example", "--words=Acorn, badger cabin")
	if err != nil || !regexp.MustCompile(`^[0-9]{4} [0-9]{4}\n$`).MatchString(out) ||
		!strings.Contains(errs, "olive@northmoor.example") {
		t.Errorf("admin code printed %q and %q (%v)", out, errs, err)
	}
	if strings.Contains(out+errs, link[len(link)-43:]) {
		t.Error("the link is printed beside its code")
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"missing flags", []string{"olive@northmoor.example"}},
		{"the 3 that the person's page shows", []string{"olive@northmoor.example", "--words=acorn badger"}},
		{"no such administrator", []string{"x@northmoor.example", "--words=acorn badger cabin"}},
	} {
		if out, _, err := run(t, append([]string{"admin", "code", dir}, c.args...)...); err == nil || out != "" ||
			!strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %q, %v, want %q", c.args, out, err, c.says)
		}
	}
	rows := must(t, "audit", "export", dir)
	if n := strings.Count(rows, `"admin.code"`); n != 1 {
		t.Errorf("the audit has the code %d times:\n%s", n, rows)
	}
}
