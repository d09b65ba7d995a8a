package flows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kvitt/billing"
	"kvitt/bot"
)

// Actions and callbacks of a request for approval.
const (
	ActApprove  = "approve"
	ActDecline  = "decline"
	ActWithdraw = "withdraw"

	CallDecline = "decline"
)

// chosen names a request of an invoice. It is all that its buttons and modals say: what is approved stands in the record.
type chosen struct {
	Invoice string `json:"i"`
	Request string `json:"r"`
}

func (c chosen) value() string {
	raw, _ := json.Marshal(c)
	return string(raw)
}

func readChosen(value string) (chosen, error) {
	var c chosen
	if err := json.Unmarshal([]byte(value), &c); err != nil || c.Invoice == "" || c.Request == "" {
		return chosen{}, fmt.Errorf("the button does not say which request it is about: %w", bot.ErrNotFound)
	}
	return c, nil
}

// approval asks a billing admin to approve; once that is over it says how it ended, and has no button.
func (c card) approval(q Request) bot.Message {
	if q.Ended != "" {
		return c.decided(q)
	}
	ask := c.say(ofRecord("approval.ask", q.Recorded), "Who", c.name(q.By), "Method", c.howToPay(q))
	notes, until := append(payeeLines(c.words, c.r.Invoice), c.details()...), c.say("approval.until", "When", c.moment(q.ends(), c.policy.Zone))
	if c.r.Invoice.Terms != "" {
		until += " " + c.say("approval.portal.approver", "Who", c.name(q.By))
	}
	if c.r.missing() {
		until = c.status()
	}
	blocks := []bot.Block{bot.Header(c.title()), bot.Plain(ask), bot.Plain(c.facts()), bot.Plain(until)}
	if len(notes) > 0 {
		blocks = append(blocks, bot.Note(notes...))
	}
	if buttons := c.approvalControls(q); len(buttons) > 0 {
		blocks = append(blocks, bot.Actions("controls", buttons...))
	}
	return bot.Message{Text: plainText(append([]string{c.title(), ask, c.facts(), until}, notes...)...), Blocks: blocks}
}

// approvalControls are what a billing admin can do about a request that is open.
func (c card) approvalControls(q Request) []bot.Element {
	if c.r.missing() {
		return c.missingControls()
	}
	value := chosen{Invoice: c.r.Invoice.ID, Request: q.ID}.value()
	return []bot.Element{
		bot.Button{Action: ActApprove, Value: value, Label: c.say("approval.approve"), Style: "primary", Speak: c.say("approval.approve") + ": " + c.title()},
		bot.Button{Action: ActDecline, Value: value, Label: c.say("approval.decline"), Speak: c.say("approval.decline") + ": " + c.title()},
		c.viewButton(),
	}
}

// ofRecord are the words about a record, where Kvitt moves no money.
func ofRecord(key string, recorded bool) string {
	if recorded {
		return key + ".record"
	}
	return key
}

// decided says how a request ended, and what became of the invoice since.
func (c card) decided(q Request) bot.Message {
	lines := []string{c.ending(q)}
	paidSince := slices.ContainsFunc(c.r.Payments, func(p Payment) bool { return !p.At.Before(q.At) })
	switch {
	case c.r.State == Open && paidSince: // And it was taken back: what there is to say of that, the reminder says.
	case c.r.State == Open:
		lines = append(lines, c.nothing(q.Recorded))
	case q.Ended == Approved && c.r.State == Paid:
		lines = []string{c.status()}
	default:
		lines = append(lines, c.status())
	}
	about := c.say("approval.about", "Who", c.name(q.By), "Amount", c.money(q.Amount), "Method", c.howToPay(q))
	return bot.Message{
		Text:   plainText(append([]string{c.title()}, append(slices.Clone(lines), about)...)...),
		Blocks: []bot.Block{bot.Header(c.title()), bot.Plain(strings.Join(lines, "\n")), bot.Note(about)},
	}
}

// ending says how a request ended. One that is open was asked about too late.
func (c card) ending(q Request) string {
	return c.say("approval."+string(cmp.Or(q.Ended, Expired)), "Who", c.name(cmp.Or(q.Decided, q.By)), "Reason", bot.Clip(clean(q.Reason), 300))
}

func (c card) howToPay(q Request) string {
	return cmp.Or(c.method(q.Method.Short, q.Reference), c.say("the method"))
}

// withdrawButton is on the requester's own card only.
func (c card) withdrawButton() bot.Button {
	return bot.Button{Action: ActWithdraw, Value: chosen{Invoice: c.r.Invoice.ID, Request: c.r.asking().ID}.value(), Label: c.say("approval.withdraw")}
}

// result is what whoever began a payment is shown of how it went. The approver is not told the requester's news.
func (c card) result(a Attempt) string {
	var last Notice
	if n := len(c.r.Notices); n > 0 && (c.r.State == Open || c.r.State == Gone) {
		last = c.r.Notices[n-1]
	}
	switch {
	case last.To == "" || last.To != a.By:
		return c.title() + ". " + c.status()
	case a.Approved == "":
		return c.noticeLine(last)
	case last.Kind == NoticeApprover:
		return c.say("modal.denied")
	}
	return c.say("approval.failed", "Title", c.title(), "Who", c.name(a.By), "Nothing", c.nothing(a.Recorded))
}

// requestedView is the answer to a submission that a second billing admin must approve: who is asked, and that nothing is paid yet.
func requestedView(w words, recorded bool, way billing.Way, others []string) bot.View {
	v := tellView(w, w.say(ofRecord("approval.requested", recorded), "Admins", cmp.Or(w.list(others, "and"), w.say("approval.others"))))
	v.Title = w.say("approval.title")
	if way == billing.HandsOver {
		v.Blocks = append(v.Blocks, bot.Plain(w.say("approval.portal")))
	}
	return v
}

// awaiting tells somebody who presses Pay now that a request waits; the requester can withdraw it there.
func (c card) awaiting(user string) bot.View {
	q := c.r.asking()
	if q.By != user {
		return tellView(c.words, c.say(ofRecord("approval.taken", q.Recorded), "Who", c.name(q.By)))
	}
	v := tellView(c.words, c.say(ofRecord("approval.taken.self", q.Recorded)))
	v.Blocks = append(v.Blocks, bot.Actions("withdraw", c.withdrawButton()))
	return v
}

// declineView asks for the reason for which a payment is declined.
func declineView(w words, inv billing.Invoice, q Request, who string) bot.View {
	return bot.View{
		Callback: CallDecline, Title: w.say("approval.decline.title"), Submit: w.say("approval.decline"), CloseText: w.say("close"),
		Meta: chosen{Invoice: inv.ID, Request: q.ID}.value(),
		Blocks: []bot.Block{
			bot.Header(titleOf(w, inv)), bot.Plain(w.say(ofRecord("approval.decline.intro", q.Recorded), "Who", who)),
			bot.Input{Block: blockReason, Label: w.say("undo.reason"), Element: bot.Text{Action: "text", Max: 300}},
		},
	}
}

// limits says from which amounts on a second billing admin must approve; empty where none ever is.
func (p Policy) limits(w words) string {
	var from []string
	for _, amount := range p.Approval {
		from = append(from, w.money(amount))
	}
	if len(from) == 0 {
		return ""
	}
	slices.SortFunc(from, byCurrency)
	return w.say("approval.limits", "Limits", w.list(from, "or"))
}
