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
// events say so, its debit has ended without money, or the key is dead and the last try failed. And a paid invoice is Settled or Elsewhere; or
// Unclear, while only clocks speak against this payment and the events, which would tell, cannot be read for the moment.
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
	ours, known := paidByKey(payment, f, a)
	switch {
	case !known:
		return billing.Outcome{Progress: billing.Unclear, Invoice: f.invoice}
	case ours:
		out.Progress, out.Amount = billing.Settled, f.amount
		out.Invoice.Settlement.Key = payment.Key
	}
	return out
}

// paidByKey decides whether it was this very key that paid a paid invoice. Stripe does not write the key on the invoice, and
// repeating the request to see its stored answer would be a charge at any service whose only guard is a new key. So, by falling weight:
//
//  1. Stripe answered this key with the paid invoice, or declined it.
//  2. The event invoice.paid names the key of the request that paid. Only where that event has no key (a debit that cleared, a
//     person who authenticated) does it take something else that shows this key at work before: another event, or that the
//     payment was submitted. Where not all events were read, one that is missing speaks against nobody.
//  3. None of the invoice's payments is paid: it was settled outside of Stripe.
//  4. It was paid with another method, or before this payment began.
//  5. Nothing speaks against it. Then it was this payment if its key was seen at work; or if a request was sent just now, when the invoice
//     had still been open, and got no clear answer; or if it was paid after this payment began; or, without a moment, if a request was sent.
func paidByKey(payment billing.Payment, f facts, a answer) (ours, known bool) {
	switch {
	case a.paid:
		return true, true
	case a.reply == declined:
		return false, true
	case f.trace.paidBy != "":
		return f.trace.paidBy == payment.Key, true
	case f.trace.stranger && !f.trace.executed:
		return false, true
	case f.trace.paid && f.trace.whole && !f.trace.executed && !payment.Submitted:
		return false, true
	case settledOutside(f.raw):
		return false, true
	case f.intent != nil && f.intent.PaymentMethod != nil && f.intent.PaymentMethod.ID != payment.Method:
		return false, true
	case a.reply == unsure, a.reply == accepted, f.trace.executed, payment.Submitted:
		return true, true // Whatever the clocks say: Stripe's and ours may differ.
	case f.invoice.Settlement.At.IsZero():
		return a.reply != notSent, true
	}
	ours = f.invoice.Settlement.At.Unix() >= payment.Started.Unix()
	return ours, ours || !f.trace.broken
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
		return judgeTried(payment, f, billing.Submitted, now)
	}
	if f.trace.executed || payment.Submitted {
		return judgeTried(payment, f, billing.Unclear, now)
	}
	e := lastError(f.intent)
	if !f.trace.whole && asksPerson(e) && sameMethod(f.intent, e, payment) {
		return billing.NeedsAction, "" // Perhaps another key's, but whoever authenticates settles it all the same.
	}
	if !dead(payment, now) {
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
	case f.trace.submitted || payment.Submitted || a.reply == accepted && own:
		return billing.Submitted
	case own && !f.trace.stranger:
		return billing.Submitted
	case a.reply == unsure:
		return billing.Unclear
	}
	return billing.Underway
}

// judgeTried is about a key that is known to have been at work, on an invoice that is open nevertheless.
func judgeTried(payment billing.Payment, f facts, otherwise billing.Progress, now time.Time) (billing.Progress, billing.Decline) {
	e := lastError(f.intent)
	switch {
	case f.intent != nil && f.intent.Status == api.PaymentIntentStatusRequiresAction:
		return billing.NeedsAction, ""
	case e != nil && !sameMethod(f.intent, e, payment): // Somebody tried something else since.
		if f.trace.failed || over(payment, f, now) {
			return billing.Refused, billing.Generic
		}
		return otherwise, ""
	case asksPerson(e):
		return billing.NeedsAction, ""
	case e != nil:
		return billing.Refused, family(e)
	case f.trace.failed || over(payment, f, now):
		return billing.Refused, billing.Generic
	case f.trace.waits:
		return billing.NeedsAction, ""
	case f.trace.submitted || payment.Submitted:
		return billing.Submitted, ""
	}
	return otherwise, ""
}

// over says whether a try that this key began has certainly ended without money, whoever tried what afterwards. An intent makes one
// try at a time: one that asks for a method again after a failure has no other under way, and one that is cancelled charges nothing any
// more (docs.stripe.com/payments/paymentintents/lifecycle, docs.stripe.com/api/payment_intents/cancel). That the key began a try on it
// is certain from the events, which are older than what the invoice shows; without them, that it was submitted counts once it is dead.
func over(payment billing.Payment, f facts, now time.Time) bool {
	if f.intent == nil || !f.trace.executed && !(payment.Submitted && dead(payment, now)) {
		return false
	}
	switch f.intent.Status {
	case api.PaymentIntentStatusCanceled:
		return true
	case api.PaymentIntentStatusRequiresPaymentMethod:
		return f.trace.bounced || f.intent.LastPaymentError != nil
	}
	return false
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
