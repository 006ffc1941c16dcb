package sqlite

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"assent/migrations"
)

// Engine is a database that is served from a file.
type Engine struct{ Path string }

// OpenWriter opens the one connection that writes; see OpenWriter.
func (e Engine) OpenWriter() (*sqlx.DB, error) { return OpenWriter(e.Path) }

// OpenReaders opens the connections that refuse to write.
func (e Engine) OpenReaders() (*sqlx.DB, error) { return OpenReaders(e.Path) }

// OpenReadOnly opens the file as it is.
func (e Engine) OpenReadOnly() (*sqlx.DB, error) { return OpenReadOnly(e.Path) }

// Schema gives the migrations, to be run on db.
func (Engine) Schema(db *sqlx.DB) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectSQLite3, db.DB, migrations.FS)
}

// Size is the file's size in bytes, without the write-ahead log.
func (Engine) Size(ctx context.Context, q sqlx.QueryerContext) (int64, error) {
	var pages, size int64
	if err := sqlx.GetContext(ctx, q, &pages, `PRAGMA page_count`); err != nil {
		return 0, err
	}
	err := sqlx.GetContext(ctx, q, &size, `PRAGMA page_size`)
	return pages * size, err
}

// ClearLog writes what stands in the write-ahead log into the database, where
// it has the latest of each page, and empties it: of what was erased it would
// keep the bytes for as long as few write. While a reader is busy it is left for
// the next time.
func (Engine) ClearLog(ctx context.Context, w sqlx.ExecerContext) error {
	_, err := w.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// Insert inserts many rows by one statement with one parameter, a JSON text: the
// driver binds n parameters in n² time.
func (Engine) Insert(
	ctx context.Context,
	w sqlx.ExecerContext,
	table string,
	columns []string,
	rows [][]any,
	conflict string,
) error {
	list, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = w.ExecContext(ctx, insertion(table, columns, conflict), string(list))
	return err
}

// insertion is an INSERT of the rows of a JSON list. WHERE true tells ON CONFLICT
// from a join's ON (https://www.sqlite.org/lang_upsert.html, section 2.2).
func insertion(table string, columns []string, conflict string) string {
	values := make([]string, len(columns))
	for i := range columns {
		values[i] = "value ->> " + strconv.Itoa(i)
	}
	return `INSERT INTO ` + table + ` (` + strings.Join(columns, `, `) + `) SELECT ` + strings.Join(values, `, `) +
		` FROM json_each(?) WHERE true ` + conflict
}

// IndexedBy makes a query fail that can't be answered by the index.
func (Engine) IndexedBy(index string) string { return ` INDEXED BY ` + index }

// IsBusy tells whether another process wrote for longer than a statement waits.
func (Engine) IsBusy(err error) bool { return IsBusy(err) }

// IsDuplicate tells whether err is a violated UNIQUE or PRIMARY KEY.
func (Engine) IsDuplicate(err error) bool { return IsDuplicate(err) }
