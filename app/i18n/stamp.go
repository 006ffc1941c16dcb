package i18n

import (
	"strings"
	"time"
)

// Stamp writes a date or a time (RFC 3339) as it came from elsewhere: a date
// alone as it stands, in whatever zone it is read, and an instant in the
// person's zone, with its name. What is neither is shown as it is.
func (w Words) Stamp(at string) string {
	day, whole, ok := ParseDay(at)
	switch {
	case !ok:
		return Plain(at)
	case whole:
		return w.In(time.UTC).Date(day)
	}
	return w.Instant(day)
}

// Instant is day and clock time of t with the name of the zone.
func (w Words) Instant(t time.Time) string {
	return w.T("time.date_time_zone", "date", w.Date(t), "time", w.Time(t), "zone", zoneName(t.In(w.Zone())))
}

// DayOf is the calendar day that a date or time stands for, at midnight UTC:
// the date as written where that is all that is meant, else the day in the
// person's zone.
func (w Words) DayOf(at string) (time.Time, bool) {
	t, whole, ok := ParseDay(at)
	if ok && !whole {
		t = t.In(w.Zone())
		t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return t, ok
}

// ParseDay reads a date, or a time (RFC 3339). It is whole where a day and no
// clock time is meant: a date alone, or the first or last second of a day in
// the zone in which it was written, as APIs write the dates of payments. Then
// it is that date at midnight UTC.
func ParseDay(at string) (t time.Time, whole, ok bool) {
	if t, err := time.Parse(time.DateOnly, at); err == nil {
		return t, true, true
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return time.Time{}, false, false
	}
	switch t.Format(time.TimeOnly) {
	case "00:00:00", "23:59:59":
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), true, true
	}
	return t, false, true
}

// zoneName is the zone of t by the letters that people know (GMT, BST), or by
// its distance from UTC.
func zoneName(t time.Time) string {
	name, _ := t.Zone()
	if strings.Trim(name, "+-0123456789") != "" {
		return name
	}
	offset := t.Format("-07:00")
	return "UTC" + strings.TrimSuffix(strings.Replace(strings.Replace(offset, "-0", "-", 1), "+0", "+", 1), ":00")
}

// LongDay is a calendar day as DayOf gives it.
func (w Words) LongDay(day time.Time) string { return w.In(time.UTC).Date(day) }

// ShortDay is a calendar day as DayOf gives it, where room is scarce.
func (w Words) ShortDay(day time.Time) string { return w.In(time.UTC).ShortDate(day) }
