package flows

import (
	"kvitt/bot"
)

// A bank may want the payer to authenticate before money moves, on a page of the billing service. That page works for anybody who has its link, so
// it is shown on a press, to a billing admin alone; meanwhile the payment is waited for, and it is confirmed when the billing service says that it is paid.

// confirmButton leads to the page on which the payer authenticates.
func (c card) confirmButton() bot.Button {
	return bot.Button{Action: ActView, Value: c.r.Invoice.ID, Label: c.say("act.confirm"), Style: "primary", Speak: c.say("act.confirm") + ": " + c.title()}
}

// otherwayButton ends the wait.
func (c card) otherwayButton() bot.Button {
	return bot.Button{Action: ActOtherway, Value: c.r.Invoice.ID, Label: c.say("act.otherway")}
}

// actNotice tells the payer that their bank wants them to authenticate, with the button for it as long as it is so.
func (c card) actNotice(n Notice, reads bool) bot.Message {
	lines := []string{c.noticeLine(n)}
	still := c.r.asked() && n.ID == noticeOfAct(c.r.Attempt.Key)
	if status := c.status(); !still && status != "" {
		lines = append(lines, status)
	}
	blocks := []bot.Block{}
	for _, line := range lines {
		blocks = append(blocks, bot.Plain(line))
	}
	if still && reads {
		blocks = append(blocks, bot.Actions("controls", c.confirmButton(), c.otherwayButton()))
	}
	return bot.Message{Text: plainText(lines...), Blocks: blocks}
}

// actView says the same in a modal.
func (c card) actView() bot.View {
	v := tellView(c.words, c.title()+". "+c.status())
	v.Blocks = append(v.Blocks, bot.Actions("act", c.confirmButton(), c.otherwayButton()))
	return v
}
