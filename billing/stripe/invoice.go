package stripe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v85"
	"golang.org/x/sync/errgroup"

	"kvitt/billing"
)

const (
	idPrefix = "stripe:"
	pageSize = 100
	maxLines = 3 // Lines of an invoice that its description names.
)

var rawID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// Invoices implements billing.Provider. Stripe cannot be asked for what changed, so with a moment every invoice of our
// customers is listed and those without a change since are dropped; one customer's are few.
//
// An invoice that cannot be read keeps no other back, and neither does a customer that Stripe refuses: what is wrong with each is one error at the end.
func (p *Provider) Invoices(ctx context.Context, since time.Time) iter.Seq2[billing.Invoice, error] {
	return func(yield func(billing.Invoice, error) bool) {
		var failed []error
		for raw, err := range p.list(ctx, since) {
			var invoice billing.Invoice
			if err == nil {
				invoice, err = p.listed(ctx, raw)
			}
			switch {
			case err == nil:
				if !yield(invoice, nil) {
					return
				}
			case errors.Is(err, billing.ErrUnavailable):
				yield(billing.Invoice{}, errors.Join(append(failed, err)...))
				return
			default:
				failed = append(failed, err)
			}
		}
		if len(failed) > 0 {
			yield(billing.Invoice{}, errors.Join(failed...))
		}
	}
}

// pings is how many customers are asked for at once: Stripe limits how many requests a key has under way (docs.stripe.com/rate-limits).
const pings = 8

// Ping implements billing.Provider: it asks for one invoice of each customer.
func (p *Provider) Ping(ctx context.Context) error {
	ctx, cancel := limit(ctx)
	defer cancel()
	var asked errgroup.Group
	asked.SetLimit(pings)
	for _, customer := range p.customers {
		asked.Go(func() error { return p.pingFor(ctx, customer) })
	}
	return asked.Wait()
}

func (p *Provider) pingFor(ctx context.Context, customer string) error {
	params := &api.InvoiceListParams{Customer: &customer}
	params.Limit = new(int64(1))
	for _, err := range p.client.V1Invoices.List(ctx, params).All(ctx) {
		if err != nil {
			return readError("the invoices of "+customer, err)
		}
		break
	}
	return nil
}

// list yields what Invoices is about, as Stripe has it. An error ends what is listed of its customer.
func (p *Provider) list(ctx context.Context, since time.Time) iter.Seq2[*api.Invoice, error] {
	return func(yield func(*api.Invoice, error) bool) {
		for _, customer := range p.customers {
			for raw, err := range p.listOf(ctx, customer, since) {
				if !yield(raw, err) {
					return
				}
			}
		}
	}
}

func (p *Provider) listOf(ctx context.Context, customer string, since time.Time) iter.Seq2[*api.Invoice, error] {
	params := &api.InvoiceListParams{Customer: &customer}
	params.Limit = new(int64(pageSize))
	if since.IsZero() {
		params.Status = new(string(api.InvoiceStatusOpen))
	}
	return func(yield func(*api.Invoice, error) bool) {
		for raw, err := range p.client.V1Invoices.List(ctx, params).All(ctx) {
			if err != nil {
				yield(nil, readError("the invoices of "+customer, err))
				return
			}
			if !p.ours(raw) || raw.Status != api.InvoiceStatusOpen && !changed(raw, since) {
				continue
			}
			if !yield(raw, nil) {
				return
			}
		}
	}
}

// listed reads an automatically collected invoice that was tried once more: only its payment tells whether that failed,
// or is a bank debit on its way, and a list cannot be expanded that deep.
func (p *Provider) listed(ctx context.Context, raw *api.Invoice) (billing.Invoice, error) {
	if raw.Status == api.InvoiceStatusOpen && raw.Attempted && raw.CollectionMethod == api.InvoiceCollectionMethodChargeAutomatically {
		return p.Invoice(ctx, idPrefix+raw.ID)
	}
	return p.invoice(raw)
}

// changed says whether an invoice that is not open any more became so since a moment; Stripe knows whole seconds.
func changed(raw *api.Invoice, since time.Time) bool {
	t := raw.StatusTransitions
	if since.IsZero() || raw.Status == api.InvoiceStatusDraft {
		return false
	}
	if t == nil {
		return true
	}
	return max(t.PaidAt, t.VoidedAt, t.MarkedUncollectibleAt, t.FinalizedAt) >= since.Unix()
}

// Invoice implements billing.Provider.
func (p *Provider) Invoice(ctx context.Context, id string) (billing.Invoice, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	raw, err := p.read(ctx, id)
	if err != nil {
		return billing.Invoice{}, err
	}
	invoice, err := p.invoice(raw)
	if err != nil {
		return billing.Invoice{}, err
	}
	if invoice.Status == billing.Paid {
		invoice.Settlement.Method = charged(p.charge(ctx, intentOf(raw)))
	}
	return invoice, nil
}

// read fetches an invoice with the state of its payments, if it is ours.
func (p *Provider) read(ctx context.Context, id string) (*api.Invoice, error) {
	plain, ok := strings.CutPrefix(id, idPrefix)
	if !ok || !rawID.MatchString(plain) {
		return nil, fmt.Errorf("invoice %q: %w", id, billing.ErrNotFound)
	}
	params := &api.InvoiceRetrieveParams{}
	params.AddExpand("payments.data.payment.payment_intent")
	raw, err := p.client.V1Invoices.Retrieve(ctx, plain, params)
	if err != nil {
		return nil, readError("invoice "+id, err)
	}
	if !p.ours(raw) || raw.ID != plain {
		return nil, fmt.Errorf("invoice %s is of no customer that this workspace pays for: %w", id, billing.ErrNotFound)
	}
	return raw, nil
}

func (p *Provider) ours(raw *api.Invoice) bool {
	return raw != nil && raw.Customer != nil && slices.Contains(p.customers, raw.Customer.ID)
}

// invoice says in billing's words what Stripe says. An error is an amount that has no exact value.
func (p *Provider) invoice(raw *api.Invoice) (billing.Invoice, error) {
	left, errLeft := money(remaining(raw), raw.Currency)
	total, errTotal := money(cmp.Or(raw.Total, raw.AmountDue), raw.Currency)
	if err := cmp.Or(errLeft, errTotal); err != nil {
		return billing.Invoice{}, fmt.Errorf("invoice %s is left out, ask its supplier to correct it or pay it outside of Kvitt: %w", raw.ID, err)
	}
	status := billing.Status(raw.Status) // The words are the same.
	auto := raw.CollectionMethod == api.InvoiceCollectionMethodChargeAutomatically
	in := billing.Invoice{
		ID: idPrefix + raw.ID, Number: raw.Number, Supplier: raw.AccountName, Description: description(raw),
		AmountDue: left, Total: total, Status: status,
		AutoCollect: auto, PayFailed: auto && status == billing.Open && collectionFailed(raw),
	}
	if raw.DueDate > 0 { // Null arrives as 0.
		in.Due = billing.DateOf(time.Unix(raw.DueDate, 0), p.zone)
	}
	if status == billing.Paid && raw.StatusTransitions != nil && raw.StatusTransitions.PaidAt > 0 {
		in.Settlement.At = time.Unix(raw.StatusTransitions.PaidAt, 0).UTC()
	}
	return in, nil
}

// remaining is what is left to pay, in Stripe's minor units. It is amount_due less amount_paid, should amount_remaining be missing.
func remaining(raw *api.Invoice) int64 {
	switch raw.Status {
	case api.InvoiceStatusPaid, api.InvoiceStatusVoid:
		return 0
	}
	return max(cmp.Or(raw.AmountRemaining, raw.AmountDue-raw.AmountPaid), 0)
}

// collectionFailed says whether an automatic collection was tried and needs somebody. A bank debit on its way does not.
func collectionFailed(raw *api.Invoice) bool {
	in := intentOf(raw)
	switch {
	case in == nil || in.Status == "":
		return raw.Attempted
	case in.Status == api.PaymentIntentStatusProcessing:
		return false
	}
	return raw.Attempted || in.Status == api.PaymentIntentStatusRequiresAction
}

func description(raw *api.Invoice) string {
	if raw.Description != "" || raw.Lines == nil {
		return raw.Description
	}
	var lines []string
	for _, line := range raw.Lines.Data {
		if line != nil && line.Description != "" && !slices.Contains(lines, line.Description) {
			lines = append(lines, line.Description)
		}
	}
	if len(lines) > maxLines {
		lines = append(lines[:maxLines], "…")
	}
	return strings.Join(lines, ", ")
}
