// Package people knows who may be asked: it adds people, invites them to set
// up a device, and finds the person whom ACP means.
package people

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"assent/app"
	"assent/app/identifier"
	"assent/store"
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
func Company(s string) (string, error) { return app.ParseCNPJ(s) }

// Renormalise brings the identifiers of a database from before the present
// rules to them; it has something to do once. Before, text was folded further
// (ß as ss), so that different identifiers were one person's.
func Renormalise(ctx context.Context, st *store.Store) error {
	return st.Renormalise(ctx, "lower case, NFC", identifier.Normalise)
}

// Parse reads an identifier as the command line takes it; see identifier.Parse.
func Parse(s string) (app.Identifier, error) { return identifier.Parse(s) }
