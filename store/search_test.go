package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

func names(found []store.Found) string {
	var out []string
	for _, f := range found {
		out = append(out, f.Name)
	}
	return strings.Join(out, ", ")
}

func TestFindPeople(t *testing.T) {
	db := storetest.New(t)
	people := map[string]app.Person{}
	for i, name := range []string{"Ada Quill", "Bruno Reis", "José Álvares", "Ana Álvares Quill", "Zoë de la Cruz",
		"李 小龙", "Ben Gone", "—", "Łucja O’Néill"} {
		email := fmt.Sprintf("p%d@example.com", i)
		p, err := db.AddPerson(t.Context(), app.Operator, name,
			[]app.Identifier{{Kind: app.Email, Value: email, Norm: email}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		people[name] = p
	}
	ada := db.MustDevice(people["Ada Quill"])
	db.MustDevice(people["Bruno Reis"])
	if err := db.Subscribe(t.Context(), storetest.On(ada),
		app.Subscription{DeviceID: ada.ID, Endpoint: "https://push.example/1", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := db.NoticeOpened(t.Context(), storetest.On(ada), ""); err != nil {
		t.Fatal(err)
	}
	if err := db.SetPersonState(t.Context(), app.Operator, people["Ben Gone"].ID, app.PersonSuspended); err != nil {
		t.Fatal(err)
	}
	if err := db.Pause(t.Context(), app.Operator, people["Zoë de la Cruz"].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Invite(t.Context(), app.Operator, people["José Álvares"].ID, "hash",
		db.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	db.Reopen() // what is found was kept, not remembered
	for _, c := range []struct {
		text  string
		which store.Which
		want  string
	}{
		{"", store.Everybody,
			"Ada Quill, Ana Álvares Quill, Ben Gone, Bruno Reis, José Álvares, Łucja O’Néill, Zoë de la Cruz, —, 李 小龙"},
		{"alv", store.Everybody, "Ana Álvares Quill, José Álvares"},
		{"ÁLVARES", store.Everybody, "Ana Álvares Quill, José Álvares"},
		{"quill a", store.Everybody, "Ada Quill, Ana Álvares Quill"},
		{"quill ana", store.Everybody, "Ana Álvares Quill"},
		{"zoe", store.Everybody, "Zoë de la Cruz"},
		{"lucja", store.Everybody, "Łucja O’Néill"},
		{"O'NEILL", store.Everybody, "Łucja O’Néill"},
		{"oneill", store.Everybody, "Łucja O’Néill"},
		{"neill", store.Everybody, "Łucja O’Néill"},
		{"小", store.Everybody, "李 小龙"},
		{"nobody", store.Everybody, ""},
		{"%", store.Everybody, ""},
		{"", store.Enrolled, "Ada Quill, Bruno Reis"},
		{"", store.Unheard, "Bruno Reis"},
		{"", store.Bare, "Ana Álvares Quill, Ben Gone, José Álvares, Łucja O’Néill, Zoë de la Cruz, —, 李 小龙"},
		{"", store.Invited, "José Álvares"},
		{"", store.Suspended, "Ben Gone"},
		{"", store.Paused, "Zoë de la Cruz"},
		{"b", store.Unheard, "Bruno Reis"},
	} {
		for _, limit := range []int{1, 3, 100} {
			var got []store.Found
			after := ""
			for range 20 {
				page, next, err := db.FindPeople(t.Context(), c.text, c.which, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				if got = append(got, page...); next == "" {
					break
				}
				after = next
			}
			if names(got) != c.want {
				t.Errorf("%q %s by %d: %s, want %s", c.text, c.which, limit, names(got), c.want)
			}
		}
	}
	if found, err := db.PeopleByIdentifier(t.Context(), []string{"p1@", "p0@example.com", "p1@e"}, store.Everybody,
		10); err != nil ||
		names(found) != "Bruno Reis, Ada Quill" ||
		!slices.Equal(found[0].Identifiers, store.Identifiers{{Kind: app.Email, Value: "p1@example.com"}}) {
		t.Errorf("by identifier: %+v, %v", found, err)
	}
	whole := func(kind app.IdentifierKind, norm string) app.Identifier {
		return app.Identifier{Kind: kind, Norm: norm}
	}
	for _, c := range []struct {
		ids  []app.Identifier
		want string
	}{
		{[]app.Identifier{whole(app.Email, "p1@example.com"), whole(app.Email, "p0@example.com"),
			whole(app.Email, "p1@example.com")},
			"Bruno Reis, Ada Quill"},
		{[]app.Identifier{whole(app.Email, "p1@example.co"), whole(app.Username, "p1@example.com")}, ""},
		{nil, ""},
	} {
		if found, err := db.PeopleWith(t.Context(), c.ids, store.Everybody); err != nil || names(found) != c.want {
			t.Errorf("with %v: %s (%v), want %q", c.ids, names(found), err, c.want)
		}
	}
	if found, err := db.PeopleWith(t.Context(), []app.Identifier{whole(app.Email, "p1@example.com")},
		store.Suspended); err != nil ||
		len(found) != 0 {
		t.Errorf("with an identifier, of the suspended: %s (%v)", names(found), err)
	}
	if _, _, err := db.FindPeople(t.Context(), "", store.Everybody, "%%", 10); app.KindOf(err) != app.Invalid {
		t.Errorf("a place that is none: %v", err)
	}
}

// A person's standing follows their devices, passkeys and subscriptions, and
// what it is invited by runs out.
func TestStanding(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	is := func(when string, want app.Standing, which ...store.Which) {
		t.Helper()
		for _, w := range []store.Which{store.Enrolled, store.Unheard, store.Bare, store.Invited} {
			found, _, err := db.FindPeople(t.Context(), "", w, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			if (len(found) == 1) != slices.Contains(which, w) {
				t.Errorf("%s: among the %s are %d", when, w, len(found))
			}
			if len(found) == 1 && found[0].Standing != want {
				t.Errorf("%s: standing %s, want %s", when, found[0].Standing, want)
			}
		}
	}
	is("at first", app.StandingBare, store.Bare)
	if _, err := db.Invite(t.Context(), app.Operator, p.ID, "hash", db.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	is("invited", app.StandingBare, store.Bare, store.Invited)
	db.Clock.Advance(time.Hour)
	is("an hour later", app.StandingBare, store.Bare)
	d := db.MustDevice(p)
	is("enrolled", app.StandingUnheard, store.Enrolled, store.Unheard)
	sub := app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/1", P256DH: "p", Auth: "a"}
	if err := db.Subscribe(t.Context(), storetest.On(d), sub); err != nil {
		t.Fatal(err)
	}
	is("subscribed", app.StandingUnheard, store.Enrolled, store.Unheard)
	if err := db.NoticeOpened(t.Context(), storetest.On(d), ""); err != nil {
		t.Fatal(err)
	}
	is("a notice was opened", app.StandingReady, store.Enrolled)
	if err := db.SignOut(t.Context(), storetest.On(d), d.ID); err != nil {
		t.Fatal(err)
	}
	is("signed out", app.StandingUnheard, store.Enrolled, store.Unheard)
	if err := db.SetDeviceState(t.Context(), app.Operator, d.ID, app.DeviceSuspended); err != nil {
		t.Fatal(err)
	}
	is("suspended", app.StandingBare, store.Bare)
	if err := db.SetDeviceState(t.Context(), app.Operator, d.ID, app.DeviceActive); err != nil {
		t.Fatal(err)
	}
	if err := db.DisownDevice(t.Context(), app.Operator, p.ID, d.ID); err != nil {
		t.Fatal(err)
	}
	is("disowned", app.StandingBare, store.Bare)
}

// Each list is read off an index of its own, in its order.
func TestListsAreReadOffIndexes(t *testing.T) {
	db := storetest.New(t)
	for _, c := range []struct {
		text  string
		which store.Which
		index string
	}{
		{"", store.Everybody, "persons_sort"}, {"", store.Enrolled, "persons_enrolled"},
		{"", store.Unheard, "persons_deaf"}, {"", store.Bare, "persons_bare"},
		{"", store.Invited, "persons_invited"}, {"", store.Suspended, "persons_suspended"},
		{"", store.Paused, "persons_paused"},
		{"quill ada", store.Everybody, "PRIMARY KEY (word"}, {"quill", store.Suspended, "PRIMARY KEY (word"},
	} {
		plan, err := store.PeoplePlan(t.Context(), db.Reader, c.text, c.which)
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "\n"); !strings.Contains(plan[0], c.index) ||
			strings.Contains(text, "ORDER BY") || strings.Contains(text, "SCAN") {
			t.Errorf("%q %s:\n%s", c.text, c.which, text)
		}
	}
}

// Names of many words are found by each; and whom a filter leaves out doesn't
// take the place of others.
func TestFindPeopleAmongMany(t *testing.T) {
	db := storetest.New(t)
	long, err := db.AddPerson(t.Context(), app.Operator,
		"Pedro de Alcântara Francisco Antônio João Carlos Xavier de Paula Miguel Rafael Joaquim José Zeferino", nil,
		nil)
	if err != nil {
		t.Fatal(err)
	}
	for word := range strings.FieldsSeq(long.Name) {
		if found, _, err := db.FindPeople(t.Context(), word, store.Everybody, "", 9); err != nil ||
			names(found) != long.Name {
			t.Errorf("%s finds %q (%v)", word, names(found), err)
		}
	}
	var last app.Person
	for i := range 9 {
		norm := fmt.Sprintf("user%d", i)
		if last, err = db.AddPerson(t.Context(), app.Operator, norm,
			[]app.Identifier{{Kind: app.Username, Value: norm, Norm: norm}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.SetPersonState(t.Context(), app.Operator, last.ID, app.PersonSuspended); err != nil {
		t.Fatal(err)
	}
	if found, err := db.PeopleByIdentifier(t.Context(), []string{"user"}, store.Suspended, 3); err != nil ||
		names(found) != "user8" {
		t.Errorf("suspended: %q (%v)", names(found), err)
	}
	if found, err := db.PeopleByIdentifier(t.Context(), []string{"user"}, store.Everybody, 3); err != nil ||
		names(found) != "user0, user1, user2" {
		t.Errorf("everybody: %q (%v)", names(found), err)
	}
}
