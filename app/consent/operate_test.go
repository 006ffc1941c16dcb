package consent_test

import (
	"testing"

	"assent/app"
	"assent/app/authz"
	"assent/app/consent"
	"assent/store/storetest"
	"assent/web/emulator"
)

// A test is read, answered and reported like a request, and nothing comes of
// it: ACP isn't asked, and the person isn't paused.
func TestATestRequest(t *testing.T) {
	for _, approve := range []bool{true, false} {
		w := newWorld(t)
		w.protect(consent.Protection{ReportPauses: app.PauseAll})
		r, err := w.svc.StartTest(t.Context(), app.Operator, w.dev.ID, "Northmoor")
		if err != nil {
			t.Fatal(err)
		}
		v := w.view(r.ID)
		if v.Sheet == nil || v.Sheet.Kind != authz.Test || v.Sheet.Client.Name != "Northmoor" {
			t.Fatalf("shown is %+v", v.Sheet)
		}
		if approve {
			err = w.approve(r.ID, consent.Choice{Digest: v.Digest})
		} else {
			err = w.svc.Report(t.Context(), storetest.On(w.dev), r.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		if p, err := w.Person(t.Context(), w.alice.ID); err != nil || p.PausedAt != 0 {
			t.Errorf("a reported test paused the person (%v)", err)
		}
		if n := w.acp.Calls(emulator.Details) + w.acp.Calls(emulator.SystemToken); n != 0 {
			t.Errorf("ACP was asked %d times", n)
		}
	}
}

// What an administrator cancels is rejected at ACP.
func TestAnAdministratorCancels(t *testing.T) {
	w := newWorld(t)
	s, r := w.start()
	if err := w.svc.CancelRequest(t.Context(), app.Operator, r.ID); err != nil {
		t.Fatal(err)
	}
	if r = w.settle(r.ID, 3); r.State != app.Cancelled || r.Reason != app.ReasonOperator ||
		r.Delivery != app.DeliveryDelivered {
		t.Errorf("the request is %s (%s), delivery %s", r.State, r.Reason, r.Delivery)
	}
	if got := w.session(s.ID); got.State != emulator.Rejected {
		t.Errorf("at ACP it is %s", got.State)
	}
}
