package year

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/flows"
)

func itoa(n int) string { return strconv.Itoa(n) }

// privacy: who is no billing admin never sees an invoice or an amount, in no version of any message, modal or answer; and a channel that is shared
// with others gets nothing.
func (w *witness) privacy() {
	touched, whispers := w.y.slack.news(w.touched, w.whispers)
	w.touched, w.whispers = w.touched+len(touched), w.whispers+len(whispers)
	for _, v := range append(touched, whispers...) {
		w.y.kept("nobody else sees an invoice")
		if c := w.y.channel(v.place); c != nil {
			if c.shared && v.at.Sub(c.changed) > 90*time.Second {
				w.y.violate("nobody else sees an invoice", "%s is shared with others, and was told at %s: %s", v.place, v.at, v.text)
			}
			continue
		}
		p := w.y.person(v.place)
		if p != nil && p.reads() || !strings.Contains(v.text+v.blocks, "QX") && !strings.Contains(v.text+v.blocks, "USD") && !strings.Contains(v.text+v.blocks, "NOK") {
			continue
		}
		if p != nil && w.ownPayment(p.id, v.text+v.blocks) {
			continue // Who began a payment hears what became of it, right or no right: they know the invoice, and it is their payment.
		}
		if p == nil || v.at.Sub(p.changed) > 3*time.Minute {
			w.y.violate("nobody else sees an invoice", "%s is no billing admin, and saw at %s: %s", v.place, v.at, v.text)
		}
	}
}

// ownPayment says whether a text is about an invoice that somebody paid, or tried to.
func (w *witness) ownPayment(user, text string) bool {
	for _, number := range w.y.service.paidBy(user) {
		if strings.Contains(text, number) {
			return true
		}
	}
	return false
}

// money: an invoice is charged once at most, and is confirmed only after the billing service said that it is paid.
func (w *witness) money() {
	w.y.service.mu.Lock()
	defer w.y.service.mu.Unlock()
	charges := w.y.service.charges
	for i := w.charges; i < len(charges); i++ {
		w.y.kept("an invoice is charged once")
		w.unsure[charges[i].invoice] = true
		for _, c := range charges[:i] {
			if c.invoice == charges[i].invoice {
				w.y.violate("an invoice is charged once", "%s was charged by %s at %s, and again by %s at %s", c.invoice, c.by, c.at, charges[i].by, charges[i].at)
			}
		}
	}
	w.charges = len(charges)
}

func (w *witness) confirmation(m *said, id string) {
	who := visit{m.place, id}
	w.confirms[who] = append(w.confirms[who], m)
	w.y.kept("no confirmation without a payment")
	w.y.counts.add("confirmations", "posted")
	w.unsure[id] = true
	if b := w.y.service.bill(id); b.paid.IsZero() || m.first().at.Before(b.paid) {
		w.y.violate("no confirmation without a payment", "%s was told at %s that %s is paid: %s", m.place, m.first().at, id, m.first().text)
	}
}

// stale: whatever is new at the billing service, Kvitt has asked for it within a day and a bit.
func (w *witness) stale(since time.Time) {
	for place := range w.unknown {
		if later := latest(since, w.y.changed(place)); time.Since(later) > enough() {
			delete(w.unknown, place)
		}
	}
	for _, place := range w.y.places() {
		if w.y.changed(place).After(time.Now().Add(-day)) && !w.y.changed(place).IsZero() {
			w.unknown[place] = true
		}
	}
	for _, id := range w.y.service.ids() {
		b := w.y.service.bill(id)
		if b.told.IsZero() && time.Since(latest(since, b.changed)) > enough() && b.inv.Status == billing.Open {
			w.y.violate("nothing due is forgotten", "%s is new since %s, and Kvitt has not asked", id, b.changed)
		}
	}
}

// enough is how long it takes until Kvitt has asked for what is new: a replica that is down does not ask, the others do in turn, a day each.
func enough() time.Duration { return time.Duration(*replicas)*day + 2*time.Hour }

// known is since when Kvitt should know what a place is now.
func (w *witness) known(place string) time.Time {
	if changed := w.y.changed(place); !changed.IsZero() {
		return changed.Add(enough())
	}
	return time.Time{}
}

// forgotten: everybody who should have heard of an invoice by now has.
func (w *witness) forgotten(since time.Time) {
	for _, id := range w.y.service.ids() {
		b, r := w.y.service.bill(id), w.records[id]
		if !remindable(b) || b.told.IsZero() || r == nil || r.rec.State != flows.Open {
			w.lasting(id, r, since)
			continue
		}
		for _, place := range w.y.places() {
			if _, reads := w.y.wallOf(place); reads && !w.unknown[place] {
				w.missed(visit{place, id}, b, latest(latest(since, b.told), latest(r.rec.Turned, w.known(place))))
			}
		}
	}
}

// missed: one place has heard of one invoice by now, if nothing has been in the way since a moment.
func (w *witness) missed(who visit, b bill, since time.Time) {
	w.y.kept("nothing due is forgotten")
	now := time.Now()
	wall, _ := w.y.wallOf(who.place)
	m, due := w.y.rules.latest(now, b.inv.Due, wall)
	required := m.tell
	if wake, put := w.wakes(who); put && wake.After(now) {
		return
	} else if put && !w.heardAfter(who, wake) {
		due, required = true, latest(required, wake)
	}
	if !due || w.heard(who, b.inv.Due, required, b.inv.Due.AddDays(m.offset)) {
		return
	}
	lastChance := m.offset <= 0 && required.Equal(m.tell) && required.Before(b.inv.Due.AddDays(m.offset).At(0, 0, w.y.rules.zone))
	if wall.hours(latest(required, since), now) >= 90*time.Minute || lastChance && now.Sub(required) > time.Hour && since.Before(required.Add(-2*time.Hour)) {
		w.y.violate("nothing due is forgotten", "%s was not told of %s, due %s: since %s it should have been (%+d days; told %v)",
			who.place, who.id, b.inv.Due, required, m.offset, w.tellings[who])
	}
}

// lasting: no payment stays under way for longer than a debit takes.
func (w *witness) lasting(id string, r *remembered, since time.Time) {
	if r == nil || r.rec.Attempt == nil {
		return
	}
	w.y.kept("a payment ends")
	if began := latest(since, r.rec.Attempt.Began); time.Since(began) > 54*time.Hour {
		w.y.violate("a payment ends", "%s is %s since %s", id, r.rec.State, r.rec.Attempt.Began)
	}
}

func remindable(b bill) bool {
	return b.inv.Status == billing.Open && b.inv.AmountDue.Minor > 0 && !b.inv.Due.IsZero() && (!b.inv.AutoCollect || b.inv.PayFailed)
}

// heard says whether somebody was told of an invoice since a moment. Of a milestone on the very day to which they put it off they need not hear again.
// Who has moved may have heard of it by their old clock.
func (w *witness) heard(who visit, due billing.Date, since time.Time, milestone billing.Date) bool {
	for _, t := range w.tellings[who] {
		if t.due == due && (!t.at.Before(since) || (t.off || t.at.Before(w.y.changed(who.place))) && !t.day.Before(milestone)) {
			return true
		}
	}
	return false
}

// wakes is when somebody wants to hear of an invoice again.
func (w *witness) wakes(who visit) (time.Time, bool) {
	w.y.mu.Lock()
	defer w.y.mu.Unlock()
	off, put := w.y.putOffs[who]
	if !put {
		return time.Time{}, false
	}
	wall, _ := w.y.wallOf(who.place)
	return startOf(wall.next[slotOf(off.until.At(0, 0, w.zoneOf(who.place)))]), true
}

func (w *witness) heardAfter(who visit, since time.Time) bool {
	return slices.ContainsFunc(w.tellings[who], func(t telling) bool { return !t.at.Before(since) })
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (w *witness) zoneOf(place string) *time.Location {
	if p := w.y.person(place); p != nil {
		return location(p.zone)
	}
	return w.y.rules.zone
}

func cmpZone(p *person) string {
	if p.zoneBefore == "" {
		return p.zone
	}
	return p.zoneBefore
}
