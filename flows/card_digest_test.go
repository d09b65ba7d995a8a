package flows

import (
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// digests are many reminders as one message, and the list behind it.
func digests(w words) map[string]bot.Message {
	overdue := changedInvoice(func(i *billing.Invoice) {
		i.ID, i.Number, i.Supplier, i.Due = "stripe:in_7", "NF-7", "Nordlys Fiber", on(2026, 3, 2)
		i.AmountDue, i.Total = billing.Money{Minor: 489050, Currency: "NOK"}, billing.Money{Minor: 489050, Currency: "NOK"}
	})
	many := []Record{overdue}
	for range 11 {
		many = append(many, openRecord())
	}
	nine := at(time.UTC, 2026, 3, 9, 9, 0)
	return map[string]bot.Message{
		"digest":      digestMessage(w, []Record{openRecord(), overdue, openRecord(), openRecord()}, nine, on(2026, 3, 9)),
		"digest-many": digestMessage(w, many, nine, on(2026, 3, 9)),
	}
}

func TestHowADigestLooks(t *testing.T) {
	wired(t, func(t *testing.T, b *bot.Bot, line *wire) {
		for _, lang := range []Lang{English, Norwegian} {
			for name, m := range digests(speak(lang)) {
				golden(t, name, lang, line.message(t, b, m))
			}
		}
	})
}
