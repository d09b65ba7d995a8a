package main

import (
	"net/http"
	"testing"
)

// TestPagePaymentsThatTakeTheirTime pays in the demo in ways that do not end with the click: the bank wants Asha to confirm, on a page of the pretend
// Stripe; and a debit that clears a day later.
func TestPagePaymentsThatTakeTheirTime(t *testing.T) {
	t.Parallel()
	browser := openBrowser(t)
	demo := start(t, []string{"TMPDIR=" + shortFolder(t)}, "demo")
	address := <-demo.first
	people := cast(t, address)
	t.Run("the bank wants the payer to confirm", func(t *testing.T) { bankAsks(t, openTab(t, browser, address, people)) })
	t.Run("a debit clears a day later", func(t *testing.T) { debitClears(t, openTab(t, browser, address, people)) })
	t.Run("a card is added in the portal", func(t *testing.T) { cardIsAdded(t, openTab(t, browser, address, people)) })
	if code, _ := demo.stop(); code != well {
		t.Errorf("the demo exited with %d", code)
	}
}

func bankAsks(t *testing.T, p *tab) {
	p.visit("asha", "dm")
	p.pressIn("INV-1042", "pay")
	p.choose("method", "Visa •••• 3155")
	p.click(`#modal [data-action-id="submit"]`)
	p.see("#modal", "Asha still has to confirm this payment with the bank. No money has moved yet.", "Confirm the payment")
	p.lacksIn("INV-1042", "pay")
	p.click(`#modal [data-action-id="view"]`)
	p.see("#modal", "Please don't pass this link on: it may work without signing in.")
	link := script[string](p, `document.querySelector('#modal [data-action-id="open"]').href`)
	confirm(t, link)
	p.seeIn("INV-1042", "Paid by Asha", "Visa •••• 3155")
	for range 2 { // The link lies upon the modal in which the payment was made.
		p.click(`#modal [data-action-id="close"]`)
	}
}

// confirm presses the button of a page of the pretend Stripe.
func confirm(t *testing.T, link string) {
	t.Helper()
	res, err := http.Post(link, "application/x-www-form-urlencoded", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d", link, res.StatusCode)
	}
}

func debitClears(t *testing.T, p *tab) {
	p.visit("asha", "dm")
	p.pressIn("NF-2207", "pay")
	p.choose("method", "SEPA •••• 3000")
	p.click(`#modal [data-action-id="submit"]`)
	p.see("#modal", "Asha's payment was sent to the bank; that takes a few days.")
	p.click(`#modal [data-action-id="close"]`)
	p.lacksIn("NF-2207", "pay")
	(&pretend{t: t, address: p.address}).skip("day")
	(&pretend{t: t, address: p.address}).skip("hour")
	p.seeIn("NF-2207", "Paid by Asha", "SEPA •••• 3000")
}

func cardIsAdded(t *testing.T, p *tab) {
	(&pretend{t: t, address: p.address}).skip("day")
	p.visit("asha", "dm")
	p.seeIn("INV-1057", "349.00 USD")
	p.pressIn("INV-1057", "pay")
	p.click(`#modal [data-action-id="add"]`)
	p.see("#modal", "Open the page to add one", "Please don't pass this link on: it may work without signing in.")
	confirm(t, script[string](p, `document.querySelector('#modal [data-action-id="open"]').href`))
	for range 2 {
		p.click(`#modal [data-action-id="close"]`)
	}
	p.pressIn("INV-1057", "pay")
	p.choose("method", "Visa •••• 1881")
	p.click(`#modal [data-action-id="submit"]`)
	p.seeIn("INV-1057", "Paid by Asha", "Visa •••• 1881")
}
