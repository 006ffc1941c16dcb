package slip

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Text is a request in a person's words: every word and figure of it that a
// page shows, in one language, in the order of the page. It is plain text,
// cleaned of control and bidirectional characters, except for the isolates
// (U+2068, U+2069) that the catalogue itself puts around right-to-left names
// inside a sentence; what came from elsewhere in a language that isn't known
// is marked Foreign.
type Text struct {
	Version     string    `json:"version"` // of the words: changes when the catalogue's do
	Lang        string    `json:"lang"`
	Kind        string    `json:"kind"` // at the head: "Payment", "Sign-in", ...
	Ref         string    `json:"ref"`
	Institution string    `json:"institution"`
	Owner       string    `json:"owner"` // whose request it is
	Requester   Requester `json:"requester"`
	Title       string    `json:"-"` // of the page: "Financroo Ltd asks you to pay"

	// The thing itself. Verb is always there ("asks you to pay"); then the
	// Amount with its Payee, or a Headline ("account details, payments and
	// transactions"), or for a sign-in the message as the largest text.
	Verb     string `json:"verb"`
	Amount   string `json:"amount,omitempty"`
	Payee    string `json:"payee,omitempty"` // "to Ms Ada Quill", name and preposition
	PayeeRaw string `json:"-"`               // the name alone, inside Payee, to be set apart
	// short lines under the headline or payee, such as the company acted for
	Under    []string `json:"under,omitempty"`
	Headline string   `json:"headline,omitempty"` // data sharing

	Message *Message `json:"message,omitempty"` // where the profile shows it and there is one
	// Code is the label of a field for the message's code, which is then to be
	// typed: there is no Message to copy it from.
	Code    string   `json:"code,omitempty"`
	Notices []string `json:"notices,omitempty"` // neutral remarks, such as an indicative exchange rate
	Boxes   []Box    `json:"boxes,omitempty"`   // ruled boxes: payee's account, reference, date, ...
	Groups  []Group  `json:"groups,omitempty"`  // scopes, or the clusters of a data consent
	Choice  *Choice  `json:"choice,omitempty"`  // of accounts
	Details []Box    `json:"details,omitempty"` // folded: dates, ids, and what isn't known here
	Links   []Link   `json:"links,omitempty"`   // the requester's own pages, https only, where the profile allows them

	Sentence string   `json:"sentence"` // what happens on approval
	Figures  []string `json:"-"`        // the parts of Sentence that are set in ink
	Deadline string   `json:"deadline"` // "Answer by 14:32"
	Approve  string   `json:"approve"`  // words of the two answers
	Deny     string   `json:"deny"`
}

// Digest gives the text as JSON, of all that stands for words on the page, and
// the SHA-256 of it in hexadecimal.
func (t Text) Digest() (text []byte, digest string, err error) {
	b, err := json.Marshal(t)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(b)
	return b, hex.EncodeToString(sum[:]), nil
}

// Requester is who asks.
type Requester struct {
	Name string `json:"name"`
	Host string `json:"host,omitempty"` // where it lives on the web
}

// Message is the binding message, to be compared with the other device's.
type Message struct {
	Label string `json:"label"` // says that it comes from the requester and is to be checked
	Text  string `json:"text"`
}

// Box is a label over a value.
type Box struct {
	Label   string `json:"label"`
	Value   string `json:"value"`
	Spoken  string `json:"-"`              // the value for a screen reader where figures need it
	Wide    bool   `json:"-"`              // has a row of its own
	Foreign bool   `json:"-"`              // the value's language is unknown
	Lang    string `json:"-"`              // of a value in another language that is known
	Of      string `json:"-"`              // the fact it shows, for tests: data-testid
	More    string `json:"more,omitempty"` // a second, quieter line, such as "indicative: it may change"
}

// Group is what comes from one service, or one cluster of data.
type Group struct {
	Label string `json:"label"`
	Items []Item `json:"items"`
	// Folded groups open to show their items: the clusters of a data consent.
	Folded bool `json:"-"`
}

// Item is one thing that the requester will get.
type Item struct {
	Title   string   `json:"title"`
	More    string   `json:"more,omitempty"`
	Lines   []string `json:"lines,omitempty"`    // drill-down
	Grant   string   `json:"grant,omitempty"`    // the value of its tick box; empty: it can't be left out
	List    string   `json:"list,omitempty"`     // the list of the choice that the tick belongs to
	LeftOut bool     `json:"left_out,omitempty"` // unticked when the person approved: it isn't given
	Icon    string   `json:"-"`
	Foreign bool     `json:"-"`
}

// Choice is the choice of accounts: several to tick, or one to pay from.
type Choice struct {
	Label    string    `json:"label"`
	Many     bool      `json:"many"`            // tick boxes; otherwise one of them
	Fixed    bool      `json:"fixed,omitempty"` // the consent fixes the one account: nothing to choose
	Accounts []Account `json:"accounts"`
	Note     string    `json:"note,omitempty"`    // such as that new contracts come in by themselves
	Missing  string    `json:"missing,omitempty"` // why nothing can be chosen
}

// Account is one account to choose.
type Account struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Number  string `json:"number"`             // masked, as people know it
	Balance string `json:"-"`                  // for choosing; it changes by itself and isn't signed
	Joint   string `json:"joint,omitempty"`    // that others hold it too
	Why     string `json:"why,omitempty"`      // why it can't be chosen
	LeftOut bool   `json:"left_out,omitempty"` // not chosen when the person approved
	Ticked  bool   `json:"-"`                  // at first
	Card    bool   `json:"-"`
	Spoken  string `json:"-"` // number for a screen reader
}

// Link leads to a page of the requester's.
type Link struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}
