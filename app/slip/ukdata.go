package slip

import (
	"slices"
	"strings"

	"assent/app/authz"
	"assent/app/i18n"
)

// cluster is a data cluster of the UK's Customer Experience Guidelines.
type cluster struct {
	label, short i18n.Key // over its permissions, and inside the headline
	permissions  []permission
}

// permission is one permission in the words that the guidelines prescribe.
type permission struct {
	code  string
	words i18n.Key
	over  string // the lesser permission that this one includes, and hides
}

var clusters = []cluster{
	{"uk.account", "uk.account_short", []permission{
		{"ReadAccountsDetail", "uk.accounts_detail", "ReadAccountsBasic"},
		{"ReadAccountsBasic", "uk.accounts_basic", ""},
		{"ReadBalances", "uk.balances", ""},
		{"ReadPAN", "uk.pan", ""},
	}},
	{"uk.regular", "uk.regular_short", []permission{
		{"ReadBeneficiariesDetail", "uk.beneficiaries_detail", "ReadBeneficiariesBasic"},
		{"ReadBeneficiariesBasic", "uk.beneficiaries_basic", ""},
		{"ReadDirectDebits", "uk.direct_debits", ""},
		{"ReadStandingOrdersDetail", "uk.standing_orders_detail", "ReadStandingOrdersBasic"},
		{"ReadStandingOrdersBasic", "uk.standing_orders_basic", ""},
		{"ReadScheduledPaymentsDetail", "uk.scheduled_detail", "ReadScheduledPaymentsBasic"},
		{"ReadScheduledPaymentsBasic", "uk.scheduled_basic", ""},
	}},
	{"uk.transactions", "uk.transactions_short", []permission{
		{"ReadTransactionsDetail", "uk.transactions_detail", "ReadTransactionsBasic"},
		{"ReadTransactionsBasic", "uk.transactions_basic", ""},
		{"ReadTransactionsCredits", "uk.transactions_credits", ""},
		{"ReadTransactionsDebits", "uk.transactions_debits", ""},
	}},
	{"uk.statements", "uk.statements_short", []permission{
		{"ReadStatementsDetail", "uk.statements_detail", "ReadStatementsBasic"},
		{"ReadStatementsBasic", "uk.statements_basic", ""},
	}},
	{"uk.features", "uk.features_short", []permission{
		{"ReadProducts", "uk.products", ""},
		{"ReadOffers", "uk.offers", ""},
	}},
	{"uk.party", "uk.party_short", []permission{
		{"ReadParty", "uk.party_owners", ""},
		{"ReadPartyPSU", "uk.party_psu", ""},
	}},
}

// ukData words account access: the data by clusters, for how long, of which accounts.
func (x *writer) ukData() {
	x.asks()
	asked := x.consent.Permissions
	var known, short []string
	for _, c := range clusters {
		g := Group{Label: x.w.T(c.label), Folded: true}
		hidden := map[string]bool{}
		for _, p := range c.permissions {
			if !slices.Contains(asked, p.code) {
				continue
			}
			known = append(known, p.code)
			if !hidden[p.code] {
				g.Items = append(g.Items, Item{Title: x.w.T(p.words), Icon: "list"})
			}
			hidden[p.over] = true
		}
		if len(g.Items) > 0 {
			x.Groups = append(x.Groups, g)
			short = append(short, x.w.T(c.short))
		}
	}
	x.others(asked, known, &short)
	x.Headline = x.w.List(short)
	x.Under = append(x.Under, x.w.T("data.confirm"))
	x.choose("choice.data")
	x.dataSentence()
}

// others shows the permissions that aren't known, by their codes.
func (x *writer) others(asked, known []string, short *[]string) {
	g := Group{Label: x.w.T("data.others"), Folded: true}
	for _, code := range slices.Compact(slices.Sorted(slices.Values(asked))) {
		if slices.Contains(known, code) {
			continue
		}
		if code = i18n.Plain(code); code != "" {
			g.Items = append(g.Items, Item{Title: code, Icon: "list", Foreign: true})
		}
	}
	if len(g.Items) > 0 {
		x.Groups = append(x.Groups, g)
		*short = append(*short, x.w.T("data.others_short"))
	}
}

// dataSentence says how long data may be looked at, from which time, and how to
// end it.
func (x *writer) dataSentence() {
	w := x.w
	period, until := w.T("data.ongoing"), ""
	if at := x.fact(authz.ExpiresAt).At; at != "" {
		until = x.lastDay(at)
		period = w.T("data.until", "date", until)
	}
	window := ""
	from, to := x.fact(authz.TransactionsFrom).At, x.fact(authz.TransactionsTo).At
	switch {
	case !x.asksTransactions():
	case from != "" && to != "":
		window = w.T("data.window", "from", x.short(from), "to", x.short(to))
	case from != "":
		window = w.T("data.since", "from", x.short(from))
	case to != "":
		window = w.T("data.up_to", "to", x.short(to))
	default:
		window = w.T("data.any_date")
	}
	x.say(w.T("sentence.data", "period", period, "window", window, "institution", x.Institution, "client",
		x.Requester.Name),
		until)
}

// asksTransactions tells whether transactions are part of the data, of either
// country: otherwise the time that they are from says nothing.
func (x *writer) asksTransactions() bool {
	return slices.ContainsFunc(x.consent.Permissions,
		func(p string) bool { return strings.Contains(strings.ToLower(p), "transactions") })
}

// lastDay is the person's day in which an instant falls, where room is scarce.
func (x *writer) lastDay(at string) string {
	if t, ok := instant(at); ok {
		return x.w.ShortDate(t)
	}
	return x.short(at)
}

// short is the day of a date or time, where room is scarce.
func (x *writer) short(at string) string {
	if day, ok := x.w.DayOf(at); ok {
		return x.w.ShortDay(day)
	}
	return i18n.Plain(at)
}
