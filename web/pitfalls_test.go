package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assent/app"
	"assent/app/push"
	"assent/web/emulator"
)

// Pitfall 24: a notice has no buttons, and a click on it decides nothing: it
// leads to the page of the request. What is sent names no action, the service
// worker adds none, and its handler of clicks sends nothing.
func TestPitfall24NoticesDecideNothing(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	d := ada.enrol()
	sub := s.push.Subscribe()
	by := app.Actor{Kind: app.ActorDevice, ID: d.ID, PersonID: d.PersonID}
	if err := s.notify.Subscribe(t.Context(), by,
		push.Subscription{Endpoint: sub.Endpoint, P256DH: sub.P256DH, Auth: sub.Auth}); err != nil {
		t.Fatal(err)
	}
	_, r := ada.asked()
	if out := s.notify.Send(t.Context(), s.MustLease(app.JobPush, r.ID)); out.Verdict != app.JobDone {
		t.Fatalf("%+v", out)
	}
	var sent map[string]any
	if err := json.Unmarshal(s.push.Wait().Payload, &sent); err != nil {
		t.Fatal(err)
	}
	want := []string{"body", "id", "kind", "lang", "title", "waiting"}
	if got := slices.Sorted(maps.Keys(sent)); !slices.Equal(got, want) {
		t.Errorf("a notice is sent with %q, want %q", got, want)
	}

	worker := string(ada.get("/sw.js").body)
	_, options, ok := strings.Cut(worker, "await show(notice.title, {")
	options, _, ended := strings.Cut(options, "\n\t\t});")
	if !ok || !ended {
		t.Fatal("the worker shows notices in a way that this test doesn't know")
	}
	var members []string
	for _, m := range regexp.MustCompile(`(?m)(?:^\s*|, |\{ )(\w+):`).FindAllStringSubmatch(options, -1) {
		members = append(members, m[1])
	}
	slices.Sort(members)
	if want := []string{"badge", "body", "data", "icon", "id", "lang", "silent", "tag"}; !slices.Equal(members, want) {
		t.Errorf("the worker shows a notice with %q, want %q", members, want)
	}
	if n := strings.Count(worker, "showNotification("); n != 1 {
		t.Errorf("the worker shows notices in %d places", n)
	}
	_, click, _ := strings.Cut(worker, `addEventListener("notificationclick"`)
	click, _, _ = strings.Cut(click, "\n});")
	if click == "" || strings.Contains(click, "fetch(") || strings.Contains(click, ".action") {
		t.Errorf("a click does more than to open a page:\n%s", click)
	}

	a := ada.get("/notice/" + r.ID)
	if to := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || to != "/requests/"+r.ID {
		t.Errorf("a click leads to %q (%d)", to, a.StatusCode)
	}
	if n := ada.get("/requests/" + r.ID).page(t).Find(`[data-testid="approve"]`).Length(); n != 1 {
		t.Error("the page doesn't ask whether to approve")
	}
	if now, err := s.Request(t.Context(), r.ID); err != nil || now.State != app.Pending {
		t.Errorf("after the click it is %s (%v)", now.State, err)
	}
}

// verified asks POST /user/verify as ACP does, and gives all that its answer says.
func (s *site) verified(hint string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/user/verify",
		strings.NewReader(fmt.Sprintf(`{"user_identifier":%q}`, hint)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth("acp", "a long password")
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, own := range []string{"Date", "X-Request-Id"} {
		res.Header.Del(own)
	}
	return fmt.Sprintf("%d %v %s", res.StatusCode, res.Header, body)
}

// backchannel asks ACP, as a client of it, to authenticate somebody.
func (s *site) backchannel(hint string) (status int, body string) {
	s.t.Helper()
	form := url.Values{"scope": {"openid"}, "login_hint": {hint}, "binding_message": {"K7-PLUM"}}
	till := s.acp.ScreenDevice(emulator.Shop, emulator.Poll)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost,
		s.acp.WorkspaceIssuer()+"/oauth2/backchannel/authentication", strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth(url.QueryEscape(till.ID), url.QueryEscape(till.Secret))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// Pitfall 34: whoever can't be asked is answered for alike, whether there is such
// a person or not. What ACP makes of that for its clients stands in the docs.
func TestPitfall34NobodyIsToldApart(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	s.person("No Device")
	suspended, erased, paused := s.person("Su Spended"), s.person("Era Sed"), s.person("Pau Sed")
	gone := s.person("Dev Icegone")
	for _, p := range []*person{suspended, erased, paused, gone} {
		p.enrol()
	}
	devices, err := s.Devices(t.Context(), gone.who.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.SetPersonState(t.Context(), app.Operator, suspended.who.ID, app.PersonSuspended),
		s.ErasePerson(t.Context(), app.Operator, erased.who.ID),
		s.SetDeviceState(t.Context(), app.Operator, devices[0].ID, app.DeviceSuspended),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	unknown := s.verified("nobody.here")
	if !strings.HasPrefix(unknown, "200 ") || !strings.Contains(unknown, `{"valid":false}`) {
		t.Fatalf("of nobody it says %s", unknown)
	}
	for _, hint := range []string{"no.device", "su.spended", "era.sed", "dev.icegone", "nobody@nowhere.example",
		"+442079460000", "52998224725", "urn:bank:C1DD33123", strings.Repeat("n", 1024)} {
		if got := s.verified(hint); got != unknown {
			t.Errorf("of %.30s it says\n%s\nand of nobody\n%s", hint, got, unknown)
		}
	}
	known := strings.NewReplacer("false", "true", "[16]", "[15]").Replace(unknown)
	if got := s.verified("ada.quill"); got != known {
		t.Errorf("of somebody it says %s", got)
	}

	page, err := os.ReadFile("../static/docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## What ACP itself reveals\n")
	section, _, _ = strings.Cut(section, "\n## ")
	s.acp.SetService(emulator.Service{URL: s.url, Username: "acp", Password: "a long password"})
	for hint, c := range map[string]struct {
		status int
		word   string
	}{
		"nobody.here": {http.StatusBadRequest, "unknown_user_id"},
		"su.spended":  {http.StatusBadRequest, "unknown_user_id"},
		"ada.quill":   {http.StatusOK, "auth_req_id"},
	} {
		if status, body := s.backchannel(hint); status != c.status || !strings.Contains(body, c.word) {
			t.Errorf("ACP tells a client of %s: %d %s", hint, status, body)
		}
		if !strings.Contains(section, "`"+c.word+"`") {
			t.Errorf("the docs don't say that ACP's clients see %s", c.word)
		}
	}
	for _, setting := range []string{"ASSENT_ACP_WORKSPACES", "ASSENT_ACP_HINTS"} {
		if !strings.Contains(section, "`"+setting+"`") {
			t.Errorf("the docs don't say that %s limits it", setting)
		}
	}
}

// Pitfall 45: CIBA binds nothing to the phone that approves. The page says where
// the approval counts, and what to compare, in each language; approving leads
// nowhere but to its outcome, whatever ACP answers; and the docs name the flow
// that clients on the same device should use.
func TestPitfall45SameDevice(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.agent = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36"
	ada.enrol()
	for _, c := range []struct{ lang, message, says string }{
		{"en-GB", "K7-PLUM", "you are signed in where you see this message, not on this phone."},
		{"en-GB", "", "you are signed in where you started this, not on this phone."},
		{"pt-BR", "K7-PLUM", "você entra onde vê esta mensagem, não neste celular."},
		{"pt-BR", "", "você entra onde começou, não neste celular."},
	} {
		by := app.Actor{Kind: app.ActorDevice, PersonID: ada.who.ID}
		if err := s.people.SetPreferences(t.Context(), by, c.lang, ""); err != nil {
			t.Fatal(err)
		}
		_, r := ada.askedOf(emulator.Ask{BindingMessage: c.message})
		page := ada.get("/requests/" + r.ID).page(t)
		if got := page.Find(`[data-testid="sentence"]`).Text(); !strings.Contains(got, c.says) {
			t.Errorf("%s, %q: the page says %q, want %q", c.lang, c.message, got, c.says)
		}
		if got := page.Find(`[data-testid="message"]`).Text(); !strings.Contains(got, c.message) {
			t.Errorf("what to compare is %q", got)
		}
		if page.Find(`[data-testid="client"]`).Text() == "" {
			t.Error("the page doesn't say who asks")
		}
		pr := ada.begin("/requests/"+r.ID+"/approval", seenOn(page)+`,"scopes":["profile"]}`)
		a := ada.json("/requests/"+r.ID+"/approval/"+pr.Ceremony, `{"credential":`+ada.sign(pr)+`}`)
		to := string(a.body)
		if a.StatusCode != http.StatusOK || strings.Contains(to, "http") || !strings.Contains(to, `"/requests/`+r.ID) {
			t.Errorf("approving leads to %s (%d)", a.body, a.StatusCode)
		}
		if out := s.svc.Settle(t.Context(), s.MustLease(app.JobSettle, r.ID)); out.Verdict != app.JobDone {
			t.Fatalf("%+v", out)
		}
		if outcome := string(ada.get("/requests/" + r.ID).body); strings.Contains(outcome, s.acp.WorkspaceIssuer()) {
			t.Error("the outcome leads to where ACP would send the client's browser")
		}
	}
	docs, err := os.ReadFile("../static/docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, says, _ := strings.Cut(string(docs), "- **Consent on the device that asks.**")
	says, _, _ = strings.Cut(says, "\n")
	if !strings.Contains(says, "same device") || !strings.Contains(says, "redirect flow") {
		t.Errorf("the docs say %q", says)
	}
}
