package acp_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"assent/app/acp"
	"assent/app/authz"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

func outcomeOf(err error) authz.Outcome {
	var e *authz.Error
	if errors.As(err, &e) {
		return e.Outcome
	}
	return authz.OK
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name       string
		spoil      func(*emulator.Emulator, *acp.Config)
		api        acp.API
		token, got authz.Outcome
		code       string
	}{
		{"sign-ins", nil, acp.SignInAPI, authz.OK, authz.OK, ""},
		{"open banking", nil, acp.OpenBankingAPI, authz.OK, authz.OK, ""},
		{"wrong secret", func(_ *emulator.Emulator, c *acp.Config) { c.ClientSecret = "wrong" }, acp.SignInAPI,
			authz.Credentials, authz.OK, "invalid_client"},
		{"unknown issuer", func(_ *emulator.Emulator, c *acp.Config) { c.Issuer = "http://127.0.0.1:1/demo/system" },
			acp.SignInAPI, authz.Unreachable, authz.OK, ""},
		{"refused scope", func(e *emulator.Emulator, _ *acp.Config) {
			e.Fail(emulator.SystemToken, emulator.Fault{Status: 400, Body: map[string]string{"error": "invalid_scope"}})
		}, acp.OpenBankingAPI, authz.Credentials, authz.OK, "invalid_scope"},
		{"the API refuses", func(e *emulator.Emulator, _ *acp.Config) {
			e.Fail(emulator.Details, emulator.Fault{Status: 403})
		}, acp.SignInAPI, authz.OK, authz.Credentials, ""},
		{"the API is busy", func(e *emulator.Emulator, _ *acp.Config) {
			e.Fail(emulator.Details, emulator.Fault{Status: 503})
		}, acp.SignInAPI, authz.OK, authz.Busy, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := emulatortest.Start(t, emulator.Options{Client: registered})
			cfg := secretClient(e)
			if c.spoil != nil {
				c.spoil(e, &cfg)
			}
			client, _ := newClient(t, cfg)
			got := client.Check(t.Context(), c.api)
			if outcomeOf(got.Token) != c.token || outcomeOf(got.API) != c.got {
				t.Errorf("token %v, API %v", got.Token, got.API)
			}
			var why *authz.Error
			if errors.As(got.Token, &why); why != nil && why.Code != c.code {
				t.Errorf("the code is %q", why.Code)
			}
			if got.Dated != (c.token == authz.OK) || got.Ahead.Abs() > 2*time.Second {
				t.Errorf("ACP's clock: %v ahead, %v", got.Ahead, got.Dated)
			}
			if len(e.Mismatches()) > 0 && c.token == authz.OK {
				t.Errorf("the emulator objects: %v", e.Mismatches())
			}
		})
	}
}

// How far ACP's clock is off is told by its Date; an answer without one tells nothing.
func TestCheckComparesClocks(t *testing.T) {
	var date string
	c, _, _ := wire(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		if date != "" {
			w.Header().Set("Date", date)
		}
		http.NotFound(w, r)
	})
	for _, off := range []time.Duration{-10 * time.Minute, 0, 90 * time.Second} {
		date = noon.Add(off).UTC().Format(http.TimeFormat)
		got := c.Check(t.Context(), acp.SignInAPI)
		if !got.Dated || (got.Ahead-off).Abs() > 1500*time.Millisecond {
			t.Errorf("%v off: %v, %v", off, got.Ahead, got.Dated)
		}
	}
	date = ""
	if got := c.Check(t.Context(), acp.SignInAPI); got.Dated {
		t.Errorf("no Date, and still %v", got.Ahead)
	}
}
