package page

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assent/app/i18n"
	"assent/app/slip"
	"assent/web/view"
)

// pageTitle is the title of the page of a request.
func pageTitle(t slip.Text) string { return cmp.Or(t.Title, t.Requester.Name) }

func requester(t slip.Text) view.Requester {
	return view.Requester{Name: t.Requester.Name, Host: t.Requester.Host}
}

// signsIn tells a text whose message is the whole decision: neither money nor
// data is what it is about.
func signsIn(t slip.Text) bool { return t.Amount == "" && t.Headline == "" }

// shares tells a text about data: what happens on approval is part of what is
// asked for, and stands with it.
func shares(t slip.Text) bool {
	return t.Headline != "" && t.Amount == "" && (t.Choice == nil || t.Choice.Many)
}

// The characters from which on an amount is set smaller, and smaller again.
const (
	longAmount    = 12
	longestAmount = 16
)

func amountClass(amount string) string {
	switch n := utf8.RuneCountInString(amount); {
	case n >= longestAmount:
		return "amount longest"
	case n >= longAmount:
		return "amount long"
	}
	return "amount"
}

// amountParts are the parts of an amount between which a line may break: after
// the currency, and after a separator of thousands.
func amountParts(w i18n.Words, amount string) []string {
	at := strings.IndexFunc(amount, unicode.IsDigit)
	if at < 0 {
		return []string{amount}
	}
	var out []string
	if at > 0 {
		out = append(out, amount[:at])
	}
	whole, fraction, more := strings.Cut(amount[at:], w.T("number.point"))
	out = append(out, strings.SplitAfter(whole, w.T("number.group"))...)
	if more {
		out[len(out)-1] += w.T("number.point") + fraction
	}
	return out
}

// payeeParts are what stands before and after a payee's name. The isolates that
// a sentence has around a name that runs right to left aren't needed around one
// that has an element of its own.
func payeeParts(t slip.Text) (before, name, after string) {
	bare := strings.NewReplacer("\u2068", "", "\u2069", "")
	before, after, ok := strings.Cut(t.Payee, t.PayeeRaw)
	if !ok || t.PayeeRaw == "" {
		return "", t.Payee, ""
	}
	return bare.Replace(before), t.PayeeRaw, bare.Replace(after)
}

// run is a part of a sentence, and whether it is a figure that stands out.
type run struct {
	text   string
	figure bool
}

// runs cut a sentence at its figures, in the order in which they come.
func runs(sentence string, figures []string) []run {
	figures = slices.DeleteFunc(slices.Clone(figures), func(s string) bool { return s == "" })
	slices.SortFunc(figures, func(a, b string) int { return len(b) - len(a) }) // the longer of two that begin alike
	var out []run
	for sentence != "" {
		at, found := len(sentence), ""
		for _, f := range figures {
			if i := strings.Index(sentence, f); i >= 0 && i < at {
				at, found = i, f
			}
		}
		if at > 0 {
			out = append(out, run{text: sentence[:at]})
		}
		if found == "" {
			break
		}
		out = append(out, run{text: found, figure: true})
		sentence = sentence[at+len(found):]
	}
	return out
}

func boxes(list []slip.Box) []view.Box {
	out := make([]view.Box, 0, len(list))
	for _, b := range list {
		out = append(out, view.Box{Label: b.Label, Value: b.Value, More: b.More, Spoken: b.Spoken, Wide: b.Wide, Foreign: b.Foreign, Lang: b.Lang, Of: b.Of})
	}
	return out
}

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

// message is a binding message made fit to be shown: how large, and what of it
// is folded.
type message struct {
	head, rest string
	class      string
}

const (
	shortMessage  = 8  // characters that are set at 44
	middleMessage = 24 // at 26, and beyond that at 20
	wholeMessage  = 64 // beyond this the rest is folded
)

func messageOf(t slip.Text) message {
	if t.Message == nil {
		return message{}
	}
	s := i18n.Plain(t.Message.Text)
	m := message{class: "message"}
	switch n := utf8.RuneCountInString(s); {
	case n <= shortMessage:
		m.class += " short"
	case n > middleMessage:
		m.class += " long"
	}
	m.head, m.rest = i18n.Fold(s, wholeMessage)
	return m
}

// sentenceCase begins a line.
func sentenceCase(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
