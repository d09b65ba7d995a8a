package ledger

import (
	"context"
	"errors"
	"strings"
	"time"

	"kvitt/billing"
)

// maxReference is how many characters a bank reference may have; the longest remittance text of SEPA has 140.
const maxReference = 500

// Pay records that the invoice was paid, at the moment of the call. It moves no money.
//
// A key that was recorded and undone is Refused and stays so; a new attempt has a new key. A method that is not one of Methods is
// Refused as MethodUnusable; a reference that looks like a card number (billing.LooksLikeCard), or has more than 500 characters, as
// WrongDetails. The invoice's own reference is always fine: a KID can look like a card number.
func (l *Ledger) Pay(ctx context.Context, payment billing.Payment) (billing.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// Whoever cannot be read was not written to either. After an Update nobody could tell.
	if _, err := l.load(ctx, payment.Invoice); err != nil {
		return billing.Outcome{}, err
	}
	now := l.now().UTC()
	var outcome billing.Outcome
	row, err := l.shelf.Update(ctx, payment.Invoice, func(r *Row) error {
		if r.Number == "" {
			return billing.ErrNotFound
		}
		outcome = l.record(r, payment, now)
		return nil
	})
	switch {
	case errors.Is(err, billing.ErrNotFound):
		return billing.Outcome{}, err
	case err != nil:
		return billing.Outcome{Progress: billing.Unclear}, nil
	}
	outcome.Invoice = row.Invoice()
	return outcome, nil
}

// record decides on a payment and, if nothing speaks against it, notes it in the row.
func (l *Ledger) record(r *Row, payment billing.Payment, now time.Time) billing.Outcome {
	if progress := r.progress(payment.Key); progress != billing.NotStarted {
		return r.outcome(payment.Key)
	}
	if r.Status != billing.Open || r.Amount != payment.Amount || r.Invoice().Payee() != payment.Payee {
		return billing.Outcome{Progress: billing.Changed}
	}
	method, listed := l.method(payment.Method)
	if !listed {
		return billing.Outcome{Progress: billing.Refused, Decline: billing.MethodUnusable}
	}
	reference := strings.TrimSpace(payment.Reference)
	if !r.accepts(reference) {
		return billing.Outcome{Progress: billing.Refused, Decline: billing.WrongDetails}
	}
	r.Recordings = append(r.Recordings, Recording{
		Key:       payment.Key,
		By:        payment.By,
		At:        now,
		Amount:    payment.Amount,
		Method:    method.Short,
		Reference: reference,
	})
	r.Changed = now
	return r.outcome(payment.Key)
}

// accepts reports whether a bank reference may be kept.
func (r *Row) accepts(reference string) bool {
	return len([]rune(reference)) <= maxReference && billing.MayQuote(reference, r.Reference)
}

// Status says what the row knows of the payment's key.
func (l *Ledger) Status(ctx context.Context, payment billing.Payment) (billing.Outcome, error) {
	row, err := l.load(ctx, payment.Invoice)
	if err != nil {
		return billing.Outcome{}, err
	}
	outcome := row.outcome(payment.Key)
	outcome.Invoice = row.Invoice()
	return outcome, nil
}

// progress is how far a key came: Settled, Refused once undone, Elsewhere when the invoice is paid without it, or NotStarted.
func (r *Row) progress(key string) billing.Progress {
	recorded := r.recording(key)
	switch {
	case recorded != nil && recorded.Undone == nil:
		return billing.Settled
	case recorded != nil:
		return billing.Refused
	case r.standing() != nil || r.Status == billing.Paid:
		return billing.Elsewhere
	}
	return billing.NotStarted
}

// outcome is progress with what else is known of the key.
func (r *Row) outcome(key string) billing.Outcome {
	outcome := billing.Outcome{Progress: r.progress(key)}
	switch outcome.Progress {
	case billing.Settled:
		recorded := r.recording(key)
		outcome.Method, outcome.At = recorded.Method, recorded.At
	case billing.Refused:
		outcome.Decline, outcome.At = billing.Generic, r.recording(key).Undone.At
	case billing.Elsewhere:
		settlement := r.Invoice().Settlement
		outcome.Method, outcome.At = settlement.Method, settlement.At
	}
	return outcome
}
