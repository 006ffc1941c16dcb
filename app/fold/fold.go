// Package fold compares text as people search it: without regard to case,
// accents, letters with strokes or dots, and apostrophes.
//
// It is for searches alone. Identifiers, hints and codes name one person and are
// never folded so: see package identifier.
package fold

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// plain are letters that Unicode doesn't decompose (UAX #15), as people type
// them who have no key for them, and what serves as an apostrophe.
var plain = strings.NewReplacer(
	"ı", "i", "ł", "l", "ø", "o", "đ", "d", "ð", "d", "ħ", "h", "ŧ", "t", "ƀ", "b", "ɨ", "i", "ʉ", "u",
	"æ", "ae", "œ", "oe", "þ", "th", "ŋ", "ng", "ĸ", "k",
	"'", "", "’", "", "‘", "", "ʼ", "", "ʻ", "", "ʹ", "", "′", "", "`", "", "´", "", "＇", "",
)

// Text gives s as it is compared. Two texts that a search holds to be the same
// have the same one.
func Text(s string) string {
	// The acute accent that stands alone decomposes into a space and a mark.
	s = cases.Fold().String(norm.NFKD.String(strings.ReplaceAll(s, "´", "'")))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(plain.Replace(s))
}

// Words gives the words of s as they are compared, sorted, each once. A word with
// an apostrophe is found whole and by its parts: D'Ávila by davila and by avila.
func Words(s string) []string {
	words := fields(Text(s))
	for _, part := range fields(Text(apart.Replace(s))) {
		if len(part) > 1 {
			words = append(words, part)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

var apart = strings.NewReplacer("'", " ", "’", " ", "‘", " ", "ʼ", " ", "ʻ", " ", "`", " ", "´", " ", "＇", " ")

// Query gives the words of a search: each begins a word of what is sought.
func Query(s string) []string {
	words := fields(Text(s))
	slices.Sort(words)
	return slices.Compact(words)
}

func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
