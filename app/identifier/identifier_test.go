package identifier_test

import (
	"slices"
	"testing"

	"assent/app"
	"assent/app/identifier"
)

// hints are ways to write names, some of them of several kinds.
var hints = []string{"ada", "Ada", " ADA ", "ada@bank.example", "Ada@Bank.example", "77", "44107731", "4410-7731",
	"44 107 731", "12345678909", "123.456.789-09",
	"+442079460018", "+44 20 7946 0018", "0044 20 7946 0018", "(11) 98765-4321", "11987654321", "02079461111",
	"020 7946 1111", "x\u00b2", "\u00e9", "e\u0301", "@ada"}

// Two identifiers are each other's others exactly where some hint calls both.
func TestAlsoIsWhatOneHintCanCall(t *testing.T) {
	var ids []app.Identifier
	for _, kind := range app.IdentifierKinds {
		for _, h := range hints {
			if n := identifier.Normalise(kind, h); n != "" {
				ids = append(ids, app.Identifier{Kind: kind, Value: h, Norm: n})
			}
		}
	}
	has := func(list []app.Identifier, id app.Identifier) bool { return slices.ContainsFunc(list, id.Same) }
	both := 0
	for _, a := range ids {
		for _, b := range ids {
			if a.Kind == b.Kind {
				continue
			}
			called := slices.ContainsFunc(hints, func(h string) bool {
				return identifier.Normalise(a.Kind, h) == a.Norm && identifier.Normalise(b.Kind, h) == b.Norm
			})
			if got := has(identifier.Also(a), b) || has(identifier.Also(b), a); called && !got ||
				got && !called && plain(a, b) {
				t.Errorf("%s %q and %s %q: others %v, called by one hint %v", a.Kind, a.Value, b.Kind, b.Value, got,
					called)
			}
			// The store finds b for a by what b is, or by what it kept of b.
			found := has(identifier.Also(a), b) ||
				slices.ContainsFunc(identifier.Sought(a),
					func(s app.Identifier) bool { return has(identifier.Kept(b), s) })
			if called {
				if both++; !found {
					t.Errorf("%s %q beside %s %q isn't found", a.Kind, a.Value, b.Kind, b.Value)
				}
			}
		}
	}
	if both < 50 {
		t.Errorf("only %d pairs tried", both)
	}
}

// plain tells pairs whose hint must be among hints, if there is one: the normal
// form of the one that is text.
func plain(a, b app.Identifier) bool {
	return slices.Contains(hints, a.Norm) && slices.Contains(hints, b.Norm)
}

func TestPoses(t *testing.T) {
	for value, want := range map[string]app.IdentifierKind{
		"ada@bank.example": app.Email,
		"+442079460018":    app.Phone,
		"+44 20 7946 0018": app.Phone,
		"12345678909":      app.CPF,
		"123.456.789-09":   app.CPF,
		"ada":              "",
		"@ada":             "",
		"ada@":             "",
		"44107731":         "",
		"02079461111":      "",
		"12345678900":      "",
		"+":                "",
		"+1":               "",
		"+ada":             "",
	} {
		for _, kind := range app.IdentifierKinds {
			id := app.Identifier{Kind: kind, Value: value, Norm: identifier.Normalise(kind, value)}
			if id.Norm == "" {
				continue
			}
			as, poses := identifier.Poses(id)
			if free := kind == app.Username || kind == app.Customer; free && (as != want || poses != (want != "")) ||
				!free && poses {
				t.Errorf("a %s %q poses as %q (%v), want %q", kind, value, as, poses, want)
			}
		}
	}
}
