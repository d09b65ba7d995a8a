package year

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"kvitt/billing"
)

// event is one thing that happens to the world. Whatever a seed decides is decided here, before the year begins.
type event struct {
	at   time.Time
	what string
	id   string // Of an invoice.
	who  *person
	n    int
}

// window is a time in which a far end is not as it should be.
type window struct {
	what     string // slack, service or store.
	how      string
	from, to time.Time
	nth      int
}

// window is the one that a far end is in now; nil: it is well.
func (y *year) window(what string) *window {
	now := time.Now()
	for i := range y.windows {
		if w := &y.windows[i]; w.what == what && !now.Before(w.from) && now.Before(w.to) {
			return w
		}
	}
	return nil
}

func (y *year) how(w *window) string {
	if w == nil {
		return ""
	}
	return w.how
}

// plan draws the year. Far ends fail and mend, and people act, at minutes at which nobody is being reminded: so that the same seed gives the same
// year, whoever is scheduled first.
func (y *year) plan(rng *rand.Rand) {
	for i := range *invoices {
		y.planInvoice(rng, i)
	}
	y.planOutages(rng)
	y.planReplicas(rng)
	y.planPeople(rng)
	slices.SortStableFunc(y.events, func(a, b event) int { return a.at.Compare(b.at) })
}

func (y *year) on(d int, clock time.Duration, what, id string, who *person, n int) {
	if d >= 0 && d < days-1 {
		y.events = append(y.events, event{dawn.Add(time.Duration(d)*day + clock), what, id, who, n})
	}
}

// planInvoice draws an invoice's life: when it comes, what changes, who presses what, how it ends.
func (y *year) planInvoice(rng *rand.Rand, i int) {
	id := fmt.Sprintf("year:in_%04d", i)
	born := rng.IntN(days - 15)
	due := born + 8 + rng.IntN(34)
	if rng.IntN(5) > 0 {
		due = due/15*15 + 14 // Most come due together, as at the end of a month.
	}
	inv := y.draft(rng, i, id, due)
	y.service.drafts = append(y.service.drafts, inv)
	y.on(born, clock(rng, 0, 5, 33), "issued", id, nil, i)
	office := func() time.Duration { return clock(rng, 0, 22, 40) }
	if rng.IntN(6) == 0 {
		y.on(due-5+rng.IntN(6), clock(rng, 0, 5, 33), oneOf(rng, "amount changed", "due date moved", "partly paid"), id, nil, rng.IntN(5))
	}
	for range max(0, rng.IntN(5)-2) {
		y.on(due-7+rng.IntN(12), office(), "later", id, y.admin(rng), rng.IntN(3))
	}
	end := due - 6 + rng.IntN(6) + rng.IntN(4)
	switch n := rng.IntN(100); {
	case n < 65:
		for try := range 4 {
			y.on(end+try, office(), oneOf(rng, "pay", "pay", "pay", "pay twice", "two pay", "look and leave"), id, y.admin(rng), rng.IntN(100))
		}
		end += 9
	case n < 72:
		y.on(end, clock(rng, 0, 5, 33), "voided", id, nil, 0)
	case n < 76:
		end += 25
	}
	y.on(end, clock(rng, 0, 5, 33), "paid elsewhere", id, nil, 0)
}

// draft is the invoice as it will be issued.
func (y *year) draft(rng *rand.Rand, i int, id string, due int) billing.Invoice {
	amount := billing.Money{Minor: int64(10_000 + rng.IntN(80_000)), Currency: oneOf(rng, "USD", "NOK")}
	inv := billing.Invoice{ID: id, Number: fmt.Sprintf("QX%04d", i), Supplier: oneOf(rng, "Acme Cloud", "Nordlys Fiber", "Papir & Co"), Description: "Services",
		AmountDue: amount, Total: amount, Due: dateOf(dawn.Add(time.Duration(due)*day), time.UTC), Status: billing.Open}
	switch rng.IntN(20) {
	case 0, 1:
		inv.Due = billing.Date{}
	case 2:
		inv.AutoCollect = true
	case 3:
		inv.AutoCollect, inv.PayFailed = true, true
	}
	return inv
}

// clock is a time of day: an hour from a span, and a minute or a few after one of those given.
func clock(rng *rand.Rand, from, to int, minutes ...int) time.Duration {
	return time.Duration(from+rng.IntN(to-from))*time.Hour + time.Duration(oneOf(rng, minutes...)+rng.IntN(4))*time.Minute + time.Duration(rng.IntN(60))*time.Second
}

func (y *year) admin(rng *rand.Rand) *person { return y.people[rng.IntN(*admins)] }

func (y *year) planOutages(rng *rand.Rand) {
	open := func(what, how string, long time.Duration) {
		from := dawn.Add(time.Duration(5+rng.IntN(days-15))*day + clock(rng, 0, 24, 8))
		y.windows = append(y.windows, window{what, how, from, from.Add(long.Truncate(time.Hour) + 10*time.Minute), len(y.windows)})
	}
	hours := func(from, to int) time.Duration { return time.Duration(from+rng.IntN(to-from)) * time.Hour }
	for _, how := range []string{"down", "down", "429", "500", "cut before", "cut after", "cut after", "500"} {
		open("slack", how, hours(1, 5))
	}
	for _, how := range []string{"down", "down", "slow", "slow", "disorder", "disorder", "down"} {
		open("service", how, hours(2, 40))
	}
	for range 6 {
		open("store", "down", 0)
		open("store", "lost", hours(0, 2))
	}
	open("store", "down", hours(25, 30))
	for _, w := range y.windows {
		y.events = append(y.events, event{at: w.from, what: "outage", n: w.nth}, event{at: w.to, what: "outage over", n: w.nth})
	}
}

func (y *year) planReplicas(rng *rand.Rand) {
	for range 24 {
		nth, d := rng.IntN(*replicas), rng.IntN(days)
		at := clock(rng, 0, 23, 0, 15, 30, 40) // At nine, too, when everybody is being reminded.
		y.on(d, at, oneOf(rng, "crash", "crash", "restart"), "", nil, nth)
		y.on(d, at+time.Duration(1+rng.IntN(300))*time.Minute, "start", "", nil, nth)
	}
	d := 20 + rng.IntN(days-40)
	back := d + 2 + rng.IntN(3)
	y.revival = dawn.Add(time.Duration(back)*day + 10*time.Hour + 10*time.Minute)
	for nth := range *replicas {
		y.on(d, 3*time.Hour, "crash", "", nil, nth)
		y.on(back, 10*time.Hour+10*time.Minute, "start", "", nil, nth)
	}
}

func (y *year) planPeople(rng *rand.Rand) {
	for range 40 {
		y.on(rng.IntN(days), clock(rng, 6, 20, 50), "somebody else presses", "", y.people[*admins+rng.IntN(2)], rng.IntN(*invoices))
	}
	for range 4 {
		d, p := rng.IntN(days), y.admin(rng)
		y.on(d, clock(rng, 0, 23, 50), "becomes a guest", "", p, 0)
		y.on(d+3+rng.IntN(14), clock(rng, 0, 23, 50), "is back", "", p, 0)
	}
	for range 4 {
		y.on(rng.IntN(days), clock(rng, 0, 23, 50), "moves", "", y.admin(rng), rng.IntN(len(zones)))
	}
	for range 8 {
		y.on(rng.IntN(days), clock(rng, 0, 23, 50), "chooses a language", "", y.admin(rng), rng.IntN(3))
	}
	for range 2 {
		d, n := rng.IntN(days), rng.IntN(len(y.channels))
		y.on(d, clock(rng, 0, 23, 50), "channel shared", "", nil, n)
		y.on(d+1+rng.IntN(5), clock(rng, 0, 23, 50), "channel ours again", "", nil, n)
	}
}
