package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPageBehindTheScenes tries what stands beside the demo's Slack: the time machine, the gateway's panel and the log.
func TestPageBehindTheScenes(t *testing.T) {
	t.Parallel()
	browser := openBrowser(t)
	demo := start(t, []string{"TMPDIR=" + shortFolder(t)}, "demo")
	address := <-demo.first
	people := cast(t, address)
	for _, j := range []struct {
		name string
		walk func(t *testing.T, p *tab)
	}{
		{"a line that is cut after the charge leaves a doubt", lineIsCut},
		{"what the issuer does elsewhere is seen on every copy", issuerActs},
		{"what was said can be read", logIsRead},
		{"on a telephone it is a drawer", drawerOpens},
		{"when the line is back, it was one charge", lineIsBack},
		{"a day is skipped, and the day's reminders come", dayIsSkipped},
		{"a modal that stays open over a skipped day still pays", modalIsLeftOpen},
	} {
		t.Run(j.name, func(t *testing.T) { j.walk(t, openTab(t, browser, address, people)) })
	}
	if code, _ := demo.stop(); code != well {
		t.Errorf("the demo exited with %d", code)
	}
}

func lineIsCut(t *testing.T, p *tab) {
	p.visit("asha", "dm")
	p.seeIn("INV-1042", "1,200.00 USD")
	p.tour("Cut the line after a charge")
	p.soon("the choice", `document.querySelector('#panel input[value="loses the line"]').checked`)
	p.pressIn("INV-1042", "pay")
	p.choose("method", "Visa •••• 4242")
	p.click(`#modal [data-action-id="submit"]`)
	p.see("#modal", "Asha tried to pay this. We don't know yet whether this went through.")
	p.click(`#modal [data-action-id="close"]`)
	p.seeIn("INV-1042", "Asha tried to pay this. We don't know yet whether this went through. Please don't pay it again")
	p.lacksIn("INV-1042", "pay")
	p.see("#panel", "INV-1042 lost its connection after the charge. The next payment goes through.")
	p.picture("demo-panel.png")
}

// tour presses the line of the tour that begins with some words.
func (p *tab) tour(words string) {
	p.t.Helper()
	p.soon("the tour's line "+words, `(() => {
		const line = [...document.querySelectorAll(".tour li")].find((li) => li.innerText.includes(%s));
		line?.querySelector("button").click();
		return line;
	})()`, words)
}

// lineIsBack is some ten seconds later.
func lineIsBack(t *testing.T, p *tab) {
	p.visit("asha", "dm")
	p.seeIn("INV-1042", "Paid by Asha", "Visa •••• 4242")
	if n := script[int](p, `[...document.querySelectorAll("#messages article.message")].filter((m) => m.innerText.startsWith("Paid: Invoice INV-1042")).length`); n > 1 {
		t.Errorf("paid is said %d times", n)
	}
	if keys := p.keysOfPayments(); len(slices.Compact(keys)) != 1 {
		t.Errorf("Stripe was asked to pay with the keys %q, want one", keys)
	}
}

func issuerActs(_ *testing.T, p *tab) {
	p.visit("asha", "dm")
	p.issuer("NF-2207", "amount", "4100,50")
	p.seeIn("NF-2207", "4,100.50 NOK")
	p.issuer("NF-2207", "elsewhere", "")
	p.seeIn("NF-2207", "Paid outside Kvitt")
	p.lacksIn("NF-2207", "pay")
	p.visit("bo", "dm")
	p.seeIn("NF-2207", "Betalt utenfor Kvitt")
}

func logIsRead(t *testing.T, p *tab) {
	p.visit("kim", "finance")
	p.pressIn("8841", "pay")
	p.click(`#modal [data-action-id="close"]`)
	p.see("#panel-log", "Kim presses “pay” in #finance", "views.open", "block_actions")
	p.click(".tour li:last-child button")
	p.focused("#panel-log > summary")
	p.tabTo(".wire li:not(.read) summary")
	p.keys(kb.Enter)
	p.see(".wire li:not(.read) .wire-said", "Sent", "Answer")
	for _, secret := range []string{"xoxb-", "xapp-", "sk_test_", "ticket="} {
		if strings.Contains(p.text("#panel-log"), secret) {
			t.Errorf("the log shows %s", secret)
		}
	}
}

func dayIsSkipped(_ *testing.T, p *tab) {
	p.visit("asha", "dm")
	p.tabTo(`#panel [data-skip="day"]`)
	before := p.text("#pretend-now")
	p.keys(" ")
	p.seeIn("INV-1057", "349.00 USD")
	p.soon("another day", `document.querySelector("#pretend-now").innerText !== %s`, before)
	next, _, _ := strings.Cut(p.text(`#panel [data-skip="due"] .skip-note`), ",")
	p.click(`#panel [data-skip="due"]`)
	p.soon("the reminder of the due date", `[...document.querySelectorAll("#messages article.message")].findLast((m) => m.innerText.includes(%s))?.innerText.includes("(today)")`, next)
}

func modalIsLeftOpen(t *testing.T, p *tab) {
	p.visit("asha", "dm")
	p.click(".tour li:first-child button")
	ts := script[string](p, `[...document.querySelectorAll("#messages article.message:has([data-action-id=pay])")].findLast((m) => !/8841|G094172385/.test(m.innerText)).dataset.ts`)
	p.click(fmt.Sprintf(`#messages [data-ts=%q] [data-action-id="pay"]`, ts))
	p.choose("method", "Visa •••• 4242")
	(&pretend{t: t, address: p.address}).skip("day")
	p.click(`#modal [data-action-id="submit"]`)
	p.see("#modal", "Paid by Asha")
	p.click(`#modal [data-action-id="close"]`)
}

func drawerOpens(_ *testing.T, p *tab) {
	p.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch))
	p.visit("asha", "dm")
	p.soon("the drawer closed", `!document.querySelector("#panel").checkVisibility()`)
	p.click("#panel-toggle")
	p.see("#panel", "+1 day", "What to try")
	p.soon("the drawer at rest", `document.querySelector("#panel").checkVisibility() && document.querySelector("#panel").getAnimations().length === 0`)
	p.fits()
	p.keys(kb.Escape)
	p.soon("the drawer closed again", `!document.querySelector("#panel").checkVisibility() && document.activeElement.id === "panel-toggle"`)
}

// keysOfPayments are the idempotency keys with which the pretend Stripe was asked to pay.
func (p *tab) keysOfPayments() (keys []string) {
	p.t.Helper()
	var panel struct {
		Log []struct {
			Seq  int
			What string
		}
	}
	fetch(p.t, p.address+"/panel", &panel)
	for _, e := range panel.Log {
		if strings.HasSuffix(e.What, "/pay") {
			var told struct {
				Sent struct {
					Key string `json:"idempotency_key"`
				}
			}
			fetch(p.t, fmt.Sprintf("%s/panel/entry?seq=%d", p.address, e.Seq), &told)
			keys = append(keys, told.Sent.Key)
		}
	}
	return keys
}

// issuer does something to an invoice in the gateway's panel.
func (p *tab) issuer(number, deed, amount string) {
	p.t.Helper()
	p.soon(number+" among the open invoices", `(() => {
		const menu = document.querySelector("#gateway-invoice");
		const option = [...menu?.options ?? []].find((o) => o.text.startsWith(%s));
		if (!option) return false;
		menu.value = option.value;
		menu.dispatchEvent(new Event("change", { bubbles: true }));
		if (%s) document.querySelector("#gateway-amount").value = %s;
		return true;
	})()`, number, amount, amount)
	p.click(`#panel [data-deed="` + deed + `"]`)
}
