package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"assent/app"
	"assent/store"
)

// Whatever changes of a person's identifiers and companies is told to them, by
// one notice a device and in the inbox, by kind.
func TestChangesOfAPersonAreTold(t *testing.T) {
	first, phone := name(app.Username, "first"), name(app.Phone, "02079460018")
	const firm, other = "12345678000195", "11222333000181"
	changed, added := app.NoticeIdentityChanged, app.NoticeIdentifierAdded
	for what, c := range map[string]struct {
		ids       []app.Identifier
		companies []string
		notice    app.Notice // empty: none
		news      []string
	}{
		"as it was": {[]app.Identifier{first, phone}, []string{firm}, "", nil},
		"written otherwise": {[]app.Identifier{first, {Kind: phone.Kind, Value: "020 7946 0018", Norm: phone.Norm}},
			[]string{firm}, "", nil},
		"an identifier removed": {[]app.Identifier{first}, []string{firm}, changed,
			[]string{"identifier.remove phone"}},
		"a phone replaced": {[]app.Identifier{first, name(app.Phone, "02079460099")}, []string{firm}, changed,
			[]string{"identifier.change phone"}},
		"a company added": {[]app.Identifier{first, phone}, []string{firm, other, other}, changed,
			[]string{"company.add "}},
		"a company removed": {[]app.Identifier{first, phone}, nil, changed, []string{"company.remove "}},
		"identifiers added": {[]app.Identifier{first, phone, name(app.Email, "a@b.example"), name(app.Customer, "77")},
			[]string{firm}, added, []string{"identifier.add customer", "identifier.add email"}},
		"all of it at once": {[]app.Identifier{first, name(app.Email, "a@b.example")}, []string{other}, changed,
			[]string{"company.add ", "company.remove ", "identifier.add email", "identifier.remove phone"}},
		"an identifier of a set": {[]app.Identifier{name(app.Username, "second2"), phone}, []string{firm}, changed,
			[]string{"identifier.change username"}},
	} {
		m := newMover(t, phone)
		if _, err := m.EditPerson(t.Context(), app.Operator, m.ada.ID, "Ada", []app.Identifier{first, phone},
			[]string{firm}); err != nil {
			t.Fatal(err)
		}
		m.notices()
		m.Clock.Advance(time.Hour)
		if _, err := m.EditPerson(t.Context(), app.Operator, m.ada.ID, "Ada", c.ids, c.companies); err != nil {
			t.Fatal(err)
		}
		var want []string
		if c.notice != "" {
			want = []string{string(c.notice)}
		}
		if got := m.notices(); !slices.Equal(got[m.ada.ID], want) {
			t.Errorf("%s: notices %v, want %v", what, got[m.ada.ID], want)
		}
		rows, err := m.IdentityNews(t.Context(), m.ada.ID, m.Now().Add(-time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		var news []string
		for _, n := range rows {
			news = append(news, string(n.Change)+" "+string(n.Kind))
		}
		if slices.Sort(news); !slices.Equal(news, c.news) {
			t.Errorf("%s: the inbox has %v, want %v", what, news, c.news)
		}
	}
}

// Changes that come before a notice was sent ring a device once, by the gravest;
// and no number of them hides one from the inbox.
func TestManyChangesRingOnce(t *testing.T) {
	mail, second := name(app.Email, "ada@bank.example"), name(app.Username, "second")
	m := newMover(t)
	set := func(ids ...app.Identifier) {
		t.Helper()
		if err := m.set(m.bob, []store.Allow{store.AllowMove}, append(ids, second)...); err != nil {
			t.Fatal(err)
		}
	}
	set(mail)
	for i := range 20 {
		m.Clock.Advance(time.Second)
		set(mail, name(app.Customer, fmt.Sprint(700+i)))
	}
	if got := m.notices(); len(got) != 1 || !slices.Equal(got[m.bob.ID], []string{string(app.NoticeIdentityChanged)}) {
		t.Errorf("notices: %v", got)
	}
	news, err := m.IdentityNews(t.Context(), m.bob.ID, 0)
	if err != nil ||
		!slices.ContainsFunc(news,
			func(n store.IdentityNews) bool { return n.Change == app.IdentifierAdded && n.Kind == app.Email }) {
		t.Errorf("of what was added first the inbox says nothing: %+v %v", news, err)
	}
	if err := m.set(m.ada, nil, name(app.Username, "first")); err != nil {
		t.Fatal(err)
	}
	set(name(app.Phone, "02079460018"))
	set()
	if err := m.set(m.ada, []store.Allow{store.AllowMove}, name(app.Username, "first"),
		name(app.Phone, "02079460018")); err != nil {
		t.Fatal(err)
	}
	if got := m.notices(); !slices.Equal(got[m.bob.ID], []string{string(app.NoticeIdentifierLost)}) {
		t.Errorf("what was given to somebody else is told as %v", got[m.bob.ID])
	}
}
