package slip

import (
	"slices"
	"strings"

	"assent/app/i18n"
)

// The lists of a choice that a tick box belongs to.
const (
	TickScopes         = "scopes"
	TickClaims         = "claims"
	TickVerifiedClaims = "verified_claims"
)

// scopeClaims are the claims that each standard scope asks for (OpenID Connect
// Core 5.4; sub, which every ID token has: section 2).
var scopeClaims = map[string][]string{
	"openid": {"sub"},
	"profile": {"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
		"picture",
		"website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"},
	"email":   {"email", "email_verified"},
	"address": {"address"},
	"phone":   {"phone_number", "phone_number_verified"},
}

// StandardScope is the scope that asks for a claim (OpenID Connect Core 5.4);
// empty for a claim that no standard scope asks for.
func StandardScope(claim string) string {
	for scope, claims := range scopeClaims {
		if slices.Contains(claims, claim) {
			return scope
		}
	}
	return ""
}

// follows names the scope, as it is granted, whose tick decides over a claim. A
// claim that follows no scope of the sheet has a tick of its own. A dynamic form
// of a standard scope is another scope.
func (sh *Sheet) follows(claim string) (scope string, ok bool) {
	scope = StandardScope(claim)
	if scope == "" {
		return "", false
	}
	offered := slices.ContainsFunc(sh.Scopes, func(s Scope) bool { return s.Name == scope && s.plain() })
	return scope, offered || slices.Contains(sh.Implicit, scope)
}

// GrantedClaims are the claims that go with the granted scopes, and those of the
// others that were ticked. It is nil where none were asked for.
func (sh *Sheet) GrantedClaims(scopes, ticked []string) []string {
	if sh.banking() {
		return nil // ACP takes none with a consent
	}
	return picked(sh.Claims, func(claim string) bool {
		if scope, ok := sh.follows(claim); ok {
			return slices.Contains(scopes, scope)
		}
		return slices.Contains(ticked, claim)
	})
}

// GrantedVerifiedClaims are the verified claims that were ticked. It is nil
// where none were asked for.
func (sh *Sheet) GrantedVerifiedClaims(ticked []string) []string {
	if sh.banking() {
		return nil
	}
	return picked(sh.VerifiedClaims, func(claim string) bool { return slices.Contains(ticked, claim) })
}

func picked(list []string, take func(string) bool) []string {
	if list == nil {
		return nil
	}
	out := []string{}
	for _, one := range list {
		if take(one) {
			out = append(out, one)
		}
	}
	return out
}

// standardClaims are the claims of OpenID Connect Core 5.1 and those of the
// banking profiles that have a plain name.
var standardClaims = map[string]i18n.Key{
	"sub": "claim.sub", "name": "claim.name", "given_name": "claim.given_name", "family_name": "claim.family_name",
	"middle_name": "claim.middle_name", "nickname": "claim.nickname", "preferred_username": "claim.preferred_username",
	"profile": "claim.profile", "picture": "claim.picture", "website": "claim.website", "email": "claim.email",
	"email_verified":        "claim.email_verified",
	"gender":                "claim.gender",
	"birthdate":             "claim.birthdate",
	"zoneinfo":              "claim.zoneinfo",
	"locale":                "claim.locale",
	"phone_number":          "claim.phone_number",
	"phone_number_verified": "claim.phone_number_verified",
	"address":               "claim.address",
	"updated_at":            "claim.updated_at",
	"cpf":                   "claim.cpf",
	"cnpj":                  "claim.cnpj",
	"nationalities":         "claim.nationalities", "place_of_birth": "claim.place_of_birth",
}

// claimWords words claims as one line; an unknown one shows by its code, never dropped.
func (x *writer) claimWords(claims []string) string {
	out := make([]string, 0, len(claims))
	for _, c := range claims {
		if key, ok := standardClaims[c]; ok {
			out = append(out, x.w.T(key))
		} else if c = i18n.Plain(c); c != "" {
			out = append(out, c)
		}
	}
	return capital(strings.Join(out, ", "))
}

// released words the claims that go with a standard scope; nothing where the
// scope's own words say as much.
func (x *writer) released(scope string) []string {
	claims := x.following(scope)
	if len(claims) == 1 && scope != "profile" && claims[0] == scopeClaims[scope][0] {
		return nil
	}
	return []string{x.claimWords(claims)}
}

// following are the claims that ACP names and that go with a standard scope.
func (x *writer) following(scope string) []string {
	var out []string
	for _, c := range x.sh.Claims {
		if follows, ok := x.sh.follows(c); ok && follows == scope {
			out = append(out, c)
		}
	}
	return out
}

// claimItems are the rows of the claims that go with no scope that has a row:
// each with its tick, or without one where the scope is granted unasked. Then
// come the verified claims (OpenID Connect for Identity Assurance).
func (x *writer) claimItems() []Item {
	var out []Item
	row := func(claim string) Item {
		it := Item{Title: i18n.Plain(claim), Icon: "person", Foreign: true}
		if key, known := standardClaims[claim]; known {
			it.Title, it.Foreign = capital(x.w.T(key)), false
		}
		if std, ok := standardScopes[StandardScope(claim)]; ok {
			it.Icon = std.icon
		}
		return it
	}
	for _, claim := range x.sh.Claims {
		scope, ok := x.sh.follows(claim)
		if ok && !slices.Contains(x.sh.Implicit, scope) {
			continue // on the scope's row
		}
		it := row(claim)
		if !ok {
			it.Grant, it.List = claim, TickClaims
		}
		out = append(out, it)
	}
	for _, claim := range x.sh.VerifiedClaims {
		it := row(claim)
		it.More, it.Grant, it.List = x.w.T("request.checked"), claim, TickVerifiedClaims
		out = append(out, it)
	}
	return out
}
