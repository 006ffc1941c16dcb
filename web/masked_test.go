package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// A link that went astray tells whoever opens it no name, on any page that it
// leads to, until the code was given in that browser.
func TestLinkAloneNamesNobody(t *testing.T) {
	for name, s := range map[string]*site{"with codes": newSite(t, codes), "without codes": newSite(t)} {
		t.Run(name, func(t *testing.T) {
			ada := s.person("Zebedee Quux")
			link := linkFor(ada)
			unnamed := func(p *person) {
				t.Helper()
				for _, path := range []string{link, link + "/code", link + "/passkey"} {
					a := p.get(path)
					for _, word := range []string{"Zebedee", "zebedee", "Quux", "quux"} {
						if strings.Contains(string(a.body), word) {
							t.Errorf("%s: %d, and names %q", path, a.StatusCode, word)
						}
					}
				}
			}
			unnamed(ada)
			if got := ada.get(link).page(t).Find(`[data-testid="name"]`).Text(); got != "Z••• Q•••" {
				t.Errorf("the welcome says %q", got)
			}
			if name == "without codes" {
				return
			}
			ada.typeCode(link, codeFor(ada, link))
			if got := ada.get(link).page(t).Find(`[data-testid="name"]`).Text(); got != "Zebedee Quux" {
				t.Errorf("once activated the welcome says %q", got)
			}
			unnamed(ada.elsewhere())
		})
	}
}

// The next page of a history is a sealed cursor of that person's and device's list.
func TestHistoryCursorsAreSealed(t *testing.T) {
	s := newSite(t)
	older := map[string]string{}
	people := map[string]*person{"ada": s.person("Ada Quill"), "bea": s.person("Bea Moss")}
	for name, p := range people {
		p.enrol()
		for range 35 {
			in := storetest.Request(p.who, s.Now().Add(time.Hour))
			in.State, in.Reason = app.Cancelled, app.ReasonNoDevice
			if _, _, err := s.StartRequest(t.Context(), app.System, in, store.Fatigue{}, false); err != nil {
				t.Fatal(err)
			}
			s.Clock.Advance(time.Second)
		}
		older[name] = p.get("/history").page(t).Find(`a[href*="after="]`).AttrOr("href", "")
	}
	if a := people["ada"].get(older["ada"]); a.StatusCode != http.StatusOK ||
		a.page(t).Find(`a[href*="after="]`).Length() != 0 {
		t.Errorf("the next page: %d", a.StatusCode)
	}
	for what, path := range map[string]string{
		"another person's":   older["bea"],
		"made up":            "/history?after=1764300000000",
		"for another filter": older["ada"] + "&state=denied",
	} {
		if a := people["ada"].get(path); a.StatusCode != http.StatusBadRequest || a.page(t).Find("h1").Length() != 1 {
			t.Errorf("%s: %d", what, a.StatusCode)
		}
	}
}
