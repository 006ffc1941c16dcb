package acp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"assent/app/acp"
)

var (
	seven = []acp.Kind{acp.UKDomesticPayment, acp.UKDomesticScheduledPayment, acp.UKDomesticStandingOrder, acp.UKFilePayment,
		acp.UKInternationalPayment, acp.UKInternationalScheduledPayment, acp.UKInternationalStandingOrder}
	eight = append([]acp.Kind{acp.UKAccountAccess}, seven...)
	both  = []acp.Kind{acp.BRData, acp.BRPayment}
)

func TestWhichKind(t *testing.T) {
	bank := acp.Login{ID: "x", ServerID: "bank"}
	for name, c := range map[string]struct {
		hint acp.Hint
		kind acp.Kind
		ask  []acp.Kind
	}{
		"nothing":                         {acp.Hint{Login: bank}, acp.Regular, nil},
		"scopes that only sound like it":  {acp.Hint{Scopes: []string{"openid", "accounts", "payments", "consent:"}, Login: bank}, acp.Regular, nil},
		"a set workspace, no intent id":   {acp.Hint{Workspace: "obuk", Scopes: []string{"payments"}, Login: bank}, acp.Regular, nil},
		"account access":                  {acp.Hint{ConsentType: "account_access", Login: bank}, acp.UKAccountAccess, nil},
		"account access, spelt otherwise": {acp.Hint{ConsentType: "AccountAccessConsent", ConsentID: "c", Workspace: "obbr", Login: bank}, acp.UKAccountAccess, nil},
		"domestic payment":                {acp.Hint{ConsentType: "domestic_payment"}, acp.UKDomesticPayment, nil},
		"domestic scheduled":              {acp.Hint{ConsentType: "domestic_scheduled_payment"}, acp.UKDomesticScheduledPayment, nil},
		"standing order":                  {acp.Hint{ConsentType: "domestic_standing_order"}, acp.UKDomesticStandingOrder, nil},
		"file":                            {acp.Hint{ConsentType: "file_payment"}, acp.UKFilePayment, nil},
		"international":                   {acp.Hint{ConsentType: "international_payment"}, acp.UKInternationalPayment, nil},
		"international scheduled":         {acp.Hint{ConsentType: "international-scheduled-payment"}, acp.UKInternationalScheduledPayment, nil},
		"international standing order":    {acp.Hint{ConsentType: "international_standing_order"}, acp.UKInternationalStandingOrder, nil},
		"consents":                        {acp.Hint{ConsentType: "consents", Login: bank}, acp.BRData, nil},
		"payments":                        {acp.Hint{ConsentType: "payments", Login: bank}, acp.BRPayment, nil},
		"an unknown type says nothing":    {acp.Hint{ConsentType: "x", ConsentID: "c", Scopes: []string{"accounts"}}, acp.UKAccountAccess, nil},
		"accounts":                        {acp.Hint{ConsentID: "c", Scopes: []string{"openid", "accounts"}, Workspace: "obuk"}, acp.UKAccountAccess, nil},
		"UK payments":                     {acp.Hint{ConsentID: "c", Scopes: []string{"openid", "payments"}}, "", seven},
		"accounts and payments":           {acp.Hint{ConsentID: "c", Scopes: []string{"accounts", "payments"}}, "", eight},
		"no telling scope":                {acp.Hint{ConsentID: "c", Workspace: "obuk", Scopes: []string{"openid"}}, "", eight},
		"a urn in the UK":                 {acp.Hint{ConsentID: "urn:x:y", Workspace: "obuk", Scopes: []string{"accounts"}}, acp.UKAccountAccess, nil},
		"Brazil by setting":               {acp.Hint{ConsentID: "c", Workspace: "obbr", Scopes: []string{"accounts"}, Login: bank}, acp.BRData, both},
		"Brazil by urn":                   {acp.Hint{ConsentID: "URN:x:y", Login: bank}, acp.BRData, both},
		"Brazil by scope":                 {acp.Hint{ConsentID: "c", Scopes: []string{"openid", "consent:c", "payments"}, Login: bank}, acp.BRPayment, both},
		"Brazil, workspace not named":     {acp.Hint{ConsentID: "urn:x:y", Scopes: []string{"payments"}}, acp.BRPayment, nil},
	} {
		kind, ask, err := c.hint.Guess(acp.LayoutWorkspace)
		if err != nil || kind != c.kind || !slices.Equal(ask, c.ask) {
			t.Errorf("%s: %q, %v, %v; want %q, %v", name, kind, ask, err, c.kind, c.ask)
		}
		client, p := answers{}.client(t, acp.LayoutWorkspace)
		if kind, err := client.KindOf(c.hint); err != nil || (c.ask == nil) != (kind == c.kind && kind != "") || len(p.sent) > 0 {
			t.Errorf("%s: KindOf says %q, %v", name, kind, err)
		}
		if slices.Equal(ask, both) { // nobody to ask: the scopes decide
			if kind, ask, err := c.hint.Guess(acp.LayoutSystem); err != nil || kind != c.kind || ask != nil {
				t.Errorf("%s in the layout system: %q, %v, %v", name, kind, ask, err)
			}
		}
	}
	client, _ := answers{}.client(t, acp.LayoutWorkspace)
	var u *acp.UnsupportedError
	if _, err := client.KindOf(acp.Hint{ConsentType: "payments", Scopes: []string{"recurring-consent:urn:x:y"}}); !errors.As(err, &u) || !strings.Contains(u.Reason, "Pix Automático") {
		t.Errorf("recurring payments: %v", err)
	}
}

func TestRecognise(t *testing.T) {
	payments := acp.Hint{ConsentID: "c", Scopes: []string{"payments"}, Login: acp.Login{ID: "x", State: "s", ServerID: "bank"}}
	brazil := acp.Hint{ConsentID: consentURN, Scopes: []string{"payments"}, Login: acp.Login{ID: "x", ServerID: "bank"}}
	domestic, file, last := "/open-banking/domestic-payment-consent/x", "/open-banking/file-payment-consent/x", "/open-banking/international-standing-order-consent/x"
	for name, c := range map[string]struct {
		hint    acp.Hint
		answers answers
		calls   int
		kind    acp.Kind
		want    acp.Outcome
		reason  string
	}{
		"the first":          {payments, answers{domestic: string(sample(t, "uk-domestic-payment"))}, 1, acp.UKDomesticPayment, "", ""},
		"the fourth":         {payments, answers{domestic: "400", file: string(sample(t, "uk-file-payment"))}, 4, acp.UKFilePayment, "", ""},
		"the last":           {payments, answers{domestic: "403", file: who, last: string(sample(t, "uk-international-standing-order"))}, 7, acp.UKInternationalStandingOrder, "", ""},
		"one in disorder":    {payments, answers{domestic: `{"domestic_payment_consent":{"ConsentId":"c"}}`}, 1, acp.UKDomesticPayment, "", ""},
		"one of another":     {payments, answers{domestic: string(sample(t, "uk-file-payment")), file: string(sample(t, "uk-file-payment"))}, 4, acp.UKFilePayment, "", ""},
		"none":               {payments, answers{}, 7, "", acp.Refused, "VRP"},
		"busy":               {payments, answers{domestic: "404", file: "503", last: string(sample(t, "uk-international-standing-order"))}, 4, "", acp.Busy, ""},
		"slow down":          {payments, answers{domestic: "429"}, 1, "", acp.Busy, ""},
		"credentials":        {payments, answers{domestic: "401"}, 2, "", acp.Credentials, ""},
		"Brazil, data":       {brazil, answers{byID: string(sample(t, "br-data-v2"))}, 1, acp.BRData, "", ""},
		"Brazil, a payment":  {brazil, answers{byID: string(sample(t, "br-payment-v4"))}, 1, acp.BRPayment, "", ""},
		"Brazil, not known":  {brazil, answers{}, 1, acp.BRPayment, "", ""},
		"Brazil, malformed":  {brazil, answers{byID: "400"}, 1, acp.BRPayment, "", ""},
		"Brazil, empty":      {brazil, answers{byID: `{}`}, 1, acp.BRPayment, "", ""},
		"Brazil, recurring":  {brazil, answers{byID: `{"customer_recurring_payment_consent_v1":{"recurringConsentId":"r"}}`}, 1, "", acp.Refused, "Pix Automático"},
		"Brazil, insurance":  {brazil, answers{byID: `{"customer_insurance_data_access_consent":{"consentId":"r"}}`}, 1, "", acp.Refused, "Open Insurance"},
		"Brazil, forbidden":  {brazil, answers{byID: "403"}, 1, "", acp.Credentials, ""},
		"Brazil, busy":       {brazil, answers{byID: "502"}, 1, "", acp.Busy, ""},
		"Brazil, odd id":     {acp.Hint{ConsentID: "..", Workspace: "obbr", Login: acp.Login{ID: "x", ServerID: "bank"}}, answers{}, 0, acp.BRData, "", ""},
		"nothing to ask for": {acp.Hint{}, answers{}, 0, acp.Regular, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client, p := c.answers.client(t, acp.LayoutWorkspace)
			kind, err := client.Recognise(t.Context(), c.hint)
			if got := asked(p, acp.LayoutWorkspace); len(got) != c.calls {
				t.Errorf("asked for %v, want %d calls", got, c.calls)
			}
			var e *acp.Error
			if kind != c.kind || c.want == "" && err != nil || c.want != "" && (!errors.As(err, &e) || e.Outcome != c.want) {
				t.Errorf("%q, %v; want %q, %s", kind, err, c.kind, c.want)
			}
			var u *acp.UnsupportedError
			if errors.As(err, &u) != (c.reason != "") || u != nil && !strings.Contains(u.Reason, c.reason) {
				t.Errorf("unsupported: %v, want %q", err, c.reason)
			}
		})
	}
}
