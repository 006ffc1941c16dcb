package cmd_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"assent/static"
)

// Every page in every state that the pages' own gallery has is held against
// WCAG 2.2 AA, in light on a phone in English, and in dark at 320 pixels in
// Portuguese, and must not be wider than its screen. With ASSENT_SCREENSHOTS
// both languages are seen, and photographed, in both (make screenshots).
func TestEveryPageAndState(t *testing.T) {
	// So tall that no tab bar lies over a button, which scrolling would uncover.
	light := look{width: 390, height: 3000, mobile: true, lang: "en-GB"}
	narrow := look{width: 320, height: 3000, mobile: true, dark: true, lang: "en-GB"}
	holdGallery(t, "assent/web/device/page", 100,
		gallery{name: "light 390", lang: "en-GB", look: light},
		gallery{name: "dark 320", lang: "pt-BR", look: narrow}, // whose words are the longer ones
		gallery{name: "dark 320", lang: "en-GB", look: narrow, pictures: true},
		gallery{name: "light 390", lang: "pt-BR", look: light, pictures: true})
}

// gallery is how the pages of one language are looked at; if pictures, only
// where pictures are wanted.
type gallery struct {
	name, lang string
	look       look
	pictures   bool
}

// holdGallery holds the gallery of a package of pages, which has at least that
// many, against axe and the width of the screen.
func holdGallery(t *testing.T, pkg string, least int, looks ...gallery) {
	browserContext(t)
	url, pages := rendered(t, pkg, least)
	axe, err := axeSource()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range looks {
		if g.pictures && os.Getenv("ASSENT_SCREENSHOTS") == "" {
			continue
		}
		t.Run(g.name+" "+g.lang, func(t *testing.T) {
			t.Parallel()
			p := newPhone(t, "gallery", g.look, axe)
			for _, name := range pages {
				if !strings.HasSuffix(name, g.lang) {
					continue
				}
				p.open(url + "/" + name + ".html")
				p.accessible(name + " " + g.name)
				if over := eval[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("%s: %d px wider than the screen", name, over)
				}
			}
		})
	}
}

// rendered serves the gallery of a package of pages, which has at least that
// many in both languages, and gives their names.
func rendered(t *testing.T, pkg string, least int) (url string, names []string) {
	t.Helper()
	dir := t.TempDir()
	render := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run=^TestGallery$", pkg)
	render.Env = append(os.Environ(), "ASSENT_GALLERY="+dir)
	if out, err := render.CombinedOutput(); err != nil {
		t.Fatalf("rendering the pages: %v\n%s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(pages) < least {
		t.Fatalf("%d pages %v", len(pages), err)
	}
	for _, file := range pages {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".html"))
	}
	mux := http.NewServeMux()
	mux.Handle("/static/", static.Handler())
	mux.Handle("/", http.FileServer(http.Dir(dir)))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL, names
}
