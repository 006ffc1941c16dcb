package emulator_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"assent/web/emulator"
)

func TestStartPayloadIsTheRecordedOne(t *testing.T) {
	w := newWorld(t)
	got := w.backchannel(w.till(), url.Values{
		"scope":            {"openid profile"},
		"login_hint":       {"test@test.com"},
		"binding_message":  {"Approve demo login"},
		"requested_expiry": {"90"},
	})
	if got.status != 200 || got.body["expires_in"] != 90.0 || got.body["interval"] != 5.0 || len(got.body) != 3 {
		t.Fatalf("backchannel: %d %s", got.status, got.raw)
	}
	s := w.Sessions()[0]
	want := map[string]any{
		"acr_values": nil, "binding_message": "Approve demo login", "client_id": "shop-poll",
		"client_info": map[string]any{"client_name": "Quill & Daughter, joiners"}, "expires_at": "2026-11-23T14:31:30Z",
		"login_id": s.ID, "login_state": s.LoginState, "requested_scopes": []any{"openid", "profile"},
		"server_id": "shop", "tenant_id": "demo", "user_identifier": "test@test.com",
	}
	if sent := <-w.service.starts; !reflect.DeepEqual(sent, want) {
		t.Errorf("start payload:\n got %v\nwant %v", sent, want)
	}
	if s.AuthReqID == s.ID || got.body["auth_req_id"] != s.AuthReqID {
		t.Errorf("auth_req_id %v, session %+v", got.body["auth_req_id"], s)
	}
	w.contractKept()
}

func TestStartIsRepeatedUntilItSucceeds(t *testing.T) {
	w := newWorld(t)
	w.service.failures = 3
	if got := w.backchannel(w.till(), url.Values{"scope": {"openid"}, "login_hint": {"ada.quill"}}); got.status != 200 {
		t.Fatalf("backchannel: %d %s", got.status, got.raw)
	}
	<-w.service.starts
	w.service.Close() // waits for the answer to have been written
	w.contractKept()
	if w.service.failures != -1 {
		t.Errorf("failures left: %d; want every 503 answered and one success", w.service.failures)
	}
}

func TestBackchannelErrors(t *testing.T) {
	good := url.Values{"scope": {"openid profile"}, "login_hint": {"ada.quill"}}
	for name, row := range map[string]struct {
		ping   bool
		change url.Values
		status int
		code   string
	}{
		"unknown person": {
			change: url.Values{"login_hint": {"nobody"}},
			status: 400,
			code:   "unknown_user_id",
		},
		"no openid":     {change: url.Values{"scope": {"profile"}}, status: 400, code: "invalid_scope"},
		"unknown scope": {change: url.Values{"scope": {"openid admin"}}, status: 400, code: "invalid_scope"},
		"no hint":       {change: url.Values{"login_hint": {""}}, status: 400, code: "invalid_request"},
		"two hints":     {change: url.Values{"id_token_hint": {"x"}}, status: 400, code: "invalid_request"},
		"hint twice": {
			change: url.Values{"login_hint": {"a", "b"}},
			status: 400,
			code:   "invalid_request",
		},
		"foreign id_token_hint": {
			change: url.Values{"login_hint": {""}, "id_token_hint": {"a.b.c"}},
			status: 400,
			code:   "invalid_request",
		},
		"expiry is no number": {
			change: url.Values{"requested_expiry": {"soon"}},
			status: 400,
			code:   "invalid_request",
		},
		"expiry is negative": {
			change: url.Values{"requested_expiry": {"-1"}},
			status: 400,
			code:   "invalid_request",
		},
		"message of two lines": {
			change: url.Values{"binding_message": {"a\nb"}},
			status: 400,
			code:   "invalid_binding_message",
		},
		"message too long": {
			change: url.Values{"binding_message": {strings.Repeat("x", 257)}},
			status: 400,
			code:   "invalid_binding_message",
		},
		"ping without a token": {ping: true, status: 400, code: "invalid_request"},
		"ping with a broken token": {
			ping:   true,
			change: url.Values{"client_notification_token": {"no spaces"}},
			status: 400,
			code:   "invalid_request",
		},
		"user code": {change: url.Values{"user_code": {"1234"}}, status: 400, code: "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			form := url.Values{}
			for _, values := range []url.Values{good, row.change} {
				for k, v := range values {
					form[k] = v
				}
			}
			device := w.till()
			if row.ping {
				device = w.ScreenDevice(emulator.Shop, emulator.Ping)
			}
			got := w.backchannel(device, form)
			if got.status != row.status || got.body["error"] != row.code {
				t.Errorf("got %d %s, want %d %s", got.status, got.raw, row.status, row.code)
			}
			if n := len(w.Sessions()); n != 0 {
				t.Errorf("%d sessions, want none", n)
			}
		})
	}
}

func TestBackchannelNeedsClientAuthentication(t *testing.T) {
	w := newWorld(t)
	device := w.till()
	device.Secret = "guess"
	got := w.backchannel(device, url.Values{"scope": {"openid"}, "login_hint": {"ada.quill"}})
	if got.status != 401 || got.body["error"] != "invalid_client" ||
		!strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic") {
		t.Errorf("got %d %s %v", got.status, got.raw, got.header)
	}
}

func TestVerifyFaultAbortsTheFlow(t *testing.T) {
	w := newWorld(t)
	w.service.verify = 503
	got := w.backchannel(w.till(), url.Values{"scope": {"openid"}, "login_hint": {"ada.quill"}})
	if got.status != 500 || got.body["error"] != "server_error" || len(w.Sessions()) != 0 {
		t.Errorf("got %d %s, %d sessions", got.status, got.raw, len(w.Sessions()))
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	s := w.Begin(emulator.Ask{
		Hint:   "ada.quill",
		Scopes: []string{"openid", "profile", "offline_access", "invoice.7781"},
		ACR:    []string{"urn:acr:2"},
	})
	if got := w.poll(w.till(), s.AuthReqID); got.status != 400 || got.body["error"] != "authorization_pending" {
		t.Fatalf("first poll: %d %s", got.status, got.raw)
	}
	if got := w.accept(s, "openid", "profile", "offline_access", "invoice.7781"); got.status != 200 {
		t.Fatalf("accept: %d %s", got.status, got.raw)
	}
	if got := w.poll(w.ScreenDevice(emulator.CallCentre, emulator.Poll),
		s.AuthReqID); got.body["error"] != "invalid_grant" {
		t.Errorf("another client's poll: %d %s", got.status, got.raw)
	}
	got := w.poll(w.till(), s.AuthReqID)
	if got.status != 200 || got.body["scope"] != "openid profile offline_access invoice.7781" ||
		got.body["token_type"] != "bearer" || got.body["access_token"] == "" {
		t.Fatalf("tokens: %d %s", got.status, got.raw)
	}
	if got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", got.header.Get("Cache-Control"))
	}

	var set jose.JSONWebKeySet
	keys := w.do(w.request("GET", w.WorkspaceIssuer()+"/.well-known/jwks.json", "", ""))
	if err := jsonInto(keys.raw, &set); err != nil {
		t.Fatal(err)
	}
	idToken, _ := got.body["id_token"].(string)
	parsed, err := jwt.ParseSigned(idToken, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := parsed.Claims(set, &claims); err != nil {
		t.Fatalf("the ID token doesn't verify with the published keys: %v", err)
	}
	for k, want := range map[string]any{
		"iss":  w.WorkspaceIssuer(),
		"sub":  "ada.quill",
		"aud":  []any{"shop-poll"},
		"acr":  "urn:acr:2",
		"name": "Ada Quill",
		"urn:openid:params:jwt:claim:auth_req_id": s.AuthReqID,
	} {
		if aud, isString := claims[k].(string); isString && k == "aud" {
			claims[k] = []any{aud}
		}
		if !reflect.DeepEqual(claims[k], want) {
			t.Errorf("claim %s is %v, want %v", k, claims[k], want)
		}
	}

	if again := w.poll(w.till(), s.AuthReqID); again.status != 400 || again.body["error"] != "invalid_grant" {
		t.Errorf("second redemption: %d %s", again.status, again.raw)
	}
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.body["refresh_token"].(string)}}
	if fresh := w.form(w.till(), w.WorkspaceIssuer()+"/oauth2/token", refresh); fresh.status != 200 ||
		fresh.body["refresh_token"] == got.body["refresh_token"] {
		t.Errorf("refresh: %d %s", fresh.status, fresh.raw)
	}
	if used := w.form(w.till(), w.WorkspaceIssuer()+"/oauth2/token", refresh); used.body["error"] != "invalid_grant" {
		t.Errorf("a used refresh token: %d %s", used.status, used.raw)
	}
	hinted := w.backchannel(w.till(), url.Values{"scope": {"openid"}, "id_token_hint": {idToken}})
	if hinted.status != 200 || (<-w.service.starts)["user_identifier"] != "ada.quill" {
		t.Errorf("id_token_hint: %d %s", hinted.status, hinted.raw)
	}
	w.contractKept()
}

func TestTokenRefusals(t *testing.T) {
	w := newWorld(t)
	denied, late := w.Begin(emulator.Ask{
		Hint: "ada.quill",
	}), w.Begin(emulator.Ask{Hint: "ada.quill", Expiry: time.Minute})
	if got := w.reject(denied); got.status != 200 {
		t.Fatalf("reject: %d %s", got.status, got.raw)
	}
	if got := w.poll(w.till(), denied.AuthReqID); got.status != 400 || got.body["error"] != "access_denied" ||
		got.body["error_description"] != "The user rejected authentication." {
		t.Errorf("denied: %d %s", got.status, got.raw)
	}
	w.clock.advance(time.Minute)
	if got := w.poll(w.till(), late.AuthReqID); got.status != 400 || got.body["error"] != "expired_token" {
		t.Errorf("expired: %d %s", got.status, got.raw)
	}
	if got := w.poll(w.till(), "made-up"); got.body["error"] != "invalid_grant" {
		t.Errorf("unknown: %d %s", got.status, got.raw)
	}
	if got := w.poll(w.till(), ""); got.body["error"] != "invalid_request" {
		t.Errorf("missing: %d %s", got.status, got.raw)
	}
	other := w.form(w.till(), w.WorkspaceIssuer()+"/oauth2/token", url.Values{"grant_type": {"password"}})
	if other.body["error"] != "unsupported_grant_type" {
		t.Errorf("password grant: %d %s", other.status, other.raw)
	}
}

func TestSlowDown(t *testing.T) {
	w := newWorld(t)
	s := w.Begin(emulator.Ask{Hint: "ada.quill"})
	for i, step := range []struct {
		after time.Duration
		want  string
	}{
		{0, "authorization_pending"},
		{5 * time.Second, "authorization_pending"},
		{2 * time.Second, "slow_down"}, // now every 10 s
		{6 * time.Second, "slow_down"}, // now every 15 s
		{14 * time.Second, "slow_down"},
		{20 * time.Second, "authorization_pending"},
	} {
		w.clock.advance(step.after)
		if got := w.poll(w.till(), s.AuthReqID); got.body["error"] != step.want {
			t.Errorf("poll %d: got %s, want %s", i, got.raw, step.want)
		}
	}
}

func TestDiscovery(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) { o.MTLSURL = "https://mtls.example" })
	system := w.do(w.request("GET", w.Issuer()+"/.well-known/openid-configuration", "", "")).body
	workspace := w.do(w.request("GET", w.WorkspaceIssuer()+"/.well-known/openid-configuration", "", "")).body
	aliases, _ := system["mtls_endpoint_aliases"].(map[string]any)
	for what, pair := range map[string][2]any{
		"system issuer":      {system["issuer"], w.URL() + "/demo/system"},
		"system token":       {system["token_endpoint"], w.URL() + "/demo/system/oauth2/token"},
		"mtls alias":         {aliases["token_endpoint"], "https://mtls.example/demo/system/oauth2/token"},
		"system backchannel": {system["backchannel_authentication_endpoint"], nil},
		"workspace issuer":   {workspace["issuer"], w.URL() + "/demo/shop"},
		"backchannel": {workspace["backchannel_authentication_endpoint"],
			w.URL() + "/demo/shop/oauth2/backchannel/authentication"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %v, want %v", what, pair[0], pair[1])
		}
	}
	if !reflect.DeepEqual(workspace["backchannel_token_delivery_modes_supported"], []any{"poll", "ping"}) {
		t.Errorf("delivery modes %v", workspace["backchannel_token_delivery_modes_supported"])
	}
}

func TestVanityDomainsDropIDs(t *testing.T) {
	for vanity, want := range map[emulator.Vanity][3]string{
		emulator.NoVanity:     {"/demo/system", "/demo/shop", "/api/system/demo"},
		emulator.TenantDomain: {"/system", "/shop", "/api/system"},
		emulator.ServerDomain: {"", "/demo/shop", "/api/system"},
	} {
		w := newWorld(t, func(o *emulator.Options) { o.Vanity = vanity })
		if got := [3]string{strings.TrimPrefix(w.Issuer(), w.URL()), strings.TrimPrefix(w.WorkspaceIssuer(), w.URL()),
			strings.TrimPrefix(w.APIURL(), w.URL())}; got != want {
			t.Errorf("%q: paths %q, want %q", vanity, got, want)
		}
		s := w.Begin(emulator.Ask{Hint: "ada.quill"})
		if got := w.accept(s, "openid"); got.status != 200 {
			t.Errorf("%q: accept %d %s", vanity, got.status, got.raw)
		}
		if got := w.poll(w.till(), s.AuthReqID); got.status != 200 {
			t.Errorf("%q: token %d %s", vanity, got.status, got.raw)
		}
	}
}
