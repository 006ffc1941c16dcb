package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jmoiron/sqlx"
)

func writer(t testing.TB) *sqlx.DB {
	t.Helper()
	db, err := OpenWriter(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	run(t, db, `CREATE TABLE n (i INTEGER PRIMARY KEY, s TEXT NOT NULL DEFAULT '') STRICT`)
	return db
}

func run(t testing.TB, db sqlx.ExtContext, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(query, err)
	}
}

// keeps is how many statements the writer's connection keeps prepared.
func keeps(t testing.TB, db *sqlx.DB) int {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := 0
	if err := c.Raw(func(x any) error { n = x.(*conn).recent.Len(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStatementsAreKept(t *testing.T) {
	db := writer(t)
	before := keeps(t, db)
	for i := range 10 {
		run(t, db, `INSERT INTO n (i) VALUES (?)`, i)
	}
	if got := keeps(t, db) - before; got != 1 {
		t.Fatalf("ten runs of one statement keep %d", got)
	}
	for i := range 2 * maxStatements {
		var got int
		if err := db.Get(&got, fmt.Sprintf(`SELECT i + %d FROM n WHERE i = ?`, i), 1); err != nil || got != i+1 {
			t.Fatal(got, err)
		}
	}
	if got := keeps(t, db); got != maxStatements {
		t.Fatalf("%d statements are kept", got)
	}
}

// While the rows of a statement are read, the same text can run again.
func TestTheSameStatementInsideItsOwnRows(t *testing.T) {
	db := writer(t)
	run(t, db, `INSERT INTO n (i) VALUES (1), (2), (3)`)
	tx, err := db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	const query = `SELECT i FROM n WHERE i >= ? ORDER BY i`
	outer, err := tx.Query(query, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer outer.Close()
	var read []int
	for outer.Next() {
		var i, inner int
		if err := outer.Scan(&i); err != nil {
			t.Fatal(err)
		}
		if err := tx.QueryRow(query, i).Scan(&inner); err != nil || inner != i {
			t.Fatal(inner, err)
		}
		read = append(read, i)
	}
	if len(read) != 3 || outer.Err() != nil {
		t.Fatal(read, outer.Err())
	}
}

// A statement that failed, that was interrupted or whose table was changed
// serves again, and nothing of its former arguments is left.
func TestAKeptStatementServesAgain(t *testing.T) {
	db := writer(t)
	const insert, count = `INSERT INTO n (i, s) VALUES (?, ?)`, `SELECT count(*) FROM n WHERE s = ?`
	run(t, db, insert, 1, "a")
	if _, err := db.Exec(insert, 1, "b"); !IsDuplicate(err) {
		t.Fatal(err)
	}
	run(t, db, insert, 2, "b")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.ExecContext(ctx, insert, 3, "c"); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	run(t, db, insert, 3, "c")

	n := 0
	if err := db.Get(&n, count, "b"); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	run(t, db, `ALTER TABLE n ADD COLUMN more TEXT`)
	run(t, db, `CREATE INDEX n_s ON n (s)`)
	run(t, db, insert, 4, "b")
	if err := db.Get(&n, count, "b"); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	var missing string
	if err := db.Get(&missing, `SELECT s FROM n WHERE i = ?`, 99); !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	if err := db.Get(&missing, `SELECT s FROM n WHERE i = ?`, 3); err != nil || missing != "c" {
		t.Fatal(missing, err)
	}
}

// Several statements in one text all run, each time.
func TestAScriptRunsWhole(t *testing.T) {
	db := writer(t)
	for range 2 {
		run(t, db, `DELETE FROM n; INSERT INTO n (i) VALUES (1); INSERT INTO n (i) VALUES (2);`)
		n := 0
		if err := db.Get(&n, `SELECT count(*) FROM n`); err != nil || n != 2 {
			t.Fatal(n, err)
		}
	}
}

func TestReadersRefuseToWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	w, err := OpenWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	run(t, w, `CREATE TABLE n (i INTEGER) STRICT`)
	for _, open := range []func(string) (*sqlx.DB, error){OpenReaders, OpenReadOnly} {
		r, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Exec(`INSERT INTO n VALUES (1)`); err == nil {
			t.Error("a reader wrote")
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A closed database leaves no file of its log behind: with a statement left
// open SQLite would keep it.
func TestCloseEndsTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := OpenWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	run(t, db, `CREATE TABLE n (i INTEGER) STRICT`)
	for i := range 3 {
		run(t, db, `INSERT INTO n VALUES (?)`, i)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("the log is still there:", err)
	}
}

// Running a kept statement costs a fraction of preparing it.
func BenchmarkStatement(b *testing.B) {
	db := writer(b)
	run(b, db, `INSERT INTO n (i, s) VALUES (1, 'a')`)
	b.ReportAllocs()
	for b.Loop() {
		var s string
		if err := db.Get(&s, `SELECT s FROM n WHERE i = ?`, 1); err != nil {
			b.Fatal(err)
		}
	}
}
