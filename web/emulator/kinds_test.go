package emulator

import (
	"slices"
	"testing"

	"assent/app/authz"
)

// The emulator has every kind of consent that the product knows: its calls, and
// a sample that its pages offer.
func TestEveryKindHasASample(t *testing.T) {
	kinds := map[Kind]bool{Refused: true}
	for _, r := range authz.Kinds() {
		if r.Country == authz.NoCountry {
			continue
		}
		kinds[Kind(r.Kind)] = true
		t.Run(string(r.Kind), func(t *testing.T) {
			called := false
			for _, typ := range consentTypes {
				if typ.Kind != Kind(r.Kind) {
					continue
				}
				called = true
				if typ.Brazil != (r.Country == authz.Brazil) {
					t.Errorf("%s is Brazil's: %v", typ.Name, typ.Brazil)
				}
				if !slices.ContainsFunc(samples, func(s sample) bool { return s.consentType == typ.Name }) {
					t.Errorf("%s has no sample", typ.Name)
				}
			}
			if !called {
				t.Error("the emulator has no calls for it")
			}
		})
	}
	for _, typ := range consentTypes {
		if !kinds[typ.Kind] {
			t.Errorf("%s is of the kind %s, which the product doesn't know", typ.Name, typ.Kind)
		}
	}
}
