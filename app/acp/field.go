package acp

import (
	"maps"
	"slices"
	"strconv"

	"assent/app"
	"assent/app/authz"
)

// accountRef is what a consent says of an account.
type accountRef struct{ app.AccountRef }

// known tells whether the account can be told from others.
func (a accountRef) known() bool { return a.Identification != "" || a.ISPB != "" && a.Number != "" }

// ukAccount takes OBCashAccount: scheme, identification and, where there is
// one, a secondary identification such as a roll number.
func ukAccount(o tree) accountRef {
	if id, ok := o["Identification"].(string); !ok || hollow(id) {
		return accountRef{}
	}
	return accountRef{app.AccountRef{Scheme: o.text("SchemeName"), Identification: o.text("Identification"),
		SecondaryIdentification: o.text("SecondaryIdentification")}}
}

// brAccount takes an account by ISPB, branch and number.
func brAccount(o tree) accountRef {
	ispb, ok := o["ispb"].(string)
	number, too := o["number"].(string)
	if !ok || !too || hollow(ispb) || hollow(number) {
		return accountRef{}
	}
	return accountRef{app.AccountRef{
		ISPB:        o.text("ispb"),
		Issuer:      o.text("issuer"),
		Number:      o.text("number"),
		AccountType: o.text("accountType"),
	}}
}

// account reads an account of someone else's; its name is a fact of its own.
func account(take func(tree) accountRef) func(tree, string, *authz.Fact) bool {
	return func(in tree, name string, f *authz.Fact) bool {
		ref := take(in.object(name))
		if ref.known() {
			f.Account = &ref.AccountRef
		}
		return f.Account != nil
	}
}

func text(in tree, name string, f *authz.Fact) bool {
	f.Text = in.text(name)
	return f.Text != ""
}

// document reads a CPF or CNPJ.
func document(in tree, name string, f *authz.Fact) bool {
	f.Text = unpunctuated(in.text(name))
	return f.Text != ""
}

func count(in tree, name string, f *authz.Fact) bool {
	f.Text = in.figures(name, counts)
	return f.Text != ""
}

func decimal(in tree, name string, f *authz.Fact) bool {
	f.Text = in.figures(name, decimals)
	return f.Text != ""
}

func moment(in tree, name string, f *authz.Fact) bool {
	f.At = in.moment(name)
	return f.At != ""
}

// amount takes an amount with its currency, or nothing.
func (t tree) amount(amount, currency string) *authz.Money {
	if s, ok := t[currency].(string); !ok || hollow(s) {
		return nil
	}
	n := t.figures(amount, decimals)
	if n == "" {
		return nil
	}
	return &authz.Money{Amount: n, Currency: t.text(currency)}
}

// money reads an object of Amount and Currency.
func money(in tree, name string, f *authz.Fact) bool {
	f.Money = in.object(name).amount("Amount", "Currency")
	return f.Money != nil
}

// brMoney reads an amount whose currency stands beside it.
func brMoney(in tree, name string, f *authz.Fact) bool {
	f.Money = in.amount(name, "currency")
	return f.Money != nil
}

// payment reads one payment of a standing order, of which the path names the
// beginning: ...Amount and ...DateTime.
func payment(in tree, name string, f *authz.Fact) bool {
	f.Money = in.object(name+"Amount").amount("Amount", "Currency")
	f.At = in.moment(name + "DateTime")
	return f.Money != nil || f.At != ""
}

// paid is payment where there must be an amount.
func paid(in tree, name string, f *authz.Fact) bool {
	return in.object(name+"Amount") != nil && payment(in, name, f) && f.Money != nil
}

// address reads a postal address (OBPostalAddress6, OBRisk1 DeliveryAddress),
// a line for each part in the order of an envelope.
func address(in tree, name string, f *authz.Fact) bool {
	o := in.object(name)
	if o == nil {
		return false
	}
	add := func(s string) {
		if s != "" {
			f.List = append(f.List, s)
		}
	}
	add(o.text("Department"))
	add(o.text("SubDepartment"))
	building, street := o.text("BuildingNumber"), o.text("StreetName")
	if building != "" && street != "" {
		building, street = "", building+" "+street
	}
	add(building)
	add(street)
	f.List = append(f.List, o.texts("AddressLine")...)
	for _, part := range []string{"TownName", "CountrySubDivision", "PostCode", "Country"} {
		add(o.text(part))
	}
	delete(o, "AddressType")
	return f.List != nil
}

// bank reads an agent: its name, and what identifies it.
func bank(in tree, name string, f *authz.Fact) bool {
	o := in.object(name)
	if o == nil {
		return false
	}
	f.Text = o.text("Name")
	if ref := ukAccount(o); ref.known() {
		f.Account = &ref.AccountRef
	}
	return f.Text != "" || f.Account != nil
}

// rate reads ExchangeRateInformation.
func rate(in tree, name string, f *authz.Fact) bool {
	o := in.object(name)
	if o == nil {
		return false
	}
	r := authz.Rate{Unit: o.text("UnitCurrency"), Rate: o.figures("ExchangeRate", decimals), Type: o.text("RateType"),
		Contract: o.text("ContractIdentification"), ValidUntil: o.moment("ExpirationDateTime")}
	if r == (authz.Rate{}) {
		return false
	}
	f.Rate = &r
	return true
}

// charges reads a list of charges. One without an amount stays behind.
func charges(in tree, name string, f *authz.Fact) bool {
	list, _ := in[name].([]any)
	for _, e := range list {
		one, _ := e.(map[string]any)
		m := tree(one).object("Amount").amount("Amount", "Currency")
		if m == nil {
			continue
		}
		f.Charges = append(f.Charges,
			authz.Charge{Money: *m, Bearer: tree(one).text("ChargeBearer"), Type: tree(one).text("Type")})
	}
	return f.Charges != nil
}

// frequency reads an OBIE frequency code.
func frequency(in tree, name string, f *authz.Fact) bool {
	code := in.text(name)
	if code != "" {
		f.Schedule = &authz.Schedule{Frequency: code}
	}
	return code != ""
}

// every reads one kind of a Brazilian schedule (payments v4), which the path
// names. It is read whole or not at all: half of one would be another.
func every(in tree, name string, f *authz.Fact) bool {
	o := in.object(name)
	if o == nil {
		return false
	}
	copied := maps.Clone(o)
	s := authz.Schedule{Every: name, Start: copied.moment("startDate"), Quantity: copied.number("quantity"),
		DayOfWeek:  copied.text("dayOfWeek"),
		DayOfMonth: copied.number("dayOfMonth"),
		Note:       copied.text("additionalInformation")}
	if dates, ok := o["dates"].([]any); ok &&
		!slices.ContainsFunc(dates,
			func(v any) bool { d, is := v.(string); return !is || !isMoment(d) || zeroTime(d) }) {
		for _, d := range dates {
			s.Dates = append(s.Dates, d.(string))
		}
		delete(copied, "dates")
	}
	if !empty(copied) || s.Start == "" && s.Dates == nil {
		return false
	}
	delete(in, name)
	f.Schedule = &s
	return true
}

// number takes a whole number above zero.
func (t tree) number(name string) int {
	before := t[name]
	n, err := strconv.Atoi(t.figures(name, counts))
	if err != nil || n == 0 {
		if before != nil {
			t[name] = before
		}
		return 0
	}
	return n
}
