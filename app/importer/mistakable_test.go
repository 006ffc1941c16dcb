package importer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"assent/app"
	"assent/app/people"
)

// Rows whose new identifiers could be taken for others are left out and told by
// line, also where the other one stands in the same file; the rows beside them
// are brought in, and the same file changes nothing the second time.
func TestImportRefusesMistakableIdentifiers(t *testing.T) {
	b := newBench(t)
	if _, err := people.New(b.Store).Add(t.Context(), app.Operator, "Ada",
		[]string{"cpf:123.456.789-09", "customer:1001"}, nil); err != nil {
		t.Fatal(err)
	}
	file := strings.Join([]string{"name,identifiers",
		"Bob,username:987.654.321-00",
		"Cat,customer:cat@bank.example;",
		"Dan,username:+44 20 7946 0018;",
		"Eve,subject:12345678909;",
		"Fay,username:1001;",
		"Gus,customer:44107731; username:gus",
		"Hal,phone:44107731;",
		"Ida,phone:0207 946 1111;",
		"Jim,customer:02079461111;",
		"Ada,cpf:12345678909; username:ada"}, "\n")
	want := []string{
		"2: “username:987.654.321-00” would be taken for a CPF. If it is one, put cpf: in front of it.",
		"3: “customer:cat@bank.example” would be taken for an e-mail address. If it is one, put email: in front of it.",
		"4: “username:+44 20 7946 0018” would be taken for a phone number. If it is one, put phone: in front of it.",
		"5: “subject:12345678909” could be taken for an identifier of somebody else.",
		"6: “username:1001” could be taken for an identifier of somebody else.",
		"8: Line 7 names this person already, or somebody with an identifier that could be taken for one of these.",
		"10: Line 9 names this person already, or somebody with an identifier that could be taken for one of these.",
	}
	im := b.imported(file)
	if got := b.faults(im); !slices.Equal(got, want) {
		t.Errorf("faults\n%s", strings.Join(got, "\n"))
	}
	if done(im) != (counts{10, 2, 1, 0, 7}) {
		t.Errorf("%+v", done(im))
	}
	if got := done(b.imported(file)); got != (counts{10, 0, 0, 3, 7}) {
		t.Errorf("again: %+v", got)
	}
	if _, err := people.New(b.Store).Add(t.Context(), app.Operator, "X", []string{"phone:44107731"}, nil); err == nil {
		t.Error("an imported customer number is given as a phone number")
	}
}

// What became mistakable after the check is left out when it is brought in.
func TestImportRefusesWhatBecameMistakable(t *testing.T) {
	b := newBench(t)
	im := b.checked("name,identifiers\nBob,customer:02079461111;\nCat,username:cat\n")
	if _, err := people.New(b.Store).Add(t.Context(), app.Operator, "Ada", []string{"phone:020 7946 1111"},
		nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.Start(t.Context(), app.Operator, im.ID, im.Digest); err != nil {
		t.Fatal(err)
	}
	im, err := b.svc.Work(t.Context(), im.ID)
	if err != nil || done(im) != (counts{2, 1, 0, 0, 1}) {
		t.Fatalf("%+v %v", done(im), err)
	}
	if got := fmt.Sprint(b.result(im)[1]); !strings.Contains(got, "“customer:02079461111” could be taken") {
		t.Errorf("the result says %s", got)
	}
}

// A row whose new identifier was another person's until lately is left out, at
// the check and when it is brought in, and told by line.
func TestImportStopsAtMoves(t *testing.T) {
	b := newBench(t)
	svc := people.New(b.Store)
	ada, err := svc.Add(t.Context(), app.Operator, "Ada", []string{"ada", "cpf:123.456.789-09", "ada@bank.example"},
		nil)
	if err != nil {
		t.Fatal(err)
	}
	file := "name,identifiers\nBob,username:bob; email:ADA@bank.example\nCat,customer:cat;\nAda,username:ada; cpf:123.456.789-09\n"
	late := b.checked("name,identifiers\nDan,username:dan\n")
	if _, err := svc.Edit(t.Context(), app.Operator, ada.ID, "Ada", []string{"ada"}, nil); err != nil {
		t.Fatal(err)
	}
	im := b.imported(file)
	want := "2: “email:ADA@bank.example” was somebody else’s until lately. Give it in the console or on the command line, where that is agreed to."
	if got := b.faults(im); len(got) != 1 || got[0] != want {
		t.Errorf("faults %q", got)
	}
	if done(im) != (counts{3, 1, 1, 0, 1}) {
		t.Errorf("%+v", done(im))
	}
	// Dan's name becomes somebody else's, and free again, after the check.
	eve, err := svc.Add(t.Context(), app.Operator, "Eve", []string{"eve", "dan"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.ErasePerson(t.Context(), app.Operator, eve.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.Start(t.Context(), app.Operator, late.ID, late.Digest); err != nil {
		t.Fatal(err)
	}
	if late, err = b.svc.Work(t.Context(), late.ID); err != nil || done(late) != (counts{1, 0, 0, 0, 1}) {
		t.Errorf("%+v %v", done(late), err)
	}
}
