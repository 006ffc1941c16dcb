package emulator

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
)

// readClaims reads the claims parameter (OpenID Connect Core 5.5): the names that are asked for in the ID token and at
// userinfo, and those of verified_claims (OpenID Connect for Identity Assurance).
func readClaims(param string) (claims, verified []string, err error) {
	if param == "" {
		return nil, nil, nil
	}
	var parts map[string]map[string]json.RawMessage
	if json.Unmarshal([]byte(param), &parts) != nil {
		return nil, nil, errors.New("it is not an object of id_token and userinfo")
	}
	for _, where := range []string{"id_token", "userinfo"} {
		for _, name := range slices.Sorted(maps.Keys(parts[where])) {
			if name != "verified_claims" {
				claims = append(claims, name)
				continue
			}
			var set VerifiedClaimSet
			if json.Unmarshal(parts[where][name], &set) != nil || len(set.Claims) == 0 {
				return nil, nil, errors.New("verified_claims has no claims")
			}
			verified = slices.AppendSeq(verified, maps.Keys(set.Claims))
		}
	}
	slices.Sort(verified)
	return claims, verified, nil
}

// ask adds claims that are asked for by themselves.
func (d *SessionDetails) ask(claims, verified []string) {
	for _, name := range claims {
		if !slices.Contains(d.ClaimsToConsent, name) {
			d.ClaimsToConsent = append(d.ClaimsToConsent, name)
		}
	}
	if len(verified) == 0 {
		return
	}
	set := &VerifiedClaimSet{Claims: map[string]map[string]any{}}
	for _, name := range verified {
		set.Claims[name] = nil
	}
	d.VerifiedClaims = &VerifiedClaims{UserInfo: set}
}
