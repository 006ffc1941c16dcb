package cmd_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"assent/static"
)

// Every page in every state that the pages' own gallery has is held against
// WCAG 2.2 AA, in light on a phone in English, and in dark at 320 pixels in
// Portuguese, and must not be wider than its screen. With ASSENT_SCREENSHOTS
// both languages are seen, and photographed, in both (make screenshots).
func TestEveryPageAndState(t *testing.T) {
	browserContext(t)
	url, pages := rendered(t, "assent/web/device/page", 100)

	queue := make(chan string)
	var wg sync.WaitGroup
	for range 2 {
		// So tall that no tab bar lies over a button, which scrolling would uncover.
		light := newPhone(t, "light", look{width: 390, height: 3000, mobile: true, lang: "en-GB"})
		narrow := newPhone(t, "dark", look{width: 320, height: 3000, mobile: true, dark: true, lang: "en-GB"})
		wg.Go(func() {
			for name := range queue {
				looks := map[string]*phone{"light 390": light}
				if strings.HasSuffix(name, "pt-BR") { // whose words are the longer ones
					looks = map[string]*phone{"dark 320": narrow}
				}
				if os.Getenv("ASSENT_SCREENSHOTS") != "" {
					looks = map[string]*phone{"light 390": light, "dark 320": narrow}
				}
				for look, p := range looks {
					p.open(url + "/" + name + ".html")
					p.until("the page is painted", `document.readyState === "complete" && performance.getEntriesByName("first-contentful-paint").length > 0`)
					p.accessible(name + " " + look)
					if over := eval[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
						t.Errorf("%s %s: %d px wider than the screen", name, look, over)
					}
				}
			}
		})
	}
	for _, name := range pages {
		queue <- name
	}
	close(queue)
	wg.Wait()
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
