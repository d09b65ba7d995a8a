package flows

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kvitt/billing"
	"kvitt/bot"
)

// CommandName is the slash command.
const CommandName = "/invoices"

const (
	listed  = 15 // Invoices in one answer; more are counted.
	dueSoon = 14 // Days that "/invoices due" looks ahead.
)

// command answers "/invoices …" to the asker only.
func (f *Flows) command(ctx context.Context, c bot.Click) (bot.Message, error) {
	w := speak(f.People.Lang(ctx, c.User))
	word, rest, _ := strings.Cut(strings.ToLower(strings.TrimSpace(c.Text)), " ")
	right, err := f.Admins.Right(ctx, c.User, recently)
	switch {
	case err != nil:
		return f.line(w.say("command.later")), nil
	case right == NotAdmin:
		m := f.line(w.say("home.denied"))
		m.Blocks = append(m.Blocks, askButton(w))
		return m, nil
	case right != MayPay:
		return f.line(w.say("home.denied")), nil
	case word == "pay":
		return f.commandPay(ctx, w, c, strings.TrimSpace(rest))
	}
	lists := map[string]bool{"": true, "open": true, "due": true, "overdue": true, "paid": true}
	if !lists[word] || rest != "" {
		return f.line(w.say("command.help")), nil
	}
	records, err := f.listing(ctx, orText(word, "open"))
	if err != nil {
		return f.line(w.say("command.later")), nil
	}
	return f.list(ctx, w, orText(word, "open"), records), nil
}

// listing finds the invoices that a word of the command asks for, the most urgent first.
func (f *Flows) listing(ctx context.Context, word string) ([]Record, error) {
	today := billing.DateOf(f.Now(), f.Policy.Zone)
	var found []Record
	for item, err := range f.all(ctx) {
		if err != nil {
			return nil, err
		}
		if wanted(word, item.Rec, today) {
			found = append(found, item.Rec)
		}
	}
	slices.SortFunc(found, urgency)
	return found, nil
}

func wanted(word string, r Record, today billing.Date) bool {
	if word == "paid" {
		return r.State == Paid
	}
	if !r.payable() && !r.awaits() && !r.busy() {
		return false
	}
	due := r.Invoice.Due
	switch word {
	case "due":
		return !due.IsZero() && !due.Before(today) && due.DaysSince(today) <= dueSoon
	case "overdue":
		return !due.IsZero() && due.Before(today)
	}
	return true
}

func (f *Flows) list(ctx context.Context, w words, word string, records []Record) bot.Message {
	title := w.say("command." + word)
	if len(records) == 0 {
		return f.line(title + ": " + w.say("command.none"))
	}
	lines := []string{title + "."}
	blocks := []bot.Block{bot.Header(title)}
	for i, rec := range records[:min(len(records), listed)] {
		c := card{words: w, r: rec, policy: f.Policy, now: f.Now(), people: f.known(ctx, rec)}
		line := strings.TrimSpace(c.title() + ". " + c.facts() + ". " + c.status())
		lines, blocks = append(lines, line), append(blocks, bot.Plain(line))
		if rec.payable() {
			blocks = append(blocks, bot.Actions(fmt.Sprintf("pay-%d", i), c.payButton()))
		}
	}
	if more := len(records) - listed; more > 0 {
		blocks = append(blocks, bot.Note(w.count("home.more", more)))
	}
	return bot.Message{Text: plainText(lines...), Blocks: blocks, Answer: true}
}

// commandPay opens the modal for the invoice with that number.
func (f *Flows) commandPay(ctx context.Context, w words, c bot.Click, number string) (bot.Message, error) {
	var found []Record
	for item, err := range f.all(ctx) {
		if err != nil {
			return f.line(w.say("command.later")), nil
		}
		if number != "" && strings.EqualFold(clean(item.Rec.Invoice.Number), number) && item.Rec.State != Gone {
			found = append(found, item.Rec)
		}
	}
	switch len(found) {
	case 0:
		return f.line(w.say("command.unknown", "Number", bot.Clip(clean(number), 50))), nil
	case 1:
		c.Value, c.Action = found[0].Invoice.ID, ActPay
		return f.line(w.say("command.opening", "Title", titleOf(w, found[0].Invoice))), f.pressPay(ctx, c)
	}
	return f.list(ctx, w, "several", found), nil
}

func (f *Flows) line(text string) bot.Message {
	return bot.Message{Text: plainText(text), Blocks: []bot.Block{bot.Plain(text)}, Answer: true}
}
