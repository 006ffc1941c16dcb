package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"assent/app"
	"assent/web/device"
)

func codes(c *device.Config) { c.LinkAlone = false }

// linkFor makes a link that p may set a browser up with.
func linkFor(p *person) string {
	p.t.Helper()
	_, token, err := p.people.Invite(p.t.Context(), app.Operator, p.identifier(), 24*time.Hour)
	if err != nil {
		p.t.Fatal(err)
	}
	return "/enrol/" + token
}

// words are those that p's browser shows for a link.
func (p *person) words(link string) string {
	p.t.Helper()
	return strings.Join(strings.Fields(p.get(link+"/code").page(p.t).Find(`[data-testid="words"]`).Text()), " ")
}

// codeFor makes a code as a clerk reads it out, to whom p's browser shows words
// for the link.
func codeFor(p *person, link string) string {
	p.t.Helper()
	_, _, digits, err := p.people.ActivationCode(p.t.Context(), app.Operator, p.identifier(), p.words(link))
	if err != nil {
		p.t.Fatal(err)
	}
	return app.SpaceActivationCode(digits)
}

func (p *person) typeCode(link, code string) answer {
	p.t.Helper()
	return p.form(link+"/code", "code="+url.QueryEscape(code))
}

// elsewhere is p in another browser, with the same passkeys at hand.
func (p *person) elsewhere() *person {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	q := *p
	q.http = &http.Client{Jar: jar, CheckRedirect: p.http.CheckRedirect}
	return &q
}

// refusedFor is the code of a refusal that a script reads.
func refusedFor(t *testing.T, a answer) string {
	t.Helper()
	var said struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal(a.body, &said); err != nil || said.Error.Message == "" {
		t.Errorf("%d %s: %v, want a refusal in words", a.StatusCode, a.body, err)
	}
	return said.Error.Code
}

func wrongFor(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

func TestLinkAloneIsNotEnough(t *testing.T) {
	s := newSite(t, codes)
	ada := s.person("Ada Quill")
	link := linkFor(ada)
	if to, _ := ada.get(link).page(t).Find(`[data-testid="set-up"]`).Attr("href"); to != link+"/code" {
		t.Errorf("the welcome leads to %s", to)
	}
	if a := ada.get(link + "/passkey"); a.StatusCode != http.StatusSeeOther ||
		a.Header.Get("Location") != link+"/code" {
		t.Errorf("the passkey's page: %d to %s, want the code's", a.StatusCode, a.Header.Get("Location"))
	}
	if a := ada.json(link+"/passkey", "{}"); a.StatusCode != http.StatusConflict || refusedFor(t, a) != "activation" {
		t.Errorf("a ceremony: %d %s", a.StatusCode, a.body)
	}

	doc := ada.get(link + "/code").page(t)
	input := doc.Find("#activation-code")
	for name, want := range map[string]string{"inputmode": "numeric", "autocomplete": "one-time-code", "type": "text"} {
		if got, _ := input.Attr(name); got != want {
			t.Errorf("the field's %s is %q, want %q", name, got, want)
		}
	}
	if a := ada.typeCode(link, codeFor(ada, link)); a.StatusCode != http.StatusSeeOther ||
		a.Header.Get("Location") != link+"/passkey" {
		t.Fatalf("the right code: %d to %s\n%s", a.StatusCode, a.Header.Get("Location"), a.body)
	}
	if a := ada.get(link + "/code"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("the code's page once it is activated: %d", a.StatusCode)
	}
	if to, _ := ada.get(link).page(t).Find(`[data-testid="set-up"]`).Attr("href"); to != link+"/passkey" {
		t.Errorf("the welcome leads to %s", to)
	}
	ada.setUp(link)
	if a := ada.get("/"); a.StatusCode != http.StatusOK {
		t.Errorf("the inbox: %d", a.StatusCode)
	}
}

func TestWrongCodes(t *testing.T) {
	s := newSite(t, codes)
	ada := s.person("Ada Quill")
	link := linkFor(ada)
	code := codeFor(ada, link)
	for _, typed := range []string{"", "4821", "4821 773O"} {
		if a := ada.typeCode(link, typed); a.StatusCode != http.StatusUnprocessableEntity ||
			a.page(t).Find(`[data-testid="code-unreadable"]`).Length() != 1 {
			t.Errorf("%q: %d, want to be told what a code is", typed, a.StatusCode)
		}
	}
	for _, says := range []string{"4 tries left", "3 tries left", "2 tries left", "1 try left"} {
		a := ada.typeCode(link, wrongFor(code))
		doc := a.page(t)
		if text := doc.Find(`[data-testid="code-wrong"]`).Text(); a.StatusCode != http.StatusUnprocessableEntity ||
			!strings.Contains(text, says) {
			t.Errorf("%d %q, want %q", a.StatusCode, text, says)
		}
		if v, _ := doc.Find("#activation-code").Attr("value"); v != "" {
			t.Errorf("the wrong code %q stands in the field", v)
		}
	}
	for _, typed := range []string{wrongFor(code), code} {
		if a := ada.typeCode(link, typed); a.StatusCode != http.StatusUnprocessableEntity ||
			a.page(t).Find(`[data-testid="code-ended"]`).Text() != "This code has ended. Ask for a new one." {
			t.Errorf("the fifth wrong code, or what comes after: %d %s", a.StatusCode, a.page(t).Find("form").Text())
		}
	}
	if a := ada.json(link+"/passkey", "{}"); a.StatusCode != http.StatusConflict {
		t.Errorf("a ceremony: %d", a.StatusCode)
	}
	late := codeFor(ada, link)
	s.Clock.Advance(app.ActivationCodeTTL)
	if a := ada.typeCode(link, late); a.StatusCode != http.StatusUnprocessableEntity ||
		a.page(t).Find(`[data-testid="code-late"]`).Length() != 1 {
		t.Errorf("a code past its time: %d", a.StatusCode)
	}
	if a := ada.typeCode(link, codeFor(ada, link)); a.StatusCode != http.StatusSeeOther {
		t.Errorf("another code: %d", a.StatusCode)
	}
	// A link that can't be used says so before any code.
	linkFor(ada)
	if a := ada.typeCode(link, "4821 7730"); a.StatusCode != http.StatusGone {
		t.Errorf("a code for a link that was replaced: %d", a.StatusCode)
	}
}

// Whoever else has the link gains nothing by a code that was typed elsewhere:
// neither a ceremony of their own, nor the one that is under way.
func TestActivationStaysInItsBrowser(t *testing.T) {
	s := newSite(t, codes)
	ada := s.person("Ada Quill")
	link := linkFor(ada)
	if a := ada.typeCode(link, codeFor(ada, link)); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", a.StatusCode)
	}
	eve := ada.elsewhere()
	if a := eve.get(link + "/passkey"); a.StatusCode != http.StatusSeeOther ||
		a.Header.Get("Location") != link+"/code" {
		t.Errorf("the passkey's page elsewhere: %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	if a := eve.json(link+"/passkey", "{}"); a.StatusCode != http.StatusConflict || refusedFor(t, a) != "activation" {
		t.Errorf("a ceremony elsewhere: %d %s", a.StatusCode, a.body)
	}
	pr := ada.begin(link+"/passkey", "{}")
	o, err := virtualwebauthn.ParseAttestationOptions(string(pr.Options))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"credential":` + virtualwebauthn.CreateAttestationResponse(ada.rp, ada.auth, ada.cred, *o) +
		`,"standalone":false,"zone":""}`
	if a := eve.json(link+"/passkey/"+pr.Ceremony, body); a.StatusCode != http.StatusConflict ||
		refusedFor(t, a) != "activation" {
		t.Errorf("the end of a ceremony elsewhere: %d %s", a.StatusCode, a.body)
	}
	if a := ada.json(link+"/passkey/"+pr.Ceremony, body); a.StatusCode != http.StatusOK {
		t.Errorf("the end of the ceremony where it began: %d %s", a.StatusCode, a.body)
	}
}

// A passkey of the person's signs them in from the link's page, and the link
// is used up in the browser that activated it alone.
func TestSignInByLinkAndActivation(t *testing.T) {
	s := newSite(t, codes)
	ada := s.person("Ada Quill")
	first := linkFor(ada)
	ada.typeCode(first, codeFor(ada, first))
	ada.setUp(first)
	ada.auth.Options.UserHandle = []byte(ada.who.ID)
	ada.auth.AddCredential(ada.cred)

	link := linkFor(ada)
	signIn := func(p *person) {
		t.Helper()
		pr := p.begin("/sign-in/passkey", `{"invite":"`+strings.TrimPrefix(link, "/enrol/")+`"}`)
		a := p.json("/sign-in/passkey/"+pr.Ceremony,
			`{"credential":`+p.sign(pr)+`,"standalone":false,"zone":"","invite":"`+strings.TrimPrefix(link, "/enrol/")+
				`"}`)
		if a.StatusCode != http.StatusOK {
			t.Fatalf("sign-in: %d %s", a.StatusCode, a.body)
		}
		ada.cred = p.cred // its counter went on
	}
	signIn(ada.elsewhere())
	if a := ada.get(link); a.StatusCode != http.StatusOK {
		t.Errorf("a sign-in without a code used the link up: %d", a.StatusCode)
	}
	laptop := ada.elsewhere()
	if a := laptop.typeCode(link, codeFor(laptop, link)); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	signIn(laptop)
	if a := ada.get(link); a.StatusCode != http.StatusGone {
		t.Errorf("the link after a sign-in where it was activated: %d, want that it was used", a.StatusCode)
	}
}

func TestLetterNeedsACodeWhereOthersDoNot(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	if a := ada.get(linkFor(ada) + "/passkey"); a.StatusCode != http.StatusOK {
		t.Errorf("codes are off, and a link leads to %d", a.StatusCode)
	}
	_, token, err := s.people.InviteByLetter(t.Context(), app.Operator, ada.identifier())
	if err != nil {
		t.Fatal(err)
	}
	link := "/enrol/" + token
	s.Clock.Advance(30*24*time.Hour - 10*time.Minute)
	if a := ada.json(link+"/passkey", "{}"); a.StatusCode != http.StatusConflict || refusedFor(t, a) != "activation" {
		t.Errorf("a letter's link: %d %s", a.StatusCode, a.body)
	}
	ada.typeCode(link, codeFor(ada, link))
	if a := ada.get(link + "/passkey"); a.StatusCode != http.StatusOK {
		t.Errorf("with a code: %d", a.StatusCode)
	}
	s.Clock.Advance(10 * time.Minute)
	if a := ada.get(link + "/passkey"); a.StatusCode != http.StatusGone {
		t.Errorf("after 30 days: %d", a.StatusCode)
	}
}

func TestCodesFromOneSourceAreSlowedDown(t *testing.T) {
	s := newSite(t, codes)
	ada := s.person("Ada Quill")
	link := linkFor(ada)
	for range 60 {
		if a := ada.typeCode(link, "4821 7730"); a.StatusCode == http.StatusTooManyRequests {
			if a.Header.Get("Retry-After") == "" {
				t.Error("it doesn't say for how long")
			}
			return
		}
	}
	t.Error("60 codes at once, and none too many")
}
