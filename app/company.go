package app

import (
	"fmt"
	"strings"
	"unicode"
)

// ParseCNPJ gives a Brazilian company number without punctuation: twelve letters
// or digits and two check digits.
func ParseCNPJ(s string) (string, error) {
	n := strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune(".-/\u2010\u2011\u2013", r) {
			return -1
		}
		return r
	}, s))
	ok := len(n) == 14 && strings.Trim(n[12:], "0123456789") == ""
	for _, r := range n {
		ok = ok && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z')
	}
	if !ok {
		return "", ErrMalformed.In("company").Because(fmt.Errorf("%q is not a CNPJ", s))
	}
	return n, nil
}
