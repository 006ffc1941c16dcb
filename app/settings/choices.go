package settings

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"assent/app"
	"assent/app/config"
	"assent/app/i18n"
)

// Name is one of the things that administrators choose.
type Name string

// The names, under which versions are stored.
const (
	BrandingName   Name = "branding"
	ProtectionName Name = "protection"
	RetentionName  Name = "retention"
	FourEyesName   Name = "four_eyes"
)

// Names are all of them.
var Names = []Name{BrandingName, ProtectionName, RetentionName, FourEyesName}

// Branding is how the institution looks.
type Branding struct {
	Institution string `json:"institution,omitempty"` // empty: as it was set where the service is started
	Accent      string `json:"accent,omitempty"`      // #rrggbb; empty: ours
	AccentDark  string `json:"accent_dark,omitempty"` // in the dark theme; empty: derived from Accent
	Logo        string `json:"logo,omitempty"`        // id of a store.Logo; empty: our mark
}

// Protection is the policy against fraud and fatigue.
type Protection struct {
	ReportPauses app.PauseScope `json:"report_pauses"`          // true and false in versions of older binaries
	MatchCode    []string       `json:"match_code,omitempty"`   // profiles that ask for the code of the binding message
	UnderAttack  []string       `json:"under_attack,omitempty"` // profiles that do while the person is under attack
	CoolingHours int            `json:"cooling_hours"`
}

// NewInstallation is the policy that a new installation begins with: what a
// bank's payments need most, and what costs honest people least.
var NewInstallation = Protection{
	ReportPauses: app.PausePayments,
	UnderAttack:  []string{"br-payment", "uk-payment"},
	CoolingHours: 1,
}

func protectionOf(p config.Protection) Protection {
	return Protection{
		ReportPauses: p.ReportPauses,
		MatchCode:    p.MatchCode,
		UnderAttack:  p.UnderAttack,
		CoolingHours: int(p.Cooling / time.Hour),
	}
}

// Retention is how many days each kind of record is kept.
type Retention struct {
	Payloads   int `json:"payloads"`   // what ACP sent and what was shown, of requests that have ended
	Requests   int `json:"requests"`   // that have ended, and whose receipt isn't kept for longer
	Receipts   int `json:"receipts"`   // proofs of approvals
	Audit      int `json:"audit"`      //
	Counters   int `json:"counters"`   // of the overview
	Deliveries int `json:"deliveries"` // deliveries and notices that were given up
}

// DefaultRetention is what counts until somebody chooses.
var DefaultRetention = Retention{
	Payloads:   90,
	Requests:   730,
	Receipts:   1825,
	Audit:      2190,
	Counters:   400,
	Deliveries: 90,
}

// Limits are the fewest and the most days that a kind of record may be kept.
type Limits struct{ Least, Most int }

// RetentionLimits are the limits by field. Receipts stay for the thirteen
// months in which a payment can be disputed (Directive (EU) 2015/2366 Art. 71,
// Payment Services Regulations 2017 reg. 74), the audit for the six of Brazil's
// Marco Civil (Lei 12.965/2014 Art. 15), and counts for what the overview shows.
var RetentionLimits = map[string]Limits{
	"payloads": {1, mostDays}, "requests": {30, mostDays}, "receipts": {396, mostDays}, "audit": {183, mostDays},
	"counters": {31, 400}, "deliveries": {7, mostDays},
}

const mostDays = 36500

// Fields are the days by field, in the order in which they are asked for.
func (r *Retention) Fields() []RetentionField {
	return []RetentionField{
		{"payloads", &r.Payloads}, {"requests", &r.Requests}, {"receipts", &r.Receipts}, {"audit", &r.Audit},
		{"counters", &r.Counters}, {"deliveries", &r.Deliveries},
	}
}

// RetentionField is a field of Retention.
type RetentionField struct {
	Name string
	Days *int
}

// Fault is what is wrong with a choice.
type Fault struct {
	Field string
	Key   i18n.Key
	Pairs []any  // placeholders and their values: texts and numbers
	Offer string // a value that would do, where there is one
}

// Faults are all faults of a choice; nothing of it was stored.
type Faults []Fault

// Error implements error.
func (f Faults) Error() string {
	var all []string
	for _, one := range f {
		all = append(all, fmt.Sprintf("%s: %s %v", one.Field, one.Key, one.Pairs))
	}
	return "the choice was refused: " + strings.Join(all, "; ")
}

func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f *Faults) add(field string, key i18n.Key, pairs ...any) {
	*f = append(*f, Fault{Field: field, Key: key, Pairs: pairs})
}

// longestName is how many characters an institution's name may have.
const longestName = 60

// check refuses names that can't be shown and colours that can't be read. It
// writes colours in one way.
func (b *Branding) check() Faults {
	var f Faults
	b.Institution = strings.TrimSpace(b.Institution)
	if utf8.RuneCountInString(b.Institution) > longestName || i18n.Plain(b.Institution) != b.Institution {
		f.add("institution", "admin.settings.fault.institution", "most", longestName)
	}
	for _, one := range []struct {
		field string
		theme Theme
		value *string
	}{{"accent", Light, &b.Accent}, {"accent_dark", Dark, &b.AccentDark}} {
		if *one.value = strings.TrimSpace(*one.value); *one.value == "" {
			continue
		}
		c, ok := ParseColour(*one.value)
		if !ok {
			f.add(one.field, "admin.settings.fault.colour")
			continue
		}
		*one.value = c.String()
		if low := AccentOf(one.theme, c).Lowest(); !low.Passes() {
			near := Nearest(one.theme, c).String()
			f = append(f, Fault{Field: one.field, Key: "admin.settings.fault.contrast", Offer: near,
				Pairs: []any{"ratio", Ratio(low.Ratio), "least", Ratio(Legible), "near", near}})
		}
	}
	return f
}

// Ratio writes a contrast as 4.5:1, rounded down so that what fails doesn't
// look as if it passed.
func Ratio(r float64) string { return fmt.Sprintf("%.1f:1", float64(int(r*10+1e-9))/10) }

// check refuses policies that contradict themselves or each other.
func (p Protection) check() Faults {
	var f Faults
	for field, list := range map[string][]string{"match_code": p.MatchCode, "under_attack": p.UnderAttack} {
		for _, profile := range list {
			if !slices.Contains(config.CodeProfiles(), profile) {
				f.add(field, "admin.settings.fault.profile", "profile", profile)
			}
		}
	}
	for _, profile := range p.MatchCode {
		if slices.Contains(p.UnderAttack, profile) {
			f.add("under_attack", "admin.settings.fault.both_lists", "profile", profile)
		}
	}
	if most := int(config.LongestCooling / time.Hour); p.CoolingHours < 0 || p.CoolingHours > most {
		f.add("cooling", "admin.settings.fault.cooling", "most", most)
	}
	return f
}

// check refuses lengths of time that are too short to answer for what happened,
// and those that contradict each other.
func (r Retention) check() Faults {
	var f Faults
	for _, one := range r.Fields() {
		if l := RetentionLimits[one.Name]; *one.Days < l.Least || *one.Days > l.Most {
			f.add(one.Name, "admin.settings.fault.days", "least", l.Least, "most", l.Most)
		}
	}
	if len(f) > 0 {
		return f
	}
	if r.Requests < r.Payloads {
		f.add("requests", "admin.settings.fault.requests_before_payloads", "payloads", r.Payloads)
	}
	if r.Audit < r.Receipts {
		f.add("audit", "admin.settings.fault.audit_before_receipts", "receipts", r.Receipts)
	}
	if r.Audit < r.Requests {
		f.add("audit", "admin.settings.fault.audit_before_requests", "requests", r.Requests)
	}
	return f
}

// nothing is the value of a version that chooses nothing.
const nothing = "null"

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
