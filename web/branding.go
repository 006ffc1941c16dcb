package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"assent/app"
	"assent/app/settings"
	"assent/web/view"
)

// Brand gives the institution's look as it is chosen now, for the surfaces'
// configurations.
func Brand(s *settings.Service) func() view.Brand {
	return func() view.Brand {
		now := s.Current()
		b := view.Brand{Name: now.Institution}
		if _, id := now.Stylesheet(); id != "" {
			b.Sheet = "/branding.css?v=" + id
		}
		if now.Logo != nil {
			b.Logo, b.LogoW, b.LogoH = "/logo/"+now.Logo.ID+".png", now.Logo.Width, now.Logo.Height
		}
		return b
	}
}

// branding serves what a look is made of. Both are public: whoever sees the
// sign-in page sees them.
func branding(mux *http.ServeMux, c Config) {
	if c.Settings == nil {
		return
	}
	mux.HandleFunc("GET /branding.css", func(w http.ResponseWriter, r *http.Request) {
		css, id := c.Settings.Current().Stylesheet()
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("ETag", strconv.Quote(id))
		w.Header().Set("Cache-Control", "no-cache")
		if id != "" && r.URL.Query().Get("v") == id {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		if id != "" && r.Header.Get("If-None-Match") == strconv.Quote(id) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write([]byte(css))
	})
	mux.HandleFunc("GET /logo/{file}", func(w http.ResponseWriter, r *http.Request) {
		id, ok := strings.CutSuffix(r.PathValue("file"), ".png")
		if !ok {
			http.NotFound(w, r)
			return
		}
		logo, err := c.Settings.ShowLogo(r.Context(), id)
		switch {
		case errors.Is(err, app.ErrUnknownVersion):
			http.NotFound(w, r)
		case err != nil:
			c.Log.ErrorContext(r.Context(), "the logo can't be read", "err", err)
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		default:
			w.Header().Set("Content-Type", "image/png")
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			w.Write(logo.PNG)
		}
	})
}
