package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/billing/ledger"
	"kvitt/sandbox"
	"kvitt/store"
)

// demoZone is where the finance team of the demo works.
const demoZone = "Europe/Oslo"

// world is the finance team of the demo: all that is pretend about it, on one clock.
type world struct {
	clock        *sandbox.Clock
	zone         *time.Location
	slack        *sandbox.Slack
	stripe       *sandbox.Stripe
	azure        azureOfDemo
	ledger       *ledger.Ledger // The company's own list.
	asha, bo     string
	kim, finance string
	customer     string
}

// newWorld fills the pretend Slack with people and the pretend Stripe with invoices whose due dates are around today.
func newWorld(stripeURL string) (*world, error) {
	zone, err := time.LoadLocation(demoZone)
	if err != nil {
		return nil, fmt.Errorf("the demo's zone: %w", err)
	}
	clock := &sandbox.Clock{}
	w := &world{
		clock: clock, zone: zone,
		slack:  sandbox.NewSlack(sandbox.SlackConfig{TeamName: "Fjord Finance", TeamDomain: "fjord", Now: clock.Now}),
		stripe: sandbox.NewStripe(sandbox.StripeConfig{Name: "Acme Cloud", Site: stripeURL, ClearAfter: 24 * time.Hour, Now: clock.Now}),
	}
	w.people()
	w.bills()
	w.openAzure()
	return w, nil
}

func (w *world) people() {
	person := func(p sandbox.Person) string {
		p.Playable, p.TZ = true, demoZone
		return w.slack.AddPerson(p)
	}
	w.asha = person(sandbox.Person{Name: "Asha", RealName: "Asha Rao", Email: "asha@fjord.example", About: "Billing admin, reads English", Color: "#7c3aed"})
	w.bo = person(sandbox.Person{Name: "Bo", RealName: "Bo Dahl", Email: "bo@fjord.example", Locale: "nb-NO", About: "Billing admin, reads Norwegian", Color: "#0e7490"})
	w.kim = person(sandbox.Person{Name: "Kim", RealName: "Kim Lind", Email: "kim@fjord.example", About: "In #finance, but no billing admin", Color: "#b45309"})
	gus := person(sandbox.Person{Name: "Gus", RealName: "Gus Ward", Email: "gus@elsewhere.example", Guest: true, About: "A guest in #finance", Color: "#be123c"})
	w.finance = w.slack.AddChannel(sandbox.Channel{Name: "finance", Members: []string{w.asha, w.bo, w.kim, gus, w.slack.Config().BotUserID}})
}

// day is noon of a day so many days from today.
func (w *world) day(n int) time.Time {
	now := w.clock.Now().In(w.zone)
	return time.Date(now.Year(), now.Month(), now.Day()+n, 12, 0, 0, 0, w.zone)
}

// bills are two invoices that people are reminded of at once, and some for the days to come, of which the first reminder comes tomorrow. On no
// single day come more than four, with what Azure and the ledger have, or they would be a digest.
func (w *world) bills() {
	w.customer = w.stripe.AddCustomer(sandbox.StripeCustomer{Name: "Fjord Finance AS", Email: "billing@fjord.example", DefaultMethod: "pm_visa"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_visa", Customer: w.customer, AllowRedisplay: "always"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_empty", Customer: w.customer, Brand: "mastercard", Last4: "9995", Decline: "insufficient_funds", AllowRedisplay: "always"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_asks", Customer: w.customer, Last4: "3155", Decline: "authentication_required", AllowRedisplay: "always"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_sepa", Customer: w.customer, Type: "sepa_debit", Last4: "3000", AllowRedisplay: "always"})
	for _, bill := range []sandbox.StripeInvoice{
		{Number: "INV-1042", Currency: "usd", Total: 120000, Due: w.day(3), Description: "Cloud hosting"},
		{Number: "NF-2207", Biller: "Nordlys Fiber", Currency: "nok", Total: 489050, Due: w.day(-2), Description: "Bredbånd, kontoret i Bergen"},
		{Number: "INV-1057", Currency: "usd", Total: 34900, Due: w.day(8), Description: "Support plan"},
		{Number: "NF-2261", Biller: "Nordlys Fiber", Currency: "nok", Total: 129000, Due: w.day(11), Description: "Telefoni"},
		{Number: "INV-1063", Currency: "eur", Total: 1845000, Due: w.day(16), Description: "Data warehouse, one year"},
	} {
		bill.Customer, bill.Lines = w.customer, []string{bill.Description}
		w.stripe.AddInvoice(bill)
	}
}

// fillLedger puts in an invoice that no billing service knows, as a company's own list has it.
func (w *world) fillLedger(ctx context.Context, backend store.Backend) error {
	w.ledger = newLedger(backend, nil, w.clock.Now)
	list := "number;supplier;amount;currency;due;description;reference;pay_to\n" +
		fmt.Sprintf("8841;Havn Kontor;12500,00;NOK;%s;Husleie;00884112345;1503.40.12345\n", w.day(1).Format(time.DateOnly))
	_, err := w.ledger.Import(ctx, "demo.csv", strings.NewReader(list))
	return err
}

// nextDue names what comes due next after today, and the morning of that day.
func (w *world) nextDue(ctx context.Context) (what string, at time.Time) {
	var numbers []string
	today, next := billing.DateOf(w.clock.Now(), w.zone), billing.Date{}
	add := func(number string, due billing.Date) {
		switch {
		case due.Compare(today) <= 0 || !next.IsZero() && due.Compare(next) > 0:
			return
		case due != next:
			numbers = nil
		}
		numbers, next = append(numbers, number), due
	}
	for _, inv := range w.stripe.Invoices() {
		if inv.Status == "open" {
			add(inv.Number, billing.DateOf(inv.Due, w.zone))
		}
	}
	for _, inv := range w.azure.Invoices() {
		if inv.Status == "Due" {
			add(inv.Number, billing.DateOf(inv.Due, w.zone))
		}
	}
	for inv, err := range w.ledger.Invoices(ctx, w.clock.Now()) {
		if err == nil && inv.Status == billing.Open {
			add(inv.Number, inv.Due)
		}
	}
	if numbers == nil {
		return "", time.Time{}
	}
	return strings.Join(numbers, ", "), next.At(9, 0, w.zone)
}

// environment is what an operator would set, for these far ends.
func (w *world) environment(far *farEnds, folder string) []string {
	return []string{
		"SLACK_BOT_TOKEN=" + w.slack.Config().BotToken, "SLACK_APP_TOKEN=" + w.slack.Config().AppToken, "SLACK_API_URL=" + far.slackURL + "/api/",
		"KVITT_LISTEN=127.0.0.1:0", "KVITT_DATA=" + filepath.Join(folder, "data"), "KVITT_BILLING=stripe,azure,ledger", "KVITT_ADMINS=" + w.asha + "," + w.bo,
		"KVITT_CHANNELS=" + w.finance, "KVITT_HOURS=00:00-24:00", "KVITT_DAYS=mon-sun", "KVITT_ZONE=" + demoZone, "KVITT_SYNC=@every 2s", "KVITT_SWEEP=@every 1s",
		"STRIPE_API_KEY=sk_test_kvitt", "STRIPE_API_URL=" + far.stripeURL, "KVITT_STRIPE_CUSTOMERS=" + w.customer,
		"KVITT_AZURE_ACCOUNTS=" + w.azure.account, "KVITT_AZURE_ENDPOINT=" + far.azureURL, "KVITT_GRAPH_ENDPOINT=" + far.azureURL, "KVITT_DIGEST_FROM=5",
	}
}
