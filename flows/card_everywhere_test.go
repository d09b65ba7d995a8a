package flows

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// standing are invoices in every state that there is, for the cards of every place.
func standing() map[string]Record {
	all := everyState()
	delete(all, "sent")
	all["draft"] = changedInvoice(func(i *billing.Invoice) { i.Status = billing.Draft })
	all["uncollectible"] = changedInvoice(func(i *billing.Invoice) { i.Status = billing.Uncollectible })
	all["held"] = changedInvoice(func(i *billing.Invoice) { i.Status = billing.Held })
	all["partly paid"] = changedInvoice(func(i *billing.Invoice) { i.AmountDue = usd(45050) })
	all["no due date"] = changedInvoice(func(i *billing.Invoice) { i.Due = billing.Date{} })
	return all
}

// TestHowEveryStateLooksInEveryPlace keeps one file for each state and language: the card in Asha's direct message, in the channel, in its thread, the
// line in App Home and in the lists, and the modal that Bo gets by pressing Pay now.
func TestHowEveryStateLooksInEveryPlace(t *testing.T) {
	wired(t, func(t *testing.T, b *bot.Bot, w *wire) {
		for name, r := range standing() {
			for _, lang := range []Lang{English, Norwegian} {
				golden(t, "state-"+dashed(name), lang, everywhere(t, b, w, r, lang))
			}
		}
	})
}

func everywhere(t *testing.T, b *bot.Bot, line *wire, r Record, lang Lang) []byte {
	now := monday.Add(10 * time.Minute)
	places := map[string]json.RawMessage{}
	for place, post := range map[string]Post{"direct message": reminderFor(asha, -7), "channel": reminderFor(finance, -7), "thread": threadFor(-1)} {
		post.Lang = lang
		places[place] = line.message(t, b, render(now, r, post, anAudience(), aPolicy()))
	}
	c := card{words: speak(lang), r: r, policy: aPolicy(), now: now, people: anAudience().People}
	must(b.Publish(t.Context(), asha, bot.View{Blocks: c.listed(0)}))
	places["home"] = json.RawMessage(line.sent.Get("view"))
	places["modal"] = line.view(t, b, pressed(c, bo))
	return []byte(asJSON(places))
}

// pressed is the modal that somebody gets by pressing Pay now.
func pressed(c card, user string) bot.View {
	if v := c.underWay(user); v != nil {
		return *v
	}
	if v := c.unpayable(); v != nil {
		return *v
	}
	return payView(c.words, offer{invoice: c.r.Invoice, methods: []billing.Method{visa}, way: billing.Pays, today: on(2026, 3, 2)})
}

func dashed(name string) string { return strings.ReplaceAll(name, " ", "-") }
