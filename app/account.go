package app

// AccountKind tells accounts from cards.
type AccountKind string

// The kinds of account.
const (
	AccountBank AccountKind = "account"
	AccountCard AccountKind = "card"
)

// AccountKinds lists the kinds.
var AccountKinds = []AccountKind{AccountBank, AccountCard}

// AccountRef says which account is meant, in the terms of either country: a
// scheme and an identification in the UK (UK.OBIE.SortCodeAccountNumber,
// UK.OBIE.IBAN, ...), ISPB, branch (issuer) and number in Brazil.
type AccountRef struct {
	Scheme         string `db:"scheme" json:"scheme,omitempty"`
	Identification string `db:"identification" json:"identification,omitempty"`
	// such as a roll number
	SecondaryIdentification string `db:"secondary_identification" json:"secondary_identification,omitempty"`
	ISPB                    string `db:"ispb" json:"ispb,omitempty"`
	Issuer                  string `db:"issuer" json:"issuer,omitempty"`
	Number                  string `db:"number" json:"number,omitempty"`
	AccountType             string `db:"account_type" json:"account_type,omitempty"` // CACC, SVGS, TRAN, ...
	// as the consent or the directory has it
	Name string `db:"name" json:"name,omitempty"`
}

// Account is one account or card of a person, as the bank's directory has it.
type Account struct {
	AccountRef
	ID       string      `db:"id" json:"id"`                     // of the directory: what ACP is told
	Company  string      `db:"company" json:"company,omitempty"` // CNPJ whose account it is; empty: the person's own
	Kind     AccountKind `db:"kind" json:"kind"`
	Currency string      `db:"currency" json:"currency,omitempty"` // ISO 4217
	Balance  string      `db:"balance" json:"balance,omitempty"`   // a decimal; empty when unknown
	// Unpayable is why nothing can be paid from it, in the bank's words; empty
	// where it can pay.
	Unpayable string `db:"unpayable" json:"unpayable,omitempty"`
	// Joint tells whether others hold the account too.
	Joint bool `db:"joint" json:"joint,omitempty"`
}
