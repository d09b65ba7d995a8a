package sandbox_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

func (c *cloud) method(how sandbox.AzureMethod) string {
	how.Account, how.Profile = c.account, c.engineering
	return c.azure.AddMethod(how)
}

func TestAnAzureInvoiceIsPaidInThePortalAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, sandbox.AzureConfig{PayDelay: 20 * time.Minute})
		number, visa := c.invoice("131072.01", time.Now().AddDate(0, 0, 3)), c.method(sandbox.AzureMethod{})
		if err := c.azure.Pay(number, visa); err != nil {
			t.Fatal(err)
		}
		if err := c.azure.Pay(number, visa); !errors.Is(err, sandbox.ErrAzureNotPayable) {
			t.Errorf("paying again meanwhile is %v", err)
		}
		time.Sleep(20*time.Minute - time.Second)
		c.billing("/invoices/"+number).wants(t, 200, `"status":"Due"`, `"payments":[]`)
		time.Sleep(time.Second)
		c.billing("/invoices/"+number).wants(t, 200, `"status":"Paid"`, `"amountDue":{"currency":"USD","value":0.00}`,
			`"totalAmount":{"currency":"USD","value":131072.01}`, `"paymentMethodFamily":"CreditCard"`, `"paymentMethodType":"visa"`)
		if got := c.azure.Invoices()[0]; got.Status != "Paid" || len(got.Payments) != 1 || got.Payments[0].Amount != "131072.01" {
			t.Errorf("the invoice is %+v", got)
		}
		if err := c.azure.Pay(number, visa); !errors.Is(err, sandbox.ErrAzureNotPayable) {
			t.Errorf("paying a paid invoice is %v", err)
		}
	})
}

func TestAnAzureWireArrivesDaysLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, sandbox.AzureConfig{})
		number := c.invoice("60000.00", time.Now())
		if err := c.azure.Wire(number); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*24*time.Hour - time.Second)
		c.arm = c.token(armScope)
		c.billing("/invoices/"+number).wants(t, 200, `"status":"Due"`)
		time.Sleep(time.Second)
		c.billing("/invoices/"+number).wants(t, 200, `"status":"Paid"`, `"paymentMethodFamily":"CheckWire"`)
		c.billing("/invoices/"+number).lacks(t, "paymentMethodType")
	})
}

func TestAnAzureCardThatFailsLeavesAFailedPayment(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	number, empty := c.invoice("10.00", time.Now()), c.method(sandbox.AzureMethod{Decline: sandbox.AzureBankDeclined})
	if err := c.azure.Pay(number, empty); !errors.Is(err, sandbox.ErrAzureDeclined) {
		t.Errorf("a card that is declined is %v", err)
	}
	c.azure.Fail(number, sandbox.AzureCardExpired)
	c.billing("/invoices/"+number).wants(t, 200, `"status":"Due"`, `"failedPayments":[{`, `"BankDeclined"`, `"CardExpired"`)
	c.azure.ChangeMethod(empty, func(m *sandbox.AzureMethod) { m.Decline = "" })
	if err := c.azure.Pay(number, empty); err != nil {
		t.Errorf("the mended card is %v", err)
	}
}

func TestThePortalTakesWhatTheAgreementAllows(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{Now: func() time.Time { return march }})
	visa := c.method(sandbox.AzureMethod{})
	expired, lapsed := c.method(sandbox.AzureMethod{Expiration: "2/2025"}), c.method(sandbox.AzureMethod{Status: "inactive"})
	lastMonth := c.method(sandbox.AzureMethod{Expiration: "3/2025"})
	large := sandbox.AzureAccount{Agreement: sandbox.AzureEnterprise}
	enterprise := c.azure.AddAccount(large)
	profile := c.azure.AddProfile(sandbox.AzureProfile{Account: enterprise})
	card := c.azure.AddMethod(sandbox.AzureMethod{Account: enterprise, Profile: profile})
	ea := c.azure.AddAccount(sandbox.AzureAccount{Agreement: sandbox.AzureEA})
	open := func(total, status string) string {
		return c.azure.AddInvoice(sandbox.AzureInvoice{Account: c.account, Profile: c.engineering, Total: total, Status: status})
	}
	big := func(total string) string {
		return c.azure.AddInvoice(sandbox.AzureInvoice{Account: enterprise, Profile: profile, Total: total})
	}
	for name, story := range map[string]struct {
		invoice, method string
		want            error
	}{
		"due":                    {open("5.00", "Due"), visa, nil},
		"overdue":                {open("5.00", "OverDue"), visa, nil},
		"expires this month":     {open("5.00", "Due"), lastMonth, nil},
		"locked":                 {open("5.00", "Locked"), visa, sandbox.ErrAzureNotPayable},
		"void":                   {open("5.00", "Void"), visa, sandbox.ErrAzureNotPayable},
		"nothing due":            {open("0.00", "Due"), visa, sandbox.ErrAzureNotPayable},
		"expired card":           {open("5.00", "Due"), expired, sandbox.ErrAzureMethod},
		"inactive card":          {open("5.00", "Due"), lapsed, sandbox.ErrAzureMethod},
		"card of somebody else":  {open("5.00", "Due"), card, sandbox.ErrAzureMethod},
		"fifty thousand":         {big("50000.00"), card, nil},
		"a cent more":            {big("50000.01"), card, sandbox.ErrAzureNotPayable},
		"enterprise agreement":   {c.azure.AddInvoice(sandbox.AzureInvoice{Account: ea, Total: "5.00"}), visa, sandbox.ErrAzureNotPayable},
		"no such payment method": {open("5.00", "Due"), "none", sandbox.ErrAzureMethod},
	} {
		if err := c.azure.Pay(story.invoice, story.method); !errors.Is(err, story.want) {
			t.Errorf("%s: %v, want %v", name, err, story.want)
		}
	}
}
