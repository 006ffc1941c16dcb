package slip

import (
	"assent/app/i18n"
)

// Profile is how the requests of some kinds are presented: facts of each
// country's rules, as data.
type Profile struct {
	Name      string // regular, uk-accounts, uk-payment, br-data, br-payment
	Message   bool   // the binding message is shown
	MatchCode bool   // a policy may ask for a match code
	AllTicked bool   // accounts to share start ticked
	Links     bool   // links to the requester's terms and policies may stand on the page
	Lang      string // the page's language where neither person nor browser names one
	Zone      string // the person's time zone where none is known
	Approve   i18n.Key
	Deny      i18n.Key
}
