package admin_test

import (
	"bytes"
	"image"
	"image/png"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/app/config"
	"assent/app/settings"
	"assent/store/storetest"
)

// given is what somebody set where the service is started.
var given = config.Given{
	{Group: "Service", Name: "institution", Env: "ASSENT_INSTITUTION", Value: "Northmoor", Origin: config.FromDefault},
	{Group: "Protection", Name: "cooling", Env: "ASSENT_COOLING", Value: "0s", Origin: config.FromEnv},
	{Group: "Protection", Name: "match-code", Env: "ASSENT_MATCH_CODE", Value: "uk-payment", Origin: config.FromFile},
	{Group: "ACP", Name: "acp-client-secret", Env: "ASSENT_ACP_CLIENT_SECRET", Secret: true, Origin: config.FromEnv},
}

func chosenSettings(t *testing.T, db *storetest.DB, log *slog.Logger) *settings.Service {
	t.Helper()
	s, err := settings.New(t.Context(), settings.Config{Store: db.Store, Given: given, Institution: "Northmoor",
		Protection: config.Protection{MatchCode: []string{"uk-payment"}}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// version is the version that a page's form was made from.
func version(a answer) string { return a.Find(`input[name="version"]`).First().AttrOr("value", "") }

// text is what a test id holds, with its blanks joined.
func (a answer) text(id string) string {
	return strings.Join(strings.Fields(a.Find(`[data-testid="`+id+`"]`).Text()), " ")
}

// cells are those of a row.
func (a answer) cells(id string) string {
	return strings.Join(a.Find(`[data-testid="`+id+`"]`).Find("th, td").Map(func(_ int,
		c *goquery.Selection) string {
		return strings.TrimSpace(c.Text())
	}),
		" ")
}

func TestSettingsSayWhereTheyComeFrom(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	p := olive.send(http.MethodGet, "/admin/settings", nil)
	for id, want := range map[string]string{
		"ASSENT_INSTITUTION":       "ASSENT_INSTITUTION Northmoor Default",
		"ASSENT_COOLING":           "ASSENT_COOLING 0s The environment",
		"ASSENT_MATCH_CODE":        "ASSENT_MATCH_CODE uk-payment The settings file",
		"ASSENT_ACP_CLIENT_SECRET": "ASSENT_ACP_CLIENT_SECRET Set, and not shown The environment",
	} {
		if got := p.cells("setting-" + id); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	form := url.Values{"version": {"0"}, "institution": {"Ribeira"}}
	if got := olive.send(http.MethodPost, "/admin/settings/branding", form); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d %s", got.StatusCode, got.text("fault"))
	}
	if got := olive.send(http.MethodGet, "/admin/settings",
		nil).cells("setting-ASSENT_INSTITUTION"); got != "ASSENT_INSTITUTION Ribeira Chosen here" {
		t.Errorf("once it was chosen here: %q", got)
	}
	for role, mayChange := range map[app.AdminRole]bool{app.RoleOperator: false, app.RoleAuditor: false} {
		v := s.visitor(string(role)+"@northmoor.example", role)
		if p := v.send(http.MethodGet, "/admin/settings/branding", nil); p.StatusCode != http.StatusOK ||
			p.has("save") != mayChange {
			t.Errorf("%s: %d, may save: %v", role, p.StatusCode, p.has("save"))
		}
	}
	auditor := s.visitor("ana@northmoor.example", app.RoleAuditor)
	if p := auditor.send(http.MethodGet, "/admin/settings",
		nil); p.Find(`a[href="/admin/settings/acp"]`).Length() != 0 {
		t.Error("the auditor is offered to test ACP")
	}
}

// A colour that can't be read is refused with one that can, in the words of
// whoever asks, and what was typed stays in the form.
func TestBrandingIsRefusedAndOffered(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	form := url.Values{"version": {"0"}, "institution": {"Ribeira"}, "accent": {"#FFCC00"}}
	p := olive.send(http.MethodPost, "/admin/settings/branding", form)
	said := p.text("accent-fault")
	if p.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(said, "4.5:1") ||
		p.Find("#accent").AttrOr("value", "") != "#FFCC00" {
		t.Fatalf("%d %q", p.StatusCode, said)
	}
	offered := strings.TrimSuffix(said[strings.LastIndex(said, "#"):], ".")
	if !p.has("offer") || p.Find(`[data-testid="scheme-light"] [data-passes="false"]`).Length() == 0 {
		t.Error("the preview doesn't show what fails")
	}
	form.Set("accent", offered)
	if p := olive.send(http.MethodPost, "/admin/settings/branding", form); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("the offered %s is refused: %d %s", offered, p.StatusCode, p.text("accent-fault"))
	}
	if p := olive.send(http.MethodPost, "/admin/settings/branding", form); p.StatusCode != http.StatusConflict ||
		!p.has("fault") {
		t.Errorf("from a version that has passed: %d", p.StatusCode)
	}
	preview := olive.send(http.MethodGet, "/admin/settings/branding/preview?accent=%23123456", nil)
	if preview.Find(`[data-testid="scheme-light"] circle`).AttrOr("stroke", "") != "#123456" ||
		preview.Find("main").Length() != 0 {
		t.Error("the preview alone isn't that")
	}
}

// What is fixed where the service is started shows as fixed, and a form that
// is sent all the same doesn't change it.
func TestFixedPoliciesStay(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	p := olive.send(http.MethodGet, "/admin/settings/protection", nil)
	if got := p.text("fixed"); !strings.Contains(got, "ASSENT_COOLING (the environment)") ||
		!strings.Contains(got, "ASSENT_MATCH_CODE (the settings file)") {
		t.Errorf("fixed: %q", got)
	}
	if p.Find("#cooling[disabled]").Length() != 1 ||
		p.Find(`[data-testid="code-uk-payment"] input[disabled]`).Length() != 3 ||
		p.Find(`[data-testid="code-regular"] input[disabled]`).Length() != 1 {
		t.Error("what is fixed can be changed in the form")
	}
	form := url.Values{
		"version":         {"0"},
		"report_pauses":   {"true"},
		"cooling":         {"48"},
		"code-uk-payment": {"never"},
		"code-regular":    {"attack"},
	}
	if p := olive.send(http.MethodPost, "/admin/settings/protection", form); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d %s", p.StatusCode, p.text("fault"))
	}
	p = olive.send(http.MethodGet, "/admin/settings/protection?saved=yes", nil)
	if !p.has("saved") || p.Find(`input[name="report_pauses"][checked]`).AttrOr("value", "") != "true" ||
		p.Find("#cooling").AttrOr("value", "") != "0" ||
		p.Find(`[data-testid="code-uk-payment"] input[checked]`).AttrOr("value", "") != "always" ||
		p.Find(`[data-testid="code-regular"] input[checked]`).AttrOr("value", "") != "attack" {
		t.Error("what counts isn't what was chosen under what is fixed")
	}
	form = url.Values{"version": {version(p)}, "code-uk-payment": {"attack"}}
	if p := olive.send(http.MethodPost, "/admin/settings/protection",
		form); p.StatusCode != http.StatusUnprocessableEntity ||
		!strings.Contains(p.text("under_attack-fault"), "Payments (UK)") {
		t.Errorf("a contradiction: %d %q", p.StatusCode, p.text("under_attack-fault"))
	}
}

func TestRetentionFormAndHistory(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	p := olive.send(http.MethodPost, "/admin/settings/retention",
		url.Values{"version": {"0"}, "audit": {"400"}, "receipts": {"500"}, "requests": {"300"}})
	if p.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(p.text("audit-fault"), "500 days") ||
		p.Find("#days-audit").AttrOr("value", "") != "400" {
		t.Fatalf("a contradiction: %d %q", p.StatusCode, p.text("audit-fault"))
	}
	if p := olive.send(http.MethodPost, "/admin/settings/retention",
		url.Values{"version": {"0"}, "payloads": {"x"}}); p.StatusCode != http.StatusUnprocessableEntity ||
		p.Find("#days-payloads").AttrOr("value", "") != "x" {
		t.Errorf("no number: %d", p.StatusCode)
	}
	for i, days := range []string{"30", "40"} {
		if p := olive.send(http.MethodPost, "/admin/settings/retention",
			url.Values{"version": {strconv.Itoa(i)}, "payloads": {days}}); p.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s days: %d", days, p.StatusCode)
		}
	}
	days := func() string {
		return olive.send(http.MethodGet, "/admin/settings/retention", nil).Find("#days-payloads").AttrOr("value", "")
	}
	list := olive.send(http.MethodGet, "/admin/settings/history", nil)
	if days() != "40" || !strings.Contains(list.text("version-1"), "What was asked for: 30") ||
		!strings.Contains(list.text("version-2"), "Olive") || !strings.Contains(list.text("version-2"), "Counts now") {
		t.Fatalf("the history: %q %q", list.text("version-1"), list.text("version-2"))
	}
	back := list.Find(`[data-testid="version-1"] form`)
	s.Clock.Advance(app.AdminFresh)
	form := url.Values{"version": {back.Find("input").AttrOr("value", "")}}
	if p := olive.send(http.MethodPost, back.AttrOr("action", ""), form); !p.has("confirm") {
		t.Errorf("without a fresh passkey: %d", p.StatusCode)
	}
	olive = olive.again()
	if p := olive.send(http.MethodPost, back.AttrOr("action", ""), form); p.StatusCode != http.StatusSeeOther ||
		days() != "30" {
		t.Errorf("bringing back: %d, %s days", p.StatusCode, days())
	}
	if p := olive.send(http.MethodPost, "/admin/settings/retention/reset",
		url.Values{"version": {"3"}}); p.StatusCode != http.StatusSeeOther ||
		days() != "90" {
		t.Errorf("choosing nothing: %d, %s days", p.StatusCode, days())
	}
}

// upload sends a file as the logo's form does.
func (v *visitor) upload(file []byte, version string) answer {
	v.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	if err := m.WriteField("version", version); err != nil {
		v.t.Fatal(err)
	}
	part, err := m.CreateFormFile("file", "logo")
	if err != nil {
		v.t.Fatal(err)
	}
	part.Write(file)
	m.Close()
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, "/admin/settings/logo", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.AddCookie(v.cookie)
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{w.Result(), doc}
}

func TestLogoUpload(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	for name, file := range map[string][]byte{
		"an SVG":   []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`),
		"nothing":  nil,
		"too much": make([]byte, 200<<10),
	} {
		if p := olive.upload(file, "0"); p.StatusCode < 400 || p.StatusCode >= 500 || !p.has("fault") {
			t.Errorf("%s: %d", name, p.StatusCode)
		}
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 256, 64))); err != nil {
		t.Fatal(err)
	}
	if p := olive.upload(picture.Bytes(), "0"); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("a PNG: %d %s", p.StatusCode, p.text("fault"))
	}
	if p := olive.send(http.MethodPost, "/admin/settings/logo/remove",
		url.Values{"version": {"1"}}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("taking it away: %d", p.StatusCode)
	}
	s.Clock.Advance(app.AdminFresh)
	if p := olive.send(http.MethodGet, "/admin/settings/logo", nil); !p.has("confirm") {
		t.Error("the form of a file doesn't ask for the passkey first")
	}
}

func TestPushTestFindsDevices(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	ada := s.MustPerson("ada")
	d := s.MustDevice(ada)
	p := olive.send(http.MethodGet, "/admin/settings/push?person=ada", nil)
	if action := p.Find(`[data-testid="devices"] form`).AttrOr("action", ""); action != "/admin/devices/"+d.ID+"/test" {
		t.Errorf("it leads to %q", action)
	}
	if p := olive.send(http.MethodGet, "/admin/settings/push?person=nobody", nil); !p.has("none") {
		t.Error("nobody was found, and nothing says so")
	}
}
