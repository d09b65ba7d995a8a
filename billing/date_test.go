package billing_test

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata"

	"kvitt/billing"
)

func day(year int, month time.Month, d int) billing.Date {
	return billing.Date{Year: year, Month: month, Day: d}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestOnlyRealDaysAreRead(t *testing.T) {
	for text, want := range map[string]billing.Date{
		"2026-03-08": day(2026, time.March, 8), "2024-02-29": day(2024, time.February, 29),
		"0001-01-01": day(1, time.January, 1), "9999-12-31": day(9999, time.December, 31),
	} {
		if got, err := billing.ParseDate(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s is read as %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "2026-3-8", "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "08.03.2026", "03/08/2026", "20260308", "0000-01-01",
		"2026-03-08T00:00:00Z", " 2026-03-08", "2026-03-08 ", "+2026-03-08", "-2026-03-08", "２０２６-03-08", "26-03-08", "12026-03-08",
	} {
		if got, err := billing.ParseDate(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestTheDayDependsOnTheZone(t *testing.T) {
	late := time.Date(2026, time.March, 7, 23, 30, 0, 0, time.UTC)
	if got := billing.DateOf(late, zone(t, "Europe/Oslo")); got != day(2026, time.March, 8) {
		t.Errorf("in Oslo it is %v", got)
	}
	if got := billing.DateOf(late, time.UTC); got != day(2026, time.March, 7) {
		t.Errorf("in UTC it is %v", got)
	}
}

func TestDaysAreCountedOnTheCalendar(t *testing.T) {
	due := day(2026, time.March, 8)
	for n, want := range map[int]billing.Date{
		0: due, 1: day(2026, time.March, 9), -7: day(2026, time.March, 1), -8: day(2026, time.February, 28),
		365: day(2027, time.March, 8), 25: day(2026, time.April, 2), -1_000: day(2023, time.June, 12),
	} {
		got := due.AddDays(n)
		if got != want || got.DaysSince(due) != n || due.DaysSince(got) != -n {
			t.Errorf("%d days on it is %v, and %d days are counted; want %v", n, got, got.DaysSince(due), want)
		}
	}
	if got := day(9999, time.December, 31).DaysSince(day(1, time.January, 1)); got != 3652058 {
		t.Errorf("from the first day to the last it is %d days", got)
	}
	if due.Weekday() != time.Sunday {
		t.Errorf("2026-03-08 is a %v", due.Weekday())
	}
	if !(billing.Date{}).AddDays(3).IsZero() {
		t.Error("three days after no date is a date")
	}
}

func TestDaysAreOrderedAndNoDateComesFirst(t *testing.T) {
	days := []billing.Date{{}, day(2025, time.December, 31), day(2026, time.January, 1), day(2026, time.January, 2), day(2026, time.February, 1)}
	for i, a := range days {
		for j, b := range days {
			if a.Before(b) != (i < j) || a.Compare(b) != -b.Compare(a) || (a.Compare(b) == 0) != (i == j) {
				t.Errorf("%v against %v: %d", a, b, a.Compare(b))
			}
		}
	}
}

func TestAMomentOfTheDaySurvivesTheTurningOfClocks(t *testing.T) {
	for _, c := range []struct {
		zone         string
		date         billing.Date
		hour, minute int
		want         string
	}{
		{"Europe/Oslo", day(2026, time.March, 8), 9, 0, "2026-03-08T09:00:00+01:00"},
		{"Europe/Oslo", day(2026, time.March, 29), 9, 0, "2026-03-29T09:00:00+02:00"},
		{"Europe/Oslo", day(2026, time.March, 29), 2, 30, "2026-03-29T03:00:00+02:00"},   // Does not exist.
		{"Europe/Oslo", day(2026, time.March, 29), 1, 59, "2026-03-29T01:59:00+01:00"},   // The last before the gap,
		{"Europe/Oslo", day(2026, time.March, 29), 3, 0, "2026-03-29T03:00:00+02:00"},    // and the first after.
		{"Europe/Oslo", day(2026, time.October, 25), 2, 30, "2026-10-25T02:30:00+02:00"}, // Comes twice.
		{"Europe/Oslo", day(2026, time.October, 25), 3, 0, "2026-10-25T03:00:00+01:00"},
		{"America/Santiago", day(2026, time.September, 6), 0, 0, "2026-09-06T01:00:00-03:00"}, // Skips midnight.
		{"America/Havana", day(2026, time.March, 8), 0, 30, "2026-03-08T01:00:00-04:00"},
		{"America/Havana", day(2026, time.November, 1), 0, 30, "2026-11-01T00:30:00-04:00"},
		{"Pacific/Apia", day(2011, time.December, 30), 12, 0, "2011-12-31T00:00:00+14:00"}, // There was no such day.
		{"Pacific/Apia", day(2011, time.December, 29), 23, 0, "2011-12-29T23:00:00-10:00"},
		{"Australia/Lord_Howe", day(2026, time.October, 4), 2, 15, "2026-10-04T02:30:00+11:00"}, // Half an hour.
		{"Pacific/Kiritimati", day(2026, time.March, 8), 9, 0, "2026-03-08T09:00:00+14:00"},
		{"America/Adak", day(2026, time.January, 1), 0, 0, "2026-01-01T00:00:00-10:00"},
		{"UTC", day(2026, time.March, 8), 24, 0, "2026-03-09T00:00:00Z"}, // The end of hours that go to 24:00.
	} {
		got := c.date.At(c.hour, c.minute, zone(t, c.zone)).Format(time.RFC3339)
		if got != c.want {
			t.Errorf("%v %02d:%02d in %s is %s, want %s", c.date, c.hour, c.minute, c.zone, got, c.want)
		}
	}
}

// A whole year of every hour: wherever the wall clock shows the time at all, At is a moment that shows it.
func TestAMomentOfTheDayShowsThatTimeWhereverItExists(t *testing.T) {
	for _, name := range []string{"Europe/Oslo", "America/Santiago", "Africa/Cairo", "Asia/Beirut", "Africa/Casablanca", "Asia/Kolkata"} {
		loc := zone(t, name)
		exists := map[string]bool{}
		for at := day(2025, time.December, 31).At(0, 0, loc); at.Year() < 2027; at = at.Add(30 * time.Minute) {
			exists[at.Format(time.DateTime)] = true
		}
		previous := time.Time{}
		for d := day(2026, time.January, 1); d.Year == 2026; d = d.AddDays(1) {
			for hour := range 24 {
				got := d.At(hour, 0, loc)
				wall := time.Date(d.Year, d.Month, d.Day, hour, 0, 0, 0, time.UTC).Format(time.DateTime)
				if shown := got.Format(time.DateTime); exists[wall] && shown != wall || shown < wall {
					t.Errorf("%s: %s is %s", name, wall, got)
				}
				if got.Before(previous) {
					t.Errorf("%s: %s comes before the hour before", name, got)
				}
				previous = got
			}
		}
	}
}

func TestADateIsItsTextInJSON(t *testing.T) {
	type invoice struct{ Due billing.Date }
	for text, want := range map[string]billing.Date{`{"Due":"2026-03-08"}`: day(2026, time.March, 8), `{"Due":""}`: {}} {
		var got invoice
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.Due != want {
			t.Errorf("%s is read as %v, %v", text, got.Due, err)
		}
		if data, err := json.Marshal(got); err != nil || string(data) != text {
			t.Errorf("it is written %s, %v; want %s", data, err, text)
		}
	}
	var got invoice
	for _, text := range []string{`{"Due":"2026-02-30"}`, `{"Due":20260308}`, `{"Due":"tomorrow"}`} {
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is read as %v", text, got.Due)
		}
	}
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"2026-03-08", "2024-02-29", "2026-02-29", "", "0000-00-00", "9999-12-31", "2026-3-8"} {
		f.Add(s)
	}
	apia, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var d billing.Date
		if d.UnmarshalText([]byte(s)) != nil {
			if !d.IsZero() {
				t.Fatalf("%q is an error and %v", s, d)
			}
			return
		}
		if d.String() != s {
			t.Fatalf("%q became %v", s, d)
		}
		if !d.IsZero() && (d.AddDays(400).AddDays(-400) != d || d.AddDays(1).DaysSince(d) != 1) {
			t.Fatalf("%v is lost in the calendar", d)
		}
		if noon := d.At(12, 0, apia); !d.IsZero() && billing.DateOf(noon, apia).Before(d) {
			t.Fatalf("noon of %v is %v", d, noon)
		}
	})
}
