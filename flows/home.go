package flows

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

const (
	homeInvoices = 20                  // More are counted, not shown: a Home holds 100 blocks.
	homePaid     = 5                   // Of what was paid lately.
	lately       = 30 * 24 * time.Hour // What was paid lately.
)

// home publishes a person's App Home: to a billing admin the invoices to pay, to everybody else that billing admins handle them.
func (f *Flows) home(ctx context.Context, c bot.Click) error {
	ctx, cancel := context.WithTimeout(ctx, homeTime)
	defer cancel()
	reader, _, _ := f.People.Reader(ctx, c.User, f.Policy.Team)
	w := speak(reader.Lang)
	right, err := f.Admins.Right(ctx, c.User, recently)
	if err != nil {
		return err
	}
	blocks := []bot.Block{bot.Plain(w.say("home.denied"))}
	if right == MayPay {
		if blocks, err = f.homeBlocks(ctx, w); err != nil {
			return err
		}
	}
	if right == NotAdmin {
		blocks = append(blocks, askButton(w))
	}
	if right != Outsider {
		blocks = append(blocks, bot.Divider(), bot.Plain(w.say("home.language")), f.languageChoice(ctx, w, c.User))
	}
	return f.Bot.Publish(ctx, c.User, bot.View{Blocks: blocks})
}

func (f *Flows) homeBlocks(ctx context.Context, w words) ([]bot.Block, error) {
	var open, paid []Record
	for item, err := range f.all(ctx) {
		if err != nil {
			return nil, err
		}
		switch pay := item.Rec.lastPayment(); {
		case item.Rec.payable() || item.Rec.awaits() || item.Rec.busy():
			open = append(open, item.Rec)
		case pay != nil && f.Now().Sub(pay.At) < lately:
			paid = append(paid, item.Rec)
		}
	}
	slices.SortFunc(open, urgency)
	slices.SortFunc(paid, func(a, b Record) int { return b.lastPayment().At.Compare(a.lastPayment().At) })
	blocks := f.toPay(ctx, w, open)
	if len(paid) > 0 {
		blocks = append(blocks, bot.Divider(), bot.Header(w.say("home.paid")))
	}
	for _, rec := range paid[:min(len(paid), homePaid)] {
		c := card{words: w, r: rec, policy: f.Policy, now: f.Now(), people: f.known(ctx, rec)}
		blocks = append(blocks, bot.Plain(c.title()+", "+c.facts()+". "+c.status()))
	}
	fixed := without([]string{w.say("home.fixed", "Admins", w.list(f.adminNames(ctx), "and")), f.Policy.limits(w)}, "")
	return append(blocks, bot.Note(fixed...)), nil
}

// toPay lists the invoices to pay, each with its button.
func (f *Flows) toPay(ctx context.Context, w words, open []Record) []bot.Block {
	blocks := []bot.Block{bot.Header(w.say("home.topay"))}
	if len(open) == 0 {
		return append(blocks, bot.Plain(w.say("home.empty")))
	}
	blocks = append(blocks, bot.Plain(w.say("home.total", "Totals", w.list(totals(w, open), "and"))))
	for i, rec := range open[:min(len(open), homeInvoices)] {
		c := card{words: w, r: rec, policy: f.Policy, now: f.Now(), people: f.known(ctx, rec)}
		line := c.title() + "\n" + c.facts()
		if status := c.status(); status != "" {
			line += "\n" + status
		}
		blocks = append(blocks, bot.Plain(line))
		if rec.payable() {
			blocks = append(blocks, bot.Actions(fmt.Sprintf("pay-%d", i), c.payButton()))
		}
	}
	if more := len(open) - homeInvoices; more > 0 {
		blocks = append(blocks, bot.Note(w.count("home.more", more)))
	}
	return blocks
}

// urgency sorts by due date, those without one last.
func urgency(a, b Record) int {
	if a.Invoice.Due.IsZero() != b.Invoice.Due.IsZero() {
		if a.Invoice.Due.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.Invoice.Due.Compare(b.Invoice.Due), strings.Compare(a.Invoice.Number, b.Invoice.Number))
}

// totals sums what is to pay, currency by currency; amounts of different currencies are never added up.
func totals(w words, open []Record) []string {
	sums := map[string]billing.Money{}
	for _, rec := range open {
		due := rec.Invoice.AmountDue
		sum, err := cmp.Or(sums[due.Currency], billing.Money{Currency: due.Currency}).Add(due)
		if err == nil {
			sums[due.Currency] = sum
		}
	}
	var lines []string
	for _, sum := range sums {
		lines = append(lines, w.money(sum))
	}
	slices.SortFunc(lines, byCurrency)
	return lines
}

// byCurrency sorts written amounts by the code at their end.
func byCurrency(a, b string) int { return strings.Compare(a[max(0, len(a)-3):], b[max(0, len(b)-3):]) }

// languageChoice is where a person chooses the language that Kvitt speaks with them.
func (f *Flows) languageChoice(ctx context.Context, w words, user string) bot.Block {
	chosen := "auto"
	if pref, err := f.People.Prefs.Load(ctx, user); err == nil && pref.Lang != "" {
		chosen = string(pref.Lang)
	}
	return bot.Actions("language", bot.Menu{Action: ActLang, Placeholder: w.say("home.language"), Chosen: chosen, Options: []bot.Option{
		{Value: "auto", Label: w.say("home.language.auto")}, {Value: string(English), Label: "English"}, {Value: string(Norwegian), Label: "Norsk bokmål"}}})
}
