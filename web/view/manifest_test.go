package view

import (
	"encoding/json"
	"fmt"
	"image"
	_ "image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"assent/static"
)

// Whatever a browser wants of an app before it installs it: a name, a start
// inside the scope, a display of its own, and icons that are what they say.
func TestManifest(t *testing.T) {
	for _, c := range []struct {
		name  string
		brand Brand
		want  []string // purpose and size of each icon
	}{
		{"our mark", Brand{}, []string{" 192x192", " 512x512", "maskable 512x512", "monochrome 96x96"}},
		{"a logo that is large enough", Brand{Logo: "/brand/logo", LogoW: 256, LogoH: 256},
			[]string{" 256x256", "monochrome 96x96"}},
		{"one that is too small", Brand{Logo: "/brand/logo", LogoW: 128, LogoH: 128},
			[]string{" 192x192", " 512x512", "maskable 512x512", "monochrome 96x96"}},
		{"one that is oblong", Brand{Logo: "/brand/logo", LogoW: 400, LogoH: 200},
			[]string{" 192x192", " 512x512", "maskable 512x512", "monochrome 96x96"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := Manifest(`Banco "Ribeira" & Cia`, c.brand, words(t, "pt-BR"))
			if err != nil {
				t.Fatal(err)
			}
			var m struct {
				ID          string
				Name        string
				ShortName   string `json:"short_name"`
				Description string
				Lang        string
				Display     string
				StartURL    string `json:"start_url"`
				Scope       string
				Theme       string `json:"theme_color"`
				Background  string `json:"background_color"`
				Categories  []string
				Icons       []manifestIcon
				Shortcuts   []shortcut
			}
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatal(err)
			}
			if m.Name != `Banco "Ribeira" & Cia` || m.ShortName != m.Name || m.Lang != "pt-BR" ||
				m.Display != "standalone" {
				t.Errorf("%+v", m)
			}
			if m.ID != "/" || m.Scope != "/" || m.StartURL != "/" {
				t.Errorf("id %q, scope %q, start %q", m.ID, m.Scope, m.StartURL)
			}
			if !strings.Contains(m.Description, "Ribeira") || len(m.Categories) == 0 || m.Theme == "" ||
				m.Background == "" {
				t.Errorf("nothing to show before it is installed: %+v", m)
			}
			var got []string
			for _, i := range m.Icons {
				got = append(got, i.Purpose+" "+i.Sizes)
				if i.Src != c.brand.Logo {
					drawn(t, i)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("icons %q, want %q", got, c.want)
			}
			if len(m.Shortcuts) != 3 || m.Shortcuts[1].Name != "Histórico" {
				t.Errorf("shortcuts: %+v", m.Shortcuts)
			}
			for _, s := range m.Shortcuts {
				if !strings.HasPrefix(s.URL, m.Scope) || len(s.Icons) != 1 {
					t.Fatalf("shortcut %+v", s)
				}
				drawn(t, s.Icons[0])
			}
		})
	}
}

// drawn checks that an icon is served, of the type and size that it says. One
// that is masked must fill its square.
func drawn(t *testing.T, i manifestIcon) {
	t.Helper()
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, i.Src, nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != i.Type {
		t.Errorf("%s: %d, %s", i.Src, w.Code, w.Header().Get("Content-Type"))
		return
	}
	img, _, err := image.Decode(w.Body)
	if err != nil {
		t.Errorf("%s: %v", i.Src, err)
		return
	}
	size := img.Bounds().Size()
	if fmt.Sprintf("%dx%d", size.X, size.Y) != i.Sizes {
		t.Errorf("%s is %v, not %s", i.Src, size, i.Sizes)
	}
	if _, _, _, a := img.At(0, 0).RGBA(); i.Purpose == "maskable" && a != 0xffff {
		t.Errorf("%s: a mask would cut into nothing", i.Src)
	}
}
