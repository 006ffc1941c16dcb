// Package store keeps everything that Assent remembers in one SQLite file.
//
// Reads go through Reader, whose connections refuse writes, so that pages can
// list things without being able to skip a transition, the audit or the outbox.
// Writes go through the methods of Store: each is one transaction that carries
// the change, its audit row and the jobs that follow from it, and each announces
// what it changed after the commit, never before. Changes that wait for the
// writer share a commit; see write.
//
// There is one writer, and no one person may hold it: what can be any number of
// rows (all that waits for a person when they are paused, suspended, denied or
// erased; what expires; what is swept) is taken in steps, each a transaction of a
// bounded number of rows. The first writes the fact, which every reader and
// writer goes by from then on; see ending.
//
// The time is the clock's that Options.Now tells: the service's never goes back
// by itself (package clock). What time ends is stored as ended within a second,
// as compare-and-swap (Expire, EndDue), so that a clock that goes back all the
// same, before the next start, revives nothing. A mark of the latest time that
// was ever seen would do that too; but one wrong day ahead would then end
// everything for a day.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jmoiron/sqlx"

	"assent/app"
)

// FileName is the database's name in the data directory.
const FileName = "assent.db"

// Options say how to open a store.
type Options struct {
	Dir     string           // the data directory; made when missing
	Purpose Purpose          // what the directory is for; empty takes it as it is, a new one as Service
	Now     func() time.Time // the clock; time.Now when nil
	Notify  func(app.Event)  // told of each committed change; may be nil

	IdentifierWait time.Duration // how long an identifier that moves names nobody; 0 for DefaultIdentifierWait

	Lock *DirLock // of Dir, held by the caller: for the process that works the outbox; else nil
}

// Purpose keeps the demo's people and the service's apart.
type Purpose string

// The purposes of a data directory.
const (
	Service Purpose = "service"
	Demo    Purpose = "demo"
)

// Reader answers queries on connections that refuse to write.
type Reader struct {
	engine engine
	r      *sqlx.DB
	now    func() time.Time
	secret []byte        // of the installation; empty where Look opened the database
	wait   time.Duration // of an identifier that moves
}

// Store is the open database.
type Store struct {
	*Reader
	w       *sqlx.DB
	turns   *turns // at w
	notify  func(app.Event)
	process string // in the leases that this process takes

	refusals *refusals
}

// Open opens the database in o.Dir, making and migrating it as needed. It
// refuses a database of another purpose, and one that a newer binary wrote.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Notify == nil {
		o.Notify = func(app.Event) {}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	e := engineOf(o.Dir)
	w, err := e.OpenWriter()
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	s := &Store{
		Reader:   &Reader{engine: e, now: o.Now, wait: o.identifierWait()},
		w:        w,
		notify:   o.Notify,
		turns:    &turns{},
		process:  app.NewID(),
		refusals: &refusals{},
	}
	if err := s.prepare(ctx, o); err != nil {
		w.Close()
		return nil, fmt.Errorf("%s: %w", filepath.Join(o.Dir, FileName), err)
	}
	r, err := e.OpenReaders()
	if err != nil {
		w.Close()
		return nil, err
	}
	s.r = r
	return s, nil
}

// chained is the schema's version from which on the audit is a chain.
const chained = 9

// Look opens the database in a data directory to read it as it is: nothing is
// made, migrated or written, as is due to what may be evidence.
func Look(ctx context.Context, dir string) (*Reader, error) {
	path := filepath.Join(dir, FileName)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("there is no database to look at: %w", err)
	}
	e := engineOf(dir)
	r, err := e.OpenReadOnly()
	if err != nil {
		return nil, err
	}
	p, err := e.Schema(r)
	if err == nil {
		var have, want int64
		have, want, err = p.GetVersions(ctx)
		switch {
		case err != nil:
		case have > want:
			err = app.ErrDatabaseTooNew.Because(fmt.Errorf("its schema is %d, this binary knows %d", have, want))
		case have < chained:
			err = fmt.Errorf("its schema is %d, and the audit is a chain from %d on: start the service once", have,
				chained)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), r.Close())
	}
	return &Reader{engine: e, r: r, now: time.Now}, nil
}

// Close closes what Look opened.
func (r *Reader) Close() error { return r.r.Close() }

func (s *Store) prepare(ctx context.Context, o Options) error {
	p, err := s.engine.Schema(s.w)
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	if have > want {
		return app.ErrDatabaseTooNew.Because(fmt.Errorf("its schema is %d, this binary knows %d", have, want))
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	if err := s.chainAudit(ctx); err != nil {
		return fmt.Errorf("chaining the audit: %w", err)
	}
	if err := s.indexNames(ctx); err != nil {
		return fmt.Errorf("indexing names: %w", err)
	}
	if err := s.readSecret(ctx); err != nil {
		return err
	}
	if err := s.readIdentifiers(ctx); err != nil {
		return fmt.Errorf("reading identifiers: %w", err)
	}
	is, err := s.metaOnce(ctx, "purpose", string(cmp.Or(o.Purpose, Service)))
	if err != nil {
		return err
	}
	if o.Purpose != "" && is != string(o.Purpose) {
		return app.ErrDataDirPurpose.Because(fmt.Errorf("it is the %s's", is))
	}
	if o.Lock == nil {
		return nil
	}
	return s.takeOver(ctx)
}

// Close closes the database. Everything that uses it must have ended.
func (s *Store) Close() error {
	// What waits is a second of refusals; the database may be closed already.
	_ = s.flushRefusals(context.Background())
	return errors.Join(s.Reader.Close(), s.w.Close())
}

// Ready tells whether the database can be written and its schema is current.
// (Migrations run when the store opens, and a newer binary may have migrated since.)
func (s *Store) Ready(ctx context.Context) error {
	p, err := s.engine.Schema(s.w)
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("schema is %d, want %d", have, want)
	}
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx, `INSERT INTO meta (key, value) VALUES ('ready', '') ON CONFLICT (key) DO NOTHING`)
	})
}

// Now is the store's clock.
func (r *Reader) Now() app.Instant { return app.At(r.now()) }

// orElse turns "no rows" into refusal.
func orElse(err, refusal error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return refusal
	}
	return err
}

// IsBusy tells whether err says that another process wrote for longer than a
// write waits.
func (r *Reader) IsBusy(err error) bool { return r.engine.IsBusy(err) }
