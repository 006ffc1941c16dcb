package slip_test

import (
	"slices"
	"testing"

	"assent/app"
	"assent/app/acp"
	"assent/app/slip"
)

// What pays is said twice: to the store, and of a sheet.
func TestPaymentKindsAreThoseOfSheets(t *testing.T) {
	for _, kind := range []acp.Kind{acp.Regular, acp.UKAccountAccess, acp.UKDomesticPayment, acp.UKDomesticScheduledPayment, acp.UKDomesticStandingOrder,
		acp.UKFilePayment, acp.UKInternationalPayment, acp.UKInternationalScheduledPayment, acp.UKInternationalStandingOrder, acp.BRData, acp.BRPayment} {
		sheet := slip.Sheet{Kind: kind}
		if got := slices.Contains(app.PaymentKinds, string(kind)); got != sheet.Pays() {
			t.Errorf("%s pays: %v, its sheet %v", kind, got, sheet.Pays())
		}
	}
}
