package page

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// Party is whose time a stretch of a trace was.
type Party string

// The parties. Notices is all between asking and a push service's answer, and
// between a notice that was opened and the page behind it: the audit has no
// step in between. Nobody's is time in which none of them is known to have had
// something to do, such as before a person over who had no notice.
const (
	Nobodys  Party = "nobody"
	Machines Party = "machine" // ours and ACP's
	Notices  Party = "notice"  // the push service's and the device's
	Persons  Party = "person"
)

// The actions of the audit by which a trace is measured.
var (
	acpAsks      = action("request", "start")
	testSent     = action("request", "test")
	kindRead     = action("request", "recognise")
	noticeTaken  = action("push", "accepted")
	noticeOpened = action("push", "opened")
	pageOpened   = action("request", "open")
	approval     = action("request", "approve")
	denial       = action("request", "deny")
	timeOver     = action("request", "expire")
	callOff      = action("request", "cancel")
	acpTold      = action("delivery", "delivered")
	acpUnsure    = action("delivery", "unconfirmed")
	acpNotTold   = action("delivery", "failed")
	toldAgain    = action("delivery", "retry")
	takenBack    = action("request", "withdraw")
	acpRejected  = action("delivery", "withdrawn")
	acpUnclear   = action("delivery", "unclear")
	acpHolds     = action("delivery", "held")
)

func action(domain, verb string) string { return domain + "." + verb }

// stage is how far a request has come.
type stage int

const (
	asked    stage = iota // no push service took a notice yet
	notified              // one did
	coming                // the notice was opened, the page not yet shown
	reading               // the person has the page before them
	answered              // it has an answer, or ended
	told                  // ACP was told, or can't be
)

// after is the stage behind a step.
func (s stage) after(action string) stage {
	switch action {
	case noticeTaken:
		return max(s, notified)
	case noticeOpened:
		return max(s, coming)
	case pageOpened:
		return max(s, reading)
	case approval, denial, timeOver, callOff:
		return max(s, answered)
	case acpTold, acpUnsure, acpNotTold, acpRejected, acpUnclear, acpHolds:
		return told
	case toldAgain, takenBack:
		return answered
	}
	return s
}

// whose is whose time led to a step, and what the person did meanwhile where
// that is known: it stands in the trace as a row of its own.
func (s stage) whose(action string) (Party, i18n.Key) {
	domain, verb, _ := strings.Cut(action, ".")
	push := domain == "push" && verb != "opened"
	ends := action == timeOver || action == callOff
	answers := action == approval || action == denial
	switch {
	case s == asked && push, s >= answered && push, s == coming && action == pageOpened:
		return Notices, ""
	case s == asked && action == kindRead,
		s == answered && (domain == "delivery" && verb != "retry" || action == callOff || action == takenBack):
		return Machines, ""
	case s == notified && (action == noticeOpened || action == pageOpened):
		return Persons, "admin.trace.picks_up"
	case s == notified && answers:
		return Persons, "admin.trace.unread"
	case s == notified && ends:
		return Persons, "admin.trace.unopened"
	case s == reading && answers:
		return Persons, "admin.trace.reads"
	case s == reading && ends:
		return Persons, "admin.trace.unanswered"
	case s == notified, s == reading:
		return Persons, "" // something else in between, while it was their turn
	}
	return Nobodys, ""
}

// Step is a step of a trace.
type Step struct {
	Event
	After time.Duration // since the step before; of the first none
	Whose Party         // whose time that was; of the first nobody's
	Wait  i18n.Key      // what the person did in it, if that has a row of its own

	stage stage // in which that time lay
}

// decides tells the step that stored the answer.
func (s Step) decides() bool { return s.Action == approval || s.Action == denial }

// Trace is what the audit says of a request, oldest first, with the time
// between its steps.
type Trace []Step

// TraceOf measures a trail. Nothing is in it that the trail doesn't say.
func TraceOf(trail []Event) Trace {
	var at stage
	out := make(Trace, len(trail))
	for i, e := range trail {
		out[i] = Step{Event: e, Whose: Nobodys, stage: at}
		if i > 0 {
			out[i].After = max(0, e.At.Sub(trail[i-1].At))
			out[i].Whose, out[i].Wait = at.whose(e.Action)
		}
		at = at.after(e.Action)
	}
	return out
}

// Times say where the time between asking and the answer went.
type Times struct {
	Total   time.Duration
	Person  time.Duration
	Notice  time.Duration
	Machine time.Duration
	Nobody  time.Duration
	Told    time.Duration // from the answer until ACP had it
	Heard   bool          // ACP had it
}

// Times adds up a trace from its beginning to the person's answer. Not known
// are those of a request that has no answer of a person, of a test, and of one
// whose beginning the audit no longer holds.
func (t Trace) Times() (sum Times, known bool) {
	end := slices.IndexFunc(t, Step.decides)
	if end < 1 || t[0].Action != acpAsks {
		return Times{}, false
	}
	for _, s := range t[1 : end+1] {
		sum.Total += s.After
		switch s.Whose {
		case Persons:
			sum.Person += s.After
		case Notices:
			sum.Notice += s.After
		case Machines:
			sum.Machine += s.After
		default:
			sum.Nobody += s.After
		}
	}
	for _, s := range t[end+1:] {
		if s.Action == acpTold {
			sum.Told, sum.Heard = s.At.Sub(t[end].At), true
			break
		}
	}
	return sum, true
}

// words are the times in a sentence or two, after the one that says the answer.
func (s Times) words(w i18n.Words) string {
	var parts []string
	for _, p := range []struct {
		took        time.Duration
		first, more i18n.Key
	}{
		{s.Person, "admin.trace.were_person", "admin.trace.were_person"},
		{s.Nobody, "admin.trace.nobody", "admin.trace.nobody"},
		{s.Notice, "admin.trace.were_notice", "admin.trace.notice"},
		{s.Machine, "admin.trace.were_machine", "admin.trace.machine"},
	} {
		if p.took <= 0 {
			continue
		}
		key := p.more
		if len(parts) == 0 {
			key = p.first
		}
		parts = append(parts, w.T(key, "time", Took(w, p.took)))
	}
	var out []string
	if len(parts) > 0 {
		out = append(out, strings.Join(parts, ", ")+".")
	}
	if s.Heard {
		out = append(out, w.T("admin.trace.told", "time", Took(w, s.Told)))
	}
	return strings.Join(out, " ")
}

// Took is a length of time as a trace has it: 4 ms, 20.4 s, 1 min 4 s.
func Took(w i18n.Words, d time.Duration) string {
	if tenths := d.Round(100 * time.Millisecond); d >= time.Second && tenths < time.Minute {
		return w.T("admin.overview.unit.s", "n", w.Decimal(strconv.FormatFloat(tenths.Seconds(), 'f', 1, 64)))
	}
	return Length(w, d)
}

// row is a line of the ledger: a step, or what the person did until the next.
type row struct {
	step        Step
	wait        string // what the person did; empty for a step
	over, under Party  // how the line is drawn over its point and under it; empty: not
	day         string // of the step, where it is another one than that of the step before
}

// rows are the lines of the ledger.
func (t Trace) rows(w i18n.Words) []row {
	out := make([]row, 0, len(t)+2)
	for i, s := range t {
		r := row{step: s}
		if i > 0 {
			r.over = s.Whose
			out[len(out)-1].under = s.Whose
			if day := w.ShortDate(s.At); day != w.ShortDate(t[i-1].At) {
				r.day = day
			}
		}
		if s.Wait != "" {
			out = append(out, row{step: s, wait: w.T(s.Wait), over: s.Whose, under: s.Whose})
		}
		out = append(out, r)
	}
	return out
}

// took is how long it was since the row before.
func (r row) took(f Frame) string {
	if r.over == "" || r.wait == "" && r.step.Wait != "" {
		return "" // the first; or one whose time stands in the row before
	}
	return Took(f.Words, r.step.After)
}

func (r row) class() string {
	c := "step"
	if r.wait != "" {
		c += " waits"
	}
	if r.over != "" {
		c += " from-" + string(r.over)
	}
	if r.under != "" {
		c += " to-" + string(r.under)
	}
	return c
}

// testid marks the rows that hold what the person did.
func (r row) testid() string {
	if r.wait != "" {
		return "wait"
	}
	return "step"
}

// clock is the time of a step to the second, and what is behind that.
func clock(w i18n.Words, t time.Time) (second, milli string) {
	t = t.In(w.Zone())
	return t.Format("15:04:05"), w.T("number.point") + t.Format(".000")[1:]
}

// node is how the point of a step is drawn where its shape isn't a glyph's.
func (s Step) node() string {
	switch domain, _, _ := strings.Cut(s.Action, "."); {
	case s.Action == acpAsks, s.Action == testSent:
		return "node node-start"
	case s.decides():
		return "node node-answer node-" + string(stepShape(s.Action))
	case domain == "delivery", s.Action == kindRead:
		return "node node-machine"
	}
	return "node"
}

// glyph is the shape of a step that is no plain point: what failed, and what
// ended without an answer.
func (s Step) glyph() view.State {
	if shape := stepShape(s.Action); shape == view.Stuck || shape == view.Ended {
		return shape
	}
	return ""
}

// pushAnswer is how package push words an answer: outcome, host, status, cause.
var pushAnswer = regexp.MustCompile(`^sent by (\S+) \((\d{3})\)$|^\w+ by \S+ \((\d{3})\)`)

// parts are what a step left behind: what stands beside its words, the answer
// at their right and the cause under them. Of what a push service took only the
// host and the status are told; anything else is told whole.
func (s Step) parts(w i18n.Words) (beside, answer, cause string) {
	var near []string
	if s.Device != "" {
		near = append(near, i18n.Plain(s.Device))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Detail)) {
		v := i18n.Plain(s.Detail[name])
		told, isCause := causeIn(w, s.Action, name, s.Detail[name])
		switch {
		case isCause:
			cause = strings.TrimPrefix(cause+", "+told, ", ")
		case name == "kind":
			near = append(near, kindWords(w, s.Detail[name]))
		case name == "reason":
			if v = reasonWords(w, app.Reason(s.Detail[name])); v != "" {
				near = append(near, v)
			}
		case name == "answer" && pushAnswer.MatchString(v):
			m := pushAnswer.FindStringSubmatch(v)
			if answer = m[2]; m[1] != "" {
				near = append(near, m[1])
				continue
			}
			answer, cause = m[3], v
		default:
			cause = strings.TrimPrefix(cause+", "+v, ", ")
		}
	}
	return strings.Join(near, ", "), answer, cause
}

// reasonWords say why a request was denied or cancelled, beside the step that
// says that it was. That the person denied it is said by the step.
func reasonWords(w i18n.Words, r app.Reason) string {
	if r == app.ReasonNone || r == app.ReasonPerson {
		return ""
	}
	if key, ok := reasonKeys[r]; ok {
		return w.T(key)
	}
	return string(r)
}

var reasonKeys = map[app.Reason]i18n.Key{
	app.ReasonReported:        "admin.requests.why.reported",
	app.ReasonUnsupported:     "admin.requests.why.unsupported",
	app.ReasonLate:            "admin.requests.why.late",
	app.ReasonNoDevice:        "admin.requests.why.no_device",
	app.ReasonSuspended:       "admin.requests.why.suspended",
	app.ReasonDeviceLost:      "admin.requests.why.device_lost",
	app.ReasonOtherPerson:     "admin.requests.why.other_person",
	app.ReasonGone:            "admin.requests.why.gone",
	app.ReasonSettledByACP:    "admin.requests.why.settled_by_acp",
	app.ReasonNoScopes:        "admin.requests.why.nothing_allowed",
	app.ReasonConsentState:    "admin.requests.why.consent_state",
	app.ReasonNotOwner:        "admin.requests.why.not_owner",
	app.ReasonOtherCompany:    "admin.requests.why.other_company",
	app.ReasonDebtorNotTheirs: "admin.requests.why.debtor_not_theirs",
	app.ReasonDebtorCannotPay: "admin.requests.why.debtor_cannot_pay",
	app.ReasonNoAccount:       "admin.requests.why.no_account",
	app.ReasonPaused:          "admin.requests.why.paused",
	app.ReasonCode:            "admin.requests.why.code_mismatch",
	app.ReasonNoCode:          "admin.requests.why.code_missing",
	app.ReasonOperator:        "admin.requests.why.by_operator",
	app.ReasonUnreadable:      "admin.requests.why.consent_unreadable",
}

// Plain is the trace as text to be quoted, under a head of its own.
func (t Trace) Plain(w i18n.Words, head ...string) string {
	var b strings.Builder
	for _, line := range head {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	if len(t) > 0 {
		b.WriteString(w.ShortDate(t[0].At) + t[0].At.In(w.Zone()).Format(", UTC-07:00") + "\n\n")
	}
	width := 0
	for _, s := range t {
		width = max(width, len([]rune(Took(w, s.After))))
	}
	line := func(at, took, said string) {
		took = strings.Repeat(" ", max(0, width-len([]rune(took)))) + took
		b.WriteString(strings.TrimRight(at+"  "+took+"  "+said, " ") + "\n")
	}
	for _, r := range t.rows(w) {
		if r.day != "" {
			b.WriteString("\n" + r.day + "\n")
		}
		took := ""
		if r.over != "" && (r.wait != "" || r.step.Wait == "") {
			took = Took(w, r.step.After)
		}
		if r.wait != "" {
			line(strings.Repeat(" ", 12), took, r.wait)
			continue
		}
		beside, answer, cause := r.step.parts(w)
		said := []string{StepWords(w, r.step.Action), beside, cmp.Or(answer, cause)}
		if answer != "" && cause != "" {
			said = append(said, cause)
		}
		second, milli := clock(w, r.step.At)
		line(second+milli, took, strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), " · "))
	}
	return b.String()
}
