package flows

import (
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// A bank may want the payer to authenticate before money moves, on a page of the billing service. That page works for anybody who has its link, so
// it is shown on a press, to a billing admin alone; meanwhile the payment is waited for, and it is confirmed when the billing service says that it is paid.

// act notes that the payer has to authenticate at the billing service before money moves. It is waited for while the key lives, and while
// nobody wants to pay in another way: then the payment ends, for the billing service has just said that nothing was paid.
func (r *Record) act(key string, now time.Time) error {
	switch a := r.Attempt; {
	case !r.underWay(key):
		return ErrStale
	case a.GivenUp || r.keyDead(now):
		r.Waived = new(*a)
		return r.refuse(key, billing.AuthenticationOff, now)
	case r.asked():
		a.NextLook = now.Add(r.patience(now))
		return nil
	}
	a := r.Attempt
	r.State, a.Asked = Submitted, now
	a.NextLook = now.Add(r.patience(now))
	r.notify(Notice{ID: noticeOfAct(key), Kind: NoticeAct, To: a.By, Method: a.Method.Short, Amount: a.Amount})
	r.note(now, byKvitt, "authentication asked", "by", a.By, "method", a.Method.Short, "key", key)
	return nil
}

func noticeOfAct(key string) string { return "act-" + key }

// asked says whether a payment waits for the payer to authenticate.
func (r *Record) asked() bool {
	return r.State == Submitted && r.Attempt != nil && !r.Attempt.Asked.IsZero()
}

// patience is how long to wait until the billing service is asked again what became of a submitted payment. Who has to authenticate mostly does so
// at once.
func (r *Record) patience(now time.Time) time.Duration {
	if !r.asked() {
		return submitEvery
	}
	return min(max(now.Sub(r.Attempt.Asked)/20, lookEvery), 15*time.Minute)
}

// giveUp notes that somebody wants to pay in another way instead of waiting for the payer to authenticate. The payment ends when the billing
// service says once more that nothing was paid.
func (r *Record) giveUp(by string, now time.Time) error {
	if !r.asked() {
		return ErrStale
	}
	r.Attempt.GivenUp, r.Attempt.NextLook = true, now
	r.note(now, by, "authentication given up", "key", r.Attempt.Key)
	return nil
}

// reclaim asks of an invoice that turned out to be paid whether the payer of a waived payment authenticated after all. It says whether there is anybody
// to ask about.
func (r *Record) reclaim(now time.Time) bool {
	if r.Waived == nil {
		return false
	}
	r.Attempt, r.Waived, r.State = r.Waived, nil, Submitted
	a := r.Attempt
	a.Late, a.GivenUp, a.Asked, a.NextLook = true, false, time.Time{}, now
	r.note(now, byKvitt, "perhaps paid after all", "by", a.By, "key", a.Key)
	return true
}

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
