package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assent/app/cmd"
)

const peopleFile = "name,identifiers\nAda Quill,username:ada; email:ada@quill.example\n=Bruno,username:bruno\n"

// The commands work while the service runs, which leaves their import to them.
func TestUserImportCommands(t *testing.T) {
	data := t.TempDir()
	serve(t, data)
	dir := "--data-dir=" + data
	path := filepath.Join(t.TempDir(), "people.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	imported := func(want string, args ...string) {
		t.Helper()
		out, errs, err := run(t, append([]string{"user", "import", dir, path}, args...)...)
		if err != nil || out != "" || errs != want+"\n" {
			t.Errorf("printed %q and %q (%v), want %q on stderr", out, errs, err, want)
		}
	}
	write(peopleFile)
	imported("2 would be added, 0 changed, 0 unchanged", "--dry-run")
	if list := must(t, "user", "list", dir); strings.Contains(list, "Ada") {
		t.Errorf("a dry run adds:\n%s", list)
	}
	result := filepath.Join(t.TempDir(), "result.csv")
	imported("2 added, 0 changed, 0 unchanged", "--result="+result)
	if b, err := os.ReadFile(result); err != nil ||
		!strings.HasPrefix(string(b), `"line","result","name","person","error"`+"\n"+`"2","added","Ada Quill",`) ||
		!strings.Contains(string(b), "\n"+`"3","added","'=Bruno",`) {
		t.Errorf("the result is\n%s%v", b, err)
	}
	imported("0 added, 0 changed, 2 unchanged: nothing had to be changed")

	exported := must(t, "user", "export", dir)
	if !strings.HasPrefix(exported, `"name","identifiers","companies","state"`+"\n") ||
		!strings.Contains(exported, "\n"+`"Ada Quill","email:ada@quill.example; username:ada","","active"`+"\n") ||
		!strings.Contains(exported, "\n"+`"'=Bruno",`) {
		t.Errorf("exported\n%s", exported)
	}
	write(exported)
	imported("0 added, 0 changed, 2 unchanged: nothing had to be changed")

	write(peopleFile + "Nobody,\nCarla,username:carla\n")
	_, errs, err := run(t, "user", "import", dir, path)
	if err == nil || err.Error() != "1 of the rows have faults" ||
		errs != "line 4: There is no identifier: nobody could ever ask for this person.\n1 added, 0 changed, 2 unchanged, 1 left out\n" {
		t.Errorf("printed %q, %v", errs, err)
	}
	write("nome,identifiers\nx,y\n")
	for _, c := range []struct {
		says string
		args []string
	}{
		{"There is no column “nome”", []string{"user", "import", dir, path}},
		{"no such file", []string{"user", "import", dir, path + ".not"}},
		{"no standard input", []string{"user", "import", dir, "-"}},
	} {
		if _, _, err := run(t, c.args...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want %q", c.args, err, c.says)
		}
	}
	var out, said strings.Builder
	if err := cmd.Run(t.Context(),
		cmd.Process{
			Args:   []string{"user", "import", dir, "-"},
			Stdin:  strings.NewReader(peopleFile),
			Stdout: &out,
			Stderr: &said,
		}); err != nil ||
		!strings.HasPrefix(said.String(), "0 added, 0 changed, 2 unchanged") {
		t.Errorf("from standard input: %q %v", said.String(), err)
	}
}
