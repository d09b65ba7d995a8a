package azure

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kvitt/billing"
)

// Pay implements billing.Provider. It moves nothing: it checks that the invoice is as the person saw it and that the method is one of Methods, and
// answers as Status does.
func (p *Provider) Pay(ctx context.Context, payment billing.Payment) (billing.Outcome, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	account, raw, err := p.read(ctx, payment.Invoice)
	if err != nil {
		return billing.Outcome{}, err
	}
	invoice, err := p.invoice(ctx, account, raw)
	if err != nil {
		return billing.Outcome{}, err
	}
	out := judge(payment, invoice, p.now())
	if out.Progress != billing.NotStarted {
		return out, nil
	}
	if invoice.Status != billing.Open || invoice.AmountDue.Minor == 0 {
		out.Progress = billing.Changed
		return out, nil
	}
	methods, err := p.methods(ctx, account, raw.profile(), invoice)
	if err != nil {
		return billing.Outcome{}, err
	}
	if !slices.ContainsFunc(methods, func(m billing.Method) bool { return m.ID == payment.Method }) {
		return billing.Outcome{Progress: billing.Refused, Decline: billing.MethodUnusable, Invoice: invoice}, nil
	}
	return out, nil
}

// Status implements billing.Provider.
func (p *Provider) Status(ctx context.Context, payment billing.Payment) (billing.Outcome, error) {
	invoice, err := p.Invoice(ctx, payment.Invoice)
	if err != nil {
		return billing.Outcome{}, err
	}
	return judge(payment, invoice, p.now()), nil
}

// dayOf is midnight in UTC: Azure tells the day of a payment, and not its hour.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// judge says what became of a hand-over, from the invoice as just read. It is pure.
//
// An invoice that is locked, or has nothing left to pay but is not called paid, is on its way: the service says "paid" up to 24 hours later (pay-bill).
// Whether it was this person who paid, nobody can know; there is no key at Azure. Only what was paid on an earlier day was somebody else's doing.
func judge(payment billing.Payment, in billing.Invoice, now time.Time) billing.Outcome {
	out := billing.Outcome{Progress: billing.NotStarted, Invoice: in}
	switch {
	case in.Status == billing.Paid && !in.Settlement.At.IsZero() && in.Settlement.At.Before(dayOf(payment.Started)):
		out.Progress, out.Method, out.At = billing.Elsewhere, in.Settlement.Method, in.Settlement.At
	case in.Status == billing.Paid:
		out.Progress, out.Method, out.At = billing.Settled, in.Settlement.Method, in.Settlement.At
		if out.At.IsZero() {
			out.At = now.UTC()
		}
	case in.Status == billing.Void, in.AmountDue.Currency != payment.Amount.Currency:
		out.Progress = billing.Changed
	case in.Failure.At.After(payment.Started):
		out.Progress, out.Decline = billing.Refused, cmp.Or(in.Failure.Why, billing.Generic)
	case in.AmountDue != payment.Amount && in.AmountDue.Minor != 0:
		out.Progress = billing.Changed
	}
	return out
}
