package page

import (
	"cmp"
	"unicode"
	"unicode/utf8"

	"assent/app/i18n"
	"assent/app/slip"
)

// pageTitle is the title of the page of a request.
func pageTitle(t slip.Text) string { return cmp.Or(t.Title, t.Requester.Name) }

// optional counts the tick boxes of a group, all of which start ticked.
func optional(g slip.Group) int {
	n := 0
	for _, it := range g.Items {
		if it.Grant != "" {
			n++
		}
	}
	return n
}

// groupings name what is inside a folded group that has a second level, so that
// only the lines of each are out of sight.
func groupings(w i18n.Words, g slip.Group) string {
	var names []string
	for _, it := range g.Items {
		if len(it.Lines) > 0 {
			names = append(names, it.Title)
		}
	}
	return w.List(names)
}

// askedWords are the verbs of requests as they read afterwards.
var askedWords = map[i18n.Key]i18n.Key{
	"request.asks":                "request.asked",
	"request.asks_showing":        "request.asked_showing",
	"request.asks_something":      "request.asked_something",
	"ask.pay":                     "asked.pay",
	"ask.schedule":                "asked.schedule",
	"ask.series":                  "asked.series",
	"ask.standing":                "asked.standing",
	"ask.file":                    "asked.file",
	"ask.international":           "asked.international",
	"ask.international_scheduled": "asked.international_scheduled",
	"ask.international_standing":  "asked.international_standing",
	"ask.see":                     "asked.see",
	"ask.see_yours":               "asked.see_yours",
}

// asked is the verb of a text as it reads afterwards.
func asked(w i18n.Words, verb string) string {
	for now, then := range askedWords {
		if w.T(now) == verb {
			return w.T(then)
		}
	}
	return verb
}

// sentenceCase begins a line.
func sentenceCase(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
