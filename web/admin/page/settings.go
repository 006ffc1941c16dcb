package page

import (
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/web/view"
)

// settingsPath is where the section lies.
const settingsPath = "/admin/settings"

// SettingsTab is one of the section's pages.
type SettingsTab string

// The pages of the section.
const (
	SettingsAll        SettingsTab = ""
	SettingsBranding   SettingsTab = "branding"
	SettingsProtection SettingsTab = "protection"
	SettingsRetention  SettingsTab = "retention"
	SettingsFourEyes   SettingsTab = "four_eyes"
	SettingsHistory    SettingsTab = "history"
	SettingsACP        SettingsTab = "acp"
	SettingsPush       SettingsTab = "push"
)

// help is what the documentation says of a page of the section.
func (t SettingsTab) help() string {
	return map[SettingsTab]string{
		SettingsAll:        "settings",
		SettingsBranding:   "console#what-is-where",
		SettingsProtection: "fatigue#policies",
		SettingsRetention:  "console#retention",
		SettingsFourEyes:   "insiders#four-eyes",
		SettingsHistory:    "console#what-is-where",
		SettingsACP:        "connecting",
		SettingsPush:       "fatigue#why-a-phone-stays-silent",
	}[t]
}

// settingsTabs are the pages that a role may open.
func settingsTabs(here SettingsTab, tests bool) []tab {
	all := []struct {
		at    SettingsTab
		words i18n.Key
		test  bool
	}{
		{SettingsAll, "admin.settings.all", false}, {SettingsBranding, "admin.settings.branding.title", false},
		{SettingsProtection, "admin.settings.protection.title", false},
		{SettingsRetention, "admin.settings.retention.title", false},
		{SettingsFourEyes, "admin.settings.four_eyes.title", false},
		{SettingsHistory, "admin.settings.history.title", false}, {SettingsACP, "admin.settings.acp.title", true},
		{SettingsPush, "admin.settings.push.title", true},
	}
	var out []tab
	for _, t := range all {
		if t.test && !tests {
			continue
		}
		path := settingsPath
		if t.at != SettingsAll {
			path += "/" + string(t.at)
		}
		out = append(out, tab{name: t.words, path: path, here: t.at == here})
	}
	return out
}

// SettingsFrame is what the section's pages share.
type SettingsFrame struct {
	Tests  bool   // whoever looks may try out ACP and push
	Change bool   // and change something
	Saved  string // what was just done, in words
	Fault  string // why it wasn't
}

// SettingRow is a setting as it counts.
type SettingRow struct {
	Name, Env string
	Value     string
	Secret    bool // there is one, and it isn't shown
	Origin    string
	Here      string // where it was chosen in the console; empty elsewhere
}

// SettingGroup is some settings that belong together.
type SettingGroup struct {
	Title string
	Rows  []SettingRow
}

// originWords say where a value comes from.
var originWords = map[string]i18n.Key{
	"flag":        "admin.settings.from.flag",
	"environment": "admin.settings.from.environment",
	"file":        "admin.settings.from.file",
	"demo":        "admin.settings.from.demo",
	"default":     "admin.settings.from.default",
	"console":     "admin.settings.from.console",
	"first":       "admin.settings.from.first",
}

// Settings lists the settings as they count.
type Settings struct {
	SettingsFrame
	Groups []SettingGroup
}

// FixedBy says what fixes a field: its variable, and where that was set.
type FixedBy struct{ Env, Origin string }

// words say so; empty where nothing fixes it.
func (b FixedBy) words(w i18n.Words) string {
	if b.Env == "" {
		return ""
	}
	return w.T("admin.settings.fixed", "setting", b.Env, "from", lowered(w.T(originWords[b.Origin])))
}

// lowered is a text that goes on a sentence.
func lowered(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}

// Contrast is a contrast that matters, in words.
type Contrast struct {
	Ground string // as settings.Ground has it
	Ratio  string
	Passes bool
}

// groundWords say what the accent stands against.
var groundWords = map[string]i18n.Key{
	"paper": "admin.settings.ground.paper", "slip": "admin.settings.ground.slip", "sunk": "admin.settings.ground.sunk",
	"soft": "admin.settings.ground.soft", "written": "admin.settings.ground.written",
}

// Scheme is how an accent looks in one theme.
type Scheme struct {
	Dark             bool
	Accent, On, Soft string // #rrggbb
	Contrasts        []Contrast
	Offer            string // a colour that would do, where this one doesn't
	Derived          bool   // from the light one
}

func (s Scheme) name() string {
	if s.Dark {
		return "dark"
	}
	return "light"
}

func (s Scheme) words(w i18n.Words) string {
	if s.Dark {
		return w.T("settings.theme_dark")
	}
	return w.T("settings.theme_light")
}

// Preview shows a brand before it is chosen.
type Preview struct {
	Institution string
	Schemes     []Scheme
}

// Branding is the form of the brand.
type Branding struct {
	SettingsFrame
	Version            int64
	Institution        string // as it is chosen or typed
	Own                string // as it is without a choice
	Fixed              FixedBy
	Accent, AccentDark string
	Chosen             bool // something was
	Faults             map[string]string
	Preview            Preview
}

// Logo is the form of the logo.
type Logo struct {
	SettingsFrame
	Version   int64
	Kilobytes int
	Side      int
}

// Code is when a profile asks for the code of the message.
type Code string

// The choices.
const (
	CodeNever    Code = "never"
	CodeAttacked Code = "attack"
	CodeAlways   Code = "always"
)

// CodeRow is what is chosen for one profile.
type CodeRow struct {
	Profile string
	Code    Code
	Fixed   map[Code]bool // choices that something else fixes
}

// codeChoices are the choices in words.
var codeChoices = []struct {
	code  Code
	words i18n.Key
}{
	{CodeNever, "admin.settings.protection.never"}, {CodeAttacked, "admin.settings.protection.attacked"},
	{CodeAlways, "admin.settings.protection.always"},
}

// ProfileWords name a profile.
func ProfileWords(w i18n.Words, profile string) string {
	for _, p := range authz.Profiles() {
		if p.Name == profile && p.Words != "" {
			return w.T(i18n.Key(p.Words))
		}
	}
	return profile
}

// Protection is the form of the policies.
type Protection struct {
	SettingsFrame
	Version      int64
	ReportPauses app.PauseScope
	Begun        Begun
	Codes        []CodeRow
	Cooling      string // hours
	Faults       map[string]string
	Fixed        map[string]FixedBy // by field
	Chosen       bool
}

// Begun says how the policies stand to those of new installations.
type Begun string

// The ways to stand to them.
const (
	BegunChosen Begun = ""
	BegunFirst  Begun = "first" // they are those
	BegunDemo   Begun = "demo"  // a demo has none of them
	BegunBare   Begun = "bare"  // the installation is older, and no policy was chosen
)

// PauseWords name what a report pauses.
var PauseWords = map[app.PauseScope]i18n.Key{
	app.PauseNone:     "admin.settings.protection.pauses_none",
	app.PausePayments: "admin.settings.protection.pauses_payments",
	app.PauseAll:      "admin.settings.protection.pauses_all",
}

// RetentionRow is how long a kind of record is kept.
type RetentionRow struct {
	Name        string
	Days        string
	Least, Most int
	Fault       string
	Erased      int64 // by the last run
	Failed      bool
}

var retentionWords = map[string]struct{ name, effect i18n.Key }{
	"payloads":   {"admin.settings.retention.payloads", "admin.settings.retention.payloads_effect"},
	"requests":   {"admin.settings.retention.requests", "admin.settings.retention.requests_effect"},
	"receipts":   {"admin.settings.retention.receipts", "admin.settings.retention.receipts_effect"},
	"audit":      {"admin.settings.retention.audit", "admin.settings.retention.audit_effect"},
	"counters":   {"admin.settings.retention.counters", "admin.settings.retention.counters_effect"},
	"deliveries": {"admin.settings.retention.deliveries", "admin.settings.retention.deliveries_effect"},
}

// Retention is the form of how long records are kept.
type Retention struct {
	SettingsFrame
	Version int64
	Rows    []RetentionRow
	Ran     time.Time // the last run; zero where there was none
	Chosen  bool
}

// ran says when retention last ran and what it did.
func (p Retention) ran(f Frame) (view.State, string) {
	if p.Ran.IsZero() {
		return view.Waiting, f.Words.T("admin.settings.retention.never")
	}
	when := f.Words.Moment(p.Ran, f.Now)
	var rows int64
	for _, r := range p.Rows {
		if r.Failed {
			return view.Stuck, f.Words.T("admin.settings.retention.failed", "when", when)
		}
		rows += r.Erased
	}
	return view.Approved, f.Words.N("admin.settings.retention.ran", int(rows), "when", when, "count",
		strconv.FormatInt(rows, 10))
}

// Version is a version of a choice.
type Version struct {
	ID         int64
	Name       string
	Who        string
	When       time.Time
	BringsBack int64
	First      bool   // the installation began with it
	Said       []Fact // what it chose
	Current    bool
	Based      int64 // the version that counts of that name
}

// Fact is a label and its value.
type Fact struct {
	Label, Value string

	Logo   string // id of the picture that Value stands for
	Colour string // #rrggbb, where Value is one
}

var choiceWords = map[string]i18n.Key{
	"branding":   "admin.settings.branding.title",
	"protection": "admin.settings.protection.title",
	"retention":  "admin.settings.retention.title",
	"four_eyes":  "admin.settings.four_eyes.title",
}

// ChoiceWords name one of the things that are chosen.
func ChoiceWords(w i18n.Words, name string) string {
	if key, ok := choiceWords[name]; ok {
		return w.T(key)
	}
	return name
}

// RetentionWords name a kind of record.
func RetentionWords(w i18n.Words, name string) string { return w.T(retentionWords[name].name) }

// Versions lists what was chosen, the newest first.
type Versions struct {
	SettingsFrame
	List  []Version
	Older string // the path of what came before; empty where that is all
}

// ACPFinding is what trying out a connection found of one thing.
type ACPFinding struct {
	ID, Of   string
	State    CheckState
	Says, Do string
	Detail   string
}

// ACPTest tries out a connection to ACP.
type ACPTest struct {
	SettingsFrame
	Connections []string
	Chosen      string
	Done        bool
	Found       []ACPFinding
}

// verdict says how it went in a sentence.
func (p ACPTest) verdict(w i18n.Words) (view.State, string) {
	bad, warn := 0, 0
	for _, f := range p.Found {
		switch f.State {
		case CheckBad:
			bad++
		case CheckWarn:
			warn++
		}
	}
	switch {
	case bad > 0:
		return view.Stuck, w.N("admin.settings.acp.bad", bad, "count", strconv.Itoa(bad))
	case warn > 0:
		return view.Stuck, w.N("admin.settings.acp.warn", warn, "count", strconv.Itoa(warn))
	}
	return view.Approved, w.T("admin.settings.acp.good")
}

// PushDevice is a device that a test could be sent to.
type PushDevice struct {
	ID, Name, Person string
	Hears            bool // it is notified
}

// PushTest finds a device to send a test to.
type PushTest struct {
	SettingsFrame
	Person  string // as typed
	Asked   bool
	Devices []PushDevice
}

// accent is the colour that a theme has in the preview.
func (p Preview) accent(dark bool) string {
	for _, s := range p.Schemes {
		if s.Dark == dark {
			return s.Accent
		}
	}
	return "none"
}
