package page

import (
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// ProposalRow is an action that waits for a second administrator, or did.
type ProposalRow struct {
	ID    string
	What  string // what is to be done, as the beginning of a sentence
	Who   string // proposed it
	State app.ProposalState
	Made  time.Time
	Until time.Time // when it ends by itself
	Yours bool      // whoever looks proposed it
}

// Proposals lists them, the newest first.
type Proposals struct {
	List []ProposalRow
}

// Change is what would change: from a value to another. Path leads to it.
type Change struct {
	Label, Was, Now, Path string

	WasPicture, NowPicture string // paths of pictures that the values stand for
	WasColour, NowColour   string // #rrggbb, where the values are colours

	Digest bool // Now is a hash: drawn so that two of them can be compared
}

// Proposal is one of them.
type Proposal struct {
	ProposalRow
	Changes        []Change
	Marked         *MarkedRows // of an import
	Decider        string      // confirmed or refused it; may be empty
	Decided, Ended time.Time
	Cause          string // why it could not be carried out, in words
	Takes          bool   // once it is confirmed, its proposer carries it out
	MakesLink      bool   // and sees a link then, once
	Fresh          bool   // it was just made
	Fault          string
}

// standing says how things stand with a proposal, in a word and a shape.
func (p ProposalRow) standing(w i18n.Words) (view.State, string) {
	return proposalStates[p.State].shape, w.T(proposalStates[p.State].words)
}

var proposalStates = map[app.ProposalState]step{
	app.ProposalWaiting:   {"admin.proposals.state.waiting", view.Waiting},
	app.ProposalConfirmed: {"admin.proposals.state.confirmed", view.Waiting},
	app.ProposalDone:      {"admin.proposals.state.done", view.Approved},
	app.ProposalFailed:    {"admin.proposals.state.failed", view.Stuck},
	app.ProposalRefused:   {"admin.proposals.state.refused", view.Denied},
	app.ProposalEnded:     {"admin.proposals.state.ended", view.Ended},
}

// lead says how things stand with a proposal in a sentence.
func (p Proposal) lead(f Frame) string {
	w := f.Words
	until, by := w.DateTime(p.Until), p.Decider
	switch {
	case p.State == app.ProposalWaiting && p.Yours:
		return w.T("admin.proposals.lead.waiting_yours", "until", until)
	case p.State == app.ProposalWaiting:
		return w.T("admin.proposals.lead.waiting", "who", p.Who, "until", until)
	case p.State == app.ProposalConfirmed && p.Yours:
		return w.T("admin.proposals.lead.confirmed_yours", "by", by, "until", until)
	case p.State == app.ProposalConfirmed:
		return w.T("admin.proposals.lead.confirmed", "who", p.Who, "by", by)
	case p.State == app.ProposalDone:
		return w.T("admin.proposals.lead.done", "who", p.Who, "by", by)
	case p.State == app.ProposalFailed:
		return w.T("admin.proposals.lead.failed", "cause", p.Cause)
	case p.State == app.ProposalRefused:
		return w.T("admin.proposals.lead.refused", "by", by, "when", w.Moment(p.Ended, f.Now))
	}
	return w.T("admin.proposals.lead.ended", "when", w.Moment(p.Ended, f.Now))
}

// orDash is a value, or a dash where there is none.
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func proposalPath(id string, under string) string {
	path := "/admin/proposals/" + id
	if under != "" {
		path += "/" + under
	}
	return path
}

// FourEyes is the form of what waits for a second administrator.
type FourEyes struct {
	SettingsFrame
	Version int64
	On      map[app.Area]bool
	Fixed   FixedBy
	Faults  map[string]string
}

// AreaWords names an area.
func AreaWords(w i18n.Words, a app.Area) string { return w.T(i18n.Key("admin.area." + string(a))) }

func areaEffect(w i18n.Words, a app.Area) string {
	return w.T(i18n.Key("admin.area_effect." + string(a)))
}
