package slip

import (
	"assent/app/authz"
	"assent/app/i18n"
)

// Profile is how the requests of some kinds are presented, with the words of the
// two answers. Those are distinguished by their words and their place alone, so
// they are a pair of like weight.
type Profile struct {
	authz.Profile
	Approve i18n.Key
	Deny    i18n.Key
}

// ProfileOf is the profile of a kind's requests.
func ProfileOf(k authz.Kind) Profile {
	return Profile{Profile: k.Row().Profile, Approve: "request.approve", Deny: "request.deny"}
}
