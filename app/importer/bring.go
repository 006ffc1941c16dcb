package importer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"

	"assent/app/csvfile"
	"assent/app/i18n"
	"assent/store"
)

// bring brings in the rows that were right when the file was checked, from where
// the import stands.
func (s *Service) bring(ctx context.Context, im store.Import) (err error) {
	src, err := s.open(im)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	if err := s.foundAsChecked(im); err != nil {
		return err
	}
	faults, err := s.openFaults(im)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, faults.Close()) }()
	seen, err := os.Open(s.path(im, seenEnd))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seen.Close()) }()
	out, err := s.openResult(im)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for end := false; !end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var items []item
		if items, end, err = src.next(ctx, batch); err != nil {
			return err
		}
		if err := seenBefore(items, seen, im.Done, src.kind); err != nil {
			return err
		}
		if im, err = s.step(ctx, im, src, faults, out, items, end); err != nil {
			return err
		}
	}
	return nil
}

// seenBefore adds to items what the check found of them: seen has a sign for each
// row of the import, done are the rows before these. An account that is another
// person's by now is left out.
func seenBefore(items []item, seen io.ReaderAt, done int64, kind store.ImportKind) error {
	all := make([]byte, len(items)*signSize)
	if _, err := seen.ReadAt(all, done*signSize); err != nil {
		return err
	}
	for i := range items {
		it := &items[i]
		it.person.Seen, it.person.Print = readSign(all[i*signSize : (i+1)*signSize])
		if kind == store.ImportAccounts && len(it.faults) == 0 && store.AccountPrint(it.account) != it.person.Print {
			it.faults = []Fault{fault(store.FaultDiffers, "")}
		}
	}
	return nil
}

// step brings in some rows, all that can be or, when it fails, none.
func (s *Service) step(ctx context.Context, im store.Import, src *source, faults *knownFaults, out *result,
	items []item, end bool) (store.Import, error) {
	step := store.ImportStep{Import: im, Held: store.LeaseTime, Position: src.rows.Position(), Last: end}
	var right []int
	for i := range items {
		it := &items[i]
		found, err := faults.of(it.line)
		if err != nil {
			return im, err
		}
		if found != nil {
			it.faults = found
		}
		if len(it.faults) > 0 {
			step.Faulty++
			continue
		}
		right = append(right, i)
	}
	step.Keep = func(outcomes []store.Outcome) (int64, error) {
		of := map[int]store.Outcome{}
		for n, i := range right {
			of[i] = outcomes[n]
		}
		return out.write(im, items, of)
	}
	if src.kind == store.ImportPeople {
		rows := make([]store.PersonRecord, len(right))
		for n, i := range right {
			rows[n] = items[i].person
		}
		return s.Store.PeopleStep(ctx, step, rows)
	}
	rows := make([]store.PersonAccount, len(right))
	for n, i := range right {
		rows[n] = items[i].account
	}
	return s.Store.AccountsStep(ctx, step, rows)
}

// knownFaults are those that the check found, read along with the file.
type knownFaults struct {
	*os.File
	dec  *json.Decoder
	next LineFaults
	end  bool
}

func (s *Service) openFaults(im store.Import) (*knownFaults, error) {
	f, err := os.Open(s.path(im, faultsEnd))
	if err != nil {
		return nil, err
	}
	return &knownFaults{File: f, dec: json.NewDecoder(bufio.NewReader(f))}, nil
}

// of gives the faults of a line; lines must be asked for in their order.
func (k *knownFaults) of(line int) ([]Fault, error) {
	for !k.end && k.next.Line < line {
		k.next = LineFaults{}
		switch err := k.dec.Decode(&k.next); {
		case errors.Is(err, io.EOF):
			k.end = true
		case err != nil:
			return nil, err
		}
	}
	if k.end || k.next.Line != line {
		return nil, nil
	}
	return k.next.Faults, nil
}

// result is what becomes of each row, as a file.
type result struct {
	*os.File
	words i18n.Words
}

// resultColumns are those of the result. Their names, and the values of the
// second, are for programs; the faults are in the language of whoever uploaded.
var resultColumns = []string{"line", "result", "name", "person", "error"}

func (s *Service) openResult(im store.Import) (*result, error) {
	f, err := os.OpenFile(s.path(im, resultEnd), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &result{File: f, words: s.Words.Match(im.Lang, "")}, nil
}

// write writes rows behind those that count, over what a step that failed may
// have left there, and tells where they end.
func (r *result) write(im store.Import, items []item, of map[int]store.Outcome) (int64, error) {
	var b bytes.Buffer
	w := csvfile.NewWriter(&b)
	if im.Result == 0 {
		w.Write(resultColumns...)
	}
	for i, it := range items {
		o, tried := of[i]
		if !tried {
			o.What = store.Faulty
		} else if o.Fault != "" {
			it.faults = []Fault{fault(o.Fault, o.Value)}
		}
		w.Write(strconv.Itoa(it.line), string(o.What), it.named, o.PersonID,
			LineFaults{it.line, it.faults}.Words(r.words))
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	if err := r.Truncate(im.Result); err != nil {
		return 0, err
	}
	n, err := r.WriteAt(b.Bytes(), im.Result)
	if err != nil {
		return 0, err
	}
	return im.Result + int64(n), r.Sync()
}
