package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/app"
)

// An auditor finds what happened to a person, exports it, and checks the chain;
// a row that was altered is named.
func TestAudit(t *testing.T) {
	s := newSite(t, false)
	ada, bruno := s.MustPerson("ada"), s.MustPerson("bruno")
	s.MustDevice(ada)
	v := s.visitor("otto@northmoor.example", app.RoleAuditor)
	rows := func(query url.Values) int {
		t.Helper()
		return v.send(http.MethodGet, "/admin/audit?"+query.Encode(), nil).Find(`[data-testid="row"]`).Length()
	}
	all := rows(nil)
	if of := rows(url.Values{"person": {ada.ID}}); of < 2 || of >= all {
		t.Errorf("%d rows of ada, of %d", of, all)
	}
	if of := rows(url.Values{"person": {bruno.ID}, "action": {"device."}}); of != 0 {
		t.Errorf("%d rows of a device that nobody has", of)
	}
	if of := rows(url.Values{"since": {"2026-11-23"}}); of != 0 {
		t.Errorf("%d rows of tomorrow", of)
	}
	if of := rows(url.Values{"since": {"2026-11-22"}, "until": {"2026-11-22"}}); of < all {
		t.Errorf("%d rows of today, of %d", of, all)
	}
	if got := v.send(http.MethodGet, "/admin/audit?since=yesterday",
		nil); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a day that is none: %d", got.StatusCode)
	}
	chain := v.send(http.MethodGet, "/admin/audit/chain", nil)
	head := strings.TrimSpace(chain.Find(`[data-testid="head"]`).Text())
	if chain.has("finding") || !strings.Contains(head, ":") {
		t.Errorf("the chain's head is %q, finding %v", head, chain.has("finding"))
	}
	if kept := v.send(http.MethodGet, "/admin/audit/chain?head="+url.QueryEscape(head), nil); kept.has("finding") ||
		!strings.Contains(kept.Find(`[data-testid="lead"]`).Text(), "among them") {
		t.Errorf("by the head that was kept: %s", kept.Find("main").Text())
	}
	if got := v.send(http.MethodGet, "/admin/audit/chain?head=nonsense",
		nil); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a head that is none: %d", got.StatusCode)
	}
	if got := v.send(http.MethodPost, "/admin/audit/export",
		url.Values{"format": {"csv"}}); got.Header.Get("Content-Type") != "text/csv; charset=utf-8" ||
		!strings.Contains(got.Text(), ada.ID) {
		t.Errorf("the export: %d %s\n%s", got.StatusCode, got.Header.Get("Content-Type"), got.Text())
	}
	s.Clock.Advance(10 * time.Minute)
	if got := v.send(http.MethodPost, "/admin/audit/export", url.Values{"format": {"csv"}}); !got.has("confirm") {
		t.Errorf("an export without the passkey: %d", got.StatusCode)
	}
	s.Tamper(`UPDATE audit SET detail = '{"changed":"nothing"}' WHERE id = 2`)
	if got := v.send(http.MethodGet, "/admin/audit/chain",
		nil).Find(`[data-testid="finding"]`).Text(); !strings.Contains(got,
		"row 2") ||
		!strings.Contains(got, "altered") {
		t.Errorf("the finding reads %q", got)
	}
}
