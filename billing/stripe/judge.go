package stripe

import (
	"slices"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// judge says what a payment came to, from what Stripe answered and what it shows. It is pure.
//
// Two rules stand above the rest. Refused is said only where this key has failed for certain: Stripe answered so, its
// events say so, or the key is dead and the last try failed. And a paid invoice is Settled or Elsewhere, never anything else.
func judge(payment billing.Payment, f facts, a answer, now time.Time) billing.Outcome {
	out := billing.Outcome{Invoice: f.invoice}
	switch f.invoice.Status {
	case billing.Paid:
		return settled(payment, f, a, now)
	case billing.Open:
		out.Progress, out.Decline = judgeOpen(payment, f, a, now)
	default: // Void, draft, written off.
		out.Progress = billing.Changed
		if a.reply == unsure || processing(f.intent) {
			out.Progress = billing.Unclear
		}
	}
	return out
}

func settled(payment billing.Payment, f facts, a answer, now time.Time) billing.Outcome {
	out := billing.Outcome{Progress: billing.Elsewhere, Method: f.method, At: f.invoice.Settlement.At, Invoice: f.invoice}
	if out.At.IsZero() {
		out.At = now.UTC()
	}
	if paidByKey(payment, f, a) {
		out.Progress = billing.Settled
		out.Invoice.Settlement.Key = payment.Key
	}
	return out
}

// paidByKey decides whether it was this very key that paid a paid invoice. Stripe does not write the key on the invoice, and
// repeating the request to see its stored answer would be a charge at any service whose only guard is a new key. So, by falling weight:
//
//  1. Stripe answered this key with the paid invoice, or declined it.
//  2. The event invoice.paid names the key of the request that paid. Only where that event has no key (a debit that cleared, a
//     person who authenticated) does it take another event that shows this key at work before.
//  3. None of the invoice's payments is paid: it was settled outside of Stripe.
//  4. It was paid with another method, or before this payment began.
//  5. Nothing speaks against it. Then it was this payment if it was paid after it began; without a moment, only if a request
//     was sent just now, when the invoice had still been open.
func paidByKey(payment billing.Payment, f facts, a answer) bool {
	switch {
	case a.paid:
		return true
	case a.reply == declined:
		return false
	case f.trace.paidBy != "":
		return f.trace.paidBy == payment.Key
	case f.trace.paid && !f.trace.executed:
		return false
	case settledOutside(f.raw):
		return false
	case f.intent != nil && f.intent.PaymentMethod != nil && f.intent.PaymentMethod.ID != payment.Method:
		return false
	case f.invoice.Settlement.At.IsZero():
		return a.reply != notSent
	}
	return f.invoice.Settlement.At.Unix() >= payment.Started.Unix()
}

// settledOutside says whether the service lists the payments and none of them is paid.
func settledOutside(raw *api.Invoice) bool {
	return raw.Payments != nil && !slices.ContainsFunc(raw.Payments.Data, func(p *api.InvoicePayment) bool {
		return p == nil || p.Status == "paid" || p.Status == ""
	})
}

// judgeOpen is judge for an invoice that is still open.
func judgeOpen(payment billing.Payment, f facts, a answer, now time.Time) (billing.Progress, billing.Decline) {
	switch {
	case f.trace.paid:
		return billing.Unclear, "" // Paid between our reading the invoice and its events.
	case a.reply == declined:
		return billing.Refused, family(a.why)
	case processing(f.intent):
		return judgeDebit(payment, f, a), ""
	}
	switch a.reply {
	case asks:
		return billing.NeedsAction, ""
	case rejected:
		return billing.Refused, family(a.why)
	case misused, unsure:
		return billing.Unclear, ""
	case busy:
		return billing.NotStarted, ""
	case accepted:
		return judgeTried(payment, f, billing.Submitted)
	}
	if f.trace.executed {
		return judgeTried(payment, f, billing.Unclear)
	}
	e := lastError(f.intent)
	if !f.trace.read && asksPerson(e) && sameMethod(f.intent, e, payment) {
		return billing.NeedsAction, "" // Perhaps another key's, but whoever authenticates settles it all the same.
	}
	if payment.Started.IsZero() || now.Sub(payment.Started) < keyLife {
		return billing.NotStarted, ""
	}
	// The key is dead: nothing sent with it can be at work any more. A failed try by its method is the end of it; without
	// that, a person decides.
	if e != nil && sameMethod(f.intent, e, payment) {
		return billing.Refused, family(e)
	}
	return billing.Unclear, ""
}

// judgeDebit is about a bank debit that is on its way.
func judgeDebit(payment billing.Payment, f facts, a answer) billing.Progress {
	own := f.intent.PaymentMethod == nil || f.intent.PaymentMethod.ID == payment.Method
	switch {
	case f.trace.submitted || a.reply == accepted && own:
		return billing.Submitted
	case own && !f.trace.stranger:
		return billing.Submitted
	case a.reply == unsure:
		return billing.Unclear
	}
	return billing.Changed
}

// judgeTried is about a key that is known to have been at work, on an invoice that is open nevertheless.
func judgeTried(payment billing.Payment, f facts, otherwise billing.Progress) (billing.Progress, billing.Decline) {
	e := lastError(f.intent)
	switch {
	case f.intent != nil && f.intent.Status == api.PaymentIntentStatusRequiresAction:
		return billing.NeedsAction, ""
	case e != nil && !sameMethod(f.intent, e, payment): // Somebody tried something else since.
		if f.trace.failed {
			return billing.Refused, billing.Generic
		}
		return otherwise, ""
	case asksPerson(e):
		return billing.NeedsAction, ""
	case e != nil:
		return billing.Refused, family(e)
	case f.trace.failed:
		return billing.Refused, billing.Generic
	case f.trace.waits:
		return billing.NeedsAction, ""
	case f.trace.submitted:
		return billing.Submitted, ""
	}
	return otherwise, ""
}

// lastError is why the last try of an intent failed, if it did and no other is under way.
func lastError(in *api.PaymentIntent) *api.Error {
	if in == nil || in.Status != api.PaymentIntentStatusRequiresPaymentMethod {
		return nil
	}
	return in.LastPaymentError
}

// sameMethod says whether a failed try was by the payment's method. A failed intent loses its method; the error keeps it.
func sameMethod(in *api.PaymentIntent, e *api.Error, payment billing.Payment) bool {
	switch {
	case e.PaymentMethod != nil:
		return e.PaymentMethod.ID == payment.Method
	case in.PaymentMethod != nil:
		return in.PaymentMethod.ID == payment.Method
	}
	return false
}
