package azure

import (
	"encoding/json"
	"errors"
	"path"
	"regexp"
	"strings"
)

// rawInvoice is an invoice as API version 2024-04-01 sends it
// (github.com/Azure/azure-rest-api-specs, Microsoft.Billing/stable/2024-04-01/invoice.json). Every field may be missing.
type rawInvoice struct {
	Name       string        `json:"name"`
	Properties rawProperties `json:"properties"`
}

type rawProperties struct {
	Status       string  `json:"status"`
	DocumentType string  `json:"documentType"`
	AmountDue    *amount `json:"amountDue"`
	TotalAmount  *amount `json:"totalAmount"`
	BilledAmount *amount `json:"billedAmount"`
	InvoiceDate  moment  `json:"invoiceDate"`
	DueDate      moment  `json:"dueDate"`
	PeriodStart  moment  `json:"invoicePeriodStartDate"`
	PeriodEnd    moment  `json:"invoicePeriodEndDate"`

	ProfileID    string `json:"billingProfileId"`
	ProfileName  string `json:"billingProfileDisplayName"`
	Subscription string `json:"subscriptionDisplayName"`
	CreditFor    string `json:"creditForDocumentId"`

	Payments []rawPayment `json:"payments"`
	Failed   []rawFailure `json:"failedPayments"`
}

type rawPayment struct {
	Date   moment `json:"date"`
	Family string `json:"paymentMethodFamily"`
	Type   string `json:"paymentMethodType"`
}

type rawFailure struct {
	Date   moment `json:"date"`
	Reason string `json:"failedPaymentReason"`
}

// validNumber is what invoice names are made of ("G123456789", "E0800ABCDE", "H1-ABC"). It begins with a letter or digit, so it is no step in a path.
var validNumber = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// readInvoice reads one invoice. The error names no amount; the invoice has at least its name where that could be read.
func readInvoice(data []byte) (rawInvoice, error) {
	var raw rawInvoice
	err := json.Unmarshal(data, &raw)
	var odd *json.UnmarshalTypeError
	switch {
	case errors.As(err, &odd):
		err = errors.New(odd.Field + " is not of its type")
	case err != nil:
		err = errors.New("it is no invoice")
	}
	if err != nil {
		// One odd value stops the reading, perhaps before the name.
		var named struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(data, &named)
		raw = rawInvoice{Name: named.Name}
	}
	if !validNumber.MatchString(raw.Name) {
		return rawInvoice{}, errors.New("it has no name")
	}
	return raw, err
}

// isInvoice leaves out credit notes, void notes, receipts and summaries, which come in the same list. A document that does not say what it is, is an
// invoice unless it says for which invoice it is the credit.
func (r rawInvoice) isInvoice() bool {
	if r.Properties.DocumentType == "" {
		return r.Properties.CreditFor == ""
	}
	return r.Properties.DocumentType == "Invoice"
}

// profile is the name of the invoice's billing profile, and empty where it has none (MOSP, EA).
func (r rawInvoice) profile() string {
	if _, name, ok := strings.Cut(strings.ToLower(r.Properties.ProfileID), "/billingprofiles/"); !ok || !validName.MatchString(name) {
		return ""
	}
	return path.Base(r.Properties.ProfileID)
}

// paid is the newest payment, failed the newest that failed; zero where there is none.
func (r rawInvoice) paid() (last rawPayment) {
	for _, p := range r.Properties.Payments {
		if !last.Date.known() || p.Date.at.After(last.Date.at) {
			last = p
		}
	}
	return last
}

func (r rawInvoice) failed() (last rawFailure) {
	for _, f := range r.Properties.Failed {
		if !last.Date.known() || f.Date.at.After(last.Date.at) {
			last = f
		}
	}
	return last
}
