package emulator_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"assent/app/acp/acpspec"
	"assent/web/emulator"
)

func (w *world) party() emulator.Device {
	return w.ScreenDevice(emulator.OpenBanking, emulator.Poll)
}

// create has the third party create a consent over HTTP.
func (w *world) create(t emulator.ConsentType, scope, body string) result {
	w.t.Helper()
	token := w.form(w.party(), w.WorkspaceIssuer()+"/oauth2/token",
		url.Values{"grant_type": {"client_credentials"}, "scope": {scope}})
	if token.status != http.StatusOK {
		w.t.Fatalf("token: %d %s", token.status, token.raw)
	}
	req := w.request("POST", w.WorkspaceIssuer()+t.Create, "application/json", body)
	req.Header.Set("Authorization", "Bearer "+token.body["access_token"].(string))
	return w.do(req)
}

// call calls a path in a layout with a fresh token; body nil is a GET.
func (w *world) call(l emulator.Layout, path string, body any) result {
	w.t.Helper()
	root := w.Issuer()
	if l == emulator.LayoutSystem {
		root = w.APIURL()
	}
	method, raw, kind := "GET", "", ""
	if body != nil {
		method, raw, kind = "POST", string(mustJSON(w.t, body)), "application/json"
	}
	req := w.request(method, root+path, kind, raw)
	req.Header.Set("Authorization", "Bearer "+w.token())
	return w.do(req)
}

func ofType(t *testing.T, name string) emulator.ConsentType {
	t.Helper()
	all := emulator.ConsentTypes()
	i := slices.IndexFunc(all, func(ct emulator.ConsentType) bool { return ct.Name == name })
	if i < 0 {
		t.Fatalf("no type %s", name)
	}
	return all[i]
}

func TestClientsCreateConsents(t *testing.T) {
	w := newWorld(t)
	uk := ofType(t, "uk-domestic-payment")
	good := `{"Data":{"Initiation":{"InstructedAmount":{"Amount":"1.00","Currency":"GBP"}}},"Risk":{"PaymentContextCode":"BillPayment"}}`
	made := w.create(uk, "payments", good)
	data, _ := made.body["Data"].(map[string]any)
	id, _ := data["ConsentId"].(string)
	if c, found := w.Consent(id); made.status != http.StatusCreated || !found || c.Status != "AwaitingAuthorisation" ||
		c.Body["PaymentContextCode"] != "BillPayment" {
		t.Errorf("%d %s: %+v", made.status, made.raw, c)
	}
	br := ofType(t, "br-data-v2")
	made = w.create(br, "consents",
		`{"data":{"loggedUser":{"document":{"identification":"12345678909","rel":"CPF"}},"permissions":["ACCOUNTS_READ"]}}`)
	data, _ = made.body["data"].(map[string]any)
	id, _ = data["consentId"].(string)
	if c, found := w.Consent(id); !found || c.CPF != "12345678909" || !strings.HasPrefix(id, "urn:") ||
		c.Status != "AWAITING_AUTHORISATION" {
		t.Errorf("%d %s: %+v", made.status, made.raw, c)
	}
	for name, row := range map[string]struct {
		ct     emulator.ConsentType
		scope  string
		body   string
		status int
	}{
		"another scope":     {uk, "accounts", good, http.StatusForbidden},
		"nothing asked for": {uk, "payments", `{"Data":{}}`, http.StatusBadRequest},
		"no data":           {uk, "payments", `{}`, http.StatusBadRequest},
		"nobody's":          {br, "consents", `{"data":{"permissions":["ACCOUNTS_READ"]}}`, http.StatusBadRequest},
	} {
		if got := w.create(row.ct, row.scope, row.body); got.status != row.status {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.raw, row.status)
		}
	}
	req := w.request("POST", w.WorkspaceIssuer()+uk.Create, "application/json", good)
	if got := w.do(req); got.status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", got.status)
	}
}

// Each way of naming a consent in the authentication request arrives in what
// the service is sent.
func TestIntentsArrive(t *testing.T) {
	w := newWorld(t)
	data, _ := w.create(ofType(t, "br-payment-v3"), "payments",
		`{"data":{"loggedUser":{"document":{"identification":"12345678909","rel":"CPF"}},"creditor":{"name":"x"},"payment":{"amount":"1.00"}}}`).body["data"].(map[string]any)
	id := data["consentId"].(string)
	for name, form := range map[string]url.Values{
		"member": {"scope": {"openid payments"}, "login_hint": {"bruno"}, "openbanking_intent_id": {id}},
		"scope":  {"scope": {"openid payments consent:" + id}, "login_hint": {"bruno"}},
		"hint":   {"scope": {"openid payments"}, "login_hint": {id}},
	} {
		got := w.backchannel(w.party(), form)
		if got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, got.status, got.raw)
		}
		in := <-w.service.starts
		scopes, _ := in["requested_scopes"].([]any)
		named := map[string]bool{
			"member": in["openbanking_intent_id"] == id,
			"scope":  slices.Contains(scopes, any("consent:"+id)),
			"hint":   in["user_identifier"] == id,
		}
		for way, is := range named {
			if is != (way == name) {
				t.Errorf("asked by %s, the start names it by %s: %v (%v)", name, way, is, in)
			}
		}
	}
	if got := w.backchannel(w.till(),
		url.Values{
			"scope":                 {"openid payments"},
			"login_hint":            {"bruno"},
			"openbanking_intent_id": {id},
		}); got.status != http.StatusBadRequest {
		t.Errorf("another client's consent: %d %s", got.status, got.raw)
	}
}

// Every type is read where the contract says and nowhere else, in the layouts
// that carry it.
func TestConsentsAreReadInTheirPlace(t *testing.T) {
	w := newWorld(t)
	for _, ct := range emulator.ConsentTypes() {
		if ct.Kind == emulator.Refused {
			continue
		}
		c := w.AddConsent(ct.Name, func(c *emulator.Consent) {
			if ct.Kind == emulator.BRData { // the vendor's Swagger knows data consents of companies only
				c.CNPJ = "12345678000195"
				c.Body["document"] = map[string]any{"identification": c.CNPJ, "rel": "CNPJ"}
			}
		})
		s := w.Begin(emulator.Ask{Hint: "ada.quill", Consent: c.ID})
		for _, l := range []emulator.Layout{emulator.LayoutWorkspace, emulator.LayoutSystem} {
			for _, other := range emulator.ConsentTypes() {
				if other.Read == "" || !other.Carries(l) {
					continue
				}
				want := http.StatusNotFound
				if other.Read == ct.Read && (other.Kind == ct.Kind) {
					want = http.StatusOK
				}
				got := w.call(l, other.Read+"/"+s.ID, nil)
				if got.status != want {
					t.Errorf("%s at %s in %s: %d, want %d", ct.Name, other.Read, l, got.status, want)
				}
				if got.status == http.StatusOK && got.body[ct.Member] == nil {
					t.Errorf("%s in %s answers without %s", ct.Name, l, ct.Member)
				}
			}
		}
		if !ct.Brazil {
			answer := "Get" + camel(strings.TrimSuffix(ct.Member, "_consent")) + "ConsentResponse"
			acpspec.UK.Fits(t, answer, w.call(emulator.LayoutWorkspace, ct.Read+"/"+s.ID, nil).raw)
			continue
		}
		byID := w.call(emulator.LayoutWorkspace, "/servers/shop/open-banking-brasil/consents/"+c.ID, nil)
		if byID.status != http.StatusOK || byID.body["cpf"] != c.CPF || byID.body[ct.Member] == nil {
			t.Errorf("%s by id: %d %s", ct.Name, byID.status, byID.raw)
		}
		acpspec.Brazil.Fits(t, "BrazilConsent", byID.raw)
	}
	w.SetLayouts(emulator.LayoutSystem)
	uk := ofType(t, "uk-account-access")
	if got := w.do(w.request("GET", w.Issuer()+uk.Read+"/x", "", "")); got.status != http.StatusNotFound {
		t.Errorf("a layout that isn't served: %d", got.status)
	}
	if got := w.do(w.request("GET", w.APIURL()+uk.Read+"/x", "", "")); got.status != http.StatusUnauthorized {
		t.Errorf("the one that is, without a token: %d, by which a caller tells that it is there", got.status)
	}
}

// camel writes account_access as the Swagger does: AccountAccess.
func camel(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(s, "_") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func TestStrictAboutConsents(t *testing.T) {
	for name, row := range map[string]struct {
		typeName string
		verb     string
		change   func(map[string]any)
		want     string
	}{
		"right, to share": {"uk-account-access", "accept", nil, ""},
		"right, Pix":      {"br-payment-v3", "accept", nil, ""},
		"a scope left out": {"uk-account-access", "accept",
			func(b map[string]any) { b["granted_scopes"] = []string{"openid"} }, "granted_scopes"},
		"no accounts": {"uk-account-access", "accept",
			func(b map[string]any) { b["account_ids"] = []string{} }, "account_ids"},
		"accounts missing": {"uk-account-access", "accept", func(b map[string]any) { delete(b, "account_ids") },
			"account_ids"},
		"an account twice": {"uk-account-access", "accept",
			func(b map[string]any) { b["account_ids"] = []string{"a", "a"} }, "account_ids"},
		"two to pay from": {"uk-domestic-payment", "accept",
			func(b map[string]any) { b["account_ids"] = []string{"a", "b"} }, "one account"},
		"another's state": {"uk-domestic-payment", "accept", func(b map[string]any) { b["login_state"] = "x" },
			"login_state"},
		"a member nobody knows": {"uk-domestic-payment", "accept", func(b map[string]any) { b["id"] = "x" },
			"unknown field"},
		"a debtor in the UK": {"uk-domestic-payment", "accept", func(b map[string]any) {
			b["debtor_account"] = map[string]any{"ispb": "1", "number": "1", "account_type": "CACC"}
		}, "debtor_account"},
		"no debtor": {"br-payment-v3", "accept", func(b map[string]any) { delete(b, "debtor_account") },
			"debtor_account"},
		"half a debtor": {"br-payment-v3", "accept",
			func(b map[string]any) { b["debtor_account"] = map[string]any{"ispb": "1"} }, "not complete"},
		"a debtor that is fixed": {"br-payment-v2", "accept", nil, "debtor_account"},
		"right, a rejection":     {"br-data-v2", "reject", nil, ""},
		"a code of the other kind": {"br-data-v2", "reject", func(b map[string]any) {
			b["rejection_reason"] = map[string]any{"code": "REJEITADO_USUARIO", "details": "x"}
		}, "rejection_reason"},
		"no reason": {"br-data-v2", "reject", func(b map[string]any) { delete(b, "rejection_reason") },
			"rejection_reason"},
		"a reason in the UK": {"uk-account-access", "reject", nil, "rejection_reason"},
		"another status than 403": {"br-data-v2", "reject", func(b map[string]any) { b["status_code"] = 400 },
			"status_code"},
		"data without its accounts": {"br-data-v2", "accept",
			func(b map[string]any) { b["account_ids"] = []string{}; delete(b, "debtor_account") }, "account_ids"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ct := ofType(t, row.typeName)
			c := w.AddConsent(ct.Name, nil)
			s := w.Begin(emulator.Ask{Hint: "ada.quill", Consent: c.ID})
			body := map[string]any{
				"login_state":    s.LoginState,
				"granted_scopes": s.Scopes,
				"account_ids":    []string{"a"},
			}
			if ct.Kind == emulator.BRPayment {
				body["debtor_account"] = map[string]any{
					"ispb":         "12345678",
					"issuer":       "1",
					"number":       "2",
					"account_type": "CACC",
				}
			}
			if row.verb == "reject" {
				body = map[string]any{
					"id":                s.ID,
					"login_state":       s.LoginState,
					"error":             "access_denied",
					"error_cause":       "x",
					"error_description": "y",
					"status_code":       403,
					"rejection_reason":  map[string]any{"code": "CUSTOMER_MANUALLY_REJECTED", "details": "x"},
				}
			}
			body = maps.Clone(body)
			if row.change != nil {
				row.change(body)
			}
			path := map[bool]string{
				true:  "/open-banking-brasil/payment/",
				false: "/open-banking-brasil/consent/",
			}[ct.Kind == emulator.BRPayment]
			if !ct.Brazil {
				path = ct.Read + "/"
			}
			got := w.call(emulator.LayoutWorkspace, path+s.ID+"/"+row.verb, body)
			kept, _ := w.Consent(c.ID)
			if row.want == "" {
				if got.status != http.StatusOK || strings.HasPrefix(strings.ToUpper(kept.Status), "AWAITING") {
					t.Errorf("%d %s, and the consent is %s", got.status, got.raw, kept.Status)
				}
				w.contractKept()
				return
			}
			if got.status != http.StatusBadRequest || !strings.Contains(string(got.raw), row.want) ||
				!strings.HasPrefix(strings.ToUpper(kept.Status), "AWAITING") {
				t.Errorf("%d %s, and the consent is %s; want a complaint about %s", got.status, got.raw, kept.Status,
					row.want)
			}
			if len(w.Mismatches()) == 0 {
				t.Error("no mismatch was noted")
			}
		})
	}
}
