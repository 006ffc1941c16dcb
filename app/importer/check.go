package importer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
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
	out, seen := bufio.NewWriter(f), bufio.NewWriter(seenFile)
	faulty := json.NewEncoder(out)
	im.Kind = src.kind
	var first []LineFaults
	for at, end := time.Now(), false; !end; {
		var items []item
		if items, end, err = src.next(ctx, batch); err != nil {
			return err
		}
		whats, err := s.foresee(ctx, src.kind, items, lines)
		if err != nil {
			return err
		}
		for i, it := range items {
			im.Rows++
			if err := seen.WriteByte(sign(whats[i])); err != nil {
				return err
			}
			switch whats[i] {
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
	if err := errors.Join(out.Flush(), f.Sync(), seen.Flush(), seenFile.Sync()); err != nil {
		return err
	}
	return s.Store.CheckedImport(ctx, im, func() error {
		return errors.Join(os.Rename(s.path(im, faultsEnd+own), s.path(im, faultsEnd)), os.Rename(s.path(im, seenEnd+own), s.path(im, seenEnd)))
	})
}

// known is the sign of a row whose person was there, in the file that has a byte
// for each row of the import's.
const known = '+'

func sign(w store.What) byte {
	if w == store.Changed || w == store.Unchanged {
		return known
	}
	return '.'
}

// foresee tells what bringing items in would do, and adds the faults that it
// finds to theirs.
func (s *Service) foresee(ctx context.Context, kind store.ImportKind, items []item, lines *store.Lines) ([]store.What, error) {
	whats := make([]store.What, len(items))
	var right []int // of items
	for i, it := range items {
		whats[i] = store.Faulty
		if len(it.faults) == 0 {
			right = append(right, i)
		}
	}
	keys := make([]store.LineKeys, len(right))
	if kind == store.ImportPeople {
		rows := make([]store.PersonRecord, len(right))
		for n, i := range right {
			rows[n] = items[i].person
		}
		found, err := s.Store.FindRecords(ctx, rows)
		if err != nil {
			return nil, err
		}
		for n, i := range right {
			whats[i] = found[n].What
			if found[n].Fault != "" {
				items[i].faults = []Fault{fault(found[n].Fault, found[n].Value)}
			} else {
				keys[n] = found[n].Keys(rows[n])
			}
			keys[n].Line = items[i].line
		}
	} else {
		rows := make([]store.PersonAccount, len(right))
		for n, i := range right {
			rows[n] = items[i].account
			keys[n] = store.LineKeys{Line: items[i].line, Keys: []string{rows[n].PersonID + "\x00" + rows[n].Company + "\x00" + rows[n].ID}}
		}
		found, err := s.Store.FindAccounts(ctx, rows)
		if err != nil {
			return nil, err
		}
		for n, i := range right {
			whats[i] = found[n]
		}
	}
	earlier, err := lines.Add(ctx, keys)
	if err != nil {
		return nil, err
	}
	for n, i := range right {
		if earlier[n] != 0 {
			whats[i] = store.Faulty
			items[i].faults = []Fault{fault("twice_"+string(kind), strconv.Itoa(earlier[n]))}
		}
	}
	return whats, nil
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
		return nil, err
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
	whats, err := s.foresee(ctx, src.kind, items, lines)
	if err != nil {
		return nil, err
	}
	for i, it := range items {
		row := PreviewRow{Line: it.line, Name: it.named, Companies: it.person.Companies, State: string(it.person.State),
			Account: it.account.Name, Kind: string(it.account.Kind), What: whats[i], Faults: it.faults}
		for _, id := range it.person.Identifiers {
			row.Identifiers = append(row.Identifiers, string(id.Kind)+":"+id.Value)
		}
		out = append(out, row)
	}
	return out, nil
}
