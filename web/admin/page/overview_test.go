package page_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/web/admin/page"
)

var windows = []string{"1h", "24h", "7d", "30d"}

// busyDay is the overview of a day at a bank, hour by hour.
func busyDay() page.Overview {
	p := page.Overview{Window: "24h", Windows: windows, Checked: now.Add(-8 * time.Second), Invites: true}
	for i := range 24 {
		from := now.Truncate(time.Hour).Add(time.Duration(i-23) * time.Hour)
		n := int(40 * (1 + math.Sin(float64(i)/4)))
		b := page.Bin{
			From:     from,
			To:       from.Add(time.Hour),
			Started:  n,
			Approved: n * 8 / 10,
			Denied:   n / 10,
			Expired:  n / 12,
			Withdrew: i % 7 / 6,
		}
		if n > 0 {
			b.Decide = page.Spread{
				N:    b.Approved + b.Denied,
				Half: time.Duration(14+i%5) * time.Second,
				Most: time.Duration(48+3*(i%9)) * time.Second,
			}
			b.Deliver = page.Spread{
				N:    b.Approved + b.Denied,
				Half: time.Duration(110+7*i) * time.Millisecond,
				Most: time.Duration(300+30*(i%11)) * time.Millisecond,
			}
			b.Accepted, b.Refused, b.Gone = 2*n, i%5/4, i%11/10
		}
		p.Bins = append(p.Bins, b)
		w := &p.Whole
		w.Started, w.Approved, w.Denied, w.Expired, w.Withdrew = w.Started+
			b.Started, w.Approved+b.Approved, w.Denied+b.Denied, w.Expired+b.Expired, w.Withdrew+b.Withdrew
		w.Accepted, w.Refused, w.Gone = w.Accepted+b.Accepted, w.Refused+b.Refused, w.Gone+b.Gone
		w.Decide.N += b.Decide.N
		w.Deliver.N += b.Deliver.N
	}
	p.Whole.Decide.Half, p.Whole.Decide.Most = 15900*time.Millisecond, 71*time.Second
	p.Whole.Deliver.Half, p.Whole.Deliver.Most = 182*time.Millisecond, 540*time.Millisecond
	all := p.Whole.Approved + p.Whole.Denied + p.Whole.Expired + p.Whole.Withdrew
	p.Listed = true
	for kind, percent := range map[string]int{
		"regular":             58,
		"uk-domestic-payment": 12,
		"uk-file-payment":     2,
		"uk-account-access":   11,
		"br-payment":          9,
		"br-data":             5,
		"":                    3,
	} {
		n := all * percent / 100
		p.Kinds = append(p.Kinds, page.KindCount{Kind: kind, Approved: n - n/9 - n/15, Denied: n / 9, Ended: n / 15})
	}
	slices.SortFunc(p.Kinds, func(a, b page.KindCount) int { return b.Approved - a.Approved })
	p.Hosts = []page.PushHost{{
		Host:     "fcm.googleapis.com",
		Accepted: p.Whole.Accepted - 1203,
		Gone:     p.Whole.Gone,
		Refused:  1,
	},
		{Host: "updates.push.services.mozilla.com", Accepted: 1203, Refused: p.Whole.Refused - 1}}
	return p
}

func newest(f page.Frame) []page.Asked {
	asked := func(ago time.Duration, ref, client, kind, person string, as app.RequestState,
		took time.Duration) page.Asked {
		return page.Asked{
			RequestRow: page.RequestRow{
				ID:       ref,
				Ref:      ref,
				Client:   client,
				Kind:     kind,
				Person:   person,
				State:    as,
				Delivery: app.DeliveryDelivered,
				Created:  now.Add(-ago),
				Ends:     now.Add(2*time.Minute - ago),
			},
			Answered: took,
		}
	}
	return []page.Asked{
		asked(20*time.Second, "7Q4-KM2", "Financroo Ltd", "uk-domestic-payment", "Alice Doe", app.Pending, 0),
		asked(98*time.Second, "K1C-40Z", "Financroo Ltd", "regular", "Bruno Reis da Conceição e Albuquerque",
			app.Approved, 18200*time.Millisecond),
		asked(4*time.Minute, "W0E-6QN", "Plum Books", "uk-account-access", "نور الدين", app.Denied,
			41700*time.Millisecond),
		asked(7*time.Minute, "3VT-H8A", "Companhia Paulista de Comércio Eletrônico Ltda", "br-payment", "Carla Nunes",
			app.Expired, 0),
		asked(26*time.Hour, "N5C-7JY", "Plum Books", "regular", "D•••• O•••", app.Approved, 7400*time.Millisecond),
	}
}

func checks(f page.Frame, ill bool) []page.Check {
	w := f.Words
	well := []page.Check{
		{Part: "token", Name: "northmoor", State: page.CheckOK, Says: w.T("admin.overview.health.token_ok")},
		{Part: "sign_in", Name: "northmoor", State: page.CheckOK, Says: w.T("admin.overview.health.api_ok")},
		{
			Part:  "open_bank",
			Name:  "northmoor",
			State: page.CheckOK,
			Says:  w.T("admin.overview.health.open_bank_unused", "scope", "manage_openbanking_consents"),
		},
		{Part: "jobs", State: page.CheckOK, Says: w.T("admin.overview.health.jobs_ok")},
		{Part: "push", State: page.CheckOK, Says: w.N("admin.overview.health.push_ok", 3)},
		{Part: "attacks", State: page.CheckOK, Says: w.T("admin.overview.health.attacks_none")},
		{
			Part:  "database",
			State: page.CheckOK,
			Says:  w.T("admin.overview.health.database_ok", "size", page.Size(w, 41_234_000)),
		},
	}
	rest := []page.Check{
		{Part: "deliveries", State: page.CheckOK, Says: w.T("admin.overview.health.deliveries_ok")},
		{
			Part:  "disk",
			State: page.CheckOK,
			Says:  w.T("admin.overview.health.disk_free", "free", page.Size(w, 81_000_000_000)),
		},
		{Part: "clock", Name: "northmoor", State: page.CheckOK, Says: w.T("admin.overview.health.clock_ok")},
	}
	if ill {
		rest = []page.Check{
			{
				Part:  "deliveries",
				State: page.CheckBad,
				Says:  w.N("admin.overview.health.deliveries_wait", 12, "age", page.Length(w, 260*time.Second)),
				Do:    w.T("admin.overview.health.deliveries_do"),
				More: page.Held{
					Ref:     "9PX-3LD",
					State:   app.Approved,
					Decided: now.Add(-18 * time.Minute),
					Tries:   6,
					Next:    now.Add(3 * time.Minute),
				}.Words(f),
				Links: []page.Link{{Path: "/admin/requests/x", Words: "admin.overview.act.trace"},
					{Path: "/admin/requests?delivery=waiting", Words: "admin.overview.act.waiting"}},
			},
			{
				Part:  "push",
				Name:  "updates.push.services.mozilla.com",
				State: page.CheckWarn,
				Says:  w.T("admin.overview.health.push_refused", "refused", "31", "all", "204"),
				Do:    w.T("admin.overview.health.push_do"),
				Links: []page.Link{{Path: "/admin/settings/push", Words: "admin.overview.act.test_push"}},
			},
			{
				Part:  "clock",
				Name:  "northmoor",
				State: page.CheckWarn,
				Says:  w.T("admin.overview.health.clock_behind", "by", page.Length(w, 12*time.Second)),
				Do:    w.T("admin.overview.health.clock_do"),
				Links: []page.Link{{Path: "/admin/settings/acp", Words: "admin.overview.act.test_acp"}},
			},
		}
	}
	return append(rest, well...)
}

// overviews are the overview in its states, for the gallery.
func overviews(f page.Frame) []shown {
	const path = "/admin/overview"
	busy, ill, quiet, fresh := busyDay(), busyDay(), page.Overview{
		Window:  "1h",
		Windows: windows,
		Checked: now,
	}, page.Overview{Window: "24h", Windows: windows, Checked: now, New: true, Invites: true}
	busy.Moves = []page.IdentifierMove{
		{
			Kind:   app.Email,
			FromID: "p1",
			From:   "Ada Quill",
			ToID:   "p2",
			To:     "Ana Lúcia de Souza Albuquerque Cavalcanti",
			At:     now.Add(-time.Hour),
			Ends:   now.Add(71 * time.Hour),
		},
		{
			Kind:   app.CPF,
			FromID: "p1",
			From:   "Ada Quill",
			ToID:   "p3",
			To:     "نور الدين",
			At:     now.AddDate(0, 0, -4),
			Ends:   now.AddDate(0, 0, -1),
			Over:   true,
		},
		{
			Kind:   app.Customer,
			FromID: "p3",
			From:   "نور الدين",
			ToID:   "p1",
			To:     "Ada Quill",
			At:     now.AddDate(0, 0, -5),
			Ends:   now.AddDate(0, 0, -2),
			Over:   true,
			Back:   true,
		},
	}
	quiet.Listed, busy.Newest, ill.Newest = true, newest(f), newest(f)
	busy.Checks, ill.Checks, quiet.Checks, fresh.Checks = checks(f,
		false), checks(f, true), checks(f, false), checks(f, false)
	for i := range 12 {
		from := now.Truncate(5 * time.Minute).Add(time.Duration(i-11) * 5 * time.Minute)
		quiet.Bins = append(quiet.Bins, page.Bin{From: from, To: from.Add(5 * time.Minute)})
	}
	month := busyDay()
	month.Kinds = month.Kinds[:3]
	month.Window, month.Checks = "30d", checks(f, false)
	month.Bins = append(month.Bins, month.Bins[:6]...)
	for i := range month.Bins {
		b := &month.Bins[i]
		b.From = now.Truncate(24*time.Hour).AddDate(0, 0, i-29)
		b.To = b.From.AddDate(0, 0, 1)
		b.Started, b.Approved, b.Denied, b.Expired = b.Started*311, b.Approved*311, b.Denied*311, b.Expired*311
		w := &month.Whole
		w.Started, w.Approved, w.Denied, w.Expired = w.Started+
			b.Started, w.Approved+b.Approved, w.Denied+b.Denied, w.Expired+b.Expired
	}
	for i := range month.Kinds {
		k := &month.Kinds[i]
		k.Approved, k.Denied, k.Ended = k.Approved*388, k.Denied*388, k.Ended*388
	}
	month.Newest = newest(f)
	weak := busyDay()
	weak.Checks = append([]page.Check{
		{
			Part:  "activation",
			State: page.CheckBad,
			Says:  f.Words.T("admin.overview.health.activation_off"),
			Do:    f.Words.T("admin.overview.health.activation_do"),
			Links: []page.Link{{Path: "/admin/settings", Words: "admin.overview.act.settings"}},
		},
		{
			Part:  "loosened",
			Name:  "ASSENT_MATCH_CODE_UNDER_ATTACK",
			State: page.CheckBad,
			Do:    f.Words.T("admin.overview.health.loosened_do"),
			Says: f.Words.T("admin.overview.health.loosened", "age", page.Length(f.Words, 26*time.Hour), "from",
				"br-payment, uk-payment", "to",
				f.Words.T("admin.overview.health.loosened_nothing")),
			Links: []page.Link{{Path: "/admin/audit?action=setting.loosen", Words: "admin.overview.act.audit"}},
		},
		{
			Part:  "enrolment",
			State: page.CheckWarn,
			Says:  f.Words.T("admin.overview.health.one_maker_left", "left", page.Length(f.Words, 71*time.Hour)),
			Do:    f.Words.T("admin.overview.health.one_maker_left_do"),
			Links: []page.Link{{Path: "/admin/admins", Words: "admin.overview.act.admins"}},
		},
		{
			Part:  "protection",
			State: page.CheckWarn,
			Says:  f.Words.T("admin.overview.health.protection_bare"),
			Do:    f.Words.T("admin.overview.health.protection_do"),
			Links: []page.Link{{Path: "/admin/settings/protection", Words: "admin.overview.act.policies"}},
		},
	}, checks(f, false)...)
	return []shown{
		{name: "overview", path: path, page: busy}, {name: "overview-ill", path: path, page: ill},
		{name: "overview-quiet", path: path, page: quiet},
		{name: "overview-new", path: path, page: fresh}, {name: "overview-month", path: path, page: month},
		{name: "overview-weak", path: path, page: weak},
	}
}

func parsed(t *testing.T, f page.Frame, p page.Overview) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(render(t, f,
		shown{name: "overview", path: "/admin/overview", page: p})))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// A chart's table holds what the chart was drawn from, and its bars are as high
// as the table says: the bars are read back from the drawing.
func TestChartsAndTablesAgree(t *testing.T) {
	f, p := frame(t, "en-GB"), busyDay()
	w := f.Words
	doc := parsed(t, f, p)
	for id, c := range map[string]struct {
		cells func(page.Bin) []string
		parts func(page.Bin) []float64
		marks []string
	}{
		"requests": {
			func(b page.Bin) []string {
				return []string{fmt.Sprint(b.Started), fmt.Sprint(b.Approved), fmt.Sprint(b.Denied),
					fmt.Sprint(b.Expired), fmt.Sprint(b.Withdrew)}
			},
			func(b page.Bin) []float64 {
				return []float64{float64(b.Approved), float64(b.Denied), float64(b.Expired + b.Withdrew)}
			}, []string{"bar-approved", "bar-denied", "bar-ended"}},
		"decide": {
			func(b page.Bin) []string {
				if b.Decide.N == 0 {
					return []string{"0", "–", "–"}
				}
				return []string{fmt.Sprint(b.Decide.N), page.Length(w, b.Decide.Half), page.Length(w, b.Decide.Most)}
			},
			func(b page.Bin) []float64 {
				return []float64{b.Decide.Half.Seconds(), (b.Decide.Most - b.Decide.Half).Seconds()}
			}, []string{"bar-half", "bar-most"}},
		"push": {
			func(b page.Bin) []string {
				return []string{fmt.Sprint(b.Accepted), fmt.Sprint(b.Refused), fmt.Sprint(b.Gone)}
			},
			func(b page.Bin) []float64 {
				n := float64(max(1, b.Accepted+b.Refused+b.Gone))
				return []float64{float64(b.Refused) / n, float64(b.Gone) / n}
			}, []string{"bar-refused", "bar-ended"}},
	} {
		chart := doc.Find(`[data-testid="chart-` + id + `"]`)
		rows := chart.Find(`[data-testid="table"] tbody tr`)
		if rows.Length() != len(p.Bins) {
			t.Fatalf("%s: %d rows", id, rows.Length())
		}
		heads := chart.Find("thead th").Length()
		drawn := map[string][]float64{} // heights by mark, and the place of the bar
		places := map[string][]float64{}
		chart.Find(".plot rect").Each(func(_ int, r *goquery.Selection) {
			number := func(name string) float64 {
				v, err := strconv.ParseFloat(r.AttrOr(name, ""), 64)
				if err != nil || v < 0 || v > 1000 {
					t.Errorf("%s: %s is %q", id, name, r.AttrOr(name, ""))
				}
				return v
			}
			class := r.AttrOr("class", "")
			drawn[class] = append(drawn[class], number("height"))
			places[class] = append(places[class], math.Floor(number("x")/1000*float64(len(p.Bins))))
			if number("y")+number("height") > 100.01 {
				t.Errorf("%s: a bar stands below the base", id)
			}
		})
		var scale float64 // height of one unit, by the first bar
		for i, b := range p.Bins {
			var got []string
			rows.Eq(i).Find("td").Each(func(_ int, s *goquery.Selection) { got = append(got, s.Text()) })
			if want := c.cells(b); strings.Join(got, "|") != strings.Join(want, "|") || len(got)+1 != heads {
				t.Errorf("%s, row %d: %v, want %v", id, i, got, want)
			}
			for j, v := range c.parts(b) {
				mark := c.marks[j]
				if v <= 0 {
					continue
				}
				if len(drawn[mark]) == 0 || places[mark][0] != float64(i) {
					t.Fatalf("%s: the %s of bar %d is not drawn: %v", id, mark, i, places[mark])
				}
				if scale == 0 {
					scale = drawn[mark][0] / v
				}
				if got, want := drawn[mark][0], v*scale; math.Abs(got-want) > 1 {
					t.Errorf("%s: the %s of bar %d is %v high, want %v", id, mark, i, got, want)
				}
				drawn[mark], places[mark] = drawn[mark][1:], places[mark][1:]
			}
		}
		for mark, left := range drawn {
			if len(left) > 0 {
				t.Errorf("%s: %d bars of %s too many", id, len(left), mark)
			}
		}
	}
	if got := doc.Find(`[data-testid="hosts"] tbody tr`).Length(); got != 2 {
		t.Errorf("%d push services", got)
	}
}

func TestOverviewSaysWhatNeedsSomebody(t *testing.T) {
	for lang, want := range map[string][]string{
		"en-GB": {"requests in the last 24 hours.", "half of them within 16\u00a0s.", "Three things need you.",
			"Check the push subject"},
		"pt-BR": {"pedidos nas últimas 24 horas.", "metade deles em até 16\u00a0s.", "Três itens precisam de você.",
			"Verifique o contato de push"},
	} {
		f, p := frame(t, lang), busyDay()
		p.Checks = checks(f, true)
		doc := parsed(t, f, p)
		text := doc.Find("main").Text()
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("%s: %q is missing from %q", lang, s, doc.Find(`[data-testid="aloud"]`).Text())
			}
		}
		var states []string
		doc.Find(".checks li").Each(func(_ int, s *goquery.Selection) {
			states = append(states, s.AttrOr("data-state", ""))
			if ill := s.AttrOr("data-state", "") != "ok"; ill != (s.Find(`[data-testid="do"]`).Length() == 1) {
				t.Errorf("%s: %s says what to do: %v", lang, s.AttrOr("data-testid", ""), !ill)
			}
		})
		if got := strings.Join(states, " "); got != "bad warn warn ok ok ok ok ok ok ok" {
			t.Errorf("%s: in the order %s", lang, got)
		}
		if got := doc.Find(`.list-tabs [aria-current="page"]`).AttrOr("href", ""); got != "/admin/overview?window=24h" {
			t.Errorf("%s: the current window is %q", lang, got)
		}
	}
}

func TestOverviewBeforeTheFirstRequest(t *testing.T) {
	f := frame(t, "en-GB")
	p := page.Overview{
		Window:  "24h",
		Windows: windows,
		Checked: now,
		New:     true,
		Invites: true,
		Checks:  checks(f, false),
	}
	doc := parsed(t, f, p)
	if doc.Find(`[data-testid="new"] li`).Length() != 3 ||
		doc.Find(`[data-testid="new"] a`).AttrOr("href", "") != "/admin/people" || doc.Find(".chart").Length() != 0 {
		t.Errorf("it shows %s", doc.Find("main").Text())
	}
	p.Invites = false
	if parsed(t, f, p).Find(`[data-testid="new"] a`).Length() != 0 {
		t.Error("it leads somebody to people whom they may not add")
	}
}

func TestLengthsSizesAndShares(t *testing.T) {
	en, pt := frame(t, "en-GB").Words, frame(t, "pt-BR").Words
	for d, want := range map[time.Duration]string{
		-time.Second:                "0 ms",
		0:                           "0 ms",
		420 * time.Millisecond:      "420 ms",
		999700 * time.Microsecond:   "1 s",
		4240 * time.Millisecond:     "4.2 s",
		9960 * time.Millisecond:     "10 s",
		21400 * time.Millisecond:    "21 s",
		59700 * time.Millisecond:    "1 min",
		80 * time.Second:            "1 min 20 s",
		2*time.Hour + 5*time.Minute: "2 h 5 min",
		76 * time.Hour:              "3 d 4 h",
	} {
		if got := strings.ReplaceAll(page.Length(en, d), "\u00a0", " "); got != want {
			t.Errorf("%v reads %q, want %q", d, got, want)
		}
	}
	if got := page.Length(pt, 4240*time.Millisecond); got != "4,2\u00a0s" {
		t.Errorf("in Portuguese %q", got)
	}
	for n, want := range map[int64]string{
		0:             "0\u00a0kB",
		420_000:       "420\u00a0kB",
		999_600:       "1.0\u00a0MB",
		41_234_000:    "41\u00a0MB",
		4_234_000_000: "4.2\u00a0GB",
		12e12:         "12\u00a0TB",
		12e15:         "12,000\u00a0TB",
	} {
		if got := page.Size(en, n); got != want {
			t.Errorf("%d bytes read %q, want %q", n, got, want)
		}
	}
	for want, c := range map[string][2]int{
		"–":          {0, 0},
		"0\u00a0%":   {0, 5},
		"0.4\u00a0%": {4, 1000},
		"50\u00a0%":  {1, 2},
		"100\u00a0%": {3, 3},
	} {
		if got := page.Share(en, c[0], c[1]); got != want {
			t.Errorf("%d of %d reads %q, want %q", c[0], c[1], got, want)
		}
	}
}

// Kinds are sorted by how often they came, those of one name are one bar, and
// the bars are as long as their table says.
func TestRequestsByKind(t *testing.T) {
	f, p := frame(t, "en-GB"), busyDay()
	p.Whole = page.Bin{Approved: 86, Denied: 10, Expired: 10, Withdrew: 4}
	p.Kinds = []page.KindCount{{Kind: "", Approved: 30}, {Kind: "br-data", Ended: 5},
		{Kind: "regular", Approved: 20, Denied: 4, Ended: 1},
		{Kind: "uk-domestic-payment", Approved: 16, Denied: 2}, {Kind: "uk-file-payment", Approved: 10, Ended: 2},
		{Kind: "br-payment"}}
	chart := parsed(t, f, p).Find(`[data-testid="chart-kinds"]`)
	want := []struct {
		cells string
		parts []float64 // of the longest
	}{
		{"UK payment|26|2|2|30", []float64{26. / 30, 2. / 30, 2. / 30}},
		{"Sign-in|20|4|1|25", []float64{20. / 30, 4. / 30, 1. / 30}},
		{"Brazil data|0|0|5|5", []float64{0, 0, 5. / 30}},
		{"Not recognised|30|0|0|30", []float64{1, 0, 0}},
	}
	rows, bars := chart.Find(`[data-testid="table"] tbody tr`), chart.Find(".lying svg")
	if rows.Length() != len(want) || bars.Length() != len(want) {
		t.Fatalf("%d rows, %d bars", rows.Length(), bars.Length())
	}
	for i, row := range want {
		var cells []string
		rows.Eq(i).Children().Each(func(_ int, s *goquery.Selection) { cells = append(cells, s.Text()) })
		if got := strings.Join(cells, "|"); got != row.cells {
			t.Errorf("row %d is %s, want %s", i, got, row.cells)
		}
		at := 0.
		for j, class := range []string{"bar-approved", "bar-denied", "bar-ended"} {
			part := bars.Eq(i).Find("." + class)
			if row.parts[j] == 0 {
				if part.Length() != 0 {
					t.Errorf("row %d has a part %s", i, class)
				}
				continue
			}
			x, _ := strconv.ParseFloat(part.AttrOr("x", ""), 64)
			width, _ := strconv.ParseFloat(part.AttrOr("width", ""), 64)
			if math.Abs(x-1000*at) > .1 || math.Abs(width-1000*row.parts[j]) > .1 {
				t.Errorf("row %d, %s: from %v, %v long, want %v and %v", i, class, x, width, 1000*at, 1000*row.parts[j])
			}
			at += row.parts[j]
		}
	}
	if got := chart.Find(`[data-testid="unsorted"]`).Text(); got != "20 more ended before kinds were counted." {
		t.Errorf("of the others it says %q", got)
	}
}

// What needs somebody comes before every chart, what is well behind them all.
func TestOverviewBeginsWithWhatIsIll(t *testing.T) {
	for _, ill := range []bool{true, false} {
		f, p := frame(t, "en-GB"), busyDay()
		p.Checks, p.Newest = checks(f, ill), newest(f)
		doc := parsed(t, f, p)
		var order []string
		doc.Find(`[data-testid="needs"], [data-testid="chart-requests"], [data-testid="chart-kinds"], [data-testid="newest"], [data-testid="well"]`).Each(func(_ int,
			s *goquery.Selection) {
			order = append(order, s.AttrOr("data-testid", ""))
		})
		if got := strings.Join(order, " "); got != "needs chart-requests chart-kinds newest well" {
			t.Errorf("the order is %s", got)
		}
		needs := doc.Find(`[data-testid="needs"]`)
		if got := needs.Find(`[data-testid="needs-nothing"]`).Length() == 0; got != ill {
			t.Errorf("something needs somebody: %v, want %v", got, ill)
		}
		if !ill {
			continue
		}
		if got := needs.Find(`[data-testid="more"]`).Text(); got != "9PX-3LD, approved 14:12. Tried 6 times, next 14:33." {
			t.Errorf("of the oldest it says %q", got)
		}
		var links []string
		needs.Find(`[data-testid="act"]`).Each(func(_ int,
			s *goquery.Selection) {
			links = append(links, s.AttrOr("href", ""))
		})
		if got := strings.Join(links,
			" "); got != "/admin/requests/x /admin/requests?delivery=waiting /admin/settings/push /admin/settings/acp" {
			t.Errorf("it leads to %s", got)
		}
	}
}

func TestNewestRequests(t *testing.T) {
	f, p := frame(t, "en-GB"), busyDay()
	p.Newest = newest(f)
	var rows []string
	parsed(t, f, p).Find(`[data-testid="newest-request"]`).Each(func(_ int, row *goquery.Selection) {
		cells := []string{row.Find("a.row-link").AttrOr("href", "")}
		row.Children().Each(func(_ int, s *goquery.Selection) { cells = append(cells, strings.TrimSpace(s.Text())) })
		rows = append(rows, strings.ReplaceAll(strings.Join(cells, "|"), "\u00a0", " "))
	})
	if len(rows) != 5 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, want := range map[int]string{
		0: "/admin/requests/7Q4-KM2|14:30:20|7Q4-KM2|Financroo Ltd|Payment|Alice Doe|Waiting, until 14:32|–",
		1: "/admin/requests/K1C-40Z|14:29:02|K1C-40Z|Financroo Ltd|Sign-in|Bruno Reis da Conceição e Albuquerque|Approved|18 s",
		4: "/admin/requests/N5C-7JY|yesterday 12:30|N5C-7JY|Plum Books|Sign-in|D•••• O•••|Approved|7.4 s",
	} {
		if rows[i] != want {
			t.Errorf("row %d is\n%s, want\n%s", i, rows[i], want)
		}
	}
	p.Listed = false
	if parsed(t, f, p).Find(`[data-testid="newest"]`).Length() != 0 {
		t.Error("requests are listed for somebody who may not open them")
	}
}
