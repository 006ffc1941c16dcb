package accounts

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"assent/app"
	"assent/store"
)

// Importer brings the directory in the store to what a file says.
type Importer struct {
	Store *store.Store
	// Named finds a person as an operator names them; unknown and ambiguous
	// are errors of that row, anything else ends the import.
	Named func(ctx context.Context, identifier string) (app.Person, error)
	// Dir holds the checked rows for as long as the import takes, so that a
	// file of any length fits. It should be as private as the database.
	Dir string
}

// Columns are the columns of the file, by the names of its first line.
var Columns = []string{"person", "id", "kind", "name", "scheme", "identification", "secondary_identification",
	"ispb", "issuer", "number", "account_type", "currency", "balance", "payable"}

// needed are the columns that no file can do without; the others are empty
// where they are missing.
var needed = []string{"person", "id", "kind", "name", "payable"}

const (
	// shown are the rows whose faults are told one by one.
	shown = 20
	// longestRow in bytes: a quotation mark that is never closed must not
	// read the whole file as one field.
	longestRow = 64 << 10
	// longestPerson in bytes, as everywhere that a person is named.
	longestPerson = 1024
)

// RowFaults are what is wrong with the rows of a file.
type RowFaults struct {
	Lines []string // the first of them, each with its line number
	More  int      // how many other rows are wrong
}

// Error implements error with a line for each row.
func (e *RowFaults) Error() string {
	var b strings.Builder
	n := len(e.Lines) + e.More
	if n == 1 {
		b.WriteString("1 row is wrong, nothing was changed:")
	} else {
		fmt.Fprintf(&b, "%d rows are wrong, nothing was changed:", n)
	}
	for _, l := range e.Lines {
		b.WriteString("\n  - " + l)
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n  - and %d more", e.More)
	}
	return b.String()
}

func (e *RowFaults) add(line int, faults []string) {
	if len(e.Lines) >= shown {
		e.More++
		return
	}
	e.Lines = append(e.Lines, fmt.Sprintf("line %d: %s", line, strings.Join(faults, "; ")))
}

// Import reads a CSV file (RFC 4180, UTF-8 with or without a byte order mark)
// and stores its accounts, all of them or, when any row is wrong, none: then
// the error is app.ErrMalformed with *RowFaults inside. Accounts that the file
// doesn't name stay as they are.
func (im *Importer) Import(ctx context.Context, by app.Actor, file io.Reader) (store.AccountImport, error) {
	spool, err := os.CreateTemp(im.Dir, ".import-*")
	if err != nil {
		return store.AccountImport{}, err
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	os.Remove(spool.Name()) // at once where the system can, so that a crash leaves nothing behind
	if err := im.check(ctx, file, spool); err != nil {
		return store.AccountImport{}, err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return store.AccountImport{}, err
	}
	return im.Store.ImportAccounts(ctx, by, spooled(spool))
}

// spooled gives the rows that check wrote.
func spooled(r io.Reader) iter.Seq2[store.PersonAccount, error] {
	return func(yield func(store.PersonAccount, error) bool) {
		d := gob.NewDecoder(bufio.NewReader(r))
		for {
			var row store.PersonAccount
			err := d.Decode(&row)
			if errors.Is(err, io.EOF) || !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// check reads the whole file and writes its rows to spool when they are right.
func (im *Importer) check(ctx context.Context, file io.Reader, spool io.Writer) error {
	in := &bounded{r: skipMark(file), left: longestRow}
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	columns, err := header(rows)
	if err != nil {
		return app.ErrMalformed.In("file").Because(err)
	}
	out := bufio.NewWriter(spool)
	enc := gob.NewEncoder(out)
	faults := &RowFaults{}
	seen := map[[16]byte]int{} // where an account of a person was named first
	var last string
	var person app.Person
	line := 1
	for {
		in.left = longestRow
		fields, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var syntax *csv.ParseError
		switch {
		case errors.Is(err, csv.ErrFieldCount):
			line, _ = rows.FieldPos(0)
			faults.add(line, []string{fmt.Sprintf("has %d fields, the first line has %d", len(fields), len(columns))})
			continue
		case errors.Is(err, errLongRow):
			return app.ErrMalformed.In("file").Because(fmt.Errorf("after line %d: %w", line, err))
		case errors.As(err, &syntax):
			faults.add(syntax.StartLine, []string{syntax.Err.Error()})
			continue
		case err != nil:
			return err
		}
		line, _ = rows.FieldPos(0)
		name, e := columns.entry(fields)
		a, wrong := e.account()
		switch {
		case name == "":
			wrong = append(wrong, "person: is missing")
		case len(name) > longestPerson || !utf8.ValidString(name):
			wrong = append(wrong, "person: is longer than an identifier can be, or not UTF-8")
		case name != last || person.ID == "":
			last = name
			person, err = im.Named(ctx, name)
			if err != nil {
				person = app.Person{}
				if app.KindOf(err) != app.NotFound && app.KindOf(err) != app.Invalid {
					return fmt.Errorf("line %d: %w", line, err)
				}
				wrong = append(wrong, "person: "+err.Error())
			}
		}
		if len(wrong) == 0 {
			k := sum(person.ID, a.ID)
			if first, twice := seen[k]; twice {
				wrong = append(wrong, fmt.Sprintf("id: line %d names this account of the same person", first))
			}
			seen[k] = line
		}
		if len(wrong) > 0 {
			faults.add(line, wrong)
			continue
		}
		if len(faults.Lines) > 0 {
			continue // nothing will be stored
		}
		if err := enc.Encode(store.PersonAccount{PersonID: person.ID, Account: a}); err != nil {
			return err
		}
	}
	if len(faults.Lines) > 0 {
		return app.ErrMalformed.In("file").Because(faults)
	}
	return out.Flush()
}

// sum is short, so that a million rows are remembered in little room.
func sum(person, id string) [16]byte {
	h := sha256.Sum256([]byte(person + "\x00" + id))
	return [16]byte(h[:16])
}

// columnsOf tells which column holds what: the field of entry by its name.
type columnsOf []string

func (c columnsOf) entry(fields []string) (person string, e entry) {
	into := map[string]*string{"person": &person}
	for _, l := range e.limits() {
		into[l.name] = l.value
	}
	for i, name := range c {
		*into[name] = fields[i]
	}
	return strings.TrimSpace(person), e
}

// header reads the first line.
func header(rows *csv.Reader) (columnsOf, error) {
	first, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty: the first line names the columns")
	}
	if err != nil {
		return nil, err
	}
	var c columnsOf
	for _, name := range first {
		name = strings.TrimSpace(name)
		switch {
		case !slices.Contains(Columns, name):
			return nil, fmt.Errorf("there is no column %.40q; known are, with commas between: %s", name, strings.Join(Columns, ","))
		case slices.Contains(c, name):
			return nil, fmt.Errorf("it has the column %s twice", name)
		}
		c = append(c, name)
	}
	for _, name := range needed {
		if !slices.Contains(c, name) {
			return nil, fmt.Errorf("it has no column %s", name)
		}
	}
	return c, nil
}

// skipMark drops the byte order mark that some programs begin a file with.
func skipMark(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\ufeff" {
		b.Discard(3)
	}
	return b
}

var errLongRow = fmt.Errorf("a row is longer than %d KiB: is a quotation mark never closed?", longestRow>>10)

// bounded gives at most left bytes, then an error. csv.Reader reads ahead by
// its buffer of 4 KiB, which is little against the bound.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongRow
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
