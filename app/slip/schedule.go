package slip

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/app/authz"
	"assent/app/i18n"
)

// frequencies is the form of OBIE's frequency codes, with their numbers (OBIE
// Read/Write API 3.1, OBWriteDomesticStandingOrderConsent, Frequency).
var frequencies = regexp.MustCompile(`^(?:(EvryDay|EvryWorkgDay)|(IntrvlDay):(0[2-9]|[12][0-9]|3[01])|(IntrvlWkDay):(0[1-9]):(0[1-7])|` +
	`(WkInMnthDay):(0[1-5]):(0[1-7])|(IntrvlMnthDay):(0[1-6]|12|24):(-0[1-5]|0[1-9]|[12][0-9]|3[01])|(QtrDay):(ENGLISH|SCOTTISH|RECEIVED))$`)

var quarterDays = map[string]i18n.Key{
	"ENGLISH":  "schedule.quarter_english",
	"SCOTTISH": "schedule.quarter_scottish",
	"RECEIVED": "schedule.quarter_received",
}

// frequency words an OBIE frequency code, to stand inside a sentence. One that
// isn't known is shown as it is.
func (x *writer) frequency(code string) (words string, known bool) {
	w := x.w
	m := slices.DeleteFunc(frequencies.FindStringSubmatch(code), func(s string) bool { return s == "" })
	if len(m) < 2 {
		return w.T("schedule.code", "code", i18n.Plain(code)), false
	}
	n := make([]int, len(m)) // the code's numbers, where it has them
	for i := range m {
		n[i], _ = strconv.Atoi(m[i])
	}
	switch m[1] {
	case "EvryDay":
		return w.T("schedule.daily"), true
	case "EvryWorkgDay":
		return w.T("schedule.working_days"), true
	case "IntrvlDay":
		return w.T("schedule.days", "n", n[2]), true
	case "IntrvlWkDay":
		if n[2] == 1 {
			return w.T("schedule.weekly", "on", w.Entry("schedule.on_weekdays", n[3]-1)), true
		}
		return w.T("schedule.weeks", "n", n[2], "on", w.Entry("schedule.on_weekdays", n[3]-1)), true
	case "WkInMnthDay":
		return w.T("schedule.week_of_month", "on", w.Entry("schedule.on_weekday", n[3]-1), "week",
			w.Entry("schedule.ordinals", n[2]-1)), true
	case "IntrvlMnthDay":
		on := w.T("schedule.on_day", "day", n[3])
		if n[3] < 0 {
			on = w.Entry("schedule.from_end", -n[3]-1)
		}
		return x.monthly(n[2], on), true
	}
	return w.T("schedule.quarterly", "days", w.T(quarterDays[m[2]])), true
}

func (x *writer) monthly(months int, on string) string {
	if months == 1 {
		return x.w.T("schedule.monthly", "on", on)
	}
	return x.w.T("schedule.months", "n", months, "on", on)
}

// weekdays are those of Open Finance Brasil, payments v4, from Monday on.
var weekdays = []string{"SEGUNDA_FEIRA", "TERCA_FEIRA", "QUARTA_FEIRA", "QUINTA_FEIRA", "SEXTA_FEIRA", "SABADO",
	"DOMINGO"}

// schedule words when payments are made, to stand inside a sentence.
func (x *writer) schedule(s authz.Schedule) (words string, known bool) {
	w := x.w
	known = true
	switch s.Every {
	case "":
		if s.Frequency != "" {
			words, known = x.frequency(s.Frequency)
		}
	case "single":
	case "daily":
		words = w.T("schedule.daily")
	case "weekly":
		on := i18n.Plain(s.DayOfWeek)
		if i := slices.Index(weekdays, s.DayOfWeek); i >= 0 {
			on = w.Entry("schedule.on_weekdays", i)
		}
		if words = w.T("schedule.each_week"); on != "" {
			words = w.T("schedule.weekly", "on", on)
		}
	case "monthly":
		if words = w.T("schedule.each_month"); s.DayOfMonth != 0 {
			words = x.monthly(1, w.T("schedule.on_day", "day", s.DayOfMonth))
		}
	case "custom":
		days := make([]string, 0, len(s.Dates))
		for _, d := range s.Dates {
			days = append(days, w.Stamp(d))
		}
		words = w.T("schedule.dates", "dates", w.List(days))
	default:
		words, known = i18n.Plain(s.Every), false
	}
	switch {
	case s.Start == "":
	case words == "":
		words = w.T("schedule.from_date", "date", w.Stamp(s.Start))
	default:
		words = w.T("schedule.from", "schedule", words, "date", w.Stamp(s.Start))
	}
	return words, known
}

// occurrences is how many payments a schedule says that it has.
func occurrences(s authz.Schedule) int { return max(s.Quantity, len(s.Dates)) }

// inAll counts the payments of a schedule and adds them up; empty where it
// doesn't say how many they are.
func (x *writer) inAll(s authz.Schedule) string {
	n := occurrences(s)
	if n == 0 {
		return ""
	}
	count := x.payments(strconv.Itoa(n))
	m := x.fact(authz.Amount).Money
	if m == nil || n < 2 {
		return count
	}
	total, ok := times(m.Amount, n)
	if !ok {
		return count
	}
	return x.w.T("pay.in_all", "payments", count, "total", x.w.Money(total, m.Currency))
}

var amounts = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// times multiplies a decimal, digit for digit.
func times(amount string, n int) (string, bool) {
	if !amounts.MatchString(amount) {
		return "", false
	}
	whole, fraction, point := strings.Cut(amount, ".")
	i, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return "", false
	}
	s := i.Mul(i, big.NewInt(int64(n))).String()
	if !point {
		return s, true
	}
	if len(s) <= len(fraction) {
		s = strings.Repeat("0", len(fraction)-len(s)+1) + s
	}
	return s[:len(s)-len(fraction)] + "." + s[len(s)-len(fraction):], true
}

// instant reads a time of day.
func instant(at string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, at)
	return t, err == nil
}
