package importer_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/accounts"
	"assent/app/i18n"
	"assent/app/importer"
	"assent/app/people"
	"assent/store"
	"assent/store/storetest"
)

// bench is an importer over a real store.
type bench struct {
	*storetest.DB
	t   testing.TB
	svc *importer.Service
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{DB: storetest.New(t), t: t}
	b.service()
	return b
}

// service makes the importer anew, as a process that starts does.
func (b *bench) service() {
	b.t.Helper()
	words, err := i18n.New()
	if err != nil {
		b.t.Fatal(err)
	}
	b.svc = importer.New(importer.Config{
		Store:  b.Store,
		People: people.New(b.Store),
		Words:  words,
		Dir:    filepath.Join(b.Dir, "imports"),
		Log:    slog.New(slog.NewTextHandler(b.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
}

// checked uploads a file and checks it.
func (b *bench) checked(text string) store.Import {
	b.t.Helper()
	im, err := b.svc.UploadHere(b.t.Context(), app.Operator, "people.csv", "en-GB", strings.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	if im, err = b.svc.Work(b.t.Context(), im.ID); err != nil {
		b.t.Fatal(err)
	}
	return im
}

// imported brings a file in.
func (b *bench) imported(text string) store.Import {
	b.t.Helper()
	im := b.checked(text)
	if _, err := b.svc.Start(b.t.Context(), app.Operator, im.ID, im.Digest); err != nil {
		b.t.Fatalf("%v: %+v", err, im)
	}
	im, err := b.svc.Work(b.t.Context(), im.ID)
	if err != nil || im.State != store.ImportDone {
		b.t.Fatalf("%s: %v", im.State, err)
	}
	return im
}

// faults are what an import holds of them, a line each.
func (b *bench) faults(im store.Import) []string {
	b.t.Helper()
	list, err := importer.FaultsOf(im)
	if err != nil {
		b.t.Fatal(err)
	}
	words, err := i18n.New()
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, l := range list {
		out = append(out, fmt.Sprintf("%d: %s", l.Line, l.Words(words.Match("en-GB", ""))))
	}
	return out
}

// result reads an import's result.
func (b *bench) result(im store.Import) [][]string {
	b.t.Helper()
	r, _, err := b.svc.Result(b.t.Context(), im.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Close()
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

func (b *bench) export() string {
	b.t.Helper()
	var out bytes.Buffer
	if _, err := importer.Export(b.t.Context(), b.Store, app.Operator, &out); err != nil {
		b.t.Fatal(err)
	}
	return out.String()
}

type counts struct{ rows, added, changed, unchanged, faulty int64 }

func foreseen(im store.Import) counts {
	return counts{im.Rows, im.SeenAdded, im.SeenChanged, im.SeenUnchanged, im.SeenFaulty}
}
func done(im store.Import) counts {
	return counts{im.Done, im.Added, im.Changed, im.Unchanged, im.Faulty}
}

const people3 = "\ufeffidentifiers,name,state,companies\r\n" +
	"email:ada@quill.example username:ada,Ada  Quill,,\r\n" +
	"\"cpf:123.456.789-09; phone:+55 11 98765-4321\",Bruno Reis,active,12.345.678/0001-95\r\n" +
	"username:zoe,\"'=Zoë, the first\",suspended,\r\n"

// The check foresees what the import does, and the same file changes nothing
// the second time.
func TestPeopleTwice(t *testing.T) {
	b := newBench(t)
	im := b.checked(people3)
	if got, want := foreseen(im), (counts{3, 3, 0, 0, 0}); got != want || im.State != store.ImportChecked ||
		im.Kind != store.ImportPeople || im.States != 2 {
		t.Fatalf("foreseen %+v as %+v", got, im)
	}
	if list, err := b.People(t.Context(), "", "", 10); err != nil || len(list) != 0 {
		t.Fatalf("the check changed something: %v %v", list, err)
	}
	im = b.imported(people3)
	if got, want := done(im), (counts{3, 3, 0, 0, 0}); got != want {
		t.Fatalf("done %+v", got)
	}
	svc := people.New(b.Store)
	for asked, name := range map[string]string{
		"ADA":                  "Ada Quill",
		"12345678909":          "Bruno Reis",
		"phone:+5511987654321": "Bruno Reis",
		"zoe":                  "=Zoë, the first",
	} {
		if p, err := svc.Named(t.Context(), asked); err != nil || p.Name != name ||
			(p.State == app.PersonSuspended) != (asked == "zoe") {
			t.Errorf("%s is %+v: %v", asked, p, err)
		}
	}
	if found, _, err := svc.Search(t.Context(), "quil", store.Everybody, "", 5); err != nil || len(found) != 1 {
		t.Errorf("search finds %v: %v", found, err)
	}
	before := b.export()
	im = b.imported(people3)
	if got, want := done(im), (counts{3, 0, 0, 3, 0}); got != want || foreseen(im) != want {
		t.Errorf("the second time did %+v, foreseen %+v", got, foreseen(im))
	}
	if after := b.export(); after != before {
		t.Errorf("the second time changed\n%s to\n%s", before, after)
	}
	if im = b.imported(before); done(im) != (counts{3, 0, 0, 3, 0}) {
		t.Errorf("what was exported isn't what is there: %+v %v", done(im), b.faults(im))
	}
	im = b.imported("name,identifiers\nAda Byron,email:ADA@quill.example; customer:A-1\n")
	if got, want := done(im), (counts{1, 0, 1, 0, 0}); got != want {
		t.Errorf("a change did %+v", got)
	}
	p, err := svc.Named(t.Context(), "customer:a-1")
	ids, err2 := b.Identifiers(t.Context(), p.ID)
	if err := errors.Join(err, err2); err != nil || p.Name != "Ada Byron" || len(ids) != 3 {
		t.Errorf("%+v has %v: %v", p, ids, err)
	}
	for action, want := range map[string]int{
		"person.add":    3,
		"person.edit":   1,
		"import.upload": 5,
		"import.start":  4,
		"import.done":   4,
		"person.export": 2,
	} {
		if rows, err := b.AuditOf(t.Context(), action, 10); err != nil || len(rows) != want {
			t.Errorf("%d rows of the audit say %s, want %d: %v", len(rows), action, want, err)
		}
	}
	rep, err := b.VerifyAudit(t.Context(), store.AuditHead{}, nil)
	if err != nil || rep.Finding != nil {
		t.Errorf("the audit's chain: %v %v", rep.Finding, err)
	}
}

// Each fault is told by its line; the other rows are brought in.
func TestFaultsOfRows(t *testing.T) {
	b := newBench(t)
	b.MustPerson("old")
	b.MustPerson("older")
	im := b.imported("name,identifiers,companies,state\n" +
		",username:a,,\n" +
		"B,,,\n" +
		"C,c@c.example,,\n" +
		"D,phone:12 34,,\n" +
		"E,cpf:123.456.789-00,,\n" +
		"F,username:f,123,\n" +
		"G,username:g,,gone\n" +
		"H,username:old; username:older,,\n" +
		"I,username:i\n" +
		"J,user\"name:j,,\n" +
		"\"K\nK\",username:k,,\n" +
		"L,username:k email:l@l.example,,\n" +
		"M,email:l@l.example,,\n" +
		"N\xff,username:n,,\n" +
		"O,username:o\x01,,\n" +
		"P,username:OLD,,\n" +
		"Q,username:old,,\n" +
		"R,username:x\\;y; email:r@r.example,,\n")
	want := []string{
		"2: The name is missing",
		"3: There is no identifier",
		"4: “c@c.example” has no kind",
		"5: “phone:12” isn’t an identifier of its kind. “34” has no kind",
		"6: “cpf:123.456.789-00” isn’t",
		"7: “123” isn’t a company’s",
		"8: The state “gone”",
		"9: The identifiers belong to more than one person",
		"10: The row has another number of fields than the first line: 2 ≠ 4",
		"11: A quotation mark",
		"14: Line 12 names this person already",
		"16: The column name isn’t in UTF-8",
		"17: The column identifiers has characters",
		"19: Line 18 names this person already",
	}
	got := b.faults(im)
	if len(got) != len(want) {
		t.Fatalf("%d faults:\n%s", len(got), strings.Join(got, "\n"))
	}
	for i, w := range want {
		if !strings.HasPrefix(got[i], w) {
			t.Errorf("got %q, want %q", got[i], w)
		}
	}
	if got, want := done(im), (counts{18, 3, 1, 0, 14}); got != want || foreseen(im) != want {
		t.Errorf("done %+v, foreseen %+v", got, foreseen(im))
	}
	rows := b.result(im)
	if len(rows) != 19 || !slices.Equal(rows[0], []string{"line", "result", "name", "person", "error"}) ||
		rows[1][1] != "faulty" || rows[1][4] == "" ||
		rows[11][0] != "12" || rows[11][1] != "added" || rows[11][3] == "" || rows[18][1] != "added" ||
		rows[16][1] != "changed" {
		t.Errorf("result:\n%v", rows)
	}
	if p, err := people.New(b.Store).Named(t.Context(), "username:x;y"); err != nil || p.Name != "R" {
		t.Errorf("%+v %v", p, err)
	}
}

// What is wrong with a whole file.
func TestUnfitFiles(t *testing.T) {
	for text, code := range map[string]string{
		"":                               "empty",
		"name,identifiers\n":             "no_rows",
		"name\nAda\n":                    "column_missing",
		"name,identifiers,mode\nA,b,c\n": "column_unknown",
		"name,identifiers,name\nA,b,c\n": "column_twice",
		"na\"me,identifiers\nA,b\n":      "header",
		"name,identifiers\nA,\"" + strings.Repeat("x\n", 40<<10): "long_row",
	} {
		b := newBench(t)
		im := b.checked(text)
		if f, ok := importer.CauseOf(im); !ok || f.Code != code || im.State != store.ImportFailed {
			t.Errorf("%.20q: %s %+v, want %s", text, im.State, f, code)
		}
		if _, err := b.svc.Start(t.Context(), app.Operator, im.ID, im.Digest); !errors.Is(err, app.ErrImportState) {
			t.Errorf("%.20q can be started: %v", text, err)
		}
	}
}

// Spreadsheets of places where the comma is in numbers write semicolons.
func TestSemicolons(t *testing.T) {
	b := newBench(t)
	im := b.imported("name;identifiers\nAda;\"username:ada; email:ada@quill.example\"\n")
	if got := done(im); got != (counts{1, 1, 0, 0, 0}) {
		t.Errorf("%+v %v", got, b.faults(im))
	}
}

func TestAccounts(t *testing.T) {
	b := newBench(t)
	ada := b.MustPerson("ada")
	b.MustPerson("bruno")
	const file = "person,id,kind,name,scheme,identification,payable\n" +
		"ada,1,account,Everyday,X,1,yes\n" +
		"ada,1,account,Again,X,1,yes\n" +
		"nobody,1,account,Everyday,X,1,yes\n" +
		"ada,2,house,Everyday,X,1,yes\n" +
		"username:bruno,1,account,Everyday,X,1,frozen\n"
	im := b.imported(file)
	if got, want := done(im), (counts{5, 2, 0, 0, 3}); got != want || foreseen(im) != want ||
		im.Kind != store.ImportAccounts {
		t.Errorf("done %+v, foreseen %+v", got, foreseen(im))
	}
	got := b.faults(im)
	for i, w := range []string{"3: Line 2 names this account already.", "4: Nobody has the identifier “nobody”.",
		"5: kind: “house” is neither account nor card."} {
		if got[i] != w {
			t.Errorf("got %q, want %q", got[i], w)
		}
	}
	if im := b.imported(file); done(im) != (counts{5, 0, 0, 2, 3}) {
		t.Errorf("the second time did %+v", done(im))
	}
	if im := b.imported(strings.Replace(file, "Everyday", "Savings", 1)); done(im) != (counts{5, 0, 1, 1, 3}) {
		t.Errorf("a change did %+v", done(im))
	}
	if list, err := b.Reader.Accounts(t.Context(), ada.ID); err != nil || len(list) != 1 || list[0].Name != "Savings" {
		t.Errorf("%+v %v", list, err)
	}
}

// A company's account is taken only of somebody who acts for the company; with
// it, it is another account than one of theirs by the same id.
func TestImportingAccountsOfCompanies(t *testing.T) {
	b := newBench(t)
	bruno, err := b.AddPerson(t.Context(), app.Operator, "Bruno",
		[]app.Identifier{{Kind: app.Username, Value: "bruno", Norm: "bruno"}}, []string{"12345678000195"})
	if err != nil {
		t.Fatal(err)
	}
	im := b.imported("person,id,kind,name,scheme,identification,payable,company,joint\n" +
		"bruno,1,account,Own,X,1,yes,,\n" +
		"bruno,1,account,Oficina,X,2,yes,12.345.678/0001-95,yes\n" +
		"bruno,1,account,Padaria,X,3,yes,45.678.912/0001-55,\n" +
		"bruno,2,account,Odd,X,4,yes,99,\n" +
		"bruno,1,account,Again,X,2,yes,12345678000195,\n")
	if got := done(im); got != (counts{5, 2, 0, 0, 3}) {
		t.Errorf("done %+v", got)
	}
	got := b.faults(im)
	for i, w := range []string{
		"4: company: the person doesn’t act for 45678912000155. Add the company to them first.",
		"5: company: “99” isn’t a company’s number (CNPJ).",
		"6: Line 3 names this account already.",
	} {
		if got[i] != w {
			t.Errorf("got %q, want %q", got[i], w)
		}
	}
	if list, err := b.Reader.AccountsOf(t.Context(), bruno.ID, "12345678000195"); err != nil || len(list) != 1 ||
		list[0].Name != "Oficina" || !list[0].Joint {
		t.Errorf("%+v %v", list, err)
	}
}

// crowd is a file of n people.
func crowd(n int) string {
	var b strings.Builder
	b.WriteString("name,identifiers\n")
	for i := range n {
		fmt.Fprintf(&b, "\"Person\nNo %d\",username:u%07d email:u%07d@bank.example\n", i, i, i)
	}
	return b.String()
}

// stopping is a context that ends when an import has brought in some rows.
func (b *bench) stopping(id string, rows int64) context.Context {
	ctx, stop := context.WithCancel(b.t.Context())
	b.t.Cleanup(stop)
	go func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			<-tick.C
			if im, err := b.Store.Import(ctx, id); err == nil && im.Done >= rows {
				stop()
			}
		}
	}()
	return ctx
}

// An import that is stopped in the middle goes on after a restart where it was,
// also where the last step was written to the result and not committed.
func TestRestart(t *testing.T) {
	const n = 3000
	b := newBench(t)
	im := b.checked(crowd(n))
	if _, err := b.svc.Start(t.Context(), app.Operator, im.ID, im.Digest); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.Work(b.stopping(im.ID, 1000), im.ID); !errors.Is(err, context.Canceled) {
		t.Fatalf("it didn't stop: %v", err)
	}
	b.Reopen()
	b.service()
	half, err := b.Store.Import(t.Context(), im.ID)
	if err != nil || half.State != store.ImportRunning || half.Done < 1000 || half.Done >= n || half.Lease != "" {
		t.Fatalf("in the middle: %+v %v", half, err)
	}
	path := filepath.Join(b.Dir, "imports", im.ID+".result.csv")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("1,added,half a row that was never commi"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	b.until(im.ID, store.ImportDone)
	end, err := b.Store.Import(t.Context(), im.ID)
	if got := done(end); err != nil || got != (counts{n, n, 0, 0, 0}) {
		t.Errorf("done %+v %v", got, err)
	}
	rows := b.result(end)
	if len(rows) != n+1 {
		t.Fatalf("the result has %d rows", len(rows)-1)
	}
	for i, r := range rows[1:] {
		if want := fmt.Sprint(2 + 2*i); r[0] != want || r[1] != "added" || r[4] != "" {
			t.Fatalf("row %d of the result is %q, want line %s", i, r, want)
		}
	}
	if count := strings.Count(b.export(), "username:"); count != n {
		t.Errorf("there are %d people", count)
	}
}

// until lets the service run until an import is in a state.
func (b *bench) until(id string, state store.ImportState) {
	b.t.Helper()
	ctx, stop := context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.svc.Run(ctx) }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		im, err := b.Store.Import(b.t.Context(), id)
		if err != nil {
			b.t.Fatal(err)
		}
		if im.State == state {
			break
		}
		if im.State == store.ImportFailed {
			b.t.Fatalf("failed: %s", im.Cause)
		}
	}
	stop()
	if err := <-ended; err != nil {
		b.t.Fatal(err)
	}
}

// A process that holds an import keeps it from others until it has said nothing
// for a while.
func TestLease(t *testing.T) {
	b := newBench(t)
	im, err := b.svc.UploadHere(t.Context(), app.Operator, `C:\files\people.csv`, "en-GB", strings.NewReader(crowd(3)))
	if err != nil || im.File != "people.csv" {
		t.Fatalf("%q %v", im.File, err)
	}
	b.service() // another process
	if _, err := b.svc.Work(t.Context(), im.ID); !errors.Is(err, app.ErrImportState) {
		t.Errorf("it was taken: %v", err)
	}
	if _, ok, err := b.LeaseImport(t.Context(), "other", 1); ok || err != nil {
		t.Errorf("it was leased: %v", err)
	}
	b.Clock.Advance(importer.Kept / 1000)
	b.until(im.ID, store.ImportChecked)
}

// What was done before an import is cancelled stays, and nothing is done after.
func TestCancel(t *testing.T) {
	const n = 3000
	b := newBench(t)
	im := b.checked(crowd(n))
	if _, err := b.svc.Start(t.Context(), app.Operator, im.ID, im.Digest); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx := b.stopping(im.ID, 1000)
	go func() {
		_, err := b.svc.Work(t.Context(), im.ID)
		ended <- err
	}()
	<-ctx.Done()
	if err := b.svc.Cancel(t.Context(), app.Operator, im.ID); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	end, err := b.Store.Import(t.Context(), im.ID)
	if err != nil || end.State != store.ImportCancelled || end.Done < 1000 || end.Done >= n {
		t.Errorf("%+v %v", end, err)
	}
	if count := strings.Count(b.export(), "username:"); int64(count) != end.Added {
		t.Errorf("there are %d people, %d were added", count, end.Added)
	}
	if rows := b.result(end); int64(len(rows)) != end.Done+1 {
		t.Errorf("the result has %d rows of %d", len(rows)-1, end.Done)
	}
	if err := b.svc.Cancel(t.Context(), app.Operator, im.ID); !errors.Is(err, app.ErrImportState) {
		t.Errorf("cancelled twice: %v", err)
	}
}

// Between the check and the run somebody gives one of the identifiers away.
func TestChangedSinceTheCheck(t *testing.T) {
	b := newBench(t)
	im := b.checked("name,identifiers\nA,username:a email:a@a.example\nB,username:b\n")
	b.MustPerson("a")
	if _, err := people.New(b.Store).Add(t.Context(), app.Operator, "X", []string{"email:a@a.example"},
		nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.Start(t.Context(), app.Operator, im.ID, im.Digest); err != nil {
		t.Fatal(err)
	}
	im, err := b.svc.Work(t.Context(), im.ID)
	if got, want := done(im), (counts{2, 1, 0, 0, 1}); err != nil || got != want {
		t.Errorf("done %+v %v", got, err)
	}
	if rows := b.result(im); rows[1][1] != "faulty" ||
		!strings.HasPrefix(rows[1][4], "The identifiers belong to more than one") {
		t.Errorf("%v", rows)
	}
}

// Suspending by a file cancels what waits and ends links, as suspending does
// anywhere.
func TestSuspendedByAFile(t *testing.T) {
	b := newBench(t)
	p := b.MustPerson("ada")
	b.MustDevice(p)
	r := b.MustRequest(p)
	if _, err := b.Invite(t.Context(), app.Operator, p.ID, "hash", b.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.imported("name,identifiers,state\nada,username:ada,Suspended\n")
	if inv, err := b.Invitation(t.Context(), "hash"); err != nil || inv.EndedAt == 0 {
		t.Errorf("the link is open (%v)", err)
	}
	if got, err := b.Store.Request(t.Context(), r.ID); err != nil || got.State != app.Cancelled {
		t.Errorf("the request is %s: %v", got.State, err)
	}
	if rows, err := b.AuditOf(t.Context(), "person.suspended", 2); err != nil || len(rows) != 1 {
		t.Errorf("the audit has %v: %v", rows, err)
	}
}

// No cell of an export is a formula to a spreadsheet, and what it holds comes
// back the same.
func TestExportIsSafe(t *testing.T) {
	b := newBench(t)
	svc := people.New(b.Store)
	for i, name := range []string{"=1+1", "+1", "-1", "@SUM(A1)", `=HYPERLINK("http://x")`, "Ada, \"the\" first",
		"'quoted'",
		"Ada;=cmd|'/c calc'!A0;x", "Ada;'=x", "'=x", "A,-b"} {
		if _, err := svc.Add(t.Context(), app.Operator, name,
			[]string{fmt.Sprintf("username:=u%d", i), fmt.Sprintf("customer:c;%d\\", i),
				fmt.Sprintf("subject:s p %d", i)},
			[]string{"12345678000195"}); err != nil {
			t.Fatal(err)
		}
	}
	text := b.export()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 12 {
		t.Fatalf("%s %v", text, err)
	}
	// Spreadsheets that separate by semicolons take cells apart at theirs.
	for cell := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(",;\n", r) }) {
		if strings.IndexAny(strings.TrimLeft(cell, `" `), "=+-@\t\r") == 0 {
			t.Errorf("%q is a formula", cell)
		}
	}
	for line := range strings.Lines(text) {
		if n := strings.Count(line, `"`); n < 2*len(rows[0]) || line[0] != '"' {
			t.Errorf("cells of %q aren't all quoted", line)
		}
	}
	if im := b.imported(text); done(im) != (counts{11, 0, 0, 11, 0}) {
		t.Errorf("brought in again: %+v %v", done(im), b.faults(im))
	}
}

// Files are private, and go after their time with what broken uploads left.
func TestSweep(t *testing.T) {
	b := newBench(t)
	done := b.imported(crowd(2))
	waits := b.checked(crowd(3))
	dir := filepath.Join(b.Dir, "imports")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 5 {
		t.Fatalf("%v %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v %v", e.Name(), info.Mode(), err)
		}
	}
	if err := b.svc.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if entries, err = os.ReadDir(dir); err != nil || len(entries) != 5 {
		t.Fatalf("too early: %v %v", entries, err)
	}
	b.Clock.Advance(importer.Kept)
	if err := b.svc.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if entries, err = os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("kept: %v %v", entries, err)
	}
	for id, state := range map[string]store.ImportState{done.ID: store.ImportDone, waits.ID: store.ImportCancelled} {
		if im, err := b.Store.Import(t.Context(), id); err != nil || im.State != state || im.SweptAt == 0 {
			t.Errorf("%+v %v", im, err)
		}
		if _, _, err := b.svc.Result(t.Context(), id); !errors.Is(err, app.ErrUnknownImport) {
			t.Errorf("there is a result: %v", err)
		}
	}
}

func TestUploadsHaveALimit(t *testing.T) {
	b := newBench(t)
	b.svc.Most = 1 << 20
	for size, want := range map[int64]error{1<<20 + 1: app.ErrImportSize, 1 << 30: app.ErrImportSize} {
		if _, err := b.svc.Upload(t.Context(), app.Operator, "x", "",
			io.LimitReader(endless{}, size)); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(b.Dir, "imports")); err != nil || len(entries) != 0 {
		t.Errorf("it left %v behind: %v", entries, err)
	}
	if im, err := b.svc.Upload(t.Context(), app.Operator, "x", "", io.LimitReader(endless{}, 1<<20)); err != nil ||
		im.Size != 1<<20 {
		t.Errorf("as much as there may be: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestPreview(t *testing.T) {
	b := newBench(t)
	b.MustPerson("ada")
	im := b.checked("name,identifiers,state\nAda,username:ada email:ada@quill.example,\nAda,username:ada,\nB,username:b,active\n" +
		strings.Repeat("C,x,\n", 30))
	rows, err := b.svc.Preview(t.Context(), im)
	if err != nil || len(rows) != 20 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	if rows[0].What != store.Changed || len(rows[0].Identifiers) != 2 || rows[1].What != store.Faulty ||
		rows[1].Faults[0].Code != "twice_people" || rows[2].What != store.Added || rows[2].State != "active" ||
		rows[19].What != store.Faulty {
		t.Errorf("%+v", rows)
	}
	if list := b.faults(im); len(list) != 31 || im.SeenFaulty != 31 {
		t.Errorf("%d faults, %d counted", len(list), im.SeenFaulty)
	}
}

// What package accounts finds wrong has words in both languages, about the
// field that it is in.
func TestFaultsOfAccountsHaveWords(t *testing.T) {
	catalogue, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	codes := accounts.FaultCodes()
	if len(codes) < 15 {
		t.Errorf("only %d codes: %v", len(codes), codes)
	}
	for _, lang := range []string{"en-GB", "pt-BR"} {
		seen := map[string]bool{}
		for _, code := range codes {
			said := importer.Fault{Field: "ispb", Code: code, Value: "V"}.Words(catalogue.Match(lang, ""))
			if !strings.HasPrefix(said, "ispb: ") || strings.Contains(said, "admin.import") || seen[said] {
				t.Errorf("%s %s: %q", lang, code, said)
			}
			seen[said] = true
		}
	}
}

// A panic fails the import that it came from, once, and neither the service nor
// the imports after it.
func TestAPanicFailsTheImport(t *testing.T) {
	b := newBench(t)
	var log bytes.Buffer
	im := b.checked(crowd(2))
	if _, err := b.svc.Start(t.Context(), app.Operator, im.ID, im.Digest); err != nil {
		t.Fatal(err)
	}
	b.svc.Words, b.svc.Log = nil, slog.New(slog.NewTextHandler(&log, nil)) // whose use panics
	if im, err := b.svc.Work(t.Context(), im.ID); im.State != store.ImportFailed || err != nil {
		t.Errorf("it is %s (%v), want failed", im.State, err)
	}
	if !strings.Contains(log.String(), "a panic was recovered") || !strings.Contains(log.String(), "importer_test.go") {
		t.Errorf("the log: %s", log.String())
	}
	b.service()
	b.imported(crowd(3))
}
