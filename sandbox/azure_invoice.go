package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// AzureInvoice is an invoice to put into the pretend Azure. Amounts are decimals such as "1234.56": they are written as JSON numbers with
// exactly these digits, and at least two decimals.
type AzureInvoice struct {
	Number  string // Default: the next free one, in the agreement's own form.
	Account string
	Profile string // Required where the account has profiles.

	Currency  string // Default: the profile's, or "USD".
	Total     string // When it was issued; default "0.00".
	AmountDue string // As of now; default: Total, and nothing once it is Paid or Void.
	Tax       string // Default "0.00"; with one, SubTotal is needed as well.
	SubTotal  string // Default: Total.

	Due                    time.Time // Zero: without a due date. In life exactly 30 days after it was issued.
	Issued                 time.Time // Default: 30 days before Due, or now.
	PeriodStart, PeriodEnd time.Time // Default: the calendar month (UTC) before it was issued.

	Status        string // Default "Due". In life it may say so long after the due date.
	DocumentType  string // Default "Invoice". EA tells none.
	AdHoc         bool   // Not the monthly one.
	PurchaseOrder string
	Payments      []AzurePayment
	Failures      []AzureFailure

	// With is properties as they shall be answered instead, for what life may bring; nil leaves a property out.
	With map[string]any
}

// AzurePayment is money that was received for an invoice.
type AzurePayment struct {
	Amount string
	At     time.Time
	Family string // "CreditCard", "CheckWire", "Credits" and so on.
	Type   string // "visa"; empty: left out.
}

// AzureFailure is a payment that failed.
type AzureFailure struct {
	At     time.Time
	Reason string // AzureBankDeclined, AzureCardExpired, AzureWrongDetails or "Other".
}

// azureInvoice is an invoice and what is to happen to it.
type azureInvoice struct {
	AzureInvoice
	token   string        // Of its download link.
	coming  *AzurePayment // Money on its way.
	settles time.Time     // When it arrives.
}

var azureAmountShape = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

// azureAmount makes the JSON number of a decimal, with at least two decimals.
func azureAmount(decimal string) json.Number {
	if !azureAmountShape.MatchString(decimal) {
		panic("sandbox: " + decimal + " is no amount; write a decimal such as 1234.56")
	}
	whole, fraction, _ := strings.Cut(decimal, ".")
	for len(fraction) < 2 {
		fraction += "0"
	}
	return json.Number(whole + "." + fraction)
}

// AddInvoice adds an invoice and returns its number.
func (a *Azure) AddInvoice(in AzureInvoice) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	account := a.mustAccount(in.Account)
	if account.Agreement == AzureOnline || account.Agreement == AzureEnterprise {
		in.Currency = cmp.Or(in.Currency, a.mustProfile(in.Account, in.Profile).Currency)
	}
	in.Currency = cmp.Or(in.Currency, "USD")
	in.Status = cmp.Or(in.Status, "Due")
	in.DocumentType = cmp.Or(in.DocumentType, "Invoice")
	in.Total = cmp.Or(in.Total, "0.00")
	in.SubTotal, in.Tax = cmp.Or(in.SubTotal, in.Total), cmp.Or(in.Tax, "0.00")
	if in.AmountDue == "" {
		in.AmountDue = in.Total
		if in.Status == "Paid" || in.Status == "Void" {
			in.AmountDue = "0.00"
		}
	}
	in.setDates(a.config.Now())
	a.serial++
	in.Number = cmp.Or(in.Number, fmt.Sprintf(account.Agreement.numbering(), a.serial))
	a.invoices = append(a.invoices, &azureInvoice{AzureInvoice: in, token: fmt.Sprintf("Drs_%010d", 5_701_423_915+a.serial*7919)})
	return in.Number
}

// numbering is the form of an agreement's invoice numbers.
func (g AzureAgreement) numbering() string {
	switch g {
	case AzureEA:
		return "EA%08d"
	case AzureMOSP:
		return "E%09d"
	}
	return "G%09d"
}

func (in *AzureInvoice) setDates(now time.Time) {
	if in.Issued.IsZero() {
		in.Issued = now
		if !in.Due.IsZero() {
			in.Issued = in.Due.AddDate(0, 0, -30)
		}
	}
	if in.PeriodStart.IsZero() {
		issued := in.Issued.UTC()
		month := time.Date(issued.Year(), issued.Month(), 1, 0, 0, 0, 0, time.UTC)
		in.PeriodStart, in.PeriodEnd = month.AddDate(0, -1, 0), month.Add(-100*time.Nanosecond)
	}
}

// Invoices lists all invoices as they are now.
func (a *Azure) Invoices() []AzureInvoice {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settle()
	var list []AzureInvoice
	for _, inv := range a.invoices {
		list = append(list, inv.AzureInvoice)
	}
	return list
}

// DownloadTokens lists every token that downloads an invoice without signing in: none may appear anywhere outside of Azure's own answers.
func (a *Azure) DownloadTokens() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []string
	for _, inv := range a.invoices {
		list = append(list, inv.token)
	}
	return list
}

// ChangeInvoice alters an invoice as Microsoft would: a status, an amount, another due date.
func (a *Azure) ChangeInvoice(number string, how func(*AzureInvoice)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	how(&a.mustInvoice(number).AzureInvoice)
}

func (a *Azure) findInvoice(number string) *azureInvoice {
	at := slices.IndexFunc(a.invoices, func(inv *azureInvoice) bool { return inv.Number == number })
	if at < 0 {
		return nil
	}
	return a.invoices[at]
}

func (a *Azure) mustInvoice(number string) *azureInvoice {
	inv := a.findInvoice(number)
	if inv == nil {
		panic("sandbox: the pretend Azure has no invoice " + number)
	}
	return inv
}
