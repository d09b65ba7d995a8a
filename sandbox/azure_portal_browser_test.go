package sandbox_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"kvitt/sandbox"
)

// openPortal opens a window of a browser, which complains in the test of whatever its console complains of.
func openPortal(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("ALLOW_SKIP") == "1" {
		t.Skip("chromium is not on this machine")
	} else if err != nil {
		t.Fatal("chromium is not on this machine; make tools installs it, ALLOW_SKIP=1 does without")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(1000, 800))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has no sandbox for root, as whom containers often run.
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(allocator, time.Minute)
	t.Cleanup(cancel)
	browser, closeBrowser := chromedp.NewContext(ctx)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	console, done := chromedp.Console(browser), make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range console {
			if err != nil {
				return
			}
			if (m.IsException() || m.Type == "error") && !strings.Contains(m.URL, "favicon") {
				t.Errorf("the browser's console says: %s %s", m, m.URL)
			}
		}
	}()
	t.Cleanup(func() { closeBrowser(); <-done })
	return browser
}

func TestARealPortalLinkOpensItsInvoiceInABrowser(t *testing.T) {
	v := newVisitor(t, sandbox.AzureConfig{})
	v.method(sandbox.AzureMethod{})
	first, second := v.invoice("131072.01", march), v.invoice("10.00", march)
	browser := openPortal(t)
	blade := func(number string) string {
		return "#view/Microsoft_Azure_GTM/InvoiceDetailsBlade/invoiceId/" + number + "/scopeId/" + url.QueryEscape("/providers/Microsoft.Billing/billingAccounts/"+v.account)
	}
	for path, number := range map[string]string{"/": first, "/" + v.azure.Config().Tenant + "/": second} {
		err := chromedp.Do(browser, chromedp.Navigate("about:blank"), chromedp.Navigate(v.base+path+blade(number)), chromedp.WaitVisible("#details"))
		if err != nil {
			t.Fatal(err)
		}
		if at, err := chromedp.Run(browser, chromedp.Location()); err != nil || at != v.base+"/invoice/"+number {
			t.Errorf("the link to %s leads to %s, %v", number, at, err)
		}
	}
	if err := chromedp.Do(browser, chromedp.Navigate(v.base+"/"+blade(first)), chromedp.Click(`button[formaction]`), chromedp.WaitVisible(".alert"),
		chromedp.Click("button.main"), chromedp.WaitVisible("dd.Paid")); err != nil {
		t.Fatal(err)
	}
	if got := v.azure.Invoices()[0]; got.Status != "Paid" || len(got.Failures) != 1 {
		t.Errorf("after a declined card and a payment the invoice is %+v", got)
	}
}
