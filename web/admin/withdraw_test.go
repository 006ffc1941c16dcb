package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"assent/app"
	"assent/store/storetest"
)

// undelivered is an approval whose first try, if any, may have taken effect.
func undelivered(t *testing.T, s *site, tried bool) app.Request {
	t.Helper()
	p := s.MustPerson(app.NewID())
	dev := s.MustDevice(p)
	r := s.MustRequest(p)
	s.must(s.Shown(t.Context(), storetest.On(dev), r.ID, "{}", "seen", ""))
	s.must(s.Approve(t.Context(), storetest.On(dev), r.ID,
		app.Approval{Digest: "seen", Granted: "{}", Receipt: "proof", At: s.Now(), CredentialID: dev.CredentialID}))
	if tried {
		began, ok, err := s.BeginDelivery(t.Context(), r.ID)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		s.must(s.DeliveryTried(t.Context(), began, true, app.CauseBusy))
	}
	return r
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// An operator takes back an approval that isn't delivered. The page says first
// what that can still stop, and afterwards what ACP holds; what is in doubt
// stands in lists until it is dealt with.
func TestAnApprovalIsTakenBack(t *testing.T) {
	s := newSite(t, true)
	oscar := s.visitor("oscar@northmoor.example", app.RoleOperator)
	get := func(path string) answer { t.Helper(); return oscar.send(http.MethodGet, path, nil) }

	never := undelivered(t, s, false)
	if says := get("/admin/requests/" + never.ID + "/cancel").text("stops"); !strings.Contains(says,
		"ACP hasn’t got it") {
		t.Errorf("before any try the page says %q", says)
	}
	if got := oscar.again().send(http.MethodPost, "/admin/requests/"+never.ID+"/cancel",
		url.Values{}); !strings.HasSuffix(got.Header.Get("Location"), "done=cancelled") {
		t.Errorf("cancelling leads to %q (%d)", got.Header.Get("Location"), got.StatusCode)
	}
	if r, err := s.Request(t.Context(), never.ID); err != nil || r.State != app.Cancelled || r.WithdrawnAt != 0 ||
		r.Granted != "" {
		t.Errorf("it is %s, withdrawn at %d, granted %q (%v)", r.State, r.WithdrawnAt, r.Granted, err)
	}

	r := undelivered(t, s, true)
	path := "/admin/requests/" + r.ID
	if page := get(path); !page.has("withdraw") || page.has("cancel") {
		t.Error("the trace doesn't offer to withdraw the approval")
	}
	if says := get(path + "/cancel").text("stops"); !strings.Contains(says, "may have it already") {
		t.Errorf("after an unsure try the page says %q", says)
	}
	if got := oscar.again().send(http.MethodPost, path+"/cancel",
		url.Values{}); !strings.HasSuffix(got.Header.Get("Location"), "done=withdrawn") {
		t.Errorf("withdrawing leads to %q (%d)", got.Header.Get("Location"), got.StatusCode)
	}
	state := func() string {
		t.Helper()
		return get(path).Find("header .lead, .console-head .lead, main").First().Text()
	}
	if !strings.Contains(state(), "Being withdrawn") {
		t.Errorf("then the trace says %q", state())
	}
	if got := get(path + "/cancel"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("what is being withdrawn can be withdrawn again: %d", got.StatusCode)
	}
	began, ok, err := s.BeginDelivery(t.Context(), r.ID)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	s.must(s.Delivered(t.Context(), began, app.DeliveryFailed, app.CauseOpposite))
	page := get(path)
	if says := page.text("doubt"); !strings.Contains(says, "ACP holds the approval") ||
		!strings.Contains(page.text("revoke"), "ACP’s console") || page.has("retry") {
		t.Errorf("of what ACP holds it says %q", says)
	}
	listed := func(query string) bool {
		t.Helper()
		return strings.Contains(get("/admin/requests?"+query).Find(`[data-testid="request"]`).Text(), r.Ref)
	}
	if !listed("doubt=open") || !listed("state=withdrawn") || listed("state=cancelled") || listed("state=approved") {
		t.Errorf("listed in doubt %v, withdrawn %v, cancelled %v, approved %v", listed("doubt=open"),
			listed("state=withdrawn"), listed("state=cancelled"), listed("state=approved"))
	}
	if got := oscar.again().send(http.MethodPost, path+"/resolve",
		url.Values{}); got.StatusCode != http.StatusSeeOther {
		t.Errorf("dealing with it: %d", got.StatusCode)
	}
	if page := get(path); !page.has("resolved") || page.has("resolve") || listed("doubt=open") {
		t.Error("what is dealt with still is in doubt")
	}
	actions := map[string]bool{}
	trail, err := s.AuditOfRequest(t.Context(), r.ID)
	s.must(err)
	for _, e := range trail {
		actions[e.Action] = true
		if e.Action == "request.withdraw" && e.ActorID != oscar.who.ID {
			t.Errorf("the audit says that %q withdrew it", e.ActorID)
		}
	}
	for _, want := range []string{"request.withdraw", "delivery.held", "delivery.resolve"} {
		if !actions[want] {
			t.Errorf("the audit lacks %s", want)
		}
	}
}

// Of an erased person's withdrawal that failed the console offers another try,
// until it is dealt with; then nothing is left to try with.
func TestAnErasedPersonsWithdrawalIsTriedAgain(t *testing.T) {
	s := newSite(t, true)
	oscar := s.visitor("oscar@northmoor.example", app.RoleOperator)
	r := undelivered(t, s, true)
	s.must(s.ErasePerson(t.Context(), app.Operator, r.PersonID))
	fail := func() {
		t.Helper()
		if _, _, err := s.BeginDelivery(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		now, err := s.Request(t.Context(), r.ID)
		s.must(err)
		s.must(s.Delivered(t.Context(), now, app.DeliveryFailed, app.CauseBusy.Late()))
	}
	fail()
	path := "/admin/requests/" + r.ID
	if page := oscar.send(http.MethodGet, path, nil); !page.has("retry") || !page.has("resolve") {
		t.Error("the withdrawal can't be tried again")
	}
	if got := oscar.again().send(http.MethodPost, path+"/retry", url.Values{}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("trying again: %d", got.StatusCode)
	}
	fail()
	if got := oscar.again().send(http.MethodPost, path+"/resolve",
		url.Values{}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("dealing with it: %d", got.StatusCode)
	}
	if page := oscar.send(http.MethodGet, path, nil); page.has("retry") {
		t.Error("what is dealt with can be tried again")
	}
	if got := oscar.again().send(http.MethodPost, path+"/retry", url.Values{}); got.StatusCode != http.StatusConflict {
		t.Errorf("trying again all the same: %d", got.StatusCode)
	}
}

// Of a consent the page names the call that revokes it.
func TestHowAConsentIsRevoked(t *testing.T) {
	s := newSite(t, true)
	oscar := s.visitor("oscar@northmoor.example", app.RoleOperator)
	r := undelivered(t, s, true)
	s.Tamper(`UPDATE requests SET kind = 'uk-account-access', consent_id = 'cns/1', server_id = 'open banking'
		WHERE id = ?`,
		r.ID)
	s.must(s.Withdraw(t.Context(), app.Operator, r.ID, app.ReasonOperator))
	began, ok, err := s.BeginDelivery(t.Context(), r.ID)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	s.must(s.Delivered(t.Context(), began, app.DeliveryUnconfirmed, app.CauseLoginClosed))
	page := oscar.send(http.MethodGet, "/admin/requests/"+r.ID, nil)
	if got := page.text("revoke-call"); got != "DELETE /servers/open%20banking/open-banking/consents/cns%2F1" {
		t.Errorf("the call is %q", got)
	}
	if says := page.text("doubt"); !strings.Contains(says, "may have taken effect") {
		t.Errorf("it says %q", says)
	}
}

// The help desk sees that an approval is in doubt, and can't take one back.
func TestTheHelpDeskTakesNothingBack(t *testing.T) {
	s := newSite(t, true)
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	r := undelivered(t, s, true)
	if page := helen.send(http.MethodGet, "/admin/requests/"+r.ID, nil); page.has("withdraw") {
		t.Error("the help desk is offered to withdraw")
	}
	for _, path := range []string{"/cancel", "/resolve"} {
		if got := helen.again().send(http.MethodPost, "/admin/requests/"+r.ID+path,
			url.Values{}); got.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	if now, err := s.Request(t.Context(), r.ID); err != nil || now.State != app.Approved {
		t.Errorf("it is %s (%v)", now.State, err)
	}
}
