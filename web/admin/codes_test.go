package admin_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/descope/virtualwebauthn"

	"assent/app"
	"assent/app/admin"
	"assent/app/apptest"
)

// words that some page may show.
var someWords = url.Values{"words": {"acorn badger cabin"}}

// Who made or resent a person's link can't make its code, in whatever role, as
// soon as a colleague can; a colleague who can't sign in or may not make codes
// doesn't count.
func TestWhoMadeTheLinkMakesNoCode(t *testing.T) {
	s := newSite(t, true)
	p := s.MustPerson("ada")
	at := "/admin/people/" + p.ID
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	s.visitor("aud@northmoor.example", app.RoleAuditor)
	if _, err := s.registry.Add(t.Context(), app.Operator, "new@northmoor.example", "", app.RoleOwner); err != nil {
		t.Fatal(err)
	}
	invite := func(v *visitor, way string) answer {
		t.Helper()
		got := v.send(http.MethodPost, at+"/invite", url.Values{"way": {way}})
		if !got.has("link") {
			t.Fatalf("inviting: %d", got.StatusCode)
		}
		return got
	}
	if got := invite(helen, "link"); got.has("colleague") {
		t.Error("alone, she is told to leave the code to a colleague")
	}
	if got := helen.send(http.MethodPost, at+"/code", someWords); !got.has("code") {
		t.Errorf("alone, she makes no code: %d", got.StatusCode)
	}
	oscar := s.visitor("oscar@northmoor.example", app.RoleOperator)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	for _, c := range []struct {
		maker, other *visitor
		way          string
	}{{helen, oscar, "link"}, {helen, oscar, "letter"}, {oscar, olive, "link"}, {olive, helen, "letter"}} {
		if got := invite(c.other, "link"); !got.has("colleague") {
			t.Error("the link's page doesn't say who makes the code")
		}
		invite(c.maker, c.way) // which resends it
		if page := c.maker.send(http.MethodGet, at, nil); !page.has("colleague") || page.has("code") {
			t.Errorf("%s made the link, and is offered its code", c.maker.who.Role)
		}
		got := c.maker.send(http.MethodPost, at+"/code", someWords)
		if got.StatusCode != http.StatusForbidden || got.Find(".big-code").Length() != 0 {
			t.Errorf("%s made the link, and its code: %d", c.maker.who.Role, got.StatusCode)
		}
		if page := c.other.send(http.MethodGet, at, nil); page.has("colleague") || !page.has("code") {
			t.Errorf("%s is not offered the code of a colleague's link", c.other.who.Role)
		}
		if got := c.other.send(http.MethodPost, at+"/code", someWords); got.StatusCode != http.StatusOK ||
			len(got.Find(".big-code").Text()) != 9 {
			t.Errorf("%s, for a colleague's link: %d", c.other.who.Role, got.StatusCode)
		}
	}
	if rows, err := s.AuditOf(t.Context(), "activation.refuse", 10); err != nil || len(rows) != 4 ||
		rows[3].ActorID != helen.who.ID || rows[3].PersonID != p.ID {
		t.Errorf("refused in the audit: %+v (%v)", rows, err)
	}
	// What isn't three words costs nothing and stays in its field.
	got := helen.send(http.MethodPost, at+"/code", url.Values{"words": {"acorn <badger>"}})
	if got.StatusCode != http.StatusUnprocessableEntity || !got.has("words-fault") ||
		got.Find("#words").AttrOr("value", "") != "acorn <badger>" {
		t.Errorf("two words: %d", got.StatusCode)
	}
}

// Where the rule is switched off one administrator is enough.
func TestOneHandWhereTheRuleIsOff(t *testing.T) {
	s := newSite(t, true, func(u *admin.Uses) { u.CodesByMaker = true })
	p := s.MustPerson("ada")
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	s.visitor("oscar@northmoor.example", app.RoleOperator)
	if got := helen.send(http.MethodPost, "/admin/people/"+p.ID+"/invite", nil); !got.has("link") ||
		got.has("colleague") {
		t.Errorf("the link: %d", got.StatusCode)
	}
	if got := helen.send(http.MethodPost, "/admin/people/"+p.ID+"/code", someWords); !got.has("code") {
		t.Errorf("the code: %d", got.StatusCode)
	}
}

// newcomer is a browser that holds a set-up link.
type newcomer struct {
	*site
	link   string
	cookie *http.Cookie
	rp     virtualwebauthn.RelyingParty
	auth   virtualwebauthn.Authenticator
	cred   virtualwebauthn.Credential
}

func (s *site) newcomer(link string) *newcomer {
	return &newcomer{
		site: s,
		link: strings.TrimPrefix(link, "https://assent.example"),
		auth: virtualwebauthn.NewAuthenticator(),
		cred: apptest.Passkey(),
		rp:   virtualwebauthn.RelyingParty{Name: "Northmoor", ID: "assent.example", Origin: "https://assent.example"},
	}
}

// ask sends body, and keeps the cookie that comes.
func (n *newcomer) ask(method, path, kind, body string) (*httptest.ResponseRecorder, *goquery.Document) {
	n.t.Helper()
	r := httptest.NewRequestWithContext(n.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept-Language", "en-GB")
	if n.cookie != nil {
		r.AddCookie(n.cookie)
	}
	w := httptest.NewRecorder()
	n.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if strings.HasSuffix(c.Name, "assent-set-up") {
			n.cookie = c
		}
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		n.t.Fatal(err)
	}
	return w, doc
}

func (n *newcomer) words() string {
	n.t.Helper()
	_, doc := n.ask(http.MethodGet, n.link, "", "")
	return strings.Join(strings.Fields(doc.Find(`[data-testid="words"]`).Text()), " ")
}

func (n *newcomer) typeCode(code string) (int, string) {
	n.t.Helper()
	w, doc := n.ask(http.MethodPost, n.link+"/code", "application/x-www-form-urlencoded",
		url.Values{"code": {code}}.Encode())
	return w.Code, doc.Find(`[role="alert"]`).Text()
}

// begin asks for the prompt that makes a passkey.
func (n *newcomer) begin() (status int, ceremony string, options json.RawMessage) {
	n.t.Helper()
	w, _ := n.ask(http.MethodPost, n.link+"/passkey", "application/json", "{}")
	var pr struct {
		Ceremony string
		Options  json.RawMessage
	}
	if err := json.Unmarshal(w.Body.Bytes(), &pr); err != nil {
		n.t.Fatalf("%s: %v", w.Body, err)
	}
	return w.Code, pr.Ceremony, pr.Options
}

func (n *newcomer) finish(ceremony string, options json.RawMessage) (int, string) {
	n.t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		n.t.Fatal(err)
	}
	made := virtualwebauthn.CreateAttestationResponse(n.rp, n.auth, n.cred, *o)
	w, _ := n.ask(http.MethodPost, n.link+"/passkey/"+ceremony, "application/json", `{"credential":`+made+`,"zone":""}`)
	return w.Code, w.Body.String()
}

// A new administrator's link is worth nothing without a code, which another
// owner makes for the words that the newcomer reads out; it works in that
// browser alone, and who has the link otherwise learns not even whose it is.
func TestSetUpLinkNeedsACode(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	added := olive.send(http.MethodPost, "/admin/admins/new",
		url.Values{"email": {"nina@northmoor.example"}, "name": {"Nina Novak"}, "role": {"owner"}})
	if !added.has("code-next") ||
		!strings.Contains(added.Find(`[data-testid="code-next"]`).Text(), "assent admin code nina@northmoor.example") {
		t.Errorf("the link's page doesn't say what comes next:\n%s", added.Find("main").Text())
	}
	nina := s.newcomer(added.Find(`[data-testid="link"]`).Text())
	thief := s.newcomer(added.Find(`[data-testid="link"]`).Text())
	w, doc := nina.ask(http.MethodGet, nina.link, "", "")
	if said := w.Body.String(); w.Code != http.StatusOK || strings.Contains(said, "Nina") ||
		strings.Contains(said, "nina@") || doc.Find(`[data-testid="make-passkey"]`).Length() != 0 {
		t.Errorf("the link's page before the code: %d\n%s", w.Code, said)
	}
	if status, _, _ := nina.begin(); status != http.StatusConflict {
		t.Errorf("a ceremony without a code: %d", status)
	}
	rows, err := s.Admins(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := ""
	for _, row := range rows {
		if row.Email == "nina@northmoor.example" {
			at = "/admin/admins/" + row.ID
		}
	}
	// Alone she may, with a second owner she leaves it to him.
	oscar := s.visitor("oscar@northmoor.example", app.RoleOwner)
	if got := olive.send(http.MethodPost, at+"/code",
		url.Values{"words": {nina.words()}}); got.StatusCode != http.StatusForbidden ||
		got.Find(".big-code").Length() != 0 {
		t.Errorf("who made the link makes its code: %d", got.StatusCode)
	}
	if got := olive.send(http.MethodGet, at, nil); !got.has("colleague") {
		t.Error("her page of the newcomer doesn't say that a colleague makes the code")
	}
	if got := oscar.send(http.MethodPost, at+"/code",
		url.Values{"words": {"acorn badger"}}); got.StatusCode != http.StatusUnprocessableEntity ||
		!got.has("words-fault") {
		t.Errorf("two words: %d", got.StatusCode)
	}
	words := nina.words()
	if other := thief.words(); other == words || nina.words() != words {
		t.Errorf("she sees %q, then %q; another browser %q", words, nina.words(), other)
	}
	made := oscar.send(http.MethodPost, at+"/code", url.Values{"words": {words}})
	code := made.Find(".big-code").Text()
	if made.StatusCode != http.StatusOK || len(code) != 9 {
		t.Fatalf("the code: %d %q", made.StatusCode, code)
	}
	if status, says := thief.typeCode(code); status != http.StatusUnprocessableEntity ||
		!strings.Contains(says, "4 tries left") {
		t.Errorf("her code in another browser: %d %q", status, says)
	}
	if status, _ := nina.typeCode("4821"); status != http.StatusUnprocessableEntity {
		t.Errorf("half a code: %d", status)
	}
	if status, says := nina.typeCode(code); status != http.StatusSeeOther {
		t.Fatalf("her code: %d %q", status, says)
	}
	if status, _, _ := thief.begin(); status != http.StatusConflict {
		t.Errorf("a ceremony in another browser: %d", status)
	}
	status, ceremony, options := nina.begin()
	if status != http.StatusOK {
		t.Fatalf("her ceremony: %d", status)
	}
	thief.cred, thief.auth = nina.cred, nina.auth
	if status, said := thief.finish(ceremony, options); status != http.StatusConflict ||
		!strings.Contains(said, "activation") {
		t.Errorf("the end of her ceremony in another browser: %d %s", status, said)
	}
	if status, said := nina.finish(ceremony, options); status != http.StatusOK {
		t.Errorf("the end of her ceremony: %d %s", status, said)
	}
	for action, want := range map[string]int{
		"admin.code":        1,
		"admin.code_refuse": 1,
		"admin.code_wrong":  1,
		"admin.code_done":   1,
	} {
		if got, err := s.AuditOf(t.Context(), action, 5); err != nil || len(got) != want {
			t.Errorf("the audit has %s %d times, want %d (%v)", action, len(got), want, err)
		}
	}
}
