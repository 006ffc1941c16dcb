package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/web/emulator"
)

// now is the request as it is stored at this moment.
func (p *person) now(r app.Request) app.Request {
	p.t.Helper()
	r, err := p.Request(p.t.Context(), r.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// typesCode approves a request from its page, with that code, and gives the status.
func (p *person) typesCode(r app.Request, code string) int {
	p.t.Helper()
	path := "/requests/" + r.ID + "/approval"
	body := seenOn(p.get("/requests/"+r.ID).page(p.t)) + `,"scopes":["profile"],"code":"` + code + `"}`
	if a := p.json(path, body); a.StatusCode != http.StatusOK {
		return a.StatusCode
	}
	pr := p.begin(path, body)
	return p.json(path+"/"+pr.Ceremony, `{"credential":`+p.sign(pr)+`,"standalone":false,"zone":""}`).StatusCode
}

// Two requests of one client wait at once, one of which another person may have
// started: the codes of their messages are typed, and shown nowhere.
func TestPitfall27TwoPendingForceTheComparison(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	asks := func(r app.Request) bool {
		t.Helper()
		return ada.get("/requests/"+r.ID).page(t).Find(`[data-testid="code"]`).Length() == 1
	}
	_, alone := ada.askedOf(emulator.Ask{BindingMessage: "Your code is A1-PEAR"})
	if asks(alone) || !strings.Contains(string(ada.get("/").body), "A1-PEAR") {
		t.Error("alone, its code is asked for or isn't shown")
	}
	if status := ada.typesCode(alone, ""); status != http.StatusOK || ada.now(alone).State != app.Approved {
		t.Errorf("alone, without a code: %d, %s", status, ada.now(alone).State)
	}
	s.Clock.Advance(time.Second)

	_, first := ada.askedOf(emulator.Ask{BindingMessage: "Your code is K7-PLUM"})
	if asks(first) {
		t.Error("the code is asked for after another one was answered")
	}
	stale := seenOn(ada.get("/requests/"+first.ID).page(t)) + `,"scopes":["profile"]}`
	s.Clock.Advance(time.Second)
	_, second := ada.askedOf(emulator.Ask{BindingMessage: "Your code is Q3-FIGS"})
	_, third := ada.askedOf(emulator.Ask{BindingMessage: "Your code is M9-LIME"})
	for _, path := range []string{"/", "/requests/" + first.ID, "/requests/" + second.ID} {
		body := string(ada.get(path).body)
		for _, code := range []string{"K7-PLUM", "Q3-FIGS", "M9-LIME"} {
			if strings.Contains(body, code) {
				t.Errorf("%s gives away the code %s", path, code)
			}
		}
	}
	if !asks(first) || !asks(second) {
		t.Fatal("with two that wait, the code isn't asked for")
	}
	page := ada.get("/requests/" + second.ID).page(t)
	if text := wordsOf(page, "notice-parallel"); !strings.Contains(text, "more than one request open") {
		t.Errorf("it says why: %q", text)
	}
	if a := ada.json("/requests/"+first.ID+"/approval", stale); a.StatusCode == http.StatusOK {
		t.Error("a page from before the second one came approves without the code")
	}
	if status := ada.typesCode(second, ""); status == http.StatusOK || ada.now(second).State != app.Pending {
		t.Errorf("without a code: %d, %s", status, ada.now(second).State)
	}
	s.Clock.Advance(time.Second)
	if status := ada.typesCode(second, "K7-PLUM"); status == http.StatusOK {
		t.Error("the second one takes the code of the first")
	}
	if r := ada.now(second); r.State != app.Denied || r.Reason != app.ReasonCode {
		t.Errorf("after the wrong code it is %s (%s)", r.State, r.Reason)
	}
	if status := ada.typesCode(first, "k7 plum"); status != http.StatusOK || ada.now(first).State != app.Approved {
		t.Errorf("with its own code: %d, %s", status, ada.now(first).State)
	}
	s.Clock.Advance(time.Second)
	if !asks(third) || strings.Contains(string(ada.get("/").body), "M9-LIME") {
		t.Error("the code is no longer asked for, or is shown, once the others have ended")
	}
}

// Of another client, of another person, or without a code, nothing is asked for;
// what can't be told apart says so.
func TestWhatIsNotToldApartByCodes(t *testing.T) {
	s := newSite(t)
	ada, bob := s.person("Ada Quill"), s.person("Bob Reed")
	ada.enrol()
	bob.enrol()
	_, mine := ada.askedOf(emulator.Ask{BindingMessage: "K7-PLUM"})
	ada.askedOf(emulator.Ask{Device: "shop-ping", BindingMessage: "Q3-FIGS"})
	bob.askedOf(emulator.Ask{BindingMessage: "M9-LIME"})
	if doc := ada.get("/requests/" + mine.ID).page(t); doc.Find(`[data-testid="code"]`).Length() != 0 ||
		wordsOf(doc, "message") == "" {
		t.Error("the code is asked for beside requests of another client and of another person")
	}
	for _, c := range []struct {
		name, first, second string
		asks, alike         bool
	}{
		{"two without a code", "the blue folder", "the red folder", false, false},
		{"the same without a code", "Approve demo login", "approve  demo login", false, true},
		{"no message at all", "", "", false, true},
		{"the same code", "Your code is K7-PLUM", "code: k7plum", true, true},
		{"only one with a code", "the blue folder", "Your code is K7-PLUM", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			ada.enrol()
			ada.askedOf(emulator.Ask{BindingMessage: c.first})
			_, second := ada.askedOf(emulator.Ask{BindingMessage: c.second})
			doc := ada.get("/requests/" + second.ID).page(t)
			if got := doc.Find(`[data-testid="code"]`).Length() == 1; got != c.asks {
				t.Errorf("asks for the code: %v, want %v", got, c.asks)
			}
			text := wordsOf(doc, "notice-alike")
			if got := strings.Contains(text, "can’t be told apart"); got != c.alike {
				t.Errorf("says that they can't be told apart: %q, want %v", text, c.alike)
			}
		})
	}
}
