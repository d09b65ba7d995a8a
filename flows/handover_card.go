package flows

import (
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// ActSteps shows whoever opened an invoice in the portal the way there once more.
const ActSteps = "steps"

// handed says who opened the invoice in the portal, and when.
func (c card) handed() string {
	a, key := c.r.Attempt, "state.handed"
	if a.Approved != "" {
		key = "state.handed.approved"
	}
	return c.say(key, "Who", c.name(a.By), "When", c.clock(a.HandedOver), "Approver", c.name(a.Approved))
}

// clock is the time of day, and the day where it is not today's.
func (c card) clock(t time.Time) string {
	local, day := t.In(c.policy.Zone), billing.DateOf(t, c.policy.Zone)
	if day == billing.DateOf(c.now, c.policy.Zone) {
		return c.say("clock", "Time", local.Format("15:04"))
	}
	return c.say("clock.day", "Time", local.Format("15:04"), "Date", c.date(day))
}

// handedButtons are the controls while somebody has it open in the portal.
func (c card) handedButtons() (buttons []bot.Element) {
	if c.r.Attempt.By == c.post.Place {
		buttons = append(buttons, bot.Button{Action: ActSteps, Value: c.r.Invoice.ID, Label: c.say("handover.steps")})
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
	if inv.Link != "" {
		v.Blocks = append(v.Blocks, bot.Actions("portal", c.portalButton()))
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
	if inv.Account == "" {
		return ""
	}
	return w.say("roles.needed")
}
