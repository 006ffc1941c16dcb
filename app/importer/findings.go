package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"assent/app"
	"assent/store"
)

// foreseen is what bringing a row in would do.
type foreseen struct {
	what  store.What
	print [store.PrintSize]byte // of what it changes of whom
	row   store.ImportRow
	keys  store.LineKeys // that no other row may have
	about store.LineKeys // whom it is about
}

// signSize is the length of a row's sign in the file that has one for each row.
const signSize = 1 + store.PrintSize

// signs are the first byte of a sign.
var signs = map[store.What]byte{store.Added: 'a', store.Changed: 'c', store.Unchanged: 'u', store.Faulty: 'f'}

// sign is what is kept of a row until it is brought in.
func (f foreseen) sign() []byte { return append([]byte{signs[f.what]}, f.print[:]...) }

// readSign reads a sign.
func readSign(b []byte) (what store.What, print [store.PrintSize]byte) {
	for w, sign := range signs {
		if b[0] == sign {
			what = w
		}
	}
	copy(print[:], b[1:])
	return what, print
}

// mark keeps the rows that the administrator who confirms should look at, and whom the rows
// are about that change something.
func (s *Service) mark(ctx context.Context, to *store.ImportRows, found []foreseen) error {
	var rows []store.ImportRow
	var about []store.LineKeys
	for _, f := range found {
		rows = append(rows, f.row)
		if f.what == store.Added || f.what == store.Changed {
			about = append(about, f.about)
		}
	}
	return to.Add(ctx, rows, about)
}

// findings are the sums of what a check writes down: the faults, and a sign of
// each row.
type findings struct{ faults, seen hash.Hash }

func newFindings() findings { return findings{sha256.New(), sha256.New()} }

// digest is one sum of both.
func (f findings) digest() string {
	sum := sha256.Sum256(append(f.faults.Sum(nil), f.seen.Sum(nil)...))
	return hex.EncodeToString(sum[:])
}

// foundAsChecked refuses an import of which what the check wrote down has
// changed since.
func (s *Service) foundAsChecked(im store.Import) error {
	sums := newFindings()
	for _, one := range []struct {
		end string
		to  hash.Hash
	}{{faultsEnd, sums.faults}, {seenEnd, sums.seen}} {
		f, err := os.Open(s.path(im, one.end))
		if err != nil {
			return err
		}
		_, err = io.Copy(one.to, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	if sums.digest() != im.Findings {
		return &unfitError{fault("altered", "")}
	}
	return nil
}

// Marked is a page of the rows that the administrator who confirms an import should look at.
type Marked struct {
	Counts map[store.ImportMark]int // of all, by mark
	Rows   []store.ImportRow
}

// Marked gives rows of a checked import that have a mark, or any where it is
// empty, behind a line, at most limit; app.ErrUnknownImport where they are not
// kept (any more).
func (s *Service) Marked(ctx context.Context, im store.Import, mark store.ImportMark,
	after, limit int) (out Marked, err error) {
	rows, err := store.OpenImportRows(s.path(im, rowsEnd))
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if out.Counts, err = rows.Counts(ctx); err != nil {
		return out, err
	}
	out.Rows, err = rows.Page(ctx, mark, after, limit)
	return out, err
}

// About gives the first line of a checked import that changes something of one
// of the people, or gives a person one of the identifiers; 0 for none.
func (s *Service) About(ctx context.Context, im store.Import, people []string,
	ids []app.Identifier) (line int, err error) {
	rows, err := store.OpenImportRows(s.path(im, rowsEnd))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return rows.About(ctx, people, ids)
}
