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
	PausedAt  Instant     `db:"paused_at"` // a report paused their requests; 0 otherwise
	ErasedAt  Instant     `db:"erased_at"` // name and identifiers are gone, what was audited stays; 0 otherwise
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

	ApprovedBy string `db:"approved_by"` // the person's device that gave the link; empty for an administrator's
	Replaces   string `db:"replaces"`    // the device that ends once the new one is set up

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
