package i18n

import (
	"strings"
	"unicode"
)

// Plain makes text from elsewhere safe to read: control characters and those
// that turn or hide text around them go (Unicode Cc, Cf and the line
// separators), white space becomes single spaces. Joiners inside words and
// emoji stay, since some scripts need them.
func Plain(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case r == '\u200c' || r == '\u200d':
		case blank(r), r&0xfffe == 0xfffe, 0xfdd0 <= r && r <= 0xfdef: // the latter two are noncharacters
			continue
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) ||
			r == unicode.ReplacementChar:
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// blank tells whether a character looks like nothing although it counts as a
// letter, mark or symbol: names made of them would be no names.
func blank(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return false
}

// Fold cuts text that is longer than n characters in two, at a space where one
// is near: the part that is shown and the part that is folded away.
func Fold(s string, n int) (head, rest string) {
	r := []rune(s)
	if len(r) <= n {
		return s, ""
	}
	at := n
	for i := n; i > n*2/3; i-- {
		if r[i] == ' ' {
			at = i
			break
		}
	}
	return string(r[:at]), string(r[at:])
}
