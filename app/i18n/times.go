package i18n

import (
	"strconv"
	"strings"
	"time"
)

// Time is the clock time of t: 14:32, in Portuguese 14h32. Seconds are dropped,
// so that a deadline never reads later than it is.
func (w Words) Time(t time.Time) string {
	t = t.In(w.Zone())
	return w.T("time.clock", "hour", t.Format("15"), "minute", t.Format("04"))
}

// Clock is the clock time of t to the second, for a trace.
func (w Words) Clock(t time.Time) string {
	t = t.In(w.Zone())
	return w.T("time.clock_seconds", "hour", t.Format("15"), "minute", t.Format("04"), "second", t.Format("05"))
}

// Date is the day of t: 3 January 2027, in Portuguese 03/01/2027.
func (w Words) Date(t time.Time) string { return w.date("time.date", t) }

// ShortDate is the day of t where room is scarce: 3 Jan 2027, in Portuguese 03/01/2027.
func (w Words) ShortDate(t time.Time) string { return w.date("time.date_short", t) }

// DateTime is day and clock time of t.
func (w Words) DateTime(t time.Time) string {
	return w.T("time.date_time", "date", w.Date(t), "time", w.Time(t))
}

// Moment says when t was, seen from now, for one line of truth in a list:
// "today 09:12", "yesterday 09:12", "16 Nov 09:12", "16 Nov 2025".
func (w Words) Moment(t, now time.Time) string {
	t, now = t.In(w.Zone()), now.In(w.Zone())
	switch days := daysBetween(t, now); {
	case days == 0:
		return w.T("time.today", "time", w.Time(t))
	case days == 1:
		return w.T("time.yesterday", "time", w.Time(t))
	case days > 1 && t.Year() == now.Year():
		return w.T("time.this_year", "date", w.date("time.day_month", t), "time", w.Time(t))
	}
	return w.ShortDate(t)
}

// Deadline is the clock time of t, with the day where it is not today's.
func (w Words) Deadline(t, now time.Time) string {
	if daysBetween(now.In(w.Zone()), t.In(w.Zone())) == 0 {
		return w.Time(t)
	}
	return w.T("time.this_year", "date", w.date("time.day_month", t.In(w.Zone())), "time", w.Time(t))
}

// Left says how long is left of a deadline: "1 min 20 s left". From five
// minutes on the seconds go, from an hour on hours lead, from two days on days.
// What is negative reads as nothing left.
func (w Words) Left(d time.Duration) string {
	return Split(d).fill(func(key Key, n int, pairs ...any) string { return w.N(key, n, pairs...) })
}

// Parts is a length of time cut into the units in which people read it.
type Parts struct{ Days, Hours, Minutes, Seconds int }

// Split cuts d, rounded down to the second.
func Split(d time.Duration) Parts {
	s := max(0, int(d/time.Second))
	switch {
	case s >= 48*3600:
		return Parts{Days: s / 86400}
	case s >= 3600:
		return Parts{Hours: s / 3600, Minutes: s / 60 % 60}
	case s >= 300:
		return Parts{Minutes: s / 60}
	}
	return Parts{Minutes: s / 60, Seconds: s % 60}
}

// fill words the parts. The first number of each message decides its plural form.
func (p Parts) fill(n func(Key, int, ...any) string) string {
	switch {
	case p.Days > 0:
		return n("left.days", p.Days)
	case p.Hours > 0 && p.Minutes > 0:
		return n("left.hours_minutes", p.Hours, "minutes", p.Minutes)
	case p.Hours > 0:
		return n("left.hours", p.Hours)
	case p.Minutes > 0 && p.Seconds > 0:
		return n("left.minutes_seconds", p.Minutes, "seconds", p.Seconds)
	case p.Minutes > 0:
		return n("left.minutes", p.Minutes)
	}
	return n("left.seconds", p.Seconds)
}

// LeftForms are the messages of Left with {n}, {minutes} and {seconds} still to
// be filled, each in the form for one and for more, for the script that counts
// down in the page. The names are those of the script.
func (w Words) LeftForms() map[string][2]string {
	forms := map[string][2]string{}
	for name, key := range map[string]Key{
		"d": "left.days", "hm": "left.hours_minutes", "h": "left.hours",
		"ms": "left.minutes_seconds", "m": "left.minutes", "s": "left.seconds",
	} {
		form := func(n int) string {
			return w.message(key, n, []any{"n", "{n}", "minutes", "{minutes}", "seconds", "{seconds}"})
		}
		forms[name] = [2]string{form(1), form(2)}
	}
	return forms
}

func (w Words) date(key Key, t time.Time) string {
	t = t.In(w.Zone())
	return w.T(key, "day", strconv.Itoa(t.Day()), "day2", t.Format("02"), "month2", t.Format("01"),
		"month", listed(w.T("time.months"), int(t.Month())-1), "mon",
		listed(w.T("time.months_short"), int(t.Month())-1),
		"year", strconv.Itoa(t.Year()))
}

// Count is n as people say it at the head of a sentence: in words to nine, in
// figures beyond.
func (w Words) Count(n int) string {
	if n >= 1 && n <= 9 {
		return listed(w.T("number.spelt"), n-1)
	}
	return strconv.Itoa(n)
}

func listed(list string, i int) string {
	items := strings.Split(list, ",")
	if i < 0 || i >= len(items) {
		return ""
	}
	return strings.TrimSpace(items[i])
}

// daysBetween counts midnights from a to b, both in the same zone.
func daysBetween(a, b time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(b).Sub(day(a)).Hours() / 24)
}
