package page

import (
	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
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

// Masked is the identifier as far as its owner needs it to recognise it.
func (i Identifier) Masked() string { return view.MaskIdentifier(i.Kind, i.Value) }
