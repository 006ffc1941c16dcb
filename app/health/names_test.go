package health_test

import (
	"log/slog"
	"testing"

	"assent/app"
	"assent/app/acp/condition"
	"assent/app/health"
	"assent/app/people"
)

// A connection that reads a hint as a customer number and as a phone number is
// told, and is worth a look where people have such customer numbers.
func TestHintsThatCanBeTwoThings(t *testing.T) {
	w := newWorld(t, nil)
	look := func(kinds ...app.IdentifierKind) (hints, names *health.Result) {
		t.Helper()
		svc := health.New(health.Config{Store: w.Store, Dir: w.dir, Log: slog.New(slog.DiscardHandler),
			Connections: []health.Connection{{
				Name:   "bank",
				Server: condition.Of{Name: "bank", Client: w.client},
				Hints:  kinds,
			}}})
		found, _ := svc.Look(t.Context())
		for i, r := range found {
			switch r.Part {
			case health.Hints:
				hints = &found[i]
			case health.Names:
				names = &found[i]
			}
		}
		return hints, names
	}
	if r, names := look(app.Phone, app.Customer); r == nil || r.State != health.OK || r.Name != "bank" || names != nil {
		t.Errorf("both kinds and no people: %+v, %+v", r, names)
	}
	svc := people.New(w.Store)
	ada, err := svc.Add(t.Context(), app.Operator, "Ada", []string{"customer:44107731"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := look(app.Phone, app.Customer); r == nil || r.State != health.Warn || r.Do.Key == "" {
		t.Errorf("both kinds and a customer number like a phone number: %+v", r)
	}
	for _, kinds := range [][]app.IdentifierKind{{app.Customer, app.CPF}, {app.Phone}} {
		if r, _ := look(kinds...); r != nil {
			t.Errorf("%v: %+v", kinds, r)
		}
	}
	w.Tamper(`INSERT INTO identifiers (kind, norm, value, person_id)
		VALUES ('username', '12345678909', '12345678909', ?)`,
		ada.ID)
	w.Tamper(`DELETE FROM meta WHERE key = 'identifier readings'`)
	w.Reopen()
	if _, r := look(app.Customer); r == nil || r.State != health.Warn || r.Says.N != 1 {
		t.Errorf("an identifier of before: %+v", r)
	}
}
