package sandbox_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/sandbox"
)

var march = time.Date(2025, 3, 31, 0, 6, 48, 352368600, time.UTC)

func TestAzureInvoiceHasTheRecordedShape(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	number := c.azure.AddInvoice(sandbox.AzureInvoice{Account: c.account, Profile: c.engineering, Total: "131072.01", SubTotal: "119156.37",
		Tax: "11915.64", Due: march, PurchaseOrder: "A01$9HF", Payments: []sandbox.AzurePayment{{Amount: "2.85", At: march, Family: "CreditCard", Type: "visa"}}})
	c.billing("/invoices/"+number).wants(t, 200,
		`"amountDue":{"currency":"USD","value":131072.01}`, `"subTotal":{"currency":"USD","value":119156.37}`,
		`"dueDate":"2025-03-31T00:06:48.3523686Z"`, `"invoiceDate":"2025-03-01T00:06:48.3523686Z"`,
		`"invoicePeriodStartDate":"2025-02-01T00:00:00.0000000Z"`, `"invoicePeriodEndDate":"2025-02-28T23:59:59.9999999Z"`,
		`"date":"2025-03-31T00:06:48.3523686+00:00"`, `"paymentType":"Charged"`, `"paymentMethodType":"visa"`, `"creditAmount":{"currency":"USD","value":0.00}`,
		`"documentType":"Invoice"`, `"isMonthlyInvoice":true`, `"purchaseOrderNumber":"A01$9HF"`, `"source":"DRS"`,
		`downloadToken=`+c.azure.DownloadTokens()[0]+`&api-version=`, `/billingProfiles/`+c.engineering+`"`)
	c.billing("/invoices/"+number).lacks(t, "failedPayments", "paymentMethodId")
}

func TestAzureInvoiceCanBeAsOddAsLifeIs(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	number := c.azure.AddInvoice(sandbox.AzureInvoice{Account: c.account, Profile: c.engineering, Status: "Disputed", DocumentType: "CreditNote",
		Total: "-475.0", AdHoc: true, With: map[string]any{"amountDue": nil, "dueDate": "2025-05-01", "billedAmount": map[string]any{"value": "12.30"}}})
	got := c.billing("/invoices/" + number)
	got.wants(t, 200, `"status":"Disputed"`, `"CreditNote"`, `"value":-475.00`, `"isMonthlyInvoice":false`, `"value":"12.30"`, `"dueDate":"2025-05-01"`)
	got.lacks(t, "amountDue")
}

func TestAzureAgreementsHaveTheirOwnShapes(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	bot := c.azure.Config().Object
	c.billing("").wants(t, 200, `"MicrosoftCustomerAgreement"`, `"accountSubType":"Professional"`, `"country":"NO"`)
	c.account = c.azure.AddAccount(sandbox.AzureAccount{Agreement: sandbox.AzureEnterprise})
	c.azure.Assign(sandbox.AzureAssignment{Account: c.account, Role: sandbox.AzureAccountReader, Principal: bot})
	c.billing("").wants(t, 200, `"MicrosoftCustomerAgreement"`, `"accountType":"Enterprise"`)

	c.account = c.azure.AddAccount(sandbox.AzureAccount{Agreement: sandbox.AzureEA})
	c.azure.Assign(sandbox.AzureAssignment{Account: c.account, Role: sandbox.AzureEnrollmentReader, Principal: bot, Email: "ada@fjord.example"})
	number := c.azure.AddInvoice(sandbox.AzureInvoice{Account: c.account, Total: "730.8900", Due: march})
	c.billing("").wants(t, 200, `"EnterpriseAgreement"`, `"enrollmentDetails"`)
	c.billing("/invoices/"+number).wants(t, 200, `"value":730.8900`, `"documentNumbers"`)
	c.billing("/invoices/"+number).lacks(t, "documentType", "billingProfileId", "downloadToken")
	roles := c.billing("/billingRoleAssignments")
	roles.wants(t, 200, `"userEmailAddress":"ada@fjord.example"`)
	roles.lacks(t, "principalType", "0001-01-01", sandbox.AzureEnrollmentReader+"_")

	c.account = c.azure.AddAccount(sandbox.AzureAccount{Agreement: sandbox.AzureMOSP, Readers: []string{bot}})
	number = c.azure.AddInvoice(sandbox.AzureInvoice{Account: c.account, Total: "9.99", Due: march})
	c.billing("").wants(t, 200, `"MicrosoftOnlineServicesProgram"`, `"hasNoBillingProfiles":true`)
	c.billing("/invoices/"+number).wants(t, 200, `"value":9.99`)
	c.billing("/billingRoleAssignments").wants(t, 400, "not supported")
}

func TestAzureListsByBillingPeriodAndNotByDueDate(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	number := c.invoice("1.00", march)
	for _, window := range []struct {
		first, last string
		found       bool
	}{
		{"2025-02-01", "2025-02-28", true},
		{"2025-02-28", "2025-03-31", true},
		{"2025-01-01", "2025-02-01", true},
		{"02-28-2025", "03-31-2025", true},
		{"2025-03-01", "2025-04-30", false},
		{"2024-01-01", "2025-01-31", false},
	} {
		got := slices.Contains(c.billing("/invoices", "periodStartDate", window.first, "periodEndDate", window.last).names(), number)
		if got != window.found {
			t.Errorf("from %s to %s the invoice of February is found: %v, want %v", window.first, window.last, got, window.found)
		}
	}
	if got := c.billing("/invoices", append(period, "search", "G9999")...).names(); got != nil {
		t.Errorf("a search finds %v", got)
	}
	if got := c.billing("/invoices", append(period, "search", strings.ToLower(number))...).names(); len(got) != 1 {
		t.Errorf("a search by number finds %v", got)
	}
}

func TestAzureListsGoOnAtARelativeLink(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	var want []string
	for range 120 {
		want = append(want, c.invoice("1.00", march))
	}
	page := c.billing("/invoices", period...)
	page.wants(t, 200, `"totalCount":120`, `"nextLink":"/providers/Microsoft.Billing/billingAccounts/`+c.account+`/invoices?$skiptoken=`,
		`periodStartDate=2000-01-01 00:00:00Z&periodEndDate=2100-01-01 00:00:00Z`)
	got := page.names()
	for link, _ := page.tree["nextLink"].(string); link != ""; link, _ = page.tree["nextLink"].(string) {
		raw, err := c.send(http.MethodGet, "https://management.azure.com"+link, c.arm, "")
		if err != nil {
			t.Fatal(err)
		}
		raw.wants(t, 400, "space")
		address, _ := url.Parse(link)
		page = c.ask(http.MethodGet, "https://management.azure.com"+address.Path+"?"+address.Query().Encode(), c.arm, "")
		page.wants(t, 200)
		got = append(got, page.names()...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("following the links found (-want +got):\n%s", diff)
	}
	if got := c.billing("/invoices", append(period, "top", "50", "skip", "100")...).names(); !slices.Equal(got, want[100:]) {
		t.Errorf("top and skip found %d invoices, want the last 20", len(got))
	}
}
