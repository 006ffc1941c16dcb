package acp_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assent/app/acp"
	"assent/app/authz"
)

// answers are what ACP says by path: a body, or the number of a status. Paths
// stand under the root of the layout; anything else is 404.
type answers map[string]string

func (a answers) client(t *testing.T, layout acp.Layout) (*acp.Client, *tap) {
	t.Helper()
	c, p, _ := wireTo(t, acp.Config{Layout: layout}, func(w http.ResponseWriter, r *http.Request) {
		s, ok := a[strings.TrimPrefix(r.URL.EscapedPath(), roots[layout])]
		if code, err := strconv.Atoi(s); err == nil {
			w.WriteHeader(code)
		} else if !ok {
			http.NotFound(w, r)
		} else {
			io.WriteString(w, s)
		}
	})
	return c, p
}

// asked are the paths that were asked for, tokens aside.
func asked(p *tap, layout acp.Layout) (out []string) {
	for _, s := range p.sent {
		if path, ok := strings.CutPrefix(s.path, roots[layout]); ok && s.method == http.MethodGet &&
			!strings.Contains(path, "well-known") {
			out = append(out, path)
		}
	}
	return out
}

// with puts an answer together from a member's answer and more members.
func with(t *testing.T, answer []byte, more string) string {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(answer, &m); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(more), &m); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const (
	consentURN = "urn:bancoex:C1DD33123"
	byID       = "/servers/bank/open-banking-brasil/consents/" + consentURN
	ofData     = "/open-banking-brasil/consent/x"
	ofPayment  = "/open-banking-brasil/payment/x"
	ofV2       = "/open-banking-brasil/payment/v2/x"
	ofV3       = "/open-banking-brasil/payment/v3/x"
	who        = `{"client_info":{"client_name":"Till"},"requested_scopes":[{"name":"openid"},{"name":"consent:*","requested_name":"consent:` +
		consentURN + `"}],
		"subject":"s-1","status":"AWAITING_AUTHORISATION","type":"t","created_at":"2026-11-23T08:00:00Z","account_ids":null,"new":1}`
	owner = `{"cpf":"111.111.111-11","cnpj":"","status":"AwaitingAuthorisation","spec":"obbr","spec_version":"v","request_hash":"h","idempotency_key":"k","client_id":"c","newer":2}`
)

func brazilian(kind authz.Kind) authz.Login {
	return authz.Login{Kind: kind, ID: "x", State: "very-secret-state", ServerID: "bank", ConsentID: consentURN}
}

// Each kind of the UK is read in either layout, with all that it says.
func TestDetailsOfTheUK(t *testing.T) {
	for layout := range roots {
		for _, s := range samples {
			if s.version != "" {
				continue
			}
			path := strings.ReplaceAll(pathOf(s.kind), "{login}", "x")
			c, p := answers{path: with(t, sample(t, s.file), who)}.client(t, layout)
			d, err := c.Details(t.Context(), authz.Login{Kind: s.kind, ID: "x", State: "st"})
			if err != nil {
				t.Errorf("%s: %v", s.file, err)
				continue
			}
			if d.Consent == nil || lines(d.Consent) != strings.Join(full[s.file].facts, "\n") ||
				d.Client.Name != "Till" || len(d.Scopes) != 2 || d.Subject != "s-1" || !d.Awaiting() {
				t.Errorf("%s: %+v", s.file, d)
			}
			if d.Unknown["new"] != json.Number("1") || (full[s.file].debtor != "") != (d.Unknown[s.member] != nil) ||
				len(d.Unknown) > 2 {
				t.Errorf("%s: unknown %v", s.file, d.Unknown)
			}
			if p.last().query != "login_state=st" {
				t.Errorf("%s: %q", s.file, p.last().query)
			}
			s.spec.Has(t, "GET", strings.ReplaceAll(path, "/x", "/{login}"))
		}
	}
}

// An answer counts only with the consent of the login's kind.
func TestAnswersOfAnotherKind(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want authz.Outcome
	}{
		"no consent": {who, authz.OtherKind},
		"an empty consent": {`{"domestic_payment_consent":{"ConsentId":"","Initiation":{"InstructedAmount":{}},"CreationDateTime":"0001-01-01T00:00:00.000Z"}}`,
			authz.OtherKind},
		"null":           {`{"domestic_payment_consent":null}`, authz.OtherKind},
		"a text":         {`{"domestic_payment_consent":"x"}`, authz.OtherKind},
		"another kind's": {string(sample(t, "uk-account-access")), authz.OtherKind},
		"both": {with(t, sample(t, "uk-account-access"), string(sample(t, "uk-domestic-payment"))),
			authz.OtherKind},
		"unreadable": {`{"domestic_payment_consent":{"ConsentId":"c"}}`, authz.Unreadable},
		"not JSON":   {`<html>`, authz.Busy},
	} {
		client, _ := answers{"/open-banking/domestic-payment-consent/x": c.body}.client(t, acp.LayoutWorkspace)
		var e *authz.Error
		if d, err := client.Details(t.Context(),
			authz.Login{Kind: authz.UKDomesticPayment, ID: "x"}); !errors.As(err, &e) ||
			e.Outcome != c.want || d != nil {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	// The empty members of others say nothing.
	client, _ := answers{
		"/open-banking/domestic-payment-consent/x": with(t, sample(t, "uk-domestic-payment"),
			`{"file_payment_consent":{"Initiation":{"FileType":""}},"account_access_consent":null}`),
	}.client(t,
		acp.LayoutWorkspace)
	if d, err := client.Details(t.Context(), authz.Login{Kind: authz.UKDomesticPayment, ID: "x"}); err != nil ||
		d.Consent == nil {
		t.Errorf("with empty members of other kinds: %v", err)
	}
}

func TestDetailsOfBrazil(t *testing.T) {
	for _, s := range samples {
		if s.version == "" {
			continue
		}
		t.Run(s.file, func(t *testing.T) {
			a := answers{byID: with(t, sample(t, s.file), owner)}
			own := map[string]string{
				"br-data-v1":    ofData,
				"br-data-v2":    ofData,
				"br-payment-v1": ofPayment,
				"br-payment-v2": ofV2,
				"br-payment-v3": ofV3,
			}[s.file]
			paths := []string{byID}
			if own != "" {
				a[own] = with(t, sample(t, s.file), who)
				paths = append(paths, own)
			}
			c, p := a.client(t, acp.LayoutWorkspace)
			d, err := c.Details(t.Context(), brazilian(s.kind))
			if err != nil {
				t.Fatal(err)
			}
			if got := asked(p, acp.LayoutWorkspace); !slices.Equal(got, paths) {
				t.Errorf("asked for %v, want %v", got, paths)
			}
			if d.Consent.Version != s.version || d.Consent.ID != consentURN || d.Consent.CPF != "11111111111" ||
				lines(d.Consent) != strings.Join(full[s.file].facts, "\n") {
				t.Errorf("%+v", d.Consent)
			}
			if (own != "") != (d.Client.Name == "Till" && len(d.Scopes) == 2 && d.Subject == "s-1") ||
				d.ClientID != "c" || !d.Awaiting() {
				t.Errorf("%+v", d)
			}
			want := map[string]any{"newer": json.Number("2")}
			if own != "" {
				want["new"] = json.Number("1")
			}
			if left := full[s.file].left; left != nil {
				want[s.member] = left
			}
			if !reflect.DeepEqual(d.Unknown, want) {
				t.Errorf("unknown %v, want %v", d.Unknown, want)
			}
			if s := scopes(p); len(s) != 1 || !strings.Contains(s[0], "scope=manage_openbanking_consents") {
				t.Errorf("tokens were asked for with %v", s)
			}
			s.spec.Has(t, "GET", "/servers/{wid}/open-banking-brasil/consents/{consentID}")
			if own != "" {
				s.spec.Has(t, "GET", strings.ReplaceAll(own, "/x", "/{login}"))
			}
		})
	}
}

// Without an answer by id the versions are tried by login, in the contract's
// order, and one counts on whichever path it comes.
func TestBrazilByLogin(t *testing.T) {
	v1, v2, v3 := with(t, sample(t, "br-payment-v1"),
		who), with(t, sample(t, "br-payment-v2"), who), with(t, sample(t, "br-payment-v3"), who)
	hollow := with(t,
		[]byte(`{"customer_payment_consent_v3":{"consentId":"","creditor":{"name":""},"creationDateTime":"0001-01-01T00:00:00.000Z"}}`),
		who)
	for name, c := range map[string]struct {
		layout  acp.Layout
		kind    authz.Kind
		answers answers
		asked   []string
		version string
		want    authz.Outcome
	}{
		"v3": {acp.LayoutWorkspace, authz.BRPayment, answers{ofV3: v3}, []string{byID, ofV3},
			"v3", ""},
		"v2": {acp.LayoutWorkspace, authz.BRPayment, answers{ofV2: v2},
			[]string{byID, ofV3, ofV2}, "v2", ""},
		"v1": {acp.LayoutWorkspace, authz.BRPayment, answers{ofPayment: v1},
			[]string{byID, ofV3, ofV2, ofPayment}, "v1", ""},
		"v1, others refuse": {acp.LayoutWorkspace, authz.BRPayment,
			answers{byID: "400", ofV3: "400", ofV2: "403", ofPayment: v1}, []string{byID, ofV3, ofV2, ofPayment}, "v1",
			""},
		"v1, others are empty": {acp.LayoutWorkspace, authz.BRPayment,
			answers{ofV3: hollow, ofV2: who, ofPayment: v1}, []string{byID, ofV3, ofV2, ofPayment}, "v1", ""},
		"v1 beside an empty v3": {acp.LayoutWorkspace, authz.BRPayment,
			answers{ofV3: with(t, []byte(hollow), string(sample(t, "br-payment-v1")))}, []string{byID, ofV3}, "v1", ""},
		"v1 on the path of v3": {acp.LayoutWorkspace, authz.BRPayment, answers{ofV3: v1}, []string{byID, ofV3},
			"v1", ""},
		"data v2": {acp.LayoutWorkspace, authz.BRData,
			answers{ofData: with(t, sample(t, "br-data-v2"), who)}, []string{byID, ofData}, "v2", ""},
		"gone": {acp.LayoutWorkspace, authz.BRPayment, answers{},
			[]string{byID, ofV3, ofV2, ofPayment}, "", authz.NotFound},
		"not allowed": {acp.LayoutWorkspace, authz.BRPayment, answers{ofV2: "403"},
			[]string{byID, ofV3, ofV2, ofPayment}, "", authz.Credentials},
		"not allowed by id": {acp.LayoutWorkspace, authz.BRPayment, answers{byID: "403"}, []string{byID}, "",
			authz.Credentials},
		"busy": {acp.LayoutWorkspace, authz.BRPayment, answers{ofV3: "503", ofPayment: v1},
			[]string{byID, ofV3}, "", authz.Busy},
		"busy by id": {acp.LayoutWorkspace, authz.BRPayment, answers{byID: "429", ofPayment: v1},
			[]string{byID}, "", authz.Busy},
		"no consent": {acp.LayoutWorkspace, authz.BRPayment, answers{ofV3: who},
			[]string{byID, ofV3, ofV2, ofPayment}, "", authz.OtherKind},
		"another kind's": {acp.LayoutWorkspace, authz.BRPayment,
			answers{ofV3: with(t, sample(t, "br-data-v1"), who)}, []string{byID, ofV3}, "", authz.OtherKind},
		"several": {acp.LayoutWorkspace, authz.BRPayment, answers{ofV3: with(t, []byte(v1), v2)},
			[]string{byID, ofV3}, "", authz.Unreadable},
		"old layout, v1": {acp.LayoutSystem, authz.BRPayment, answers{ofPayment: v1}, []string{ofPayment},
			"v1", ""},
		"old layout, data": {acp.LayoutSystem, authz.BRData,
			answers{ofData: with(t, sample(t, "br-data-v1"), who)}, []string{ofData}, "v1", ""},
		"old layout, v2 can't be": {acp.LayoutSystem, authz.BRPayment, answers{ofPayment: v2}, []string{ofPayment},
			"", authz.Refused},
		"old layout, data v2 can't": {acp.LayoutSystem, authz.BRData,
			answers{ofData: with(t, sample(t, "br-data-v2"), who)}, []string{ofData}, "", authz.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			client, p := c.answers.client(t, c.layout)
			d, err := client.Details(t.Context(), brazilian(c.kind))
			if got := asked(p, c.layout); !slices.Equal(slices.Compact(got), c.asked) {
				t.Errorf("asked for %v, want %v", got, c.asked)
			}
			if c.want == "" {
				if err != nil || d.Consent.Version != c.version || d.Client.Name != "Till" ||
					d.Unknown["customer_payment_consent_v3"] != nil {
					t.Errorf("%+v, %v", d, err)
				}
				return
			}
			var e *authz.Error
			if !errors.As(err, &e) || e.Outcome != c.want || d != nil {
				t.Errorf("%v, want %s", err, c.want)
			}
			var u *authz.UnsupportedError
			if (c.want == authz.Refused) != (errors.As(err, &u) && strings.Contains(u.Reason, "v2") &&
				strings.Contains(u.Reason, "layout system")) {
				t.Errorf("unsupported: %v", err)
			}
		})
	}
}

// What is read by id is completed by login, even where that has no consent.
func TestWhoAsksWithoutAConsent(t *testing.T) {
	record := with(t, sample(t, "br-payment-v2"), owner)
	for name, c := range map[string]struct {
		answers answers
		client  string
		asked   []string
		want    authz.Outcome
	}{
		"no consent on any path": {answers{byID: record, ofPayment: who}, "Till", []string{byID, ofV2, ofV3, ofPayment},
			""},
		"not to be read": {answers{byID: record, ofV2: "400"}, "", []string{byID, ofV2, ofV3, ofPayment}, ""},
		"gone":           {answers{byID: record}, "", []string{byID, ofV2, ofV3, ofPayment}, authz.NotFound},
		"not allowed": {answers{byID: record, ofV2: "403"}, "", []string{byID, ofV2, ofV3, ofPayment},
			authz.Credentials},
		"busy": {answers{byID: record, ofV2: "503"}, "", []string{byID, ofV2}, authz.Busy},
	} {
		client, p := c.answers.client(t, acp.LayoutWorkspace)
		d, err := client.Details(t.Context(), brazilian(authz.BRPayment))
		if got := asked(p, acp.LayoutWorkspace); !slices.Equal(got, c.asked) {
			t.Errorf("%s: asked for %v, want %v", name, got, c.asked)
		}
		var e *authz.Error
		if c.want == "" && (err != nil || d.Consent.Version != "v2" || d.Client.Name != c.client) ||
			c.want != "" && (!errors.As(err, &e) || e.Outcome != c.want) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

// Nobody may decide over a consent about which ACP says two things.
func TestTwoAnswersMustAgree(t *testing.T) {
	change := func(f func(map[string]any)) string { return with(t, edited(t, "br-payment-v3", f), who) }
	in := func(c map[string]any, names ...string) map[string]any {
		for _, n := range names {
			c = c[n].(map[string]any)
		}
		return c
	}
	record := answers{byID: with(t, sample(t, "br-payment-v3"), owner)}
	for name, c := range map[string]struct {
		login string
		want  authz.Outcome
		fact  string // that comes by login alone
	}{
		"the same": {change(func(map[string]any) {}), "", ""},
		"a time written in full": {change(func(c map[string]any) { c["creationDateTime"] = "2026-11-23T08:00:00.000+00:00" }),
			"", ""},
		"more by login": {change(func(c map[string]any) { c["remittanceInformation"] = "Rent" }), "",
			"remittance: Rent"},
		"less by login": {change(func(c map[string]any) { delete(in(c, "payment", "details"), "qrCode") }), "", ""},
		"another consent": {change(func(c map[string]any) { c["consentId"] = "urn:bancoex:other" }), authz.Unreadable,
			""},
		"another amount": {change(func(c map[string]any) { in(c, "payment")["amount"] = "100000.13" }),
			authz.Unreadable, ""},
		"another payee": {change(func(c map[string]any) { in(c, "creditor")["name"] = "Somebody Else" }),
			authz.Unreadable, ""},
		"another debtor": {change(func(c map[string]any) { in(c, "debtorAccount")["number"] = "1" }), authz.Unreadable,
			""},
		"no debtor": {change(func(c map[string]any) { delete(c, "debtorAccount") }), authz.Unreadable, ""},
		"another person": {change(func(c map[string]any) { in(c, "loggedUser", "document")["identification"] = "2" }),
			authz.Unreadable, ""},
		"another company": {change(func(c map[string]any) {
			in(c, "businessEntity",
				"document")["identification"] = "2"
		}),
			authz.Unreadable, ""},
	} {
		a := maps.Clone(record)
		a[ofV3] = c.login
		client, _ := a.client(t, acp.LayoutWorkspace)
		d, err := client.Details(t.Context(), brazilian(authz.BRPayment))
		var e *authz.Error
		if c.want == "" && (err != nil || !strings.HasSuffix(lines(d.Consent), c.fact)) ||
			c.want != "" && (!errors.As(err, &e) || e.Outcome != c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	data := answers{
		byID: with(t, sample(t, "br-data-v2"), owner),
		ofData: with(t,
			edited(t, "br-data-v2", func(c map[string]any) { c["permissions"] = []string{"ACCOUNTS_READ"} }), who),
	}
	client, _ := data.client(t, acp.LayoutWorkspace)
	var e *authz.Error
	if _, err := client.Details(t.Context(), brazilian(authz.BRData)); !errors.As(err, &e) ||
		e.Outcome != authz.Unreadable {
		t.Errorf("other permissions: %v", err)
	}
}

func TestAwaiting(t *testing.T) {
	for _, c := range []struct {
		byID, byLogin, consent string // JSON
		want                   bool
	}{
		{`"AWAITING_AUTHORISATION"`, `"AwaitingAuthorisation"`, `"awaiting authorisation"`, true},
		{`null`, `""`, `null`, true},
		{`"AUTHORISED"`, `"AwaitingAuthorisation"`, `"AWAITING_AUTHORISATION"`, false},
		{`"AwaitingAuthorisation"`, `"Rejected"`, `"AWAITING_AUTHORISATION"`, false},
		{`"AwaitingAuthorisation"`, `"AwaitingAuthorisation"`, `"CONSUMED"`, false},
		{`7`, `null`, `null`, false},
		{`null`, `{}`, `null`, false},
		{`null`, `null`, `["AWAITING_AUTHORISATION"]`, false},
	} {
		consent := edited(t, "br-payment-v3", func(m map[string]any) { m["status"] = json.RawMessage(c.consent) })
		client, _ := answers{
			byID: with(t, consent, `{"status":`+c.byID+`}`),
			ofV3: with(t, consent, `{"status":`+c.byLogin+`}`),
		}.client(t,
			acp.LayoutWorkspace)
		if d, err := client.Details(t.Context(), brazilian(authz.BRPayment)); err != nil || d.Awaiting() != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestWhoseAConsentIs(t *testing.T) {
	expiry := time.Date(2027, 11, 23, 8, 0, 0, 0, time.UTC)
	person := with(t, edited(t, "br-payment-v3", func(c map[string]any) { delete(c, "businessEntity") }), `{}`)
	for name, c := range map[string]struct {
		answer string
		owner  authz.ConsentOwner
		want   authz.Outcome
	}{
		"data": {with(t, sample(t, "br-data-v2"), owner),
			authz.ConsentOwner{
				CPF:       "11111111111",
				CNPJ:      "11111111111111",
				Kind:      authz.BRData,
				Version:   "v2",
				ExpiresAt: expiry,
			},
			""},
		"a person's payment": {person,
			authz.ConsentOwner{
				CPF:       "11111111111",
				Kind:      authz.BRPayment,
				Version:   "v3",
				ExpiresAt: time.Date(2026, 11, 23, 8, 5, 0, 0, time.UTC),
			},
			""},
		"a company": {`{"cpf":"1","cnpj":"12.abc.345/01DE-35","customer_data_access_consent":{"consentId":"c"}}`,
			authz.ConsentOwner{CPF: "1", CNPJ: "12ABC34501DE35", Kind: authz.BRData, Version: "v1"}, ""},
		"recurring": {`{"cpf":"1","customer_recurring_payment_consent_v1":{"recurringConsentId":"r"},"customer_payment_consent":{}}`,
			authz.ConsentOwner{CPF: "1"}, ""},
		"a version to come": {`{"cpf":"1","customer_payment_consent_v5":{"consentId":"r"}}`,
			authz.ConsentOwner{CPF: "1"}, ""},
		"two owners": {with(t, sample(t, "br-payment-v3"), `{"cpf":"2"}`), authz.ConsentOwner{},
			authz.Unreadable},
		"several consents": {with(t, sample(t, "br-payment-v3"), string(sample(t, "br-data-v1"))),
			authz.ConsentOwner{}, authz.Unreadable},
		"nothing": {`{"cpf":"1","customer_payment_consent":{"consentId":""}}`, authz.ConsentOwner{},
			authz.OtherKind},
		"not known":             {"404", authz.ConsentOwner{}, authz.NotFound},
		"not allowed":           {"401", authz.ConsentOwner{}, authz.Credentials},
		"busy":                  {"500", authz.ConsentOwner{}, authz.Busy},
		"something else at all": {`[]`, authz.ConsentOwner{}, authz.Busy},
	} {
		client, _ := answers{byID: c.answer}.client(t, acp.LayoutWorkspace)
		got, err := client.ConsentOwner(t.Context(), "bank", consentURN)
		got.ExpiresAt = got.ExpiresAt.UTC()
		c.owner.ExpiresAt = c.owner.ExpiresAt.UTC()
		var e *authz.Error
		if got != c.owner || c.want == "" && err != nil ||
			c.want != "" && (!errors.As(err, &e) || e.Outcome != c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	client, p := answers{}.client(t, acp.LayoutSystem)
	var u *authz.UnsupportedError
	if _, err := client.ConsentOwner(t.Context(), "bank", consentURN); !errors.As(err, &u) || len(p.sent) > 0 {
		t.Errorf("in the layout system: %v", err)
	}
}

// What ACP can't carry is told from what went wrong.
func TestConsentsThatNobodyCanAccept(t *testing.T) {
	for member, reason := range map[string]string{
		"customer_recurring_payment_consent_v1":  "recurring payments",
		"customer_insurance_data_access_consent": "Open Insurance",
		"customer_payment_consent_v5":            "a kind that isn't known",
	} {
		client, p := answers{
			byID: `{"` + member + `":{"consentId":"` + consentURN + `"},"customer_payment_consent":{}}`,
		}.client(t,
			acp.LayoutWorkspace)
		_, err := client.Details(t.Context(), brazilian(authz.BRPayment))
		var u *authz.UnsupportedError
		var e *authz.Error
		if !errors.As(err, &u) || !strings.Contains(u.Reason, reason) || !errors.As(err, &e) ||
			e.Outcome != authz.Refused || len(asked(p, acp.LayoutWorkspace)) != 1 {
			t.Errorf("%s: %v", member, err)
		}
	}
	// It is another consent than the one asked for, or of another kind.
	for _, c := range []struct {
		kind   authz.Kind
		answer string
		want   authz.Outcome
	}{
		{authz.BRPayment,
			with(t, edited(t, "br-payment-v4", func(c map[string]any) { c["consentId"] = "urn:x:y" }),
				`{"consent_id":"z"}`),
			authz.Unreadable},
		{authz.BRData, with(t, sample(t, "br-payment-v4"), `{}`), authz.OtherKind},
	} {
		client, _ := answers{byID: c.answer}.client(t, acp.LayoutWorkspace)
		var e *authz.Error
		if _, err := client.Details(t.Context(), brazilian(c.kind)); !errors.As(err, &e) || e.Outcome != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
