package condition_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/app/acp"
	"assent/app/acp/condition"
	"assent/app/health"
	"assent/app/i18n"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// Every fault of a connection is found where it is, with what to do about it,
// in both languages.
func TestExamine(t *testing.T) {
	cat, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	const secret = "s3cret with spaces"
	for name, row := range map[string]struct {
		spoil func(*emulator.Emulator, *acp.Config)
		want  map[string]health.State // others are OK
		does  map[string]string       // in what is said to be done, in English
		worst health.State
	}{
		"all is well": {worst: health.OK},
		"a wrong secret": {func(_ *emulator.Emulator, c *acp.Config) { c.ClientSecret = "wrong" },
			map[string]health.State{"token": health.Bad}, map[string]string{"token": "Compare client id"}, health.Bad},
		"nobody there": {func(_ *emulator.Emulator, c *acp.Config) { c.Issuer = "http://127.0.0.1:1/demo/system" },
			map[string]health.State{
				"token":             health.Bad,
				"regular":           health.Bad,
				"uk-account-access": health.Bad,
				"br-data":           health.Bad,
			},
			map[string]string{"token": "Check the issuer", "regular": "Check the issuer"}, health.Bad},
		"the other layout": {func(e *emulator.Emulator, _ *acp.Config) { e.SetLayouts(emulator.LayoutSystem) },
			map[string]health.State{
				"layout":            health.Bad,
				"uk-account-access": health.Bad,
				"uk-file-payment":   health.Bad,
				"br-data":           health.Bad,
			},
			map[string]string{"layout": "openbanking_layout) to system"}, health.Bad},
		"no open banking": {func(e *emulator.Emulator, _ *acp.Config) { e.SetLayouts() },
			map[string]health.State{"layout": health.Warn, "uk-account-access": health.Warn},
			map[string]string{"layout": "Enable open banking"}, health.Warn},
		"a busy ACP": {func(e *emulator.Emulator, _ *acp.Config) {
			e.Fail(emulator.Details, emulator.Fault{Status: 503, Times: -1})
		},
			map[string]health.State{"regular": health.Warn, "br-payment": health.Warn},
			map[string]string{"regular": "tried again by itself"}, health.Warn},
		"another tenant": {func(e *emulator.Emulator, c *acp.Config) { c.APIURL = e.URL() + "/elsewhere" },
			map[string]health.State{"regular": health.Bad}, map[string]string{"regular": "ASSENT_ACP_ISSUER"},
			health.Bad},
		"a refused token": {func(e *emulator.Emulator, _ *acp.Config) {
			e.Fail(emulator.SystemToken, emulator.Fault{Status: 400, Body: map[string]string{"error": "invalid_scope"}})
		}, map[string]health.State{"manage_scope_grants": health.Bad},
			map[string]string{"manage_scope_grants": "Give the client the scope manage_scope_grants"}, health.Bad},
	} {
		t.Run(name, func(t *testing.T) {
			em := emulatortest.Start(t, emulator.Options{Client: emulator.Client{ID: "assent", Secret: secret}})
			cfg := acp.Config{
				Issuer:       em.Issuer(),
				ClientID:     "assent",
				ClientSecret: secret,
				AuthMethod:   acp.SecretBasic,
				HTTP:         &http.Client{Timeout: 2 * time.Second},
			}
			if row.spoil != nil {
				row.spoil(em, &cfg)
			}
			client, err := acp.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			found := condition.Of{Name: "acp", Client: client}.Examine(ctx)
			states := map[string]health.Finding{}
			for _, f := range found {
				states[f.ID] = f
				if f.State != health.OK && f.Do.Key == "" {
					t.Errorf("%s is %s, and nothing says what to do", f.ID, f.State)
				}
				for _, lang := range i18n.Tags {
					for _, s := range []string{f.Of.In(cat.Match(lang, "")), f.Says.In(cat.Match(lang, "")),
						f.Do.In(cat.Match(lang, ""))} {
						if strings.Contains(s, "admin.") || strings.Contains(s, "<no value>") {
							t.Errorf("%s (%s) reads %q", f.ID, lang, s)
						}
					}
				}
				if strings.Contains(f.Detail, secret) {
					t.Errorf("%s tells the secret", f.ID)
				}
			}
			if len(states) < 12 {
				t.Fatalf("only %d findings", len(states))
			}
			for id, want := range row.want {
				if states[id].State != want {
					t.Errorf("%s is %q, want %s: %s", id, states[id].State, want,
						states[id].Says.In(cat.Match("en-GB", "")))
				}
			}
			if row.want == nil {
				for _, f := range found {
					if f.State != health.OK {
						t.Errorf("%s is %s: %s (%s)", f.ID, f.State, f.Says.In(cat.Match("en-GB", "")), f.Detail)
					}
				}
			}
			for id, part := range row.does {
				if got := states[id].Do.In(cat.Match("en-GB", "")); !strings.Contains(got, part) {
					t.Errorf("%s: to be done is %q, want %q in it", id, got, part)
				}
			}
			if got := health.Worst(found); got != row.worst {
				t.Errorf("the worst is %s, want %s", got, row.worst)
			}
		})
	}
}

// A client that may not touch consents serves sign-ins alone, which is no fault.
func TestExamineWithoutOpenBanking(t *testing.T) {
	em := emulatortest.Start(t,
		emulator.Options{
			Client: emulator.Client{ID: "assent", Secret: "a secret", Scopes: []string{"manage_scope_grants"}},
		})
	client, err := acp.New(acp.Config{
		Issuer:       em.Issuer(),
		ClientID:     "assent",
		ClientSecret: "a secret",
		AuthMethod:   acp.SecretBasic,
		HTTP:         &http.Client{Timeout: 2 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	em.SetLayouts()
	if found := (condition.Of{Name: "acp", Client: client}).Examine(t.Context()); health.Worst(found) != health.OK {
		for _, f := range found {
			t.Logf("%s %s %s", f.ID, f.State, f.Detail)
		}
		t.Error("sign-ins alone are a fault")
	}
}
