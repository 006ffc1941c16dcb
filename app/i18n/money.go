package i18n

import (
	"regexp"
	"strings"
)

// symbols are the currencies that people know by a sign; all others are
// written by their code (ISO 4217), which is never mistaken for another.
var symbols = map[string]string{
	"GBP": "£", "EUR": "€", "BRL": "R$", "USD": "US$", "JPY": "JP¥", "CNY": "CN¥", "INR": "₹", "KRW": "₩", "ILS": "₪",
	"AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "HKD": "HK$", "MXN": "MX$",
}

var decimals = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// Money writes a decimal amount with its currency: £1,234.56, in Portuguese
// R$ 1.234,56. Every digit stays as it came, however many there are. What
// isn't a decimal is shown as it is, since guessing at an amount is worse.
func (w Words) Money(amount, currency string) string {
	figure, minus := w.Decimal(amount), ""
	if strings.HasPrefix(figure, "-") {
		figure, minus = figure[1:], "-"
	}
	currency = Plain(currency)
	switch symbol, ok := symbols[currency]; {
	case currency == "":
		return minus + figure
	case figure == "":
		return currency
	case ok:
		return minus + w.T("money.symbol", "symbol", symbol, "figure", figure)
	}
	return w.T("money.code", "code", currency, "figure", minus+figure)
}

// Decimal writes a decimal number of any length with the separators of the
// language, digit for digit.
func (w Words) Decimal(s string) string {
	s = Plain(s)
	if !decimals.MatchString(s) {
		return s
	}
	minus := ""
	if strings.HasPrefix(s, "-") {
		s, minus = s[1:], "-"
	}
	whole, fraction, more := strings.Cut(s, ".")
	var b strings.Builder
	b.WriteString(minus)
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(w.T("number.group"))
		}
		b.WriteRune(r)
	}
	if more {
		b.WriteString(w.T("number.point"))
		b.WriteString(fraction)
	}
	return b.String()
}

// List joins what is said of one thing: "a, b and c".
func (w Words) List(items []string) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	default:
		return w.T("list.last", "first", strings.Join(items[:n-1], ", "), "last", items[n-1])
	}
}

// Entry is one of the words of a message that lists several, counted from
// zero; empty beyond them.
func (w Words) Entry(key Key, i int) string { return listed(w.T(key), i) }
