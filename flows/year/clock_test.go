package year

import (
	"time"

	"kvitt/billing"
	"kvitt/flows"
)

// slot is a quarter of an hour: hours begin and end with one in every zone of these years.
const slot = 15 * time.Minute

var before = dawn.Add(-60 * day) // Where the slots begin.

const slots = (days + 120) * 96

// wall is the clock on the wall of one zone, read for every quarter of an hour: it knows when people may be reminded without any cleverness.
type wall struct {
	allowed []bool
	next    []int32 // The first allowed slot from here on.
	last    []int32 // The last allowed slot before here; -1: none.
	count   []int32 // How many allowed slots there are before here.
}

func newWall(zone *time.Location, h flows.Hours) wall {
	w := wall{make([]bool, slots), make([]int32, slots), make([]int32, slots), make([]int32, slots+1)}
	last := int32(-1)
	for i := range slots {
		local := before.Add(time.Duration(i) * slot).In(zone)
		minute := local.Hour()*60 + local.Minute()
		w.allowed[i] = h.Days[local.Weekday()] && minute >= h.From && minute < h.To
		w.last[i], w.count[i+1] = last, w.count[i]
		if w.allowed[i] {
			last = int32(i)
			w.count[i+1]++
		}
	}
	next := int32(slots - 1)
	for i := slots - 1; i >= 0; i-- {
		if w.allowed[i] {
			next = int32(i)
		}
		w.next[i] = next
	}
	return w
}

func slotOf(t time.Time) int32 { return int32(min(max(t.Sub(before)/slot, 0), slots-1)) }

func startOf(s int32) time.Time { return before.Add(time.Duration(s) * slot) }

// open says whether people may be reminded at a moment, give or take what is on its way.
func (w wall) open(t time.Time, grace time.Duration) bool {
	return w.allowed[slotOf(t)] || w.allowed[slotOf(t.Add(-grace))]
}

// hours is how long people could be reminded between two moments.
func (w wall) hours(from, to time.Time) time.Duration {
	if !from.Before(to) {
		return 0
	}
	return time.Duration(w.count[slotOf(to)]-w.count[min(slotOf(from)+1, slots-1)]) * slot
}

// milestone is a day on which somebody should hear of an invoice, and the slot in which they should.
type milestone struct {
	offset int
	tell   time.Time
}

// latest is the milestone of which somebody should have heard last; ok is false before the first.
func (r rules) latest(now time.Time, due billing.Date, w wall) (m milestone, ok bool) {
	offsets := r.sched.Offsets
	for i := 0; ; i++ {
		var offset int
		switch last := len(offsets) - 1; {
		case i <= last:
			offset = offsets[i]
		case r.sched.Every == 0:
			return m, ok
		default:
			offset = offsets[last] + (i-last)*r.sched.Every
		}
		tell := r.tell(due, offset, w)
		if tell.After(now) {
			return m, ok
		}
		m, ok = milestone{offset, tell}, true
	}
}

// tell is the first moment of a milestone's day that is allowed; the last one before, where that comes after the due date.
func (r rules) tell(due billing.Date, offset int, w wall) time.Time {
	d := due.AddDays(offset)
	start := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, r.zone)
	s := w.next[slotOf(start)]
	if at := startOf(s); offset <= 0 && due.Before(dateOf(at, r.zone)) && w.last[slotOf(start)] >= 0 {
		return startOf(w.last[slotOf(start)])
	}
	return startOf(s)
}
