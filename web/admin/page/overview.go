package page

import (
	"strconv"
	"strings"
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// Overview says how the service stands and what it did in a window.
type Overview struct {
	Window  string   // "1h", "24h", "7d" or "30d"
	Windows []string // those to choose from
	Checks  []Check  // the worst first
	Checked time.Time
	Bins    []Bin
	Whole   Bin // the whole window
	Hosts   []PushHost
	New     bool // nothing was ever asked
	Ending  bool // requests that ended at once aren't all counted yet
	Invites bool // whoever looks may add people

	Kinds  []KindCount // of the requests that ended in the window
	Newest []Asked
	Listed bool // whoever looks may open requests

	Moves []IdentifierMove // within the week
}

// KindCount is what became of the requests of one kind.
type KindCount struct {
	Kind                    string // of the request; see RequestRow
	Approved, Denied, Ended int
}

func (k KindCount) sum() int { return k.Approved + k.Denied + k.Ended }

// Held is a decision that ACP wasn't told of yet.
type Held struct {
	Ref     string
	State   app.RequestState
	Decided time.Time
	Tries   int
	Next    time.Time
}

// Words say how it stands with it: 9PX-3LD, approved at 14:12. Tried 6 times, next at 14:33.
func (h Held) Words(f Frame) string {
	w := f.Words
	pairs := []any{"ref", h.Ref, "state", strings.ToLower(w.T(stateWords[h.State])), "when",
		lately(f, h.Decided, w.Time),
		"tries", w.N("admin.overview.held_tries", h.Tries, "count", strconv.Itoa(h.Tries))}
	switch {
	case h.Tries == 0:
		return w.T("admin.overview.held.untried", pairs...)
	case !h.Next.After(f.Now):
		return w.T("admin.overview.held.now", pairs...)
	}
	return w.T("admin.overview.held.next", append(pairs, "next", lately(f, h.Next, w.Time))...)
}

// Asked is one of the newest requests.
type Asked struct {
	RequestRow
	Answered time.Duration // that the person took; zero where they didn't answer
}

// Check is how one part stands.
type Check struct {
	Part  string // names the message
	Name  string // of the connection or host; may be empty
	State CheckState
	Says  string
	More  string // of the case that matters most; may be empty
	Do    string // what to do about it; may be empty
	Links []Link // where to
}

// Link leads to where something is done.
type Link struct {
	Path  string
	Words i18n.Key
}

// CheckState is how well a part is.
type CheckState string

// The states of a part.
const (
	CheckOK   CheckState = "ok"
	CheckWarn CheckState = "warn"
	CheckBad  CheckState = "bad"
)

// glyph is the state's shape.
func (s CheckState) glyph() view.State {
	switch s {
	case CheckBad:
		return view.Reported
	case CheckWarn:
		return view.Stuck
	}
	return view.Approved
}

// Bin is what was counted in one part of the window.
type Bin struct {
	From, To                                     time.Time
	Started, Approved, Denied, Expired, Withdrew int
	Decide, Deliver                              Spread
	Accepted, Refused, Gone                      int // answers of push services
}

// Spread is how long something took: half of them within Half, 95 % within Most.
type Spread struct {
	N          int
	Half, Most time.Duration
}

// PushHost is what one push service answered.
type PushHost struct {
	Host                    string
	Accepted, Refused, Gone int
}

func (p Overview) tabs() []tab {
	var out []tab
	for _, w := range p.Windows {
		out = append(out,
			tab{name: i18n.Key("admin.overview.window." + w), path: "/admin/overview?window=" + w, here: w == p.Window})
	}
	return out
}

// ill are the parts that somebody should look at; well the others.
func (p Overview) ill() (out []Check) {
	for _, c := range p.Checks {
		if c.State != CheckOK {
			out = append(out, c)
		}
	}
	return out
}

func (p Overview) well() (out []Check) {
	for _, c := range p.Checks {
		if c.State == CheckOK {
			out = append(out, c)
		}
	}
	return out
}

// aloud is the overview as one would say it.
func (p Overview) aloud(f Frame) string {
	w := f.Words
	parts := []string{w.N("admin.overview.said_requests", p.Whole.Started, "count", Figure(w, p.Whole.Started), "in",
		w.T(i18n.Key("admin.overview.in."+p.Window)))}
	if d := p.Whole.Decide; d.N > 0 {
		parts = append(parts,
			w.N("admin.overview.said_answered", d.N, "count", Figure(w, d.N), "half", Length(w, d.Half)))
	}
	if n := len(p.ill()); n > 0 {
		parts = append(parts, w.N("admin.overview.said_needs", n, "count", w.Count(n)))
	} else if len(p.Checks) > 0 {
		parts = append(parts, w.T("admin.overview.said_well"))
	}
	return strings.Join(parts, " ")
}

// manyIll are more than fit beside the first chart.
const manyIll = 2

// standing is how many parts are well, in a sentence.
func (p Overview) standing(f Frame) string {
	n := len(p.well())
	return f.Words.N("admin.overview.well", n, "count", f.Words.Count(n)) + " " +
		f.Words.T("admin.overview.checked", "when", f.Words.Moment(p.Checked, f.Now))
}

// part names a part.
func (c Check) part(w i18n.Words) string { return w.T(i18n.Key("admin.overview.part." + c.Part)) }

// when names a bin at the head of its row.
func (p Overview) when(f Frame, b Bin) string {
	w := f.Words
	switch p.Window {
	case "30d":
		return w.ShortDate(b.From)
	case "7d":
		return w.Deadline(b.From, f.Now)
	}
	return w.Time(b.From) + "–" + w.Time(b.To)
}

// tick names a bin under the axis.
func (p Overview) tick(f Frame, b Bin) string {
	if p.Window == "7d" || p.Window == "30d" {
		return f.Words.ShortDate(b.From)
	}
	return f.Words.Time(b.From)
}

// Figure is a whole number with the separators of the language.
func Figure(w i18n.Words, n int) string { return w.Decimal(strconv.Itoa(n)) }

// Length is a length of time in the two units that matter: 420 ms, 4.2 s, 21 s,
// 1 min 20 s, 2 h 5 min, 3 d 4 h.
func Length(w i18n.Words, d time.Duration) string {
	unit := func(key i18n.Key, n string) string { return w.T(key, "n", n) }
	two := func(big i18n.Key, of time.Duration, small i18n.Key, part time.Duration) string {
		d = d.Round(part)
		s := unit(big, strconv.Itoa(int(d/of)))
		if rest := d % of / part; rest > 0 {
			s += " " + unit(small, strconv.Itoa(int(rest)))
		}
		return s
	}
	const day = 24 * time.Hour
	switch {
	case d.Round(time.Millisecond) < time.Second:
		return unit("admin.overview.unit.ms", strconv.FormatInt(max(0, d.Round(time.Millisecond).Milliseconds()), 10))
	case d.Round(100*time.Millisecond) < 10*time.Second:
		return unit("admin.overview.unit.s",
			w.Decimal(strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0")))
	case d.Round(time.Second) < time.Minute:
		return unit("admin.overview.unit.s", strconv.Itoa(int(d.Round(time.Second)/time.Second)))
	case d.Round(time.Second) < time.Hour:
		return two("admin.overview.unit.min", time.Minute, "admin.overview.unit.s", time.Second)
	case d.Round(time.Minute) < 2*day:
		return two("admin.overview.unit.h", time.Hour, "admin.overview.unit.min", time.Minute)
	}
	return two("admin.overview.unit.d", day, "admin.overview.unit.h", time.Hour)
}

// Size is a number of bytes: 420 kB, 4.2 MB, 21 GB.
func Size(w i18n.Words, bytes int64) string {
	v, unit := float64(bytes)/1000, "kB"
	for _, larger := range []string{"MB", "GB", "TB"} {
		if v < 999.5 {
			break
		}
		v, unit = v/1000, larger
	}
	digits := 0
	if v < 9.95 && unit != "kB" {
		digits = 1
	}
	return w.Decimal(strconv.FormatFloat(v, 'f', digits, 64)) + "\u00a0" + unit
}

// Share is a part of a whole in per cent, to a tenth where it is small.
func Share(w i18n.Words, part, whole int) string {
	if whole == 0 {
		return "–"
	}
	v, digits := 100*float64(part)/float64(whole), 0
	if v > 0 && v < 10 {
		digits = 1
	}
	return w.Decimal(strconv.FormatFloat(v, 'f', digits, 64)) + "\u00a0%"
}

// lately words a time, today as of says it.
func lately(f Frame, t time.Time, of func(time.Time) string) string {
	day := func(t time.Time) string { return t.In(f.Words.Zone()).Format(time.DateOnly) }
	if day(t) == day(f.Now) {
		return of(t)
	}
	return f.Words.Moment(t, f.Now)
}

// began is when a request began.
func (a Asked) began(f Frame) string { return lately(f, a.Created, f.Words.Clock) }

// stands is how a request stands, and until when it waits.
func (a Asked) stands(f Frame) (view.State, string) {
	state, word := a.state(f.Words)
	if a.State == app.Pending {
		word += ", " + f.Words.T("admin.requests.until", "time", f.Words.Time(a.Ends))
	}
	return state, word
}

func (a Asked) answered(f Frame) string {
	if a.Answered <= 0 {
		return "–"
	}
	return Length(f.Words, a.Answered)
}

// stateKey names a state for whoever can't see its shape.
func stateKey(s CheckState) i18n.Key { return i18n.Key("admin.overview.state." + string(s)) }
