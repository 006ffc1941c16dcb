package app_test

import (
	"strings"
	"testing"

	"assent/app"
)

func TestReadActivationCode(t *testing.T) {
	for typed, want := range map[string]string{
		"48217730": "48217730", "4821 7730": "48217730", " 4821-7730\n": "48217730", "4821\u00a07730": "48217730",
		"4821\u20117730": "48217730", "4 8 2 1 7 7 3 0": "48217730", "\u200e4821 7730": "48217730",
		"": "", "4821 773": "", "4821 77300": "", "4821 773O": "", "٤٨٢١٧٧٣٠": "", "+4821773": "",
	} {
		got, err := app.ReadActivationCode(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is read as %q, %v, want %q", typed, got, err, want)
		}
	}
}

func TestActivationCodeIsKeptAsHash(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		digits, kept := app.NewActivationCode("1 2 3")
		if read, err := app.ReadActivationCode(app.SpaceActivationCode(digits)); err != nil || read != digits {
			t.Fatalf("%q is read back as %q, %v", digits, read, err)
		}
		salted := kept
		salted.Salt = app.NewID()
		if !kept.Is(digits, "1 2 3") || salted.Is(digits, "1 2 3") || kept.Is(digits[:7], "1 2 3") ||
			kept.Is(digits, "1 2 4") || kept.Is(digits, "") || strings.Contains(kept.Hash+kept.Salt, digits) {
			t.Errorf("%q is kept as %+v", digits, kept)
		}
		seen[digits] = true
	}
	if len(seen) < 45 {
		t.Errorf("50 codes, %d different", len(seen))
	}
}
