package azure

import (
	"strings"

	"kvitt/billing"
)

// settlement is the newest payment of a paid invoice.
func settlement(raw rawInvoice) billing.Settlement {
	last := raw.paid()
	return billing.Settlement{At: last.Date.at, Method: methodName(last.Family, last.Type)}
}

// failure is the newest payment that failed, unless another one came through later.
func failure(raw rawInvoice) billing.Failure {
	last := raw.failed()
	if !last.Date.known() || !last.Date.at.After(raw.paid().Date.at) {
		return billing.Failure{}
	}
	return billing.Failure{At: last.Date.at, Why: decline(last.Reason)}
}

// decline sorts the reasons that the service gives; new ones may come.
func decline(reason string) billing.Decline {
	switch strings.ToLower(reason) {
	case "cardexpired":
		return billing.CardExpired
	case "incorrectcarddetails":
		return billing.WrongDetails
	}
	return billing.Generic
}

// pastDue says whether a charge that the service makes by itself should have come through by now. It says "paid" up to 24 hours after a payment
// (pay-bill), hence the day of grace.
func (p *Provider) pastDue(in billing.Invoice, r rawProperties) bool {
	if strings.EqualFold(r.Status, "OverDue") {
		return true
	}
	return !in.Due.IsZero() && in.Due.AddDays(1).Before(billing.DateOf(p.now(), p.zone))
}

// families are the kinds of payment whose type says nothing to people.
var families = map[string]string{"checkwire": billing.BankTransfer, "credits": "Credits", "directdebit": "Direct debit", "taskorder": "Task order"}

// brands are the types of cards as the service writes them ("visa" and "mc" were seen).
var brands = map[string]string{
	"visa": "Visa", "mc": "Mastercard", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover", "jcb": "JCB",
	"diners": "Diners Club", "unionpay": "UnionPay", "paypal": "PayPal",
}

// methodName is what people call a method; empty where it is not known.
func methodName(family, kind string) string {
	family = strings.ToLower(family)
	if name := families[family]; name != "" {
		return name
	}
	if name := brands[strings.ToLower(kind)]; name != "" {
		return name
	}
	if family == "creditcard" {
		return "Card"
	}
	return ""
}
