package slip_test

import (
	"slices"
	"testing"

	"assent/app/authz"
	"assent/app/slip"
)

// The store and a sheet agree on what pays.
func TestPaymentKindsAreThoseOfSheets(t *testing.T) {
	for _, kind := range []authz.Kind{authz.Regular, authz.UKAccountAccess, authz.UKDomesticPayment,
		authz.UKDomesticScheduledPayment, authz.UKDomesticStandingOrder,
		authz.UKFilePayment, authz.UKInternationalPayment, authz.UKInternationalScheduledPayment,
		authz.UKInternationalStandingOrder, authz.BRData, authz.BRPayment} {
		sheet := slip.Sheet{Kind: kind}
		if got := slices.Contains(authz.PaymentKinds(), string(kind)); got != sheet.Pays() {
			t.Errorf("%s pays: %v, its sheet %v", kind, got, sheet.Pays())
		}
	}
}
