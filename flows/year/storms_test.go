package year

import (
	"slices"
	"time"
)

// storms: however much came due, and however long an outage was, a person hears of it in one digest, or in fewer messages than make one; and a channel
// once of each invoice and due date: one that is moved on such a day is told of anew.
func (w *witness) storms(calm bool) {
	for _, end := range w.y.outagesOver() {
		for _, place := range w.y.places() {
			wall, _ := w.y.wallOf(place)
			w.storm(place, startOf(wall.next[slotOf(end)]), end, 30*time.Minute)
		}
	}
	if !calm {
		return
	}
	for _, p := range w.y.people {
		for at := w.y.today(); at.Before(time.Now()); at = at.Add(slot) {
			w.storm(p.id, at, at, time.Minute)
		}
	}
}

// storm looks at what one place was told within a while.
func (w *witness) storm(place string, from, after time.Time, long time.Duration) {
	if from.Before(after) {
		from = after
	}
	w.y.kept("many reminders at once are one message")
	digests, singles, of := 0, 0, map[string]int{}
	for _, m := range w.reminders[place] {
		if at := m.first().at; at.Before(from) || at.After(from.Add(long)) {
			continue
		}
		if _, isDigest := w.y.spied.lines(m.token); isDigest {
			digests++
			continue
		}
		about := w.marks[m.token]
		if w.again(about.id, m.first().at) {
			continue
		}
		singles++
		post, _ := w.post(about)
		of[about.id+", due "+post.Due.String()]++
	}
	many := w.y.rules.digest
	switch person := w.y.person(place) != nil; {
	case person && many > 0 && (digests > 1 || singles >= many):
		w.y.violate("many reminders at once are one message", "%s got %d digests and %d single reminders within %s from %s on", place, digests, singles, long, from)
	case !person || many == 0:
		for what, n := range of {
			if n > 1 {
				w.y.violate("many reminders at once are one message", "%s was told %d times of %s within %s from %s on", place, n, what, long, from)
			}
		}
	}
	if digests > 0 && long > time.Minute {
		w.y.counts.add("after outages of a day and more", "a person had one digest")
	}
}

// again says whether an invoice was due again at a moment by itself, because a payment of it had just come to nothing.
func (w *witness) again(id string, at time.Time) bool {
	return slices.ContainsFunc(w.notices[id], func(told time.Time) bool { return at.Sub(told).Abs() < time.Minute })
}

// outagesOver are the ends of those long outages of which somebody may hear today: the store's, and those of all replicas.
func (y *year) outagesOver() []time.Time {
	var all []time.Time
	for _, w := range y.windows {
		if w.what == "store" && w.how == "down" && w.to.Sub(w.from) > 20*time.Hour {
			all = append(all, w.to)
		}
	}
	all = append(all, y.revival)
	return slices.DeleteFunc(all, func(end time.Time) bool { return end.After(time.Now()) || end.Before(y.today().Add(-4*day)) })
}

// today is when the day of this judgement began.
func (y *year) today() time.Time { return time.Now().Truncate(day) }
