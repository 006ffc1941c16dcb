package people_test

import (
	"errors"
	"testing"

	"assent/app"
	"assent/app/people"
	"assent/store/storetest"
)

// Of two people none has an identifier that a hint could mean as well as one of
// the other, whoever came first; one person may have both.
func TestOneHintNeverMeansTwoPeople(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"phone:020 7946 1111", "username:02079461111"},
		{"phone:+5511987654321", "subject:+55 11 98765-4321"},
		{"cpf:123.456.789-09", "subject:12345678909"},
		{"cpf:123.456.789-09", "phone:12345678909"},
		{"phone:44107731", "customer:44107731"},
		{"email:@ada", "username:@ADA"},
		{"username:ada", "customer:Ada"},
		{"username:ada", "subject:Ada"},
		{"customer:77", "subject:77"},
		{"email:ada@bank.example", "subject:Ada@bank.example"},
	} {
		for _, order := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			db := storetest.New(t)
			svc := people.New(db.Store)
			if _, err := svc.Add(t.Context(), app.Operator, "First", []string{order[0]}, nil); err != nil {
				t.Errorf("%q: %v", order[0], err)
				continue
			}
			if _, err := svc.Add(t.Context(), app.Operator, "Second", []string{"second", order[1]},
				nil); !errors.Is(err, app.ErrIdentifierMistaken) {
				t.Errorf("%q beside %q of another: %v", order[1], order[0], err)
			}
			if _, err := svc.Named(t.Context(), "second"); !errors.Is(err, app.ErrUnknownPerson) {
				t.Errorf("the second was added: %v", err)
			}
			other, err := svc.Add(t.Context(), app.Operator, "Other", []string{"other"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := svc.Edit(t.Context(), app.Operator, other.ID, "Other", []string{"other", order[1]},
				nil); !errors.Is(err, app.ErrIdentifierMistaken) {
				t.Errorf("%q beside %q of another, edited: %v", order[1], order[0], err)
			}
			if _, err := people.New(storetest.New(t).Store).Add(t.Context(), app.Operator, "Both", order[:],
				nil); err != nil {
				t.Errorf("%q of one person: %v", order, err)
			}
		}
	}
}

// What looks like a subject or a number and isn't the other's stays allowed.
func TestNeighboursThatNoHintMeansTogether(t *testing.T) {
	db := storetest.New(t)
	svc := people.New(db.Store)
	for i, id := range []string{"subject:Ada", "subject:ada", "username:1234567", "customer:123-4567", "customer:77",
		"customer:12345678900", "phone:+44 77", "email:77@bank.example"} {
		_, err := svc.Add(t.Context(), app.Operator, "X", []string{id}, nil)
		if i < 6 && err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestUserNamesThatPoseAsOtherKinds(t *testing.T) {
	db := storetest.New(t)
	svc := people.New(db.Store)
	for _, id := range []string{"username:ada@bank.example", "customer:Ada@Bank.example", "username:+44 20 7946 0018",
		"customer:+442079460018", "username:12345678909", "customer:123.456.789-09"} {
		var refused *app.IdentifierRefusal
		if _, err := svc.Add(t.Context(), app.Operator, "Ada", []string{"ada", id},
			nil); !errors.Is(err, app.ErrIdentifierPoses) ||
			!errors.As(err, &refused) || refused.As == "" {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := svc.Add(t.Context(), app.Operator, "Ada",
		[]string{"customer:44107731", "customer:12345678900", "username:02079461111"}, nil); err != nil {
		t.Errorf("plain numbers: %v", err)
	}
}

// A person keeps an identifier of before the rules while other things change,
// and the lists have it as long as it is there.
func TestIdentifiersOfBeforeTheRulesAreListedAndKept(t *testing.T) {
	db := storetest.New(t)
	ada, bob := db.MustPerson("ada"), db.MustPerson("bob")
	db.Tamper(`INSERT INTO identifiers (kind, norm, value, person_id) VALUES
		('username', '12345678909', '12345678909', ?1), ('cpf', '12345678909', '123.456.789-09', ?2), ('customer', 'a@b.example', 'a@b.example', ?2),
		('phone', '02079461111', '020 7946 1111', ?1), ('customer', '02079461111', '02079461111', ?2)`, ada.ID, bob.ID)
	db.Tamper(`DELETE FROM meta WHERE key = 'identifier readings'`)
	db.Reopen()
	svc := people.New(db.Store)
	list := func(want int) {
		t.Helper()
		rows, err := db.MistakableIdentifiers(t.Context(), 100)
		n, err2 := db.CountMistakable(t.Context())
		if len(rows) != want || n != want || err != nil || err2 != nil {
			t.Errorf("%d are listed, %d counted (%v, %v), want %d: %+v", len(rows), n, err, err2, want, rows)
		}
	}
	list(4) // two that pose, and two pairs
	if _, err := svc.Named(t.Context(), "12345678909"); !errors.Is(err, app.ErrAmbiguousPerson) {
		t.Errorf("the hint: %v", err)
	}
	if _, err := svc.Edit(t.Context(), app.Operator, bob.ID, "Bob",
		[]string{"bob", "customer:A@b.example", "cpf:12345678909", "customer:02079461111"}, nil); err != nil {
		t.Errorf("another name for Bob: %v", err)
	}
	list(4)
	if _, err := svc.Edit(t.Context(), app.Operator, ada.ID, "Ada", []string{"ada"}, nil); err != nil {
		t.Fatal(err)
	}
	list(1)
	if p, err := svc.Named(t.Context(), "12345678909"); err != nil || p.ID != bob.ID {
		t.Errorf("the hint is %q's, %v", p.Name, err)
	}
	// What was read at start counts as what is added now does.
	if _, err := svc.Edit(t.Context(), app.Operator, ada.ID, "Ada", []string{"ada", "phone:02079461111"},
		nil); !errors.Is(err, app.ErrIdentifierMistaken) {
		t.Errorf("the phone number beside Bob's customer number: %v", err)
	}
	db.Reopen()
	list(1)
}

// A hint is read as the kinds that its connection lists; an operator's words as
// all kinds.
func TestHintsAreReadAsTheirConnectionSays(t *testing.T) {
	db := storetest.New(t)
	svc := people.New(db.Store)
	ada, err := svc.Add(t.Context(), app.Operator, "Ada", []string{"customer:02079461111", "cpf:123.456.789-09"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := people.Directory{
		Reader: db.Reader,
		Hints:  map[string][]app.IdentifierKind{"shop": {app.Customer}, "bank": {app.Phone, app.CPF}, "any": nil},
	}
	for _, c := range []struct {
		connection, hint string
		found            bool
	}{
		{"shop", "02079461111", true}, {"shop", "12345678909", false},
		{"bank", "02079461111", false}, {"bank", "123.456.789-09", true},
		{"any", "02079461111", true}, {"unlisted", "12345678909", true},
	} {
		p, err := dir.Resolve(t.Context(), app.Query{Connection: c.connection, Identifier: c.hint})
		if c.found && p.ID != ada.ID || !c.found && !errors.Is(err, app.ErrUnknownPerson) {
			t.Errorf("%s asks for %q: %q, %v", c.connection, c.hint, p.Name, err)
		}
	}
	for _, name := range []string{"02079461111", "12345678909"} {
		if p, err := svc.Named(t.Context(), name); err != nil || p.ID != ada.ID {
			t.Errorf("an operator asks for %q: %v", name, err)
		}
	}
}
