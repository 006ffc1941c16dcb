package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

func TestEditPerson(t *testing.T) {
	db := storetest.New(t)
	p := db.MustPerson("alice")
	db.MustPerson("mallory")
	alice := app.Identifier{Kind: app.Username, Value: "alice", Norm: "alice"}
	mail := app.Identifier{Kind: app.Email, Value: "A@x.example", Norm: "a@x.example"}
	edit := func(name string, companies []string, ids ...app.Identifier) (bool, error) {
		return db.EditPerson(t.Context(), app.Operator, p.ID, name, ids, companies)
	}
	if changed, err := edit("alice", nil, alice); changed || err != nil {
		t.Errorf("what is so already: %v, %v", changed, err)
	}
	if changed, err := edit("Alice Long", []string{"12345678000195"}, mail); !changed || err != nil {
		t.Fatalf("%v, %v", changed, err)
	}
	if found, _, err := db.FindPeople(t.Context(), "long", store.Everybody, "", 10); err != nil || len(found) != 1 ||
		len(found[0].Identifiers) != 1 || found[0].Identifiers[0].Value != "A@x.example" {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := db.FindPerson(t.Context(), []app.Identifier{alice}); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("the old user name: %v", err)
	}
	if _, err := edit("Alice Long", nil, mail,
		app.Identifier{Kind: app.Username, Value: "mallory", Norm: "mallory"}); !errors.Is(err,
		app.ErrIdentifierTaken) {
		t.Errorf("somebody else's identifier: %v", err)
	}
	if got, err := db.Companies(t.Context(), p.ID); err != nil || len(got) != 1 {
		t.Errorf("a refused edit changed the companies: %v, %v", got, err)
	}
	if _, err := db.EditPerson(t.Context(), app.Operator, "nobody", "x", nil,
		nil); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("nobody: %v", err)
	}
}

// Erasing leaves nothing of a person in the database but the reference, and
// the receipts of what they approved.
func TestErasePerson(t *testing.T) {
	db := storetest.New(t)
	p, err := db.AddPerson(t.Context(), app.Operator, "Zebedee Quux",
		[]app.Identifier{{Kind: app.Email, Value: "zebedee@quux.example", Norm: "zebedee@quux.example"},
			{Kind: app.CPF, Value: "529.982.247-25", Norm: "52998224725"}}, []string{"98765432000110"})
	if err != nil {
		t.Fatal(err)
	}
	d := db.MustDevice(p)
	if err := db.RenameDevice(t.Context(), storetest.On(d), d.ID, "Zebedee's phone"); err != nil {
		t.Fatal(err)
	}
	approved := db.MustRequest(p)
	if err := db.Shown(t.Context(), storetest.On(d), approved.ID, `{"owner":"Zebedee"}`, "seen",
		"Quux Ltd"); err != nil {
		t.Fatal(err)
	}
	if err := db.Approve(t.Context(), storetest.On(d), approved.ID,
		app.Approval{
			Digest:       "seen",
			Granted:      `{"accounts":["quux-1"]}`,
			Receipt:      "the proof",
			At:           db.Now(),
			CredentialID: d.CredentialID,
		}); err != nil {
		t.Fatal(err)
	}
	waits := db.MustRequest(p)
	if err := db.KeepConsentOwner(t.Context(),
		app.ConsentOwner{
			Connection: "acp",
			ConsentID:  "urn:quux:1",
			CPF:        "52998224725",
			ExpiresAt:  db.Now().Add(time.Hour),
		}); err != nil {
		t.Fatal(err)
	}
	if err := db.PutCeremony(t.Context(),
		store.Ceremony{
			ID:        "c1",
			PersonID:  p.ID,
			Session:   `{"user":"Zebedee"}`,
			ExpiresAt: db.Now().Add(time.Hour),
		}); err != nil {
		t.Fatal(err)
	}
	if err := db.ErasePerson(t.Context(), app.Operator, p.ID); err != nil {
		t.Fatal(err)
	}
	if r, err := db.Request(t.Context(), waits.ID); err != nil || r.State != app.Cancelled ||
		r.Delivery != app.DeliveryWaiting {
		t.Errorf("what waited is %s, delivery %s (%v)", r.State, r.Delivery, err)
	}
	if r, err := db.Request(t.Context(), approved.ID); err != nil || r.Receipt != "the proof" {
		t.Errorf("the receipt: %q (%v)", r.Receipt, err)
	}
	if found, _, err := db.FindPeople(t.Context(), "", store.Everybody, "", 10); err != nil || len(found) != 0 {
		t.Errorf("listed: %+v, %v", found, err)
	}
	if ok, err := db.CanAnswer(t.Context(), p.ID); ok || err != nil {
		t.Errorf("can answer: %v, %v", ok, err)
	}
	if err := db.ErasePerson(t.Context(), app.Operator, p.ID); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("twice: %v", err)
	}
	if _, err := db.Invite(t.Context(), app.Operator, p.ID, "hash",
		db.Now().Add(time.Hour)); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("invited: %v", err)
	}
	if _, err := db.ImportAccounts(t.Context(), app.Operator, func(yield func(store.PersonAccount, error) bool) {
		yield(store.PersonAccount{
			PersonID: p.ID,
			Account: app.Account{
				ID:         "x",
				Kind:       app.AccountBank,
				AccountRef: app.AccountRef{Name: "Zebedee's account"},
			},
		},
			nil)
	}); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("given an account: %v", err)
	}
	if r, err := db.Request(t.Context(), approved.ID); err != nil || r.Granted != "" || r.LoginState == "" {
		t.Errorf("granted %q, which is never sent now; login state %q, which ACP is told (%v)", r.Granted, r.LoginState,
			err)
	}
	r, _, err := db.BeginDelivery(t.Context(), approved.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Delivered(t.Context(), r, app.DeliveryDelivered, ""); err != nil {
		t.Fatal(err)
	}
	if r, err := db.Request(t.Context(), approved.ID); err != nil || r.Granted != "" || r.LoginState != "" {
		t.Errorf("what ACP was told is still there: %q, %q (%v)", r.Granted, r.LoginState, err)
	}
	if err := db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{store.FileName, store.FileName + "-wal"} {
		raw, err := os.ReadFile(filepath.Join(db.Dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, word := range []string{"Zebedee", "zebedee", "Quux", "quux", "98765432000110", "52998224725"} {
			if strings.Contains(string(raw), word) {
				t.Errorf("%s still holds %q", name, word)
			}
		}
	}
}
