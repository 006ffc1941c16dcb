// Package people knows who may be asked: it adds people, invites them to set
// up a device, and finds the person whom ACP means.
package people

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"assent/app"
	"assent/store"
)

// normalise gives the form in which identifiers of a kind are compared, or ""
// when value can't be one. A subject is compared byte for byte (OpenID Connect
// Core 2: case-sensitive), a phone number and a CPF by their digits. The others
// are lower-cased and composed (NFC), much as RFC 8265 section 3.3 has it for
// user names, and no more: ß isn't ss, a ligature isn't its letters, a
// full-width letter isn't the plain one. Two that Unicode calls the same in any
// font (Annex 15, canonical equivalence) stay one, for which of them arrives
// depends on what the text went through.
func normalise(kind app.IdentifierKind, value string) string {
	switch kind {
	case app.Subject:
		return value
	case app.Phone:
		return phone(strings.TrimSpace(value))
	case app.CPF:
		return cpf(strings.TrimSpace(value))
	case app.Email:
		if !strings.Contains(value, "@") {
			return ""
		}
	}
	return norm.NFC.String(cases.Lower(language.Und).String(norm.NFC.String(strings.TrimSpace(value))))
}

// What people put between the groups of a phone number, one at a time; behind
// a bracket there may be none.
const between = `[ .\-\x{00a0}\x{202f}\x{2010}\x{2011}\x{2013}]`

var phoneForm = regexp.MustCompile(`^\+?(\d+` + between + `?)?(\(\d{1,5}\)` + between + `?)?\d+(` + between + `\d+)*$`)

// phone gives the digits of a phone number, with the + if it has one, or "" if
// the value isn't visibly a number: other things are written with digits too.
func phone(value string) string {
	if !phoneForm.MatchString(value) {
		return ""
	}
	groups := strings.FieldsFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	digits := strings.Join(groups, "")
	least := 5
	if len(groups) > 1 {
		least = 7
	}
	if len(digits) < least || len(digits) > 15 { // E.164: at most 15 digits
		return ""
	}
	for i, g := range groups {
		// Countries and areas may have one digit, what is dialled there hasn't.
		if len(g) == 1 && (i > 1 || i == len(groups)-1) {
			return ""
		}
	}
	if value[0] == '+' {
		return "+" + digits
	}
	return digits
}

var cpfForm = regexp.MustCompile(`^(\d{11}|\d{3}\.\d{3}\.\d{3}-\d{2})$`)

// cpf gives the eleven digits of a CPF, bare or in its usual form, whose last
// two are check digits (Receita Federal: modulo 11).
func cpf(value string) string {
	if !cpfForm.MatchString(value) {
		return ""
	}
	d := strings.NewReplacer(".", "", "-", "").Replace(value)
	for n := 9; n <= 10; n++ {
		sum := 0
		for i := range n {
			sum += int(d[i]-'0') * (n + 1 - i)
		}
		if sum*10%11%10 != int(d[n]-'0') {
			return ""
		}
	}
	return d
}

// stripPunctuation removes what people put between the digits of a CNPJ.
func stripPunctuation(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune(".-/\u2010\u2011\u2013", r) {
			return -1
		}
		return r
	}, s)
}

func digitsOnly(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Parse reads an identifier as the command line takes it: KIND:VALUE, where
// only the known kinds are read as a prefix; without one a value with @ is an
// email, + and digits a phone number, anything else a user name.
func Parse(s string) (app.Identifier, error) {
	if prefix, value, ok := strings.Cut(s, ":"); ok {
		for _, kind := range app.IdentifierKinds {
			if prefix == string(kind) {
				return identifier(kind, value)
			}
		}
	}
	switch {
	case strings.Contains(s, "@"):
		return identifier(app.Email, s)
	case strings.HasPrefix(s, "+") && phone(s) != "":
		return identifier(app.Phone, s)
	}
	return identifier(app.Username, s)
}

func identifier(kind app.IdentifierKind, value string) (app.Identifier, error) {
	n := normalise(kind, value)
	if n == "" || len(value) > 1024 {
		return app.Identifier{}, app.ErrMalformed.In("id").Because(fmt.Errorf("%q is not a %s", value, kind))
	}
	return app.Identifier{Kind: kind, Value: strings.TrimSpace(value), Norm: n}, nil
}

// readings are all identifiers that value could be.
func readings(value string) []app.Identifier {
	var out []app.Identifier
	for _, kind := range app.IdentifierKinds {
		if n := normalise(kind, value); n != "" {
			out = append(out, app.Identifier{Kind: kind, Value: value, Norm: n})
		}
	}
	return out
}

// cnpj gives a Brazilian company number without punctuation: twelve letters or
// digits and two check digits.
func cnpj(s string) (string, error) {
	n := strings.ToUpper(stripPunctuation(strings.TrimSpace(s)))
	ok := len(n) == 14 && digitsOnly(n[12:])
	for _, r := range n {
		ok = ok && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z')
	}
	if !ok {
		return "", app.ErrMalformed.In("company").Because(fmt.Errorf("%q is not a CNPJ", s))
	}
	return n, nil
}

// Renormalise brings the identifiers of a database from before the present
// rules to them; it has something to do once. Before, text was folded further
// (ß as ss), so that different identifiers were one person's.
func Renormalise(ctx context.Context, st *store.Store) error {
	return st.Renormalise(ctx, "lower case, NFC", normalise)
}
