package view

import (
	"encoding/json"
	"strconv"

	"assent/app/i18n"
)

type manifest struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	ShortName   string         `json:"short_name"`
	Description string         `json:"description"`
	Lang        string         `json:"lang"`
	Dir         string         `json:"dir"`
	StartURL    string         `json:"start_url"`
	Scope       string         `json:"scope"`
	Display     string         `json:"display"`
	Background  string         `json:"background_color"`
	Theme       string         `json:"theme_color"`
	Categories  []string       `json:"categories"`
	Icons       []manifestIcon `json:"icons"`
	Shortcuts   []shortcut     `json:"shortcuts"`
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

type shortcut struct {
	Name  string         `json:"name"`
	URL   string         `json:"url"`
	Icons []manifestIcon `json:"icons"`
}

// shortcutTo is what the app's icon offers when it is held.
func shortcutTo(name, url, icon string) shortcut {
	return shortcut{
		Name:  name,
		URL:   url,
		Icons: []manifestIcon{{Src: asset("icons/shortcut-" + icon + ".png"), Sizes: "192x192", Type: "image/png"}},
	}
}

// ManifestType is the media type of a web app manifest.
const ManifestType = "application/manifest+json"

// Manifest is the web app manifest (W3C Web Application Manifest), to be served
// with Cache-Control: no-cache. The app bears the institution's name, and its
// logo where that is square and large enough.
func Manifest(institution string, b Brand, w i18n.Words) ([]byte, error) {
	icons := []manifestIcon{
		{Src: asset("icons/icon-192.png"), Sizes: "192x192", Type: "image/png"},
		{Src: asset("icons/icon-512.png"), Sizes: "512x512", Type: "image/png"},
		{Src: asset("icons/maskable-512.png"), Sizes: "512x512", Type: "image/png", Purpose: "maskable"},
		{Src: asset("icons/badge-96.png"), Sizes: "96x96", Type: "image/png", Purpose: "monochrome"},
	}
	if b.appIcon() {
		side := strconv.Itoa(b.LogoW)
		icons = []manifestIcon{{Src: b.Logo, Sizes: side + "x" + side, Type: "image/png"}, icons[3]}
	}
	return json.Marshal(manifest{
		ID: "/", Name: institution, ShortName: institution,
		Description: w.T("manifest.about", "institution", institution),
		Lang:        w.Tag(), Dir: "ltr", StartURL: "/", Scope: "/", Display: "standalone",
		Background: paperLight, Theme: paperLight,
		Categories: []string{"finance", "security"},
		Icons:      icons,
		Shortcuts: []shortcut{
			shortcutTo(w.T("tabs.requests"), "/", "requests"),
			shortcutTo(w.T("tabs.history"), "/history", "history"),
			shortcutTo(w.T("tabs.devices"), "/devices", "devices"),
		},
	})
}
