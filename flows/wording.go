package flows

import (
	"strings"

	"kvitt/billing"
	"kvitt/bot"
)

func (c card) title() string { return titleOf(c.words, c.r.Invoice) }

// facts is the amount, the due date and the days left, as of the day of the message.
func (c card) facts() string {
	inv := c.r.Invoice
	amount := inv.AmountDue
	if pay := c.r.lastPayment(); pay != nil {
		amount = pay.Amount
	} else if c.r.State != Open && amount.Minor == 0 {
		amount = inv.Total
	}
	if c.r.State == Paid || c.r.State == Gone {
		return c.money(amount)
	}
	return dueLine(c.words, inv, amount, c.asOf())
}

// asOf is the day on which this place was last told: days left are counted from it, so that a card does not change by itself every day.
func (c card) asOf() billing.Date {
	last := billing.DateOf(orTime(c.post.Claimed, c.now), c.policy.Zone)
	for _, post := range c.r.Posts {
		day := billing.DateOf(post.Claimed, c.policy.Zone)
		if c.post.Kind == PostReminder && post.Place == c.post.Place && post.Kind == PostThread && last.Before(day) {
			last = day
		}
	}
	return last
}

func (c card) details() []string {
	inv := c.r.Invoice
	var lines []string
	if what := covers(c.words, inv); what != "" {
		lines = append(lines, what)
	}
	if partly := c.partly(); partly != "" {
		lines = append(lines, partly)
	}
	if inv.AutoCollect && inv.PayFailed && c.r.State == Open {
		lines = append(lines, c.say(orText(whyFailed[inv.Failure.Why], "collect.failed")))
	}
	return lines
}

// partly says how much of an invoice has been paid already; empty where nothing has, or all.
func (c card) partly() string {
	inv := c.r.Invoice
	paid := inv.Total.Minor - inv.AmountDue.Minor
	if c.r.State != Open || paid <= 0 || inv.AmountDue.Minor <= 0 || inv.Total.Currency != inv.AmountDue.Currency {
		return ""
	}
	return c.say("partly", "Paid", c.money(billing.Money{Minor: paid, Currency: inv.Total.Currency}), "Total", c.money(inv.Total))
}

// whyFailed says why the service could not collect by itself, where it tells.
var whyFailed = map[billing.Decline]string{billing.CardExpired: "collect.failed.expired", billing.WrongDetails: "collect.failed.details", billing.Generic: "collect.failed.declined"}

// status says what there is to know besides the facts; empty for an invoice that simply waits to be paid.
func (c card) status() string {
	r := c.r
	if r.missing() {
		return c.missed()
	}
	if q := r.asking(); q != nil {
		return c.say("state.awaiting", "Who", c.name(q.By))
	}
	switch r.State {
	case Paying:
		return c.say("state.paying", "Who", c.name(r.Attempt.By))
	case Unknown:
		if r.Attempt.Alarmed && r.keyDead(c.now) {
			return c.say("state.dead", "Who", c.name(r.Attempt.By), "Number", bot.Clip(clean(r.Invoice.Number), 50))
		}
		return c.say("state.unknown", "Who", c.name(r.Attempt.By))
	case Submitted:
		if r.asked() {
			return c.say("state.asked", "Who", c.name(r.Attempt.By))
		}
		return c.say("state.submitted", "Who", c.name(r.Attempt.By))
	case HandedOver:
		return c.handed()
	case Paid:
		if r.Undo != nil {
			return c.say("state.undoing", "Who", c.name(r.Undo.By))
		}
		return c.paid()
	case Gone:
		return c.say("state.void")
	}
	switch r.Invoice.Status {
	case billing.Uncollectible:
		return c.say("state.uncollectible")
	case billing.Held:
		return c.say("state.held")
	case billing.Draft:
		return c.say("state.draft")
	}
	if c.superseded() {
		return c.say("newer")
	}
	if until := r.putOffUntil(c.post.Place); !until.IsZero() {
		return c.say("later.until", "Date", c.date(until))
	}
	return ""
}

// paid says by whom, when and with which method.
func (c card) paid() string {
	pay := c.r.lastPayment()
	switch {
	case pay == nil:
		return c.say("state.paid.before")
	case pay.By == "" && pay.Method != "":
		return c.say("state.elsewhere.method", "Method", c.method(pay.Method, ""))
	case pay.By == "":
		return c.say("state.elsewhere")
	}
	return c.say(paidWords("state", *pay), "Who", c.name(pay.By), "When", c.moment(pay.At, c.policy.Zone), "Method", c.method(pay.Method, pay.Reference), "Approver", c.name(pay.Approved))
}

func (c card) name(user string) string {
	if known, ok := c.people[user]; ok && known.Name != "" {
		return bot.Clip(clean(known.Name), 60)
	}
	return c.say("someone")
}

func paidWords(prefix string, pay Payment) string {
	switch {
	case pay.Approved != "" && pay.Recorded:
		return prefix + ".recorded.approved"
	case pay.Approved != "":
		return prefix + ".paid.approved"
	case pay.Method == "":
		return prefix + ".paid.plain"
	case pay.Recorded:
		return prefix + ".recorded"
	}
	return prefix + ".paid"
}

// method names a payment method, with the reference that the bank knows the payment by.
func (w words) method(short, reference string) string {
	name := bot.Clip(clean(short), 75)
	if short == billing.BankTransfer {
		name = w.say("method.transfer")
	}
	if reference == "" {
		return name
	}
	return name + " (" + bot.Clip(clean(reference), 60) + ")"
}

// choice names a payment method in a menu.
func (w words) choice(m billing.Method) string {
	if m.Expires == "" {
		return w.method(m.Short, "")
	}
	return w.say("method.expires", "Method", w.method(m.Short, ""), "When", clean(m.Expires))
}

// titleOf names an invoice: its number, and who bills.
func titleOf(w words, inv billing.Invoice) string {
	number, supplier := bot.Clip(clean(inv.Number), 50), bot.Clip(clean(inv.Supplier), 70)
	if number == "" {
		_, number, _ = strings.Cut(inv.ID, ":")
		number = number[max(0, len(number)-8):]
	}
	if supplier == "" {
		return w.say("title.bare", "Number", number)
	}
	return w.say("title", "Number", number, "Supplier", supplier)
}

// covers says what an invoice is for; empty where nobody says.
func covers(w words, inv billing.Invoice) string {
	what := bot.Clip(clean(inv.Description), 300)
	if what == "" {
		return ""
	}
	return w.say("covers", "What", what)
}

// dueLine is the amount still to pay, the due date, and how far off it is.
func dueLine(w words, inv billing.Invoice, amount billing.Money, on billing.Date) string {
	if inv.Due.IsZero() {
		return w.say("due.none", "Amount", w.money(amount))
	}
	return w.say("due", "Amount", w.money(amount), "Date", w.date(inv.Due), "Left", w.left(inv.Due, on))
}

// plainText joins sentences for a message's top-level text, which Slack reads as markup.
func plainText(lines ...string) string {
	for i, line := range lines {
		if line != "" && !strings.ContainsAny(line[len(line)-1:], ".!?") {
			lines[i] = line + "."
		}
	}
	return bot.Escape(strings.Join(lines, " "))
}

func clean(s string) string { return bot.Clean(s) }
