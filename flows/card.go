package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"kvitt/bot"
)

// Actions and callbacks, as Slack sends them back.
const (
	ActPay      = "pay"
	ActView     = "view"
	ActOpen     = "open" // A button that is a link; Slack tells us of the click, and nothing is to be done.
	ActAsk      = "ask"
	ActAdd      = "add"
	ActUndo     = "undo"
	ActRelease  = "release"
	ActOtherway = "otherway"
	ActLang     = "language"
	ActLater    = "later"
	ActShow     = "show"
	ActPage     = "page" // Two buttons beside each other need two names: page/back and page/on.

	CallPay  = "pay"
	CallList = "list"
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
	case post.Kind == PostConfirm, post.Kind == PostReturned:
		m = c.confirmation(r.Payments[post.Number])
	case !reads:
		m = c.retired()
	case post.Kind == PostApproval:
		m = c.approval(r.Requests[post.Number])
	case post.Kind == PostThread:
		m = c.thread()
	default:
		m = c.reminder()
	}
	m.Token, m.Thread = post.token(r.Invoice.ID), post.Thread
	m.Answer = !post.isReminder() || r.State != Open
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
		blocks = append(blocks, bot.Actions(controlsOf+c.r.Invoice.ID, buttons...))
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
	switch {
	case line == "":
		line = strings.Join(without([]string{c.facts(), c.partly()}, ""), ". ")
	case c.r.awaits():
		line = c.facts() + ". " + line
	}
	return bot.Message{Text: plainText(c.title(), line), Blocks: []bot.Block{bot.Plain(c.title() + ". " + line)}}
}

// controls are the buttons; none where nothing can be done, or where a newer reminder has them.
func (c card) controls() []bot.Element {
	if c.superseded() {
		return nil
	}
	var buttons []bot.Element
	switch {
	case c.r.missing():
		return c.missingControls()
	case c.r.payable():
		buttons = append(buttons, c.payButton())
		if c.r.remindable() {
			buttons = append(buttons, c.laterMenu())
		}
	case c.r.awaits() && c.post.Place == c.r.asking().By:
		buttons = append(buttons, c.withdrawButton())
	case c.r.State == HandedOver:
		buttons = c.handedButtons()
	case c.r.asked() && c.r.Attempt.By == c.post.Place:
		return []bot.Element{c.confirmButton(), c.otherwayButton()}
	case c.r.asked() && !isChannel(c.post.Place):
		buttons = append(buttons, c.otherwayButton())
	default:
		buttons = c.remedies()
	}
	return append(buttons, c.viewButton())
}

// remedies take back what a person may: a payment of which nobody knows and whose key is dead, and a record of the ledger.
func (c card) remedies() []bot.Element {
	switch id := c.r.Invoice.ID; {
	case c.r.State == Unknown && c.r.keyDead(c.now):
		return []bot.Element{bot.Button{Action: ActRelease, Value: id, Label: c.say("release"), Style: "danger"}}
	case c.undoable():
		return []bot.Element{bot.Button{Action: ActUndo, Value: id, Label: c.say("undo")}}
	}
	return nil
}

func (c card) viewButton() bot.Button {
	if c.r.Invoice.Link != "" {
		return bot.Button{Action: ActOpen, Value: c.r.Invoice.ID, Label: c.say("view"), URL: c.r.Invoice.Link}
	}
	return bot.Button{Action: ActView, Value: c.r.Invoice.ID, Label: c.say("view")}
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
	facts := []string{"Title", c.title(), "Amount", c.money(pay.Amount), "Who", c.name(pay.By), "Method", c.method(pay.Method, pay.Reference), "Approver", c.name(pay.Approved)}
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
