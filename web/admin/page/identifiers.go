package page

import (
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
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

// IdentifierMove is that an identifier was given to a person soon after another
// one had it.
type IdentifierMove struct {
	Kind         app.IdentifierKind
	FromID, From string
	ToID, To     string
	At, Ends     time.Time
	Over         bool // it names the person now
	Back         bool // it was taken away before it did
}

// state is how it stands with a move.
func (m IdentifierMove) state(f Frame) (view.State, string) {
	switch {
	case m.Back:
		return view.Ended, f.Words.T("admin.overview.move_back")
	case m.Over:
		return view.Approved, f.Words.T("admin.overview.move_over")
	}
	return view.Waiting, f.Words.T("admin.people.moving_until", "when", f.Words.Deadline(m.Ends, f.Now))
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
	case app.ErrIdentifierMoves.Code:
		return w.T("admin.people.moves_fault", "value", value)
	case app.ErrIdentifierPoses.Code:
		return w.T("admin.people.poses_fault", "value", value, "as", w.T(poses[r.As]))
	}
	return w.T("admin.people.mistakable_fault", "value", value)
}
