package flows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// CommandName is the slash command.
const CommandName = "/invoices"

const (
	listed   = 23  // Invoices in one answer, at two blocks each of the 50 that a message holds; more are counted.
	dueSoon  = 14  // Days that "/invoices due" looks ahead.
	lookBack = 500 // Paid invoices among which "/invoices pay" looks for a number: the answer may not take longer with every year.
)

// command answers "/invoices …" to the asker only.
func (f *Flows) command(ctx context.Context, c bot.Click) (bot.Message, error) {
	w := speak(f.People.Lang(ctx, c.User))
	word, rest, _ := strings.Cut(strings.TrimSpace(c.Text), " ")
	word, rest = strings.ToLower(word), strings.TrimSpace(rest)
	s, err := f.sight(ctx, c.User)
	switch {
	case err != nil:
		return f.unanswered(ctx, w, err), nil
	case word == "pay":
		return f.commandPay(ctx, w, s, c, rest)
	case s.right != MayPay:
		return f.refusal(w, s.right), nil
	}
	lists := map[string]bool{"": true, "open": true, "due": true, "overdue": true, "paid": true}
	if !lists[word] || rest != "" {
		return f.line(w.say("command.help")), nil
	}
	records, more, err := f.listing(ctx, s, orText(word, "open"))
	if err != nil {
		return f.unanswered(ctx, w, err), nil
	}
	return f.list(ctx, w, s, orText(word, "open"), records, more), nil
}

// refusal says to somebody who is no billing admin who handles invoices.
func (f *Flows) refusal(w words, right Right) bot.Message {
	m := f.line(w.say("home.denied"))
	if right == NotAdmin {
		m.Blocks = append(m.Blocks, askButton(w))
	}
	return m
}

// unanswered is the answer to a command that could not be carried out. What went wrong, the log says.
func (f *Flows) unanswered(ctx context.Context, w words, err error) bot.Message {
	f.Log.ErrorContext(ctx, "a command could not be answered; the person was told", "err", err)
	return f.line(w.say("command.later"))
}

// listing finds the invoices that a word of the command asks for: the most urgent first, or what was paid last. more says how many were left out.
func (f *Flows) listing(ctx context.Context, s *sight, word string) (found []Record, more int, err error) {
	if word == "paid" {
		if found, err = f.paidSince(ctx, s, time.Time{}, listed); err == nil && len(found) == listed && len(f.Admins.Roles) == 0 {
			more, err = f.count(ctx, listPaid, "")
		}
		return found, max(0, more-len(found)), err
	}
	open, err := f.unpaid(ctx, s)
	today := billing.DateOf(f.Now(), f.Policy.Zone)
	found = slices.DeleteFunc(open, func(r Record) bool { return !wanted(word, r, today) })
	more = max(0, len(found)-listed)
	return found[:len(found)-more], more, err
}

func wanted(word string, r Record, today billing.Date) bool {
	due := r.Invoice.Due
	switch word {
	case "due":
		return !due.IsZero() && !due.Before(today) && due.DaysSince(today) <= dueSoon
	case "overdue":
		return !due.IsZero() && due.Before(today)
	}
	return true
}

func (f *Flows) list(ctx context.Context, w words, s *sight, word string, records []Record, more int) bot.Message {
	title := w.say("command." + word)
	if len(records) == 0 {
		return f.line(strings.TrimSpace(title + ": " + w.say("command.none") + " " + s.note(w)))
	}
	lines := []string{title + "."}
	blocks := []bot.Block{bot.Header(title)}
	for i, rec := range records {
		c := f.card(ctx, w, rec)
		line := strings.TrimSpace(c.title() + ". " + c.facts() + ". " + c.status())
		lines, blocks = append(lines, line), append(blocks, bot.Plain(line))
		if buttons := c.listButtons(); len(buttons) > 0 {
			blocks = append(blocks, bot.Actions(fmt.Sprintf("pay-%d", i), buttons...))
		}
	}
	if more > 0 {
		blocks = append(blocks, bot.Note(w.count("home.more", more)))
	}
	if note := s.note(w); note != "" {
		lines, blocks = append(lines, note), append(blocks, bot.Note(note))
	}
	return bot.Message{Text: plainText(lines...), Blocks: blocks, Answer: true}
}

// commandPay opens the modal for the invoice with that number. Who may not pay it learns nothing of it, and the attempt is on its audit trail.
func (f *Flows) commandPay(ctx context.Context, w words, s *sight, c bot.Click, number string) (bot.Message, error) {
	found, hidden, err := f.numbered(ctx, s, number)
	c.Action = ActPay
	if len(found) == 0 {
		for _, rec := range hidden {
			c.Value = rec.Invoice.ID
			err = errors.Join(err, f.noteDenied(ctx, c, string(s.at(ctx, rec.account()))))
		}
	}
	switch {
	case err != nil:
		return f.unanswered(ctx, w, err), nil
	case s.right != MayPay:
		return f.refusal(w, s.right), nil
	case len(found) == 0 && s.blind:
		return f.unanswered(ctx, w, errBlind), nil
	case len(found) == 0:
		return f.line(w.say("command.unknown", "Number", bot.Clip(clean(number), 50))), nil
	case len(found) == 1:
		c.Value = found[0].Invoice.ID
		return f.line(w.say("command.opening", "Title", titleOf(w, found[0].Invoice))), f.pressPay(ctx, c)
	}
	more := max(0, len(found)-listed)
	return f.list(ctx, w, s, "several", found[:len(found)-more], more), nil
}

// numbered finds the invoices with a number: among the open ones, and only if there is none, among those paid last. hidden are those that the person
// may not see.
func (f *Flows) numbered(ctx context.Context, s *sight, number string) (found, hidden []Record, err error) {
	for _, list := range []string{listOpen, listPaid} {
		read := 0
		for item, err := range f.on(ctx, list, list == listPaid) {
			if err != nil {
				return nil, nil, err
			}
			switch same := number != "" && strings.EqualFold(clean(item.Rec.Invoice.Number), number); {
			case same && s.sees(ctx, item.Rec):
				found = append(found, item.Rec)
			case same && s.at(ctx, item.Rec.account()) != "": // Of what could not be found out, nobody can say that it was denied.
				hidden = append(hidden, item.Rec)
			}
			if read++; list == listPaid && read == lookBack {
				break
			}
		}
		if len(found) > 0 {
			break
		}
	}
	return found, hidden, nil
}

func (f *Flows) line(text string) bot.Message {
	return bot.Message{Text: plainText(text), Blocks: []bot.Block{bot.Plain(text)}, Answer: true}
}
