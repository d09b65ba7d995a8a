package sandbox

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Why a payment fails, in Azure's own words.
const (
	AzureBankDeclined = "BankDeclined"
	AzureCardExpired  = "CardExpired"
	AzureWrongDetails = "IncorrectCardDetails"
)

// What keeps a person from paying in the portal.
var (
	ErrAzureNotPayable = errors.New("the invoice cannot be paid now")
	ErrAzureMethod     = errors.New("the payment method cannot be used")
	ErrAzureDeclined   = errors.New("the payment failed")
)

// Pay pays all that is due on an invoice as a person does with "Pay now" in the portal, by a payment method's id. The invoice says Paid
// once PayDelay is over, and not before. A card that is declined leaves a failed payment and ErrAzureDeclined; what the portal does not
// offer is ErrAzureMethod or ErrAzureNotPayable.
func (a *Azure) Pay(invoice, method string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settle()
	return a.pay(a.mustInvoice(invoice), method)
}

func (a *Azure) pay(inv *azureInvoice, method string) error {
	if why := a.unpayable(inv); why != "" {
		return fmt.Errorf("%s: %w", why, ErrAzureNotPayable)
	}
	for _, m := range a.methods {
		switch {
		case m.ID != method || m.Account != inv.Account || m.Profile != inv.Profile:
			continue
		case !m.usable(a.config.Now()):
			return fmt.Errorf("%s ending in %s has expired or is inactive: %w", m.Display, m.Last4, ErrAzureMethod)
		case m.Decline != "":
			return a.decline(inv, m.Decline)
		}
		a.receive(inv, AzurePayment{Amount: inv.AmountDue, Family: m.Family, Type: m.Type}, a.config.PayDelay)
		return nil
	}
	return fmt.Errorf("no payment method %q for invoice %s: %w", method, inv.Number, ErrAzureMethod)
}

// owing says why there is nothing to pay on an invoice; empty if there is.
func (a *Azure) owing(inv *azureInvoice) string {
	due, _ := new(big.Rat).SetString(inv.AmountDue)
	switch {
	case inv.Status != "Due" && inv.Status != "OverDue" || inv.DocumentType != "Invoice" || due.Sign() <= 0:
		return "Nothing is due on this invoice"
	case inv.coming != nil:
		return "A payment of this invoice is being processed"
	}
	return ""
}

// unpayable says why the portal offers no "Pay now"; empty if it does
// (learn.microsoft.com/azure/cost-management-billing/understand/pay-bill).
func (a *Azure) unpayable(inv *azureInvoice) string {
	agreement := a.mustAccount(inv.Account).Agreement
	due, _ := new(big.Rat).SetString(inv.AmountDue)
	switch why := a.owing(inv); {
	case why != "":
		return why
	case agreement == AzureEA:
		return "Invoices of an Enterprise Agreement are paid by check or wire transfer"
	case agreement == AzureEnterprise && inv.Currency == "USD" && due.Cmp(big.NewRat(50_000, 1)) > 0:
		return "Pay now takes up to 50,000.00 USD; pay by check or wire transfer"
	}
	return ""
}

// Fail adds a payment that failed, as an automatic charge or a person's own attempt would.
func (a *Azure) Fail(invoice, reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	inv := a.mustInvoice(invoice)
	inv.Failures = append(inv.Failures, AzureFailure{At: a.config.Now(), Reason: reason})
}

func (a *Azure) decline(inv *azureInvoice, reason string) error {
	if why := a.unpayable(inv); why != "" {
		return fmt.Errorf("%s: %w", why, ErrAzureNotPayable)
	}
	inv.Failures = append(inv.Failures, AzureFailure{At: a.config.Now(), Reason: reason})
	return fmt.Errorf("invoice %s: %s: %w", inv.Number, reason, ErrAzureDeclined)
}

// Wire pays an invoice by a wire transfer, which Azure sees after WireDelay; ErrAzureNotPayable if there is nothing to pay.
func (a *Azure) Wire(invoice string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settle()
	return a.wire(a.mustInvoice(invoice))
}

func (a *Azure) wire(inv *azureInvoice) error {
	if why := a.owing(inv); why != "" {
		return fmt.Errorf("%s: %w", why, ErrAzureNotPayable)
	}
	a.receive(inv, AzurePayment{Amount: inv.AmountDue, Family: "CheckWire"}, a.config.WireDelay)
	return nil
}

// receive lets money arrive after a while.
func (a *Azure) receive(inv *azureInvoice, payment AzurePayment, after time.Duration) {
	inv.coming, inv.settles = &payment, a.config.Now().Add(after)
	a.settle()
}

// settle lets the money arrive that is due to; the caller holds the lock.
func (a *Azure) settle() {
	now := a.config.Now()
	for _, inv := range a.invoices {
		if inv.coming == nil || now.Before(inv.settles) {
			continue
		}
		inv.coming.At = inv.settles
		inv.Payments = append(inv.Payments, *inv.coming)
		inv.Status, inv.AmountDue, inv.coming = "Paid", "0.00", nil
	}
}

// usable tells whether a method can be paid with: active, and its month of expiration is not over. What cannot be read has not expired.
func (m *AzureMethod) usable(now time.Time) bool {
	month, year, _ := strings.Cut(m.Expiration, "/")
	mm, err := strconv.Atoi(month)
	yyyy, failed := strconv.Atoi(year)
	readable := err == nil && failed == nil
	return m.Status == "active" && (!readable || now.Before(time.Date(yyyy, time.Month(mm)+1, 1, 0, 0, 0, 0, time.UTC)))
}
