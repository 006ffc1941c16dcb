package acp_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"assent/app"
	"assent/app/acp"
	"assent/app/acp/acpspec"
	"assent/app/authz"
)

// calls is where each kind is answered: under the issuer or under the system
// API, as the layout has it, and what with.
var calls = []struct {
	kind         authz.Kind
	path         string
	spec         acpspec.Spec
	accept       string // definition of the body
	acceptSystem string
}{
	{authz.UKAccountAccess, "/open-banking/account-access-consent/{login}", acpspec.UK, "AcceptConsentRequest",
		"AcceptConsentRequest"},
	{authz.UKDomesticPayment, "/open-banking/domestic-payment-consent/{login}", acpspec.UK, "AcceptConsentRequest",
		"AcceptConsentRequest"},
	{authz.UKDomesticScheduledPayment, "/open-banking/domestic-scheduled-payment-consent/{login}", acpspec.UK,
		"AcceptConsentRequest", "AcceptConsentRequest"},
	{authz.UKDomesticStandingOrder, "/open-banking/domestic-standing-order-consent/{login}", acpspec.UK,
		"AcceptConsentRequest", "AcceptConsentRequest"},
	{authz.UKFilePayment, "/open-banking/file-payment-consent/{login}", acpspec.UK, "AcceptConsentRequest",
		"AcceptConsentRequest"},
	{authz.UKInternationalPayment, "/open-banking/international-payment-consent/{login}", acpspec.UK,
		"AcceptConsentRequest", "AcceptConsentRequest"},
	{authz.UKInternationalScheduledPayment, "/open-banking/international-scheduled-payment-consent/{login}", acpspec.UK,
		"AcceptConsentRequest", "AcceptConsentRequest"},
	{authz.UKInternationalStandingOrder, "/open-banking/international-standing-order-consent/{login}", acpspec.UK,
		"AcceptConsentRequest", "AcceptConsentRequest"},
	{authz.BRData, "/open-banking-brasil/consent/{login}", acpspec.Brazil, "AcceptConsentRequest",
		"AcceptConsentRequest"},
	{authz.BRPayment, "/open-banking-brasil/payment/{login}", acpspec.Brazil, "AcceptPaymentConsent",
		"AcceptConsentRequest"},
}

func pathOf(k authz.Kind) string {
	for _, c := range calls {
		if c.kind == k {
			return c.path
		}
	}
	return ""
}

var roots = map[acp.Layout]string{acp.LayoutWorkspace: "/t/system", acp.LayoutSystem: "/api/system/t"}

// scopes are those that tokens were asked for with.
func scopes(p *tap) (out []string) {
	for _, s := range p.sent {
		if strings.HasSuffix(s.path, "/token") {
			out = append(out, string(s.body))
		}
	}
	return out
}

func TestEveryKindIsAnswered(t *testing.T) {
	for layout, root := range roots {
		for _, k := range calls {
			t.Run(string(layout)+"/"+string(k.kind), func(t *testing.T) {
				c, p, _ := wireTo(t, acp.Config{Layout: layout},
					func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"redirect_to":"x"}`) })
				l := authz.Login{Kind: k.kind, ID: "login-1", State: "state-1", ServerID: "bank"}
				payment := k.kind == authz.BRPayment
				for _, g := range []authz.Grant{
					{},
					{
						Scopes:     []string{"openid", "payments"},
						AccountIDs: []string{"a1", "a2"},
						Claims:     []string{"not for these"},
					},
					{
						Scopes:     []string{"openid"},
						AccountIDs: []string{"a1"},
						Debtor: &app.AccountRef{
							ISPB:        "12345678",
							Issuer:      "1774",
							Number:      "94088392",
							AccountType: "CACC",
							Name:        "Mine",
						},
					},
					{
						Scopes:     []string{"openid"},
						AccountIDs: []string{"a1"},
						Debtor:     &app.AccountRef{ISPB: "12345678", Number: "1", AccountType: "TRAN"},
					},
				} {
					if err := c.Accept(t.Context(), l, g); err != nil {
						t.Fatal(err)
					}
					definition := k.accept
					want := map[string]any{
						"login_state":    "state-1",
						"granted_scopes": list(g.Scopes),
						"account_ids":    list(g.AccountIDs),
					}
					if layout == acp.LayoutSystem {
						definition = k.acceptSystem
					} else if payment && g.Debtor != nil {
						debtor := map[string]any{
							"ispb":         g.Debtor.ISPB,
							"number":       g.Debtor.Number,
							"account_type": g.Debtor.AccountType,
						}
						if g.Debtor.Issuer != "" {
							debtor["issuer"] = g.Debtor.Issuer
						}
						want["debtor_account"] = debtor
					}
					expect(t, p.last(), root+k.path+"/accept", want)
					k.spec.Fits(t, definition, p.last().body)
				}
				k.spec.Has(t, "POST", k.path+"/accept")
				if err := c.Reject(t.Context(), l,
					authz.Rejection{Why: authz.ByPerson, Cause: "denied_by_user", Description: "No."}); err != nil {
					t.Fatal(err)
				}
				want := map[string]any{
					"id":                "login-1",
					"login_state":       "state-1",
					"error":             "access_denied",
					"error_cause":       "denied_by_user",
					"error_description": "No.",
					"status_code":       403.0,
				}
				switch k.kind {
				case authz.BRData:
					want["rejection_reason"] = map[string]any{"code": "CUSTOMER_MANUALLY_REJECTED", "details": "No."}
				case authz.BRPayment:
					want["rejection_reason"] = map[string]any{"code": "REJEITADO_USUARIO", "details": "No."}
				}
				expect(t, p.last(), root+k.path+"/reject", want)
				k.spec.Fits(t, "RejectConsentRequest", p.last().body)
				k.spec.Has(t, "POST", k.path+"/reject")
				if s := scopes(p); len(s) != 1 || !strings.Contains(s[0], "scope=manage_openbanking_consents") {
					t.Errorf("tokens were asked for with %v", s)
				}
			})
		}
	}
}

// list is what JSON makes of a list, also of none.
func list(s []string) []any {
	out := []any{}
	for _, e := range s {
		out = append(out, e)
	}
	return out
}

func expect(t *testing.T, got sent, path string, want map[string]any) {
	t.Helper()
	path = strings.ReplaceAll(path, "{login}", "login-1")
	var body map[string]any
	if err := json.Unmarshal(got.body, &body); err != nil || !reflect.DeepEqual(body, want) ||
		got.method != http.MethodPost || got.path != path {
		t.Errorf("%s %s %s, %v\nwanted %s %v", got.method, got.path, got.body, err, path, want)
	}
}

// A plain login lives under the system API in either layout.
func TestPlainLoginsHaveOnePlace(t *testing.T) {
	for layout := range roots {
		c, p, _ := wireTo(t, acp.Config{Layout: layout},
			func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
		if err := c.Accept(t.Context(), authz.Login{Kind: authz.Regular, ID: "x"}, authz.Grant{}); err != nil ||
			p.last().path != "/api/system/t/scope-grants/x/accept" {
			t.Errorf("%s: %v, %s", layout, err, p.last().path)
		}
	}
}

func TestBrazilsReasons(t *testing.T) {
	c, p, _ := wire(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
	for _, row := range []struct {
		why           authz.Why
		data, payment string
	}{
		{authz.ByPerson, "CUSTOMER_MANUALLY_REJECTED", "REJEITADO_USUARIO"},
		{authz.Security, "INTERNAL_SECURITY_REASON", "FALHA_INFRAESTRUTURA"},
		{authz.Technical, "CONSENT_TECHNICAL_ISSUE", "FALHA_INFRAESTRUTURA"},
		{authz.AccountCannotPay, "CONSENT_TECHNICAL_ISSUE", "CONTA_NAO_PERMITE_PAGAMENTO"},
		{authz.Balance, "CONSENT_TECHNICAL_ISSUE", "SALDO_INSUFICIENTE"},
		{"", "CONSENT_TECHNICAL_ISSUE", "FALHA_INFRAESTRUTURA"},
	} {
		for kind, code := range map[authz.Kind]string{authz.BRData: row.data, authz.BRPayment: row.payment} {
			if err := c.Reject(t.Context(), authz.Login{Kind: kind, ID: "x"},
				authz.Rejection{Why: row.why, Description: "d"}); err != nil {
				t.Fatal(err)
			}
			if s := string(p.last().body); !strings.Contains(s,
				`"rejection_reason":{"code":"`+code+`","details":"d"}`) {
				t.Errorf("%s %q: %s", kind, row.why, s)
			}
		}
	}
}

func TestHostileIdsStayInTheirPlaceForEveryKind(t *testing.T) {
	c, p, _ := wire(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
	hostile := "../{login}/a?b#c\r\n%2e%2e"
	escaped := "..%2F%7Blogin%7D%2Fa%3Fb%23c%0D%0A%252e%252e"
	for _, k := range calls {
		if err := c.Accept(t.Context(), authz.Login{Kind: k.kind, ID: hostile}, authz.Grant{}); err != nil ||
			p.last().path != "/t/system"+strings.ReplaceAll(k.path, "{login}", escaped)+"/accept" {
			t.Errorf("accept of %s: %v, %s", k.kind, err, p.last().path)
		}
		c.Details(t.Context(), authz.Login{Kind: k.kind, ID: hostile, State: "a&b"}) // whatever comes of it
		if !strings.Contains(p.last().path, "/"+escaped) || p.last().query != "login_state=a%26b" {
			t.Errorf("details of %s: %s?%s", k.kind, p.last().path, p.last().query)
		}
		for _, id := range []string{"", ".", ".."} {
			var e *authz.Error
			if err := c.Reject(t.Context(), authz.Login{Kind: k.kind, ID: id},
				authz.Rejection{}); !errors.As(err, &e) ||
				e.Outcome != authz.Refused {
				t.Errorf("%s %q: %v", k.kind, id, err)
			}
		}
	}
	c.ConsentOwner(t.Context(), "w/../x", hostile) // an empty answer is none
	if got, want := p.last().path, "/t/system/servers/w%2F..%2Fx/open-banking-brasil/consents/"+escaped; got != want {
		t.Errorf("consent: %s, want %s", got, want)
	}
	before := len(p.sent)
	for _, ids := range [][2]string{{"..", "x"}, {"", "x"}, {"w", "."}, {"w", ""}} {
		var e *authz.Error
		if _, err := c.ConsentOwner(t.Context(), ids[0], ids[1]); !errors.As(err, &e) || e.Outcome != authz.Refused {
			t.Errorf("%q: %v", ids, err)
		}
	}
	if len(p.sent) != before {
		t.Error("an id that can't stand in a path was sent")
	}
}

func TestUnknownKindsAndLayouts(t *testing.T) {
	c, p, _ := wire(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
	var e *authz.Error
	if err := c.Accept(t.Context(), authz.Login{Kind: "uk-vrp", ID: "x"}, authz.Grant{}); !errors.As(err, &e) ||
		e.Outcome != authz.Refused || len(p.sent) > 0 {
		t.Errorf("%v, %d calls", err, len(p.sent))
	}
	if _, err := acp.New(acp.Config{
		Issuer: "https://acp.example/t/system",
		HTTP:   http.DefaultClient,
		Layout: "elsewhere",
	}); err == nil {
		t.Error("a layout of our own making is taken")
	}
}

// Domains of the customer's own leave ids out, and an API URL stands before all.
func TestWhereLayoutsLie(t *testing.T) {
	for _, c := range []struct {
		config acp.Config
		path   string
	}{
		{acp.Config{Issuer: "/t/system"}, "/t/system/open-banking/account-access-consent/x"},
		{acp.Config{Issuer: "/t/system/"}, "/t/system/open-banking/account-access-consent/x"},
		{acp.Config{Issuer: "/t/system", Layout: acp.LayoutSystem},
			"/api/system/t/open-banking/account-access-consent/x"},
		{acp.Config{Issuer: "/system", VanityDomain: acp.VanityTenant, Tenant: "t"},
			"/system/open-banking/account-access-consent/x"},
		{acp.Config{Issuer: "/", VanityDomain: acp.VanityServer, Tenant: "t"},
			"/open-banking/account-access-consent/x"},
		{acp.Config{Issuer: "/system", VanityDomain: acp.VanityTenant, Tenant: "t", Layout: acp.LayoutSystem},
			"/api/system/open-banking/account-access-consent/x"},
	} {
		client, p, srv := wireTo(t, c.config, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"account_access_consent":{"ConsentId":"c","Permissions":["ReadPAN"]}}`)
		})
		if _, err := client.Details(t.Context(), authz.Login{Kind: authz.UKAccountAccess, ID: "x"}); err != nil ||
			p.last().path != c.path {
			t.Errorf("%+v: %v, %s", c.config, err, p.last().path)
		}
		c.config.APIURL = srv.URL + "/gate"
		through, p, _ := wireTo(t, c.config, func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) })
		if err := through.Accept(t.Context(), authz.Login{Kind: authz.UKAccountAccess, ID: "x"},
			authz.Grant{}); err != nil ||
			p.last().path != "/gate"+c.path+"/accept" {
			t.Errorf("%+v: %v, %s", c.config, err, p.last().path)
		}
	}
}

func TestProbe(t *testing.T) {
	for layout, root := range roots {
		c, p, _ := wire(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Header.Get("Authorization") != "":
				t.Error("a probe with a token")
			case strings.HasPrefix(r.URL.Path, root+"/open-banking/"):
				w.WriteHeader(http.StatusUnauthorized)
			default:
				http.NotFound(w, r)
			}
		})
		for asked := range roots {
			if ok, err := c.Probe(t.Context(), asked); err != nil || ok != (asked == layout) {
				t.Errorf("%s on %s: %v, %v", asked, layout, ok, err)
			}
		}
		if len(scopes(p)) > 0 {
			t.Error("a probe asked for a token")
		}
	}
	busy, _, _ := wire(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	if ok, err := busy.Probe(t.Context(), ""); ok || err == nil {
		t.Errorf("503: %v, %v", ok, err)
	}
}

// Every kind has a row here with all that its calls need, or is said not to be
// carried; and what it is answered with and an answer about it are tested.
func TestEveryKindIsCarried(t *testing.T) {
	rows := acp.Rows()
	for _, kind := range authz.Kinds() {
		t.Run(string(kind.Kind), func(t *testing.T) {
			r, carried := rows[kind.Kind]
			delete(rows, kind.Kind)
			if why := acp.NotCarried[kind.Kind]; carried == (why != "") {
				t.Fatalf("it has a row: %v; why it is not carried: %q", carried, why)
			}
			if !carried {
				return
			}
			if r.Base == "" || r.Scope == "" || !r.Layouts[acp.LayoutWorkspace] || !r.Layouts[acp.LayoutSystem] {
				t.Errorf("its row is %+v", r)
			}
			if kind.Country == authz.NoCountry {
				return
			}
			if r.ConsentTypes == 0 || r.Versions == 0 || pathOf(kind.Kind) == "" {
				t.Errorf("its row is %+v, its path tested as %q", r, pathOf(kind.Kind))
			}
			sampled := 0
			for _, s := range samples {
				if s.kind == kind.Kind {
					sampled++
				}
			}
			if sampled != r.Versions {
				t.Errorf("%d of its %d versions have a sample", sampled, r.Versions)
			}
		})
	}
	for kind := range rows {
		t.Errorf("%s has a row here and none in the vocabulary", kind)
	}
}
