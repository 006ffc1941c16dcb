package importer_test

import (
	"slices"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// A person with devices is told of what a file adds to them, by one notice
// however much it is and however many files there are before it is sent; a
// person without devices, and one of whom nothing changes, isn't.
func TestAnImportTellsPeopleOnce(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"ada", "bob", "cat"} {
		p := b.MustPerson(name)
		if name == "cat" {
			continue
		}
		d := b.MustDevice(p)
		sub := app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/" + d.ID, P256DH: "x", Auth: "x"}
		if err := b.Subscribe(t.Context(), storetest.On(d), sub); err != nil {
			t.Fatal(err)
		}
	}
	const columns = "name,identifiers,companies\n"
	b.imported(columns +
		"ada,username:ada; email:ada@quill.example; customer:77,12.345.678/0001-95\nbob,username:bob,\ncat,username:cat; customer:78,\n")
	b.imported(columns + "ada,username:ada; phone:+442079460018,\n")
	var got []string
	for {
		j, ok, _, err := b.LeaseJob(t.Context(), app.JobPush, 1000*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		d, err := b.Device(t.Context(), j.DeviceID)
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.Person(t.Context(), d.PersonID)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Name+" "+j.Payload)
	}
	if want := []string{"ada " + string(app.NoticeIdentityChanged)}; !slices.Equal(got, want) {
		t.Errorf("notices %q, want %q", got, want)
	}
	ada, err := b.FindPerson(t.Context(), []app.Identifier{{Kind: app.Username, Norm: "ada"}})
	if err != nil {
		t.Fatal(err)
	}
	news, err := b.IdentityNews(t.Context(), ada.ID, 0)
	if err != nil || len(news) != 4 ||
		!slices.ContainsFunc(news, func(n store.IdentityNews) bool { return n.Change == app.CompanyAdded }) {
		t.Errorf("the inbox has %+v (%v)", news, err)
	}
}
