// Package ledger is the billing service for invoices that no billing service knows: a company imports them from a file, pays
// them in its bank, and records that here.
//
// It promises that a payment is recorded once whatever is repeated, that no import takes back what somebody recorded, and that a
// recording can be undone for a day, with a reason and a trail. No money moves here, and none must: nothing in this package may
// reach a bank, and it keeps no state of its own but what its Shelf holds.
package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"kvitt/billing"
)

const (
	// keyLife is how long bookkeeping law commonly keeps records; a row is never deleted.
	keyLife = 10 * 365 * 24 * time.Hour
	// patience is less than the 20 s of the contract, so that an answer still gets out.
	patience = 15 * time.Second
)

// Ledger is the billing.Provider called "ledger". It may be used from many goroutines.
type Ledger struct {
	shelf   Shelf
	methods []billing.Method
	now     func() time.Time
}

// New returns a ledger over a shelf. The methods are the ways in which the company pays, in its own words and its own order, the first
// being the default; empty and repeated ones are dropped, and each is cut to the 75 characters of a Slack option.
func New(shelf Shelf, methods []string, now func() time.Time) *Ledger {
	l := &Ledger{shelf: shelf, now: now}
	for _, label := range methods {
		label = strings.TrimSpace(label)
		if runes := []rune(label); len(runes) > 75 {
			label = string(runes[:75])
		}
		if _, known := l.method(label); label == "" || known {
			continue
		}
		l.methods = append(l.methods, billing.Method{ID: label, Short: label, Default: len(l.methods) == 0})
	}
	return l
}

// Name is "ledger".
func (l *Ledger) Name() string { return "ledger" }

// Way is billing.Records.
func (l *Ledger) Way() billing.Way { return billing.Records }

// KeyLife is ten years: a key lives as long as its row, and rows are not deleted.
func (l *Ledger) KeyLife() time.Duration { return keyLife }

// PrivateLink is always empty: a ledger invoice has no page of its own but Invoice.Link.
func (l *Ledger) PrivateLink(context.Context, string) (string, error) { return "", nil }

// MethodsLink is always empty: the methods are a setting.
func (l *Ledger) MethodsLink(context.Context, billing.Invoice, string) (string, error) {
	return "", nil
}

// Ping implements billing.Provider: it looks for a row, and that there is none is as good an answer as any.
func (l *Ledger) Ping(ctx context.Context) error {
	if _, err := l.load(ctx, prefix+"0000000000000000"); !errors.Is(err, billing.ErrNotFound) {
		return err
	}
	return nil
}

// Methods lists the company's ways to pay, and none for an invoice that is not open.
func (l *Ledger) Methods(_ context.Context, invoice billing.Invoice) ([]billing.Method, error) {
	if invoice.Status != billing.Open {
		return nil, nil
	}
	return append([]billing.Method(nil), l.methods...), nil
}

func (l *Ledger) method(id string) (billing.Method, bool) {
	for _, m := range l.methods {
		if m.ID == id {
			return m, true
		}
	}
	return billing.Method{}, false
}

// Invoice reads one invoice.
func (l *Ledger) Invoice(ctx context.Context, id string) (billing.Invoice, error) {
	row, err := l.load(ctx, id)
	if err != nil {
		return billing.Invoice{}, err
	}
	return row.Invoice(), nil
}

// Invoices yields the open invoices and those changed since. All are read before the first is yielded, so that no reading of the store
// stays open, and no deadline runs, while the caller works on them. The time limit of the contract holds for each row.
func (l *Ledger) Invoices(ctx context.Context, since time.Time) iter.Seq2[billing.Invoice, error] {
	return func(yield func(billing.Invoice, error) bool) {
		wanted, err := l.collect(ctx, since)
		for _, invoice := range wanted {
			if !yield(invoice, nil) {
				return
			}
		}
		if err != nil {
			yield(billing.Invoice{}, err)
		}
	}
}

// collect is patient with each row, not with all: an import may bring more of them than a store reads in that time.
func (l *Ledger) collect(ctx context.Context, since time.Time) ([]billing.Invoice, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if ctx.Err() != nil {
		return nil, unavailable("list the ledger", ctx.Err())
	}
	silence := time.AfterFunc(patience, func() { cancel(context.DeadlineExceeded) })
	defer silence.Stop()
	var wanted []billing.Invoice
	var failed []error
	for row, err := range l.shelf.Since(ctx, since) {
		silence.Reset(patience)
		switch {
		case err != nil:
			failed = append(failed, cmp.Or(context.Cause(ctx), err))
		case row.Open() || !since.IsZero() && !row.Changed.Before(since):
			wanted = append(wanted, row.Invoice())
		}
	}
	if len(failed) > 0 {
		return wanted, unavailable("list the ledger", errors.Join(failed...))
	}
	return wanted, nil
}

func (l *Ledger) load(ctx context.Context, id string) (Row, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !known(id) {
		return Row{}, fmt.Errorf("ledger invoice %q: %w", id, billing.ErrNotFound)
	}
	if ctx.Err() != nil {
		return Row{}, unavailable("read "+id, ctx.Err())
	}
	row, err := l.shelf.Load(ctx, id)
	switch {
	case errors.Is(err, billing.ErrNotFound):
		return Row{}, fmt.Errorf("ledger invoice %q: %w", id, err)
	case err != nil:
		return Row{}, unavailable("read "+id, err)
	}
	return row, nil
}

// unavailable says that the store did not answer; whoever asked tries again later.
func unavailable(what string, err error) error {
	return fmt.Errorf("ledger: the store did not %s: %w (%w)", what, err, billing.ErrUnavailable)
}
