package acp_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app/acp"
	"assent/app/authz"
)

func TestDetailsAreReadTolerantly(t *testing.T) {
	body := ""
	c, _, _ := wire(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
	read := func(s string) (*authz.Details, error) {
		body = s
		return c.Details(t.Context(), authz.Login{Kind: authz.Regular, ID: "x"})
	}
	d, err := read(`{"client_info":{"client_name":"Till","logo_uri":7,"organisation_id":"o"},
		"requested_scopes":[{"name":"openid","id":"1","with_service":true,"metadata":null},
			{"name":"pay.*","requested_name":"pay.7","params":["7",8],"service":{"id":"s","name":"Pay"},"display_name":{"en":"Pay"},"implicit_grant":"no"},
			{"name":"no"},{"name":"self","implicit_grant":true,"service":"odd"}],
		"allowed_scopes":{"openid":true,"no":false},"requested_claims_to_consent":["name",7,null],"subject":null,"id":"x","max_age":"1h0m0s",
		"client_id":"c","tenant_id":"t","server_id":"shop","status":"AwaitingAuthorisation","requested_at":"2026-05-29T10:49:34Z","requested_acr":"odd",
		"authorization_details":[{"type":"payment","amount":12345678901234567.890},5],
		"requested_verified_claims":{"id_token":{"claims":{"b":null,"a":{}}},"userinfo":{"claims":{"a":null}},"extra":"odd"},
		"new_member":{"x":[0.10]},"nothing":null,"scope_grant_approved":false,"scope_grant_rejected":true}`)
	if err != nil {
		t.Fatal(err)
	}
	want := &authz.Details{
		Client: authz.ClientInfo{Name: "Till"}, ClientID: "c", TenantID: "t", ServerID: "shop",
		Scopes: []authz.Scope{
			{Name: "openid", Allowed: true},
			{
				Name:          "pay.*",
				RequestedName: "pay.7",
				Params:        []string{"7"},
				Service:       authz.Service{ID: "s", Name: "Pay"},
				Allowed:       true,
			},
			{Name: "no"},
			{Name: "self", ImplicitGrant: true, Allowed: true},
		},
		Claims: []string{"name"}, VerifiedClaims: []string{"a", "b"},
		AuthorizationDetails: []map[string]any{{"type": "payment", "amount": json.Number("12345678901234567.890")}},
		MaxAge:               "1h0m0s",
		RequestedAt:          time.Date(2026, 5, 29, 10, 49, 34, 0, time.UTC),
		Status:               "AwaitingAuthorisation",
		Rejected:             true,
		Unknown: map[string]any{
			"client_info": map[string]any{"logo_uri": json.Number("7")},
			"requested_scopes": map[string]any{
				"pay.7": map[string]any{
					"params":         []any{json.Number("8")},
					"display_name":   map[string]any{"en": "Pay"},
					"implicit_grant": "no",
				},
				"self": map[string]any{"service": "odd"},
			},
			"requested_claims_to_consent": []any{json.Number("7")},
			"requested_acr":               "odd",
			"authorization_details":       []any{json.Number("5")},
			"requested_verified_claims":   map[string]any{"extra": "odd"},
			"new_member":                  map[string]any{"x": []any{json.Number("0.10")}},
		},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("read   %+v\nwanted %+v", d, want)
	}
	if d, err = read(`{"requested_scopes":[{"name":"a"}]}`); err != nil || !d.Scopes[0].Allowed || d.Unknown != nil ||
		d.Claims != nil {
		t.Errorf("without allowed_scopes: %+v, %v", d, err)
	}
	for _, bad := range []string{`[]`, `null`, `{`, ``, `{"requested_scopes":"openid"}`, `{"requested_scopes":[{}]}`,
		`{"requested_scopes":[null]}`,
		`{"requested_scopes":[{"name":7,"requested_name":"a"}]}`, `{"requested_scopes":[],"allowed_scopes":[]}`,
		`{"allowed_scopes":{"a":"false"}}`} {
		if d, err := read(bad); err == nil {
			t.Errorf("%s was read as %+v: nobody can decide over that", bad, d)
		}
	}
}

func TestDetailsAreLimited(t *testing.T) {
	c, _, _ := wire(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"x":"`+strings.Repeat("x", 1<<20)+`"}`)
	})
	var e *authz.Error
	if _, err := c.Details(t.Context(), authz.Login{Kind: authz.Regular, ID: "x"}); !errors.As(err, &e) ||
		e.Outcome != authz.Busy {
		t.Errorf("an answer of more than 1 MiB: %v", err)
	}
	if err := c.Accept(t.Context(), authz.Login{Kind: authz.Regular, ID: "x"},
		authz.Grant{Scopes: []string{strings.Repeat("x", 1<<20)}}); !errors.As(err, &e) ||
		e.Outcome != authz.Refused {
		t.Errorf("a body of more than 1 MiB: %v", err)
	}
}

// FuzzDetails: whatever ACP answers, nothing is invented, and no member is lost
// that isn't known to mean nothing.
func FuzzDetails(f *testing.F) {
	for _, s := range []string{`{}`, `{"requested_scopes":[{"name":"a","params":[1]}]}`,
		`{"allowed_scopes":{"a":false},"requested_scopes":[{"name":"a"}]}`,
		`{"requested_verified_claims":{"x":{"claims":{"y":1}}}}`,
		`{"requested_claims_to_consent":["a",1,null,["b"]],"authorization_details":[[],{}]}`,
		`{"client_info":{"client_name":1},"new":1e999}`,
		`{"requested_scopes":[{"requested_name":"a","service":{"name":[]}}],"scope_grant_approved":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := acp.DecodeDetails(b)
		if (d == nil) == (err == nil) {
			t.Fatalf("%v, %v", d, err)
		}
		if err != nil {
			return
		}
		var raw map[string]any
		// 1e999 is JSON, and no float64
		if err := json.Unmarshal(b, &raw); err != nil && !strings.Contains(err.Error(), "number") {
			t.Fatalf("%q was read, and is not an object: %v", b, err)
		}
		claims, _ := raw["requested_claims_to_consent"].([]any)
		for _, name := range d.Claims {
			if !slices.Contains(claims, any(name)) {
				t.Errorf("claim %q is invented: %q", name, b)
			}
		}
		for _, sc := range d.Scopes {
			if sc.Name == "" && sc.RequestedName == "" {
				t.Errorf("a scope without a name: %q", b)
			}
			if allowed, _ := raw["allowed_scopes"].(map[string]any); sc.Allowed &&
				(allowed[sc.Name] == false || allowed[sc.RequestedName] == false) {
				t.Errorf("scope %+v is allowed: %q", sc, b)
			}
		}
		if _, err := json.Marshal(d); err != nil {
			t.Errorf("%q can't be stored: %v", b, err)
		}
	})
}
