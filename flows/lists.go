package flows

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"kvitt/billing"
	"kvitt/store"
)

// The lists that the invoices are on, so that what is open is found however much was paid before.
const (
	listOpen = "open" // By due date; those without one come last.
	listPaid = "paid" // By the moment of the payment.
	listGone = "gone"
)

// list is where an invoice is found.
func (r *Record) list() (name string, place time.Time) {
	due := r.Invoice.Due
	if due.IsZero() {
		due = billing.Date{Year: 9999, Month: time.December, Day: 31}
	}
	switch pay := r.lastPayment(); {
	case r.State == Gone:
		return listGone, due.At(0, 0, time.UTC)
	case pay != nil:
		return listPaid, pay.At
	case r.State == Paid:
		return listPaid, time.Time{}
	}
	return listOpen, due.At(0, 0, time.UTC)
}

// on yields the records on a list that can be read. One that cannot is told to the operator, and keeps nobody from the others.
func (f *Flows) on(ctx context.Context, list string, newest bool) iter.Seq2[store.Item[Record], error] {
	return func(yield func(store.Item[Record], error) bool) {
		for item, err := range f.Records.Listed(ctx, list, newest) {
			if err != nil && item.ID != "" {
				f.complainOfDamage(ctx, item.ID, err)
				continue
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// readable is the error of work on one invoice, or nil when all that is wrong is its record: that keeps nobody from the others.
func (f *Flows) readable(ctx context.Context, id string, err error) error {
	if _, damaged := errors.AsType[*store.DamagedError](err); !damaged {
		return err
	}
	f.complainOfDamage(ctx, id, err)
	return nil
}

func (f *Flows) complainOfDamage(ctx context.Context, id string, err error) {
	f.Log.ErrorContext(ctx, "an invoice's record cannot be read; restore it from a backup", "invoice", id, "err", err)
}

// toPayNow lists the invoices that can be paid or are being paid and that somebody may see, the most urgent first.
func (f *Flows) toPayNow(ctx context.Context, s *sight) ([]Record, error) {
	return f.open(ctx, s, func(r Record) bool { return r.payable() || r.awaits() || r.busy() })
}

// unpaid also lists those that nobody can pay now: what the billing service has locked, or its issuer written off.
func (f *Flows) unpaid(ctx context.Context, s *sight) ([]Record, error) {
	return f.open(ctx, s, func(r Record) bool {
		return r.Invoice.AmountDue.Minor > 0 && r.Invoice.Status != billing.Draft || r.busy()
	})
}

func (f *Flows) open(ctx context.Context, s *sight, fits func(Record) bool) ([]Record, error) {
	var open []Record
	for item, err := range f.on(ctx, listOpen, false) {
		if err != nil {
			return nil, err
		}
		if fits(item.Rec) && s.sees(ctx, item.Rec) {
			open = append(open, item.Rec)
		}
	}
	slices.SortStableFunc(open, urgency)
	return open, nil
}

// paidSince lists invoices that were paid since a moment and that somebody may see, the newest first, and at most so many.
func (f *Flows) paidSince(ctx context.Context, s *sight, since time.Time, most int) ([]Record, error) {
	var paid []Record
	for item, err := range f.on(ctx, listPaid, true) {
		if err != nil {
			return nil, err
		}
		if pay := item.Rec.lastPayment(); len(paid) == most || pay == nil || pay.At.Before(since) {
			break
		}
		if !s.sees(ctx, item.Rec) {
			continue
		}
		paid = append(paid, item.Rec)
	}
	return paid, nil
}

// count counts what is on a list of one billing service, without reading it.
func (f *Flows) count(ctx context.Context, list, service string) (n int, err error) {
	for id, err := range f.Records.IDs(ctx, list) {
		if err != nil {
			return n, err
		}
		if service == "" || serviceOf(id) == service {
			n++
		}
	}
	return n, nil
}
