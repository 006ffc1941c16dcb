package page

import (
	"cmp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"assent/app/i18n"
)

// span is a stretch of the bar over a trace: steps that follow each other in
// one party's time, drawn to scale.
type span struct {
	whose    Party
	from, to float64 // per cent of the whole
	took     time.Duration
	says     i18n.Key
}

// spans are the stretches from the request to its answer, and until ACP was
// told or couldn't be; none where Times isn't known.
func (t Trace) spans() []span {
	if _, known := t.Times(); !known {
		return nil
	}
	end := slices.IndexFunc(t, Step.decides)
	var out []span
	var last stage
	for _, s := range t[1 : end+1] {
		if n := len(out); n > 0 && out[n-1].whose == s.Whose && last == s.stage {
			out[n-1].took += s.After
		} else {
			out = append(out, span{whose: s.Whose, took: s.After})
		}
		last = s.stage
		if key := s.bar(); key != "" {
			out[len(out)-1].says = key
		}
	}
	if i := slices.IndexFunc(t[end+1:], func(s Step) bool { return answered.after(s.Action) == told }); i >= 0 {
		out = append(out, span{whose: Machines, took: t[end+1+i].At.Sub(t[end].At), says: "admin.trace.bar_told"})
	}
	var whole time.Duration
	for _, s := range out {
		whole += s.took
	}
	if whole <= 0 {
		return nil
	}
	var at time.Duration
	for i := range out {
		out[i].from = 100 * float64(at) / float64(whole)
		at += out[i].took
		out[i].to = 100 * float64(at) / float64(whole)
	}
	return out
}

// bar is what the time that led to a step was spent on, as the bar says it.
func (s Step) bar() i18n.Key {
	switch {
	case s.Wait == "admin.trace.picks_up":
		return "admin.trace.bar_picks_up"
	case s.Wait == "admin.trace.unread":
		return "admin.trace.bar_unread"
	case s.Wait == "admin.trace.reads" && s.Action == denial:
		return "admin.trace.bar_denies"
	case s.Wait == "admin.trace.reads":
		return "admin.trace.bar_reads"
	case s.Whose == Machines:
		return "admin.trace.bar_machine"
	case s.Whose == Notices && s.stage == coming:
		return "admin.trace.bar_shown"
	case s.Whose == Notices:
		return "admin.trace.bar_notice"
	case s.Whose == Nobodys:
		return "admin.trace.bar_nobody"
	}
	return ""
}

// The widths for which labels are laid out, in px, and what a character of
// theirs takes on average.
const (
	barWide   = 880
	barNarrow = 340
	barChar   = 7
)

// barLabel is a word under the bar.
type barLabel struct {
	at       float64 // per cent
	anchor   string  // SVG's text-anchor
	text     string
	whose    Party
	from, to float64 // what it takes, per cent
}

// labels are the words under the bar that have room at a width in px, those of
// the longest stretches first.
func labels(w i18n.Words, spans []span, width float64) []barLabel {
	longest := slices.SortedStableFunc(slices.Values(spans), func(a, b span) int { return cmp.Compare(b.took, a.took) })
	var out []barLabel
	for _, s := range longest {
		l := barLabel{text: w.T(s.says, "time", Took(w, s.took)), whose: s.whose}
		takes := 100 * barChar * float64(utf8.RuneCountInString(l.text)) / width
		mid := (s.from + s.to) / 2
		switch {
		case mid-takes/2 < 0:
			l.at, l.anchor, l.from, l.to = 0, "start", 0, takes
		case mid+takes/2 > 100:
			l.at, l.anchor, l.from, l.to = 100, "end", 100-takes, 100
		default:
			l.at, l.anchor, l.from, l.to = mid, "middle", mid-takes/2, mid+takes/2
		}
		gap := 100 * 2 * barChar / width
		if !slices.ContainsFunc(out, func(o barLabel) bool { return l.from < o.to+gap && o.from < l.to+gap }) {
			out = append(out, l)
		}
	}
	return out
}

// along is a place on the bar as SVG has it.
func along(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }
