package slip

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"assent/app"
	"assent/app/authz"
)

// Sheet is all that a person is shown of a request before deciding, in the
// product's terms. Its digest is what an approval is held against: a field
// that isn't in here must not be shown, and one that is must be.
type Sheet struct {
	RequestID string     `json:"request"`
	Ref       string     `json:"ref"`
	Kind      authz.Kind `json:"kind"`
	Client    Client     `json:"client"`
	Message   string     `json:"message"` // binding message, as it came
	// the person types the message's code instead of comparing it
	AskCode        bool             `json:"ask_code,omitempty"`
	Scopes         []Scope          `json:"scopes"`
	Implicit       []string         `json:"implicit,omitempty"` // granted without being asked for, by ACP's own rule
	Claims         []string         `json:"claims"`             // asked for; which of them are granted, the ticks say
	VerifiedClaims []string         `json:"verified_claims"`
	Authorization  []map[string]any `json:"authorization"` // RFC 9396 authorization_details
	ACR            []string         `json:"acr"`
	ServerID       string           `json:"server"`
	Consent        *authz.Consent   `json:"consent,omitempty"`
	Accounts       *Accounts        `json:"accounts,omitempty"` // nil where none are needed
	Hints          []Hint           `json:"hints,omitempty"`
	StartedAt      app.Instant      `json:"started_at"`
	ExpiresAt      app.Instant      `json:"expires_at"`
	Other          map[string]any   `json:"other,omitempty"` // what ACP said and isn't known here
	// LeftOut is, of a sheet with only what was granted, what else could have
	// been: the person unticked it.
	LeftOut *Sheet `json:"-"`
}

// Pays tells whether approving the sheet moves money.
func (sh *Sheet) Pays() bool {
	return sh.Kind.Pays()
}

// Client is who asks.
type Client struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	URI         string `json:"uri"`
	Host        string `json:"host"` // of URI
	PolicyURI   string `json:"policy_uri"`
	TosURI      string `json:"tos_uri"`
}

// Scope is one requested scope that may be granted and is not granted unasked.
type Scope struct {
	Grant       string   `json:"grant"` // the name to grant: the dynamic form where there is one
	Name        string   `json:"name"`
	DisplayName string   `json:"display_name"`
	Description string   `json:"description"`
	Service     string   `json:"service"`
	Params      []string `json:"params,omitempty"`
	Optional    bool     `json:"optional"` // the person may leave it out
}

// Accounts are the accounts that an approval is about.
type Accounts struct {
	Many  bool         `json:"many"`  // a data consent: any number of them, at least one; otherwise the one to pay from
	Fixed bool         `json:"fixed"` // the consent names the one, and List holds just that
	List  []AccountRow `json:"list"`
}

// AccountRow is one account that may be chosen, or can't be and why.
type AccountRow struct {
	Account app.Account `json:"account"` // its balance is shown, and is no part of the digest
	Usable  bool        `json:"usable"`
}

// Digest gives the sheet as JSON and the SHA-256 of it in hexadecimal. A
// balance changes by itself and is left out of both.
func (sh *Sheet) Digest() (text, digest string, err error) {
	bare := *sh
	if sh.Accounts != nil {
		accounts := *sh.Accounts
		accounts.List = nil
		for _, row := range sh.Accounts.List {
			row.Account.Balance = ""
			accounts.List = append(accounts.List, row)
		}
		bare.Accounts = &accounts
	}
	b, err := json.Marshal(bare)
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256(b)
	return string(b), hex.EncodeToString(sum[:]), nil
}

// Hint is a neutral remark about a payment, from the person's own history.
type Hint struct {
	Kind  HintKind     `json:"kind"`
	Money *authz.Money `json:"money,omitempty"` // the largest so far
}

// HintKind names a remark.
type HintKind string

// The remarks.
const (
	FirstPayee    HintKind = "first_payee"    // the person hasn't paid this payee from here before
	LargestAmount HintKind = "largest_amount" // more than anything that they paid from here lately
)
