package consent_test

import (
	"errors"
	"testing"

	"assent/app"
	"assent/app/acp"
	"assent/app/consent"
	"assent/store/storetest"
	"assent/web/emulator"
)

// unread starts a consent of which ACP doesn't say what it is about, and reads
// nothing of it.
func (w *world) unread(c emulator.Consent) app.Request {
	w.t.Helper()
	s := w.acp.Begin(emulator.Ask{Hint: "bruno", Consent: c.ID, Way: emulator.ByMember, BindingMessage: "K7-PLUM"})
	in := input(s)
	in.IntentID = c.ID
	if err := w.svc.Start(w.t.Context(), acpActor, "acp", in); err != nil {
		w.t.Fatal(err)
	}
	r, err := w.RequestByLogin(w.t.Context(), "demo", s.ID)
	if err != nil || r.Kind != app.KindUnknown || r.State != app.Pending {
		w.t.Fatalf("%s %q: %v", r.State, r.Kind, err)
	}
	return r
}

// A report that pauses payments ends those that wait and those that come, also
// where it is known only later that they pay; all else goes on.
func TestAReportPausesPayments(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	w.protect(consent.Protection{ReportPauses: app.PausePayments})
	payment, data := func() emulator.Consent {
		return w.acp.AddConsent("uk-domestic-payment",
			nil)
	}, func() emulator.Consent { return w.acp.AddConsent("uk-account-access", nil) }
	paused := func(what string, r app.Request) {
		t.Helper()
		if got := w.request(r.ID); got.State != app.Cancelled || got.Reason != app.ReasonPaused ||
			got.Delivery != app.DeliveryWaiting {
			t.Errorf("%s is %s (%s), delivery %s", what, got.State, got.Reason, got.Delivery)
		}
	}
	approved := func(what string, r app.Request) {
		t.Helper()
		if err := w.approve(r.ID, pick(w.view(r.ID))); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, reported := w.startConsent(payment(), emulator.ByMember, true)
	_, pays := w.startConsent(payment(), emulator.ByMember, true)
	_, shares := w.startConsent(data(), emulator.ByMember, true)
	unknown, viewed := w.unread(payment()), w.unread(payment())
	if err := w.svc.Report(t.Context(), storetest.On(w.dev), reported.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.request(reported.ID); got.State != app.Denied || got.Reason != app.ReasonReported {
		t.Errorf("the reported one is %s (%s)", got.State, got.Reason)
	}
	paused("a payment that waited", pays)
	approved("a data consent that waited", shares)

	if out := w.svc.Recognise(t.Context(), w.MustLease(app.JobRecognise, unknown.ID)); out.Verdict != app.JobDone {
		t.Errorf("recognise: %+v", out)
	}
	paused("what turned out to pay", unknown)
	if v := w.view(viewed.ID); v.Sheet != nil || v.Request.State != app.Cancelled {
		t.Errorf("what turned out to pay when it was opened is %s, shown: %v", v.Request.State, v.Sheet != nil)
	}
	paused("what turned out to pay when it was opened", viewed)
	if ok, err := w.svc.Verify(t.Context(), app.System, "acp", w.request(pays.ID).ServerID, "bruno"); !ok ||
		err != nil {
		t.Errorf("can they authenticate? %v, %v", ok, err)
	}
	_, next := w.startConsent(payment(), emulator.ByMember, true)
	paused("the next payment", next)
	_, later := w.startConsent(payment(), emulator.ByMember, false)
	paused("the next one that didn't say so", later)
	_, shares = w.startConsent(data(), emulator.ByMember, true)
	approved("the next data consent", shares)

	if err := w.Clear(t.Context(), app.Operator, w.alice.ID); err != nil {
		t.Fatal(err)
	}
	paused("what ended before the pause was lifted", pays)
	_, pays = w.startConsent(payment(), emulator.ByMember, true)
	approved("a payment after it", pays)
}

// Where a pause didn't end what waits, for whatever fault, its approval is
// refused all the same.
func TestApproveReadsThePause(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	_, pays := w.startConsent(w.acp.AddConsent("uk-domestic-payment", nil), emulator.ByMember, true)
	_, shares := w.startConsent(w.acp.AddConsent("uk-account-access", nil), emulator.ByMember, true)
	w.Tamper(`UPDATE persons SET paused_at = 1, pause_scope = 'payments' WHERE id = ?`, w.alice.ID)
	if err := w.approve(pays.ID, pick(w.view(pays.ID))); !errors.Is(err, app.ErrNotPending) {
		t.Errorf("a payment: %v", err)
	}
	if err := w.approve(shares.ID, pick(w.view(shares.ID))); err != nil {
		t.Errorf("sharing data: %v", err)
	}
}
