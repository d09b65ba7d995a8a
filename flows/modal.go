package flows

import (
	"encoding/json"
	"fmt"

	"kvitt/billing"
	"kvitt/bot"
)

// shown is what a person saw when the modal was filled. It comes back with the submission and is only ever compared with the record:
// no amount is taken from it.
type shown struct {
	Invoice  string `json:"i"`
	Minor    int64  `json:"a"`
	Currency string `json:"c"`
	Payee    string `json:"p,omitzero"` // See billing.Invoice.Payee.
}

func (s shown) amount() billing.Money { return billing.Money{Minor: s.Minor, Currency: s.Currency} }

func (s shown) meta() string {
	raw, _ := json.Marshal(s)
	return string(raw)
}

func readShown(meta string) (shown, error) {
	var s shown
	if err := json.Unmarshal([]byte(meta), &s); err != nil || s.Invoice == "" {
		return shown{}, fmt.Errorf("the modal does not say which invoice it is about: %w", bot.ErrNotFound)
	}
	return s, nil
}

// modal is a view with a title and, at first, nothing to submit.
func modal(w words, blocks ...bot.Block) bot.View {
	return bot.View{Callback: CallPay, Title: w.say("modal.view.title"), CloseText: w.say("close"), Blocks: blocks}
}

// waitView opens at once; the trigger of a click lives 3 seconds.
func waitView(w words) bot.View { return modal(w, bot.Plain(w.say("modal.wait"))) }

// tellView says one thing; nothing can be submitted.
func tellView(w words, sentence string) bot.View { return modal(w, bot.Plain(sentence)) }

// factsView says one thing about an invoice, and shows it as it stands.
func factsView(w words, sentence string, inv billing.Invoice, today billing.Date) bot.View {
	return modal(w, bot.Plain(sentence), bot.Header(titleOf(w, inv)), bot.Plain(dueLine(w, inv, inv.AmountDue, today)))
}

// progressView is the answer to a submission.
func progressView(w words) bot.View {
	v := tellView(w, w.say("modal.progress"))
	v.Title = w.say("modal.progress.title")
	return v
}

// offer is what a filled modal shows.
type offer struct {
	invoice billing.Invoice
	methods []billing.Method
	way     billing.Way
	careful string // That somebody may be paying it already.
	today   billing.Date
}

// records says whether Kvitt moves no money for it, and only notes what was paid.
func (o offer) records() bool { return o.way == billing.Records }

// payView is the filled modal: the invoice, the amount, the methods.
func payView(w words, o offer) bot.View {
	inv := o.invoice
	v := modal(w)
	v.Title = w.say("modal.title")
	if o.careful != "" {
		v.Blocks = append(v.Blocks, bot.Plain(o.careful))
	}
	if o.records() {
		v.Blocks = append(v.Blocks, bot.Plain(w.say("ledger.intro")))
	}
	v.Blocks = append(v.Blocks, bot.Header(titleOf(w, inv)), bot.Plain(dueLine(w, inv, inv.AmountDue, o.today)))
	if what := covers(w, inv); what != "" {
		v.Blocks = append(v.Blocks, bot.Note(what))
	}
	v.Blocks = append(v.Blocks, bankDetails(w, o)...)
	if len(o.methods) == 0 {
		v.Blocks = append(v.Blocks, bot.Plain(w.say("modal.none")))
	} else {
		v.Meta = shown{Invoice: inv.ID, Minor: inv.AmountDue.Minor, Currency: inv.AmountDue.Currency, Payee: inv.Payee()}.meta()
		v.Submit = w.say("pay")
		v.Blocks = append(v.Blocks, methodInput(w, o.methods))
	}
	if o.way == billing.HandsOver && v.Submit != "" {
		v.Blocks = append(v.Blocks, bot.Note(w.say("handover.before")))
	}
	if o.records() && v.Submit != "" {
		v.Submit = w.say("ledger.submit")
		v.Blocks = append(v.Blocks, bot.Input{Block: blockReference, Label: w.say("ledger.bankref"), Hint: w.say("ledger.bankref.hint"),
			Optional: true, Element: bot.Text{Action: "text", Max: 140}})
	}
	if !o.records() {
		v.Blocks = append(v.Blocks, bot.Actions("add", bot.Button{Action: ActAdd, Value: inv.ID, Label: w.say("modal.add")}))
	}
	return v
}

func methodInput(w words, methods []billing.Method) bot.Block {
	return bot.Input{Block: blockMethod, Label: w.say("modal.method"), Element: methodMenu(w, methods)}
}

// bankDetails are account and reference, alone on their lines, to copy.
func bankDetails(w words, o offer) []bot.Block {
	var blocks []bot.Block
	if o.records() {
		for _, line := range payeeLines(w, o.invoice) {
			blocks = append(blocks, bot.Plain(line))
		}
	}
	return blocks
}

// payeeLines say to whom the money is to go, where the invoice does.
func payeeLines(w words, inv billing.Invoice) (lines []string) {
	if inv.PayTo != "" {
		lines = append(lines, w.say("ledger.account", "Account", clean(inv.PayTo)))
	}
	if inv.Reference != "" {
		lines = append(lines, w.say("ledger.reference", "Reference", clean(inv.Reference)))
	}
	return lines
}

// deniedView tells somebody who may not pay who may. Only full members of the workspace see names, and can ask.
func deniedView(w words, inv billing.Invoice, full bool, admins []string) bot.View {
	switch {
	case !full:
		return tellView(w, w.say("modal.denied"))
	case len(admins) == 0:
		return tellView(w, w.say("modal.denied.nobody"))
	}
	v := tellView(w, w.say("modal.denied.admins", "Admins", w.list(admins, "or")))
	if note := rolesNote(w, inv); note != "" {
		v.Blocks = append(v.Blocks, bot.Note(note))
	}
	v.Blocks = append(v.Blocks, bot.Actions("ask", bot.Button{Action: ActAsk, Value: inv.ID, Label: w.say("modal.ask")}))
	return v
}

// noPage says, for each button to a private link, that there is no such page.
var noPage = map[string]string{"modal.link": "modal.link.none", "modal.link.confirm": "modal.link.none", "modal.add.link": "modal.add.link.none"}

// linkView shows a private link to the one who asked for it, on a button that says so.
func linkView(w words, inv billing.Invoice, today billing.Date, says, url string) bot.View {
	v := modal(w, bot.Header(titleOf(w, inv)), bot.Plain(dueLine(w, inv, inv.AmountDue, today)))
	v.Title = w.say("modal.view.title")
	if url == "" {
		v.Blocks = append(v.Blocks, bot.Plain(w.say(noPage[says])))
		return v
	}
	v.Blocks = append(v.Blocks, bot.Actions("link", bot.Button{Action: ActOpen, Label: w.say(says), URL: url, Style: "primary"}), bot.Note(w.say("modal.link.private")))
	return v
}

// undoView asks for the reason for which a record is taken back.
func undoView(w words, inv billing.Invoice) bot.View {
	return bot.View{
		Callback: CallUndo, Title: w.say("undo.title"), Submit: w.say("undo"), CloseText: w.say("close"), Meta: shown{Invoice: inv.ID}.meta(),
		Blocks: []bot.Block{
			bot.Header(titleOf(w, inv)), bot.Plain(w.say("undo.intro")),
			bot.Input{Block: blockReason, Label: w.say("undo.reason"), Element: bot.Text{Action: "text", Max: 300}},
		},
	}
}
