package web_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"assent/app"
	"assent/app/consent"
	"assent/app/i18n"
	"assent/app/live"
	"assent/app/login"
	"assent/app/people"
	"assent/app/settings"
	"assent/store/storetest"
	"assent/web"
	acpweb "assent/web/acp"
	"assent/web/admin"
	"assent/web/device"

	adminapp "assent/app/admin"
)

// A brand that is chosen is on the next page, in the manifest and in its
// sheet, without a restart.
func TestBrandAppliesAtOnce(t *testing.T) {
	db := storetest.New(t)
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	chosen, err := settings.New(t.Context(), settings.Config{Store: db.Store, Institution: "Northmoor", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	public := &url.URL{Scheme: "https", Host: "approve.example"}
	service := consent.New(consent.Config{Store: db.Store, Log: log})
	handler, err := web.New(web.Config{
		Public:   public,
		Store:    db.Store,
		Settings: chosen,
		Log:      log,
		API:      acpweb.Config{Consent: service, Log: log},
		Device: device.Config{
			Store:       db.Reader,
			Consent:     service,
			People:      people.New(db.Store),
			Login:       login.New(db.Store, true),
			Live:        &live.Hub{},
			Words:       words,
			Institution: "Northmoor",
			Brand:       web.Brand(chosen),
			Log:         log,
		},
		Admin: admin.Config{
			Store:       db.Reader,
			Sessions:    adminapp.NewSessions(db.Store, true, nil),
			Public:      public,
			Words:       words,
			Institution: "Northmoor",
			Brand:       web.Brand(chosen),
			Settings:    chosen,
			Log:         log,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string, header ...string) (*http.Response, string) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, public.String()+path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		body, err := io.ReadAll(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		return w.Result(), string(body)
	}
	if _, page := get("/sign-in"); !strings.Contains(page, "Northmoor") || strings.Contains(page, "branding.css") {
		t.Error("without a choice the page isn't ours")
	}
	if res, css := get("/branding.css"); res.StatusCode != http.StatusOK || css != "" ||
		res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("without a choice the sheet: %d %q", res.StatusCode, css)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 256, 256))); err != nil {
		t.Fatal(err)
	}
	drawn, err := settings.ReadLogo(picture.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	logo := drawn.ID
	if res, _ := get("/logo/" + logo + ".png"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a logo that nobody chose: %d", res.StatusCode)
	}
	if err := chosen.ChooseBranding(t.Context(), app.Operator,
		settings.Branding{Institution: "Banco Ribeira", Accent: "#1f4e8c", Logo: logo}, 0, drawn); err != nil {
		t.Fatal(err)
	}
	_, id := chosen.Current().Stylesheet()
	sheet := "/branding.css?v=" + id
	for _, path := range []string{"/sign-in", "/admin/sign-in"} {
		if _, page := get(path); !strings.Contains(page, "Banco Ribeira") ||
			!strings.Contains(page, `href="`+sheet+`"`) || !strings.Contains(page, `src="/logo/`+logo+`.png"`) ||
			strings.Index(page, "app.css") > strings.Index(page, "branding.css") {
			t.Errorf("%s is not in the new look", path)
		}
	}
	if _, manifest := get("/manifest.webmanifest"); !strings.Contains(manifest, `"name":"Banco Ribeira"`) ||
		!strings.Contains(manifest, `/logo/`+logo+`.png","sizes":"256x256"`) {
		t.Errorf("the manifest: %s", manifest)
	}
	res, css := get(sheet)
	if !strings.Contains(css, "#1f4e8c") || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") ||
		res.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("the sheet: %v %s", res.Header, css)
	}
	if res, _ := get("/branding.css?v=old"); res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("an old address is kept: %s", res.Header.Get("Cache-Control"))
	}
	if res, _ := get("/branding.css", "If-None-Match", `"`+id+`"`); res.StatusCode != http.StatusNotModified {
		t.Errorf("the same again: %d", res.StatusCode)
	}
	if res, body := get("/logo/" + logo + ".png"); res.StatusCode != http.StatusOK ||
		res.Header.Get("Content-Type") != "image/png" || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
		len(body) == 0 {
		t.Errorf("the logo: %d %v", res.StatusCode, res.Header)
	}
}
