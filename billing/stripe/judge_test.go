package stripe

import (
	"cmp"
	"testing"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// TestWhatMayNeverBeSaid walks through every combination of what Stripe can answer and show.
func TestWhatMayNeverBeSaid(t *testing.T) {
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	said := map[billing.Progress]int{}
	all := allFacts(now)
	for _, a := range answers() {
		for _, payment := range payments(now) {
			for _, f := range all {
				out := judge(payment, f, a, now)
				said[out.Progress]++
				if why := cmp.Or(forbidden(payment, f, a, now, out.Progress), falselyElsewhere(payment, f, a, out.Progress), stuck(payment, f, a, out.Progress)); why != "" {
					t.Fatalf("%s: says %q\nanswer %+v\npayment %+v\nstatus %s, intent %+v\ntrace %+v", why, out.Progress, a, payment, f.invoice.Status, f.intent, f.trace)
				}
				if (out.Progress == billing.Refused) != (out.Decline != "") || (out.Progress == billing.Settled) != (out.Amount == f.amount) {
					t.Fatalf("%q with the reason %q and the amount %v", out.Progress, out.Decline, out.Amount)
				}
			}
		}
	}
	if len(said) != 9 {
		t.Errorf("only %v was ever said; the walk does not reach everything", said)
	}
}

func TestAnInvoicePaidAtAnUnknownMomentIsOursOnlyIfARequestWasJustSent(t *testing.T) {
	f := facts{raw: &api.Invoice{ID: "in_1"}, invoice: billing.Invoice{ID: "stripe:in_1", Status: billing.Paid}}
	payment := billing.Payment{Invoice: "stripe:in_1", Key: "ours", Method: "pm_ours"}
	for a, want := range map[reply]billing.Progress{notSent: billing.Elsewhere, unsure: billing.Settled} {
		if out := judge(payment, f, answer{reply: a}, time.Now()); out.Progress != want || out.At.IsZero() {
			t.Errorf("after %d it says %q at %v, want %q", a, out.Progress, out.At, want)
		}
	}
}

func TestOnlyAFailureAfterOurDebitIsABounce(t *testing.T) {
	f := facts{raw: &api.Invoice{ID: "in_1"}, intent: &api.PaymentIntent{ID: "pi_1"}}
	failed := &api.Event{Type: api.EventTypeInvoicePaymentFailed, Data: &api.EventData{Raw: []byte(`{"id":"in_1"}`)}}
	begun := &api.Event{Type: api.EventTypePaymentIntentProcessing, Data: &api.EventData{Raw: []byte(`{"id":"pi_1"}`)},
		Request: &api.EventRequest{IdempotencyKey: "ours"}}
	for want, newestFirst := range map[bool][]*api.Event{true: {failed, begun}, false: {begun, failed}} {
		var tr trace
		for _, event := range newestFirst {
			tr.add(event, "ours", f)
		}
		if tr.bounced != want || !tr.submitted {
			t.Errorf("the trace is %+v, want bounced %v", tr, want)
		}
	}
}

func TestOfSeveralPaymentsTheOneThatMovedMoneyOrMayStillMoveItCounts(t *testing.T) {
	pay := func(id, status string, intent api.PaymentIntentStatus, isDefault bool) *api.InvoicePayment {
		return &api.InvoicePayment{Status: status, IsDefault: isDefault,
			Payment: &api.InvoicePaymentPayment{PaymentIntent: &api.PaymentIntent{ID: id, Status: intent}}}
	}
	byWeight := []*api.InvoicePayment{
		pay("paid", "paid", api.PaymentIntentStatusSucceeded, true), pay("part", "paid", api.PaymentIntentStatusSucceeded, false),
		pay("on its way", "open", api.PaymentIntentStatusProcessing, false), pay("default", "open", api.PaymentIntentStatusRequiresPaymentMethod, true),
		pay("other", "open", api.PaymentIntentStatusRequiresPaymentMethod, false), pay("cancelled", "canceled", api.PaymentIntentStatusCanceled, true),
	}
	for i, heavy := range byWeight {
		for _, light := range byWeight[i+1:] {
			for _, list := range [][]*api.InvoicePayment{{heavy, nil, light}, {light, {}, heavy}} {
				in := intentOf(&api.Invoice{Payments: &api.InvoicePaymentList{Data: list}})
				if want := heavy.Payment.PaymentIntent; in != want {
					t.Errorf("%q counts, want %q", in.ID, want.ID)
				}
			}
		}
	}
}

func forbidden(payment billing.Payment, f facts, a answer, now time.Time, said billing.Progress) string {
	paid := said == billing.Settled || said == billing.Elsewhere
	answered := a.reply == declined || a.reply == rejected
	seen := f.trace.executed || payment.Submitted
	idle := f.intent != nil && (f.intent.Status == api.PaymentIntentStatusRequiresPaymentMethod || f.intent.Status == api.PaymentIntentStatusCanceled)
	switch {
	case paid != (f.invoice.Status == billing.Paid):
		return "paid is what the service calls paid"
	case said == billing.Refused && (a.reply == unsure || a.reply == misused || a.reply == busy):
		return "refused without a definite answer"
	case said == billing.Refused && !answered && a.reply != accepted && !seen && !dead(payment, now):
		return "refused although nothing shows that the key was at work"
	case said == billing.Refused && processing(f.intent) && a.reply != declined:
		return "refused while a debit is on its way"
	case said == billing.Refused && !answered && !f.trace.failed && !idle:
		return "refused although a charge could be under way"
	case said == billing.Refused && !answered && !f.trace.failed && !f.trace.bounced && f.intent.LastPaymentError == nil && f.intent.Status != api.PaymentIntentStatusCanceled:
		return "refused although nothing has failed"
	case said == billing.NotStarted && a.reply != busy && (seen || dead(payment, now) || a.reply == unsure):
		return "not started although the key may have been at work, or is dead"
	case said == billing.Settled && f.trace.paidBy == "theirs" && !a.paid:
		return "settled by us although the event names another key"
	case said == billing.Settled && f.trace.stranger && !f.trace.executed && !a.paid:
		return "settled by us although the events show somebody else's debit and nothing of ours"
	case said == billing.Elsewhere && f.trace.paidBy == "ours" && a.reply != declined:
		return "elsewhere although the event names our key"
	}
	return ""
}

// falselyElsewhere says so when nothing speaks against a debit of ours that cleared, or only that not all events were read.
func falselyElsewhere(payment billing.Payment, f facts, a answer, said billing.Progress) string {
	against := a.reply == declined || f.trace.paidBy == "theirs" || f.trace.stranger && !f.trace.executed ||
		f.intent != nil && f.intent.PaymentMethod != nil && f.intent.PaymentMethod.ID != payment.Method
	at := f.invoice.Settlement.At
	switch {
	case said != billing.Elsewhere || against:
		return ""
	case payment.Submitted && (at.IsZero() || !at.Before(payment.Started)):
		return "elsewhere although it was submitted and nothing speaks against it"
	case !f.trace.whole && !at.IsZero() && !at.Before(payment.Started):
		return "elsewhere although only an event that was not read would say so"
	}
	return ""
}

// stuck says so when a look cannot make up its mind although everything is known.
func stuck(payment billing.Payment, f facts, a answer, said billing.Progress) string {
	if f.invoice.Status != billing.Open || a.reply != notSent || f.trace.paid || f.intent == nil {
		return ""
	}
	failed := f.trace.executed && (f.trace.bounced || f.intent.LastPaymentError != nil)
	switch f.intent.Status {
	case api.PaymentIntentStatusProcessing:
		if payment.Submitted && said != billing.Submitted {
			return "a debit that was submitted is on its way, and it does not say so"
		}
	case api.PaymentIntentStatusRequiresPaymentMethod:
		if failed && said != billing.Refused && said != billing.NeedsAction {
			return "what this key began has failed, and it does not say so"
		}
	case api.PaymentIntentStatusCanceled:
		if f.trace.executed && said != billing.Refused {
			return "what this key began was cancelled, and it does not say so"
		}
	}
	return ""
}

func payments(now time.Time) []billing.Payment {
	var all []billing.Payment
	for _, age := range []time.Duration{0, time.Hour, keyLife} {
		for _, submitted := range []bool{false, true} {
			all = append(all, billing.Payment{Invoice: "stripe:in_1", Key: "ours", Method: "pm_ours", Started: now.Add(-age), Submitted: submitted})
		}
	}
	return all
}

func answers() []answer {
	card := &api.Error{Type: api.ErrorTypeCard, Code: api.ErrorCodeCardDeclined}
	var all []answer
	for r := notSent; r <= unsure; r++ {
		all = append(all, answer{reply: r, why: card})
	}
	return append(all, answer{reply: accepted, paid: true})
}

func allFacts(now time.Time) []facts {
	var all []facts
	for _, status := range []billing.Status{billing.Draft, billing.Open, billing.Paid, billing.Void, billing.Uncollectible} {
		moments := []time.Time{{}}
		if status == billing.Paid {
			moments = append(moments, now.Add(-30*time.Minute), now)
		}
		for _, in := range intents() {
			for _, tr := range traces() {
				for _, at := range moments {
					all = append(all, facts{raw: &api.Invoice{ID: "in_1"}, intent: in, trace: tr, amount: billing.Money{Minor: 100, Currency: "EUR"},
						invoice: billing.Invoice{ID: "stripe:in_1", Status: status, Settlement: billing.Settlement{At: at}}})
				}
			}
		}
	}
	return all
}

func intents() []*api.PaymentIntent {
	all := []*api.PaymentIntent{nil, {ID: "pi_1"}}
	for _, status := range []api.PaymentIntentStatus{api.PaymentIntentStatusProcessing, api.PaymentIntentStatusRequiresAction,
		api.PaymentIntentStatusRequiresPaymentMethod, api.PaymentIntentStatusSucceeded, api.PaymentIntentStatusCanceled} {
		for _, method := range []string{"pm_ours", "pm_theirs"} {
			for _, e := range []*api.Error{nil, {Code: api.ErrorCodeCardDeclined}, {Code: api.ErrorCodeAuthenticationRequired}} {
				all = append(all, &api.PaymentIntent{ID: "pi_1", Status: status, PaymentMethod: &api.PaymentMethod{ID: method}, LastPaymentError: e})
			}
		}
	}
	return all
}

func traces() []trace {
	var all []trace
	for bits := range 1 << 6 {
		bit := func(n int) bool { return bits>>n&1 == 1 }
		t := trace{submitted: bit(0), waits: bit(1), failed: bit(2), stranger: bit(3), bounced: bit(4), whole: bit(5)}
		t.executed = t.submitted || t.waits || t.failed
		all = append(all, t)
		for _, by := range []string{"", "ours", "theirs"} {
			paid := t
			paid.paid, paid.paidBy, paid.executed = true, by, t.executed || by == "ours"
			all = append(all, paid)
		}
	}
	return all
}
