package people_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/app/people"
	"assent/store/storetest"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		kind app.IdentifierKind
		norm string
		bad  bool
	}{
		{in: "Ada.Quill", kind: app.Username, norm: "ada.quill"},
		{in: "username:ada@home", kind: app.Username, norm: "ada@home"},
		{in: "Ada@Example.COM", kind: app.Email, norm: "ada@example.com"},
		{in: "+44 (20) 7946-0018", kind: app.Phone, norm: "+442079460018"},
		{in: "phone:020 7946 0018", kind: app.Phone, norm: "02079460018"},
		{in: "subject:AbC", kind: app.Subject, norm: "AbC"},
		{in: "cpf:123.456.789-09", kind: app.CPF, norm: "12345678909"},
		{in: "customer:C-001", kind: app.Customer, norm: "c-001"},
		{in: "urn:bank:C1", kind: app.Username, norm: "urn:bank:c1"},
		{in: "Cafe\u0301", kind: app.Username, norm: "caf\u00e9"},
		{in: "STRASSE", kind: app.Username, norm: "strasse"},
		{in: "Straße", kind: app.Username, norm: "straße"},
		{in: "cpf:123", bad: true},
		{in: "email:ada", bad: true},
		{in: "phone:call me", bad: true},
		{in: " ", bad: true},
	} {
		got, err := people.Parse(c.in)
		if (err != nil) != c.bad || got.Kind != c.kind || got.Norm != c.norm {
			t.Errorf("Parse(%q) = %s %q, %v; want %s %q, bad %v", c.in, got.Kind, got.Norm, err, c.kind, c.norm, c.bad)
		}
	}
}

func TestResolve(t *testing.T) {
	db := storetest.New(t)
	svc := people.New(db.Store)
	add := func(name string, ids ...string) app.Person {
		t.Helper()
		p, err := svc.Add(t.Context(), app.Operator, name, ids, []string{"12.ABC.345/01DE-35"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	ada := add("Ada Quill", "ada.quill", "ada@example.com", "+44 20 7946 0018", "subject:Sub-1", "cpf:123.456.789-09",
		"customer:77")
	bob := add("Bob", "bob", "username:02079461111")
	cat := add("Cat", "cat")
	// As it could stand in a database of before such were refused.
	db.Tamper(`INSERT INTO identifiers (kind, norm, value, person_id)
		VALUES ('phone', '02079461111', '020 7946 1111', ?)`,
		cat.ID)
	chain := people.Chain{people.Directory{Reader: db.Reader}}
	for _, c := range []struct {
		in   string
		want string
		err  error
	}{
		{"ADA.QUILL", ada.ID, nil},
		{"ada@EXAMPLE.com", ada.ID, nil},
		{"+44-20-7946-0018", ada.ID, nil},
		{"Sub-1", ada.ID, nil},
		{"sub-1", "", app.ErrUnknownPerson},
		{"12345678909", ada.ID, nil},
		{"123.456.789-09", ada.ID, nil},
		{"77", ada.ID, nil},
		{"bob", bob.ID, nil},
		{"02079461111", "", app.ErrAmbiguousPerson},
		{"nobody", "", app.ErrUnknownPerson},
		{"' OR 1=1 --", "", app.ErrUnknownPerson},
	} {
		p, err := chain.Resolve(t.Context(), app.Query{Identifier: c.in})
		if p.ID != c.want || !errors.Is(err, c.err) {
			t.Errorf("Resolve(%q) = %q, %v; want %q, %v", c.in, p.ID, err, c.want, c.err)
		}
	}
	if _, err := svc.Add(t.Context(), app.Operator, "Copy", []string{"ADA@example.com"},
		nil); !errors.Is(err, app.ErrIdentifierTaken) {
		t.Errorf("an identifier twice: %v, want ErrIdentifierTaken", err)
	}
	if _, err := svc.Add(t.Context(), app.Operator, "Firm", []string{"firm"},
		[]string{"12.345"}); !errors.Is(err, app.ErrMalformed) {
		t.Errorf("a CNPJ that is none: %v, want ErrMalformed", err)
	}
	if _, err := svc.Add(t.Context(), app.Operator, "No ids", nil, nil); !errors.Is(err, app.ErrMalformed) {
		t.Errorf("nobody could name this person: %v, want ErrMalformed", err)
	}
}

type down struct{}

func (down) Resolve(context.Context, app.Query) (app.Person, error) {
	return app.Person{}, app.ErrACPUnreachable
}

func TestChainStopsAtAnError(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dir := people.Directory{Reader: db.Reader}
	if _, err := (people.Chain{down{}, dir}).Resolve(t.Context(),
		app.Query{Identifier: "alice"}); !errors.Is(err, app.ErrACPUnreachable) {
		t.Errorf("got %v, want the first resolver's error", err)
	}
	if p, err := (people.Chain{dir, down{}}).Resolve(t.Context(), app.Query{Identifier: "alice"}); err != nil ||
		p.ID != alice.ID {
		t.Errorf("got %v, %v, want alice", p, err)
	}
}

func TestInviteKeepsOnlyTheHash(t *testing.T) {
	db := storetest.New(t)
	svc := people.New(db.Store)
	alice := db.MustPerson("alice")
	p, token, err := svc.Invite(t.Context(), app.Operator, "alice", time.Hour)
	if err != nil || p.ID != alice.ID {
		t.Fatal(p, err)
	}
	inv, err := db.Invitation(t.Context(), app.TokenHash(token))
	if err != nil || inv.PersonID != alice.ID || inv.Check(db.Now()) != nil {
		t.Errorf("invitation by hash: %+v, %v", inv, err)
	}
	if _, err := db.Invitation(t.Context(), token); !errors.Is(err, app.ErrInvitation) {
		t.Errorf("the token itself is stored: %v", err)
	}
	if err := db.SetPersonState(t.Context(), app.Operator, alice.ID, app.PersonSuspended); err != nil {
		t.Fatal(err)
	}
	if _, _, err := svc.Invite(t.Context(), app.Operator, "alice", time.Hour); !errors.Is(err, app.ErrSuspended) {
		t.Errorf("inviting a suspended person: %v, want ErrSuspended", err)
	}
}
