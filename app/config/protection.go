package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/app"
	"assent/app/authz"
)

// Protection is the policy against fraud and fatigue.
type Protection struct {
	ReportPauses app.PauseScope
	MatchCode    []string      // profiles that ask for the code of the binding message
	UnderAttack  []string      // profiles that do while the person is under attack
	Cooling      time.Duration // of a new device, before it may approve payments

	// of the code in a message, by profile; the empty name is for the others
	CodePatterns      map[string]*regexp.Regexp
	RefuseWithoutCode bool // what lacks the code that is asked for is cancelled, not compared
}

// CodeProfiles are the profiles that may ask for the code of a binding message:
// br-data shows none.
func CodeProfiles() []string {
	var out []string
	for _, p := range authz.Profiles() {
		if p.MatchCode {
			out = append(out, p.Name)
		}
	}
	return out
}

// LongestCooling is the longest time that a new device may be kept from
// approving payments.
const LongestCooling = 30 * 24 * time.Hour

// NoticeLimit is how many notices a person gets in a window.
type NoticeLimit struct {
	Notices int
	Window  time.Duration
}

func (s *Settings) notices(c *Config, f *faults) {
	for _, text := range s.PersonNotices {
		count, window, _ := strings.Cut(text, "/")
		n, err := strconv.Atoi(count)
		d, err2 := time.ParseDuration(window)
		if err != nil || err2 != nil || n < 1 || n > 1000 || d < time.Minute || d > 7*24*time.Hour {
			f.add("ASSENT_PERSON_NOTICES: %q is not a number from 1 to 1000 and a time from 1m to 168h (7 days), such as 10/10m",
				text)
			continue
		}
		c.PersonNotices = append(c.PersonNotices, NoticeLimit{n, d})
	}
	if len(s.PersonNotices) == 0 {
		f.add("ASSENT_PERSON_NOTICES: set at least one limit, such as 10/10m")
	}
}

// codePatterns compiles the patterns of codes: the one of the setting, and those
// of the file's table match_code_patterns.
func (s *Settings) codePatterns(c *Config, f *faults) {
	add := func(name, profile, text string) {
		p, err := regexp.Compile(text)
		switch {
		case err != nil:
			f.add("%s: %v", name, err)
			return
		case p.NumSubexp() == 0:
			f.add("%s: %q has no group (…) around the code", name, text)
			return
		case c.Protection.CodePatterns == nil:
			c.Protection.CodePatterns = map[string]*regexp.Regexp{}
		}
		c.Protection.CodePatterns[profile] = p
	}
	if s.MatchCodePattern != "" {
		add("ASSENT_MATCH_CODE_PATTERN", "", s.MatchCodePattern)
	}
	for profile, text := range s.patterns {
		name := "match_code_patterns." + profile
		if !slices.Contains(CodeProfiles(), profile) {
			f.add("%s: %q is not %s", name, profile, strings.Join(CodeProfiles(), ", "))
			continue
		}
		add(name, profile, text)
	}
}

func (s *Settings) protection(c *Config, f *faults) {
	s.notices(c, f)
	c.Protection = Protection{
		ReportPauses: app.PauseScope(s.ReportPauses),
		MatchCode:    s.MatchCode,
		UnderAttack:  s.MatchCodeUnderAttack,
	}
	c.Protection.RefuseWithoutCode = oneOf(f, "ASSENT_MATCH_CODE_MISSING", s.MatchCodeMissing, "compare",
		"refuse") == "refuse"
	s.codePatterns(c, f)
	var err error
	if c.Protection.Cooling, err = time.ParseDuration(s.Cooling); err != nil || c.Protection.Cooling < 0 ||
		c.Protection.Cooling > LongestCooling {
		f.add("ASSENT_COOLING: %q is not a time from 0s to 720h (30 days)", s.Cooling)
	}
	for name, list := range map[string][]string{
		"ASSENT_MATCH_CODE":              s.MatchCode,
		"ASSENT_MATCH_CODE_UNDER_ATTACK": s.MatchCodeUnderAttack,
	} {
		for _, profile := range list {
			if !slices.Contains(CodeProfiles(), profile) {
				f.add("%s: %q is not %s", name, profile, strings.Join(CodeProfiles(), ", "))
			}
		}
	}
	for _, profile := range s.MatchCode {
		if slices.Contains(s.MatchCodeUnderAttack, profile) {
			f.add("ASSENT_MATCH_CODE_UNDER_ATTACK: %s always asks for the code by ASSENT_MATCH_CODE; name it in one of the two",
				profile)
		}
	}
}

func (s *Settings) fourEyes(c *Config, f *faults) {
	for _, name := range s.FourEyes {
		if !slices.Contains(app.Areas, app.Area(name)) {
			f.add("ASSENT_FOUR_EYES: %q is not enrolment, identifiers, owners or settings", name)
		}
		c.FourEyes = append(c.FourEyes, app.Area(name))
	}
}
