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
	now := a.config.Now()
	for _, m := range a.methods {
		switch {
		case m.ID != method || m.Account != inv.Account || m.Profile != inv.Profile:
			continue
		case m.Status != "active" || m.expired(now):
			return fmt.Errorf("%s ending in %s has expired or is inactive: %w", m.Display, m.Last4, ErrAzureMethod)
		case m.Decline != "":
			inv.Failures = append(inv.Failures, AzureFailure{At: now, Reason: m.Decline})
			return fmt.Errorf("%s ending in %s: %s: %w", m.Display, m.Last4, m.Decline, ErrAzureDeclined)
		}
		inv.coming = &AzurePayment{Amount: inv.AmountDue, Family: m.Family, Type: m.Type}
		inv.settles = now.Add(a.config.PayDelay)
		a.settle()
		return nil
	}
	return fmt.Errorf("no such payment method %q for invoice %s: %w", method, inv.Number, ErrAzureMethod)
}

// unpayable says why the portal offers no "Pay now"; empty if it does
// (learn.microsoft.com/azure/cost-management-billing/understand/pay-bill).
func (a *Azure) unpayable(inv *azureInvoice) string {
	account := a.mustAccount(inv.Account)
	due, _ := new(big.Rat).SetString(inv.AmountDue)
	switch {
	case inv.Status != "Due" && inv.Status != "OverDue" || inv.DocumentType != "Invoice" || due.Sign() <= 0:
		return "Nothing is due on this invoice"
	case inv.coming != nil:
		return "A payment of this invoice is being processed"
	case account.Agreement == AzureEA:
		return "Invoices of an Enterprise Agreement are paid by check or wire transfer"
	case account.Agreement == AzureEnterprise && inv.Currency == "USD" && due.Cmp(big.NewRat(50_000, 1)) > 0:
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

// Wire pays an invoice by a wire transfer, which Azure sees after WireDelay.
func (a *Azure) Wire(invoice string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settle()
	inv := a.mustInvoice(invoice)
	inv.coming = &AzurePayment{Amount: inv.AmountDue, Family: "CheckWire"}
	inv.settles = a.config.Now().Add(a.config.WireDelay)
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

// expired tells whether the month of the expiration is over. What cannot be read has not expired.
func (m *AzureMethod) expired(now time.Time) bool {
	month, year, _ := strings.Cut(m.Expiration, "/")
	mm, err := strconv.Atoi(month)
	yyyy, err2 := strconv.Atoi(year)
	if err != nil || err2 != nil {
		return false
	}
	return !now.Before(time.Date(yyyy, time.Month(mm)+1, 1, 0, 0, 0, 0, time.UTC))
}
