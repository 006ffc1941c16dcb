package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"assent/app"
	"assent/migrations"
	"assent/store"
	"assent/store/storetest"
)

// current is an account as most are.
func current(p app.Person, id, name string) store.PersonAccount {
	return store.PersonAccount{
		PersonID: p.ID,
		Account: app.Account{ID: id, Kind: app.AccountBank, Currency: "GBP", Balance: "12.30",
			AccountRef: app.AccountRef{
				Name:                    name,
				Scheme:                  "UK.OBIE.SortCodeAccountNumber",
				Identification:          "20325612345678",
				SecondaryIdentification: "R-1",
				ISPB:                    "12345678",
				Issuer:                  "0001",
				Number:                  "9876543",
				AccountType:             "CACC",
			}, Unpayable: "dormant"},
	}
}

// rows gives rows, and then err if there is one.
func rows(err error, list ...store.PersonAccount) iter.Seq2[store.PersonAccount, error] {
	return func(yield func(store.PersonAccount, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(store.PersonAccount{}, err)
		}
	}
}

func TestImportAccounts(t *testing.T) {
	db := storetest.New(t)
	ada, bob := db.MustPerson("ada"), db.MustPerson("bob")
	joint := current(bob, "a-1", "Household")
	joint.Unpayable = ""
	imported := func(list ...store.PersonAccount) store.AccountImport {
		t.Helper()
		got, err := db.ImportAccounts(t.Context(), app.Operator, rows(nil, list...))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := []store.PersonAccount{current(ada, "a-2", "Savings"), current(ada, "a-1", "Household"), joint,
		current(ada, "a-0", "Savings")}
	if got := imported(first...); got != (store.AccountImport{Added: 4}) {
		t.Errorf("first import: %+v", got)
	}
	if got := imported(first...); got != (store.AccountImport{Unchanged: 4}) {
		t.Errorf("the same again: %+v", got)
	}
	changed := current(ada, "a-1", "Household")
	changed.Balance = "-0.01"
	if got := imported(changed, current(ada, "a-3", "Above")); got != (store.AccountImport{Added: 1, Changed: 1}) {
		t.Errorf("one changed, one added: %+v", got)
	}
	db.Reopen()
	changed.Joint, joint.Joint = true, true // two people hold it
	list, err := db.Accounts(t.Context(), ada.ID)
	want := []app.Account{current(ada, "a-3", "Above").Account, changed.Account, current(ada, "a-0", "Savings").Account,
		current(ada, "a-2", "Savings").Account}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("ada has %+v (%v), want %+v", list, err, want)
	}
	if list, err := db.Accounts(t.Context(), bob.ID); err != nil || !slices.Equal(list, []app.Account{joint.Account}) {
		t.Errorf("bob has %+v (%v), want the joint account as it was for him", list, err)
	}
	trace := audit(t, db, "account.import")
	if want := []string{`operator cli {"added":"4","changed":"0","unchanged":"0"}`,
		`operator cli {"added":"0","changed":"0","unchanged":"4"}`,
		`operator cli {"added":"1","changed":"1","unchanged":"0"}`}; !slices.Equal(trace, want) {
		t.Errorf("the audit says %q, want %q", trace, want)
	}
}

// audit gives the rows of an action, oldest first.
func audit(t *testing.T, db *storetest.DB, action string) []string {
	t.Helper()
	raw, err := sql.Open("sqlite", filepath.Join(db.Dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	found, err := raw.Query(`SELECT actor_kind, actor_id, detail FROM audit WHERE action = ? ORDER BY id`, action)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var out []string
	for found.Next() {
		var kind, id, detail string
		if err := found.Scan(&kind, &id, &detail); err != nil {
			t.Fatal(err)
		}
		out = append(out, kind+" "+id+" "+detail)
	}
	return out
}

// More rows than a statement takes, and an end that undoes all before it.
func TestImportIsAllOrNothing(t *testing.T) {
	db := storetest.New(t)
	ada := db.MustPerson("ada")
	var many []store.PersonAccount
	for i := range 1234 {
		many = append(many, current(ada, fmt.Sprintf("a-%04d", i), "Account"))
	}
	broken := errors.New("the file ends in the middle")
	if got, err := db.ImportAccounts(t.Context(), app.Operator, rows(broken, many...)); !errors.Is(err, broken) ||
		got != (store.AccountImport{}) {
		t.Errorf("%+v, %v; want the error and no counts", got, err)
	}
	nobody := current(app.Person{ID: "nobody"}, "a-1", "Account")
	if _, err := db.ImportAccounts(t.Context(), app.Operator,
		rows(nil, append(slices.Clone(many), nobody)...)); err == nil {
		t.Error("an account of nobody was stored")
	}
	if list, err := db.Accounts(t.Context(), ada.ID); err != nil || len(list) != 0 ||
		len(audit(t, db, "account.import")) != 0 {
		t.Fatalf("%d accounts (%v) and %q are left of imports that failed", len(list), err,
			audit(t, db, "account.import"))
	}
	if got, err := db.ImportAccounts(t.Context(), app.Operator, rows(nil, many...)); err != nil ||
		got.Added != len(many) {
		t.Fatalf("%+v, %v", got, err)
	}
	many[700].Name = "Renamed"
	if got, err := db.ImportAccounts(t.Context(), app.Operator, rows(nil, many...)); err != nil ||
		got != (store.AccountImport{Changed: 1, Unchanged: len(many) - 1}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A database from before the directory keeps its people, who then get accounts.
func TestMigratingFromBeforeAccounts(t *testing.T) {
	dir := t.TempDir()
	old, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, old, migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`INSERT INTO persons (id, name, state, created_at) VALUES ('p-1', 'Ada Quill', 'active', 1)`,
		`INSERT INTO identifiers (kind, norm, value, person_id) VALUES ('username', 'ada', 'ada', 'p-1')`,
	} {
		if _, err := old.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := old.Exec(`SELECT 1 FROM accounts`); err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Fatalf("the old schema has accounts: %v", err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ada, err := st.FindPerson(t.Context(), []app.Identifier{{Kind: app.Username, Norm: "ada"}})
	if err != nil || ada.Name != "Ada Quill" {
		t.Fatalf("%+v, %v", ada, err)
	}
	if list, err := st.Accounts(t.Context(), ada.ID); err != nil || len(list) != 0 {
		t.Errorf("%d accounts, %v", len(list), err)
	}
	if _, err := st.ImportAccounts(t.Context(), app.Operator, rows(nil, current(ada, "a-1", "Household"))); err != nil {
		t.Error(err)
	}
	if list, err := st.Accounts(t.Context(), ada.ID); err != nil || len(list) != 1 {
		t.Errorf("%d accounts, %v", len(list), err)
	}
}

// The accounts of before companies stay the people's own, and their payments too.
func TestMigratingFromBeforeCompanyAccounts(t *testing.T) {
	dir := t.TempDir()
	old, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, old, migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`INSERT INTO persons (id, name, state, created_at) VALUES ('p-1', 'Ada Quill', 'active', 1)`,
		`INSERT INTO companies (person_id, cnpj) VALUES ('p-1', '12345678000195')`,
		`INSERT INTO accounts VALUES ('p-1', 'a-1', 'account', 'Household', 'X', '1', '', '', '', '', '', 'GBP', '1.00', 'dormant')`,
	} {
		if _, err := old.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	want := []app.Account{{ID: "a-1", Kind: app.AccountBank, Currency: "GBP", Balance: "1.00", Unpayable: "dormant",
		AccountRef: app.AccountRef{Name: "Household", Scheme: "X", Identification: "1"}}}
	if list, err := st.AccountsOf(t.Context(), "p-1", ""); err != nil || !slices.Equal(list, want) {
		t.Errorf("her own: %+v, %v", list, err)
	}
	if list, err := st.AccountsOf(t.Context(), "p-1", "12345678000195"); err != nil || len(list) != 0 {
		t.Errorf("the company's: %+v, %v", list, err)
	}
}
