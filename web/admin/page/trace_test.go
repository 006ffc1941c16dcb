package page_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/web/admin/page"
)

const ms = time.Millisecond

// stretch is what a trace has to say of the time before a step.
type stretch struct {
	after time.Duration
	whose page.Party
	wait  string // the last part of its message
}

var sent = map[string]string{"answer": "sent by fcm.googleapis.com (201)"}

// traces are trails as the store writes them, with what is to be read from them.
var traces = []struct {
	name    string
	state   app.RequestState
	kind    string
	trail   []page.Event
	steps   []stretch // of all but the first
	times   page.Times
	known   bool
	said    string // under the headline
	headed  string
	waiting []string // rows of their own
	bar     []string // labels under it, where there is room
}{
	{
		name: "approved", state: app.Approved, kind: "uk-domestic-payment",
		trail: []page.Event{step(0, "request.start", "", nil), step(60, "request.recognise", "", nil),
			step(843, "push.accepted", "Pixel 9", sent), step(21_289, "push.opened", "Pixel 9", nil),
			step(21_420, "request.open", "Pixel 9", nil), step(41_238, "request.approve", "Pixel 9", nil),
			step(41_276, "delivery.delivered", "", nil), step(41_500, "push.accepted", "iPad", sent)},
		steps: []stretch{{60 * ms, page.Machines, ""}, {783 * ms, page.Notices, ""},
			{20_446 * ms, page.Persons, "picks_up"}, {131 * ms, page.Notices, ""}, {19_818 * ms, page.Persons, "reads"},
			{38 * ms, page.Machines, ""}, {224 * ms, page.Notices, ""}},
		times: page.Times{
			Total:   41_238 * ms,
			Person:  40_264 * ms,
			Notice:  914 * ms,
			Machine: 60 * ms,
			Told:    38 * ms,
			Heard:   true,
		},
		known:   true,
		headed:  "Approved in 41.2 s",
		said:    "40.3 s were the person’s, 914 ms the push service’s and the device’s, 60 ms ours and ACP’s. ACP was told 38 ms later.",
		waiting: []string{"20.4 s the person picks up the device", "19.8 s the person reads"},
		bar:     []string{"20.4 s to pick up", "19.8 s to read and sign"},
	},
	{
		name: "another device's notice in between", state: app.Approved, kind: app.KindRegular,
		trail: []page.Event{step(0, "request.start", "", nil), step(500, "push.accepted", "Pixel 9", sent),
			step(30_500, "push.refused", "iPad", nil), step(94_500, "request.open", "Pixel 9", nil),
			step(99_000, "passkey.refuse", "Pixel 9", nil), step(100_000, "request.approve", "Pixel 9", nil)},
		steps: []stretch{{500 * ms, page.Notices, ""}, {30_000 * ms, page.Persons, ""},
			{64_000 * ms, page.Persons, "picks_up"}, {4_500 * ms, page.Persons, ""},
			{1_000 * ms, page.Persons, "reads"}},
		times: page.Times{Total: 100_000 * ms, Person: 99_500 * ms, Notice: 500 * ms}, known: true,
		headed:  "Approved in 1 min 40 s · Telling ACP",
		said:    "1 min 40 s were the person’s, 500 ms the push service’s and the device’s.",
		waiting: []string{"1 min 4 s the person picks up the device", "1.0 s the person reads"},
		bar:     []string{"1 min 34 s to pick up", "5.5 s to read and sign"},
	},
	{
		name: "denied without a notice", state: app.Denied, kind: app.KindRegular,
		trail: []page.Event{step(0, "request.start", "", nil),
			step(64_000, "request.deny", "Pixel 9", map[string]string{"reason": "by_person"}),
			step(64_020, "delivery.delivered", "", nil)},
		steps:  []stretch{{64_000 * ms, page.Nobodys, ""}, {20 * ms, page.Machines, ""}},
		times:  page.Times{Total: 64_000 * ms, Nobody: 64_000 * ms, Told: 20 * ms, Heard: true},
		known:  true,
		headed: "Denied in 1 min 4 s", said: "1 min 4 s passed without a notice. ACP was told 20 ms later.",
		bar: []string{"1 min 4 s without a notice"},
	},
	{
		name: "denied unread", state: app.Denied, kind: app.KindRegular,
		trail: []page.Event{step(0, "request.start", "", nil), step(400, "push.accepted", "Pixel 9", sent),
			step(8_400, "request.deny", "Pixel 9", nil)},
		steps:   []stretch{{400 * ms, page.Notices, ""}, {8_000 * ms, page.Persons, "unread"}},
		times:   page.Times{Total: 8_400 * ms, Person: 8_000 * ms, Notice: 400 * ms},
		known:   true,
		headed:  "Denied in 8.4 s · Telling ACP",
		said:    "8.0 s were the person’s, 400 ms the push service’s and the device’s.",
		waiting: []string{"8.0 s the person answers without opening it"},
		bar:     []string{"8.0 s to answer", "400 ms push"},
	},
	{
		name: "never opened", state: app.Expired, kind: app.KindRegular,
		trail: []page.Event{step(0, "request.start", "", nil), step(400, "push.accepted", "Pixel 9", sent),
			step(120_000, "request.expire", "", nil)},
		steps:  []stretch{{400 * ms, page.Notices, ""}, {119_600 * ms, page.Persons, "unopened"}},
		headed: "Expired", waiting: []string{"2 min nobody opens it"},
	},
	{
		name: "expired without a notice", state: app.Expired, kind: app.KindRegular,
		trail:  []page.Event{step(0, "request.start", "", nil), step(120_000, "request.expire", "", nil)},
		steps:  []stretch{{120_000 * ms, page.Nobodys, ""}},
		headed: "Expired",
	},
	{
		name: "read, and never answered", state: app.Expired, kind: app.KindRegular,
		trail: []page.Event{step(0, "request.start", "", nil), step(9_000, "request.open", "Pixel 9", nil),
			step(120_000, "request.expire", "", nil)},
		steps:  []stretch{{9_000 * ms, page.Nobodys, ""}, {111_000 * ms, page.Persons, "unanswered"}},
		headed: "Expired", waiting: []string{"1 min 51 s it is open, and nobody answers"},
	},
	{
		name: "failed, and told the next day", state: app.Approved, kind: app.KindRegular,
		trail: []page.Event{step(0, "request.start", "", nil), step(500, "push.accepted", "Pixel 9", sent),
			step(10_500, "request.open", "Pixel 9", nil), step(20_500, "request.approve", "Pixel 9", nil),
			step(20_600, "delivery.try", "", nil), step(30_500, "delivery.failed", "", nil),
			step(86_420_500, "delivery.retry", "", nil), step(86_420_900, "delivery.delivered", "", nil),
			step(86_430_900, "receipt.export", "", nil)},
		steps: []stretch{{500 * ms, page.Notices, ""}, {10_000 * ms, page.Persons, "picks_up"},
			{10_000 * ms, page.Persons, "reads"}, {100 * ms, page.Machines, ""}, {9_900 * ms, page.Machines, ""},
			{86_390_000 * ms, page.Nobodys, ""}, {400 * ms, page.Machines, ""}, {10_000 * ms, page.Nobodys, ""}},
		times: page.Times{
			Total:  20_500 * ms,
			Person: 20_000 * ms,
			Notice: 500 * ms,
			Told:   86_400_400 * ms,
			Heard:  true,
		},
		known:   true,
		headed:  "Approved in 20.5 s",
		said:    "20.0 s were the person’s, 500 ms the push service’s and the device’s. ACP was told 24 h later.",
		waiting: []string{"10.0 s the person picks up the device", "10.0 s the person reads"},
		bar:     []string{"10.0 s to pick up", "10.0 s to read and sign", "10.0 s to tell ACP"},
	},
	{
		name: "cancelled on arrival", state: app.Cancelled, kind: app.KindRegular,
		trail: []page.Event{step(0, "request.cancel", "", map[string]string{"reason": "no_device"}),
			step(80, "delivery.delivered", "", nil)},
		steps:  []stretch{{80 * ms, page.Machines, ""}},
		headed: "Cancelled · Telling ACP",
	},
	{
		name: "approved, and the device lost", state: app.Cancelled, kind: app.KindRegular,
		trail: []page.Event{step(0, "request.start", "", nil), step(500, "push.accepted", "Pixel 9", sent),
			step(1_500, "request.open", "Pixel 9", nil), step(2_500, "request.approve", "Pixel 9", nil),
			step(2_600, "request.cancel", "", map[string]string{"reason": "device_lost"})},
		steps: []stretch{{500 * ms, page.Notices, ""}, {1_000 * ms, page.Persons, "picks_up"},
			{1_000 * ms, page.Persons, "reads"}, {100 * ms, page.Machines, ""}},
		times: page.Times{Total: 2_500 * ms, Person: 2_000 * ms, Notice: 500 * ms}, known: true,
		headed:  "Cancelled · Telling ACP",
		waiting: []string{"1.0 s the person picks up the device", "1.0 s the person reads"},
	},
	{
		name: "a test", state: app.Approved, kind: app.KindTest,
		trail: []page.Event{step(0, "request.test", "Pixel 9", nil), step(300, "push.accepted", "Pixel 9", sent),
			step(5_300, "push.opened", "Pixel 9", nil), step(5_400, "request.open", "Pixel 9", nil),
			step(9_400, "request.approve", "Pixel 9", nil)},
		steps: []stretch{{300 * ms, page.Notices, ""}, {5_000 * ms, page.Persons, "picks_up"},
			{100 * ms, page.Notices, ""}, {4_000 * ms, page.Persons, "reads"}},
		headed: "Approved", waiting: []string{"5.0 s the person picks up the device", "4.0 s the person reads"},
	},
	{
		name: "waiting", state: app.Pending, kind: app.KindRegular,
		trail:  []page.Event{step(0, "request.start", "", nil), step(300, "push.accepted", "Pixel 9", sent)},
		steps:  []stretch{{300 * ms, page.Notices, ""}},
		headed: "Waiting · until 14:32",
	},
	{
		name: "its beginning is no longer kept", state: app.Approved, kind: app.KindRegular,
		trail: []page.Event{step(0, "request.open", "Pixel 9", nil), step(3_000, "request.approve", "Pixel 9", nil),
			step(3_050, "delivery.delivered", "", nil)},
		steps:  []stretch{{3_000 * ms, page.Persons, "reads"}, {50 * ms, page.Machines, ""}},
		headed: "Approved · Telling ACP", waiting: []string{"3.0 s the person reads"},
	},
	{name: "nothing is kept", state: app.Approved, kind: app.KindRegular, headed: "Approved · Telling ACP"},
}

// A trace says how long it was between its steps, whose time that was, and
// nothing that its trail doesn't.
func TestTraceMeasures(t *testing.T) {
	for _, row := range traces {
		t.Run(row.name, func(t *testing.T) {
			trace := page.TraceOf(row.trail)
			var got []stretch
			for _, s := range trace[min(1, len(trace)):] {
				got = append(got, stretch{s.After, s.Whose, strings.TrimPrefix(string(s.Wait), "admin.trace.")})
			}
			if !slices.Equal(got, row.steps) {
				t.Errorf("steps\n got %v\nwant %v", got, row.steps)
			}
			times, known := trace.Times()
			if times != row.times || known != row.known {
				t.Errorf("times\n got %+v (%v)\nwant %+v (%v)", times, known, row.times, row.known)
			}
			if sum := times.Person + times.Notice + times.Machine + times.Nobody; sum != times.Total {
				t.Errorf("the parts are %v of %v", sum, times.Total)
			}
		})
	}
}

// The page has a row for each step and for what the person did, with words for
// the times; the bar has what has its answer.
func TestTracePage(t *testing.T) {
	f := frame(t, "en-GB")
	f.Words = f.Words.In(time.UTC)
	for _, row := range traces {
		t.Run(row.name, func(t *testing.T) {
			p := page.OneRequest{
				RequestRow: page.RequestRow{
					ID:       "r1",
					Ref:      "7Q4-KM2",
					Kind:     row.kind,
					State:    row.state,
					Ends:     now.Add(80 * time.Second),
					Delivery: app.DeliveryWaiting,
				},
				Trail: row.trail,
			}
			if row.state == app.Expired || row.state == app.Pending || row.kind == app.KindTest {
				p.Delivery = app.DeliveryNone
			}
			doc, err := goquery.NewDocumentFromReader(bytes.NewReader(render(t, f,
				shown{name: row.name, path: "/admin/requests", page: p})))
			if err != nil {
				t.Fatal(err)
			}
			texts := func(selector string) []string {
				return doc.Find(selector).Map(func(_ int,
					s *goquery.Selection) string {
					return strings.Join(strings.Fields(s.Text()), " ")
				})
			}
			if got := texts(`[data-testid="lead"]`); !slices.Equal(got, []string{row.headed}) {
				t.Errorf("headed %q, want %q", got, row.headed)
			}
			if got := strings.Join(texts(`[data-testid="times"]`), ""); got != row.said {
				t.Errorf("said %q, want %q", got, row.said)
			}
			if got := texts(`[data-testid="wait"]`); !slices.Equal(got, row.waiting) {
				t.Errorf("rows of the person's %q, want %q", got, row.waiting)
			}
			if got := doc.Find(`[data-testid="step"]`).Length(); got != len(row.trail) {
				t.Errorf("%d rows for %d steps", got, len(row.trail))
			}
			bar := doc.Find(`svg[data-testid="bar"]`)
			if bar.Length() != 0 && bar.AttrOr("aria-hidden", "") != "true" {
				t.Error("the bar is read out")
			}
			for _, label := range row.bar {
				if !slices.Contains(texts(`svg[data-testid="bar"] .bar-wide text`), label) {
					t.Errorf("%q isn't under the bar: %q", label, texts(".bar-wide text"))
				}
			}
			if (bar.Length() > 0) != (len(row.bar) > 0) {
				t.Errorf("there are %d bars", bar.Length())
			}
			plain := doc.Find("#trace-text").Text()
			if got := strings.Count(plain,
				"\n14:3"); got != len(slices.DeleteFunc(slices.Clone(row.trail),
				func(e page.Event) bool { return e.At.In(f.Words.Zone()).Hour() != 14 })) {
				t.Errorf("%d steps in the plain text:\n%s", got, plain)
			}
			for _, wait := range row.waiting {
				took, words, _ := strings.Cut(wait, " the person ")
				if words != "" &&
					!strings.Contains(strings.ReplaceAll(plain, "\u00a0", " "), took+"  the person "+words) {
					t.Errorf("the plain text has no %q:\n%s", wait, plain)
				}
			}
		})
	}
}

// Times are told with their milliseconds, and in the words of the language.
func TestTook(t *testing.T) {
	for _, row := range []struct {
		took   time.Duration
		en, pt string
	}{
		{0, "0 ms", "0 ms"}, {4 * ms, "4 ms", "4 ms"}, {787 * ms, "787 ms", "787 ms"}, {999 * ms, "999 ms", "999 ms"},
		{time.Second, "1.0 s", "1,0 s"},
		{20_446 * ms, "20.4 s", "20,4 s"}, {59_940 * ms, "59.9 s", "59,9 s"}, {59_960 * ms, "1 min", "1 min"},
		{64 * time.Second, "1 min 4 s", "1 min 4 s"}, {2*time.Hour + 5*time.Minute, "2 h 5 min", "2 h 5 min"},
	} {
		for lang, want := range map[string]string{"en-GB": row.en, "pt-BR": row.pt} {
			if got := strings.ReplaceAll(page.Took(frame(t, lang).Words, row.took), "\u00a0", " "); got != want {
				t.Errorf("%v in %s: %q, want %q", row.took, lang, got, want)
			}
		}
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(render(t, frame(t, "pt-BR"),
		shown{name: "pt", path: "/admin/requests",
			page: page.OneRequest{
				RequestRow: page.RequestRow{ID: "r1", State: app.Approved},
				Trail:      []page.Event{step(4, "request.start", "", nil)},
			}})))
	if err != nil {
		t.Fatal(err)
	}
	at := doc.Find(`[data-testid="step"] time`)
	if got, stamp := at.Text(), at.AttrOr("datetime", ""); !strings.HasSuffix(got, ":40,122") ||
		stamp != "2026-11-22T14:30:40.122Z" {
		t.Errorf("the time is %q (%s)", got, stamp)
	}
}

// A role that may not see what was asked for sees neither slip nor seal.
func TestTraceMasked(t *testing.T) {
	f := frame(t, "en-GB")
	for _, s := range requestPages(f) {
		if s.name != "request-masked" && s.name != "request-failed" {
			continue
		}
		html := string(render(t, f, s))
		for _, mark := range []string{`data-testid="saw"`, `data-testid="seal"`, `class="digest"`, "£1,234.50"} {
			if got, want := strings.Contains(html, mark), s.name == "request-failed"; got != want {
				t.Errorf("%s has %s: %v", s.name, mark, got)
			}
		}
	}
}
