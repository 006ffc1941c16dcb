package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"assent/app"
)

// LockName is the name of the file in the data directory that a running
// service keeps locked.
const LockName = "serve.lock"

// DirLock is the lock of a data directory: of all processes that run the
// service only one holds it. The kernel frees it when its process ends, however
// that ends.
type DirLock struct {
	file *os.File
}

// LockDir locks the data directory dir, which is made when missing. It doesn't
// wait: app.ErrDataDirInUse where another process holds the lock.
func LockDir(dir string) (*DirLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, LockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	switch taken, err := lockFile(file); {
	case err != nil:
		file.Close()
		return nil, fmt.Errorf("locking the data directory %s: %w", dir, err)
	case !taken:
		file.Close()
		return nil, fmt.Errorf("%s: %w", dir, app.ErrDataDirInUse)
	}
	return &DirLock{file: file}, nil
}

// Unlock frees the directory. The file stays: removing it would let two
// processes lock two files of its name.
func (l *DirLock) Unlock() error { return l.file.Close() }

// servedBy is the key in meta of the process that took the lock last.
const servedBy = "served by"

// takeOver ends the leases of processes that hold the directory's lock no
// longer, for this one holds it now: of jobs all of them, for only the holder
// leases jobs; of imports those of the holder before, for a command beside the
// service may work on one of its own. What ACP is to be told is due at once,
// whatever pause the process before had chosen.
func (s *Store) takeOver(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.exec(ctx,
			`UPDATE jobs SET lease_id = '', lease_process = '', lease_until = 0 WHERE lease_id <> ''
				AND lease_process <> ?`,
			s.process); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE jobs SET run_at = ? WHERE kind IN (?, ?) AND state = 'waiting' AND run_at > ?`,
			t.now, app.JobSettle, app.JobRecognise, t.now); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE imports SET lease = '', lease_process = '', leased_until = 0
			WHERE lease <> '' AND lease_process = (SELECT value FROM meta WHERE key = ?)`, servedBy); err != nil {
			return err
		}
		return t.exec(ctx,
			`INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
			servedBy, s.process)
	})
}
