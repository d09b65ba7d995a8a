package year

import (
	"fmt"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/flows"
)

// copies: no message shows what is not so. What was found true is looked at again only when something about it changed.
func (w *witness) copies(since time.Time) {
	for _, id := range w.y.service.ids() {
		r := w.records[id]
		b := w.y.service.bill(id)
		if !w.unsure[id] || r == nil || b.told.IsZero() || time.Since(b.told) < 10*time.Minute {
			continue
		}
		if r.rec.Attempt != nil {
			w.noButtons(id, r.rec)
			continue
		}
		w.unsure[id] = false
		for _, place := range w.y.places() {
			_, reads := w.y.wallOf(place)
			switch {
			case w.unknown[place]:
				w.unsure[id] = true
			case reads:
				w.copiesIn(place, id, b)
			}
		}
		w.confirmed(id, b, r.rec)
	}
}

// noButtons: while a payment is under way nobody is offered to begin another.
func (w *witness) noButtons(id string, rec flows.Record) {
	for _, place := range w.y.places() {
		if _, reads := w.y.wallOf(place); !reads {
			continue
		}
		for _, m := range w.cards(place, id) {
			w.y.kept("no copy shows what is not so")
			if pressable(m, "pay") && !w.unknown[place] {
				w.y.violate("no copy shows what is not so", "%s is %s, and %s can press Pay now", id, rec.State, place)
			}
		}
	}
}

// cards are the reminders of an invoice in one place that are messages of their own, in order.
func (w *witness) cards(place, id string) []*said {
	var all []*said
	for _, t := range w.tellings[visit{place, id}] {
		if w.marks[t.m.token].id == id {
			all = append(all, t.m)
		}
	}
	return all
}

func pressable(m *said, action string) bool {
	return strings.Contains(m.now().blocks, fmt.Sprintf(`"action_id":%q`, action))
}

func (w *witness) copiesIn(place, id string, b bill) {
	all := w.cards(place, id)
	for i, m := range all {
		newest := i == len(all)-1
		if w.y.channel(place) != nil {
			newest = m.thread == ""
		}
		if b.inv.Status != billing.Open && says(m.now().text, "handle the invoices here", "tar seg av fakturaene her") {
			// A known gap: who was a guest when an invoice ended, and is back, has copies that nobody wakes the record for.
			w.y.counts.add("known gaps", "copies that stay closed to somebody who is back")
			continue
		}
		w.y.kept("no copy shows what is not so")
		if why := wrong(m, b, newest); why != "" {
			w.y.violate("no copy shows what is not so", "%s: the copy of %s to %s at %s %s: %s", id, m.first().at, place, time.Now(), why, m.now().text)
		}
	}
}

// wrong says what a copy shows that is not so.
func wrong(m *said, b bill, newest bool) string {
	text := m.now().text
	pay, later, any := pressable(m, "pay"), pressable(m, "later"), strings.Contains(m.now().blocks, `"action_id"`)
	switch {
	case b.inv.Status == billing.Paid && !says(text, "aid", "etalt"):
		return "does not say that it is paid"
	case b.inv.Status == billing.Void && !says(text, "Cancelled", "nnullert"):
		return "does not say that it is void"
	case b.inv.Status != billing.Open && (pay || later):
		return "can be paid or put off"
	case b.inv.Status != billing.Open:
		return ""
	case !says(text, b.inv.AmountDue.Decimal(), strings.Replace(b.inv.AmountDue.Decimal(), ".", ",", 1)):
		return "shows another amount than " + b.inv.AmountDue.String()
	case !says(text, fmt.Sprintf(" %d ", b.inv.Due.Day), fmt.Sprintf(" %d. ", b.inv.Due.Day)):
		return "shows another due date than " + b.inv.Due.String()
	case newest && !pay:
		return "has no Pay now, and is the newest"
	case !newest && any:
		return "has controls, and is not the newest"
	}
	return ""
}

func says(text string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// confirmed: a payment is confirmed once in each finance channel, and to whoever paid; nothing else is.
func (w *witness) confirmed(id string, b bill, rec flows.Record) {
	for _, place := range w.y.places() {
		want, isChannel := 0, w.y.channel(place) != nil
		if b.inv.Status == billing.Paid && b.first.Before(b.paid) && !b.first.IsZero() && (isChannel || place == b.payer) {
			want = 1
		}
		if _, reads := w.y.wallOf(place); isChannel && !reads {
			w.unsure[id] = true // It waits until the channel is ours again.
			continue
		}
		w.y.kept("a payment is confirmed once")
		if got := len(w.confirms[visit{place, id}]); got != want {
			w.y.violate("a payment is confirmed once", "%s (%s by %q): %s was told %d times, want %d", id, b.inv.Status, b.payer, place, got, want)
		}
	}
}

// countMilestone counts reminders, and those that came on another day than that of their milestone.
func (w *witness) countMilestone(post flows.Post, at time.Time, place string) {
	name := strings.Split(post.Key, "/")[2]
	if strings.HasPrefix(name, "later") {
		name = "after Remind me later"
	} else {
		var n int
		if _, err := fmt.Sscanf(name, "%d", &n); err == nil && n > 3 {
			name = "every so many days"
		}
		if told := dateOf(at, w.y.rules.zone); told != post.Day {
			w.y.counts.add("deferred", map[bool]string{true: "before the hours ended", false: "to the next hours"}[told.Before(post.Day)])
		}
	}
	w.y.counts.add("milestones", name)
}

// tally counts what the records say at the end of the year.
func (w *witness) tally() {
	for _, r := range w.records {
		for _, p := range r.rec.Posts {
			if p.Over != "" && p.Over != "in a digest" {
				w.y.counts.add("not sent", p.Over)
			}
		}
		w.y.counts.add("invoices at the end", string(r.rec.State))
	}
	w.y.counts.plus("charges", "made", len(w.y.service.charges))
}
