package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/consent"
	"assent/store"
	"assent/store/storetest"
)

// Hundreds of one client are denied at once: before most of their rows are
// rewritten none of them stands in the inbox, and none can be answered.
func TestWhatWasDeniedAtOnceIsDeniedAtOnce(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	var all []app.Request
	for i := range 250 {
		in := storetest.Request(ada.who, s.Now().Add(time.Hour+time.Duration(i)*time.Second))
		r, _, err := s.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 1, Window: time.Hour}, true)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	_, r := ada.asked()
	last := all[len(all)-1]
	seen := seenOn(ada.get("/requests/" + r.ID).page(t))
	if a := ada.form("/bursts/deny", "client=till"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if more, err := s.EndMore(t.Context()); err != nil || !more {
		t.Fatalf("nothing is left to be done in steps: %v", err)
	}
	doc := ada.get("/").page(t)
	if n := doc.Find(`[data-testid="burst"]`).Length(); n != 0 {
		t.Error("the burst still stands in the inbox")
	}
	if n := doc.Find(`[data-testid="slip"]`).Length(); n != 1 {
		t.Errorf("%d slips, want the other client's", n)
	}
	if text := ada.get("/requests/" + last.ID).page(t).Find(`[data-testid="outcome"]`).Text(); text == "" {
		t.Error("the page of one doesn't say that it is over")
	}
	if a := ada.json("/requests/"+last.ID+"/approval",
		`{"seen":"x","words":"x","scopes":[]}`); a.StatusCode != http.StatusConflict {
		t.Errorf("one can be approved: %d %s", a.StatusCode, a.body)
	}
	if a := ada.form("/requests/"+last.ID+"/report", ""); a.StatusCode != http.StatusSeeOther {
		t.Errorf("reporting one: %d", a.StatusCode)
	}
	pr := ada.begin("/requests/"+r.ID+"/approval", seen+`,"scopes":["profile"]}`)
	if a := ada.json("/requests/"+r.ID+"/approval/"+pr.Ceremony,
		fmt.Sprintf(`{"credential":%s,"standalone":false,"zone":""}`, ada.sign(pr))); a.StatusCode != http.StatusOK {
		t.Errorf("the other client's: %d %s", a.StatusCode, a.body)
	}
	for more := true; more; {
		var err error
		if more, err = s.EndMore(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range all {
		if got, err := s.Request(t.Context(), r.ID); err != nil || got.State != app.Denied ||
			got.Reason != app.ReasonPerson {
			t.Errorf("%s is %s (%s), %v", r.ID, got.State, got.Reason, err)
		}
	}
}

// A form may name any number of clients, each many times: of those that something
// waits of, what waits is denied, of 50 at most.
func TestAFormDeniesFiftyClientsAtMost(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	form := url.Values{}
	for i := range consent.DeniedClients + 10 {
		in := storetest.Request(ada.who, s.Now().Add(time.Hour+time.Duration(i)*time.Second))
		in.ClientID = fmt.Sprint("shop-", i)
		if _, _, err := s.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 1, Window: time.Hour},
			true); err != nil {
			t.Fatal(err)
		}
		form["client"] = append(form["client"], fmt.Sprint("x", i), in.ClientID, in.ClientID)
	}
	for _, left := range []int{10, 0, 0} {
		if a := ada.form("/bursts/deny", form.Encode()); a.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		waiting, err := s.Waiting(t.Context(), ada.who.ID)
		if err != nil || len(waiting) != left {
			t.Errorf("%d clients still wait (%v), want %d", len(waiting), err, left)
		}
		for _, w := range waiting {
			if n, err := strconv.Atoi(strings.TrimPrefix(w.ClientID, "shop-")); err != nil ||
				n < consent.DeniedClients {
				t.Errorf("%s waits, although its request ends before others", w.ClientID)
			}
		}
	}
}
