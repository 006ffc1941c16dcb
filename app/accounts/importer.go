package accounts

import (
	"bufio"
	"context"
	"crypto/sha256"
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
	"assent/app/csvfile"
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
	"ispb", "issuer", "number", "account_type", "currency", "balance", "payable", "company", "joint"}

// Needed are the columns that no file can do without; the others are empty
// where they are missing.
var Needed = []string{"person", "id", "kind", "name", "payable"}

const (
	// shown are the rows whose faults are told one by one.
	shown = 20
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

func (e *RowFaults) add(line int, what []string) {
	if len(e.Lines) >= shown {
		e.More++
		return
	}
	e.Lines = append(e.Lines, fmt.Sprintf("line %d: %s", line, strings.Join(what, "; ")))
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
	rows, err := csvfile.New(file)
	if err == nil {
		err = rows.Check(Columns, Needed)
	}
	if err != nil {
		return app.ErrMalformed.In("file").Because(err)
	}
	columns := rows.Columns()
	out := bufio.NewWriter(spool)
	enc := gob.NewEncoder(out)
	faults := &RowFaults{}
	seen := map[[16]byte]int{} // where an account of a person was named first
	var last string
	var person app.Person
	line := 1
	for {
		row, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return finish(faults, out)
		case errors.Is(err, csvfile.ErrLongRow):
			return app.ErrMalformed.In("file").Because(fmt.Errorf("after line %d: %w", line, err))
		case err != nil:
			return err
		}
		line = row.Line
		if row.Fault != nil {
			faults.add(line, []string{row.Fault.Error()})
			continue
		}
		name, a, unfit := Parse(columns, row.Fields)
		wrong := texts(unfit)
		if named(name) && (name != last || person.ID == "") {
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
		if len(wrong) == 0 && a.Company != "" {
			acts, err := ActsFor(ctx, im.Store.Reader, person.ID, a.Company)
			if err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			}
			if !acts {
				wrong = append(wrong, NotActing(a.Company).String())
			}
		}
		if len(wrong) == 0 {
			k := sum(person.ID, a.Company, a.ID)
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
}

func finish(faults *RowFaults, out *bufio.Writer) error {
	if len(faults.Lines) > 0 {
		return app.ErrMalformed.In("file").Because(faults)
	}
	return out.Flush()
}

// ActsFor tells whether a person acts for a company (its CNPJ).
func ActsFor(ctx context.Context, r *store.Reader, personID, company string) (bool, error) {
	companies, err := r.Companies(ctx, personID)
	return slices.Contains(companies, company), err
}

// NotActing is the fault of a row whose person doesn't act for its company.
func NotActing(company string) Fault { return Fault{Field: "company", Code: "acts", Value: company} }

// named tells whether a person could be called so.
func named(s string) bool { return s != "" && len(s) <= longestPerson && utf8.ValidString(s) }

// Parse reads a row of a file by the names of its columns: who has the account,
// as an operator names people, and the account, or all that is wrong with both,
// each a field and what it should be. No number and no balance is repeated.
func Parse(columns, fields []string) (person string, a app.Account, faults []Fault) {
	var e entry
	into := map[string]*string{"person": &person}
	for _, l := range e.limits() {
		into[l.name] = l.value
	}
	for i, name := range columns {
		*into[name] = fields[i]
	}
	person = strings.TrimSpace(person)
	a, faults = e.account()
	switch {
	case person == "":
		faults = append(faults, Fault{Field: "person", Code: "missing"})
	case !named(person):
		faults = append(faults, Fault{Field: "person", Code: "person"})
	}
	return person, a, faults
}

// sum is short, so that a million rows are remembered in little room.
func sum(person, company, id string) [16]byte {
	h := sha256.Sum256([]byte(person + "\x00" + company + "\x00" + id))
	return [16]byte(h[:16])
}
