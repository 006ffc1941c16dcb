package page

import (
	"cmp"
	"slices"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
)

// kindName is what the overview calls a kind of request: what is asked for, and
// by whose rules. The UK's payments are one.
func kindName(kind string) i18n.Key { return i18n.Key(authz.Kind(kind).Row().Words.Chart) }

// unknownKind is that of a request which ended before its kind was known.
var unknownKind = kindName(app.KindUnknown)

// kindBar is one of the bars that lie under each other.
type kindBar struct {
	name  string
	sum   string
	rects []rect
	cells []string
}

// byKind are the requests that ended in the window, the most frequent kind
// first and what was never known last.
func (p Overview) byKind(f Frame) []kindBar {
	sums := map[i18n.Key]KindCount{}
	for _, k := range p.Kinds {
		s := sums[kindName(k.Kind)]
		sums[kindName(k.Kind)] = KindCount{
			Approved: s.Approved + k.Approved,
			Denied:   s.Denied + k.Denied,
			Ended:    s.Ended + k.Ended,
		}
	}
	var names []i18n.Key
	most := 0
	for name, s := range sums {
		if s.sum() > 0 {
			names, most = append(names, name), max(most, s.sum())
		}
	}
	last := func(name i18n.Key) int {
		if name == unknownKind {
			return 1
		}
		return 0
	}
	slices.SortFunc(names, func(a, b i18n.Key) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(sums[b].sum(), sums[a].sum()), cmp.Compare(a, b))
	})
	w := f.Words
	var out []kindBar
	for _, name := range names {
		s := sums[name]
		b := kindBar{
			name: w.T(name),
			sum:  Figure(w, s.sum()),
			cells: []string{w.T(name), Figure(w, s.Approved), Figure(w, s.Denied), Figure(w, s.Ended),
				Figure(w, s.sum())},
		}
		at := 0
		for _, part := range []struct {
			class string
			n     int
		}{{"bar-approved", s.Approved}, {"bar-denied", s.Denied}, {"bar-ended", s.Ended}} {
			if part.n > 0 {
				b.rects = append(b.rects,
					rect{
						class:  part.class,
						x:      share(at, most),
						width:  share(part.n, most),
						y:      "0",
						height: fixed(kindHeight),
					})
				at += part.n
			}
		}
		out = append(out, b)
	}
	return out
}

func (p Overview) kindHead(f Frame) []string {
	w := f.Words
	return []string{w.T("admin.requests.kind"), w.T("admin.overview.approved"), w.T("admin.overview.denied"),
		w.T("admin.overview.ended"), w.T("admin.overview.all")}
}

func kindRows(bars []kindBar) [][]string {
	var out [][]string
	for _, b := range bars {
		out = append(out, b.cells)
	}
	return out
}

// kindHeight is the height of a bar on its own plot.
const kindHeight = 10

func share(n, of int) string { return fixed(plotWidth * float64(n) / float64(max(1, of))) }

// unsorted is how many ended before kinds were counted.
func (p Overview) unsorted() int {
	n := p.Whole.Approved + p.Whole.Denied + p.Whole.Expired + p.Whole.Withdrew
	for _, k := range p.Kinds {
		n -= k.sum()
	}
	return max(0, n)
}
