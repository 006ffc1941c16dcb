package store

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/app"
)

// Counter names something that is counted.
type Counter string

// The counters. Their labels are in brackets.
const (
	CountRequests     Counter = "request"       // that began ["started"] and that ended [their state]
	CountKinds        Counter = "kind"          // that ended [their state, a slash, their kind]
	CountDeliveries   Counter = "delivery"      // that ended [their state]
	CountPushAccepted Counter = "push.accepted" // answers of push services [host]
	CountPushRefused  Counter = "push.refused"  // to be tried again, or for good
	CountPushEnded    Counter = "push.ended"    // the subscription is gone: not the service's fault

	TimeToDecide  Counter = "time.decide"  // from a request's start to the person's decision [bucket]
	TimeToDeliver Counter = "time.deliver" // from there until ACP had taken it
)

// Started is the label of CountRequests for a request that began.
const Started = "started"

// Counts are kept in bins of two spans: short ones for the last hours, long
// ones for what came before.
const (
	shortSpan = 5 * time.Minute
	longSpan  = time.Hour

	shortKept = 48 * time.Hour
	longKept  = 400 * 24 * time.Hour
)

// count counts one event of now.
func (t *tx) count(ctx context.Context, name Counter, label string) error {
	return t.countAt(ctx, t.now, name, label, 1)
}

// countAt counts n events of the time at. A negative n takes back what turned
// out to be otherwise.
func (t *tx) countAt(ctx context.Context, at app.Instant, name Counter, label string, n int) error {
	short, long := shortSpan.Milliseconds(), longSpan.Milliseconds()
	return t.exec(ctx, `INSERT INTO counters (span, at, name, label, n) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)
		ON CONFLICT (span, at, name, label) DO UPDATE SET n = counters.n + excluded.n`,
		short, int64(at)-int64(at)%short, name, label, n, long, int64(at)-int64(at)%long, name, label, n)
}

// measure counts how long something took that ended at at.
func (t *tx) measure(ctx context.Context, at app.Instant, name Counter, d time.Duration) error {
	return t.countAt(ctx, at, name, bucketLabel(bucketOf(d)), 1)
}

// began counts a request that was just stored. Tests aren't counted, here and
// below: they say nothing of how the service is used.
func (t *tx) began(ctx context.Context, r app.Request) error {
	if r.Kind == app.KindTest {
		return nil
	}
	if err := t.count(ctx, CountRequests, Started); err != nil || r.State == app.Pending {
		return err
	}
	return t.ended(ctx, r)
}

// ended counts what became of a request, and how long the person took.
func (t *tx) ended(ctx context.Context, r app.Request) error {
	if r.Kind == app.KindTest {
		return nil
	}
	if err := t.outcome(ctx, r, r.State, 1); err != nil {
		return err
	}
	if r.State != app.Approved && r.State != app.Denied {
		return nil
	}
	return t.measure(ctx, r.DecidedAt, TimeToDecide, r.DecidedAt.Sub(r.CreatedAt))
}

// recount counts a request that turned out to have ended otherwise than it did
// before, in the place of that.
func (t *tx) recount(ctx context.Context, r app.Request, before app.RequestState) error {
	if err := t.outcome(ctx, r, before, -1); err != nil {
		return err
	}
	return t.outcome(ctx, r, r.State, 1)
}

// outcome counts n requests that ended as r did, but in a state of their own:
// among all, and among those of their kind.
func (t *tx) outcome(ctx context.Context, r app.Request, state app.RequestState, n int) error {
	if err := t.countAt(ctx, r.DecidedAt, CountRequests, string(state), n); err != nil {
		return err
	}
	return t.countAt(ctx, r.DecidedAt, CountKinds, KindLabel(state, r.Kind), n)
}

// KindLabel is the label of CountKinds for requests of a kind that ended in a
// state.
func KindLabel(state app.RequestState, kind string) string { return string(state) + "/" + kind }

// settled counts what became of telling ACP, and how long it took from the
// decision on where it was told.
func (t *tx) settled(ctx context.Context, r app.Request, as app.DeliveryState) error {
	if err := t.count(ctx, CountDeliveries, string(as)); err != nil || as != app.DeliveryDelivered ||
		r.WithdrawnAt != 0 {
		return err
	}
	return t.measure(ctx, t.now, TimeToDeliver, t.now.Sub(r.DecidedAt))
}

// Lengths of time are counted in buckets that grow by a fourth root of two:
// four to an octave from a millisecond on, so that whatever is said of them is
// at most 9 % off.
const (
	bucketsPerOctave = 4
	lastBucket       = 120 // about twelve days
)

// bucketOf is the bucket that a length of time falls in.
func bucketOf(d time.Duration) int {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 1 {
		return 0
	}
	return min(int(math.Log2(ms)*bucketsPerOctave)+1, lastBucket)
}

// bucketMiddle is the geometric middle of a bucket.
func bucketMiddle(b int) time.Duration {
	if b <= 0 {
		return 0
	}
	return time.Duration(math.Exp2((float64(b)-.5)/bucketsPerOctave) * float64(time.Millisecond))
}

func bucketLabel(b int) string { return fmt.Sprintf("%03d", b) }

// Window is a stretch of time up to now.
type Window string

// The windows, by the names that they have in addresses.
const (
	LastHour  Window = "1h"  // in 12 bins
	LastDay   Window = "24h" // in 24
	LastWeek  Window = "7d"  // in 28
	LastMonth Window = "30d" // in 30
)

// Windows are all of them, the shortest first.
var Windows = []Window{LastHour, LastDay, LastWeek, LastMonth}

// Bin is what was counted in one part of a window.
type Bin struct {
	From, To app.Instant
	counts   map[Counter]map[string]int
}

// Series is what was counted in a window, bin by bin.
type Series struct {
	Window Window
	Bins   []Bin // the last one holds now
}

// bins cuts the window in parts that begin at round times of zone: twelfths of
// an hour, hours, quarters of a day, days. A zone that is half an hour off
// begins its days with the full hour before.
func (w Window) bins(now app.Instant, zone *time.Location) (time.Duration, []Bin) {
	t := now.Time().In(zone)
	span, count := longSpan, 0
	var begin func(back int) time.Time
	switch w {
	case LastHour:
		span, count = shortSpan, 12
		begin = func(back int) time.Time { return now.Time().Truncate(span).Add(-time.Duration(back) * span) }
	case LastWeek:
		count = 28
		begin = func(back int) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day(), (t.Hour()/6-back)*6, 0, 0, 0, zone).Truncate(longSpan)
		}
	case LastMonth:
		count = 30
		begin = func(back int) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, zone).Truncate(longSpan)
		}
	default:
		count = 24
		begin = func(back int) time.Time { return now.Time().Truncate(span).Add(-time.Duration(back) * span) }
	}
	out := make([]Bin, count)
	for i := range out {
		back := count - 1 - i
		out[i] = Bin{From: app.At(begin(back)), To: app.At(begin(back - 1)), counts: map[Counter]map[string]int{}}
	}
	return span, out
}

// Counted gives what was counted in a window, in bins that begin at round times
// of zone.
func (r *Reader) Counted(ctx context.Context, w Window, zone *time.Location) (Series, error) {
	span, bins := w.bins(r.Now(), zone)
	args := make([]any, 0, 3*len(bins)+1)
	for i, b := range bins {
		args = append(args, i, b.From, b.To)
	}
	var rows []struct {
		Bin   int     `db:"bin"`
		Name  Counter `db:"name"`
		Label string  `db:"label"`
		N     int     `db:"n"`
	}
	err := r.r.SelectContext(ctx, &rows,
		`WITH bins (bin, since, until) AS (VALUES `+strings.TrimSuffix(strings.Repeat(`(?, ?, ?), `, len(bins)), ", ")+
			`)
		SELECT b.bin, c.name, c.label, sum(c.n) AS n FROM bins b JOIN counters c ON c.span = ? AND c.at >= b.since
		AND c.at < b.until
		GROUP BY b.bin, c.name, c.label`, append(args, span.Milliseconds())...)
	if err != nil {
		return Series{}, err
	}
	for _, row := range rows {
		of := bins[row.Bin].counts
		if of[row.Name] == nil {
			of[row.Name] = map[string]int{}
		}
		of[row.Name][row.Label] += row.N
	}
	return Series{Window: w, Bins: bins}, nil
}

// N is how many were counted, of the labels or of all where none is named.
func (b Bin) N(name Counter, labels ...string) int {
	n := 0
	for label, m := range b.counts[name] {
		if len(labels) == 0 || slices.Contains(labels, label) {
			n += m
		}
	}
	return max(0, n)
}

// Times are the lengths of time that were measured.
func (b Bin) Times(name Counter) Times {
	t := Times{}
	t.add(b.counts[name])
	return t
}

// N is how many were counted in the whole window.
func (s Series) N(name Counter, labels ...string) int {
	n := 0
	for _, b := range s.Bins {
		n += b.N(name, labels...)
	}
	return n
}

// Times are the lengths of time that were measured in the whole window.
func (s Series) Times(name Counter) Times {
	t := Times{}
	for _, b := range s.Bins {
		t.add(b.counts[name])
	}
	return t
}

// Labels are those of the counters that occur in the window, sorted.
func (s Series) Labels(names ...Counter) []string {
	seen := map[string]bool{}
	for _, b := range s.Bins {
		for _, name := range names {
			for label := range b.counts[name] {
				seen[label] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Kinds are the kinds of the requests that ended in the window, sorted. Those
// that ended before kinds were counted are none of them.
func (s Series) Kinds() []string {
	seen := map[string]bool{}
	for _, label := range s.Labels(CountKinds) {
		if _, kind, ok := strings.Cut(label, "/"); ok && s.N(CountKinds, label) > 0 {
			seen[kind] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Times are lengths of time, counted by bucket.
type Times map[int]int

func (t Times) add(counts map[string]int) {
	for label, n := range counts {
		if b, err := strconv.Atoi(label); err == nil {
			t[b] += n
		}
	}
}

// N is how many were measured.
func (t Times) N() int {
	n := 0
	for _, m := range t {
		n += m
	}
	return n
}

// Within is the length of time within which the share q of them ended (0.5 for
// the median), at most 9 % off; zero when nothing was measured.
func (t Times) Within(q float64) time.Duration {
	rank := int(math.Ceil(q * float64(t.N())))
	for _, b := range slices.Sorted(maps.Keys(t)) {
		if rank -= t[b]; rank <= 0 {
			return bucketMiddle(b)
		}
	}
	return 0
}

// AnyCounted tells whether anything was counted as far back as counts are kept.
func (r *Reader) AnyCounted(ctx context.Context, name Counter) (yes bool, err error) {
	err = r.r.GetContext(ctx, &yes, `SELECT EXISTS (SELECT 1 FROM counters WHERE span = ? AND name = ?)`,
		longSpan.Milliseconds(), name)
	return yes, err
}
