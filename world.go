package main

import (
	"fmt"
	"path/filepath"
	"time"

	"kvitt/sandbox"
)

// world is the finance team of the demo.
type world struct {
	slack    *sandbox.Slack
	stripe   *sandbox.Stripe
	asha, bo string
	finance  string
	customer string
}

// newWorld fills the pretend Slack with people and the pretend Stripe with invoices whose due dates are around today.
func newWorld(stripeURL string) *world {
	w := &world{
		slack:  sandbox.NewSlack(sandbox.SlackConfig{TeamName: "Fjord Finance", TeamDomain: "fjord"}),
		stripe: sandbox.NewStripe(sandbox.StripeConfig{Name: "Acme Cloud", Site: stripeURL}),
	}
	w.people()
	w.bills(time.Now())
	return w
}

func (w *world) people() {
	person := func(p sandbox.Person) string {
		p.Playable = true
		return w.slack.AddPerson(p)
	}
	w.asha = person(sandbox.Person{Name: "Asha", RealName: "Asha Rao", Email: "asha@fjord.example", About: "Billing admin, reads English", Color: "#7c3aed"})
	w.bo = person(sandbox.Person{Name: "Bo", RealName: "Bo Dahl", Email: "bo@fjord.example", Locale: "nb-NO", TZ: "Europe/Oslo", About: "Billing admin, reads Norwegian", Color: "#0e7490"})
	kim := person(sandbox.Person{Name: "Kim", RealName: "Kim Lind", Email: "kim@fjord.example", About: "In #finance, but no billing admin", Color: "#b45309"})
	gus := person(sandbox.Person{Name: "Gus", RealName: "Gus Ward", Email: "gus@elsewhere.example", Guest: true, About: "A guest in #finance", Color: "#be123c"})
	w.finance = w.slack.AddChannel(sandbox.Channel{Name: "finance", Members: []string{w.asha, w.bo, kim, gus, w.slack.Config().BotUserID}})
}

func (w *world) bills(now time.Time) {
	day := func(n int) time.Time { return time.Date(now.Year(), now.Month(), now.Day()+n, 12, 0, 0, 0, time.UTC) }
	w.customer = w.stripe.AddCustomer(sandbox.StripeCustomer{Name: "Fjord Finance AS", Email: "billing@fjord.example", DefaultMethod: "pm_visa"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_visa", Customer: w.customer, AllowRedisplay: "always"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_empty", Customer: w.customer, Brand: "mastercard", Last4: "9995", Decline: "insufficient_funds", AllowRedisplay: "always"})
	w.stripe.AddInvoice(sandbox.StripeInvoice{Number: "INV-1042", Customer: w.customer, Currency: "usd", Total: 120000, Due: day(3),
		Description: "Cloud hosting", Lines: []string{"Cloud hosting"}})
	w.stripe.AddInvoice(sandbox.StripeInvoice{Number: "NF-2207", Customer: w.customer, Biller: "Nordlys Fiber", Currency: "nok", Total: 489050, Due: day(-2),
		Description: "Bredbånd, kontoret i Bergen", Lines: []string{"Bredbånd, kontoret i Bergen"}})
}

// ledgerFile is an invoice that no billing service knows, as a company's own list has it.
func (w *world) ledgerFile(now time.Time) string {
	return "number;supplier;amount;currency;due;description;reference;pay_to\n" +
		fmt.Sprintf("8841;Havn Kontor;12500,00;NOK;%s;Husleie;00884112345;1503.40.12345\n", now.AddDate(0, 0, 1).UTC().Format(time.DateOnly))
}

// environment is what an operator would set, for these far ends.
func (w *world) environment(far *farEnds, folder string) []string {
	return []string{
		"SLACK_BOT_TOKEN=" + w.slack.Config().BotToken, "SLACK_APP_TOKEN=" + w.slack.Config().AppToken, "SLACK_API_URL=" + far.slackURL + "/api/",
		"KVITT_LISTEN=127.0.0.1:0", "KVITT_DATA=" + filepath.Join(folder, "data"), "KVITT_BILLING=stripe,ledger", "KVITT_ADMINS=" + w.asha + "," + w.bo,
		"KVITT_CHANNELS=" + w.finance, "KVITT_HOURS=00:00-24:00", "KVITT_DAYS=mon-sun", "KVITT_SYNC=@every 2s", "KVITT_SWEEP=@every 1s",
		"STRIPE_API_KEY=sk_test_kvitt", "STRIPE_API_URL=" + far.stripeURL, "KVITT_STRIPE_CUSTOMERS=" + w.customer,
	}
}
