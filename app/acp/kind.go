package acp

import (
	"slices"

	"assent/app/authz"
)

// kind is one row of the table: all that differs between kinds.
type kind struct {
	name  authz.Kind
	scope string // of the token
	// base is where the kind lives under its root; {login} stands for the
	// login's id. Accept and reject are posted under it.
	base string
	// consentTypes are the spellings in a start payload, lower-case letters only.
	consentTypes []string
	// accept gives the body of an accept in each layout that carries the kind.
	accept map[Layout]func(authz.Login, authz.Grant) any
	// reasons are the codes of a rejection where ACP takes one.
	reasons map[authz.Why]string
	// versions are what an answer may hold, the newest first. A plain login
	// has none: it carries no consent.
	versions []version
}

// version is one form of a kind's consent.
type version struct {
	name    string // Brazil: v1, v2, ...
	member  string // of the answer
	details string // where it is read by login, {login} as above; empty where it can't be
	system  bool   // LayoutSystem carries it too
	mapping mapping
}

const (
	grantScope   = "manage_scope_grants"
	consentScope = "manage_openbanking_consents"
)

// kinds is the table. Its order is the one in which the types of a UK consent
// are asked for.
var kinds = slices.Concat([]kind{{
	name: authz.Regular, scope: grantScope, base: "/scope-grants/{login}",
	accept: everywhere(acceptScopeGrant),
}}, ukKinds, brazilKinds)

// notCarried are the kinds that no server carries.
var notCarried = map[authz.Kind]string{
	authz.Test: "an administrator sends it, and the answer stays here",
}

// uncarried are the consents that ACP has no calls for, by their member of a
// Brazilian consent, with the reason for operators.
var uncarried = map[string]string{
	"customer_recurring_payment_consent_v1":  recurring,
	"customer_insurance_data_access_consent": "ACP can't accept Open Insurance data consents by login",
}

const (
	recurring = "ACP can't accept recurring payments of Brazil (Pix Automático) by login"
	vrp       = "ACP has no UK consent of a known type for this login; variable recurring payments (VRP) have no calls for a consent page"
)

// country is whose rules the kind follows.
func (k *kind) country() authz.Country { return k.name.Row().Country }

// everywhere is for a kind that all layouts carry alike.
func everywhere(body func(authz.Login, authz.Grant) any) map[Layout]func(authz.Login, authz.Grant) any {
	return map[Layout]func(authz.Login, authz.Grant) any{LayoutWorkspace: body, LayoutSystem: body}
}

// rowOf finds a kind's row.
func rowOf(name authz.Kind) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

// holder finds whose consent a member of an answer holds.
func holder(member string) (*kind, *version) {
	for i := range kinds {
		for j := range kinds[i].versions {
			if kinds[i].versions[j].member == member {
				return &kinds[i], &kinds[i].versions[j]
			}
		}
	}
	return nil, nil
}
