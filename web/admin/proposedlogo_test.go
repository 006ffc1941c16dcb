package admin_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/app/settings"
)

// drawn is a picture in one colour.
func drawn(t *testing.T, c color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for x := range 64 {
		for y := range 64 {
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sendLogo sends a picture as the form of the logo does.
func (v *visitor) sendLogo(picture []byte) answer {
	v.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	if err := m.WriteField("version", v.version(settings.BrandingName)); err != nil {
		v.t.Fatal(err)
	}
	part, err := m.CreateFormFile("file", "logo.png")
	if err != nil {
		v.t.Fatal(err)
	}
	if _, err := part.Write(picture); err != nil {
		v.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		v.t.Fatal(err)
	}
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

// Who confirms a logo sees the picture as it is and as it is to be; until then
// it is kept nowhere but in the proposal, and gone with it.
func TestALogoIsConfirmedByItsPicture(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
	opal := s.visitor("opal@northmoor.example", app.RoleOperator)
	red, blue := drawn(t, color.NRGBA{R: 200, A: 255}), drawn(t, color.NRGBA{B: 200, A: 255})
	if got := olive.sendLogo(red); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first logo: %d", got.StatusCode)
	}
	olive.wants("settings")
	propose := func() string {
		t.Helper()
		got := olive.sendLogo(blue)
		at, _, _ := strings.Cut(got.Header.Get("Location"), "?")
		if !strings.HasPrefix(at, "/admin/proposals/") {
			t.Fatalf("a second logo: %d to %q", got.StatusCode, at)
		}
		return at
	}
	kept := func() bool {
		t.Helper()
		l, err := settings.ReadLogo(blue)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Store.Logo(t.Context(), l.ID)
		return err == nil
	}
	at := propose()
	if kept() {
		t.Error("the picture is kept before it is confirmed")
	}
	page := oscar.send(http.MethodGet, at, nil)
	var paths []string
	for _, img := range page.Find(`[data-testid="proposed-logo"]`).EachIter() {
		paths = append(paths, img.AttrOr("src", ""))
	}
	if len(paths) != 2 {
		t.Fatalf("the proposal shows %d pictures: %s", len(paths), page.Find(`[data-testid="change"]`).Text())
	}
	for i, want := range []color.NRGBA{{R: 200, A: 255}, {B: 200, A: 255}} {
		status, header, text := oscar.text(paths[i])
		m, err := png.Decode(strings.NewReader(text))
		if err != nil || status != http.StatusOK ||
			color.NRGBAModel.Convert(m.At(1, 1)) != want || header.Get("Cache-Control") != "no-store" {
			t.Errorf("picture %d: %d %v (%v)", i, status, header, err)
		}
		if status, _, _ := opal.text(paths[i]); status != http.StatusNotFound {
			t.Errorf("an operator sees picture %d: %d", i, status)
		}
	}
	if got := oscar.send(http.MethodPost, at+"/refuse", nil); got.StatusCode != http.StatusSeeOther || kept() {
		t.Errorf("refused: %d, kept %v", got.StatusCode, kept())
	}
	if status, _, _ := oscar.text(paths[1]); status != http.StatusNotFound {
		t.Errorf("after the refusal it is shown: %d", status)
	}
	at = propose()
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther || !kept() {
		t.Errorf("confirmed: %d, kept %v", got.StatusCode, kept())
	}
	if state, cause := s.stateOf(at); state != app.ProposalDone {
		t.Errorf("the proposal is %s for %s", state, cause)
	}
}

// Proposals say in words all that they change, before and after.
func TestProposalsSayWhatTheyChange(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	ada, bob := s.MustPerson("ada"), s.MustPerson("bob")
	s.MustDevice(ada)
	mail := app.Identifier{Kind: app.Email, Value: "ada@x.example", Norm: "ada@x.example"}
	name := app.Identifier{Kind: app.Username, Value: "ada", Norm: "ada"}
	for _, ids := range [][]app.Identifier{{name, mail}, {name}} {
		if _, err := s.EditPerson(t.Context(), app.Operator, ada.ID, "ada", ids,
			[]string{"12345678000195"}); err != nil {
			t.Fatal(err)
		}
	}
	olive.wants("enrolment", "identifiers", "owners", "settings")
	version := func(n settings.Name) string { return olive.version(n) }
	for what, c := range map[string]struct {
		at   string
		says []string
		not  []string
	}{
		"a move": {olive.proposes("/admin/people/"+bob.ID+"/edit",
			url.Values{"name": {"bob"}, "identifiers": {"username:bob\nemail:ada@x.example"}, "move": {"yes"}}),
			[]string{"Moves from somebody", "ada", "E-mail: ada@x.example"}, []string{"email:"}},
		"an erasure": {olive.proposes("/admin/people/"+ada.ID+"/remove", nil),
			[]string{"User name: ada", "12.345.678/0001-95", "Devices", "Erased"}, []string{"username:"}},
		"an invitation": {olive.proposes("/admin/people/"+ada.ID+"/invite", url.Values{"way": {"link"}}),
			[]string{"User name: ada", "Devices", "A link to pass on"}, nil},
		"a new link": {olive.proposes("/admin/admins/"+helen.who.ID+"/link", nil),
			[]string{"helen@northmoor.example", "Help desk", "Ends with their sessions"}, nil},
		"a reset": {olive.proposes("/admin/settings/four_eyes/reset",
			url.Values{"version": {version(settings.FourEyesName)}}),
			[]string{"Four eyes", "Links for people", "Nothing"}, []string{"four_eyes"}},
		"retention": {olive.proposes("/admin/settings/retention",
			url.Values{
				"version":    {"0"},
				"payloads":   {"30"},
				"requests":   {"730"},
				"receipts":   {"1825"},
				"audit":      {"2190"},
				"counters":   {"400"},
				"deliveries": {"90"},
			}),
			[]string{"90 days", "30 days"}, []string{"730"}},
	} {
		text := oscar.send(http.MethodGet, c.at, nil).Find(`[data-testid="change"]`).Text()
		for _, part := range c.says {
			if !strings.Contains(text, part) {
				t.Errorf("%s doesn't say %q: %q", what, part, text)
			}
		}
		for _, part := range c.not {
			if strings.Contains(text, part) {
				t.Errorf("%s says %q: %q", what, part, text)
			}
		}
	}
}
