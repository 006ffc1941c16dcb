package acp

import (
	"encoding/json"

	"assent/app/authz"
)

// DecodeDetails is for fuzzing.
var DecodeDetails = func(body []byte) (*authz.Details, error) {
	d, _, err := decodeDetails(body, rowOf(authz.Regular))
	return d, err
}

// ReadConsent reads the consent of an answer's member, and gives what it left.
// It gives nothing where the member is none, or holds no object.
func ReadConsent(member string, raw []byte) (c *authz.Consent, left map[string]any, err error) {
	_, v := holder(member)
	t := grow(json.RawMessage(raw))
	if v == nil || t == nil {
		return nil, nil, nil
	}
	c, err = v.mapping.read(t)
	return c, t, err
}

// Silent are the paths of a consent that mean nothing to a person.
func Silent(member string) []string {
	_, v := holder(member)
	return v.mapping.silent
}

// Guess is what a hint tells without asking ACP: the kind, and those to ask about.
func Guess(h authz.Hint, l Layout) (name authz.Kind, candidates []authz.Kind, err error) {
	name, rows, err := guess(h, l)
	for _, k := range rows {
		candidates = append(candidates, k.name)
	}
	return name, candidates, err
}

// Row is what the adapter's table says of a kind.
type Row struct {
	ConsentTypes, Versions int
	Base, Scope            string
	Layouts                map[Layout]bool
}

// Rows is the adapter's table.
func Rows() map[authz.Kind]Row {
	out := map[authz.Kind]Row{}
	for _, k := range kinds {
		r := Row{len(k.consentTypes), len(k.versions), k.base, k.scope, map[Layout]bool{}}
		for l, accept := range k.accept {
			r.Layouts[l] = accept != nil
		}
		out[k.name] = r
	}
	return out
}

// NotCarried are the kinds that the adapter says it doesn't carry.
var NotCarried = notCarried
