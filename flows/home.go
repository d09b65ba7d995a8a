package flows

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

const (
	homeInvoices = 20                  // On one page: a Home holds 100 blocks.
	homePaid     = 5                   // Of what was paid lately.
	lately       = 30 * 24 * time.Hour // What was paid lately.
)

// home publishes a person's App Home: to a billing admin the invoices to pay, to everybody else that billing admins handle them.
func (f *Flows) home(ctx context.Context, c bot.Click) error { return f.publishHome(ctx, c.User, 0) }

// turnPage shows another page of the invoices to pay.
func (f *Flows) turnPage(ctx context.Context, c bot.Click) error {
	page, err := strconv.Atoi(c.Value)
	if err != nil {
		page = 0
	}
	return f.publishHome(ctx, c.User, page)
}

func (f *Flows) publishHome(ctx context.Context, user string, page int) error {
	ctx, cancel := context.WithTimeout(ctx, homeTime)
	defer cancel()
	reader, _, _ := f.People.Reader(ctx, user, f.Policy.Team)
	w := speak(reader.Lang)
	s, err := f.sight(ctx, user)
	if err != nil {
		return err
	}
	blocks, right := []bot.Block{bot.Plain(w.say("home.denied"))}, s.right
	if right == MayPay {
		if blocks, err = f.homeBlocks(ctx, w, s, page); err != nil {
			return err
		}
	}
	if right == NotAdmin {
		blocks = append(blocks, askButton(w))
	}
	if right != Outsider {
		blocks = append(blocks, bot.Divider(), bot.Plain(w.say("home.language")), f.languageChoice(ctx, w, user))
	}
	return f.Bot.Publish(ctx, user, bot.View{Blocks: blocks})
}

func (f *Flows) homeBlocks(ctx context.Context, w words, s *sight, page int) ([]bot.Block, error) {
	open, err := f.toPayNow(ctx, s)
	if err != nil {
		return nil, err
	}
	paid, err := f.paidSince(ctx, s, f.Now().Add(-lately), homePaid)
	if err != nil {
		return nil, err
	}
	blocks := f.toPay(ctx, w, open, page)
	if len(paid) > 0 {
		blocks = append(blocks, bot.Divider(), bot.Header(w.say("home.paid")))
	}
	for i, rec := range paid {
		c := f.card(ctx, w, rec)
		blocks = append(blocks, bot.Plain(c.title()+", "+c.facts()+". "+c.status()))
		if buttons := c.remedies(); len(buttons) > 0 {
			blocks = append(blocks, bot.Actions(fmt.Sprintf("paid-%d", i), buttons...))
		}
	}
	fixed := without([]string{f.whoPays(ctx, w), f.Policy.limits(w), f.channels(ctx, w), s.note(w)}, "")
	return append(blocks, bot.Note(fixed...)), nil
}

// whoPays says who decides who is a billing admin.
func (f *Flows) whoPays(ctx context.Context, w words) string {
	var says []string
	if names := f.adminNames(ctx, account{}); len(names) > 0 {
		says = append(says, w.say("home.fixed", "Admins", w.list(names, "and")))
	}
	if len(f.Admins.Roles) > 0 {
		says = append(says, w.say("roles.decide"))
	}
	return strings.Join(says, " ")
}

// nameAge is how old the name of a channel may be.
const nameAge = time.Hour

// nameTime is how long Home waits for the names of channels.
const nameTime = time.Second

// channels says which finance channels get something, as far as Slack tells their names in time, and who decides that.
func (f *Flows) channels(ctx context.Context, w words) string {
	ctx, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	var names []string
	for _, id := range f.Policy.Channels {
		if place, err := f.Bot.Place(ctx, id, nameAge); err == nil && place.Name != "" && !place.Shared && !place.Archived {
			names = append(names, "#"+bot.Clip(place.Name, 80))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return w.say("home.channels", "Channels", w.list(names, "and"))
}

// toPay lists one page of the invoices to pay, each with its button.
func (f *Flows) toPay(ctx context.Context, w words, open []Record, page int) []bot.Block {
	blocks := []bot.Block{bot.Header(w.say("home.topay"))}
	if len(open) == 0 {
		return append(blocks, bot.Plain(w.say("home.empty")))
	}
	blocks = append(blocks, bot.Plain(w.say("home.total", "Totals", w.list(totals(w, open), "and"))))
	page = min(max(page, 0), (len(open)-1)/homeInvoices)
	from, to := page*homeInvoices, min((page+1)*homeInvoices, len(open))
	for i, rec := range open[from:to] {
		blocks = append(blocks, f.card(ctx, w, rec).listed(i)...)
	}
	var turn []bot.Element
	if page > 0 {
		turn = append(turn, bot.Button{Action: ActPage + "/back", Value: strconv.Itoa(page - 1), Label: w.say("home.back")})
	}
	if to < len(open) {
		turn = append(turn, bot.Button{Action: ActPage + "/on", Value: strconv.Itoa(page + 1), Label: w.count("home.more", len(open)-to)})
	}
	if len(turn) > 0 {
		blocks = append(blocks, bot.Actions("page", turn...))
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
