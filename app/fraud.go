package app

// Mute is a client that a person isn't notified of until then.
type Mute struct {
	ClientID   string  `db:"client_id"`
	ClientName string  `db:"client_name"`
	Until      Instant `db:"until"`
}

// Payment is what an approval pays, as far as later ones are compared with it.
type Payment struct {
	PayeeHash string `db:"payee_hash"` // of the payee's account
	Company   string `db:"company"`    // CNPJ that pays; empty: the person
	Currency  string `db:"currency"`
	Amount    string `db:"amount"` // a decimal
}

// Paid is what a person approved to pay before, for themselves or for one company.
type Paid struct {
	Payee   bool     // this payee, at any time
	Amounts []string // decimals in this currency, lately, newest first
}
