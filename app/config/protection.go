package config

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Protection is the policy against fraud and fatigue.
type Protection struct {
	ReportPauses bool
	MatchCode    []string      // profiles that ask for the code of the binding message
	UnderAttack  []string      // profiles that do while the person is under attack
	Cooling      time.Duration // of a new device, before it may approve payments
}

// codeProfiles are those that may ask for a code: br-data shows no binding message.
var codeProfiles = []string{"regular", "uk-accounts", "uk-payment", "br-payment"}

// CodeProfiles are the profiles that may ask for the code of a binding message.
func CodeProfiles() []string { return slices.Clone(codeProfiles) }

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
			f.add("ASSENT_PERSON_NOTICES: %q is not a number from 1 to 1000 and a time from 1m to 168h (7 days), such as 10/10m", text)
			continue
		}
		c.PersonNotices = append(c.PersonNotices, NoticeLimit{n, d})
	}
	if len(s.PersonNotices) == 0 {
		f.add("ASSENT_PERSON_NOTICES: set at least one limit, such as 10/10m")
	}
}

func (s *Settings) protection(c *Config, f *faults) {
	s.notices(c, f)
	c.Protection = Protection{ReportPauses: s.ReportPauses, MatchCode: s.MatchCode, UnderAttack: s.MatchCodeUnderAttack}
	var err error
	if c.Protection.Cooling, err = time.ParseDuration(s.Cooling); err != nil || c.Protection.Cooling < 0 || c.Protection.Cooling > LongestCooling {
		f.add("ASSENT_COOLING: %q is not a time from 0s to 720h (30 days)", s.Cooling)
	}
	for name, list := range map[string][]string{"ASSENT_MATCH_CODE": s.MatchCode, "ASSENT_MATCH_CODE_UNDER_ATTACK": s.MatchCodeUnderAttack} {
		for _, profile := range list {
			if !slices.Contains(codeProfiles, profile) {
				f.add("%s: %q is not %s", name, profile, strings.Join(codeProfiles, ", "))
			}
		}
	}
	for _, profile := range s.MatchCode {
		if slices.Contains(s.MatchCodeUnderAttack, profile) {
			f.add("ASSENT_MATCH_CODE_UNDER_ATTACK: %s always asks for the code by ASSENT_MATCH_CODE; name it in one of the two", profile)
		}
	}
}
