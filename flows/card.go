package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// Actions and callbacks, as Slack sends them back.
const (
	ActPay     = "pay"
	ActView    = "view"
	ActOpen    = "open" // A button that is a link; Slack tells us of the click, and nothing is to be done.
	ActAsk     = "ask"
	ActAdd     = "add"
	ActUndo    = "undo"
	ActRelease = "release"
	ActLang    = "language"

	CallPay  = "pay"
	CallUndo = "undo"

	blockMethod    = "method"
	blockReference = "reference"
	blockReason    = "reason"
)

// render shows a record as one message of ours. It is total over states and kinds, and pure, so that "which messages are stale" is a
// comparison of digests.
func render(now time.Time, r Record, post Post, a Audience, p Policy) bot.Message {
	c := card{words: speak(post.Lang), r: r, post: post, people: a.People, policy: p, now: now}
	_, reads := a.reader(post.Place)
	var m bot.Message
	switch {
	case post.Kind == PostNotice:
		m = c.notice(r.Notices[post.Number], reads)
	case post.Kind == PostConfirm:
		m = c.confirmation(r.Payments[post.Number])
	case !reads:
		m = c.retired()
	case post.Kind == PostThread:
		m = c.thread()
	default:
		m = c.reminder()
	}
	m.Token, m.Thread = post.token(r.Invoice.ID), post.Thread
	m.Answer = post.Kind == PostNotice || post.Kind == PostConfirm || r.State != Open
	return m
}

// digest tells two renderings apart.
func digest(m bot.Message) string {
	raw, _ := json.Marshal(m.Blocks)
	sum := sha256.Sum256(append([]byte(m.Text+"\x00"), raw...))
	return hex.EncodeToString(sum[:8])
}

// card is one rendering of a record for one reader.
type card struct {
	words
	r      Record
	post   Post
	people map[string]Known
	policy Policy
	now    time.Time
}

// reminder is the card with the controls.
func (c card) reminder() bot.Message {
	lines := append([]string{c.facts()}, c.details()...)
	status := c.status()
	blocks := []bot.Block{bot.Header(c.title()), bot.Plain(c.facts())}
	if status != "" {
		lines = append([]string{status}, lines...)
		blocks = append(blocks, bot.Plain(status))
	}
	if details := c.details(); len(details) > 0 {
		blocks = append(blocks, bot.Note(details...))
	}
	if buttons := c.controls(); len(buttons) > 0 {
		blocks = append(blocks, bot.Actions("controls", buttons...))
	}
	return bot.Message{Text: plainText(append([]string{c.title()}, lines...)...), Blocks: blocks}
}

// retired takes the place of a reminder whose reader is no billing admin any more, or whose channel is no finance channel: it says nothing of the invoice.
func (c card) retired() bot.Message {
	line := c.say("home.denied")
	return bot.Message{Text: plainText(line), Blocks: []bot.Block{bot.Plain(line)}}
}

// thread is a later milestone in a channel: it only says what is new.
func (c card) thread() bot.Message {
	line := c.status()
	if line == "" {
		line = c.facts()
	}
	return bot.Message{Text: plainText(c.title(), line), Blocks: []bot.Block{bot.Plain(c.title() + ". " + line)}}
}

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
	if paid := inv.Total.Minor - inv.AmountDue.Minor; c.r.State == Open && paid > 0 && inv.AmountDue.Minor > 0 && inv.Total.Currency == inv.AmountDue.Currency {
		lines = append(lines, c.say("partly", "Paid", c.money(billing.Money{Minor: paid, Currency: inv.Total.Currency}), "Total", c.money(inv.Total)))
	}
	if inv.AutoCollect && inv.PayFailed && c.r.State == Open {
		lines = append(lines, c.say("collect.failed"))
	}
	return lines
}

// status says what there is to know besides the facts; empty for an invoice that simply waits to be paid.
func (c card) status() string {
	r := c.r
	switch r.State {
	case Paying:
		return c.say("state.paying", "Who", c.name(r.Attempt.By))
	case Unknown:
		if r.Attempt.Alarmed && r.keyDead(c.now) {
			return c.say("state.dead", "Who", c.name(r.Attempt.By))
		}
		return c.say("state.unknown", "Who", c.name(r.Attempt.By))
	case Submitted:
		return c.say("state.submitted", "Who", c.name(r.Attempt.By))
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
	case billing.Draft:
		return c.say("state.draft")
	}
	if c.superseded() {
		return c.say("newer")
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
		return c.say("state.elsewhere.method", "Method", clean(pay.Method))
	case pay.By == "":
		return c.say("state.elsewhere")
	}
	return c.say(paidWords("state", *pay), "Who", c.name(pay.By), "When", c.moment(pay.At, c.policy.Zone), "Method", withReference(*pay))
}

// controls are the buttons; none where nothing can be done, or where a newer reminder has them.
func (c card) controls() []bot.Element {
	if c.superseded() {
		return nil
	}
	var buttons []bot.Element
	id := c.r.Invoice.ID
	switch {
	case c.r.payable():
		buttons = append(buttons, c.payButton())
	case c.r.State == Unknown && c.r.keyDead(c.now):
		buttons = append(buttons, bot.Button{Action: ActRelease, Value: id, Label: c.say("release"), Style: "danger"})
	case c.undoable():
		buttons = append(buttons, bot.Button{Action: ActUndo, Value: id, Label: c.say("undo")})
	}
	if c.r.Invoice.Link != "" {
		return append(buttons, bot.Button{Action: ActOpen, Value: id, Label: c.say("view"), URL: c.r.Invoice.Link})
	}
	return append(buttons, bot.Button{Action: ActView, Value: id, Label: c.say("view")})
}

func (c card) payButton() bot.Button {
	return bot.Button{Action: ActPay, Value: c.r.Invoice.ID, Label: c.say("pay"), Style: "primary", Speak: c.say("pay") + ": " + c.title()}
}

func (c card) undoable() bool {
	pay := c.r.lastPayment()
	return pay != nil && pay.Recorded && c.r.Undo == nil && c.now.Sub(pay.At) < undoWindow
}

// superseded says whether a newer reminder in the same direct message has the controls.
func (c card) superseded() bool {
	newer := false
	for _, post := range c.r.Posts {
		switch {
		case post.Key == c.post.Key:
			newer = true
		case newer && post.Place == c.post.Place && post.Kind == PostReminder && post.Ref.TS != "" && post.Over == "":
			return true
		}
	}
	return false
}

// confirmation says once, in each place, that the invoice is paid.
func (c card) confirmation(pay Payment) bot.Message {
	facts := []string{"Title", c.title(), "Amount", c.money(pay.Amount), "Who", c.name(pay.By), "Method", withReference(pay)}
	key := paidWords("confirm", pay)
	switch {
	case pay.Undone != nil && pay.Undone.By == "":
		key = "confirm.returned"
	case pay.Undone != nil:
		key = "confirm.undone"
		facts = append(facts[:6], "Who", c.name(pay.Undone.By), "Reason", bot.Clip(clean(pay.Undone.Reason), 300))
	case pay.By == "":
		key = "confirm.elsewhere"
	}
	line := c.say(key, facts...)
	return bot.Message{Text: plainText(line), Blocks: []bot.Block{bot.Plain(line)}}
}

func (c card) name(user string) string {
	if known, ok := c.people[user]; ok && known.Name != "" {
		return bot.Clip(clean(known.Name), 60)
	}
	return c.say("someone")
}

func paidWords(prefix string, pay Payment) string {
	switch {
	case pay.Method == "":
		return prefix + ".paid.plain"
	case pay.Recorded:
		return prefix + ".recorded"
	}
	return prefix + ".paid"
}

func withReference(pay Payment) string {
	method := bot.Clip(clean(pay.Method), 75)
	if pay.Reference == "" {
		return method
	}
	return method + " (" + bot.Clip(clean(pay.Reference), 60) + ")"
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
