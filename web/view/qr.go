package view

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the margin that a QR code needs around it, in modules (ISO/IEC 18004).
const quiet = 4

// qrPath draws text as a QR code: one path of dark modules, and how many modules
// it is wide with its margin.
func qrPath(text string) (path string, side int, err error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			if !c.Black(x, y) {
				continue
			}
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
		}
	}
	return b.String(), c.Size + 2*quiet, nil
}
