// Package authz is the vocabulary of what an authorization server has a person
// decide: the kinds of login, what a consent says, what can be granted, why it is
// rejected, and what can become of a call. It knows no server's protocol.
package authz

import (
	"slices"

	"assent/app"
)

// Kind is a kind of login, which says where it is read and answered.
type Kind string

// The kinds of login. The UK's payments are kinds of their own, since ACP keeps
// each under its own path; Brazil's versions are one kind.
const (
	Regular Kind = app.KindRegular // a plain CIBA request for OAuth scopes
	Test    Kind = app.KindTest    // an administrator sends it to try a device; no server carries it

	UKAccountAccess                 Kind = "uk-account-access"
	UKDomesticPayment               Kind = "uk-domestic-payment"
	UKDomesticScheduledPayment      Kind = "uk-domestic-scheduled-payment"
	UKDomesticStandingOrder         Kind = "uk-domestic-standing-order"
	UKFilePayment                   Kind = "uk-file-payment"
	UKInternationalPayment          Kind = "uk-international-payment"
	UKInternationalScheduledPayment Kind = "uk-international-scheduled-payment"
	UKInternationalStandingOrder    Kind = "uk-international-standing-order"

	BRData    Kind = "br-data"
	BRPayment Kind = "br-payment"
)

// Country is whose rules of open banking a kind follows.
type Country string

// The countries. A sign-in follows the rules of none.
const (
	NoCountry Country = ""
	UK        Country = "uk" // OBIE Read/Write API
	Brazil    Country = "br" // Open Finance Brasil
)

// Subject is what a kind asks a person for.
type Subject string

// The subjects. That of an unknown kind is empty.
const (
	SignIn  Subject = "sign-in"
	Data    Subject = "data"
	Payment Subject = "payment"
	Trial   Subject = "trial" // whether the device works
)

// Row is all that the product knows of a kind, whatever server carries it.
type Row struct {
	Kind    Kind
	Country Country
	Subject Subject
	Profile Profile
	AtOnce  bool // a payment that is made at once where the consent names no day
	Words   Words
}

// Words are the keys of a kind's words in the catalogues.
type Words struct {
	Name  string // what stands over the request: "Standing order"
	Verb  string // what the client does: "asks you to set up a standing order"
	List  string // in the console's lists of requests
	Chart string // in the console's chart of requests by kind; kinds with the same one are one bar
	Calls string // of the server's calls for the kind, where a connection is examined
}

// kinds is the table.
var kinds = []Row{
	{
		Kind: Regular, Subject: SignIn, Profile: profileRegular,
		Words: Words{Name: "request.kind_sign_in", Verb: "request.asks", List: "admin.requests.kind_regular",
			Chart: "admin.overview.kind.sign_in", Calls: "admin.settings.acp.kind.regular"},
	},
	{
		Kind: Test, Subject: Trial, Profile: profileTest,
		Words: Words{
			Name:  "request.kind_test",
			Verb:  "request.asks_test",
			List:  "admin.requests.kind_test",
			Chart: "admin.requests.kind_test",
		},
	},
	{
		Kind: UKAccountAccess, Country: UK, Subject: Data, Profile: profileUKAccounts,
		Words: Words{Name: "kind.access", Verb: "ask.see", List: listData,
			Chart: "admin.overview.kind.uk_access", Calls: "admin.settings.acp.kind.uk_accounts"},
	},
	ukPayment(UKDomesticPayment, true, "kind.payment", "ask.pay", "admin.settings.acp.kind.uk_domestic"),
	ukPayment(UKDomesticScheduledPayment, false, "kind.scheduled", "ask.schedule",
		"admin.settings.acp.kind.uk_scheduled"),
	ukPayment(UKDomesticStandingOrder, false, "kind.standing", "ask.standing", "admin.settings.acp.kind.uk_standing"),
	ukPayment(UKFilePayment, false, "kind.file", "ask.pay", "admin.settings.acp.kind.uk_file"),
	ukPayment(UKInternationalPayment, false, "kind.international", "ask.international",
		"admin.settings.acp.kind.uk_international"),
	ukPayment(UKInternationalScheduledPayment, false, "kind.international_scheduled", "ask.international_scheduled",
		"admin.settings.acp.kind.uk_international_scheduled"),
	ukPayment(UKInternationalStandingOrder, false, "kind.international_standing", "ask.international_standing",
		"admin.settings.acp.kind.uk_international_standing"),
	{
		Kind: BRData, Country: Brazil, Subject: Data, Profile: profileBRData,
		Words: Words{Name: "kind.sharing", Verb: "ask.see_yours", List: listData,
			Chart: "admin.overview.kind.br_data", Calls: "admin.settings.acp.kind.br_data"},
	},
	{
		Kind: BRPayment, Country: Brazil, Subject: Payment, Profile: profileBRPayment, AtOnce: true,
		Words: Words{Name: "kind.pix", Verb: "ask.pay", List: listPayment,
			Chart: "admin.overview.kind.pix", Calls: "admin.settings.acp.kind.br_payment"},
	},
}

const (
	listData    = "admin.requests.kind_data"
	listPayment = "admin.requests.kind_payment"
)

func ukPayment(kind Kind, atOnce bool, name, verb, calls string) Row {
	return Row{
		Kind: kind, Country: UK, Subject: Payment, Profile: profileUKPayment, AtOnce: atOnce,
		Words: Words{Name: name, Verb: verb, List: listPayment, Chart: "admin.overview.kind.uk_payment", Calls: calls},
	}
}

// unknown is the row of a kind that isn't told yet, or that the table doesn't
// have: nothing is said of it but that it asks for something.
var unknown = Row{
	Profile: profileUnknown,
	Words: Words{Name: "request.kind_unknown", Verb: "request.asks_something", List: "admin.requests.kind_unknown",
		Chart: "admin.overview.kind.unknown"},
}

// Kinds is the table of kinds, in the order in which they are listed.
func Kinds() []Row { return slices.Clone(kinds) }

// Row is the kind's row. That of a kind which isn't in the table has no subject.
func (k Kind) Row() Row {
	for _, r := range kinds {
		if r.Kind == k {
			return r
		}
	}
	out := unknown
	out.Kind = k
	return out
}

// Known tells whether the table has the kind.
func (k Kind) Known() bool { return k.Row().Subject != "" }

// Is tells whether the kind asks for that by that country's rules.
func (k Kind) Is(c Country, s Subject) bool {
	r := k.Row()
	return r.Country == c && r.Subject == s
}

// Pays tells whether approving a request of the kind moves money.
func (k Kind) Pays() bool { return k.Row().Subject == Payment }

// PaymentKinds are the kinds that pay.
func PaymentKinds() app.Strings {
	var out app.Strings
	for _, r := range kinds {
		if r.Kind.Pays() {
			out = append(out, string(r.Kind))
		}
	}
	return out
}
