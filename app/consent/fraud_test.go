package consent_test

import (
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/app/acp"
	"assent/app/consent"
	"assent/app/slip"
	"assent/store/storetest"
	"assent/web/emulator"
)

func TestMatchCode(t *testing.T) {
	for _, c := range []struct {
		name  string
		typed string
		want  error
		state app.RequestState
	}{
		{"as it is", "K7-PLUM", nil, app.Approved},
		{"as people type", " k7 plum ", nil, app.Approved},
		{"not at all", "", app.ErrCodeMissing, app.Pending},
		{"another", "K7-PLUN", app.ErrNotPending, app.Denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.protect(consent.Protection{MatchCode: []string{"regular"}})
			s, r := w.start()
			v := w.view(r.ID)
			if !v.Sheet.AskCode {
				t.Fatal("the code isn't asked for")
			}
			if err := w.approve(r.ID, consent.Choice{Digest: v.Digest, Code: c.typed}); !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			r = w.request(r.ID)
			if r.State != c.state {
				t.Fatalf("the request is %s", r.State)
			}
			if c.state == app.Denied {
				if r.Reason != app.ReasonCode {
					t.Errorf("denied for %s", r.Reason)
				}
				if err := w.approve(r.ID,
					consent.Choice{Digest: v.Digest, Code: "K7-PLUM"}); !errors.Is(err, app.ErrNotPending) {
					t.Errorf("a second try: %v", err)
				}
				w.settle(r.ID, 3)
				if got := w.session(s.ID).State; got != emulator.Rejected {
					t.Errorf("at ACP it is %s", got)
				}
			}
		})
	}
}

// The code is asked for by itself while the person is under attack, and only
// where the policy lets it.
func TestMatchCodeUnderAttack(t *testing.T) {
	w := newWorld(t)
	asks := func() bool {
		t.Helper()
		s := w.acp.Begin(emulator.Ask{Hint: "alice", Scopes: []string{"openid"}, BindingMessage: "K7-PLUM"})
		in := input(s)
		in.ClientID = "client of " + s.ID // nothing waits beside it
		if err := w.svc.Start(t.Context(), acpActor, "acp", in); err != nil {
			t.Fatal(err)
		}
		r, err := w.RequestByLogin(t.Context(), "demo", s.ID)
		if err != nil {
			t.Fatal(err)
		}
		return w.view(r.ID).Sheet.AskCode
	}
	w.protect(consent.Protection{UnderAttack: []string{"regular"}})
	if asks() {
		t.Error("asked of somebody who is left in peace")
	}
	_, r := w.start()
	if err := w.svc.Report(t.Context(), storetest.On(w.dev), r.ID); err != nil {
		t.Fatal(err)
	}
	if !asks() {
		t.Error("not asked after a report")
	}
	w.protect(consent.Protection{})
	if asks() {
		t.Error("asked without the policy")
	}
	w.protect(consent.Protection{UnderAttack: []string{"regular"}})
	w.Clock.Advance(61 * time.Minute)
	if asks() {
		t.Error("asked an hour later")
	}
}

// The code is asked for where a message has one, also among other numbers, and
// hidden wherever it may yet be asked for.
func TestCodesOfAMessage(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		message, typed string
		asks           bool
	}{
		{"K7-PLUM", "k7plum", true},
		{"Order 88231 code K7-PLUM", "K7-PLUM", true},
		{"Pay £25 at the till", "", false},
		{"", "", false},
	} {
		s := w.acp.Begin(emulator.Ask{Hint: "alice", Scopes: []string{"openid"}, BindingMessage: c.message})
		if err := w.svc.Start(t.Context(), acpActor, "acp", input(s)); err != nil {
			t.Fatal(err)
		}
		r, err := w.RequestByLogin(t.Context(), "demo", s.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, policy := range []consent.Protection{{MatchCode: []string{"regular"}},
			{UnderAttack: []string{"regular"}}} {
			w.protect(policy)
			if got := w.mayAskCode(r); got != c.asks {
				t.Errorf("%q may be asked for its code: %v, want %v", c.message, got, c.asks)
			}
		}
		w.protect(consent.Protection{MatchCode: []string{"uk-payment"}})
		if w.mayAskCode(r) {
			t.Errorf("%q may be asked for its code where only payments are", c.message)
		}
		w.protect(consent.Protection{MatchCode: []string{"regular"}})
		v := w.view(r.ID)
		if v.Sheet.AskCode != c.asks {
			t.Errorf("%q asks for the code: %v, want %v", c.message, v.Sheet.AskCode, c.asks)
		}
		if c.asks {
			if err := w.approve(r.ID, consent.Choice{Digest: v.Digest}); !errors.Is(err, app.ErrCodeMissing) {
				t.Errorf("%q without its code: %v", c.message, err)
			}
		}
		if err := w.approve(r.ID, consent.Choice{Digest: v.Digest, Code: c.typed}); err != nil {
			t.Errorf("%q with %q: %v", c.message, c.typed, err)
		}
	}
}

func (w *world) mayAskCode(r app.Request) bool {
	w.t.Helper()
	may, err := w.svc.MayAskCode(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return may[r.ID]
}

func TestAReportPauses(t *testing.T) {
	w := newWorld(t)
	w.protect(consent.Protection{ReportPauses: app.PauseAll})
	_, r := w.start()
	if err := w.svc.Report(t.Context(), storetest.On(w.dev), r.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.request(r.ID); got.State != app.Denied || got.Reason != app.ReasonReported {
		t.Errorf("the reported request is %s (%s)", got.State, got.Reason)
	}
	if ok, err := w.svc.Verify(t.Context(), app.System, "acp", "shop", "alice"); ok || err != nil {
		t.Errorf("can they authenticate? %v, %v", ok, err)
	}
	_, next := w.start()
	if next.State != app.Cancelled || next.Reason != app.ReasonPaused {
		t.Errorf("the next request is %s (%s)", next.State, next.Reason)
	}
	if err := w.Clear(t.Context(), app.Operator, w.alice.ID); err != nil {
		t.Fatal(err)
	}
	if ok, err := w.svc.Verify(t.Context(), app.System, "acp", "shop", "alice"); !ok || err != nil {
		t.Errorf("once it was cleared: %v, %v", ok, err)
	}
}

func TestHints(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	pay := func(amount, to string) []slip.Hint {
		t.Helper()
		_, r := w.startConsent(w.acp.AddConsent("uk-domestic-payment", func(c *emulator.Consent) {
			initiation(c)["InstructedAmount"] = map[string]any{"Amount": amount, "Currency": "GBP"}
			initiation(c)["CreditorAccount"] = map[string]any{
				"SchemeName":     "UK.OBIE.SortCodeAccountNumber",
				"Identification": to,
				"Name":           "Rowan Lettings",
			}
		}), emulator.ByMember, true)
		v := w.view(r.ID)
		if err := w.approve(r.ID, pick(v)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Minute)
		return v.Sheet.Hints
	}
	for i, c := range []struct {
		amount, to string
		want       []slip.HintKind
	}{
		{"100.00", "20325612345678", []slip.HintKind{slip.FirstPayee}},
		{"900.00", "20325612345678", nil}, // two payments make no habit
		{"99.50", "20325612345678", nil},
		{"900.00", "20325612345678", nil},
		{"900.01", "20325612345678", []slip.HintKind{slip.LargestAmount}},
		{"1000.00", "20325612340000", []slip.HintKind{slip.FirstPayee, slip.LargestAmount}},
	} {
		got := pay(c.amount, c.to)
		kinds := []slip.HintKind{}
		for _, h := range got {
			kinds = append(kinds, h.Kind)
		}
		if len(kinds) != len(c.want) {
			t.Errorf("payment %d of %s: %v, want %v", i+1, c.amount, kinds, c.want)
			continue
		}
		for j := range kinds {
			if kinds[j] != c.want[j] {
				t.Errorf("payment %d of %s: %v, want %v", i+1, c.amount, kinds, c.want)
			}
		}
	}
}

// A device that is new can't approve payments while the policy lets it cool,
// and can do all else.
func TestCooling(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	w.protect(consent.Protection{Cooling: time.Hour})
	_, pays := w.startConsent(w.acp.AddConsent("uk-domestic-payment", nil), emulator.ByMember, true)
	v := w.view(pays.ID)
	if v.Cooling != w.dev.CreatedAt.Add(time.Hour) {
		t.Errorf("cooling until %s", v.Cooling.Time())
	}
	if err := w.approve(pays.ID, pick(v)); !errors.Is(err, app.ErrCooling) {
		t.Errorf("a payment on a new device: %v", err)
	}
	_, shares := w.startConsent(w.acp.AddConsent("uk-account-access", nil), emulator.ByMember, true)
	if v := w.view(shares.ID); v.Cooling != 0 {
		t.Error("sharing data cools too")
	} else if err := w.approve(shares.ID, pick(v)); err != nil {
		t.Error(err)
	}
	w.Clock.Advance(time.Hour)
	_, pays = w.startConsent(w.acp.AddConsent("uk-domestic-payment", nil), emulator.ByMember, true)
	if err := w.approve(pays.ID, pick(w.view(pays.ID))); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
