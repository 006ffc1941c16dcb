package settings_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/config"
	"assent/app/settings"
	"assent/store/storetest"
)

var owner = app.Actor{Kind: app.ActorAdmin, ID: "owner"}

func open(t *testing.T, db *storetest.DB, given config.Given, p config.Protection) *settings.Service {
	t.Helper()
	s, err := settings.New(t.Context(),
		settings.Config{Store: db.Store, Given: given, Institution: "Northmoor", Protection: p,
			Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func version(s *settings.Service, n settings.Name) int64 { return s.Current().Versions[n] }

// A choice applies at once, survives a restart, and is a version that can be
// brought back; the audit names it and never its value.
func TestVersionsAndRevert(t *testing.T) {
	db := storetest.New(t)
	s := open(t, db, nil, config.Protection{})
	choose := func(name string) {
		t.Helper()
		if err := s.ChooseBranding(t.Context(), owner, settings.Branding{Institution: name, Accent: "#0E5A4A"},
			version(s, settings.BrandingName)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Current().Institution; got != "Northmoor" {
		t.Errorf("without a choice: %q", got)
	}
	choose("Ribeira")
	choose("Ribeira & Filhos")
	choose("Ribeira & Filhos") // the same again is no version
	if got := s.Current(); got.Institution != "Ribeira & Filhos" || got.Branding.Accent != "#0e5a4a" ||
		version(s, settings.BrandingName) != 2 {
		t.Errorf("chosen: %+v", got)
	}
	if err := s.ChooseBranding(t.Context(), owner, settings.Branding{}, 1); !errors.Is(err, app.ErrChanged) {
		t.Errorf("from a version that has passed: %v", err)
	}
	if name, err := s.Revert(t.Context(), owner, 1, 2); err != nil || name != settings.BrandingName ||
		s.Current().Institution != "Ribeira" {
		t.Errorf("bringing back: %v %v %q", name, err, s.Current().Institution)
	}
	if _, err := s.Revert(t.Context(), owner, 99, 3); !errors.Is(err, app.ErrUnknownVersion) {
		t.Errorf("an unknown version: %v", err)
	}
	db.Reopen()
	s = open(t, db, nil, config.Protection{})
	if got := s.Current().Institution; got != "Ribeira" {
		t.Errorf("after a restart: %q", got)
	}
	rows, err := db.ChoiceHistory(t.Context(), 0, 10)
	if err != nil || len(rows) != 3 || rows[0].BringsBack != 1 || rows[0].AdminID != "owner" {
		t.Fatalf("history: %+v %v", rows, err)
	}
	if err := s.Reset(t.Context(), owner, settings.BrandingName, 3); err != nil ||
		s.Current().Institution != "Northmoor" {
		t.Errorf("choosing nothing: %v %q", err, s.Current().Institution)
	}
	changes, err := db.AuditOf(t.Context(), "setting.change", 10)
	if err != nil || len(changes) != 3 || changes[0].ActorID != "owner" {
		t.Fatalf("audit: %+v %v", changes, err)
	}
	reverts, err := db.AuditOf(t.Context(), "setting.revert", 10)
	if err != nil || len(reverts) != 1 || reverts[0].Detail != `{"brings_back":"1","name":"branding","version":"3"}` {
		t.Errorf("audit of the return: %+v %v", reverts, err)
	}
	for _, row := range append(changes, reverts...) {
		if strings.Contains(row.Detail, "Ribeira") {
			t.Errorf("the audit holds the value: %s", row.Detail)
		}
	}
}

// What contradicts itself or can't be is refused whole, by field.
func TestContradictionsAreRefused(t *testing.T) {
	db := storetest.New(t)
	s := open(t, db, nil, config.Protection{})
	keep := func(change func(*settings.Retention)) func() error {
		r := settings.DefaultRetention
		change(&r)
		return func() error { return s.ChooseRetention(t.Context(), owner, r, 0) }
	}
	protect := func(p settings.Protection) func() error {
		return func() error { return s.ChooseProtection(t.Context(), owner, p, 0) }
	}
	brand := func(b settings.Branding) func() error {
		return func() error { return s.ChooseBranding(t.Context(), owner, b, 0) }
	}
	for name, row := range map[string]struct {
		choose func() error
		field  string
		offer  bool
	}{
		"code in both lists": {protect(settings.Protection{
			MatchCode:   []string{"regular"},
			UnderAttack: []string{"regular"},
		}),
			"under_attack", false},
		"a profile without a code": {protect(settings.Protection{MatchCode: []string{"br-data"}}), "match_code",
			false},
		"a negative cooling":      {protect(settings.Protection{CoolingHours: -1}), "cooling", false},
		"a cooling of two months": {protect(settings.Protection{CoolingHours: 1440}), "cooling", false},
		"audit shorter than receipts": {keep(func(r *settings.Retention) { r.Audit = r.Receipts - 1 }), "audit",
			false},
		"audit shorter than requests": {keep(func(r *settings.Retention) { r.Receipts, r.Audit, r.Requests = 400, 400, 500 }),
			"audit", false},
		"payloads longer than requests": {keep(func(r *settings.Retention) { r.Payloads = r.Requests + 1 }),
			"requests", false},
		"receipts under the floor":        {keep(func(r *settings.Retention) { r.Receipts = 395 }), "receipts", false},
		"audit under the floor":           {keep(func(r *settings.Retention) { r.Audit = 182 }), "audit", false},
		"payloads for no day":             {keep(func(r *settings.Retention) { r.Payloads = 0 }), "payloads", false},
		"counters beyond what is counted": {keep(func(r *settings.Retention) { r.Counters = 401 }), "counters", false},
		"a yellow accent":                 {brand(settings.Branding{Accent: "#ffcc00"}), "accent", true},
		"a navy accent in the dark":       {brand(settings.Branding{AccentDark: "#000080"}), "accent_dark", true},
		"no colour":                       {brand(settings.Branding{Accent: "green"}), "accent", false},
		"a name that turns the line": {brand(settings.Branding{Institution: "Bank\u202eknaB"}), "institution",
			false},
		"a name of 61 letters": {brand(settings.Branding{Institution: strings.Repeat("é", 61)}), "institution", false},
	} {
		var faults settings.Faults
		if err := row.choose(); !errors.As(err, &faults) || len(faults) != 1 || faults[0].Field != row.field ||
			(faults[0].Offer != "") != row.offer {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if row.offer {
			theme := settings.Light
			if row.field == "accent_dark" {
				theme = settings.Dark
			}
			if c := colour(t, faults[0].Offer); !settings.AccentOf(theme, c).Lowest().Passes() {
				t.Errorf("%s: %s is offered and doesn't pass", name, faults[0].Offer)
			}
		}
	}
	if rows, err := db.ChoiceHistory(t.Context(), 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("something was stored: %+v %v", rows, err)
	}
	if err := s.ChooseBranding(t.Context(), owner, settings.Branding{Logo: "none"},
		0); !errors.Is(err, app.ErrUnknownVersion) {
		t.Errorf("a logo that isn't there: %v", err)
	}
}

// What is set where the service is started wins over a choice, also over one
// that was made before it was set there.
func TestFixedSettingsWin(t *testing.T) {
	db := storetest.New(t)
	s := open(t, db, nil, config.Protection{})
	if err := s.ChooseProtection(t.Context(), owner,
		settings.Protection{
			ReportPauses: app.PauseAll,
			UnderAttack:  []string{"regular", "uk-payment"},
			CoolingHours: 24,
		},
		0); err != nil {
		t.Fatal(err)
	}
	if got := s.Current().Protection; got.ReportPauses != app.PauseAll || got.Cooling != 24*time.Hour ||
		!slices.Equal(got.UnderAttack, []string{"regular", "uk-payment"}) {
		t.Fatalf("chosen: %+v", got)
	}
	given := config.Given{
		{Name: "match-code", Env: "ASSENT_MATCH_CODE", Origin: config.FromFile},
		{Name: "cooling", Env: "ASSENT_COOLING", Origin: config.FromFlag},
		{Name: "report-pauses", Env: "ASSENT_REPORT_PAUSES", Origin: config.FromDefault},
		{Name: "institution", Env: "ASSENT_INSTITUTION", Origin: config.FromEnv},
	}
	s = open(t, db, given, config.Protection{MatchCode: []string{"regular"}, Cooling: 90 * time.Minute})
	if got := s.Current().Protection; got.ReportPauses != app.PauseAll || got.Cooling != 90*time.Minute ||
		!slices.Equal(got.MatchCode, []string{"regular"}) || !slices.Equal(got.UnderAttack, []string{"uk-payment"}) {
		t.Errorf("under what is fixed: %+v", got)
	}
	if err := s.ChooseBranding(t.Context(), owner, settings.Branding{Institution: "Other"}, 0); err != nil ||
		s.Current().Institution != "Northmoor" {
		t.Errorf("a name that is fixed: %v %q", err, s.Current().Institution)
	}
	if by, is := s.Fixed("cooling"); !is || by.Env != "ASSENT_COOLING" || by.Origin != config.FromFlag {
		t.Errorf("what fixes the cooling: %+v %v", by, is)
	}
	if _, is := s.Fixed("report_pauses"); is {
		t.Error("a default fixes")
	}
}

func TestStylesheet(t *testing.T) {
	db := storetest.New(t)
	s := open(t, db, nil, config.Protection{})
	if css, id := s.Current().Stylesheet(); css != "" || id != "" {
		t.Errorf("without a choice: %q %q", css, id)
	}
	if err := s.ChooseBranding(t.Context(), owner, settings.Branding{Accent: "#1F4E8C"}, 0); err != nil {
		t.Fatal(err)
	}
	css, id := s.Current().Stylesheet()
	dark := settings.Derived(colour(t, "#1f4e8c")).String()
	if !strings.HasPrefix(css, ":root { --accent: #1f4e8c; --on-accent: #ffffff;") ||
		strings.Count(css, "--accent: "+dark) != 2 || len(id) != 12 {
		t.Errorf("%s %s", id, css)
	}
}

// A picture is written anew from its pixels; what isn't one, or is too large in
// bytes or in pixels, is refused before it is decoded.
func TestLogos(t *testing.T) {
	db := storetest.New(t)
	s := open(t, db, nil, config.Protection{})
	encode := func(w, h int) []byte {
		t.Helper()
		m := image.NewNRGBA(image.Rect(0, 0, w, h))
		m.Set(1, 1, color.NRGBA{R: 200, A: 255})
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	good := append(encode(192, 192), "<script>alert(1)</script>"...)
	logo, err := settings.ReadLogo(good)
	if err != nil {
		t.Fatal(err)
	}
	id := logo.ID
	if _, err := s.ShowLogo(t.Context(), id); !errors.Is(err, app.ErrUnknownVersion) {
		t.Errorf("a logo that nobody chose is shown: %v", err)
	}
	if err := s.ChooseBranding(t.Context(), owner, settings.Branding{Logo: id},
		0); !errors.Is(err, app.ErrUnknownVersion) {
		t.Errorf("a logo that isn't there: %v", err)
	}
	if err := s.ChooseBranding(t.Context(), owner, settings.Branding{Logo: id}, 0, logo); err != nil {
		t.Fatal(err)
	}
	kept, err := s.ShowLogo(t.Context(), id)
	if err != nil || bytes.Contains(kept.PNG, []byte("script")) || kept.Width != 192 {
		t.Errorf("kept: %d bytes, %d wide, %v", len(kept.PNG), kept.Width, err)
	}
	if m, err := png.Decode(bytes.NewReader(kept.PNG)); err != nil || m.At(1, 1) != (color.NRGBA{R: 200, A: 255}) {
		t.Errorf("the picture isn't the same: %v", err)
	}
	// Lossless WebP of one colour: one pixel, which is too few, and 192 by 192.
	webp := []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
	large := slices.Clone(webp)
	copy(large[21:], "\xbf\xc0\x2f\x10")
	if l, err := settings.ReadLogo(large); err != nil || l.ID == "" {
		t.Errorf("a WebP: %v", err)
	}
	for name, row := range map[string]struct {
		file []byte
		key  string
	}{
		"an SVG":       {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "logo_kind"},
		"half a PNG":   {encode(192, 192)[:60], "logo_kind"},
		"too large":    {make([]byte, settings.LogoBytes+1), "logo_size"},
		"too wide":     {encode(1025, 40), "logo_sides"},
		"too small":    {encode(31, 31), "logo_sides"},
		"a small WebP": {webp, "logo_sides"}, "nothing": {nil, "logo_kind"},
	} {
		var faults settings.Faults
		if _, err := settings.ReadLogo(row.file); !errors.As(err, &faults) ||
			!strings.HasSuffix(string(faults[0].Key), row.key) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A new installation begins with safe policies, which owners may change; an older
// one begins with none, until one is chosen.
func TestNewInstallationsBeginWithPolicies(t *testing.T) {
	begin := func(db *storetest.DB, given config.Given, p config.Protection) *settings.Service {
		t.Helper()
		s, err := settings.New(t.Context(),
			settings.Config{
				Store:       db.Store,
				Given:       given,
				Institution: "Northmoor",
				Protection:  p,
				First:       &settings.NewInstallation,
				Log:         slog.New(slog.NewTextHandler(t.Output(), nil)),
			})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	db := storetest.New(t)
	s := begin(db, nil, config.Protection{})
	got := s.Current()
	if got.Protection.ReportPauses != app.PausePayments || got.Protection.Cooling != time.Hour ||
		len(got.Protection.MatchCode) != 0 ||
		!slices.Equal(got.Protection.UnderAttack, []string{"br-payment", "uk-payment"}) ||
		!got.First[settings.ProtectionName] || !s.PolicyChosen() {
		t.Errorf("a new installation begins with %+v, first: %v", got.Protection, got.First)
	}
	fixed := begin(db, config.Given{{Name: "cooling", Env: "ASSENT_COOLING", Origin: config.FromEnv}},
		config.Protection{Cooling: 0})
	if got := fixed.Current().Protection; got.Cooling != 0 || got.ReportPauses != app.PausePayments {
		t.Errorf("what the environment sets doesn't win: %+v", got)
	}
	if err := s.ChooseProtection(t.Context(), owner, settings.Protection{},
		version(s, settings.ProtectionName)); err != nil {
		t.Fatal(err)
	}
	if got := begin(db, nil, config.Protection{}).Current(); got.First[settings.ProtectionName] ||
		got.Protection.ReportPauses != app.PauseNone {
		t.Errorf("a choice is undone by the next start: %+v", got.Protection)
	}

	db = storetest.New(t)
	db.Tamper(`DELETE FROM meta WHERE key = 'first choices'`) // as the migration leaves an older one
	s = begin(db, nil, config.Protection{})
	if got := s.Current().Protection; got.ReportPauses != app.PauseNone || got.Cooling != 0 || s.PolicyChosen() {
		t.Errorf("an older installation: %+v, chosen: %v", got, s.PolicyChosen())
	}
	all := config.Given{{Name: "cooling", Env: "ASSENT_COOLING", Origin: config.FromEnv},
		{Name: "report-pauses", Env: "ASSENT_REPORT_PAUSES", Origin: config.FromEnv},
		{Name: "match-code-under-attack", Env: "ASSENT_MATCH_CODE_UNDER_ATTACK", Origin: config.FromFile}}
	if !begin(db, all, config.Protection{}).PolicyChosen() {
		t.Error("what the start fixes isn't chosen")
	}
	if err := s.ChooseProtection(t.Context(), owner, settings.Protection{}, 0); err != nil || !s.PolicyChosen() {
		t.Errorf("keeping it as it is: %v, chosen: %v", err, s.PolicyChosen())
	}
}

// Versions of older binaries said whether a report pauses.
func TestPausesOfOlderVersions(t *testing.T) {
	db := storetest.New(t)
	db.Tamper(`INSERT INTO choices (name, value, admin_id, at)
		VALUES ('protection', '{"report_pauses":true,"cooling_hours":0}', 'owner', 1)`)
	if got := open(t, db, nil, config.Protection{}).Current().Protection.ReportPauses; got != app.PauseAll {
		t.Errorf("true is %q", got)
	}
}
