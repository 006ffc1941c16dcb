package acp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"assent/app/acp"
	"assent/app/authz"
)

var (
	seven = []authz.Kind{authz.UKDomesticPayment, authz.UKDomesticScheduledPayment, authz.UKDomesticStandingOrder,
		authz.UKFilePayment,
		authz.UKInternationalPayment, authz.UKInternationalScheduledPayment, authz.UKInternationalStandingOrder}
	eight = append([]authz.Kind{authz.UKAccountAccess}, seven...)
	both  = []authz.Kind{authz.BRData, authz.BRPayment}
)

func TestWhichKind(t *testing.T) {
	bank := authz.Login{ID: "x", ServerID: "bank"}
	for name, c := range map[string]struct {
		hint authz.Hint
		kind authz.Kind
		ask  []authz.Kind
	}{
		"nothing": {authz.Hint{Login: bank}, authz.Regular, nil},
		"scopes that only sound like it": {authz.Hint{
			Scopes: []string{"openid", "accounts", "payments", "consent:"},
			Login:  bank,
		},
			authz.Regular, nil},
		"a set workspace, no intent id": {authz.Hint{Workspace: "obuk", Scopes: []string{"payments"}, Login: bank},
			authz.Regular, nil},
		"account access": {authz.Hint{ConsentType: "account_access", Login: bank},
			authz.UKAccountAccess, nil},
		"account access, spelt otherwise": {authz.Hint{
			ConsentType: "AccountAccessConsent",
			ConsentID:   "c",
			Workspace:   "obbr",
			Login:       bank,
		},
			authz.UKAccountAccess, nil},
		"domestic payment": {authz.Hint{ConsentType: "domestic_payment"}, authz.UKDomesticPayment, nil},
		"domestic scheduled": {authz.Hint{ConsentType: "domestic_scheduled_payment"},
			authz.UKDomesticScheduledPayment, nil},
		"standing order": {authz.Hint{ConsentType: "domestic_standing_order"},
			authz.UKDomesticStandingOrder, nil},
		"file": {authz.Hint{ConsentType: "file_payment"}, authz.UKFilePayment, nil},
		"international": {authz.Hint{ConsentType: "international_payment"}, authz.UKInternationalPayment,
			nil},
		"international scheduled": {authz.Hint{ConsentType: "international-scheduled-payment"},
			authz.UKInternationalScheduledPayment, nil},
		"international standing order": {authz.Hint{ConsentType: "international_standing_order"},
			authz.UKInternationalStandingOrder, nil},
		"consents": {authz.Hint{ConsentType: "consents", Login: bank}, authz.BRData, nil},
		"payments": {authz.Hint{ConsentType: "payments", Login: bank}, authz.BRPayment, nil},
		"an unknown type says nothing": {authz.Hint{ConsentType: "x", ConsentID: "c", Scopes: []string{"accounts"}},
			authz.UKAccountAccess, nil},
		"accounts": {authz.Hint{ConsentID: "c", Scopes: []string{"openid", "accounts"}, Workspace: "obuk"},
			authz.UKAccountAccess, nil},
		"UK payments": {authz.Hint{ConsentID: "c", Scopes: []string{"openid", "payments"}}, "", seven},
		"accounts and payments": {authz.Hint{ConsentID: "c", Scopes: []string{"accounts", "payments"}}, "",
			eight},
		"no telling scope": {authz.Hint{ConsentID: "c", Workspace: "obuk", Scopes: []string{"openid"}}, "",
			eight},
		"a urn in the UK": {authz.Hint{ConsentID: "urn:x:y", Workspace: "obuk", Scopes: []string{"accounts"}},
			authz.UKAccountAccess, nil},
		"Brazil by setting": {authz.Hint{ConsentID: "c", Workspace: "obbr", Scopes: []string{"accounts"}, Login: bank},
			authz.BRData, both},
		"Brazil by urn": {authz.Hint{ConsentID: "URN:x:y", Login: bank}, authz.BRData, both},
		"Brazil by scope": {authz.Hint{
			ConsentID: "c",
			Scopes:    []string{"openid", "consent:c", "payments"},
			Login:     bank,
		},
			authz.BRPayment, both},
		"Brazil, workspace not named": {authz.Hint{ConsentID: "urn:x:y", Scopes: []string{"payments"}}, authz.BRPayment,
			nil},
	} {
		kind, ask, err := acp.Guess(c.hint, acp.LayoutWorkspace)
		if err != nil || kind != c.kind || !slices.Equal(ask, c.ask) {
			t.Errorf("%s: %q, %v, %v; want %q, %v", name, kind, ask, err, c.kind, c.ask)
		}
		client, p := answers{}.client(t, acp.LayoutWorkspace)
		if kind, err := client.KindOf(c.hint); err != nil || (c.ask == nil) != (kind == c.kind && kind != "") ||
			len(p.sent) > 0 {
			t.Errorf("%s: KindOf says %q, %v", name, kind, err)
		}
		if slices.Equal(ask, both) { // nobody to ask: the scopes decide
			if kind, ask, err := acp.Guess(c.hint, acp.LayoutSystem); err != nil || kind != c.kind || ask != nil {
				t.Errorf("%s in the layout system: %q, %v, %v", name, kind, ask, err)
			}
		}
	}
	client, _ := answers{}.client(t, acp.LayoutWorkspace)
	var u *authz.UnsupportedError
	if _, err := client.KindOf(authz.Hint{
		ConsentType: "payments",
		Scopes:      []string{"recurring-consent:urn:x:y"},
	}); !errors.As(err, &u) ||
		!strings.Contains(u.Reason, "Pix Automático") {
		t.Errorf("recurring payments: %v", err)
	}
}

func TestRecognise(t *testing.T) {
	payments := authz.Hint{
		ConsentID: "c",
		Scopes:    []string{"payments"},
		Login:     authz.Login{ID: "x", State: "s", ServerID: "bank"},
	}
	brazil := authz.Hint{
		ConsentID: consentURN,
		Scopes:    []string{"payments"},
		Login:     authz.Login{ID: "x", ServerID: "bank"},
	}
	domestic, file, last := "/open-banking/domestic-payment-consent/x", "/open-banking/file-payment-consent/x", "/open-banking/international-standing-order-consent/x"
	for name, c := range map[string]struct {
		hint    authz.Hint
		answers answers
		calls   int
		kind    authz.Kind
		want    authz.Outcome
		reason  string
	}{
		"the first": {payments, answers{domestic: string(sample(t, "uk-domestic-payment"))}, 1,
			authz.UKDomesticPayment, "", ""},
		"the fourth": {payments, answers{domestic: "400", file: string(sample(t, "uk-file-payment"))}, 4,
			authz.UKFilePayment, "", ""},
		"the last": {payments,
			answers{domestic: "403", file: who, last: string(sample(t, "uk-international-standing-order"))}, 7,
			authz.UKInternationalStandingOrder, "", ""},
		"one in disorder": {payments, answers{domestic: `{"domestic_payment_consent":{"ConsentId":"c"}}`}, 1,
			authz.UKDomesticPayment, "", ""},
		"one of another": {payments,
			answers{domestic: string(sample(t, "uk-file-payment")), file: string(sample(t, "uk-file-payment"))}, 4,
			authz.UKFilePayment, "", ""},
		"none": {payments, answers{}, 7, "", authz.Refused, "VRP"},
		"busy": {payments,
			answers{domestic: "404", file: "503", last: string(sample(t, "uk-international-standing-order"))}, 4, "",
			authz.Busy, ""},
		"slow down":         {payments, answers{domestic: "429"}, 1, "", authz.Busy, ""},
		"credentials":       {payments, answers{domestic: "401"}, 2, "", authz.Credentials, ""},
		"Brazil, data":      {brazil, answers{byID: string(sample(t, "br-data-v2"))}, 1, authz.BRData, "", ""},
		"Brazil, a payment": {brazil, answers{byID: string(sample(t, "br-payment-v4"))}, 1, authz.BRPayment, "", ""},
		"Brazil, not known": {brazil, answers{}, 1, authz.BRPayment, "", ""},
		"Brazil, malformed": {brazil, answers{byID: "400"}, 1, authz.BRPayment, "", ""},
		"Brazil, empty":     {brazil, answers{byID: `{}`}, 1, authz.BRPayment, "", ""},
		"Brazil, recurring": {brazil,
			answers{byID: `{"customer_recurring_payment_consent_v1":{"recurringConsentId":"r"}}`}, 1, "", authz.Refused,
			"Pix Automático"},
		"Brazil, insurance": {brazil, answers{byID: `{"customer_insurance_data_access_consent":{"consentId":"r"}}`}, 1,
			"", authz.Refused, "Open Insurance"},
		"Brazil, forbidden": {brazil, answers{byID: "403"}, 1, "", authz.Credentials, ""},
		"Brazil, busy":      {brazil, answers{byID: "502"}, 1, "", authz.Busy, ""},
		"Brazil, odd id": {authz.Hint{
			ConsentID: "..",
			Workspace: "obbr",
			Login:     authz.Login{ID: "x", ServerID: "bank"},
		},
			answers{}, 0, authz.BRData, "", ""},
		"nothing to ask for": {authz.Hint{}, answers{}, 0, authz.Regular, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client, p := c.answers.client(t, acp.LayoutWorkspace)
			kind, err := client.Recognise(t.Context(), c.hint)
			if got := asked(p, acp.LayoutWorkspace); len(got) != c.calls {
				t.Errorf("asked for %v, want %d calls", got, c.calls)
			}
			var e *authz.Error
			if kind != c.kind || c.want == "" && err != nil ||
				c.want != "" && (!errors.As(err, &e) || e.Outcome != c.want) {
				t.Errorf("%q, %v; want %q, %s", kind, err, c.kind, c.want)
			}
			var u *authz.UnsupportedError
			if errors.As(err, &u) != (c.reason != "") || u != nil && !strings.Contains(u.Reason, c.reason) {
				t.Errorf("unsupported: %v, want %q", err, c.reason)
			}
		})
	}
}
