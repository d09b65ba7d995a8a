package azure_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/billing/azure"
)

var march8 = billing.Date{Year: 2026, Month: time.March, Day: 8}

// one puts an invoice, changes it, and reads it back.
func one(t *testing.T, w *world, change func(o object), config ...func(*azure.Config)) (billing.Invoice, error) {
	t.Helper()
	o := w.put("G000000001", "1234.50", march8)
	if change != nil {
		change(o)
	}
	return w.provider(t, config...).Invoice(t.Context(), id("G000000001"))
}

func TestAnInvoiceIsSaidInBillingsWords(t *testing.T) {
	got, err := one(t, newWorld(), nil)
	want := billing.Invoice{
		ID: id("G000000001"), Number: "G000000001", Reference: "G000000001", Supplier: "Microsoft Azure", Description: "2026-01-01 – 2026-01-31, Nordlys AS",
		AmountDue: billing.Money{Minor: 123450, Currency: "EUR"}, Total: billing.Money{Minor: 123450, Currency: "EUR"}, Due: march8, Status: billing.Open,
		Account: account + "/" + profile, Terms: billing.TermsLimited,
		Link: "https://portal.azure.com/#view/Microsoft_Azure_GTM/InvoiceDetailsBlade/invoiceId/G000000001/scopeId/%2Fproviders%2FMicrosoft.Billing%2FbillingAccounts%2F" +
			"0c5458e6-94ab-5426-f223-7863d1cf0767%3Afca57e15-9617-418c-8b88-8273b65ab3ab_2019-05-31%2Finvoices%2FG000000001" +
			"/invoicePeriodStartDate/2026-01-01T00%3A00%3A00.0000000Z/invoicePeriodEndDate/2026-01-31T23%3A59%3A59.9999999Z",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, and the invoice is (-want +got)\n%s", err, diff)
	}
}

func TestEveryStatusHasItsMeaning(t *testing.T) {
	for word, want := range map[string]billing.Status{
		"Due": billing.Open, "OverDue": billing.Open, "overdue": billing.Open, "Paid": billing.Paid, "Void": billing.Void,
		"Locked": billing.Held, "Other": billing.Held, "Rejected": billing.Held, "": billing.Held,
	} {
		w := newWorld()
		got, err := one(t, w, func(o object) { o["status"] = word })
		if err != nil || got.Status != want {
			t.Errorf("%q is %q and %v, want %q", word, got.Status, err, want)
		}
		if closed := want == billing.Paid || want == billing.Void; closed && (got.AmountDue != billing.Money{Currency: "EUR"}) || !closed && got.AmountDue.Minor == 0 {
			t.Errorf("%q has %v left to pay", word, got.AmountDue)
		}
		listed := 0
		for range w.provider(t).Invoices(t.Context(), time.Time{}) {
			listed++
		}
		if want := map[billing.Status]int{billing.Open: 1, billing.Held: 1}[want]; listed != want {
			t.Errorf("%q is listed %d times among what is to pay, want %d", word, listed, want)
		}
	}
}

func TestOnlyAnInvoiceIsAnInvoice(t *testing.T) {
	for word, want := range map[string]bool{"Invoice": true, "VoidNote": false, "TaxReceipt": false, "CreditNote": false, "Summary": false, "Transactions": false, "Other": false, "New": false} {
		w := newWorld()
		_, err := one(t, w, func(o object) { o["documentType"] = word })
		if (err == nil) != want {
			t.Errorf("%s is read with %v, want an invoice: %v", word, err, want)
		}
		if !want {
			wantError(t, err, billing.ErrNotFound)
		}
		listed := 0
		for range w.provider(t).Invoices(t.Context(), time.Unix(1, 0)) {
			listed++
		}
		if (listed == 1) != want {
			t.Errorf("%s is listed %d times", word, listed)
		}
	}
	if _, err := one(t, newWorld(), func(o object) { delete(o, "documentType") }); err != nil {
		t.Errorf("an invoice that does not say so is read with %v", err)
	}
	_, err := one(t, newWorld(), func(o object) { delete(o, "documentType"); o["creditForDocumentId"] = "/x/G1" })
	wantError(t, err, billing.ErrNotFound)
}

func TestMissingFieldsLeaveNothingOut(t *testing.T) {
	w := newWorld()
	w.invoices = []object{{"name": "E0800ABCDE", "properties": object{"status": "Due", "documentType": "Invoice", "amountDue": object{"currency": "USD", "value": 3.5}}}}
	got, err := w.provider(t).Invoice(t.Context(), id("E0800ABCDE"))
	if err != nil || got.AmountDue != got.Total || got.Total.Minor != 350 || got.Description != "" || got.Account != account || !strings.HasPrefix(got.Link, "https://portal.azure.com/") {
		t.Errorf("the invoice is %+v and %v", got, err)
	}
	w.invoices[0]["properties"].(object)["billedAmount"] = object{"currency": "USD", "value": 9}
	if got, _ := w.provider(t).Invoice(t.Context(), id("E0800ABCDE")); got.Total.Minor != 900 {
		t.Errorf("without a total it is %v, want what was billed", got.Total)
	}
}

func TestAnOddInvoiceHidesNoOtherAndIsNamedInTheLog(t *testing.T) {
	w := newWorld()
	for i := range 3 {
		w.put(fmt.Sprintf("G00000000%d", i), "10.00", march8)
	}
	for field, odd := range map[string]any{
		"amountDue": object{"currency": "EUR", "value": "98765,43"}, "payments": "none", "status": 7, "billingProfileId": object{},
	} {
		o := w.put("GODD"+strings.ToUpper(field), "98765.43", march8)
		o[field] = odd
	}
	w.invoices = append(w.invoices, object{"name": "GNOPROPERTIES"}, object{}, object{"name": "../x", "properties": object{"documentType": "Invoice"}})
	listed := 0
	for in, err := range w.provider(t).Invoices(t.Context(), time.Time{}) {
		if err != nil || in.AmountDue.Minor != 1000 {
			t.Errorf("%+v and %v", in, err)
		}
		listed++
	}
	if listed != 3 {
		t.Errorf("%d invoices are listed, want 3", listed)
	}
	for _, name := range []string{"GODDAMOUNTDUE", "GODDPAYMENTS", "GODDSTATUS", "GODDBILLINGPROFILEID", "GNOPROPERTIES"} {
		if count(w.log.String(), name) == 0 {
			t.Errorf("the log does not name %s:\n%s", name, w.log)
		}
	}
	if strings.Contains(w.log.String(), "98765") {
		t.Errorf("the log tells an amount:\n%s", w.log)
	}
}

func TestWithNothingLeftAnInvoiceIsNotAmongWhatIsToPay(t *testing.T) {
	w := newWorld()
	if got, err := one(t, w, func(o object) { o["amountDue"].(object)["value"] = 0 }); err != nil || got.Status != billing.Open || got.AmountDue.Minor != 0 {
		t.Errorf("the invoice is %+v and %v", got, err)
	}
	for in := range w.provider(t).Invoices(t.Context(), time.Time{}) {
		t.Errorf("%s is listed", in.ID)
	}
}

func TestOnlyTheConfiguredProfileIsSeen(t *testing.T) {
	w := newWorld()
	w.put("G000000001", "1.00", march8)
	w.put("G000000002", "2.00", march8)["billingProfileId"] = accountPath + "/billingProfiles/OTHER"
	delete(w.put("G000000003", "3.00", march8), "billingProfileId")
	w.put("G000000004", "4.00", march8)["billingProfileId"] = strings.ToLower(profilePath)
	p := w.provider(t, func(c *azure.Config) { c.Accounts[0].Profile = profile })
	for number, want := range map[string]bool{"G000000001": true, "G000000002": false, "G000000003": false, "G000000004": true} {
		if _, err := p.Invoice(t.Context(), id(number)); (err == nil) != want {
			t.Errorf("%s is read with %v, want seen: %v", number, err, want)
		}
	}
	for in, err := range p.Invoices(t.Context(), time.Time{}) {
		if err != nil || in.Number != "G000000001" {
			t.Errorf("%s is listed (%v)", in.Number, err)
		}
	}
}

func TestABotThatMayAskAtTheProfileOnlyFindsAnInvoiceInItsList(t *testing.T) {
	w := newWorld()
	for i := range 60 {
		w.put(fmt.Sprintf("G%09d", i), "1.00", march8)
	}
	w.fault("G000000055", refuse(403, "Unauthorized"))
	w.fault("G000000099", refuse(403, "Unauthorized"))
	p := w.provider(t, func(c *azure.Config) { c.Accounts[0].Profile = profile })
	if in, err := p.Invoice(t.Context(), id("G000000055")); err != nil || in.Number != "G000000055" {
		t.Errorf("%+v and %v", in, err)
	}
	_, err := p.Invoice(t.Context(), id("G000000099"))
	wantError(t, err, billing.ErrNotFound)
	_, err = w.provider(t).Invoice(t.Context(), id("G000000055"))
	wantError(t, err, billing.ErrSetup)
}

func TestNamesAreSpelledAsInTheSettings(t *testing.T) {
	w := newWorld()
	w.put("G000000001", "1.00", march8)["billingProfileId"] = strings.ToLower(profilePath)
	p := w.provider(t, func(c *azure.Config) {
		c.Accounts = []azure.Account{{Account: strings.ToUpper(account), Profile: profile}, {Account: account, Profile: "OTHER"}}
	})
	in, err := p.Invoice(t.Context(), id("G000000001"))
	if want := strings.ToUpper(account); err != nil || in.ID != "azure:"+want+"/G000000001" || in.Account != want+"/"+profile {
		t.Errorf("%s of %s and %v", in.ID, in.Account, err)
	}
}

func TestAnInvoiceOfAnotherAccountIsNotFoundAndNotAskedFor(t *testing.T) {
	w := newWorld()
	w.put("G000000001", "1.00", march8)
	p := w.provider(t)
	for _, id := range []string{"azure:123456/G000000001", "azure:" + account + "/../G000000001", "azure:" + account, "azure:/G000000001", "azure:" + account + "/G000000001/transactions", "G000000001"} {
		_, err := p.Invoice(t.Context(), id)
		wantError(t, err, billing.ErrNotFound)
	}
	if len(w.asked) != 0 {
		t.Errorf("%d requests were made", len(w.asked))
	}
}

func TestASettledInvoiceSaysHow(t *testing.T) {
	for _, test := range []struct{ family, kind, want string }{
		{"CreditCard", "visa", "Visa"}, {"CreditCard", "mc", "Mastercard"}, {"CreditCard", "newcard", "Card"}, {"CheckWire", "check", billing.BankTransfer},
		{"Credits", "", "Credits"}, {"DirectDebit", "sepa", "Direct debit"}, {"EWallet", "paypal", "PayPal"}, {"TaskOrder", "", "Task order"}, {"None", "", ""}, {"", "", ""},
	} {
		got, err := one(t, newWorld(), func(o object) {
			o["status"] = "Paid"
			o["payments"] = []object{
				{"date": "2026-03-01T10:00:00Z", "paymentMethodFamily": "Other"},
				{"date": "2026-03-03T10:00:00.1234567Z", "paymentMethodFamily": test.family, "paymentMethodType": test.kind},
				{"date": "0001-01-01T00:00:00Z", "paymentMethodFamily": "Other"}, {},
			}
		})
		want := billing.Settlement{At: time.Date(2026, 3, 3, 10, 0, 0, 123456700, time.UTC), Method: test.want}
		if err != nil || got.Settlement != want {
			t.Errorf("%s %s is %+v and %v, want %+v", test.family, test.kind, got.Settlement, err, want)
		}
	}
}

func TestNoDownloadLinkOrTokenLeavesThePackage(t *testing.T) {
	w := newWorld()
	got, err := one(t, w, nil)
	p := w.provider(t)
	private, _ := p.PrivateLink(t.Context(), got.ID)
	methods, _ := p.MethodsLink(t.Context(), got, "nb")
	if shown := fmt.Sprintf("%+v %v %s %s %s", got, err, private, methods, w.log); strings.Contains(shown, "ownloadToken") || strings.Contains(shown, "eyJ") || private != "" {
		t.Errorf("it does: %s", shown)
	}
	if want := "https://portal.azure.com/#view/Microsoft_Azure_GTM/Billing.MenuView/~/overview/scopeId/%2Fproviders%2F"; !strings.HasPrefix(methods, want) {
		t.Errorf("the page of payment methods is %s", methods)
	}
}
