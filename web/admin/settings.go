package admin

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/config"
	"assent/app/i18n"
	"assent/app/settings"
	"assent/web/admin/guard"
	"assent/web/admin/page"
	"assent/web/httpx"
)

const settingsPath = "/admin/settings"

func (h *handlers) settingsRoutes() []guard.Route {
	return []guard.Route{
		guard.Get[may.ViewSettings]("/admin/settings", h.settings),
		guard.Get[may.ViewSettings]("/admin/settings/branding", h.branding),
		guard.GetQuiet[may.ViewSettings]("/admin/settings/branding/preview", h.previewBranding),
		guard.PostFresh[may.ChangeSettings]("/admin/settings/branding", h.saveBranding),
		guard.GetFresh[may.ChangeSettings]("/admin/settings/logo", h.logo),
		guard.PostFile[may.ChangeSettings]("/admin/settings/logo", settings.LogoBytes+httpx.FormLimit, h.saveLogo),
		guard.PostFresh[may.ChangeSettings]("/admin/settings/logo/remove", h.removeLogo),
		guard.Get[may.ViewSettings]("/admin/settings/protection", h.protection),
		guard.PostFresh[may.ChangeSettings]("/admin/settings/protection", h.saveProtection),
		guard.Get[may.ViewSettings]("/admin/settings/retention", h.retention),
		guard.PostFresh[may.ChangeSettings]("/admin/settings/retention", h.saveRetention),
		guard.Get[may.ViewSettings]("/admin/settings/four_eyes", h.fourEyes),
		guard.PostFresh[may.ChangeSettings]("/admin/settings/four_eyes", h.saveFourEyes),
		guard.Get[may.ViewSettings]("/admin/settings/history", h.versions),
		guard.Get[may.ViewSettings]("/admin/settings/history/{id}/logo", h.versionLogo),
		guard.PostFresh[may.ChangeSettings]("/admin/settings/history/{id}/revert", h.revertSetting),
		guard.PostFresh[may.ChangeSettings]("/admin/settings/{id}/reset", h.resetSetting),
		guard.Get[may.TestSettings]("/admin/settings/acp", h.acp),
		guard.Post[may.TestSettings]("/admin/settings/acp", h.testACP),
		guard.Get[may.TestSettings]("/admin/settings/push", h.testPush),
	}
}

// settingsFrame is what the section's pages share.
func (h *handlers) settingsFrame(r *http.Request, who admin.Caller, fault string) page.SettingsFrame {
	f := page.SettingsFrame{Tests: who.May(admin.TestSettings), Change: who.May(admin.ChangeSettings), Fault: fault}
	if key, ok := settingsSaved[r.URL.Query().Get("saved")]; ok && fault == "" && r.Method == http.MethodGet {
		f.Saved = h.words(r).T(key)
	}
	return f
}

// settingsSaved are what the section's pages say after a change.
var settingsSaved = map[string]i18n.Key{
	"yes":      "admin.settings.saved",
	"reset":    "admin.settings.reset_done",
	"reverted": "admin.settings.history.reverted",
	"logo":     "admin.settings.logo.saved",
}

// settings lists what was set where the service is started, and what was
// chosen in its place.
func (h *handlers) settings(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewSettings]) error {
	p := page.Settings{SettingsFrame: h.settingsFrame(r, who, "")}
	now := h.Settings.Current()
	chosen := func(name settings.Name) bool { return now.Versions[name] != 0 }
	for _, s := range h.Settings.Given() {
		if len(p.Groups) == 0 || p.Groups[len(p.Groups)-1].Title != s.Group {
			p.Groups = append(p.Groups, page.SettingGroup{Title: s.Group})
		}
		row := page.SettingRow{Name: s.Env, Env: s.Env, Value: s.Value, Secret: s.Secret, Origin: string(s.Origin)}
		if row.Name == "" {
			row.Name = s.Name
		}
		if here, value, ok := chosenInstead(now, s.Name, chosen); ok && !h.Settings.Given().Fixed(s.Name) {
			row.Value, row.Origin, row.Here = value, "console", here
			if here == settingsPath+"/protection" && now.First[settings.ProtectionName] {
				row.Origin = "first"
			}
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Rows = append(g.Rows, row)
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

// chosenInstead gives what was chosen in the console in place of a setting.
func chosenInstead(now *settings.Current, name string, chosen func(settings.Name) bool) (path, value string, ok bool) {
	const branding, protection = settingsPath + "/branding", settingsPath + "/protection"
	switch name {
	case "institution":
		return branding, now.Institution, now.Branding.Institution != ""
	case "report-pauses":
		return protection, now.Protection.ReportPauses.Setting(), chosen(settings.ProtectionName)
	case "match-code":
		return protection, strings.Join(now.Protection.MatchCode, ", "), chosen(settings.ProtectionName)
	case "match-code-under-attack":
		return protection, strings.Join(now.Protection.UnderAttack, ", "), chosen(settings.ProtectionName)
	case "cooling":
		return protection, now.Protection.Cooling.String(), chosen(settings.ProtectionName)
	}
	return "", "", false
}

// faults are the faults of a choice in words, by field.
func faults(w i18n.Words, err error) (map[string]string, bool) {
	var all settings.Faults
	if !errors.As(err, &all) {
		return nil, false
	}
	out := map[string]string{}
	for _, f := range all {
		pairs := slices.Clone(f.Pairs)
		for i := 1; i < len(pairs); i += 2 {
			switch pairs[i-1] {
			case "profile":
				pairs[i] = page.ProfileWords(w, pairs[i].(string))
			case "area":
				pairs[i] = areaWords(w, pairs[i].(string))
			}
		}
		if out[f.Field] != "" {
			out[f.Field] += " "
		}
		out[f.Field] += w.T(f.Key, pairs...)
	}
	return out, true
}

// based is the version that a form was made from.
func based(form guard.Form) int64 {
	n, _ := strconv.ParseInt(form.Get("version"), 10, 64) // what isn't a version is none's
	return n
}

// fixedBy says what fixes a field.
func (h *handlers) fixedBy(field string) page.FixedBy {
	s, ok := h.Settings.Fixed(field)
	if !ok {
		return page.FixedBy{}
	}
	return page.FixedBy{Env: s.Env, Origin: string(s.Origin)}
}

// refusal is what a form says of an error, and the status that goes with it;
// what isn't about the form is the caller's to answer.
func refusal(w i18n.Words, err error) (faultsByField map[string]string, fault string, status int, ok bool) {
	if errors.Is(err, app.ErrChanged) {
		return nil, w.T("admin.settings.changed"), http.StatusConflict, true
	}
	by, ok := faults(w, err)
	return by, w.T("admin.settings.refused"), http.StatusUnprocessableEntity, ok
}

// saved goes back to a page of the section.
func saved(w http.ResponseWriter, r *http.Request, to, what string) error {
	return httpx.SeeOther(w, r, settingsPath+"/"+to+"?"+url.Values{"saved": {what}}.Encode())
}

// brandingForm is the form with what is typed, or with what is chosen.
func (h *handlers) brandingForm(r *http.Request, who admin.Caller, b settings.Branding, fault string) page.Branding {
	now := h.Settings.Current()
	return page.Branding{
		SettingsFrame: h.settingsFrame(r, who, fault),
		Version:       now.Versions[settings.BrandingName],
		Institution:   b.Institution,
		Own:           now.Institution,
		Fixed:         h.fixedBy("institution"),
		Accent:        b.Accent,
		AccentDark:    b.AccentDark,
		Chosen:        now.Branding != settings.Branding{},
		Preview:       h.preview(b),
	}
}

// fields are those of a form or of an address.
type fields interface {
	Get(name string) string
	Has(name string) bool
}

// typedBranding is what a form or an address says of a brand, on top of what counts.
func (h *handlers) typedBranding(v fields) settings.Branding {
	b := h.Settings.Current().Branding
	for name, field := range map[string]*string{
		"institution": &b.Institution,
		"accent":      &b.Accent,
		"accent_dark": &b.AccentDark,
	} {
		if v.Has(name) {
			*field = strings.TrimSpace(v.Get(name))
		}
	}
	return b
}

// preview draws a brand, readable or not.
func (h *handlers) preview(b settings.Branding) page.Preview {
	p := page.Preview{Institution: h.Settings.Current().Institution}
	if b.Institution != "" && h.fixedBy("institution").Env == "" {
		p.Institution = b.Institution
	}
	light, ok := settings.ParseColour(b.Accent)
	if !ok {
		light = settings.OwnAccent(settings.Light)
	}
	dark, okDark := settings.ParseColour(b.AccentDark)
	derived := false
	switch {
	case okDark:
	case ok:
		dark, derived = settings.Derived(light), true
	default:
		dark = settings.OwnAccent(settings.Dark)
	}
	for theme, c := range map[settings.Theme]settings.Colour{settings.Light: light, settings.Dark: dark} {
		a := settings.AccentOf(theme, c)
		s := page.Scheme{
			Dark:    theme == settings.Dark,
			Accent:  a.Colour.String(),
			On:      a.On.String(),
			Soft:    a.Soft.String(),
			Derived: derived && theme == settings.Dark,
		}
		for _, pair := range a.Pairs() {
			s.Contrasts = append(s.Contrasts,
				page.Contrast{Ground: string(pair.Ground), Ratio: settings.Ratio(pair.Ratio), Passes: pair.Passes()})
		}
		if !a.Lowest().Passes() {
			s.Offer = settings.Nearest(theme, c).String()
		}
		p.Schemes = append(p.Schemes, s)
	}
	slices.SortFunc(p.Schemes, func(x, y page.Scheme) int {
		return strings.Compare(strconv.FormatBool(x.Dark), strconv.FormatBool(y.Dark))
	})
	return p
}

// branding shows the brand, and previews one that the address names.
func (h *handlers) branding(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewSettings]) error {
	return h.show(w, r, http.StatusOK, h.brandingForm(r, who, h.typedBranding(r.URL.Query()), "").Page(h.frame(r)))
}

// previewBranding is the preview alone, for the form's script.
func (h *handlers) previewBranding(w http.ResponseWriter, r *http.Request, _ admin.Grant[may.ViewSettings]) error {
	return h.show(w, r, http.StatusOK, h.preview(h.typedBranding(r.URL.Query())).Show(h.frame(r)))
}

func (h *handlers) saveBranding(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ChangeSettings],
	form guard.Form,
) error {
	b := h.typedBranding(form)
	err := h.Admins.SetBranding(r.Context(), who, b, based(form))
	if err == nil {
		return saved(w, r, "branding", "yes")
	}
	f := h.frame(r)
	by, fault, status, ok := refusal(f.Words, err)
	if !ok {
		return err
	}
	p := h.brandingForm(r, who, b, fault)
	p.Faults = by
	return h.show(w, r, status, p.Page(f))
}

// logo is the form of the logo. A file can't be sent anew after the passkey
// was asked for, so it is asked for first.
func (h *handlers) logo(w http.ResponseWriter, r *http.Request, who admin.Fresh[may.ChangeSettings]) error {
	return h.showLogo(w, r, http.StatusOK, "")
}

func (h *handlers) showLogo(w http.ResponseWriter, r *http.Request, status int, fault string) error {
	return h.show(w, r, status,
		page.Logo{
			SettingsFrame: page.SettingsFrame{Fault: fault},
			Version:       h.Settings.Current().Versions[settings.BrandingName],
			Kilobytes:     settings.LogoBytes >> 10,
			Side:          settings.LogoSide,
		}.Page(h.frame(r)))
}

func (h *handlers) saveLogo(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ChangeSettings],
	up guard.Upload,
) error {
	file, err := up.File()
	var picture []byte
	if err == nil {
		picture, err = io.ReadAll(file.Content)
	}
	switch {
	case errors.Is(err, httpx.ErrTooLarge):
		text := h.words(r).T("admin.settings.fault.logo_size", "most", settings.LogoBytes>>10)
		return h.showLogo(w, r, http.StatusRequestEntityTooLarge, text)
	case errors.Is(err, guard.ErrNoFile), err == nil && len(picture) == 0:
		return h.showLogo(w, r, http.StatusUnprocessableEntity, h.words(r).T("admin.settings.fault.logo_kind"))
	case err != nil:
		return app.ErrMalformed.Because(err)
	}
	return h.logoSaved(w, r, h.Admins.SetLogo(r.Context(), who, picture, based(file.Form)))
}

func (h *handlers) removeLogo(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ChangeSettings],
	form guard.Form,
) error {
	return h.logoSaved(w, r, h.Admins.SetLogo(r.Context(), who, nil, based(form)))
}

func (h *handlers) logoSaved(w http.ResponseWriter, r *http.Request, err error) error {
	if err == nil {
		return saved(w, r, "branding", "logo")
	}
	by, fault, status, ok := refusal(h.words(r), err)
	if !ok {
		return err
	}
	if by["logo"] != "" {
		fault = by["logo"]
	}
	return h.showLogo(w, r, status, fault)
}

// codes are the choices by profile.
func (h *handlers) codes(p settings.Protection) []page.CodeRow {
	always, attacked := h.fixedBy("match_code").Env != "", h.fixedBy("under_attack").Env != ""
	var out []page.CodeRow
	for _, profile := range config.CodeProfiles() {
		row := page.CodeRow{Profile: profile, Code: page.CodeNever, Fixed: map[page.Code]bool{}}
		inAlways, inAttacked := slices.Contains(p.MatchCode, profile), slices.Contains(p.UnderAttack, profile)
		switch {
		case inAlways:
			row.Code = page.CodeAlways
		case inAttacked:
			row.Code = page.CodeAttacked
		}
		all := always && inAlways || attacked && inAttacked && !inAlways
		row.Fixed[page.CodeAlways] = all || always
		row.Fixed[page.CodeAttacked] = all || attacked
		row.Fixed[page.CodeNever] = all
		out = append(out, row)
	}
	return out
}

// chosenProtection is the policy that counts, as it would be chosen.
func chosenProtection(c *settings.Current) settings.Protection {
	return settings.Protection{
		ReportPauses: c.Protection.ReportPauses,
		MatchCode:    c.Protection.MatchCode,
		UnderAttack:  c.Protection.UnderAttack,
		CoolingHours: int(c.Protection.Cooling / time.Hour),
	}
}

func (h *handlers) protectionForm(
	r *http.Request,
	who admin.Caller,
	p settings.Protection,
	fault string,
) page.Protection {
	now := h.Settings.Current()
	out := page.Protection{
		SettingsFrame: h.settingsFrame(r, who, fault),
		Version:       now.Versions[settings.ProtectionName],
		ReportPauses:  p.ReportPauses,
		Codes:         h.codes(p),
		Cooling:       strconv.Itoa(p.CoolingHours),
		Fixed:         map[string]page.FixedBy{},
		Chosen:        now.Versions[settings.ProtectionName] != 0,
	}
	switch {
	case h.Demo:
		out.Begun = page.BegunDemo
	case now.First[settings.ProtectionName]:
		out.Begun = page.BegunFirst
	case !h.Settings.PolicyChosen():
		out.Begun = page.BegunBare
	}
	for _, field := range []string{"report_pauses", "match_code", "under_attack", "cooling"} {
		out.Fixed[field] = h.fixedBy(field)
	}
	return out
}

func (h *handlers) protection(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewSettings]) error {
	return h.show(w, r, http.StatusOK,
		h.protectionForm(r, who, chosenProtection(h.Settings.Current()), "").Page(h.frame(r)))
}

func (h *handlers) saveProtection(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ChangeSettings],
	form guard.Form,
) error {
	was := chosenProtection(h.Settings.Current())
	p := settings.Protection{ReportPauses: was.ReportPauses, CoolingHours: was.CoolingHours}
	if form.Has("report_pauses") {
		scope, err := app.ParsePauseScope(form.Get("report_pauses"))
		if err != nil {
			return app.ErrMalformed.In("report_pauses").Because(err)
		}
		p.ReportPauses = scope
	}
	hours := form.Get("cooling")
	if form.Has("cooling") {
		p.CoolingHours = number(hours)
	}
	for _, row := range h.codes(was) {
		code := row.Code // fields that can't be changed aren't sent
		if name := "code-" + row.Profile; form.Has(name) {
			code = page.Code(form.Get(name))
		}
		switch code {
		case page.CodeAlways:
			p.MatchCode = append(p.MatchCode, row.Profile)
		case page.CodeAttacked:
			p.UnderAttack = append(p.UnderAttack, row.Profile)
		}
	}
	err := h.Admins.SetProtection(r.Context(), who, p, based(form))
	if err == nil {
		return saved(w, r, "protection", "yes")
	}
	f := h.frame(r)
	by, fault, status, ok := refusal(f.Words, err)
	if !ok {
		return err
	}
	out := h.protectionForm(r, who, p, fault)
	out.Faults = by
	if form.Has("cooling") {
		out.Cooling = hours
	}
	return h.show(w, r, status, out.Page(f))
}

// number reads a whole number; what isn't one is out of all limits.
func number(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return -1
	}
	return n
}

func (h *handlers) retentionForm(
	r *http.Request,
	who admin.Caller,
	typed map[string]string,
	by map[string]string,
	fault string,
) (page.Retention, error) {
	now := h.Settings.Current()
	run, ran, err := h.Store.LastRetention(r.Context())
	if err != nil {
		return page.Retention{}, err
	}
	p := page.Retention{
		SettingsFrame: h.settingsFrame(r, who, fault),
		Version:       now.Versions[settings.RetentionName],
		Chosen:        now.Versions[settings.RetentionName] != 0,
	}
	if ran {
		p.Ran = run.At.Time()
	}
	keep := now.Retention
	for _, field := range keep.Fields() {
		limits := settings.RetentionLimits[field.Name]
		row := page.RetentionRow{
			Name:   field.Name,
			Days:   strconv.Itoa(*field.Days),
			Least:  limits.Least,
			Most:   limits.Most,
			Fault:  by[field.Name],
			Erased: run.Erased[field.Name],
			Failed: slices.Contains(run.Failed, field.Name),
		}
		if text, is := typed[field.Name]; is {
			row.Days = text
		}
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}

func (h *handlers) retention(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewSettings]) error {
	p, err := h.retentionForm(r, who, nil, nil, "")
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

func (h *handlers) saveRetention(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ChangeSettings],
	form guard.Form,
) error {
	keep, typed := h.Settings.Current().Retention, map[string]string{}
	for _, field := range keep.Fields() {
		if form.Has(field.Name) {
			typed[field.Name] = form.Get(field.Name)
			*field.Days = number(typed[field.Name])
		}
	}
	err := h.Admins.SetRetention(r.Context(), who, keep, based(form))
	if err == nil {
		return saved(w, r, "retention", "yes")
	}
	f := h.frame(r)
	by, fault, status, ok := refusal(f.Words, err)
	if !ok {
		return err
	}
	p, err := h.retentionForm(r, who, typed, by, fault)
	if err != nil {
		return err
	}
	return h.show(w, r, status, p.Page(f))
}
