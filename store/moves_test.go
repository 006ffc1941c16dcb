package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

func name(kind app.IdentifierKind, value string) app.Identifier {
	return app.Identifier{Kind: kind, Value: value, Norm: value}
}

// mover has two people with a device each, and the first one's identifiers.
type mover struct {
	*storetest.DB
	ada, bob app.Person
}

func newMover(t *testing.T, ids ...app.Identifier) *mover {
	t.Helper()
	m := &mover{DB: storetest.New(t)}
	var err error
	if m.ada, err = m.AddPerson(t.Context(), app.Operator, "Ada", append(ids, name(app.Username, "first")),
		nil); err != nil {
		t.Fatal(err)
	}
	m.bob = m.MustPerson("second")
	for _, p := range []app.Person{m.ada, m.bob} {
		d := m.MustDevice(p)
		if err := m.Subscribe(t.Context(), storetest.On(d),
			app.Subscription{
				DeviceID: d.ID,
				Endpoint: "https://push.example/" + d.ID,
				P256DH:   "x",
				Auth:     "x",
			}); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *mover) set(p app.Person, allow []store.Allow, ids ...app.Identifier) error {
	m.T.Helper()
	_, err := m.EditPerson(m.T.Context(), app.Operator, p.ID, p.Name, ids, nil, allow...)
	return err
}

func (m *mover) names(p app.Person, id app.Identifier) bool {
	m.T.Helper()
	got, err := m.FindPerson(m.T.Context(), []app.Identifier{id})
	if err != nil && !errors.Is(err, app.ErrUnknownPerson) {
		m.T.Fatal(err)
	}
	return got.ID == p.ID
}

// notices are those that were not sent yet, by person.
func (m *mover) notices() map[string][]string {
	m.T.Helper()
	out := map[string][]string{}
	for {
		j, ok, _, err := m.LeaseJob(m.T.Context(), app.JobPush, 1000*time.Hour)
		if err != nil {
			m.T.Fatal(err)
		}
		if !ok {
			return out
		}
		d, err := m.Device(m.T.Context(), j.DeviceID)
		if err != nil {
			m.T.Fatal(err)
		}
		out[d.PersonID] = append(out[d.PersonID], j.Payload)
	}
}

// An identifier that was taken from one person and is given to another soon
// after is refused unless that is agreed to; then both are told, and it names
// nobody until the wait is over: with or without the sweep.
func TestMoveOfAnIdentifier(t *testing.T) {
	mail, first, second := name(app.Email,
		"ada@bank.example"), name(app.Username, "first"), name(app.Username, "second")
	for _, swept := range []bool{false, true} {
		m := newMover(t, mail)
		if err := m.set(m.ada, nil, first); err != nil {
			t.Fatal(err)
		}
		if got := m.notices(); len(got) != 1 ||
			!slices.Equal(got[m.ada.ID], []string{string(app.NoticeIdentityChanged)}) {
			t.Errorf("notices of what was taken away: %v", got)
		}
		m.Clock.Advance(71 * time.Hour)
		if err := m.set(m.bob, nil, second, mail); !errors.Is(err, app.ErrIdentifierMoves) {
			t.Fatalf("a move that nobody agreed to: %v", err)
		}
		if got := m.notices(); len(got) != 0 {
			t.Errorf("notices of what was refused: %v", got)
		}
		if err := m.set(m.bob, []store.Allow{store.AllowMove}, second, mail); err != nil {
			t.Fatal(err)
		}
		got := m.notices()
		if !slices.Equal(got[m.ada.ID], []string{string(app.NoticeIdentifierLost)}) ||
			!slices.Equal(got[m.bob.ID], []string{string(app.NoticeIdentifierAdded)}) {
			t.Errorf("notices: %v", got)
		}
		news, err := m.IdentityNews(t.Context(), m.ada.ID, 0)
		if err != nil || len(news) != 2 || news[0].Change != app.IdentifierLost || news[0].Kind != app.Email ||
			news[1].Change != app.IdentifierRemoved {
			t.Errorf("Ada's page: %+v %v", news, err)
		}
		if news, err = m.IdentityNews(t.Context(), m.bob.ID, 0); err != nil || len(news) != 1 ||
			news[0].Until != m.Now().Add(store.DefaultIdentifierWait) {
			t.Errorf("Bob's page: %+v %v", news, err)
		}
		for _, wait := range []time.Duration{0, 72*time.Hour - time.Second} {
			m.Clock.Advance(wait)
			if swept {
				if err := m.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if m.names(m.bob, mail) || m.names(m.ada, mail) {
				t.Errorf("after %v it names somebody", wait)
			}
			if ids, err := m.Identifiers(t.Context(), m.bob.ID); err != nil || slices.ContainsFunc(ids, mail.Same) {
				t.Errorf("it counts as Bob's: %v %v", ids, err)
			}
			if _, err := m.AddPerson(t.Context(), app.Operator, "X", []app.Identifier{mail}, nil,
				store.AllowMove); !errors.Is(err, app.ErrIdentifierTaken) {
				t.Errorf("given to a third: %v", err)
			}
		}
		m.Clock.Advance(time.Second)
		if swept {
			if err := m.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			m.Clock.Advance(-time.Hour) // what time ended stays ended
		}
		if !m.names(m.bob, mail) {
			t.Errorf("swept %v: after the wait it doesn't name Bob", swept)
		}
		moves, err := m.IdentifierMoves(t.Context(), 0, 10)
		if err != nil || len(moves) != 1 || moves[0].From != m.ada.ID || moves[0].To != m.bob.ID ||
			(moves[0].EndedAt != 0) != swept {
			t.Errorf("the moves: %+v %v", moves, err)
		}
		for _, action := range []string{"identifier.move_from", "identifier.move_to"} {
			if rows, err := m.AuditOf(t.Context(), action, 5); err != nil || len(rows) != 1 {
				t.Errorf("%s: %v %v", action, rows, err)
			}
		}
	}
}

// Every way to hand a name on is a move: erasing who had it, as another kind,
// written otherwise, while they are suspended, to a new person.
func TestEveryWayToMove(t *testing.T) {
	for what, c := range map[string]struct {
		had, given app.Identifier
		release    func(*mover) error
	}{
		"erased": {name(app.Email, "a@b.example"), name(app.Email, "a@b.example"),
			func(m *mover) error { return m.ErasePerson(m.T.Context(), app.Operator, m.ada.ID) }},
		"suspended": {name(app.CPF, "12345678909"), name(app.CPF, "12345678909"), func(m *mover) error {
			return errors.Join(m.SetPersonState(m.T.Context(), app.Operator, m.ada.ID, app.PersonSuspended),
				m.set(m.ada, nil, name(app.Username, "first")))
		}},
		"as another kind":     {name(app.Username, "ada"), name(app.Customer, "ada"), nil},
		"a number as phone":   {name(app.Customer, "44107731"), name(app.Phone, "44107731"), nil},
		"a phone as number":   {name(app.Phone, "02079461111"), name(app.Username, "020 7946 1111"), nil},
		"a subject's letters": {name(app.Subject, "Ada"), name(app.Username, "ada"), nil},
	} {
		m := newMover(t, c.had)
		if c.release == nil {
			c.release = func(m *mover) error { return m.set(m.ada, nil, name(app.Username, "first")) }
		}
		if err := c.release(m); err != nil {
			t.Fatal(err)
		}
		if err := m.set(m.bob, nil, name(app.Username, "second"), c.given); !errors.Is(err, app.ErrIdentifierMoves) {
			t.Errorf("%s: given to Bob: %v", what, err)
		}
		if _, err := m.AddPerson(t.Context(), app.Operator, "New", []app.Identifier{c.given},
			nil); !errors.Is(err, app.ErrIdentifierMoves) {
			t.Errorf("%s: given to a new person: %v", what, err)
		}
		m.Clock.Advance(72 * time.Hour)
		if err := m.set(m.bob, nil, name(app.Username, "second"), c.given); err != nil || !m.names(m.bob, c.given) {
			t.Errorf("%s: after the wait: %v", what, err)
		}
	}
}

// Back to who had it there is no wait, also where somebody else's move waited
// meanwhile; who only waited for it never had it.
func TestIdentifierGoesBackAtOnce(t *testing.T) {
	mail, first, second := name(app.Email,
		"ada@bank.example"), name(app.Username, "first"), name(app.Username, "second")
	m := newMover(t, mail)
	move := []store.Allow{store.AllowMove}
	for range 2 {
		if err := errors.Join(m.set(m.ada, nil, first), m.set(m.bob, move, second, mail)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(m.set(m.bob, nil, second), m.set(m.ada, nil, first, mail)); err != nil ||
			!m.names(m.ada, mail) {
			t.Fatalf("back to Ada: %v", err)
		}
	}
	if moves, err := m.IdentifierMoves(t.Context(), 0, 10); err != nil || len(moves) != 2 || moves[0].EndedAt == 0 ||
		moves[0].EndedAt >= moves[0].EndsAt {
		t.Errorf("the moves: %+v %v", moves, err)
	}
}

// Released identifiers are kept as keyed hashes alone.
func TestReleasedIdentifiersAreHashes(t *testing.T) {
	m := newMover(t, name(app.Email, "ada@bank.example"))
	if err := m.ErasePerson(t.Context(), app.Operator, m.ada.ID); err != nil {
		t.Fatal(err)
	}
	if hashes := store.ReleasedHashes(m.Store); len(hashes) < 2 ||
		slices.ContainsFunc(hashes, func(h string) bool { return len(h) != 64 }) {
		t.Errorf("kept are %q", hashes)
	}
	m.Clock.Advance(40 * 24 * time.Hour)
	if err := m.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if hashes := store.ReleasedHashes(m.Store); len(hashes) != 0 {
		t.Errorf("after a month %d are left", len(hashes))
	}
}

// A person who has devices is told of another identifier, one without isn't.
func TestAddedIdentifiersAreTold(t *testing.T) {
	m := newMover(t)
	phone := name(app.Phone, "02079461111")
	if err := m.set(m.bob, nil, name(app.Username, "second"), phone); err != nil {
		t.Fatal(err)
	}
	if got := m.notices(); len(got) != 1 || !slices.Equal(got[m.bob.ID], []string{string(app.NoticeIdentifierAdded)}) {
		t.Errorf("notices: %v", got)
	}
	if news, err := m.IdentityNews(t.Context(), m.bob.ID, 0); err != nil || len(news) != 1 ||
		news[0].Change != app.IdentifierAdded || news[0].Until != 0 {
		t.Errorf("Bob's page: %+v %v", news, err)
	}
	carl := m.MustPerson("carl")
	if err := m.set(carl, nil, name(app.Username, "carl"), name(app.Customer, "77")); err != nil {
		t.Fatal(err)
	}
	if got := m.notices(); len(got) != 0 {
		t.Errorf("notices for somebody without a device: %v", got)
	}
}
