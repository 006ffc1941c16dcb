package settings

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// Colour is an sRGB colour, eight bits a channel.
type Colour struct{ R, G, B uint8 }

// ParseColour reads #rrggbb or #rgb.
func ParseColour(s string) (Colour, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "#")
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 3 {
		return Colour{}, false
	}
	return Colour{b[0], b[1], b[2]}, true
}

// mustColour is for the colours of our own sheets.
func mustColour(s string) Colour {
	c, ok := ParseColour(s)
	if !ok {
		panic("settings: " + s + " is no colour")
	}
	return c
}

// String writes #rrggbb.
func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// linear are the channels as amounts of light (IEC 61966-2-1), 0 to 1.
func (c Colour) linear() [3]float64 {
	var out [3]float64
	for i, v := range [3]uint8{c.R, c.G, c.B} {
		x := float64(v) / 255
		if x <= 0.04045 {
			out[i] = x / 12.92
		} else {
			out[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	return out
}

func ofLinear(l [3]float64) Colour {
	var out [3]uint8
	for i, x := range l {
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		out[i] = uint8(math.Round(255 * max(0, min(1, x))))
	}
	return Colour{out[0], out[1], out[2]}
}

// luminance is the relative luminance of WCAG 2.2.
func (c Colour) luminance() float64 {
	l := c.linear()
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

// Contrast is the contrast ratio of two colours (WCAG 2.2), 1 to 21.
func Contrast(a, b Colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// mix is so much of c in other, 0 to 1, as color-mix(in srgb) does it.
func (c Colour) mix(share float64, other Colour) Colour {
	ch := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*share + float64(b)*(1-share))) }
	return Colour{ch(c.R, other.R), ch(c.G, other.G), ch(c.B, other.B)}
}

// oklab gives lightness, and the two axes of hue (Björn Ottosson, "A perceptual
// color space for image processing").
func (c Colour) oklab() (l, a, b float64) {
	x := c.linear()
	p := math.Cbrt(0.4122214708*x[0] + 0.5363325363*x[1] + 0.0514459929*x[2])
	q := math.Cbrt(0.2119034982*x[0] + 0.6806995451*x[1] + 0.1073969566*x[2])
	r := math.Cbrt(0.0883024619*x[0] + 0.2817188376*x[1] + 0.6299787005*x[2])
	return 0.2104542553*p + 0.7936177850*q - 0.0040720468*r,
		1.9779984951*p - 2.4285922050*q + 0.4505937099*r,
		0.0259040371*p + 0.7827717662*q - 0.8086757660*r
}

// ofOKLab gives the colour, and whether a screen can show it as it is.
func ofOKLab(l, a, b float64) (Colour, bool) {
	p, q, r := l+0.3963377774*a+0.2158037573*b, l-0.1055613458*a-0.0638541728*b, l-0.0894841775*a-1.2914855480*b
	p, q, r = p*p*p, q*q*q, r*r*r
	x := [3]float64{
		4.0767416621*p - 3.3077115913*q + 0.2309699292*r,
		-1.2684380046*p + 2.6097574011*q - 0.3413193965*r,
		-0.0041960863*p - 0.7034186147*q + 1.7076147010*r,
	}
	const loose = 1e-4
	fits := true
	for _, v := range x {
		fits = fits && v >= -loose && v <= 1+loose
	}
	return ofLinear(x), fits
}

// withLightness is the colour of the same hue with another lightness, as
// colourful as it was where a screen can show that, else as it can.
func (c Colour) withLightness(l float64) Colour {
	_, a, b := c.oklab()
	if out, fits := ofOKLab(l, a, b); fits {
		return out
	}
	low, high := 0.0, 1.0
	for range 16 {
		k := (low + high) / 2
		if _, fits := ofOKLab(l, k*a, k*b); fits {
			low = k
		} else {
			high = k
		}
	}
	out, _ := ofOKLab(l, low*a, low*b)
	return out
}

// Theme is one of the two schemes of colours.
type Theme string

// The themes.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Themes are both.
var Themes = []Theme{Light, Dark}

// Legible is the least contrast of text (WCAG 2.2, 1.4.3 AA).
const Legible = 4.5

// comfortable is what a colour aims at that is derived from another.
const comfortable = 6

// grounds are what the accent is written on, as app.css has them.
var grounds = map[Theme]struct{ paper, slip, sunk, accent, on Colour }{
	Light: {mustColour("#f5f2eb"), mustColour("#ffffff"), mustColour("#efebe2"), mustColour("#0e5a4a"),
		mustColour("#ffffff")},
	Dark: {mustColour("#12161d"), mustColour("#1a202a"), mustColour("#0d1117"), mustColour("#5cc2a6"), Colour{}},
}

// Accent is an accent in one theme, with what follows from it.
type Accent struct {
	Theme  Theme
	Colour Colour
	Soft   Colour // behind what is chosen: 11 % of it in the slip's colour
	On     Colour // text on it
}

// OwnAccent is the colour that we have without a choice.
func OwnAccent(t Theme) Colour { return grounds[t].accent }

// AccentOf derives the colours that go with an accent.
func AccentOf(t Theme, c Colour) Accent {
	a := Accent{Theme: t, Colour: c, Soft: c.mix(0.11, grounds[t].slip), On: grounds[t].on}
	if t == Dark {
		a.On = c.mix(0.16, a.On)
	}
	return a
}

// Ground is what the accent stands against.
type Ground string

// The grounds.
const (
	OnPaper Ground = "paper"
	OnSlip  Ground = "slip"
	OnSunk  Ground = "sunk"
	OnSoft  Ground = "soft"
	Written Ground = "written" // the text on the accent itself
)

// Pair is a contrast that matters.
type Pair struct {
	Ground Ground
	Ratio  float64
}

// Passes tells whether the pair can be read.
func (p Pair) Passes() bool { return p.Ratio >= Legible }

// Pairs are all contrasts that matter.
func (a Accent) Pairs() []Pair {
	g := grounds[a.Theme]
	return []Pair{
		{OnPaper, Contrast(a.Colour, g.paper)}, {OnSlip, Contrast(a.Colour, g.slip)},
		{OnSunk, Contrast(a.Colour, g.sunk)},
		{OnSoft, Contrast(a.Colour, a.Soft)}, {Written, Contrast(a.Colour, a.On)},
	}
}

// Lowest is the worst of the pairs.
func (a Accent) Lowest() Pair {
	pairs := a.Pairs()
	worst := pairs[0]
	for _, p := range pairs[1:] {
		if p.Ratio < worst.Ratio {
			worst = p
		}
	}
	return worst
}

// Nearest is the colour nearest to c that can be read in the theme: c itself,
// or one of its hue that is as much darker, in the dark theme lighter, as it
// takes.
func Nearest(t Theme, c Colour) Colour { return nearest(t, c, Legible) }

// Derived is the accent for the dark theme that goes with the light one's.
func Derived(light Colour) Colour { return nearest(Dark, light, comfortable) }

func nearest(t Theme, c Colour, least float64) Colour {
	const step = 1.0 / 512
	l, _, _ := c.oklab()
	for out := c; ; {
		if AccentOf(t, out).Lowest().Ratio >= least {
			return out
		}
		if t == Dark {
			l += step
		} else {
			l -= step
		}
		if l <= 0 || l >= 1 { // black and white pass
			return grounds[t].accent
		}
		out = c.withLightness(l)
	}
}
