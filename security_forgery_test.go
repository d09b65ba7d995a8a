package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kvitt/billing/ledger"
	"kvitt/sandbox"
)

// twoBilled is a day with two invoices of our customer, one of another customer, and one of the ledger.
const twoBilled = billed + `
invoice INV-2 80.00 EUR due 2026-03-12
import rent.csv
wait 20m`

const rent = "number;supplier;amount;currency;due\n8841;Havn Kontor;1200,00;USD;2026-03-12\n"

// besides adds another customer of the same Stripe account, with a card and an invoice of its own.
func (s *stage) besides() {
	s.files["rent.csv"] = rent
	other := s.stripe.AddCustomer(sandbox.StripeCustomer{Name: "Somebody Else Ltd", DefaultMethod: "pm_theirs"})
	s.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_theirs", Customer: other, AllowRedisplay: "always"})
	s.invoices["THEIRS"] = s.stripe.AddInvoice(sandbox.StripeInvoice{ID: "in_theirs", Number: "THEIRS", Customer: other, Currency: "usd", Total: 120000})
}

// submission is a payload that pays INV-1 with pm_visa, but for what is replaced in it.
func submission(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(submissionOfPay)
}

const meta = `{\"i\":\"stripe:{{.Invoice}}\",\"a\":120000,\"c\":\"USD\"}`

// What a billing admin's own client, changed, could send: the page of a browser is not ours. None of it moves any money.
var forgedSubmissions = []struct{ name, payload, told string }{
	{"a card of another customer", submission("pm_visa", "pm_theirs"), "can't be used for this invoice"},
	{"a card that does not exist", submission("pm_visa", "pm_nope"), "can't be used for this invoice"},
	{"a path for a card", submission("pm_visa", "../customers"), "can't be used for this invoice"},
	{"a very long card", submission("pm_visa", strings.Repeat("pm_", 100_000)), "can't be used for this invoice"},
	{"two cards", submission(`"selected_option":{"value":"pm_visa"}`, `"selected_options":[{"value":"pm_visa"},{"value":"pm_mastercard"}]`), "can't be used for this invoice"},
	{"a text for a choice", submission(`"type":"static_select","selected_option":{"value":"pm_visa"}`, `"type":"plain_text_input","value":"pm_theirs"`), "can't be used for this invoice"},
	{"no choice", submission(`{"value":"pm_visa"}`, `null`), "can't be used for this invoice"},
	{"no menu", submission(`"method":{"method":{"type":"static_select","selected_option":{"value":"pm_visa"}}}`, ``), "can't be used for this invoice"},
	{"no state", submission(`{"values":{"method":{"method":{"type":"static_select","selected_option":{"value":"pm_visa"}}}}}`, `null`), "can't be used for this invoice"},
	{"the menu in another block", submission(`"values":{"method"`, `"values":{"methods"`), "can't be used for this invoice"},
	{"a way to pay that the ledger has", submission("pm_visa", "Bank transfer"), "can't be used for this invoice"},
	{"a lower amount", submission(`\"a\":120000`, `\"a\":1`), "The invoice changed since you opened this window. Nothing was paid."},
	{"a negative amount", submission(`\"a\":120000`, `\"a\":-120000`), "The invoice changed since you opened this window. Nothing was paid."},
	{"another currency", submission(`USD`, `JPY`), "The invoice changed since you opened this window. Nothing was paid."},
	{"no amount", submission(`,\"a\":120000,\"c\":\"USD\"`, ``), "The invoice changed since you opened this window. Nothing was paid."},
	{"an amount too great for a number", submission(`120000`, `1e30`), "This invoice is not known here any more. Nothing was paid."},
	{"an invoice of another customer", submission(`{{.Invoice}}`, `in_theirs`), "This invoice is not known here any more. Nothing was paid."},
	{"an invoice that does not exist", submission(`{{.Invoice}}`, `in_nope`), "This invoice is not known here any more. Nothing was paid."},
	{"a path for an invoice", submission(`stripe:{{.Invoice}}`, `stripe:../payment_intents/pi_1`), "This invoice is not known here any more. Nothing was paid."},
	{"an invoice of no billing service", submission(`stripe:{{.Invoice}}`, `T0SANDBOX/pin/1`), "This invoice is not known here any more. Nothing was paid."},
	{"a zero byte in an invoice", submission(`stripe:{{.Invoice}}`, `stripe:{{.Invoice}}\\u0000`), "Nothing was paid."},
	{"a very long invoice", submission(`stripe:{{.Invoice}}`, `stripe:`+strings.Repeat("x", 100_000)), "Nothing was paid."},
	{"the ledger's invoice with a card", submission(`stripe:{{.Invoice}}`, ledger.ID("Havn Kontor", "8841")), "can't be used for this invoice"},
	{"the modal of a denial, which has no metadata", submission(meta, ``), "This invoice is not known here any more. Nothing was paid."},
	{"metadata that are no JSON", submission(meta, `pay it`), "This invoice is not known here any more. Nothing was paid."},
	{"metadata that are a list", submission(meta, `[`+meta+`]`), "This invoice is not known here any more. Nothing was paid."},
	{"the ledger's way back for what Stripe collects", submission(`"callback_id":"pay"`, `"callback_id":"undo"`, `"method":{"method"`, `"reason":{"text"`), "This record can't be taken back any more"},
	{"a window that nobody has", submission(`"callback_id":"pay"`, `"callback_id":"approve"`), ""},
}

func TestAForgedSubmissionMovesNoMoney(t *testing.T) {
	t.Parallel()
	inStory(t, "", func(s *stage) {
		s.besides()
		s.acts(twoBilled)
		for _, forgery := range forgedSubmissions {
			before := strings.Count(strings.Join(s.posted(), "\n"), forgery.told)
			answer := s.delivers(s.forged(forgery.payload, "asha", ""))
			time.Sleep(time.Minute)
			after := strings.Count(answer+strings.Join(s.posted(), "\n"), forgery.told)
			if forgery.told != "" && after <= before || forgery.told == "" && answer != "" || len(s.stripe.Charges("")) > 0 {
				t.Fatalf("%s: charges %+v; it was answered: %s\n%s", forgery.name, s.stripe.Charges(""), answer, s.scene())
			}
			if n := s.records(); n != 3 || len(s.trails()) > 30_000 {
				t.Errorf("%s: there are %d records now, want 3; the audit trails hold %d bytes", forgery.name, n, len(s.trails()))
			}
		}
		for _, call := range s.stripe.Calls() {
			if strings.Contains(call.Path, "..") || strings.Contains(call.Path, "theirs") || strings.HasSuffix(call.Path, "/pay") {
				t.Errorf("Stripe was asked for %s", call.Path)
			}
		}
		s.acts(`
			expect audit "pay sent" 0
			expect audit "paid" 0
			expect audit "undo requested" 0`)
		s.delivers(s.forged(submission(), "asha", "")) // As it is, it pays.
		s.acts("expect charges INV-1 1")
	})
}

// records counts what the bot remembers of invoices.
func (s *stage) records() (n int) {
	for range s.life.store.IDs(s.t.Context(), "T0SANDBOX", "invoice") {
		n++
	}
	return n
}

// What is charged is what the billing service says, wherever in a payload another amount stands.
func TestNoAmountInAPayloadIsEverCharged(t *testing.T) {
	t.Parallel()
	inStory(t, "", func(s *stage) {
		s.besides()
		s.acts(twoBilled)
		s.delivers(s.forged(submission(`"api_app_id"`, `"amount":1,"currency":"jpy","invoice":"in_theirs","actions":[{"value":"1 JPY"}],"api_app_id"`,
			`"hash":"1.a"`, `"hash":"1.a","amount":1,"blocks":[{"type":"header","text":{"type":"plain_text","text":"0.01 USD"}}],"external_id":"1"`,
			`"values":{`, `"values":{"amount":{"amount":{"type":"plain_text_input","value":"1"}},"invoice":{"i":{"value":"in_theirs"}},`), "asha", ""))
		// The metadata of another invoice, as it was shown, pay that other invoice: its own amount, once.
		s.delivers(s.forged(submission(`{{.Invoice}}`, `{{.Second}}`, `120000`, `8000`, `USD`, `EUR`), "asha", ""))
		var got []string
		for _, c := range s.stripe.Charges("") {
			got = append(got, fmt.Sprintf("%v %d %s by %s", c.Invoice == s.invoices["INV-1"], c.Amount, c.Currency, c.Method))
		}
		if want := []string{"true 120000 usd by pm_visa", "false 8000 eur by pm_visa"}; !slices.Equal(got, want) {
			t.Errorf("charged %v, want %v", got, want)
		}
	})
}

// Buttons carry an id, and ids can be made up: for somebody who may pay nothing opens but what is there, and nobody makes a record by asking for one.
func TestAForgedButtonOpensNothingThatIsNotThere(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"nothing": "", "words": "pay it", "another customer's invoice": "stripe:in_theirs", "a path": "../../etc/passwd", "a path at Stripe": "stripe:../customers/cus_1",
		"a zero byte": `stripe:in_1\u0000x`, "a record of another kind": "T0SANDBOX/pin/abc", "a space more": "stripe:{{.Invoice}} ", "the ledger's form": "ledger:ffffffffffffffff",
		"half an id": "stripe:", "a very long one": strings.Repeat("stripe:", 50_000), "bytes that are no UTF-8": "stripe:\xff\xfe",
	}
	inStory(t, "", func(s *stage) {
		s.besides()
		s.acts(twoBilled)
		for name, value := range values {
			before := s.posted()
			for _, who := range []string{"asha", "kim"} {
				for _, action := range []string{"pay", "view", "add", "undo", "release", "otherway", "steps", "ask"} {
					if value == "" && action == "ask" {
						continue // That is the button of App Home, which is about the most urgent invoice.
					}
					press := strings.NewReplacer("B0KVITT000", "B0ANOTHER0").Replace(pressOf(action, value))
					s.delivers(s.forged(press, who, s.trigger(who)))
					s.opensNothing(who, action+" of "+name)
				}
			}
			if after := s.posted(); !slices.Equal(before, after) || s.records() != 3 {
				t.Errorf("%s: %d records; posted: %v", name, s.records(), after[len(before):])
			}
		}
		s.acts("expect charges INV-1 0\nexpect charges INV-2 0")
		for _, call := range s.stripe.Calls() {
			if strings.Contains(call.Path, "theirs") || strings.Contains(call.Path, "..") {
				t.Errorf("Stripe was asked for %s", call.Path)
			}
		}
	})
}

// opensNothing proves that somebody sees a sentence, and neither a link nor anything to submit.
func (s *stage) opensNothing(who, what string) {
	s.t.Helper()
	seen := s.seen(who)
	if strings.Contains(seen, "Somebody Else") || strings.Contains(seen, "https://") || strings.Contains(seen, "Payment method\n") {
		s.t.Errorf("%s showed %s: %s", what, who, seen)
	}
	modals := s.slack.Modals(s.people[who])
	if len(modals) != 1 || modals[0].Submit != "" {
		s.t.Errorf("%s: %s has %d modals open: %s", what, who, len(modals), seen)
	}
}

// One request for each person, invoice and day, however often, fast and oddly it is asked for.
func TestAFloodOfRequestsReachesTheAdminsOnce(t *testing.T) {
	t.Parallel()
	inStory(t, billed, func(s *stage) {
		asks := []string{clickOnPay, strings.Replace(clickOnPay, `"value":"stripe:{{.Invoice}}"`, `"value":""`, 1),
			strings.Replace(clickOnPay, `"block_id":"controls"`, `"block_id":"ask"`, 1)}
		var flood []string
		for n := range 30 {
			ask := strings.Replace(asks[n%len(asks)], `"action_id":"pay"`, `"action_id":"ask"`, 1)
			flood = append(flood, s.forged(ask, "kim", s.trigger("kim")))
		}
		for _, payload := range flood {
			go func() { _, _ = s.slack.Deliver(s.t.Context(), sandbox.Interactive, json.RawMessage(payload)) }()
		}
		time.Sleep(time.Minute)
		s.acts(`expect count asha 1 "Kim asks you"` + "\n" + `expect count bo 1 "Kim ber deg"` + "\n" + `expect audit "asked for help" 1` + "\n" + `expect count finance 1 "INV-1"`)
		s.acts("wait 24h\nhome kim")
		home, _ := s.slack.Home(s.people["kim"])
		button, _ := home.Find("Ask a billing admin")
		for range 2 {
			for _, open := range slices.Backward(s.slack.Modals(s.people["kim"])) { // Nothing can lie on top of a Home.
				_ = s.slack.Close(t.Context(), s.people["kim"], open.ID)
			}
			if err := s.slack.Press(s.t.Context(), s.people["kim"], button.Spot); err != nil {
				t.Fatal(err)
			}
			time.Sleep(breath)
		}
		s.acts(`expect modal kim "You asked today already."` + "\n" + `expect count asha 2 "Kim asks you"` + "\n" + `expect audit "asked for help" 2`)
	})
}
