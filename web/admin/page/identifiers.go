package page

import (
	"assent/app"
	"assent/app/i18n"
)

// Mistakable lists identifiers that could be taken for others.
type Mistakable struct {
	List []MistakableRow
}

// MistakableRow is one of them: a user name or customer number that poses as
// something else, or one that a hint could mean as well as another person's.
type MistakableRow struct {
	Identifier           app.Identifier
	PersonID, Person     string
	PosesAs              app.IdentifierKind
	Other                app.Identifier
	OtherID, OtherPerson string
}

// poses words as what each kind could be taken.
var poses = map[app.IdentifierKind]i18n.Key{
	app.Email: "admin.people.poses_email", app.Phone: "admin.people.poses_phone", app.CPF: "admin.people.poses_cpf",
}

// Refused says why a person may not have an identifier.
func Refused(w i18n.Words, r *app.IdentifierRefusal) string {
	value := string(r.Identifier.Kind) + ":" + i18n.Plain(r.Identifier.Value)
	switch r.Refusal.Code {
	case app.ErrIdentifierTaken.Code:
		return Taken(w, r.Identifier.Kind)
	case app.ErrIdentifierPoses.Code:
		return w.T("admin.people.poses_fault", "value", value, "as", w.T(poses[r.As]))
	}
	return w.T("admin.people.mistakable_fault", "value", value)
}
