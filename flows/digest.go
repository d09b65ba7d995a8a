package flows

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

const (
	digestLists = 5  // The most urgent invoices of a digest; the others are counted.
	listHolds   = 40 // Invoices in the live list: a modal holds 100 blocks.
)

func digestKey(user string, number int) string { return fmt.Sprintf("digest/%s/%d", user, number) }

// digestMessage is many reminders as one message: a snapshot, not edited afterwards, and so without Pay now. asOf is by the clock on the reader's wall.
func digestMessage(w words, records []Record, asOf time.Time, today billing.Date) bot.Message {
	slices.SortFunc(records, urgency)
	overdue := 0
	for _, rec := range records {
		if rec.Invoice.Due.Before(today) {
			overdue++
		}
	}
	title := w.count("digest.title", len(records))
	sum := w.say("digest.total", "Totals", w.list(totals(w, records), "and"), "Time", asOf.Format("15:04"))
	if overdue > 0 {
		sum += " " + w.count("digest.overdue", overdue)
	}
	lines, blocks := []string{title, sum}, []bot.Block{bot.Header(title), bot.Plain(sum)}
	for _, rec := range records[:min(len(records), digestLists)] {
		name, facts := titleOf(w, rec.Invoice), dueLine(w, rec.Invoice, rec.Invoice.AmountDue, today)
		lines, blocks = append(lines, name+": "+facts), append(blocks, bot.Plain(name+"\n"+facts))
	}
	if more := len(records) - digestLists; more > 0 {
		lines, blocks = append(lines, w.count("home.more", more)), append(blocks, bot.Note(w.count("home.more", more)))
	}
	show := bot.Button{Action: ActShow, Value: "open", Label: w.say("digest.show"), Style: "primary"}
	return bot.Message{Text: plainText(lines...), Blocks: append(blocks, bot.Actions("show", show))}
}

// pressShow opens the live list: what is to pay now, each with Pay now.
func (f *Flows) pressShow(ctx context.Context, c bot.Click) error {
	return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
		s, err := f.sight(ctx, c.User)
		if err != nil {
			return bot.View{}, err
		}
		if s.right != MayPay {
			return f.deniedView(ctx, w, Record{}, s.right), nil
		}
		records, err := f.toPayNow(ctx, s)
		return f.listView(ctx, w, records, s.note(w)), err
	})
}

// listView is the live list in a modal; note says what may be missing in it. Nothing can be submitted in it.
func (f *Flows) listView(ctx context.Context, w words, records []Record, note string) bot.View {
	v := bot.View{Callback: CallList, Title: w.say("home.topay"), CloseText: w.say("close")}
	if len(records) == 0 {
		v.Blocks = []bot.Block{bot.Plain(strings.TrimSpace(w.say("home.empty") + " " + note))}
		return v
	}
	v.Blocks = []bot.Block{bot.Plain(w.say("home.total", "Totals", w.list(totals(w, records), "and")))}
	for i, rec := range records[:min(len(records), listHolds)] {
		v.Blocks = append(v.Blocks, f.card(ctx, w, rec).listed(i)...)
	}
	if more := len(records) - listHolds; more > 0 {
		v.Blocks = append(v.Blocks, bot.Note(w.count("home.more", more)))
	}
	if note != "" {
		v.Blocks = append(v.Blocks, bot.Note(note))
	}
	return v
}

// listed is one invoice in a list: what there is to know, and Pay now where it can be paid.
func (c card) listed(place int) []bot.Block {
	line := c.title() + "\n" + c.facts()
	if status := c.status(); status != "" {
		line += "\n" + status
	}
	blocks := []bot.Block{bot.Plain(line)}
	if buttons := c.listButtons(); len(buttons) > 0 {
		blocks = append(blocks, bot.Actions(fmt.Sprintf("pay-%d", place), buttons...))
	}
	return blocks
}

// listButtons are what can be done about an invoice in a list.
func (c card) listButtons() []bot.Element {
	if c.r.payable() {
		return []bot.Element{c.payButton()}
	}
	return c.remedies()
}
