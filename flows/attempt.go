package flows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"kvitt/billing"
)

// TakenError says that somebody's payment of this invoice is under way already, or waits for approval.
type TakenError struct{ By string }

func (e *TakenError) Error() string {
	return "a payment of this invoice is under way, begun by " + e.By
}

var (
	// ErrChanged says that the invoice is not what the person was shown: another amount, currency, status or account to pay to.
	ErrChanged = errors.New("the invoice changed since it was shown")
	// ErrPaid says that the invoice is paid already.
	ErrPaid = errors.New("the invoice is paid already")
	// ErrStale says that what the caller wanted to change is not under way any more.
	ErrStale = errors.New("this payment is not under way any more")
)

// begin starts the one payment of this invoice. shown is the amount that the person saw and agreed to.
// It returns *TakenError, ErrPaid or ErrChanged when there is nothing to begin.
func (r *Record) begin(team string, a Attempt, shown billing.Money) error {
	r.takeOver(a.By, a.Began)
	if err := r.free(shown); err != nil {
		return err
	}
	a.Key, a.Amount, a.Payee = r.key(team), r.Invoice.AmountDue, r.Invoice.Payee()
	r.State, r.Attempt = Paying, &a
	r.note(a.Began, a.By, "pay requested", "amount", a.Amount.String(), "method", a.Method.ID, "approved", a.Approved, "key", a.Key)
	return nil
}

// free says why no payment of what somebody was shown can begin; nil when one can.
func (r *Record) free(shown billing.Money) error {
	switch {
	case r.busy():
		return &TakenError{By: r.Attempt.By}
	case r.awaits():
		return &TakenError{By: r.asking().By}
	case r.State == Paid:
		return ErrPaid
	case !r.payable() || shown != r.Invoice.AmountDue:
		return ErrChanged
	}
	return nil
}

// stillPays returns ErrChanged when the money is to go elsewhere by now than somebody was shown.
func (r *Record) stillPays(shown string) error {
	if r.Invoice.Payee() != shown {
		return ErrChanged
	}
	return nil
}

// answer notes that whoever began the payment is about to be told that it is in progress. Until then it is only asked for: should the store fail
// in between, "nothing was paid" stays true.
func (r *Record) answer(key string, began time.Time) error {
	if !r.underWay(key) || !r.Attempt.Began.Equal(began) {
		return ErrStale
	}
	r.Attempt.Answered = true
	return nil
}

// send notes, before the billing service is asked, that it may have been asked from now on.
func (r *Record) send(key string, method billing.Method, by billing.Grant, now, keyDies time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	r.Attempt.Method, r.Attempt.Grant = method, by
	if r.Attempt.Sent.IsZero() {
		r.Attempt.Sent, r.Attempt.KeyDies = now, keyDies
	}
	r.note(now, r.Attempt.By, "pay sent", "amount", r.Attempt.Amount.String(), "method", method.Short, "approved", r.Attempt.Approved, "role", by.Role, "scope", by.Scope, "key", key)
	return nil
}

// unsend notes that the billing service was not asked after all: the payment is made as if it had just begun.
func (r *Record) unsend(key string, now time.Time) error {
	if !r.underWay(key) || r.State != Paying {
		return ErrStale
	}
	r.Attempt.Sent, r.Attempt.KeyDies = time.Time{}, time.Time{}
	r.note(now, byKvitt, "pay not sent", "key", key)
	return nil
}

// settle ends the payment: the billing service says that this very key paid the invoice.
func (r *Record) settle(key string, out billing.Outcome, now time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	a := r.Attempt
	p := Payment{By: a.By, Approved: a.Approved, Key: key, Method: paidWith(*a, out), Reference: a.Reference, Recorded: a.Recorded, Amount: a.Amount, At: orTime(out.At, now)}
	if out.Amount.Currency != "" {
		p.Amount = out.Amount // What was paid is told, whatever was shown.
	}
	r.Payments = append(r.Payments, p)
	r.State, r.Attempt, r.Waived, r.Turned, r.Missing = Paid, nil, nil, now, time.Time{}
	r.Invoice.Status = billing.Paid
	if out.Invoice.ID != "" {
		r.Invoice = out.Invoice
	}
	r.note(now, byKvitt, "paid", "by", p.By, "approved", p.Approved, "amount", p.Amount.String(), "shown", a.Amount.String(), "method", p.Method, "key", key)
	return nil
}

// paidWith is the method of a payment. In a portal the person may have taken another one than they chose here; the service may tell less of it: "Visa".
func paidWith(a Attempt, out billing.Outcome) string {
	if !a.HandedOver.IsZero() && !strings.HasPrefix(a.Method.Short, out.Method) {
		return orText(out.Method, a.Method.Short)
	}
	return orText(a.Method.Short, out.Method)
}

// refuse ends the payment: this key moved nothing and never will. The count of failed payments grows here and nowhere else.
func (r *Record) refuse(key string, why billing.Decline, now time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	a := r.Attempt
	r.notify(Notice{ID: "refused-" + key, Kind: NoticeRefused, To: a.By, Method: a.Method.Short, Decline: why, Amount: a.Amount})
	r.Failed++
	r.note(now, byKvitt, "refused", "by", a.By, "method", a.Method.Short, "decline", string(why), "key", key)
	r.end(now)
	return nil
}

// withdraw ends a payment for which nothing was sent, or of which the billing service says that it moved nothing. The notice tells the
// payer why.
func (r *Record) withdraw(key string, why Notice, now time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	a := r.Attempt
	if a.Approved != "" && why.Kind == NoticeChanged {
		why.Kind = NoticeOvertaken // The payer was not paying just then.
	}
	why.ID, why.To, why.Amount, why.Record = fmt.Sprintf("%s-%s-%d", why.Kind, key, a.Began.UnixNano()), a.By, a.Amount, a.Recorded
	if !a.Late { // They know by now that nothing was paid.
		r.notify(why)
	}
	if !a.Sent.IsZero() {
		r.Failed++ // The service knows this key, and with another method it would not take it.
	}
	r.note(now, byKvitt, "not paid", "by", a.By, "why", string(why.Kind), "key", key)
	r.end(now)
	return nil
}

// doubt notes that nobody can say what became of the payment; it is looked at again at the given time.
func (r *Record) doubt(key string, now, next time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	a := r.Attempt
	a.NextLook = next
	if r.State == Unknown {
		return nil
	}
	if a.Doubted.IsZero() {
		a.Doubted = now
	}
	r.State = Unknown
	r.notify(Notice{ID: fmt.Sprintf("doubt-%s-%d", key, a.Began.UnixNano()), Kind: NoticeDoubt, To: a.By, Amount: a.Amount})
	r.note(now, byKvitt, "unknown", "by", a.By, "key", key)
	return nil
}

// submit notes that the billing service accepted the payment and will tell later.
func (r *Record) submit(key string, now, next time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	again := r.State == Submitted && !r.asked()
	r.State, r.Attempt.NextLook, r.Attempt.Asked = Submitted, next, time.Time{}
	if again {
		return nil
	}
	r.note(now, byKvitt, "submitted", "by", r.Attempt.By, "key", key)
	return nil
}

// waits says whether the billing service is asked now and then what became of a payment.
func (r *Record) waits() bool { return r.State == Unknown || r.State == Submitted }

// hurry has it asked at once.
func (r *Record) hurry(now time.Time) {
	if r.waits() {
		r.Attempt.NextLook = now
	}
}

// alarm notes that payer and operator are told of a payment that stays unknown.
func (r *Record) alarm(key string, now time.Time) error {
	if !r.underWay(key) || r.State != Unknown {
		return ErrStale
	}
	a := r.Attempt
	a.Alarmed = true
	r.notify(Notice{ID: fmt.Sprintf("still-%s-%d", key, a.Began.UnixNano()), Kind: NoticeStill, To: a.By, Amount: a.Amount})
	r.note(now, byKvitt, EventStillUnknown, "by", a.By, "key", a.Key)
	return nil
}

// release gives an unknown payment up by a person's decision, once its key is dead: it was not paid, and may be tried anew. A payer who had not
// authenticated still may.
func (r *Record) release(by string, now time.Time) error {
	if r.State != Unknown || !r.keyDead(now) {
		return ErrStale
	}
	key := r.Attempt.Key
	if !r.Attempt.Asked.IsZero() {
		r.Waived = new(*r.Attempt)
	}
	r.Failed++
	r.note(now, by, "declared not paid", "key", key)
	r.end(now)
	return nil
}

func (r *Record) underWay(key string) bool { return r.Attempt != nil && r.Attempt.Key == key }
