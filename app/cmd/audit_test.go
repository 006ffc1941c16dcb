package cmd_test

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/passkey"
	"assent/store"
)

// Somebody who can write the database's file takes a row out, then the end.
func TestAuditCommands(t *testing.T) {
	data := t.TempDir()
	dir := "--data-dir=" + data
	if _, _, err := run(t, "audit", "head", dir); err == nil ||
		!strings.Contains(err.Error(), "no database to look at") {
		t.Errorf("the head of nothing: %v", err)
	}
	for _, name := range []string{"ada", "bruno", "carla", "diego"} {
		must(t, "user", "add", dir, "--name="+name, "--id="+name)
	}
	head := strings.TrimSpace(must(t, "audit", "head", dir))
	if !regexp.MustCompile(`^4:[0-9a-f]{64}$`).MatchString(head) {
		t.Fatalf("the head is %q", head)
	}
	_, hash, _ := strings.Cut(head, ":")
	for _, args := range [][]string{nil, {"--head=" + head}, {"--head=" + hash}} {
		out := must(t, append([]string{"audit", "verify", dir}, args...)...)
		if !strings.Contains(out, "4 rows are whole: 1 to 4") || strings.Contains(out, "among them") != (args != nil) {
			t.Errorf("verify %v says %q", args, out)
		}
	}
	out, errs, err := run(t, "audit", "export", dir)
	if err != nil || errs != "5 rows\n" {
		t.Fatalf("export printed %q on stderr (%v)", errs, err)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 6 || rows[5][6] != "audit.export" || rows[5][3] != "operator" || rows[4][12] != hash {
		t.Errorf("export:\n%s%v", out, err)
	}
	if lines := must(t, "audit", "export", dir, "--format=jsonl", "--until=2020-01-01"); lines != "" {
		t.Errorf("there are rows of before 2020: %s", lines)
	}

	raw, err := sql.Open("sqlite", "file:"+filepath.Join(data, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec(`DELETE FROM audit WHERE id > 2`); err == nil {
		t.Fatal("rows can be deleted")
	}
	if _, err := raw.Exec(`DROP TRIGGER audit_delete; DELETE FROM audit WHERE id > 2`); err != nil {
		t.Fatal(err)
	}
	must(t, "audit", "verify", dir)
	key := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, []byte(must(t, "receipt", "key", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "audit", "verify", dir, "--key="+key)
	for _, c := range []struct {
		says string
		do   string
		args []string
	}{
		{"2 rows are whole: 1 to 2 of 20", "", []string{"--head=" + head}},
		{"the end was cut off: row 4 of the head is missing, after 20", "", []string{"--head=" + head}},
		{"no row has the hash of the head", "", []string{"--head=" + hash}},
		{"--head: the input is malformed", "", []string{"--head=4"}},
		{"--key: ", "", []string{"--key=" + filepath.Join(data, store.FileName)}},
		{"row 1 is missing, from the beginning", `DELETE FROM audit WHERE id = 1`, nil},
	} {
		if _, err := raw.Exec(c.do); err != nil {
			t.Fatal(err)
		}
		if out, _, err := run(t, append([]string{"audit", "verify", dir}, c.args...)...); err == nil ||
			!strings.Contains(err.Error(), c.says) || out != "" {
			t.Errorf("verify %v: %v, want %q (printed %q)", c.args, err, c.says, out)
		}
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"--since: the input is malformed", []string{"--since=yesterday"}},
		{"--until: the input is malformed", []string{"--until=1"}},
		{"must be one of", []string{"--format=xml"}},
	} {
		if _, _, err := run(t, append([]string{"audit", "export", dir}, c.args...)...); err == nil ||
			!strings.Contains(err.Error(), c.says) {
			t.Errorf("export %v: %v, want %q", c.args, err, c.says)
		}
	}
}

// What a finding is to a script.
func TestAuditFindingIsAFailure(t *testing.T) {
	dir := "--data-dir=" + t.TempDir()
	must(t, "user", "add", dir, "--name=Ada", "--id=ada")
	if _, _, err := run(t, "audit", "verify", dir, "--head=9:"+string(bytes.Repeat([]byte("a"), 64))); err == nil ||
		!strings.HasPrefix(err.Error(), "the audit is not whole. 1 row is whole: 1 of 20") {
		t.Errorf("%v", err)
	}
}

// Evidence stays as it is, and where there is none none is made.
func TestVerifyingTheAuditWritesNothing(t *testing.T) {
	data := t.TempDir()
	dir := "--data-dir=" + data
	for _, name := range []string{"ada", "bruno"} {
		must(t, "user", "add", dir, "--name="+name, "--id="+name)
	}
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(data, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec(`DELETE FROM meta; PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	file := func() string {
		b, err := os.ReadFile(filepath.Join(data, store.FileName))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	before := file()
	if out := must(t, "audit", "verify", dir); !strings.Contains(out, "2 rows are whole") {
		t.Errorf("verify says %q", out)
	}
	if head := must(t, "audit", "head", dir); !strings.HasPrefix(head, "2:") {
		t.Errorf("the head is %q", head)
	}
	if file() != before {
		t.Error("the database is another after it was verified")
	}
	empty := t.TempDir()
	if _, _, err := run(t, "audit", "verify", "--data-dir="+empty); err == nil ||
		!strings.Contains(err.Error(), "no database to look at") {
		t.Errorf("where there is no database: %v", err)
	}
	if found, err := os.ReadDir(empty); err != nil || len(found) != 0 {
		t.Errorf("it made %v (%v)", found, err)
	}
}

// A head whose row is gone proves nothing; that takes somebody to say so.
func TestHeadOfADroppedRowIsAFailure(t *testing.T) {
	data := t.TempDir()
	dir := "--data-dir=" + data
	must(t, "user", "add", dir, "--name=Ada", "--id=ada")
	head := strings.TrimSpace(must(t, "audit", "head", dir))
	st, err := store.Open(t.Context(), store.Options{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	key, err := passkey.ReceiptKey(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.DropAudit(t.Context(), app.System, st.Now().Add(time.Second), key.Sign)
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	if out, _, err := run(t, "audit", "verify", dir, "--head="+head); err == nil ||
		!strings.Contains(err.Error(), "its row was dropped by retention") || out != "" {
		t.Errorf("%q, %v", out, err)
	}
	if out := must(t, "audit", "verify", dir, "--head="+head,
		"--allow-dropped"); !strings.Contains(out, "1 row is whole") {
		t.Errorf("%q", out)
	}
}
