package store_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

func TestPurposeKeepsDemoAndServiceApart(t *testing.T) {
	for _, c := range []struct {
		first, second store.Purpose
		refused       bool
	}{
		{store.Service, store.Demo, true},
		{store.Demo, store.Service, true},
		{store.Demo, store.Demo, false},
		{store.Demo, "", false},
		{"", store.Service, false},
		{"", store.Demo, true},
	} {
		dir := t.TempDir()
		st, err := store.Open(t.Context(), store.Options{Dir: dir, Purpose: c.first})
		if err != nil {
			t.Fatal(err)
		}
		st.Close()
		st, err = store.Open(t.Context(), store.Options{Dir: dir, Purpose: c.second})
		if got := errors.Is(err, app.ErrDataDirPurpose); got != c.refused {
			t.Errorf("%s then %q: refused = %v (%v), want %v", c.first, c.second, got, err, c.refused)
		}
		if err == nil {
			st.Close()
		}
	}
}

// The folder may be one that others can read.
func TestDatabaseIsItsOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	modes := func() map[string]fs.FileMode {
		st, err := store.Open(t.Context(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		if _, err := st.AddPerson(t.Context(), app.Operator, "alice", nil, nil); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]fs.FileMode{}
		for _, f := range files {
			info, err := f.Info()
			if err != nil {
				t.Fatal(err)
			}
			out[f.Name()] = info.Mode().Perm()
		}
		return out
	}
	path := filepath.Join(dir, store.FileName)
	want := map[string]fs.FileMode{
		store.FileName:          0o600,
		store.FileName + "-wal": 0o600,
		store.FileName + "-shm": 0o600,
	}
	if got := modes(); !maps.Equal(got, want) {
		t.Errorf("a new database: %v, want %v", got, want)
	}
	// As an earlier version left them after a crash.
	if err := errors.Join(os.WriteFile(path+"-wal", nil, 0o600), os.WriteFile(path+"-shm", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for name := range want {
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := modes(); !maps.Equal(got, want) {
		t.Errorf("one that others could read: %v, want %v", got, want)
	}
	if err := os.Chmod(path, 0o640); err != nil { // a group that somebody chose
		t.Fatal(err)
	}
	if got := modes(); got[store.FileName] != 0o640 {
		t.Errorf("a chosen group: %v", got)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	db, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := store.Open(t.Context(), store.Options{Dir: dir}); !errors.Is(err, app.ErrDatabaseTooNew) {
		t.Errorf("opening a newer database: %v, want ErrDatabaseTooNew", err)
	}
}

func TestReaderCannotWriteAndForeignKeysHold(t *testing.T) {
	db := storetest.New(t)
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("a new database is not ready: %v", err)
	}
	if err := store.ReadOnlyProbe(db.Store); err == nil {
		t.Error("the read pool took a write")
	}
	p := db.MustPerson("alice")
	orphan := storetest.Request(p, db.Now()+1000)
	orphan.PersonID = "nobody"
	if _, _, err := db.StartRequest(t.Context(), app.System, orphan, store.Fatigue{}, false); err == nil {
		t.Error("a request of nobody was stored: foreign keys are off")
	}
}

func TestVAPIDKeysAreMadeOnce(t *testing.T) {
	db := storetest.New(t)
	made := 0
	fresh := func() (string, error) { made++; return app.NewID(), nil }
	first, err := db.VAPIDKeys(t.Context(), fresh)
	if err != nil {
		t.Fatal(err)
	}
	db.Reopen()
	again, err := db.VAPIDKeys(t.Context(), fresh)
	if err != nil || again != first || made != 1 {
		t.Errorf("second call: %q (%v), made %d; want %q, made once", again, err, made, first)
	}
}

// Two processes share the file: user commands work while the server runs.
func TestTwoProcessesWriteAtOnce(t *testing.T) {
	db := storetest.New(t)
	other, err := store.Open(t.Context(), store.Options{Dir: db.Dir, Purpose: store.Service})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var wg sync.WaitGroup
	errs := make(chan error, 80)
	for _, st := range []*store.Store{db.Store, other} {
		for range 40 {
			wg.Go(func() {
				_, err := st.AddPerson(t.Context(), app.Operator, "x",
					[]app.Identifier{{Kind: app.Username, Value: "x", Norm: app.NewID()}}, nil)
				if err != nil {
					errs <- err
				}
			})
		}
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Errorf("a write was lost: %v", err)
	}
	people, err := db.People(t.Context(), "", "", 1000)
	if err != nil || len(people) != 80 {
		t.Errorf("%d people stored (%v), want 80", len(people), err)
	}
}
