package flows

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kvitt/billing"
)

// at is a moment in a zone.
func at(loc *time.Location, year int, month time.Month, d, hour, minute int) time.Time {
	return time.Date(year, month, d, hour, minute, 0, 0, loc)
}

func TestTheLatestMilestoneIsTheOneToTell(t *testing.T) {
	due := on(2026, time.March, 10) // A Tuesday.
	const none = -1000
	for _, c := range []struct {
		name string
		now  time.Time
		want int
		next time.Time
	}{
		{"long before, nothing", at(time.UTC, 2026, 2, 1, 12, 0), none, at(time.UTC, 2026, 3, 3, 9, 0)},
		{"a minute before the first one, nothing", at(time.UTC, 2026, 3, 3, 8, 59), none, at(time.UTC, 2026, 3, 3, 9, 0)},
		{"a week before", at(time.UTC, 2026, 3, 3, 9, 0), -7, at(time.UTC, 2026, 3, 9, 9, 0)},
		{"between two, the earlier one", at(time.UTC, 2026, 3, 8, 12, 0), -7, at(time.UTC, 2026, 3, 9, 9, 0)},
		{"the day before", at(time.UTC, 2026, 3, 9, 16, 59), -1, at(time.UTC, 2026, 3, 10, 9, 0)},
		{"the day itself", at(time.UTC, 2026, 3, 10, 9, 0), 0, at(time.UTC, 2026, 3, 11, 9, 0)},
		{"early that day it is still yesterday's", at(time.UTC, 2026, 3, 10, 8, 59), -1, at(time.UTC, 2026, 3, 10, 9, 0)},
		{"one day over", at(time.UTC, 2026, 3, 11, 9, 0), 1, at(time.UTC, 2026, 3, 13, 9, 0)},
		{"three days over", at(time.UTC, 2026, 3, 13, 9, 0), 3, at(time.UTC, 2026, 3, 20, 9, 0)},
		{"then every week", at(time.UTC, 2026, 3, 20, 9, 0), 10, at(time.UTC, 2026, 3, 27, 9, 0)},
		{"without end", at(time.UTC, 2027, 3, 12, 9, 0), 367, at(time.UTC, 2027, 3, 19, 9, 0)},
	} {
		m, ok, next := usual.due(c.now, due, time.UTC, time.UTC, office)
		if ok != (c.want != none) || ok && (m.Offset != c.want || m.Day != due.AddDays(c.want)) || !next.Equal(c.next) {
			t.Errorf("%s: %+v %v, next %v; want %+d, next %v", c.name, m, ok, next, c.want, c.next)
		}
	}
}

func TestWithoutARepeatTheLastMilestoneIsTheEnd(t *testing.T) {
	s := Schedule{Offsets: []int{-7, 0}}
	m, ok, next := s.due(monday.AddDate(1, 0, 0), on(2026, time.March, 10), time.UTC, time.UTC, office)
	if !ok || m.Offset != 0 || !next.IsZero() {
		t.Errorf("%+v %v, next %v", m, ok, next)
	}
	if _, ok, next := (Schedule{}).due(monday, on(2026, time.March, 10), time.UTC, time.UTC, always); ok || !next.IsZero() {
		t.Errorf("without milestones: %v, next %v", ok, next)
	}
}

// A milestone's moment, by zone and hours. Day is the milestone's.
func TestWhenAMilestoneIsTold(t *testing.T) {
	oslo, tokyo, la := zone(t, "Europe/Oslo"), zone(t, "Asia/Tokyo"), zone(t, "America/Los_Angeles")
	santiago, cairo := zone(t, "America/Santiago"), zone(t, "Africa/Cairo")
	for _, c := range []struct {
		name   string
		due    billing.Date
		offset int
		zone   *time.Location
		reader *time.Location
		hours  Hours
		want   time.Time
	}{
		{"in the morning", on(2026, 3, 10), 0, oslo, oslo, office, at(oslo, 2026, 3, 10, 9, 0)},
		{"due on a Sunday: before the weekend", on(2026, 3, 8), 0, oslo, oslo, office, at(oslo, 2026, 3, 6, 16, 45)},
		{"and the day before that Sunday likewise", on(2026, 3, 8), -1, oslo, oslo, office, at(oslo, 2026, 3, 6, 16, 45)},
		{"a week before a Sunday: the Monday after will do", on(2026, 3, 8), -7, oslo, oslo, office, at(oslo, 2026, 3, 2, 9, 0)},
		{"the Saturday before a Monday: that Monday will do", on(2026, 3, 9), -2, oslo, oslo, office, at(oslo, 2026, 3, 9, 9, 0)},
		{"overdue on a Saturday: the next Monday", on(2026, 3, 6), 1, oslo, oslo, office, at(oslo, 2026, 3, 9, 9, 0)},
		{"by the wall clock in Tokyo", on(2026, 3, 10), 0, oslo, tokyo, office, at(tokyo, 2026, 3, 10, 9, 0)},
		{"in Los Angeles the day in Oslo begins in the afternoon before", on(2026, 3, 10), 0, oslo, la, office, at(la, 2026, 3, 9, 16, 0)},
		{"Monday in Oslo is still Sunday there: their Monday morning", on(2026, 3, 9), 0, oslo, la, office, at(la, 2026, 3, 9, 9, 0)},
		{"Sunday in Oslo begins on their Saturday: their Friday", on(2026, 3, 8), 0, oslo, la, office, at(la, 2026, 3, 6, 16, 45)},
		{"round the clock", on(2026, 3, 8), 0, oslo, oslo, always, at(oslo, 2026, 3, 8, 0, 0)},
		{"the day clocks go forward in Oslo", on(2026, 3, 29), 0, oslo, oslo, always, at(oslo, 2026, 3, 29, 0, 0)},
		{"the Monday after", on(2026, 3, 30), 0, oslo, oslo, office, at(oslo, 2026, 3, 30, 9, 0)},
		{"the day clocks go back", on(2026, 10, 25), 0, oslo, oslo, always, at(oslo, 2026, 10, 25, 0, 0)},
		{"over the end of a month", on(2026, 3, 2), -1, oslo, oslo, always, at(oslo, 2026, 3, 1, 0, 0)},
		{"over the end of February", on(2027, 3, 1), -1, oslo, oslo, always, at(oslo, 2027, 2, 28, 0, 0)},
		{"on a leap day", on(2028, 3, 1), -1, oslo, oslo, always, at(oslo, 2028, 2, 29, 0, 0)},
		{"midnight that does not exist in Santiago", on(2026, 9, 6), 0, santiago, santiago, always, at(santiago, 2026, 9, 6, 1, 0)},
		{"and in Cairo", on(2026, 4, 24), 0, cairo, cairo, always, at(cairo, 2026, 4, 24, 1, 0)},
	} {
		got := c.hours.tell(Milestone{Day: c.due.AddDays(c.offset), Offset: c.offset}, c.due, c.zone, c.reader)
		if !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got.In(c.reader), c.want)
		}
	}
}

func TestTheLastChanceIsInsideTheHoursWhenClocksChange(t *testing.T) {
	round := office
	round.From, round.To = 0, 24*60
	for _, c := range []struct {
		zone  string
		due   billing.Date // A Saturday after a Friday with 23 hours.
		hours Hours
		want  [2]int
	}{
		{"Africa/Cairo", on(2026, 4, 25), office, [2]int{16, 45}},
		{"Asia/Jerusalem", on(2026, 3, 28), office, [2]int{16, 45}},
		{"Africa/Cairo", on(2026, 4, 25), round, [2]int{23, 45}},
	} {
		loc := zone(t, c.zone)
		got := c.hours.tell(Milestone{Day: c.due}, c.due, loc, loc)
		if want := c.due.AddDays(-1).At(c.want[0], c.want[1], loc); !got.Equal(want) || !c.hours.allowed(got, loc) {
			t.Errorf("%s: told on %v (allowed: %v), want %v", c.zone, got.In(loc), c.hours.allowed(got, loc), want)
		}
	}
}

func TestHoursHoldTheirEnds(t *testing.T) {
	for _, c := range []struct {
		hours Hours
		clock string
		want  bool
	}{
		{office, "08:59", false}, {office, "09:00", true}, {office, "16:59", true}, {office, "17:00", false},
		{always, "00:00", true}, {always, "23:59", true},
	} {
		clock, err := time.Parse("2006-01-02 15:04", "2026-03-10 "+c.clock)
		must(err)
		if got := c.hours.allowed(clock.Add(59*time.Second), time.UTC); got != c.want {
			t.Errorf("%s: %v", c.clock, got)
		}
	}
}

// places are zones on whose clocks odd things happen.
var places = []string{
	"UTC", "Europe/Oslo", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Auckland", "Pacific/Honolulu", "Pacific/Kiritimati", "Asia/Kathmandu",
	"America/Santiago", "Africa/Cairo", "Asia/Jerusalem", "Australia/Lord_Howe", "America/St_Johns",
}

// someHours are allowed hours as operators set them.
func someHours(rng *rand.Rand) Hours {
	from := rng.IntN(20) * 60
	h := Hours{From: from, To: min(from+60*(1+rng.IntN(24)), 24*60)}
	for !slices.Contains(h.Days[:], true) {
		for d := range h.Days {
			h.Days[d] = rng.IntN(3) > 0
		}
	}
	return oneOf(rng, h, office, always)
}

func someSchedule(rng *rand.Rand) Schedule {
	s := Schedule{Every: oneOf(rng, 0, 2, 7, 30)}
	for offset := -rng.IntN(30); offset < 20; offset += 1 + rng.IntN(9) {
		s.Offsets = append(s.Offsets, offset)
	}
	return oneOf(rng, s, usual)
}

// A clock runs through sixty days, and whoever is due to be told is told as Plan does it.
func TestThroughSixtyDaysEveryMilestoneIsToldOnceInOrderAndInHours(t *testing.T) {
	seeded(t, 6, func(t *testing.T, rng *rand.Rand) {
		home, reader := zone(t, oneOf(rng, places...)), zone(t, oneOf(rng, places...))
		s, h := someSchedule(rng), someHours(rng)
		due := on(2026, time.January, 1).AddDays(rng.IntN(400))
		start := due.AddDays(-30).At(12, 0, home)
		var last billing.Date
		var wake time.Time
		for now := start; now.Before(start.Add(60 * day)); now = now.Add(13 * time.Minute) {
			m, ok, next := s.due(now, due, home, reader, h)
			if !next.IsZero() && !next.After(now) {
				t.Fatalf("at %v the next is in the past: %v", now, next)
			}
			if ok && last.Before(m.Day) && h.allowed(now, reader) {
				if !wake.IsZero() && wake.After(now) {
					t.Fatalf("told at %v, but the one before said that nothing comes until %v", now, wake)
				}
				if m.Offset <= 0 && billing.DateOf(now, home).Compare(due) > 0 {
					t.Errorf("%+d of %v is told after the due date, on %v", m.Offset, due, now.In(home))
				}
				last = m.Day
			}
			wake = sooner(next, h.pending(now, reader, ok && last.Before(m.Day)))
		}
		if want := newest(s, due, billing.DateOf(start.Add(59*day), home), h, home, reader, start.Add(59*day)); last.Before(want) {
			t.Errorf("%v was not told; the last one is %v", want, last)
		}
	})
}

// pending is when something that could not be told outside the hours is told.
func (h Hours) pending(now time.Time, reader *time.Location, waiting bool) time.Time {
	if !waiting {
		return time.Time{}
	}
	return h.next(now, reader)
}

// newest is the latest milestone whose moment had come by the end, found the slow way.
func newest(s Schedule, due, end billing.Date, h Hours, home, reader *time.Location, by time.Time) (last billing.Date) {
	offsets := slices.Clone(s.Offsets)
	for n := offsets[len(offsets)-1] + s.Every; s.Every > 0 && n < 200; n += s.Every {
		offsets = append(offsets, n)
	}
	for _, offset := range offsets {
		m := Milestone{Day: due.AddDays(offset), Offset: offset}
		if told := h.tell(m, due, home, reader); m.Day.Compare(end) <= 0 && !told.After(by) && last.Before(m.Day) {
			last = m.Day
		}
	}
	return last
}

func TestMilestonesGoForwardAndNextSaysWhen(t *testing.T) {
	seeded(t, 6, func(t *testing.T, rng *rand.Rand) {
		home, reader := zone(t, oneOf(rng, places...)), zone(t, oneOf(rng, places...))
		s, h := someSchedule(rng), someHours(rng)
		due := on(2026, time.January, 1).AddDays(rng.IntN(400))
		now := due.AddDays(-40).At(0, 0, home)
		before, _, next := s.due(now, due, home, reader, h)
		for range 60 * 24 * 2 {
			was := now
			now = now.Add(30 * time.Minute)
			m, ok, following := s.due(now, due, home, reader, h)
			if ok && before.Day.Before(m.Day) && (next.IsZero() || next.After(now)) {
				t.Fatalf("between %v and %v the milestone became %+d, but next was %v", was, now, m.Offset, next)
			}
			before, next = m, following
		}
	})
}
