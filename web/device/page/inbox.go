package page

import (
	"slices"
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/app/slip"
	"assent/web/view"
)

// Inbox is all that waits for the person on this device.
type Inbox struct {
	Waiting []Waiting // nearest deadline first
	More    int       // how much waits beside it and the bursts, and isn't listed
	Bursts  []Burst   // of clients that asked too often, apart from the others
	Muted   []Muted
	Changed *Change // the newest that this device should tell; nil for none
	Moved   bool    // its notices go elsewhere, which nothing explains
	PushOff bool    // this device can't be notified
	Paused  app.PauseScope
	Added   *Added // a device that was added lately and not yet acknowledged
	Coming  bool   // one is about to be added, and not from this one
	Names   []NameNews
	Unfit   bool      // the passkey of this device fails its checks
	Synced  time.Time // when a passkey became one that can be copied; zero where none did lately
}

// NameNews is a change of the person's identifiers, or of the companies that
// they act for.
type NameNews struct {
	Change app.IdentityChange
	Kind   app.IdentifierKind // empty for a company
	At     time.Time
	Until  time.Time // it names nobody until then; zero where it names the person
}

// nameNotices are the changes in words. Those that take something from the
// person, or let others ask in a company's name, stand out.
var nameNotices = map[app.IdentityChange]struct {
	id    string
	words i18n.Key
	kind  view.NoticeKind
}{
	app.IdentifierAdded:    {"identifier-added", "notice.identifier_added", view.NoticeInfo},
	app.IdentifierRemoved:  {"identifier-removed", "notice.identifier_removed", view.NoticeWarn},
	app.IdentifierReplaced: {"identifier-replaced", "notice.identifier_replaced", view.NoticeWarn},
	app.IdentifierGained:   {"identifier-added", "notice.identifier_added", view.NoticeInfo},
	app.IdentifierLost:     {"identifier-lost", "notice.identifier_lost", view.NoticeWarn},
	app.CompanyAdded:       {"company-added", "notice.company_added", view.NoticeWarn},
	app.CompanyRemoved:     {"company-removed", "notice.company_removed", view.NoticeInfo},
}

// notice words it.
func (n NameNews) notice(f view.Frame) view.Notice {
	is := nameNotices[n.Change]
	out, words := view.Notice{ID: is.id, Kind: is.kind}, is.words
	pairs := []any{"when", f.Words.Moment(n.At, f.Now), "institution", f.Institution}
	if n.Kind != "" {
		pairs = append(pairs, "kind", f.Words.T(i18n.Key("identifier."+string(n.Kind))))
	}
	if n.Change == app.IdentifierGained && !n.Until.IsZero() {
		words = "notice.identifier_moved"
		pairs = append(pairs, "until", f.Words.Deadline(n.Until, f.Now))
	}
	out.Text = f.Words.T(words, pairs...)
	return out
}

// Waiting is one request in the pile.
type Waiting struct {
	ID string
	// Text is what is known of it: of a request that wasn't read yet, the kind,
	// the reference, who asks and the message.
	Text              slip.Text
	Started, Deadline time.Time
	Fresh             bool
	First             bool // stands out before all others, whatever its deadline
}

// Added is a device of the person that is new, or new in what it signs with.
type Added struct {
	ID, Name string
	At       time.Time
	Rekeyed  bool // it was there before, with another passkey
}

func (p Inbox) title(w i18n.Words) string {
	n := p.count()
	if n == 0 {
		return w.T("inbox.none")
	}
	return w.N("inbox.waiting", n, "count", w.Count(n))
}

// count is how much waits in all.
func (p Inbox) count() int {
	n := len(p.Waiting) + p.More
	for _, b := range p.Bursts {
		n += b.Times
	}
	return n
}

func (p Inbox) frame(f view.Frame) view.Page {
	return view.Page{Title: p.title(f.Words), Tab: view.TabRequests, Refresh: view.Refresh{On: "requests devices"}}
}

// pile is what waits in the order in which it lies there: first what stands out.
func (p Inbox) pile() []Waiting {
	pile := slices.Clone(p.Waiting)
	slices.SortStableFunc(pile, func(a, b Waiting) int { return rank(a.First) - rank(b.First) })
	return pile
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

func (w Waiting) deadline() view.Deadline { return view.Deadline{From: w.Started, At: w.Deadline} }

// line is what it is about, in one line: by which two of one requester differ.
func (w Waiting) line(words i18n.Words) string {
	t := w.Text
	m := view.MessageOf(t)
	switch {
	case t.Amount != "":
		return words.T("inbox.wants_payee", "verb", t.Verb, "thing", t.Amount, "payee", t.Payee)
	case t.Headline != "":
		return words.T("inbox.wants", "verb", t.Verb, "thing", t.Headline)
	case m.Head != "":
		return words.T("inbox.shows", "verb", t.Verb, "message", m.Head)
	}
	return t.Verb
}

// notices are the strips above the pile.
func (p Inbox) notices(f view.Frame) []view.Notice {
	var out []view.Notice
	switch p.Paused {
	case app.PauseAll:
		out = append(out,
			view.Notice{
				ID:   "paused",
				Kind: view.NoticeWarn,
				Text: f.Words.T("notice.paused_all", "institution", f.Institution),
			})
	case app.PausePayments:
		out = append(out,
			view.Notice{
				ID:   "paused",
				Kind: view.NoticeWarn,
				Text: f.Words.T("notice.paused_payments", "institution", f.Institution),
			})
	}
	if p.Unfit {
		out = append(out,
			view.Notice{ID: "unfit", Kind: view.NoticeWarn, Text: f.Words.T("notice.unfit", "here", f.Here.On(f.Words)),
				Link: "/again", Label: f.Words.T("again.go", "here", f.Here.This(f.Words))})
	}
	if !p.Synced.IsZero() {
		out = append(out, view.Notice{ID: "synced", Kind: view.NoticeInfo,
			Text: f.Words.T("notice.synced", "when", f.Words.Moment(p.Synced, f.Now), "institution", f.Institution)})
	}
	if p.Coming {
		out = append(out,
			view.Notice{ID: "device-coming", Kind: view.NoticeWarn, Text: f.Words.T("notice.device_coming"),
				Link: "/devices", Label: f.Words.T("notice.device_coming_link")})
	}
	if p.Added != nil {
		words := i18n.Key("notice.device_added")
		if p.Added.Rekeyed {
			words = "notice.device_rekeyed"
		}
		out = append(out, view.Notice{ID: "device-added", Kind: view.NoticeInfo,
			Text: f.Words.T(words, "device", i18n.Plain(p.Added.Name), "when", f.Words.Moment(p.Added.At, f.Now)),
			Link: "/devices/" + p.Added.ID + "/remove?unknown", Label: f.Words.T("notice.device_added_link")})
	}
	for _, n := range p.Names {
		out = append(out, n.notice(f))
	}
	if p.Changed != nil {
		out = append(out, p.Changed.notice(f))
	}
	if p.PushOff {
		out = append(out, p.pushOff(f))
	}
	if p.More > 0 {
		out = append(out,
			view.Notice{
				ID:   "more",
				Kind: view.NoticeInfo,
				Text: f.Words.N("inbox.more", p.More, "count", f.Words.Count(p.More)),
			})
	}
	return out
}

func (p Inbox) pushOff(f view.Frame) view.Notice {
	return view.Notice{
		ID:    "push-off",
		Kind:  view.NoticeWarn,
		Text:  f.Words.T("notice.push_off", "here", f.Here.On(f.Words)),
		Link:  "/notifications",
		Label: f.Words.T("notice.push_off_link"),
	}
}
