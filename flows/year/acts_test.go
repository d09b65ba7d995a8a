package year

import (
	"fmt"
	"slices"
	"time"

	"kvitt/billing"
)

// acts is what every kind of event does. A new kind is a line here and a line in the calendar.
var acts = map[string]func(*year, event){
	"issued": func(y *year, e event) {
		inv := y.service.drafts[e.n]
		y.service.change(e.id, func(b *bill) { b.inv = inv })
		y.tell(e.id, "issued: %s, due %s, collects by itself: %v", inv.AmountDue, inv.Due, inv.AutoCollect)
	},
	"amount changed": changes(func(b *bill, n int) {
		b.inv.AmountDue.Minor += 1111
		b.inv.Total = b.inv.AmountDue
	}),
	"partly paid":    changes(func(b *bill, n int) { b.inv.AmountDue.Minor -= 5000 }),
	"due date moved": changes(func(b *bill, n int) { b.inv.Due = b.inv.Due.AddDays(n*4 - 4) }),
	"voided":         changes(func(b *bill, n int) { b.inv.Status = billing.Void }),
	"paid elsewhere": changes(func(b *bill, n int) {
		b.paid, b.payer = time.Now(), ""
		b.inv.Status, b.inv.AmountDue.Minor, b.inv.Settlement = billing.Paid, 0, billing.Settlement{At: time.Now(), Method: "Bank transfer"}
	}),

	"outage":      func(y *year, e event) { y.outage(e, "begins") },
	"outage over": func(y *year, e event) { y.outage(e, "is over") },
	"crash":       func(y *year, e event) { y.ends(e, "is killed", y.replicas[e.n].crash) },
	"restart":     func(y *year, e event) { y.ends(e, "leaves", y.replicas[e.n].leave) },
	"start": func(y *year, e event) {
		if r := y.replicas[e.n]; r.life == nil {
			y.disturb("replica %d is started", e.n)
			r.start()
		}
	},

	"pay":                   func(y *year, e event) { y.everyone.Go(func() { y.pay(e, e.who, 1) }) },
	"pay twice":             func(y *year, e event) { y.everyone.Go(func() { y.pay(e, e.who, 2) }) },
	"look and leave":        func(y *year, e event) { y.everyone.Go(func() { y.pay(e, e.who, 0) }) },
	"two pay":               func(y *year, e event) { y.both(e) },
	"later":                 func(y *year, e event) { y.everyone.Go(func() { y.later(e) }) },
	"somebody else presses": func(y *year, e event) { y.everyone.Go(func() { y.intrude(e) }) },
	"chooses a language":    func(y *year, e event) { y.everyone.Go(func() { y.speaks(e) }) },

	"becomes a guest": person_(func(p *person, _ int) string { p.guest = true; return "a guest" }),
	"is back":         person_(func(p *person, _ int) string { p.guest = false; return "a full member" }),
	"moves":           person_(func(p *person, n int) string { p.zone = zones[n]; return "in " + p.zone }),
	"channel shared":  shares(true), "channel ours again": shares(false),
}

// changes is what the billing service does with an invoice by itself, while it is open.
func changes(fn func(*bill, int)) func(*year, event) {
	return func(y *year, e event) {
		b := y.service.bill(e.id)
		if b.inv.Status != billing.Open {
			return
		}
		y.service.change(e.id, func(b *bill) { fn(b, e.n) })
		b = y.service.bill(e.id)
		y.tell(e.id, "%s: %s, due %s", e.what, b.inv.AmountDue, b.inv.Due)
	}
}

func person_(fn func(*person, int) string) func(*year, event) {
	return func(y *year, e event) {
		y.mu.Lock()
		e.who.zoneBefore = e.who.zone
		what := fn(e.who, e.n)
		e.who.changed = time.Now()
		y.mu.Unlock()
		y.tell("", "%s is now %s", e.who.id, what)
	}
}

func shares(shared bool) func(*year, event) {
	return func(y *year, e event) {
		c := y.channels[e.n]
		y.mu.Lock()
		c.shared, c.changed = shared, time.Now()
		y.mu.Unlock()
		y.tell("", "%s is shared with others: %v", c.id, shared)
	}
}

func (y *year) outage(e event, word string) {
	w := y.windows[e.n]
	if word == "begins" {
		y.counts.add("outages", w.what+" "+w.how)
	}
	y.tell("", "%s, %s, %s (%s)", w.what, w.how, word, w.to.Sub(w.from))
}

// ends takes a replica away.
func (y *year) ends(e event, how string, end func()) {
	y.disturb("replica %d %s", e.n, how)
	if y.replicas[e.n].life != nil {
		y.met("replica", how)
	}
	end()
}

// disturb notes that something happened that is over at once.
func (y *year) disturb(format string, args ...any) {
	y.mu.Lock()
	y.unrest = time.Now()
	y.mu.Unlock()
	y.tell("", format, args...)
}

// calm is since when nothing has been wrong; ok is false while something is.
func (y *year) calm() (since time.Time, ok bool) {
	now := time.Now()
	y.mu.Lock()
	since = y.unrest
	y.mu.Unlock()
	for _, w := range y.windows {
		if w.from.After(now) {
			continue
		}
		if w.to.After(now) {
			return now, false
		}
		if w.to.After(since) {
			since = w.to
		}
	}
	return since, slices.ContainsFunc(y.replicas, func(r *replica) bool { return r.life != nil })
}

func (e event) String() string {
	return fmt.Sprintf("%s %s %s", e.at.Format("Jan 2 15:04:05"), e.what, e.id)
}
