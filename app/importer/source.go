package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"assent/app"
	"assent/app/accounts"
	"assent/app/csvfile"
	"assent/store"
)

// item is a row as it was read.
type item struct {
	line    int
	named   string             // as the file names the person
	person  store.PersonRecord // of a file of people
	account store.PersonAccount
	faults  []Fault
}

// source is an import's file while it is read.
type source struct {
	svc     *Service
	file    *os.File
	rows    *csvfile.Reader
	kind    store.ImportKind
	columns []string
	digest  string   // SHA-256 of the file, hexadecimal
	last    struct { // whom the row before named: accounts of one person follow one another
		named string
		id    string
		fault *Fault
	}
}

func (s *Service) open(im store.Import) (*source, error) {
	f, err := os.Open(s.path(im, fileEnd))
	if err != nil {
		return nil, err
	}
	src := &source{svc: s, file: f}
	if err := src.unchanged(im); err != nil {
		f.Close()
		return nil, err
	}
	if err := src.begin(im.Position); err != nil {
		f.Close()
		return nil, err
	}
	return src, nil
}

// unchanged refuses a file that isn't the one that was uploaded. One of before
// digests were known has none until it is checked.
func (src *source) unchanged(im store.Import) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, src.file); err != nil {
		return err
	}
	src.digest = hex.EncodeToString(sum.Sum(nil))
	if src.digest != im.Digest && (im.Digest != "" || im.State != store.ImportUploaded) {
		return &unfitError{fault("altered", "")}
	}
	_, err := src.file.Seek(0, io.SeekStart)
	return err
}

func (src *source) begin(position int64) (err error) {
	if src.rows, err = csvfile.New(src.file); err != nil {
		return unfit(err)
	}
	src.columns = src.rows.Columns()
	known, needed := Columns, Columns[:2]
	src.kind = store.ImportPeople
	if slices.Contains(src.columns, "person") {
		known, needed, src.kind = accounts.Columns, accounts.Needed, store.ImportAccounts
	}
	if err := src.rows.Check(known, needed); err != nil {
		return unfit(err)
	}
	if position > 0 {
		return src.rows.SkipTo(src.file, position)
	}
	return nil
}

// unfit tells in our words why a file can't be read; what isn't the file's
// fault stays as it is.
func unfit(err error) error {
	var column csvfile.Column
	switch {
	case errors.As(err, &column):
		return &unfitError{fault("column_"+column.Problem, column.Name)}
	case errors.Is(err, csvfile.ErrEmpty):
		return &unfitError{fault("empty", "")}
	case errors.Is(err, csvfile.ErrLongRow):
		return &unfitError{fault("long_row", "")}
	}
	return &unfitError{fault("header", err.Error())}
}

func (src *source) close() error { return src.file.Close() }

// next reads some rows; end tells that there are no others.
func (src *source) next(ctx context.Context, most int) (items []item, end bool, err error) {
	for len(items) < most {
		row, err := src.rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return items, true, nil
		case errors.Is(err, csvfile.ErrLongRow):
			line := 1
			if len(items) > 0 {
				line = items[len(items)-1].line
			}
			return nil, false, &unfitError{fault("long_row", fmt.Sprint(line))}
		case err != nil:
			return nil, false, err
		}
		it, err := src.read(ctx, row)
		if err != nil {
			return nil, false, err
		}
		items = append(items, it)
	}
	return items, false, nil
}

func (src *source) read(ctx context.Context, row csvfile.Row) (item, error) {
	it := item{line: row.Line}
	var count csvfile.FieldCount
	switch {
	case errors.As(row.Fault, &count):
		it.faults = []Fault{fault("fields", fmt.Sprintf("%d ≠ %d", count.Have, count.Want))}
		return it, nil
	case row.Fault != nil:
		it.faults = []Fault{fault("quotes", "")}
		return it, nil
	}
	if src.kind == store.ImportPeople {
		it.person, it.faults = person(src.columns, row.Fields)
		it.named = it.person.Name
		return it, nil
	}
	var faults []accounts.Fault
	it.named, it.account.Account, faults = accounts.Parse(src.columns, row.Fields)
	for _, f := range faults {
		it.faults = append(it.faults, Fault{Code: f.Code, Value: f.Value, Field: f.Field})
	}
	if len(faults) > 0 {
		return it, nil
	}
	id, f, err := src.owner(ctx, it.named)
	if err != nil {
		return it, err
	}
	if f != nil {
		it.faults = []Fault{*f}
	}
	it.account.PersonID = id
	if company := it.account.Company; company != "" && len(it.faults) == 0 {
		acts, err := accounts.ActsFor(ctx, src.svc.Store.Reader, id, company)
		if err != nil {
			return it, err
		}
		if !acts {
			f := accounts.NotActing(company)
			it.faults = []Fault{{Code: f.Code, Value: f.Value, Field: f.Field}}
		}
	}
	return it, nil
}

// owner finds the person whom a row names.
func (src *source) owner(ctx context.Context, named string) (id string, f *Fault, err error) {
	if named == src.last.named {
		return src.last.id, src.last.fault, nil
	}
	p, err := src.svc.People.Named(ctx, named)
	switch {
	case errors.Is(err, app.ErrAmbiguousPerson):
		f = new(fault("ambiguous", named))
	case app.KindOf(err) == app.NotFound, app.KindOf(err) == app.Invalid:
		f = new(fault("nobody", named))
	case err != nil:
		return "", nil, err
	}
	src.last.named, src.last.id, src.last.fault = named, p.ID, f
	return p.ID, f, nil
}
