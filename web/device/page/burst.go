package page

import (
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// Burst is what came without a notice and lies together on one slip: of one
// client, or of all clients that are part of a flood.
type Burst struct {
	Clients     []string  // ids
	Cause       app.Quiet // why there was no notice
	Name        string    // of the client, as it came
	Times       int       // in all
	First, Last app.Instant
	Until       time.Time // when the client's notices begin again after a denial; zero where they have
	Waiting     []Waiting // those that are listed
	Muted       bool      // the person doesn't want to be told of it for now
}

// over is how long the burst took, in whole minutes, at least one.
func (b Burst) over() int {
	return max(1, int((b.Last.Sub(b.First)+time.Minute-1)/time.Minute))
}

func (b Burst) name(w i18n.Words) string {
	if name := i18n.Plain(b.Name); name != "" {
		return name
	}
	return w.T("client.unnamed")
}

// label names the slip.
func (b Burst) label(w i18n.Words) string {
	if b.Cause == app.QuietFlood {
		return w.T("burst.flood_label")
	}
	return b.name(w)
}

// text says how much there is and why there was no notice of it.
func (b Burst) text(f view.Frame) string {
	w := f.Words
	pairs := []any{"client", b.name(w), "count", w.Count(b.Times)}
	switch {
	case b.Cause == app.QuietFlood:
		return w.N("burst.flood", b.Times, pairs...)
	case b.Cause == app.QuietMuted:
		return w.N("burst.of_muted", b.Times, pairs...)
	case b.Cause == app.QuietBackOff && b.Until.IsZero():
		return w.N("burst.back_off", b.Times, pairs...)
	case b.Cause == app.QuietBackOff:
		return w.N("burst.back_off_until", b.Times, append(pairs, "when", w.Deadline(b.Until, f.Now))...)
	}
	return w.T("burst.text", "client", b.name(w), "times", b.Times, "minutes", w.N("burst.minutes", b.over()))
}

// alone tells whether there is one request on the slip.
func (b Burst) alone() bool { return b.Times == 1 && len(b.Waiting) == 1 }

// mutable tells whether the person may mute whom the slip is of.
func (b Burst) mutable() bool { return !b.Muted && b.Cause != app.QuietFlood }

// Muted is a client of which the person isn't told for now.
type Muted struct {
	ID, Name string
	Until    time.Time
}

func (m Muted) text(f view.Frame) string {
	return f.Words.T("burst.muted", "client", i18n.Plain(m.Name), "when", f.Words.Deadline(m.Until, f.Now))
}
