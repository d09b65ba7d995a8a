package stripe_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing"
	"kvitt/sandbox"
)

// story runs a test in bubble time with an open invoice of 1234.50 EUR and a payment of it by Visa that began now.
func story(t *testing.T, config sandbox.StripeConfig, tell func(t *testing.T, w *world, p billing.Payment)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, config)
		id := w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 123450})
		tell(t, w, billing.Payment{Invoice: "stripe:" + id, Key: "kvitt-1", Method: visa,
			Amount: billing.Money{Minor: 123450, Currency: "EUR"}, By: "U0ASHA", Started: time.Now()})
	})
}

func (w *world) pays(p billing.Payment, want billing.Progress) billing.Outcome {
	w.t.Helper()
	began := time.Now()
	out, err := w.provider.Pay(w.t.Context(), p)
	if err != nil || out.Progress != want {
		w.t.Fatalf("Pay says %q %q and %v, want %q", out.Progress, out.Decline, err, want)
	}
	if took := time.Since(began); took > 20*time.Second {
		w.t.Fatalf("Pay took %v", took)
	}
	return out
}

func (w *world) says(p billing.Payment, want billing.Progress) billing.Outcome {
	w.t.Helper()
	out, err := w.provider.Status(w.t.Context(), p)
	if err != nil || out.Progress != want {
		w.t.Fatalf("Status says %q %q and %v, want %q", out.Progress, out.Decline, err, want)
	}
	return out
}

func (w *world) charged(p billing.Payment, want int) {
	w.t.Helper()
	if got := w.stripe.Charges(raw(p.Invoice)); len(got) != want {
		w.t.Fatalf("money moved %d times (%+v), want %d", len(got), got, want)
	}
}

// sent counts the requests that could move money.
func (w *world) sent() int {
	n := 0
	for _, call := range w.stripe.Calls() {
		if strings.HasSuffix(call.Path, "/pay") {
			n++
		}
	}
	return n
}

func TestASettledPaymentSaysHowAndWhenAndByWhichKey(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		out := w.pays(p, billing.Settled)
		s := out.Invoice.Settlement
		if out.Method != "Visa •••• 4242" || s.Method != out.Method || s.Key != p.Key || !s.At.Equal(out.At) || out.At.Unix() != time.Now().Unix() {
			t.Errorf("outcome is %+v", out)
		}
		call := w.stripe.Charges("")[0]
		if call.Key != "kvitt-1" || call.Method != visa || call.Amount != 123450 {
			t.Errorf("the charge is %+v", call)
		}
		for _, call := range w.stripe.Calls() {
			if strings.HasSuffix(call.Path, "/pay") && (call.Params.Get("off_session") != "true" || call.Version != sandbox.StripeVersion) {
				t.Errorf("the request was %+v", call)
			}
		}
	})
}

// Stripe takes no amount with the request, so what it charged is told afterwards.
func TestASettledPaymentSaysWhatReallyWasPaid(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.provider = w.connect(&http.Client{Transport: before(w.stripe.Transport(), "/pay", func() { w.stripe.ChangeAmount(raw(p.Invoice), 999999) })}, "")
		if out := w.pays(p, billing.Settled); out.Amount != euro(999999) {
			t.Errorf("it says %v", out.Amount)
		}
	})
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.provider = w.connect(&http.Client{Transport: poor(w.stripe.Transport())}, "")
		if out := w.pays(p, billing.Settled); out.Amount != p.Amount {
			t.Errorf("where only the invoice can be read it says %v", out.Amount)
		}
	})
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		p.Invoice = "stripe:" + w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 10000, AmountPaid: 2500})
		p.Amount = euro(7500)
		if out := w.pays(p, billing.Settled); out.Amount != euro(7500) {
			t.Errorf("after a part paid before it says %v", out.Amount)
		}
	})
}

func euro(minor int64) billing.Money { return billing.Money{Minor: minor, Currency: "EUR"} }

func TestAnAmountThatChangesWhileTheMethodsAreListedMovesNothing(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.provider = w.connect(&http.Client{Transport: before(w.stripe.Transport(), "/payment_methods", func() {
			time.Sleep(4 * time.Second)
			w.stripe.ChangeAmount(raw(p.Invoice), 999999)
		})}, "")
		w.pays(p, billing.Changed)
		if n := w.sent(); n != 0 {
			t.Errorf("%d requests to pay were sent", n)
		}
	})
}

func TestDeclinesAreSortedIntoFamiliesAndFraudIsNeverNamed(t *testing.T) {
	for code, want := range map[string]billing.Decline{
		"generic": billing.Generic, "insufficient_funds": billing.InsufficientFunds, "expired_card": billing.CardExpired,
		"incorrect_cvc": billing.WrongDetails, "lost_card": billing.Generic, "stolen_card": billing.Generic, "fraudulent": billing.Generic,
		"card_velocity_exceeded": billing.LimitReached, "currency_not_supported": billing.MethodUnusable,
		"try_again_later": billing.TryLater, "processing_error": billing.TryLater, "a_code_of_tomorrow": billing.Generic,
	} {
		story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
			w.stripe.DeclineNext(code)
			if out := w.pays(p, billing.Refused); out.Decline != want {
				t.Errorf("%s is told as %q, want %q", code, out.Decline, want)
			}
			w.says(p, billing.Refused)
			w.charged(p, 0)
			p.Key = "kvitt-2"
			w.pays(p, billing.Settled)
			w.charged(p, 1)
		})
	}
}

func TestARefusalRepeatedWithTheSameKeyStaysARefusal(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.DeclineNext("generic")
		w.pays(p, billing.Refused)
		w.pays(p, billing.Refused) // The method would work now; the key does not.
		w.charged(p, 0)
	})
}

func TestARefusalWhoseAnswerWasLostIsFoundInTheEvents(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.DeclineNext("insufficient_funds")
		w.fail(sandbox.StripeCutAfter)
		w.pays(p, billing.Unclear)
		if out := w.says(p, billing.Refused); out.Decline != billing.InsufficientFunds {
			t.Errorf("told as %q", out.Decline)
		}
	})
}

func TestAPersonWhoAuthenticatesSettlesTheirPayment(t *testing.T) {
	for _, way := range []string{"authentication_required", "requires_action"} {
		story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
			w.stripe.DeclineNext(way)
			w.pays(p, billing.NeedsAction)
			w.says(p, billing.NeedsAction)
			if err := w.stripe.Authenticate(raw(p.Invoice)); err != nil {
				t.Fatal(err)
			}
			w.says(p, billing.Settled)
		})
	}
}

func TestAnInvoicePaidBetweenReadingAndPayingIsElsewhere(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		client := &http.Client{Transport: before(w.stripe.Transport(), "/pay", func() { w.stripe.SettleElsewhere(raw(p.Invoice)) })}
		w.provider = w.connect(client, "")
		w.pays(p, billing.Elsewhere)
		w.charged(p, 0)
	})
}

func TestStripesOwnCollectionWithTheSameCardIsElsewhere(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		if err := w.stripe.Collect(raw(p.Invoice)); err != nil {
			t.Fatal(err)
		}
		w.pays(p, billing.Elsewhere)
		w.charged(p, 1)
	})
}

func TestADeclineFollowedByAPaymentFromElsewhereIsElsewhere(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.Fail(sandbox.StripeFault{Op: "GET /v1/events", Kind: sandbox.StripeForbidden, Times: -1})
		w.stripe.DeclineNext("generic")
		w.provider = w.connect(&http.Client{Transport: after(w.stripe.Transport(), "/pay", func() { w.stripe.Collect(raw(p.Invoice)) })}, "")
		w.pays(p, billing.Elsewhere)
		w.charged(p, 1)
	})
}

func TestAPaymentWithAnotherMethodIsElsewhereEvenWithoutEvents(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.Fail(sandbox.StripeFault{Op: "GET /v1/events", Kind: sandbox.StripeForbidden, Times: -1})
		w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_second", Customer: customer})
		p.Method = "pm_second"
		w.fail(sandbox.StripeCutBefore)
		w.pays(p, billing.Unclear)
		w.stripe.Collect(raw(p.Invoice)) // With the customer's default.
		w.says(p, billing.Elsewhere)
	})
}

func TestAKeyUsedWithAnotherMethodIsUnclearAndADefectInTheLog(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.DeclineNext("generic")
		w.pays(p, billing.Refused)
		p.Method = "pm_declined"
		w.pays(p, billing.Unclear)
		if !strings.Contains(w.log.String(), "defect") {
			t.Error("the log does not say so")
		}
	})
}

func TestAKeyWithoutPermissionIsForTheOperator(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.fail(sandbox.StripeForbidden)
		if _, err := w.provider.Pay(t.Context(), p); !errors.Is(err, billing.ErrSetup) {
			t.Errorf("Pay returns %v, want ErrSetup", err)
		}
		w.charged(p, 0)
	})
}

// before does something right before a request whose path ends so.
func before(next http.RoundTripper, path string, do func()) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, path) {
			do()
		}
		return next.RoundTrip(r)
	})
}

// after does something right after a request whose path ends so was answered.
func after(next http.RoundTripper, path string, do func()) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		res, err := next.RoundTrip(r)
		if strings.HasSuffix(r.URL.Path, path) {
			do()
		}
		return res, err
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
