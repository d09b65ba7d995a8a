package flows

import (
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// ActSteps shows whoever opened an invoice in the portal the way there once more.
const ActSteps = "steps"

// handed says who opened the invoice in the portal, and when.
func (c card) handed() string {
	a := c.r.Attempt
	facts := []string{"Who", c.name(a.By), "When", c.clock(a.HandedOver), "Approver", c.name(a.Approved)}
	switch {
	case a.Approved != "":
		return c.say("state.handed.approved", facts...)
	case a.Method.Transfer:
		return c.say("handed.transfer", facts...)
	case c.r.takeable(c.now):
		return c.say("state.handed", facts...) + " " + c.say("handed.careful", facts...)
	}
	return c.say("state.handed", facts...)
}

// handedToOther tells somebody who would pay that somebody else may be paying just now.
func (c card) handedToOther() string {
	a := c.r.Attempt
	if a.Method.Transfer || a.Approved != "" {
		return c.handed()
	}
	return c.handed() + " " + c.say("modal.handed", "Who", c.name(a.By), "When", c.clock(a.HandedOver.Add(takeOverAfter)))
}

// handedNotice tells the payer that the request was approved, with the way to the portal as long as it is theirs.
func (c card) handedNotice(n Notice, reads bool) bot.Message {
	if c.r.State != HandedOver || noticeOfHandOver(*c.r.Attempt) != n.ID || !reads {
		line := c.title() + ". " + orText(c.status(), c.facts())
		if !reads {
			return c.retired()
		}
		return bot.Message{Text: plainText(line), Blocks: []bot.Block{bot.Plain(line)}}
	}
	line := c.noticeLine(n)
	return bot.Message{Text: plainText(line), Blocks: []bot.Block{bot.Plain(line), bot.Actions("portal", c.portalButtons()...)}}
}

// clock is the time of day on the reader's wall, and the day where it is not today's.
func (c card) clock(t time.Time) string {
	zone := c.policy.Zone
	if known, ok := c.people[c.post.Place]; ok && known.Zone != nil {
		zone = known.Zone
	}
	local, day := t.In(zone), billing.DateOf(t, zone)
	if day == billing.DateOf(c.now, zone) {
		return c.say("clock", "Time", local.Format("15:04"))
	}
	return c.say("clock.day", "Time", local.Format("15:04"), "Date", c.date(day))
}

// handedButtons are the controls while somebody has it open in the portal.
func (c card) handedButtons() (buttons []bot.Element) {
	if c.r.Attempt.By == c.post.Place {
		buttons = append(buttons, bot.Button{Action: ActSteps, Value: c.r.Invoice.ID, Label: c.say("handover.steps")}, c.otherwayButton())
	}
	if c.r.takeable(c.now) {
		buttons = append(buttons, c.payButton())
	}
	return buttons
}

// way is what is shown to whoever pays in the portal: the chosen method, the steps, and the button that opens the invoice there.
func (c card) way() bot.View {
	inv, a := c.r.Invoice, c.r.Attempt
	v := modal(c.words, bot.Header(c.title()), bot.Plain(dueLine(c.words, inv, a.Amount, billing.DateOf(c.now, c.policy.Zone))))
	v.Title = c.say("handover.title")
	if method := c.choice(a.Method); method != "" {
		v.Blocks = append(v.Blocks, bot.Plain(c.say("handover.method", "Method", method)))
	}
	v.Blocks = append(v.Blocks, bot.Plain(c.steps(a.Method)))
	if buttons := c.wayButtons(); len(buttons) > 0 {
		v.Blocks = append(v.Blocks, bot.Actions("portal", buttons...))
	}
	notes := []string{c.say("handover.path", "Number", bot.Clip(clean(inv.Number), 50))}
	if !a.Method.Transfer && inv.Terms != billing.TermsTransfer {
		notes = append(notes, c.say("handover.card"))
	}
	if inv.Terms == billing.TermsLimited {
		notes = append(notes, c.say("handover.limit"))
	}
	v.Blocks = append(v.Blocks, bot.Note(notes...), bot.Plain(c.say("handover.watch")))
	return v
}

// wayButtons open the invoice in the portal, and end the hand-over once it has begun.
func (c card) wayButtons() (buttons []bot.Element) {
	if c.r.Invoice.Link != "" {
		buttons = append(buttons, c.portalButton())
	}
	if c.r.State == HandedOver {
		buttons = append(buttons, c.otherwayButton())
	}
	return buttons
}

// steps is what to do in the portal, by what the agreement allows.
func (c card) steps(m billing.Method) string {
	inv := c.r.Invoice
	facts := []string{"Amount", c.money(c.r.Attempt.Amount), "Number", bot.Clip(clean(inv.Number), 50), "Method", orText(c.method(m.Short, ""), c.say("handover.any"))}
	switch {
	case m.Transfer || inv.Terms == billing.TermsTransfer:
		return c.say("handover.intro.transfer") + "\n" + c.say("handover.steps.transfer", facts...)
	case inv.Terms == billing.TermsBalance:
		return c.say("handover.intro") + "\n" + c.say("handover.steps.balance", facts...)
	}
	return c.say("handover.intro") + "\n" + c.say("handover.steps.card", facts...)
}

// portalButtons lead to the portal from a message.
func (c card) portalButtons() []bot.Element {
	steps := bot.Button{Action: ActSteps, Value: c.r.Invoice.ID, Label: c.say("handover.steps")}
	if c.r.Invoice.Link == "" {
		return []bot.Element{steps}
	}
	return []bot.Element{c.portalButton(), steps}
}

func (c card) portalButton() bot.Button {
	return bot.Button{Action: ActOpen, Value: c.r.Invoice.ID, Label: c.say("handover.open"), URL: c.r.Invoice.Link, Style: "primary"}
}

// rolesNote tells somebody who holds no paying role which one is needed, where to see one's own, and who can grant it; as Microsoft's page "Check your
// access to a Microsoft Customer Agreement" does.
func rolesNote(w words, inv billing.Invoice) string {
	if !strings.Contains(inv.Account, "/") { // Only a customer agreement has billing profiles, and roles that pay.
		return ""
	}
	return w.say("roles.needed")
}
