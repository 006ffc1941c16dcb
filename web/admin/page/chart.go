package page

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"assent/app/i18n"
)

// chart is bars over time, stacked, with the table that they were drawn from.
type chart struct {
	id    string
	title string
	marks []mark // one for each part of a bar, the lowest first
	bars  []bar
	top   float64  // the value at the top of the axis
	axis  []string // what the axis says at its top, middle and base
	ticks []string // at the beginning, in the middle, and now
	head  []string // of the table's columns, the first that of the bins
	none  string   // said in place of the chart where there is nothing to draw
}

// mark is one part of the bars: its look, and what it stands for with its sum,
// written beside the chart.
type mark struct {
	class string
	words string
}

// bar is one bin.
type bar struct {
	parts []float64 // as many as there are marks
	cells []string  // of its row, the first that of the bin
}

// The plot's own measures; it is stretched to the room that it gets.
const (
	plotWidth  = 1000
	plotHeight = 100
	slotShare  = .6 // of a slot is bar
	gap        = .7 // between the parts of a bar, in hundredths of the height
)

// rect is a part of a bar on the plot.
type rect struct {
	class               string
	x, y, width, height string
}

// rects draws the bars, from the base up.
func (c chart) rects() []rect {
	var out []rect
	slot := plotWidth / float64(max(1, len(c.bars)))
	for i, b := range c.bars {
		base := 0.
		for j, v := range b.parts {
			height := plotHeight * v / c.top
			if v <= 0 {
				continue
			}
			inset := 0.
			if base > 0 && height > 2*gap {
				inset = gap
			}
			out = append(out,
				rect{
					class:  c.marks[j].class,
					x:      fixed((float64(i) + (1-slotShare)/2) * slot),
					width:  fixed(slotShare * slot),
					y:      fixed(plotHeight - base - height),
					height: fixed(height - inset),
				})
			base += height
		}
	}
	return out
}

// rows are those of the table.
func (c chart) rows() [][]string {
	var out [][]string
	for _, b := range c.bars {
		out = append(out, b.cells)
	}
	return out
}

// empty tells whether there is nothing to draw.
func (c chart) empty() bool { return len(c.rects()) == 0 }

func fixed(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// tallest is the height of the tallest bar.
func tallest(bars []bar) float64 {
	most := 0.
	for _, b := range bars {
		sum := 0.
		for _, v := range b.parts {
			sum += v
		}
		most = max(most, sum)
	}
	return most
}

// roundCount is a round number of which the half is whole, no less than v.
func roundCount(v float64) float64 {
	for unit := 1.; ; unit *= 10 {
		for _, m := range []float64{1, 1.2, 1.6, 2, 3, 4, 5, 6, 8} {
			if round := math.Round(m * unit); v <= round && math.Mod(round, 2) == 0 {
				return round
			}
		}
	}
}

// roundLengths are lengths of time at which an axis may end, in their halves
// as easily read.
var roundLengths = []time.Duration{
	2 * time.Millisecond, 4 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond,
	100 * time.Millisecond,
	200 * time.Millisecond, 400 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 10 * time.Second,
	20 * time.Second, 40 * time.Second,
	time.Minute, 2 * time.Minute, 4 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour,
	2 * time.Hour, 4 * time.Hour, 12 * time.Hour,
}

func roundLength(d time.Duration) time.Duration {
	for _, l := range roundLengths {
		if d <= l {
			return l
		}
	}
	return d.Round(24*time.Hour) + 24*time.Hour
}

// over begins a chart over the window's bins.
func (p Overview) over(f Frame, id, title string, marks []mark, head ...string) chart {
	c := chart{id: id, title: title, marks: marks, head: append([]string{f.Words.T("admin.overview.when")}, head...)}
	if n := len(p.Bins); n > 0 {
		c.ticks = []string{p.tick(f, p.Bins[0]), p.tick(f, p.Bins[n/2]), f.Words.T("admin.overview.now")}
	}
	return c
}

// requests charts what became of requests, in the bins in which they ended.
func (p Overview) requests(f Frame) chart {
	w, all := f.Words, p.Whole
	ended := all.Expired + all.Withdrew
	c := p.over(f, "requests", w.T(i18n.Key("admin.overview.requests."+p.Window)), []mark{
		{"bar-approved", w.N("admin.overview.n_approved", all.Approved, "count", Figure(w, all.Approved))},
		{"bar-denied", w.N("admin.overview.n_denied", all.Denied, "count", Figure(w, all.Denied))},
		{"bar-ended", w.N("admin.overview.n_ended", ended, "count", Figure(w, ended))},
	}, w.T("admin.overview.started"), w.T("admin.overview.approved"), w.T("admin.overview.denied"),
		w.T("admin.overview.expired"), w.T("admin.overview.cancelled"))
	for _, b := range p.Bins {
		c.bars = append(c.bars,
			bar{parts: []float64{float64(b.Approved), float64(b.Denied), float64(b.Expired + b.Withdrew)},
				cells: []string{p.when(f, b), Figure(w, b.Started), Figure(w, b.Approved), Figure(w, b.Denied),
					Figure(w, b.Expired), Figure(w, b.Withdrew)}})
	}
	c.top = roundCount(tallest(c.bars))
	c.axis = []string{Figure(w, int(c.top)), Figure(w, int(c.top/2)), "0"}
	c.none = w.T("admin.overview.requests_none")
	return c
}

// spread charts how long something took: the dark part of a bar is the time
// within which half of them ended, all of it that of 95 %.
func (p Overview) spread(f Frame, id string, title, none i18n.Key, all Spread, of func(Bin) Spread) chart {
	w := f.Words
	c := p.over(f, id, w.T(title), []mark{
		{"bar-half", w.T("admin.overview.half_within", "time", Length(w, all.Half))},
		{"bar-most", w.T("admin.overview.most_within", "time", Length(w, all.Most))},
	}, w.T("admin.overview.measured"), w.T("admin.overview.half"), w.T("admin.overview.most"))
	for _, b := range p.Bins {
		s := of(b)
		cells := []string{p.when(f, b), Figure(w, s.N), "–", "–"}
		if s.N > 0 {
			cells[2], cells[3] = Length(w, s.Half), Length(w, s.Most)
		}
		c.bars = append(c.bars, bar{parts: []float64{float64(s.Half), float64(s.Most - s.Half)}, cells: cells})
	}
	top := roundLength(time.Duration(tallest(c.bars)))
	c.top = float64(top)
	c.axis = []string{Length(w, top), Length(w, top/2), "0"}
	c.none = w.T(none)
	return c
}

// push charts the answers of push services by their rest: those that weren't
// "accepted", so that the base can be zero.
func (p Overview) push(f Frame) chart {
	w, all := f.Words, p.Whole
	sum := all.Accepted + all.Refused + all.Gone
	c := p.over(f, "push", w.T("admin.overview.push"), []mark{
		{"bar-refused", w.T("admin.overview.n_refused", "share", Share(w, all.Refused, sum))},
		{"bar-ended", w.T("admin.overview.n_gone", "share", Share(w, all.Gone, sum))},
	}, w.T("admin.overview.accepted"), w.T("admin.overview.refused"), w.T("admin.overview.gone"))
	for _, b := range p.Bins {
		n := float64(max(1, b.Accepted+b.Refused+b.Gone))
		c.bars = append(c.bars, bar{parts: []float64{100 * float64(b.Refused) / n, 100 * float64(b.Gone) / n},
			cells: []string{p.when(f, b), Figure(w, b.Accepted), Figure(w, b.Refused), Figure(w, b.Gone)}})
	}
	c.top = min(100, roundCount(tallest(c.bars)))
	c.axis = []string{percent(c.top), percent(c.top / 2), "0"}
	c.none = w.T("admin.overview.push_well", "count", Figure(w, all.Accepted))
	if sum == 0 {
		c.none = w.T("admin.overview.push_none")
	}
	return c
}

func percent(v float64) string { return fmt.Sprintf("%.0f\u00a0%%", v) }
