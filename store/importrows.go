package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"slices"

	"github.com/jmoiron/sqlx"

	"assent/app"
	"assent/store/sqlite"
)

// ImportMark is why the administrator who confirms an import should look at a row of it.
type ImportMark string

// The marks.
const (
	MarkIdentifiers ImportMark = "identifiers" // of a person who has devices are added
	MarkCompanies   ImportMark = "companies"   // to a person who has devices are added
	MarkNames       ImportMark = "names"       // of a person who has devices is changed
	MarkReactivates ImportMark = "reactivates" // a suspended person is let in again
	MarkSuspends    ImportMark = "suspends"    // a person is suspended
	MarkMoves       ImportMark = "moves"       // left out: an identifier was another person's until lately
	MarkAccounts    ImportMark = "accounts"    // of a person who has devices are added or changed
)

// ImportMarks are all of them, the gravest first.
var ImportMarks = []ImportMark{MarkReactivates, MarkIdentifiers, MarkCompanies, MarkNames, MarkSuspends, MarkMoves,
	MarkAccounts}

// ImportRow is a row of an import that has a mark: what it changes of a person.
type ImportRow struct {
	Line        int              `json:"-"`
	Marks       []ImportMark     `json:"-"`
	PersonID    string           `json:"person"`
	Name        string           `json:"name"`                // as it is; of an account as the file names the person
	NewName     string           `json:"new_name,omitempty"`  // where it is another
	Identifiers []app.Identifier `json:"ids,omitempty"`       // that are added, or that would move
	Companies   []string         `json:"companies,omitempty"` // that are added
	State       app.PersonState  `json:"state,omitempty"`     // where it is another
	Account     string           `json:"account,omitempty"`   // its name
}

// DevicesOf tells which people have an active device.
func (r *Reader) DevicesOf(ctx context.Context, people []string) (map[string]bool, error) {
	return r.devicesOf(ctx, r.r, people)
}

// Row tells what a row changes of a person who is there, and which marks that
// has; hasDevices tells of the person.
func (f PersonFound) Row(row PersonRecord, line int, hasDevices bool) ImportRow {
	out := ImportRow{Line: line, PersonID: f.PersonID, Name: f.person.Name}
	if f.What == Faulty {
		if f.Fault == FaultMoves {
			out.Name, out.Identifiers, out.Marks = row.Name, f.identifiers, []ImportMark{MarkMoves}
		}
		return out
	}
	if f.What != Changed {
		return out
	}
	out.Identifiers, out.Companies = f.identifiers, f.companies
	if f.person.Name != row.Name {
		out.NewName = row.Name
	}
	if row.State != "" && row.State != f.person.State {
		out.State = row.State
	}
	for mark, is := range map[ImportMark]bool{
		MarkIdentifiers: hasDevices && len(out.Identifiers) > 0,
		MarkCompanies:   hasDevices && len(out.Companies) > 0,
		MarkNames:       hasDevices && out.NewName != "",
		MarkReactivates: out.State == app.PersonActive,
		MarkSuspends:    out.State == app.PersonSuspended,
	} {
		if is {
			out.Marks = append(out.Marks, mark)
		}
	}
	slices.Sort(out.Marks)
	return out
}

// PrintSize is the length of a Print in bytes.
const PrintSize = 16

// Print is a fingerprint of what a row changes of whom, as things stand: it is
// another one as soon as the row would do something else.
func (f PersonFound) Print(row PersonRecord) [PrintSize]byte {
	state := f.person.State
	if row.State == "" {
		state = ""
	}
	return printOf(f.PersonID, f.person.Name, state, f.identifiers, f.companies, row.Name, row.State)
}

// AccountPrint is the Print of a row of accounts: whose account it is.
func AccountPrint(a PersonAccount) [PrintSize]byte { return printOf(a.PersonID) }

func printOf(of ...any) (out [PrintSize]byte) {
	b, err := json.Marshal(of)
	if err != nil {
		panic(err) // texts alone
	}
	sum := sha256.Sum256(b)
	copy(out[:], sum[:])
	return out
}

// ImportRows are the rows of an import that have marks, and whom its rows are
// about. They are a file of their own beside the import's, which goes with it, so
// that an import of any length is looked through in little memory.
type ImportRows struct {
	db *sqlx.DB
}

// NewImportRows makes an empty file at path.
func NewImportRows(ctx context.Context, path string) (*ImportRows, error) {
	if err := removeIfThere(path); err != nil {
		return nil, err
	}
	db, err := sqlite.OpenScratch(path)
	if err != nil {
		return nil, err
	}
	r := &ImportRows{db}
	for _, table := range []string{
		`CREATE TABLE rows (line INTEGER NOT NULL PRIMARY KEY, row TEXT NOT NULL) STRICT`,
		`CREATE TABLE marks (mark TEXT NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (mark, line)) STRICT, WITHOUT ROWID`,
		`CREATE TABLE about (k INTEGER NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (k, line)) STRICT, WITHOUT ROWID`,
	} {
		if _, err := r.db.ExecContext(ctx, table); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

// OpenImportRows opens the file of a check that is done; one that isn't there is
// app.ErrUnknownImport.
func OpenImportRows(path string) (*ImportRows, error) {
	if _, err := os.Stat(path); err != nil {
		if os.IsNotExist(err) {
			err = app.ErrUnknownImport.Because(err)
		}
		return nil, err
	}
	db, err := sqlite.OpenReadOnly(path)
	if err != nil {
		return nil, err
	}
	return &ImportRows{db}, nil
}

// Close closes the file, which stays.
func (r *ImportRows) Close() error { return r.db.Close() }

// Add keeps those rows that have marks, and whom lines are about: the people,
// and the identifiers that are added, both as Keys names them.
func (r *ImportRows) Add(ctx context.Context, rows []ImportRow, about []LineKeys) error {
	var kept, marks [][]any
	for _, row := range rows {
		if len(row.Marks) == 0 {
			continue
		}
		b, err := json.Marshal(row)
		if err != nil {
			return err
		}
		kept = append(kept, []any{row.Line, string(b)})
		for _, mark := range row.Marks {
			marks = append(marks, []any{mark, row.Line})
		}
	}
	var keys [][]any
	for _, line := range about {
		for _, k := range line.Keys {
			keys = append(keys, []any{hashOf(k), line.Line})
		}
	}
	for _, in := range []struct {
		query string
		list  [][]any
	}{
		{`INSERT INTO rows (line, row) SELECT value ->> 0, value ->> 1 FROM json_each(?)`, kept},
		{`INSERT INTO marks (mark, line) SELECT value ->> 0, value ->> 1 FROM json_each(?)`, marks},
		{`INSERT INTO about (k, line) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
			ON CONFLICT DO NOTHING`,
			keys},
	} {
		if len(in.list) == 0 {
			continue
		}
		b, err := json.Marshal(in.list)
		if err != nil {
			return err
		}
		if _, err := r.db.ExecContext(ctx, in.query, string(b)); err != nil {
			return err
		}
	}
	return nil
}

// Counts tells how many rows have each mark.
func (r *ImportRows) Counts(ctx context.Context) (map[ImportMark]int, error) {
	var rows []struct {
		Mark ImportMark `db:"mark"`
		N    int        `db:"n"`
	}
	if err := r.db.SelectContext(ctx, &rows, `SELECT mark, count(*) AS n FROM marks GROUP BY mark`); err != nil {
		return nil, err
	}
	out := map[ImportMark]int{}
	for _, row := range rows {
		out[row.Mark] = row.N
	}
	return out, nil
}

// Page gives the rows of a mark, or of any where it is empty, behind a line, at
// most limit.
func (r *ImportRows) Page(ctx context.Context, mark ImportMark, after, limit int) ([]ImportRow, error) {
	var rows []struct {
		Line int    `db:"line"`
		Row  string `db:"row"`
	}
	query, args := `SELECT line, row FROM rows WHERE line > ? ORDER BY line LIMIT ?`, []any{after, limit}
	if mark != "" {
		query = `SELECT r.line, r.row FROM marks m JOIN rows r ON r.line = m.line WHERE m.mark = ? AND m.line > ?
			ORDER BY m.line LIMIT ?`
		args = slices.Insert(args, 0, any(mark))
	}
	if err := r.db.SelectContext(ctx, &rows, query, args...); err != nil || len(rows) == 0 {
		return nil, err
	}
	var marks []struct {
		Mark ImportMark `db:"mark"`
		Line int        `db:"line"`
	}
	lines := make([]int, len(rows))
	for i, row := range rows {
		lines[i] = row.Line
	}
	if err := selectJSON(ctx, r.db, &marks,
		`SELECT mark, line FROM marks WHERE line IN (SELECT value FROM json_each(?))`, lines); err != nil {
		return nil, err
	}
	out := make([]ImportRow, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row.Row), &out[i]); err != nil {
			return nil, err
		}
		out[i].Line = row.Line
		for _, m := range marks {
			if m.Line == row.Line {
				out[i].Marks = append(out[i].Marks, m.Mark)
			}
		}
	}
	return out, nil
}

// About gives the first line that is about one of the people, or that gives a
// person one of the identifiers; 0 for none.
func (r *ImportRows) About(ctx context.Context, people []string, ids []app.Identifier) (line int, err error) {
	var keys []int64
	for _, id := range people {
		keys = append(keys, hashOf(personKey(id)))
	}
	for _, id := range ids {
		keys = append(keys, hashOf(identifierKeyOf(id)))
	}
	b, err := json.Marshal(keys)
	if err != nil {
		return 0, err
	}
	err = r.db.GetContext(ctx, &line,
		`SELECT coalesce(min(a.line), 0) FROM json_each(?) j CROSS JOIN about a ON a.k = j.value`, string(b))
	return line, err
}

// personKey is the key of a person among the keys of a line, and
// identifierKeyOf that of an identifier which is new.
func personKey(id string) string { return "\x00" + id }

func identifierKeyOf(id app.Identifier) string { return string(id.Kind) + "\x00" + id.Norm }

// AccountKeys are the keys of a row of accounts: whom it is about.
func AccountKeys(a PersonAccount, line int) LineKeys {
	return LineKeys{Line: line, Keys: []string{personKey(a.PersonID)}}
}
