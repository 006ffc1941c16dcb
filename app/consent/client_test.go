package consent_test

import (
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/app/consent"
	"assent/store"
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
		{"the person by another identifier",
			map[string]consent.ClientLimit{"": {People: []string{"alice@quill.example"}}}, nil},
		{"another person", map[string]consent.ClientLimit{"": {People: []string{"bob"}}}, app.ErrWrongClient},
		{"nobody who is known", map[string]consent.ClientLimit{"": {People: []string{"carol"}}}, app.ErrWrongClient},
		{"the person in another workspace",
			map[string]consent.ClientLimit{"": {People: []string{"alice"}, Workspaces: []string{"bank"}}},
			app.ErrWrongClient},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.MustPerson("bob")
			ids := []app.Identifier{{Kind: app.Username, Value: "alice", Norm: "alice"},
				{Kind: app.Email, Value: "alice@quill.example", Norm: "alice@quill.example"}}
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

// A refused start is counted each time; the first of an hour, of each kind and
// connection, is a row of the audit.
func TestRefusedStartsDoNotFillTheAudit(t *testing.T) {
	w := newWorld(t)
	w.config.Connections[0].Clients = map[string]consent.ClientLimit{"till": {People: []string{"bob"}}}
	w.svc = consent.New(w.config)
	try := func(tenant, workspace string, want error) {
		t.Helper()
		in := consent.Start{
			TenantID:       tenant,
			ServerID:       workspace,
			LoginID:        app.NewID(),
			LoginState:     "s",
			UserIdentifier: "alice",
			ClientID:       "till",
			Payload:        "{}",
		}
		if err := w.svc.Start(t.Context(), acpActor, "acp", in); !errors.Is(err, want) {
			t.Fatalf("%v, want %v", err, want)
		}
	}
	for hour := range 2 {
		for range 30 {
			try("demo", "shop", app.ErrWrongClient)
			try("other", "shop", app.ErrWrongTenant)
			try("demo", "other", app.ErrWrongWorkspace)
		}
		rows, err := w.AuditOf(t.Context(), "request.refuse", 1000)
		if want := 3 * (hour + 1); err != nil || len(rows) != want {
			t.Errorf("%d rows (%v), want %d", len(rows), err, want)
		}
		w.Clock.Advance(time.Hour)
	}
	w.must(w.Sweep(t.Context()))
	series, err := w.Counted(t.Context(), store.LastDay, time.UTC)
	if n := series.N(store.CountStrangers); err != nil || n != 180 {
		t.Errorf("%d are counted (%v), want 180", n, err)
	}
}
