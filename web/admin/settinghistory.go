package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/i18n"
	"assent/app/people"
	"assent/app/settings"
	"assent/store"
	"assent/web/admin/guard"
	"assent/web/admin/page"
)

// versionsShown is how many versions a page lists.
const versionsShown = 50

// versions lists what was chosen, the newest first.
func (h *handlers) versions(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewSettings]) error {
	return h.showVersions(w, r, who, http.StatusOK, "")
}

func (h *handlers) showVersions(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Caller,
	status int,
	fault string,
) error {
	place, err := h.place(r, who, settingsPath+"/history")
	if err != nil {
		return err
	}
	var before int64
	if place != "" {
		if before, err = strconv.ParseInt(place, 10, 64); err != nil {
			return app.ErrMalformed.In("after").Because(err)
		}
	}
	rows, err := h.Store.ChoiceHistory(r.Context(), before, versionsShown+1)
	if err != nil {
		return err
	}
	p := page.Versions{SettingsFrame: h.settingsFrame(r, who, fault)}
	if len(rows) > versionsShown {
		rows = rows[:versionsShown]
		p.Older = h.nextPage(r, who, settingsPath+"/history", strconv.FormatInt(rows[versionsShown-1].ID, 10))
	}
	f, now := h.frame(r), h.Settings.Current()
	for _, row := range rows {
		v := page.Version{
			ID:         row.ID,
			Name:       row.Name,
			Who:        row.AdminName,
			When:       row.At.Time(),
			BringsBack: row.BringsBack,
			First:      row.First,
			Based:      now.Versions[settings.Name(row.Name)],
		}
		v.Current = v.Based == row.ID
		switch {
		case row.First:
			v.Who = "Assent"
		case v.Who == "":
			v.Who = row.AdminID
		}
		if v.Said, err = chose(f.Words, row); err != nil {
			return err
		}
		p.List = append(p.List, v)
	}
	return h.show(w, r, status, p.Page(f))
}

// chose says what a version chose.
func chose(w i18n.Words, row store.Choice) ([]page.Fact, error) {
	var out []page.Fact
	add := func(label i18n.Key, value string) {
		if value != "" {
			out = append(out, page.Fact{Label: w.T(label), Value: value})
		}
	}
	if row.Value == "null" {
		return nil, nil
	}
	switch settings.Name(row.Name) {
	case settings.BrandingName:
		var b settings.Branding
		if err := json.Unmarshal([]byte(row.Value), &b); err != nil {
			return nil, err
		}
		add("admin.settings.branding.institution", b.Institution)
		add("admin.settings.branding.accent", b.Accent)
		add("admin.settings.branding.accent_dark", b.AccentDark)
		for i := range out {
			if strings.HasPrefix(out[i].Value, "#") {
				out[i].Colour = out[i].Value
			}
		}
		if b.Logo != "" {
			out = append(out,
				page.Fact{Label: w.T("admin.settings.logo.title"), Value: w.T("admin.settings.logo.own"), Logo: b.Logo})
		}
	case settings.ProtectionName:
		var p settings.Protection
		if err := json.Unmarshal([]byte(row.Value), &p); err != nil {
			return nil, err
		}
		add("admin.settings.protection.pauses_title", w.T(page.PauseWords[p.ReportPauses]))
		add("admin.settings.protection.always", profiles(w, p.MatchCode))
		add("admin.settings.protection.attacked", profiles(w, p.UnderAttack))
		add("admin.settings.protection.cooling", strconv.Itoa(p.CoolingHours))
	case settings.FourEyesName:
		var e settings.FourEyes
		if err := json.Unmarshal([]byte(row.Value), &e); err != nil {
			return nil, err
		}
		var areas []string
		for _, a := range e.Areas {
			areas = append(areas, page.AreaWords(w, a))
		}
		value := strings.Join(areas, ", ")
		if value == "" {
			value = w.T("admin.settings.four_eyes.none")
		}
		add("admin.settings.four_eyes.legend", value)
	case settings.RetentionName:
		var r settings.Retention
		if err := json.Unmarshal([]byte(row.Value), &r); err != nil {
			return nil, err
		}
		for _, field := range r.Fields() {
			out = append(out,
				page.Fact{
					Label: page.RetentionWords(w, field.Name),
					Value: w.N("admin.proposals.days", *field.Days, "count", page.Figure(w, *field.Days)),
				})
		}
	}
	return out, nil
}

func profiles(w i18n.Words, names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, page.ProfileWords(w, n))
	}
	if len(out) == 0 {
		return w.T("admin.settings.four_eyes.none")
	}
	return strings.Join(out, ", ")
}

// versionLogo draws the logo of a version.
func (h *handlers) versionLogo(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewSettings]) error {
	version, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return app.ErrUnknownVersion
	}
	l, err := h.Admins.ChosenLogo(r.Context(), who, version)
	if err != nil {
		return err
	}
	return drawLogo(w, l)
}

// revertSetting brings back an earlier version.
func (h *handlers) revertSetting(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ChangeSettings],
	form guard.Form,
) error {
	version, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return app.ErrUnknownVersion
	}
	_, err = h.Admins.RevertSetting(r.Context(), who, version, based(form))
	if err == nil {
		return saved(w, r, "history", "reverted")
	}
	by, fault, status, ok := refusal(h.words(r), err)
	if !ok {
		return err
	}
	for _, text := range by {
		fault += " " + text
	}
	return h.showVersions(w, r, who, status, fault)
}

// resetSetting chooses nothing any more.
func (h *handlers) resetSetting(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Fresh[may.ChangeSettings],
	form guard.Form,
) error {
	name := settings.Name(r.PathValue("id"))
	err := h.Admins.ResetSetting(r.Context(), who, name, based(form))
	if err == nil {
		return saved(w, r, string(name), "reset")
	}
	if errors.Is(err, app.ErrChanged) {
		return h.showVersions(w, r, who, http.StatusConflict, h.words(r).T("admin.settings.changed"))
	}
	return err
}

// acp is the form that tries out a connection.
func (h *handlers) acp(w http.ResponseWriter, r *http.Request, who admin.Grant[may.TestSettings]) error {
	return h.show(w, r, http.StatusOK,
		page.ACPTest{SettingsFrame: h.settingsFrame(r, who, ""), Connections: h.Admins.Connections()}.Page(h.frame(r)))
}

// testACP tries one out, which takes as long as ACP takes.
func (h *handlers) testACP(
	w http.ResponseWriter,
	r *http.Request,
	who admin.Grant[may.TestSettings],
	form guard.Form,
) error {
	f := h.frame(r)
	p := page.ACPTest{
		SettingsFrame: h.settingsFrame(r, who, ""),
		Connections:   h.Admins.Connections(),
		Chosen:        form.Get("connection"),
	}
	found, err := h.Admins.ExamineACP(r.Context(), who, p.Chosen)
	switch {
	case errors.Is(err, app.ErrTooMany):
		p.Fault = f.Words.T("admin.settings.acp.busy")
		return h.show(w, r, http.StatusTooManyRequests, p.Page(f))
	case errors.Is(err, app.ErrMalformed):
		p.Fault = f.Words.T("admin.settings.acp.no_connection")
		return h.show(w, r, http.StatusUnprocessableEntity, p.Page(f))
	case err != nil:
		return err
	}
	p.Done = true
	for _, one := range found {
		p.Found = append(p.Found,
			page.ACPFinding{
				ID:     one.ID,
				Of:     one.Of.In(f.Words),
				State:  page.CheckState(one.State),
				Says:   one.Says.In(f.Words),
				Do:     one.Do.In(f.Words),
				Detail: one.Detail,
			})
	}
	return h.show(w, r, http.StatusOK, p.Page(f))
}

// peopleShown is how many people's devices a search for one to test lists.
const peopleShown = 10

// testPush finds a device to send a test to.
func (h *handlers) testPush(w http.ResponseWriter, r *http.Request, who admin.Grant[may.TestSettings]) error {
	ctx := r.Context()
	p := page.PushTest{
		SettingsFrame: h.settingsFrame(r, who, ""),
		Person:        strings.TrimSpace(r.URL.Query().Get("person")),
	}
	p.Asked = p.Person != ""
	if p.Asked {
		if err := h.maySearch(who); err != nil {
			return err
		}
		found, _, err := h.Store.FindPeople(ctx, p.Person, store.Enrolled, "", peopleShown)
		if err != nil {
			return err
		}
		one, err := people.Directory{Reader: h.Store}.Resolve(ctx, app.Query{Identifier: p.Person})
		switch {
		case err == nil && !slices.ContainsFunc(found, func(f store.Found) bool { return f.ID == one.ID }):
			found = append(found, store.Found{Person: one})
		case err != nil && app.KindOf(err) == app.Internal:
			return err
		}
		if err := h.look(r, who,
			store.Looked{Kind: store.LookSearch, Text: p.Person, Hits: hits(len(found), "")}); err != nil {
			return err
		}
		for _, one := range found {
			devices, err := h.Store.Devices(ctx, one.ID)
			if err != nil {
				return err
			}
			for _, d := range devices {
				if d.State == app.DeviceActive {
					p.Devices = append(p.Devices,
						page.PushDevice{ID: d.ID, Name: d.Name, Person: one.Name, Hears: d.PushChoice == app.PushOn})
				}
			}
		}
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}
