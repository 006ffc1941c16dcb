package app

// PersonState tells whether a person may use the service.
type PersonState string

// The states of a person.
const (
	PersonActive    PersonState = "active"
	PersonSuspended PersonState = "suspended"
)

// Standing tells whether a person can be asked.
type Standing string

// The standings.
const (
	StandingBare    Standing = "none"  // no device that can sign
	StandingUnheard Standing = "deaf"  // devices that can, and none is notified
	StandingReady   Standing = "ready" // a device that can sign and is notified
)

// Person is someone whom ACP may ask to authenticate.
type Person struct {
	ID        string      `db:"id"`
	Name      string      `db:"name"`
	State     PersonState `db:"state"`
	Lang      string      `db:"lang"` // BCP 47, empty until chosen
	Zone      string      `db:"zone"` // IANA time zone, empty until known
	CreatedAt Instant     `db:"created_at"`
	PausedAt  Instant     `db:"paused_at"` // a report paused requests of theirs; 0 otherwise
	// Which requests that pause is about; see Paused.
	PauseScope PauseScope `db:"pause_scope"`
	ErasedAt   Instant    `db:"erased_at"` // name and identifiers are gone, what was audited stays; 0 otherwise
}

// Invitation is a link that lets a person set up one device. Only the hash of
// its token is kept.
type Invitation struct {
	ID        string  `db:"id"`
	PersonID  string  `db:"person_id"`
	CreatedAt Instant `db:"created_at"`
	ExpiresAt Instant `db:"expires_at"`
	UsedAt    Instant `db:"used_at"`
	EndedAt   Instant `db:"ended_at"` // replaced by a newer one, or revoked

	ApprovedBy string    `db:"approved_by"` // the person's device that gave the link; empty for an administrator's
	MadeBy     string    `db:"made_by"`     // the administrator who made it; empty for the command line and a device
	CodeBy     CodeMaker `db:"code_by"`     // who must make its code, as decided when it was made
	Replaces   string    `db:"replaces"`    // the device that ends once the new one is set up

	Letter         bool    `db:"letter"`          // went into a letter: needs an activation code
	Activation     string  `db:"activation"`      // of the browser that gave one; see Activated
	ActivatedUntil Instant `db:"activated_until"` // in that browser
}

// Check tells why an invitation can't be used at now, or nil.
func (i Invitation) Check(now Instant) error {
	switch {
	case i.UsedAt != 0:
		return ErrInvitationUsed
	case i.EndedAt != 0, i.ExpiresAt <= now:
		return ErrInvitationEnded
	}
	return nil
}

// IdentifierKind sorts the names by which ACP may call a person.
type IdentifierKind string

// The kinds of identifier. CPF is the Brazilian taxpayer number of a natural
// person; subject is the OpenID Connect sub.
const (
	Username IdentifierKind = "username"
	Email    IdentifierKind = "email"
	Phone    IdentifierKind = "phone"
	Subject  IdentifierKind = "subject"
	CPF      IdentifierKind = "cpf"
	Customer IdentifierKind = "customer"
)

// IdentifierKinds are all kinds, in the order in which people read them.
var IdentifierKinds = []IdentifierKind{Username, Email, Phone, Subject, CPF, Customer}

// Identifier is one name of a person: Value as it was entered, Norm as it is
// compared. Norm is unique within its kind.
type Identifier struct {
	Kind  IdentifierKind `db:"kind"`
	Value string         `db:"value"`
	Norm  string         `db:"norm"`
}

// Same tells whether i and other are one identifier, however it is written.
func (i Identifier) Same(other Identifier) bool { return i.Kind == other.Kind && i.Norm == other.Norm }

// IdentifierRefusal says which identifier is refused, and why: its Refusal is
// ErrIdentifierTaken, ErrIdentifierPoses, ErrIdentifierMistaken or ErrIdentifierMoves.
type IdentifierRefusal struct {
	Refusal    *Error
	Identifier Identifier
	As         IdentifierKind // what it poses as, or the kind of the other person's
}

// Error implements error.
func (e *IdentifierRefusal) Error() string {
	s := string(e.Identifier.Kind) + ":" + e.Identifier.Value + ": " + e.Refusal.Error()
	if e.As != "" {
		s += " (" + string(e.As) + ")"
	}
	return s
}

// Unwrap gives the refusal.
func (e *IdentifierRefusal) Unwrap() error { return e.Refusal }

// IdentifierMove is that an identifier was given to a person soon after another
// one had it. It names no person until EndsAt.
type IdentifierMove struct {
	ID      string         `db:"id"`
	Kind    IdentifierKind `db:"kind"`
	From    string         `db:"from_person"`
	To      string         `db:"to_person"`
	MovedAt Instant        `db:"moved_at"`
	EndsAt  Instant        `db:"ends_at"`
	EndedAt Instant        `db:"ended_at"` // that is over, or the identifier was taken away before; 0 otherwise
}
