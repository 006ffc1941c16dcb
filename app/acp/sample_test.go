package acp_test

import (
	"encoding/json"
	"os"
	"testing"

	"assent/app/acp/acpspec"
	"assent/app/authz"
)

// samples are answers with every field that the vendor's Swagger has, one for
// each kind and version, and what they are an answer of.
var samples = []struct {
	file    string
	kind    authz.Kind
	version string
	member  string
	spec    acpspec.Spec
	answer  string // definition
}{
	{"uk-account-access", authz.UKAccountAccess, "", "account_access_consent", acpspec.UK,
		"GetAccountAccessConsentResponse"},
	{"uk-domestic-payment", authz.UKDomesticPayment, "", "domestic_payment_consent", acpspec.UK,
		"GetDomesticPaymentConsentResponse"},
	{"uk-domestic-scheduled-payment", authz.UKDomesticScheduledPayment, "", "domestic_scheduled_payment_consent",
		acpspec.UK, "GetDomesticScheduledPaymentConsentResponse"},
	{"uk-domestic-standing-order", authz.UKDomesticStandingOrder, "", "domestic_standing_order_consent", acpspec.UK,
		"GetDomesticStandingOrderConsentResponse"},
	{"uk-file-payment", authz.UKFilePayment, "", "file_payment_consent", acpspec.UK, "GetFilePaymentConsentResponse"},
	{"uk-international-payment", authz.UKInternationalPayment, "", "international_payment_consent", acpspec.UK,
		"GetInternationalPaymentConsentResponse"},
	{"uk-international-scheduled-payment", authz.UKInternationalScheduledPayment, "",
		"international_scheduled_payment_consent", acpspec.UK, "GetInternationalScheduledPaymentConsentResponse"},
	{"uk-international-standing-order", authz.UKInternationalStandingOrder, "", "international_standing_order_consent",
		acpspec.UK, "GetInternationalStandingOrderConsentResponse"},
	{"br-data-v1", authz.BRData, "v1", "customer_data_access_consent", acpspec.Brazil, "BrazilConsent"},
	{"br-data-v2", authz.BRData, "v2", "customer_data_access_consent_v2", acpspec.Brazil, "BrazilConsent"},
	{"br-payment-v1", authz.BRPayment, "v1", "customer_payment_consent", acpspec.Brazil, "BrazilConsent"},
	{"br-payment-v2", authz.BRPayment, "v2", "customer_payment_consent_v2", acpspec.Brazil, "BrazilConsent"},
	{"br-payment-v3", authz.BRPayment, "v3", "customer_payment_consent_v3", acpspec.Brazil, "BrazilConsent"},
	{"br-payment-v4", authz.BRPayment, "v4", "customer_payment_consent_v4", acpspec.Brazil, "BrazilConsent"},
}

// sample reads one of the samples.
func sample(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// edited is a sample whose consent was changed.
func edited(t testing.TB, file string, change func(consent map[string]any)) []byte {
	t.Helper()
	var m map[string]map[string]any
	if err := json.Unmarshal(sample(t, file), &m); err != nil {
		t.Fatal(err)
	}
	for _, consent := range m {
		change(consent)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The samples are what ACP may send.
func TestSamplesFitTheVendorsSwagger(t *testing.T) {
	for _, s := range samples {
		s.spec.Fits(t, s.answer, sample(t, s.file))
	}
}
