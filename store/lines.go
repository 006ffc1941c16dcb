package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"os"
	"slices"

	"github.com/jmoiron/sqlx"

	"assent/store/sqlite"
)

// Lines remembers which line of a file named what first. It is a file of its
// own, so that a file of any length is checked in little memory.
type Lines struct {
	db   *sqlx.DB
	path string
}

// OpenLines makes an empty one at path, which Close removes; without a path it
// is in memory, for a few lines.
func OpenLines(ctx context.Context, path string) (*Lines, error) {
	if path != "" {
		if err := removeIfThere(path); err != nil {
			return nil, err
		}
	}
	db, err := sqlite.OpenScratch(path)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx,
		`CREATE TABLE lines (k INTEGER NOT NULL PRIMARY KEY, line INTEGER NOT NULL) STRICT`); err != nil {
		db.Close()
		return nil, err
	}
	return &Lines{db: db, path: path}, nil
}

// Close closes and removes it.
func (l *Lines) Close() error {
	err := l.db.Close()
	if l.path == "" {
		return err
	}
	if gone := removeIfThere(l.path); err == nil {
		err = gone
	}
	return err
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// LineKeys are the keys of a line. An earlier line clashes with it that left one
// of Keys or of Sought, be it as one of its Keys or of its Left.
type LineKeys struct {
	Line   int
	Keys   []string
	Left   []string
	Sought []string
}

// clash tells whether an earlier line clashes with this one; else it leaves
// this one's keys.
func (k LineKeys) clash(has func(string) bool, leave func(string)) bool {
	if slices.ContainsFunc(k.Keys, has) || slices.ContainsFunc(k.Sought, has) {
		return true
	}
	for _, key := range slices.Concat(k.Keys, k.Left) {
		leave(key)
	}
	return false
}

// Add remembers the keys of lines, in their order, and gives for each the
// earlier line that clashes with it, or 0. The keys of such a line are not
// remembered.
func (l *Lines) Add(ctx context.Context, lines []LineKeys) ([]int, error) {
	var hashes []int64
	for _, line := range lines {
		for _, k := range slices.Concat(line.Keys, line.Sought) {
			hashes = append(hashes, hashOf(k))
		}
	}
	var have []struct {
		K    int64 `db:"k"`
		Line int   `db:"line"`
	}
	if err := selectJSON(ctx, l.db, &have, `SELECT k, line FROM json_each(?) j CROSS JOIN lines ON k = j.value`,
		hashes); err != nil {
		return nil, err
	}
	first := make(map[int64]int, len(have)+len(hashes))
	for _, h := range have {
		first[h.K] = h.Line
	}
	earlier := make([]int, len(lines))
	var added [][2]int64
	for i, line := range lines {
		line.clash(func(key string) bool {
			earlier[i] = first[hashOf(key)]
			return earlier[i] != 0
		}, func(key string) {
			if h := hashOf(key); first[h] == 0 {
				first[h] = line.Line
				added = append(added, [2]int64{h, int64(line.Line)})
			}
		})
	}
	if len(added) == 0 {
		return earlier, nil
	}
	b, err := json.Marshal(added)
	if err != nil {
		return nil, err
	}
	// Two lines may leave the same without a clash: the first one is told.
	_, err = l.db.ExecContext(ctx,
		`INSERT INTO lines (k, line) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
			ON CONFLICT DO NOTHING`,
		string(b))
	return earlier, err
}

// hashOf is short, so that millions of keys take little room: among ten million
// the odds of two alike are one to 300 000.
func hashOf(key string) int64 {
	h := sha256.Sum256([]byte(key))
	return int64(binary.BigEndian.Uint64(h[:8]))
}
