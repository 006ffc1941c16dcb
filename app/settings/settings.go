package settings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"assent/app"
	"assent/app/background"
	"assent/app/config"
	"assent/store"
)

// Config is what the service needs.
type Config struct {
	Store       *store.Store
	Given       config.Given // what was set where the service is started
	Institution string       // as it was set there, or the default
	Protection  config.Protection
	FourEyes    []app.Area        // where the service is started
	First       *Protection       // what a new installation begins with; nil: with nothing chosen
	Watch       *background.Watch // of RunRetention; nil makes one
	Log         *slog.Logger
}

// Service keeps the choices.
type Service struct {
	cfg     Config
	mu      sync.Mutex // one change after the other reaches current
	current atomic.Pointer[Current]
}

// Current is what counts now. It is never changed: another takes its place.
type Current struct {
	Institution string
	Accents     map[Theme]Accent // where one was chosen
	Logo        *store.Logo      // without its bytes; nil for our mark
	Protection  config.Protection
	Retention   Retention

	// What was chosen, and as which version; zero where nothing was.
	Branding Branding
	Versions map[Name]int64
	First    map[Name]bool // the version is the one that the installation began with

	sheet, sheetID string
}

// New makes the service and reads what was chosen.
func New(ctx context.Context, c Config) (*Service, error) {
	if c.Watch == nil {
		c.Watch = background.New(c.Log)
	}
	s := &Service{cfg: c}
	if c.First != nil {
		first, err := encode(c.First)
		if err == nil {
			err = c.Store.Begin(ctx, []store.Choice{{Name: string(ProtectionName), Value: first}})
		}
		if err != nil {
			return nil, err
		}
	}
	return s, s.load(ctx)
}

// PolicyChosen tells whether the policies of protection are what the institution
// wants: a version of them is stored, or the start fixes each.
func (s *Service) PolicyChosen() bool {
	return s.Current().Versions[ProtectionName] != 0 ||
		s.fixed("report_pauses") && s.fixed("cooling") && (s.fixed("match_code") || s.fixed("under_attack"))
}

// Current gives what counts now. It costs nothing.
func (s *Service) Current() *Current { return s.current.Load() }

// Given are the settings as they were given where the service is started.
func (s *Service) Given() config.Given { return s.cfg.Given }

// The settings that may be fixed where the service is started, by their flags.
const (
	fixesInstitution = "institution"
	fixesPauses      = "report-pauses"
	fixesMatchCode   = "match-code"
	fixesUnderAttack = "match-code-under-attack"
	fixesCooling     = "cooling"
	fixesFourEyes    = "four-eyes"
)

// fixedBy are the flags that fix a field of a choice.
var fixedBy = map[string]string{
	"institution":   fixesInstitution,
	"report_pauses": fixesPauses,
	"match_code":    fixesMatchCode,
	"under_attack":  fixesUnderAttack,
	"cooling":       fixesCooling,
	"four_eyes":     fixesFourEyes,
}

// Fixed gives the setting that fixes a field of a choice, which then can't be
// changed here.
func (s *Service) Fixed(field string) (config.Setting, bool) {
	flag, ok := fixedBy[field]
	if !ok || !s.cfg.Given.Fixed(flag) {
		return config.Setting{}, false
	}
	i := slices.IndexFunc(s.cfg.Given, func(g config.Setting) bool { return g.Name == flag && g.Env != "" })
	return s.cfg.Given[i], true
}

func (s *Service) fixed(field string) bool { _, is := s.Fixed(field); return is }

// load reads the newest versions and makes them count.
func (s *Service) load(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := s.cfg.Store.Choices(ctx)
	if err != nil {
		return err
	}
	var branding Branding
	protection, retention := protectionOf(s.cfg.Protection), DefaultRetention
	c := &Current{Versions: map[Name]int64{}, First: map[Name]bool{}, Accents: map[Theme]Accent{}}
	for _, row := range rows {
		c.Versions[Name(row.Name)], c.First[Name(row.Name)] = row.ID, row.First
		var into any
		switch Name(row.Name) {
		case BrandingName:
			into = &branding
		case ProtectionName:
			into = &protection
		case RetentionName:
			into = &retention
		default:
			continue // a newer binary's
		}
		if row.Value == nothing {
			continue
		}
		if err := json.Unmarshal([]byte(row.Value), into); err != nil {
			return fmt.Errorf("the choice %s %d: %w", row.Name, row.ID, err)
		}
	}
	c.Branding = branding
	c.Institution = s.cfg.Institution
	if branding.Institution != "" && !s.fixed("institution") {
		c.Institution = branding.Institution
	}
	if branding.Logo != "" {
		logo, err := s.cfg.Store.Logo(ctx, branding.Logo)
		if err != nil {
			return fmt.Errorf("the logo: %w", err)
		}
		logo.PNG = nil
		c.Logo = &logo
	}
	c.Accents = accents(branding)
	c.sheet, c.sheetID = sheet(c.Accents)
	c.Protection = s.effective(protection)
	c.Retention = retention
	s.current.Store(c)
	return nil
}

// accents are the colours that a choice means, both or none.
func accents(b Branding) map[Theme]Accent {
	light, chosen := ParseColour(b.Accent)
	dark, chosenDark := ParseColour(b.AccentDark)
	switch {
	case !chosen && !chosenDark:
		return map[Theme]Accent{}
	case !chosen:
		light = OwnAccent(Light)
	case !chosenDark:
		dark = Derived(light)
	}
	return map[Theme]Accent{Light: AccentOf(Light, light), Dark: AccentOf(Dark, dark)}
}

// effective is the policy that counts: what is fixed wins over what was chosen,
// and a profile that always asks for the code needn't while under attack.
func (s *Service) effective(p Protection) config.Protection {
	p = s.overruled(p)
	out := config.Protection{
		ReportPauses:      p.ReportPauses,
		MatchCode:         p.MatchCode,
		Cooling:           time.Duration(p.CoolingHours) * time.Hour,
		CodePatterns:      s.cfg.Protection.CodePatterns,
		RefuseWithoutCode: s.cfg.Protection.RefuseWithoutCode,
	}
	if s.fixed("cooling") || protectionOf(s.cfg.Protection).CoolingHours == p.CoolingHours {
		out.Cooling = s.cfg.Protection.Cooling // which may be no whole number of hours
	}
	for _, profile := range p.UnderAttack {
		if !slices.Contains(p.MatchCode, profile) {
			out.UnderAttack = append(out.UnderAttack, profile)
		}
	}
	return out
}

// overruled is a choice with what is fixed in its place.
func (s *Service) overruled(p Protection) Protection {
	given := protectionOf(s.cfg.Protection)
	if s.fixed("report_pauses") {
		p.ReportPauses = given.ReportPauses
	}
	if s.fixed("match_code") {
		p.MatchCode = given.MatchCode
	}
	if s.fixed("under_attack") {
		p.UnderAttack = given.UnderAttack
	}
	if s.fixed("cooling") {
		p.CoolingHours = given.CoolingHours
	}
	return p
}

// ChooseBranding makes b the brand. based is the version that was changed
// (Current.Versions); another's meanwhile is app.ErrChanged. What is wrong is
// Faults. A logo that isn't kept yet is given as picture.
func (s *Service) ChooseBranding(ctx context.Context, by app.Actor, b Branding, based int64,
	picture ...store.Logo) error {
	if s.fixed("institution") {
		b.Institution = s.Current().Branding.Institution
	}
	if err := b.check().err(); err != nil {
		return err
	}
	var added *store.Logo
	if i := slices.IndexFunc(picture, func(l store.Logo) bool { return l.ID == b.Logo }); i >= 0 {
		added = &picture[i]
	} else if b.Logo != "" {
		if _, err := s.cfg.Store.Logo(ctx, b.Logo); err != nil {
			return err
		}
	}
	return s.chooseWith(ctx, by, BrandingName, b, based, 0, added)
}

// ChooseProtection makes p the policy; see ChooseBranding.
func (s *Service) ChooseProtection(ctx context.Context, by app.Actor, p Protection, based int64) error {
	p = s.overruled(p)
	slices.Sort(p.MatchCode)
	slices.Sort(p.UnderAttack)
	if err := p.check().err(); err != nil {
		return err
	}
	return s.choose(ctx, by, ProtectionName, p, based, 0)
}

// ChooseRetention makes r what the retention job goes by; see ChooseBranding.
func (s *Service) ChooseRetention(ctx context.Context, by app.Actor, r Retention, based int64) error {
	if err := r.check().err(); err != nil {
		return err
	}
	return s.choose(ctx, by, RetentionName, r, based, 0)
}

// Reset chooses nothing any more: what was set where the service is started
// counts, or the default.
func (s *Service) Reset(ctx context.Context, by app.Actor, name Name, based int64) error {
	if !slices.Contains(Names, name) {
		return app.ErrUnknownVersion
	}
	return s.choose(ctx, by, name, nil, based, 0)
}

// Revert brings back an earlier version, as far as it may still be chosen.
func (s *Service) Revert(ctx context.Context, by app.Actor, version, based int64) (Name, error) {
	was, err := s.cfg.Store.Choice(ctx, version)
	if err != nil {
		return "", err
	}
	name := Name(was.Name)
	if was.Value == nothing {
		return name, s.choose(ctx, by, name, nil, based, version)
	}
	var value any
	var faults Faults
	switch name {
	case BrandingName:
		var b Branding
		err = json.Unmarshal([]byte(was.Value), &b)
		faults, value = b.check(), b
	case ProtectionName:
		var p Protection
		err = json.Unmarshal([]byte(was.Value), &p)
		p = s.overruled(p)
		faults, value = p.check(), p
	case RetentionName:
		var r Retention
		err = json.Unmarshal([]byte(was.Value), &r)
		faults, value = r.check(), r
	case FourEyesName:
		var e FourEyes
		err = json.Unmarshal([]byte(was.Value), &e)
		faults, value = e.check(), e.ordered()
	default:
		err = app.ErrUnknownVersion
	}
	if err := errors.Join(err, faults.err()); err != nil {
		return name, err
	}
	return name, s.choose(ctx, by, name, value, based, version)
}

// choose stores a version and makes it count.
func (s *Service) choose(ctx context.Context, by app.Actor, name Name, value any, based, bringsBack int64) error {
	return s.chooseWith(ctx, by, name, value, based, bringsBack, nil)
}

// chooseWith is choose with the picture that the value names, where that isn't
// kept yet.
func (s *Service) chooseWith(ctx context.Context, by app.Actor, name Name, value any, based, bringsBack int64,
	picture *store.Logo) error {
	text, err := encode(value)
	if err != nil {
		return err
	}
	if _, err := s.cfg.Store.Choose(ctx, by,
		store.Choice{Name: string(name), Value: text, BringsBack: bringsBack, Picture: picture}, based); err != nil {
		return err
	}
	return s.load(context.WithoutCancel(ctx))
}

// Unchosen is what counts where nothing is chosen: what was set where the service
// is started, or the default.
func (s *Service) Unchosen(name Name) any {
	switch name {
	case BrandingName:
		return Branding{Institution: s.cfg.Institution}
	case ProtectionName:
		return protectionOf(s.cfg.Protection)
	case RetentionName:
		return DefaultRetention
	}
	return FourEyes{Areas: s.cfg.FourEyes}.ordered()
}

// Stylesheet is the sheet of the colours that were chosen, and an id that
// changes with it.
func (c *Current) Stylesheet() (css, id string) { return c.sheet, c.sheetID }

// sheet sets the properties that app.css defines, by its selectors.
func sheet(a map[Theme]Accent) (css, id string) {
	if len(a) == 0 {
		return "", ""
	}
	of := func(a Accent) string {
		return fmt.Sprintf("--accent: %s; --on-accent: %s; --accent-soft: %s;", a.Colour, a.On, a.Soft)
	}
	css = fmt.Sprintf(":root { %s }\n@media (prefers-color-scheme: dark) { :root:not([data-theme=\"light\"]) { %s } }\n:root[data-theme=\"dark\"] { %[2]s }\n",
		of(a[Light]), of(a[Dark]))
	sum := sha256.Sum256([]byte(css))
	return css, hex.EncodeToString(sum[:6])
}
