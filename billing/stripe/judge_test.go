package stripe

import (
	"testing"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// TestWhatMayNeverBeSaid walks through every combination of what Stripe can answer and show.
func TestWhatMayNeverBeSaid(t *testing.T) {
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	said := map[billing.Progress]int{}
	for _, a := range answers() {
		for _, f := range allFacts(now) {
			for _, age := range []time.Duration{0, time.Hour, keyLife} {
				payment := billing.Payment{Invoice: "stripe:in_1", Key: "ours", Method: "pm_ours", Started: now.Add(-age)}
				out := judge(payment, f, a, now)
				said[out.Progress]++
				if why := forbidden(f, a, age, out.Progress); why != "" {
					t.Fatalf("%s: says %q\nanswer %+v, key %v old\nstatus %s, intent %+v\ntrace %+v", why, out.Progress, a, age, f.invoice.Status, f.intent, f.trace)
				}
				if (out.Progress == billing.Refused) != (out.Decline != "") {
					t.Fatalf("%q with the reason %q", out.Progress, out.Decline)
				}
			}
		}
	}
	if len(said) != 8 {
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

func forbidden(f facts, a answer, age time.Duration, said billing.Progress) string {
	paid := said == billing.Settled || said == billing.Elsewhere
	certain := a.reply == declined || a.reply == rejected || a.reply == accepted || f.trace.executed || age >= keyLife
	switch {
	case paid != (f.invoice.Status == billing.Paid):
		return "paid is what the service calls paid"
	case said == billing.Refused && (a.reply == unsure || a.reply == misused || a.reply == busy):
		return "refused without a definite answer"
	case said == billing.Refused && !certain:
		return "refused although nothing shows that the key was at work"
	case said == billing.Refused && processing(f.intent) && a.reply != declined:
		return "refused while a debit is on its way"
	case said == billing.NotStarted && (f.trace.executed && a.reply != busy || age >= keyLife && a.reply != busy || a.reply == unsure):
		return "not started although the key may have been at work, or is dead"
	case said == billing.Settled && f.trace.paidBy == "theirs" && !a.paid:
		return "settled by us although the event names another key"
	case said == billing.Elsewhere && f.trace.paidBy == "ours" && a.reply != declined:
		return "elsewhere although the event names our key"
	}
	return ""
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
		for _, in := range intents() {
			for _, tr := range traces() {
				for _, at := range []time.Time{{}, now.Add(-30 * time.Minute), now} {
					all = append(all, facts{raw: &api.Invoice{ID: "in_1"}, intent: in, trace: tr,
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
		api.PaymentIntentStatusRequiresPaymentMethod, api.PaymentIntentStatusSucceeded} {
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
	for bits := range 1 << 4 {
		bit := func(n int) bool { return bits>>n&1 == 1 }
		t := trace{read: true, submitted: bit(0), waits: bit(1), failed: bit(2), stranger: bit(3)}
		t.executed = t.submitted || t.waits || t.failed
		all = append(all, t)
		for _, by := range []string{"", "ours", "theirs"} {
			paid := t
			paid.paid, paid.paidBy, paid.executed = true, by, t.executed || by == "ours"
			all = append(all, paid)
		}
	}
	return append(all, trace{})
}
