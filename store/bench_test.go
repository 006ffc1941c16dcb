package store_test

import (
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// What ACP waits for: finding a person and telling whether they can answer.
func BenchmarkVerify(b *testing.B) {
	db := storetest.New(b)
	db.MustDevice(db.MustPerson("alice"))
	for b.Loop() {
		p, err := db.FindPerson(b.Context(), []app.Identifier{{Kind: app.Username, Norm: "alice"}, {Kind: app.Subject, Norm: "alice"}})
		if err != nil {
			b.Fatal(err)
		}
		if ok, err := db.CanAnswer(b.Context(), p.ID); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}

// Storing a start durably, with its audit row.
func BenchmarkStart(b *testing.B) {
	db := storetest.New(b)
	p := db.MustPerson("alice")
	for b.Loop() {
		if _, _, err := db.StartRequest(b.Context(), app.System, storetest.Request(p, db.Now().Add(time.Hour)), store.Fatigue{Notices: 5, Window: time.Hour}, true); err != nil {
			b.Fatal(err)
		}
	}
}
