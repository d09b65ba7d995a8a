package flows

import (
	"slices"
	"time"

	"kvitt/billing"
)

// Schedule says on which days, relative to the due date, people are reminded.
type Schedule struct {
	Offsets []int // Days relative to the due date, ascending: -7, -1, 0, +1, +3.
	Every   int   // After the last offset once more every so many days, without end; 0: never.
}

// Hours says when people may be reminded, by the clock on their own wall.
type Hours struct {
	From, To int     // Minutes since midnight; To is exclusive, 24:00 is 1440.
	Days     [7]bool // By time.Weekday.
}

// Milestone is one day on which people are reminded of an invoice.
type Milestone struct {
	Day    billing.Date
	Offset int // Days relative to the due date.
}

// lastChance is how long before the end of the allowed hours a reminder goes out that could not wait for its day: early enough
// that pacing and a slow sweep do not push it outside.
const lastChance = 15 * time.Minute

// due finds the latest milestone that could have been told by now, and the moment of the one after it. Either may be missing: ok is
// false before the first milestone, next is zero after the last one.
//
// dueDate is a calendar day in zone; the hours are by the reader's own clock.
func (s Schedule) due(now time.Time, dueDate billing.Date, zone, reader *time.Location, h Hours) (latest Milestone, ok bool, next time.Time) {
	for _, m := range s.around(now, dueDate, zone) {
		at := h.tell(m, dueDate, zone, reader)
		if at.After(now) {
			if next.IsZero() || at.Before(next) {
				next = at
			}
			continue
		}
		latest, ok = m, true
	}
	return latest, ok, next
}

// around lists the milestones that matter now, in order: all the offsets, and of the endless repetition what is near.
func (s Schedule) around(now time.Time, dueDate billing.Date, zone *time.Location) []Milestone {
	var all []Milestone
	for _, offset := range s.Offsets {
		all = append(all, Milestone{Day: dueDate.AddDays(offset), Offset: offset})
	}
	if s.Every == 0 || len(s.Offsets) == 0 {
		return all
	}
	last := s.Offsets[len(s.Offsets)-1]
	passed := (billing.DateOf(now, zone).DaysSince(dueDate) - last) / s.Every
	for i := max(passed-1, 1); i <= max(passed, 0)+2; i++ {
		offset := last + i*s.Every
		all = append(all, Milestone{Day: dueDate.AddDays(offset), Offset: offset})
	}
	return all
}

// tell is the moment at which a milestone may be told: the first allowed one from the start of its day; but when that would be after
// the due date, and the milestone is not, the last allowed one before.
func (h Hours) tell(m Milestone, dueDate billing.Date, zone, reader *time.Location) time.Time {
	start := m.Day.At(0, 0, zone)
	at := h.next(start, reader)
	if m.Offset > 0 || billing.DateOf(at, zone).Compare(dueDate) <= 0 {
		return at
	}
	return h.last(start, reader)
}

// allowed says whether people may be reminded at this moment.
func (h Hours) allowed(t time.Time, reader *time.Location) bool {
	local := t.In(reader)
	minute := local.Hour()*60 + local.Minute()
	return h.Days[local.Weekday()] && minute >= h.From && minute < h.To
}

// next is the first allowed moment at or after t.
func (h Hours) next(t time.Time, reader *time.Location) time.Time {
	if h.allowed(t, reader) || !slices.Contains(h.Days[:], true) {
		return t
	}
	day := billing.DateOf(t, reader)
	for range 9 {
		if from := day.At(h.From/60, h.From%60, reader); h.Days[day.Weekday()] && !from.Before(t) {
			return from
		}
		day = day.AddDays(1)
	}
	return t
}

// last is a moment shortly before the end of the last allowed hours that end at or before t, give or take the hours that t is in.
func (h Hours) last(t time.Time, reader *time.Location) time.Time {
	day := billing.DateOf(t, reader)
	for range 9 {
		if end := h.end(day, reader); h.Days[day.Weekday()] && !end.After(t) {
			from := day.At(h.From/60, h.From%60, reader)
			return later(from, end.Add(-lastChance))
		}
		day = day.AddDays(-1)
	}
	return t
}

// end is when a day's hours end by the clock on the wall.
func (h Hours) end(day billing.Date, reader *time.Location) time.Time {
	if h.To == 24*60 {
		return day.AddDays(1).At(0, 0, reader)
	}
	return day.At(h.To/60, h.To%60, reader)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sooner is the earlier of two moments; a zero one does not count.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
