package spoken_test

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"assent/app"
	"assent/app/spoken"
)

func list(t *testing.T, tag string) []string {
	t.Helper()
	b, err := os.ReadFile(tag + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b))
}

func plain(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(word))
}

// near tells whether a and b are the same but for one letter.
func near(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	switch len(y) - len(x) {
	case 0:
		return i == len(x) || slices.Equal(x[i+1:], y[i+1:])
	case 1:
		return slices.Equal(x[i:], y[i+1:])
	}
	return false
}

// sounds are spellings of one sound, by language: what they have in common is
// compared.
var sounds = map[string]*strings.Replacer{
	"en-GB": strings.NewReplacer("tch", "ch", "ph", "f", "ck", "k", "qu", "kw", "kn", "n", "wr", "r", "wh", "w", "dge",
		"j", "ce", "se", "ci", "si",
		"cy", "sy", "sch", "sk", "c", "k", "z", "s", "ee", "i", "ea", "i", "oo", "u", "ou", "u", "ai", "e", "y", "i"),
	"pt-BR": strings.NewReplacer("ch", "x", "qu", "k", "ss", "s", "ce", "se", "ci", "si", "c", "k", "ge", "je", "gi",
		"ji", "z", "s", "lh", "li", "h", "", "y", "i"),
}

// The lists are as long as the mapping needs, and no two words of one are taken
// for each other by who hears or types them, nor is a word of one in the other.
func TestLists(t *testing.T) {
	seen := map[string]string{}
	for _, tag := range []string{"en-GB", "pt-BR"} {
		words := list(t, tag)
		if len(words) != 1024 {
			t.Errorf("%s has %d words, want 1,024", tag, len(words))
		}
		heard := map[string]string{}
		for i, w := range words {
			p := plain(w)
			if n := utf8.RuneCountInString(w); n < 4 || n > 11 || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz") != "" {
				t.Errorf("%s: %q is no short lower-case word", tag, w)
			}
			if other, is := seen[p]; is {
				t.Errorf("%s: %q is %s too", tag, w, other)
			}
			seen[p] = tag + " " + w
			sound := sounds[tag].Replace(p)
			if other, is := heard[sound]; is {
				t.Errorf("%s: %q sounds like %q", tag, w, other)
			}
			heard[sound] = w
			for _, other := range words[:i] {
				if near(p, plain(other)) {
					t.Errorf("%s: %q and %q are one letter apart", tag, w, other)
				}
			}
		}
	}
}

// Every word comes up, about as often as any other, in each of the places.
func TestWordsAreEvenlySpread(t *testing.T) {
	const each = 40
	var count [spoken.Count][1024]int
	for n := range uint64(1024 * each) {
		for place, at := range spoken.Of([]byte("key"), strconv.Itoa(int(n))) {
			count[place][at]++
		}
	}
	for place, c := range count {
		if least, most := slices.Min(c[:]), slices.Max(c[:]); least < each/4 || most > 2*each {
			t.Errorf("place %d: some word comes %d times and some %d, want about %d", place, least, most, each)
		}
	}
}

// Another key, another browser or another way to split the same text has other
// words.
func TestWordsDependOnAllOfIt(t *testing.T) {
	w := spoken.Of([]byte("key"), "link", "browser")
	for _, other := range [][]string{{"key2", "link", "browser"}, {"key", "link2", "browser"},
		{"key", "link", "browser2"}, {"key", "lin", "kbrowser"}, {"key", "linkbrowser"}} {
		if spoken.Of([]byte(other[0]), other[1:]...) == w {
			t.Errorf("%v has the same words", other)
		}
	}
	if spoken.Of([]byte("key"), "link", "browser") != w {
		t.Error("the same doesn't have the same words")
	}
}

func TestReadWhatIsReadOut(t *testing.T) {
	for n := range uint64(300) {
		w := spoken.Of([]byte("key"), strconv.Itoa(int(n)))
		for _, tag := range []string{"en-GB", "pt-BR", "fr-FR"} {
			said := w.In(tag)
			for _, typed := range []string{strings.Join(said, " "),
				" " + strings.ToUpper(strings.Join(said, ", ")) + ". ", plain(strings.Join(said, "-")),
				norm.NFD.String(strings.Join(said, "\u00a0"))} {
				if got, err := spoken.Read(typed); err != nil || got != w {
					t.Fatalf("%q reads as %v (%v), want %v", typed, got, err, w)
				}
			}
			swapped, err := spoken.Read(said[1] + " " + said[0] + " " + said[2])
			if said[0] != said[1] && (err != nil || swapped == w) {
				t.Fatalf("%v in another order reads as the same (%v)", said, err)
			}
		}
	}
	en, pt := list(t, "en-GB"), list(t, "pt-BR")
	for _, bad := range []string{"", en[0], en[0] + " " + en[1], en[0] + " " + en[1] + " " + en[2] + " " + pt[3],
		"qzx " + en[1] + " " + en[2], "4821 7730 1"} {
		if w, err := spoken.Read(bad); !errors.Is(err, app.ErrMalformed) {
			t.Errorf("%q reads as %v (%v), want ErrMalformed", bad, w, err)
		}
	}
}
