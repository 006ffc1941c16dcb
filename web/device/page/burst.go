package page

import (
	"time"

	"assent/app/i18n"
	"assent/web/view"
)

// Burst is what one client asked for so often that its notices were stopped,
// on one slip.
type Burst struct {
	ClientID    string
	Name        string // as it came
	Times       int    // in all
	First, Last time.Time
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

func (b Burst) text(w i18n.Words) string {
	return w.T("burst.text", "client", b.name(w), "times", b.Times, "minutes", w.N("burst.minutes", b.over()))
}

// Muted is a client of which the person isn't told for now.
type Muted struct {
	ID, Name string
	Until    time.Time
}

func (m Muted) text(f view.Frame) string {
	return f.Words.T("burst.muted", "client", i18n.Plain(m.Name), "when", f.Words.Deadline(m.Until, f.Now))
}
