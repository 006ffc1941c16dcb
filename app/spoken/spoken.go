// Package spoken turns a keyed hash into three words that people read out on
// the telephone, and reads them as somebody typed them.
//
// Each language has a list of 1,024 words that are short, common and harmless.
// No two of a list are one letter apart or sound alike, and no word stands in
// both lists, so that three words mean the same wherever they are typed. Three
// words carry 30 bits: enough to tell one browser from another, and no secret.
package spoken

import (
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"assent/app"
	"assent/app/fold"
)

// Count is how many words are read out.
const Count = 3

const (
	bits  = 10
	words = 1 << bits // in each list
)

//go:embed en-GB.txt
var english string

//go:embed pt-BR.txt
var portuguese string

// lists are the words by language (BCP 47), in their order: it is part of what
// they mean, so a released list never changes.
var lists = map[string][]string{"en-GB": strings.Fields(english), "pt-BR": strings.Fields(portuguese)}

// meaning is a word's place in the list of its language.
type meaning struct {
	lang string
	at   int
}

// meanings are those of all words by their folded form.
var meanings = func() map[string]meaning {
	all := map[string]meaning{}
	for lang, list := range lists {
		for i, word := range list {
			all[fold.Text(word)] = meaning{lang, i}
		}
	}
	return all
}()

// Words are three words, whatever the language: their places in the lists.
type Words [Count]int

// Of gives the words of about, which is named by all its parts together, under
// a key: HMAC-SHA-256, of which each word is ten bits, so that all are equally
// likely.
func Of(key []byte, about ...string) Words {
	m := hmac.New(sha256.New, key)
	for _, part := range about {
		fmt.Fprintf(m, "%d:%s", len(part), part)
	}
	mac := m.Sum(nil)
	var w Words
	for i := range w {
		w[i] = int(binary.BigEndian.Uint16(mac[2*i:])) & (words - 1)
	}
	return w
}

// In gives the words in a language; one that has no list gets English.
func (w Words) In(tag string) []string {
	list, ok := lists[tag]
	if !ok {
		list = lists["en-GB"]
	}
	out := make([]string, Count)
	for i, at := range w {
		out[i] = list[at]
	}
	return out
}

// String names the words without saying them, for what is computed from them.
func (w Words) String() string { return fmt.Sprintf("%d %d %d", w[0], w[1], w[2]) }

// Read reads three words in their order as people type them: all in one
// language, with or without accents and capitals, with anything between them
// that isn't a letter. Anything else is app.ErrMalformed in the field "words".
func Read(typed string) (Words, error) {
	var w Words
	given := strings.FieldsFunc(norm.NFC.String(typed), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r)
	})
	if len(given) != Count {
		return w, app.ErrMalformed.In("words").Because(fmt.Errorf("%d words were given, want the %d that the person's page shows",
			len(given), Count))
	}
	lang := ""
	for i, word := range given {
		m, ok := meanings[fold.Text(word)]
		if !ok || lang != "" && m.lang != lang {
			return w, app.ErrMalformed.In("words").Because(fmt.Errorf("%q is none of the words that a page shows beside the others",
				word))
		}
		w[i], lang = m.at, m.lang
	}
	return w, nil
}
