package billing

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a day of the calendar, such as a due date: no time of day and no zone. Values compare with ==; the zero value is no date.
// As text, in JSON too, it is "2026-03-08", and "" for none.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "YYYY-MM-DD" and nothing else: real days of the years 0001 to 9999.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf("%q is not a day written as YYYY-MM-DD, such as 2026-03-08", clip(s))
	}
	return DateOf(t, time.UTC), nil
}

// DateOf returns the day on which the instant falls in a zone.
func DateOf(t time.Time, loc *time.Location) Date {
	year, month, day := t.In(loc).Date()
	return Date{Year: year, Month: month, Day: day}
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool {
	return d == Date{}
}

// AddDays returns the day n days later, or earlier where n is negative. No date stays no date.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return DateOf(d.utc().AddDate(0, 0, n), time.UTC)
}

// DaysSince counts the days from other to d: 1 for tomorrow since today. They are days of the calendar, however many hours each had.
// It means nothing where one of the two is no date.
func (d Date) DaysSince(other Date) int {
	// Seconds, because a time.Duration ends after 292 years.
	return int((d.utc().Unix() - other.utc().Unix()) / (24 * 60 * 60))
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	return d.utc().Weekday()
}

// Compare returns -1, 0 or +1 as d is before, the same as, or after other. No date is before every date.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool {
	return d.Compare(other) < 0
}

// At returns the first instant at which the clocks of a zone show this day and time, or later.
//
// So where clocks are turned forward over that time it is the moment of turning: 02:30 in Berlin on 2026-03-29 is 03:00 there,
// and midnight in a zone that skips midnight is the first moment of its day. Where a whole day is skipped (Apia, 2011-12-30)
// it is the first moment of the next. Where clocks are turned back it is the first of the two.
func (d Date) At(hour, minute int, loc *time.Location) time.Time {
	wall := time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, time.UTC)
	// No zone is further than 26 hours from UTC, so the clocks there cannot show it yet. time.Date would leave open on which side of a gap it lands.
	t := wall.Add(-26 * time.Hour).In(loc)
	for {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		shown := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		if shown.Before(t) {
			shown = t
		}
		if end.IsZero() || shown.Before(end) {
			return shown
		}
		t = end
	}
}

// String is "2026-03-08", and "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText writes what String says.
func (d Date) MarshalText() ([]byte, error) {
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// utc is midnight of the day in the one zone where every day has 24 hours.
func (d Date) utc() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}
