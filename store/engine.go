package store

import (
	"context"
	"path/filepath"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"assent/store/sqlite"
)

// engine is what a database does in its own way; the SQL in this package is what
// engines share. A second one is a package beside store/sqlite, with a schema of
// its own that has the same tables, and its place in engineOf.
//
// Its connections take ? for parameters, and know RETURNING, ON CONFLICT, partial
// indexes, savepoints and row values. A list is one parameter, a JSON text, which
// json_each(?) gives back as rows with a column value, of which ->> reads a part.
type engine interface {
	// OpenWriter opens the connection that writes, and makes the database where
	// it is missing.
	OpenWriter() (*sqlx.DB, error)
	// OpenReaders opens connections that refuse to write, beside a writer.
	OpenReaders() (*sqlx.DB, error)
	// OpenReadOnly opens a database as it is: nothing is made or written.
	OpenReadOnly() (*sqlx.DB, error)

	// Schema gives the migrations, to be run on db.
	Schema(db *sqlx.DB) (*goose.Provider, error)
	// Size is the database's size in bytes, without what is still in its log.
	Size(ctx context.Context, q sqlx.QueryerContext) (int64, error)
	// ClearLog removes from the database's own files, as far as it is free to,
	// the bytes of rows that were erased before.
	ClearLog(ctx context.Context, w sqlx.ExecerContext) error

	// Insert inserts many rows by one statement. conflict is empty or an ON
	// CONFLICT clause.
	Insert(
		ctx context.Context,
		w sqlx.ExecerContext,
		table string,
		columns []string,
		rows [][]any,
		conflict string,
	) error
	// IndexedBy follows a table's name where a query must be answered by an
	// index. It is empty where the engine can't be told.
	IndexedBy(index string) string

	// IsBusy tells whether err says that the database couldn't be written in
	// time, for others wrote. The change may be tried again.
	IsBusy(err error) bool
	// IsDuplicate tells whether err is a violated unique constraint.
	IsDuplicate(err error) bool
}

// engineOf gives the engine of a data directory.
func engineOf(dir string) engine {
	return sqlite.Engine{Path: filepath.Join(dir, FileName)}
}

// insertAll inserts rows into columns of a table; see engine.Insert.
func (t *tx) insertAll(ctx context.Context, table string, columns []string, rows [][]any, conflict string) error {
	if len(rows) == 0 {
		return nil
	}
	return t.store.engine.Insert(ctx, t, table, columns, rows, conflict)
}
