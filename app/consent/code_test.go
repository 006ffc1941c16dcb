package consent_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"assent/app"
	"assent/app/acp"
	"assent/app/consent"
	"assent/store/storetest"
	"assent/web/emulator"
)

// says starts a UK payment of £1,200.00 with a message.
func (w *world) says(message string) app.Request {
	w.t.Helper()
	c := w.acp.AddConsent("uk-domestic-scheduled-payment", func(c *emulator.Consent) {
		initiation(c)["InstructedAmount"] = map[string]any{"Amount": "1200.50", "Currency": "GBP"}
		initiation(c)["RequestedExecutionDateTime"] = "2026-12-15T06:06:06+00:00"
		initiation(c)["CreditorAccount"] = map[string]any{
			"SchemeName":     "UK.OBIE.SortCodeAccountNumber",
			"Identification": "20325698765432",
			"Name":           "Rowan Lettings 2026",
		}
		initiation(c)["RemittanceInformation"] = map[string]any{"Reference": "INV-88231"}
	})
	s := w.acp.Begin(emulator.Ask{
		Hint:           "bruno",
		Consent:        c.ID,
		Way:            emulator.ByMember,
		TypeInPayload:  true,
		BindingMessage: "K7-PLUM",
	})
	in := input(s)
	in.IntentID, in.ConsentType, in.BindingMessage = c.ID, c.Type.PayloadType, message
	if err := w.svc.Start(w.t.Context(), acpActor, "acp", in); err != nil {
		w.t.Fatal(err)
	}
	r, err := w.RequestByLogin(w.t.Context(), "demo", s.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

var asksPayments = consent.Protection{MatchCode: []string{"uk-payment"}}

// The code is what the page doesn't show: no amount, date, account or reference,
// in whichever writing. Typing one of those denies.
func TestTheCodeIsNothingThatThePageShows(t *testing.T) {
	for _, c := range []struct {
		name, message string
		code          string   // empty where there is none
		not           []string // which is typed instead
	}{
		{"as it was reported", "Pay GBP 1200.50 on 2026-12-15, code 7730", "7730",
			[]string{"1200", "1200.50", "120050", "2026-12-15", "2026"}},
		{"the code first", "Code 7730 to pay GBP 1200.50 on 2026-12-15", "7730", []string{"1200", "20261215"}},
		{"other writings",
			"7730: £1,200.50 / 1.200,50 / 15/12/2026 / 15.12.26 / 15-12-2026 / 20261215 / 15Dec2026 / 15DEC26 / GBP1200 / 120050p",
			"7730", []string{"120050", "15DEC2026", "GBP1200"}},
		{"the account", "7730 to 20-32-56 98765432, ending 5432, sort code 203256", "7730",
			[]string{"98765432", "5432", "203256"}},
		{"the reference", "7730 for INV-88231 (88231)", "7730", []string{"INV-88231", "INV88231", "88231"}},
		{"the payee", "7730 for Rowan Lettings 2026", "7730", []string{"2026"}},
		{"ordinals and times", "K7-PLUM until 10am on the 22nd, 14h30, 14:30", "K7-PLUM",
			[]string{"10am", "22nd", "1430"}},
		{"the last of several", "Order A1234 code K7-PLUM", "K7-PLUM", []string{"A1234"}},
		{"only what is shown", "Pay GBP 1200.50 on 2026-12-15 to 98765432, INV-88231", "",
			[]string{"1200", "98765432"}},
		{"too long to be a code", "Call 02079460123 or see 123456789", "", []string{"02079460123", "123456789"}},
		{"no message", "", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := banking(t, acp.LayoutWorkspace, "obuk")
			w.protect(asksPayments)
			for _, typed := range append([]string{c.code}, c.not...) {
				r := w.says(c.message)
				v := w.view(r.ID)
				if v.Sheet == nil || v.Sheet.AskCode != (c.code != "") {
					t.Fatalf("asks for a code: %+v", v)
				}
				choice := pick(v)
				choice.Code = typed
				err := w.approve(r.ID, choice)
				switch got := w.request(r.ID); {
				case c.code == "" || typed == c.code: // compared, or typed
					if err != nil || got.State != app.Approved {
						t.Errorf("with %q it is %s (%v)", typed, got.State, err)
					}
				case !errors.Is(err, app.ErrNotPending) || got.State != app.Denied || got.Reason != app.ReasonCode:
					t.Errorf("with %q it is %s for %q (%v)", typed, got.State, got.Reason, err)
				}
			}
		})
	}
}

// A figure that the page shows is no code with other zeros or with letters around
// it, nor any part of an account's number; a date or a time never is one. What
// stands before it stays the code, and only that approves.
func TestFiguresAndTimesAreNoCode(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	w.protect(asksPayments)
	for _, word := range []string{
		"0001200", "001200GBP", "1200euros", "1200pounds", "EUR001200", "120050pence", "1200GBP50", // the amount
		"325698", "032569", "9876-5432", "569876", "2569x", "INV88231x", // the account, the reference
		// of the page
		"15thDec", "Dec15th", "15th-Dec", "15dezembro", "15-de-dezembro", "Tue15", "sexta15", "15December26",
		"3rdMay", "7março", "segunda-7", "May2031", "9-Feb-31", // of other days
		"14h30m", "14h30", "14h30min", "9h05", "14hrs", "1430hrs", "9am-5pm", "14h-15h", "30minutos", "by 1430",
		"até 0915", "0606",
	} {
		typed := word[strings.LastIndex(word, " ")+1:]
		r := w.says("code 7730, valid for " + word)
		v := w.view(r.ID)
		if v.Sheet == nil {
			t.Fatalf("%q: it is %s for %q", typed, v.Request.State, v.Request.Reason)
		}
		choice := pick(v)
		choice.Code = typed
		err := w.approve(r.ID, choice)
		if got := w.request(r.ID); !v.Sheet.AskCode || !errors.Is(err, app.ErrNotPending) || got.State != app.Denied ||
			got.Reason != app.ReasonCode {
			t.Errorf("with %q it is %s for %q (%v); asks for a code: %v", word, got.State, got.Reason, err,
				v.Sheet.AskCode)
		}
	}
	for _, code := range []string{"7730", "K7-PLUM", "PLUM73", "K7730X", "77H3", "M4Y2", "7731GBP", "0007731",
		"SEP7731"} {
		r := w.says("Pay GBP 1200.50 by 14h30m: " + code)
		v := w.view(r.ID)
		if v.Sheet == nil {
			t.Fatalf("%q: it is %s for %q", code, v.Request.State, v.Request.Reason)
		}
		choice := pick(v)
		choice.Code = code
		if err := w.approve(r.ID, choice); err != nil || !v.Sheet.AskCode {
			t.Errorf("with the code %q: %v; asks for it: %v", code, err, v.Sheet.AskCode)
		}
	}
}

// A pattern says where the code is; what it captures is no code where the page
// shows it.
func TestPatternOfTheCode(t *testing.T) {
	for _, c := range []struct {
		name, message, code string
		patterns            map[string]string
	}{
		{"of all", "code 7730 for order 991122", "7730", map[string]string{"": `code (\d+)`}},
		{"of the profile", "PIN=AB for code 7730", "AB",
			map[string]string{"": `code (\d+)`, "uk-payment": `PIN=(\w+)`}},
		{"of another profile", "PIN=AB for code 7730", "7730",
			map[string]string{"": `code (\d+)`, "regular": `PIN=(\w+)`}},
		{"that captures what is shown", "code 1200, code 7730", "7730", map[string]string{"": `code (\d+)`}},
		{"that doesn't match", "the word is 7730", "", map[string]string{"": `code (\d+)`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := banking(t, acp.LayoutWorkspace, "obuk")
			p := asksPayments
			p.CodePatterns = map[string]*regexp.Regexp{}
			for profile, text := range c.patterns {
				p.CodePatterns[profile] = regexp.MustCompile(text)
			}
			w.protect(p)
			r := w.says(c.message)
			v := w.view(r.ID)
			choice := pick(v)
			choice.Code = c.code
			if v.Sheet.AskCode != (c.code != "") {
				t.Errorf("asks for a code: %v", v.Sheet.AskCode)
			}
			if err := w.approve(r.ID, choice); err != nil {
				t.Errorf("with %q: %v", c.code, err)
			}
		})
	}
}

// Where a code is asked for and the message has none, the person compares the
// message or the request is cancelled, by the policy; under attack it always is.
func TestNoCodeToAskFor(t *testing.T) {
	const message = "Pay GBP 1200.50"
	for _, c := range []struct {
		name     string
		policy   consent.Protection
		attacked bool
		refused  bool
	}{
		{"compare", asksPayments, false, false},
		{"compare, under attack", asksPayments, true, true},
		{"refuse", consent.Protection{MatchCode: []string{"uk-payment"}, RefuseWithoutCode: true}, false, true},
		{"asked for under attack alone, in peace",
			consent.Protection{UnderAttack: []string{"uk-payment"}, RefuseWithoutCode: true}, false, false},
		{"asked for under attack alone", consent.Protection{UnderAttack: []string{"uk-payment"}}, true, true},
		{"not asked for, under attack", consent.Protection{MatchCode: []string{"regular"}, RefuseWithoutCode: true},
			true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := banking(t, acp.LayoutWorkspace, "obuk")
			w.protect(c.policy)
			if c.attacked {
				if err := w.svc.Report(t.Context(), storetest.On(w.dev), w.says("K7-PLUM").ID); err != nil {
					t.Fatal(err)
				}
			}
			r := w.says(message)
			v := w.view(r.ID)
			if c.refused {
				if got := w.request(r.ID); got.State != app.Cancelled || got.Reason != app.ReasonNoCode {
					t.Fatalf("it is %s for %q", got.State, got.Reason)
				}
				if w.settle(r.ID, 3); w.session(r.LoginID).State != emulator.Rejected {
					t.Errorf("at ACP it is %s", w.session(r.LoginID).State)
				}
				return
			}
			if v.Sheet == nil || v.Sheet.AskCode || v.Sheet.Message != message {
				t.Fatalf("it can't be compared: %+v", v)
			}
			if err := w.approve(r.ID, pick(v)); err != nil {
				t.Errorf("compared: %v", err)
			}
		})
	}
}

// Figures are compared by their value, whichever script they are typed in.
func TestCodeInFiguresOfAnotherScript(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	w.protect(asksPayments)
	for _, typed := range []string{"٧٧٣٠", "७७३०", "７７３０", "77 30"} {
		r := w.says("code 7730")
		choice := pick(w.view(r.ID))
		choice.Code = typed
		if err := w.approve(r.ID, choice); err != nil {
			t.Errorf("%s: %v", typed, err)
		}
	}
}
