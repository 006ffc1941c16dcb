package view

import (
	"context"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"assent/app/i18n"
	"assent/app/slip"
)

// When a request is drawn decides how much of it is.
type When int

// The times at which it is.
const (
	Asking When = iota // on its own page
	Piled              // in the pile
	Past               // afterwards
)

// RequesterOf is who asks, by a text.
func RequesterOf(t slip.Text) Requester {
	return Requester{Name: t.Requester.Name, Host: t.Requester.Host}
}

// SignsIn tells a text whose message is the whole decision: neither money nor
// data is what it is about.
func SignsIn(t slip.Text) bool { return t.Amount == "" && t.Headline == "" }

// Shares tells a text about data: what happens on approval is part of what is
// asked for, and stands with it.
func Shares(t slip.Text) bool {
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

// BoxesOf are the boxes of a text.
func BoxesOf(list []slip.Box) []Box {
	out := make([]Box, 0, len(list))
	for _, b := range list {
		out = append(out,
			Box{
				Label:   b.Label,
				Value:   b.Value,
				More:    b.More,
				Spoken:  b.Spoken,
				Wide:    b.Wide,
				Foreign: b.Foreign,
				Lang:    b.Lang,
				Of:      b.Of,
			})
	}
	return out
}

// Message is a binding message made fit to be shown: how large, and what of it
// is folded.
type Message struct {
	Head, Rest string
	class      string
}

const (
	shortMessage  = 8  // characters that are set at 44
	middleMessage = 24 // at 26, and beyond that at 20

	// WholeMessage is how many characters of a message are shown before the rest
	// is folded.
	WholeMessage = 64
)

// MessageOf is the message of a text, if it has one.
func MessageOf(t slip.Text) Message {
	if t.Message == nil {
		return Message{}
	}
	s := i18n.Plain(t.Message.Text)
	m := Message{class: "message"}
	switch n := utf8.RuneCountInString(s); {
	case n <= shortMessage:
		m.class += " short"
	case n > middleMessage:
		m.class += " long"
	}
	m.Head, m.Rest = i18n.Fold(s, WholeMessage)
	return m
}

// breaking is text whose lines break only between its parts. No white space may
// come between them, as it would in a template.
func breaking(parts []string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		escaped := make([]string, len(parts))
		for i, p := range parts {
			escaped[i] = templ.EscapeString(p)
		}
		_, err := io.WriteString(w, strings.Join(escaped, "<wbr>"))
		return err
	})
}

// emphasised is a sentence with its figures set apart, its spaces as they are.
func emphasised(runs []run) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		for _, r := range runs {
			text := templ.EscapeString(r.text)
			if r.figure {
				text = "<b>" + text + "</b>"
			}
			b.WriteString(text)
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}
