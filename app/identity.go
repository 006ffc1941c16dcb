package app

// IdentityChange is a change of a person's identifiers, or of the companies that
// they act for, as the audit names it.
type IdentityChange string

// The changes.
const (
	IdentifierAdded    IdentityChange = "identifier.add"
	IdentifierRemoved  IdentityChange = "identifier.remove"
	IdentifierReplaced IdentityChange = "identifier.change"    // by another of its kind
	IdentifierGained   IdentityChange = "identifier.move_to"   // it was another person's until lately
	IdentifierLost     IdentityChange = "identifier.move_from" // another person has it now
	CompanyAdded       IdentityChange = "company.add"
	CompanyRemoved     IdentityChange = "company.remove"
)
