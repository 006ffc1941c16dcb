package authz

import "slices"

// Profile is how the requests of some kinds are presented: facts of each
// country's rules, as data.
type Profile struct {
	Name      string // as settings write it
	Words     string // key of its name in the console's settings; empty where no code can be asked for
	Message   bool   // the binding message is shown
	MatchCode bool   // a policy may ask for a match code
	TellApart bool   // two of one client that wait at once ask for the codes of their messages, whatever the policy
	AllTicked bool   // accounts to share start ticked
	Links     bool   // links to the requester's terms and policies may stand on the page
	Lang      string // the page's language where neither person nor browser names one
	Zone      string // the person's time zone where none is known
}

const (
	british, london     = "en-GB", "Europe/London"
	brazilian, saoPaulo = "pt-BR", "America/Sao_Paulo"
)

// The profiles.
var (
	profileRegular = Profile{Name: "regular", Words: "admin.settings.profile.regular",
		Message: true, MatchCode: true, TellApart: true, Links: true, Lang: british, Zone: london}
	profileUKAccounts = Profile{Name: "uk-accounts", Words: "admin.settings.profile.uk_accounts",
		Message: true, MatchCode: true, Links: true, Lang: british, Zone: london}
	profileUKPayment = Profile{Name: "uk-payment", Words: "admin.settings.profile.uk_payment",
		Message: true, MatchCode: true, Links: true, Lang: british, Zone: london}
	profileBRData    = Profile{Name: "br-data", AllTicked: true, Lang: brazilian, Zone: saoPaulo}
	profileBRPayment = Profile{Name: "br-payment", Words: "admin.settings.profile.br_payment",
		Message: true, MatchCode: true, Lang: brazilian, Zone: saoPaulo}
	profileTest    = Profile{Name: "test", Lang: british, Zone: london}
	profileUnknown = Profile{Name: "unknown", Message: true, Links: true, Lang: british, Zone: london}
)

// Profiles are those of the kinds in the table, in its order, each once.
func Profiles() []Profile {
	var out []Profile
	for _, r := range kinds {
		if !slices.Contains(out, r.Profile) {
			out = append(out, r.Profile)
		}
	}
	return out
}
