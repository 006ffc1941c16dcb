package slip

import (
	"cmp"
	"slices"
)

// Answer is what an approval grants of a sheet.
type Answer struct {
	Scopes         []string
	Claims         []string
	VerifiedClaims []string
	Accounts       []string // ids of the account directory
}

// ticked tells whether the value of a tick box is granted. A text that was
// signed before claims had ticks names no list: its ticks are scopes.
func (a Answer) ticked(it Item) bool {
	lists := map[string][]string{TickScopes: a.Scopes, TickClaims: a.Claims, TickVerifiedClaims: a.VerifiedClaims}
	return slices.Contains(lists[cmp.Or(it.List, TickScopes)], it.Grant)
}

// Split gives the sheet with nothing but what was granted; LeftOut of it holds
// what could have been granted and wasn't.
func (sh *Sheet) Split(a Answer) *Sheet {
	given, left := *sh, *sh
	given.Scopes, left.Scopes = part(sh.Scopes, func(s Scope) bool { return slices.Contains(a.Scopes, s.Grant) })
	given.Claims, left.Claims = part(sh.Claims, func(c string) bool { return slices.Contains(a.Claims, c) })
	given.VerifiedClaims, left.VerifiedClaims = part(sh.VerifiedClaims,
		func(c string) bool { return slices.Contains(a.VerifiedClaims, c) })
	if sh.Accounts != nil {
		chosen, others := *sh.Accounts, *sh.Accounts
		chosen.List, others.List = part(sh.Accounts.List,
			func(row AccountRow) bool { return slices.Contains(a.Accounts, row.Account.ID) })
		given.Accounts, left.Accounts = &chosen, &others
	}
	left.Implicit = nil
	given.LeftOut = &left
	return &given
}

func part[T any](list []T, is func(T) bool) (yes, no []T) {
	for _, one := range list {
		if is(one) {
			yes = append(yes, one)
		} else {
			no = append(no, one)
		}
	}
	return yes, no
}

// Answered is the text with what the person left out marked as such.
func (t Text) Answered(a Answer) Text {
	t.Groups = slices.Clone(t.Groups)
	for i, g := range t.Groups {
		t.Groups[i].Items = slices.Clone(g.Items)
		for j, it := range g.Items {
			t.Groups[i].Items[j].LeftOut = it.Grant != "" && !a.ticked(it)
		}
	}
	if t.Choice != nil {
		c := *t.Choice
		c.Accounts = slices.Clone(c.Accounts)
		for i, account := range c.Accounts {
			c.Accounts[i].LeftOut = !slices.Contains(a.Accounts, account.ID)
		}
		t.Choice = &c
	}
	return t
}
