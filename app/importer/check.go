package importer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"time"

	"assent/store"
)

// shown are the rows whose faults an import tells one by one; all are in the result.
const shown = 50

// check goes through the whole file, changes nothing, and stores what would be
// done. The faults go to a file beside it: those rows are not brought in.
func (s *Service) check(ctx context.Context, im store.Import) (err error) {
	im.Position, im.Rows = 0, 0
	src, err := s.open(im)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	// Under names of this process: another that took over writes its own.
	own := "." + im.Lease
	lines, err := store.OpenLines(ctx, s.path(im, linesEnd+own))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	f, err := os.OpenFile(s.path(im, faultsEnd+own), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	seenFile, err := os.OpenFile(s.path(im, seenEnd+own), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seenFile.Close()) }()
	rows, err := store.NewImportRows(ctx, s.path(im, rowsEnd+own))
	if err != nil {
		return err
	}
	rowsOpen := true
	defer func() {
		if rowsOpen {
			err = errors.Join(err, rows.Close())
		}
	}()
	sums := newFindings()
	out, seen := bufio.NewWriter(io.MultiWriter(f, sums.faults)), bufio.NewWriter(io.MultiWriter(seenFile, sums.seen))
	faulty := json.NewEncoder(out)
	im.Kind, im.Digest = src.kind, src.digest
	var first []LineFaults
	for at, end := time.Now(), false; !end; {
		var items []item
		if items, end, err = src.next(ctx, batch); err != nil {
			return err
		}
		found, err := s.foresee(ctx, src.kind, items, lines)
		if err != nil {
			return err
		}
		if err := s.mark(ctx, rows, found); err != nil {
			return err
		}
		for i, it := range items {
			im.Rows++
			if _, err := seen.Write(found[i].sign()); err != nil {
				return err
			}
			switch found[i].what {
			case store.Added:
				im.SeenAdded++
			case store.Changed:
				im.SeenChanged++
			case store.Unchanged:
				im.SeenUnchanged++
			default:
				im.SeenFaulty++
				row := LineFaults{it.line, it.faults}
				if len(first) < shown {
					first = append(first, row)
				}
				if err := faulty.Encode(row); err != nil {
					return err
				}
				continue
			}
			if it.person.State != "" {
				im.States++
			}
		}
		im.Position = src.rows.Position()
		if time.Since(at) > told {
			at = time.Now()
			if err := s.Store.CheckingImport(ctx, im, store.LeaseTime); err != nil {
				return err
			}
		}
	}
	if im.Rows == 0 {
		return &unfitError{fault("no_rows", "")}
	}
	b, err := json.Marshal(first)
	if err != nil {
		return err
	}
	if len(first) > 0 {
		im.Faults = string(b)
	}
	rowsOpen = false
	if err := errors.Join(out.Flush(), f.Sync(), seen.Flush(), seenFile.Sync(), rows.Close()); err != nil {
		return err
	}
	im.Findings = sums.digest()
	return s.Store.CheckedImport(ctx, im, func() error {
		var all []error
		for _, end := range []string{faultsEnd, seenEnd, rowsEnd} {
			all = append(all, os.Rename(s.path(im, end+own), s.path(im, end)))
		}
		return errors.Join(all...)
	})
}

// foresee tells what bringing items in would do, and adds the faults that it
// finds to theirs.
func (s *Service) foresee(ctx context.Context, kind store.ImportKind, items []item,
	lines *store.Lines) ([]foreseen, error) {
	out := make([]foreseen, len(items))
	var right []int // of items
	for i, it := range items {
		out[i] = foreseen{what: store.Faulty, row: store.ImportRow{Line: it.line}}
		if len(it.faults) == 0 {
			right = append(right, i)
		}
	}
	find := s.findPeople
	if kind == store.ImportAccounts {
		find = s.findAccounts
	}
	if err := find(ctx, items, right, out); err != nil {
		return nil, err
	}
	keys := make([]store.LineKeys, len(right))
	for n, i := range right {
		keys[n] = out[i].keys
		keys[n].Line = items[i].line
	}
	earlier, err := lines.Add(ctx, keys)
	if err != nil {
		return nil, err
	}
	for n, i := range right {
		if earlier[n] != 0 {
			out[i] = foreseen{what: store.Faulty, row: store.ImportRow{Line: items[i].line}}
			items[i].faults = []Fault{fault("twice_"+string(kind), strconv.Itoa(earlier[n]))}
		}
	}
	return out, nil
}

func (s *Service) findPeople(ctx context.Context, items []item, right []int, out []foreseen) error {
	rows := make([]store.PersonRecord, len(right))
	for n, i := range right {
		rows[n] = items[i].person
	}
	found, err := s.Store.FindRecords(ctx, rows)
	if err != nil {
		return err
	}
	var ids []string
	for _, f := range found {
		if f.What == store.Changed {
			ids = append(ids, f.PersonID)
		}
	}
	hasDevices, err := s.Store.DevicesOf(ctx, ids)
	if err != nil {
		return err
	}
	for n, i := range right {
		f := found[n]
		out[i] = foreseen{what: f.What, row: f.Row(rows[n], items[i].line, hasDevices[f.PersonID])}
		if f.Fault != "" {
			items[i].faults = []Fault{fault(f.Fault, f.Value)}
			continue
		}
		out[i].print, out[i].keys = f.Print(rows[n]), f.Keys(rows[n])
		out[i].about = store.LineKeys{Line: items[i].line, Keys: out[i].keys.Keys}
	}
	return nil
}

func (s *Service) findAccounts(ctx context.Context, items []item, right []int, out []foreseen) error {
	rows := make([]store.PersonAccount, len(right))
	var ids []string
	for n, i := range right {
		rows[n] = items[i].account
		ids = append(ids, rows[n].PersonID)
	}
	found, err := s.Store.FindAccounts(ctx, rows)
	if err != nil {
		return err
	}
	hasDevices, err := s.Store.DevicesOf(ctx, ids)
	if err != nil {
		return err
	}
	for n, i := range right {
		a := rows[n]
		f := foreseen{what: found[n], print: store.AccountPrint(a), about: store.AccountKeys(a, items[i].line)}
		f.keys = store.LineKeys{Keys: []string{a.PersonID + "\x00" + a.Company + "\x00" + a.ID}}
		f.row = store.ImportRow{Line: items[i].line, PersonID: a.PersonID, Name: items[i].named, Account: a.Name}
		if hasDevices[a.PersonID] && (f.what == store.Added || f.what == store.Changed) {
			f.row.Marks = []store.ImportMark{store.MarkAccounts}
		}
		out[i] = f
	}
	return nil
}

// PreviewRow is a row of the file as it was understood.
type PreviewRow struct {
	Line        int
	Name        string // of the person, or as the file names them
	Identifiers []string
	Companies   []string
	State       string
	Account     string // its name
	Kind        string
	What        store.What
	Faults      []Fault
}

// previewed are the rows that a preview has.
const previewed = 20

// Preview reads the first rows of an import's file, and tells what bringing
// each in would do now.
func (s *Service) Preview(ctx context.Context, im store.Import) (out []PreviewRow, err error) {
	im.Position = 0
	src, err := s.open(im)
	if err != nil {
		return nil, unfitNow(err)
	}
	defer func() { err = errors.Join(err, src.close()) }()
	items, _, err := src.next(ctx, previewed)
	if err != nil {
		return nil, err
	}
	lines, err := store.OpenLines(ctx, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	found, err := s.foresee(ctx, src.kind, items, lines)
	if err != nil {
		return nil, err
	}
	for i, it := range items {
		row := PreviewRow{Line: it.line, Name: it.named, Companies: it.person.Companies, State: string(it.person.State),
			Account: it.account.Name, Kind: string(it.account.Kind), What: found[i].what, Faults: it.faults}
		for _, id := range it.person.Identifiers {
			row.Identifiers = append(row.Identifiers, string(id.Kind)+":"+id.Value)
		}
		out = append(out, row)
	}
	return out, nil
}
