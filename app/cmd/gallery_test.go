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

// Every page in every state that the pages' own gallery has, in both
// languages, is held against WCAG 2.2 AA in light and in dark, on a phone and
// at 320 pixels, and must not be wider than its screen. With
// ASSENT_SCREENSHOTS each is photographed (make screenshots).
func TestEveryPageAndState(t *testing.T) {
	browserContext(t)
	dir := t.TempDir()
	render := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run=^TestGallery$", "assent/web/device/page")
	render.Env = append(os.Environ(), "ASSENT_GALLERY="+dir)
	if out, err := render.CombinedOutput(); err != nil {
		t.Fatalf("rendering the pages: %v\n%s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(pages) < 100 {
		t.Fatalf("%d pages %v", len(pages), err)
	}
	mux := http.NewServeMux()
	mux.Handle("/static/", static.Handler())
	mux.Handle("/", http.FileServer(http.Dir(dir)))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)

	queue := make(chan string)
	var wg sync.WaitGroup
	for range 2 {
		light := newPhone(t, "light", look{width: 390, height: 844, mobile: true, lang: "en-GB"})
		// So tall that no tab bar lies over a button, which scrolling would uncover.
		narrow := newPhone(t, "dark", look{width: 320, height: 3000, mobile: true, dark: true, lang: "en-GB"})
		wg.Go(func() {
			for file := range queue {
				name := strings.TrimSuffix(filepath.Base(file), ".html")
				for look, p := range map[string]*phone{"light 390": light, "dark 320": narrow} {
					p.open(srv.URL + "/" + name + ".html")
					p.until("the page is painted", `document.readyState === "complete" && performance.getEntriesByName("first-contentful-paint").length > 0`)
					p.accessible(name + " " + look)
					if over := eval[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
						t.Errorf("%s %s: %d px wider than the screen", name, look, over)
					}
				}
			}
		})
	}
	for _, file := range pages {
		queue <- file
	}
	close(queue)
	wg.Wait()
}
