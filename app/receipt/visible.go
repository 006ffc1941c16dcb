package receipt

import (
	"strconv"
	"strings"
	"unicode"
)

// visible writes out what a terminal would act on or not show: control and
// formatting characters. The isolates around names (U+2068, U+2069), which our
// own catalogue puts there, only set a direction and are left out.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\u2068' || r == '\u2069':
		case unicode.IsGraphic(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}
