package slip

import (
	"cmp"
	"strings"

	"assent/app"
	"assent/app/i18n"
)

// The schemes of accounts that people know by a form of their own, without
// their namespace and in lower case (OBExternalAccountIdentification4Code).
const (
	schemeSortCode = "sortcodeaccountnumber"
	schemeIBAN     = "iban"
	schemePAN      = "pan"
	schemePaym     = "paym"
	schemeBBAN     = "bban"
)

const namespace = "uk.obie."

func scheme(name string) string {
	return strings.TrimPrefix(strings.ToLower(i18n.Plain(name)), namespace)
}

// schemeName is what people call a bank's identification.
func schemeName(name string) string {
	switch scheme(name) {
	case "bicfi", "swift":
		return "BIC"
	}
	name = i18n.Plain(name)
	if len(name) > len(namespace) && strings.EqualFold(name[:len(namespace)], namespace) {
		return name[len(namespace):]
	}
	return name
}

// schemeLabels are the words over an account's number.
var schemeLabels = map[string]i18n.Key{
	schemeIBAN: "account.iban", schemePAN: "account.card", schemePaym: "account.paym", schemeBBAN: "account.bban",
}

// account words somebody else's account, whole, so that it can be compared: a
// box for each part that it has.
func (x *writer) account(label string, a app.AccountRef) []Box {
	w := x.w
	var out []Box
	add := func(label, value, spoken string, foreign bool) {
		if value != "" {
			out = append(out, Box{Label: label, Value: value, Spoken: spoken, Foreign: foreign})
		}
	}
	if a.ISPB != "" || a.Number != "" {
		add(w.T("account.institution"), institution(a.ISPB), "", false)
		add(w.T("account.payee_branch"), i18n.Plain(a.Issuer), i18n.Apart(a.Issuer), false)
		add(w.T("account.payee_number"), i18n.CheckDigit(a.Number), i18n.Apart(a.Number), false)
		if key, ok := accountTypes[a.AccountType]; ok {
			add(w.T("account.type"), w.T(key), "", false)
		} else {
			add(w.T("account.type"), i18n.Plain(a.AccountType), "", true)
		}
	}
	code, number, cut := i18n.SortCode(a.Identification)
	second := w.T("account.second")
	switch s := scheme(a.Scheme); {
	case s == schemeSortCode && cut:
		add(w.T("account.sort_code"), code, i18n.Apart(code), false)
		add(w.T("account.number"), number, i18n.Apart(number), false)
		second = w.T("account.roll")
	case s == schemeIBAN || s == schemePAN:
		add(w.T(schemeLabels[s]), i18n.Fours(a.Identification), i18n.Apart(a.Identification), false)
	case schemeLabels[s] != "":
		add(w.T(schemeLabels[s]), i18n.Plain(a.Identification), i18n.Apart(a.Identification), false)
	case s == schemeSortCode || s == "":
		add(label, i18n.Plain(a.Identification), i18n.Apart(a.Identification), true)
	default:
		add(w.T("account.scheme", "scheme", schemeName(a.Scheme)), i18n.Plain(a.Identification),
			i18n.Apart(a.Identification), true)
	}
	add(second, i18n.Plain(a.SecondaryIdentification), i18n.Apart(a.SecondaryIdentification), true)
	add(w.T("account.name"), i18n.Plain(a.Name), "", true)
	return out
}

// accountTypes are those of Open Finance Brasil.
var accountTypes = map[string]i18n.Key{
	"CACC": "account.current", "SVGS": "account.savings", "TRAN": "account.payment", "SLRY": "account.salary",
}

// number is a person's own account number as they know it, with little of it
// shown where that is enough: 20-32-56 ••4567, and in Brazil branch and number.
func number(a app.AccountRef) string {
	if a.Number != "" {
		if a.Issuer == "" {
			return i18n.CheckDigit(a.Number)
		}
		return i18n.Plain(a.Issuer) + " / " + i18n.CheckDigit(a.Number)
	}
	if code, n, ok := i18n.SortCode(a.Identification); ok && scheme(a.Scheme) != schemePAN {
		return code + " " + i18n.Ending(n)
	}
	return i18n.Ending(a.Identification)
}

// spoken is number for a screen reader.
func (x *writer) spoken(a app.AccountRef) string {
	if a.Number != "" {
		if a.Issuer == "" {
			return i18n.Apart(a.Number)
		}
		return x.w.T("account.spoken_branch", "branch", i18n.Apart(a.Issuer), "number", i18n.Apart(a.Number))
	}
	if code, n, ok := i18n.SortCode(a.Identification); ok && scheme(a.Scheme) != schemePAN {
		return x.w.T("account.spoken_sort_code", "code", i18n.Apart(code), "end", i18n.Apart(i18n.Ending(n)))
	}
	return x.w.T("account.spoken_end", "end", i18n.Apart(i18n.Ending(a.Identification)))
}

// named is a person's own account inside a sentence: Current account ••4567.
func (x *writer) named(a app.AccountRef) string {
	n := i18n.Ending(a.Identification)
	if a.Number != "" {
		n = number(a)
	}
	name := cmp.Or(i18n.Plain(a.Name), x.w.T("account.unnamed"))
	if n == "" {
		return name
	}
	return x.w.T("account.named", "name", name, "number", n)
}
