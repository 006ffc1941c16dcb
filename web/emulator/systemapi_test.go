package emulator_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"assent/web/emulator"
)

func TestDetails(t *testing.T) {
	w := newWorld(t)
	s := w.Begin(emulator.Ask{
		Hint:   "ada.quill",
		Scopes: []string{"openid", "email", "invoice.7781", "branch:read"},
		ACR:    []string{"2"},
	})
	w.Edit(s.ID, func(d *emulator.SessionDetails) {
		d.AllowedScopes["email"] = false
		d.Extra = map[string]any{"novelty": true}
	})
	got := w.api("/scope-grants/"+s.ID+"?login_state="+s.LoginState, nil)
	if got.status != 200 {
		t.Fatalf("details: %d %s", got.status, got.raw)
	}
	scopes, _ := got.body["requested_scopes"].([]any)
	invoice, _ := scopes[2].(map[string]any)
	branch, _ := scopes[3].(map[string]any)
	allowed, _ := got.body["allowed_scopes"].(map[string]any)
	info, _ := got.body["client_info"].(map[string]any)
	service, _ := invoice["service"].(map[string]any)
	for what, pair := range map[string][2]any{
		"id":              {got.body["id"], s.ID},
		"tenant":          {got.body["tenant_id"], "demo"},
		"server":          {got.body["server_id"], "shop"},
		"client":          {got.body["client_id"], "shop-poll"},
		"client name":     {info["client_name"], "Quill & Daughter, joiners"},
		"policy":          {info["policy_uri"], "https://quill.example/privacy"},
		"dynamic name":    {invoice["name"], "invoice.*"},
		"requested name":  {invoice["requested_name"], "invoice.7781"},
		"display name":    {invoice["display_name"], "See one invoice"},
		"service":         {service["name"], "Invoices"},
		"implicit":        {branch["implicit_grant"], true},
		"email allowed":   {allowed["email"], false},
		"openid allowed":  {allowed["openid"], true},
		"not approved":    {got.body["scope_grant_approved"], false},
		"an unknown name": {got.body["novelty"], true},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %v, want %v", what, pair[0], pair[1])
		}
	}
	w.contractKept()
	if after, _ := w.Session(s.ID); after.Calls[emulator.Details] != 1 || w.Calls(emulator.Details) != 1 {
		t.Errorf("calls counted: %v, %d", after.Calls, w.Calls(emulator.Details))
	}
	if got := w.api("/scope-grants/"+s.ID+"?login_state=other", nil); got.status != 404 || len(w.Mismatches()) != 1 {
		t.Errorf("wrong login_state: %d, mismatches %v", got.status, w.Mismatches())
	}
}

func TestFinishedSessionShowsItsFlagsForAWhile(t *testing.T) {
	w := newWorld(t)
	accepted, rejected := w.Begin(emulator.Ask{Hint: "ada.quill"}), w.Begin(emulator.Ask{Hint: "ada.quill"})
	if got := w.accept(accepted, "openid"); got.status != 200 || got.body["redirect_to"] == "" {
		t.Fatalf("accept: %d %s", got.status, got.raw)
	}
	if got := w.reject(rejected); got.status != 200 {
		t.Fatalf("reject: %d %s", got.status, got.raw)
	}
	for _, repeated := range []result{w.accept(accepted, "openid"), w.reject(accepted), w.reject(rejected),
		w.accept(rejected, "openid")} {
		if repeated.status != 404 {
			t.Errorf("repeated: %d %s, want 404", repeated.status, repeated.raw)
		}
	}
	w.clock.advance(29 * time.Second)
	if got := w.api("/scope-grants/"+accepted.ID, nil); got.status != 200 || got.body["scope_grant_approved"] != true ||
		got.body["scope_grant_rejected"] != false {
		t.Errorf("accepted, 29 s later: %d %s", got.status, got.raw)
	}
	if got := w.api("/scope-grants/"+rejected.ID, nil); got.status != 200 || got.body["scope_grant_rejected"] != true {
		t.Errorf("rejected, 29 s later: %d %s", got.status, got.raw)
	}
	w.clock.advance(time.Second)
	if got := w.api("/scope-grants/"+accepted.ID, nil); got.status != 404 {
		t.Errorf("accepted, 30 s later: %d %s", got.status, got.raw)
	}
	w.ForgetFinished(true)
	last := w.Begin(emulator.Ask{Hint: "ada.quill"})
	w.reject(last)
	if got := w.api("/scope-grants/"+last.ID, nil); got.status != 404 {
		t.Errorf("with ForgetFinished: %d %s", got.status, got.raw)
	}
	if after, _ := w.Session(last.ID); after.State != emulator.Rejected || after.Rejected.StatusCode != 403 ||
		after.Accepted != nil {
		t.Errorf("session: %+v", after)
	}
	w.contractKept()
}

func TestExpiredSessionIsGone(t *testing.T) {
	w := newWorld(t)
	s, cut := w.Begin(emulator.Ask{Hint: "ada.quill", Expiry: time.Minute}), w.Begin(emulator.Ask{Hint: "ada.quill"})
	w.clock.advance(59 * time.Second)
	if got := w.api("/scope-grants/"+s.ID, nil); got.status != 200 {
		t.Errorf("before expiry: %d", got.status)
	}
	w.clock.advance(time.Second)
	w.Expire(cut.ID)
	for _, id := range []emulator.Session{s, cut} {
		if got := w.api("/scope-grants/"+id.ID, nil); got.status != 404 {
			t.Errorf("details: %d %s", got.status, got.raw)
		}
		if got := w.accept(id, "openid"); got.status != 404 {
			t.Errorf("accept: %d %s", got.status, got.raw)
		}
		if got := w.reject(id); got.status != 404 {
			t.Errorf("reject: %d %s", got.status, got.raw)
		}
		if after, _ := w.Session(id.ID); after.State != emulator.Expired {
			t.Errorf("state %s", after.State)
		}
	}
	w.contractKept()
}

func TestWrongBodiesAreRefusedAndLogged(t *testing.T) {
	for name, row := range map[string]struct {
		call   string
		change map[string]any
		want   string
	}{
		"an unknown member": {"accept", map[string]any{"scopes": []string{}}, "unknown field"},
		"another id":        {"accept", map[string]any{"id": "x"}, "not the login"},
		"another state":     {"accept", map[string]any{"login_state": "x"}, "login_state"},
		"no scopes":         {"accept", map[string]any{"granted_scopes": nil}, "missing"},
		"a scope nobody asked for": {"accept",
			map[string]any{"granted_scopes": []string{"openid", "branch:read", "email"}}, "email"},
		"a scope that isn't allowed": {"accept",
			map[string]any{"granted_scopes": []string{"openid", "branch:read", "profile"}}, "profile"},
		"a dynamic scope denied by its own name": {"accept",
			map[string]any{"granted_scopes": []string{"openid", "branch:read", "invoice.8"}}, "invoice.8"},
		"a dynamic scope not allowed": {"accept",
			map[string]any{"granted_scopes": []string{"openid", "branch:read", "invoice.9"}}, "invoice.9"},
		"the catalogue's spelling": {"accept",
			map[string]any{"granted_scopes": []string{"openid", "branch:read", "invoice.*"}}, "invoice.*"},
		"a scope twice": {"accept",
			map[string]any{"granted_scopes": []string{"openid", "branch:read", "openid"}}, "repeated"},
		"openid left out": {"accept", map[string]any{"granted_scopes": []string{"branch:read"}},
			`lacks "openid"`},
		"an implicit one left out": {"accept", map[string]any{"granted_scopes": []string{"openid"}},
			`lacks "branch:read"`},
		"a claim nobody asked for": {"accept", map[string]any{"granted_claims": []string{"address"}}, "address"},
		"a verified claim": {"accept", map[string]any{"granted_verified_claims": []string{"birthdate"}},
			"birthdate"},
		"reject with another status": {"reject", map[string]any{"status_code": 400}, "not 403"},
		"reject without an error":    {"reject", map[string]any{"error": ""}, "error is missing"},
		"reject with another state":  {"reject", map[string]any{"login_state": ""}, "login_state"},
		"reject with more": {"reject", map[string]any{"rejection_reason": map[string]any{"code": "X"}},
			"unknown field"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.Begin(emulator.Ask{
				Hint:   "ada.quill",
				Scopes: []string{"openid", "profile", "invoice.7781", "order.9", "branch:read", "invoice.8"},
			})
			w.Edit(s.ID, func(d *emulator.SessionDetails) {
				d.RequestedScopes[3].Name, d.RequestedScopes[3].RequestedName = "order.*", "invoice.9"
				d.AllowedScopes = map[string]bool{"profile": false, "order.*": false, "invoice.8": false}
			})
			body := map[string]any{
				"id":             s.ID,
				"login_state":    s.LoginState,
				"granted_scopes": []string{"openid", "invoice.7781", "branch:read"},
			}
			if row.call == "reject" {
				body = map[string]any{
					"id":          s.ID,
					"login_state": s.LoginState,
					"error":       "access_denied",
					"status_code": 403,
				}
			}
			good := map[string]any{}
			for k, v := range body {
				good[k] = v
			}
			for k, v := range row.change {
				body[k] = v
			}
			got := w.api("/scope-grants/"+s.ID+"/"+row.call, body)
			if got.status != 400 || got.body["status_code"] != 400.0 || got.body["error"] == "" {
				t.Errorf("got %d %s, want ACP's Error with 400", got.status, got.raw)
			}
			if m := w.Mismatches(); len(m) != 1 || m[0].Login != s.ID || !strings.Contains(m[0].Text, row.want) {
				t.Errorf("mismatches %v, want one about %q", m, row.want)
			}
			if after, _ := w.Session(s.ID); after.State != emulator.Pending {
				t.Errorf("state %s, want pending", after.State)
			}
			if got := w.api("/scope-grants/"+s.ID+"/"+row.call, good); got.status != 200 {
				t.Errorf("the right body afterwards: %d %s", got.status, got.raw)
			}
		})
	}
}

func TestGrantedClaims(t *testing.T) {
	w := newWorld(t)
	s := w.Begin(emulator.Ask{Hint: "ada.quill", Scopes: []string{"openid", "email"}})
	w.Edit(s.ID, func(d *emulator.SessionDetails) {
		d.VerifiedClaims = &emulator.VerifiedClaims{
			UserInfo: &emulator.VerifiedClaimSet{Claims: map[string]map[string]any{"birthdate": nil}},
		}
	})
	got := w.api("/scope-grants/"+s.ID+"/accept", map[string]any{
		"id":                      s.ID,
		"login_state":             s.LoginState,
		"granted_scopes":          []string{"openid"},
		"granted_claims":          []string{"email"},
		"granted_verified_claims": []string{"birthdate"},
	})
	after, _ := w.Session(s.ID)
	if got.status != 200 || after.Accepted == nil || after.Accepted.GrantedClaims[0] != "email" ||
		after.Accepted.GrantedVerifiedClaims[0] != "birthdate" {
		t.Errorf("accept %d %s: %+v", got.status, got.raw, after.Accepted)
	}
	w.contractKept()
}

func TestBearerTokens(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) {
		o.Client.Scopes = []string{"manage_scope_grants", "manage_openbanking_consents"}
	})
	s := w.Begin(emulator.Ask{Hint: "ada.quill"})
	get := func(token string) result {
		req := w.request("GET", w.APIURL()+"/scope-grants/"+s.ID, "", "")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		return w.do(req)
	}
	ask := func(scope string) result {
		req := w.request("POST", w.Issuer()+"/oauth2/token", "application/x-www-form-urlencoded",
			url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}.Encode())
		req.SetBasicAuth("assent", url.QueryEscape(w.secret))
		return w.do(req)
	}
	short := w.token()
	w.clock.advance(5 * time.Minute)
	if got := get(short); got.status != 401 {
		t.Errorf("an expired token: %d", got.status)
	}
	w.SetTokenTTL(time.Hour)
	s = w.Begin(emulator.Ask{Hint: "ada.quill", Expiry: time.Hour})
	long := w.token()
	w.clock.advance(30 * time.Minute)
	if got := get(long); got.status != 200 {
		t.Errorf("a long token: %d", got.status)
	}
	w.RevokeTokens()
	if got := get(long); got.status != 401 || got.body["status_code"] != 401.0 {
		t.Errorf("a revoked token: %d %s", got.status, got.raw)
	}
	w.contractKept() // none of that was the service's mistake
	other, _ := ask("manage_openbanking_consents").body["access_token"].(string)
	if got := get(other); got.status != 403 || got.body["status_code"] != 403.0 {
		t.Errorf("a token without the scope: %d %s", got.status, got.raw)
	}
	if got := ask("manage_everything"); got.status != 400 || got.body["error"] != "invalid_scope" {
		t.Errorf("a scope beyond the client's: %d %s", got.status, got.raw)
	}
	if got := get("made-up"); got.status != 401 {
		t.Errorf("a made-up token: %d", got.status)
	}
	if got := get(""); got.status != 401 {
		t.Errorf("no token: %d", got.status)
	}
	if m := w.Mismatches(); len(m) != 3 {
		t.Errorf("mismatches %v, want three", m)
	}
}

func TestUnknownRoutesAreMistakes(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/api/system/other/scope-grants/x", "/api/system/demo/scope-grants/a%2Fb",
		"/api/system/demo/consents/x"} {
		req := w.request("GET", w.URL()+path, "", "")
		req.Header.Set("Authorization", "Bearer "+w.token())
		if got := w.do(req); got.status != 404 || got.body["status_code"] != 404.0 {
			t.Errorf("%s: %d %s", path, got.status, got.raw)
		}
	}
	if m := w.Mismatches(); len(m) != 2 {
		t.Errorf("mismatches %v, want two: an escaped login is a login that isn't there", m)
	}
}

func TestFaults(t *testing.T) {
	for name, row := range map[string]struct {
		fault      emulator.Fault
		status     int // 0: no answer
		takesPlace bool
	}{
		"a status before":  {emulator.Fault{Status: 503, RetryAfter: 7 * time.Second}, 503, false},
		"a status after":   {emulator.Fault{Status: 503, RetryAfter: 7 * time.Second, After: true}, 503, true},
		"dropped before":   {emulator.Fault{Drop: true}, 0, false},
		"dropped after":    {emulator.Fault{Drop: true, After: true}, 0, true},
		"hanging before":   {emulator.Fault{Hang: true}, 0, false},
		"hanging after":    {emulator.Fault{Hang: true, After: true}, 0, true},
		"late":             {emulator.Fault{Latency: 20 * time.Millisecond}, 200, true},
		"for its own":      {emulator.Fault{Login: "own", Status: 429}, 429, false},
		"for another":      {emulator.Fault{Login: "another", Status: 429}, 200, true},
		"later than waits": {emulator.Fault{Latency: time.Hour}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s, token := w.Begin(emulator.Ask{Hint: "ada.quill"}), w.token()
			if row.fault.Login == "own" {
				row.fault.Login = s.ID
			}
			w.Fail(emulator.Accept, row.fault)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			body := mustJSON(t,
				map[string]any{"id": s.ID, "login_state": s.LoginState, "granted_scopes": []string{"openid"}})
			req := w.request("POST", w.APIURL()+"/scope-grants/"+s.ID+"/accept", "application/json",
				string(body)).WithContext(ctx)
			req.Header.Set("Authorization", "Bearer "+token)
			began := time.Now()
			res, err := http.DefaultClient.Do(req)
			status := 0
			if err == nil {
				status = res.StatusCode
				_ = res.Body.Close()
			}
			if status != row.status {
				t.Errorf("status %d (%v), want %d", status, err, row.status)
			}
			if row.fault.RetryAfter > 0 && res.Header.Get("Retry-After") != "7" {
				t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
			}
			if row.fault.Hang && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the call ended with %v instead of hanging", err)
			}
			if row.fault.Latency > 0 && time.Since(began) < min(row.fault.Latency, 200*time.Millisecond) {
				t.Errorf("answered after %s", time.Since(began))
			}
			after, _ := w.Session(s.ID)
			if took := after.State == emulator.Approved; took != row.takesPlace {
				t.Errorf("state %s, want it to take place: %t", after.State, row.takesPlace)
			}
			if after.Calls[emulator.Accept] != 1 {
				t.Errorf("calls %v", after.Calls)
			}
			w.Heal()
			want := 200
			if row.takesPlace {
				want = 404
			}
			if got := w.accept(s, "openid"); got.status != want {
				t.Errorf("the next call: %d %s, want %d", got.status, got.raw, want)
			}
			w.contractKept()
		})
	}
}

func TestFaultTimes(t *testing.T) {
	w := newWorld(t)
	w.Fail(emulator.SystemToken, emulator.Fault{Times: 2, Status: 500})
	w.Fail(emulator.SystemToken, emulator.Fault{Times: -1, Status: 503})
	var got []int
	for range 4 {
		req := w.request("POST", w.Issuer()+"/oauth2/token", "application/x-www-form-urlencoded",
			"grant_type=client_credentials")
		got = append(got, w.do(req).status)
	}
	w.Heal()
	if w.token() == "" || got[0] != 500 || got[1] != 500 || got[2] != 503 || got[3] != 503 {
		t.Errorf("statuses %v, want 500 500 503 503", got)
	}
	if n := w.Calls(emulator.SystemToken); n != 5 {
		t.Errorf("%d calls, want 5", n)
	}
}

// A client may ask for claims by themselves (OpenID Connect Core 5.5), and gets
// the name in its ID token only where the claim was granted.
func TestClaimsAskedForByThemselves(t *testing.T) {
	w := newWorld(t)
	ask := url.Values{"scope": {"openid profile"}, "login_hint": {"ada.quill"}, "claims": {`{"userinfo":{"address":null,
		"verified_claims":{"claims":{"given_name":null,"birthdate":{"essential":true}}}},"id_token":{"cpf":{"essential":true},"name":null}}`}}
	if got := w.backchannel(w.till(), ask); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.raw)
	}
	s := w.Sessions()[0]
	if got := strings.Join(s.Details.ClaimsToConsent, " "); got != "name birthdate cpf address" {
		t.Errorf("to consent: %q", got)
	}
	if v := s.Details.VerifiedClaims; v == nil || len(v.UserInfo.Claims) != 2 {
		t.Errorf("verified: %+v", v)
	}
	for _, wrong := range []string{`[]`, `{"userinfo":1}`, `{"userinfo":{"verified_claims":{}}}`} {
		ask.Set("claims", wrong)
		if got := w.backchannel(w.till(), ask); got.status != 400 || got.body["error"] != "invalid_request" {
			t.Errorf("claims %s: %d %s", wrong, got.status, got.raw)
		}
	}
	for _, granted := range []string{"name", "cpf"} {
		s := w.Begin(emulator.Ask{Hint: "ada.quill", Scopes: []string{"openid", "profile"}, Claims: []string{"cpf"}})
		if got := w.api("/scope-grants/"+s.ID+"/accept", map[string]any{"id": s.ID, "login_state": s.LoginState,
			"granted_scopes": []string{"openid", "profile"}, "granted_claims": []string{granted}}); got.status != 200 {
			t.Fatalf("accept: %d %s", got.status, got.raw)
		}
		token, _ := w.poll(w.till(), s.AuthReqID).body["id_token"].(string)
		parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		var claims map[string]any
		if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
			t.Fatal(err)
		}
		if name, _ := claims["name"].(string); (name != "") != (granted == "name") {
			t.Errorf("with %s granted the ID token says the name %q", granted, name)
		}
	}
}
