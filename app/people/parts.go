package people

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"assent/app"
)

// Name gives a person's name as it is kept: without spaces around it and more
// than one between its words.
func Name(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" || len(s) > 200 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", app.ErrMalformed.In("name").Because(errors.New("a name has 1 to 200 characters"))
	}
	return s, nil
}

// Company reads a Brazilian company number (CNPJ), with punctuation or without.
func Company(s string) (string, error) { return cnpj(s) }
