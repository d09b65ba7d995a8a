package stripe

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// Trial is one thing that a key must be allowed to do, tried without changing anything.
type Trial struct {
	Permission string // As Stripe's dashboard names it: "Events: read".
	For        string // What it is needed for, for people.
	Needed     bool   // Without it nothing can be paid; without the others Kvitt knows less.
	Err        error  // Nil where it works.
}

// Untried are the permissions that cannot be tried without changing something.
const Untried = "Invoices: write, Customer portal: write"

// Try tries what the key may do for one of our customers, as Kvitt does it later. invoice is the Invoice.ID of one of theirs, or
// empty where there is none.
func (p *Provider) Try(ctx context.Context, customer, invoice string) []Trial {
	ctx, cancel := limit(ctx)
	defer cancel()
	id := "pi_none"
	if invoice != "" {
		if raw, err := p.read(ctx, invoice); err != nil {
			return []Trial{{"Invoices: read, PaymentIntents: read", "to see whether an invoice is paid", true, err}}
		} else if in := intentOf(raw); in != nil && in.ID != "" {
			id = in.ID
		}
	}
	return []Trial{
		{"PaymentMethods: read", "to offer payment methods", true, p.tryMethods(ctx, customer)},
		{"PaymentIntents: read, Charges: read", "to say with which method was paid", false, p.tryIntent(ctx, id)},
		{"Events: read", "to tell Kvitt's payments from others' for certain", false, p.tryEvents(ctx)},
	}
}

func (p *Provider) tryMethods(ctx context.Context, customer string) error {
	params := &api.CustomerListPaymentMethodsParams{Customer: &customer}
	params.Limit = new(int64(1))
	for _, err := range p.client.V1Customers.ListPaymentMethods(ctx, params).All(ctx) {
		if err != nil {
			return readError("the payment methods of "+customer, err)
		}
		break
	}
	return nil
}

// tryIntent asks for a payment that may not exist: that nobody knows it is as good an answer as any.
func (p *Provider) tryIntent(ctx context.Context, id string) error {
	params := &api.PaymentIntentRetrieveParams{}
	params.AddExpand("latest_charge")
	if _, err := p.client.V1PaymentIntents.Retrieve(ctx, id, params); err != nil {
		if err = readError("payments", err); !errors.Is(err, billing.ErrNotFound) {
			return err
		}
	}
	return nil
}

func (p *Provider) tryEvents(ctx context.Context) error {
	params := &api.EventListParams{}
	params.Limit = new(int64(1))
	for _, err := range p.client.V1Events.List(ctx, params).All(ctx) {
		if err != nil {
			return readError("events", err)
		}
		break
	}
	return nil
}

// permission is what Stripe's sentence about a restricted key names, "Having the 'rak_invoice_read' permission would allow this request
// to continue". Nothing else of the sentence is passed on.
var permission = regexp.MustCompile(`'(rak_[a-z0-9_]{1,60})'`)

// missing names the permissions that a restricted key lacks, as far as Stripe says; empty for any other error.
func missing(e *api.Error) string {
	if e.HTTPStatusCode != http.StatusForbidden {
		return ""
	}
	var names []string
	for _, found := range permission.FindAllStringSubmatch(e.Msg, -1) {
		names = append(names, found[1])
	}
	if names == nil {
		return ""
	}
	return ", the key lacks " + strings.Join(names, ", ")
}
