package people_test

import (
	"errors"
	"testing"

	"assent/app"
	"assent/app/people"
	"assent/store/storetest"
)

// Identifiers that look alike to a folding that is too eager name two people.
func TestDifferentIdentifiersAreDifferentPeople(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"straße@home.example", "strasse@home.example"},
		{"ada.müller", "ada.muller"},   // a search finds both by either
		{"\ufb01ona", "fiona"},         // the ligature fi
		{"\u017f\u017fmith", "ssmith"}, // the long s
		{"\uff41da", "ada"},            // a full-width a
		{"x\u00b2", "x2"},
		{"F\u0130ONA", "fiona"}, // a capital I with a dot
		{"\u2460", "1"},
		{"customer:stra\u00dfe", "customer:strasse"},
		{"\u0430da", "ada"}, // a Cyrillic a
	} {
		db := storetest.New(t)
		svc := people.New(db.Store)
		chain := people.Chain{people.Directory{Reader: db.Reader}}
		for _, id := range []string{c.a, c.b} {
			p, err := svc.Add(t.Context(), app.Operator, id, []string{id}, nil)
			if err != nil {
				t.Errorf("adding %q beside %q: %v", id, c.a, err)
				continue
			}
			parsed, err := people.Parse(id)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := chain.Resolve(t.Context(), app.Query{Identifier: parsed.Value}); err != nil ||
				got.ID != p.ID {
				t.Errorf("Resolve(%q) = %q, %v; want its own person", parsed.Value, got.Name, err)
			}
		}
	}
}

func TestSameIdentifierWrittenOtherwise(t *testing.T) {
	for _, c := range []struct{ entered, asked string }{
		{"Ada.Quill", " ADA.QUILL "},
		{"Zoë", "ZOE\u0308"},
		{"Gro\u00dfmann", "GRO\u1e9eMANN"}, // the capital ß
		{"ΟΔΟΣ", "οδος"},
		{"phone:+44 20 7946 0018", "+44 (20) 7946-0018"},
		{"phone:+442079460018", "+44.20.7946.0018"},
		{"phone:+33 1 23 45 67 89", "+33123456789"},
		{"phone:1-800-555-0199", "18005550199"},
		{"phone:(11) 98765-4321", "11 98765 4321"},
		{"phone:020\u00a07946\u20110018", "02079460018"},
		{"cpf:123.456.789-09", "12345678909"},
		{"cpf:98765432100", "987.654.321-00"},
	} {
		db := storetest.New(t)
		p, err := people.New(db.Store).Add(t.Context(), app.Operator, "x", []string{c.entered}, nil)
		if err != nil {
			t.Errorf("%q: %v", c.entered, err)
			continue
		}
		got, err := (people.Directory{Reader: db.Reader}).Resolve(t.Context(), app.Query{Identifier: c.asked})
		if err != nil || got.ID != p.ID {
			t.Errorf("%q asked as %q: %v", c.entered, c.asked, err)
		}
	}
}

// Digits with something between them are a phone number or a CPF only when
// they are written as one.
func TestDigitsThatAreNeither(t *testing.T) {
	db := storetest.New(t)
	svc := people.New(db.Store)
	if _, err := svc.Add(t.Context(), app.Operator, "Ada",
		[]string{"phone:12345", "phone:102030", "phone:02079460018", "phone:123456789", "cpf:12345678909"},
		nil); err != nil {
		t.Fatal(err)
	}
	for _, asked := range []string{
		"1-2-3-4-5", "1 2 3 4 5", "1--2345", "-12345", "12345-", "(12345)", "((1)2345", "12345 ext", "10-20-30",
		"020/79460018", "02079460018/", "0207946001-8", "0(2)0(7)946 0018", "020 7946 00 1 8", "12-34-5-67-89",
		"123.456.789/09", "123-456-789-09", "123 456 789 09", "1234567890-9", "12.345.678.909",
		"\uff11\uff12\uff13\uff14\uff15",
	} {
		if p, err := svc.Named(t.Context(), asked); !errors.Is(err, app.ErrUnknownPerson) {
			t.Errorf("%q is %q (%v), want nobody", asked, p.Name, err)
		}
	}
	for _, bad := range []string{"cpf:123.456.789-00", "cpf:12345678919", "cpf:1234567890", "cpf:123456789-09",
		"cpf:020/79460018",
		"phone:020/79460018", "phone:1-2-3-4-5", "phone:+", "phone:1234", "phone:+1234567890123456"} {
		if id, err := people.Parse(bad); !errors.Is(err, app.ErrMalformed) {
			t.Errorf("Parse(%q) = %+v, %v; want malformed", bad, id, err)
		}
	}
}

// A database from before the present rules holds folded forms.
func TestRenormaliseKeepsOldRowsFindable(t *testing.T) {
	db := storetest.New(t)
	old := func(name string, ids ...app.Identifier) app.Person {
		t.Helper()
		p, err := db.AddPerson(t.Context(), app.Operator, name, ids, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	gross := old("Groß", app.Identifier{Kind: app.Username, Value: "Groß", Norm: "gross"},
		app.Identifier{Kind: app.Subject, Value: "Groß", Norm: "Groß"})
	ada := old("Ada", app.Identifier{Kind: app.Username, Value: "Ada", Norm: "ada"},
		app.Identifier{Kind: app.Phone, Value: "+44\u20112079460018", Norm: "+442079460018"})
	for range 2 { // the second time there is nothing to do
		if err := people.Renormalise(t.Context(), db.Store); err != nil {
			t.Fatal(err)
		}
		db.Reopen()
	}
	dir := people.Directory{Reader: db.Reader}
	for asked, want := range map[string]string{
		"groß":          gross.ID,
		"gross":         "",
		"Groß":          gross.ID,
		"ada":           ada.ID,
		"+442079460018": ada.ID,
	} {
		if p, err := dir.Resolve(t.Context(), app.Query{Identifier: asked}); p.ID != want ||
			(want == "") != errors.Is(err, app.ErrUnknownPerson) {
			t.Errorf("Resolve(%q) = %q, %v", asked, p.Name, err)
		}
	}
	if _, err := people.New(db.Store).Add(t.Context(), app.Operator, "Gross", []string{"gross"}, nil); err != nil {
		t.Errorf("the other one can't have their name: %v", err)
	}
}
