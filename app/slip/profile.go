package slip

import (
	"assent/app/authz"
	"assent/app/i18n"
)

// Profile is how the requests of some kinds are presented: facts of each
// country's rules, as data.
type Profile struct {
	Name      string // regular, uk-accounts, uk-payment, br-data, br-payment, test
	Message   bool   // the binding message is shown
	MatchCode bool   // a policy may ask for a match code
	TellApart bool   // two of one client that wait at once ask for the codes of their messages, whatever the policy
	AllTicked bool   // accounts to share start ticked
	Links     bool   // links to the requester's terms and policies may stand on the page
	Lang      string // the page's language where neither person nor browser names one
	Zone      string // the person's time zone where none is known
	Approve   i18n.Key
	Deny      i18n.Key
}

// The profiles. Approve and Deny are told apart by their words and their place
// alone, so each profile has a pair of like weight.
var (
	regular = Profile{Name: "regular", Message: true, MatchCode: true, TellApart: true, Links: true,
		Lang: "en-GB", Zone: "Europe/London", Approve: "request.approve", Deny: "request.deny"}
	test       = Profile{Name: "test", Lang: "en-GB", Zone: "Europe/London", Approve: "request.approve", Deny: "request.deny"}
	ukAccounts = Profile{Name: "uk-accounts", Message: true, MatchCode: true, Links: true,
		Lang: "en-GB", Zone: "Europe/London", Approve: "request.approve", Deny: "request.deny"}
	ukPayment = Profile{Name: "uk-payment", Message: true, MatchCode: true, Links: true,
		Lang: "en-GB", Zone: "Europe/London", Approve: "request.approve", Deny: "request.deny"}
	brData = Profile{Name: "br-data", AllTicked: true,
		Lang: "pt-BR", Zone: "America/Sao_Paulo", Approve: "request.approve", Deny: "request.deny"}
	brPayment = Profile{Name: "br-payment", Message: true, MatchCode: true,
		Lang: "pt-BR", Zone: "America/Sao_Paulo", Approve: "request.approve", Deny: "request.deny"}
)

// ProfileOf is the profile of a kind's requests.
func ProfileOf(k authz.Kind) Profile {
	switch k {
	case authz.Regular, "":
		return regular
	case Test:
		return test
	case authz.UKAccountAccess:
		return ukAccounts
	case authz.BRData:
		return brData
	case authz.BRPayment:
		return brPayment
	}
	return ukPayment
}
