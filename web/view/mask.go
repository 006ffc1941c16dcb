package view

import (
	"strings"

	"assent/app"
)

// MaskIdentifier is an identifier with all but its recognisable parts hidden: an
// email keeps its first letter and its domain, a CPF the middle as banks in
// Brazil print it (***.456.789-**), the rest their last characters.
func MaskIdentifier(kind app.IdentifierKind, value string) string {
	switch kind {
	case app.Email:
		local, domain, ok := strings.Cut(value, "@")
		if ok && local != "" {
			return string([]rune(local)[:1]) + "•••@" + domain
		}
	case app.CPF:
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, value)
		if len(digits) == 11 {
			return "***." + digits[3:6] + "." + digits[6:9] + "-**"
		}
	case app.Username:
		r := []rune(value)
		if len(r) > 3 {
			return string(r[:2]) + "•••" + string(r[len(r)-1:])
		}
	}
	r := []rune(value)
	keep := min(4, len(r)/3)
	return "•••" + string(r[len(r)-keep:])
}

// MaskName hides all of a name but the first letter of each word.
func MaskName(name string) string {
	var out []string
	for word := range strings.FieldsSeq(name) {
		out = append(out, string([]rune(word)[:1])+"•••")
	}
	return strings.Join(out, " ")
}
