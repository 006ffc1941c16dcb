package view

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"assent/app/i18n"
)

// Seal is the rosette that stands for an approval, drawn from a digest: the
// same approval always bears the same seal. It is ornament and recognition,
// never the proof.
type Seal struct {
	Ref    string // the request's short reference
	At     time.Time
	Digest string // hexadecimal
	Fresh  bool   // just made: it presses in
}

// rosette holds the numbers by which one seal differs from another.
type rosette struct {
	lobes, curves, beat int
	phase               float64 // radians
}

// rosetteOf takes lobes (10 to 18), curves (7 to 11), beat (2 to 7) and phase
// from the digest's first bytes. Text that is no hexadecimal digest is hashed
// first.
func rosetteOf(digest string) rosette {
	b, err := hex.DecodeString(digest)
	if err != nil || len(b) < 4 {
		sum := sha256.Sum256([]byte(digest))
		b = sum[:]
	}
	return rosette{
		lobes:  10 + int(b[0])%9,
		curves: 7 + int(b[1])%5,
		beat:   2 + int(b[2])%6,
		phase:  2 * math.Pi * float64(b[3]) / 256,
	}
}

const (
	sealSize  = 168  // across, in the units of the drawing
	sealMid   = 63.2 // radius around which the curves swing
	sealSwing = 13.4 // how far they swing
	sealScale = 10   // whole numbers in the path are tenths
)

// path draws all curves as one path around the origin, in tenths. Each swings
// lobes times on its way round while a slower wave lifts and lowers it beat
// times; every next curve is a step further in both, which makes the weave.
func (r rosette) path() string {
	var b strings.Builder
	lobes, beat := float64(r.lobes), float64(r.beat)
	steps := 8 * r.lobes
	dt := 2 * math.Pi / float64(steps)
	for i := range r.curves {
		shift := 2*math.Pi*float64(i)/float64(r.curves) + r.phase
		radius := func(t float64) (at, slope float64) {
			at = sealMid + sealSwing*(0.7*math.Sin(lobes*t+shift)+0.3*math.Sin(beat*t+2*shift))
			slope = sealSwing * (0.7*lobes*math.Cos(lobes*t+shift) + 0.3*beat*math.Cos(beat*t+2*shift))
			return at, slope
		}
		point := func(t float64) (x, y, dx, dy float64) {
			at, slope := radius(t)
			sin, cos := math.Sincos(t)
			return at * cos, at * sin, slope*cos - at*sin, slope*sin + at*cos
		}
		x, y, dx, dy := point(0)
		px, py := tenths(x), tenths(y)
		b.WriteString("M" + strconv.Itoa(px) + " " + strconv.Itoa(py) + "c")
		for s := 1; s <= steps; s++ {
			nx, ny, ndx, ndy := point(dt * float64(s))
			// A cubic Bézier with the curve's own tangents at both ends, relative
			// to where the last one ended.
			for _, v := range [...]int{
				tenths(x+dx*dt/3) - px, tenths(y+dy*dt/3) - py,
				tenths(nx-ndx*dt/3) - px, tenths(ny-ndy*dt/3) - py,
				tenths(nx) - px, tenths(ny) - py,
			} {
				if v >= 0 {
					b.WriteByte(' ')
				}
				b.WriteString(strconv.Itoa(v))
			}
			x, y, dx, dy = nx, ny, ndx, ndy
			px, py = tenths(x), tenths(y)
		}
		b.WriteByte('z')
	}
	return b.String()
}

func tenths(v float64) int { return int(math.Round(v * sealScale)) }

// Describe says in words what the seal shows.
func (s Seal) Describe(w i18n.Words) string {
	return w.T("seal.label", "ref", s.Ref, "time", w.Time(s.At), "date", w.ShortDate(s.At))
}
