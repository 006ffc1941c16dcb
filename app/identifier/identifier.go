// Package identifier reads the names by which ACP may call a person: what kind
// a name can be, in which form names are compared, and which two could be called
// by the same hint.
package identifier

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"assent/app"
)

// Normalise gives the form in which identifiers of a kind are compared, or ""
// when value can't be one. A subject is compared byte for byte (OpenID Connect
// Core 2: case-sensitive), a phone number and a CPF by their digits. The others
// are lower-cased and composed (NFC), much as RFC 8265 section 3.3 has it for
// user names, and no more: ß isn't ss, a ligature isn't its letters, a
// full-width letter isn't the plain one. Two that Unicode calls the same in any
// font (Annex 15, canonical equivalence) stay one, for which of them arrives
// depends on what the text went through.
func Normalise(kind app.IdentifierKind, value string) string {
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

// Parse reads an identifier as the command line takes it: KIND:VALUE, where
// only the known kinds are read as a prefix; without one a value with @ is an
// email, + and digits a phone number, anything else a user name.
func Parse(s string) (app.Identifier, error) {
	if prefix, value, ok := strings.Cut(s, ":"); ok {
		for _, kind := range app.IdentifierKinds {
			if prefix == string(kind) {
				return of(kind, value)
			}
		}
	}
	switch {
	case strings.Contains(s, "@"):
		return of(app.Email, s)
	case strings.HasPrefix(s, "+") && phone(s) != "":
		return of(app.Phone, s)
	}
	return of(app.Username, s)
}

func of(kind app.IdentifierKind, value string) (app.Identifier, error) {
	n := Normalise(kind, value)
	if n == "" || len(value) > 1024 {
		return app.Identifier{}, app.ErrMalformed.In("id").Because(fmt.Errorf("%q is not a %s", value, kind))
	}
	return app.Identifier{Kind: kind, Value: strings.TrimSpace(value), Norm: n}, nil
}

// Readings are the identifiers that a hint could be, of the given kinds; without
// any, of all kinds.
func Readings(hint string, kinds ...app.IdentifierKind) []app.Identifier {
	if len(kinds) == 0 {
		kinds = app.IdentifierKinds
	}
	var out []app.Identifier
	for _, kind := range kinds {
		if n := Normalise(kind, hint); n != "" {
			out = append(out, app.Identifier{Kind: kind, Value: hint, Norm: n})
		}
	}
	return out
}

// text stands for the kinds that are compared as text without case.
const text app.IdentifierKind = "text"

func isText(kind app.IdentifierKind) bool {
	return kind == app.Username || kind == app.Customer || kind == app.Email
}

// Also are the identifiers of other kinds that a hint which is id could be as
// well. One hint could call both id and other if Also(id) has other, or Also(other)
// has id.
func Also(id app.Identifier) []app.Identifier {
	out := make([]app.Identifier, 0, 8)
	add := func(kind app.IdentifierKind, n string) {
		if r := (app.Identifier{Kind: kind, Norm: n}); n != "" && kind != id.Kind && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	forms := []string{id.Norm} // as a hint may be written
	if id.Value != id.Norm {
		forms = append(forms, id.Value)
	}
	for _, form := range forms {
		add(app.Subject, form)
		n := form
		if !isText(id.Kind) || form != id.Norm {
			n = Normalise(app.Username, form)
		}
		add(app.Username, n)
		add(app.Customer, n)
		if strings.Contains(n, "@") {
			add(app.Email, n)
		}
		add(app.Phone, phone(n))
		add(app.CPF, cpf(n))
	}
	return out
}

// Kept are those of Also that can't be told from the other identifier, so that
// the store keeps them: as a number, whose punctuation is lost, and of a subject
// as text, whose case is. Those as text are of a kind of their own; see Sought.
func Kept(id app.Identifier) []app.Identifier {
	if id.Kind != app.Username && id.Kind != app.Customer && id.Kind != app.Subject {
		return nil
	}
	var out []app.Identifier
	for _, a := range Also(id) {
		if a.Kind == app.Phone || a.Kind == app.CPF {
			out = append(out, a)
		}
	}
	if n := Normalise(app.Username, id.Value); id.Kind == app.Subject && n != "" && n != id.Value {
		out = append(out, app.Identifier{Kind: text, Norm: n})
	}
	return out
}

// Sought is id as Kept would have it of another.
func Sought(id app.Identifier) []app.Identifier {
	out := []app.Identifier{{Kind: id.Kind, Norm: id.Norm}}
	if isText(id.Kind) {
		out = append(out, app.Identifier{Kind: text, Norm: id.Norm})
	}
	return out
}

// Poses tells as which other kind a user name or a customer number would be
// taken by whoever reads it: an e-mail address, an international phone number or
// a CPF. A plain number is none of them, unless it has a CPF's check digits.
func Poses(id app.Identifier) (as app.IdentifierKind, ok bool) {
	if id.Kind != app.Username && id.Kind != app.Customer {
		return "", false
	}
	local, host, mail := strings.Cut(id.Norm, "@")
	switch {
	case mail && local != "" && host != "":
		return app.Email, true
	case strings.HasPrefix(phone(id.Norm), "+"):
		return app.Phone, true
	case cpf(id.Norm) != "":
		return app.CPF, true
	}
	return "", false
}
