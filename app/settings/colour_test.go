package settings_test

import (
	"math"
	"os"
	"regexp"
	"slices"
	"testing"

	"assent/app/settings"
)

func colour(t *testing.T, s string) settings.Colour {
	t.Helper()
	c, ok := settings.ParseColour(s)
	if !ok {
		t.Fatalf("%q is no colour", s)
	}
	return c
}

// The ratios are those of WCAG's own examples and of the W3C's checkers.
func TestContrast(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want float64
	}{
		{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#767676", "#fff", 4.54},
		{"#ff0000", "#ffffff", 4.00},
		{"#0000ff", "#ffffff", 8.59}, {"#0e5a4a", "#f5f2eb", 7.28}, {"#5cc2a6", "#1a202a", 7.57},
		{"#123456", "#123456", 1},
	} {
		if got := settings.Contrast(colour(t, row.a), colour(t, row.b)); math.Abs(got-row.want) > 0.011 {
			t.Errorf("%s on %s: %.3f, want %.2f", row.a, row.b, got, row.want)
		}
	}
	for _, s := range []string{"", "#12", "#12345", "red", "#gggggg", "#1234567"} {
		if c, ok := settings.ParseColour(s); ok {
			t.Errorf("%q is read as %s", s, c)
		}
	}
}

// Whatever colour is chosen, the one that is offered can be read everywhere,
// and one that can be read is offered as it is.
func TestNearestPasses(t *testing.T) {
	for _, theme := range settings.Themes {
		for r := 0; r < 256; r += 51 {
			for g := 0; g < 256; g += 51 {
				for b := 0; b < 256; b += 51 {
					c := settings.Colour{R: uint8(r), G: uint8(g), B: uint8(b)}
					near := settings.Nearest(theme, c)
					if low := settings.AccentOf(theme, near).Lowest(); !low.Passes() {
						t.Errorf("%s: %s for %s has %.2f on %s", theme, near, c, low.Ratio, low.Ground)
					}
					if passes := settings.AccentOf(theme, c).Lowest().Passes(); passes != (near == c) {
						t.Errorf("%s: %s passes=%v, offered %s", theme, c, passes, near)
					}
					if low := settings.AccentOf(settings.Dark, settings.Derived(c)).Lowest(); !low.Passes() {
						t.Errorf("the dark one derived from %s has %.2f on %s", c, low.Ratio, low.Ground)
					}
				}
			}
		}
	}
	if near := settings.Nearest(settings.Light, colour(t, "#ff8800")); near.R <= near.G || near.G <= near.B {
		t.Errorf("an orange comes back as %s", near)
	}
}

// The grounds that colours are held against are those of the stylesheet.
func TestGroundsAreTheStylesheets(t *testing.T) {
	css, err := os.ReadFile("../../static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`--paper: (#\w+); --slip: (#\w+); --sunk: (#\w+); --line`).FindAllStringSubmatch(string(css),
		-1)
	accents := regexp.MustCompile(`--accent: (#\w+);`).FindAllStringSubmatch(string(css), -1)
	if len(found) != 3 || len(accents) != 3 {
		t.Fatalf("%d schemes, %d accents", len(found), len(accents))
	}
	for i, theme := range []settings.Theme{settings.Light, settings.Dark, settings.Dark} {
		var want []string
		for _, s := range found[i][1:] {
			want = append(want, colour(t, s).String())
		}
		if got := settings.GroundsOf(theme); !slices.Equal(got, want) {
			t.Errorf("%s: %v, the stylesheet has %v", theme, got, want)
		}
		if got := settings.OwnAccent(theme); got != colour(t, accents[i][1]) {
			t.Errorf("%s: accent %s, the stylesheet has %s", theme, got, accents[i][1])
		}
		if low := settings.AccentOf(theme, settings.OwnAccent(theme)).Lowest(); !low.Passes() {
			t.Errorf("%s: our own accent has %.2f on %s", theme, low.Ratio, low.Ground)
		}
	}
}

// A grey stays grey: no hue comes from the way through OKLab and back.
func TestGreyStaysGrey(t *testing.T) {
	own := []settings.Colour{settings.OwnAccent(settings.Light), settings.OwnAccent(settings.Dark)}
	for v := range 256 {
		c := settings.Colour{R: uint8(v), G: uint8(v), B: uint8(v)}
		derived := []settings.Colour{settings.Nearest(settings.Light, c), settings.Nearest(settings.Dark, c),
			settings.Derived(c)}
		for _, got := range derived {
			if !slices.Contains(own, got) && (got.R != got.G || got.G != got.B) {
				t.Errorf("%s becomes %s", c, got)
			}
		}
	}
}
