package stripe_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/sandbox"
)

// debit is story with a payment by SEPA that the service accepted, and that Kvitt remembers as submitted.
func debit(t *testing.T, tell func(t *testing.T, w *world, p billing.Payment)) {
	t.Helper()
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		p.Method = "pm_sepa"
		w.pays(p, billing.Submitted)
		p.Submitted = true
		tell(t, w, p)
	})
}

func (w *world) forbidEvents() {
	w.stripe.Fail(sandbox.StripeFault{Op: "GET /v1/events", Kind: sandbox.StripeForbidden, Times: -1})
}

func TestADebitThatBouncesDaysLaterIsRefused(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		p.Method = "pm_sepa"
		w.pays(p, billing.Submitted)
		time.Sleep(72 * time.Hour)
		w.says(p, billing.Submitted)
		w.stripe.Bounce(raw(p.Invoice), "insufficient_funds")
		if out := w.says(p, billing.Refused); out.Decline != billing.InsufficientFunds {
			t.Errorf("told as %q", out.Decline)
		}
	})
}

func TestADebitThatBouncesIsRefusedEvenWithoutEventsOnceItsKeyIsDead(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.Fail(sandbox.StripeFault{Op: "GET /v1/events", Kind: sandbox.StripeForbidden, Times: -1})
		p.Method = "pm_sepa"
		w.pays(p, billing.Submitted)
		w.stripe.Bounce(raw(p.Invoice), "generic")
		w.says(p, billing.NotStarted) // The repetition is answered from Stripe's memory, and then everything is known.
		w.pays(p, billing.Refused)
		time.Sleep(72 * time.Hour)
		w.says(p, billing.Refused)
	})
}

func TestNothingIsPaidWhileSomebodyElsesDebitIsOnItsWay(t *testing.T) {
	story(t, sandbox.StripeConfig{NoGuardButTheKey: true}, func(t *testing.T, w *world, p billing.Payment) {
		debit := p
		debit.Key, debit.Method = "kvitt-0", "pm_sepa"
		w.pays(debit, billing.Submitted)
		w.pays(p, billing.Underway)
		same := debit
		same.Key = "kvitt-2"
		w.pays(same, billing.Underway)
		w.charged(p, 1)
		w.stripe.Clear(raw(p.Invoice))
		w.says(p, billing.Elsewhere)
		w.says(debit, billing.Settled)
	})
}

// The key is the issuer's: the events of all its customers count.
func TestADebitStaysOursHoweverMuchElseTheIssuerIsPaid(t *testing.T) {
	for _, remembered := range []bool{true, false} {
		debit(t, func(t *testing.T, w *world, p billing.Payment) {
			p.Submitted = remembered
			time.Sleep(24 * time.Hour)
			for range 350 {
				w.stripe.SettleElsewhere(w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: "cus_other", Total: 100}))
			}
			w.says(p, billing.Submitted)
			w.stripe.Clear(raw(p.Invoice))
			if out := w.says(p, billing.Settled); out.Amount != p.Amount {
				t.Errorf("it says that %v was paid", out.Amount)
			}
		})
	}
}

func TestADebitStaysOursWhenItsEventsAreForgotten(t *testing.T) {
	debit(t, func(t *testing.T, w *world, p billing.Payment) {
		time.Sleep(31 * 24 * time.Hour)
		w.stripe.Clear(raw(p.Invoice))
		w.says(p, billing.Settled)
	})
}

func TestWhatSomebodyElsePaidIsNotOursBecauseWeSubmittedADebit(t *testing.T) {
	debit(t, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.Bounce(raw(p.Invoice), "insufficient_funds")
		other := p
		other.Key, other.Method, other.Submitted = "kvitt-2", visa, false
		w.pays(other, billing.Settled)
		w.says(p, billing.Elsewhere)
	})
	debit(t, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.SettleElsewhere(raw(p.Invoice))
		w.says(p, billing.Elsewhere)
	})
}

func TestABouncedDebitIsRefusedAlsoWhenAnotherMethodWasDeclinedSince(t *testing.T) {
	debit(t, func(t *testing.T, w *world, p billing.Payment) {
		w.bouncesAndRetryIsDeclined(p)
		w.says(p, billing.Refused)
		p.Submitted = false
		w.says(p, billing.Refused)
	})
	debit(t, func(t *testing.T, w *world, p billing.Payment) {
		w.forbidEvents()
		w.bouncesAndRetryIsDeclined(p)
		w.says(p, billing.Unclear)
		time.Sleep(w.provider.KeyLife())
		w.says(p, billing.Refused)
	})
}

// bouncesAndRetryIsDeclined is a debit that bounced, and Stripe's own retry with the customer's default that was declined.
func (w *world) bouncesAndRetryIsDeclined(p billing.Payment) {
	w.t.Helper()
	w.stripe.Bounce(raw(p.Invoice), "insufficient_funds")
	w.stripe.DeclineNext("card_declined")
	if w.stripe.Collect(raw(p.Invoice)) == nil {
		w.t.Fatal("the retry was not declined")
	}
}

func TestABouncedDebitIsNotRefusedWhileTheRetryIsOnItsWay(t *testing.T) {
	debit(t, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.AddCustomer(sandbox.StripeCustomer{ID: customer, DefaultMethod: "pm_sepa"})
		w.stripe.Bounce(raw(p.Invoice), "insufficient_funds")
		if err := w.stripe.Collect(raw(p.Invoice)); err != nil {
			t.Fatal(err)
		}
		w.says(p, billing.Submitted)
		time.Sleep(72 * time.Hour)
		w.says(p, billing.Submitted)
	})
}

func TestADebitThatWasCancelledIsRefused(t *testing.T) {
	debit(t, func(t *testing.T, w *world, p billing.Payment) {
		w.provider = w.connect(&http.Client{Transport: replaced(w.stripe.Transport(), `"status": "processing"`, `"status": "canceled"`)}, "")
		w.says(p, billing.Refused)
	})
}

// replaced answers as another Transport does, with one text in place of another.
func replaced(next http.RoundTripper, was, is string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		res, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(res.Body)
		res.Body = io.NopCloser(bytes.NewReader(bytes.ReplaceAll(body, []byte(was), []byte(is))))
		return res, err
	})
}

// The invoice still shows why an older debit bounced, and the events already show the new one.
func TestADebitThatBeginsWhileWeLookIsNotRefusedForAnOlderOne(t *testing.T) {
	debit(t, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.Bounce(raw(p.Invoice), "insufficient_funds")
		p.Key, p.Submitted = "kvitt-2", false
		replica, begun := w.provider, false
		w.provider = w.connect(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/events") && !begun {
				begun = true
				if out, err := replica.Pay(t.Context(), p); err != nil || out.Progress != billing.Submitted {
					t.Errorf("the other replica is told %q, %v", out.Progress, err)
				}
			}
			return w.stripe.Transport().RoundTrip(r)
		})}, "")
		w.says(p, billing.Submitted)
	})
}
