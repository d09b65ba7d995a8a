package flows

import (
	"slices"
	"strconv"
	"time"

	"kvitt/billing"
)

// Denial is what one person was refused on one day, for one reason. The first refusal is on the audit trail at once; the others of that day are counted, and
// folded into one entry when the day is over, so that nobody can flood the trail.
type Denial struct {
	By     string       `json:"by"`
	Action string       `json:"action"`
	Why    string       `json:"why"`
	Day    billing.Date `json:"day"` // In UTC.
	Times  int          `json:"times"`
}

// denied notes that somebody was refused.
func (r *Record) denied(by, action, why string, now time.Time) {
	r.fold(now)
	today := billing.DateOf(now, time.UTC)
	for i := range r.Denials {
		if d := &r.Denials[i]; d.By == by && d.Action == action && d.Why == why {
			d.Times++
			return
		}
	}
	r.Denials = append(r.Denials, Denial{By: by, Action: action, Why: why, Day: today, Times: 1})
	r.note(now, by, "denied", "action", action, "why", why)
}

// fold puts the refusals of days that are over on the trail, and forgets them.
func (r *Record) fold(now time.Time) {
	today := billing.DateOf(now, time.UTC)
	r.Denials = slices.DeleteFunc(r.Denials, func(d Denial) bool {
		if !d.Day.Before(today) {
			return false
		}
		if d.Times > 1 {
			r.note(now, d.By, "denied again", "action", d.Action, "why", d.Why, "day", d.Day.String(), "times", strconv.Itoa(d.Times-1))
		}
		return true
	})
}

// folds is when refusals are to be folded; zero when there are none.
func (r *Record) folds() time.Time {
	var at time.Time
	for _, d := range r.Denials {
		at = sooner(at, d.Day.AddDays(1).At(0, 0, time.UTC))
	}
	return at
}
