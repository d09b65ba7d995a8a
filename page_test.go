package main

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var pictures = flag.String("pictures", "", "the folder to which the README's pictures are saved")

// TestPage is a day at the demo, clicked in a real browser.
func TestPage(t *testing.T) {
	t.Parallel()
	browser := openBrowser(t)
	demo := start(t, []string{"TMPDIR=" + shortFolder(t)}, "demo")
	address := <-demo.first
	people := cast(t, address)
	journeys := []struct {
		name string
		walk func(t *testing.T, p *tab)
	}{
		{"Asha pays from her messages", ashaPays},
		{"Bo pays in Norwegian with the keyboard alone", boPays},
		{"Asha pays an invoice of Azure in the portal", ashaGoesToThePortal},
		{"Kim is told who may pay", kimAsks},
		{"Gus gets one sentence and no names", gusIsTurnedAway},
		{"on a telephone nothing sticks out", onATelephone},
	}
	for _, j := range journeys {
		t.Run(j.name, func(t *testing.T) { j.walk(t, openTab(t, browser, address, people)) })
	}
	if code, _ := demo.stop(); code != well {
		t.Errorf("the demo exited with %d", code)
	}
}

func ashaPays(t *testing.T, p *tab) {
	p.visit("asha", "dm")
	p.pressIn("INV-1042", "pay")
	p.see("#modal", "Invoice INV-1042 from Acme Cloud", "1,200.00 USD", "Visa •••• 4242", "Pay now")
	p.picture("demo.png")
	p.choose("method", "Mastercard •••• 9995")
	p.click(`#modal [data-action-id="submit"]`)
	p.see("#modal", "Mastercard •••• 9995 was declined: there is not enough money on it. Nothing was paid.")
	p.click(`#modal [data-action-id="close"]`)
	p.gone("#modal[open]")

	p.pressIn("INV-1042", "pay")
	p.choose("method", "Visa •••• 4242")
	p.watch("#modal")
	p.click(`#modal [data-action-id="submit"]`)
	p.seeIn("INV-1042", "Paid by Asha", "Visa •••• 4242")
	p.saw("Payment in progress")
	p.lacksIn("INV-1042", "pay")
	p.see("#messages", "Paid: Invoice INV-1042 from Acme Cloud")
	p.click(`#modal [data-action-id="close"]`)
	p.visit("asha", "finance")
	p.see("#messages", "Paid: Invoice INV-1042 from Acme Cloud, 1,200.00 USD. Paid by Asha, Visa •••• 4242.")
	p.lacksIn("INV-1042", "pay")
}

func boPays(t *testing.T, p *tab) {
	p.visit("bo", "dm")
	p.tabTo(p.buttonIn("NF-2207", "pay"))
	p.keys(kb.Enter)
	p.see("#modal", "Faktura NF-2207 fra Nordlys Fiber", "Betalingsmåte", "Betal nå")
	p.focused(`#modal [data-action-id="method"]`)
	p.tabTo(`#modal [data-action-id="submit"]`)
	p.watch("#modal")
	p.keys(kb.Enter)
	p.seeIn("NF-2207", "Betalt av Bo", "Visa •••• 4242")
	p.saw("Betaling pågår")
	p.lacksIn("NF-2207", "pay")
	p.see("#messages", "Betalt: Faktura NF-2207 fra Nordlys Fiber")
	p.keys(kb.Escape)
	p.gone("#modal[open]")
	p.picture("demo-nb.png")
	p.visit("bo", "finance")
	p.see("#messages", "Paid: Invoice NF-2207 from Nordlys Fiber", "Paid by Bo")
}

func ashaGoesToThePortal(t *testing.T, p *tab) {
	p.visit("asha", "dm")
	p.pressIn("G094172385", "pay")
	p.see("#modal", "2,417.85 USD", "Bank transfer", "You finish this payment in the Azure portal.")
	p.choose("method", "Visa •••• 4242")
	p.click(`#modal [data-action-id="submit"]`)
	p.see("#modal", "Payment method: Visa •••• 4242", "Press Pay now.", "Cost Management + Billing > Invoices > G094172385")
	p.picture("demo-azure.png")
	p.seeIn("G094172385", "Asha opened this in the Azure portal at", "Not paid yet.")
	p.lacksIn("G094172385", "pay")
	portal := script[string](p, `document.querySelector("#modal a[href*='InvoiceDetailsBlade']")?.href`)
	if !strings.HasPrefix(portal, "http://127.0.0.1:") {
		t.Fatalf("the button leads to %q", portal)
	}
	base, _, _ := strings.Cut(portal, "/#") // Its script leads on to the invoice, which a browser under load takes for a page that was left.
	p.do(chromedp.Navigate(base + "/invoice/G094172385"))
	p.see("body", "Pretend Azure portal", "G094172385", "Pay now")
	p.click("button.main")
	p.see("body", "Nothing is due") // Whoever leaves before that takes the payment's answer with them.
	p.visit("asha", "dm")
	p.seeIn("G094172385", "Paid by Asha", "Visa")
	p.see("#messages", "Paid: Invoice G094172385")
	p.click(`#modal [data-action-id="close"]`)
}

func kimAsks(t *testing.T, p *tab) {
	p.visit("kim", "finance")
	p.pressIn("8841", "pay")
	p.see("#modal", "Only billing admins can pay invoices here. Nothing was paid. You can ask Asha or Bo.")
	p.gone(`#modal [data-action-id="submit"]`)
	p.click(`#modal [data-action-id="ask"]`)
	p.see("#modal", "Asha and Bo will see your request.")
	p.visit("asha", "dm")
	p.see("#messages", "Kim asks you to look at this: Invoice 8841 from Havn Kontor")
}

func gusIsTurnedAway(t *testing.T, p *tab) {
	p.visit("gus", "finance")
	p.pressIn("8841", "pay")
	p.see("#modal", "Only billing admins can pay invoices here.")
	p.gone(`#modal [data-action-id="submit"]`)
	if text := p.text("#modal"); strings.Contains(text, "Asha") || strings.Contains(text, "Bo") {
		t.Errorf("a guest reads names: %s", text)
	}
}

func onATelephone(_ *testing.T, p *tab) {
	p.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch))
	for _, place := range []string{"home", "finance", "dm"} {
		p.visit("asha", place)
		p.fits()
	}
	p.pressIn("8841", "pay")
	p.see("#modal", "Kvitt moves no money for this invoice.", "1503.40.12345", "Record as paid")
	p.fits()
}

// cast asks the demo who is there: first name in lower case to user id, and #finance to its channel id.
func cast(t *testing.T, address string) map[string]string {
	t.Helper()
	resp, err := http.Get(address + "/state")
	if err != nil {
		t.Fatalf("the first line of the demo is %q, and there: %v", address, err)
	}
	defer resp.Body.Close()
	var state struct {
		People        []struct{ ID, Name string }
		Conversations []struct{ ID, Name string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{"dm": "dm", "home": "home"}
	for _, p := range append(state.People, state.Conversations...) {
		first, _, _ := strings.Cut(strings.ToLower(p.Name), " ")
		ids[first] = p.ID
	}
	return ids
}

// picture saves what the page looks like, if asked.
func (p *tab) picture(name string) {
	p.t.Helper()
	if *pictures == "" {
		return
	}
	time.Sleep(500 * time.Millisecond) // Whatever moves comes to rest.
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, name), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
