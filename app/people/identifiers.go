// Package people knows who may be asked: it adds people, invites them to set
// up a device, and finds the person whom ACP means.
package people

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"assent/app"
)

// normalise gives the form in which identifiers of a kind are compared, or ""
// when value can't be one. A subject is compared byte for byte (OpenID Connect
// Core 2: case-sensitive); the others by Unicode case folding and NFC, phone
// numbers and CPF without their punctuation.
func normalise(kind app.IdentifierKind, value string) string {
	if kind == app.Subject {
		return value
	}
	value = norm.NFC.String(cases.Fold().String(norm.NFC.String(strings.TrimSpace(value))))
	switch kind {
	case app.Phone:
		return phone(value)
	case app.CPF:
		if d := stripPunctuation(value); len(d) == 11 && digitsOnly(d) {
			return d
		}
		return ""
	case app.Email:
		if !strings.Contains(value, "@") {
			return ""
		}
	}
	return value
}

func phone(value string) string {
	plus := strings.HasPrefix(value, "+")
	d := stripPunctuation(strings.TrimPrefix(value, "+"))
	if len(d) < 5 || len(d) > 15 || !digitsOnly(d) { // E.164: at most 15 digits
		return ""
	}
	if plus {
		return "+" + d
	}
	return d
}

// stripPunctuation removes what people put between digits.
func stripPunctuation(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune(".-/()\u2010\u2011\u2013", r) {
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
