package authz

import (
	"time"

	"assent/app"
)

// Login names a login session at the authorization server.
type Login struct {
	Kind     Kind
	ID       string
	State    string // login_state: echoed on every call, never logged
	ServerID string // workspace
	// ConsentID is the consent's own id, as far as the start named it. Brazil's
	// consents are read by it.
	ConsentID string
}

// Grant is what a person granted. Claims and VerifiedClaims are nil where none
// were asked for, which leaves them out of what the server is told; empty says that
// of those asked for none was granted.
type Grant struct {
	Scopes         []string
	Claims         []string
	VerifiedClaims []string
	// AccountIDs are the accounts of the directory that a consent is granted
	// for: those to share, or the one to pay from.
	AccountIDs []string
	// Debtor is the account to pay from, for a Brazilian payment that came
	// without one; nil otherwise.
	Debtor *app.AccountRef
}

// Rejection says why a login is rejected.
type Rejection struct {
	Why         Why    // sorts it for Brazil; empty is Technical
	Cause       string // a word for machines
	Description string // a sentence for engineers
}

// Why sorts the reasons of a rejection as Open Finance Brasil does.
type Why string

// The reasons.
const (
	ByPerson         Why = "by person"          // they said no
	Security         Why = "security"           // it isn't theirs to answer, or looks like fraud
	Technical        Why = "technical"          // it can't be served
	AccountCannotPay Why = "account cannot pay" // the account to pay from isn't theirs, or not for this
	Balance          Why = "balance"            // not enough on it
)

// Hint is what a start says of its kind.
type Hint struct {
	ConsentType string // consent_type of the payload, if any
	ConsentID   string // the intent id, however it came; empty for a plain login
	Scopes      []string
	Workspace   string // what the workspace is set to be: obuk, obbr; anything else says nothing
	Login       Login  // to ask by; its Kind is what is sought
}

// ConsentOwner says whose a Brazilian consent is.
type ConsentOwner struct {
	CPF       string // digits only
	CNPJ      string // of the company, without punctuation; empty for a person's own
	Kind      Kind   // empty where the server has no calls for the consent
	Version   string // v1, v2, ...
	ExpiresAt time.Time
}
