package consent_test

import (
	"errors"
	"testing"

	"assent/app"
	"assent/app/consent"
	"assent/web/emulator"
)

// Row 26 of the pitfalls, anybody's phone rings by a login_hint that is widely
// known: a client may be limited to the workspaces or people that its connection
// lists. What it isn't let ask is refused, audited, and rings nobody.
func TestPitfall26ClientsAskOnlyWhomTheirConnectionLists(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit map[string]consent.ClientLimit
		want  error
	}{
		{"no limit", nil, nil},
		{"another client's", map[string]consent.ClientLimit{"another": {People: []string{"bob"}}}, nil},
		{"the workspace", map[string]consent.ClientLimit{"": {Workspaces: []string{"bank", "shop"}}}, nil},
		{"another workspace", map[string]consent.ClientLimit{"": {Workspaces: []string{"bank"}}}, app.ErrWrongClient},
		{"the person", map[string]consent.ClientLimit{"": {People: []string{"bob", "alice"}}}, nil},
		{"the person by another identifier", map[string]consent.ClientLimit{"": {People: []string{"alice@quill.example"}}}, nil},
		{"another person", map[string]consent.ClientLimit{"": {People: []string{"bob"}}}, app.ErrWrongClient},
		{"nobody who is known", map[string]consent.ClientLimit{"": {People: []string{"carol"}}}, app.ErrWrongClient},
		{"the person in another workspace", map[string]consent.ClientLimit{"": {People: []string{"alice"}, Workspaces: []string{"bank"}}}, app.ErrWrongClient},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.MustPerson("bob")
			ids := []app.Identifier{{Kind: app.Username, Value: "alice", Norm: "alice"}, {Kind: app.Email, Value: "alice@quill.example", Norm: "alice@quill.example"}}
			if _, err := w.EditPerson(t.Context(), app.Operator, w.alice.ID, "alice", ids, nil); err != nil {
				t.Fatal(err)
			}
			s := w.acp.Begin(emulator.Ask{Hint: "alice", Scopes: []string{"openid"}, BindingMessage: "K7-PLUM"})
			in := input(s)
			limits := map[string]consent.ClientLimit{}
			for id, limit := range c.limit {
				if id == "" {
					id = in.ClientID
				}
				limits[id] = limit
			}
			w.config.Connections[0].Clients = limits
			w.config.Connections[0].Workspaces["bank"] = "regular"
			w.svc = consent.New(w.config)
			if err := w.svc.Start(t.Context(), acpActor, "acp", in); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			_, err := w.RequestByLogin(t.Context(), "demo", s.ID)
			if stored := err == nil; stored != (c.want == nil) {
				t.Errorf("it is stored: %v", stored)
			}
			rows, err := w.AuditOf(t.Context(), "request.refuse", 5)
			if err != nil || (len(rows) == 1) != (c.want != nil) {
				t.Errorf("%d refusals in the audit (%v)", len(rows), err)
			}
		})
	}
}
