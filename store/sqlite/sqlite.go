// Package sqlite is what the store's engine SQLite does in its own way: how a
// database file is opened, and what its errors mean.
//
// One file has one writer and any number of readers (write-ahead log). Every
// connection keeps the statements that it prepared: the program's statements are
// a few hundred literals, and preparing one takes longer than running it.
package sqlite

import (
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// readers is how many connections read at the same time. All stay open: a new
// one reads the whole schema again.
const readers = 8

// OpenWriter opens the one connection that writes. It makes the file where it is
// missing, readable by its owner alone.
func OpenWriter(path string) (*sqlx.DB, error) {
	if err := private(path); err != nil {
		return nil, err
	}
	v := durable()
	v.Add("_pragma", "cache_size(-65536)") // 64 MiB: an import touches pages all over the indexes
	v.Set("_txlock", "immediate")
	return open(path, v, 1) // waiting in the pool is fairer than in the file's lock
}

// OpenReaders opens the connections that refuse to write, beside a writer.
func OpenReaders(path string) (*sqlx.DB, error) {
	v := durable()
	v.Add("_pragma", "query_only(1)")
	return open(path, v, readers)
}

// OpenReadOnly opens a database as it is: nothing is made or written.
func OpenReadOnly(path string) (*sqlx.DB, error) {
	return open(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)"}}, readers)
}

// OpenScratch opens a database for one connection and a short time, at path or,
// where that is empty, in memory. A crash may break it: its owner makes it again.
func OpenScratch(path string) (*sqlx.DB, error) {
	if path == "" {
		path = ":memory:"
	} else if err := private(path); err != nil {
		return nil, err
	}
	return open(path, url.Values{"_pragma": {
		"journal_mode(OFF)", "synchronous(OFF)", "locking_mode(EXCLUSIVE)", "cache_size(-16384)"}}, 1)
}

// durable are the pragmas of a database that is served. In the data source name
// they reach every connection of a pool; by Exec they would reach one of them.
func durable() url.Values {
	return url.Values{"_pragma": {
		"busy_timeout(5000)",
		"journal_mode(WAL)",
		"foreign_keys(1)",
		"secure_delete(1)",  // erased rows leave no bytes behind
		"synchronous(FULL)", // an acknowledged decision survives a power cut
	}}
}

func open(path string, v url.Values, connections int) (*sqlx.DB, error) {
	c, err := sqlite.NewConnector("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + v.Encode())
	if err != nil {
		return nil, err
	}
	db := sqlx.NewDb(sql.OpenDB(connector{c}), "sqlite")
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// private makes the database's file before SQLite would, which lets everybody
// read it as far as the umask does, and closes one that was made so, with the
// files beside it. SQLite gives those the database's mode. What a group may do
// is left: an administrator chose it. An open database is never opened here a
// second time, for closing that would end SQLite's locks on it (POSIX fcntl).
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o007 != 0 {
			if err := os.Chmod(name, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// IsBusy tells whether err says that another process wrote for longer than a
// statement waits.
func IsBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// IsDuplicate tells whether err is a violated UNIQUE or PRIMARY KEY.
func IsDuplicate(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) &&
		(e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
