package slip

import (
	"cmp"
	"slices"
	"strings"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
)

// NeedsAccounts tells whether an approval of the sheet names accounts: every
// payment does, and data sharing where some of the data is of accounts or cards.
func (sh *Sheet) NeedsAccounts() bool {
	if !sh.banking() || !sh.Kind.Is(authz.Brazil, authz.Data) {
		return sh.banking()
	}
	banks, cards := sh.Shares()
	return banks || cards
}

// The beginnings of Brazil's permissions whose accounts and cards are chosen.
const (
	accountsPrefix = "ACCOUNTS_"
	cardsPrefix    = "CREDIT_CARDS_"
)

// Shares tells whether a data consent is about accounts and about cards: in
// Brazil where it asks for data of Contas or of Cartões, in the UK always.
func (sh *Sheet) Shares() (banks, cards bool) {
	if sh.Kind.Is(authz.UK, authz.Data) {
		return true, true
	}
	return sh.asks(accountsPrefix), sh.asks(cardsPrefix)
}

func (sh *Sheet) asks(prefix string) bool {
	return sh.Consent != nil &&
		slices.ContainsFunc(sh.Consent.Permissions, func(p string) bool { return strings.HasPrefix(p, prefix) })
}

// choose words the choice of accounts.
func (x *writer) choose(label i18n.Key) {
	if !x.sh.NeedsAccounts() {
		return
	}
	c := &Choice{Label: x.w.T(x.ofWhom(label)), Many: !x.sh.Pays()}
	x.Choice = c
	list := x.sh.Accounts
	if list == nil {
		c.Missing = x.w.T(x.ofWhom("choice.unavailable"))
		return
	}
	c.Many, c.Fixed = list.Many, list.Fixed
	usable := 0
	for _, row := range list.List {
		a := Account{
			ID:     row.Account.ID,
			Name:   x.accountName(row.Account),
			Number: number(row.Account.AccountRef),
			Spoken: x.spoken(row.Account.AccountRef),
			Ticked: row.Usable && list.Many && x.profile.AllTicked, Card: row.Account.Kind == app.AccountCard,
		}
		if row.Account.Balance != "" {
			a.Balance = x.w.Money(row.Account.Balance, row.Account.Currency)
		}
		if row.Account.Joint {
			a.Joint = x.w.T("account.joint")
		}
		if row.Usable {
			usable++
		} else {
			a.Why = cmp.Or(i18n.Plain(row.Account.Unpayable), x.w.T("choice.unusable"))
		}
		c.Accounts = append(c.Accounts, a)
	}
	switch {
	case len(list.List) == 0:
		c.Missing = x.w.T(x.ofWhom("choice.none"))
	case usable == 0:
		c.Missing = x.w.T(x.ofWhom("choice.none_usable"))
	}
}

// ofWhom chooses the words about a company's accounts, where the consent is a
// company's, instead of those about the person's own.
func (x *writer) ofWhom(key i18n.Key) i18n.Key {
	if of, ok := companyWords[key]; ok && x.consent.CNPJ != "" {
		return of
	}
	return key
}

// companyWords are the words about a company's accounts, by those about a person's.
var companyWords = map[i18n.Key]i18n.Key{
	"choice.pay_branch":  "choice.pay_branch_company",
	"choice.data":        "choice.data_company",
	"choice.cards":       "choice.cards_company",
	"choice.both":        "choice.both_company",
	"choice.unavailable": "choice.unavailable_company",
	"choice.none":        "choice.none_company",
	"choice.none_usable": "choice.none_usable_company",
}

func (x *writer) accountName(a app.Account) string {
	if name := i18n.Plain(a.Name); name != "" {
		return name
	}
	if a.Kind == app.AccountCard {
		return x.w.T("account.unnamed_card")
	}
	return x.w.T("account.unnamed")
}

// from says what a payment is paid from, to stand inside a sentence, or that it
// is the person's to choose; empty where neither can be said.
func (x *writer) from() (from, chosen, account string) {
	var usable []app.Account
	if x.sh.Accounts != nil {
		for _, row := range x.sh.Accounts.List {
			if row.Usable {
				usable = append(usable, row.Account)
			}
		}
	}
	switch {
	case len(usable) == 1:
		account = x.named(usable[0].AccountRef)
	case len(usable) > 1:
		return "", x.w.T("pay.from_chosen"), ""
	case x.consent.Debtor != nil:
		account = x.named(*x.consent.Debtor)
	default:
		return "", "", ""
	}
	return x.w.T("pay.from", "account", account), "", account
}
