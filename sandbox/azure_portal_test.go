package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kvitt/sandbox"
)

// visitor is a person at the pretend portal, whose browser follows redirects.
type visitor struct {
	*cloud
	base string
}

func newVisitor(t *testing.T, config sandbox.AzureConfig) *visitor {
	v := &visitor{cloud: newCloud(t, config)}
	server := httptest.NewServer(v.azure.PortalHandler())
	t.Cleanup(server.Close)
	v.base = server.URL
	return v
}

func (v *visitor) visit(method, path string, form url.Values, header ...string) reply {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for at := 0; at+1 < len(header); at += 2 {
		r.Header.Set(header[at], header[at+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return reply{status: res.StatusCode, header: res.Header, body: string(body)}
}

func TestAPersonPaysInThePretendPortal(t *testing.T) {
	v := newVisitor(t, sandbox.AzureConfig{})
	number, visa := v.invoice("131072.01", march), v.method(sandbox.AzureMethod{})
	gone := v.method(sandbox.AzureMethod{Last4: "0000", Expiration: "1/2001"})
	v.visit(http.MethodGet, "/", nil).wants(t, 200, "Pretend Azure portal", "No money moves", "Cost Management + Billing", "<h1>Invoices</h1>",
		`<a href="/invoice/`+number+`">`, "131072.01 USD", "31 March 2025", "Engineering")
	page := v.visit(http.MethodGet, "/invoice/"+number, nil)
	page.wants(t, 200, "<title>Invoice "+number, `<html lang="en">`, "<h1>Invoice "+number, "Select a payment method", "Visa ending in 4242 (expires 1/2035)",
		">Pay now</button>", ">This card is declined</button>", "Pretend Azure portal")
	page.lacks(t, gone, "downloadToken", v.azure.DownloadTokens()[0], "A wire was sent")
	paid := v.visit(http.MethodPost, "/invoice/"+number+"/pay", url.Values{"method": {visa}}, "Sec-Fetch-Site", "same-origin")
	paid.wants(t, 200, ">Paid<", "131072.01 USD paid by visa", "Nothing is due")
	paid.lacks(t, ">Pay now</button>")
	v.billing("/invoices/"+number).wants(t, 200, `"status":"Paid"`)
	v.visit(http.MethodPost, "/invoice/"+number+"/pay", url.Values{"method": {visa}}).wants(t, 409, `role="alert"`, "Nothing is due")
}

func TestAPaymentThatTakesAWhileIsSaidToBeProcessed(t *testing.T) {
	v := newVisitor(t, sandbox.AzureConfig{PayDelay: 24 * time.Hour})
	number, visa := v.invoice("10.00", march), v.method(sandbox.AzureMethod{})
	page := v.visit(http.MethodPost, "/invoice/"+number+"/pay", url.Values{"method": {visa}})
	page.wants(t, 200, "Payment received", "being processed", ">Due<")
	page.lacks(t, ">Pay now</button>")
}

func TestADeclinedCardIsToldInThePretendPortal(t *testing.T) {
	v := newVisitor(t, sandbox.AzureConfig{})
	number, empty := v.invoice("10.00", march), v.method(sandbox.AzureMethod{Decline: sandbox.AzureWrongDetails})
	v.visit(http.MethodPost, "/invoice/"+number+"/decline", url.Values{"method": {empty}}).wants(t, 200, "The last payment failed", "BankDeclined", ">Pay now</button>")
	v.visit(http.MethodPost, "/invoice/"+number+"/pay", url.Values{"method": {empty}}).wants(t, 200, "The last payment failed", "IncorrectCardDetails")
	v.visit(http.MethodPost, "/invoice/"+number+"/pay", url.Values{"method": {"none"}}).wants(t, 409, `role="alert"`, "no payment method")
	v.billing("/invoices/"+number).wants(t, 200, `"status":"Due"`, "BankDeclined", "IncorrectCardDetails")
	v.visit(http.MethodPost, "/invoice/none/pay", nil).wants(t, 404)
	v.visit(http.MethodGet, "/invoice/none", nil).wants(t, 404)
}

func TestAnEnterpriseAgreementIsPaidByWireInThePretendPortal(t *testing.T) {
	v := newVisitor(t, sandbox.AzureConfig{})
	account := v.azure.AddAccount(sandbox.AzureAccount{Agreement: sandbox.AzureEA})
	number := v.azure.AddInvoice(sandbox.AzureInvoice{Account: account, Total: "730.8900", Due: march})
	page := v.visit(http.MethodGet, "/invoice/"+number, nil)
	page.wants(t, 200, "check or wire transfer", "A wire was sent")
	page.lacks(t, "<select")
	sent := v.visit(http.MethodPost, "/invoice/"+number+"/wire", nil)
	sent.wants(t, 200, "Payment received", "being processed", ">Due<")
	sent.lacks(t, "A wire was sent")
	v.visit(http.MethodPost, "/invoice/"+number+"/wire", nil).wants(t, 409, "being processed")
}

func TestThePretendPortalTakesNoOrdersFromElsewhere(t *testing.T) {
	v := newVisitor(t, sandbox.AzureConfig{})
	number, visa := v.invoice("10.00", march), v.method(sandbox.AzureMethod{})
	form := url.Values{"method": {visa}}
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		v.visit(http.MethodPost, "/invoice/"+number+"/pay", form, header...).wants(t, 403)
	}
	v.visit(http.MethodGet, "/invoice/"+number+"/pay", nil).wants(t, 405)
	if got := v.azure.Invoices()[0].Status; got != "Due" {
		t.Errorf("the invoice is %s after orders from elsewhere", got)
	}
	page := v.visit(http.MethodGet, "/", nil)
	policy := page.header.Get("Content-Security-Policy")
	for _, rule := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, rule) {
			t.Errorf("the policy %q lacks %s", policy, rule)
		}
	}
	page.lacks(t, "<script>", "onclick", "style=")
}

func TestThePretendPortalEscapesWhatItShows(t *testing.T) {
	v := newVisitor(t, sandbox.AzureConfig{})
	evil := `"><script>alert(1)</script>`
	profile := v.azure.AddProfile(sandbox.AzureProfile{Account: v.account, Display: evil})
	v.azure.AddMethod(sandbox.AzureMethod{Account: v.account, Profile: profile, Display: evil, ID: evil})
	number := v.azure.AddInvoice(sandbox.AzureInvoice{Account: v.account, Profile: profile, Number: "G<b>", Total: "1.00", PurchaseOrder: evil, Status: "Due"})
	v.azure.Fail(number, evil)
	for _, path := range []string{"/", "/invoice/" + url.PathEscape(number)} {
		page := v.visit(http.MethodGet, path, nil)
		page.wants(t, 200, "&lt;script&gt;", "G&lt;b&gt;")
		page.lacks(t, "<script>", "<b>")
	}
}

func TestPortalLinksLeadToTheirInvoice(t *testing.T) {
	v := newVisitor(t, sandbox.AzureConfig{})
	for _, path := range []string{"/", "/" + v.azure.Config().Tenant, "/" + v.azure.Config().Tenant + "/"} {
		v.visit(http.MethodGet, path, nil).wants(t, 200, "<h1>Invoices</h1>", `<script src="/portal.js" defer>`, "There are no invoices.")
	}
	v.visit(http.MethodGet, "/portal.js", nil).wants(t, 200, "invoiceId", "location.hash")
	v.visit(http.MethodGet, "/portal.css", nil).wants(t, 200, "color-scheme")
	v.visit(http.MethodGet, "/portal.html", nil).lacks(t, "{{define")
}
