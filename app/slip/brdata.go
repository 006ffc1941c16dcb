package slip

import (
	"slices"

	"assent/app/authz"
	"assent/app/i18n"
)

// category is a category of data of Open Finance Brasil, with its groupings, in
// their official terms.
type category struct {
	label, short i18n.Key
	// base is the permission that all groupings need; it stands with the first
	// of them, since alone it is none of them.
	base      permission
	groupings []grouping
	grows     bool // new contracts come in without being asked for again
}

type grouping struct {
	label       i18n.Key
	permissions []permission
}

// contract is the grouping of one product of credit.
func contract(label i18n.Key, prefix string) grouping {
	return grouping{label, []permission{
		{prefix + "_READ", "br.contracts", ""},
		{prefix + "_WARRANTIES_READ", "br.warranties", ""},
		{prefix + "_SCHEDULED_INSTALMENTS_READ", "br.instalments", ""},
		{prefix + "_PAYMENTS_READ", "br.payments", ""},
	}}
}

func single(label i18n.Key, code string, words i18n.Key) grouping {
	return grouping{label, []permission{{code, words, ""}}}
}

var categories = []category{
	{label: "br.registration", short: "br.registration_short", groupings: []grouping{
		single("br.personal", "CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ", "br.personal_lines"),
		single("br.business", "CUSTOMERS_BUSINESS_IDENTIFICATIONS_READ", "br.business_lines"),
		single("br.personal_more", "CUSTOMERS_PERSONAL_ADITTIONALINFO_READ", "br.personal_more_lines"),
		single("br.business_more", "CUSTOMERS_BUSINESS_ADITTIONALINFO_READ", "br.business_more_lines"),
	}},
	{
		label: "br.accounts",
		short: "br.accounts_short",
		base:  permission{"ACCOUNTS_READ", "br.accounts_lines", ""},
		groupings: []grouping{
			single("br.balances", "ACCOUNTS_BALANCES_READ", "br.balances_lines"),
			single("br.limits", "ACCOUNTS_OVERDRAFT_LIMITS_READ", "br.overdraft_lines"),
			single("br.statements", "ACCOUNTS_TRANSACTIONS_READ", "br.statements_lines"),
		},
	},
	{
		label: "br.cards",
		short: "br.cards_short",
		base:  permission{"CREDIT_CARDS_ACCOUNTS_READ", "br.cards_lines", ""},
		groupings: []grouping{
			single("br.limits", "CREDIT_CARDS_ACCOUNTS_LIMITS_READ", "br.card_limits_lines"),
			single("br.card_transactions", "CREDIT_CARDS_ACCOUNTS_TRANSACTIONS_READ", "br.card_transactions_lines"),
			{"br.bills", []permission{
				{"CREDIT_CARDS_ACCOUNTS_BILLS_READ", "br.bills_lines", ""},
				{"CREDIT_CARDS_ACCOUNTS_BILLS_TRANSACTIONS_READ", "br.bill_transactions_lines", ""},
			}},
		},
	},
	{label: "br.credit", short: "br.credit_short", grows: true, groupings: []grouping{
		contract("br.loans", "LOANS"),
		contract("br.financings", "FINANCINGS"),
		contract("br.unarranged", "UNARRANGED_ACCOUNTS_OVERDRAFT"),
		contract("br.invoice", "INVOICE_FINANCINGS"),
	}},
	{label: "br.investments", short: "br.investments_short", grows: true, groupings: []grouping{
		single("br.bank_fixed", "BANK_FIXED_INCOMES_READ", "br.investment_lines"),
		single("br.credit_fixed", "CREDIT_FIXED_INCOMES_READ", "br.investment_lines"),
		single("br.funds", "FUNDS_READ", "br.investment_lines"),
		single("br.variable", "VARIABLE_INCOMES_READ", "br.investment_lines"),
		single("br.treasury", "TREASURE_TITLES_READ", "br.investment_lines"),
	}},
	{label: "br.exchange", short: "br.exchange_short", grows: true, groupings: []grouping{
		single("br.exchanges", "EXCHANGES_READ", "br.exchange_lines"),
	}},
}

// unshown is the permission that only lists resources and means nothing to a
// person; the rules want it never shown.
const unshown = "RESOURCES_READ"

// brData words data sharing: who receives what, for how long.
func (x *writer) brData() {
	x.asks()
	asked := x.consent.Permissions
	known, grow := []string{unshown}, []string{}
	var short []string
	for _, c := range categories {
		items, codes := x.category(c, asked)
		if len(items) == 0 {
			continue
		}
		known = append(known, codes...)
		short = append(short, x.w.T(c.short))
		x.Groups = append(x.Groups, Group{Label: x.w.T(c.label), Items: items, Folded: true})
		if c.grows {
			grow = append(grow, x.w.T(c.short))
		}
	}
	x.others(asked, known, &short)
	x.Headline = x.w.List(short)
	if c := x.consent.CNPJ; c != "" {
		x.Under = append(x.Under, x.w.T("data.company", "cnpj", i18n.CNPJ(c)))
	}
	x.Boxes = append(x.Boxes,
		Box{Label: x.w.T("data.receiver"), Value: x.Requester.Name, Wide: true, Foreign: true, Of: "receiver"},
		Box{Label: x.w.T("data.transmitter"), Value: x.Institution, Wide: true, Of: "transmitter"})
	period := Box{Label: x.w.T("data.period"), Value: x.w.T("data.unlimited"), Wide: true, Of: string(authz.ExpiresAt)}
	if f, ok := x.take(authz.ExpiresAt); ok {
		period.Value = capital(x.w.T("data.until", "date", x.at(f.Name, f.At)))
	}
	x.Boxes = append(x.Boxes, period)
	label := i18n.Key("choice.data")
	switch banks, cards := x.sh.Shares(); {
	case banks && cards:
		label = "choice.both"
	case cards:
		label = "choice.cards"
	}
	x.choose(label)
	if len(grow) > 0 {
		note := x.w.T("data.grows", "kinds", x.w.List(grow))
		if x.Choice != nil {
			x.Choice.Note = note
		} else {
			x.Notices = append(x.Notices, note)
		}
	}
	x.dataSentence()
}

// category words what is asked for of one category.
func (x *writer) category(c category, asked []string) (items []Item, codes []string) {
	based := c.base.code != "" && slices.Contains(asked, c.base.code)
	if based {
		codes = append(codes, c.base.code)
	}
	for _, g := range c.groupings {
		var lines []string
		for _, p := range g.permissions {
			if slices.Contains(asked, p.code) {
				lines, codes = append(lines, x.w.T(p.words)), append(codes, p.code)
			}
		}
		if lines == nil {
			continue
		}
		if based && len(items) == 0 {
			lines = append([]string{x.w.T(c.base.words)}, lines...)
		}
		items = append(items, Item{Title: x.w.T(g.label), Lines: lines, Icon: "list"})
	}
	if based && len(items) == 0 {
		items = append(items, Item{Title: x.w.T("br.base"), Lines: []string{x.w.T(c.base.words)}, Icon: "list"})
	}
	return items, codes
}
