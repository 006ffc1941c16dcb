package page

import (
	"strings"

	"assent/app"
	"assent/app/i18n"
)

// Identifier is one name of a person, as little of it shown as they need to
// recognise it: an enrolment link may have reached the wrong hands.
type Identifier struct {
	Kind  app.IdentifierKind
	Value string // unmasked; the page masks it
}

var identifierNames = map[app.IdentifierKind]i18n.Key{
	app.Username: "identifier.username",
	app.Email:    "identifier.email",
	app.Phone:    "identifier.phone",
	app.Subject:  "identifier.subject",
	app.CPF:      "identifier.cpf",
	app.Customer: "identifier.customer",
}

func (i Identifier) label(w i18n.Words) string {
	if k, ok := identifierNames[i.Kind]; ok {
		return w.T(k)
	}
	return w.T("identifier.subject")
}

// Masked is the identifier with all but its recognisable parts hidden: an
// email keeps its first letter and its domain, a CPF the middle as banks in
// Brazil print it (***.456.789-**), the rest their last characters.
func (i Identifier) Masked() string {
	switch i.Kind {
	case app.Email:
		local, domain, ok := strings.Cut(i.Value, "@")
		if ok && local != "" {
			return string([]rune(local)[:1]) + "•••@" + domain
		}
	case app.CPF:
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, i.Value)
		if len(digits) == 11 {
			return "***." + digits[3:6] + "." + digits[6:9] + "-**"
		}
	case app.Username:
		r := []rune(i.Value)
		if len(r) > 3 {
			return string(r[:2]) + "•••" + string(r[len(r)-1:])
		}
	}
	r := []rune(i.Value)
	keep := min(4, len(r)/3)
	return "•••" + string(r[len(r)-keep:])
}
