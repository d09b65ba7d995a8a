package stripe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// maxMethodID is what fits a Slack option, and billing.Method promises; Stripe's ids are a third of it.
const maxMethodID = 75

// Methods implements billing.Provider.
func (p *Provider) Methods(ctx context.Context, invoice billing.Invoice) ([]billing.Method, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	raw, err := p.read(ctx, invoice.ID)
	if err != nil {
		return nil, err
	}
	usable, err := p.usable(ctx, raw)
	if err != nil {
		return nil, err
	}
	first, err := p.defaultMethod(ctx, raw)
	if err != nil {
		return nil, err
	}
	var methods []billing.Method
	for _, m := range usable {
		method := billing.Method{ID: m.ID, Short: short(m), Expires: expires(m), Default: m.ID == first}
		if method.Default {
			methods = slices.Insert(methods, 0, method)
		} else {
			methods = append(methods, method)
		}
	}
	return methods, nil
}

// usable lists the methods of the invoice's customer with which it can be paid now.
func (p *Provider) usable(ctx context.Context, raw *api.Invoice) ([]*api.PaymentMethod, error) {
	params := &api.CustomerListPaymentMethodsParams{Customer: &raw.Customer.ID}
	params.Limit = new(int64(pageSize))
	var usable []*api.PaymentMethod
	for m, err := range p.client.V1Customers.ListPaymentMethods(ctx, params).All(ctx) {
		if err != nil {
			return nil, readError("the payment methods for "+raw.ID, err)
		}
		if p.canPay(m, raw) {
			usable = append(usable, m)
		}
	}
	return usable, nil
}

// canPay leaves out what is expired, of somebody else, of a kind that the invoice does not take or that needs a card reader,
// and what its owner did not agree to see again: Stripe sets allow_redisplay to "limited" for a method saved for one purpose,
// such as one subscription. Such a method is shown only where the invoice itself names it. "unspecified" is what every method
// has whose owner was never asked, and is shown.
func (p *Provider) canPay(m *api.PaymentMethod, raw *api.Invoice) bool {
	if m == nil {
		return false
	}
	named := raw.DefaultPaymentMethod != nil && raw.DefaultPaymentMethod.ID == m.ID
	switch {
	case m.ID == "" || len(m.ID) > maxMethodID:
		return false
	case m.Customer != nil && m.Customer.ID != raw.Customer.ID:
		return false
	case m.AllowRedisplay == api.PaymentMethodAllowRedisplayLimited && !named:
		return false
	case m.Type == api.PaymentMethodTypeCardPresent || m.Type == api.PaymentMethodTypeInteracPresent:
		return false
	case m.Card != nil && expired(m.Card, p.now().In(p.zone)):
		return false
	}
	if raw.PaymentSettings == nil || len(raw.PaymentSettings.PaymentMethodTypes) == 0 {
		return true
	}
	return slices.ContainsFunc(raw.PaymentSettings.PaymentMethodTypes, func(t api.InvoicePaymentSettingsPaymentMethodType) bool {
		return string(t) == string(m.Type)
	})
}

// expired says whether a card's last month is over.
func expired(card *api.PaymentMethodCard, now time.Time) bool {
	if card.ExpYear == 0 || card.ExpMonth == 0 {
		return false
	}
	return int64(now.Year())*12+int64(now.Month()) > card.ExpYear*12+card.ExpMonth
}

// defaultMethod is the one that Stripe itself would charge: the invoice's, else the customer's. A key that may not
// read customers costs only the preselection.
func (p *Provider) defaultMethod(ctx context.Context, raw *api.Invoice) (string, error) {
	if raw.DefaultPaymentMethod != nil && raw.DefaultPaymentMethod.ID != "" {
		return raw.DefaultPaymentMethod.ID, nil
	}
	customer, err := p.client.V1Customers.Retrieve(ctx, raw.Customer.ID, nil)
	if err != nil {
		if err = readError("customer "+raw.Customer.ID, err); errors.Is(err, billing.ErrUnavailable) {
			return "", err
		}
		p.log.InfoContext(ctx, "the default payment method is not known", "error", err)
		return "", nil
	}
	if s := customer.InvoiceSettings; s != nil && s.DefaultPaymentMethod != nil {
		return s.DefaultPaymentMethod.ID, nil
	}
	return "", nil
}

func expires(m *api.PaymentMethod) string {
	if m.Card == nil || m.Card.ExpMonth == 0 || m.Card.ExpYear == 0 {
		return ""
	}
	return fmt.Sprintf("%02d/%02d", m.Card.ExpMonth, m.Card.ExpYear%100)
}

func short(m *api.PaymentMethod) string {
	switch {
	case m.Card != nil:
		return masked(named(string(cmp.Or(api.PaymentMethodCardBrand(m.Card.DisplayBrand), m.Card.Brand))), m.Card.Last4)
	case m.SEPADebit != nil:
		return masked("SEPA", m.SEPADebit.Last4)
	case m.USBankAccount != nil:
		return masked(cmp.Or(m.USBankAccount.BankName, "Bank account"), m.USBankAccount.Last4)
	case m.BACSDebit != nil:
		return masked("Bacs", m.BACSDebit.Last4)
	case m.ACSSDebit != nil:
		return masked(cmp.Or(m.ACSSDebit.BankName, "Pre-authorized debit"), m.ACSSDebit.Last4)
	case m.AUBECSDebit != nil:
		return masked("BECS", m.AUBECSDebit.Last4)
	}
	return named(string(m.Type))
}

// charged is how a charge was paid, in the same words as short.
func charged(c *api.Charge) string {
	if c == nil || c.PaymentMethodDetails == nil {
		return ""
	}
	switch d := c.PaymentMethodDetails; {
	case d.Card != nil:
		return masked(named(string(d.Card.Brand)), d.Card.Last4)
	case d.SEPADebit != nil:
		return masked("SEPA", d.SEPADebit.Last4)
	case d.USBankAccount != nil:
		return masked(cmp.Or(d.USBankAccount.BankName, "Bank account"), d.USBankAccount.Last4)
	default:
		return named(string(d.Type))
	}
}

// masked takes the last four digits only, whatever a service sends in that field.
func masked(name, last4 string) string {
	if last4 == "" {
		return name
	}
	return name + " •••• " + last4[max(len(last4)-4, 0):]
}

// brands are the names that cannot be made from Stripe's words by putting them in upper case.
var brands = map[string]string{
	"": "Payment method", "amex": "American Express", "diners": "Diners Club", "diners_club": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay",
	"union_pay": "UnionPay", "paypal": "PayPal", "cashapp": "Cash App", "eftpos_au": "eftpos", "eftpos_australia": "eftpos",
	"unknown": "Card", "american_express": "American Express",
}

func named(word string) string {
	if name, ok := brands[word]; ok {
		return name
	}
	words := strings.Fields(strings.ReplaceAll(word, "_", " "))
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ")
}
