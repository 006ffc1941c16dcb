package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"assent/app"
	"assent/app/accounts"
	"assent/app/people"
	"assent/store"
	"assent/store/storetest"
)

const all = "person,id,kind,name,scheme,identification,secondary_identification,ispb,issuer,number,account_type,currency,balance,payable\n"

// british and brazilian are rows of all columns that are right.
const (
	british   = "ada,uk-1,account,Everyday,UK.OBIE.SortCodeAccountNumber,20-32-56 12345678,R-1,,,,,GBP,1204.10,yes\n"
	brazilian = "bruno,br-1,account,\"Conta, corrente\",,,,12345678,1774,12345-6,CACC,BRL,-0.05,bloqueada pela Justiça\n"
)

type bank struct {
	*storetest.DB
	ada, bruno app.Person
	importer   accounts.Importer
}

func newBank(t *testing.T) *bank {
	db := storetest.New(t)
	svc := people.New(db.Store)
	add := func(name string, ids ...string) app.Person {
		t.Helper()
		p, err := svc.Add(t.Context(), app.Operator, name, ids, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	b := &bank{
		DB:    db,
		ada:   add("Ada Quill", "ada", "subject:Sub-1", "ada@quill.example"),
		bruno: add("Bruno Reis", "bruno", "cpf:123.456.789-09"),
	}
	add("Two", "username:two")
	another := add("Another Two", "another")
	// As it could stand in a database of before such were refused.
	db.Tamper(`INSERT INTO identifiers (kind, norm, value, person_id) VALUES ('customer', 'two', 'two', ?)`, another.ID)
	b.importer = accounts.Importer{Store: db.Store, Named: svc.Named, Dir: db.Dir}
	return b
}

func (b *bank) imported(text string) (store.AccountImport, error) {
	return b.importer.Import(b.T.Context(), app.Operator, strings.NewReader(text))
}

func (b *bank) of(p app.Person) []app.Account {
	b.T.Helper()
	list, err := accounts.Directory{Reader: b.Reader}.Accounts(b.T.Context(), p, "")
	if err != nil {
		b.T.Fatal(err)
	}
	return list
}

func TestImport(t *testing.T) {
	b := newBank(t)
	text := "\ufeff" +
		strings.ReplaceAll(all+british+brazilian+strings.Replace(british, "ada,", "cpf:12345678909,", 1), "\n", "\r\n")
	if got, err := b.imported(text); err != nil || got != (store.AccountImport{Added: 3}) {
		t.Fatalf("%+v, %v", got, err)
	}
	everyday := app.Account{
		ID:       "uk-1",
		Joint:    true,
		Kind:     app.AccountBank,
		Currency: "GBP",
		Balance:  "1204.10",
		AccountRef: app.AccountRef{Name: "Everyday",
			Scheme:                  "UK.OBIE.SortCodeAccountNumber",
			Identification:          "20-32-56 12345678",
			SecondaryIdentification: "R-1"},
	}
	corrente := app.Account{
		ID:        "br-1",
		Kind:      app.AccountBank,
		Currency:  "BRL",
		Balance:   "-0.05",
		Unpayable: "bloqueada pela Justiça",
		AccountRef: app.AccountRef{
			Name: "Conta, corrente", ISPB: "12345678", Issuer: "1774", Number: "12345-6", AccountType: "CACC"},
	}
	if got := b.of(b.ada); !slices.Equal(got, []app.Account{everyday}) {
		t.Errorf("ada has %+v", got)
	}
	if got := b.of(b.bruno); !slices.Equal(got, []app.Account{corrente, everyday}) {
		t.Errorf("bruno has %+v", got)
	}
	if got, err := b.imported(text); err != nil || got != (store.AccountImport{Unchanged: 3}) {
		t.Errorf("the same file again: %+v, %v", got, err)
	}
	// Other columns in another order; the rest is empty then.
	if got, err := b.imported(" payable,name,identification,scheme,kind,id,person\nyes,Card,************4444,UK.OBIE.PAN,card,c-1,Sub-1\nyes,Everyday,20325612345678,UK.OBIE.SortCodeAccountNumber,account,uk-1,ada@quill.example\n"); err != nil ||
		got != (store.AccountImport{Added: 1, Changed: 1}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got := b.of(b.ada); len(got) != 2 || got[0].Kind != app.AccountCard || got[1].Balance != "" ||
		got[1].SecondaryIdentification != "" {
		t.Errorf("ada has %+v", got)
	}
	if got, err := b.imported(all); err != nil || got != (store.AccountImport{}) {
		t.Errorf("a file without rows: %+v, %v", got, err)
	}
	left, err := os.ReadDir(b.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		if !strings.HasPrefix(f.Name(), store.FileName) {
			t.Errorf("%s is left behind", f.Name())
		}
	}
}

// field gives the british row with one field changed.
func field(name, value string) string {
	return edited(british, name, value)
}

func edited(row, name, value string) string {
	f := strings.Split(strings.TrimSuffix(row, "\n"), ",")
	f[slices.Index(accounts.Columns, name)] = value
	return strings.Join(f, ",") + "\n"
}

func TestFaultsOfAFile(t *testing.T) {
	pix := "bruno,br-1,account,Conta corrente,,,,12345678,1774,12345-6,CACC,BRL,,yes\n"
	card := "ada,c-1,card,Visa,,,,,,************4444,,GBP,,yes\n"
	wrong := newBank(t) // stays empty
	for _, c := range []struct {
		name, text string
		says       []string // nothing: it is fine
	}{
		{"right", all + british + pix + card, nil},
		{"empty", "", []string{"it is empty"}},
		{"unknown column", "person,id,kind,name,payable,sortcode\n",
			[]string{`no column "sortcode"`, "secondary_identification"}},
		{"semicolons", strings.ReplaceAll(all+british, ",", ";"), nil},
		{"columns missing between semicolons", "person;id;kind;payable\n", []string{"no column name"}},
		{"column twice", "person,id,kind,name,payable,id\n", []string{"the column id twice"}},
		{"missing column", "person,id,kind,name\n", []string{"no column payable"}},
		{"quote in the header", "per\"son,id\n", []string{"line 1", `"`}},
		{"a field too few", all + "ada,uk-1\n", []string{"line 2: has 2 fields, the first line has 14"}},
		{"a stray quotation mark", all + british + field("name", `Every"day`), []string{"line 3", `"`}},
		{"nobody", all + field("person", "nobody"), []string{"line 2: person: no such person"}},
		{"two people", all + field("person", "two"), []string{"line 2: person: the identifier fits more than one"}},
		{"not a CPF", all + field("person", "cpf:1"), []string{"line 2: person:", "not a cpf"}},
		{"no person", all + field("person", " "), []string{"line 2: person: is missing"}},
		{"endless person", all + field("person", strings.Repeat("a", 1025)), []string{"line 2: person: is longer"}},
		{"no id, kind, name, payable", all + "ada,,,,UK.OBIE.SortCodeAccountNumber,20325612345678,,,,,,,,\n",
			[]string{"id: is missing; kind: is missing; name: is missing; payable: is missing"}},
		{"kind", all + field("kind", "loan"), []string{`kind: "loan" is not account or card`}},
		{"long id", all + field("id", strings.Repeat("é", 129)), []string{"id: has more than 128 characters"}},
		{"id as long as may be", all + field("id", strings.Repeat("é", 128)), nil},
		{"long name", all + field("name", strings.Repeat("a", 351)), []string{"name: has more than 350"}},
		{"control characters", all + field("name", "a\tb\x1b[2J"), []string{"name: has control characters"}},
		{"turned text", all + field("name", "a\u202eb"), []string{"name: has control characters"}},
		{"emoji and Arabic", all + field("name", "\U0001f46a\u200d\U0001f467 بنك"), nil},
		{"Latin 1", all + field("name", "Poupan\xe7a"), []string{"name: is not UTF-8"}},
		{"scheme alone", all + field("identification", ""), []string{"identification: is missing"}},
		{"identification alone", all + field("scheme", ""), []string{"scheme: is missing"}},
		{"nothing identifies", all + edited(field("identification", ""), "scheme", ""),
			[]string{"nothing identifies the account"}},
		{"sort code", all + field("identification", "2032561234567"), []string{"not a sort code of 6"}},
		{"IBAN", all + edited(field("scheme", "UK.OBIE.IBAN"), "identification", "GB34BUKB20201555555555"),
			[]string{"not an IBAN"}},
		{"right IBAN", all + edited(field("scheme", "UK.OBIE.IBAN"), "identification", "gb33 bukb 2020 1555 5555 55"),
			nil},
		{"card number", all + edited(field("scheme", "UK.OBIE.PAN"), "identification", "visa 4444"),
			[]string{"not a card number"}},
		{"currency", all + field("currency", "gbp"), []string{`currency: "gbp"`}},
		{"balance", all + field("balance", "1e3"), []string{"balance: is not a decimal"}},
		{"balance with a comma", all + field("balance", `"1204,10"`), []string{"balance: is not a decimal"}},
		{"balance of many digits", all + field("balance", "-999999999999999999.99999"), nil},
		{"balance without currency", all + field("currency", ""), []string{"currency: is missing"}},
		{"payable no", all + field("payable", "No"), []string{`payable: "No" is neither yes nor a reason`}},
		{"ISPB", all + edited(pix, "ispb", "1234567"), []string{`ispb: "1234567" is not 8 digits`}},
		{"number alone", all + edited(pix, "ispb", ""),
			[]string{"ispb: is missing, and the number", "ispb: is missing, and the issuer"}},
		{"number", all + edited(pix, "number", "12/34+5"), []string{"number: is not an account number"}},
		{"check digit X", all + edited(pix, "number", "12345-X"), nil},
		{"long number", all + edited(pix, "number", strings.Repeat("1", 21)),
			[]string{"number: is not an account number"}},
		{"no branch", all + edited(pix, "issuer", ""), []string{"issuer: is missing"}},
		{"payment account without branch", all + edited(edited(pix, "issuer", ""), "account_type", "TRAN"), nil},
		{"long branch", all + edited(pix, "issuer", "12345"), []string{"issuer: is not a branch"}},
		{"account type", all + edited(pix, "account_type", "corrente"),
			[]string{"account_type:", "CACC, SLRY, SVGS, TRAN"}},
		{"card by a word", all + edited(card, "number", "visa"), []string{"number: is not a card number"}},
		{"several faults of a row, and of rows",
			all + british + edited(field("kind", "x"), "balance", "y") + pix + card + edited(card, "person", "nobody"),
			[]string{"2 rows are wrong", `line 3: kind: "x" is not account or card; balance:`, "line 6: person"}},
		{"the same account twice", all + british + card + field("person", "subject:Sub-1"),
			[]string{"1 row is wrong", "line 4: id: line 2 names this account of the same person"}},
		{"quoted line ends count as lines", all + field("name", "\"Every\nday\"") + edited(card, "person", "nobody"),
			[]string{"line 2: name: has control", "line 4: person"}},
		{"a quotation mark that is never closed",
			all + british + field("name", `"Everyday`) + strings.Repeat(british, 2000),
			[]string{"after line 2", "never closed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := wrong
			if c.says == nil {
				b = newBank(t)
			}
			_, err := b.imported(c.text)
			if c.says == nil {
				if err != nil {
					t.Fatalf("got %v, want it stored", err)
				}
				return
			}
			if !errors.Is(err, app.ErrMalformed) {
				t.Fatalf("got %v, want ErrMalformed", err)
			}
			for _, w := range c.says {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v\ndoesn't say %q", err, w)
				}
			}
			if n := len(b.of(b.ada)) + len(b.of(b.bruno)); n != 0 {
				t.Errorf("%d accounts were stored all the same", n)
			}
		})
	}
}

func TestFaultsAreBounded(t *testing.T) {
	b := newBank(t)
	_, err := b.imported(all + british + strings.Repeat(field("kind", "x"), 1000))
	var rows *accounts.RowFaults
	if !errors.As(err, &rows) || len(rows.Lines) != 20 || rows.More != 980 ||
		!strings.HasSuffix(err.Error(), "\n  - and 980 more") {
		t.Errorf("%d lines, error %v", len(rows.Lines), err)
	}
}

// What isn't the file's fault ends the import, and stores nothing.
func TestImportThatBreaksOff(t *testing.T) {
	b := newBank(t)
	broken := errors.New("the disk is gone")
	_, err := b.importer.Import(t.Context(), app.Operator,
		iotest.DataErrReader(&breaking{text: strings.NewReader(all + british), err: broken}))
	if !errors.Is(err, broken) {
		t.Errorf("a file that breaks off: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.importer.Import(ctx, app.Operator,
		strings.NewReader(all+british)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if list := b.of(b.ada); len(list) != 0 {
		t.Errorf("stored all the same: %+v", list)
	}
}

type breaking struct {
	text *strings.Reader
	err  error
}

func (b *breaking) Read(p []byte) (int, error) {
	if b.text.Len() > 0 {
		return b.text.Read(p)
	}
	return 0, b.err
}

// BenchmarkImport is a first import, by the row.
func BenchmarkImport(b *testing.B) {
	db := storetest.New(b)
	svc := people.New(db.Store)
	if _, err := svc.Add(b.Context(), app.Operator, "Ada", []string{"ada"}, nil); err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	text.WriteString(all)
	for i := range b.N {
		text.WriteString(field("id", fmt.Sprint("a-", i)))
	}
	im := accounts.Importer{Store: db.Store, Named: svc.Named, Dir: db.Dir}
	b.ResetTimer()
	if _, err := im.Import(b.Context(), app.Operator, strings.NewReader(text.String())); err != nil {
		b.Fatal(err)
	}
}
