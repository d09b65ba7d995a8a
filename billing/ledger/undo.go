package ledger

import (
	"context"
	"errors"
	"strings"
	"time"

	"kvitt/billing"
)

// UndoWithin is how long after its moment a recording can be undone.
const UndoWithin = 24 * time.Hour

var (
	// ErrNotRecorded is returned by Undo for a key that recorded nothing on that invoice.
	ErrNotRecorded = errors.New("nothing was recorded by this payment, so there is nothing to undo")
	// ErrTooLate is returned by Undo for a recording older than UndoWithin. What is wrong then is mended by whoever keeps the books.
	ErrTooLate = errors.New("a recording can be undone for 24 hours only; correct it in your accounts")
	// ErrNoReason is returned by Undo without a reason, or with one of more than 500 characters.
	ErrNoReason = errors.New("an undo needs a reason, of at most 500 characters")
	// ErrCardNumber is returned by Undo for a reason in which billing.LooksLikeCard sees a card number.
	ErrCardNumber = errors.New("this looks like a card number, which must not be stored here; leave it out")
)

// Undo takes back the recording that the payment with this key made (Payment.Key), for the given Slack user and reason. The invoice is then
// again what the files say. Undoing it once more changes nothing and is no error, at any time, so it may be repeated; and it can
// never reach a later recording of the same invoice, which has a key of its own. Who may undo is for the caller to check.
//
// Errors: ErrNotRecorded, ErrTooLate, ErrNoReason, ErrCardNumber, billing.ErrNotFound; or billing.ErrUnavailable, after which it may
// have been undone or not, and is to be repeated.
func (l *Ledger) Undo(ctx context.Context, invoiceID, key, by, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "" || len([]rune(reason)) > maxReference:
		return ErrNoReason
	case billing.LooksLikeCard(reason):
		return ErrCardNumber
	}
	if _, err := l.load(ctx, invoiceID); err != nil {
		return err
	}
	now := l.now().UTC()
	var refusal error
	_, err := l.shelf.Update(ctx, invoiceID, func(r *Row) error {
		refusal = r.undo(key, Undoing{By: by, At: now, Reason: reason})
		return refusal
	})
	switch {
	case refusal != nil:
		return refusal
	case err != nil:
		return unavailable("undo on "+invoiceID, err)
	}
	return nil
}

func (r *Row) undo(key string, undoing Undoing) error {
	recorded := r.recording(key)
	switch {
	case recorded == nil:
		return ErrNotRecorded
	case recorded.Undone != nil:
		return nil
	case undoing.At.Sub(recorded.At) > UndoWithin:
		return ErrTooLate
	}
	recorded.Undone = &undoing
	r.Changed = undoing.At
	return nil
}
