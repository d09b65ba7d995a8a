package flows

import (
	"cmp"
	"strings"

	"kvitt/billing"
	"kvitt/bot"
)

// notice is said once to one person, or in one channel. It is not edited afterwards, except for those with a button, which goes when
// there is nothing to press it for any more: a request to look at an invoice, that the bank wants the payer to authenticate, and the way to the portal.
func (c card) notice(n Notice, reads bool) bot.Message {
	if n.Kind == NoticeAct {
		return c.actNotice(n, reads)
	}
	line := c.noticeLine(n)
	lines, blocks := []string{line}, []bot.Block{bot.Plain(line)}
	switch {
	case n.Kind == NoticeAsk && !reads:
		return c.retired()
	case !reads && (n.Kind == NoticeMoved || n.Kind == NoticeOvertaken || n.Kind == NoticeChanged):
		return c.retired() // What the invoice is now is not theirs to know any more.
	case n.Kind == NoticeHanded:
		return c.handedNotice(n, reads)
	case n.Kind != NoticeAsk:
		return bot.Message{Text: plainText(line), Blocks: blocks}
	}
	if status := c.status(); status != "" {
		lines, blocks = append(lines, status), append(blocks, bot.Plain(status))
	}
	if c.r.payable() {
		blocks = append(blocks, bot.Actions("controls", c.payButton()))
	}
	return bot.Message{Text: plainText(lines...), Blocks: blocks}
}

func (c card) noticeLine(n Notice) string {
	facts := []string{"Title", c.title(), "Amount", c.money(n.Amount), "Who", c.name(n.By), "Reason", bot.Clip(clean(n.Reason), 300), "Nothing", c.nothing(n.Record)}
	switch n.Kind {
	case NoticeRefused:
		facts = append(facts, "Decline", declineLine(c.words, n.Decline, n.Method))
	case NoticeHanded, NoticeAct:
		facts = append(facts, "Method", orText(c.method(n.Method, ""), c.say("the method")))
	case NoticeOvertaken, NoticeMoved, NoticeChanged:
		facts = append(facts, "Now", c.stands())
	case NoticeAsk:
		facts = append(facts, "Due", c.facts())
	}
	return c.say(ofRecord("notice."+string(n.Kind), n.Record && n.Kind == NoticeElsewhere), facts...)
}

// stands says what an invoice that changed is now: what there is to pay, or why there is nothing.
func (c card) stands() string {
	if c.r.State == Open && c.r.Invoice.Status == billing.Open && !c.r.missing() {
		return strings.Join(append([]string{c.say("approval.now", "Due", c.facts())}, payeeLines(c.words, c.r.Invoice)...), "\n")
	}
	return c.status()
}

// nothing says that nothing came of a payment. Of a record it cannot say that nothing was paid: that happens in the bank, where Kvitt cannot look.
func (w words) nothing(record bool) string {
	if record {
		return w.say("nothing.recorded")
	}
	return w.say("nothing.paid")
}

// declineLine says why a payment was refused, and what to do next.
func declineLine(w words, d billing.Decline, method string) string {
	return w.say("decline."+string(cmp.Or(d, billing.Generic)), "Method", cmp.Or(w.method(method, ""), w.say("the method")))
}
